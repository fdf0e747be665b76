package executor

import (
	"testing"

	"domaind/internal/portfolio"
)

// busyLedger lets nothing go that was asked.
type busyLedger struct{ Ledger }

func (l busyLedger) Commit(c portfolio.Change) error {
	if c.Was == portfolio.StateAsked && c.Operation.State == portfolio.StateReserved {
		return portfolio.ErrDomainBusy
	}
	return l.Ledger.Commit(c)
}

// Whatever came of a look at a question, it is not looked at again in the same moment: that
// would take all that may be asked of DNSimple.
func TestAQuestionIsNotLookedAtWithoutRest(t *testing.T) {
	w := newWorld(t, later, askRenew)
	w.scan()
	w.asks()
	w.wrap = func(l Ledger) Ledger { return busyLedger{l} }
	w.restarts()
	w.follows(renewAll) // nobody need be asked any more
	w.clock.pass(day)
	next := w.followUp()
	equal(t, "it rests", next.After(w.now()), true)
}
