package executor

import (
	"fmt"
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

// What no price covers, and no ceiling holds, is said so.
func TestPrivacyByHand(t *testing.T) {
	w := newWorld(t, shop, ample)
	c := command(portfolio.OpRegister)
	c.WhoisPrivacy = true
	p, err := w.x.Propose(t.Context(), c)
	w.must(err)
	holds(t, strings.Join(p.Consequences, "\n"), "beyond this price and every ceiling")
}
