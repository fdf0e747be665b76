package scheduler

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"domaind/internal/portfolio"
)

// Step is how far a reading of the domains is.
type Step struct {
	Pages   int // read so far, of all accounts
	Domains int // on them
	// Expected is about how many pages it will be, by what the last scan read or by what the
	// list says; 0 where that is not known.
	Expected int
	Since    time.Time // when it began
	// Background says that it has the background's share of the quota, see [Capacity].
	Background bool
}

// tally counts what one run of a job does.
type tally struct {
	mu       sync.Mutex
	since    time.Time
	pages    int
	domains  int // entries that were read of domain lists
	inside   int // domains inside the horizon
	requests int // that were answered
	read     int // resources that were decided about
	problems int
	expected int
	behind   bool // it goes behind other jobs
	verdicts map[portfolio.Verdict]int
	due      []time.Time // when domains expire that rules buy for
}

type tallyKey struct{}

// counting gives a context whose reads are counted, and where.
func (s *Scheduler) counting(ctx context.Context, now time.Time) (context.Context, *tally) {
	t := &tally{since: now, verdicts: make(map[portfolio.Verdict]int)}
	ctx = context.WithValue(ctx, tallyKey{}, t)
	if s.Answers != nil {
		ctx = s.Answers(ctx, func(portfolio.Answer) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.requests++
		})
	}
	return ctx, t
}

// tallyOf is where the reads of a context are counted; nil where they are not.
func tallyOf(ctx context.Context) *tally {
	t, _ := ctx.Value(tallyKey{}).(*tally)
	return t
}

// paged counts a page of domains, and tells who wants to know.
func (s *Scheduler) paged(ctx context.Context, entries int) {
	t := tallyOf(ctx)
	if t == nil {
		return
	}
	t.mu.Lock()
	t.pages++
	t.domains += entries
	step := Step{Pages: t.pages, Domains: t.domains, Expected: t.expected, Since: t.since, Background: t.behind}
	t.mu.Unlock()
	if s.Progressed != nil {
		s.Progressed(step)
	}
}

// expect says how much the reading of accounts will be, by what was read of them last.
func (s *Scheduler) expect(ctx context.Context) error {
	t := tallyOf(ctx)
	if t == nil || s.Progressed == nil {
		return nil
	}
	pages := 0
	for _, a := range s.Accounts {
		w, ok, err := s.watchedOf(a.ID)
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		pages += len(w.Domains)/s.pageSize + 1
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected = pages
	return nil
}

// longer says that a run will read some more pages.
func (t *tally) longer(pages int) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expected += pages
}

// goesBehind says that a run goes behind other jobs.
func (t *tally) goesBehind() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behind = true
}

// answered is how many requests were answered so far.
func (t *tally) answered() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests
}

// found counts what a run reads, up to the horizon.
func (t *tally) found(r Reading, horizon time.Time) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read += len(r.Decisions)
	t.problems += len(r.Problems)
	for _, d := range r.Decisions {
		t.verdicts[d.Verdict]++
		if at, ok := renewable(d); ok {
			t.due = append(t.due, at)
		}
		if f, ok := d.Resource.(portfolio.DomainFacts); ok && !f.ExpiresAt.IsZero() && !f.ExpiresAt.After(horizon) {
			t.inside++
		}
	}
}

// completedEvery is how often a job is said to have run that reads a few things only, and
// often.
const completedEvery = time.Hour

// completed tells that a job came through: the domain job each time, the others once an
// hour.
func (s *Scheduler) completed(job string, t *tally, now time.Time) error {
	e := portfolio.Event{At: now, Level: portfolio.LevelInfo, About: portfolio.AboutScan, What: "completed"}
	t.mu.Lock()
	seconds := max(0, now.Sub(t.since).Seconds())
	e.Text = fmt.Sprintf("scan of %s: %d read", job, t.read)
	e.Data = map[string]any{
		"job": job, "read": t.read, "verdicts": maps.Clone(t.verdicts), "problems": t.problems, "requests": t.requests, "seconds": seconds,
	}
	if job == JobDomains {
		e.Text += fmt.Sprintf(", %d inside the horizon, on %s", t.inside, plural(t.pages, "page"))
		e.Data["pages"], e.Data["domains"], e.Data["inside"] = t.pages, t.domains, t.inside
	}
	needed, due := t.requests, t.due
	t.mu.Unlock()
	s.mu.Lock()
	s.needed[job] = needed
	if job == JobDomains {
		s.due = due
	}
	s.mu.Unlock()
	if job != JobDomains {
		s.mu.Lock()
		last, ok := s.told[job]
		soon := ok && now.Sub(last).Abs() < completedEvery
		if !soon {
			s.told[job] = now
		}
		s.mu.Unlock()
		if soon {
			return nil
		}
		e.Once, e.Repeat = "completed|"+job, completedEvery
	}
	return s.Progress.Commit(portfolio.Change{Events: []portfolio.Event{e}})
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
