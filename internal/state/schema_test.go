package state

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func TestMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, path)
	commit(t, s, "", renewal(1, 100))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, path)
	var ran []string
	step := func(name string, err error) migration {
		return func(tx *bbolt.Tx) error {
			ran = append(ran, name)
			return errors.Join(err, bucket(tx, jobsBucket).Put([]byte(name), appendInstant(nil, start)))
		}
	}

	_, err := open(path, Options{ReadOnly: true}, append(migrations(), step("a", nil)))
	wantError(t, err, ErrOlder)

	bad := errors.New("disk on fire")
	_, err = open(path, Options{}, append(migrations(), step("a", nil), step("b", bad)))
	wantError(t, err, bad)
	if err != nil && !strings.Contains(err.Error(), "from version 5 to 6") {
		t.Errorf("%q does not say which step", err)
	}
	unchanged(t, path, before)

	ran = nil
	s, err = open(path, Options{}, append(migrations(), step("a", nil), step("b", nil)))
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, ran, []string{"a", "b"})
	for _, job := range ran {
		if at, err := s.LastRun(job); err != nil || !at.Equal(start) {
			t.Errorf("%s left %v, %v", job, at, err)
		}
	}
	check(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	before, ran = contents(t, path), nil
	s, err = open(path, Options{}, append(migrations(), step("a", nil), step("b", nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil || ran != nil {
		t.Errorf("migrated again: %v, %v", ran, err)
	}
	for _, readOnly := range []bool{true, false} {
		_, err = Open(path, Options{ReadOnly: readOnly})
		wantError(t, err, ErrNewer)
	}
	unchanged(t, path, before)
}

func TestANewFileNeedsNoMigration(t *testing.T) {
	never := func(*bbolt.Tx) error { return errors.New("migrated") }
	s, err := open(filepath.Join(t.TempDir(), "state.db"), Options{}, schema{never})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedMetaIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*bbolt.Tx) error{
		"no schema":  func(tx *bbolt.Tx) error { return bucket(tx, metaBucket).Delete([]byte(schemaKey)) },
		"schema 0":   func(tx *bbolt.Tx) error { return bucket(tx, metaBucket).Put([]byte(schemaKey), number(0)) },
		"no uuid":    func(tx *bbolt.Tx) error { return bucket(tx, metaBucket).Delete([]byte(uuidKey)) },
		"no ledger":  func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(rowsBucket)) },
		"no tallies": func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(talliesBucket)) },
		"bad schema": func(tx *bbolt.Tx) error { return bucket(tx, metaBucket).Put([]byte(schemaKey), []byte("1")) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.db")
			s := open1(t, path)
			if err := errors.Join(s.db.Update(spoil), s.Close()); err != nil {
				t.Fatal(err)
			}
			before := contents(t, path)
			_, err := Open(path, Options{})
			wantError(t, err, ErrCorrupt)
			unchanged(t, path, before)
		})
	}
}

func TestOldMarksArePruned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, path)
	old, young := alert("old"), alert("young")
	old.Once, young.Once, young.At = "old", "young", start.Add(time.Hour)
	tell(t, s, old, young)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return start.Add(markAge + time.Minute) }
	s, err := Open(path, Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, s, old, young)
	wantSame(t, whats(t, s), []string{"1 old", "2 young", "3 old"})
	check(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
