package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

const (
	// probeEvery is how often it is tried whether DNSimple refuses still.
	probeEvery = 15 * time.Minute
	// longestProbe bounds the growing distance at which the breaker lets one purchase through.
	longestProbe = 6 * time.Hour
	// unknownWithin is how near to each other two purchases must become unknown to stop
	// those of their account.
	unknownWithin = time.Hour
)

// RefusedError says why what an operator asks for cannot be done, as a sentence.
type RefusedError struct{ Reason string }

// Error gives the sentence.
func (e *RefusedError) Error() string { return e.Reason }

func refusedf(format string, args ...any) error {
	return &RefusedError{fmt.Sprintf(format, args...)}
}

// pauses gives the pauses of an account, those of all accounts among them.
func (x *Executor) pauses(account int64) ([]portfolio.Pause, error) {
	pauses, err := x.ledger.Pauses()
	if err != nil {
		return nil, fmt.Errorf("look for pauses: %w", err)
	}
	return slices.DeleteFunc(pauses, func(p portfolio.Pause) bool { return p.AccountID != 0 && p.AccountID != account }), nil
}

// stopped gives the pause that keeps an account from operations of a kind; nil where
// none does. Where every pause that does may be tried, one operation may go, and try
// it: by names the first of them.
func (x *Executor) stopped(account int64, kind portfolio.OperationKind) (by *portfolio.Pause, probes portfolio.PauseScope, err error) {
	pauses, err := x.pauses(account)
	if err != nil {
		return nil, "", err
	}
	now := x.now()
	for _, p := range pauses {
		switch {
		case !p.Stops(account, kind):
		case !probeable(p) || !tryNow(p, now):
			return &p, "", nil
		case probes == "":
			probes = p.Scope
		}
	}
	return nil, probes, nil
}

// probeable says whether an operation can try if a pause has lost its reason. A
// refused token is tried by reading.
func probeable(p portfolio.Pause) bool {
	return p.Scope != portfolio.PauseAccount && !p.ProbeAt.IsZero()
}

// tryNow says whether the time to try a pause has come. What lies farther ahead than
// any distance that is ever set was written by a clock that was wrong.
func tryNow(p portfolio.Pause, now time.Time) bool {
	return !p.ProbeAt.After(now) || p.ProbeAt.After(now.Add(2*longestProbe))
}

// pauseFor is how an account is paused, anew or again.
func pauseFor(old *portfolio.Pause, account int64, scope portfolio.PauseScope, reason string, at time.Time) portfolio.Pause {
	p := portfolio.Pause{AccountID: account, Scope: scope, By: "daemon", Since: at}
	if old != nil {
		p.Since, p.Probes = old.Since, old.Probes+1
	}
	p.Reason = reason
	p.ProbeAt = at.Add(probeEvery)
	if scope == portfolio.PauseBreaker {
		p.ProbeAt = at.Add(distance(p.Probes, probeEvery, longestProbe))
	}
	return p
}

// pausing adds to a change what a step means for the account of its operation.
func (x *Executor) pausing(change *portfolio.Change, effects []effect) (freed bool, err error) {
	op := change.Operation
	var pauses []portfolio.Pause
	for _, f := range effects {
		switch f := f.(type) {
		case stop, probe, free:
			if pauses == nil {
				if pauses, err = x.pauses(op.AccountID); err != nil {
					return false, err
				}
			}
			freed = pauseChange(change, pauses, f, x.now()) || freed
		}
	}
	return freed, nil
}

// pauseChange adds one effect on the pauses of an operation's account to the change.
func pauseChange(change *portfolio.Change, pauses []portfolio.Pause, f effect, now time.Time) (freed bool) {
	op := change.Operation
	find := func(scope portfolio.PauseScope) *portfolio.Pause {
		for i, p := range pauses {
			if p.AccountID == op.AccountID && p.Scope == scope {
				return &pauses[i]
			}
		}
		return nil
	}
	switch f := f.(type) {
	case stop:
		old := find(f.scope)
		p := pauseFor(old, op.AccountID, f.scope, f.reason, now)
		change.Pauses = append(change.Pauses, p)
		if old == nil {
			change.Events = append(change.Events, pausedEvent(p, now))
		}
	case probe:
		for _, p := range pauses {
			if p.AccountID == op.AccountID && p.Stops(op.AccountID, op.Kind) && probeable(p) {
				next := pauseFor(&p, op.AccountID, p.Scope, p.Reason, now)
				next.Probes = p.Probes // it counts when its answer is there
				change.Pauses = append(change.Pauses, next)
			}
		}
	case free:
		for _, p := range pauses {
			if p.AccountID == op.AccountID && p.Stops(op.AccountID, op.Kind) && probeable(p) && (!f.breaker || p.Scope == portfolio.PauseBreaker) {
				change.Lifted = append(change.Lifted, p)
				change.Events = append(change.Events, resumedEvent(p, now, "daemon", "it went through when it was tried"))
				freed = true
			}
		}
	}
	return freed
}

// whatStops says in words what a pause stops.
func whatStops(p portfolio.Pause) string {
	switch p.Scope {
	case portfolio.PauseAccount:
		return "everything is"
	case portfolio.PauseByHand:
		return "every change is"
	case portfolio.PausePurchases, portfolio.PauseBreaker, portfolio.PauseRestored:
		return "purchases are"
	}
	return fmt.Sprintf("operations of the kind %s are", p.Scope)
}

func whose(account int64) string {
	if account == 0 {
		return "all accounts"
	}
	return fmt.Sprintf("account %d", account)
}

func pausedEvent(p portfolio.Pause, at time.Time) portfolio.Event {
	level := portfolio.LevelAlert
	if p.Scope == portfolio.PauseByHand {
		level = portfolio.LevelNotice
	}
	text := fmt.Sprintf("%s: %s paused by %s: %s", whose(p.AccountID), whatStops(p), p.By, p.Reason)
	if !p.ProbeAt.IsZero() {
		text += "; it is tried again by itself"
	}
	return portfolio.Event{
		At: at, Level: level, AccountID: p.AccountID, About: portfolio.AboutAccount, What: "paused", Text: text,
		Data: map[string]any{"scope": p.Scope, "by": p.By, "reason": p.Reason},
	}
}

func resumedEvent(p portfolio.Pause, at time.Time, by, why string) portfolio.Event {
	return portfolio.Event{
		At: at, Level: portfolio.LevelNotice, AccountID: p.AccountID, About: portfolio.AboutAccount, What: "resumed",
		Text: fmt.Sprintf("%s: %s paused no more: %s", whose(p.AccountID), whatStops(p), why),
		Data: map[string]any{"scope": p.Scope, "by": by},
	}
}

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
	for _, p := range pauses {
		if p.Scope == portfolio.PauseAccount {
			return &p, nil
		}
	}
	return nil, nil //nolint:nilnil // nil is "not paused": there is nothing else to tell
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

// Pause lets nothing be changed in an account (0: in any) until an operator resumes it.
// It is read all the same, and what is under way is followed.
func (x *Executor) Pause(account int64, by, reason string) error {
	if _, ok := x.registries[account]; !ok && account != 0 {
		return refusedf("account %d is not configured", account)
	}
	now := x.now()
	if reason == "" {
		reason = "no reason was given"
	}
	p := portfolio.Pause{AccountID: account, Scope: portfolio.PauseByHand, Reason: reason, By: by, Since: now}
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
