package state

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// suspicion is what the file beside the state says against it.
type suspicion struct {
	found string // "": nothing
	ahead uint64 // how far the file says that the counter had come
}

// suspect compares the file with the state. A state by which nothing was ever armed
// may be without it, and one of another state by which nothing was armed either says
// nothing: somebody tried domaind out, and began anew.
func (a *armedFile) suspect(of string, armed uint64) suspicion {
	uuid, n, err := a.read()
	name := filepath.Base(a.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && armed == 0:
		return suspicion{}
	case errors.Is(err, fs.ErrNotExist):
		return suspicion{found: name + " is missing"}
	case err != nil:
		return suspicion{found: fmt.Sprintf("%s cannot be read: %v", name, err)}
	case uuid != of && (n > 0 || armed > 0):
		return suspicion{found: fmt.Sprintf("%s belongs to another state, %s", name, uuid), ahead: n}
	case uuid == of && n > armed:
		return suspicion{found: fmt.Sprintf("%s knows of %d operations that were armed, the state of %d", name, n, armed), ahead: n}
	}
	return suspicion{}
}

// distrust stores that the state is an old copy, or may be: a pause that keeps every
// account from buying, and an alert. The counter passes the file's, so that the same
// copy, put back once more, is found out again. A pause that is there already begins
// anew: it may come from the copy, and what was read since is from before. Approvals that
// wait in the copy may have been used or revoked since: whoever means them gives them again.
func (s *Store) distrust(of suspicion, now time.Time) error {
	pauses, err := encodePauses([]portfolio.Pause{{
		Scope: portfolio.PauseRestored, By: daemon, Since: now,
		Reason: "the state may be an old copy: " + of.found,
	}}, nil)
	if err != nil {
		return err
	}
	events, err := encodeEvents([]portfolio.Event{{
		At: now, Level: portfolio.LevelAlert, About: portfolio.AboutDaemon, What: "restored",
		Text: fmt.Sprintf("The state may be an old copy, or was moved without the file beside it: %s. "+
			"What was bought since the copy was made is not in it. Nothing is bought until every domain inside the horizon was read "+
			"twice, an hour apart, without a sign of a renewal under way, or until \"domaind resume --after-restore\". "+
			"Pushes that were announced are forgotten: announce them again.", of.found),
		Data: map[string]any{"found": of.found},
	}})
	if err != nil {
		return err
	}
	s.armed = max(s.armed, of.ahead) + 1
	return s.tell("store that the state may be an old copy", events, func(tx *bbolt.Tx) (bool, error) {
		if err := setArmedCount(tx, s.armed); err != nil {
			return false, err
		}
		if err := forget(tx, approvalsBucket); err != nil {
			return false, err
		}
		return storePauses(tx, pauses)
	})
}

// forget empties a bucket.
func forget(tx *bbolt.Tx, name string) error {
	if err := tx.DeleteBucket([]byte(name)); err != nil {
		return fmt.Errorf("empty the bucket %s: %w", name, err)
	}
	return addBuckets(tx, name)
}

// countable makes sure that the file can be written, by writing what it says already,
// before a purchase is armed: one that the file never hears of might be bought again by
// a copy. What is not bought for want of the file is told, and tried again.
func (s *Store) countable(at time.Time) error {
	err := s.writeArmed(0)
	if err != nil {
		return errors.Join(fmt.Errorf("%w: %w", portfolio.ErrUncounted, err), s.tellUncounted(err, at))
	}
	return nil
}

// count writes to the file what a commit has counted. What is armed is armed: that the
// file could not be written is told, and keeps the next purchase back.
func (s *Store) count(n uint64, at time.Time) error {
	if err := s.writeArmed(n); err != nil {
		return s.tellUncounted(err, at)
	}
	return nil
}

// writeArmed writes the file; n is how far a commit brought the counter, of which
// another may have been quicker.
func (s *Store) writeArmed(n uint64) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.beside == nil {
		return nil // read-only or closed, which the commit itself says
	}
	s.armed = max(s.armed, n)
	return s.beside.write(armedLine(s.uuid, s.armed))
}

func (s *Store) tellUncounted(cause error, at time.Time) error {
	events, err := encodeEvents([]portfolio.Event{{
		At: at, Level: portfolio.LevelAlert, About: portfolio.AboutDaemon, What: "uncounted",
		Text: fmt.Sprintf("The counter beside the state cannot be written: %v. Without it an old copy of the state would not be "+
			"known as one, so nothing is bought while this is so. It is tried again with each purchase.", cause),
		Once: "daemon/uncounted", Repeat: 24 * time.Hour,
	}})
	if err != nil {
		return err
	}
	return s.tell("store that the counter cannot be written", events, func(*bbolt.Tx) (bool, error) { return false, nil })
}
