package executor

import (
	"errors"
	"fmt"

	"domaind/internal/portfolio"
)

// ready says whether an account may be read: DNSimple takes its token, or it may be
// tried again.
func (x *Executor) ready(account int64) (bool, error) {
	p, err := x.refusedToken(account)
	return err == nil && (p == nil || tryNow(*p, x.now())), err
}

// refusedToken gives the pause of an account whose token DNSimple refuses; nil where it
// does not.
func (x *Executor) refusedToken(account int64) (*portfolio.Pause, error) {
	pauses, err := x.pauses(account)
	if err != nil {
		return nil, err
	}
	return portfolio.FindPause(pauses, account, portfolio.PauseAccount), nil
}

// Ready says whether an account may be read now: it is not paused, or it is time to
// try it again. A new process tries at once: its operator may have mended the token.
func (x *Executor) Ready(account int64) (bool, error) {
	ready, err := x.ready(account)
	if err != nil {
		return false, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	first := !x.tried[account]
	x.tried[account] = true
	return ready || first, nil
}

// Report tells what became of a call with an account's token: a refused token
// pauses the account, and is announced once; a success ends the pause.
func (x *Executor) Report(account int64, callErr error) error {
	call, ok := errors.AsType[*portfolio.CallError](callErr)
	refused := ok && call.Outcome == portfolio.OutcomeUnauthorized
	if callErr != nil && !refused {
		return nil
	}
	old, err := x.refusedToken(account)
	if err != nil {
		return err
	}
	now := x.now()
	var change portfolio.Change
	switch {
	case refused:
		p := pauseFor(old, account, portfolio.PauseAccount, "DNSimple refuses its token: "+call.Said(), now)
		change.Pauses = []portfolio.Pause{p}
		if old == nil {
			change.Events = []portfolio.Event{pausedEvent(p, now)}
		}
	case old != nil:
		change.Lifted = []portfolio.Pause{*old}
		change.Events = []portfolio.Event{resumedEvent(*old, now, "daemon", "DNSimple accepts its token again")}
		x.freed.Store(true)
	default:
		return nil
	}
	if err := x.ledger.Commit(change); err != nil {
		return fmt.Errorf("pause or resume account %d: %w", account, err)
	}
	return nil
}
