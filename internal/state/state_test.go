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
func open1(tb testing.TB, path string) *Store {
	tb.Helper()
	return openWith(tb, path, Options{})
}

// openAt does so at a moment.
func openAt(tb testing.TB, path string, now time.Time) *Store {
	tb.Helper()
	return openWith(tb, path, Options{Now: func() time.Time { return now }})
}

func openWith(tb testing.TB, path string, o Options) *Store {
	tb.Helper()
	o.NoSync, o.strict = true, true
	s, err := Open(path, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func fresh(tb testing.TB) *Store {
	tb.Helper()
	return open1(tb, filepath.Join(tb.TempDir(), "state.db"))
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
func commit(tb testing.TB, s *Store, was portfolio.OperationState, op portfolio.Operation, events ...portfolio.Event) {
	tb.Helper()
	if err := s.Commit(portfolio.Change{Operation: &op, Was: was, Events: events}); err != nil {
		tb.Fatal(err)
	}
}

func check(tb testing.TB, s *Store) {
	tb.Helper()
	if err := s.Check(); err != nil {
		tb.Error(err)
	}
}

func wantError(tb testing.TB, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) {
		tb.Errorf("error %v, want %v", err, want)
	}
}

func wantSame(tb testing.TB, got, want any) {
	tb.Helper()
	if d := cmp.Diff(want, got); d != "" {
		tb.Errorf("-want +got\n%s", d)
	}
}

// spent reads the tallies that tests look at.
func spent(tb testing.TB, s *Store, account int64, day string) (on, in, reserved portfolio.Tally) {
	tb.Helper()
	err := s.Spent(func(p portfolio.Spent) error {
		on, in, reserved = p.On(account, day), p.In(account, day[:7]), p.Reserved(account)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
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

func whats(tb testing.TB, s *Store) []string {
	tb.Helper()
	events, err := s.Pending(0, 1<<20)
	if err != nil {
		tb.Fatal(err)
	}
	var all []string
	for _, e := range events {
		all = append(all, fmt.Sprintf("%d %s", e.Number, e.What))
	}
	return all
}

func contents(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// put copies a state to a path, with the file beside it.
func put(tb testing.TB, from, to string) {
	tb.Helper()
	for _, suffix := range []string{"", armedSuffix} {
		write(tb, to+suffix, contents(tb, from+suffix))
	}
}

func write(tb testing.TB, path string, b []byte) {
	tb.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
}

func unchanged(tb testing.TB, path string, before []byte) {
	tb.Helper()
	if !bytes.Equal(contents(tb, path), before) {
		tb.Errorf("%s was touched", path)
	}
}
