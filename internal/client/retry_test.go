package client

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// inTurn answers each request with the next of the handlers, and then with the last.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		h := handlers[min(n, len(handlers)-1)]
		n++
		h(w, r)
	}
}

func header(key, value string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(key, value)
		h(w, r)
	}
}

func TestReadsAreRetried(t *testing.T) {
	for name, first := range map[string]http.HandlerFunc{
		"500": says(500, ""), "502": says(502, page502), "429": says(429, `{"message":"quota exceeded"}`),
		"reset": hangUp(true), "broken off": breaksOff(200, `{"data`),
	} {
		s := serve(t, inTurn(first, first, says(200, goodDomain)))
		c, k := testClient(t, s.URL)
		var told []int
		d, _, err := c.Domain(WithAnswers(t.Context(), func(a portfolio.Answer) { told = append(told, a.Status) }), 7)
		if err != nil || d.ID != 7 {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		if want := map[string]int{"reset": 1}[name]; want != 0 && len(told) != want || want == 0 && len(told) != 3 || told[len(told)-1] != 200 {
			t.Errorf("%s: told of the answers %v", name, told)
		}
		waits := k.waits()
		if len(waits) != 2 || waits[0] < time.Second || waits[0] >= 3*time.Second/2 || waits[1] < 2*time.Second || waits[1] >= 3*time.Second {
			t.Errorf("%s: waits %v", name, waits)
		}
	}
}

func TestRetryWaitsForTheRateLimit(t *testing.T) {
	limited := says(429, `{"message":"quota exceeded"}`)
	start := newClock().Now()
	date := start.Add(-100 * time.Second) // the server's clock is behind
	for name, tt := range map[string]struct {
		after, reset string
		want         time.Duration // 0: zero RetryAt
	}{
		"seconds":          {"90", "", 90 * time.Second},
		"date":             {date.Add(time.Minute).Format(http.TimeFormat), "", time.Minute},
		"reset":            {"", unix(date.Add(10 * time.Minute)), 10 * time.Minute},
		"seconds win":      {"90", unix(date.Add(10 * time.Minute)), 90 * time.Second},
		"an hour at most":  {"7200", "", 2 * time.Hour},
		"absurd seconds":   {"99999999999", "", 0},
		"overflow":         {"9223372036854775807", "", 0},
		"negative":         {"-5", "", 0},
		"zero":             {"0", "", 0},
		"nonsense":         {"soon", "then", 0},
		"past":             {date.Add(-time.Hour).Format(http.TimeFormat), unix(date.Add(-time.Minute)), 0},
		"absurd reset":     {"", unix(date.Add(30 * 24 * time.Hour)), 0},
		"overflowed reset": {"", "9223372036854775807", 0},
		"nothing":          {"", "", 0},
		"nonsense, reset":  {"soon", unix(date.Add(time.Minute)), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			set := func(h http.HandlerFunc) http.HandlerFunc {
				h = header("Date", date.Format(http.TimeFormat), h)
				if tt.after != "" {
					h = header("Retry-After", tt.after, h)
				}
				if tt.reset != "" {
					h = header("X-RateLimit-Reset", tt.reset, h)
				}
				return h
			}
			s := serve(t, inTurn(set(limited), says(200, goodDomain)))
			c, k := testClient(t, s.URL)
			if _, _, err := c.Domain(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			waited := k.Now().Sub(start)
			switch {
			case tt.want == 0 && (waited < time.Second || waited > 2*time.Second):
				t.Errorf("waited %v, want the usual backoff", waited)
			case tt.want != 0 && (waited < min(tt.want, time.Hour) || waited > min(tt.want, time.Hour)+min(tt.want/10, maxSpread)):
				t.Errorf("waited %v, want %v and a little", waited, min(tt.want, time.Hour))
			}

			c, _ = testClient(t, serve(t, set(limited)).URL)
			_, _, err := c.Renew(t.Context(), "example.com", 1, nil)
			failure := failed(t, err, portfolio.OutcomeRateLimited)
			if tt.want == 0 && !failure.RetryAt.IsZero() || tt.want != 0 && !failure.RetryAt.Equal(start.Add(tt.want)) {
				t.Errorf("RetryAt %v, want %v from %v", failure.RetryAt, tt.want, start)
			}
		})
	}
}

func unix(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func TestRetryEndsWithTheContext(t *testing.T) {
	s := serve(t, says(500, ""))
	stop := errors.New("woken")
	c, _ := testClient(t, s.URL, func(o *Options) {
		o.Sleep = func(context.Context, time.Duration) error { return stop }
	})
	_, _, err := c.Domain(t.Context(), 7)
	if failure := failed(t, err, portfolio.OutcomeUnknown); !errors.Is(failure, stop) || failure.Status != 500 {
		t.Errorf("%+v", failure)
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// TestBackoffRepeatsItself: the spread is not chance.
func TestBackoffRepeatsItself(t *testing.T) {
	run := func(id int64) []time.Duration {
		c, k := testClient(t, serve(t, says(500, "")).URL)
		_, _, err := c.Domain(t.Context(), id)
		fails(t, err, portfolio.OutcomeUnknown)
		return k.waits()
	}
	a, b, other := run(7), run(7), run(8)
	if a[0] != b[0] || a[1] != b[1] {
		t.Errorf("%v and then %v", a, b)
	}
	if a[0] == other[0] {
		t.Errorf("two calls wait alike: %v", a[0])
	}
}

// TestLimitInTheMiddleOfAList: the list goes on at the page at which it was limited, as
// often as three times, and then names it.
func TestLimitInTheMiddleOfAList(t *testing.T) {
	for limits, ok := range map[int]bool{1: true, 3: true, 4: false} {
		left := limits
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("page") == "2" && left > 0 {
				left--
				header("Retry-After", "600", says(429, `{"message":"quota exceeded"}`))(w, r)
				return
			}
			paged(250)(w, r)
		})
		c, k := testClient(t, s.URL)
		start, read := k.Now(), 0
		var failure error
		for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
			if failure = err; err == nil {
				read += len(page.Items)
			}
		}
		if !ok {
			if f := failed(t, failure, portfolio.OutcomeRateLimited); read != 100 || !strings.Contains(f.Call, "page 2") {
				t.Errorf("%d read: %v", read, f)
			}
			continue
		}
		waited := k.Now().Sub(start)
		if n := len(s.requests()); failure != nil || read != 250 || n != 3+limits {
			t.Errorf("%d read with %d requests: %v", read, n, failure)
		}
		if least := time.Duration(limits) * 10 * time.Minute; waited <= least || waited > least+time.Duration(limits)*maxSpread {
			t.Errorf("waited %v for %d limits", waited, limits)
		}
	}
}

// TestRetryAfterOfAServerThatIsDown is honoured by reads: they come back no sooner, or
// not at all where it is long.
func TestRetryAfterOfAServerThatIsDown(t *testing.T) {
	for after, tt := range map[string]struct{ tries, least int }{"120": {2, 120}, "3600": {1, 0}, "soon": {2, 1}} {
		s := serve(t, inTurn(header("Retry-After", after, says(503, "")), says(200, goodDomain)))
		c, k := testClient(t, s.URL)
		start := k.Now()
		_, _, err := c.Domain(t.Context(), 7)
		waited := int(k.Now().Sub(start).Seconds())
		if n := len(s.requests()); n != tt.tries || (err == nil) != (tt.tries == 2) || waited < tt.least || waited > tt.least*3/2 {
			t.Errorf("%s: %d requests, waited %d s: %v", after, n, waited, err)
		}
	}
}

// TestUrgentReadsDoNotWaitForALimit: what was confirmed before one would be old.
func TestUrgentReadsDoNotWaitForALimit(t *testing.T) {
	s := serve(t, header("Retry-After", "600", says(429, `{"message":"quota exceeded"}`)))
	c, k := testClient(t, s.URL)
	start := k.Now()
	_, _, err := c.Domain(Urgent(t.Context()), 7)
	failure := failed(t, err, portfolio.OutcomeRateLimited)
	if !failure.RetryAt.Equal(start.Add(10*time.Minute)) || !k.Now().Equal(start) || len(s.requests()) != 1 {
		t.Errorf("%d requests, waited %v: %v", len(s.requests()), k.Now().Sub(start), failure)
	}
}
