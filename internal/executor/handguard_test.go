package executor

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// What an operator asked for, and what could not leave while no process ran, is not done
// days later: neither bought nor deleted. Somebody is told.
func TestCommandsGetStale(t *testing.T) {
	for _, kind := range handKinds() {
		for _, days := range []int{0, 10} {
			t.Run(fmt.Sprintf("%s after %d days", kind, days), func(t *testing.T) {
				w := newWorld(t, shop, ample)
				p, err := w.x.Propose(t.Context(), command(kind))
				w.must(err)
				row := p.Operation
				row.By = "operator alice"
				if row.Terms.WithCode {
					w.x.keep(row.Key, command(kind).Code)
				}
				_, err = w.x.reserve(row)
				w.must(err)
				w.clock.pass(time.Duration(days) * day)
				w.settle(0)
				if days == 0 {
					equal(t, "requests", len(w.changes()), 1)
					return
				}
				equal(t, "requests", len(w.changes()), 0)
				equal(t, "state", w.row().State, portfolio.StateFailed)
				equal(t, "told", len(w.heard("alert failed")), 1)
				holds(t, w.row().LastNote(), "operator alice asked for it on 2026-11-21T12:00:00Z, which is more than a day ago")
			})
		}
	}
}

// What was switched on may be switched off again within the same second.
func TestSwitchedBack(t *testing.T) {
	w := newWorld(t, shop, ample)
	c := command(portfolio.OpAutoRenewal)
	for _, on := range []bool{true, false, true} {
		w.clock.pass(20 * time.Millisecond)
		c.On = on
		op, err := w.place(c)
		w.must(err)
		equal(t, "state", op.State, portfolio.StateDone)
	}
}

// A name that another account of ours has is pushed, and not transferred.
func TestTransferOfOurs(t *testing.T) {
	w := newWorld(t, shop, ample)
	c := command(portfolio.OpTransfer)
	c.Name = "gift.com"
	_, err := w.x.Propose(t.Context(), c)
	refusedWith(t, err, "account 3030 has gift.com, and it is registered: it is pushed from there")
}

// A trustee that a suffix requires is not bought unasked by a rule.
func TestWatchedNameThatWantsTrustee(t *testing.T) {
	for rule, asks := range map[string]bool{catchNew: false, catchNew + "trustee = true\n": true} {
		t.Run(fmt.Sprintf("asked for %t", asks), func(t *testing.T) {
			w := newWorld(t, shop+"[[tld]]\nname = \"com\"\ntrustee = \"10.00\"\n", rule)
			w.meets(&fault{method: http.MethodGet, part: "/tlds/com", answer: func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				res := next()
				defer func() { _ = res.Body.Close() }() // it is in memory
				text, err := io.ReadAll(res.Body)
				return w.answer(req, res.StatusCode, strings.Replace(string(text), `"trustee_service_required":false`, `"trustee_service_required":true`, 1)), err
			}})
			d := w.watch("new.com")
			w.settle(day)
			if asks {
				equal(t, "requests", strings.Join(w.changes(), ", "), registersNew)
				equal(t, "state", w.row().State, portfolio.StateDone)
				return
			}
			equal(t, "requests", len(w.changes()), 0)
			equal(t, "code", d.Code, codeNoName)
			holds(t, d.Reason, "DNSimple requires a trustee under .com")
		})
	}
}

// What no price covers, and no ceiling holds, is said so.
func TestPrivacyByHand(t *testing.T) {
	w := newWorld(t, shop, ample)
	c := command(portfolio.OpRegister)
	c.WhoisPrivacy = true
	p, err := w.x.Propose(t.Context(), c)
	w.must(err)
	holds(t, strings.Join(p.Consequences, "\n"), "beyond this price and every ceiling")
}
