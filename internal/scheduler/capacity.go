package scheduler

import (
	"fmt"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
)

// Capacity is what the jobs may use.
type Capacity struct {
	All             int // requests in an hour of all tokens together; 0: not known
	RequestsPerHour int // of them, what is kept for operations taken off; 0: not known
	// BackgroundPerHour is how many of them the portfolio sweep may make; 0: not known.
	BackgroundPerHour int
}

// hourly is about how many requests the jobs make in their busiest hours, by what their
// last runs needed, and how much of that each makes.
func (s *Scheduler) hourly(now time.Time) (total int, by map[string]int) {
	by = make(map[string]int)
	for _, j := range s.jobs {
		if j.name == JobPortfolio {
			continue // what it needs is no matter of an hour, see tooLong
		}
		s.mu.Lock()
		each := s.needed[j.name]
		s.mu.Unlock()
		if each > 0 {
			hour, _ := portfolio.Runs(j.schedule, j.schedule.Next(now), now.Add(24*time.Hour))
			by[j.name] = each * hour
			total += by[j.name]
		}
	}
	return total, by
}

// tooOften warns of a schedule that asks for more than the quota gives: the jobs would
// wait for it, and come late.
func (s *Scheduler) tooOften(now time.Time) string {
	total, by := s.hourly(now)
	if s.Capacity.RequestsPerHour == 0 || total <= s.Capacity.RequestsPerHour {
		return ""
	}
	greedy := slices.MaxFunc(s.jobs, func(a, b *job) int { return by[a.name] - by[b.name] })
	return fmt.Sprintf("the schedule asks for about %d requests in an hour, and the quota gives %d: jobs wait for it; most of them, %d, are for %s",
		total, s.Capacity.RequestsPerHour, by[greedy.name], greedy.name)
}

// leftToSweep is about how many requests an hour has for the portfolio sweep, on the day
// that follows: it goes only while all jobs together made fewer than its share.
func (s *Scheduler) leftToSweep(now time.Time) (left float64, others int) {
	end := now.Add(24*time.Hour + 1) // what comes at this time of day comes once
	made := 0
	for _, j := range s.jobs {
		s.mu.Lock()
		each := s.needed[j.name]
		s.mu.Unlock()
		if j.name == JobPortfolio || each == 0 {
			continue
		}
		_, runs := portfolio.Runs(j.schedule, j.schedule.Next(now), end)
		made += each * runs
	}
	others = made / 24
	return max(0, float64(s.Capacity.BackgroundPerHour)-float64(made)/24), others
}

// tooLong warns of a portfolio sweep for which there are not as many requests between one
// run and the next as the last whole one needed, or none at all: then it would wait for
// ever, and no error would tell.
func (s *Scheduler) tooLong(now time.Time) string {
	s.mu.Lock()
	needed := s.needed[JobPortfolio]
	s.mu.Unlock()
	next := s.Schedules.Portfolio.Next(now)
	after := s.Schedules.Portfolio.Next(next)
	if s.Capacity.BackgroundPerHour == 0 {
		return ""
	}
	left, others := s.leftToSweep(now)
	if left < 1 {
		return fmt.Sprintf("the other jobs make about %d requests in an hour, and a sweep of the portfolio goes only while they make fewer than %d: it stands still",
			others, s.Capacity.BackgroundPerHour)
	}
	given := int(left * after.Sub(next).Hours())
	if next.IsZero() || after.IsZero() || needed <= given {
		return ""
	}
	return fmt.Sprintf("a sweep of the portfolio needs about %d requests, and its share of the quota gives %d until the next one: sweeps take longer than the schedule has them",
		needed, given)
}

// tooMany warns of more domains that rules renew than may be bought until they expire:
// on each day on which the domains are read, as many as the ceiling allows.
func (s *Scheduler) tooMany(now time.Time) string {
	s.mu.Lock()
	due := slices.Clone(s.due)
	s.mu.Unlock()
	most := 0
	if s.PurchasesPerDay != nil {
		most = s.PurchasesPerDay()
	}
	if most == 0 || len(due) <= most {
		return ""
	}
	slices.SortFunc(due, time.Time.Compare)
	location := s.Policy().Location
	may, until, at := most, endOfDay(now, location), now // the purchases that are possible until then
	for i, expires := range due {
		for until.Before(expires) {
			next := nextAfter(s.Schedules.Domains, at, until)
			if next.IsZero() || next.After(expires) {
				break
			}
			may, until, at = may+most, endOfDay(next, location), next
		}
		if i+1 > may {
			return fmt.Sprintf("%d domains that rules renew expire until %s, and max_purchases_per_day and the schedule let %d be bought until then",
				notLater(due, expires), expires.In(location).Format(time.DateOnly), may)
		}
	}
	return ""
}

// nextAfter is the first run after a moment of a schedule that ran at another one.
func nextAfter(schedule cron.Schedule, ran, moment time.Time) time.Time {
	if every, ok := schedule.(cron.ConstantDelaySchedule); ok { // it counts from the last run
		return moment.Add(every.Delay - moment.Sub(ran)%every.Delay)
	}
	return schedule.Next(moment)
}

// notLater is how many of the moments, in order, are not later than one of them.
func notLater(due []time.Time, last time.Time) int {
	n, _ := slices.BinarySearchFunc(due, last.Add(1), time.Time.Compare)
	return n
}

// endOfDay is the last moment of a day.
func endOfDay(t time.Time, location *time.Location) time.Time {
	y, m, d := t.In(location).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, location).Add(-1)
}

// renewable says when a domain expires that a rule wants to buy for, by its own mode.
func renewable(d portfolio.Decision) (time.Time, bool) {
	f, ok := d.Resource.(portfolio.DomainFacts)
	buys := d.Do == portfolio.ActionRenew || d.Do == portfolio.ActionRestore
	return f.ExpiresAt, ok && buys && (d.Verdict == portfolio.VerdictAct || d.Verdict == portfolio.VerdictBlocked)
}
