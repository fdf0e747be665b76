package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"domaind/internal/portfolio"
)

// answer is a way in which an API can misbehave.
type answer func(w http.ResponseWriter, right *httptest.ResponseRecorder)

func plain(status int, kind, body string) answer {
	return func(w http.ResponseWriter, right *httptest.ResponseRecorder) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

var answers = map[string]answer{
	"html":        plain(http.StatusOK, "text/html", "<html><body>Welcome</body></html>"),
	"empty":       plain(http.StatusOK, "application/json", ""),
	"other json":  plain(http.StatusOK, "application/json", `{"hello": "world"}`),
	"null":        plain(http.StatusOK, "application/json", "null"),
	"bad gateway": plain(http.StatusBadGateway, "text/html", "<html>502 Bad Gateway</html>"),
	"redirect": func(w http.ResponseWriter, right *httptest.ResponseRecorder) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	},
	"truncated": func(w http.ResponseWriter, right *httptest.ResponseRecorder) {
		body := right.Body.Bytes()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body[:len(body)/2])
	},
	"broken off": func(w http.ResponseWriter, right *httptest.ResponseRecorder) {
		w.Header().Set("Content-Length", "100000")
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(right.Body.Bytes())
		panic(http.ErrAbortHandler)
	},
}

// misbehaving is a front that gives the answer to requests that match.
func misbehaving(a answer, requests string, effect bool) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	match := regexp.MustCompile(requests)
	return func(w http.ResponseWriter, r *http.Request, world http.Handler) bool {
		if !match.MatchString(r.Method + " " + r.URL.Path) {
			return false
		}
		right := httptest.NewRecorder()
		if effect {
			world.ServeHTTP(right, r)
		}
		a(w, right)
		return true
	}
}

// TestMalformedReads has one read after the other answered in every wrong way: the
// run never panics and never buys, and names the call.
func TestMalformedReads(t *testing.T) {
	reads := []struct {
		requests, call string
		exit           int // where a whole list could not be read, the pass is not complete
	}{
		{`^GET /v2/1010/domains$`, "list domains", 1},
		{`^GET /v2/1010/domains/`, "read domain 7", 0},
		{`/prices$`, "prices", 0},
		{`^GET /v2/tlds/`, "TLD", 0},
	}
	for name, a := range answers {
		for i, read := range reads {
			if i > 0 && (name == "bad gateway" || name == "broken off") {
				continue // these are tried again, which takes its time
			}
			t.Run(name+" "+read.call, func(t *testing.T) {
				t.Parallel()
				a := newAPI(t, oneDomain, misbehaving(a, read.requests, true))
				p := newPlace(t, a.URL)
				code, out, said := p.run("run", "--once", "--settle", "0s")
				if code != read.exit {
					t.Errorf("it ended with %d", code)
				}
				ledger, rows := "", p.ledger()
				for _, row := range rows {
					if row.State != portfolio.StateReserved && row.State != portfolio.StateFailed || row.Sent != 0 {
						t.Errorf("the row is %+v", row)
					}
					ledger += row.History[len(row.History)-1].Note
				}
				if !strings.Contains(strings.ToLower(out+said+ledger), strings.ToLower(read.call)) {
					t.Errorf("nothing names the call:\n%s%s%s", out, said, ledger)
				}
				if got := a.arrived("POST"); len(got) != 0 {
					t.Errorf("these left: %q", got)
				}
			})
		}
	}
}

// TestMalformedAnswers has the renewal itself answered in every wrong way, with and
// without the effect: it is never sent again, and never done without evidence.
func TestMalformedAnswers(t *testing.T) {
	for name, a := range answers {
		for _, effect := range []bool{true, false} {
			if !effect && name == "truncated" {
				continue // as "empty"
			}
			t.Run(fmt.Sprintf("%s, effect %v", name, effect), func(t *testing.T) {
				t.Parallel()
				a := newAPI(t, oneDomain, misbehaving(a, `^POST`, effect))
				p := newPlace(t, a.URL)
				for range 2 {
					code, out, said := p.run("run", "--once", "--settle", "0s")
					if code != 0 || !strings.Contains(said, "1 operation not ended yet") {
						t.Errorf("it ended with %d\n%s%s", code, out, said)
					}
				}
				rows := p.ledger()
				if len(rows) != 1 || rows[0].State != portfolio.StateUnknown || !rows[0].Attention || rows[0].Sent != 1 {
					t.Errorf("ledger: %+v", rows)
				}
				if got := a.arrived("POST"); len(got) != 1 {
					t.Errorf("these left: %q", got)
				}
			})
		}
	}
}

// TestUnknownState has one domain in a state that nobody knows: it is reported and
// left alone, and the other one is renewed.
func TestUnknownState(t *testing.T) {
	t.Parallel()
	a := newAPI(t, oneDomain+"[[domain]]\naccount = \"main\"\nname = \"odd.com\"\nexpires = \"+2d\"\n",
		func(w http.ResponseWriter, r *http.Request, world http.Handler) bool {
			if r.Method != http.MethodGet || r.URL.Path != "/v2/1010/domains" {
				return false
			}
			right := httptest.NewRecorder()
			world.ServeHTTP(right, r)
			body := right.Body.String()
			at := strings.Index(body, `"odd.com"`)
			w.Header()["Date"] = right.Header()["Date"]
			_, _ = w.Write([]byte(body[:at] + strings.Replace(body[at:], `"registered"`, `"vanishing"`, 1)))
			return true
		})
	p := newPlace(t, a.URL)
	code, out, said := p.run("run", "--once")
	if !strings.Contains(out, "odd.com") || !strings.Contains(out, "vanishing") {
		t.Errorf("it ended with %d and told nothing of it:\n%s%s", code, out, said)
	}
	if got := a.arrived("POST"); len(got) != 1 || got[0] != renewals {
		t.Errorf("these left: %q", got)
	}
	if code != 1 {
		t.Errorf("it ended with %d, as if everything had been read", code)
	}
}

// TestTwoThousand has two thousand domains, of which ten expire soon: the scan reads
// no more of them than it needs.
func TestTwoThousand(t *testing.T) {
	t.Parallel()
	const world = `
[[account]]
id = 1010
name = "main"
tokens = ["token-main"]
[[many]]
account = "main"
count = 10
pattern = "soon-%02d.com"
expires_from = "+2d"
expires_to = "+20d"
[[many]]
account = "main"
count = 1900
pattern = "late-%04d.com"
expires_from = "+90d"
expires_to = "+3y"
[[many]]
account = "main"
count = 90
pattern = "hosted-%02d.com"
`
	for _, first := range []string{"first", "last"} {
		t.Run("without an expiration "+first, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, fmt.Sprintf("null_expirations = %q\n", first)+world, nil)
			p := newPlace(t, a.URL)
			if code, out, said := p.run("run", "--once"); code != 0 {
				t.Fatalf("it ended with %d\n%s%s", code, out, said)
			}
			pages := a.arrived("GET /v2/1010/domains?")
			sweep := slices.DeleteFunc(slices.Clone(pages), func(r string) bool { return !strings.Contains(r, "sort=id") })
			if n := len(pages) - len(sweep); n == 0 || n > 2 {
				t.Errorf("it read %d pages: %q", n, pages)
			}
			if len(sweep) > 24 { // of twenty that only touch
				t.Errorf("the sweep read %d pages", len(sweep))
			}
			if got := a.arrived("POST"); len(got) != 10 {
				t.Errorf("%d renewals: %q", len(got), got)
			}
		})
	}
}
