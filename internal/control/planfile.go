package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

const (
	// PlanFormat is the format of the plans that this domaind writes, and reads. Fields are
	// only added to it.
	PlanFormat = 1
	// PlanFor is how long a plan may be applied.
	PlanFor = 7 * 24 * time.Hour
	// MaxPlan is the longest plan that is read, in bytes.
	MaxPlan = 128 << 20
)

// ParsePlan reads a plan as a file has it, strictly: it is about money, and somebody may
// have edited it. What it wants done is complete, each item once, and adds up to what its
// totals say. Its error is a *[AnswerError] that names the item.
func ParsePlan(text []byte) (Plan, error) {
	var p Plan
	if len(text) > MaxPlan {
		return p, badPlan("it is longer than %d MiB", MaxPlan>>20)
	}
	var document struct {
		Plan
		Items []json.RawMessage `json:"items"` // each by itself, so that an error names it
	}
	if err := strictly(text, &document); err != nil {
		return p, badPlan("%v", err)
	}
	p = document.Plan
	if p.Format != PlanFormat {
		return p, badPlan("its format is %d, and this domaind reads %d; it is written by \"domaind plan -o FILE\"", p.Format, PlanFormat)
	}
	p.Items = make([]Item, len(document.Items))
	for i, text := range document.Items {
		if err := strictly(text, &p.Items[i]); err != nil {
			return p, badPlan("item %d: %v", i+1, err)
		}
	}
	if err := p.check(); err != nil {
		return p, err
	}
	return p, nil
}

func badPlan(format string, args ...any) error {
	return problem(http.StatusBadRequest, "this is no plan that could be applied: "+format, args...)
}

// strictly reads one JSON value, and nothing that it does not understand.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something stands behind its end")
		}
	}
	if odd, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("no JSON at byte %d", odd.Offset)
	}
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it ends in the middle, after %d bytes: was it cut short?", len(text))
	case err != nil:
		return errors.New(clip(strings.TrimPrefix(err.Error(), "json: ")))
	}
	return nil
}

// check says what is wrong with a plan, whoever wrote it.
func (p *Plan) check() error {
	switch {
	case p.At.IsZero():
		return badPlan("it does not say when it was made (at)")
	case p.Policy == "" || p.Instance == "":
		return badPlan("it does not say whose it is (policy, instance)")
	}
	type ident struct {
		account, id int64
		on          portfolio.ResourceKind
		name        string // of what has no id
	}
	first := make(map[ident]int, len(p.Items))
	for i := range p.Items {
		it := &p.Items[i]
		if wrong := it.wrong(); wrong != "" {
			return badPlan("item %d (%s): %s", i+1, clip(it.title()), wrong)
		}
		of := ident{account: it.Account, id: it.ID, on: it.On}
		if it.On == portfolio.KindName {
			of.name = it.Name
		}
		if n, ok := first[of]; ok {
			return badPlan("item %d (%s) is item %d once more", i+1, clip(it.title()), n)
		}
		first[of] = i + 1
	}
	if t := totalsOf(p.Items); t != p.Totals {
		return badPlan("its items cost %s (and %s that is asked for), and its totals say %s (and %s): was it edited?",
			t.Price, t.Asked, p.Totals.Price, p.Totals.Asked)
	}
	return nil
}

// title names what an item is about.
func (it *Item) title() string {
	switch {
	case it.On == portfolio.KindPush || it.On == portfolio.KindRegistrantChange:
		return strings.TrimSuffix(fmt.Sprintf("%s %d, %s", strings.ReplaceAll(string(it.On), "_", " "), it.ID, it.Name), ", ")
	case it.Name == "":
		return fmt.Sprintf("%s %d", it.On, it.ID)
	}
	return it.Name
}

// Applicable says whether applying a plan carries the item out.
func (it *Item) Applicable() bool {
	return it.Verdict == portfolio.VerdictAct || it.Verdict == portfolio.VerdictAsk || it.Verdict == portfolio.VerdictWouldAct
}

// wrong says what is wrong with an item; "" where nothing is.
func (it *Item) wrong() string {
	actions, known := actionsOn(it.On)
	switch {
	case !known:
		return fmt.Sprintf("there is nothing called %q (on)", clip(string(it.On)))
	case it.Account <= 0:
		return "it has no account"
	case it.ID <= 0 && it.On != portfolio.KindName:
		return "it has no id"
	case !slices.Contains(Verdicts(), it.Verdict):
		return fmt.Sprintf("there is no verdict %q; there is %s", clip(string(it.Verdict)), words(Verdicts()))
	case it.Price != nil && *it.Price < 0:
		return fmt.Sprintf("its price is %s", *it.Price)
	case !it.Applicable():
		return ""
	case !slices.Contains(actions, it.Do):
		return fmt.Sprintf("%q is nothing that is done to a %s; there is %s (do)", clip(string(it.Do)), it.On, words(actions))
	case it.Rule == "" && (it.On != portfolio.KindPush || it.Do != portfolio.ActionAccept): // that may have been announced
		return "it names no rule"
	}
	if it.On == portfolio.KindDomain || it.On == portfolio.KindName {
		if name, err := properName(it.Name); err != nil || name != it.Name {
			return "that is no name of a domain, in lower case and A-labels"
		}
	}
	costs := it.Do != portfolio.ActionAccept && it.Do != portfolio.ActionReject && it.Do != portfolio.ActionCancel
	switch {
	case costs && it.Price == nil:
		return "it has no price"
	case !costs && it.Price != nil:
		return fmt.Sprintf("to %s it costs nothing, and it has the price %s", it.Do, *it.Price)
	case it.On == portfolio.KindDomain && (it.ExpiresAt == nil || it.ExpiresAt.IsZero()):
		return "it has no expiration"
	case it.On == portfolio.KindDomain && it.State != portfolio.DomainRegistered && it.State != portfolio.DomainExpired:
		return fmt.Sprintf("nothing is bought for a domain in the state %q", clip(string(it.State)))
	case it.On == portfolio.KindName && (it.FreeSince == nil || it.FreeSince.IsZero()):
		return "it does not say since when it is free (free_since)"
	}
	return ""
}

// actionsOn are the actions that change something of a kind of resource, and whether
// there is that kind.
func actionsOn(on portfolio.ResourceKind) ([]portfolio.Action, bool) {
	switch on {
	case portfolio.KindDomain:
		return []portfolio.Action{portfolio.ActionRenew, portfolio.ActionRestore, portfolio.ActionAutoRenewal}, true
	case portfolio.KindPush:
		return []portfolio.Action{portfolio.ActionAccept, portfolio.ActionReject}, true
	case portfolio.KindRegistrantChange:
		return []portfolio.Action{portfolio.ActionCancel}, true
	case portfolio.KindName:
		return []portfolio.Action{portfolio.ActionRegister}, true
	}
	return nil, false
}

// stale says why a plan holds no more; nil where it does.
func (p *Plan) stale(now time.Time, instance, policy string) error {
	switch {
	case p.Instance != instance:
		return problem(http.StatusConflict, "it is a plan of the instance %q, and this is %q: nothing was done", clip(p.Instance), instance)
	case p.Policy != policy:
		return problem(http.StatusConflict, "the policy changed since: the plan was made by policy %s, and %s is loaded: plan again; nothing was done", clip(p.Policy), policy)
	case p.At.After(now.Add(portfolio.MaxSkew)):
		return problem(http.StatusConflict, "it was made at %s, which is to come: nothing was done", p.At.UTC().Format(time.RFC3339))
	case now.Sub(p.At) > PlanFor:
		return problem(http.StatusConflict, "it was made on %s, and a plan holds for %d days: plan again; nothing was done",
			p.At.UTC().Format(time.DateOnly), int(PlanFor.Hours()/24))
	}
	return nil
}
