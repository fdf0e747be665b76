package state

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

func FuzzSnapshot(f *testing.F) {
	f.Add("a.example", "registered", true, false, int64(2715), int64(1_800_000_000))
	f.Add("b.example", "hosted", false, true, int64(0), int64(0))
	f.Add("", "novel", true, true, int64(-1), int64(-1))
	f.Fuzz(func(t *testing.T, name, state string, auto, private bool, registrant, expires int64) {
		want := portfolio.Snapshot{ID: 7, Name: name, State: portfolio.DomainState(state), AutoRenew: auto, WhoisPrivacy: private, RegistrantID: registrant}
		if expires != 0 {
			want.ExpiresAt = time.Unix(expires%1e11, 0).UTC()
		}
		d := want.Domain(1)
		b := appendSnapshot(nil, &d)
		got, err := parseSnapshot(7, b)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%+v became %+v", want, got)
		}
		for i := range b { // what is cut off is an error or another domain, and never a panic
			_, _ = parseSnapshot(7, b[:i])
		}
	})
}

func sweptDomain(account, id int64) portfolio.Domain {
	d := domain(account, id)
	d.Name = fmt.Sprintf("d%d.example", id)
	return d
}

func snapshots(domains ...portfolio.Domain) []portfolio.Snapshot {
	var all []portfolio.Snapshot
	for _, d := range domains {
		all = append(all, portfolio.SnapshotOf(d))
	}
	return all
}

func comparison(tb testing.TB, s *Store, account, after, upTo int64, most int, domains ...portfolio.Domain) portfolio.Comparison {
	tb.Helper()
	c, err := s.CompareSnapshots(account, after, upTo, domains, most)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestCompareSnapshots(t *testing.T) {
	s := fresh(t)
	random := rand.New(rand.NewPCG(1, 2))
	remembered := map[int64]portfolio.Domain{}
	var first []portfolio.Domain
	for id := int64(1); id <= 40; id++ {
		if random.IntN(3) > 0 {
			first = append(first, sweptDomain(1010, id))
			remembered[id] = sweptDomain(1010, id)
		}
	}
	others := []portfolio.Domain{sweptDomain(1009, 5), sweptDomain(1011, 1)}
	change(t, s, portfolio.Change{Swept: &portfolio.Swept{AccountID: 1010, Snapshots: snapshots(first...)}})
	for _, d := range others {
		change(t, s, portfolio.Change{Swept: &portfolio.Swept{AccountID: d.AccountID, Snapshots: snapshots(d)}})
	}
	for range 300 {
		after := random.Int64N(40)
		upTo := after + random.Int64N(42-after)
		if random.IntN(4) == 0 {
			upTo = math.MaxInt64
		}
		var list []portfolio.Domain
		want := portfolio.Comparison{}
		for id := after + 1; id <= min(upTo, 44); id++ {
			was, known := remembered[id]
			is := sweptDomain(1010, id)
			switch random.IntN(4) {
			case 0: // it is not in the list
				if known {
					want.Absent = append(want.Absent, portfolio.SnapshotOf(was))
				}
				continue
			case 1:
				is.AutoRenew = true
				if known {
					want.Changed = append(want.Changed, portfolio.ChangedDomain{Was: portfolio.SnapshotOf(was), Is: is})
				}
			}
			list = append(list, is)
			if !known {
				want.Added = append(want.Added, is)
			}
		}
		wantSame(t, comparison(t, s, 1010, after, upTo, 100, list...), want)
		if n := len(want.Absent); n > 1 {
			want.More, want.Absent = n-1, want.Absent[:1]
			wantSame(t, comparison(t, s, 1010, after, upTo, 1, list...), want)
		}
	}
	_, err := s.CompareSnapshots(1010, 5, 9, []portfolio.Domain{sweptDomain(1010, 10)}, 1)
	wantError(t, err, ErrChange)
	_, err = s.CompareSnapshots(1010, 5, 9, []portfolio.Domain{sweptDomain(1010, 8), sweptDomain(1010, 7)}, 1)
	wantError(t, err, ErrChange)
	check(t, s)
}

func TestWhatASweepFoundIsOneChange(t *testing.T) {
	s := fresh(t)
	a, b, c := sweptDomain(1010, 1), sweptDomain(1010, 2), sweptDomain(1010, 3)
	sweep := portfolio.Sweep{AccountID: 1010, BeganAt: start, MovedAt: start, After: 3, Offset: 3, Seen: 3, Total: 3}
	change(t, s, portfolio.Change{
		Swept:  &portfolio.Swept{AccountID: 1010, Sweep: &sweep, Snapshots: snapshots(a, b, c)},
		Events: []portfolio.Event{info("added")},
	})
	got, err := s.SweepOf(1010)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, sweep)
	missing := func(m ...portfolio.Missing) {
		t.Helper()
		got, err := s.MissingOf(1010)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, got, m)
		check(t, s)
	}
	missing()
	gone := func(d portfolio.Domain, since time.Time) portfolio.Missing {
		return portfolio.Missing{Snapshot: portfolio.SnapshotOf(d), Since: since}
	}
	change(t, s, portfolio.Change{Swept: &portfolio.Swept{AccountID: 1010, Missing: []portfolio.Missing{
		gone(b, start), gone(c, start.Add(time.Minute)), gone(sweptDomain(1010, 9), start), // the last was never seen
	}}})
	missing(gone(b, start), gone(c, start.Add(time.Minute)))
	// That it is missing still says nothing new.
	change(t, s, portfolio.Change{Swept: &portfolio.Swept{AccountID: 1010, Missing: []portfolio.Missing{gone(b, start.Add(time.Hour))}}})
	missing(gone(b, start), gone(c, start.Add(time.Minute)))
	change(t, s, portfolio.Change{Swept: &portfolio.Swept{AccountID: 1010, Found: []int64{3}, Gone: []int64{2}}})
	missing()
	wantSame(t, comparison(t, s, 1010, 0, math.MaxInt64, 9), portfolio.Comparison{Absent: snapshots(a, c)})

	for name, w := range map[string]portfolio.Swept{
		"no account":    {Snapshots: snapshots(a)},
		"no domain":     {AccountID: 1, Snapshots: []portfolio.Snapshot{{}}},
		"another sweep": {AccountID: 1, Sweep: &sweep},
	} {
		err := s.Commit(portfolio.Change{Swept: &w, Events: []portfolio.Event{info("told")}})
		if !errors.Is(err, ErrChange) || len(whats(t, s)) != 1 {
			t.Errorf("%s: %v, told %v", name, err, whats(t, s))
		}
	}
}

func TestASweepThatFindsNothingNewIsCheap(t *testing.T) {
	s := fresh(t)
	var domains []portfolio.Domain
	for id := range int64(5000) {
		domains = append(domains, sweptDomain(1010, id+1))
	}
	same := portfolio.Change{Swept: &portfolio.Swept{AccountID: 1010, Snapshots: snapshots(domains...)}}
	change(t, s, same)
	if n := written(t, s, same); n != 0 {
		t.Errorf("the same again: %d pages", n)
	}
	page := domains[1000:1100]
	wantSame(t, comparison(t, s, 1010, 1000, 1100, 9, page...), portfolio.Comparison{})
	allocations := testing.AllocsPerRun(10, func() { _ = comparison(t, s, 1010, 1000, 1100, 9, page...) })
	if allocations > 30 { // of a hundred domains: the transaction's own
		t.Errorf("%v allocations for a page on which nothing changed", allocations)
	}
	t.Logf("%v allocations a page", allocations)
	check(t, s)
}

func TestDamagedSnapshotsAreFound(t *testing.T) {
	for name, spoil := range map[string]func(*bbolt.Tx) error{
		"flags": func(tx *bbolt.Tx) error { return bucket(tx, snapshotsBucket).Put(watchedKey(1, 1), []byte{255}) },
		"short": func(tx *bbolt.Tx) error {
			return bucket(tx, snapshotsBucket).Put(watchedKey(1, 1), []byte{snapshotExpires})
		},
		"key": func(tx *bbolt.Tx) error { return bucket(tx, snapshotsBucket).Put(ident(1), []byte{1, 0}) },
		"never seen": func(tx *bbolt.Tx) error {
			return bucket(tx, missingBucket).Put(watchedKey(1, 9), appendInstant(nil, start))
		},
		"no moment":     func(tx *bbolt.Tx) error { return bucket(tx, missingBucket).Put(watchedKey(1, 1), []byte{1}) },
		"no sweep":      func(tx *bbolt.Tx) error { return bucket(tx, sweepsBucket).Put(ident(1), []byte("{")) },
		"another sweep": func(tx *bbolt.Tx) error { return bucket(tx, sweepsBucket).Put(ident(1), []byte(`{"account":2}`)) },
	} {
		s := fresh(t)
		change(t, s, portfolio.Change{Swept: &portfolio.Swept{AccountID: 1, Snapshots: snapshots(sweptDomain(1, 1))}})
		if err := s.db.Update(spoil); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAFileOfVersion2 opens what the second version of the schema wrote.
func TestAFileOfVersion2(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	before := contents(t, filepath.Join("testdata", "version2.bolt"))
	write(t, path, before)
	write(t, path+armedSuffix, armedLine("02020202-0202-4202-8202-020202020202", 1))
	_, err := Open(path, Options{ReadOnly: true})
	wantError(t, err, ErrOlder)
	unchanged(t, path, before)

	for range 2 {
		s := openAt(t, path, later())
		wantSame(t, s.UUID(), "02020202-0202-4202-8202-020202020202")
		first := armed(renewal(1, 1450), "2026-03-01")
		open, err := s.OpenOperations()
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, open, []portfolio.Operation{first, renewal(2, 2000)})
		wantSame(t, watched(t, s), []portfolio.Watch{{
			AccountID: 1010, SeenAt: start, SteadyAt: start, Domains: []portfolio.Domain{domain(1010, 1), domain(1010, 2)},
		}})
		pauses, err := s.Pauses()
		if err != nil || len(pauses) != 1 || pauses[0].Scope != portfolio.PausePurchases {
			t.Errorf("paused: %v, %v", pauses, err)
		}
		wantSame(t, whats(t, s), []string{"1 paused", "2 scanned"})
		sweep, err := s.SweepOf(1010)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, sweep, portfolio.Sweep{AccountID: 1010})
		wantSame(t, comparison(t, s, 1010, 0, math.MaxInt64, 1), portfolio.Comparison{})
		check(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(before, contents(t, path)) {
		t.Error("it was not migrated")
	}
	s := openAt(t, path, later())
	change(t, s, portfolio.Change{Swept: &portfolio.Swept{AccountID: 1010, Snapshots: snapshots(sweptDomain(1010, 1))}})
	check(t, s)
}
