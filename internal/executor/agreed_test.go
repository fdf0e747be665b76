package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// A renewal or restore by hand costs at most what was agreed to, however long it has to wait.
func TestDearerThanAgreed(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpRenew, portfolio.OpRestore} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, shop, ample)
			limit := w.meets(&fault{method: http.MethodPost, answer: func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
				return w.answer(req, 429, `{"message":"quota exceeded"}`), nil
			}})
			_, err := w.place(command(kind))
			w.must(err)
			equal(t, "at first", w.row().State, portfolio.StateReserved)
			limit.over = true
			w.meets(&fault{method: http.MethodGet, part: "/prices", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
				return rewritten(next(), func(body string) string {
					return strings.NewReplacer(`"renewal_price":`, `"renewal_price":9`, `"restore_price":`, `"restore_price":9`).Replace(body)
				}), nil
			}})
			w.settle(3 * time.Hour)
			n, _ := w.charged()
			equal(t, "charges", n, 0)
			equal(t, "state", w.row().State, portfolio.StateFailed)
			holds(t, w.row().LastNote(), "was agreed to")
			holds(t, w.whats(), "alert failed")
			w.free()
		})
	}
}

// What is begun with an answer as its only sign is not begun twice because it was typed
// twice; later it is, and the first time is said before.
func TestBegunTwice(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpPush, portfolio.OpTransferOut} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, shop, ample)
			c := command(kind)
			_, err := w.place(c)
			w.must(err)
			w.clock.pass(59 * time.Minute)
			_, err = w.place(c)
			refusedWith(t, err, "may ask again")
			w.expect(0, 0, requestOf(kind))
			w.clock.pass(time.Minute)
			p, err := w.x.Propose(t.Context(), c)
			w.must(err)
			holds(t, strings.Join(p.Consequences, "; "), "the same was done on 2026-11-21 already")
			_, err = w.place(c)
			w.must(err)
			w.expect(0, 0, requestOf(kind), requestOf(kind))
		})
	}
}

// What DNSimple says of a transfer may quote its authorization code, also to a process that
// does not know it: nothing of it is kept.
func TestStatusQuotesTheCode(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		w := newWorld(t, shop, ample)
		w.meets(&fault{method: http.MethodGet, part: "/transfers/", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
			return rewritten(next(), func(body string) string {
				return strings.NewReplacer(`"status_description":null`, `"status_description":"the auth code OPEN-sesame is not right"`).Replace(body)
			}), nil
		}})
		_, err := w.place(command(portfolio.OpTransfer))
		w.must(err)
		if restarts {
			w.restarts()
		}
		w.settle(10 * day)
		noted := w.row().LastNote()
		for _, step := range w.row().History {
			noted += "; " + step.Note
		}
		holds(t, noted, "DNSimple speaks of the authorization code")
		for _, e := range w.told {
			noted += "; " + e.Text
		}
		if strings.Contains(strings.ToLower(noted), "open-sesame") {
			t.Errorf("the code is told: %s", noted)
		}
	}
}

// A registrant change whose answer was lost is found in the list, and goes on.
func TestLostChangeIsFound(t *testing.T) {
	w := newWorld(t, strings.Replace(shop, "expires = \"+200d\"\n", "expires = \"+200d\"\n"+lasting("20d", "completed"), 1), ample)
	w.losesCall(requestOf(portfolio.OpChangeRegistrant), true)
	_, err := w.place(command(portfolio.OpChangeRegistrant))
	w.must(err)
	equal(t, "at first", w.row().State, portfolio.StateUnknown)
	w.settle(2 * time.Hour)
	op := w.row()
	equal(t, "found", op.State, portfolio.StatePending)
	equal(t, "its id is known", op.RemoteID != 0, true)
	equal(t, "attention", op.Attention, false)
	w.settle(21 * day)
	equal(t, "in the end", w.row().State, portfolio.StateDone)
}

// A transfer that was never sent, since DNSimple's limit was used up, ends with the process
// that knew its code, and not when the limit does.
func TestLimitedTransferEndsAtTheRestart(t *testing.T) {
	w := newWorld(t, shop, ample)
	w.always(http.MethodPost, "/transfers", 429, `{"message":"quota exceeded"}`)
	_, err := w.place(command(portfolio.OpTransfer))
	w.must(err)
	equal(t, "at first", w.row().State, portfolio.StateReserved)
	w.restarts()
	equal(t, "state", w.row().State, portfolio.StateFailed)
	holds(t, w.row().LastNote(), "transfer it again")
	w.free()
}

// What waits to be sent can be withdrawn: its money is free, and nothing leaves any more.
func TestWithdrawn(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpRegister, portfolio.OpPush, portfolio.OpAdd} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, shop, ample)
			w.meets(&fault{method: http.MethodPost, answer: func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
				return w.answer(req, 429, `{"message":"quota exceeded"}`), nil
			}})
			_, err := w.place(command(kind))
			w.must(err)
			equal(t, "at first", w.row().State, portfolio.StateReserved)
			for _, how := range []Resolution{ResolveDone, ResolveBuyAgain} {
				_, err = w.x.Resolve(t.Context(), w.row().Key, how, "operator test", "")
				refusedWith(t, err, "what has not left")
			}
			op, err := w.x.Resolve(t.Context(), w.row().Key, ResolveNotBought, "operator test", "a mistake")
			w.must(err)
			equal(t, "state", op.State, portfolio.StateFailed)
			holds(t, op.LastNote(), "operator test withdrew it: a mistake")
			sent := w.count(requestOf(kind))
			w.settle(3 * day)
			equal(t, "sent later", w.count(requestOf(kind))-sent, 0)
			w.free()
		})
	}
}
