package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// appliedFor is how long what was applied may wait until it can be sent.
const appliedFor = 24 * time.Hour

// PlanItem is what a plan wants done to one resource, and what it shows of it: that must
// not have moved.
type PlanItem struct {
	On        portfolio.ResourceKind
	AccountID int64
	ID        int64 // 0 of a name that is not owned
	Name      string
	Rule      string
	Policy    string // the hash of the policy that the plan was made by; "": any
	Do        portfolio.Action
	ExpiresAt time.Time             // of a domain
	State     portfolio.DomainState // of a domain
	FreeSince time.Time             // of a name
	Price     *portfolio.Money      // the highest that it may cost; nil: it costs nothing
}

// Applied is what became of an item of a plan.
type Applied struct {
	// Operation is its row, as it stands then; without a key where none came to be.
	Operation portfolio.Operation
	Refused   string // why nothing was done, as a sentence; "" where there is a row
}

// Apply carries out the items of a plan that an operator wants done, whatever the mode, in
// the order of their expirations: each is read afresh, the policy and every guard are asked
// again, and nothing is done that is not what the plan shows, or costs more. Purchases of
// an account that is not reached twice in a row are not tried any more. The answers are in
// the order of the items; an error is one after which nothing more must be done.
func (x *Executor) Apply(ctx context.Context, items []PlanItem, by string) ([]Applied, error) {
	out := make([]Applied, len(items))
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return sooner(items[a].ExpiresAt, items[b].ExpiresAt) })
	unheard := make(map[int64]int)
	for _, i := range order {
		it := items[i]
		switch {
		case ended(ctx):
			out[i].Refused = "it was not come to: domaind is ending, or nobody waits for the answer any more"
			continue
		case unheard[it.AccountID] >= deaf:
			out[i].Refused = "it was not come to: its account could not be reached"
			continue
		}
		done, failed, err := x.apply(ctx, it, by)
		if x.fatal(err) {
			return out, err
		}
		if err != nil {
			done.Refused = err.Error()
		}
		if unheard[it.AccountID]++; !unreached(failed) {
			unheard[it.AccountID] = 0
		}
		out[i] = done
	}
	return out, nil
}

// sooner orders expirations, none last.
func sooner(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		return -a.Compare(b)
	}
	return a.Compare(b)
}

// apply carries out one item. failed is the call that could not be made, where one is why
// it is refused.
func (x *Executor) apply(ctx context.Context, it PlanItem, by string) (_ Applied, failed, err error) {
	refused := func(format string, args ...any) (Applied, error, error) {
		return Applied{Refused: fmt.Sprintf(format, args...)}, nil, nil
	}
	turn, ok := x.turns[it.AccountID]
	kind := operationKind(it.Do)
	if !ok || kind == "" {
		return refused("account %d is not configured, or nothing is called %q", it.AccountID, it.Do)
	}
	if err := turn.wait(ctx); err != nil {
		return refused("account %d was busy: %s", it.AccountID, err)
	}
	defer turn.Unlock()
	reading, cancel := context.WithTimeout(x.urgent(ctx), confirmWithin)
	defer cancel()
	r, gone, err := x.itemNow(reading, it, kind)
	if call, ok := errors.AsType[*portfolio.CallError](err); ok {
		if outcome(err) == portfolio.OutcomeNotFound {
			return refused("%s", call)
		}
		return Applied{Refused: "it could not be looked at afresh: " + call.Error()}, call, x.Report(it.AccountID, call)
	}
	switch {
	case err != nil:
		return Applied{}, nil, err
	case gone != "":
		return refused("%s", gone)
	}
	d := x.decide(r)
	if it.Policy != "" && d.Policy != it.Policy {
		return refused("the policy was replaced meanwhile: %s made the plan, and it is %s now", it.Policy, d.Policy)
	}
	asks := d.Verdict == portfolio.VerdictAct || d.Verdict == portfolio.VerdictAsk || d.Verdict == portfolio.VerdictWouldAct
	if !asks || d.Rule != it.Rule {
		return refused("the policy wants something else now: %s", saying(d))
	}
	expiresAt, state := shown(r)
	a := x.planned(it, kind, by)
	if d.Approval == nil { // an announced push has its own, which is spent with it
		d.Approval = &a
	}
	d.Verdict = portfolio.VerdictAct
	d, failed, err = x.assess(reading, d, nil)
	switch {
	case err != nil:
		return Applied{}, failed, err
	case ended(ctx):
		return refused("it was cut short before anything was done")
	case d.Verdict != portfolio.VerdictAct:
		return Applied{Refused: d.Reason}, failed, nil
	case d.Do != it.Do:
		return refused("the plan wants to %s it, and now it is %s: %s", it.Do, d.Do, d.Reason)
	}
	if moved := a.Moved(expiresAt, state, d.Price); moved != "" {
		return refused("%s", moved)
	}
	op, err := x.secure(d)
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return refused("%s", over)
	}
	if errors.Is(err, portfolio.ErrDomainBusy) || errors.Is(err, portfolio.ErrStale) {
		return refused("%s", err)
	}
	if err != nil {
		return Applied{}, nil, err
	}
	err = x.carry(ctx, op)
	if now, ok, lerr := x.ledger.Operation(op.Key); lerr == nil && ok {
		op = now
	}
	return Applied{Operation: op}, nil, err
}

// saying is a decision in a few words: "renew by other (it expires …)".
func saying(d portfolio.Decision) string {
	if d.Rule == "" {
		return fmt.Sprintf("%s (%s)", d.Verdict, d.Reason)
	}
	return fmt.Sprintf("%s by %s (%s)", d.Verdict, d.Rule, d.Reason)
}

// planned is the approval that an item of a plan is.
func (x *Executor) planned(it PlanItem, kind portfolio.OperationKind, by string) portfolio.Approval {
	now := x.now()
	return portfolio.Approval{
		Kind: portfolio.ApprovalPlan, AccountID: it.AccountID, Operation: kind, SubjectID: it.ID, Name: it.Name,
		ExpiresAt: it.ExpiresAt, State: it.State, MaxPrice: it.Price, By: by, At: now, Until: now.Add(appliedFor),
	}
}

// itemNow reads what an item of a plan is about. gone says why there is nothing to decide
// about it any more; the error is a call's, or the ledger's own.
func (x *Executor) itemNow(ctx context.Context, it PlanItem, kind portfolio.OperationKind) (r portfolio.Resource, gone string, err error) {
	r, gone, err = x.subject(ctx, portfolio.Operation{
		AccountID: it.AccountID, Kind: kind, SubjectID: it.ID, DomainID: it.ID, Name: it.Name,
		Occasion: occasion(portfolio.NameFacts{Name: it.Name, FreeSince: it.FreeSince}), Asked: &portfolio.Asked{ExpiresAt: it.ExpiresAt},
	})
	if p, ok := r.(portfolio.PushFacts); ok && gone == "" && err == nil {
		p.Announced, err = x.Expected(p.Push)
		return p, "", err
	}
	c, ok := r.(portfolio.ChangeFacts)
	if err != nil || gone != "" || !ok {
		return r, gone, err
	}
	// What it is called is the registry's to say, and not a file's.
	d, _, err := x.registries[it.AccountID].Domain(ctx, c.DomainID)
	if outcome(err) == portfolio.OutcomeNotFound {
		err = nil
	}
	c.Name = d.Name
	return c, "", err
}
