package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// catchNew registers new.com once it is free.
const catchNew = ample + `
[[rule]]
name = "catch"
on = "name"
match = { names = ["new.com"], account = "main" }
do = "register"
`

const registersNew = "POST 1010/registrar/domains/new.com/registrations"

// watch executes what the policy says of a name that was seen free.
func (w *world) watch(name string) portfolio.Decision {
	w.t.Helper()
	f := portfolio.NameFacts{
		AccountID: mainID, Name: name, UnicodeName: name, Status: portfolio.NameFree, FreeSince: began, CheckedAt: w.now(),
	}
	decisions, err := w.x.Execute(w.t.Context(), []portfolio.Decision{rules.Decide(w.cfg.Policy, f, w.now())})
	w.must(err)
	return decisions[0]
}

// A name that is free is registered, once.
func TestWatchedNameIsRegistered(t *testing.T) {
	w := newWorld(t, shop, catchNew)
	for range 3 {
		w.watch("new.com")
		w.settle(2 * time.Hour)
	}
	w.expect(1, 1500, registersNew)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "by", strings.HasPrefix(op.By, "rule catch"), true)
	equal(t, "registrant", op.Contact, int64(2715))
}

// What is taken, too dear, or not wanted any more is not registered.
func TestWatchedNameIsNotRegistered(t *testing.T) {
	for name, tc := range map[string]struct {
		domains, policy string
		code            string
	}{
		"taken":     {shop + "[[name]]\nname = \"new.com\"\nelsewhere = true\nexpires = \"+90d\"\n", catchNew, codeNotFree},
		"too dear":  {shop, catchNew + "max_price = \"14.99\"\n", codeMaxPrice},
		"a ceiling": {shop, strings.Replace(catchNew, `max_per_day = "10000.00"`, `max_per_day = "14.99"`, 1), "max_per_day"},
		"privacy":   {shop, catchNew + "whois_privacy = true\n", codeNoPrice},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.domains, tc.policy)
			d := w.watch("new.com")
			w.expect(0, 0)
			equal(t, "verdict", d.Verdict, portfolio.VerdictBlocked)
			equal(t, "code", d.Code, tc.code)
			equal(t, "rows", len(w.rows()), 0)
		})
	}
}

// A registration whose answer is lost is looked for, and not sent again.
func TestWatchedNameWhoseAnswerIsLost(t *testing.T) {
	for _, happened := range []bool{true, false} {
		w := newWorld(t, shop, catchNew)
		w.on(http.MethodPost, "registrations", func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
			if happened {
				next().Body.Close()
			}
			return nil, http.ErrHandlerTimeout
		})
		for range 4 {
			w.watch("new.com")
			w.settle(6 * time.Hour)
		}
		want, n, total := portfolio.StateUnknown, 0, portfolio.Money(0)
		if happened {
			want, n, total = portfolio.StateDone, 1, 1500
		}
		equal(t, "state", w.row().State, want)
		w.expect(n, total, registersNew)
	}
}
