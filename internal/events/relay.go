package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"domaind/internal/portfolio"
)

// How the relay paces itself.
const (
	// batchSize is how many events are read from the outbox, and at most published
	// without the outbox being told.
	batchSize = 100
	// firstBackoff and maxBackoff bound the wait after a failure; it doubles.
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// ErrRelay is in the errors of a relay that cannot work with what it was given.
var ErrRelay = errors.New("the relay cannot run")

// Outbox is where events wait to be published, numbered without gaps or not, but
// in order. Its errors are reported and tried again.
type Outbox interface {
	// Pending gives the first events, at most as many as asked for, whose number is above after and
	// that are neither delivered nor set aside, in order of their numbers.
	Pending(after uint64, most int) ([]portfolio.Event, error)
	// Delivered says that every event up to the number, itself included, was
	// published or set aside.
	Delivered(upTo uint64) error
	// SetAside says that the event can never be published, and why.
	SetAside(number uint64, reason string) error
	// Wake gives a channel that is readable after new events were stored.
	Wake() <-chan struct{}
	// UUID names the state file, so that numbers of another one mean nothing.
	UUID() string
}

// RelayOptions is what a [Relay] needs.
type RelayOptions struct {
	Instance string
	Outbox   Outbox
	// Connect opens a connection, in bounded time. The relay owns it, closes it, and
	// asks for a new one after every failure.
	Connect func(ctx context.Context) (*nats.Conn, error)
	// Sleep waits between tries, until the time has passed or the context ends.
	Sleep func(context.Context, time.Duration) error
	// Log hears of outages, once each, and of events that were set aside.
	Log *slog.Logger
}

// Relay publishes the outbox to JetStream, in order, and each event once: see
// the package's documentation. [Relay.Run] and [Relay.Drain] may be called at the
// same time; they take turns.
type Relay struct {
	o RelayOptions

	turn chan struct{} // held by whoever publishes: session and after are theirs
	// session is the connection and what is known of the stream; nil after a failure.
	session *session
	after   uint64 // the number up to which the outbox was told

	mu    sync.Mutex
	users int  // calls of Run and Drain under way; the last one closes the connection
	down  bool // a failure was logged, and no success since
}

// NewRelay makes a relay; [Relay.Run] starts it.
func NewRelay(o RelayOptions) *Relay {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Relay{o: o, turn: make(chan struct{}, 1)}
}

// Run publishes what is in the outbox and what comes into it, until the context
// ends; then it returns nil. No failure of NATS or of the outbox ends it: an
// outage is logged once, and the tries that follow are at most half a minute
// apart. Its only errors are of the options (ErrRelay).
func (r *Relay) Run(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	r.enter()
	defer r.leave()
	backoff := firstBackoff
	for ctx.Err() == nil {
		// Taken before the outbox is read: what is stored meanwhile wakes it.
		wake := r.o.Outbox.Wake()
		err := r.pump(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			r.failed(ctx, err)
			if err := r.o.Sleep(ctx, backoff); err != nil && ctx.Err() == nil {
				return fmt.Errorf("wait before the next try: %w", err)
			}
			backoff = min(2*backoff, maxBackoff)
		default:
			r.recovered(ctx)
			backoff = firstBackoff
			select {
			case <-ctx.Done():
			case <-wake:
			}
		}
	}
	return nil
}

// Drain publishes what waits until the outbox is empty, trying again after
// failures. Where the context ends first, its error names the last failure; what
// is left stays in the outbox for the next start.
func (r *Relay) Drain(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	r.enter()
	defer r.leave()
	backoff := firstBackoff
	for {
		err := r.pump(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("drain the outbox: %w", errors.Join(err, context.Cause(ctx)))
		}
		r.o.Log.DebugContext(ctx, "events are still waiting", "error", err)
		if waited := r.o.Sleep(ctx, backoff); waited != nil {
			return fmt.Errorf("drain the outbox: %w", errors.Join(err, waited))
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// check refuses what would set every event aside, or publish it under no name.
func (r *Relay) check() error {
	switch {
	case !ValidInstance(r.o.Instance):
		return fmt.Errorf("%w: %q cannot be an instance's name", ErrRelay, r.o.Instance)
	case r.o.Outbox == nil || r.o.Connect == nil || r.o.Sleep == nil:
		return fmt.Errorf("%w: it needs an outbox, a connection and a way to wait", ErrRelay)
	case r.o.Outbox.UUID() == "":
		return fmt.Errorf("%w: the state has no uuid", ErrRelay)
	}
	return nil
}

func (r *Relay) enter() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users++
}

// leave closes the connection where nobody uses it any more.
func (r *Relay) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users--
	if r.users > 0 {
		return
	}
	// Nobody pumps: whoever does is among the users.
	r.drop()
}

// drop forgets the connection and all that was known of the stream.
func (r *Relay) drop() {
	if r.session != nil {
		r.session.nc.Close()
		r.session = nil
	}
}

// failed logs the first failure of an outage loudly, and the others for those
// who debug.
func (r *Relay) failed(ctx context.Context, err error) {
	r.mu.Lock()
	first := !r.down
	r.down = true
	r.mu.Unlock()
	if first {
		r.o.Log.ErrorContext(ctx, "events cannot be published; they wait in the outbox, and nothing else waits for them", "error", err)
		return
	}
	r.o.Log.DebugContext(ctx, "events still cannot be published", "error", err)
}

func (r *Relay) recovered(ctx context.Context) {
	r.mu.Lock()
	again := r.down
	r.down = false
	r.mu.Unlock()
	if again {
		r.o.Log.InfoContext(ctx, "events are published again")
	}
}

// pump publishes until the outbox is empty. After any error the connection is
// closed and the next pump begins by looking.
func (r *Relay) pump(ctx context.Context) (err error) {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() {
		if err != nil {
			r.drop()
		}
		<-r.turn
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.session != nil && !r.session.nc.IsConnected() {
		r.drop()
	}
	if r.session == nil {
		s, err := r.open(ctx)
		if err != nil {
			return err
		}
		r.session = s
	}
	for {
		batch, err := r.o.Outbox.Pending(r.after, batchSize)
		if err != nil {
			return fmt.Errorf("read the outbox: %w", err)
		}
		if len(batch) == 0 {
			return nil
		}
		if err := r.publish(ctx, batch); err != nil {
			return err
		}
	}
}

// publish carries a batch into the stream, and tells the outbox how far it came,
// also where it did not come to the end.
func (r *Relay) publish(ctx context.Context, batch []portfolio.Event) error {
	var upTo uint64
	var failure error
	for _, e := range batch {
		if e.Number <= max(r.after, upTo) {
			return fmt.Errorf("read the outbox: event %d comes after event %d", e.Number, max(r.after, upTo))
		}
		if failure = r.session.deliver(ctx, e); failure != nil {
			var never *unpublishableError
			if !errors.As(failure, &never) {
				break
			}
			r.o.Log.ErrorContext(ctx, "an event can never be published and is set aside",
				"number", e.Number, "about", e.About, "what", e.What, "level", e.Level, "text", clip(e.Text), "reason", never.Error())
			if err := r.o.Outbox.SetAside(e.Number, never.Error()); err != nil {
				failure = fmt.Errorf("set event %d aside: %w", e.Number, err)
				break
			}
			failure = nil
		}
		upTo = e.Number
	}
	if upTo > 0 {
		if err := r.o.Outbox.Delivered(upTo); err != nil {
			return errors.Join(failure, fmt.Errorf("tell the outbox that the events up to %d are delivered: %w", upTo, err))
		}
		r.after = upTo
	}
	return failure
}

// clip shortens what goes into a log line.
func clip(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
