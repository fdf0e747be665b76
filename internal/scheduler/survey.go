package scheduler

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

const (
	// freshSweep is how long what a sweep saw of a whole portfolio stands for what is
	// there, to whoever only wants to know what is to come.
	freshSweep = 48 * time.Hour
	// mostStale bounds the domains of an account that a survey asks for by themselves,
	// because they are not where the sweep saw them.
	mostStale = 100
)

// Seen is what sweeps saw of the portfolios last.
type Seen struct {
	Domains []portfolio.Domain // by account, in the order of their ids; without what is missing since
	// At is when each account was seen whole last; one that never was is not in it.
	At map[int64]time.Time
	// Whole says that every account was: there is no domain that nobody has seen, but for
	// those that are new.
	Whole bool
}

// Seen gives what sweeps saw last, without asking anybody.
func (s *Scheduler) Seen() (Seen, error) {
	seen := Seen{At: make(map[int64]time.Time)}
	for _, a := range s.Accounts {
		if err := s.seenOf(a.ID, &seen); err != nil {
			return seen, err
		}
	}
	seen.Whole = len(seen.At) == len(s.Accounts)
	return seen, nil
}

func (s *Scheduler) seenOf(account int64, seen *Seen) error {
	sweep, err := s.Progress.SweepOf(account)
	if err != nil {
		return err
	}
	if !sweep.Baseline() {
		seen.At[account] = sweep.WholeEndedAt
	}
	// Held against an empty list, all that is remembered is absent.
	c, err := s.Progress.CompareSnapshots(account, 0, math.MaxInt64, nil, math.MaxInt)
	if err != nil {
		return err
	}
	lost, err := s.Progress.MissingOf(account)
	if err != nil {
		return err
	}
	missing := make(map[int64]bool, len(lost))
	for _, m := range lost {
		missing[m.ID] = true
	}
	for _, was := range c.Absent {
		if !missing[was.ID] {
			seen.Domains = append(seen.Domains, was.Domain(account))
		}
	}
	return nil
}

// Survey is what there is to decide about by a later moment.
type Survey struct {
	// Domains are those that a policy may act on by then, or that end by then, and what is
	// remembered of them: in order of expiration over all accounts. There may be more.
	Domains  []portfolio.DomainFacts
	Problems []error // as those of a [Reading]
	// SeenAt is, of the accounts of which only what lies inside the policy's horizon was
	// read, when the rest was seen.
	SeenAt map[int64]time.Time
}

// Survey reads what there will be to decide about by a later moment, without any effect.
// What a sweep has seen lately is not read again: a portfolio of a hundred thousand
// domains would take most of an hour's requests.
func (s *Scheduler) Survey(ctx context.Context, now, until time.Time) (Survey, error) {
	ctx, _ = s.counting(ctx, now)
	policy := s.Policy()
	near, far := policy.Horizon(now), policy.Horizon(until)
	out := Survey{SeenAt: make(map[int64]time.Time)}
	seen := make(map[int64][]portfolio.Domain)
	for _, a := range s.Accounts {
		one := Seen{At: make(map[int64]time.Time)}
		if err := s.seenOf(a.ID, &one); err != nil {
			return out, err
		}
		if at, ok := one.At[a.ID]; ok && now.Sub(at).Abs() <= freshSweep {
			out.SeenAt[a.ID], seen[a.ID] = at, one.Domains
		}
	}
	domains, r, err := eachAccount(ctx, s, s.Accounts, func(ctx context.Context, a Account) ([]portfolio.Domain, []error, error) {
		a.Lister = &dated{Lister: a.Lister, paged: s.paged}
		horizon := far
		if _, ok := out.SeenAt[a.ID]; ok {
			horizon = near
		}
		read, problems, err := s.readDomains(ctx, a, horizon)
		if err != nil || horizon.Equal(far) {
			return read, problems, err
		}
		rest, more := s.unmoved(ctx, a, near, read, seen[a.ID])
		return slices.Concat(read, rest), append(problems, more...), nil
	})
	out.Problems = r.Problems
	if err != nil {
		return out, err
	}
	slices.SortFunc(domains, CompareDomains)
	out.Domains = make([]portfolio.DomainFacts, 0, len(domains))
	for _, d := range domains {
		if d.ExpiresAt.IsZero() || d.ExpiresAt.After(far) {
			continue
		}
		f, err := s.Executor.Facts(d)
		if err != nil {
			return out, err
		}
		out.Domains = append(out.Domains, f)
	}
	return out, nil
}

// unmoved are the domains of an account that were seen beyond the horizon. One that was
// seen inside it, and is not there, was renewed since or is gone: it is asked for.
func (s *Scheduler) unmoved(ctx context.Context, a Account, horizon time.Time, read, seen []portfolio.Domain) (rest []portfolio.Domain, problems []error) {
	known := make(map[int64]bool, len(read))
	for _, d := range read {
		known[d.ID] = true
	}
	stale := 0
	for _, d := range seen {
		switch {
		case known[d.ID] || d.ExpiresAt.IsZero():
			continue
		case d.ExpiresAt.After(horizon):
			rest = append(rest, d)
			continue
		}
		if stale++; stale > mostStale || ctx.Err() != nil {
			continue
		}
		is, _, err := a.Lister.Domain(ctx, d.ID)
		switch {
		case err == nil:
			rest = append(rest, is)
		case outcome(err) != portfolio.OutcomeNotFound:
			problems = append(problems, err)
		}
	}
	if stale > mostStale {
		problems = append(problems, fmt.Errorf("account %s (%d): %d domains are not where the last sweep saw them, and were not looked at: the next sweep will",
			a.Name, a.ID, stale-mostStale))
	}
	return rest, problems
}
