package scheduler

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// remembered is what a scan adds to what is remembered of the domains near their end.
type remembered struct {
	change portfolio.Change
	// unread are the domains of accounts that were not read, as they were seen last:
	// nothing is done about them, but their owner is warned.
	unread []portfolio.Decision
}

// remember compares what was read of accounts with what the last scan saw. What is inside the
// horizon is kept, for the days on which its account cannot be read. A state that is
// an old copy may buy again once nothing has moved for an hour.
func (s *Scheduler) remember(accounts []Account, read readings, now time.Time) (remembered, error) {
	var seen remembered
	restored, err := s.restored()
	if err != nil {
		return seen, err
	}
	policy := s.Policy()
	horizon := policy.Horizon(now)
	steady := restored != nil
	for _, a := range accounts {
		before, known, err := s.watchedOf(a.ID)
		if err != nil {
			return seen, err
		}
		domains, ok := read.domains[a.ID]
		if !ok {
			steady = false
			// By a clock that is wrong nobody is warned: it was told that it is.
			if known && !read.senseless[a.ID] {
				seen.unread = append(seen.unread, s.decideUnread(policy, before, now)...)
			}
			continue
		}
		w := watch(a.ID, domains, now)
		w.SteadyAt = now
		if known && !before.SteadyAt.After(now) && (restored == nil || before.SeenAt.After(restored.Since)) && still(before, w, horizon) {
			w.SteadyAt = before.SteadyAt
		}
		steady = steady && now.Sub(w.SteadyAt) >= steadyFor
		seen.change.Watch = append(seen.change.Watch, w)
	}
	switch {
	case restored != nil && restored.Since.After(now):
		restored.Since = now // a clock that was ahead wrote it
		seen.change.Pauses = append(seen.change.Pauses, *restored)
		s.soon(JobDomains, now.Add(steadyFor))
	case steady:
		seen.change.Lifted = append(seen.change.Lifted, *restored)
		seen.change.Events = append(seen.change.Events, portfolio.Event{
			At: now, Level: portfolio.LevelNotice, About: portfolio.AboutDaemon, What: "settled",
			Text: "the state was an old copy; every domain inside the horizon was read twice, an hour apart, and none has moved: purchases go on",
		})
	case restored != nil:
		s.soon(JobDomains, now.Add(steadyFor))
	}
	return seen, nil
}

// watchedOf gives what is remembered of an account: it is read once, since nobody else
// writes it.
func (s *Scheduler) watchedOf(account int64) (portfolio.Watch, bool, error) {
	s.mu.Lock()
	w, ok := s.watches[account]
	s.mu.Unlock()
	if ok {
		return w, true, nil
	}
	return s.Progress.WatchedOf(account)
}

// watching keeps what was written down of the accounts; where that failed, it is read
// again.
func (s *Scheduler) watching(written []portfolio.Watch, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range written {
		if err != nil {
			delete(s.watches, w.AccountID)
			continue
		}
		s.watches[w.AccountID] = w
	}
}

// steadyFor is how long nothing must have moved until a state that is an old copy is
// trusted with money again.
const steadyFor = time.Hour

// restored gives the pause of a state that is an old copy; nil where it is none.
func (s *Scheduler) restored() (*portfolio.Pause, error) {
	pauses, err := s.Progress.Pauses()
	if err != nil {
		return nil, fmt.Errorf("look for pauses: %w", err)
	}
	return portfolio.FindPause(pauses, 0, portfolio.PauseRestored), nil
}

// watch is what is kept of an account's domains: all that were read, which reaches a
// little beyond the horizon.
func watch(account int64, domains []portfolio.Domain, now time.Time) portfolio.Watch {
	w := portfolio.Watch{AccountID: account, SeenAt: now}
	for _, d := range domains {
		if !d.ExpiresAt.IsZero() {
			w.Domains = append(w.Domains, d)
		}
	}
	slices.SortFunc(w.Domains, func(a, b portfolio.Domain) int { return cmp.Compare(a.ID, b.ID) })
	return w
}

// still says whether no domain inside the horizon has moved, and none has left it
// before its time: one that was renewed lies beyond it.
func still(before, after portfolio.Watch, horizon time.Time) bool {
	now := make(map[int64]portfolio.Domain, len(after.Domains))
	for _, d := range after.Domains {
		now[d.ID] = d
	}
	for _, was := range before.Domains {
		is, ok := now[was.ID]
		if was.ExpiresAt.After(horizon) {
			continue
		}
		if !ok || !is.ExpiresAt.Equal(was.ExpiresAt) || is.State != was.State {
			return false
		}
	}
	return true
}

// decideUnread decides about the domains of an account that was not read, as far as they
// are to be warned of.
func (s *Scheduler) decideUnread(policy *rules.Policy, w portfolio.Watch, now time.Time) []portfolio.Decision {
	var decisions []portfolio.Decision
	for _, known := range w.Domains {
		_, near := policy.Warning(known.ExpiresAt, now)
		lapsed := known.State == portfolio.DomainExpired
		if !lapsed && (!near || known.State != portfolio.DomainRegistered) {
			continue
		}
		d := rules.Decide(policy, portfolio.DomainFacts{Domain: known}, now)
		if d.Verdict == portfolio.VerdictLetLapse || lapsed && d.Verdict != portfolio.VerdictAct && d.Verdict != portfolio.VerdictAsk {
			continue
		}
		d.Verdict, d.Code = portfolio.VerdictBlocked, portfolio.CodeUnread
		d.Reason = fmt.Sprintf("its account cannot be read; this is how it stood on %s", w.SeenAt.In(policy.Location).Format(time.DateOnly))
		decisions = append(decisions, d)
	}
	return decisions
}
