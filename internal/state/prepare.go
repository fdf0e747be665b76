package state

import (
	"errors"
	"fmt"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// openForWriting opens a file that was inspected, and brings it up to date.
func openForWriting(path string, o Options, known schema, is identity) (*Store, error) {
	o.Timeout /= 2
	s, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	s.uuid = is.uuid
	err = guard(func() (err error) {
		if s.path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
		return s.prepare(o, known, is)
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	removeLeftovers(s.path)
	return s, nil
}

// prepare makes sure that the file is still the one that was inspected, migrates
// it, holds it against the file beside it, and prunes it.
func (s *Store) prepare(o Options, known schema, was identity) error {
	err := s.view(func(tx *bbolt.Tx) error {
		is, err := identify(tx)
		if err == nil && is != was {
			err = fmt.Errorf("%w: another domaind has just written to it", ErrLocked)
		}
		if err == nil {
			s.armed, err = armedCount(tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.beside = &armedFile{path: s.path + armedSuffix, sync: !o.NoSync}
	suspect := s.beside.suspect(s.uuid, s.armed)
	if suspect.found != "" && o.Now == nil {
		return fmt.Errorf("%w: %s", ErrRestored, suspect.found)
	}
	if was.version < known.current() {
		err := s.update("migrate the state", func(tx *bbolt.Tx) error {
			if err := known.migrate(tx, was.version); err != nil {
				return err
			}
			return complete(tx)
		})
		if err != nil {
			return err
		}
	}
	if suspect.found != "" {
		if err := s.distrust(suspect, o.Now()); err != nil {
			return err
		}
	} else {
		s.beside.resume()
	}
	// Where it cannot be written this is told when it matters: before a purchase.
	_ = s.beside.write(armedLine(s.uuid, s.armed))
	if o.Now == nil {
		return nil
	}
	return s.update("prune the marks", func(tx *bbolt.Tx) error { return prune(tx, o.Now()) })
}
