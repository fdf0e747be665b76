package executor

import (
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
		case !mayTry(p, now):
			return &p, "", nil
		case probes == "":
			probes = p.Scope
		}
	}
	return nil, probes, nil
}

// heldBy gives the pause that keeps an operation from being sent; nil where none does.
// An operation may pass one pause and not another, so each has its say.
func (x *Executor) heldBy(op portfolio.Operation) (*portfolio.Pause, error) {
	pauses, err := x.pauses(op.AccountID)
	if err != nil {
		return nil, err
	}
	now := x.now()
	for _, p := range pauses {
		if p.Stops(op.AccountID, op.Kind) && !passes(op, p) && !mayTry(p, now) {
			return &p, nil
		}
	}
	return nil, nil //nolint:nilnil // nil is "not held": there is nothing else to tell
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

// mayTry says whether an operation may go now, and try the pause.
func mayTry(p portfolio.Pause, now time.Time) bool { return probeable(p) && tryNow(p, now) }

// Wanted says when the domains are to be read beside their schedule: at once, where a
// pause ended and what waited for that may be done, or when a pause is to be tried.
// The zero time: not before anything changes.
func (x *Executor) Wanted() (time.Time, error) {
	now := x.now()
	if x.freed.Swap(false) {
		return now, nil
	}
	pauses, err := x.ledger.Pauses()
	if err != nil {
		return time.Time{}, fmt.Errorf("look for pauses: %w", err)
	}
	var next time.Time
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, p := range pauses {
		key := fmt.Sprintf("%d|%s", p.AccountID, p.Scope)
		if p.ProbeAt.IsZero() || x.wanted[key].Equal(p.ProbeAt) || p.Scope != portfolio.PauseAccount && !p.Stops(p.AccountID, portfolio.OpRenew) {
			continue
		}
		at := p.ProbeAt
		if tryNow(p, now) {
			at = now
			x.wanted[key] = p.ProbeAt
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, nil
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
	// tried are those that the operation tries, or may have tried.
	tried := func(p portfolio.Pause) bool {
		return p.AccountID == op.AccountID && p.Stops(op.AccountID, op.Kind) && probeable(p)
	}
	switch f := f.(type) {
	case stop:
		old := portfolio.FindPause(pauses, op.AccountID, f.scope)
		p := pauseFor(old, op.AccountID, f.scope, f.reason, now)
		change.Pauses = append(change.Pauses, p)
		if old == nil {
			change.Events = append(change.Events, pausedEvent(p, now))
		}
	case probe:
		for _, p := range pauses {
			if tried(p) {
				next := pauseFor(&p, op.AccountID, p.Scope, p.Reason, now)
				next.Probes = p.Probes // it counts when its answer is there
				change.Pauses = append(change.Pauses, next)
			}
		}
	case free:
		for _, p := range pauses {
			if tried(p) && (!f.breaker || p.Scope == portfolio.PauseBreaker) {
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
