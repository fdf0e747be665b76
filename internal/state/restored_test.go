package state

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// arm commits a renewal that is armed at once.
func arm(tb testing.TB, s *Store, domain int64) {
	tb.Helper()
	commit(tb, s, "", armed(renewal(domain, 100), "2026-03-01"))
}

// counts reads the file beside a state, and the state's own counter.
func counts(tb testing.TB, s *Store) (besides, own uint64) {
	tb.Helper()
	uuid, besides, err := s.beside.read()
	if err != nil || uuid != s.UUID() {
		tb.Fatalf("the file beside is of %q: %v", uuid, err)
	}
	tx, err := s.db.Begin(false)
	if err != nil {
		tb.Fatal(err)
	}
	own, err = armedCount(tx)
	if err := errors.Join(err, tx.Rollback()); err != nil {
		tb.Fatal(err)
	}
	return besides, own
}

func wantCounts(tb testing.TB, s *Store, want uint64) {
	tb.Helper()
	if besides, own := counts(tb, s); besides != want || own != want {
		tb.Errorf("counted are %d beside and %d in the state, want %d", besides, own, want)
	}
}

// stopped makes a state by which three renewals were armed, and gives its path and the
// copy that was made of it after two.
func stopped(tb testing.TB) (path, copied string) {
	tb.Helper()
	path, copied = filepath.Join(tb.TempDir(), "state.db"), filepath.Join(tb.TempDir(), "copy.db")
	s := open1(tb, path)
	arm(tb, s, 1)
	arm(tb, s, 2)
	if err := s.Commit(portfolio.Change{Approvals: []portfolio.Approval{announced(7, start)}}); err != nil {
		tb.Fatal(err)
	}
	put(tb, path, copied)
	arm(tb, s, 3)
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return path, copied
}

// later is when states are looked at again.
func later() time.Time { return start.Add(24 * time.Hour) }

// wantTrusted opens a state and expects no complaint; without a clock too.
func wantTrusted(tb testing.TB, path string) {
	tb.Helper()
	s := openAt(tb, path, later())
	if pauses, err := s.Pauses(); err != nil || len(pauses) != 0 || len(whats(tb, s)) != 0 {
		tb.Errorf("paused: %v, %v, told: %v", pauses, err, whats(tb, s))
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := open1(tb, path).Close(); err != nil {
		tb.Fatal(err)
	}
}

// wantDistrusted opens a state that has to be taken for an old copy, for a reason.
func wantDistrusted(tb testing.TB, path, because string) *Store {
	tb.Helper()
	before := contents(tb, path)
	_, err := Open(path, Options{NoSync: true})
	wantError(tb, err, ErrRestored)
	unchanged(tb, path, before)
	r, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		tb.Fatal(err)
	}
	if err := r.Close(); err != nil {
		tb.Fatal(err)
	}
	unchanged(tb, path, before)

	s := openAt(tb, path, later())
	pauses, err := s.Pauses()
	if err != nil || len(pauses) != 1 {
		tb.Fatalf("paused: %v, %v", pauses, err)
	}
	p := pauses[0]
	if p.AccountID != 0 || p.Scope != portfolio.PauseRestored || p.By != "daemon" || !p.Since.Equal(later()) || !strings.Contains(p.Reason, because) {
		tb.Errorf("paused: %+v, want because %q", p, because)
	}
	if !p.Stops(1010, portfolio.OpRenew) {
		tb.Error("it stops no renewal")
	}
	events, err := s.Pending(0, 1<<20)
	if err != nil || len(events) == 0 {
		tb.Fatalf("nothing is told: %v", err)
	}
	e := events[len(events)-1]
	if e.Level != portfolio.LevelAlert || e.About != portfolio.AboutDaemon || e.What != "restored" || !e.At.Equal(later()) || !strings.Contains(e.Text, because) {
		tb.Errorf("told: %+v", e)
	}
	check(tb, s)
	return s
}

func TestAnArmedOperationIsCountedBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, path)
	wantCounts(t, s, 0)
	op := renewal(1, 100)
	commit(t, s, "", op)
	wantCounts(t, s, 0)
	commit(t, s, portfolio.StateReserved, armed(op, "2026-03-01"))
	wantCounts(t, s, 1)
	commit(t, s, portfolio.StateArmed, armed(op, "2026-03-01")) // it was before
	wantCounts(t, s, 1)
	commit(t, s, portfolio.StateArmed, op) // 429: later
	commit(t, s, portfolio.StateReserved, armed(op, "2026-03-01"))
	wantCounts(t, s, 2)
	wish := portfolio.Operation{
		Key: portfolio.OperationKey(1, portfolio.OpAccept, 5, "5", 1), AccountID: 1, Kind: portfolio.OpAccept, SubjectID: 5,
		Occasion: "5", Attempt: 1, State: portfolio.StateArmed, CreatedAt: start,
	}
	commit(t, s, "", wish)
	wantCounts(t, s, 3)
	stale := armed(renewal(7, 100), "2026-03-01")
	wantError(t, s.Commit(portfolio.Change{Operation: &stale, Was: portfolio.StateReserved}), portfolio.ErrStale)
	wantCounts(t, s, 3)
	if b := contents(t, path+armedSuffix); len(b) != armedSize || string(b) != s.UUID()+" 00000000000000000003\n" {
		t.Errorf("the file says %q", b)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantTrusted(t, path)
}

func TestAnOldCopyIsNotTrusted(t *testing.T) {
	path, copied := stopped(t)
	newest := contents(t, path)
	old := contents(t, copied)
	write(t, path, old)
	s := wantDistrusted(t, path, "state.db.armed knows of 3 operations that were armed, the state of 2")
	wantCounts(t, s, 4)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The pause stays until somebody lifts it; a start that finds nothing changes nothing.
	s = openAt(t, path, later().Add(time.Hour))
	if pauses, err := s.Pauses(); err != nil || len(pauses) != 1 || !pauses[0].Since.Equal(later()) {
		t.Errorf("paused: %v, %v", pauses, err)
	}
	wantSame(t, whats(t, s), []string{"1 restored"})
	change(t, s, portfolio.Change{Lifted: []portfolio.Pause{{Scope: portfolio.PauseRestored}}})
	if err := errors.Join(s.Delivered(1), s.Close()); err != nil {
		t.Fatal(err)
	}
	wantTrusted(t, path)

	write(t, path, old) // the same copy again, and then the newest of before
	s = wantDistrusted(t, path, "knows of 4")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, newest)
	wantDistrusted(t, path, "knows of 5 operations that were armed, the state of 3")
}

// TestAnOldCopyForgetsApprovals: what waits in it may have been used since.
func TestAnOldCopyForgetsApprovals(t *testing.T) {
	path, copied := stopped(t)
	for _, tt := range []struct {
		path string
		want int
	}{{path, 1}, {copied, 0}} {
		if tt.path == copied {
			write(t, path, contents(t, copied))
		}
		s := openAt(t, path, later())
		if all, err := s.Approvals(); err != nil || len(all) != tt.want {
			t.Errorf("%s: %v, %v", tt.path, all, err)
		}
		check(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPauseThatCameWithACopyBeginsAnew(t *testing.T) {
	path, copied := stopped(t)
	c := openAt(t, copied, start)
	change(t, c, portfolio.Change{Pauses: []portfolio.Pause{{Scope: portfolio.PauseRestored, Reason: "long ago", By: "daemon", Since: start}}})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, contents(t, copied))
	wantDistrusted(t, path, "knows of 3")
}

func TestAStateThatLostItsFileIsNotTrusted(t *testing.T) {
	_, copied := stopped(t)
	alone := filepath.Join(t.TempDir(), "state.db")
	write(t, alone, contents(t, copied))
	s := wantDistrusted(t, alone, "state.db.armed is missing")
	wantCounts(t, s, 3)

	moved := filepath.Join(t.TempDir(), "state.db") // with its file it may move
	put(t, copied, moved)
	wantTrusted(t, moved)

	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(moved, link); err != nil {
		t.Fatal(err)
	}
	wantTrusted(t, link)
	if _, err := os.Lstat(link + armedSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file beside the link: %v", err)
	}
}

func TestTheFileOfAnotherState(t *testing.T) {
	path, _ := stopped(t)
	another := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, another)
	uuid := s.UUID()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	theirs := contents(t, path+armedSuffix)

	write(t, path+armedSuffix, contents(t, another+armedSuffix)) // it knows of nothing
	wantDistrusted(t, path, "state.db.armed belongs to another state, "+uuid)

	write(t, another+armedSuffix, theirs) // the ledger was lost, and begun anew
	s = wantDistrusted(t, another, "belongs to another state")
	wantCounts(t, s, 4)

	never := filepath.Join(t.TempDir(), "state.db")
	write(t, never+armedSuffix, armedLine("00000000-0000-4000-8000-000000000000", 0))
	wantTrusted(t, never) // somebody tried domaind out, and began anew
	wantCounts(t, open1(t, never), 0)
}

func TestAFileThatSaysNothingIsNotTrusted(t *testing.T) {
	path, _ := stopped(t)
	whole := contents(t, path+armedSuffix)
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		say  string
	}{
		"empty":     {func(t *testing.T, p string) { t.Helper(); write(t, p, nil) }, "not as domaind writes it"},
		"truncated": {func(t *testing.T, p string) { t.Helper(); write(t, p, whole[:armedSize-1]) }, "not as domaind writes it"},
		"zeroes":    {func(t *testing.T, p string) { t.Helper(); write(t, p, make([]byte, armedSize)) }, "not as domaind writes it"},
		"garbage":   {func(t *testing.T, p string) { t.Helper(); write(t, p, bytes.Repeat([]byte("x"), armedSize)) }, "not as domaind writes it"},
		"signed": {func(t *testing.T, p string) {
			t.Helper()
			write(t, p, bytes.Replace(whole, []byte(" 0"), []byte(" +"), 1))
		}, "not as domaind writes it"},
		"too many": {func(t *testing.T, p string) {
			t.Helper()
			write(t, p, []byte(string(whole[:37])+"18446744073709551615\n"))
		}, "not as domaind writes it"},
		"longer":  {func(t *testing.T, p string) { t.Helper(); write(t, p, append(bytes.Clone(whole), '\n')) }, "not as domaind writes it"},
		"no line": {func(t *testing.T, p string) { t.Helper(); write(t, p, append(bytes.Clone(whole[:armedSize-1]), ' ')) }, "not as domaind writes it"},
		"huge": {func(t *testing.T, p string) {
			t.Helper()
			write(t, p, whole)
			if err := os.Truncate(p, 1<<40); err != nil {
				t.Fatal(err)
			}
		}, "not as domaind writes it"},
		"unreadable": {func(t *testing.T, p string) {
			t.Helper()
			write(t, p, whole)
			if err := os.Chmod(p, 0); err != nil {
				t.Fatal(err)
			}
			if os.Geteuid() == 0 {
				t.Skip("root reads everything")
			}
		}, "permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			here := filepath.Join(t.TempDir(), "state.db")
			write(t, here, contents(t, path))
			c.make(t, here+armedSuffix)
			s := wantDistrusted(t, here, c.say)
			wantCounts(t, s, 4)
		})
	}
}

// TestSomethingElseInThePlaceOfTheFile: it stays, and nothing is bought until it is
// gone, which is told.
func TestSomethingElseInThePlaceOfTheFile(t *testing.T) {
	path, _ := stopped(t)
	if err := errors.Join(os.Remove(path+armedSuffix), os.Mkdir(path+armedSuffix, 0o700)); err != nil {
		t.Fatal(err)
	}
	s := wantDistrusted(t, path, "state.db.armed is not a regular file")
	op := renewal(9, 100)
	commit(t, s, "", op)
	for day := range 2 {
		going := armed(op, "2026-03-01")
		going.ArmedAt = start.AddDate(0, 0, day)
		for range 3 {
			err := s.Commit(portfolio.Change{Operation: &going, Was: portfolio.StateReserved})
			wantError(t, err, portfolio.ErrUncounted)
			if errors.Is(err, ErrCommit) {
				t.Errorf("%v would end the daemon", err)
			}
		}
	}
	if op, _, err := s.Operation(op.Key); err != nil || op.State != portfolio.StateReserved {
		t.Errorf("it is %s: %v", op.State, err)
	}
	wantSame(t, whats(t, s), []string{"1 restored", "2 uncounted", "3 uncounted"})
	if err := os.Remove(path + armedSuffix); err != nil {
		t.Fatal(err)
	}
	commit(t, s, portfolio.StateReserved, armed(op, "2026-03-01"))
	wantCounts(t, s, 5)
	check(t, s)
}

// TestAFileThatFallsBehind: a crash between the commit and the file leaves it so.
func TestAFileThatFallsBehind(t *testing.T) {
	path, copied := stopped(t)
	write(t, path+armedSuffix, contents(t, copied+armedSuffix))
	wantTrusted(t, path)
	wantCounts(t, open1(t, path), 3)
}

// TestAFileThatCannotBeWrittenAnyMore: what stands armed stays armed, and is told.
func TestAFileThatCannotBeWrittenAnyMore(t *testing.T) {
	s := fresh(t)
	file := s.beside.path
	spoil := func() {
		t.Helper()
		if err := errors.Join(s.beside.file.Close(), os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	op := armed(renewal(1, 100), "2026-03-01")
	err := s.Commit(portfolio.Change{Operation: &op, Allow: func(portfolio.Spent) error { spoil(); return nil }})
	if err != nil {
		t.Errorf("it is armed, and said not to be: %v", err)
	}
	wantSame(t, whats(t, s), []string{"1 uncounted"})
	next := armed(renewal(2, 100), "2026-03-01")
	wantError(t, s.Commit(portfolio.Change{Operation: &next}), portfolio.ErrUncounted)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	commit(t, s, "", next)
	wantCounts(t, s, 2)

	// A file that was closed under us is opened again.
	if err := s.beside.file.Close(); err != nil {
		t.Fatal(err)
	}
	arm(t, s, 3)
	wantCounts(t, s, 3)
}
