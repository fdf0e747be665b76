package state

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
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
		all = append(all, told{event: e, encoded: b})
	}
	return all, nil
}

func decodeEvent(number uint64, b []byte) (portfolio.Event, error) {
	var e portfolio.Event
	if err := decodeNumbers(b, &e); err != nil {
		return e, fmt.Errorf("%w: event %d: %w", ErrCorrupt, number, err)
	}
	e.Number = number
	return e, nil
}

// counters is what there is to know of the outbox without counting.
type counters struct {
	waiting, info, dropped uint64
}

func readCounters(tx *bbolt.Tx) (counters, error) {
	v := bucket(tx, metaBucket).Get([]byte(countersKey))
	if v == nil {
		return counters{}, nil
	}
	if len(v) != 24 {
		return counters{}, fmt.Errorf("%w: the counters of the outbox have %d bytes", ErrCorrupt, len(v))
	}
	var c counters
	for i, n := range []*uint64{&c.waiting, &c.info, &c.dropped} {
		*n, _ = parseNumber(v[8*i : 8*i+8]) // eight bytes always are a number
	}
	return c, nil
}

func (c counters) write(tx *bbolt.Tx) error {
	v := append(append(number(c.waiting), number(c.info)...), number(c.dropped)...)
	return bucket(tx, metaBucket).Put([]byte(countersKey), v)
}

// tell runs a change and stores the events that it causes, in one transaction.
// Whoever waits for events is woken once they are durable.
func (s *Store) tell(act string, events []told, change func(*bbolt.Tx) error) error {
	stored := 0
	err := s.update(act, func(tx *bbolt.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		var err error
		stored, err = s.store(tx, events)
		return err
	})
	if err == nil && stored > 0 {
		select {
		case s.wake <- struct{}{}:
		default: // already woken
		}
	}
	return err
}

// store puts events into the outbox, and says how many were not suppressed.
func (s *Store) store(tx *bbolt.Tx, events []told) (int, error) {
	if len(events) == 0 {
		return 0, nil
	}
	c, err := readCounters(tx)
	if err != nil {
		return 0, err
	}
	stored := 0
	for _, e := range events {
		due, err := mark(tx, e.event)
		if err != nil {
			return 0, err
		}
		if !due {
			continue
		}
		if err := c.put(tx, e); err != nil {
			return 0, err
		}
		stored++
	}
	if stored == 0 {
		return 0, nil
	}
	if err := s.bound(tx, &c, events[len(events)-1].event.At); err != nil {
		return 0, err
	}
	return stored, c.write(tx)
}

// put stores one event under the next number.
func (c *counters) put(tx *bbolt.Tx, e told) error {
	outbox := bucket(tx, outboxBucket)
	n, err := outbox.NextSequence()
	if err != nil {
		return fmt.Errorf("number an event: %w", err)
	}
	outbox.FillPercent = 1 // numbers only grow
	if err := outbox.Put(number(n), e.encoded); err != nil {
		return fmt.Errorf("store event %d: %w", n, err)
	}
	c.waiting++
	if e.event.Level != portfolio.LevelInfo {
		return nil
	}
	c.info++
	return bucket(tx, infoBucket).Put(number(n), present())
}

// bound drops the oldest info events where too many wait. That it does is itself
// announced, once a day.
func (s *Store) bound(tx *bbolt.Tx, c *counters, now time.Time) error {
	if c.info <= s.maxInfo {
		return nil
	}
	outbox, info := bucket(tx, outboxBucket), bucket(tx, infoBucket)
	for c.info > s.maxInfo {
		k, _ := info.Cursor().First()
		if k == nil {
			return fmt.Errorf("%w: fewer info events wait than were counted", ErrCorrupt)
		}
		if err := outbox.Delete(k); err != nil {
			return err
		}
		if err := info.Delete(k); err != nil {
			return err
		}
		c.info--
		c.waiting--
		c.dropped++
	}
	notice := portfolio.Event{
		At: now, Level: portfolio.LevelNotice, About: portfolio.AboutDaemon, What: "events-dropped",
		Text: fmt.Sprintf("Nobody takes events: the oldest of level info are dropped, %d so far; notices and alerts wait.", c.dropped),
		Data: map[string]any{"dropped": c.dropped},
		Once: "daemon/events-dropped", Repeat: 24 * time.Hour,
	}
	due, err := mark(tx, notice)
	if err != nil || !due {
		return err
	}
	e, err := encodeEvents([]portfolio.Event{notice})
	if err != nil {
		return err
	}
	return c.put(tx, e[0])
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
