package client

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

// TestNeverTooMany: in any hour there are at most as many requests as allowed,
// ordinary reads leave a tenth of them, those in the background half, and nothing waits
// without need.
func TestNeverTooMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 30).Draw(t, "limit")
		k := newClock()
		th := newThrottle(limit, k.Now)
		var all []time.Time
		for range rapid.IntRange(1, 120).Draw(t, "requests") {
			if err := k.Sleep(t.Context(), time.Duration(rapid.IntRange(0, 600).Draw(t, "idle"))*time.Second); err != nil {
				t.Fatal(err)
			}
			which := rapid.SampledFrom([]class{ordinary, urgentRead, background}).Draw(t, "class")
			asked := k.Now()
			if err := th.admit(t.Context(), which, maxAhead, k.Sleep); err != nil {
				t.Fatal(err)
			}
			th.done(&exchange{})
			now := k.Now()
			within := func(at time.Time) int { // requests in the hour that ends at at, without this one
				n := 0
				for _, s := range all {
					if s.After(at.Add(-time.Hour)) {
						n++
					}
				}
				return n
			}
			allowed := map[class]int{urgentRead: limit, ordinary: portfolio.ForReads(limit), background: max(limit/2, 1)}[which]
			if n := within(now) + 1; n > allowed {
				t.Fatalf("%d requests in an hour, %d allowed (class %d)", n, allowed, which)
			}
			if now.After(asked) && within(now.Add(-1)) < allowed {
				t.Fatalf("it waited %v too long", now.Sub(asked))
			}
			all = append(all, now)
		}
	})
}

func TestKept(t *testing.T) {
	for limit, want := range map[int]int{0: 0, 1: 0, 2: 1, 10: 1, 11: 2, 2400: 240} {
		if got := limit - portfolio.ForReads(limit); got != want {
			t.Errorf("of %d requests %d are kept, want %d", limit, got, want)
		}
	}
}

func TestThrottleOutlivesAClockSetBack(t *testing.T) {
	k := newClock()
	th := newThrottle(1, k.Now)
	if err := th.admit(t.Context(), urgentRead, maxAhead, k.Sleep); err != nil {
		t.Fatal(err)
	}
	k.at = k.at.AddDate(-1, 0, 0)
	before := k.Now()
	if err := th.admit(t.Context(), urgentRead, maxAhead, k.Sleep); err != nil {
		t.Fatal(err)
	}
	if waited := k.Now().Sub(before); waited != time.Hour {
		t.Errorf("waited %v, want an hour", waited)
	}
}

// rated answers like a server that has so much of a quota of ten left.
func rated(remaining, reset string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Limit", "10")
		w.Header().Set("X-RateLimit-Remaining", remaining)
		w.Header().Set("X-RateLimit-Reset", reset)
		w.Header()["Date"] = nil // our clock is the measure
		says(200, goodDomain)(w, r)
	}
}

func TestServersQuota(t *testing.T) {
	start := newClock().Now()
	soon := unix(start.Add(10 * time.Minute))
	read := func(ctx context.Context, c *Client) error {
		_, _, err := c.Domain(ctx, 7)
		return err
	}
	urgentRead := func(ctx context.Context, c *Client) error { return read(Urgent(ctx), c) }
	renew := func(ctx context.Context, c *Client) error { return second(c.Renew(ctx, "example.com", 1, nil)) }
	for name, tt := range map[string]struct {
		remaining, reset string
		do               func(context.Context, *Client) error
		want             time.Duration
	}{
		"enough":              {"2", soon, read, 0},
		"the last tenth":      {"1", soon, read, 10 * time.Minute},
		"urgent":              {"1", soon, urgentRead, 0},
		"a renewal":           {"1", soon, renew, 0},
		"nothing left":        {"0", soon, read, 10 * time.Minute},
		"nothing, urgent":     {"0", unix(start.Add(40 * time.Second)), urgentRead, 40 * time.Second},
		"nothing, a renewal":  {"0", unix(start.Add(40 * time.Second)), renew, 40 * time.Second},
		"over":                {"0", unix(start.Add(-time.Minute)), read, 0},
		"absurd":              {"0", unix(start.AddDate(1, 0, 0)), read, 0},
		"longer than an hour": {"0", unix(start.Add(5 * time.Hour)), read, time.Hour},
		"no number":           {"none", soon, read, 0},
		"negative":            {"-3", soon, read, 0},
		"no reset":            {"0", "", read, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, rated(tt.remaining, tt.reset))
			c, k := testClient(t, s.URL)
			if err := read(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			_ = tt.do(t.Context(), c) // a renewal gets a domain for an answer
			if waited := k.Now().Sub(start); waited != tt.want {
				t.Errorf("waited %v, want %v", waited, tt.want)
			}
			if n := len(s.requests()); n != 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestUrgentDoesNotWaitLong: what a purchase was confirmed by is old when the quota
// keeps it waiting; so it is not sent, and the caller learns when it may be.
func TestUrgentDoesNotWaitLong(t *testing.T) {
	reset := newClock().Now().Add(10 * time.Minute)
	for name, do := range map[string]func(context.Context, *Client) error{
		"a read": func(ctx context.Context, c *Client) error { _, _, err := c.Domain(Urgent(ctx), 7); return err },
		"a renewal": func(ctx context.Context, c *Client) error {
			return second(c.Renew(ctx, "example.com", 1, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, rated("0", unix(reset)))
			c, k := testClient(t, s.URL)
			if _, _, err := c.Domain(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			before := k.Now()
			failure := failed(t, do(t.Context(), c), portfolio.OutcomeNotSent)
			if !failure.RetryAt.Equal(reset) || !k.Now().Equal(before) || len(s.requests()) != 1 {
				t.Errorf("retry at %s, waited %s, %d requests", failure.RetryAt, k.Now().Sub(before), len(s.requests()))
			}
		})
	}
}

func TestQuota(t *testing.T) {
	start := newClock().Now()
	s := serve(t, inTurn(rated("7", unix(start.Add(time.Minute))), says(200, goodDomain)))
	c, _ := testClient(t, s.URL)
	if got := c.Quota(); got != (Quota{}) {
		t.Errorf("a quota before any answer: %+v", got)
	}
	for range 2 { // the second answer has no headers, and changes nothing
		if _, _, err := c.Domain(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		if got, want := c.Quota(), (Quota{Limit: 10, Remaining: 7, Reset: start.Add(time.Minute), Known: true}); got != want {
			t.Errorf("quota %+v, want %+v", got, want)
		}
	}
}

// TestRemains: the lesser of both limits counts, and the server's no longer than it lasts.
func TestRemains(t *testing.T) {
	k := newClock()
	th := newThrottle(10, k.Now)
	remains := func(want int, when string) {
		t.Helper()
		if got := th.remains(); got != want {
			t.Errorf("%s %d remain, want %d", when, got, want)
		}
	}
	answered := func(h http.Header) {
		t.Helper()
		if wait := th.take(urgentRead); wait != 0 {
			t.Fatalf("it waits %v", wait)
		}
		th.done(&exchange{status: 200, header: h})
	}
	said := func(remaining string) http.Header {
		return http.Header{"X-Ratelimit-Limit": {"2400"}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {unix(k.at.Add(10 * time.Minute))}}
	}
	remains(10, "at first")
	answered(said("2399"))
	remains(9, "with much left by the server")
	answered(said("3"))
	remains(3, "with little left by the server")
	answered(nil)
	remains(2, "after an answer that said nothing")
	k.at = k.at.Add(20 * time.Minute)
	remains(7, "in the server's next window")
	k.at = k.at.Add(40 * time.Minute)
	remains(10, "in the next hour")
	for range 10 {
		answered(nil)
	}
	remains(0, "in the end")
}

// TestRateLimitHoldsEverythingBack: after a 429 nothing leaves until its end.
func TestRateLimitHoldsEverythingBack(t *testing.T) {
	s := serve(t, inTurn(header("Retry-After", "40", says(429, `{"message":"quota exceeded"}`)), says(201, goodRenew)))
	c, k := testClient(t, s.URL)
	start := k.Now()
	_, _, err := c.Renew(t.Context(), "example.com", 1, nil)
	fails(t, err, portfolio.OutcomeRateLimited)
	if waited := k.Now().Sub(start); waited != 0 {
		t.Fatalf("a renewal waited %v after its answer", waited)
	}
	if _, _, err = c.Renew(t.Context(), "example.com", 1, nil); err != nil {
		t.Fatal(err)
	}
	if waited := k.Now().Sub(start); waited < 40*time.Second || waited > 44*time.Second {
		t.Errorf("waited %v, want 40s and a little", waited)
	}
}

func TestWaitingForTheQuotaEnds(t *testing.T) {
	stop := errors.New("woken")
	for _, a := range acts() {
		s := serve(t, says(a.good, a.body))
		c, _ := testClient(t, s.URL, func(o *Options) {
			o.RequestsPerHour = 1
			o.Sleep = func(context.Context, time.Duration) error { return stop }
		})
		if err := a.do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		failure := failed(t, a.do(t.Context(), c), portfolio.OutcomeNotSent)
		if !errors.Is(failure, stop) && failure.RetryAt.IsZero() {
			t.Errorf("%s: %v hides its cause", a.name, failure)
		}
		if n := len(s.requests()); n != 1 {
			t.Errorf("%s: %d requests", a.name, n)
		}
	}
}

// bubbleSleep waits on the clock of the bubble that a test runs in.
func bubbleSleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// TestThrottleIsShared: many at once are admitted no faster than one after the other.
func TestThrottleIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(10, time.Now)
		start := time.Now()
		var wg sync.WaitGroup
		for range 35 {
			wg.Go(func() {
				if err := th.admit(t.Context(), urgentRead, maxAhead, bubbleSleep); err != nil {
					t.Error(err)
				}
				th.done(&exchange{})
			})
		}
		wg.Wait()
		if took := time.Since(start); took != 3*time.Hour {
			t.Errorf("35 requests at 10 an hour took %v, want 3h", took)
		}
	})
}

// TestQuotaCountsWhatItDoesNotSeeYet: what was sent since the last answer, and
// what is under way, is taken off what the server said.
func TestQuotaCountsWhatItDoesNotSeeYet(t *testing.T) {
	k := newClock()
	th := newThrottle(100, k.Now)
	for range 2 {
		if wait := th.take(urgentRead); wait != 0 {
			t.Fatalf("the first wait %v", wait)
		}
	}
	th.done(&exchange{status: 200, header: http.Header{
		"X-Ratelimit-Limit": {"10"}, "X-Ratelimit-Remaining": {"5"}, "X-Ratelimit-Reset": {unix(k.Now().Add(time.Minute))},
	}})
	// Five are left, one is under way, and one is kept from ordinary reads.
	for i, want := range []time.Duration{0, 0, 0, time.Minute} {
		if wait := th.take(ordinary); wait != want {
			t.Errorf("read %d waits %v, want %v", i+1, wait, want)
		}
	}
	for i, want := range []time.Duration{0, time.Minute} {
		if wait := th.take(urgentRead); wait != want {
			t.Errorf("urgent read %d waits %v, want %v", i+1, wait, want)
		}
	}
}

// TestOneLimiterPerToken: two accounts with one token share its hour, and what the
// server said of it; another token has its own.
func TestOneLimiterPerToken(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		says(200, `{"data":[],"pagination":{"current_page":1,"per_page":100,"total_entries":0,"total_pages":1}}`)(w, r)
	})
	k := newClock()
	limits := new(Limits)
	account := func(id int64, token string) *Client {
		c, _ := testClient(t, s.URL, func(o *Options) {
			o.Account.ID, o.Token, o.Limits, o.Now, o.Sleep, o.RequestsPerHour = id, token, limits, k.Now, k.Sleep, 10
		})
		return c
	}
	one, two, other := account(1, "shared"), account(2, "shared"), account(3, "other")
	list := func(c *Client) {
		for _, err := range c.Pushes(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	start := k.Now()
	for range 4 {
		list(one)
		list(two)
	}
	list(one) // the ninth: a tenth is kept
	list(other)
	if waited := k.Now().Sub(start); waited != 0 {
		t.Fatalf("waited %v within the quota", waited)
	}
	list(two)
	if waited := k.Now().Sub(start); waited != time.Hour {
		t.Errorf("the tenth request with one token waited %v, want an hour", waited)
	}
}

// TestBackgroundYields: a read in the background waits while any other waits, though the
// quota would have it leave, and leaves half of the hour to the others.
func TestBackgroundYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(10, time.Now)
		for range 5 {
			if err := th.admit(t.Context(), background, maxAhead, bubbleSleep); err != nil {
				t.Fatal(err)
			}
			th.done(&exchange{})
		}
		if wait := th.take(background); wait != time.Hour {
			t.Errorf("the sixth waits %v", wait)
		}
		for range 4 { // the others find theirs
			if wait := th.take(ordinary); wait != 0 {
				t.Errorf("an ordinary one waits %v", wait)
			}
			th.done(&exchange{})
		}
		start := time.Now()
		var order []string
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, who := range []string{"background", "ordinary"} {
			k := map[string]class{"background": background, "ordinary": ordinary}[who]
			wg.Go(func() {
				if err := th.admit(t.Context(), k, maxAhead, bubbleSleep); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, who)
				th.done(&exchange{})
			})
		}
		wg.Wait()
		if len(order) != 2 || order[0] != "ordinary" || time.Since(start) < time.Hour {
			t.Errorf("%v after %v", order, time.Since(start))
		}
		th.queue(1)
		if wait := th.take(background); wait <= 0 {
			t.Error("it leaves while somebody waits")
		}
	})
}

// TestBackgroundByContext: the mark reaches the throttle, and what is urgent stays so.
func TestBackgroundByContext(t *testing.T) {
	start := newClock().Now()
	for name, tt := range map[string]struct {
		ctx  func(context.Context) context.Context
		want time.Duration
	}{
		"background":            {Background, 10 * time.Minute},
		"an ordinary read":      {func(ctx context.Context) context.Context { return ctx }, 0},
		"urgent, in background": {func(ctx context.Context) context.Context { return Urgent(Background(ctx)) }, 0},
	} {
		s := serve(t, rated("5", unix(start.Add(10*time.Minute))))
		c, k := testClient(t, s.URL)
		for _, ctx := range []context.Context{t.Context(), tt.ctx(t.Context())} {
			if _, _, err := c.Domain(ctx, 7); err != nil {
				t.Fatal(err)
			}
		}
		if waited := k.Now().Sub(start); waited != tt.want {
			t.Errorf("%s: waited %v, want %v", name, waited, tt.want)
		}
	}
}
