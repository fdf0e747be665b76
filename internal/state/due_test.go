package state

import (
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func TestDueFollowsNextAt(t *testing.T) {
	s := fresh(t)
	t0 := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	put := func(subject int64, was, is portfolio.OperationState, next time.Time) {
		t.Helper()
		op := portfolio.Operation{
			Key:       portfolio.OperationKey(1, portfolio.OpRenew, subject, "2027-01-01", 1),
			AccountID: 1, Kind: portfolio.OpRenew, SubjectID: subject, DomainID: subject, Occasion: "2027-01-01", Attempt: 1,
			State: is, NextAt: next, CreatedAt: t0, By: "test",
		}
		if is == portfolio.StateDone {
			op.EndedAt = t0
		}
		if err := s.Commit(portfolio.Change{Operation: &op, Was: was}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(at time.Time, next time.Time, subjects ...int64) {
		t.Helper()
		due, n, err := s.Due(at)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, op := range due {
			got = append(got, op.SubjectID)
		}
		if len(got) != len(subjects) || !n.Equal(next) {
			t.Fatalf("at %s: due %v, next %s; want %v, %s", at, got, n, subjects, next)
		}
		for i := range got {
			if got[i] != subjects[i] {
				t.Fatalf("due %v, want %v", got, subjects)
			}
		}
	}
	// What a clock that was wrong put far ahead is due, and nothing waits for its moment.
	put(3, "", portfolio.StateReserved, t0.AddDate(1, 0, 0))
	want(t0, time.Time{}, 3)
	want(t0.AddDate(1, 0, 0).Add(-portfolio.LongestWait), t0.AddDate(1, 0, 0))
	want(t0.AddDate(1, 0, 0), time.Time{}, 3)
	put(3, portfolio.StateReserved, portfolio.StateFailed, time.Time{})
	put(1, "", portfolio.StateReserved, t0.Add(2*time.Hour))
	put(2, "", portfolio.StateReserved, t0.Add(time.Hour))
	want(t0, t0.Add(time.Hour))
	want(t0.Add(time.Hour), t0.Add(2*time.Hour), 2)
	want(t0.Add(2*time.Hour), time.Time{}, 2, 1)
	put(2, portfolio.StateReserved, portfolio.StateReserved, t0.Add(3*time.Hour))
	want(t0.Add(2*time.Hour), t0.Add(3*time.Hour), 1)
	put(2, portfolio.StateReserved, portfolio.StateDone, t0.Add(4*time.Hour)) // its charge is looked for
	want(t0.Add(5*time.Hour), time.Time{}, 1, 2)
	put(2, portfolio.StateDone, portfolio.StateDone, time.Time{})
	want(t0.Add(5*time.Hour), time.Time{}, 1)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

// TestAFailedRowIsDueForItsNextAttempt: until a later commit says that it is not.
func TestAFailedRowIsDueForItsNextAttempt(t *testing.T) {
	s := fresh(t)
	op := armed(renewal(1, 100), "2026-03-01")
	commit(t, s, "", op)
	op = ended(op, portfolio.StateFailed, start)
	op.NextAt, op.Stopped = start.Add(time.Hour), portfolio.PausePurchases
	commit(t, s, portfolio.StateArmed, op)
	want := func(at time.Time, next time.Time, want ...portfolio.Operation) {
		t.Helper()
		due, n, err := s.Due(at)
		if err != nil || !n.Equal(next) {
			t.Errorf("next at %s: %v, want %s", n, err, next)
		}
		wantSame(t, due, want)
		check(t, s)
	}
	want(start, start.Add(time.Hour))
	want(start.Add(time.Hour), time.Time{}, op)
	if open, err := s.OpenOperations(); err != nil || len(open) != 0 {
		t.Errorf("it is open: %v, %v", open, err)
	}
	op.NextAt = start.Add(2 * time.Hour)
	commit(t, s, portfolio.StateFailed, op)
	want(start.Add(time.Hour), start.Add(2*time.Hour))

	// The next attempt is made, and in the same breath the failed one waits no more.
	next := attempt(renewal(1, 100), 2)
	commit(t, s, "", next)
	op.NextAt = time.Time{}
	commit(t, s, portfolio.StateFailed, op)
	want(start.Add(3*time.Hour), time.Time{})

	reopened := op
	reopened.State = portfolio.StateReserved
	wantError(t, s.Commit(portfolio.Change{Operation: &reopened, Was: portfolio.StateFailed}), ErrRow)
}

func TestToldHearsWhatWasStored(t *testing.T) {
	var heard []string
	s := openWith(t, t.TempDir()+"/state.db", Options{Told: func(e portfolio.Event) {
		if e.Number != uint64(len(heard)+1) {
			t.Errorf("event %q has number %d", e.What, e.Number)
		}
		heard = append(heard, e.What)
	}})
	for range 2 {
		if err := s.Commit(portfolio.Change{Events: []portfolio.Event{
			{Level: portfolio.LevelAlert, About: portfolio.AboutScan, What: "once", Once: "x"},
			{Level: portfolio.LevelAlert, About: portfolio.AboutScan, What: "always"},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(heard) != 3 || heard[0] != "once" || heard[1] != "always" || heard[2] != "always" {
		t.Errorf("heard %v", heard)
	}
}

func TestToldBeforeCostsNoTransaction(t *testing.T) {
	s := fresh(t)
	once := portfolio.Change{Events: []portfolio.Event{{Level: portfolio.LevelInfo, About: portfolio.AboutScan, What: "once", Once: "x"}}}
	if err := s.Commit(once); err != nil {
		t.Fatal(err)
	}
	stats := s.db.Stats()
	before := stats.TxStats.GetWrite()
	if err := s.Commit(once); err != nil {
		t.Fatal(err)
	}
	stats = s.db.Stats()
	if after := stats.TxStats.GetWrite(); after != before {
		t.Errorf("%d pages were written for nothing", after-before)
	}
}
