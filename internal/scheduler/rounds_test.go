package scheduler

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
)

// ofTwo is a domain of the second account.
func ofTwo(id int64, days int) portfolio.Domain {
	d := in(id, days)
	d.AccountID = 2
	return d
}

// carried keeps what was carried out, and when.
type carried struct {
	mu    sync.Mutex
	names [][]string
	after []time.Duration
}

func (c *carried) executor(start time.Time) fakeExecutor {
	return fakeExecutor{execute: func(_ context.Context, d []portfolio.Decision) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if n := names(d); len(n) > 0 {
			c.names, c.after = append(c.names, n), append(c.after, time.Since(start))
		}
		return nil
	}}
}

// TestASlowAccountDoesNotHoldTheOthers: what was read of the others is carried out in time,
// and its own when it was read; nobody is warned meanwhile that it could not be.
func TestASlowAccountDoesNotHoldTheOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		slow  time.Duration
		fails error
		want  [][]string
		after []time.Duration
	}{
		"as slow as usual": {4 * time.Minute, nil, [][]string{{"d3.com", "d1.com"}}, []time.Duration{4 * time.Minute}},
		"a rate limit":     {2 * time.Hour, nil, [][]string{{"d1.com"}, {"d3.com"}}, []time.Duration{patience, 2 * time.Hour}},
		// What it held when it was read last is warned of, once it is known that it cannot be read.
		"a rate limit, in vain": {2 * time.Hour, errors.New("no"), [][]string{{"d1.com"}, {"d9.com"}}, []time.Duration{patience, 2 * time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var c carried
				at := func(d portfolio.Domain, days int) portfolio.Domain {
					d.ExpiresAt = start.AddDate(0, 0, days)
					return d
				}
				two := fakeLister{listed: func(ctx context.Context, _, _ int) (page, error) {
					if err := sleep(ctx, tt.slow); err != nil || tt.fails != nil {
						return page{}, errors.Join(err, tt.fails)
					}
					return page{Items: []portfolio.Domain{at(ofTwo(3, 1), 1)}, Total: 1, Pages: 1}, nil
				}}
				p := *policy
				p.BeforeExpiry = append(p.BeforeExpiry, p.WarnWithin)
				m := &memory{watch: map[int64]portfolio.Watch{2: {AccountID: 2, Domains: []portfolio.Domain{at(ofTwo(9, 2), 2)}}}}
				s := setup{one: one(at(in(1, 5), 5)), two: two, executor: c.executor(start), memory: m, policy: &p}.make()
				ran, err := s.start(t.Context(), s.jobs[0])
				if !ran || err != nil {
					t.Fatal(ran, err)
				}
				if len(c.names) != len(tt.want) || !slices.EqualFunc(c.names, tt.want, slices.Equal) || !slices.Equal(c.after, tt.after) {
					t.Errorf("carried out %v after %v, want %v after %v", c.names, c.after, tt.want, tt.after)
				}
				if got := len(m.told("completed")); got != 1 {
					t.Errorf("told %d times that it is completed", got)
				}
				if got := len(m.told("problem")); got != map[bool]int{true: 1}[tt.fails != nil] {
					t.Errorf("problems: %v", m.told("problem"))
				}
			})
		})
	}
}

// TestAPanicOfOneAccountHoldsNoOther: it is an error of the job, and the others' domains are
// carried out.
func TestAPanicOfOneAccountHoldsNoOther(t *testing.T) {
	var c carried
	two := fakeLister{listed: func(context.Context, int, int) (page, error) { panic("out of cheese") }}
	s := setup{one: one(in(1, 5)), two: two, executor: c.executor(now), now: func() time.Time { return now }}.make()
	_, err := s.start(t.Context(), s.jobs[0])
	if err == nil || !slices.EqualFunc(c.names, [][]string{{"d1.com"}}, slices.Equal) {
		t.Errorf("carried out %v, %v", c.names, err)
	}
}

// TestCompleted: the domain job is said to have run each time, with what it came to; the
// others once an hour.
func TestCompleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		m := &memory{}
		l := &listed{}
		for i := range 250 {
			d := in(int64(i+1), 1)
			d.ExpiresAt = start.AddDate(0, 0, 1+i) // 60 of them inside the horizon
			l.domains = append(l.domains, d)
		}
		u := setup{one: l.lister(), memory: m, schedules: Schedules{Domains: cron.Every(30 * time.Minute), Pushes: cron.Every(time.Minute)}}
		s := u.make()
		s.Answers = func(ctx context.Context, tell func(portfolio.Answer)) context.Context {
			tell(portfolio.Answer{Status: 200})
			return ctx
		}
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Minute)
		defer cancel()
		if err := s.Run(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		by := map[any][]portfolio.Event{}
		for _, e := range m.events {
			if e.What == "completed" {
				by[e.Data["job"]] = append(by[e.Data["job"]], e)
			}
		}
		if d, p, n := len(by[JobDomains]), len(by[JobPushes]), len(by[JobNames]); d != 5 || p != 3 || n != 1 {
			t.Errorf("told of domains %d times, of pushes %d, of names %d", d, p, n)
		}
		e := by[JobDomains][0]
		for key, want := range map[string]any{"pages": 2, "domains": 100, "inside": 60, "read": 100, "requests": 1, "problems": 0, "seconds": 0.0} {
			if e.Data[key] != want {
				t.Errorf("%s: %v, want %v", key, e.Data[key], want)
			}
		}
		if e.Text != "scan of domains: 100 read, 60 inside the horizon, on 2 pages" {
			t.Errorf("%q", e.Text)
		}
	})
}

// TestProgressed: whoever wants to know hears of each page, and how many there were last.
func TestProgressed(t *testing.T) {
	l := &listed{domains: some(250, func(i int) int { return 1 + i/10 })}
	m := &memory{watch: map[int64]portfolio.Watch{1: {AccountID: 1, Domains: l.domains}, 2: {AccountID: 2}}}
	s := setup{one: l.lister(), memory: m, now: func() time.Time { return now }}.make()
	var mu sync.Mutex
	var steps []Step
	s.Progressed = func(step Step) {
		mu.Lock()
		defer mu.Unlock()
		steps = append(steps, step)
	}
	if _, err := s.Domains(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	last := steps[len(steps)-1]
	if len(steps) != last.Pages || last.Expected != 4 || !last.Since.Equal(now) || last.Domains < 250 {
		t.Errorf("%+v", steps)
	}
}
