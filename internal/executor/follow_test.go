package executor

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/config"
	"domaind/internal/portfolio"
)

// neighbour is a domain of another account.
const neighbour = "\n[[domain]]\nid = 8\naccount = \"desk\"\nname = \"b.com\"\nexpires = \"+11d\"\n"

const renewsB = "POST 2020/registrar/domains/b.com/renewals"

// leave takes an account out of the configuration, and starts again with it.
func (w *world) leave(account int64) {
	w.t.Helper()
	w.cfg.Accounts = slices.DeleteFunc(w.cfg.Accounts, func(a config.Account) bool { return a.ID == account })
	w.stop()
	w.start()
}

// What is left of an account that is not configured any more comes to an end that
// somebody hears of, is no error, and holds nobody else.
func TestAccountIsNotConfiguredAnyMore(t *testing.T) {
	lose := func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, http.ErrHandlerTimeout }
	for _, tc := range []struct {
		name, world, policy string
		before              func(w *world) // brings a.com's row there
		from                portfolio.OperationState
		soon, late          portfolio.OperationState
		kept                portfolio.Money // what stays reserved for it, ten days later
		told                map[string]int
	}{
		{
			name: "reserved", world: soon, policy: renewAll, from: portfolio.StateReserved,
			before: func(w *world) { w.offset = time.Hour; w.scan(); w.offset = 0 },
			soon:   portfolio.StateFailed, late: portfolio.StateFailed, told: map[string]int{"notice released": 1, "alert failed": 0},
		},
		{
			name: "armed", world: soon, policy: renewAll, from: portfolio.StateArmed,
			before: func(w *world) {
				left := 3
				w.x.ledger = failingLedger{w.x.ledger, &left}
				if _, err := w.x.Execute(w.t.Context(), w.decide()); !errors.Is(err, errDisk) {
					w.t.Fatal(err)
				}
			},
			soon: portfolio.StateUnknown, late: portfolio.StateUnknown, kept: 1500,
			told: map[string]int{"alert unknown": 1, "alert delayed": 1, "alert failed": 0},
		},
		{
			name: "pending", world: soon + "renewal = { takes = \"20h\" }", policy: renewAll, from: portfolio.StatePending,
			before: func(w *world) { w.scan() },
			soon:   portfolio.StatePending, late: portfolio.StateUnknown, kept: 1500,
			told: map[string]int{"alert delayed": 1, "alert unknown": 1, "alert failed": 0},
		},
		{
			name: "unknown", world: soon, policy: renewAll, from: portfolio.StateUnknown,
			before: func(w *world) { w.on(http.MethodPost, "renewals", lose); w.scan() },
			soon:   portfolio.StateUnknown, late: portfolio.StateUnknown, kept: 1500,
			told: map[string]int{"alert delayed": 1, "alert unknown": 1, "alert failed": 0},
		},
		{
			name: "done, and its charge not found", world: soon, policy: renewAll, from: portfolio.StateDone,
			before: func(w *world) {
				w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
					if strings.HasSuffix(req.URL.Path, "/billing/charges") {
						return w.answer(req, 500, ""), nil
					}
					return next(), nil
				}
				w.scan()
			},
			soon: portfolio.StateDone, late: portfolio.StateDone, kept: 1500,
			told: map[string]int{"notice done": 1, "alert delayed": 0},
		},
		{
			name: "a wish that is pending", world: pushed, policy: acceptFromStudio, from: portfolio.StatePending,
			before: func(w *world) { w.always(http.MethodPost, "/pushes/5", 204, ""); w.scan() },
			soon:   portfolio.StatePending, late: portfolio.StateFailed, told: map[string]int{"alert delayed": 1, "alert failed": 1},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.world, tc.policy)
			tc.before(w)
			key := w.row().Key
			equal(t, "before", w.row().State, tc.from)
			w.leave(mainID)
			// Beside it somebody else's row is due: it must have its turn.
			other := fresh(portfolio.OpRenew)
			other.AccountID, other.SubjectID, other.DomainID = deskID, 8, 8
			other.Key = portfolio.OperationKey(deskID, other.Kind, 8, other.Occasion, 1)
			if _, _, err := w.x.stepIf(portfolio.Operation{}, planned{moment(w.now()), other}, nil); err != nil {
				t.Fatal(err)
			}
			w.fault, w.calls = nil, nil
			row := func() portfolio.Operation {
				op, _, err := w.store.Operation(key)
				w.must(err)
				return op
			}
			w.settle(2 * time.Hour) // no follow-up is an error
			equal(t, "soon", row().State, tc.soon)
			if got, _, err := w.store.Operation(other.Key); err != nil || got.State != portfolio.StateFailed {
				t.Errorf("the other row is %s: %v", got.State, err) // its domain does not exist
			}
			w.settle(10 * day)
			op := row()
			equal(t, "ten days later", op.State, tc.late)
			equal(t, "money", op.Reserved, tc.kept)
			equal(t, "charge", op.Charge == nil, true)
			if !op.State.Open() && !op.NextAt.IsZero() {
				t.Errorf("it is looked at again %s", op.NextAt)
			}
			for what, n := range tc.told {
				got := 0
				for _, e := range w.heard(what) {
					if e.Data["op"] == op.ShortID() {
						got++
					}
				}
				equal(t, what, got, n)
			}
			if slices.ContainsFunc(w.calls, func(c string) bool { return strings.Contains(c, "/1010/") }) {
				t.Errorf("the account was asked: %v", w.calls)
			}
		})
	}
}

// A row that is found armed while the process lives on may have been sent: it is
// looked at, and neither stuck nor sent again.
func TestFoundArmedInProcess(t *testing.T) {
	panicking := func(*http.Request, func() *http.Response) (*http.Response, error) { panic("out of cheese") }
	happened := func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		next().Body.Close()
		panic("out of cheese")
	}
	for _, tc := range []struct {
		name  string
		fault func(*http.Request, func() *http.Response) (*http.Response, error)
		paid  int
		late  portfolio.OperationState
	}{
		{"its answer could not be written", nil, 1, portfolio.StateDone},
		{"a panic that was recovered", panicking, 0, portfolio.StateUnknown},
		{"a panic after it was obeyed", happened, 1, portfolio.StateDone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, soon, renewAll)
			decisions := w.decide()
			if left := 3; tc.fault == nil {
				w.x.ledger = failingLedger{w.x.ledger, &left}
			} else {
				w.on(http.MethodPost, "renewals", tc.fault)
			}
			func() {
				defer func() {
					if v := recover(); (v != nil) != (tc.fault != nil) {
						t.Errorf("recovered %v", v)
					}
				}()
				if _, err := w.x.Execute(t.Context(), decisions); !errors.Is(err, errDisk) {
					t.Error(err)
				}
			}()
			equal(t, "at first", w.row().State, portfolio.StateArmed)
			w.followUp()
			equal(t, "state", w.row().State, portfolio.StateUnknown)
			equal(t, "announced", len(w.heard("alert unknown")), 1)
			w.settle(day)
			equal(t, "a day later", w.row().State, tc.late)
			equal(t, "sent", w.row().Sent, 1)
			w.expect(tc.paid, portfolio.Money(1500*tc.paid), renewsA)
		})
	}
}

// A wish that is found armed is looked at, and sent again where it had no effect.
func TestWishFoundArmedInProcess(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	w.on(http.MethodPost, "/pushes/5", func(*http.Request, func() *http.Response) (*http.Response, error) { panic("out of cheese") })
	func() {
		defer func() { _ = recover() }()
		w.scan()
	}()
	equal(t, "at first", w.row().State, portfolio.StateArmed)
	w.settle(time.Hour)
	equal(t, "state", w.row().State, portfolio.StateDone)
	w.expect(0, 0, accepts5, accepts5)
}

// two are renewals of two accounts, both reserved and due.
func two(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, soon+neighbour, renewAll)
	w.offset = time.Hour
	w.scan()
	w.offset = 0
	equal(t, "rows", summary(w.rows()), "renew a.com reserved; renew b.com reserved")
	w.clock.pass(2 * time.Hour)
	return w
}

// What became due while others were looked at is due now; what just failed is not
// tried again at once.
func TestFollowUpTellsWhatBecameDueMeanwhile(t *testing.T) {
	w := newWorld(t, soon+neighbour+`renewal = { takes = "20h" }`, renewAll)
	w.scan()
	equal(t, "rows", summary(w.rows()), "renew a.com done; renew b.com pending")
	_, next, err := w.store.Due(w.now())
	w.must(err)
	w.clock.pass(next.Sub(w.now()))
	// A new row of main, that becomes due while desk's is looked at, which takes an hour.
	other := fresh(portfolio.OpRenew)
	other.SubjectID, other.DomainID = 9, 9
	other.Key = portfolio.OperationKey(mainID, other.Kind, 9, other.Occasion, 1)
	if _, _, err := w.x.stepIf(portfolio.Operation{}, planned{moment(w.now().Add(10 * time.Minute)), other}, nil); err != nil {
		t.Fatal(err)
	}
	w.on(http.MethodGet, "/domains/8", func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		w.clock.pass(time.Hour)
		return next(), nil
	})
	equal(t, "next", w.followUp(), w.now())
	if op, _, err := w.store.Operation(other.Key); err != nil || op.State != portfolio.StateReserved {
		t.Fatalf("%s: %v: it was not due", op.State, err)
	}
	next = w.followUp()
	if !next.After(w.now()) {
		t.Errorf("next %s, at %s", next, w.now())
	}
	if op, _, err := w.store.Operation(other.Key); err != nil || op.State != portfolio.StateFailed {
		t.Errorf("%s: %v", op.State, err)
	}
}

func TestFollowUpDoesNotTryAgainAtOnceWhatFailed(t *testing.T) {
	w := interrupted(t)
	w.clock.pass(2 * time.Hour)
	left := 1
	w.x.ledger = failingLedger{w.x.ledger, &left}
	next, err := w.x.FollowUp(t.Context())
	if !errors.Is(err, errDisk) || !next.IsZero() {
		t.Errorf("next %s: %v", next, err)
	}
	equal(t, "state", w.row().State, portfolio.StateReserved)
	w.settle(0) // it is due all the same
	w.expect(1, 1500, renewsA)
}

// A panic over one account's row gets to where the caller can recover, when the
// other accounts' rows have had their turn.
func TestPanicInOneAccountsFollowUp(t *testing.T) {
	w := two(t)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Header.Get("Authorization") == "Bearer token-main" {
			panic("out of cheese")
		}
		return next(), nil
	}
	func() {
		defer func() {
			if v := recover(); fmt.Sprint(v) != "out of cheese" {
				t.Errorf("recovered %v", v)
			}
		}()
		_, err := w.x.FollowUp(t.Context())
		t.Errorf("no panic, but %v", err)
	}()
	equal(t, "rows", summary(w.rows()), "renew a.com reserved; renew b.com done")
	w.expect(1, 1500, renewsB)
	w.fault = nil
	w.settle(0) // the account's turn is not lost
	w.expect(2, 3000, renewsB, renewsA)
}
