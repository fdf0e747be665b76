package client

import (
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// TestCheckSaysBoth: a name is neither free nor without a price of its own because
// an answer does not say.
func TestCheckSaysBoth(t *testing.T) {
	for _, body := range []string{
		`{"domain":"example.com"}`, `{"domain":"example.com","available":true}`, `{"domain":"example.com","premium":false}`,
		`{"domain":"example.com","available":null,"premium":null}`, `{"domain":"example.com","available":"yes","premium":false}`,
		`{"domain":"example.org","available":true,"premium":false}`, `{"available":true,"premium":false}`,
	} {
		c, _ := testClient(t, serve(t, says(200, enclosed(body))).URL)
		got, err := c.CheckDomain(t.Context(), "example.com")
		fails(t, err, portfolio.OutcomeUnknown)
		if got != (portfolio.DomainCheck{}) {
			t.Errorf("%+v out of %s", got, body)
		}
	}
	c, _ := testClient(t, serve(t, says(200, enclosed(`{"domain":"bücher.example","available":false,"premium":false}`))).URL)
	if got, err := c.CheckDomain(t.Context(), "xn--bcher-kva.example"); err != nil || got.Available || got.Name != "xn--bcher-kva.example" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPremiumPrices(t *testing.T) {
	for body, want := range map[string]portfolio.Money{
		`{"premium_price":"109.00","action":"renewal"}`:   10900,
		`{"premium_price":"1234.5","action":"renewal"}`:   123450,
		`{"premium_price":109,"action":"renewal"}`:        10900,
		`{"premium_price":"109.000","action":"renewal"}`:  10900,
		`{"premium_price":"0.00","action":"renewal"}`:     0,
		`{"premium_price":"-5.00","action":"renewal"}`:    0,
		`{"premium_price":"1.005","action":"renewal"}`:    0,
		`{"premium_price":"","action":"renewal"}`:         0,
		`{"premium_price":null,"action":"renewal"}`:       0,
		`{"action":"renewal"}`:                            0,
		`{"premium_price":"109.00","action":"transfer"}`:  0, // another price
		`{"premium_price":"109.00"}`:                      0, // of what?
		`{"premium_price":"a lot","action":"renewal"}`:    0,
		`{"premium_price":[109],"action":"renewal"}`:      0,
		`{"premium_price":"1e3","action":"renewal"}`:      0,
		`{"premium_price":"1,000.00","action":"renewal"}`: 0,
	} {
		c, _ := testClient(t, serve(t, says(200, enclosed(body))).URL)
		got, err := c.PremiumPrice(t.Context(), "example.com", portfolio.PremiumRenewal)
		if got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
		if want == 0 {
			fails(t, err, portfolio.OutcomeUnknown)
		} else if err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	c, _ := testClient(t, serve(t, says(400, "{\"message\":\"`example.com` is not a premium domain for renewal\"}")).URL)
	_, err := c.PremiumPrice(t.Context(), "example.com", portfolio.PremiumRenewal)
	if failure := failed(t, err, portfolio.OutcomeRejected); !strings.Contains(failure.Message, "not a premium domain") {
		t.Errorf("%v", failure)
	}
}

// TestResearchRefused: the refusal that comes as an answer is one all the same.
func TestResearchRefused(t *testing.T) {
	c, _ := testClient(t, serve(t, says(400, enclosed(`{"request_id":"x","domain":"a.example","availability":"unknown","errors":["Invalid\u0007 domain name","and worse"]}`))).URL)
	_, err := c.ResearchStatus(t.Context(), "a.example")
	if failure := failed(t, err, portfolio.OutcomeRejected); failure.Message != "Invalid domain name; and worse" || failure.Status != 400 {
		t.Errorf("%+v", failure)
	}
	for _, body := range []string{enclosed(`{"errors":[]}`), enclosed(`{"errors":["\u0000"]}`), enclosed(`[]`), `{}`, page502} {
		c, _ := testClient(t, serve(t, says(400, body)).URL)
		_, err := c.ResearchStatus(t.Context(), "a.example")
		fails(t, err, portfolio.OutcomeUnknown)
	}
	for _, body := range []string{`{"domain":"b.example","availability":"available"}`, `{"domain":"a.example"}`, `{"domain":"a.example","availability":7}`} {
		c, _ := testClient(t, serve(t, says(200, enclosed(body))).URL)
		_, err := c.ResearchStatus(t.Context(), "a.example")
		fails(t, err, portfolio.OutcomeUnknown)
	}
}

// TestOwnLimitsHoldNothingElseBack: where a call's own limit is used up, it fails at
// once, says until when, and every other call goes on.
func TestOwnLimitsHoldNothingElseBack(t *testing.T) {
	week := 7 * 24 * time.Hour
	date := newClock().Now().Add(time.Minute) // the server's clock is ahead
	for _, call := range allCalls() {
		if call.kind != scarce {
			continue
		}
		for name, tt := range map[string]struct {
			retryAfter, remaining string
			ahead                 time.Duration // 0: not known
		}{
			"until a date": {date.Add(week).Format("Mon, 02 Jan 2006 15:04:05 GMT"), "2391", week},
			"for seconds":  {"7200", "2391", 2 * time.Hour},
			"nothing said": {"", "2391", 0},
			"nothing left": {"", "0", 10 * time.Minute}, // then it is the limit of all requests
			"no header":    {"", "", 0},
			"absurd":       {"99999999", "2391", 0},
		} {
			limited := header("Date", date.Format("Mon, 02 Jan 2006 15:04:05 GMT"),
				header("X-RateLimit-Reset", unix(date.Add(10*time.Minute)), says(429, `{"message":"Monthly request cap reached"}`)))
			if tt.retryAfter != "" {
				limited = header("Retry-After", tt.retryAfter, limited)
			}
			if tt.remaining != "" {
				limited = header("X-RateLimit-Limit", "2400", header("X-RateLimit-Remaining", tt.remaining, limited))
			}
			s := serve(t, inTurn(limited, says(200, enclosed(registeredJSON))))
			c, k := testClient(t, s.URL)
			start := k.Now()
			_, err := call.do(t.Context(), c)
			failure := failed(t, err, portfolio.OutcomeRateLimited)
			if tt.ahead == 0 && !failure.RetryAt.IsZero() || tt.ahead != 0 && !failure.RetryAt.Equal(start.Add(tt.ahead)) {
				t.Errorf("%s, %s: RetryAt %v, want %v after %v", call.name, name, failure.RetryAt, tt.ahead, start)
			}
			if n := len(s.requests()); n != 1 || len(k.waits()) != 0 {
				t.Errorf("%s, %s: %d requests, waits %v", call.name, name, n, k.waits())
			}
			if tt.remaining == "0" {
				continue
			}
			if _, _, err := c.Domain(t.Context(), 7); err != nil || len(k.waits()) != 0 {
				t.Errorf("%s, %s: the next call waited %v (%v)", call.name, name, k.waits(), err)
			}
		}
	}
}
