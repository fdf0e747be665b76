package sandbox

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"
)

// later sends a request that a fault delays, and waits until it does.
func (f *faulty) later(ctx context.Context, request string) <-chan got {
	f.t.Helper()
	out := make(chan got, 1)
	go func() { out <- f.send(ctx, request) }()
	select {
	case d := <-f.asked:
		equal(f.t, d, 5*time.Minute)
	case g := <-out:
		f.t.Fatalf("answered without a delay: %+v", g)
	}
	return out
}

func TestDelays(t *testing.T) {
	for _, tc := range []struct {
		at       string
		meantime int // charges while it waits
	}{{``, 1}, {`,"delay_at":"after"`, 1}, {`,"delay_at":"before"`, 0}} {
		t.Run(tc.at, func(t *testing.T) {
			f := newFaulty(t)
			f.inject(`{"method":"POST","delay":"5m"` + tc.at + `}`)
			answered := f.later(t.Context(), renew)
			equal(t, len(f.Charges()), tc.meantime)
			equal(t, f.send(t.Context(), "GET /v2/whoami").StatusCode, 200) // nobody else waits
			f.pass(5 * time.Minute)
			f.wake <- nil
			g := <-answered
			check(t, g.err)
			equal(t, g.StatusCode, 201)
			equal(t, g.Header.Get("Date"), "Tue, 10 Mar 2026 12:05:00 GMT")
			equal(t, len(f.Charges()), 1)
		})
	}
}

// A client that goes away has its call carried out or not, as the fault says; so has one whose wait fails.
func TestDelaysEnd(t *testing.T) {
	for at, charges := range map[string]int{Before: 0, After: 1} {
		for _, end := range []string{"client", "sleep"} {
			t.Run(at+" "+end, func(t *testing.T) {
				f := newFaulty(t)
				f.inject(`{"delay":"5m","delay_at":"` + at + `"}`)
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				answered := f.later(ctx, renew)
				want := context.Canceled
				if end == "client" {
					leave()
				} else {
					f.wake <- errors.New("no more time")
					want = io.EOF
				}
				if g := <-answered; !errors.Is(g.err, want) {
					t.Errorf("%+v, want %v", g, want)
				}
				f.server.Close() // waits for the handler
				equal(t, len(f.Charges()), charges)
				last := f.last()
				equal(t, [4]int{last.Status, last.OwnStatus, last.FaultID, int(last.AccountID)}, [4]int{201 * charges, 201 * charges, 1, 1})
			})
		}
	}
}

// A delay goes with the other faults.
func TestDelayedDrop(t *testing.T) {
	f := newFaulty(t)
	f.inject(`{"delay":"5m","drop":"after"}`)
	answered := f.later(t.Context(), renew)
	equal(t, len(f.Charges()), 1)
	f.wake <- nil
	if g := <-answered; !errors.Is(g.err, io.EOF) {
		t.Errorf("%+v, want a connection that is closed", g)
	}
}

func TestRemovalLetsGo(t *testing.T) {
	for _, at := range []string{Before, After} {
		t.Run(at, func(t *testing.T) {
			f := newFaulty(t)
			f.inject(`{"delay":"5m","delay_at":"` + at + `"}`)
			answered := f.later(t.Context(), renew)
			f.do("", "DELETE /_sandbox/faults/1").is(204, "")
			g := <-answered
			check(t, g.err)
			equal(t, g.StatusCode, 201)
			equal(t, len(f.Charges()), 1)
		})
	}
}

// Many wait, many do not, faults come and go meanwhile; each count is kept.
func TestFaultsAtOnce(t *testing.T) {
	const n = 20
	f := newFaulty(t)
	f.inject(`{"path":"/accounts","delay":"5m","count":` + strconv.Itoa(n) + `}`)
	f.inject(`{"path":"/whoami","status":500,"count":7}`)
	var delayed, others sync.WaitGroup
	codes := make(chan int, 2*n)
	for range n {
		delayed.Go(func() {
			if g := f.send(t.Context(), "GET /v2/accounts"); g.err != nil || g.StatusCode != 200 {
				t.Errorf("a delayed request: %+v", g)
			}
		})
	}
	for range n {
		<-f.asked
	}
	equal(t, f.send(t.Context(), "GET /v2/accounts").StatusCode, 200) // beyond the count
	for range n {
		others.Go(func() {
			codes <- f.send(t.Context(), "GET /v2/whoami").StatusCode
			id, err := f.Inject(Fault{Path: "/nowhere", Drop: Before})
			if err != nil || !f.Remove(id) || len(f.Faults()) < 2 {
				t.Errorf("fault %d: %v", id, err)
			}
		})
	}
	others.Wait()
	close(codes)
	count := map[int]int{}
	for code := range codes {
		count[code]++
	}
	equal(t, count, map[int]int{200: n - 7, 500: 7})
	equal(t, f.Faults()[0].Hits, n)
	f.do("", "DELETE /_sandbox/faults").is(204, "")
	delayed.Wait()
}
