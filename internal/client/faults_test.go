package client

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"domaind/internal/portfolio"
)

const page502 = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body></html>"

func hangUp(reset bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
}

// breaksOff promises more than it sends.
func breaksOff(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// garbage answers with bytes as they are, and closes.
func garbage(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
}

// bomb is an answer that is small on the wire, and too large when it is unpacked.
func bomb(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, `{"data":{"id":1,"x":"`+strings.Repeat("x", 2*maxBody)+`"}}`)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFaults crosses every fault with every call: what becomes of it, and how
// often it was sent. A call that changes the world is sent once in every row.
func TestFaults(t *testing.T) {
	var strayed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		strayed.Add(1)
		says(http.StatusCreated, goodRenew)(w, nil)
	}))
	t.Cleanup(elsewhere.Close) // not deferred: the rows run side by side, when this function has ended
	redirect := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL+r.URL.Path, status) }
	}
	html := func(status int) http.HandlerFunc { return says(status, page502) }
	said := func(status int) http.HandlerFunc { return says(status, `{"message":"so it is"}`) }

	const unknown = portfolio.OutcomeUnknown
	for _, fault := range []struct {
		name    string
		handler http.HandlerFunc
		change  portfolio.Outcome // of a call that changes the world
		read    portfolio.Outcome
		tries   int // of a read
	}{
		{"reset", hangUp(true), unknown, unknown, 3},
		{"hang up", hangUp(false), unknown, unknown, 3},
		{"500", says(500, ""), unknown, unknown, 3},
		{"500 said", said(500), unknown, unknown, 3},
		{"502 HTML", html(502), unknown, unknown, 3},
		{"504 HTML", html(504), unknown, unknown, 3},
		{"empty 200", says(200, ""), unknown, unknown, 1},
		{"empty 201", says(201, ""), unknown, unknown, 1},
		{"blank 202", says(202, " \n"), unknown, unknown, 1},
		{"HTML 200", html(200), unknown, unknown, 1},
		{"truncated JSON", says(201, `{"data":{"id":1`), unknown, unknown, 1},
		{"breaks off", breaksOff(201, `{"data":{"id":1`), unknown, unknown, 3},
		{"breaks off in an error", breaksOff(400, `{"message":"no"}`), unknown, unknown, 3},
		{"data null", says(200, `{"data":null}`), unknown, unknown, 1},
		{"no data", says(201, `{}`), unknown, unknown, 1},
		{"null", says(201, `null`), unknown, unknown, 1},
		{"list of nothing", says(201, `[]`), unknown, unknown, 1},
		{"data a word", says(201, `{"data":"renewed"}`), unknown, unknown, 1},
		{"id 0", says(201, `{"data":{"id":0,"domain_id":7,"state":"new"}}`), unknown, unknown, 1},
		{"negative id", says(201, `{"data":{"id":-4,"domain_id":7,"state":"new"}}`), unknown, unknown, 1},
		{"two values", says(201, `{"data":{"id":1}} {"data":{"id":1}}`), unknown, unknown, 1},
		{"301", redirect(301), unknown, unknown, 1},
		{"302", redirect(302), unknown, unknown, 1},
		{"307", redirect(307), unknown, unknown, 1},
		{"308", redirect(308), unknown, unknown, 1},
		{"303", redirect(303), unknown, unknown, 1},
		{"302 to nowhere", says(302, ""), unknown, unknown, 1},
		{"304", says(304, ""), unknown, unknown, 1},
		{"not HTTP", garbage("220 smtp.example ESMTP\r\n"), unknown, unknown, 3},
		{"no end of headers", garbage("HTTP/1.1 201 Created\r\nX: " + strings.Repeat("x", 300<<10)), unknown, unknown, 3},
		{"a status of its own", garbage("HTTP/1.1 799 Odd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), unknown, unknown, 3},
		{"two lengths", garbage("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), unknown, unknown, 3},
		{"broken gzip", header("Content-Encoding", "gzip", says(201, goodRenew)), unknown, unknown, 3},
		{"gzip bomb", header("Content-Encoding", "gzip", says(201, bomb(t))), unknown, unknown, 1},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"data":{"id":1,"x":"`)
			block := strings.Repeat("x", 64<<10)
			for range maxBody/len(block) + 1 {
				if _, err := io.WriteString(w, block); err != nil {
					return
				}
			}
			_, _ = io.WriteString(w, `"}}`)
		}, unknown, unknown, 1},
		{"400 said", said(400), portfolio.OutcomeRejected, portfolio.OutcomeRejected, 1},
		{"400 HTML", html(400), unknown, unknown, 1},
		{"400 without message", says(400, `{"errors":{"a":["b"]}}`), unknown, unknown, 1},
		{"401 said", said(401), portfolio.OutcomeUnauthorized, portfolio.OutcomeUnauthorized, 1},
		{"401 HTML", html(401), unknown, portfolio.OutcomeUnauthorized, 1},
		{"402 said", said(402), portfolio.OutcomePaymentRequired, portfolio.OutcomePaymentRequired, 1},
		{"402 HTML", html(402), unknown, portfolio.OutcomePaymentRequired, 1},
		{"403 said", said(403), portfolio.OutcomeForbidden, portfolio.OutcomeForbidden, 1},
		{"403 HTML", html(403), unknown, portfolio.OutcomeForbidden, 1},
		{"404 said", said(404), portfolio.OutcomeNotFound, portfolio.OutcomeNotFound, 1},
		{"404 HTML", html(404), unknown, portfolio.OutcomeNotFound, 1},
		{"404 empty", says(404, ""), unknown, portfolio.OutcomeNotFound, 1},
		{"429 said", said(429), portfolio.OutcomeRateLimited, portfolio.OutcomeRateLimited, 3},
		{"429 HTML", html(429), unknown, portfolio.OutcomeRateLimited, 3},
		{"405 empty", says(405, ""), unknown, unknown, 1},
		{"406 said", said(406), portfolio.OutcomeRejected, portfolio.OutcomeRejected, 1},
		{"418 said", said(418), portfolio.OutcomeRejected, portfolio.OutcomeRejected, 1},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, fault.handler)
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			for _, a := range acts() {
				before := len(s.requests())
				c, _ := testClient(t, s.URL)
				err := a.do(t.Context(), c)
				sent := len(s.requests()) - before
				want, tries := fault.read, fault.tries
				switch {
				case a.change:
					want, tries = fault.change, 1
				case a.scarce && strings.HasPrefix(fault.name, "429"):
					tries = 1 // its limit is its own, and nobody waits for that
				}
				if err == nil {
					t.Errorf("%s: taken for success", a.name)
					continue
				}
				fails(t, err, want)
				if sent != tries {
					t.Errorf("%s: sent %d times, want %d", a.name, sent, tries)
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := strayed.Load(); n != 0 {
			t.Errorf("a redirect was followed %d times", n)
		}
	})
}

func TestNotSent(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	strange := httptest.NewTLSServer(says(201, goodRenew)) // its certificate is nobody's
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer strange.Close()
	for name, endpoint := range map[string]string{
		"refused":   gone.URL,
		"handshake": strange.URL,
		"no TLS":    strings.Replace(serve(t, says(201, goodRenew)).URL, "http://", "https://", 1),
	} {
		for _, a := range acts() {
			t.Run(name+"/"+a.name, func(t *testing.T) {
				c, k := testClient(t, endpoint)
				failure := failed(t, a.do(t.Context(), c), portfolio.OutcomeNotSent)
				if failure.Status != 0 || failure.Err == nil {
					t.Errorf("status %d, cause %v", failure.Status, failure.Err)
				}
				if want := map[bool]int{true: 0, false: 2}[a.change]; len(k.waits()) != want {
					t.Errorf("%d waits between tries, want %d", len(k.waits()), want)
				}
			})
		}
	}
}

func TestContextEndedBefore(t *testing.T) {
	s := serve(t, says(201, goodRenew))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, a := range acts() {
		c, _ := testClient(t, s.URL)
		failure := failed(t, a.do(ctx, c), portfolio.OutcomeNotSent)
		if !errors.Is(failure, context.Canceled) {
			t.Errorf("%s: %v is not context.Canceled", a.name, failure)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestContextEndedAfter(t *testing.T) {
	for _, a := range acts() {
		ctx, cancel := context.WithCancel(t.Context())
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		c, _ := testClient(t, s.URL)
		failure := failed(t, a.do(ctx, c), portfolio.OutcomeUnknown)
		if !errors.Is(failure, context.Canceled) {
			t.Errorf("%s: %v is not context.Canceled", a.name, failure)
		}
		if n := len(s.requests()); n != 1 {
			t.Errorf("%s: sent %d times", a.name, n)
		}
		cancel()
	}
}

// roundTripper is a transport of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func given(f roundTripper) func(*Options) { return func(o *Options) { o.Transport = f } }

func TestTimeout(t *testing.T) {
	for _, a := range acts() {
		t.Run(a.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				c, _ := testClient(t, "https://api.dnsimple.com", given(func(r *http.Request) (*http.Response, error) {
					trace := httptrace.ContextClientTrace(r.Context())
					trace.GetConn("api.dnsimple.com:443")
					trace.GotConn(httptrace.GotConnInfo{})
					sent++
					<-r.Context().Done()
					return nil, r.Context().Err()
				}))
				start := time.Now()
				failure := failed(t, a.do(t.Context(), c), portfolio.OutcomeUnknown)
				tries, each := 3, 30*time.Second
				if a.change {
					tries, each = 1, 5*time.Minute
				}
				if took := time.Since(start); sent != tries || took != time.Duration(tries)*each {
					t.Errorf("sent %d times in %v; want %d in %v each", sent, took, tries, each)
				}
				if !errors.Is(failure, context.DeadlineExceeded) || !strings.Contains(failure.Message, "timeout") {
					t.Errorf("%v does not say that it is a timeout", failure)
				}
			})
		})
	}
}

// TestProofOfNotSent: what a transport reports decides, and silence is no proof.
func TestProofOfNotSent(t *testing.T) {
	boom := errors.New("boom")
	for name, tt := range map[string]struct {
		do   roundTripper
		want portfolio.Outcome
	}{
		"silent": {func(*http.Request) (*http.Response, error) { return nil, boom }, portfolio.OutcomeUnknown},
		"no connection": {func(r *http.Request) (*http.Response, error) {
			httptrace.ContextClientTrace(r.Context()).GetConn("x:443")
			return nil, boom
		}, portfolio.OutcomeNotSent},
		"connection": {func(r *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(r.Context())
			trace.GetConn("x:443")
			trace.GotConn(httptrace.GotConnInfo{})
			return nil, boom
		}, portfolio.OutcomeUnknown},
		"dial": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: boom}
		}, portfolio.OutcomeNotSent},
		"read": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "read", Net: "tcp", Err: boom}
		}, portfolio.OutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := testClient(t, "https://api.dnsimple.com", given(tt.do))
			_, _, err := c.Renew(t.Context(), "example.com", 1, nil)
			failure := failed(t, err, tt.want)
			if !errors.Is(failure, boom) {
				t.Errorf("%v hides its cause", failure)
			}
		})
	}
}

func TestChangesCannotBeReplayed(t *testing.T) {
	for _, a := range acts() {
		c, _ := testClient(t, "https://api.dnsimple.com", given(func(r *http.Request) (*http.Response, error) {
			if a.change && r.GetBody != nil {
				t.Errorf("%s: its body can be read again", a.name)
			}
			return nil, errors.New("enough")
		}))
		if a.do(t.Context(), c) == nil {
			t.Errorf("%s: no error", a.name)
		}
	}
}

func TestTokenStaysOutOfErrors(t *testing.T) {
	answers := func(status int, body string, h http.Header) roundTripper {
		return func(*http.Request) (*http.Response, error) {
			if h == nil {
				h = http.Header{}
			}
			return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	hidden := secret[:9] + "\\u0000" + secret[9:]
	for name, do := range map[string]roundTripper{
		"a URL in an error": func(r *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: r.URL.String() + "?t=" + secret, Err: errors.New(r.Header.Get("Authorization"))}
		},
		"message":        answers(400, `{"message":"bad token `+secret+`","errors":{"`+secret+`":["`+secret+`"],"b":"`+secret+`","c":{"`+secret+`":1}}}`, nil),
		"hidden":         answers(400, `{"message":"bad token `+hidden+`"}`, nil),
		"at the cut":     answers(400, `{"message":"`+strings.Repeat("x", maxText-10)+secret+`"}`, nil),
		"request id":     answers(500, ``, http.Header{"X-Request-Id": {secret}}),
		"name":           answers(200, `{"data":{"id":7,"name":"`+secret+`","state":"`+secret+`"}}`, nil),
		"date":           answers(200, `{"data":{"id":7,"name":"example.com","state":"registered","expires_at":"`+secret+`"}}`, nil),
		"not JSON":       answers(200, secret, nil),
		"name of a list": answers(200, `{"data":[{"id":7,"name":"`+secret+`","state":"`+secret+`"}]}`, nil),
	} {
		t.Run(name, func(t *testing.T) {
			for _, a := range acts() {
				c, _ := testClient(t, "https://api.dnsimple.com", given(do))
				if err := a.do(t.Context(), c); err != nil {
					failure, ok := err.(*portfolio.CallError) //nolint:errorlint // the contract is this type
					if !ok {
						t.Fatalf("%s: %T", a.name, err)
					}
					fails(t, err, failure.Outcome)
				}
			}
			c, _ := testClient(t, "https://api.dnsimple.com", given(do))
			for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
				if err != nil {
					break
				}
				for _, p := range page.Problems {
					fails(t, p, portfolio.OutcomeUnknown)
				}
			}
		})
	}
}
