package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// renew is the request that most faults here hit.
const renew = "POST " + purchases + "a.com/renewals"

// faulty is a world with a name to renew behind real HTTP.
type faulty struct {
	*sim
	server *httptest.Server
	asked  chan time.Duration // each sleep, as it begins
	wake   chan error         // ends one sleep
}

func newFaulty(t *testing.T) *faulty {
	t.Helper()
	p, err := ParsePortfolio([]byte(base+"[limits]\nrequests_per_hour = 77\n[[domain]]\nid = 100\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+10d\"\n"+
		"[[domain]]\nid = 101\naccount = \"desk\"\nname = \"b.com\"\nexpires = \"+10d\"\n[[push]]\ndomain = \"b.com\"\nto = \"main\"\n"), "test.toml")
	check(t, err)
	f := &faulty{sim: &sim{t: t, now: start()}, asked: make(chan time.Duration, 100), wake: make(chan error)}
	f.Server, err = New(Options{Portfolio: p, Now: f.clock, Sleep: func(ctx context.Context, d time.Duration) error {
		f.asked <- d
		select {
		case err := <-f.wake:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	check(t, err)
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	f.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return f
}

// got is what came over the wire.
type got struct {
	*http.Response
	body string
	err  error // of the request, or of reading the body
}

// send sends "METHOD /path" with the token of main.
func (f *faulty) send(ctx context.Context, request string, body ...string) got {
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(ctx, method, f.server.URL+path, strings.NewReader(strings.Join(body, "")))
	if err != nil {
		return got{err: err}
	}
	r.Header.Set("Authorization", "Bearer main")
	resp, err := f.server.Client().Do(r)
	if err != nil {
		return got{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return got{resp, string(text), err}
}

// inject puts a fault in over HTTP.
func (f *faulty) inject(fault string) {
	f.t.Helper()
	if g := f.send(f.t.Context(), "POST /_sandbox/faults", fault); g.err != nil || g.StatusCode != 201 {
		f.t.Fatalf("%s: %+v", fault, g)
	}
}

// last is the latest entry of the journal.
func (f *faulty) last() Request {
	f.Server.mu.Lock()
	defer f.Server.mu.Unlock()
	all := f.requests.list()
	return all[len(all)-1]
}

func TestEachFaultOverHTTP(t *testing.T) {
	const gateway = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n" +
		"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	const jsonType, page = "application/json; charset=utf-8", "text/html"
	const success = `{"data":{"id":1,"domain_id":100,"period":1,"state":"new","created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`
	for _, tc := range []struct {
		fault    string
		status   int // 0: no answer
		own      int // 0: not carried out
		body     string
		kind     string // its Content-Type
		unending bool   // the body ends too early
	}{
		{fault: `"status":500`, status: 500, body: `{"message":"Internal Server Error"}`, kind: jsonType},
		{fault: `"status":500,"effect":true`, status: 500, own: 201, body: `{"message":"Internal Server Error"}`, kind: jsonType},
		{fault: `"status":401`, status: 401, body: `{"message":"Authentication failed"}`, kind: jsonType},
		{fault: `"status":402,"message":"Pay \"first\""`, status: 402, body: `{"message":"Pay \"first\""}`, kind: jsonType},
		{fault: `"status":429`, status: 429, body: `{"message":"quota exceeded"}`, kind: jsonType},
		{fault: `"status":599,"body":"json"`, status: 599, body: `{"message":"Status 599"}`, kind: jsonType},
		{fault: `"status":502,"body":"html"`, status: 502, body: gateway, kind: page},
		{fault: `"status":502,"body":"html","effect":true`, status: 502, own: 201, body: gateway, kind: page},
		{fault: `"status":503,"body":"empty"`, status: 503},
		{fault: `"status":204,"effect":true`, status: 204, own: 201},
		{fault: `"status":202,"raw":"{\"data\":null}"`, status: 202, body: `{"data":null}`, kind: jsonType},
		{fault: `"raw":"{\"data\":"`, status: 201, own: 201, body: `{"data":`, kind: jsonType},
		{fault: `"body":"empty"`, status: 201, own: 201},
		{fault: `"body":"html"`, status: 201, own: 201, body: strings.ReplaceAll(gateway, "502 Bad Gateway", "201 Created"), kind: page},
		{fault: `"drop":"before"`},
		{fault: `"drop":"after"`, own: 201},
		{fault: `"truncate":20`, status: 201, own: 201, body: success[:20], kind: jsonType, unending: true},
		{fault: `"truncate":0`, status: 201, own: 201, kind: jsonType, unending: true},
		{fault: `"truncate":99999`, status: 201, own: 201, body: success[:len(success)-1], kind: jsonType, unending: true},
		{fault: `"truncate":5,"status":502,"body":"html"`, status: 502, body: "<html", kind: page, unending: true},
		{fault: `"rate_limit":"1h"`, status: 429, body: `{"message":"quota exceeded"}`, kind: jsonType},
		{fault: `"redirect":"/v2/whoami"`, status: 307},
		{fault: `"redirect":"http://127.0.0.1:1/","effect":true`, status: 307, own: 201},
		{fault: `"date":"missing"`, status: 201, own: 201, body: success, kind: jsonType},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			f := newFaulty(t)
			f.inject(`{"method":"POST","path":"*/renewals",` + tc.fault + `}`)
			g := f.send(t.Context(), renew)
			switch {
			case tc.status == 0:
				if !errors.Is(g.err, io.EOF) {
					t.Errorf("%+v, want a connection that is closed", g)
				}
			case g.Response == nil:
				t.Fatal(g.err)
			default:
				equal(t, g.StatusCode, tc.status)
				equal(t, g.body, tc.body)
				equal(t, g.Header.Get("Content-Type"), tc.kind)
				equal(t, errors.Is(g.err, io.ErrUnexpectedEOF), tc.unending)
			}
			equal(t, len(f.Charges()), min(tc.own, 1))
			equal(t, f.last(), Request{
				At: start(), Method: "POST", Path: purchases + "a.com/renewals", AccountID: 1, Status: tc.status, FaultID: 1, OwnStatus: tc.own,
			})
			equal(t, f.Faults()[0].Hits, 1)

			// The next one is served as always.
			equal(t, f.Remove(1), true)
			if g := f.send(t.Context(), "GET /v2/whoami"); g.err != nil || g.StatusCode != 200 {
				t.Errorf("afterwards %+v", g)
			}
			equal(t, f.last(), Request{At: start(), Method: "GET", Path: "/v2/whoami", Status: 200})
		})
	}
}

func TestFaultsOfHeaders(t *testing.T) {
	for fault, want := range map[string][4]string{ // Date, limit, remaining, reset
		`{"date":"missing"}`:                       {"", "77", "76", "1773147600"},
		`{"date":"-10m"}`:                          {"Tue, 10 Mar 2026 11:50:00 GMT", "77", "76", "1773147600"},
		`{"date":"+1y"}`:                           {"Wed, 10 Mar 2027 12:00:00 GMT", "77", "76", "1773147600"},
		`{"date":"1h","status":500}`:               {"Tue, 10 Mar 2026 13:00:00 GMT", "", "", ""},
		`{"date":"1h","status":500,"effect":true}`: {"Tue, 10 Mar 2026 13:00:00 GMT", "77", "76", "1773147600"},
		`{"rate_limit":"30s"}`:                     {"Tue, 10 Mar 2026 12:00:00 GMT", "77", "0", "1773144030"},
		`{"rate_limit":"-1h"}`:                     {"Tue, 10 Mar 2026 12:00:00 GMT", "77", "0", "1773140400"},
		`{"rate_limit":"none"}`:                    {"Tue, 10 Mar 2026 12:00:00 GMT", "77", "0", ""},
		`{"redirect":"/v2/x"}`:                     {"Tue, 10 Mar 2026 12:00:00 GMT", "", "", ""},
	} {
		t.Run(fault, func(t *testing.T) {
			f := newFaulty(t)
			f.inject(fault)
			h := f.send(t.Context(), "GET /v2/whoami").Header
			equal(t, [4]string{h.Get("Date"), h.Get("X-RateLimit-Limit"), h.Get("X-RateLimit-Remaining"), h.Get("X-RateLimit-Reset")}, want)
			equal(t, h.Get("Location"), map[bool]string{true: "/v2/x"}[strings.Contains(fault, "redirect")])
		})
	}
	// A request that no token counts is told the usual limit.
	f := newFaulty(t)
	f.inject(`{"rate_limit":"none"}`)
	equal(t, f.do("", "GET /v2/whoami").must(429).Header().Get("X-RateLimit-Limit"), "2400")
}

// Go's client follows a 307 with the same body: the redirected renewal is renewed.
func TestRedirectIsFollowed(t *testing.T) {
	f := newFaulty(t)
	f.server.Client().CheckRedirect = nil
	f.inject(`{"path":"*/domains/100/renewals","redirect":"` + purchases + `a.com/renewals"}`)
	equal(t, f.send(t.Context(), "POST "+purchases+"100/renewals", `{"period":2}`).StatusCode, 201)
	equal(t, f.expires("a.com"), "2028-03-20T12:00:00Z")
}

// What has no body cannot be truncated, and a body cannot be put into a 204.
func TestFaultsOfAnswersWithoutABody(t *testing.T) {
	const accept, body = "POST /v2/1/pushes/1", `{"contact_id":11}`
	f := newFaulty(t)
	f.inject(`{"truncate":1,"count":1}`)
	if g := f.send(t.Context(), accept, body); !errors.Is(g.err, io.EOF) {
		t.Errorf("%+v, want a connection that is closed", g)
	}
	equal(t, [2]int{f.last().Status, f.last().OwnStatus}, [2]int{0, 204})
	f = newFaulty(t)
	f.inject(`{"raw":"odd"}`)
	g := f.send(t.Context(), accept, body)
	equal(t, [2]any{g.StatusCode, g.body}, [2]any{200, "odd"})
}

// In process a dropped connection is a panic, and nothing stays locked.
func TestFaultsInProcess(t *testing.T) {
	f := newFaulty(t)
	id, err := f.Inject(Fault{Path: "*/renewals", Drop: After, Count: 1})
	check(t, err)
	dropped := func() (reason any) {
		defer func() { reason = recover() }()
		f.do("main", renew)
		return nil
	}()
	equal(t, dropped == http.ErrAbortHandler, true) //nolint:errorlint // a panic's value, compared as net/http does
	equal(t, len(f.Charges()), 1)
	equal(t, f.Faults(), []FaultStatus{{ID: id, Seen: 1, Hits: 1, Fault: Fault{Path: "*/renewals", Drop: After, Count: 1}}})
	equal(t, [2]bool{f.Remove(id), f.Remove(id)}, [2]bool{true, false})

	few := 3
	_, err = f.Inject(Fault{Truncate: &few})
	check(t, err)
	few = 10
	*f.Faults()[0].Truncate = 11 // neither changes the fault
	cut := f.do("main", "GET /v2/whoami").must(200)
	equal(t, cut.Body.String(), `{"d`)
	if cut.Header().Get("Content-Length") == "3" {
		t.Error("the Content-Length is that of the part")
	}
}

func TestFaultsAreCounted(t *testing.T) {
	f := newFaulty(t)
	f.inject(`{"path":"/whoami","skip":1,"count":2,"status":500}`)
	f.inject(`{"path":"/whoami","skip":2,"count":1,"status":503}`) // due with the third, which the first hits
	f.inject(`{"method":"POST","status":501}`)
	status := func(request string) int { return f.send(t.Context(), request).StatusCode }
	var codes []int
	for range 5 {
		codes = append(codes, status("GET /v2/whoami/"))
	}
	equal(t, codes, []int{200, 500, 500, 503, 200})
	equal(t, []int{status("GET /v2/accounts"), status("POST /v2/whoami"), status("POST /v2/nothing"), status("POST /v2"), status("POST /v21/x")},
		[]int{200, 501, 501, 501, 404})
	seen := [][3]int{}
	for _, a := range f.Faults() {
		seen = append(seen, [3]int{a.ID, a.Seen, a.Hits})
	}
	equal(t, seen, [][3]int{{1, 6, 2}, {2, 6, 1}, {3, 3, 3}})
	equal(t, f.Faults()[2].Method, "POST")
}

func TestFaultsOverHTTP(t *testing.T) {
	f := newFaulty(t)
	f.do("", "GET /_sandbox/faults").is(200, "[]")
	f.do("", "POST /_sandbox/faults", `{"truncate":0,"path":"/a"}`).is(201, `{"id":1,"seen":0,"hits":0,"path":"/a","truncate":0}`)
	f.inject(`{"status":500}`) // any path, but never one of these
	f.do("", "GET /_sandbox/faults").is(200, `[{"id":1,"seen":0,"hits":0,"path":"/a","truncate":0},{"id":2,"seen":0,"hits":0,"status":500}]`)
	f.do("", "DELETE /_sandbox/faults/1").is(204, "")
	f.do("", "DELETE /_sandbox/faults/1").is(404, "{\"message\":\"Fault `1` not found\"}")
	f.do("", "DELETE /_sandbox/faults/x").must(404)
	f.do("", "GET /_sandbox/faults/2").must(405)
	f.do("main", "GET /v2/whoami").must(500)
	f.do("", "DELETE /_sandbox/faults").is(204, "")
	f.do("", "GET /_sandbox/faults").is(200, "[]")
	f.do("main", "GET /v2/whoami").must(200)
	f.inject(`{"date":"-1s"}`)
	equal(t, f.Faults()[0].ID, 3)

	var journal struct{ Requests []map[string]any }
	check(t, json.Unmarshal(f.do("", "GET /_sandbox/requests").Body.Bytes(), &journal))
	equal(t, journal.Requests, []map[string]any{
		{"at": "2026-03-10T12:00:00Z", "method": "GET", "path": "/v2/whoami", "status": 500.0, "fault_id": 2.0},
		{"at": "2026-03-10T12:00:00Z", "method": "GET", "path": "/v2/whoami", "status": 200.0},
	})
}

func TestFaultsAreBounded(t *testing.T) {
	f := newFaulty(t)
	for range maxFaults {
		_, err := f.Inject(Fault{Status: 500, Count: 1})
		check(t, err)
	}
	if _, err := f.Inject(Fault{Status: 500}); err == nil || !strings.Contains(err.Error(), "1000 faults already") {
		t.Errorf("one too many: %v", err)
	}
}
