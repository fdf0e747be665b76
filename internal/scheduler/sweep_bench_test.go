package scheduler

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/state"
)

// BenchmarkSweep sweeps a portfolio in memory: "bare" reads its pages and does nothing
// with them, "first" writes every snapshot, "again" finds all as it was, with a hundred
// rules of which none speaks.
func BenchmarkSweep(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		all := make([]portfolio.Domain, n)
		for i := range all {
			d := in(int64(i+1), 100+i%300)
			d.RegistrantID = int64(1000 + i%7)
			all[i] = d
		}
		lister := fakeLister{byID: func(_ context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
			from := min((number-1)*size, n)
			return portfolio.Page[portfolio.Domain]{
				Items: slices.Clone(all[from:min(from+size, n)]), Number: number, Total: n, Pages: (n + size - 1) / size,
			}, nil
		}}
		b.Run(fmt.Sprintf("bare/%d", n), func(b *testing.B) {
			measured(b, n, func() {
				w := walk{read: lister.DomainPageByID, call: "list"}
				for {
					st, err := w.next(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					if st.last {
						break
					}
				}
			})
		})
		b.Run(fmt.Sprintf("first/%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := benchScheduler(b, lister)
				b.StartTimer()
				if _, err := s.Scan(b.Context(), JobPortfolio); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/domain")
		})
		b.Run(fmt.Sprintf("again/%d", n), func(b *testing.B) {
			s := benchScheduler(b, lister)
			scan := func() {
				if _, err := s.Scan(b.Context(), JobPortfolio); err != nil {
					b.Fatal(err)
				}
			}
			scan()
			measured(b, n, scan)
		})
	}
}

// measured says what one domain costs.
func measured(b *testing.B, n int, do func()) {
	b.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		do()
	}
	runtime.ReadMemStats(&after)
	per := float64(b.N * n)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/per, "ns/domain")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/per, "allocs/domain")
}

// benchScheduler has a hundred rules on domains, of all sorts.
func benchScheduler(tb testing.TB, l Lister) *Scheduler {
	tb.Helper()
	store, err := state.Open(filepath.Join(tb.TempDir(), "state.db"), state.Options{NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	p := *policy
	p.Rules = nil
	off := true
	for i := range 25 {
		name, err := rules.NewPattern(fmt.Sprintf("*-brand%d.com", i))
		if err != nil {
			tb.Fatal(err)
		}
		p.Rules = append(p.Rules,
			rules.Rule{Name: fmt.Sprint("renew", i), On: portfolio.KindDomain, Do: portfolio.ActionRenew, Years: 1, Match: rules.Conditions{Expires: rules.Distance{Days: 1 + i}}},
			rules.Rule{Name: fmt.Sprint("alert", i), On: portfolio.KindDomain, Do: portfolio.ActionAlert, Match: rules.Conditions{AutoRenew: &off}},
			rules.Rule{Name: fmt.Sprint("hold", i), On: portfolio.KindDomain, Do: portfolio.ActionHold, Match: rules.Conditions{Names: []rules.Pattern{name}}},
			rules.Rule{Name: fmt.Sprint("tld", i), On: portfolio.KindDomain, Do: portfolio.ActionAlert, Match: rules.Conditions{TLDs: []string{"org", "net"}}},
		)
	}
	return New(Options{
		Accounts: []Account{{Account: portfolio.Account{ID: 1, Name: "one"}, Lister: l}},
		Policy:   func() *rules.Policy { return &p }, Executor: fakeExecutor{}, Progress: store,
		Schedules: Schedules{Domains: never, Portfolio: never, Pushes: never, RegistrantChanges: never, Names: never},
		Now:       func() time.Time { return now }, Sleep: sleep, Fatal: fatal,
	})
}

// TestASweepOfManyNeedsNoMoreMemory: what is held while a long list is swept is what is
// held while a short one is.
func TestASweepOfManyNeedsNoMoreMemory(t *testing.T) {
	live := func(n int) (most uint64) {
		reads := 0
		made := func(i int) portfolio.Domain { return in(int64(i+1), 100+i%300) }
		s := benchScheduler(t, fakeLister{byID: func(_ context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
			if reads++; reads%50 == 0 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			p := portfolio.Page[portfolio.Domain]{Number: number, Total: n, Pages: (n + size - 1) / size}
			for i := (number - 1) * size; i < min(number*size, n); i++ {
				p.Items = append(p.Items, made(i))
			}
			return p, nil
		}})
		for range 2 { // the first writes, the second compares
			if _, err := s.Scan(t.Context(), JobPortfolio); err != nil {
				t.Fatal(err)
			}
		}
		return most
	}
	short, long := live(6_000), live(60_000)
	t.Logf("%d KiB of six thousand, %d KiB of sixty", short>>10, long>>10)
	if long > short+1<<20 {
		t.Errorf("%d KiB of six thousand domains, %d KiB of sixty thousand", short>>10, long>>10)
	}
}
