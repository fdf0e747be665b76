package state

import (
	"testing"

	"domaind/internal/portfolio"
)

func TestOperationsAreStreamedNewestFirst(t *testing.T) {
	s := fresh(t)
	s.db.StrictMode = false
	const rows = 2*batchRows + 7
	for i := range int64(rows) {
		commit(t, s, "", renewal(i+1, 100))
	}
	want := int64(rows)
	for op, err := range s.Operations() {
		if err != nil {
			t.Fatal(err)
		}
		if op.DomainID != want {
			t.Fatalf("domain %d, want %d", op.DomainID, want)
		}
		// The caller may change the ledger meanwhile: no transaction is held.
		if want%100 == 0 {
			commit(t, s, portfolio.StateReserved, ended(op, portfolio.StateFailed, start))
			commit(t, s, "", attempt(op, 2)) // newer than where the stream began
		}
		want--
	}
	if want != 0 {
		t.Errorf("%d rows were not given", want)
	}
	for op, err := range s.Operations() {
		if err != nil || op.Attempt != 2 {
			t.Errorf("the newest row is %s, %v", op.Key, err)
		}
		break
	}
	check(t, s)
}

func TestWhatIsNoKeyFindsNothing(t *testing.T) {
	s := fresh(t)
	op := renewal(1, 100)
	commit(t, s, "", op)
	for _, key := range []string{"", "|", "x", op.Key + "0", op.Key[:len(op.Key)-1] + "01", op.Key[:len(op.Key)-1] + "+1", op.Key[:len(op.Key)-2]} {
		if got, ok, err := s.Operation(key); ok || err != nil {
			t.Errorf("%q finds %q, %v", key, got.Key, err)
		}
	}
	for op, err := range fresh(t).Operations() {
		t.Errorf("the empty ledger has %q, %v", op.Key, err)
	}
}
