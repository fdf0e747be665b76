package events

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"domaind/internal/portfolio"
)

const (
	// ackTimeout bounds every request to JetStream.
	ackTimeout = 5 * time.Second
	// tries bounds how often one event is sent before the failure is reported and
	// waited after: another writer that is always faster is no reason to spin.
	tries = 5
)

// unpublishableError is the error of an event that can never be published.
type unpublishableError struct{ err error }

func (u *unpublishableError) Error() string { return u.err.Error() }
func (u *unpublishableError) Unwrap() error { return u.err }

// session is one connection, and what is known of the stream since it was made.
type session struct {
	instance string
	uuid     string
	outbox   Outbox
	nc       *nats.Conn
	js       jetstream.JetStream
	stream   string // the name of the stream that holds our subjects
	looked   bool   // whether the fields below say something
	tail     tail   // the end of the stream
	seen     seen   // what is in the stream of what waits in the outbox
}

// tail is the end of the stream: what the next message expects before it.
type tail struct {
	id       string // "" where the last message has none, or is deleted
	sequence uint64
}

// expect gives the condition under which a message may follow: the id of the
// message before it, else its sequence. Both are refused where anything came in
// between.
func (t tail) expect() jetstream.PublishOpt {
	if t.id != "" {
		return jetstream.WithExpectLastMsgID(t.id)
	}
	return jetstream.WithExpectLastSequence(t.sequence)
}

func (r *Relay) open(ctx context.Context) (*session, error) {
	nc, err := r.o.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	s := &session{instance: r.o.Instance, uuid: r.o.Outbox.UUID(), outbox: r.o.Outbox, nc: nc}
	if s.js, err = jetstream.New(nc, jetstream.WithDefaultTimeout(ackTimeout)); err == nil {
		s.stream, err = ensureStream(ctx, s.js, s.instance)
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return s, nil
}

// deliver brings one event into the stream, or finds it there. Its error is
// an unpublishableError where it never will; after any other error nothing is known, and
// the session is to be closed.
func (s *session) deliver(ctx context.Context, e portfolio.Event) error {
	plain, err := encode(s.instance, plainID(s.uuid, e.Number), e)
	if err != nil {
		return &unpublishableError{err}
	}
	if !s.looked {
		if err := s.look(ctx, e); err != nil {
			return err
		}
	}
	m, other := plain, false
	for range tries {
		if s.seen.has(e) {
			return nil
		}
		if s.seen.renumbered && !other {
			if m, err = encode(s.instance, otherID(s.uuid, e), e); err != nil {
				return &unpublishableError{err}
			}
			other = true
		}
		ack, err := s.send(ctx, m)
		switch {
		case err == nil && !ack.Duplicate:
			s.tail = tail{id: m.ID, sequence: ack.Sequence}
			return nil
		case err == nil:
			// JetStream knows the id. Where it stands for something else, the state
			// file was replaced by an older copy.
			same, err := s.holds(ctx, ack.Sequence, e)
			if err != nil {
				return err
			}
			if same || other {
				return nil
			}
			s.seen.renumbered = true
		case wrongTail(err):
			if err := s.look(ctx, e); err != nil {
				return err
			}
		case streamGone(err):
			if s.stream, err = ensureStream(ctx, s.js, s.instance); err != nil {
				return err
			}
			if err := s.look(ctx, e); err != nil {
				return err
			}
		case tooLarge(err):
			return &unpublishableError{fmt.Errorf("publish event %d: %d bytes: %w", e.Number, len(m.Body), err)}
		default:
			// A publication that is not permitted is told on the connection, not in an answer.
			return fmt.Errorf("publish event %d: %w", e.Number, errors.Join(err, s.nc.LastError()))
		}
	}
	return fmt.Errorf("publish event %d: the stream %s did not stay as it was seen, %d times in a row", e.Number, s.stream, tries)
}

// send publishes a message behind the tail and waits for the acknowledgement.
func (s *session) send(ctx context.Context, m Message) (*jetstream.PubAck, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	msg := nats.NewMsg(m.Subject)
	msg.Header.Set("Content-Type", ContentType)
	msg.Data = m.Body
	return s.js.PublishMsg(ctx, msg, jetstream.WithMsgID(m.ID), s.tail.expect(),
		jetstream.WithExpectStream(s.stream), jetstream.WithRetryAttempts(0))
}

// The codes of JetStream's errors that the client library has no name for.
const (
	codeWrongLastID     jetstream.ErrorCode = 10070
	codeWrongStream     jetstream.ErrorCode = 10060
	codeHeaderTooLarge  jetstream.ErrorCode = 10097
	codeSubjectsOverlap jetstream.ErrorCode = 10065
)

func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode)
}

// wrongTail: something else is at the end of the stream.
func wrongTail(err error) bool {
	return hasCode(err, codeWrongLastID, jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// streamGone: nobody answers for our subjects, or another stream does.
func streamGone(err error) bool {
	return errors.Is(err, jetstream.ErrNoStreamResponse) || hasCode(err, codeWrongStream, jetstream.JSErrCodeStreamNotFound)
}

// tooLarge: the server or the stream takes no message of this size.
func tooLarge(err error) bool {
	return errors.Is(err, nats.ErrMaxPayload) || hasCode(err, jetstream.JSErrCodeStreamMessageExceedsMaximum, codeHeaderTooLarge)
}
