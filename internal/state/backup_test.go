package state

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"domaind/internal/portfolio"
)

// writerFunc is an io.Writer made of a function.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestBackupIsTheStateOfItsMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, path)
	history(t, s, 40)
	want := whats(t, s)
	copied := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(copied)
	if err != nil {
		t.Fatal(err)
	}
	commits := 0
	n, err := s.Backup(writerFunc(func(b []byte) (int, error) { // changes wait for nobody who is slow
		if commits < 20 {
			commits++
			op := armed(renewal(int64(1000+commits), 100), "2026-03-01")
			commit(t, s, "", op, alert("during"))
		}
		return f.Write(b)
	}))
	info, serr := f.Stat()
	if err := errors.Join(err, serr, f.Close()); err != nil {
		t.Fatal(err)
	}
	if n != info.Size() || commits < 3 {
		t.Errorf("%d bytes of %d, %d commits meanwhile", n, info.Size(), commits)
	}
	check(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 {
		t.Errorf("beside the state: %v, %v", entries, err)
	}

	r, err := Open(copied, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, r.UUID(), s.UUID())
	wantSame(t, whats(t, r), want)
	check(t, r)
	var again bytes.Buffer
	if _, err := r.Backup(&again); err != nil || !bytes.Equal(again.Bytes()[2*os.Getpagesize():], contents(t, copied)[2*os.Getpagesize():]) {
		t.Errorf("a copy of the copy is another: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, contents(t, copied))
	wantDistrusted(t, path, "knows of")
}

func TestBackupOfAStateThatArmedNothingSinceIsTrusted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, path)
	arm(t, s, 1)
	copied := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.Create(copied)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Backup(f)
	commit(t, s, "", renewal(2, 100))
	if err := errors.Join(err, f.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, path, contents(t, copied))
	wantTrusted(t, path)
}

func TestBackupsWhileManyCommit(t *testing.T) {
	s := fresh(t)
	s.db.StrictMode = false
	var group sync.WaitGroup
	for w := range int64(4) {
		group.Go(func() {
			for i := range int64(25) {
				op := armed(renewal(1+w*100+i, 100), "2026-03-01")
				if err := s.Commit(portfolio.Change{Operation: &op, Events: []portfolio.Event{info("armed")}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 10 {
		copied := filepath.Join(t.TempDir(), "copy.db")
		f, err := os.Create(copied)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Backup(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		c := openAt(t, copied, start)
		check(t, c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	group.Wait()
	wantCounts(t, s, 100)
	check(t, s)
}

func TestABackupThatCannotBeWritten(t *testing.T) {
	s := fresh(t)
	full := errors.New("no space left")
	_, err := s.Backup(writerFunc(func([]byte) (int, error) { return 0, full }))
	if err == nil {
		t.Error("a copy that was not written")
	}
	arm(t, s, 1)
	check(t, s)
}
