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
func (s *Scheduler) scanPortfolio(ctx context.Context, _ time.Time) error {
	accounts := slices.DeleteFunc(slices.Clone(s.Accounts), func(a Account) bool { return s.sweeping(a.ID) })
	return s.sweepAll(ctx, accounts, true)
}

// restOfPortfolio does what a sweep has left: the second looks at what is missing, and
// the accounts that it did not come to the end of.
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
		if sweep.UnderWay() && !s.sweeping(a.ID) || slices.ContainsFunc(missing, due) {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		return s.again()
	}
	return s.sweepAll(ctx, accounts, false)
}

// swept is what became of one account.
type swept struct {
	failed error // of what remembers, or of a bug: the job fails
	seen   int   // entries that a sweep read that came to its end
	whole  bool
	took   time.Duration
}

// sweepAll sweeps accounts side by side. Anew says that accounts begin of which no sweep
// is under way.
func (s *Scheduler) sweepAll(ctx context.Context, accounts []Account, anew bool) error {
	if s.Background != nil {
		ctx = s.Background(ctx)
		tallyOf(ctx).goesBehind()
	}
	parts, r, err := eachAccount(ctx, s, accounts, func(ctx context.Context, a Account) ([]swept, []error, error) {
		w := &sweeper{s: s, account: a, began: s.Now()}
		err := w.run(ctx, anew)
		var failed error
		if e, ok := errors.AsType[*hereError](err); ok {
			failed, err = e.err, nil // not the account's
		}
		return []swept{{failed: failed, seen: w.seen, whole: w.whole, took: s.Now().Sub(w.began)}}, w.problems, err
	})
	if err != nil {
		return err
	}
	errs := []error{s.again()}
	seen, whole, took := 0, 0, time.Duration(0)
	for _, p := range parts {
		errs = append(errs, p.failed)
		if p.whole {
			seen, whole, took = seen+p.seen, whole+1, max(took, p.took)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var change portfolio.Change
	for _, p := range r.Problems {
		if !errors.Is(p, ErrPaused) {
			change.Events = append(change.Events, problem(JobPortfolio, s.Now(), p))
		}
	}
	s.left(JobPortfolio, r.Problems)
	if whole > 0 {
		requests := tallyOf(ctx).answered()
		if whole == len(s.Accounts) {
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

// again asks for another run where something is left: soon for second looks, in a while
// for accounts that could not be read to their end.
func (s *Scheduler) again() error {
	now := s.Now()
	for _, a := range s.Accounts {
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
	}
	return nil
}

// sweeping says whether an account is being swept.
func (s *Scheduler) sweeping(account int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sweeps[account]
}

// claim takes the sweep of an account, unless it is under way; release gives it back.
func (s *Scheduler) claim(account int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sweeps[account] {
		return false
	}
	s.sweeps[account] = true
	return true
}

func (s *Scheduler) release(account int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sweeps, account)
}
