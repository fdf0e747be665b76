package proof

import (
	"path/filepath"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// shop begins a world in which an operator types commands, an hour ago.
func shop(t *testing.T, policy, domains string) *world {
	t.Helper()
	w, err := newWorld(t.Context(), scene{cfg: parseConfig(t, policy), portfolio: domains}, filepath.Join(t.TempDir(), "state.db"), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	w.until(t, time.Hour)
	return w
}

// until lets the world go on until so long after its beginning.
func (w *world) until(t *testing.T, moment time.Duration) {
	t.Helper()
	if err := w.run(began.Add(moment)); err != nil {
		t.Fatalf("%v\n%s", err, w.story())
	}
}

// typed places a command, and gives its row.
func (w *world) typed(t *testing.T, c portfolio.Command) portfolio.Operation {
	t.Helper()
	if _, err := w.place(c); err != nil {
		t.Fatalf("%v\n%s", err, w.story())
	}
	op, _ := w.lastOf(c.Kind, c.Name)
	return op
}

// TestDearerNameIsNotBought: what could not be sent at once is priced again before it
// leaves, and more than was agreed to is not paid.
func TestDearerNameIsNotBought(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpRegister, portfolio.OpTransfer} {
		t.Run(string(kind), func(t *testing.T) {
			w := shop(t, idle+ample, theirs)
			w.inject(faultOf(kind, "refused"))
			if op := w.typed(t, command(kind)); op.State != portfolio.StateReserved {
				t.Fatalf("%s is %s\n%s", op, op.State, w.story())
			}
			w.prices = 50_000
			w.until(t, day)
			op, _ := w.lastOf(kind, command(kind).Name)
			if n := len(w.server.Charges()); op.State != portfolio.StateFailed || op.Sent != 0 || n != 0 {
				t.Errorf("%s is %s, was sent %d times, and %d purchases were charged\n%s", op, op.State, op.Sent, n, w.story())
			}
		})
	}
}

// TestFinishedTransferIsNotCancelled: nothing is asked of DNSimple that it would refuse.
func TestFinishedTransferIsNotCancelled(t *testing.T) {
	w := shop(t, idle+ample, theirs)
	if op := w.typed(t, command(portfolio.OpTransfer)); op.State == portfolio.StateFailed {
		t.Fatalf("%s is %s\n%s", op, op.State, w.story())
	}
	w.until(t, 2*day)
	w.typed(t, command(portfolio.OpCancelTransfer))
	if op, ok := w.lastOf(portfolio.OpCancelTransfer, "t.com"); ok {
		t.Errorf("%s is %s\n%s", op, op.State, w.story())
	}
	if got := where(w, "t.com"); got != "registered in 1010" {
		t.Errorf("t.com is %q", got)
	}
}

// TestExtrasAreBooked: what was bought beside the name is in the ledger's price.
func TestExtrasAreBooked(t *testing.T) {
	w := shop(t, idle+ample, "[[tld]]\nname = \"com\"\ntrustee = \"30.00\"\n")
	c := command(portfolio.OpRegister)
	c.Trustee = true
	w.typed(t, c)
	w.until(t, 2*day)
	if err := w.rest(); err != nil {
		t.Fatalf("%v\n%s", err, w.story())
	}
	charges := w.server.Charges()
	op, _ := w.lastOf(c.Kind, c.Name)
	if len(charges) != 1 || len(charges[0].Items) != 2 || op.Charge == nil || int64(*op.Charge) != charges[0].Cents {
		t.Errorf("%s costs %s, and %+v were charged", op, op.Price(), charges)
	}
}
