package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// The codes of decisions that a guard has changed. Those of ceilings are the
// ceiling's key in the configuration.
const (
	codeUnderWay    = "under-way"
	codeHeldUp      = "held-up" // under way for long, or behind something else
	codeUnknown     = "unknown" // nobody knows what became of the purchase that is under way
	codePaused      = "account-paused"
	codeLeaving     = "leaving"
	codeOurs        = "ours"
	codeRecent      = "bought-recently"
	codeRetryLater  = "failed-lately"
	codeDone        = "done-already"
	codeVendorTurn  = "vendor-turn"
	codeAutoOnly    = "auto-renew-only"
	codeNotRenewed  = "not-renewable"
	codeNoPrice     = "no-price"
	codeUnreachable = "unreachable"
	codeMaxPrice    = "max_price"
	codeMaxIncrease = "max_price_increase"
)

const (
	// quietPeriod is how long after a completed purchase no rule buys for the same domain.
	quietPeriod = 180 * 24 * time.Hour
	// vendorLate is how near the expiration DNSimple's own auto-renewal is late.
	vendorLate = 7 * 24 * time.Hour
	// longUnderWay is how long an operation may be under way until it is worth a word
	// to those who wait for it.
	longUnderWay = 6 * time.Hour
)

// Ceilings are those that purchases are held to.
func (x *Executor) Ceilings() Ceilings { return x.limits() }

// Assess applies the guards to decisions without any effect but reading: what
// would happen if they were executed now, at what price. Money is counted as if
// every purchase before had been made, in the order given.
func (x *Executor) Assess(ctx context.Context, decisions []portfolio.Decision) ([]portfolio.Decision, error) {
	budget := newBudget()
	assessed := make([]portfolio.Decision, 0, len(decisions))
	for _, d := range decisions {
		a, _, err := x.assess(ctx, d, budget)
		if err != nil {
			return nil, err
		}
		assessed = append(assessed, a)
	}
	return assessed, nil
}

// assess applies the guards to one decision. The budget, where there is one, holds
// what the plan has set aside before, and is added to. failed is the call that could
// not be made, where one is why the decision is blocked.
func (x *Executor) assess(ctx context.Context, d portfolio.Decision, budget *budget) (_ portfolio.Decision, failed, err error) {
	if d.Do == "" || d.Verdict != portfolio.VerdictAct && d.Verdict != portfolio.VerdictWouldAct && d.Verdict != portfolio.VerdictAsk {
		return d, nil, nil
	}
	now := x.now()
	account, id, _ := d.Resource.Ident()
	kind := operationKind(d.Do)
	if kind == "" {
		return d, nil, nil
	}
	if paused, stopped, err := x.pausedFor(d, account, kind); err != nil {
		return d, nil, err
	} else if f, ok := d.Resource.(portfolio.DomainFacts); stopped && (!ok || kind != portfolio.OpRenew || !x.autoRenewOnly(ctx, f)) {
		return paused, nil, nil
	}
	trail := trailOf(ctx)
	trail.passed(guardPauses, x.sawPauses(account, kind))
	if c, ok := d.Resource.(portfolio.ChangeFacts); ok && d.Do == portfolio.ActionCancel {
		if op, ours, err := x.began(c.RegistrantChange); err != nil {
			return d, nil, err
		} else if ours {
			d.Op = op.ShortID()
			return guarded(d, portfolio.VerdictWait, codeOurs, fmt.Sprintf("%s began it, and no rule cancels that", op)), nil, nil
		}
		trail.passed(guardOurs, plainly("domaind did not begin it"))
	}
	if op, ok, err := x.inTheWay(kind, domainOf(d.Resource)); err != nil {
		return d, nil, err
	} else if ok {
		code := codeUnderWay
		if now.Sub(startedAt(op)) > longUnderWay || !op.Kind.Purchase() && kind.Purchase() {
			code = codeHeldUp
		}
		if op.State == portfolio.StateUnknown {
			code = codeUnknown
		}
		d.Op = op.ShortID()
		return guarded(d, portfolio.VerdictWait, code, fmt.Sprintf("%s is %s: %s", op, op.State, op.LastNote())), nil, nil
	}
	if domainOf(d.Resource) != 0 {
		trail.passed(guardUnderWay, plainly("nothing is under way that has to end first"))
	}
	if d, tried, err := x.triedBefore(d, kind, id, occasion(d.Resource)); err != nil || tried {
		return d, nil, err
	}
	trail.passed(guardAttempts, x.sawAttempts(account, kind, id, occasion(d.Resource)))
	switch f := d.Resource.(type) {
	case portfolio.DomainFacts:
		return x.assessPurchase(ctx, d, f, kind, budget)
	case portfolio.NameFacts:
		return x.assessName(ctx, d, f, budget)
	}
	d, stopped, err := x.answered(d, nil)
	if err == nil && !stopped {
		trail.passed(guardAnswers, x.sawAnswers(d))
	}
	return d, nil, err
}

// pausedFor says whether a pause keeps an account from operations of a kind.
func (x *Executor) pausedFor(d portfolio.Decision, account int64, kind portfolio.OperationKind) (portfolio.Decision, bool, error) {
	p, _, err := x.stopped(account, kind)
	if err != nil || p == nil {
		return d, false, err
	}
	return guarded(d, portfolio.VerdictBlocked, codePaused, fmt.Sprintf("%s: %s paused by %s: %s", whose(p.AccountID), whatStops(*p), p.By, p.Reason)), true, nil
}

// autoRenewOnly says whether a renewal of the domain is no purchase, but auto-renewal
// that is switched on: what stops purchases does not stop that.
func (x *Executor) autoRenewOnly(ctx context.Context, f portfolio.DomainFacts) bool {
	if token, err := x.refusedToken(f.AccountID); err != nil || token != nil {
		return false
	}
	tld, err := x.tld(ctx, x.registries[f.AccountID], portfolio.TLD(f.Name))
	return err == nil && tld.AutoRenewOnly && f.State == portfolio.DomainRegistered
}

// triedBefore says whether an earlier attempt stands in the way: it is done, or it is
// too early for the next one.
func (x *Executor) triedBefore(d portfolio.Decision, kind portfolio.OperationKind, subject int64, occasion string) (portfolio.Decision, bool, error) {
	account, _, _ := d.Resource.Ident()
	last, ok, err := x.ledger.LastAttempt(account, kind, subject, occasion)
	if err != nil {
		return d, false, fmt.Errorf("look for earlier attempts: %w", err)
	}
	if !ok {
		return d, false, nil
	}
	switch {
	case last.State == portfolio.StateDone:
		d.Op = last.ShortID()
		return guarded(d, portfolio.VerdictWait, codeDone, fmt.Sprintf("%s is done already", last)), true, nil
	case x.tooEarly(last) && !asksAgain(last, x.now()):
		return retryLater(d, last), true, nil
	}
	return d, false, nil
}

// tooEarly says whether the time for the next attempt has not come.
func (x *Executor) tooEarly(last portfolio.Operation) bool {
	return last.State == portfolio.StateFailed && last.Stopped == "" && !last.EndedAt.After(x.now()) && x.now().Before(retryAfter(last))
}

// asksAgain says whether an attempt ended before anything was sent because of what people
// were asked: to ask them once more there is nothing to wait for.
func asksAgain(last portfolio.Operation, now time.Time) bool {
	return askedOnly(last) || last.Sent == 0 && last.Approval != nil && last.Approval.Over(now)
}

// retryLater is a decision that waits for the time of the next attempt.
func retryLater(d portfolio.Decision, last portfolio.Operation) portfolio.Decision {
	d.Op = last.ShortID()
	return guarded(d, portfolio.VerdictWait, codeRetryLater, fmt.Sprintf("%s failed: %s; it is tried again %s",
		last, last.LastNote(), retryAfter(last).Format(time.RFC3339)))
}

// assessPurchase applies the guards that stand before money.
func (x *Executor) assessPurchase(ctx context.Context, d portfolio.Decision, f portfolio.DomainFacts, kind portfolio.OperationKind, budget *budget) (_ portfolio.Decision, failed, err error) {
	now, trail := x.now(), trailOf(ctx)
	if d, stopped, err := x.beforePrice(ctx, d, f.Domain, now); err != nil || stopped {
		return d, nil, err
	}
	reg := x.registries[f.AccountID]
	facts, err := x.tld(ctx, reg, portfolio.TLD(f.Name))
	if err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeUnreachable, "what its TLD allows could not be read: "+err.Error()), err, nil
	}
	if d, stopped := tldAllows(d, f.Domain, facts); stopped {
		return d, nil, nil
	}
	trail.passed(guardTLD, sawTLD(facts))
	prices, err := x.prices(ctx, f.AccountID, f.Name, purposeOf(d, budget))
	if err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeNoPrice, "its price could not be read: "+err.Error()), err, nil
	}
	if facts.AutoRenewOnly && kind == portfolio.OpRenew {
		return x.assessAutoRenewal(ctx, d, f, prices, now)
	}
	q, err := price(kind, f.Domain, prices.Prices, term(kind, d.Years, facts))
	if err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeNoPrice, err.Error()), nil, nil
	}
	d.Price, d.PriceAt, d.PerYear = &q.total, prices.At, q.perYear
	trail.passed(guardPrice, x.sawPrice(d))
	if err := withinRule(d, q); err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeMaxPrice, err.Error()), nil, nil
	}
	trail.passed(guardMaxPrice, sawMaxPrice(d))
	if d, stopped, err := x.assessIncrease(d, f.Domain, q); err != nil || stopped {
		return d, nil, err
	}
	trail.passed(codeMaxIncrease, x.sawIncrease(d, f.Domain, q))
	d, stopped, err := x.answered(d, &q.total)
	if err != nil || stopped {
		return d, nil, err
	}
	trail.passed(guardAnswers, x.sawAnswers(d))
	d, err = x.assessCeilings(ctx, d, f.AccountID, q.total, now, budget)
	if then := x.ifRefused(d, f, prices.Prices, facts, now); err == nil && then != "" {
		d.Reason += "; " + then
		trail.passed(guardRefused, plainly(then))
	}
	return d, nil, err
}

// assessCeilings is the last of the guards before money: every ceiling lets a purchase
// pass, and what the plan has set aside before it.
func (x *Executor) assessCeilings(ctx context.Context, d portfolio.Decision, account int64, price portfolio.Money, now time.Time, budget *budget) (portfolio.Decision, error) {
	err := x.ledger.Spent(func(s portfolio.Spent) error {
		s = budget.with(s, d.Verdict)
		x.noteCeilings(ctx, s, account, price, now)
		return x.ceilings().allow(s, account, price, now)
	})
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return guarded(d, portfolio.VerdictBlocked, over.Ceiling, over.Error()), nil
	}
	if err != nil {
		return d, fmt.Errorf("add up what is spent: %w", err)
	}
	budget.add(account, d.Verdict, price)
	return d, nil
}

// assessAutoRenewal is how a renew rule is obeyed where only DNSimple's own auto-renewal
// renews: it is switched on. What it will cost must be within what one purchase may.
func (x *Executor) assessAutoRenewal(ctx context.Context, d portfolio.Decision, f portfolio.DomainFacts, prices portfolio.SeenPrices, now time.Time) (_ portfolio.Decision, failed, err error) {
	d.Do = portfolio.ActionAutoRenewal
	d.Reason += fmt.Sprintf("; .%s renews by DNSimple's auto-renewal only, which is off and is switched on", portfolio.TLD(f.Name))
	if d, stopped, err := x.pausedFor(d, f.AccountID, portfolio.OpAutoRenewal); err != nil || stopped {
		return d, nil, err
	}
	d, tried, err := x.triedBefore(d, portfolio.OpAutoRenewal, f.ID, portfolio.OccasionOf(now))
	if err != nil || tried {
		return d, nil, err
	}
	q, err := price(portfolio.OpRenew, f.Domain, prices.Prices, 1)
	if err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeNoPrice, err.Error()), nil, nil
	}
	d.Price, d.PriceAt, d.PerYear = &q.total, prices.At, q.perYear
	trail := trailOf(ctx)
	trail.passed(guardPrice, x.sawPrice(d))
	if err := withinRule(d, q); err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeMaxPrice, err.Error()), nil, nil
	}
	trail.passed(guardMaxPrice, sawMaxPrice(d))
	if d, stopped, err := x.assessIncrease(d, f.Domain, q); err != nil || stopped {
		return d, nil, err
	}
	trail.passed(codeMaxIncrease, x.sawIncrease(d, f.Domain, q))
	if over, ok := errors.AsType[*CeilingError](x.ceilings().allowOne(f.AccountID, q.total)); ok {
		return guarded(d, portfolio.VerdictBlocked, over.Ceiling, over.Error()), nil, nil
	}
	trail.passed("max_per_purchase", plainly("it holds; the other ceilings do not hold what DNSimple renews"))
	d, stopped, err := x.answered(d, &q.total)
	if err != nil || stopped {
		return d, nil, err
	}
	trail.passed(guardAnswers, x.sawAnswers(d))
	return d, nil, nil
}

// beforePrice applies the guards that need neither a price nor the API.
func (x *Executor) beforePrice(ctx context.Context, d portfolio.Decision, dom portfolio.Domain, now time.Time) (portfolio.Decision, bool, error) {
	if out, ok, err := x.ledger.LatestOf(dom.AccountID, portfolio.OpTransferOut, dom.ID); err != nil {
		return d, true, fmt.Errorf("look whether it is leaving: %w", err)
	} else if ok && leaving(out) {
		d.Op = out.ShortID()
		sent := "its code was sent on " + x.ceilings().day(out.EndedAt)
		if out.State.Open() {
			sent = "its code may have been sent on " + x.ceilings().day(out.ArmedAt)
		}
		return guarded(d, portfolio.VerdictWait, codeLeaving, fmt.Sprintf(
			"it is on its way to another registrar: %s, and nothing is bought for %d days", sent, int(leaveWithin.Hours()/24))), true, nil
	}
	trail := trailOf(ctx)
	trail.passed(guardLeaving, x.sawLeaving(dom))
	last, ok, err := x.lastPurchase(dom)
	if err != nil {
		return d, true, err
	}
	if ok && now.Sub(last.At) < quietPeriod {
		return guarded(d, portfolio.VerdictWait, codeRecent, fmt.Sprintf(
			"something was bought for it on %s, and nothing is bought within %d days of that",
			x.ceilings().day(last.At), int(quietPeriod.Hours()/24))), true, nil
	}
	trail.passed(guardRecent, x.sawRecent(last, ok))
	if dom.State == portfolio.DomainRegistered && dom.AutoRenew && !dom.ExpiresAt.After(x.window().After(now)) {
		return guarded(d, portfolio.VerdictWait, codeVendorTurn, fmt.Sprintf(
			"it expires on %s, and DNSimple's auto-renewal is on: inside %s DNSimple renews it itself",
			x.ceilings().day(dom.ExpiresAt), x.window())), true, nil
	}
	trail.passed(guardVendor, x.sawVendor(dom))
	return d, false, nil
}

// lastPurchase is when something was bought for a domain last. A clock may have been
// wrong when that ended, and was right when it was sent.
func (x *Executor) lastPurchase(dom portfolio.Domain) (portfolio.LastPurchase, bool, error) {
	last, ok, err := x.ledger.LastPurchase(dom.ID, dom.Name)
	if err != nil {
		return last, false, fmt.Errorf("look for the last purchase: %w", err)
	}
	now := x.now()
	if !ok || !last.At.After(now) && now.Sub(last.At) < quietPeriod {
		return last, ok, nil
	}
	op, found, err := x.ledger.Operation(last.Key)
	if err != nil {
		return last, false, fmt.Errorf("look for the last purchase: %w", err)
	}
	if found && (last.At.After(now) || last.At.Before(op.ArmedAt)) {
		last.At = op.ArmedAt
	}
	return last, ok, nil
}

// tldAllows says whether names under a TLD are renewed by hand at all.
func tldAllows(d portfolio.Decision, dom portfolio.Domain, facts portfolio.TLDFacts) (portfolio.Decision, bool) {
	switch {
	case facts.AutoRenewOnly && dom.AutoRenew:
		return guarded(d, portfolio.VerdictWait, codeVendorTurn, "."+facts.TLD+" renews by DNSimple's auto-renewal only, and that is on"), true
	case facts.AutoRenewOnly && d.Do != portfolio.ActionRenew || facts.AutoRenewOnly && dom.State != portfolio.DomainRegistered:
		return guarded(d, portfolio.VerdictBlocked, codeAutoOnly, "."+facts.TLD+" renews by DNSimple's auto-renewal only, and that was off when it lapsed"), true
	case !facts.RenewalEnabled && !facts.AutoRenewOnly:
		return guarded(d, portfolio.VerdictBlocked, codeNotRenewed, "DNSimple does not renew names under ."+facts.TLD), true
	}
	return d, false
}

// unreached says whether a call failed because DNSimple could not be asked, and not
// because of what it was asked.
func unreached(err error) bool {
	switch outcome(err) {
	case portfolio.OutcomeNotSent, portfolio.OutcomeRateLimited, portfolio.OutcomeUnknown:
		return true
	}
	return false
}

// term is how many years a purchase buys: a restore buys what its TLD sells at
// least.
func term(kind portfolio.OperationKind, years int, tld portfolio.TLDFacts) int {
	if kind == portfolio.OpRestore {
		return max(tld.MinimumRegistration, 1)
	}
	return max(years, 1)
}

// tld asks what DNSimple says of a TLD, once a day.
func (x *Executor) tld(ctx context.Context, reg Reader, tld string) (portfolio.TLDFacts, error) {
	x.mu.Lock()
	known, ok := x.tlds[tld]
	x.mu.Unlock()
	now := x.now()
	if ok && now.Sub(known.at).Abs() < tldsFor {
		return known.TLDFacts, nil
	}
	facts, err := reg.TLD(ctx, tld)
	if outcome(err) == portfolio.OutcomeNotFound {
		// DNSimple says nothing of it. It refuses a renewal that it does not allow, which
		// costs nothing; a name that lapses for want of an answer costs the name.
		facts, err = portfolio.TLDFacts{TLD: tld, RenewalEnabled: true, MinimumRegistration: 1}, nil
	}
	if err != nil {
		return facts, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tlds[tld] = tldFacts{facts, now}
	return facts, nil
}

// withinRule holds the rule's own ceiling.
func withinRule(d portfolio.Decision, q quote) error {
	if d.MaxPrice != nil && q.total > *d.MaxPrice {
		return fmt.Errorf("it costs %s, and the max_price of %s is %s", q.total, d.Rule, *d.MaxPrice)
	}
	return nil
}

// guarded turns a decision into one that a guard stops. What the rule wanted stays
// readable in it.
func guarded(d portfolio.Decision, v portfolio.Verdict, code, reason string) portfolio.Decision {
	d.Verdict, d.Code, d.Reason = v, code, reason
	return d
}

// operationKind is the kind of operation that carries an action out; "" where
// the action needs none.
func operationKind(do portfolio.Action) portfolio.OperationKind {
	switch do {
	case portfolio.ActionRenew:
		return portfolio.OpRenew
	case portfolio.ActionRestore:
		return portfolio.OpRestore
	case portfolio.ActionAccept:
		return portfolio.OpAccept
	case portfolio.ActionReject:
		return portfolio.OpReject
	case portfolio.ActionCancel:
		return portfolio.OpCancelChange
	case portfolio.ActionRegister:
		return portfolio.OpRegister
	case portfolio.ActionAutoRenewal:
		return portfolio.OpAutoRenewal
	}
	return ""
}

// occasion is what makes an operation on the resource necessary once.
func occasion(r portfolio.Resource) string {
	switch r := r.(type) {
	case portfolio.DomainFacts:
		return portfolio.OccasionOf(r.ExpiresAt)
	case portfolio.PushFacts:
		return fmt.Sprintf("push-%d", r.ID)
	case portfolio.ChangeFacts:
		return fmt.Sprintf("change-%d", r.ID)
	case portfolio.NameFacts:
		return r.Name + " " + portfolio.OccasionOf(r.FreeSince)
	}
	return ""
}

// domainOf is the id of the domain that an operation on the resource touches.
func domainOf(r portfolio.Resource) int64 {
	switch r := r.(type) {
	case portfolio.DomainFacts:
		return r.ID
	case portfolio.PushFacts:
		return r.DomainID
	case portfolio.ChangeFacts:
		return r.DomainID
	}
	return 0
}
