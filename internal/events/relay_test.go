package events

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"domaind/internal/portfolio"
)

func TestRelayPublishesInOrder(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	o.add(row(1, 250)...) // more than a batch
	drain(t, newRelay(o, operatorOf(s), nil))
	wantTexts(t, s, texts(1, 250)...)
	if got := o.deliveredUpTo(); got != 250 {
		t.Errorf("delivered up to %d, want 250", got)
	}
	for i, r := range feedOf(t, s, FeedOptions{}) {
		if want := fmt.Sprintf("%s-%d", uuid, i+1); r.ID != want {
			t.Fatalf("id %q, want %q", r.ID, want)
		}
	}
}

func TestRelayMessage(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	o.add(event(1), event(2))
	drain(t, newRelay(o, operatorOf(s), nil))
	stream, err := newJS(t, connect(t, s, Operator)).Stream(t.Context(), "DOMAIND_main")
	if err != nil {
		t.Fatal(err)
	}
	m, err := stream.GetMsg(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"Content-Type":              "application/cloudevents+json",
		"Nats-Msg-Id":               uuid + "-2",
		"Nats-Expected-Last-Msg-Id": uuid + "-1",
	} {
		if got := m.Header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if want := "domaind.main.notice.1010.operation.done"; m.Subject != want {
		t.Errorf("subject %q, want %q", m.Subject, want)
	}
	cfg := stream.CachedInfo().Config
	if cfg.Storage != jetstream.FileStorage || cfg.MaxAge != maxAge || cfg.MaxBytes != maxBytes || cfg.Duplicates != duplicates {
		t.Errorf("the stream is %+v", cfg)
	}
}

func TestRunPublishesWhatComes(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	stop := runRelay(t, newRelay(o, operatorOf(s), nil))
	for n := 1; n <= 20; n++ {
		o.add(event(n))
		until(t, "the event is delivered", func() bool { return o.deliveredUpTo() == uint64(n) })
	}
	stop()
	wantTexts(t, s, texts(1, 20)...)
}

// A process that ends between the acknowledgement and the note of it knows
// nothing of what it published.
func TestLostAcknowledgement(t *testing.T) {
	for name, tt := range map[string]struct {
		between func(t *testing.T, dir string, s *Server) *Server
	}{
		"restart of domaind": {func(_ *testing.T, _ string, s *Server) *Server { return s }},
		"restart of both": {func(t *testing.T, dir string, s *Server) *Server {
			t.Helper()
			shutdown(t, s)
			return startServer(t, dir, "")
		}},
		"ids no longer remembered": {func(t *testing.T, _ string, s *Server) *Server {
			t.Helper()
			forgetIDs(t, s)
			return s
		}},
		"strangers wrote meanwhile, ids no longer remembered": {func(t *testing.T, _ string, s *Server) *Server {
			t.Helper()
			publishForeign(t, s, "domaind.main.info._.daemon.junk", "junk")
			publishForeign(t, s, "domaind.main.info._.daemon.junk", "junk")
			forgetIDs(t, s)
			return s
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := storeDir(t)
			s := startServer(t, dir, "")
			o := newOutbox()
			o.add(row(1, 5)...)
			drain(t, newRelay(o, operatorOf(s), nil))
			o.forget(2)
			s = tt.between(t, dir, s)
			o.add(row(6, 8)...)
			drain(t, newRelay(o, operatorOf(s), nil))
			var got []string
			for _, r := range feedOf(t, s, FeedOptions{}) {
				if r.Err == nil {
					got = append(got, r.Text)
				}
			}
			if want := texts(1, 8); strings.Join(got, ",") != strings.Join(want, ",") {
				t.Errorf("the stream holds %q", got)
			}
			if o.deliveredUpTo() != 8 {
				t.Errorf("delivered up to %d", o.deliveredUpTo())
			}
		})
	}
}

// forgetIDs makes the stream forget the ids it has seen, as it does after the
// window of duplicates: only the look at its end is left.
func forgetIDs(t *testing.T, s *Server) {
	t.Helper()
	js := newJS(t, connect(t, s, Operator))
	stream, err := js.Stream(t.Context(), "DOMAIND_main")
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	// The server's timer may go off with the window that was there before, and then waits
	// for that: a second change sets it anew.
	for _, window := range []time.Duration{100 * time.Millisecond, 101 * time.Millisecond} { // the least there is
		cfg.Duplicates = window
		if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	m := nats.NewMsg("domaind.main.info._.daemon.probe")
	m.Header.Set("Nats-Msg-Id", "probe")
	m.Data = []byte("probe")
	var first *jetstream.PubAck
	until(t, "ids are forgotten", func() bool {
		ack, err := js.PublishMsg(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = ack
		}
		return !ack.Duplicate && ack.Sequence != first.Sequence
	})
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject(m.Subject)); err != nil {
		t.Fatal(err)
	}
}

func publishForeign(t *testing.T, s *Server, subject, body string) {
	t.Helper()
	if _, err := newJS(t, connect(t, s, Operator)).Publish(t.Context(), subject, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

// The outbox cannot be told: what was published stays pending, and is found.
func TestOutboxThatCannotBeTold(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	failures := 0
	o.onDeliver = func(upTo uint64) error {
		if failures++; failures < 4 {
			return errTest
		}
		o.delivered = upTo
		return nil
	}
	o.add(row(1, 3)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	wantTexts(t, s, texts(1, 3)...)
}

func TestForeignStreamContent(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, s *Server){
		"another state's events": func(t *testing.T, s *Server) {
			t.Helper()
			o := newOutbox()
			o.id = "another-uuid"
			o.add(row(1, 3)...)
			drain(t, newRelay(o, operatorOf(s), nil))
		},
		"a message without an id": func(t *testing.T, s *Server) {
			t.Helper()
			if _, err := ensureStream(t.Context(), newJS(t, connect(t, s, Operator)), "main"); err != nil {
				t.Fatal(err)
			}
			publishForeign(t, s, "domaind.main.alert._.x.y", "junk")
		},
		"an id that only looks like ours": func(t *testing.T, s *Server) {
			t.Helper()
			js := newJS(t, connect(t, s, Operator))
			if _, err := ensureStream(t.Context(), js, "main"); err != nil {
				t.Fatal(err)
			}
			if _, err := js.Publish(t.Context(), "domaind.main.x", nil, jetstream.WithMsgID(uuid+"-99999999999999999999")); err != nil {
				t.Fatal(err)
			}
		},
		"purged": func(t *testing.T, s *Server) {
			t.Helper()
			js := newJS(t, connect(t, s, Operator))
			if _, err := ensureStream(t.Context(), js, "main"); err != nil {
				t.Fatal(err)
			}
			publishForeign(t, s, "domaind.main.alert._.x.y", "junk")
			stream, err := js.Stream(t.Context(), "DOMAIND_main")
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"the last message deleted": func(t *testing.T, s *Server) {
			t.Helper()
			js := newJS(t, connect(t, s, Operator))
			if _, err := ensureStream(t.Context(), js, "main"); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"a", "b"} {
				if _, err := js.Publish(t.Context(), "domaind.main.x", nil, jetstream.WithMsgID(id)); err != nil {
					t.Fatal(err)
				}
			}
			stream, err := js.Stream(t.Context(), "DOMAIND_main")
			if err != nil {
				t.Fatal(err)
			}
			if err := stream.DeleteMsg(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, storeDir(t), "")
			prepare(t, s)
			before := feedOf(t, s, FeedOptions{})
			o := newOutbox()
			o.add(row(11, 13)...)
			drain(t, newRelay(o, operatorOf(s), nil))
			after := feedOf(t, s, FeedOptions{})[len(before):]
			if len(after) != 3 || after[0].Text != "event 11" || after[2].Text != "event 13" {
				t.Errorf("published %+v", after)
			}
		})
	}
}

// Others write between our messages: each time the relay looks, and goes on.
func TestStrangersBetween(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	r := newRelay(o, operatorOf(s), nil)
	stop := runRelay(t, r)
	for n := 1; n <= 5; n++ {
		o.add(event(n))
		until(t, "the event is delivered", func() bool { return o.deliveredUpTo() == uint64(n) })
		publishForeign(t, s, "domaind.main.alert._.x.y", "junk")
	}
	stop()
	wantTexts(t, s, "event 1", "! junk", "event 2", "! junk", "event 3", "! junk", "event 4", "! junk", "event 5", "! junk")
}

func TestStreamDeletedMeanwhile(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	stop := runRelay(t, newRelay(o, operatorOf(s), nil))
	o.add(row(1, 3)...)
	until(t, "three are delivered", func() bool { return o.deliveredUpTo() == 3 })
	if err := newJS(t, connect(t, s, Operator)).DeleteStream(t.Context(), "DOMAIND_main"); err != nil {
		t.Fatal(err)
	}
	o.add(row(4, 5)...)
	until(t, "five are delivered", func() bool { return o.deliveredUpTo() == 5 })
	stop()
	wantTexts(t, s, texts(4, 5)...)
}

// The state file was replaced by an older copy: the same numbers are given again,
// and nothing that happened since may be taken for what the stream has.
func TestStateRolledBack(t *testing.T) {
	for name, forget := range map[string]bool{"ids remembered": false, "ids forgotten": true} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, storeDir(t), "")
			o := newOutbox()
			o.add(row(1, 6)...)
			drain(t, newRelay(o, operatorOf(s), nil))

			copied := newOutbox() // as it was when 3 were delivered and 4 waited
			copied.add(row(1, 4)...)
			copied.forget(3)
			copied.add(row(105, 107)...) // numbers 5 to 7
			if forget {
				forgetIDs(t, s)
			}
			drain(t, newRelay(copied, operatorOf(s), nil))
			want := append(texts(1, 6), texts(105, 107)...)
			wantTexts(t, s, want...)

			copied.forget(5) // and an acknowledgement is lost on top
			copied.add(event(108))
			drain(t, newRelay(copied, operatorOf(s), nil))
			wantTexts(t, s, append(want, "event 108")...)

			ids := map[string]bool{}
			for _, r := range feedOf(t, s, FeedOptions{}) {
				if ids[r.ID] {
					t.Errorf("the id %s is there twice", r.ID)
				}
				ids[r.ID] = true
			}
		})
	}
}

// Where the look does not reach back far enough (here a stranger's message seems
// older than the events), JetStream's own memory of ids is left: an id that it
// knows is an acknowledgement, but only of the same event.
func TestDuplicates(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	later := func(n int) portfolio.Event {
		e := event(n)
		e.At = e.At.Add(3 * time.Hour)
		return e
	}
	o := newOutbox()
	o.add(later(1), later(2), later(3))
	drain(t, newRelay(o, operatorOf(s), nil))
	publishForeign(t, s, "domaind.main.alert._.x.y", "junk")

	o.forget(1)
	drain(t, newRelay(o, operatorOf(s), nil))
	wantTexts(t, s, "event 1", "event 2", "event 3", "! junk")
	if o.deliveredUpTo() != 3 {
		t.Errorf("delivered up to %d", o.deliveredUpTo())
	}

	copied := newOutbox()
	copied.add(later(1), later(2), later(103), later(104))
	copied.forget(1)
	drain(t, newRelay(copied, operatorOf(s), nil))
	wantTexts(t, s, "event 1", "event 2", "event 3", "! junk", "event 103", "event 104")
}

// Another writer is faster than the relay every time, and then it stops.
func TestFasterWriter(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	o.add(event(1), event(2), event(3))
	drain(t, newRelay(o, operatorOf(s), nil))
	copied := newOutbox()
	copied.add(event(1), event(102))
	copied.forget(1)
	foreign := 0
	copied.onPending = func(after uint64) {
		if after > 0 && foreign < 3*tries { // the look asks for one event, after it has read the end
			foreign++
			publishForeign(t, s, "domaind.main.alert._.x.y", "junk")
		}
	}
	failures := 0
	r := NewRelay(RelayOptions{Instance: "main", Outbox: copied, Connect: operatorOf(s), Sleep: func(context.Context, time.Duration) error {
		failures++
		return nil
	}})
	drain(t, r)
	if failures == 0 {
		t.Error("it never stopped to wait")
	}
	var got []string
	for _, r := range feedOf(t, s, FeedOptions{}) {
		if r.Err == nil {
			got = append(got, r.Text)
		}
	}
	if want := "event 1,event 2,event 3,event 102"; strings.Join(got, ",") != want {
		t.Errorf("the stream holds %q", got)
	}
}

func TestServerAwayMeanwhile(t *testing.T) {
	dir := storeDir(t)
	var current atomic.Pointer[Server]
	var attempts atomic.Int64
	current.Store(startServer(t, dir, ""))
	var log testLog
	o := newOutbox()
	stop := runRelay(t, newRelay(o, func(context.Context) (*nats.Conn, error) {
		attempts.Add(1)
		return current.Load().Connect(Operator)
	}, log.logger()))
	o.add(row(1, 3)...)
	until(t, "three are delivered", func() bool { return o.deliveredUpTo() == 3 })

	for outage := 1; outage <= 2; outage++ {
		shutdown(t, current.Load())
		before := attempts.Load()
		o.add(event(10 * outage))
		until(t, "it tries more than once", func() bool { return attempts.Load() > before+3 })
		if got := log.count("cannot be published"); got != outage {
			t.Errorf("%d outages are logged %d times", outage, got)
		}
		current.Store(startServer(t, dir, ""))
		until(t, "the outbox drains when it is back", func() bool { return o.deliveredUpTo() == uint64(3+outage) })
		until(t, "that is logged", func() bool { return log.count("published again") == outage })
	}
	stop()
	wantTexts(t, current.Load(), "event 1", "event 2", "event 3", "event 10", "event 20")
}

func TestUnpublishable(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	var log testLog
	o := newOutbox()
	huge, odd, level := event(2), event(3), event(4)
	huge.Text = strings.Repeat("x", 2<<20)
	odd.Data = map[string]any{"f": func() {}}
	level.Level = "domaind.>"
	o.add(event(1), huge, odd, level, event(5))
	drain(t, newRelay(o, operatorOf(s), log.logger()))
	wantTexts(t, s, "event 1", "event 5")
	if len(o.aside) != 3 || o.aside[2] == "" || !strings.Contains(o.aside[4], "level") {
		t.Errorf("set aside: %v", o.aside)
	}
	if got := log.count("set aside"); got != 3 {
		t.Errorf("logged %d times, want 3", got)
	}
}

func TestStreamWithSmallMessages(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	js := newJS(t, connect(t, s, Operator))
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ALL", Subjects: []string{"domaind.>"}, MaxMsgSize: 1000}); err != nil {
		t.Fatal(err)
	}
	o := newOutbox()
	large := event(1)
	large.Text = strings.Repeat("y", 5000)
	o.add(large, event(2))
	drain(t, newRelay(o, operatorOf(s), nil))
	// In the stream that was there, under its own name, which only the operator may read.
	var got []string
	err := Follow(t.Context(), connect(t, s, Operator), FeedOptions{Instance: "main", All: true, Stop: true}, func(r Received) error {
		got = append(got, r.Text)
		return r.Err
	})
	if err != nil || len(got) != 1 || got[0] != "event 2" {
		t.Errorf("the stream holds %q, %v", got, err)
	}
	if _, ok := o.aside[1]; !ok {
		t.Error("the large event was not set aside")
	}
}

func TestStreamInTheWay(t *testing.T) {
	for name, cfg := range map[string]jetstream.StreamConfig{
		"a part of the subjects":          {Name: "PART", Subjects: []string{"domaind.main.alert.>"}},
		"the name, but not the subjects":  {Name: "DOMAIND_main", Subjects: []string{"something.else"}},
		"a part, and the name is ours":    {Name: "DOMAIND_main", Subjects: []string{"domaind.main.*.1010.>"}},
		"subjects with one token missing": {Name: "PART", Subjects: []string{"domaind.*"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, storeDir(t), "")
			js := newJS(t, connect(t, s, Operator))
			if _, err := js.CreateStream(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			_, err := ensureStream(t.Context(), js, "main")
			if name == "subjects with one token missing" { // not in the way at all
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, ErrStream) || !strings.Contains(err.Error(), cfg.Name) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestDrainEndsWithItsContext(t *testing.T) {
	o := newOutbox()
	o.add(event(1))
	ctx, cancel := context.WithCancel(t.Context())
	attempts := 0
	r := newRelay(o, func(context.Context) (*nats.Conn, error) {
		if attempts++; attempts == 3 {
			cancel()
		}
		return nil, errTest
	}, nil)
	if err := r.Drain(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, errTest) {
		t.Errorf("error %v", err)
	}
	if len(o.events) != 1 || o.deliveredUpTo() != 0 {
		t.Error("the event is not in the outbox any more")
	}
}

// Run and several Drains at once publish nothing twice and nothing out of order.
func TestRunAndDrainTakeTurns(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	r := newRelay(o, operatorOf(s), nil)
	stop := runRelay(t, r)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 20 {
				if err := r.Drain(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := 1; n <= 100; n++ {
		o.add(event(n))
	}
	wg.Wait()
	stop()
	drain(t, r) // what came after the last turn, as at shutdown
	wantTexts(t, s, texts(1, 100)...)
}

func TestRelayRefusesWhatCannotWork(t *testing.T) {
	nowhere := func(context.Context) (*nats.Conn, error) { return nil, errTest }
	anonymous := newOutbox()
	anonymous.id = ""
	for name, o := range map[string]RelayOptions{
		"instance":   {Instance: "a.b", Outbox: newOutbox(), Connect: nowhere, Sleep: wait},
		"uuid":       {Instance: "main", Outbox: anonymous, Connect: nowhere, Sleep: wait},
		"connection": {Instance: "main", Outbox: newOutbox(), Sleep: wait},
		"sleep":      {Instance: "main", Outbox: newOutbox(), Connect: nowhere},
	} {
		r := NewRelay(o)
		if err := r.Run(t.Context()); !errors.Is(err, ErrRelay) {
			t.Errorf("%s: Run: %v", name, err)
		}
		if err := r.Drain(t.Context()); !errors.Is(err, ErrRelay) {
			t.Errorf("%s: Drain: %v", name, err)
		}
	}
}

func TestOutboxOutOfOrder(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	a, b := event(1), event(2)
	a.Number, b.Number = 7, 7
	o.add(a, b)
	ctx, cancel := context.WithCancel(t.Context())
	r := NewRelay(RelayOptions{Instance: "main", Outbox: o, Connect: operatorOf(s), Sleep: func(context.Context, time.Duration) error {
		cancel()
		return ctx.Err()
	}})
	if err := r.Drain(ctx); err == nil || !strings.Contains(err.Error(), "event 7 comes after event 7") {
		t.Errorf("error %v", err)
	}
}

var _ Outbox = (*fakeOutbox)(nil)
