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

// lastLook is confirm by one policy, and the ceilings that came with it: where a reload
// replaced them meanwhile, some of each may have been asked, and it is looked once more.
func (x *Executor) lastLook(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	const most = 3
	for range most {
		policy := x.policy()
		answer, err := x.confirm(ctx, op)
		if err != nil || ended(ctx) || x.policy() == policy {
			return answer, err
		}
	}
	return delayed{moment(x.now()), "the policy was replaced again and again meanwhile"}, nil
}

// confirm looks afresh, and says whether the operation may still be sent: the
// world may have moved since the scan, and the policy since the reservation.
func (x *Executor) confirm(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	if token, err := x.refusedToken(op.AccountID); err != nil {
		return nil, err
	} else if token != nil && tryNow(*token, x.now()) {
		// It is time to try it.
		_, err := x.registries[op.AccountID].Clock(ctx)
		if err != nil {
			return x.unreadable(op, err)
		}
		if err := x.Report(op.AccountID, nil); err != nil {
			return nil, err
		}
	}
	if stale := x.stale(op); stale != "" {
		return withdrawn{moment: moment(x.now()), why: stale, alarm: true}, nil
	}
	stopped, err := x.heldBy(op)
	if err != nil {
		return nil, err
	}
	if stopped != nil {
		return x.held(op, *stopped), nil
	}
	if op.Kind == portfolio.OpRenew || op.Kind == portfolio.OpRestore {
		return x.confirmPurchase(ctx, op)
	}
	// What a policy says of a wish, too, depends on what time it is.
	answer, err := x.registries[op.AccountID].Clock(ctx)
	if err != nil {
		return x.unreadable(op, err)
	}
	if off := clockOff(x.now(), answer); off != "" {
		return delayed{moment(x.now()), off}, nil
	}
	if op.Manual {
		return x.confirmCommand(ctx, op)
	}
	switch op.Kind {
	case portfolio.OpRegister:
		return x.confirmWatched(ctx, op)
	case portfolio.OpAccept, portfolio.OpReject:
		return x.confirmPush(ctx, op)
	case portfolio.OpAutoRenewal:
		return x.confirmAutoRenewal(ctx, op)
	default:
		return x.confirmCancel(ctx, op)
	}
}

// held is what becomes of an operation that a pause stops. The money of a purchase is
// of use elsewhere meanwhile.
func (x *Executor) held(op portfolio.Operation, p portfolio.Pause) confirmation {
	why := "the account is paused: " + p.Reason
	if op.Kind.Once() {
		return withdrawn{moment: moment(x.now()), why: why, stopped: p.Scope}
	}
	return delayed{moment(x.now()), why}
}

// passes says whether an operation was let through a pause: to try it, or because an
// operator said so, who does not overrule a refused token, nor another operator.
func passes(op portfolio.Operation, p portfolio.Pause) bool {
	if op.Manual && p.Scope != portfolio.PauseAccount && p.Scope != portfolio.PauseByHand {
		return true
	}
	return op.Probes != "" && probeable(p)
}

// clockOff says why the clock here cannot be trusted beside the server's; "" where it can.
func clockOff(now time.Time, answer portfolio.Answer) string {
	if answer.Date.IsZero() {
		return "DNSimple's answer has no Date to compare the clock with: nothing is changed"
	}
	if skew := now.Sub(answer.Date); skew.Abs() > portfolio.MaxSkew {
		return fmt.Sprintf("the clock here is %s off DNSimple's: nothing is changed", skew.Round(time.Second))
	}
	return ""
}

// confirmPurchase reads the domain last: what it says is what money is spent on, and
// must not be older than it takes to write it down.
func (x *Executor) confirmPurchase(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	reg := x.registries[op.AccountID]
	tld, err := x.tld(ctx, reg, portfolio.TLD(op.Name))
	if err != nil {
		return x.unreadable(op, err)
	}
	prices, err := x.prices(ctx, op.AccountID, op.Name, buying)
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
	if off := clockOff(now, answer); off != "" {
		return delayed{moment(now), off}, nil
	}
	if d.Name != op.Name {
		return stop("domain %d is called %s now", op.DomainID, d.Name)
	}
	if got := portfolio.OccasionOf(d.ExpiresAt); got != op.Occasion {
		return stop("its expiration moved from %s to %s", op.Occasion, got)
	}
	var decision portfolio.Decision // an operator's purchase has none behind it
	if !op.Manual {
		if decision, err = x.stillWanted(ctx, op, d, tld); err != nil {
			return nil, err
		}
		if !mayGo(op, decision.Verdict) {
			return stop("%s", decision.Reason)
		}
	}
	q, err := price(op.Kind, d, prices.Prices, term(op.Kind, op.Years, tld))
	if err != nil {
		return stop("%s", err)
	}
	if err := withinRule(decision, q); err != nil {
		return stop("%s", err)
	}
	if !op.Manual {
		if dearer, err := x.dearer(decision, d, q); err != nil || dearer != "" {
			return withdrawn{moment: moment(now), why: dearer}, err
		}
	}
	if op.Manual && q.total > op.Reserved {
		return stop("it costs %s now, and %s was agreed to", q.total, op.Reserved)
	}
	if why, moved := x.unapproved(op, decision, d.ExpiresAt, d.State, &q.total); why != "" {
		return withdrawn{moment: moment(now), why: why, moved: moved}, nil
	}
	return cleared{moment: moment(now), quote: q, day: x.ceilings().day(now), expiresAt: d.ExpiresAt, lapsed: d.State == portfolio.DomainExpired}, nil
}

// stillWanted asks the policy and the guards again, with the domain as it was just
// read. Another verdict than act says in its reason why not.
func (x *Executor) stillWanted(ctx context.Context, op portfolio.Operation, d portfolio.Domain, tld portfolio.TLDFacts) (portfolio.Decision, error) {
	now := x.now()
	facts, err := x.Facts(d)
	if err != nil {
		return portfolio.Decision{}, err
	}
	decision := rules.Decide(x.policy(), facts, now)
	if !mayGo(op, decision.Verdict) || operationKind(decision.Do) != op.Kind || decision.Rule != op.Rule ||
		op.Kind == portfolio.OpRenew && max(decision.Years, 1) != op.Years {
		reason := fmt.Sprintf("the policy wants something else now: %s (%s)", decision.Verdict, decision.Reason)
		return guarded(decision, portfolio.VerdictNone, decision.Code, reason), nil
	}
	if g, stopped, err := x.beforePrice(ctx, decision, d, now); err != nil || stopped {
		return g, err
	}
	g, _ := tldAllows(decision, d, tld)
	return g, nil
}

// unreadable is the answer where the fresh look failed: it is tried again, unless
// the domain is not there any more.
func (x *Executor) unreadable(op portfolio.Operation, err error) (confirmation, error) {
	now := x.now()
	if err := x.Report(op.AccountID, err); err != nil {
		return nil, err
	}
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return withdrawn{moment: moment(now), why: err.Error(), alarm: op.Kind.Once()}, nil
	case outcome(err) == portfolio.OutcomeUnauthorized && op.Kind.Once():
		return withdrawn{moment: moment(now), why: err.Error(), stopped: portfolio.PauseAccount}, nil
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
	if announced(op) {
		// Nothing else is needed to prove it; but it may have been revoked meanwhile.
		if facts.Announced, err = x.Expected(*push); err != nil {
			return nil, err
		}
		if facts.Announced == nil || facts.Announced.ID() != op.Approval.ID() {
			return withdrawn{moment: moment(now), why: whyRevoked}, nil
		}
	} else if facts.Unread {
		return delayed{moment(now), facts.Unproven}, nil
	}
	d := rules.Decide(x.policy(), facts, now)
	if !mayGo(op, d.Verdict) || operationKind(d.Do) != op.Kind || d.Rule != op.Rule {
		return withdrawn{moment: moment(now), why: fmt.Sprintf("the policy wants something else now: %s (%s)", d.Verdict, d.Reason)}, nil
	}
	if why := x.otherPush(op, d, facts.SourceID); why != "" {
		return withdrawn{moment: moment(now), why: why, moved: true}, nil
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
	ours, err := x.Ours(c)
	if err != nil {
		return nil, err
	}
	now := x.now()
	d := rules.Decide(x.policy(), portfolio.ChangeFacts{RegistrantChange: c, Name: op.Name, Ours: ours}, now)
	if !mayGo(op, d.Verdict) || d.Do != portfolio.ActionCancel || d.Rule != op.Rule {
		return withdrawn{moment: moment(now), why: fmt.Sprintf("the policy wants something else now: %s (%s)", d.Verdict, d.Reason)}, nil
	}
	if why, moved := x.unapproved(op, d, time.Time{}, "", nil); why != "" {
		return withdrawn{moment: moment(now), why: why, moved: moved}, nil
	}
	return cleared{moment: moment(now)}, nil
}

// confirmAutoRenewal looks afresh whether auto-renewal is still to be switched on.
func (x *Executor) confirmAutoRenewal(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	reg := x.registries[op.AccountID]
	tld, err := x.tld(ctx, reg, portfolio.TLD(op.Name))
	if err != nil {
		return x.unreadable(op, err)
	}
	d, _, err := reg.Domain(ctx, op.DomainID)
	if err != nil {
		return x.unreadable(op, err)
	}
	now := x.now()
	stop := func(format string, args ...any) (confirmation, error) {
		return withdrawn{moment: moment(now), why: fmt.Sprintf(format, args...)}, nil
	}
	facts, err := x.Facts(d)
	if err != nil {
		return nil, err
	}
	decision := rules.Decide(x.policy(), facts, now)
	switch {
	case d.Name != op.Name:
		return stop("domain %d is called %s now", op.DomainID, d.Name)
	case d.AutoRenew:
		return stop("its auto-renewal is on already")
	case !tld.AutoRenewOnly || d.State != portfolio.DomainRegistered:
		return stop("it is not for DNSimple alone to renew: it is %s, and .%s can be renewed by hand: %t", d.State, tld.TLD, !tld.AutoRenewOnly)
	case !mayGo(op, decision.Verdict) || decision.Do != portfolio.ActionRenew || decision.Rule != op.Rule:
		return stop("the policy wants something else now: %s (%s)", decision.Verdict, decision.Reason)
	}
	prices, err := x.prices(ctx, op.AccountID, op.Name, buying) // at which DNSimple will renew it
	if err != nil {
		return x.unreadable(op, err)
	}
	q, err := price(portfolio.OpRenew, d, prices.Prices, 1)
	if err == nil {
		err = withinRule(decision, q)
	}
	if err == nil {
		err = x.ceilings().allowOne(op.AccountID, q.total)
	}
	if err != nil {
		return stop("%s", err)
	}
	if dearer, err := x.dearer(decision, d, q); err != nil || dearer != "" {
		return withdrawn{moment: moment(now), why: dearer}, err
	}
	if why, moved := x.unapproved(op, decision, d.ExpiresAt, d.State, &q.total); why != "" {
		return withdrawn{moment: moment(now), why: why, moved: moved}, nil
	}
	return cleared{moment: moment(now), expiresAt: d.ExpiresAt}, nil
}
