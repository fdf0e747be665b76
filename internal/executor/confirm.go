package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// confirmation is what a fresh look says of a reserved operation: one of the
// machine's events cleared, withdrawn and delayed.
type confirmation event

// confirmWithin bounds the fresh look.
const confirmWithin = 2 * time.Minute

// confirm looks afresh, and says whether the operation may still be sent: the
// world may have moved since the scan, and the policy since the reservation.
func (x *Executor) confirm(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	now := x.now()
	paused, err := x.paused(op.AccountID)
	if err != nil {
		return nil, err
	}
	if paused != nil {
		return delayed{moment(now), "the account is paused: " + paused.Reason}, nil
	}
	switch op.Kind {
	case portfolio.OpRenew, portfolio.OpRestore:
		return x.confirmPurchase(ctx, op)
	case portfolio.OpAccept, portfolio.OpReject:
		return x.confirmPush(ctx, op)
	default:
		return x.confirmCancel(ctx, op)
	}
}

// confirmPurchase reads the domain last: what it says is what money is spent on, and
// must not be older than it takes to write it down.
func (x *Executor) confirmPurchase(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	reg := x.registries[op.AccountID]
	tld, err := x.tld(ctx, reg, portfolio.TLD(op.Name))
	if err != nil {
		return x.unreadable(op, err)
	}
	prices, err := reg.Prices(ctx, op.Name)
	if err != nil {
		return x.unreadable(op, err)
	}
	d, answer, err := reg.Domain(ctx, op.DomainID)
	if err != nil {
		return x.unreadable(op, err)
	}
	now := x.now()
	stop := func(format string, args ...any) (confirmation, error) {
		return withdrawn{moment: moment(now), why: fmt.Sprintf(format, args...)}, nil
	}
	if answer.Date.IsZero() {
		return delayed{moment(now), "DNSimple's answer has no Date to compare the clock with: nothing is spent"}, nil
	}
	if skew := now.Sub(answer.Date); skew.Abs() > maxSkew {
		return delayed{moment(now), fmt.Sprintf("the clock here is %s off DNSimple's: nothing is spent", skew.Round(time.Second))}, nil
	}
	if d.Name != op.Name {
		return stop("domain %d is called %s now", op.DomainID, d.Name)
	}
	if got := portfolio.OccasionOf(d.ExpiresAt); got != op.Occasion {
		return stop("its expiration moved from %s to %s", op.Occasion, got)
	}
	facts, err := x.Facts(d)
	if err != nil {
		return nil, err
	}
	decision := rules.Decide(x.policy(), facts, now)
	if decision.Verdict != portfolio.VerdictAct || operationKind(decision.Do) != op.Kind || decision.Rule != op.Rule ||
		op.Kind == portfolio.OpRenew && max(decision.Years, 1) != op.Years {
		return stop("the policy wants something else now: %s (%s)", decision.Verdict, decision.Reason)
	}
	if g, stopped, err := x.beforePrice(decision, d, now); err != nil {
		return nil, err
	} else if stopped {
		return stop("%s", g.Reason)
	}
	if g, stopped := tldAllows(decision, d, tld); stopped {
		return stop("%s", g.Reason)
	}
	q, err := price(op.Kind, d, prices, term(op.Kind, op.Years, tld))
	if err != nil {
		return stop("%s", err)
	}
	if err := withinRule(decision, q); err != nil {
		return stop("%s", err)
	}
	return cleared{moment: moment(now), quote: q, day: x.ceilings.day(now), expiresAt: d.ExpiresAt, lapsed: d.State == portfolio.DomainExpired}, nil
}

// unreadable is the answer where the fresh look failed: it is tried again, unless
// the domain is not there any more.
func (x *Executor) unreadable(op portfolio.Operation, err error) (confirmation, error) {
	now := x.now()
	if err := x.Report(op.AccountID, err); err != nil {
		return nil, err
	}
	if outcome(err) == portfolio.OutcomeNotFound {
		return withdrawn{moment(now), err.Error(), op.Kind.Purchase()}, nil
	}
	return delayed{moment(now), err.Error()}, nil
}

func (x *Executor) confirmPush(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	push, err := x.findPush(ctx, op)
	now := x.now()
	switch {
	case err != nil:
		return x.unreadable(op, err)
	case push == nil:
		return withdrawn{moment: moment(now), why: "the push is not waiting any more"}, nil
	}
	facts := x.Prove(ctx, *push)
	if facts.Unread {
		return delayed{moment(now), facts.Unproven}, nil
	}
	d := rules.Decide(x.policy(), facts, now)
	if d.Verdict != portfolio.VerdictAct || operationKind(d.Do) != op.Kind || d.Rule != op.Rule {
		return withdrawn{moment: moment(now), why: fmt.Sprintf("the policy wants something else now: %s (%s)", d.Verdict, d.Reason)}, nil
	}
	return cleared{moment: moment(now), source: facts.SourceID, contact: d.Contact, name: facts.Name}, nil
}

// findPush reads the push of an operation; nil where it is not pending any more.
func (x *Executor) findPush(ctx context.Context, op portfolio.Operation) (*portfolio.Push, error) {
	for page, err := range x.registries[op.AccountID].Pushes(ctx) {
		if err != nil {
			return nil, err
		}
		for _, p := range page.Items {
			if p.ID == op.SubjectID {
				return &p, nil
			}
		}
		if len(page.Problems) > 0 {
			return nil, errors.Join(page.Problems...)
		}
	}
	return nil, nil //nolint:nilnil // nil is "not pending any more": an answer, not a failure
}

func (x *Executor) confirmCancel(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	c, err := x.registries[op.AccountID].RegistrantChange(ctx, op.SubjectID)
	if err != nil {
		return x.unreadable(op, err)
	}
	now := x.now()
	d := rules.Decide(x.policy(), portfolio.ChangeFacts{RegistrantChange: c, Name: op.Name}, now)
	if d.Verdict != portfolio.VerdictAct || d.Do != portfolio.ActionCancel || d.Rule != op.Rule {
		return withdrawn{moment: moment(now), why: fmt.Sprintf("the policy wants something else now: %s (%s)", d.Verdict, d.Reason)}, nil
	}
	return cleared{moment: moment(now)}, nil
}
