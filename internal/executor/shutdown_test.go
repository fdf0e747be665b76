package executor

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"domaind/internal/portfolio"
)

// A shutdown begins nothing new.
func TestShutdownBeforeAnythingIsDone(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	decisions := w.decide()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := w.x.Execute(ctx, decisions); err != nil {
		t.Fatal(err)
	}
	w.expect(0, 0)
	equal(t, "rows", len(w.rows()), 0)
	equal(t, "told", len(w.told), 0)
}

// A shutdown while an operation is confirmed leaves it for the next process.
func TestShutdownWhileItIsConfirmed(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	decisions := w.decide()
	ctx, stop := context.WithCancel(t.Context())
	w.on(http.MethodGet, "/domains/7", func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		stop()
		return next(), nil
	})
	if _, err := w.x.Execute(ctx, decisions); err != nil {
		t.Fatal(err)
	}
	w.expect(0, 0)
	equal(t, "state", w.row().State, portfolio.StateReserved)
	w.stop()
	w.start()
	if err := w.x.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.settle(0)
	w.expect(1, 1500, renewsA)
}

// A call that spends money is not cut short: its answer is waited for and written.
func TestShutdownWhileItIsSent(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	decisions := w.decide()
	ctx, stop := context.WithCancel(t.Context())
	w.on(http.MethodPost, "renewals", func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		stop()
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		return next(), nil
	})
	if _, err := w.x.Execute(ctx, decisions); err != nil {
		t.Fatal(err)
	}
	op := w.row()
	equal(t, "state", op.State, portfolio.StatePending)
	equal(t, "its id is known", op.RemoteID != 0, true)
	w.stop()
	w.start()
	if err := w.x.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.settle(0)
	equal(t, "state", w.row().State, portfolio.StateDone)
	w.expect(1, 1500, renewsA)
}

// failingLedger is a ledger whose disk is full at the n-th commit.
type failingLedger struct {
	Ledger
	left *int
}

var errDisk = errors.New("no space left")

func (l failingLedger) Commit(c portfolio.Change) error {
	if *l.left--; *l.left == 0 {
		return errDisk
	}
	return l.Ledger.Commit(c)
}

// What cannot be written is not sent.
func TestNothingIsSentThatCannotBeWritten(t *testing.T) {
	for n := 1; n <= 2; n++ { // reserved, armed
		w := newWorld(t, soon, renewAll)
		decisions := w.decide()
		left := n
		w.x.ledger = failingLedger{w.x.ledger, &left}
		if _, err := w.x.Execute(t.Context(), decisions); !errors.Is(err, errDisk) {
			t.Errorf("commit %d fails: %v", n, err)
		}
		w.expect(0, 0)
	}
	// Where the answer cannot be written the row stays armed, and is never sent again.
	w := newWorld(t, soon, renewAll)
	decisions := w.decide()
	left := 3
	w.x.ledger = failingLedger{w.x.ledger, &left}
	if _, err := w.x.Execute(t.Context(), decisions); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	equal(t, "state", w.row().State, portfolio.StateArmed)
	w.stop()
	w.start()
	if err := w.x.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.settle(0)
	equal(t, "state", w.row().State, portfolio.StateDone)
	w.expect(1, 1500, renewsA)
}

// One decision that fails does not hold the others, and every failure is told.
func TestOneFailureHoldsNobody(t *testing.T) {
	w := newWorld(t, soon+"[[domain]]\naccount = \"main\"\nname = \"b.com\"\nexpires = \"+11d\"\n", renewAll)
	decisions := w.decide()
	left := 1
	w.x.ledger = failingLedger{w.x.ledger, &left}
	if _, err := w.x.Execute(t.Context(), decisions); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	w.expect(1, 1500, "POST 1010/registrar/domains/b.com/renewals")
}
