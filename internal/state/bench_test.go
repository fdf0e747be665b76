package state

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// benchOperation is a row as long as real ones are.
func benchOperation(i int) portfolio.Operation {
	op := armed(renewal(int64(i+1), 1), "2026-03-01")
	op.By, op.Rule, op.RuleAt = "rule renew-core (config.toml:42)", "renew-core", "config.toml:42"
	op.History = []portfolio.Step{
		{At: start, State: portfolio.StateReserved, Note: "14.50 set aside", By: "daemon"},
		{At: start, State: portfolio.StateArmed, Note: "about to be sent", By: "daemon"},
	}
	return op
}

func benchEvent() portfolio.Event {
	e := info("armed")
	e.Text = strings.Repeat("about to be renewed ", 5)
	return e
}

// ledgerTurn gives a function that makes one durable change of the ledger per turn:
// operations are reserved, armed and done, one after the other, each step with an event.
func ledgerTurn(b *testing.B) func(turn int) {
	b.Helper()
	s, err := Open(filepath.Join(b.TempDir(), "state.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return func(i int) {
		op := benchOperation(i / 3)
		was := portfolio.StateArmed
		switch i % 3 {
		case 0:
			op.State, op.SpendDay, was = portfolio.StateReserved, "", ""
		case 1:
			was = portfolio.StateReserved
		default:
			op = ended(op, portfolio.StateDone, start)
		}
		err := s.Commit(portfolio.Change{
			Operation: &op, Was: was, Events: []portfolio.Event{benchEvent()},
			Allow: func(p portfolio.Spent) error { p.On(0, "2026-03-01"); p.In(0, "2026-03"); p.Reserved(0); return nil },
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// bareTurn gives a function that makes one bbolt transaction of as many bytes per turn.
func bareTurn(b *testing.B) func(turn int) {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	row, err := encodeRow(benchOperation(0))
	if err != nil {
		b.Fatal(err)
	}
	event, err := encodeEvents([]portfolio.Event{benchEvent()})
	if err != nil {
		b.Fatal(err)
	}
	value := append(row, event[0].encoded...)
	return func(i int) {
		err := db.Update(func(tx *bbolt.Tx) error {
			bare, err := tx.CreateBucketIfNotExists([]byte("bare"))
			if err != nil {
				return err
			}
			return bare.Put(number(uint64(i)), value)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCommit(b *testing.B) {
	turn := ledgerTurn(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		turn(i)
	}
}

func BenchmarkBare(b *testing.B) {
	turn := bareTurn(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		turn(i)
	}
}

// BenchmarkCommitBesideBare makes both in turn, so that what else the disk has to do
// hits both, and reports how many changes of the ledger are made in the time of one bare
// transaction.
func BenchmarkCommitBesideBare(b *testing.B) {
	ledger, bare := ledgerTurn(b), bareTurn(b)
	var took [2][]time.Duration
	for i := 0; b.Loop(); i++ {
		for n, turn := range []func(int){ledger, bare} {
			began := time.Now()
			turn(i)
			took[n] = append(took[n], time.Since(began))
		}
	}
	var sum [2]time.Duration
	for n := range took { // a disk that hung for a moment says nothing: the slowest tenth is left out
		slices.Sort(took[n])
		for _, d := range took[n][:(9*len(took[n])+9)/10] {
			sum[n] += d
		}
	}
	b.ReportMetric(float64(sum[1])/float64(sum[0]), "commits/bare")
}

// BenchmarkCheck reads and computes everything anew, for ten thousand rows.
func BenchmarkCheck(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "state.db"), Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := range 10_000 {
		op := benchOperation(i)
		op.ChargeRefs = []string{fmt.Sprintf("inv-%d#0", i)}
		commit(b, s, "", op, benchEvent())
	}
	for b.Loop() {
		if err := s.Check(); err != nil {
			b.Fatal(err)
		}
	}
}
