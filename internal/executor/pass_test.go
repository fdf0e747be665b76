package executor

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// mains are three domains of main, under three TLDs.
const mains = `
[[domain]]
account = "main"
name = "a.com"
expires = "+5d"
[[domain]]
account = "main"
name = "a.net"
expires = "+6d"
[[domain]]
account = "main"
name = "a.org"
expires = "+7d"
`

// several are mains, and one of desk that expires last.
const several = mains + neighbour

// An account that cannot be reached is tried once in a pass: its other domains are
// said to be blocked, and the other accounts have their turn.
func TestUnreachableAccountIsTriedOnce(t *testing.T) {
	for what, at := range map[string]string{"TLD": "/tlds/", "prices": "/prices"} {
		for name, answer := range map[string]func(w *world, req *http.Request) (*http.Response, error){
			"no connection": func(*world, *http.Request) (*http.Response, error) { return nil, notSent() },
			"502":           func(w *world, req *http.Request) (*http.Response, error) { return w.answer(req, 502, "<html>"), nil },
		} {
			t.Run(what+" "+name, func(t *testing.T) {
				w := newWorld(t, several, renewAll)
				decisions := w.decide()
				var asked []string
				w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
					if req.Header.Get("Authorization") == "Bearer token-main" && strings.HasSuffix(req.URL.Path, "/whoami") {
						return answer(w, req)
					}
					if req.Header.Get("Authorization") == "Bearer token-main" && strings.Contains(req.URL.Path, at) {
						if !slices.Contains(asked, req.URL.Path) { // reads are tried again
							asked = append(asked, req.URL.Path)
						}
						return answer(w, req)
					}
					return next(), nil
				}
				w.mustExecute(t.Context(), decisions)
				equal(t, "asked", len(asked), 1)
				w.expect(1, 1500, renewsB)
				blocked := w.heard("alert blocked")
				var names []string
				for _, e := range blocked {
					names = append(names, e.Subject)
				}
				equal(t, "blocked", strings.Join(names, " "), "a.com a.net a.org")
				for _, e := range blocked[1:] {
					holds(t, e.Text, "the account could not be reached")
					equal(t, "code", e.Data["code"], any(codeUnreachable))
				}
				// The next pass tries again.
				w.fault = nil
				w.scan()
				n, _ := w.charged()
				equal(t, "charges", n, 4)
			})
		}
	}
}

// What DNSimple refuses of one domain says nothing of its account.
func TestRefusedPriceHoldsNoOther(t *testing.T) {
	w := newWorld(t, several, renewAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/a.com/prices") {
			return w.answer(req, 400, `{"message":"TLD .COM is not supported"}`), nil
		}
		return next(), nil
	}
	w.scan()
	n, _ := w.charged()
	equal(t, "charges", n, 3)
	equal(t, "blocked", len(w.heard("alert blocked")), 1)
}

// After a failure of the store that is final nothing more is done.
func TestFatalErrorEndsThePass(t *testing.T) {
	for fatal, charges := range map[bool]int{true: 0, false: 3} {
		w := newWorld(t, several, renewAll)
		decisions := w.decide()
		w.calls = nil
		left := 1
		w.x.ledger = failingLedger{w.x.ledger, &left}
		w.x.fatal = func(err error) bool { return fatal && errors.Is(err, errDisk) }
		if _, err := w.x.Execute(t.Context(), decisions); !errors.Is(err, errDisk) {
			t.Error(err)
		}
		n, _ := w.charged()
		equal(t, "charges", n, charges)
		if asked := slices.ContainsFunc(w.calls, func(c string) bool { return strings.Contains(c, "a.net") }); asked == fatal {
			t.Errorf("fatal %v: requests %v", fatal, w.calls)
		}
	}
}

// After such a failure the account's follow-up ends as well.
func TestFatalErrorEndsTheFollowUp(t *testing.T) {
	for fatal, charges := range map[bool]int{true: 0, false: 1} {
		w := newWorld(t, mains, renewAll)
		w.offset = time.Hour // so that two of them wait, and the pass gives the account up
		w.scan()
		w.offset = 0
		w.clock.pass(2 * time.Hour)
		left := 1
		w.x.ledger = failingLedger{w.x.ledger, &left}
		w.x.fatal = func(err error) bool { return fatal && errors.Is(err, errDisk) }
		if _, err := w.x.FollowUp(t.Context()); !errors.Is(err, errDisk) {
			t.Error(err)
		}
		n, _ := w.charged()
		equal(t, "charges", n, charges)
	}
}

// What is only shown is announced, and priced once a day: the next scan costs no request.
func TestWouldActIsPricedOnceADay(t *testing.T) {
	w := newWorld(t, several, renewAll+"mode = \"dry-run\"\n")
	decisions := w.decide()
	for _, d := range decisions {
		equal(t, "verdict", d.Verdict, portfolio.VerdictWouldAct)
	}
	w.mustExecute(t.Context(), decisions)
	w.calls = nil
	w.mustExecute(t.Context(), decisions)
	if len(w.calls) > 0 {
		t.Errorf("it asked %v", w.calls)
	}
	w.clock.pass(shownFor)
	w.mustExecute(t.Context(), decisions)
	if len(w.calls) == 0 {
		t.Error("a day later the prices are not read anew")
	}
	equal(t, "announced", len(w.heard("notice would-act")), 4)
	// A plan shows the price.
	d := w.assess()["a.com"]
	if d.Price == nil || *d.Price != 1500 || d.Verdict != portfolio.VerdictWouldAct {
		t.Errorf("planned: %s for %v", d.Verdict, d.Price)
	}
}

// What is tried out uses up no money of what acts, but of what is tried out after it.
func TestTrialsHaveABudgetOfTheirOwn(t *testing.T) {
	const domains = `
[[domain]]
account = "main"
name = "try1.net"
expires = "+5d"
[[domain]]
account = "main"
name = "buy1.com"
expires = "+6d"
[[domain]]
account = "main"
name = "try2.net"
expires = "+7d"
[[domain]]
account = "main"
name = "buy2.com"
expires = "+8d"
[[domain]]
account = "main"
name = "buy3.com"
expires = "+9d"
`
	const rules = `
[[rule]]
name = "try"
on = "domain"
match = { tld = "net", expires_within = "45d" }
do = "renew"
mode = "dry-run"
[[rule]]
name = "buy"
on = "domain"
match = { tld = "com", expires_within = "45d" }
do = "renew"
`
	for name, policy := range map[string]string{
		"of all":        strings.Replace(ample, `max_per_day = "10000.00"`, `max_per_day = "40.00"`, 1),
		"of an account": ample,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, domains, policy+rules)
			if policy == ample {
				w.limits.ByAccount[mainID] = Limits{PerDay: money(4000)}
			}
			plan := w.assess()
			for name, want := range map[string]struct {
				verdict portfolio.Verdict
				code    string
			}{
				"try1.net": {portfolio.VerdictWouldAct, ""},
				"buy1.com": {portfolio.VerdictAct, ""},
				"try2.net": {portfolio.VerdictBlocked, "max_per_day"}, // 17 + 15 + 17
				"buy2.com": {portfolio.VerdictAct, ""},                // 15 + 15
				"buy3.com": {portfolio.VerdictBlocked, "max_per_day"}, // 15 + 15 + 15
			} {
				equal(t, name, plan[name].Verdict, want.verdict)
				if want.code != "" {
					equal(t, name, plan[name].Code, want.code)
				}
			}
			w.scan() // and so it is
			var got []string
			for _, c := range w.server.Charges() {
				got = append(got, c.Domain)
			}
			equal(t, "bought", strings.Join(got, " "), "buy1.com buy2.com")
		})
	}
}

// What price DNSimple wants confirmed for several years of a premium name is not
// documented: it is not tried.
func TestPremiumForSeveralYears(t *testing.T) {
	w := newWorld(t, soon+"premium = true\nprices = { renewal = \"48.00\", restore = \"60.00\" }\n", renewAll+"years = 2\n")
	w.scan()
	w.expect(0, 0)
	equal(t, "rows", len(w.rows()), 0)
	d := w.assess()["a.com"]
	equal(t, "verdict", d.Verdict, portfolio.VerdictBlocked)
	equal(t, "code", d.Code, codeNoPrice)
	const why = "it is premium, and what price is to be confirmed for 2 years is not documented; renew it for one"
	holds(t, d.Reason, why)
	blocked := w.heard("alert blocked")
	equal(t, "alerts", len(blocked), 1)
	holds(t, blocked[0].Text, why)
}
