package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"domaind/internal/portfolio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "dnsimple_a_SeCrEtToKeN0123"

// clock is a clock whose Sleep moves it.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

func (c *clock) waits() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slept
}

// request is what a server saw.
type request struct {
	Method, Path, Query, Body string
	Header                    http.Header
	Proto                     string
	Close                     bool
}

// server is a DNSimple of one function, which keeps what it saw.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []request
}

func (s *server) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func serve(t *testing.T, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		s.mu.Lock()
		s.seen = append(s.seen, request{
			Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: strings.TrimSpace(string(body)),
			Header: r.Header, Proto: r.Proto, Close: r.Close,
		})
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// says answers everything alike.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "req-1")
		w.WriteHeader(status)
		if status != http.StatusNoContent {
			_, _ = io.WriteString(w, body)
		}
	}
}

func testClient(t *testing.T, endpoint string, edit ...func(*Options)) (*Client, *clock) {
	t.Helper()
	k := newClock()
	o := Options{
		Endpoint: endpoint, Account: portfolio.Account{ID: 1010, Name: "main"}, Token: secret,
		UserAgent: "domaind/1.2.3 (test)", Now: k.Now, Sleep: k.Sleep,
	}
	for _, e := range edit {
		e(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, k
}

// failed asserts that err is a CallError of an outcome, and gives it.
func failed(t *testing.T, err error, want portfolio.Outcome) *portfolio.CallError {
	t.Helper()
	failure, ok := err.(*portfolio.CallError) //nolint:errorlint // the contract is this type, not something around it
	if !ok {
		t.Fatalf("error %v of type %T; want a *portfolio.CallError", err, err)
	}
	if failure.Outcome != want {
		t.Fatalf("outcome %q of %v; want %q", failure.Outcome, failure, want)
	}
	if !strings.Contains(failure.Call, "(account 1010)") {
		t.Errorf("call %q does not name the account", failure.Call)
	}
	for e := err; e != nil; {
		if strings.Contains(fmt.Sprintf("%v %+v", e, e), secret) {
			t.Errorf("the token is in %v", e)
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return failure
}

// fails is failed for those who only assert.
func fails(t *testing.T, err error, want portfolio.Outcome) {
	t.Helper()
	_ = failed(t, err, want)
}

// act is one method of the client, reduced to its error.
type act struct {
	name   string
	change bool
	scarce bool
	good   int    // the status of success
	body   string // of success
	do     func(context.Context, *Client) error
}

const (
	goodDomain  = `{"data":{"id":7,"account_id":1010,"registrant_id":3,"name":"example.com","unicode_name":"example.com","state":"registered","auto_renew":false,"private_whois":true,"expires_at":"2026-06-05T02:15:00Z","created_at":"2020-06-04T19:15:14Z","updated_at":"2020-06-04T19:15:21Z"}}`
	goodChange  = `{"data":{"id":5,"account_id":1010,"domain_id":7,"contact_id":3,"state":"cancelling","extended_attributes":{"a":"b"},"registry_owner_change":true,"irt_lock_lifted_by":null,"created_at":"2026-02-03T17:43:22Z","updated_at":"2026-02-03T17:43:22Z"}}`
	goodRenew   = `{"data":{"id":11,"domain_id":7,"period":1,"state":"new","created_at":"2026-02-09T19:46:45Z","updated_at":"2026-02-09T19:46:45Z"}}`
	goodRestore = `{"data":{"id":11,"domain_id":7,"state":"restoring","created_at":"2026-02-09T19:46:45Z","updated_at":"2026-02-09T19:46:45Z"}}`
)

// acts is every method that sends something.
func acts() []act {
	var acts []act
	for _, call := range allCalls() {
		acts = append(acts, act{call.name, call.kind.change(), call.kind == scarce, call.status, call.answer, func(ctx context.Context, c *Client) error {
			_, err := call.do(ctx, c)
			return err
		}})
	}
	return acts
}

// quoted writes s as a JSON string.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestNewRefuses(t *testing.T) {
	for name, edit := range map[string]func(*Options){
		"no endpoint":      func(o *Options) { o.Endpoint = "" },
		"no scheme":        func(o *Options) { o.Endpoint = "api.dnsimple.com" },
		"http":             func(o *Options) { o.Endpoint = "http://api.dnsimple.com" },
		"http, disguised":  func(o *Options) { o.Endpoint = "http://localhost.example.com" },
		"another scheme":   func(o *Options) { o.Endpoint = "ftp://127.0.0.1" },
		"credentials":      func(o *Options) { o.Endpoint = "https://me:" + secret + "@api.dnsimple.com" },
		"path":             func(o *Options) { o.Endpoint = "https://api.dnsimple.com/v2" },
		"query":            func(o *Options) { o.Endpoint = "https://api.dnsimple.com/?a=" + secret },
		"fragment":         func(o *Options) { o.Endpoint = "https://api.dnsimple.com/#" },
		"port alone":       func(o *Options) { o.Endpoint = "https://:443" },
		"control":          func(o *Options) { o.Endpoint = "https://api.dnsimple.com\n" + secret },
		"no account":       func(o *Options) { o.Account.ID = 0 },
		"no token":         func(o *Options) { o.Token = "" },
		"token with break": func(o *Options) { o.Token = secret + "\r\nX-Evil: 1" },
		"token with space": func(o *Options) { o.Token = secret + " " },
		"agent with break": func(o *Options) { o.UserAgent = "a\nb" },
		"negative rate":    func(o *Options) { o.RequestsPerHour = -1 },
		"absurd rate":      func(o *Options) { o.RequestsPerHour = 1 << 40 },
		"negative timeout": func(o *Options) { o.ReadTimeout = -1 },
		"no clock":         func(o *Options) { o.Now = nil },
		"no sleep":         func(o *Options) { o.Sleep = nil },
	} {
		t.Run(name, func(t *testing.T) {
			k := newClock()
			o := Options{
				Endpoint: "https://api.dnsimple.com", Account: portfolio.Account{ID: 1010, Name: "main"},
				Token: secret, Now: k.Now, Sleep: k.Sleep,
			}
			edit(&o)
			c, err := New(o)
			if err == nil || c != nil {
				t.Fatalf("New gave %v, %v; want an error", c, err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the token is in %v", err)
			}
		})
	}
}

func TestNewAccepts(t *testing.T) {
	for _, endpoint := range []string{
		"https://api.dnsimple.com", "https://api.sandbox.dnsimple.com/", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:9",
	} {
		c, _ := testClient(t, endpoint)
		if got := c.Account(); got.ID != 1010 || got.Name != "main" {
			t.Errorf("%s: account %+v", endpoint, got)
		}
	}
}

func TestSuccess(t *testing.T) {
	for _, a := range acts() {
		t.Run(a.name, func(t *testing.T) {
			s := serve(t, says(a.good, a.body))
			c, _ := testClient(t, s.URL)
			if err := a.do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			seen := s.requests()
			if len(seen) != 1 {
				t.Fatalf("%d requests, want 1", len(seen))
			}
			r := seen[0]
			if got := r.Header.Get("Authorization"); got != "Bearer "+secret {
				t.Errorf("Authorization %q", got)
			}
			if got := r.Header.Get("User-Agent"); !strings.HasPrefix(got, "domaind/1.2.3 (test) dnsimple-go/") {
				t.Errorf("User-Agent %q", got)
			}
			if r.Header.Get("Idempotency-Key") != "" || r.Header.Get("X-Idempotency-Key") != "" {
				t.Error("a header that makes net/http repeat a POST")
			}
			if r.Close != a.change {
				t.Errorf("Connection: close is %v; a connection of its own is for changes", r.Close)
			}
		})
	}
}
