package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// Pauses gives the accounts that are not acted on, ordered by account.
func (s *Store) Pauses() ([]portfolio.Pause, error) {
	var pauses []portfolio.Pause
	err := s.view(func(tx *bbolt.Tx) error {
		return bucket(tx, pausesBucket).ForEach(func(k, v []byte) error {
			var p portfolio.Pause
			if err := json.Unmarshal(v, &p); err != nil {
				return fmt.Errorf("%w: the pause of account %d: %w", ErrCorrupt, parseInt(k), err)
			}
			pauses = append(pauses, p)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the pauses: %w", err)
	}
	return pauses, nil
}

// SetPause stores the pause of an account in place of the one it may have, with
// the events that this causes.
func (s *Store) SetPause(p portfolio.Pause, events ...portfolio.Event) error {
	act := fmt.Sprintf("pause account %d", p.AccountID)
	if p.AccountID < 0 {
		return errors.New(act + ": that is no account")
	}
	encoded, err := encodeEvents(events)
	if err != nil {
		return err
	}
	v, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return s.tell(act, encoded, func(tx *bbolt.Tx) error {
		return bucket(tx, pausesBucket).Put(ident(p.AccountID), v)
	})
}

// errNotPaused abandons the change of an account that has no pause.
var errNotPaused = errors.New("not paused")

// ClearPause ends the pause of an account, with the events that this causes. An
// account that is not paused stays as it is, and nothing is told.
func (s *Store) ClearPause(account int64, events ...portfolio.Event) error {
	encoded, err := encodeEvents(events)
	if err != nil {
		return err
	}
	err = s.tell(fmt.Sprintf("resume account %d", account), encoded, func(tx *bbolt.Tx) error {
		b := bucket(tx, pausesBucket)
		if b.Get(ident(account)) == nil {
			return errNotPaused
		}
		return b.Delete(ident(account))
	})
	if errors.Is(err, errNotPaused) {
		return nil
	}
	return err
}

// LastRun gives when a job last ran; the zero time: never.
func (s *Store) LastRun(job string) (at time.Time, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		v := bucket(tx, jobsBucket).Get([]byte(job))
		if v == nil {
			return nil
		}
		at, err = parseInstant(v)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read the last run of %s: %w", job, err)
	}
	return at, nil
}

// RecordRun stores when a job last ran.
func (s *Store) RecordRun(job string, at time.Time) error {
	act := "record a run of " + job
	return s.update(act, func(tx *bbolt.Tx) error {
		if err := bucket(tx, jobsBucket).Put([]byte(job), appendInstant(nil, at)); err != nil {
			return fmt.Errorf("%s: %w", act, err)
		}
		return nil
	})
}
