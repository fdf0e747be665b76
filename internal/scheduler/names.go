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

const (
	// lookEvery is how long what was seen of a name is believed. Ticks are not exact.
	lookEvery = 24*time.Hour - time.Minute
	// failedFor is how long a name is left alone that could not be looked at.
	failedFor = time.Hour - time.Minute
	// atOnce is how many names of an account one run looks at, where there are not so
	// many that they must be spread over the day.
	atOnce = 20
	// mostRuns is how many runs in a day names are spread over at most.
	mostRuns = 24 * 60
)

func (s *Scheduler) scanNames(ctx context.Context, now time.Time) error {
	r, err := s.Names(ctx, now)
	if err != nil {
		return err
	}
	return s.act(ctx, JobNames, now, r, portfolio.Change{Events: freeEvents(r.Decisions, now)})
}

// freeEvents tell of the names that are free.
func freeEvents(decisions []portfolio.Decision, now time.Time) (events []portfolio.Event) {
	for _, d := range decisions {
		if f, ok := d.Resource.(portfolio.NameFacts); ok && f.Status == portfolio.NameFree {
			events = append(events, freeEvent(f, now))
		}
	}
	return events
}

// freeEvent tells that a name is free, once for each time that it becomes so.
func freeEvent(f portfolio.NameFacts, now time.Time) portfolio.Event {
	day := portfolio.OccasionOf(f.FreeSince)
	return portfolio.Event{
		At: now, Level: portfolio.LevelNotice, AccountID: f.AccountID, About: portfolio.AboutName, What: "free", Subject: f.Name,
		Text: fmt.Sprintf("%s: it is free, and was first seen so on %s", f.Name, day),
		Data: map[string]any{"free_since": day}, Once: fmt.Sprintf("name-free|%d|%s|%s", f.AccountID, f.Name, day),
	}
}

// Names looks at the names that the policy watches, each once a day at most, and
// decides about all of them, in the order of the accounts and of the policy. What was
// seen is remembered, so that neither a restart nor another run asks again; where
// there are many, a run looks at its share of them only, those first that were looked
// at longest ago. A name that was not looked at yet is unknown.
func (s *Scheduler) Names(ctx context.Context, now time.Time) (Reading, error) {
	policy := s.Policy()
	watched := make(map[int64][]string)
	looking := make(map[int64]*looker)
	var accounts []Account // of which names are due: no other is asked for anything
	for _, a := range s.Accounts {
		names := policy.Names(a.ID)
		due, err := s.dueNames(a.ID, names, now)
		if err != nil {
			return Reading{}, err
		}
		if watched[a.ID] = names; len(due) > 0 {
			accounts = append(accounts, a)
			looking[a.ID] = &looker{s: s, account: a, names: due, now: now}
		}
	}
	r, err := s.lookAll(ctx, accounts, looking)
	if err != nil {
		return r, err
	}
	for _, a := range s.Accounts {
		for _, name := range watched[a.ID] {
			l, err := s.lookAt(a.ID, name)
			if err != nil {
				return r, err
			}
			r.Decisions = append(r.Decisions, rules.Decide(policy, l.facts(a.ID, name, now), now))
		}
	}
	return r, nil
}

// lookAll has names of accounts looked at, the accounts side by side.
func (s *Scheduler) lookAll(ctx context.Context, accounts []Account, looking map[int64]*looker) (Reading, error) {
	_, r, err := eachAccount(ctx, s, accounts, func(ctx context.Context, a Account) ([]struct{}, []error, error) {
		problems, err := looking[a.ID].all(ctx)
		return nil, problems, err
	})
	for _, a := range accounts {
		err = errors.Join(err, looking[a.ID].failed)
	}
	return r, err
}

// oneName looks at a name now in every account that watches it, whenever it was looked
// at last, and decides about it.
func (s *Scheduler) oneName(ctx context.Context, policy *rules.Policy, name string, now time.Time) (Reading, error) {
	looking := make(map[int64]*looker)
	var accounts []Account
	for _, a := range s.Accounts {
		if slices.Contains(policy.Names(a.ID), name) {
			accounts = append(accounts, a)
			looking[a.ID] = &looker{s: s, account: a, names: []string{name}, now: now}
		}
	}
	r, err := s.lookAll(ctx, accounts, looking)
	if err != nil {
		return r, err
	}
	for _, a := range accounts {
		l, err := s.lookAt(a.ID, name)
		if err != nil {
			return r, err
		}
		r.Decisions = append(r.Decisions, rules.Decide(policy, l.facts(a.ID, name, now), now))
	}
	return r, nil
}

// dueNames are the names of an account that a run looks at: its share of those that
// were not looked at for a day, the longest ago first.
func (s *Scheduler) dueNames(account int64, names []string, now time.Time) ([]string, error) {
	type dueName struct {
		name string
		last time.Time
	}
	var due []dueName
	for _, name := range names {
		l, err := s.lookAt(account, name)
		if err != nil {
			return nil, err
		}
		if l.due(now) {
			due = append(due, dueName{name, l.last()})
		}
	}
	slices.SortStableFunc(due, func(a, b dueName) int { return a.last.Compare(b.last) })
	var share []string
	for _, d := range due[:min(len(due), s.share(len(names), now))] {
		share = append(share, d.name)
	}
	return share, nil
}

// share is how many of so many names one run looks at, so that a day is enough for
// all of them.
func (s *Scheduler) share(names int, now time.Time) int {
	if names <= atOnce {
		return names
	}
	runs, end := 0, now.Add(24*time.Hour)
	for at := s.Schedules.Names.Next(now); !at.IsZero() && !at.After(end) && runs < mostRuns; at = s.Schedules.Names.Next(at) {
		runs++
	}
	runs = max(runs, 1)
	return max(atOnce, (names+runs-1)/runs)
}
