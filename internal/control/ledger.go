package control

import (
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// Ledger gives the rows of the ledger, and the money that they add up to.
type Ledger interface {
	// Operations gives all of them, newest first.
	Operations() iter.Seq2[portfolio.Operation, error]
	// OpenOperations gives those that have not ended, in the order of their creation.
	OpenOperations() ([]portfolio.Operation, error)
	Spent(read func(portfolio.Spent) error) error
}

// Row is one operation of the ledger, as programs read it.
type Row struct {
	Op       string                   `json:"op"`
	Account  int64                    `json:"account"`
	Kind     portfolio.OperationKind  `json:"kind"`
	ID       int64                    `json:"id"`
	Name     string                   `json:"name"`
	Rule     string                   `json:"rule"`
	State    portfolio.OperationState `json:"state"`
	Price    portfolio.Money          `json:"price"` // of what asks: that was shown
	Reserved portfolio.Money          `json:"reserved"`
	Sent     int                      `json:"sent"`
	// WithCode says that it waits with an authorization code, which is in memory alone.
	WithCode  bool             `json:"with_code,omitempty"`
	Attention bool             `json:"attention"`
	By        string           `json:"by"`
	History   []portfolio.Step `json:"history"`

	Attempt   int               `json:"attempt"`
	CreatedAt time.Time         `json:"created_at"`
	Labels    map[string]string `json:"labels,omitempty"`
	RemoteID  int64             `json:"remote_id,omitempty"` // DNSimple's id of what it began
	Policy    string            `json:"policy,omitempty"`    // the hash of the policy by which it was begun

	Asked    *portfolio.Asked    `json:"asked,omitempty"`    // what it asks, or has asked
	Approval *portfolio.Approval `json:"approval,omitempty"` // what let it go; denied: what ended it
}

func rowOf(op portfolio.Operation) Row {
	row := Row{
		Op: op.ShortID(), Account: op.AccountID, Kind: op.Kind, ID: op.SubjectID, Name: op.Name, Rule: op.Rule,
		State: op.State, Price: op.Price(), Reserved: op.Reserved, Sent: op.Sent, WithCode: op.State == portfolio.StateReserved && op.Terms != nil && op.Terms.WithCode, Attention: op.Attention, By: op.By,
		History: op.History, Attempt: op.Attempt, CreatedAt: op.CreatedAt, Labels: op.Labels, RemoteID: op.RemoteID, Policy: op.Policy,
		Asked: op.Asked, Approval: op.Approval,
	}
	if asks(op) && op.Asked != nil && op.Asked.Price != nil {
		row.Price = *op.Asked.Price // nothing is set aside for it yet
	}
	return row
}

// Query says which rows of the ledger are wanted; the zero value wants all.
type Query struct {
	Attention bool                       // only those that a person should look at
	States    []portfolio.OperationState // any of them
	Name      string                     // a domain's name; * and ? stand for anything
	Since     time.Time                  // changed then or later
	Op        string                     // a short id, or a domain's name
}

// values are the query as a URL has it.
func (q Query) values() url.Values {
	v := url.Values{}
	if q.Attention {
		v.Set("attention", "1")
	}
	for _, s := range q.States {
		v.Add("state", string(s))
	}
	if q.Name != "" {
		v.Set("name", q.Name)
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339Nano))
	}
	if q.Op != "" {
		v.Set("op", q.Op)
	}
	return v
}

// parseQuery reads what [Query.values] wrote. What it does not know is an error:
// rows that were not asked for are worse than none.
func parseQuery(v url.Values) (q Query, err error) {
	for key, values := range v {
		if len(values) > 1 && key != "state" {
			return q, problem(http.StatusBadRequest, "%q is there twice", key)
		}
		text := values[0]
		switch key {
		case "attention":
			q.Attention = text != "" && text != "0" && text != "false"
		case "name":
			q.Name = text
			if strings.ContainsAny(text, `[]\/`) {
				return q, problem(http.StatusBadRequest, "%q is no name: only * and ? stand for something else", clip(text))
			}
		case "op":
			q.Op = text
		case "since":
			if q.Since, err = time.Parse(time.RFC3339, text); err != nil {
				return q, problem(http.StatusBadRequest, "%q is no moment; write it like 2026-03-01T12:00:00Z", clip(text))
			}
		case "state":
			for _, text := range values {
				if !slices.Contains(States(), portfolio.OperationState(text)) {
					return q, problem(http.StatusBadRequest, "there is no state %q; there is %s", clip(text), words(States()))
				}
				q.States = append(q.States, portfolio.OperationState(text))
			}
		default:
			return q, problem(http.StatusBadRequest, "the ledger knows no %q", clip(key))
		}
	}
	return q, nil
}

// States are the states of operations, in the order in which they are passed.
func States() []portfolio.OperationState {
	return []portfolio.OperationState{
		portfolio.StateAsked, portfolio.StateReserved, portfolio.StateArmed, portfolio.StatePending,
		portfolio.StateUnknown, portfolio.StateDone, portfolio.StateFailed,
	}
}

// wants says whether a row is asked for.
func (q Query) wants(op portfolio.Operation) bool {
	switch {
	case q.Attention && !op.Attention,
		len(q.States) > 0 && !slices.Contains(q.States, op.State),
		!q.Since.IsZero() && changedAt(op).Before(q.Since),
		q.Op != "" && !named(op, q.Op):
		return false
	case q.Name == "":
		return true
	}
	match, err := path.Match(domainName(q.Name), op.Name)
	return err == nil && match
}

// named says whether an operation is what somebody names so: by its short id, or by
// its domain.
func named(op portfolio.Operation, which string) bool {
	return op.ShortID() == strings.ToLower(strings.TrimSpace(which)) || op.Name != "" && op.Name == domainName(which)
}

// changedAt is when a row changed last.
func changedAt(op portfolio.Operation) time.Time {
	if len(op.History) == 0 {
		return op.CreatedAt
	}
	return op.History[len(op.History)-1].At
}

func (h *handler) ledger(w http.ResponseWriter, r *http.Request) {
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		fail(w, err)
		return
	}
	rows := []Row{}
	for op, err := range h.Ledger.Operations() {
		if err == nil {
			err = r.Context().Err()
		}
		if err != nil {
			fail(w, err)
			return
		}
		if q.wants(op) {
			rows = append(rows, rowOf(op))
		}
	}
	answer(w, rows)
}

// find gives the one operation that somebody names by its short id or by its domain.
// What has ended is found by its id alone.
func (h *handler) find(which string) (portfolio.Operation, error) {
	var none portfolio.Operation
	if strings.TrimSpace(which) == "" {
		return none, problem(http.StatusBadRequest, "which operation is not said: name it by its id, or by its domain")
	}
	open, err := h.Ledger.OpenOperations()
	if err != nil {
		return none, err
	}
	open = slices.DeleteFunc(open, func(op portfolio.Operation) bool { return !named(op, which) })
	if begun := slices.DeleteFunc(slices.Clone(open), asks); len(begun) > 0 {
		open = begun // a question beside it has a command of its own
	}
	switch len(open) {
	case 1:
		return open[0], nil
	case 0:
		return h.ended(which)
	}
	return none, ambiguous(which, open)
}

func asks(op portfolio.Operation) bool { return op.State == portfolio.StateAsked }

// ambiguous is the error of a name that several operations have.
func ambiguous(which string, all []portfolio.Operation) error {
	p := problem(http.StatusConflict, "%q may be each of %d operations; name one of them by its id: ", clip(which), len(all))
	for i, op := range all {
		p.Candidates = append(p.Candidates, rowOf(op))
		if i > 0 {
			p.Message += ", "
		}
		p.Message += fmt.Sprintf("%s, %s", op, op.State)
	}
	return p
}

// ended finds an operation that has ended by its id. That a domain has had one is told.
func (h *handler) ended(which string) (portfolio.Operation, error) {
	var last *portfolio.Operation
	for op, err := range h.Ledger.Operations() {
		switch {
		case err != nil:
			return portfolio.Operation{}, err
		case op.ShortID() == strings.ToLower(strings.TrimSpace(which)):
			return op, nil
		case last == nil && named(op, which):
			last = &op
		}
	}
	if last != nil {
		return *last, problem(http.StatusNotFound, "nothing is under way for %s; the last operation was %s, which is %s", clip(which), last, last.State)
	}
	return portfolio.Operation{}, problem(http.StatusNotFound, "there is no operation %q: name it by its id or by its domain, as \"domaind ledger\" shows them", clip(which))
}
