package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"domaind/internal/events"
	"domaind/internal/portfolio"
)

// What cannot be followed up does not end the settling: what comes later may.
func TestSettleGoesOnAfterAnError(t *testing.T) {
	failed := errors.New("a bad moment")
	for name, tc := range map[string]struct {
		rounds []func() (time.Time, error) // the last one for good
		at     []time.Duration
		want   error
	}{
		"it gets better": {
			rounds: []func() (time.Time, error){
				func() (time.Time, error) { return time.Now().Add(5 * time.Second), failed },
				func() (time.Time, error) { return time.Now().Add(5 * time.Second), nil },
				func() (time.Time, error) { return time.Time{}, nil },
			},
			at: []time.Duration{0, 5 * time.Second, 10 * time.Second},
		},
		"a panic": {
			rounds: []func() (time.Time, error){
				func() (time.Time, error) { return time.Now().Add(5 * time.Second), nil },
				func() (time.Time, error) { panic("out of cheese") },
			},
			at:   []time.Duration{0, 5 * time.Second},
			want: errors.New("panic: out of cheese"),
		},
		"the last round's error": {
			rounds: []func() (time.Time, error){
				func() (time.Time, error) { return time.Now().Add(5 * time.Second), nil },
				func() (time.Time, error) { return time.Time{}, failed },
			},
			at:   []time.Duration{0, 5 * time.Second},
			want: failed,
		},
		"what became due meanwhile": {
			rounds: []func() (time.Time, error){
				func() (time.Time, error) { return time.Now(), nil },
				func() (time.Time, error) { return time.Now().Add(-time.Hour), nil },
				func() (time.Time, error) { return time.Time{}, nil },
			},
			at: []time.Duration{0, shortestNap, 2 * shortestNap},
		},
		"beyond the deadline": {
			rounds: []func() (time.Time, error){func() (time.Time, error) { return time.Now().Add(21 * time.Second), nil }},
			at:     []time.Duration{0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var at []time.Duration
				x := fakeExecutor{followUp: func(context.Context) (time.Time, error) {
					at = append(at, time.Since(start))
					return tc.rounds[min(len(at), len(tc.rounds))-1]()
				}}
				err := setup{executor: x}.make().Settle(t.Context(), start.Add(20*time.Second))
				if (err == nil) != (tc.want == nil) || err != nil && !strings.Contains(err.Error(), tc.want.Error()) {
					t.Errorf("it ended with %v", err)
				}
				if !slices.Equal(at, tc.at) {
					t.Errorf("at %v, want %v", at, tc.at)
				}
			})
		})
	}
}

// What is due again and again, or fails again and again, ends at the deadline.
func TestSettleEndsAtTheDeadline(t *testing.T) {
	failed := errors.New("a bad moment")
	for _, want := range []error{nil, failed} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			rounds := 0
			x := fakeExecutor{followUp: func(context.Context) (time.Time, error) {
				rounds++
				return time.Now(), want
			}}
			err := setup{executor: x}.make().Settle(t.Context(), start.Add(20*time.Second))
			if !errors.Is(err, want) {
				t.Errorf("it ended with %v", err)
			}
			if took := time.Since(start); took != 20*time.Second || rounds != 201 {
				t.Errorf("it took %s, and %d rounds", took, rounds)
			}
		})
	}
}

// A shutdown ends the settling at once, and is no failure.
func TestSettleEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		x := fakeExecutor{followUp: func(context.Context) (time.Time, error) { return time.Now().Add(15 * time.Second), nil }}
		if err := (setup{executor: x}).make().Settle(ctx, start.Add(20*time.Second)); err != nil {
			t.Errorf("it ended with %v", err)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestCatalogueHasWhatIsTold: everything that a scan tells of itself has its entry
// and its level.
func TestCatalogueHasWhatIsTold(t *testing.T) {
	call := &portfolio.CallError{Call: "list domains (account 2)", Outcome: portfolio.OutcomeUnknown, Status: 502, Message: "bad gateway"}
	m := &memory{}
	s := setup{memory: m, two: fakeLister{
		domains: func(context.Context, int) (page, error) { return page{}, call },
		pushes:  func() ([]portfolio.Push, error) { panic("out of cheese") },
	}}.make()
	if err := s.Once(t.Context()); !errors.Is(err, call) {
		t.Errorf("it ended with %v", err)
	}
	told := make(map[string]bool)
	for _, e := range m.events {
		told[e.What] = true
		if !slices.ContainsFunc(events.Catalogue(), func(c events.Entry) bool {
			return c.About == e.About && c.What == e.What && c.Level == e.Level
		}) {
			t.Errorf("the catalogue has no %s %s %s", e.Level, e.About, e.What)
		}
	}
	for _, entry := range events.Catalogue() {
		if entry.About == portfolio.AboutScan && !told[entry.What] {
			t.Errorf("nothing tells scan %s: %v", entry.What, fmt.Sprint(told))
		}
	}
}
