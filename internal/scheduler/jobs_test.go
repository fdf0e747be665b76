package scheduler

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
)

// loops are the two ways to run the jobs by a clock.
var loops = map[string]func(*Scheduler, context.Context) error{
	"run": (*Scheduler).Run, "drive": (*Scheduler).Drive,
}

// during runs a loop in a bubble for a while of its time.
func during(t *testing.T, d time.Duration, u setup, check func(t *testing.T, start time.Time, m *memory)) {
	t.Helper()
	for name, loop := range loops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				m := &memory{last: map[string]time.Time{}}
				if u.memory != nil {
					for job, ago := range u.memory.last {
						m.last[job] = start.Add(ago.Sub(time.Time{}) - 1000*time.Hour)
					}
				}
				u := u
				u.memory = m
				ctx, cancel := context.WithTimeout(t.Context(), d)
				defer cancel()
				if err := loop(u.make(), ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("it ended with %v", err)
				}
				check(t, start, m)
			})
		})
	}
}

// ago is a moment before the start of a loop, as during takes it.
func ago(d time.Duration) time.Time { return time.Time{}.Add(1000*time.Hour - d) }

func TestJobsRunOnTheirSchedules(t *testing.T) {
	u := setup{schedules: Schedules{Domains: cron.Every(time.Hour), Pushes: cron.Every(45 * time.Minute)}}
	during(t, 150*time.Minute, u, func(t *testing.T, start time.Time, m *memory) {
		t.Helper()
		// All of them never ran, so they begin with one run.
		if got, want := m.since(start, JobDomains), []time.Duration{0, time.Hour, 2 * time.Hour}; !slices.Equal(got, want) {
			t.Errorf("domains at %v, want %v", got, want)
		}
		if got, want := m.since(start, JobPushes), []time.Duration{0, 45 * time.Minute, 90 * time.Minute, 135 * time.Minute}; !slices.Equal(got, want) {
			t.Errorf("pushes at %v, want %v", got, want)
		}
		if got := m.since(start, JobRegistrantChanges); !slices.Equal(got, []time.Duration{0}) {
			t.Errorf("registrant changes at %v", got)
		}
	})
}

func TestMissedRunsAreMadeUpForOnce(t *testing.T) {
	u := setup{
		schedules: Schedules{Domains: cron.Every(time.Hour), Pushes: cron.Every(time.Hour), RegistrantChanges: cron.Every(time.Hour)},
		memory: &memory{last: map[string]time.Time{
			JobDomains:           ago(5 * time.Hour),    // missed often
			JobPushes:            ago(20 * time.Minute), // not missed
			JobRegistrantChanges: ago(-3 * time.Hour),   // in the future: the clock was wrong
		}},
	}
	during(t, 30*time.Minute, u, func(t *testing.T, start time.Time, m *memory) {
		t.Helper()
		for job, want := range map[string][]time.Duration{JobDomains: {0}, JobPushes: nil, JobRegistrantChanges: {0}} {
			if got := m.since(start, job); !slices.Equal(got, want) {
				t.Errorf("%s at %v, want %v", job, got, want)
			}
		}
	})
}

func TestNoJobOverlapsItself(t *testing.T) {
	var running, most atomic.Int32
	var starts atomic.Int32
	u := setup{schedules: Schedules{Domains: cron.Every(time.Hour)}, one: fakeLister{
		domains: func(ctx context.Context, _ int) (portfolio.Page[portfolio.Domain], error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			if starts.Add(1) > 1 {
				return portfolio.Page[portfolio.Domain]{}, nil
			}
			return portfolio.Page[portfolio.Domain]{}, sleep(ctx, 150*time.Minute)
		},
	}}
	during(t, 290*time.Minute, u, func(t *testing.T, start time.Time, m *memory) {
		t.Helper()
		if most.Swap(0) != 1 {
			t.Error("it ran twice at the same time")
		}
		// The run from the start lasts until 2:30. What came due meanwhile, at 1:00 and at
		// 2:00, is made up for by one run at most; two more follow until the end.
		if n := starts.Swap(0); n != 3 && n != 4 {
			t.Errorf("%d runs began; recorded: %v", n, m.since(start, JobDomains))
		}
	})
}

func TestPanicIsAnnouncedAndTheNextTickRuns(t *testing.T) {
	for where, u := range map[string]func(boom func()) setup{
		"while an account is read": func(boom func()) setup {
			return setup{two: fakeLister{domains: func(context.Context, int) (portfolio.Page[portfolio.Domain], error) {
				boom()
				return portfolio.Page[portfolio.Domain]{}, nil
			}}}
		},
		"while decisions are carried out": func(boom func()) setup {
			return setup{executor: fakeExecutor{execute: func(_ context.Context, d []portfolio.Decision) error {
				boom()
				return nil
			}}}
		},
	} {
		t.Run(where, func(t *testing.T) {
			var calls atomic.Int32
			u := u(func() {
				if calls.Add(1) <= 3 { // all three jobs, in the second case
					panic("out of cheese")
				}
			})
			u.schedules.Domains = cron.Every(time.Hour)
			during(t, 230*time.Minute, u, func(t *testing.T, start time.Time, m *memory) {
				t.Helper()
				calls.Store(0)
				if got := m.told("failed"); len(got) == 0 || !strings.HasPrefix(got[0], "alert scan of domains: ") || !strings.Contains(got[0], "out of cheese") || strings.Contains(got[0], "goroutine") {
					t.Errorf("told: %q", got)
				}
				if got := m.since(start, JobDomains); len(got) == 0 || got[0] == 0 || got[len(got)-1] != 3*time.Hour {
					t.Errorf("it ran at %v", got)
				}
			})
		})
	}
}

func TestFailureIsAnnouncedAndTheNextTickRuns(t *testing.T) {
	var calls atomic.Int32
	u := setup{schedules: Schedules{Domains: cron.Every(time.Hour)}, executor: fakeExecutor{
		execute: func(context.Context, []portfolio.Decision) error {
			if calls.Add(1) == 1 {
				return errors.New("the disk is full\nreally")
			}
			return nil
		},
	}}
	during(t, 90*time.Minute, u, func(t *testing.T, start time.Time, m *memory) {
		t.Helper()
		calls.Store(0)
		if got := m.told("failed"); !slices.Equal(got, []string{"alert scan of domains: scan of domains: the disk is full"}) {
			t.Errorf("told: %q", got)
		}
		if got := m.since(start, JobDomains); !slices.Equal(got, []time.Duration{time.Hour}) {
			t.Errorf("it was recorded at %v", got)
		}
	})
}

var errFatal = errors.New("the commit failed")

func fatal(err error) bool { return errors.Is(err, errFatal) }

func TestFatalErrorsEndTheLoop(t *testing.T) {
	for where, x := range map[string]fakeExecutor{
		"in a job":         {execute: func(context.Context, []portfolio.Decision) error { return errFatal }},
		"in the follow-up": {followUp: func(context.Context) (time.Time, error) { return time.Time{}, errFatal }},
	} {
		for name, loop := range loops {
			t.Run(name+" "+where, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					err := loop(setup{executor: x}.make(), t.Context())
					if !errors.Is(err, errFatal) {
						t.Errorf("it ended with %v", err)
					}
					if took := time.Since(start); took > time.Minute {
						t.Errorf("it ended after %s", took)
					}
				})
			})
		}
	}
}

func TestLoopsWaitForTheJobUnderWay(t *testing.T) {
	for name, loop := range loops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				finished := false
				ctx, cancel := context.WithCancel(t.Context())
				x := fakeExecutor{execute: func(context.Context, []portfolio.Decision) error {
					cancel()
					_ = sleep(context.WithoutCancel(ctx), 3*time.Minute) // a call that is not cut short
					finished = true
					return nil
				}}
				m := &memory{}
				if err := loop(setup{executor: x, memory: m}.make(), ctx); err != nil {
					t.Errorf("it ended with %v", err)
				}
				if !finished {
					t.Error("the call under way was not waited for")
				}
				if len(m.runs) != 0 {
					t.Errorf("a run that was cut short was recorded: %v", m.runs)
				}
			})
		})
	}
}

func TestFollowUps(t *testing.T) {
	for name, loop := range loops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var at []time.Duration
				x := fakeExecutor{wake: make(chan struct{}, 1)}
				x.followUp = func(context.Context) (time.Time, error) {
					at = append(at, time.Since(start))
					switch len(at) {
					case 1:
						return time.Now().Add(10 * time.Second), nil // as asked
					case 2:
						return time.Now().Add(24 * time.Hour), nil // a nap is a minute at most
					case 3:
						return time.Now().Add(-time.Hour), nil // never in a busy loop
					case 4:
						panic("out of cheese")
					case 5:
						return time.Now(), errors.New("no") // nor after a failure
					default:
						return time.Time{}, nil
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() {
					_ = sleep(ctx, 200*time.Second)
					x.wake <- struct{}{}
					_ = sleep(ctx, 10*time.Second)
					cancel()
				}()
				if err := loop(setup{executor: x}.make(), ctx); err != nil {
					t.Fatal(err)
				}
				var want []time.Duration
				for _, second := range []int{0, 10, 70, 71, 131, 191, 200} {
					want = append(want, time.Duration(second)*time.Second)
				}
				if !slices.Equal(at, want) {
					t.Errorf("at %v, want %v", at, want)
				}
			})
		})
	}
}

func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		x := fakeExecutor{followUp: func(context.Context) (time.Time, error) {
			at = append(at, time.Since(start))
			return time.Now().Add(time.Duration(len(at)) * 4 * time.Second), nil
		}}
		s := setup{executor: x}.make()
		if err := s.Settle(t.Context(), start.Add(20*time.Second)); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{0, 4 * time.Second, 12 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("at %v, want %v", at, want)
		}
		if got := time.Since(start); got > 20*time.Second {
			t.Errorf("it took %s", got)
		}
	})
}

func TestOnce(t *testing.T) {
	call := &portfolio.CallError{Call: "list pushes (account 2)", Outcome: portfolio.OutcomeUnknown, Status: 502, Message: "bad gateway"}
	m := &memory{}
	executed := 0
	u := setup{
		memory: m,
		two:    fakeLister{pushes: func() ([]portfolio.Push, error) { return nil, call }},
		executor: fakeExecutor{execute: func(context.Context, []portfolio.Decision) error {
			if executed++; executed == 1 {
				return errors.New("the disk is full")
			}
			return nil
		}},
	}
	err := u.make().Once(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the disk is full") || !errors.Is(err, call) {
		t.Errorf("it ended with %v", err)
	}
	if executed != 4 {
		t.Errorf("%d jobs had their turn", executed)
	}
	if got := m.told("problem"); !slices.Equal(got, []string{"alert list pushes (account 2): 502: bad gateway"}) {
		t.Errorf("told: %q", got)
	}

	// The next pass is clean.
	u.two, u.executor = nil, fakeExecutor{}
	if err := u.make().Once(t.Context()); err != nil {
		t.Errorf("the next one ended with %v", err)
	}

	// One that is cut short is no failure.
	ctx, cancel := context.WithCancel(t.Context())
	u.one = fakeLister{domains: func(ctx context.Context, _ int) (portfolio.Page[portfolio.Domain], error) {
		cancel()
		return portfolio.Page[portfolio.Domain]{}, ctx.Err()
	}}
	u.memory = &memory{}
	if err := u.make().Once(ctx); err != nil || len(u.memory.events) != 0 {
		t.Errorf("a pass that was cut short ended with %v and told %v", err, u.memory.events)
	}
}
