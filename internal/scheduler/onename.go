package scheduler

import (
	"context"
	"slices"
	"time"

	"domaind/internal/rules"
)

// Name decides about one name, as [Scheduler.Names] does, in every account that watches
// it: it is looked at where that is due, whatever the share of a run. Without an account
// that watches it there is no decision.
func (s *Scheduler) Name(ctx context.Context, name string, now time.Time) (Reading, error) {
	policy := s.Policy()
	looking := make(map[int64]*looker)
	var watching, due []Account
	for _, a := range s.Accounts {
		if !slices.Contains(policy.Names(a.ID), name) {
			continue
		}
		watching = append(watching, a)
		l, err := s.lookAt(a.ID, name)
		if err != nil {
			return Reading{}, err
		}
		if l.due(now) {
			due = append(due, a)
			looking[a.ID] = &looker{s: s, account: a, names: []string{name}, now: now}
		}
	}
	r, err := s.lookAll(ctx, due, looking)
	if err != nil {
		return r, err
	}
	for _, a := range watching {
		l, err := s.lookAt(a.ID, name)
		if err != nil {
			return r, err
		}
		r.Decisions = append(r.Decisions, rules.Decide(policy, l.facts(a.ID, name, now), now))
	}
	return r, nil
}
