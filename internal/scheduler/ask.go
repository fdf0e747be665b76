package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// JobStatus is where a job stands.
type JobStatus struct {
	Name    string
	Last    time.Time // when it began last and came through; zero: never
	Next    time.Time // by its schedule, or sooner where it is wanted sooner
	Running bool
	// Requests is how many its last run needed, since the daemon began; 0: not known.
	Requests int
	// Warnings say what it cannot keep up with.
	Warnings []string
	Sweeps   []portfolio.Sweep // of the portfolio job: how far each account is
}

// Jobs says where each job stands.
func (s *Scheduler) Jobs() ([]JobStatus, error) {
	now := s.Now()
	jobs := make([]JobStatus, 0, len(s.jobs))
	for _, j := range s.jobs {
		if j.hidden {
			continue
		}
		last, err := s.Progress.LastRun(j.name)
		if err != nil {
			return nil, err
		}
		status := JobStatus{Name: j.name, Last: last, Next: j.schedule.Next(now), Running: j.running.Load()}
		s.mu.Lock()
		status.Requests = s.needed[j.name]
		if !j.extra.IsZero() && j.extra.Before(status.Next) {
			status.Next = j.extra
		}
		s.mu.Unlock()
		switch j.name {
		case JobDomains:
			for _, warning := range []string{s.tooOften(now), s.tooMany(now)} {
				if warning != "" {
					status.Warnings = append(status.Warnings, warning)
				}
			}
		case JobPortfolio:
			if warning := s.tooLong(now); warning != "" {
				status.Warnings = append(status.Warnings, warning)
			}
			for _, a := range s.Accounts {
				sweep, err := s.Progress.SweepOf(a.ID)
				if err != nil {
					return nil, err
				}
				status.Sweeps = append(status.Sweeps, sweep)
				status.Running = status.Running || s.sweeping(a.ID)
			}
		}
		jobs = append(jobs, status)
	}
	return jobs, nil
}

// ErrRunning says that a scan that was asked for is under way already.
var ErrRunning = errors.New("it is under way already")

// Scan runs every job now but the portfolio sweep, which may take hours, where name is
// empty. Where it is a job's name, it runs that one. Else it reads that domain alone,
// afresh in every account, looks at that name in the accounts that watch it, and does
// what the policy says about it. The decisions of one name are given as the guards left
// them. What could not be read is in the problems. A job that runs already is an error,
// [ErrRunning]; the others run all the same.
func (s *Scheduler) Scan(ctx context.Context, name string) (Reading, error) {
	isJob := func(j *job) bool { return !j.hidden && j.name == name }
	if name != "" && !slices.ContainsFunc(s.jobs, isJob) {
		return s.scanOne(ctx, name)
	}
	var r Reading
	var errs []error
	for _, j := range s.jobs {
		if j.hidden || name != "" && !isJob(j) || name == "" && j.name == JobPortfolio {
			continue
		}
		ran, err := s.start(ctx, j)
		if !ran {
			err = fmt.Errorf("scan of %s: %w", j.name, ErrRunning)
		}
		errs = append(errs, err)
		if ctx.Err() != nil || s.Fatal(err) {
			break
		}
		s.mu.Lock()
		r.Problems = append(r.Problems, s.unread[j.name]...)
		s.mu.Unlock()
	}
	return r, errors.Join(errs...)
}

// ErrNoDomain says that no account that could be read holds a domain, and that no rule
// watches its name.
var ErrNoDomain = errors.New("no account holds it, and no rule watches it")

func (s *Scheduler) scanOne(ctx context.Context, name string) (Reading, error) {
	now, policy := s.Now(), s.Policy()
	r, err := s.oneDomain(ctx, policy, name, now)
	if err != nil {
		return r, err
	}
	watched, err := s.oneName(ctx, policy, name, now)
	for _, p := range watched.Problems { // an account that is paused is one problem, not two
		if !slices.ContainsFunc(r.Problems, func(said error) bool { return said.Error() == p.Error() }) {
			r.Problems = append(r.Problems, p)
		}
	}
	if err != nil {
		return r, err
	}
	r.Decisions = append(r.Decisions, watched.Decisions...)
	if len(r.Decisions) == 0 {
		if len(r.Problems) > 0 {
			return r, nil
		}
		return r, fmt.Errorf("scan %s: %w", name, ErrNoDomain)
	}
	if events := freeEvents(watched.Decisions, now); len(events) > 0 {
		if err := s.Progress.Commit(portfolio.Change{Events: events}); err != nil {
			return r, fmt.Errorf("tell that %s is free: %w", name, err)
		}
	}
	r.Decisions, err = s.Executor.Execute(ctx, r.Decisions)
	return r, err
}

// oneDomain reads a domain afresh in every account, and decides about it.
func (s *Scheduler) oneDomain(ctx context.Context, policy *rules.Policy, name string, now time.Time) (Reading, error) {
	found, r, err := eachAccount(ctx, s, s.Accounts, func(ctx context.Context, a Account) ([]portfolio.Domain, []error, error) {
		d, _, err := a.Lister.DomainNamed(ctx, name)
		if call, ok := errors.AsType[*portfolio.CallError](err); ok && call.Outcome == portfolio.OutcomeNotFound {
			return nil, nil, nil
		}
		return []portfolio.Domain{d}, nil, err
	})
	if err != nil {
		return r, err
	}
	for _, d := range found {
		decision, err := s.decide(policy, d, now)
		if err != nil {
			return r, err
		}
		r.Decisions = append(r.Decisions, decision)
	}
	return r, nil
}
