package portfolio_test

import (
	"testing"

	"domaind/internal/portfolio"
)

var everyKind = []portfolio.OperationKind{
	portfolio.OpRenew, portfolio.OpRestore, portfolio.OpRegister, portfolio.OpTransfer,
	portfolio.OpPush, portfolio.OpChangeRegistrant, portfolio.OpTransferOut, portfolio.OpAdd,
	portfolio.OpAccept, portfolio.OpReject, portfolio.OpCancelChange, portfolio.OpCancelTransfer, portfolio.OpDelete, portfolio.OpAutoRenewal,
}

// What was begun, costs nothing and waits for others lets its domain be renewed, and
// nothing else pass. What is not open, or only asked about, stands in nobody's way.
func TestStandsInTheWay(t *testing.T) {
	waits := map[portfolio.OperationKind]bool{portfolio.OpPush: true, portfolio.OpChangeRegistrant: true, portfolio.OpTransferOut: true}
	extends := map[portfolio.OperationKind]bool{portfolio.OpRenew: true, portfolio.OpRestore: true, portfolio.OpAutoRenewal: true}
	for _, kind := range everyKind {
		for state, open := range map[portfolio.OperationState]bool{
			portfolio.StateAsked: false, portfolio.StateReserved: true, portfolio.StateArmed: true, portfolio.StatePending: true,
			portfolio.StateUnknown: true, portfolio.StateDone: false, portfolio.StateFailed: false,
		} { // whether it has begun, and not ended
			op := portfolio.Operation{Kind: kind, State: state}
			sent := state == portfolio.StatePending || state == portfolio.StateUnknown
			keeps := open && !(waits[kind] && sent)
			if got := op.KeepsDomain(); got != keeps {
				t.Errorf("%s %s keeps its domain: %t", kind, state, got)
			}
			for _, next := range everyKind {
				if got, want := op.StandsInTheWay(next), open && (keeps || !extends[next]); got != want {
					t.Errorf("%s %s stands in the way of %s: %t", kind, state, next, got)
				}
			}
		}
	}
}
