package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"domaind/internal/portfolio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// open1 opens the state in a folder for a test, with bbolt's own check after
// every commit.
func open1(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path, Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	s.db.StrictMode = true
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func fresh(t testing.TB) *Store {
	t.Helper()
	return open1(t, filepath.Join(t.TempDir(), "state.db"))
}

// renewal is a reserved renewal of a domain of account 1010.
func renewal(domain int64, cents portfolio.Money) portfolio.Operation {
	return portfolio.Operation{
		Key:       portfolio.OperationKey(1010, portfolio.OpRenew, domain, "2026-04-01", 1),
		AccountID: 1010, Kind: portfolio.OpRenew, SubjectID: domain, DomainID: domain,
		Name: fmt.Sprintf("d%d.example", domain), Occasion: "2026-04-01", Attempt: 1,
		State: portfolio.StateReserved, Reserved: cents, CreatedAt: start,
	}
}

func attempt(op portfolio.Operation, n int) portfolio.Operation {
	op.Attempt = n
	op.Key = portfolio.OperationKey(op.AccountID, op.Kind, op.SubjectID, op.Occasion, n)
	return op
}

func armed(op portfolio.Operation, day string) portfolio.Operation {
	op.State, op.SpendDay, op.ArmedAt, op.Sent = portfolio.StateArmed, day, start, 1
	return op
}

func ended(op portfolio.Operation, state portfolio.OperationState, at time.Time) portfolio.Operation {
	op.State, op.EndedAt = state, at
	if state == portfolio.StateFailed {
		op.Reserved = 0
	}
	return op
}

// commit makes a change and fails the test where it is refused.
func commit(t testing.TB, s *Store, was portfolio.OperationState, op portfolio.Operation, events ...portfolio.Event) {
	t.Helper()
	if err := s.Commit(portfolio.Change{Operation: &op, Was: was, Events: events}); err != nil {
		t.Fatal(err)
	}
}

func check(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func wantSame(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// spent reads the tallies that tests look at.
func spent(t testing.TB, s *Store, account int64, day string) (on, in, reserved portfolio.Tally) {
	t.Helper()
	err := s.Spent(func(p portfolio.Spent) error {
		on, in, reserved = p.On(account, day), p.In(account, day[:7]), p.Reserved(account)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return on, in, reserved
}

func info(what string) portfolio.Event {
	return portfolio.Event{At: start, Level: portfolio.LevelInfo, About: portfolio.AboutDomain, What: what}
}

func alert(what string) portfolio.Event {
	e := info(what)
	e.Level = portfolio.LevelAlert
	return e
}

func whats(t testing.TB, s *Store) []string {
	t.Helper()
	events, err := s.Pending(0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprintf("%d %s", e.Number, e.What))
	}
	return all
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unchanged(t testing.TB, path string, before []byte) {
	t.Helper()
	if !bytes.Equal(contents(t, path), before) {
		t.Errorf("%s was touched", path)
	}
}
