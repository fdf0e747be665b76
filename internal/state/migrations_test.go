package state

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// version1 puts a file that the first version of the schema wrote into a folder.
func version1(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "state.db")
	write(tb, path, contents(tb, filepath.Join("testdata", "version1.bolt")))
	return path
}

// wantVersion1 compares a state with what was in the file before.
func wantVersion1(tb testing.TB, s *Store) {
	tb.Helper()
	wantSame(tb, s.UUID(), "01010101-0101-4101-8101-010101010101")

	charge := portfolio.Money(1400)
	done := ended(armed(renewal(1, 1450), "2026-03-01"), portfolio.StateDone, start.Add(time.Minute))
	done.Charge, done.ChargeRefs = &charge, []string{"inv-1#0"}
	failed := ended(renewal(2, 2000), portfolio.StateFailed, start)
	second := attempt(renewal(2, 2000), 2)
	second.NextAt = start.Add(2 * time.Hour)
	unknown := armed(renewal(3, 3000), "2026-03-01")
	unknown.State, unknown.NextAt, unknown.Attention = portfolio.StateUnknown, start.Add(15*time.Minute), true
	unknown.History = []portfolio.Step{{At: start, State: portfolio.StateArmed, Note: "about to be sent", By: "daemon"}}
	var rows []portfolio.Operation
	for op, err := range s.Operations() {
		if err != nil {
			tb.Fatal(err)
		}
		rows = append(rows, op)
	}
	wantSame(tb, rows, []portfolio.Operation{armed(renewal(4, 4000), "2026-03-01"), unknown, second, failed, done})

	on, in, set := spent(tb, s, 1010, "2026-03-01")
	wantSame(tb, []portfolio.Tally{on, in, set}, []portfolio.Tally{{Amount: 8450, Purchases: 3}, {Amount: 8450, Purchases: 3}, {Amount: 2000, Purchases: 1}})
	due, _, err := s.Due(start.Add(time.Hour))
	wantSame(tb, due, []portfolio.Operation{unknown})
	claimed, err2 := s.ClaimedCharges(1010)
	wantSame(tb, claimed, map[string]bool{"inv-1#0": true})
	last, ok, err3 := s.LastPurchase(1, "")
	wantSame(tb, last, portfolio.LastPurchase{At: start.Add(time.Minute), Key: done.Key})
	run, err4 := s.LastRun("domains")
	if err := errors.Join(err, err2, err3, err4); err != nil || !ok || !run.Equal(start) {
		tb.Errorf("last purchase known: %v, domains ran at %s: %v", ok, run, err)
	}

	wantSame(tb, whats(tb, s), []string{"3 failed", "4 unknown", "5 paused", "6 paused"})
	aside, err := s.PutAside(0, 10)
	if err != nil || len(aside) != 1 || aside[0].Event.Number != 2 || aside[0].Reason != "too long" {
		tb.Errorf("aside: %v, %v", aside, err)
	}
	pauses, err := s.Pauses()
	if err != nil {
		tb.Fatal(err)
	}
	wantSame(tb, pauses, []portfolio.Pause{
		{AccountID: 1010, Scope: portfolio.PauseAccount, Reason: "DNSimple refuses its token", By: "daemon", Since: start, ProbeAt: start.Add(15 * time.Minute)},
		{AccountID: 2020, Scope: portfolio.PauseAccount, Reason: "DNSimple refuses its token", By: "daemon", Since: start.Add(time.Minute), ProbeAt: start.Add(20 * time.Minute)},
	})
	if all := watched(tb, s); len(all) != 0 {
		tb.Errorf("remembered: %v", all)
	}
	check(tb, s)
}

func TestAFileOfVersion1(t *testing.T) {
	path := version1(t)
	before := contents(t, path)
	_, err := Open(path, Options{ReadOnly: true})
	wantError(t, err, ErrOlder)
	unchanged(t, path, before)
	if _, err := os.Lstat(path + armedSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file beside what was only read: %v", err)
	}

	for range 2 { // it is migrated once, and is no old copy
		s := openAt(t, path, later())
		wantVersion1(t, s)
		wantCounts(t, s, 0)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := openAt(t, path, later())
	once := alert("unknown")
	once.Once = "unknown/3"
	tell(t, s, once)
	if n, err := s.Backlog(); err != nil || n != 4 {
		t.Errorf("what was told once was told again: %d, %v", n, err)
	}
	op := attempt(renewal(2, 2000), 2)
	commit(t, s, portfolio.StateReserved, armed(op, "2026-03-02"))
	wantCounts(t, s, 1)
	check(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	write(t, path, before) // the file of before the migration is an old copy too
	s = openAt(t, path, later())
	pauses, err := s.Pauses()
	if err != nil || len(pauses) != 3 || pauses[0].Scope != portfolio.PauseRestored {
		t.Errorf("paused: %v, %v", pauses, err)
	}
	wantCounts(t, s, 2)
	check(t, s)
}

func TestAMigrationThatFailsLeavesVersion1(t *testing.T) {
	path := version1(t)
	before := contents(t, path)
	bad := errors.New("disk on fire")
	_, err := open(path, Options{}, append(migrations(), func(*bbolt.Tx) error { return bad }))
	wantError(t, err, bad)
	unchanged(t, path, before)

	spoiled := version1(t)
	db, err := bbolt.Open(spoiled, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return bucket(tx, pausesBucket).Put(ident(3), []byte("{")) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	before = contents(t, spoiled)
	_, err = Open(spoiled, Options{})
	wantError(t, err, ErrCorrupt)
	unchanged(t, spoiled, before)

	wantVersion1(t, open1(t, path))
}

// TestAMigrationThatIsInterrupted kills the machine within it: any of its pages may be
// on the disk, the head that would make them count is not, or in part.
func TestAMigrationThatIsInterrupted(t *testing.T) {
	path := version1(t)
	before := contents(t, path)
	s, err := openFile(path, Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = s.update("migrate", func(tx *bbolt.Tx) error { return migrations().migrate(tx, 1) })
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	after := contents(t, path)
	page := os.Getpagesize()
	pages := dirty(before, after)
	if len(pages) == 0 {
		t.Fatal("the migration changed no page")
	}
	head := 0
	if !bytes.Equal(before[page:2*page], after[page:2*page]) {
		head = page
	}
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 40 {
		b := append(bytes.Clone(before), make([]byte, max(0, len(after)-len(before)))...)
		for _, at := range pages {
			if random.IntN(2) == 0 {
				copy(b[at:at+page], after[at:at+page])
			}
		}
		copy(b[head:], after[head:head+headerSize+i]) // up to 40 of the head's 64 bytes
		torn := filepath.Join(t.TempDir(), "state.db")
		write(t, torn, b)
		_, err := Open(torn, Options{ReadOnly: true})
		wantError(t, err, ErrOlder)
		s := open1(t, torn)
		wantVersion1(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
