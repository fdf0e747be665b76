package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"domaind/internal/portfolio"
)

const (
	// lookBack bounds how many messages are read back from the end of the stream.
	lookBack = 4096
	// skew is how far the clocks of domaind and of NATS may be apart for a message
	// to be older than the event that waits.
	skew = time.Hour
	// lookTimeout bounds a whole look.
	lookTimeout = time.Minute
)

// seen is what a look found in the stream of the events that wait.
type seen struct {
	// through: every event up to this number is in the stream.
	through uint64
	// renumbered says that the stream has other events under our numbers: the state
	// file was replaced by an older copy, and ids of the plain form cannot be used.
	renumbered bool
	marks      map[mark]bool // of messages under our numbers, where through does not tell
}

// has says whether the event is in the stream.
func (s seen) has(e portfolio.Event) bool {
	return e.Number <= s.through || len(s.marks) > 0 && s.marks[markOf(e)]
}

// look reads the end of the stream: what the next message must expect before it,
// and which of the events from first on are there already. It reads back from our
// last message as far as first could lie: to a message of ours with a smaller
// number, or to one that is older than the event itself. In the usual case, an
// acknowledgement that was lost, that is one message.
func (s *session) look(ctx context.Context, first portfolio.Event) error {
	s.looked = false
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	stream, err := s.js.Stream(ctx, s.stream)
	if err != nil {
		return fmt.Errorf("read the stream %s: %w", s.stream, err)
	}
	state := stream.CachedInfo().State
	end := tail{sequence: state.LastSeq}
	if state.Msgs > 0 {
		switch m, err := s.read(ctx, which{Sequence: state.LastSeq}); {
		case err == nil:
			end.id = m.ID
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return err
		}
	}
	found, err := s.readBack(ctx, state.FirstSeq, first)
	if err != nil {
		return err
	}
	s.tail, s.seen, s.looked = end, found, true
	return nil
}

// readBack gathers what is in the stream of the events from first on.
func (s *session) readBack(ctx context.Context, firstSeq uint64, first portfolio.Event) (seen, error) {
	result := seen{marks: map[mark]bool{}}
	m, err := s.read(ctx, which{LastOn: Subjects(s.instance)})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return result, nil
	} else if err != nil {
		return seen{}, err
	}
	newest := true // no message of ours was read yet
	seq := m.Sequence
	for range lookBack {
		if m != nil {
			number, plain, ours := parseID(s.uuid, m.ID)
			ours = ours && covers(Subjects(s.instance), m.Subject)
			if ours && number < first.Number {
				// Published in order: whatever comes after first would come after this.
				result.renumbered = result.renumbered || newest && !plain
				return result, nil
			}
			if ours && newest {
				// Where this is what waits under its number, so is all before it.
				same, err := s.waits(number, m)
				if err != nil {
					return seen{}, err
				}
				if same {
					return seen{through: number, renumbered: !plain}, nil
				}
				result.renumbered = true
			}
			if ours {
				newest = false
				result.marks[markIn(m.Body)] = true
			}
			if m.Time.Before(first.At.Add(-skew)) {
				return result, nil
			}
		}
		if seq--; seq < max(firstSeq, 1) {
			return result, nil
		}
		m, err = s.read(ctx, which{Sequence: seq})
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return seen{}, err
		}
	}
	return result, nil
}

// waits says whether the message is the event that waits in the outbox under this
// number.
func (s *session) waits(number uint64, m *stored) (bool, error) {
	events, err := s.outbox.Pending(number-1, 1)
	if err != nil {
		return false, fmt.Errorf("read the outbox: %w", err)
	}
	return len(events) == 1 && events[0].Number == number && markIn(m.Body) == markOf(events[0]), nil
}

// holds says whether the message at this place of the stream is the event. One
// that is no longer there was it: JetStream knew its id.
func (s *session) holds(ctx context.Context, sequence uint64, e portfolio.Event) (bool, error) {
	m, err := s.read(ctx, which{Sequence: sequence})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return true, nil
	} else if err != nil {
		return false, err
	}
	return markIn(m.Body) == markOf(e), nil
}
