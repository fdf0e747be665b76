package state

import (
	"bytes"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// dueKey places a row in the order in which rows are looked at again; nil for one
// that is not.
func dueKey(op *portfolio.Operation, seq sequence) []byte {
	if op == nil || op.NextAt.IsZero() {
		return nil
	}
	return append(appendInstant(nil, op.NextAt), seq.bytes()...)
}

func (r *row) indexDue(tx *bbolt.Tx, old *portfolio.Operation) error {
	return reindex(bucket(tx, dueBucket), dueKey(old, r.seq), dueKey(&r.op, r.seq))
}

// reindex moves an entry of an index from one key to another; nil: none.
func reindex(b *bbolt.Bucket, was, is []byte) error {
	if bytes.Equal(was, is) {
		return nil
	}
	if was != nil {
		if err := b.Delete(was); err != nil {
			return err
		}
	}
	if is == nil {
		return nil
	}
	return b.Put(is, present())
}

// Due gives the operations that are due ([portfolio.Operation.Due]), the longest due
// first, and when the next one after them is: the zero time where none is.
func (s *Store) Due(now time.Time) (due []portfolio.Operation, next time.Time, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := bucket(tx, dueBucket).Cursor()
		take := func(k []byte) error {
			op, err := readRow(tx, k[instantSize:])
			due = append(due, op)
			return err
		}
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			at, err := parseInstant(k)
			if err != nil {
				return err
			}
			if at.After(now) {
				next = at
				break
			}
			if err := take(k); err != nil {
				return err
			}
		}
		// What lies too far ahead has come as well.
		far := now.Add(portfolio.LongestWait)
		if next.After(far) {
			next = time.Time{}
		}
		for k, _ := c.Seek(appendInstant(nil, far.Add(1))); k != nil; k, _ = c.Next() {
			if err := take(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read what is due: %w", err)
	}
	return due, next, nil
}
