package state

import (
	"slices"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// change makes a change and fails the test where it is refused.
func change(tb testing.TB, s *Store, c portfolio.Change) {
	tb.Helper()
	if err := s.Commit(c); err != nil {
		tb.Fatal(err)
	}
}

func domain(account, id int64) portfolio.Domain {
	return portfolio.Domain{
		ID: id, AccountID: account, Name: "a.example", UnicodeName: "a.example", State: portfolio.DomainRegistered,
		ExpiresAt: start.AddDate(0, 1, 0),
	}
}

func watched(tb testing.TB, s *Store) []portfolio.Watch {
	tb.Helper()
	all, err := s.Watched()
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestAWatchReplacesThatOfItsAccount(t *testing.T) {
	s := fresh(t)
	if _, ok, err := s.WatchedOf(1010); ok || err != nil {
		t.Errorf("remembered from nothing: %v", err)
	}
	whole := portfolio.Domain{
		ID: 7, AccountID: 1010, Name: "xn--bcher-kva.example", UnicodeName: "bücher.example", State: "novel", AutoRenew: true,
		WhoisPrivacy: true, Trustee: true, RegistrantID: 2715, ExpiresAt: start, CreatedAt: start.AddDate(-1, 0, 0), UpdatedAt: start.Add(time.Nanosecond),
	}
	one := portfolio.Watch{AccountID: 1010, SeenAt: start, SteadyAt: start, Domains: []portfolio.Domain{domain(1010, 3), domain(1010, 5), whole}}
	two := portfolio.Watch{AccountID: 2020, SeenAt: start, Domains: []portfolio.Domain{domain(2020, 3)}}
	none := portfolio.Watch{AccountID: 3030, SeenAt: start, SteadyAt: start}
	change(t, s, portfolio.Change{Watch: []portfolio.Watch{none, one, two}, Events: []portfolio.Event{info("scanned")}})
	wantSame(t, watched(t, s), []portfolio.Watch{one, two, none})
	wantSame(t, whats(t, s), []string{"1 scanned"})

	moved := domain(1010, 5)
	moved.ExpiresAt = start.AddDate(1, 0, 0).In(time.FixedZone("", 3600))
	next := portfolio.Watch{AccountID: 1010, SeenAt: start.Add(time.Hour), Domains: []portfolio.Domain{domain(1010, 9), domain(1010, 1), moved}}
	change(t, s, portfolio.Change{Watch: []portfolio.Watch{next}})
	slices.SortFunc(next.Domains, func(a, b portfolio.Domain) int { return int(a.ID - b.ID) })
	next.Domains[1].ExpiresAt = next.Domains[1].ExpiresAt.UTC()
	if w, ok, err := s.WatchedOf(1010); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	} else {
		wantSame(t, w, next)
	}
	wantSame(t, watched(t, s), []portfolio.Watch{next, two, none})
	gone := portfolio.Watch{AccountID: 1010, SeenAt: start.Add(2 * time.Hour)}
	change(t, s, portfolio.Change{Watch: []portfolio.Watch{gone}})
	wantSame(t, watched(t, s), []portfolio.Watch{gone, two, none})
	check(t, s)
}

func TestOneTransactionForEverything(t *testing.T) {
	s := fresh(t)
	op := renewal(1, 100)
	pause := portfolio.Pause{AccountID: 1010, Scope: portfolio.PausePurchases, Reason: "402", By: "daemon", Since: start}
	watch := portfolio.Watch{AccountID: 1010, SeenAt: start, Domains: []portfolio.Domain{domain(1010, 1)}}
	full := portfolio.Change{
		Operation: &op, Events: []portfolio.Event{alert("paused")},
		Pauses: []portfolio.Pause{pause}, Watch: []portfolio.Watch{watch},
	}
	stale := full
	stale.Was = portfolio.StateArmed
	wantError(t, s.Commit(stale), portfolio.ErrStale)
	if pauses, err := s.Pauses(); err != nil || len(pauses) != 0 || len(watched(t, s)) != 0 || len(whats(t, s)) != 0 {
		t.Errorf("a refused change left %v, %v", pauses, err)
	}
	change(t, s, full)
	pauses, err := s.Pauses()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, pauses, []portfolio.Pause{pause})
	wantSame(t, watched(t, s), []portfolio.Watch{watch})
	check(t, s)
}

func TestPausesHaveScopes(t *testing.T) {
	s := fresh(t)
	pause := func(account int64, scope portfolio.PauseScope) portfolio.Pause {
		return portfolio.Pause{AccountID: account, Scope: scope, Reason: "because", By: "ann", Since: start}
	}
	all := []portfolio.Pause{
		pause(0, portfolio.PauseRestored), pause(7, portfolio.PauseBreaker), pause(7, portfolio.PauseByHand),
		pause(7, portfolio.PauseOf(portfolio.OpRenew)), pause(300, portfolio.PauseAccount),
	}
	var mixed []portfolio.Pause
	for _, i := range []int{3, 0, 4, 2, 1} {
		mixed = append(mixed, all[i])
	}
	change(t, s, portfolio.Change{Pauses: mixed})
	want := func(want ...portfolio.Pause) {
		t.Helper()
		got, err := s.Pauses()
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, got, want)
	}
	want(all...)

	again := pause(7, portfolio.PauseBreaker)
	again.Probes, again.ProbeAt = 1, start.Add(time.Hour)
	change(t, s, portfolio.Change{
		Lifted: []portfolio.Pause{{AccountID: 7, Scope: portfolio.PauseByHand}, {AccountID: 7, Scope: portfolio.PauseBreaker}, {Scope: "never-was"}},
		Pauses: []portfolio.Pause{again},
		Events: []portfolio.Event{info("resumed")},
	})
	want(all[0], again, all[3], all[4])
	wantSame(t, whats(t, s), []string{"1 resumed"})
	same := portfolio.Change{Pauses: []portfolio.Pause{all[0], again}, Lifted: []portfolio.Pause{{AccountID: 9, Scope: portfolio.PauseAccount}}}
	if n := written(t, s, same); n != 0 {
		t.Errorf("what is so already was written: %d pages", n)
	}
	check(t, s)
}

func TestWhatCannotBePausedOrWatched(t *testing.T) {
	s := fresh(t)
	ok := domain(1010, 1)
	foreign := domain(2020, 1)
	for name, c := range map[string]portfolio.Change{
		"no account":         {Pauses: []portfolio.Pause{{AccountID: -1, Scope: portfolio.PauseAccount}}},
		"no scope":           {Pauses: []portfolio.Pause{{AccountID: 1}}},
		"lifts no scope":     {Lifted: []portfolio.Pause{{AccountID: 1}}},
		"an impossible time": {Pauses: []portfolio.Pause{{AccountID: 1, Scope: "renew", Since: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)}}},
		"watch of no one":    {Watch: []portfolio.Watch{{Domains: []portfolio.Domain{{ID: 1}}}}},
		"foreign domain":     {Watch: []portfolio.Watch{{AccountID: 1010, Domains: []portfolio.Domain{foreign}}}},
		"no domain":          {Watch: []portfolio.Watch{{AccountID: 1010, Domains: []portfolio.Domain{{AccountID: 1010}}}}},
		"a domain twice":     {Watch: []portfolio.Watch{{AccountID: 1010, Domains: []portfolio.Domain{ok, domain(1010, 2), ok}}}},
	} {
		c.Events = []portfolio.Event{info("told")}
		wantError(t, s.Commit(c), ErrChange)
		if len(whats(t, s)) != 0 {
			t.Errorf("%s: told all the same", name)
		}
	}
}

// written is how many pages of the file a change wrote.
func written(tb testing.TB, s *Store, c portfolio.Change) int {
	tb.Helper()
	before := contents(tb, s.db.Path())
	change(tb, s, c)
	after := contents(tb, s.db.Path())
	return len(dirty(before, after))
}

func TestAWatchThatSaysTheSameIsCheap(t *testing.T) {
	s := fresh(t)
	watch := portfolio.Watch{AccountID: 1010, SeenAt: start, SteadyAt: start}
	for id := range int64(5000) {
		watch.Domains = append(watch.Domains, domain(1010, id+1))
	}
	again := portfolio.Change{Watch: []portfolio.Watch{watch}}
	change(t, s, again)
	if n := written(t, s, again); n != 0 {
		t.Errorf("the same watch again: %d pages", n)
	}
	again.Watch[0].SeenAt = start.Add(time.Hour)
	if n := written(t, s, again); n == 0 || n > 6 { // a leaf, its branches, the root, the free list, the head
		t.Errorf("only its moments differ: %d pages", n)
	}
	check(t, s)
}
