package scheduler

import (
	"context"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// standstill is for how long a sweep may read no page until that is told: longer than
// the ends of rate limits are waited for, which is no news.
const standstill = 6 * time.Hour

// tellStandstill tells of sweeps that read nothing. They wait for requests that others
// use up, as long as that takes, and would do so in silence.
func (s *Scheduler) tellStandstill(_ context.Context, now time.Time) error {
	var change portfolio.Change
	for _, a := range s.Accounts {
		s.mu.Lock()
		moved, under := s.sweeps[a.ID]
		s.mu.Unlock()
		if !under {
			continue
		}
		s.soon(jobStill, now.Add(standstill))
		if now.Sub(moved).Abs() >= standstill {
			change.Events = append(change.Events, problem(JobPortfolio, now, fmt.Errorf(
				"list domains by id (account %d): the sweep of the portfolio has read no page since %s: it leaves the requests to others, who use them up, or DNSimple does not answer",
				a.ID, moved.UTC().Format(time.RFC3339))))
		}
	}
	if len(change.Events) == 0 {
		return nil
	}
	return s.Progress.Commit(change)
}

// begins notes that a sweep begins, or goes on.
func (s *Scheduler) begins(account int64, now time.Time) {
	s.mu.Lock()
	s.begun[account] = now
	s.mu.Unlock()
	s.soon(jobStill, now.Add(standstill))
}

// ends notes that a sweep is over, for now.
func (s *Scheduler) ends(account int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sweeps, account)
	for _, j := range s.jobs {
		if j.name == jobStill && len(s.sweeps) == 0 {
			j.extra = time.Time{}
		}
	}
}

// moved notes that a sweep has read a page.
func (s *Scheduler) moved(account int64) {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweeps[account] = now
}

// sweeping says whether an account is being swept.
func (s *Scheduler) sweeping(account int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, under := s.sweeps[account]
	return under
}

// claim takes something of an account, its sweep or its second looks, unless somebody has
// it; release gives it back.
func (s *Scheduler) claim(of map[int64]time.Time, account int64) bool {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := of[account]; taken {
		return false
	}
	of[account] = now
	return true
}

func (s *Scheduler) release(of map[int64]time.Time, account int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(of, account)
}
