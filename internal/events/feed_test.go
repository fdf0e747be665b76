package events

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// follower gathers what a feed gives.
type follower struct {
	mu   sync.Mutex
	got  []Received
	done chan error
	stop func()
}

func (f *follower) texts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var s []string
	for _, r := range f.got {
		s = append(s, r.Text)
	}
	return s
}

// follow runs a feed over TCP until its stop is called, and waits until it misses
// nothing.
func follow(t *testing.T, s *Server, dir string, o FeedOptions) *follower {
	t.Helper()
	nc, err := Dial(t.Context(), DialOptions{URLs: []string{s.ClientURL()}, SeedFile: SeedFile(dir, Subscriber)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{done: make(chan error, 1)}
	o.Instance = "main"
	if o.Sleep == nil {
		o.Sleep = func(ctx context.Context, _ time.Duration) error { return wait(ctx, 5*time.Millisecond) }
	}
	go func() {
		f.done <- Follow(ctx, nc, o, func(r Received) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.got = append(f.got, r)
			return nil
		})
	}()
	f.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-f.done; err != nil {
			t.Errorf("Follow: %v", err)
		}
		nc.Close()
	})
	t.Cleanup(f.stop)
	return f
}

func TestFollowSelects(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	kinds := []struct {
		level   portfolio.Level
		account int64
	}{{portfolio.LevelInfo, 1010}, {portfolio.LevelAlert, 1010}, {portfolio.LevelAlert, 2020}, {portfolio.LevelNotice, 0}}
	for i, k := range kinds {
		e := event(i)
		e.Level, e.AccountID = k.level, k.account
		o.add(e)
	}
	drain(t, newRelay(o, operatorOf(s), nil))
	for name, tt := range map[string]struct {
		o    FeedOptions
		want []int
	}{
		"all":         {FeedOptions{}, []int{0, 1, 2, 3}},
		"alerts":      {FeedOptions{Levels: []portfolio.Level{portfolio.LevelAlert}}, []int{1, 2}},
		"two levels":  {FeedOptions{Levels: []portfolio.Level{portfolio.LevelNotice, portfolio.LevelInfo, portfolio.LevelInfo}}, []int{0, 3}},
		"an account":  {FeedOptions{AccountID: 1010}, []int{0, 1}},
		"both":        {FeedOptions{AccountID: 2020, Levels: []portfolio.Level{portfolio.LevelAlert}}, []int{2}},
		"nothing":     {FeedOptions{AccountID: 3030}, nil},
		"odd level":   {FeedOptions{Levels: []portfolio.Level{"*.>"}}, nil},
		"since ever":  {FeedOptions{Since: start.Add(-time.Hour)}, []int{0, 1, 2, 3}},
		"since later": {FeedOptions{Since: start.Add(time.Hour)}, nil},
	} {
		var want []string
		for _, n := range tt.want {
			want = append(want, event(n).Text)
		}
		var got []string
		for _, r := range feedOf(t, s, tt.o) {
			got = append(got, r.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestFollowNew(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, anyPort)
	o := newOutbox()
	o.add(row(1, 3)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	ready := make(chan struct{})
	f := follow(t, s, dir, FeedOptions{Ready: func() { close(ready) }})
	<-ready
	o.add(row(4, 6)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	until(t, "three arrive", func() bool { return len(f.texts()) == 3 })
	f.stop()
	if got := f.texts(); !slices.Equal(got, texts(4, 6)) {
		t.Errorf("got %q", got)
	}
}

func TestFollowAllAndOn(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, anyPort)
	o := newOutbox()
	o.add(row(1, 3)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	f := follow(t, s, dir, FeedOptions{All: true})
	until(t, "the old ones arrive", func() bool { return len(f.texts()) == 3 })
	o.add(row(4, 5)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	until(t, "the new ones arrive", func() bool { return len(f.texts()) == 5 })
	f.stop()
	if got := f.texts(); !slices.Equal(got, texts(1, 5)) {
		t.Errorf("got %q", got)
	}
}

// A feed that begins before there is a stream misses nothing of it, and goes on
// where the stream is deleted and made again.
func TestFollowAcrossStreams(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, anyPort)
	tried := make(chan struct{}, 1)
	f := follow(t, s, dir, FeedOptions{Sleep: func(ctx context.Context, _ time.Duration) error {
		select {
		case tried <- struct{}{}:
		default:
		}
		return wait(ctx, 5*time.Millisecond)
	}})
	<-tried // it has found that there is no stream
	o := newOutbox()
	r := newRelay(o, operatorOf(s), nil)
	o.add(row(1, 3)...)
	drain(t, r)
	until(t, "the first arrive", func() bool { return len(f.texts()) == 3 })
	if err := newJS(t, connect(t, s, Operator)).DeleteStream(t.Context(), "DOMAIND_main"); err != nil {
		t.Fatal(err)
	}
	o.add(row(4, 5)...)
	drain(t, r)
	until(t, "those of the new stream arrive", func() bool { return len(f.texts()) == 5 })
	f.stop()
	if got := f.texts(); !slices.Equal(got, texts(1, 5)) {
		t.Errorf("got %q", got)
	}
}

// The server goes away and comes back on the same address: the feed goes on where
// it was.
func TestFollowAcrossARestart(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, anyPort)
	address := strings.TrimPrefix(s.ClientURL(), "nats://")
	o := newOutbox()
	o.add(row(1, 3)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	f := follow(t, s, dir, FeedOptions{All: true})
	until(t, "the first arrive", func() bool { return len(f.texts()) == 3 })
	shutdown(t, s)
	s = startServer(t, dir, address)
	o.add(row(4, 6)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	until(t, "the others arrive", func() bool { return len(f.texts()) >= 6 })
	f.stop()
	if got := f.texts(); !slices.Equal(got, texts(1, 6)) {
		t.Errorf("got %q", got)
	}
}

func TestFollowMalformed(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	o.add(event(1))
	drain(t, newRelay(o, operatorOf(s), nil))
	publishForeign(t, s, "domaind.main.alert.x", "\xff{")
	publishForeign(t, s, "domaind.main.alert._.daemon.started", "")
	o.add(event(2))
	drain(t, newRelay(o, operatorOf(s), nil))
	got := feedOf(t, s, FeedOptions{})
	if len(got) != 4 {
		t.Fatalf("got %+v", got)
	}
	for i, r := range got {
		bad := i == 1 || i == 2
		if errors.Is(r.Err, ErrMalformed) != bad || (r.Err != nil) != bad || r.Sequence != uint64(i+1) || r.Time.IsZero() || r.Subject == "" {
			t.Errorf("%d: %+v", i, r)
		}
	}
	if string(got[1].Raw) != "\xff{" || got[1].Text != "" {
		t.Errorf("%+v", got[1])
	}
}

func TestFollowEnds(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, anyPort)
	nothing := func(Received) error { return nil }
	if err := Follow(t.Context(), connect(t, s, Subscriber), FeedOptions{Instance: "a.>"}, nothing); !errors.Is(err, ErrFeed) {
		t.Errorf("instance: %v", err)
	}
	if err := Follow(t.Context(), connect(t, s, Subscriber), FeedOptions{Instance: "main"}, nothing); !errors.Is(err, ErrFeed) {
		t.Errorf("no way to wait: %v", err)
	}
	if err := Follow(t.Context(), connect(t, s, Subscriber), FeedOptions{Instance: "main", Stop: true}, nothing); !errors.Is(err, ErrFeed) {
		t.Errorf("no stream: %v", err)
	}
	o := newOutbox()
	o.add(row(1, 2)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	calls := 0
	err := Follow(t.Context(), connect(t, s, Subscriber), FeedOptions{Instance: "main", All: true, Sleep: wait}, func(Received) error {
		calls++
		return errTest
	})
	if !errors.Is(err, errTest) || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
	nc := connect(t, s, Subscriber)
	err = Follow(t.Context(), nc, FeedOptions{Instance: "main", All: true, Sleep: wait}, func(Received) error {
		nc.Close()
		return nil
	})
	if !errors.Is(err, ErrFeed) {
		t.Errorf("closed connection: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Follow(canceled, connect(t, s, Subscriber), FeedOptions{Instance: "main", Sleep: wait}, nothing); err != nil {
		t.Errorf("cancelled: %v", err)
	}
	if err := Follow(canceled, connect(t, s, Subscriber), FeedOptions{Instance: "main", Stop: true}, nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before the end: %v", err)
	}
}

// A subscriber of plain NATS hears the alerts as they happen.
func TestPlainSubscription(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	nc := connect(t, s, Subscriber)
	sub, err := nc.SubscribeSync("domaind.*.alert.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	e := event(2)
	e.Level = portfolio.LevelAlert
	o := newOutbox()
	o.add(event(1), e)
	drain(t, newRelay(o, operatorOf(s), nil))
	m, err := sub.NextMsg(5 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Decode(m.Subject, m.Data); err != nil || r.Text != "event 2" {
		t.Errorf("heard %+v, %v", r, err)
	}
}
