package proof

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // worlds come and go by the thousand, and each is small
	// Fewer than usual, since each is a whole history; the command line can say otherwise.
	if err := flag.Set("rapid.checks", "12"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// What a process finds when it starts is the same whether the one before died right after
// something or right before what comes next. So every second point is enough, of a life
// and of a pair of lives; -whole takes every point of a life, and every such pair.
var whole = flag.Bool("whole", false, "crash before and after everything, and in every pair")

// lived is what came of a scenario.
type lived struct {
	points []int // at which its last life could have ended, without those that are like others
	all    []int // … and with them
	err    error
	story  string
}

// act plays a scenario in which the first lives end at the points given.
func (s scenario) act(ctx context.Context, path string, gently bool, deaths ...int) (out lived) {
	defer removeState(path)
	w, err := newWorld(ctx, s.plan.scene, path, 1)
	if err != nil {
		return lived{err: err}
	}
	w.deaths, w.gently = deaths, gently
	if err = w.play(s.plan); err == nil {
		err = s.check(w)
	}
	if err == nil && len(w.watch.crashes) != len(deaths) {
		err = fmt.Errorf("it was to die %d times, and died %d times", len(deaths), len(w.watch.crashes))
	}
	if w.p != nil {
		out.points, out.all = w.p.points(false), w.p.points(true)
	}
	if out.err = errors.Join(err, w.close()); out.err != nil {
		out.story = w.story()
	}
	return out
}

// each plays a scenario once for each of many ways to die, side by side, and hands out
// what came of each.
func (s scenario) each(t *testing.T, gently bool, ways iter.Seq[[]int], lived func(deaths []int, out lived)) int {
	t.Helper()
	dir := t.TempDir()
	jobs := make(chan []int)
	var n, failed atomic.Int64
	var wg sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for deaths := range jobs {
				n.Add(1)
				got := s.act(t.Context(), filepath.Join(dir, fmt.Sprintf("state-%d.db", worker)), gently, deaths...)
				if got.err != nil && failed.Add(1) <= 3 {
					t.Errorf("deaths at %v: %v\n%s", deaths, got.err, got.story)
				}
				lived(deaths, got)
			}
		})
	}
	for deaths := range ways {
		if failed.Load() >= 3 {
			break
		}
		jobs <- deaths
	}
	close(jobs)
	wg.Wait()
	return int(n.Load())
}

// alone plays a scenario without any crash.
func (s scenario) alone(t *testing.T) lived {
	t.Helper()
	out := s.act(t.Context(), filepath.Join(t.TempDir(), "state.db"), false)
	if out.err != nil {
		t.Fatalf("without any crash: %v\n%s", out.err, out.story)
	}
	if len(out.points) < 20 {
		t.Fatalf("only %d points", len(out.points))
	}
	return out
}

// some are the points of a scenario at which it is ended: each n-th, or with -whole all.
func (s scenario) some(t *testing.T, each int) []int {
	t.Helper()
	out := s.alone(t)
	if *whole {
		return out.all
	}
	return thin(out.points, 0, each*max(1, s.seldom))
}

// once dies at each of some points.
func once(points []int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for _, k := range points {
			if !yield([]int{k}) {
				return
			}
		}
	}
}

// TestEveryCrash lets the process die at every point of every scenario.
func TestEveryCrash(t *testing.T) {
	for _, s := range scenarios(t) {
		t.Run(s.name, func(t *testing.T) {
			n := s.each(t, false, once(s.some(t, crashesEach)), func([]int, lived) {})
			t.Logf("%d crashes", n)
		})
	}
}

// TestEveryShutdown lets a shutdown begin at every point: what is under way is finished,
// and nothing new is begun.
func TestEveryShutdown(t *testing.T) {
	for _, s := range scenarios(t) {
		if !s.single && !*whole {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			n := s.each(t, true, once(s.some(t, shutdownsEach)), func([]int, lived) {})
			t.Logf("%d shutdowns", n)
		})
	}
}

// TestEveryPairOfCrashes lets the process die at every point of a short scenario, and
// the next one at every point of its own life.
func TestEveryPairOfCrashes(t *testing.T) {
	stride := pairsEach
	if *whole {
		stride = 1
	}
	for _, s := range scenarios(t) {
		if !s.single {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			var mu sync.Mutex
			next := make(map[int][]int) // the points of the second life, by the end of the first
			first := s.alone(t).points
			if stride > 1 {
				// Fewer first lives, and fewer points of each second one.
				first = thin(first, 0, 8*max(1, s.seldom))
			}
			s.each(t, false, once(first), func(deaths []int, out lived) {
				mu.Lock()
				defer mu.Unlock()
				next[deaths[0]] = out.points
			})
			pairs := func(yield func([]int) bool) {
				for i, k := range first {
					for _, l := range thin(next[k], i, max(1, stride/4)) {
						if !yield([]int{k, l}) {
							return
						}
					}
				}
			}
			n := s.each(t, false, pairs, func([]int, lived) {})
			t.Logf("%d pairs", n)
		})
	}
}

// thin takes each n-th point, not always the same.
func thin(points []int, from, n int) []int {
	var out []int
	for i := from % n; i < len(points); i += n {
		out = append(out, points[i])
	}
	return out
}
