package state

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// The first byte of an event in the outbox: whether it may be dropped.
const (
	kept      = '!'
	droppable = '.'
)

// told is an event on its way into the outbox. It is encoded before the
// transaction begins, without its number, which is its key.
type told struct {
	event   portfolio.Event
	encoded []byte
}

func encodeEvents(events []portfolio.Event) ([]told, error) {
	all := make([]told, 0, len(events))
	for _, e := range events {
		b, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("store the event %s %s of %s: %w", e.About, e.What, e.Subject, err)
		}
		may := byte(kept)
		if e.Level == portfolio.LevelInfo {
			may = droppable
		}
		all = append(all, told{event: e, encoded: append([]byte{may}, b...)})
	}
	return all, nil
}

func decodeEvent(number uint64, b []byte) (portfolio.Event, error) {
	var e portfolio.Event
	if len(b) == 0 {
		return e, fmt.Errorf("%w: event %d is empty", ErrCorrupt, number)
	}
	if err := decodeNumbers(b[1:], &e); err != nil {
		return e, fmt.Errorf("%w: event %d: %w", ErrCorrupt, number, err)
	}
	e.Number = number
	return e, nil
}

// counters is what there is to know of the outbox without counting.
type counters struct {
	waiting, info, dropped uint64
	// from is a number below which no info event waits: where the search for the
	// oldest begins.
	from uint64
}

// countersSize is how many bytes they take.
const countersSize = 32

// all lists them as they are written.
func (c *counters) all() []*uint64 { return []*uint64{&c.waiting, &c.info, &c.dropped, &c.from} }

func readCounters(tx *bbolt.Tx) (counters, error) {
	v := bucket(tx, metaBucket).Get([]byte(countersKey))
	if v == nil {
		return counters{}, nil
	}
	if len(v) != countersSize {
		return counters{}, fmt.Errorf("%w: the counters of the outbox have %d bytes", ErrCorrupt, len(v))
	}
	var c counters
	for i, n := range c.all() {
		*n, _ = parseNumber(v[8*i : 8*i+8]) // eight bytes always are a number
	}
	return c, nil
}

func (c counters) write(tx *bbolt.Tx) error {
	v := make([]byte, 0, countersSize)
	for _, n := range c.all() {
		v = append(v, number(*n)...)
	}
	return bucket(tx, metaBucket).Put([]byte(countersKey), v)
}

// errNothingNew abandons a transaction in which everything was as it is, and every
// event told before: a scan of many domains says the same each time, and needs no
// fsync for that.
var errNothingNew = errors.New("nothing is new")

// tell runs a change, which says whether it changed anything, and stores the events
// that it causes, in one transaction. Whoever waits for events is woken once they are
// durable.
func (s *Store) tell(act string, events []told, change func(*bbolt.Tx) (bool, error)) error {
	s.telling.Lock()
	defer s.telling.Unlock()
	var stored []portfolio.Event
	err := s.update(act, func(tx *bbolt.Tx) error {
		changed, err := change(tx)
		if err != nil {
			return err
		}
		stored, err = s.store(tx, events)
		if err == nil && !changed && len(stored) == 0 {
			return errNothingNew
		}
		return err
	})
	if errors.Is(err, errNothingNew) {
		return nil
	}
	if err != nil || len(stored) == 0 {
		return err
	}
	select {
	case s.wake <- struct{}{}:
	default: // already woken
	}
	if s.told != nil {
		for _, e := range stored {
			s.told(e)
		}
	}
	return nil
}

// store puts events into the outbox, and gives those that were not suppressed,
// with their numbers.
func (s *Store) store(tx *bbolt.Tx, events []told) ([]portfolio.Event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	c, err := readCounters(tx)
	if err != nil {
		return nil, err
	}
	var stored []portfolio.Event
	for _, e := range events {
		if stored, err = c.put(tx, e, stored); err != nil {
			return nil, err
		}
	}
	if len(stored) == 0 {
		return nil, nil
	}
	if stored, err = s.bound(tx, &c, stored); err != nil {
		return nil, err
	}
	return stored, c.write(tx)
}

// put stores one event under the next number, unless it was told already, and
// appends it to those that were stored.
func (c *counters) put(tx *bbolt.Tx, e told, stored []portfolio.Event) ([]portfolio.Event, error) {
	if due, err := mark(tx, e.event); err != nil || !due {
		return stored, err
	}
	outbox := bucket(tx, outboxBucket)
	n, err := outbox.NextSequence()
	if err != nil {
		return nil, fmt.Errorf("number an event: %w", err)
	}
	outbox.FillPercent = 1 // numbers only grow
	if err := outbox.Put(number(n), e.encoded); err != nil {
		return nil, fmt.Errorf("store event %d: %w", n, err)
	}
	c.waiting++
	if e.encoded[0] == droppable {
		c.info++
	}
	e.event.Number = n
	return append(stored, e.event), nil
}

// bound drops the oldest info events where too many wait. That it does is itself
// announced, once a day.
func (s *Store) bound(tx *bbolt.Tx, c *counters, stored []portfolio.Event) ([]portfolio.Event, error) {
	if c.info <= s.maxInfo {
		return stored, nil
	}
	if err := c.drop(tx, c.info-s.maxInfo); err != nil {
		return nil, err
	}
	notice := portfolio.Event{
		At: stored[len(stored)-1].At, Level: portfolio.LevelNotice, About: portfolio.AboutDaemon, What: "events-dropped",
		Text: fmt.Sprintf("Nobody takes events: the oldest of level info are dropped, %d so far; notices and alerts wait.", c.dropped),
		Data: map[string]any{"dropped": c.dropped},
		Once: "daemon/events-dropped", Repeat: 24 * time.Hour,
	}
	e, err := encodeEvents([]portfolio.Event{notice})
	if err != nil {
		return nil, err
	}
	return c.put(tx, e[0], stored)
}

// drop removes the oldest info events. What is in the way is passed once, and not
// again the next time.
func (c *counters) drop(tx *bbolt.Tx, n uint64) error {
	var keys [][]byte
	cursor := bucket(tx, outboxBucket).Cursor()
	for k, v := cursor.Seek(number(c.from)); k != nil && uint64(len(keys)) < n; k, v = cursor.Next() {
		if len(v) > 0 && v[0] == droppable {
			keys = append(keys, k)
		}
	}
	if uint64(len(keys)) < n {
		return fmt.Errorf("%w: fewer info events wait than were counted", ErrCorrupt)
	}
	last, err := parseNumber(keys[n-1])
	if err != nil {
		return err
	}
	c.from = last + 1
	c.dropped += n
	return c.remove(tx, keys)
}

// remove takes events out of the outbox.
func (c *counters) remove(tx *bbolt.Tx, keys [][]byte) error {
	outbox := bucket(tx, outboxBucket)
	for _, k := range keys {
		if v := outbox.Get(k); len(v) > 0 && v[0] == droppable {
			c.info--
		}
		c.waiting--
		if err := outbox.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// mark says whether an event is to be told now, and remembers that it was. A last
// telling that lies ahead by more than the distance comes from a clock that has
// been set back since, and must not keep the event silent until then.
func mark(tx *bbolt.Tx, e portfolio.Event) (bool, error) {
	if e.Once == "" {
		return true, nil
	}
	marks, key := bucket(tx, marksBucket), markKey(e.Once)
	if v := marks.Get(key); v != nil {
		last, err := parseInstant(v)
		if err != nil {
			return false, fmt.Errorf("read the mark %q: %w", e.Once, err)
		}
		if e.Repeat <= 0 || e.At.Sub(last).Abs() < e.Repeat {
			return false, nil
		}
	}
	return true, marks.Put(key, appendInstant(nil, e.At))
}

// markKey is a mark's key: a text of any length.
func markKey(once string) []byte {
	if len(once) <= maxText {
		return append([]byte{'='}, once...)
	}
	sum := sha256.Sum256([]byte(once))
	return append([]byte{'#'}, sum[:]...)
}
