package client

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"net/http"
	"sort"
	"strconv"
	"sync"
	"time"

	"domaind/internal/portfolio"
)

// Quota is what the server last said about its rate limit.
type Quota struct {
	Limit     int       // requests in a window; 0 where it did not say
	Remaining int       // of them, when it answered
	Reset     time.Time // when the window ends, by our clock; zero where that made no sense
	Known     bool      // whether it said anything
}

const (
	// window is the length of ours, and of DNSimple's.
	window = time.Hour
	// urgentPatience is how long a call that changes the world, or a read for one,
	// waits for the quota: what was confirmed for it must not be old when it leaves.
	urgentPatience = time.Minute
	// maxAhead bounds how far ahead the end of a rate limit may lie: a date beyond
	// a day is a mistake. Nothing waits longer than a window for it.
	maxAhead = 24 * time.Hour
	// maxScarceAhead is that bound for limits that single calls have of their own:
	// some are counted by the month.
	maxScarceAhead = 32 * 24 * time.Hour
	// behindOthers is after how long a background read asks again while others wait.
	behindOthers = time.Second
	// maxSpread bounds by how much the end of a 429 is spread.
	maxSpread = 10 * time.Second
)

// class says which part of the quota a request may use.
type class int

const (
	ordinary   class = iota // reads: all but what is kept for operations under way
	urgentRead              // what changes the world, and the reads for it: all
	background              // what can wait: half, and only while nobody else waits
)

// of gives the part of a limit that is for a class.
func (k class) of(limit int) int {
	switch k {
	case urgentRead:
		return limit
	case background:
		return portfolio.ForBackground(limit)
	}
	return portfolio.ForReads(limit)
}

// throttle admits requests, one at a time and never faster than two limits allow:
// ours, which is a number of requests in any sliding hour, and the server's, as
// far as its headers tell.
//
// Ours is kept exactly, as the moments of the last requests in a ring. A token
// bucket would be smaller, but lets through its burst and its rate together,
// almost twice the number in the first hour, or else forbids the burst; and a
// burst of pages is what a scan is.
//
// Clients with the same token share one: see [Limits].
type throttle struct {
	now func() time.Time

	mu       sync.Mutex
	ring     []time.Time // the moments of the last len(ring) requests
	next     int         // where in the ring the next one goes
	inFlight int
	waiting  int // how many wait that are not background
	quota    Quota
	left     int       // of the quota, counting what was sent since
	until    time.Time // the end of the quota's window; zero where it is not known
	blocked  time.Time // the end of a 429
}

func newThrottle(perHour int, now func() time.Time) *throttle {
	return &throttle{now: now, ring: make([]time.Time, perHour)}
}

// seen gives the quota as the server last told it.
func (t *throttle) seen() Quota {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.quota
}

// remains is how many requests may still leave in the hour, as both limits have it: ours
// and, for as long as it is known, the server's.
func (t *throttle) remains() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	// From the oldest to the latest; those that were never made are the oldest.
	over := sort.Search(len(t.ring), func(i int) bool {
		at := t.ring[(t.next+i)%len(t.ring)]
		return !at.IsZero() && at.Add(window).After(now)
	})
	if t.until.After(now) {
		return min(over, t.left)
	}
	return over
}

// quotaError is a wait for the quota that an urgent request does not make.
type quotaError struct{ until time.Time }

func (e *quotaError) Error() string {
	return "the request quota is used up until " + e.until.Format(time.RFC3339)
}

// admit waits until a request of a class may leave, and counts it. Its error is the
// context's, what sleep gave, or a *quotaError where it would have to wait for longer
// than a time; then nothing was counted. Whoever was admitted must call done.
func (t *throttle) admit(ctx context.Context, k class, longest time.Duration, sleep func(context.Context, time.Duration) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait := t.take(k)
		if wait <= 0 {
			return nil
		}
		if wait > longest {
			return &quotaError{until: t.now().Add(wait)}
		}
		err := func() error {
			if k != background {
				t.queue(1)
				defer t.queue(-1)
			}
			return sleep(ctx, wait)
		}()
		if err != nil {
			return err
		}
	}
}

// queue counts those who wait.
func (t *throttle) queue(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting += n
}

// take counts a request, or gives the time after which to ask again.
func (t *throttle) take(k class) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	wait := max(t.ourWait(now, k), t.serverWait(now, k), t.blocked.Sub(now))
	if k == background && t.waiting > 0 {
		wait = max(wait, behindOthers)
	}
	if wait > 0 {
		return wait
	}
	t.ring[t.next] = now
	t.next = (t.next + 1) % len(t.ring)
	t.inFlight++
	t.left = max(0, t.left-1)
	return 0
}

// ourWait is the time until the request that opens the hour falls out of it.
func (t *throttle) ourWait(now time.Time, k class) time.Duration {
	allowed := k.of(len(t.ring))
	oldest := (t.next - allowed + len(t.ring)) % len(t.ring)
	at := t.ring[oldest]
	if at.IsZero() {
		return 0
	}
	if at.After(now) { // the clock was set back
		for i := range t.ring {
			if t.ring[i].After(now) {
				t.ring[i] = now
			}
		}
		at = now
	}
	return at.Add(window).Sub(now)
}

// serverWait is the time until the server's window ends, where it is used up.
func (t *throttle) serverWait(now time.Time, k class) time.Duration {
	if t.until.IsZero() {
		return 0
	}
	if t.left > t.quota.Limit-k.of(t.quota.Limit) {
		return 0
	}
	return t.until.Sub(now)
}

// done ends a request that was admitted, and learns from its answer.
func (t *throttle) done(ex *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inFlight--
	if ex.status == 0 {
		return
	}
	now := t.now()
	remaining, ok := number(ex.header, "X-RateLimit-Remaining")
	if ok {
		limit, _ := number(ex.header, "X-RateLimit-Limit")
		t.quota = Quota{Limit: limit, Remaining: remaining, Reset: resetAt(ex.header, now), Known: true}
		t.left = max(0, remaining-t.inFlight) // those under way are not counted yet
		t.until = earlier(t.quota.Reset, now.Add(window))
	}
	if ex.status == http.StatusTooManyRequests && !ex.scarce {
		if at := limitEnd(ex, now); !at.IsZero() {
			at = earlier(at, now.Add(window))
			t.blocked = at.Add(spread(now, at.Sub(now)))
		}
	}
}

// spread is by how much later than its end a 429 is tried again, up to a tenth of the
// wait: who else waits for the same end should not come in the same moment. It comes
// from the moment, not from chance, so that a simulation repeats itself.
func spread(now time.Time, wait time.Duration) time.Duration {
	most := min(wait/10, maxSpread)
	if most <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(now.UnixNano())))
	return time.Duration(h.Sum64() % uint64(most)) //nolint:gosec // G115: it is less than ten seconds
}

// limitEnd is when a 429 may be tried again, by our clock; zero for any other
// status, and where the server does not say or says something absurd.
func limitEnd(ex *exchange, now time.Time) time.Time {
	if ex.status != http.StatusTooManyRequests {
		return time.Time{}
	}
	longest := maxAhead
	if ex.scarce {
		longest = maxScarceAhead
	}
	if at := retryAfter(ex, now, longest); !at.IsZero() {
		return at
	}
	if left, ok := number(ex.header, "X-RateLimit-Remaining"); ex.scarce && (!ok || left > 0) {
		return time.Time{} // the window of all requests is not the one that is used up
	}
	return resetAt(ex.header, now)
}

// retryAfter is what Retry-After says, by our clock; zero where it says nothing or
// something absurd.
func retryAfter(ex *exchange, now time.Time, longest time.Duration) time.Time {
	after := ex.header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(after, 10, 64); err == nil {
		if seconds > 0 && seconds <= int64(longest/time.Second) {
			return now.Add(time.Duration(seconds) * time.Second)
		}
		return time.Time{}
	}
	if at, err := http.ParseTime(after); err == nil {
		return ours(at, ex.header, now, longest)
	}
	return time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// number reads a header that holds a count.
func number(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(h.Get(name))
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, false
	}
	return n, true
}

// resetAt is the end of the server's window by our clock; zero where the header
// is missing or makes no sense.
func resetAt(h http.Header, now time.Time) time.Time {
	seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || seconds <= 0 || seconds > math.MaxInt32*4 {
		return time.Time{}
	}
	return ours(time.Unix(seconds, 0), h, now, maxAhead)
}

// ours brings a moment of the server's clock to ours, by the answer's Date. It is
// zero where the moment is over, or lies absurdly far ahead, by either clock.
func ours(at time.Time, h http.Header, now time.Time, longest time.Duration) time.Time {
	from := []time.Time{now}
	if date := serverDate(h); !date.IsZero() {
		from = []time.Time{date, now}
	}
	for _, start := range from {
		if ahead := at.Sub(start); ahead > 0 && ahead <= longest {
			return now.Add(ahead)
		}
	}
	return time.Time{}
}

// serverDate is the Date of an answer, in UTC; zero where there is none.
func serverDate(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
