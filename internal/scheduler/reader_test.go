package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

// listed is an account's domains as DNSimple lists them. Before each page it may change.
type listed struct {
	domains   []portfolio.Domain
	undated   string // where those without an expiration come: "first" or "last"
	change    func(page int)
	asked     []int // the position at which each page began
	total     int   // what it says that it has, beside the truth
	unordered bool
}

func (l *listed) lister() fakeLister { return fakeLister{listed: l.page} }

func (l *listed) page(_ context.Context, number, size int) (page, error) {
	if l.change != nil {
		l.change(len(l.asked))
	}
	l.asked = append(l.asked, (number-1)*size)
	if !l.unordered {
		slices.SortFunc(l.domains, func(a, b portfolio.Domain) int {
			if l.undated == "first" && a.ExpiresAt.IsZero() != b.ExpiresAt.IsZero() {
				return -compareExpiration(a, b)
			}
			return cmp.Or(compareExpiration(a, b), cmp.Compare(a.ID, b.ID))
		})
	}
	n := len(l.domains)
	from := min((number-1)*size, n)
	to := min(from+size, n)
	return page{
		Number: number, Items: slices.Clone(l.domains[from:to]), Total: n + l.total, Pages: max(1, (n+l.total+size-1)/size),
	}, nil
}

// some are so many domains, the first of which has the id 1.
func some(n int, days func(i int) int) []portfolio.Domain {
	var all []portfolio.Domain
	for i := range n {
		all = append(all, in(int64(i+1), days(i)))
	}
	return all
}

var horizon = now.AddDate(0, 0, 60)

// TestWhatAScanCosts is what is promised: one request for each hundred domains inside the
// horizon, and two.
func TestWhatAScanCosts(t *testing.T) {
	for _, inside := range []int{0, 1, 5, 50, 99, 100, 101, 199, 200, 500, 999, 1000, 1001, 1234, 5000, 20_000} {
		l := &listed{domains: some(inside+3000, func(i int) int {
			if i < inside {
				return cmp.Or(-20+80*i/inside, 1)
			}
			return 61 + i%400
		})}
		s := setup{one: l.lister()}.make()
		domains, problems, err := s.readDomains(t.Context(), s.Accounts[0], horizon)
		if err != nil || len(problems) > 0 || len(domains) < inside {
			t.Errorf("%d inside: %d read, problems %v, %v", inside, len(domains), problems, err)
		}
		if most := (inside+99)/100 + 2; len(l.asked) > most {
			t.Errorf("%d inside: %d requests, at most %d", inside, len(l.asked), most)
		}
	}
}

// TestDomainsWithoutAnExpiration neither end a scan nor let it run on, wherever they are
// listed, and however many they are.
func TestDomainsWithoutAnExpiration(t *testing.T) {
	const undated = 20_000
	for name, tt := range map[string]struct {
		where        string
		inside, more int // domains inside the horizon and behind it
		requests     int // at most
	}{
		"first, thousands":            {"first", 250, 4000, 4 + 2 + 10},
		"first, nothing inside":       {"first", 0, 4000, 2 + 2 + 10},
		"first, all others inside":    {"first", 30, 0, 1 + 2 + 10},
		"last, thousands":             {"last", 250, 4000, 3 + 2},
		"last, all others inside":     {"last", 250, 0, 3 + 2},
		"last, a page of the others":  {"last", 100, 0, 1 + 2},
		"last, many others":           {"last", 2000, 0, 20 + 2},
		"first, nothing but":          {"first", 0, 0, 2},
		"last, nothing but":           {"last", 0, 0, 2},
		"first, more than is in step": {"first", 3000, 100, 35 + 2 + 10},
	} {
		t.Run(name, func(t *testing.T) {
			l := &listed{undated: tt.where, domains: some(undated+tt.inside+tt.more, func(i int) int {
				switch {
				case i < undated:
					return 0
				case i < undated+tt.inside:
					return 1 + i%50
				}
				return 61 + i%400
			})}
			s := setup{one: l.lister()}.make()
			domains, problems, err := s.readDomains(t.Context(), s.Accounts[0], horizon)
			found := 0
			for _, d := range domains {
				if !d.ExpiresAt.IsZero() && !d.ExpiresAt.After(horizon) {
					found++
				}
			}
			if err != nil || len(problems) > 0 || found != tt.inside {
				t.Errorf("%d found of %d, problems %v, %v", found, tt.inside, problems, err)
			}
			if len(l.asked) > tt.requests {
				t.Errorf("%d requests, at most %d: %v", len(l.asked), tt.requests, l.asked)
			}
		})
	}
}

// restless is a portfolio to which anything may happen before each page.
type restless struct {
	listed
	t       *rapid.T
	next    int64
	spread  int            // days
	most    int            // changes at once
	changes int            // that are left
	outside map[int64]bool // was outside of the horizon, or of the account, at some moment
	edited  map[int64]bool // its expiration was moved
	tick    time.Time
}

func newRestless(t *rapid.T) *restless {
	w := &restless{
		t: t, spread: rapid.IntRange(1, 100).Draw(t, "days"), most: rapid.IntRange(0, 4).Draw(t, "most at once"),
		changes: 30, outside: make(map[int64]bool), edited: make(map[int64]bool), tick: now,
	}
	w.undated = rapid.SampledFrom([]string{"first", "last"}).Draw(t, "undated")
	for range rapid.IntRange(1, 90).Draw(t, "domains") {
		w.add()
	}
	for range rapid.SampledFrom([]int{0, 0, 3, 30}).Draw(t, "without expiration") {
		w.next++
		w.domains = append(w.domains, in(w.next, 0))
	}
	w.change = func(int) {
		for range rapid.IntRange(0, w.most).Draw(t, "at once") {
			if w.changes--; w.changes >= 0 && len(w.domains) > 0 {
				w.happen()
			}
		}
	}
	return w
}

func (w *restless) add() {
	w.next++
	w.domains = append(w.domains, in(w.next, w.days()))
}

func (w *restless) days() int {
	return cmp.Or(rapid.IntRange(-20, w.spread).Draw(w.t, "expires"), 1)
}

func within(d portfolio.Domain) bool { return !d.ExpiresAt.IsZero() && !d.ExpiresAt.After(horizon) }

// happen changes one domain, mostly one that comes early.
func (w *restless) happen() {
	what := rapid.SampledFrom([]string{"renewed", "renewed", "renewed", "removed", "added", "edited", "dated"}).Draw(w.t, "change")
	if what == "added" { // or moved here from another account
		w.add()
		w.outside[w.next] = true
		return
	}
	i := rapid.OneOf(rapid.IntRange(0, min(len(w.domains)-1, 12)), rapid.IntRange(0, len(w.domains)-1)).Draw(w.t, "which")
	d := &w.domains[i]
	w.tick = w.tick.Add(1)
	switch {
	case what == "removed": // or moved to another account
		w.outside[d.ID] = true
		w.domains = slices.Delete(w.domains, i, i+1)
		return
	case what == "dated" && d.ExpiresAt.IsZero(): // it was hosted, and was registered
		w.outside[d.ID] = true
		*d = in(d.ID, w.days())
	case what == "dated":
		*d = in(d.ID, 0)
	case d.ExpiresAt.IsZero():
	case what == "renewed":
		d.ExpiresAt = d.ExpiresAt.AddDate(1, 0, 0)
	case what == "edited":
		d.ExpiresAt = now.AddDate(0, 0, w.days())
	}
	d.UpdatedAt = w.tick
	w.outside[d.ID] = w.outside[d.ID] || !within(*d)
	w.edited[d.ID] = true
}

// stayed are the domains that were inside the horizon the whole time, and whose own
// expirations nobody moved.
func (w *restless) stayed() []int64 {
	var all []int64
	for _, d := range w.domains {
		if within(d) && !w.outside[d.ID] && !w.edited[d.ID] {
			all = append(all, d.ID)
		}
	}
	return all
}

func drawPageSize(t *rapid.T) int { return rapid.SampledFrom([]int{7, 8, 9, 10}).Draw(t, "page") }

// TestNoDomainIsLost interleaves whatever may happen to a portfolio with the pages of two
// scans. A domain that was inside the horizon the whole time is found by the first of them
// or by the second. (One that is itself moved, from what is still to be read to what was
// read already, may be found by a later one.)
func TestNoDomainIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newRestless(t)
		m := &memory{}
		s := setup{one: w.lister(), memory: m}.make()
		s.pageSize = drawPageSize(t)
		found := make(map[int64]bool)
		for range 2 {
			before := len(w.asked)
			w.changes = 30
			domains, _, err := s.readDomains(t.Context(), s.Accounts[0], horizon)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range domains {
				found[d.ID] = true
			}
			if asked := len(w.asked) - before; asked > 4*(len(w.domains)+60)/s.pageSize+60 {
				t.Fatalf("%d requests for %d domains", asked, len(w.domains))
			}
			if err := m.Commit(portfolio.Change{Watch: []portfolio.Watch{watch(1, domains, now)}}); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range w.stayed() {
			if !found[id] {
				t.Fatalf("domain %d is lost", id)
			}
		}
	})
}

// TestAStrictReadingLosesNothing: one reading is enough where all of its pages overlap.
func TestAStrictReadingLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newRestless(t)
		r := &reader{ask: w.page, horizon: horizon, size: drawPageSize(t), strict: rapid.Bool().Draw(t, "strict")}
		if err := r.read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !r.complete() || r.loose {
			t.Skip("it is read again, or said to be incomplete")
		}
		for _, id := range w.stayed() {
			if _, ok := r.known[id]; !ok {
				t.Fatalf("domain %d is lost", id)
			}
		}
	})
}

// TestALooseReadingIsMadeGoodByTheNext: what a bare page passes over in one scan is found
// by the next, since that one sees that something has moved. Where domains without an
// expiration come first, of which nobody remembers anything, no page is bare.
func TestALooseReadingIsMadeGoodByTheNext(t *testing.T) {
	for undated, found := range map[int][]bool{0: {false, true}, 50: {true, true}, 900: {true, true}} {
		l := &listed{undated: "first", domains: some(undated+3000, func(i int) int {
			if i < undated {
				return 0
			}
			return cmp.Or((i-undated)/40-2, 1)
		})}
		m := &memory{}
		s := setup{one: l.lister(), memory: m}.make()
		lost := int64(0)
		passOver := func(int) {
			// Where a bare page would begin, the first two domains of all are renewed, or registered.
			if len(l.asked) < 25 {
				return
			}
			lost = l.domains[l.asked[len(l.asked)-1]+100].ID
			for i := range 2 {
				l.domains[i].ExpiresAt = now.AddDate(2, 0, 0)
			}
			l.change = nil
		}
		l.change = passOver
		for scan, want := range found {
			l.asked = nil
			domains, problems, err := s.readDomains(t.Context(), s.Accounts[0], horizon)
			got := slices.ContainsFunc(domains, func(d portfolio.Domain) bool { return d.ID == lost })
			if err != nil || len(problems) > 0 || got != want || lost == 0 {
				t.Errorf("%d without an expiration, scan %d: found %v, problems %v, %v", undated, scan+1, got, problems, err)
			}
			if err := m.Commit(portfolio.Change{Watch: []portfolio.Watch{watch(1, domains, now)}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestAListThatIsNotSorted is read to its end, once, and somebody is told.
func TestAListThatIsNotSorted(t *testing.T) {
	l := &listed{unordered: true, domains: some(450, func(i int) int { return 400 - i%390 })}
	s := setup{one: l.lister()}.make()
	domains, problems, err := s.readDomains(t.Context(), s.Accounts[0], horizon)
	if err != nil || len(domains) != 450 || len(problems) != 1 || len(l.asked) > 1+5 {
		t.Errorf("%d read with %d requests, %v, %v", len(domains), len(l.asked), problems, err)
	}
	if want := fmt.Sprintf("list domains (account 1): %v", errUnsorted); len(problems) == 1 && problems[0].Error() != want {
		t.Errorf("%v", problems[0])
	}
}
