package proof

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/config"
)

var (
	histories = flag.Int("histories", 0, "how many histories are drawn; 0: some")
	seed      = flag.Uint64("seed", 0, "the first seed; alone, that history only")
	historyOf = flag.Int("days", 365, "how long a history lasts")
)

// record counts what histories held.
type record struct{ histories, ticks, requests, events, faults, deaths, purchases atomic.Int64 }

func (r *record) String() string {
	return fmt.Sprintf("%d histories: %d faults, %d crashes, %d requests, %d ticks, %d events, %d purchases", r.histories.Load(),
		r.faults.Load(), r.deaths.Load(), r.requests.Load(), r.ticks.Load(), r.events.Load(), r.purchases.Load())
}

// count adds what a world held.
func (r *record) count(w *world) {
	r.histories.Add(1)
	r.ticks.Add(int64(w.ticks))
	r.requests.Add(int64(w.requests))
	r.events.Add(int64(len(w.watch.told)))
	r.faults.Add(int64(w.hits))
	r.deaths.Add(int64(len(w.watch.crashes)))
	for _, c := range w.server.Charges() {
		if w.watch.ours(c) {
			r.purchases.Add(1)
		}
	}
}

// tell plays a plan, and gives what went wrong, and what happened.
func (p plan) tell(ctx context.Context, path string, seed uint64, r *record) (story string, err error) {
	defer removeState(path)
	w, err := newWorld(ctx, p.scene, path, seed)
	if err != nil {
		return "", err
	}
	w.publishes = 20 * day
	err = w.play(p)
	r.count(w)
	if err != nil {
		story = w.story()
	}
	return story, errors.Join(err, w.close())
}

// shortened drops events from a plan that fails, as long as it fails like that.
func (p plan) shortened(ctx context.Context, path string, seed uint64, failure error) plan {
	for i := 0; i < len(p.events); {
		less := p
		less.events = slices.Delete(slices.Clone(p.events), i, i+1)
		if _, err := less.tell(ctx, path, seed, new(record)); err != nil && err.Error() == failure.Error() {
			p = less
			continue
		}
		i++
	}
	return p
}

// TestHistories plays histories drawn from seeds: those that failed once, and new ones.
func TestHistories(t *testing.T) {
	seeds := failedOnce(t)
	old := slices.Clone(seeds)
	n := *histories
	switch {
	case *seed != 0 && n == 0:
		seeds, n = nil, 1
	case n == 0:
		n = fewHistories
	}
	for i := range n {
		seeds = append(seeds, max(1, *seed)+uint64(i))
	}
	parsed := historyPolicies(func(text string) *config.Config { return parseConfig(t, text) })
	dir := t.TempDir()
	jobs := make(chan uint64)
	var failed atomic.Int64
	var all record
	var wg sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			path := filepath.Join(dir, fmt.Sprintf("state-%d.db", worker))
			for seed := range jobs {
				p := drawPlan(newSource(seed), parsed, *historyOf)
				if seed%3 == 0 && !slices.Contains(old, seed) {
					p = p.asked(parsed)
				}
				_, err := p.tell(t.Context(), path, seed, &all)
				if err == nil || failed.Add(1) > 5 {
					continue
				}
				short := p.shortened(t.Context(), path, seed, err)
				story, _ := short.tell(t.Context(), path, seed, new(record))
				t.Errorf("%v\nto repeat it: go test ./internal/proof -run TestHistories -seed %d%s\nwhat is left of its plan:\n%s\n%s",
					err, seed, days(), short, story)
			}
		})
	}
	for _, seed := range seeds {
		if failed.Load() >= 5 {
			break
		}
		jobs <- seed
	}
	close(jobs)
	wg.Wait()
	t.Log(&all)
}

// days repeats the flag where it is not as usual.
func days() string {
	if *historyOf == 365 {
		return ""
	}
	return fmt.Sprintf(" -days %d", *historyOf)
}

// failedOnce are the seeds that failed once.
func failedOnce(t *testing.T) []uint64 {
	t.Helper()
	f, err := os.Open("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var seeds []uint64
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, n)
	}
	return seeds
}

// TestHistoriesShrink lets rapid draw histories of a few months: where one fails, it
// looks for the smallest one that does.
func TestHistoriesShrink(t *testing.T) {
	parsed := historyPolicies(func(text string) *config.Config { return parseConfig(t, text) })
	path := filepath.Join(t.TempDir(), "state.db")
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlanFor(rt, parsed, 120)
		if story, err := p.tell(t.Context(), path, 1, new(record)); err != nil {
			rt.Fatalf("%v\n%s\n%s", err, p, story)
		}
	})
}

// TestSameSeedSameHistory plays a history twice.
func TestSameSeedSameHistory(t *testing.T) {
	parsed := historyPolicies(func(text string) *config.Config { return parseConfig(t, text) })
	var stories [2]string
	for i := range stories {
		p := drawPlan(newSource(7), parsed, 120)
		w, err := newWorld(t.Context(), p.scene, filepath.Join(t.TempDir(), "state.db"), 7)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.play(p)); err != nil {
			t.Fatalf("%v\n%s", err, w.story())
		}
		for _, m := range w.stream.messages {
			stories[i] += m.at.Format(time.RFC3339Nano) + " " + m.subject + " " + string(m.body) + "\n"
		}
		stories[i] += fmt.Sprint(w.requests) + w.story()
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
	}
	if stories[0] != stories[1] {
		a, b := strings.Split(stories[0], "\n"), strings.Split(stories[1], "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("the same seed gives another history:\n%s\n%s", a[i], b[i])
			}
		}
		t.Fatalf("the same seed gives another history: %d lines, %d lines", len(a), len(b))
	}
}
