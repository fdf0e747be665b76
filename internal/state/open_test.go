package state

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

func TestOpenCreatesWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var", "lib", "domaind")
	path := filepath.Join(dir, "state.db")
	s, err := Open(path, Options{Rand: bytes.NewReader(make([]byte, 16))})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, s.UUID(), "00000000-0000-4000-8000-000000000000")
	commit(t, s, "", renewal(1, 100))
	check(t, s)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, path + armedSuffix: 0o600, dir: fs.ModeDir | 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("beside the file: %v, %v", entries, err)
	}
	again := open1(t, path)
	wantSame(t, again.UUID(), s.UUID())
	if _, ok, err := again.Operation(renewal(1, 100).Key); !ok || err != nil {
		t.Errorf("the row is gone: %v", err)
	}
	if err := s.Commit(portfolio.Change{Events: []portfolio.Event{info("x")}}); err == nil || errors.Is(err, ErrCommit) {
		t.Errorf("commit to a closed store: %v", err)
	}
}

func TestOpenThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	bad := errors.New("no randomness")
	_, err := Open(filepath.Join(dir, "state.db"), Options{Rand: iotest.ErrReader(bad)})
	wantError(t, err, bad)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestOpenRemovesWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"state.db.new-123", "state.db.new-4", "other.db.new-1", "state.db.backup"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open1(t, filepath.Join(dir, "state.db"))
	var left []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	wantSame(t, left, []string{"other.db.new-1", "state.db", "state.db.armed", "state.db.backup"})
}

func TestOpenReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	path := filepath.Join(dir, "state.db")
	_, err := Open(path, Options{ReadOnly: true})
	wantError(t, err, ErrNone)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder was created: %v", err)
	}

	s := open1(t, path)
	commit(t, s, "", renewal(1, 100), info("reserved"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, path)
	var readers []*Store
	for range 2 { // the lock is shared
		r, err := Open(path, Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		readers = append(readers, r)
	}
	r := readers[0]
	if ops, err := r.OpenOperations(); err != nil || len(ops) != 1 {
		t.Errorf("%v, %v", ops, err)
	}
	wantSame(t, whats(t, r), []string{"1 reserved"})
	op := renewal(2, 100)
	if err := r.Commit(portfolio.Change{Operation: &op}); err == nil || errors.Is(err, ErrCommit) {
		t.Errorf("commit to a read-only store: %v", err)
	}
	check(t, r)
	for _, r := range readers {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	unchanged(t, path, before)
}

func TestSecondOpenIsToldWhy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	open1(t, path)
	for _, readOnly := range []bool{false, true} {
		began := time.Now()
		_, err := Open(path, Options{ReadOnly: readOnly})
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		wantError(t, err, ErrLocked)
		if want := "state.db is held by another process: a domaind is probably running on " + filepath.Dir(path); err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestAReaderKeepsTheDaemonOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if err := open1(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(path, Options{Timeout: 200 * time.Millisecond})
	wantError(t, err, ErrLocked)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	open1(t, path)
}

func TestManyCreateAtOnce(t *testing.T) {
	for range 10 {
		path := filepath.Join(t.TempDir(), "new", "state.db")
		var group sync.WaitGroup
		opened := make(chan *Store, 8)
		for range cap(opened) {
			group.Go(func() {
				s, err := Open(path, Options{Timeout: 200 * time.Millisecond, NoSync: true})
				if err == nil {
					opened <- s
				} else if !errors.Is(err, ErrLocked) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		close(opened)
		if len(opened) > 1 {
			t.Errorf("%d hold the file", len(opened))
		}
		uuid := ""
		for s := range opened {
			uuid = s.UUID()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if s := open1(t, path); uuid != "" && s.UUID() != uuid {
			t.Error("the file was replaced by another")
		}
	}
}

// foreign writes a bbolt file of another program.
func foreign(t *testing.T, path string, o *bbolt.Options) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, o)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("meta"))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsNotOursIsRefusedAndUntouched(t *testing.T) {
	ours := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, ours)
	for i := range int64(100) {
		commit(t, s, "", renewal(i+1, 100))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole := contents(t, ours)
	write := func(b []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"empty":               {write(nil), ErrNotState},
		"text":                {write([]byte("[[rule]]\n")), ErrNotState},
		"long text":           {write(bytes.Repeat([]byte("renew = true\n"), 10_000)), ErrNotState},
		"zeroes":              {write(make([]byte, 64<<10)), ErrNotState},
		"another's":           {func(t *testing.T, p string) { t.Helper(); foreign(t, p, nil) }, ErrNotState},
		"another's, unsynced": {func(t *testing.T, p string) { t.Helper(); foreign(t, p, &bbolt.Options{NoFreelistSync: true}) }, ErrNotState},
		"cut within a page":   {write(whole[:len(whole)/3+1]), ErrCorrupt},
		"cut to its head":     {write(whole[:100]), ErrCorrupt},
		"cut to two pages":    {write(whole[:2*os.Getpagesize()]), ErrCorrupt},
		"pages of zeroes":     {write(append(append([]byte{}, whole[:2*os.Getpagesize()]...), make([]byte, len(whole))...)), ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			c.make(t, path)
			before := contents(t, path)
			for _, readOnly := range []bool{true, false} {
				_, err := Open(path, Options{ReadOnly: readOnly})
				wantError(t, err, c.want)
				unchanged(t, path, before)
			}
			if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
				t.Errorf("beside the file: %v, %v", entries, err)
			}
			if err := os.Rename(path, path+".mine"); err != nil { // no lock is left on it
				t.Fatal(err)
			}
			open1(t, path)
		})
	}
}

func TestOpenOfWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir, Options{})
	wantError(t, err, ErrNotState)

	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(filepath.Join(dir, "nowhere.db"), link); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		_, err = Open(link, Options{ReadOnly: readOnly})
		wantError(t, err, ErrNotState)
	}
	if _, err := os.Lstat(filepath.Join(dir, "nowhere.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the target was created: %v", err)
	}
	_, err = Open(filepath.Join(link, "state.db"), Options{})
	if err == nil {
		t.Error("opened below a link that leads nowhere")
	}
	if err := open1(t, filepath.Join(dir, "nowhere.db")).Close(); err != nil {
		t.Fatal(err)
	}
	s := open1(t, link) // a link to a state is that state, and its lock
	_, err = Open(filepath.Join(dir, "nowhere.db"), Options{Timeout: 100 * time.Millisecond})
	wantError(t, err, ErrLocked)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(text, "state.db"), Options{}); err == nil {
		t.Error("opened below a file")
	}
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	path := filepath.Join(t.TempDir(), "state.db")
	if err := open1(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		_, err := Open(path, Options{ReadOnly: readOnly})
		wantError(t, err, fs.ErrPermission)
	}
}
