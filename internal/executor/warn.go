package executor

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// warning tells that a domain that is registered still, and not renewed, has come to a
// warning distance of its expiration: whatever the reason, with the cause, the day of
// loss, and what helps. It is told once at each distance. What a rule lets lapse is
// not warned of; what is about to be bought is, once that has failed.
func (x *Executor) warning(d portfolio.Decision, now time.Time) (portfolio.Event, bool) {
	f, ok := d.Resource.(portfolio.DomainFacts)
	if !ok || f.State != portfolio.DomainRegistered || d.Verdict == portfolio.VerdictLetLapse {
		return portfolio.Event{}, false
	}
	distance, near := x.policy().Warning(f.ExpiresAt, now)
	if !near {
		return portfolio.Event{}, false
	}
	level := portfolio.LevelAlert
	if d.Code == "later" || d.Code == codeVendorTurn && f.ExpiresAt.After(now.Add(vendorLate)) {
		level = portfolio.LevelNotice // its turn will come, says the policy, or DNSimple's own
	}
	cause, helps := x.cause(d)
	day := x.ceilings().day(f.ExpiresAt)
	return portfolio.Event{
		At: now, Level: level, AccountID: f.AccountID, About: portfolio.AboutDomain, What: "expiring", Subject: f.Name,
		Text: fmt.Sprintf("%s: it is not renewed, and lost after %s: %s; %s", f.Name, day, cause, helps),
		Data: map[string]any{
			"id": f.ID, "expires_at": f.ExpiresAt, "before": distance.String(), "verdict": d.Verdict, "code": d.Code, "rule": d.Rule,
			"cause": cause, "helps": helps, "op": d.Op, "policy": d.Policy,
		},
		Once: fmt.Sprintf("expiring|%d|%d|%s|%s", f.AccountID, f.ID, portfolio.OccasionOf(f.ExpiresAt), distance),
	}, true
}

// cause says why a domain is not renewed, and what an operator can do about it.
func (x *Executor) cause(d portfolio.Decision) (cause, helps string) {
	_, _, name := d.Resource.Ident()
	scan := "then: domaind scan " + name
	switch d.Verdict {
	case portfolio.VerdictUncovered:
		return "no rule speaks of it", "write a rule that does; then: domaind reload"
	case portfolio.VerdictHold:
		return fmt.Sprintf("%s holds it (%s)", d.Rule, d.Reason), "change or end that rule; then: domaind reload"
	case portfolio.VerdictWouldAct:
		return fmt.Sprintf("%s is in dry-run", d.Rule), `set its mode, or the one above it, to "act"; then: domaind reload`
	case portfolio.VerdictAsk:
		return x.asksStill(d, name)
	case portfolio.VerdictBlocked:
		return x.blockedBy(d, name, scan)
	case portfolio.VerdictWait:
		return waitsFor(d, name, scan)
	}
	if d.Code == "later" {
		return d.Reason, "to renew it sooner, let a rule say so"
	}
	return d.Reason, "see: domaind plan --all"
}

// asksStill says since when a question has waited.
func (x *Executor) asksStill(d portfolio.Decision, name string) (cause, helps string) {
	cause = fmt.Sprintf("%s asks before it does anything, and nobody has answered", d.Rule)
	if op, ok, err := x.lastOf(d); err == nil && ok && op.State == portfolio.StateAsked {
		cause = fmt.Sprintf("it has waited for an answer since %s (%s)", x.ceilings().day(op.Asked.At), op.Asked.Why)
	}
	return cause, "let it go: domaind approve " + name
}

func (x *Executor) blockedBy(d portfolio.Decision, name, scan string) (cause, helps string) {
	account, _, _ := d.Resource.Ident()
	switch d.Code {
	case codePaused:
		helps = fmt.Sprintf("once it is mended it goes on by itself, or at once with: domaind resume %d", account)
		stopped, err := x.hardest(account)
		switch {
		case err != nil || stopped == nil:
		case stopped.Scope == portfolio.PauseRestored:
			helps = "see: domaind status; then: domaind resume --after-restore"
		case stopped.Scope == portfolio.PauseByHand && stopped.AccountID == 0:
			helps = "it goes on with: domaind resume"
		case stopped.Scope == portfolio.PauseByHand:
			helps = fmt.Sprintf("it goes on with: domaind resume %d", account)
		}
		return d.Reason, helps
	case portfolio.CodeUnread:
		return d.Reason, fmt.Sprintf("see: domaind status; where it lasts, renew %s at DNSimple by hand", name)
	case codeMaxPrice, "max_per_purchase", "max_per_day", "max_per_month", "max_purchases_per_day":
		return fmt.Sprintf("blocked by %s: %s", d.Code, d.Reason), fmt.Sprintf("raise %s; then: domaind reload", d.Code)
	case codeMaxIncrease:
		return fmt.Sprintf("blocked by %s: %s", d.Code, d.Reason), fmt.Sprintf("raise %s; then: domaind reload; or agree to the price yourself: domaind renew %s", d.Code, name)
	}
	return d.Reason, "once it is mended, " + scan
}

// hardest gives, of the pauses that stop the renewals of an account, one that does not
// end by itself, where there is one.
func (x *Executor) hardest(account int64) (*portfolio.Pause, error) {
	pauses, err := x.pauses(account)
	if err != nil {
		return nil, err
	}
	var hardest *portfolio.Pause
	for _, p := range pauses {
		if p.Stops(account, portfolio.OpRenew) && (hardest == nil || p.ProbeAt.IsZero() && !hardest.ProbeAt.IsZero()) {
			hardest = &p
		}
	}
	return hardest, nil
}

func waitsFor(d portfolio.Decision, name, scan string) (cause, helps string) {
	switch d.Code {
	case codeVendorTurn:
		return "it is the turn of DNSimple's own auto-renewal, which has not come through yet", "see whether DNSimple can charge the account"
	case codeUnknown:
		return "nobody knows whether it was bought: " + d.Reason, fmt.Sprintf("look at DNSimple, then: domaind resolve %s --done, or --not-bought", d.Op)
	case codeUnderWay, codeHeldUp:
		return d.Reason, "see: domaind ledger --name " + name
	case codeRetryLater:
		return d.Reason, "see: domaind ledger --name " + name
	case codeDone, codeRecent:
		return d.Reason, "renew it at DNSimple by hand"
	case codeDenied:
		return d.Reason, "where it is to stay: domaind renew " + name
	case codeLeaving:
		return d.Reason, "where it is to stay: domaind renew " + name
	}
	return d.Reason, "once it is mended, " + scan
}

// warnAfter warns of a domain for which a purchase was to be made just now, and was not.
func (x *Executor) warnAfter(d portfolio.Decision) error {
	if d.Verdict != portfolio.VerdictAct || d.Do != portfolio.ActionRenew {
		return nil
	}
	account, id, _ := d.Resource.Ident()
	now := x.now()
	op, ok, err := x.ledger.LastAttempt(account, operationKind(d.Do), id, occasion(d.Resource))
	if err != nil {
		return fmt.Errorf("look what became of it: %w", err)
	}
	switch {
	case !ok:
		return nil
	case op.State == portfolio.StateFailed && op.Stopped != "":
		d = guarded(d, portfolio.VerdictBlocked, codePaused, op.LastNote())
	case op.State == portfolio.StateFailed:
		d = guarded(d, portfolio.VerdictWait, codeRetryLater, fmt.Sprintf("%s failed: %s", op, op.LastNote()))
	case op.State == portfolio.StateUnknown:
		d = guarded(d, portfolio.VerdictWait, codeUnknown, fmt.Sprintf("%s: %s", op, op.LastNote()))
	case op.State == portfolio.StateReserved:
		d = guarded(d, portfolio.VerdictWait, codeUnderWay, fmt.Sprintf("%s: %s", op, op.LastNote()))
	default:
		return nil // it goes its way
	}
	d.Op = op.ShortID()
	e, ok := x.warning(d, now)
	if !ok {
		return nil
	}
	if err := x.ledger.Commit(portfolio.Change{Events: []portfolio.Event{e}}); err != nil {
		return fmt.Errorf("warn: %w", err)
	}
	return nil
}
