package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// Remembered is what is known of the domains of accounts from sweep to sweep, and what
// was done to them.
type Remembered interface {
	CompareSnapshots(account, after, upTo int64, domains []portfolio.Domain, most int) (portfolio.Comparison, error)
	MissingOf(account int64) ([]portfolio.Missing, error)
	SweepOf(account int64) (portfolio.Sweep, error)
	LatestOf(account int64, kind portfolio.OperationKind, subject int64) (op portfolio.Operation, ok bool, err error)
	LastPurchase(domainID int64, name string) (p portfolio.LastPurchase, ok bool, err error)
}

const (
	// retrySweep is when a sweep is gone on with that could not read its account.
	retrySweep = time.Hour
	// staleSweep is how long a sweep may lie still until it begins anew: what it read
	// first is too old by then.
	staleSweep = 24 * time.Hour
)

// scanPortfolio is the portfolio job: it sweeps every account, from where a sweep was
// cut short.
func (s *Scheduler) scanPortfolio(ctx context.Context, now time.Time) error {
	s.mu.Lock()
	s.since = now
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.since = time.Time{}
	}()
	accounts := slices.DeleteFunc(slices.Clone(s.Accounts), func(a Account) bool { return s.sweeping(a.ID) })
	return s.sweepAll(ctx, accounts, func(int64) bool { return true })
}

// restOfPortfolio does what a sweep has left: the second looks at what is missing, the
// accounts that it did not come to the end of, and those whose turn it is again while the
// sweep of another one still goes on.
func (s *Scheduler) restOfPortfolio(ctx context.Context, now time.Time) error {
	var accounts []Account
	for _, a := range s.Accounts {
		missing, err := s.Progress.MissingOf(a.ID)
		if err != nil {
			return err
		}
		sweep, err := s.Progress.SweepOf(a.ID)
		if err != nil {
			return err
		}
		due := func(m portfolio.Missing) bool { return now.Sub(m.Since).Abs() >= secondLook }
		if sweep.UnderWay() && !s.sweeping(a.ID) || s.held(a.ID, now) || slices.ContainsFunc(missing, due) {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		return s.again()
	}
	return s.sweepAll(ctx, accounts, func(account int64) bool { return s.held(account, now) })
}

// held says whether an account would be swept again by now, if the sweep of another one
// did not go on so long that the job missed its turn.
func (s *Scheduler) held(account int64, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	past := func(began time.Time) bool { return !s.Schedules.Portfolio.Next(began).After(now) }
	_, under := s.sweeps[account]
	return !under && !s.since.IsZero() && past(s.since) && past(s.begun[account])
}

// swept is what became of one account.
type swept struct {
	failed  error // of what remembers, or of a bug: the job fails
	seen    int   // entries that a sweep read that came to its end
	whole   bool
	resumed bool // it went on where one was cut short
	took    time.Duration
}

// sweepAll sweeps accounts side by side. Anew says which accounts begin of which no sweep
// is under way. What is to be told of an account, and done for it later, waits for no
// other.
func (s *Scheduler) sweepAll(ctx context.Context, accounts []Account, anew func(account int64) bool) error {
	if s.Background != nil {
		ctx = s.Background(ctx)
		tallyOf(ctx).goesBehind()
	}
	parts, r, err := eachAccount(ctx, s, accounts, func(ctx context.Context, a Account) ([]swept, []error, error) {
		w := &sweeper{s: s, account: a, began: s.Now()}
		err := w.run(ctx, anew(a.ID))
		var failed error
		if e, ok := errors.AsType[*hereError](err); ok {
			failed, err = e.err, nil // not the account's
		}
		if ctx.Err() == nil {
			failed = errors.Join(failed, s.tellProblems(append(slices.Clone(w.problems), err)), s.againOf(a))
		}
		return []swept{{failed: failed, seen: w.seen, whole: w.whole, resumed: w.resumed, took: s.Now().Sub(w.began)}}, w.problems, err
	})
	if err != nil {
		return err
	}
	errs := []error{s.again()}
	seen, whole, resumed, took := 0, 0, false, time.Duration(0)
	for _, p := range parts {
		resumed = resumed || p.resumed
		errs = append(errs, p.failed)
		if p.whole {
			seen, whole, took = seen+p.seen, whole+1, max(took, p.took)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var change portfolio.Change
	s.left(JobPortfolio, r.Problems)
	if whole > 0 {
		requests := tallyOf(ctx).answered()
		if whole == len(s.Accounts) && !resumed { // else it is not what a sweep needs
			s.mu.Lock()
			s.needed[JobPortfolio] = requests
			s.mu.Unlock()
		}
		change.Events = append(change.Events, portfolio.Event{
			At: s.Now(), Level: portfolio.LevelInfo, About: portfolio.AboutScan, What: "completed",
			Text: fmt.Sprintf("scan of %s: %d read", JobPortfolio, seen),
			Data: map[string]any{
				"job": JobPortfolio, "read": seen, "accounts": whole, "problems": len(r.Problems), "requests": requests, "seconds": took.Seconds(),
			},
		})
	}
	if len(change.Events) == 0 {
		return nil
	}
	return s.Progress.Commit(change)
}

// tellProblems tells what could not be read of an account; a nil is nothing.
func (s *Scheduler) tellProblems(problems []error) error {
	var change portfolio.Change
	for _, p := range problems {
		if p != nil {
			change.Events = append(change.Events, problem(JobPortfolio, s.Now(), p))
		}
	}
	if len(change.Events) == 0 {
		return nil
	}
	return s.Progress.Commit(change)
}

// again asks for another run where something is left: soon for second looks, in a while
// for accounts that could not be read to their end.
func (s *Scheduler) again() error {
	for _, a := range s.Accounts {
		if err := s.againOf(a); err != nil {
			return err
		}
	}
	return nil
}

// againOf is again for one account.
func (s *Scheduler) againOf(a Account) error {
	now := s.Now()
	missing, err := s.Progress.MissingOf(a.ID)
	if err != nil {
		return err
	}
	for _, m := range missing {
		at := now.Add(retrySweep) // a second look that failed
		if due := m.Since.Add(secondLook); due.After(now) && due.Before(at) {
			at = due
		}
		s.soon(jobRest, at)
	}
	sweep, err := s.Progress.SweepOf(a.ID)
	if err != nil {
		return err
	}
	if sweep.UnderWay() && !s.sweeping(a.ID) {
		s.soon(jobRest, now.Add(retrySweep))
	}
	return nil
}
