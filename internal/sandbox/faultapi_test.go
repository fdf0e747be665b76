package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBadFaults(t *testing.T) {
	f := newFaulty(t)
	for _, tc := range []struct{ text, want string }{
		{``, `a fault is a JSON object, like`},
		{`[]`, `a fault is a JSON object, like`},
		{`null`, `a fault is a JSON object, like`},
		{`{"status":500`, `the JSON object does not end`},
		{`{"status":500]`, `the JSON object does not end`},
		{`{"status":500}{}`, `something follows the JSON object`},
		{`{"status":500} x`, `something follows the JSON object`},
		{`{"status":}`, `status: not JSON at byte`},
		{`{"status"`, `status: not JSON at byte`},
		{`{status:500}`, `not JSON at byte`},
		{`{"stauts":500}`, `"stauts" is no field of a fault: there are body, count, date,`},
		{`{"Status":500}`, `"Status" is no field of a fault`},
		{`{"status":500,"status":501}`, `status is there twice`},
		{`{"status":"500"}`, `status is "500": it is an integer`},
		{`{"status":500.5}`, `status is 500.5: it is an integer`},
		{`{"status":500,"effect":1}`, `effect is 1: it is true or false`},
		{`{"status":500,"path":7}`, `path is 7: it is a string`},
		{`{"status":null}`, `status is null: it is an integer`},
		{`{"truncate":null}`, `truncate is null: it is an integer`},

		{`{}`, `the fault does nothing: set one of delay, drop, status,`},
		{`{"path":"/a","count":1}`, `the fault does nothing`},
		{`{"status":500,"method":"post"}`, `method is "post": it is one of GET, HEAD, POST,`},
		{`{"status":500,"path":"domains"}`, `path is "domains": it begins with / or with *`},
		{`{"status":500,"path":"/v2/whoami"}`, `path is "/v2/whoami": write only what follows /v2`},
		{`{"status":500,"path":"/_sandbox/clock"}`, `nothing under /_sandbox/ is ever hit`},
		{`{"status":500,"path":"/a?b=c"}`, `path is "/a?b=c": the query is not part of it`},
		{`{"status":500,"path":"/a/"}`, `path is "/a/": write it without the slash at its end`},
		{`{"status":500,"skip":-1}`, `skip is -1: it is how many requests pass first`},
		{`{"status":500,"count":-1}`, `count is -1: it is how many requests are hit`},

		{`{"status":500,"drop":"after"}`, `drop and status exclude each other`},
		{`{"status":429,"rate_limit":"none"}`, `status and rate_limit exclude each other`},
		{`{"redirect":"/","rate_limit":"none"}`, `rate_limit and redirect exclude each other`},
		{`{"drop":"during"}`, `drop is "during": it is "before" or "after" the effect`},
		{`{"status":99}`, `status is 99: it is 200 to 599`},
		{`{"status":600}`, `status is 600: it is 200 to 599`},
		{`{"drop":"after","effect":true}`, `effect goes with status or redirect`},
		{`{"rate_limit":"none","effect":true}`, `effect goes with status or redirect`},
		{`{"redirect":"elsewhere"}`, `redirect is "elsewhere": it is a URL`},
		{`{"redirect":"//host/x"}`, `redirect is "//host/x": it is a URL`},
		{`{"redirect":"ftp://host/x"}`, `redirect is "ftp://host/x": it is a URL`},
		{`{"redirect":"http:///x"}`, `redirect is "http:///x": it is a URL`},
		{`{"redirect":"/\n"}`, `redirect is "/\n": it is a URL`},

		{`{"status":500,"body":"xml"}`, `body is "xml": it is "json", "html" or "empty"`},
		{`{"status":500,"body":"html","raw":"x"}`, `body and raw exclude each other`},
		{`{"drop":"after","body":"html"}`, `body and raw go with status`},
		{`{"rate_limit":"none","raw":"x"}`, `body and raw go with status`},
		{`{"redirect":"/","body":"empty"}`, `body and raw go with status`},
		{`{"body":"json"}`, `body is "json": that is the body of an error, and goes with status`},
		{`{"date":"1h","message":"x"}`, `message goes with a status whose body is "json"`},
		{`{"status":500,"body":"html","message":"x"}`, `message goes with a status whose body is "json"`},
		{`{"status":500,"raw":"y","message":"x"}`, `message goes with a status whose body is "json"`},
		{`{"status":204,"message":"x"}`, `message goes with a status whose body is "json"`},
		{`{"status":204,"body":"html"}`, `status is 204, which has no body`},
		{`{"status":304,"raw":"x"}`, `status is 304, which has no body`},
		{`{"status":201,"effect":true}`, `status is 201: a success needs body or raw`},
		{`{"truncate":-1}`, `truncate is -1: it is how many bytes`},
		{`{"truncate":1,"drop":"after"}`, `truncate needs an answer with a body`},
		{`{"truncate":1,"redirect":"/"}`, `truncate needs an answer with a body`},
		{`{"truncate":1,"body":"empty"}`, `truncate needs an answer with a body`},
		{`{"truncate":1,"status":204}`, `truncate needs an answer with a body`},

		{`{"delay_at":"before","status":500}`, `delay_at goes with delay`},
		{`{"delay_at":"during","delay":"1s"}`, `delay_at is "during": it is "before" or "after" the effect`},
		{`{"delay":"soon"}`, `delay is "soon": write a length like "150ms"`},
		{`{"delay":"200y"}`, `delay is "200y": write a length`},
		{`{"delay":"2000000h"}`, `delay is "2000000h": write a length`},
		{`{"delay":"0s"}`, `delay is "0s": it is longer than nothing`},
		{`{"delay":"-1s"}`, `delay is "-1s": it is longer than nothing`},
		{`{"rate_limit":"never"}`, `rate_limit is "never": write a length like "150ms", "30s", "36h", "+2d", "-1h" (at most 100 years), or "none"`},
		{`{"date":"wrong"}`, `(at most 100 years), or "missing"`},
		{`{"date":"0s"}`, `date is "0s": that shifts nothing`},
		{`{"date":"1h","drop":"before"}`, `date goes with an answer`},
	} {
		t.Run(tc.text, func(t *testing.T) {
			f.t = t
			got := as[string](t, f.do("", "POST /_sandbox/faults", tc.text).must(400).at("message"))
			if !strings.HasPrefix(got, tc.want) && !strings.HasSuffix(got, tc.want) && !strings.Contains(got, ": "+tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	equal(t, len(f.Faults()), 0)
	// Without a way to wait a delay would be none.
	if _, err := simulate(t, base).Inject(Fault{Delay: "1s"}); err == nil || !strings.Contains(err.Error(), "Options.Sleep") {
		t.Errorf("a delay without Sleep: %v", err)
	}
}

// Each field of a fault can be given in JSON, under the name with which it is listed.
func TestFaultFields(t *testing.T) {
	var f Fault
	fields := f.fields()
	for field := range reflect.TypeFor[Fault]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if _, there := fields[name]; !there {
			t.Errorf("%s cannot be given", name)
		}
		delete(fields, name)
	}
	equal(t, len(fields), 0)
}

func TestFaultTimes(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"150ms": 150 * time.Millisecond, "1.5h": 90 * time.Minute, "+2d": 2 * day, "-1h": -time.Hour, "1w": 7 * day, "2m": 2 * time.Minute, "1mo": 31 * day,
	} {
		got, err := faultTime("delay", text)
		check(t, err)
		equal(t, got.after(start()).Sub(start()), want)
	}
}

func TestGlob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern, text := rapid.StringMatching(`[ab*]{1,6}`).Draw(t, "pattern"), rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		same := regexp.MustCompile("^" + strings.ReplaceAll(pattern, "*", ".*") + "$")
		if got := glob(pattern, text); got != same.MatchString(text) {
			t.Fatalf("%q matches %q: %t", pattern, text, got)
		}
	})
}

// Whatever is accepted is listed as it was given, and answers a request or closes its connection.
func FuzzFault(f *testing.F) {
	for _, seed := range []string{
		`{"method":"POST","path":"*/renewals","skip":0,"count":1,"status":502,"body":"html","effect":true}`, `{"delay":"5m","delay_at":"before","drop":"after"}`,
		`{"status":201,"raw":"{}"}`, `{"truncate":3,"date":"-1h"}`, `{"rate_limit":"-99y","date":"missing"}`, `{"redirect":"/v2/x"}`, `{"status":402,"message":"x"}`,
	} {
		f.Add(seed)
	}
	p, err := ParsePortfolio([]byte(base+"[[domain]]\nid = 100\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+10d\"\n"), "fuzz.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := New(Options{Portfolio: p, Now: start, Sleep: func(ctx context.Context, d time.Duration) error {
			if d <= 0 {
				t.Errorf("a delay of %s", d)
			}
			return ctx.Err()
		}})
		check(t, err)
		fault, err := parseFault([]byte(text))
		if err != nil {
			return
		}
		if _, err := s.Inject(fault); err != nil {
			return
		}
		listed, err := json.Marshal(s.Faults()[0].Fault)
		check(t, err)
		again, err := parseFault(listed)
		check(t, err)
		equal(t, again, fault)

		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, purchases+"a.com/renewals", http.NoBody)
		r.Header.Set("Authorization", "Bearer main")
		rec := httptest.NewRecorder()
		dropped := false
		func() {
			defer func() { dropped = recover() == http.ErrAbortHandler }() //nolint:errorlint // a panic's value, compared as net/http does
			s.ServeHTTP(rec, r)
		}()
		last := s.requests.list()[0]
		hit := s.Faults()[0].Hits == 1
		if hit != (last.FaultID == 1) || dropped != (last.Status == 0) || !dropped && rec.Code != last.Status {
			t.Errorf("hit %t, dropped %t, answered %d, journal %+v", hit, dropped, rec.Code, last)
		}
		if charged := len(s.Charges()) == 1; hit && charged != (last.OwnStatus != 0) || !hit && !charged {
			t.Errorf("charged %t, journal %+v", charged, last)
		}
	})
}
