package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// Aside is an event that could never be published, and why.
type Aside struct {
	Event  portfolio.Event `json:"event"`
	Reason string          `json:"reason"`
}

// decodeNumbers reads JSON and keeps its numbers as they were written: an id must
// not pass through a float.
func decodeNumbers(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(v)
}

// Pending gives up to limit events of the outbox in order, with numbers greater
// than after. Numbers in their Data are of type [json.Number].
func (s *Store) Pending(after uint64, limit int) ([]portfolio.Event, error) {
	var events []portfolio.Event
	err := s.scan(outboxBucket, after, limit, func(n uint64, v []byte) error {
		e, err := decodeEvent(n, v)
		events = append(events, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return events, nil
}

// PutAside gives up to limit of the events that were set aside, in order, with
// numbers greater than after.
func (s *Store) PutAside(after uint64, limit int) ([]Aside, error) {
	var aside []Aside
	err := s.scan(asideBucket, after, limit, func(n uint64, v []byte) error {
		var a Aside
		if err := decodeNumbers(v, &a); err != nil {
			return fmt.Errorf("%w: event %d: %w", ErrCorrupt, n, err)
		}
		a.Event.Number = n
		aside = append(aside, a)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the events that were set aside: %w", err)
	}
	return aside, nil
}

// scan hands up to limit entries of a bucket with numbers for keys to a function,
// those greater than after, in order.
func (s *Store) scan(name string, after uint64, limit int, each func(n uint64, v []byte) error) error {
	if after+1 == 0 {
		return nil
	}
	return s.view(func(tx *bbolt.Tx) error {
		c := bucket(tx, name).Cursor()
		k, v := c.Seek(number(after + 1))
		for i := 0; k != nil && i < limit; i++ {
			n, err := parseNumber(k)
			if err != nil {
				return err
			}
			if err := each(n, v); err != nil {
				return err
			}
			k, v = c.Next()
		}
		return nil
	})
}

// deliveredAtOnce bounds how many events one transaction removes.
const deliveredAtOnce = 1000

// Delivered removes the events with numbers up to the given one from the outbox.
// Where it fails, some of them may be gone and the others are not.
func (s *Store) Delivered(upTo uint64) error {
	for {
		more := false
		err := s.update(fmt.Sprintf("remove events up to %d", upTo), func(tx *bbolt.Tx) error {
			var keys [][]byte
			c := bucket(tx, outboxBucket).Cursor()
			for k, _ := c.First(); k != nil && bytes.Compare(k, number(upTo)) <= 0; k, _ = c.Next() {
				if more = len(keys) == deliveredAtOnce; more {
					break
				}
				keys = append(keys, k)
			}
			if len(keys) == 0 {
				return nil
			}
			return remove(tx, keys)
		})
		if err != nil || !more {
			return err
		}
	}
}

// remove takes events out of the outbox, and counts them.
func remove(tx *bbolt.Tx, keys [][]byte) error {
	c, err := readCounters(tx)
	if err != nil {
		return err
	}
	return errors.Join(c.remove(tx, keys), c.write(tx))
}

// SetAside takes an event that can never be published out of the outbox, and
// keeps it with the reason. It fails with [ErrNoEvent] where no event of this
// number waits.
func (s *Store) SetAside(n uint64, reason string) error {
	return s.update(fmt.Sprintf("set event %d aside", n), func(tx *bbolt.Tx) error {
		v := bucket(tx, outboxBucket).Get(number(n))
		if v == nil {
			return fmt.Errorf("event %d: %w", n, ErrNoEvent)
		}
		e, err := decodeEvent(n, v)
		if err != nil {
			return err
		}
		b, err := json.Marshal(Aside{Event: e, Reason: reason})
		if err != nil {
			return fmt.Errorf("set event %d aside: %w", n, err)
		}
		return errors.Join(bucket(tx, asideBucket).Put(number(n), b), remove(tx, [][]byte{number(n)}))
	})
}

// Backlog is how many events wait in the outbox.
func (s *Store) Backlog() (int, error) {
	c, err := s.counters()
	return int(c.waiting), err //nolint:gosec // they are in one file
}

// Dropped is how many info events were dropped, since the file was created,
// because too many were waiting.
func (s *Store) Dropped() (uint64, error) {
	c, err := s.counters()
	return c.dropped, err
}

func (s *Store) counters() (c counters, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c, err = readCounters(tx)
		return err
	})
	if err != nil {
		return counters{}, fmt.Errorf("count the outbox: %w", err)
	}
	return c, nil
}

// Wake is signalled after a commit that stored events. It holds one signal, so
// that none is missed and none is waited for.
func (s *Store) Wake() <-chan struct{} { return s.wake }
