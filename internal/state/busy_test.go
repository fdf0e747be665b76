package state

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"domaind/internal/portfolio"
)

// claim is an operation that is to bring a name into an account.
func claim(account int64, kind portfolio.OperationKind, name string) portfolio.Operation {
	return attempt(portfolio.Operation{
		AccountID: account, Kind: kind, Name: name, Occasion: name + " 2026-03-01", State: portfolio.StateReserved, CreatedAt: start,
	}, 1)
}

// begun is a push of a domain that DNSimple accepted.
func begun(domain int64, state portfolio.OperationState) portfolio.Operation {
	return attempt(portfolio.Operation{
		AccountID: 1010, Kind: portfolio.OpPush, SubjectID: domain, DomainID: domain, Name: fmt.Sprintf("d%d.example", domain),
		Occasion: "push", State: state, CreatedAt: start,
	}, 1)
}

// TestWhatOnlyWaitsKeepsNoDomain: its domain may be renewed; were it ever to keep it
// again, it would not while another one does.
func TestWhatOnlyWaitsKeepsNoDomain(t *testing.T) {
	for _, state := range []portfolio.OperationState{portfolio.StatePending, portfolio.StateUnknown} {
		t.Run(string(state), func(t *testing.T) {
			s := fresh(t)
			push := begun(7, portfolio.StateArmed)
			commit(t, s, "", push)
			wantError(t, s.Commit(portfolio.Change{Operation: new(renewal(7, 100))}), portfolio.ErrDomainBusy)
			push.State = state
			commit(t, s, portfolio.StateArmed, push)
			check(t, s)
			if op, ok, err := s.OpenOn(7); ok || err != nil {
				t.Errorf("%s keeps the domain: %v", op, err)
			}
			commit(t, s, "", renewal(7, 100))
			back := push
			back.State = portfolio.StateReserved
			wantError(t, s.Commit(portfolio.Change{Operation: &back, Was: state}), portfolio.ErrDomainBusy)
			// It ends, and the renewal keeps what is its own.
			commit(t, s, state, ended(push, portfolio.StateFailed, start))
			if op, ok, err := s.OpenOn(7); !ok || err != nil || op.Kind != portfolio.OpRenew {
				t.Errorf("the domain is kept by %s: %v", op, err)
			}
			check(t, s)
		})
	}
}

// TestOneOpenClaimPerName: of all accounts and kinds, as long as it is open; a domain that
// shows meanwhile is kept too.
func TestOneOpenClaimPerName(t *testing.T) {
	kinds := []portfolio.OperationKind{portfolio.OpRegister, portfolio.OpTransfer, portfolio.OpAdd}
	for _, first := range kinds {
		for _, second := range kinds {
			t.Run(fmt.Sprintf("%s %s", first, second), func(t *testing.T) {
				s := fresh(t)
				op, other := claim(1010, first, "new.example"), claim(2020, second, "new.example")
				commit(t, s, "", op)
				commit(t, s, "", claim(1010, second, "new.examples")) // another name
				wantError(t, s.Commit(portfolio.Change{Operation: &other}), portfolio.ErrDomainBusy)
				unknown := op
				unknown.State, unknown.DomainID = portfolio.StateUnknown, 9
				commit(t, s, portfolio.StateReserved, unknown)
				check(t, s)
				wantError(t, s.Commit(portfolio.Change{Operation: &other}), portfolio.ErrDomainBusy)
				wantError(t, s.Commit(portfolio.Change{Operation: new(renewal(9, 100))}), portfolio.ErrDomainBusy)
				commit(t, s, portfolio.StateUnknown, ended(unknown, portfolio.StateFailed, start))
				commit(t, s, "", other)
				check(t, s)
			})
		}
	}
}

// TestClaimsAtOnce: of many that begin in the same moment one does.
func TestClaimsAtOnce(t *testing.T) {
	s := fresh(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.Commit(portfolio.Change{Operation: new(claim(int64(1000+i), portfolio.OpRegister, "new.example"))})
		})
	}
	wg.Wait()
	began := 0
	for _, err := range errs {
		if err == nil {
			began++
		} else if !errors.Is(err, portfolio.ErrDomainBusy) {
			t.Error(err)
		}
	}
	if began != 1 {
		t.Errorf("%d of them began", began)
	}
	check(t, s)
}
