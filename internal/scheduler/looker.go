package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// looker looks at the names of one account that are due in one run.
type looker struct {
	s       *Scheduler
	account Account
	names   []string
	now     time.Time
	failed  error // of what remembers: nothing more is asked then, and the job fails
}

// all looks at one name after the other. A name that cannot be looked at is a problem.
// Where two in a row cannot be reached, or it is not the name's fault, that is the
// error, and the others wait for the next run.
func (l *looker) all(ctx context.Context) (problems []error, err error) {
	var missed error // the name before could not be reached; nil where it could
	for _, name := range l.names {
		was, err := l.s.lookAt(l.account.ID, name)
		if l.failed = err; err != nil {
			return problems, err
		}
		f, err := l.see(ctx, name)
		if ended := errors.Join(ctx.Err(), l.failed); ended != nil {
			return problems, ended
		}
		is := was.seen(f, l.now)
		switch outcome(err) {
		case "", portfolio.OutcomeNotFound, portfolio.OutcomeRejected:
			if missed != nil {
				problems, missed = append(problems, missed), nil
			}
			if err != nil {
				problems = append(problems, err)
			}
		case portfolio.OutcomeNotSent, portfolio.OutcomeUnknown:
			is = was
			is.failed = l.now
			if missed != nil {
				l.failed = l.keep(name, was, is, f)
				return problems, l.deaf(err)
			}
			missed = err
		default:
			return problems, l.deaf(err)
		}
		if l.failed = l.keep(name, was, is, f); l.failed != nil {
			return problems, l.failed
		}
	}
	return problems, missed
}

// outcome is what became of a call; "" where it succeeded.
func outcome(err error) portfolio.Outcome {
	if err == nil {
		return ""
	}
	if call, ok := errors.AsType[*portfolio.CallError](err); ok {
		return call.Outcome
	}
	return portfolio.OutcomeUnknown
}

// deaf says that an account cannot be asked about names, in words that are the same
// whichever name it was.
func (l *looker) deaf(err error) error {
	call, ok := errors.AsType[*portfolio.CallError](err)
	if !ok {
		return err
	}
	same := *call
	same.Call = fmt.Sprintf("watch the names of account %s (%d)", l.account.Name, l.account.ID)
	same.Err = err
	return &same
}

// see looks at one name. Only what the registry's own check calls available is free.
func (l *looker) see(ctx context.Context, name string) (portfolio.NameFacts, error) {
	f := portfolio.NameFacts{Status: portfolio.NameUnknown}
	d, _, err := l.account.Lister.DomainNamed(ctx, name)
	switch {
	case err == nil && d.State == portfolio.DomainHosted: // and registered by anybody or nobody
	case err == nil:
		f.Status, f.Ours = portfolio.NameTaken, true
		return f, nil
	case outcome(err) != portfolio.OutcomeNotFound:
		return f, err
	}
	said, err := l.research(ctx, name)
	if err != nil {
		return f, err
	}
	if said == portfolio.AvailabilityUnavailable {
		f.Status = portfolio.NameTaken
		return f, nil
	}
	check, err := l.account.Lister.CheckDomain(ctx, name)
	switch {
	case err != nil:
		return f, err
	case check.Available:
		f.Status = portfolio.NameFree
	default:
		f.Status = portfolio.NameTaken
	}
	return f, nil
}

// The answers that say that an account has no research.
const (
	statusForbidden  = 403
	statusNotFound   = 404
	statusNotAllowed = 405
)

// research asks what DNSimple's research knows of a name: unknown where the account
// does not have it, or has used it up, which is believed for a day, and where it
// cannot say.
func (l *looker) research(ctx context.Context, name string) (portfolio.Availability, error) {
	key := fmt.Sprintf("research|%d", l.account.ID)
	without, err := l.s.Progress.LastRun(key)
	if l.failed = err; err != nil {
		return portfolio.AvailabilityUnknown, err
	}
	l.s.mu.Lock()
	if here := l.s.scarce[l.account.ID]; here.After(without) {
		without = here
	}
	l.s.mu.Unlock()
	if l.now.Sub(without).Abs() < lookEvery {
		return portfolio.AvailabilityUnknown, nil
	}
	r, err := l.account.Lister.ResearchStatus(ctx, name)
	if err == nil {
		return r.Availability, nil
	}
	call, ok := errors.AsType[*portfolio.CallError](err)
	switch {
	case !ok:
		return portfolio.AvailabilityUnknown, err
	case call.Status == statusForbidden, call.Status == statusNotFound, call.Status == statusNotAllowed, call.Outcome == portfolio.OutcomeRateLimited:
		l.s.mu.Lock()
		l.s.scarce[l.account.ID] = l.now
		l.s.mu.Unlock()
		l.failed = l.s.Progress.RecordRun(key, l.now)
		return portfolio.AvailabilityUnknown, l.failed
	case call.Outcome == portfolio.OutcomeRejected: // this name: the check decides
	default:
		return portfolio.AvailabilityUnknown, err
	}
	return portfolio.AvailabilityUnknown, nil
}

// keep remembers what was seen. That a name which was free is not any more is told
// with it, before it is forgotten.
func (l *looker) keep(name string, was, is look, f portfolio.NameFacts) error {
	if !was.free.IsZero() && f.Status == portfolio.NameTaken && !f.Ours {
		day := portfolio.OccasionOf(was.free)
		err := l.s.Progress.Commit(portfolio.Change{Events: []portfolio.Event{{
			At: l.now, Level: portfolio.LevelNotice, AccountID: l.account.ID, About: portfolio.AboutName, What: "taken", Subject: name,
			Text: fmt.Sprintf("%s: somebody has it; it was free, and first seen so on %s", name, day),
			Data: map[string]any{"free_since": day}, Once: fmt.Sprintf("name-taken|%d|%s|%s", l.account.ID, name, day),
		}}})
		if err != nil {
			return fmt.Errorf("tell that %s is taken: %w", name, err)
		}
	}
	return l.s.keepLook(l.account.ID, name, was, is)
}
