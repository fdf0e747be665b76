package events

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"domaind/internal/portfolio"
)

// ErrFeed is in the errors of a feed that cannot be read.
var ErrFeed = errors.New("read the feed")

// FeedOptions says which events to follow, and from when on. Without All and
// Since, only new ones.
type FeedOptions struct {
	Instance  string
	Levels    []portfolio.Level // none: all
	AccountID int64             // 0: all accounts, and events about none

	All   bool      // everything that is in the stream
	Since time.Time // what the stream stored from then on

	// Stop ends the feed where the stream ends, instead of waiting for more.
	Stop bool
	// Ready, where it is not nil, is called once, when nothing that comes after it
	// can be missed.
	Ready func()
	// Sleep waits between tries, until the time has passed or the context ends. With
	// Stop nothing is tried twice.
	Sleep func(context.Context, time.Duration) error
}

// feed is one call of [Follow].
type feed struct {
	o       FeedOptions
	js      jetstream.JetStream
	give    func(Received) error
	next    uint64    // the sequence of the stream that comes next; 0: as the options say
	born    time.Time // when the stream that next counts in was made
	missing bool      // there was no stream when the feed began: all in it will be new
	ready   bool
}

// Follow gives every message of the instance's feed to a function, in the order of
// the stream and each once, until the context ends (nil), the function returns an
// error (that error), or the connection is closed (ErrFeed). A lost connection, a
// restarted server and a stream that is not there yet are waited for. With Stop it
// returns nil at the end of the stream, and whatever comes before is an error (ErrFeed).
// Messages that are no events of ours come with [Received.Err].
func Follow(ctx context.Context, nc *nats.Conn, o FeedOptions, give func(Received) error) error {
	if !ValidInstance(o.Instance) {
		return fmt.Errorf("%w: %q cannot be an instance's name", ErrFeed, o.Instance)
	}
	if o.Sleep == nil && !o.Stop {
		return fmt.Errorf("%w: no way to wait", ErrFeed)
	}
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(ackTimeout))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFeed, err)
	}
	f := &feed{o: o, js: js, give: give}
	backoff := firstBackoff
	for {
		before := f.next
		err := f.run(ctx)
		var told *refusedError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &told):
			return told.err
		case ctx.Err() != nil && o.Stop:
			return fmt.Errorf("%w: %w", ErrFeed, errors.Join(err, context.Cause(ctx)))
		case ctx.Err() != nil:
			return nil //nolint:nilerr // the end of its context is how a feed ends
		case nc.IsClosed() || o.Stop:
			return fmt.Errorf("%w: %w", ErrFeed, err)
		}
		if f.next != before {
			backoff = firstBackoff
		}
		if err := o.Sleep(ctx, backoff); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%w: %w", ErrFeed, err)
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// refusedError is the error of the function that takes the messages.
type refusedError struct{ err error }

func (r *refusedError) Error() string { return r.err.Error() }
func (r *refusedError) Unwrap() error { return r.err }

// run reads with one consumer until it fails, or nil where the feed has ended.
func (f *feed) run(ctx context.Context) error {
	consumer, err := f.consumer(ctx)
	if err != nil {
		return err
	}
	if f.o.Ready != nil && !f.ready {
		f.o.Ready()
	}
	f.ready = true
	if f.o.Stop && consumer.CachedInfo().NumPending == 0 {
		return nil
	}
	messages, err := consumer.Messages(jetstream.PullHeartbeat(2 * time.Second))
	if err != nil {
		return fmt.Errorf("read the consumer: %w", err)
	}
	defer messages.Stop()
	for last := uint64(0); ; last++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read the consumer: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read the consumer: %w", err)
		}
		if meta.Sequence.Consumer != last+1 {
			return errors.New("read the consumer: messages are missing") // the next consumer begins with them
		}
		r, err := Decode(m.Subject(), m.Data())
		if err != nil {
			r.Err, r.Time, r.ID = err, meta.Timestamp.UTC(), m.Headers().Get(jetstream.MsgIDHeader)
		}
		r.Sequence = meta.Sequence.Stream
		if err := f.give(r); err != nil {
			return &refusedError{err}
		}
		f.next = meta.Sequence.Stream + 1
		if f.o.Stop && meta.NumPending == 0 {
			return nil
		}
	}
}

// consumer makes a consumer that begins where the feed is.
func (f *feed) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*ackTimeout)
	defer cancel()
	name, err := findStream(ctx, f.js, f.o.Instance)
	if err != nil {
		f.missing = f.missing || !f.ready && errors.Is(err, jetstream.ErrStreamNotFound)
		return nil, err
	}
	stream, err := f.js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read the stream %s: %w", name, err)
	}
	info := stream.CachedInfo()
	if f.ready && !info.Created.Equal(f.born) {
		f.next = 1 // another stream of this name: it counts anew, and all in it is new
	}
	cfg := jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       f.next,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: time.Minute,
	}
	if filters := f.filters(); len(filters) == 1 {
		cfg.FilterSubject = filters[0] // what old servers know
	} else {
		cfg.FilterSubjects = filters
	}
	if f.next == 0 {
		switch {
		case f.o.All || f.missing:
			cfg.OptStartSeq = 1
		case !f.o.Since.IsZero():
			cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartTimePolicy, 0
			at := f.o.Since.UTC()
			cfg.OptStartTime = &at
		default:
			// Not "new": should this consumer be lost, the next one begins at the same place.
			cfg.OptStartSeq = info.State.LastSeq + 1
			f.next = cfg.OptStartSeq
		}
	}
	consumer, err := stream.CreateConsumer(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("read the stream %s: %w", name, err)
	}
	f.born = info.Created
	return consumer, nil
}

// filters are the subjects that the options ask for.
func (f *feed) filters() []string {
	account := "*"
	if f.o.AccountID != 0 {
		account = strconv.FormatInt(f.o.AccountID, 10)
	}
	prefix := "domaind." + f.o.Instance + "."
	if len(f.o.Levels) == 0 {
		if f.o.AccountID == 0 {
			return []string{prefix + ">"}
		}
		return []string{prefix + "*." + account + ".>"}
	}
	seen := map[string]bool{}
	var all []string
	for _, level := range f.o.Levels {
		s := prefix + token(string(level)) + "." + account + ".>"
		if !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}
