package state

import (
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func TestUnknownSince(t *testing.T) {
	s := fresh(t)
	unknown := func(op portfolio.Operation, at time.Time) portfolio.Operation {
		op.State, op.UnknownAt = portfolio.StateUnknown, at
		return op
	}
	want := func(account int64, since time.Time, want int) {
		t.Helper()
		if n, err := s.UnknownSince(account, since); err != nil || n != want {
			t.Errorf("account %d since %s: %d, %v, want %d", account, since, n, err, want)
		}
	}
	want(1010, time.Time{}, 0)
	for id := range int64(3) { // of which one is not known to have happened since an hour, and so on
		op := armed(renewal(id+1, 100), "2026-03-01")
		commit(t, s, "", op)
		commit(t, s, portfolio.StateArmed, unknown(op, start.Add(time.Duration(id)*time.Hour)))
	}
	others := armed(renewal(9, 100), "2026-03-01")
	others.AccountID = 1011
	commit(t, s, "", unknown(attempt(others, 1), start.Add(time.Hour)))
	wish := portfolio.Operation{
		Key: portfolio.OperationKey(1010, portfolio.OpAccept, 5, "5", 1), AccountID: 1010, Kind: portfolio.OpAccept, SubjectID: 5,
		Occasion: "5", Attempt: 1, State: portfolio.StateUnknown, CreatedAt: start, UnknownAt: start.Add(time.Hour),
	}
	commit(t, s, "", wish)
	want(1010, start, 3)
	want(1010, start.Add(time.Hour), 2) // at that moment counts
	want(1010, start.Add(time.Hour+1), 1)
	want(1010, start.Add(3*time.Hour), 0)
	want(1011, start, 1)
	want(1012, start, 0)

	second := unknown(armed(renewal(2, 100), "2026-03-01"), start.Add(time.Hour))
	commit(t, s, portfolio.StateUnknown, ended(second, portfolio.StateDone, start.Add(2*time.Hour)))
	first := unknown(armed(renewal(1, 100), "2026-03-01"), start)
	commit(t, s, portfolio.StateUnknown, ended(first, portfolio.StateFailed, start.Add(2*time.Hour)))
	want(1010, start, 3) // those that ended count
	third := unknown(armed(renewal(3, 100), "2026-03-01"), start.Add(5*time.Hour))
	commit(t, s, portfolio.StateUnknown, third) // it became known, and unknown again
	want(1010, start, 3)
	want(1010, start.Add(4*time.Hour), 1)
	check(t, s)
}

func TestNewFieldsOfARowAreKept(t *testing.T) {
	s := fresh(t)
	op := armed(renewal(1, 100), "2026-03-01")
	op.UnknownAt, op.Manual, op.Probes, op.Stopped = start.Add(time.Hour), true, portfolio.PauseBreaker, portfolio.PausePurchases
	op.Net = &portfolio.SafetyNet{Was: true, AskedAt: start, OnAt: start.Add(time.Hour), BackAt: start.Add(2 * time.Hour)}
	commit(t, s, "", op)
	got, ok, err := s.Operation(op.Key)
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	wantSame(t, got, op)
}
