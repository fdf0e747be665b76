package state

import (
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

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
