package control

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"domaind/internal/client"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// Memory is what the state remembers beside the ledger.
type Memory interface {
	Pauses() ([]portfolio.Pause, error)
	// Backlog is how many events wait.
	Backlog() (int, error)
	// Pending gives the first events that wait.
	Pending(after uint64, limit int) ([]portfolio.Event, error)
}

// BusStatus says whether events can leave.
type BusStatus struct {
	Where     string `json:"where"`     // "nats://…", or "the embedded server"
	Connected bool   `json:"connected"` // at this moment
	Error     string `json:"error"`     // why it is not; "" where nobody tried yet
}

// Status is where everything stands.
type Status struct {
	At         time.Time       `json:"at"`
	Running    bool            `json:"running"` // whether a daemon answers; else the state was read
	Version    string          `json:"version"`
	Since      *time.Time      `json:"since"` // when the daemon began; null where none runs
	Mode       portfolio.Mode  `json:"mode"`
	Policy     string          `json:"policy"`
	Socket     string          `json:"socket"`
	State      string          `json:"state"`
	StateBytes int64           `json:"state_bytes"`
	Accounts   []AccountStatus `json:"accounts"`
	Pauses     []Pause         `json:"pauses"` // of all accounts, and of those that are not configured
	Jobs       []JobStatus     `json:"jobs"`
	Operations Operations      `json:"operations"`
	Money      Money           `json:"money"`
	Outbox     Outbox          `json:"outbox"`
	// Waits is a policy that was read and is not obeyed before somebody accepts it; null
	// where there is none.
	Waits *Reload `json:"reload_waits"`
}

// AccountStatus is where an account stands.
type AccountStatus struct {
	ID     int64   `json:"id"`
	Name   string  `json:"name"`
	Source bool    `json:"source"` // it only proves where pushes come from
	Pauses []Pause `json:"pauses"`
	// Requests is what DNSimple said of its quota last; null where it was not asked since
	// the start.
	Requests *Requests `json:"requests"`
}

// Requests is a request quota.
type Requests struct {
	Left  int        `json:"left"`
	Limit int        `json:"limit"`
	Reset *time.Time `json:"reset"` // when the hour ends; null where that is not known
}

// JobStatus is where a job stands.
type JobStatus struct {
	Name    string     `json:"name"`
	Last    *time.Time `json:"last"` // null: never
	Next    *time.Time `json:"next"` // by its schedule
	Running bool       `json:"running"`
	// Requests is how many the last run needed; 0: not known.
	Requests int `json:"requests"`
	// Warnings say what the schedule or the ceilings do not allow it to keep up with.
	Warnings []string `json:"warnings"`
	// Sweeps are how far the accounts are; of the portfolio job alone.
	Sweeps []SweepStatus `json:"sweeps,omitempty"`
}

// SweepStatus is how far the sweep of an account's portfolio is.
type SweepStatus struct {
	Account int64      `json:"account"`
	Name    string     `json:"account_name"`
	Since   *time.Time `json:"since"` // when the one under way began; null where none is
	Seen    int        `json:"seen"`  // entries of the list that it has read
	Total   int        `json:"total"` // entries of the list, as DNSimple said last
	Whole   *time.Time `json:"whole"` // when one came to the end of the list last; null: never
}

// Operations are those that have not ended.
type Operations struct {
	Unknown Group `json:"unknown"` // the request may have had its effect
	Pending Group `json:"pending"` // sent, and DNSimple is at work
	Waiting Group `json:"waiting"` // nothing was sent yet
	// Asked are those that wait for an answer, the most urgent first.
	Asked Questions `json:"asked"`
}

// Questions is a number of operations that wait for an answer.
type Questions struct {
	Count int        `json:"count"`
	Items []Question `json:"items"` // a few of them
}

// Question is an operation that waits for an answer.
type Question struct {
	Op        string                  `json:"op"`
	Account   int64                   `json:"account"`
	Kind      portfolio.OperationKind `json:"kind"`
	Name      string                  `json:"name"`
	Rule      string                  `json:"rule"`
	Price     *portfolio.Money        `json:"price"` // null where it costs nothing
	Since     time.Time               `json:"since"`
	ExpiresAt *time.Time              `json:"expires_at"` // of the domain; null where that says nothing
	AnswerBy  *time.Time              `json:"answer_by"`  // silence counts then; null: never
	Why       string                  `json:"why"`
	Approve   string                  `json:"approve"` // the command
	Deny      string                  `json:"deny"`    // the command
}

func questionOf(op portfolio.Operation) Question {
	q := op.Asked
	approve, deny := executor.AnswersOf(op)
	return Question{
		Op: op.ShortID(), Account: op.AccountID, Kind: op.Kind, Name: op.Name, Rule: op.Rule, Price: q.Price, Since: q.At,
		ExpiresAt: orNil(q.ExpiresAt), AnswerBy: orNil(q.Until), Why: q.Why, Approve: approve, Deny: deny,
	}
}

// Group is a number of operations, the longest there first.
type Group struct {
	Count int `json:"count"`
	// Items are a few of them.
	Items []Standing `json:"items"`
}

// Standing is an operation that stands where it does since a while.
type Standing struct {
	Op        string                   `json:"op"`
	Account   int64                    `json:"account"`
	Kind      portfolio.OperationKind  `json:"kind"`
	Name      string                   `json:"name"`
	State     portfolio.OperationState `json:"state"`
	Price     portfolio.Money          `json:"price"`
	Since     time.Time                `json:"since"`
	Attention bool                     `json:"attention"`
	Note      string                   `json:"note"` // what happened last
}

// aFew is how many operations of a group are named.
const aFew = 5

// Outbox is where events stand that were not told yet.
type Outbox struct {
	Waiting int        `json:"waiting"`
	Oldest  *time.Time `json:"oldest"`
	// Bus is where they go; null where no daemon runs.
	Bus *BusStatus `json:"bus"`
}

func (h *handler) status(w http.ResponseWriter, r *http.Request) {
	now, policy := h.Now(), h.Policy()
	s := Status{
		At: now, Running: h.About.Running, Version: h.About.Version, Since: orNil(h.About.Since), Mode: policy.Mode, Policy: policy.Hash,
		Socket: h.About.Socket, State: h.About.State,
	}
	if h.Reloader != nil {
		s.Waits = h.Reloader.Waits()
	}
	pauses, err := h.pauses()
	if err == nil {
		s.Accounts, s.Pauses = h.accounts(pauses)
		s.StateBytes, err = h.About.StateBytes()
	}
	if err == nil {
		s.Jobs, err = h.jobs()
	}
	if err == nil {
		s.Operations, err = h.operations()
	}
	if err == nil {
		s.Outbox, err = h.outbox()
	}
	if err == nil {
		s.Money, err = h.money(r.Context(), now)
	}
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, s)
}

// accounts are the accounts with their pauses, and the pauses of no one of them.
func (h *handler) accounts(pauses []Pause) ([]AccountStatus, []Pause) {
	accounts := make([]AccountStatus, 0, len(h.Accounts))
	for _, a := range h.Accounts {
		status := AccountStatus{ID: a.ID, Name: a.Name, Source: a.Source, Pauses: []Pause{}}
		for _, p := range pauses {
			if p.AccountID == a.ID {
				status.Pauses = append(status.Pauses, p)
			}
		}
		if a.Vendor != nil {
			status.Requests = requestsOf(a.Vendor.Quota())
		}
		accounts = append(accounts, status)
	}
	rest := slices.DeleteFunc(pauses, func(p Pause) bool {
		return slices.ContainsFunc(h.Accounts, func(a Account) bool { return a.ID == p.AccountID })
	})
	return accounts, rest
}

func requestsOf(q client.Quota) *Requests {
	if !q.Known {
		return nil
	}
	return &Requests{Left: q.Remaining, Limit: q.Limit, Reset: orNil(q.Reset)}
}

func (h *handler) jobs() ([]JobStatus, error) {
	known, err := h.Jobs.Jobs()
	jobs := make([]JobStatus, 0, len(known))
	for _, j := range known {
		job := JobStatus{
			Name: j.Name, Last: orNil(j.Last), Next: orNil(j.Next), Running: j.Running,
			Requests: j.Requests, Warnings: append([]string{}, j.Warnings...),
		}
		for _, sweep := range j.Sweeps {
			job.Sweeps = append(job.Sweeps, SweepStatus{
				Account: sweep.AccountID, Name: h.nameOf(sweep.AccountID), Since: orNil(sweep.BeganAt), Seen: sweep.Seen, Total: sweep.Total,
				Whole: orNil(sweep.WholeEndedAt),
			})
		}
		jobs = append(jobs, job)
	}
	return jobs, err
}

func (h *handler) operations() (Operations, error) {
	var out Operations
	open, err := h.Ledger.OpenOperations()
	if err != nil {
		return out, err
	}
	slices.SortStableFunc(open, func(a, b portfolio.Operation) int {
		return cmp.Or(standsSince(a).Compare(standsSince(b)), cmp.Compare(a.Name, b.Name))
	})
	out.Asked = Questions{Items: []Question{}}
	for _, g := range []*Group{&out.Unknown, &out.Pending, &out.Waiting} {
		g.Items = []Standing{}
	}
	waiting, err := h.waiting()
	if err != nil {
		return out, err
	}
	for _, op := range waiting {
		if out.Asked.Count++; len(out.Asked.Items) < aFew {
			out.Asked.Items = append(out.Asked.Items, questionOf(op))
		}
	}
	for _, op := range slices.DeleteFunc(open, asks) {
		g := &out.Waiting
		switch op.State {
		case portfolio.StateUnknown:
			g = &out.Unknown
		case portfolio.StateArmed, portfolio.StatePending:
			g = &out.Pending
		}
		if g.Count++; len(g.Items) < aFew {
			g.Items = append(g.Items, Standing{
				Op: op.ShortID(), Account: op.AccountID, Kind: op.Kind, Name: op.Name, State: op.State, Price: op.Price(),
				Since: standsSince(op), Attention: op.Attention, Note: op.LastNote(),
			})
		}
	}
	return out, nil
}

// standsSince is since when an operation is in its state.
func standsSince(op portfolio.Operation) time.Time {
	since := op.CreatedAt
	for _, step := range slices.Backward(op.History) {
		if step.State != op.State {
			break
		}
		since = step.At
	}
	return since
}

func (h *handler) outbox() (Outbox, error) {
	var out Outbox
	var err error
	if out.Waiting, err = h.Memory.Backlog(); err != nil {
		return out, err
	}
	first, err := h.Memory.Pending(0, 1)
	if len(first) > 0 {
		out.Oldest = orNil(first[0].At)
	}
	if h.About.Bus != nil {
		bus := h.About.Bus()
		out.Bus = &bus
	}
	return out, err
}

// orNil is a moment, or null for none.
func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
