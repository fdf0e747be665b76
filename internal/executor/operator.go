package executor

import (
	"context"
	"fmt"

	"domaind/internal/portfolio"
)

// RefusedError says why what an operator asks for cannot be done, as a sentence.
type RefusedError struct{ Reason string }

// Error gives the sentence.
func (e *RefusedError) Error() string { return e.Reason }

func refusedf(format string, args ...any) error {
	return &RefusedError{fmt.Sprintf(format, args...)}
}

// Pause lets nothing be changed in an account (0: in any) until an operator resumes it.
// It is read all the same, and what is under way is followed: a call that is made already
// is not taken back.
func (x *Executor) Pause(account int64, by, reason string) error {
	if _, ok := x.registries[account]; !ok && account != 0 {
		return refusedf("account %d is not configured", account)
	}
	now := x.now()
	if reason == "" {
		reason = "no reason was given"
	}
	p := portfolio.Pause{AccountID: account, Scope: portfolio.PauseByHand, Reason: reason, By: by, Since: now}
	x.gate.Lock()
	defer x.gate.Unlock()
	if err := x.ledger.Commit(portfolio.Change{Pauses: []portfolio.Pause{p}, Events: []portfolio.Event{pausedEvent(p, now)}}); err != nil {
		return fmt.Errorf("pause %s: %w", whose(account), err)
	}
	return nil
}

// Resume ends every pause of an account (0: of all), whoever began it, and says which
// they were. What has its reason still pauses it again. That the state is an old copy
// is overruled only where afterRestore says so.
func (x *Executor) Resume(_ context.Context, account int64, afterRestore bool, by string) ([]portfolio.Pause, error) {
	pauses, err := x.ledger.Pauses()
	if err != nil {
		return nil, fmt.Errorf("look for pauses: %w", err)
	}
	now := x.now()
	var change portfolio.Change
	var kept *portfolio.Pause
	for _, p := range pauses {
		switch {
		case p.Scope == portfolio.PauseRestored && !afterRestore, account != 0 && p.AccountID == 0 && p.Scope != portfolio.PauseRestored:
			kept = &p
		case account == 0 || p.AccountID == account || p.Scope == portfolio.PauseRestored:
			change.Lifted = append(change.Lifted, p)
			change.Events = append(change.Events, resumedEvent(p, now, by, by+" resumed it"))
		}
	}
	if len(change.Lifted) == 0 {
		switch {
		case kept == nil:
			return nil, refusedf("%s: nothing is paused", whose(account))
		case kept.Scope == portfolio.PauseRestored:
			return nil, refusedf("purchases are paused because the state is an old copy (%s); to overrule that say --after-restore", kept.Reason)
		default:
			return nil, refusedf("all accounts are paused, not account %d alone: resume without naming an account", account)
		}
	}
	if err := x.ledger.Commit(change); err != nil {
		return nil, fmt.Errorf("resume %s: %w", whose(account), err)
	}
	x.freed.Store(true)
	x.signal()
	return change.Lifted, nil
}
