package executor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// What was bought just now is not bought again because somebody typed it twice; nor where
// a rule was quicker. Later it is: whoever wants more years may have them.
func TestTypedTwice(t *testing.T) {
	for _, byRule := range []bool{false, true} {
		t.Run(fmt.Sprintf("by a rule %t", byRule), func(t *testing.T) {
			w := newWorld(t, strings.Replace(shop, "+200d", "+30d", 1), renewAll)
			renew := command(portfolio.OpRenew)
			p, err := w.x.Propose(t.Context(), renew) // what both terminals show
			w.must(err)
			if byRule {
				w.only("a.com")
			} else if _, err := w.x.Place(t.Context(), renew, p.Price, "operator one"); err != nil {
				t.Fatal(err)
			}
			equal(t, "first", w.row().State, portfolio.StateDone)
			_, err = w.x.Place(t.Context(), renew, p.Price, "operator two")
			refusedWith(t, err, "and a.com expires on 2027-12-21 now")
			w.clock.pass(59 * time.Minute)
			_, err = w.x.Propose(t.Context(), renew)
			refusedWith(t, err, "whoever wants more may ask again")
			w.expect(1, 1500, renewsA)
			w.clock.pass(time.Minute)
			_, err = w.place(renew)
			w.must(err)
			w.expect(2, 3000, renewsA, renewsA)
		})
	}
}

// Of many that ask for the same purchase at once one is served; the others hear why not.
func TestTypedAtOnce(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpRenew, portfolio.OpRestore, portfolio.OpRegister, portfolio.OpTransfer} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, shop, ample)
			p, err := w.x.Propose(t.Context(), command(kind))
			w.must(err)
			errs := make([]error, 6)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() { errs[i] = served(w.x.Place(t.Context(), command(kind), p.Price, "operator test")) })
			}
			wg.Wait()
			onlyOne(t, errs)
			w.settle(2 * day)
			equal(t, "requests", strings.Join(w.changes(), ", "), requestOf(kind))
			n, _ := w.charged()
			equal(t, "charges", n, 1)
		})
	}
}

// served is the error of whoever was not served: one that came a moment late was reserved,
// and withdrawn by the last look, with a row that says so.
func served(op portfolio.Operation, err error) error {
	if err == nil && op.State == portfolio.StateFailed && op.Sent == 0 {
		return refusedf("%s", op.LastNote())
	}
	return err
}

// onlyOne says that one of several was served, and the others were refused.
func onlyOne(tb testing.TB, errs []error) {
	tb.Helper()
	served := 0
	for _, err := range errs {
		if err == nil {
			served++
		} else if _, ok := errors.AsType[*RefusedError](err); !ok {
			tb.Error(err)
		}
	}
	equal(tb, "served", served, 1)
}

// A name is one per world: of two accounts that are to have it, by hand or by a rule, one
// asks for it, and the other one waits until that has ended.
func TestOneNameTwoAccounts(t *testing.T) {
	for name, second := range map[string]func(w *world, price *portfolio.Money) error{
		"by hand": func(w *world, price *portfolio.Money) error {
			c := command(portfolio.OpRegister)
			c.AccountID, c.Contact = deskID, 2820
			return served(w.x.Place(w.t.Context(), c, price, "operator two"))
		},
		"by a rule": func(w *world, _ *portfolio.Money) error {
			w.watch("new.com")
			return nil
		},
	} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, lost %t", name, lost), func(t *testing.T) {
				w := newWorld(t, shop, catchNew)
				first := command(portfolio.OpRegister)
				if name == "by a rule" {
					first.AccountID, first.Contact = deskID, 2820
				}
				p, err := w.x.Propose(t.Context(), first)
				w.must(err)
				if lost {
					w.meets(&fault{method: http.MethodPost, part: "/registrations", lost: true, obeyed: true})
				}
				var wg sync.WaitGroup
				wg.Go(func() { err = served(w.x.Place(t.Context(), first, p.Price, "operator one")) })
				var other error
				wg.Go(func() { other = second(w, p.Price) })
				wg.Wait()
				if name == "by hand" {
					onlyOne(t, []error{err, other})
				}
				w.settle(2 * day)
				equal(t, "requests", len(w.changes()), 1)
				n, _ := w.charged()
				equal(t, "charges", n, 1)
			})
		}
	}
}
