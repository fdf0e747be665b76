package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// proofFor is how long what was proven of a push is believed for showing; right
// before it is accepted it is proven again.
const proofFor = time.Hour

// unreadFor is how long it is believed that an account could not be asked.
const unreadFor = 15 * time.Minute

// A registrant change that has finished is read as long as it is news. Changes are
// listed by id, that is in the order in which they began, and none takes longer than
// longestChange.
const (
	news          = 8 * 24 * time.Hour
	longestChange = 90 * 24 * time.Hour
)

func (s *Scheduler) scanPushes(ctx context.Context, now time.Time) error {
	r, err := s.Pushes(ctx, now)
	if err != nil {
		return err
	}
	// Behind the reading: a push that came in the last moment is accepted.
	over, err := s.Executor.Overdue()
	if err != nil {
		return err
	}
	return s.act(ctx, JobPushes, now, r, over)
}

func (s *Scheduler) scanChanges(ctx context.Context, now time.Time) error {
	r, err := s.RegistrantChanges(ctx, now)
	if err != nil {
		return err
	}
	return s.act(ctx, JobRegistrantChanges, now, r, portfolio.Change{})
}

// Pushes reads the pushes that wait in every account, finds out where they come
// from, and decides about each, in order of their ids.
func (s *Scheduler) Pushes(ctx context.Context, now time.Time) (Reading, error) {
	pushes, r, err := eachAccount(ctx, s, s.Accounts, func(ctx context.Context, a Account) ([]portfolio.Push, []error, error) {
		return collect(a.Lister.Pushes(ctx), nil, nil)
	})
	if err != nil {
		return r, err
	}
	slices.SortFunc(pushes, func(a, b portfolio.Push) int { return cmp.Compare(a.ID, b.ID) })
	for _, p := range pushes {
		if !p.AcceptedAt.IsZero() {
			continue
		}
		facts := s.prove(ctx, p, now)
		if facts.Announced, err = s.Executor.Expected(p); err != nil {
			return r, err
		}
		if facts.Unread && ctx.Err() == nil {
			r.Problems = append(r.Problems, fmt.Errorf("push %d to account %d: %s", p.ID, p.AccountID, facts.Unproven))
		}
		r.Decisions = append(r.Decisions, rules.Decide(s.Policy(), facts, now))
	}
	return r, ctx.Err()
}

// prove finds out where a push comes from, at first sight and then hourly.
func (s *Scheduler) prove(ctx context.Context, p portfolio.Push, now time.Time) portfolio.PushFacts {
	s.mu.Lock()
	known, ok := s.proofs[p.ID]
	s.mu.Unlock()
	believed := proofFor
	if known.facts.Unread {
		believed = unreadFor
	}
	if ok && now.Sub(known.at).Abs() < believed {
		known.facts.Push = p
		return known.facts
	}
	facts := s.Executor.Prove(ctx, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.proofs {
		if now.Sub(old.at).Abs() > 2*proofFor {
			delete(s.proofs, id) // settled long ago
		}
	}
	s.proofs[p.ID] = proof{facts, now}
	return facts
}

// RegistrantChanges reads the registrant changes of every account, each state by
// name (the API's default hides finished ones), and decides about each, in order
// of their ids.
func (s *Scheduler) RegistrantChanges(ctx context.Context, now time.Time) (Reading, error) {
	changes, r, err := eachAccount(ctx, s, s.Accounts, func(ctx context.Context, a Account) ([]portfolio.RegistrantChange, []error, error) {
		var all []portfolio.RegistrantChange
		var problems []error
		for _, state := range []portfolio.ChangeState{
			portfolio.ChangeNew, portfolio.ChangePending, portfolio.ChangeCancelling, portfolio.ChangeCancelled, portfolio.ChangeCompleted,
		} {
			// Finished changes are listed for ever; the newest come first.
			fresh := func(c portfolio.RegistrantChange) bool { return now.Sub(c.UpdatedAt) <= news }
			young := func(c portfolio.RegistrantChange) bool { return now.Sub(c.CreatedAt) <= longestChange }
			if state.Open() || state == portfolio.ChangeCancelling {
				fresh, young = nil, nil
			}
			items, ps, err := collect(a.Lister.RegistrantChanges(ctx, state), fresh, young)
			if err != nil {
				return nil, nil, err
			}
			all, problems = append(all, items...), append(problems, ps...)
		}
		return all, problems, nil
	})
	if err != nil {
		return r, err
	}
	slices.SortFunc(changes, func(a, b portfolio.RegistrantChange) int { return cmp.Compare(a.ID, b.ID) })
	// A change may have moved on from one state to the next while they were read.
	changes = slices.CompactFunc(changes, func(a, b portfolio.RegistrantChange) bool {
		return a.ID == b.ID && a.AccountID == b.AccountID
	})
	for _, c := range changes {
		name, err := s.nameOf(ctx, c)
		if err != nil && ctx.Err() == nil {
			r.Problems = append(r.Problems, fmt.Errorf("registrant change %d: %w", c.ID, err))
		}
		facts := portfolio.ChangeFacts{RegistrantChange: c, Name: name}
		if facts.Ours, err = s.Executor.Ours(c); err != nil {
			return r, err
		}
		r.Decisions = append(r.Decisions, rules.Decide(s.Policy(), facts, now))
	}
	return r, ctx.Err()
}

// nameOf reads the name of the domain of a registrant change, once; "" where it
// cannot be read.
func (s *Scheduler) nameOf(ctx context.Context, c portfolio.RegistrantChange) (string, error) {
	s.mu.Lock()
	name, ok := s.names[c.DomainID]
	s.mu.Unlock()
	i := slices.IndexFunc(s.Accounts, func(a Account) bool { return a.ID == c.AccountID })
	if ok || i < 0 {
		return name, nil
	}
	d, _, err := s.Accounts[i].Lister.Domain(ctx, c.DomainID)
	if call, ok := errors.AsType[*portfolio.CallError](err); ok && call.Outcome == portfolio.OutcomeNotFound {
		return "", nil // it is not there any more, which is nobody's problem
	}
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[c.DomainID] = d.Name
	return d.Name, nil
}

// collect reads the items of a list that are wanted, up to the first page with
// none that is near the list's beginning. A nil function says yes to all.
func collect[T any](pages func(yield func(portfolio.Page[T], error) bool), wanted, near func(T) bool) (items []T, problems []error, err error) {
	for page, err := range pages {
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, page.Problems...)
		for _, item := range page.Items {
			if wanted == nil || wanted(item) {
				items = append(items, item)
			}
		}
		if near != nil && !slices.ContainsFunc(page.Items, near) {
			break
		}
	}
	return items, problems, nil
}
