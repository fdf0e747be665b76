package executor

import (
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// meanwhileLedger does something once, when it is asked for the last purchase: between what
// the policy says and what the ceilings do.
type meanwhileLedger struct {
	Ledger
	then func()
}

func (l *meanwhileLedger) LastPurchase(id int64, name string) (portfolio.LastPurchase, bool, error) {
	if then := l.then; then != nil {
		l.then = nil
		then()
	}
	return l.Ledger.LastPurchase(id, name)
}

// One decision is made by one policy: where a reload replaces it in the middle of the last
// look, both would ask, and nothing is bought unasked.
func TestReloadInTheMiddleOfTheLastLook(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	ledger := new(meanwhileLedger)
	w.wrap = func(l Ledger) Ledger { ledger.Ledger = l; return ledger }
	w.restarts()
	mend := w.stuck()
	w.scan()
	equal(t, "state", w.row().State, portfolio.StateReserved)
	mend()
	w.follows(renewAll)
	w.limits.Global.AskAbove = new(portfolio.Money(1000))
	ledger.then = func() { w.follows(askRenew) }
	sent := len(w.changes())
	w.settle(time.Hour)
	equal(t, "requests", len(w.changes()), sent)
}
