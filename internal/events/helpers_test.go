package events

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"domaind/internal/portfolio"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const uuid = "5c2f6a1e-9b7d-4e0a-8f53-0d6a4b1c7e21"

// fakeOutbox is an outbox in memory that can forget what it was told.
type fakeOutbox struct {
	mu        sync.Mutex
	id        string
	events    []portfolio.Event
	delivered uint64
	aside     map[uint64]string
	wake      chan struct{}
	onDeliver func(upTo uint64) error // nil: it is remembered
	onPending func(after uint64)      // nil: nothing happens meanwhile
}

func newOutbox() *fakeOutbox {
	return &fakeOutbox{id: uuid, aside: map[uint64]string{}, wake: make(chan struct{}, 1)}
}

func (o *fakeOutbox) add(events ...portfolio.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range events {
		if e.Number == 0 {
			e.Number = 1
			if n := len(o.events); n > 0 {
				e.Number = o.events[n-1].Number + 1
			}
		}
		o.events = append(o.events, e)
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *fakeOutbox) Pending(after uint64, most int) ([]portfolio.Event, error) {
	if o.onPending != nil {
		o.onPending(after)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []portfolio.Event
	for _, e := range o.events {
		_, aside := o.aside[e.Number]
		if e.Number > after && e.Number > o.delivered && !aside && len(found) < most {
			found = append(found, e)
		}
	}
	return found, nil
}

func (o *fakeOutbox) Delivered(upTo uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.onDeliver != nil {
		return o.onDeliver(upTo)
	}
	o.delivered = max(o.delivered, upTo)
	return nil
}

func (o *fakeOutbox) SetAside(number uint64, reason string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.aside[number] = reason
	return nil
}

func (o *fakeOutbox) Wake() <-chan struct{} { return o.wake }
func (o *fakeOutbox) UUID() string          { return o.id }

func (o *fakeOutbox) forget(upTo uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.delivered = upTo
}

func (o *fakeOutbox) deliveredUpTo() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.delivered
}

// start is when the tests run, and so when their events happen: JetStream has no
// other clock.
var start = time.Now().UTC()

// event makes the n-th of a row of events.
func event(n int) portfolio.Event {
	return portfolio.Event{
		At:    start.Add(time.Duration(n) * time.Millisecond),
		Level: portfolio.LevelNotice, AccountID: 1010, About: portfolio.AboutOperation, What: "done",
		Subject: fmt.Sprintf("name-%d.example", n), Text: fmt.Sprintf("event %d", n), Data: map[string]any{"n": n},
	}
}

func row(from, to int) []portfolio.Event {
	var events []portfolio.Event
	for n := from; n <= to; n++ {
		events = append(events, event(n))
	}
	return events
}

func startServer(t *testing.T, dir, listen string) *Server {
	t.Helper()
	s, err := StartServer(t.Context(), ServerOptions{Dir: dir, Listen: listen, Instance: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, s) })
	return s
}

func shutdown(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// storeDir gives a folder that a server takes.
func storeDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir() + "/nats"
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func connect(t *testing.T, s *Server, user User) *nats.Conn {
	t.Helper()
	nc, err := s.Connect(user)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func newJS(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// testLog keeps what is logged.
type testLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *testLog) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.b.Bytes(), []byte(s))
}

func (l *testLog) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func operatorOf(s *Server) func(context.Context) (*nats.Conn, error) {
	return func(context.Context) (*nats.Conn, error) { return s.Connect(Operator) }
}

func newRelay(o Outbox, connect func(context.Context) (*nats.Conn, error), log *slog.Logger) *Relay {
	return NewRelay(RelayOptions{
		Instance: "main", Outbox: o, Connect: connect, Log: log,
		Sleep: func(ctx context.Context, _ time.Duration) error { return wait(ctx, time.Millisecond) },
	})
}

func drain(t *testing.T, r *Relay) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := r.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

// runRelay runs a relay until the function it returns is called, or the test ends.
func runRelay(t *testing.T, r *Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// feedOf reads what is in the stream, to its end.
func feedOf(t *testing.T, s *Server, o FeedOptions) []Received {
	t.Helper()
	o.Instance, o.Stop = "main", true
	o.All = o.Since.IsZero()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	nc, err := s.Connect(Subscriber)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var all []Received
	if err := Follow(ctx, nc, o, func(r Received) error {
		all = append(all, r)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// wantTexts compares what the stream holds, in order.
func wantTexts(t *testing.T, s *Server, want ...string) {
	t.Helper()
	var got []string
	for _, r := range feedOf(t, s, FeedOptions{}) {
		if r.Err != nil {
			got = append(got, "! "+string(r.Raw))
			continue
		}
		got = append(got, r.Text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the stream holds\n%q\nwant\n%q", got, want)
	}
}

func texts(from, to int) []string {
	var s []string
	for n := from; n <= to; n++ {
		s = append(s, fmt.Sprintf("event %d", n))
	}
	return s
}

// until polls a condition, and fails the test where it does not come true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !ok() {
		if wait(ctx, 2*time.Millisecond) != nil {
			t.Fatalf("it does not come true: %s", what)
		}
	}
}

var errTest = errors.New("the test wants it to fail")

// wait is a real wait that ends with its context.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
