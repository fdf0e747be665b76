package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.etcd.io/bbolt"
)

// leftover is in the names of files that are not whole yet.
const leftover = ".new-"

// create makes a state file, whole or not at all: it is written under another
// name in the same folder and synced before it gets its own. A hard link gives it
// the name, because a rename would replace what another daemon created meanwhile,
// and with it that daemon's lock. Where somebody was quicker, theirs stands.
func create(path string, o Options, known schema) error {
	dir := filepath.Dir(path)
	if err := makeFolder(dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+leftover+"*") // mode 0600
	if err != nil {
		return err
	}
	name := f.Name()
	defer os.Remove(name) //nolint:errcheck // a leftover is removed by the next start
	if err := f.Close(); err != nil {
		return err
	}
	if err := fill(name, o, known); err != nil {
		return err
	}
	if err := os.Link(name, path); err != nil {
		if _, there := os.Lstat(path); there == nil {
			return nil
		}
		return err
	}
	return syncFolder(dir)
}

// fill writes a new state into the empty file of that name.
func fill(name string, o Options, known schema) error {
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{Timeout: o.Timeout, NoSync: o.NoSync, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error { return initialize(tx, known.current(), o.Rand) })
	if err == nil && !o.NoSync {
		err = db.Sync()
	}
	return errors.Join(err, db.Close())
}

// makeFolder creates the folder of the state where it is missing, for its owner
// only.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dir))
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync the folder %s: %w", dir, err)
	}
	return nil
}

// removeLeftovers removes what a creation that was cut short left behind. It is
// called under the lock of the file itself: whoever is still creating one will
// find that it is there. What cannot be removed does no harm.
func removeLeftovers(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+leftover) && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}
