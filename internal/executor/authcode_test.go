package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// codes is how many authorization codes are in memory.
func (w *world) codes() int {
	w.x.mu.Lock()
	defer w.x.mu.Unlock()
	return len(w.x.codes)
}

// A transfer that could not be sent yet keeps its code in memory, and is sent with it; then
// it is forgotten. It is nowhere else.
func TestTransferCodeIsKeptWhileItMayBeSent(t *testing.T) {
	later := fmt.Sprint(began.Add(10 * time.Minute).Unix())
	for name, prepare := range map[string]func(w *world){
		"the clock is off": func(w *world) { w.offset = time.Hour },
		"not sent": func(w *world) {
			w.on(http.MethodPost, "/transfers", func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, notSent() })
		},
		"rate limited": func(w *world) {
			w.on(http.MethodPost, "/transfers", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
				resp := w.answer(req, 429, `{"message":"quota exceeded"}`)
				resp.Header.Set("X-RateLimit-Reset", later)
				return resp, nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, shop, ample)
			prepare(w)
			op, err := w.place(command(portfolio.OpTransfer))
			w.must(err)
			equal(t, "at first", op.State, portfolio.StateReserved)
			equal(t, "codes", w.codes(), 1)
			w.offset = 0
			w.settle(3 * time.Hour)
			equal(t, "in the end", w.row().State, portfolio.StateDone) // which only the right code leads to
			equal(t, "codes", w.codes(), 0)
			if text := fmt.Sprintf("%+v %+v", w.told, w.rows()); strings.Contains(text, "open-sesame") {
				t.Error("the code is told, or in the ledger")
			}
		})
	}
}

// A code is forgotten once its transfer was sent, whatever came of that, and once it ended
// without having been sent.
func TestTransferCodeIsForgotten(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"sent":    func(*world) {},
		"lost":    func(w *world) { w.losesCall(requestOf(portfolio.OpTransfer), false) },
		"refused": func(w *world) { w.always(http.MethodPost, "/transfers", 400, `{"message":"no"}`) },
		"too dear": func(w *world) {
			w.limits.Global.PerPurchase = new(portfolio.Money(1))
		},
		"given up": func(w *world) { w.offset = time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, shop, ample)
			p, err := w.x.Propose(t.Context(), command(portfolio.OpTransfer))
			w.must(err)
			prepare(w)
			_, _ = w.x.Place(t.Context(), command(portfolio.OpTransfer), p.Price, "operator test") // refused, or not
			if name == "given up" {
				equal(t, "meanwhile", w.codes(), 1)
				w.settle(26 * time.Hour)
				equal(t, "state", w.row().State, portfolio.StateFailed)
			}
			equal(t, "codes", w.codes(), 0)
		})
	}
}

// However far ahead the end of a limit is said to be, what is not sent is looked at again
// soon: a check's may lie weeks ahead.
func TestFarLimitsAreNotWaitedFor(t *testing.T) {
	far := fmt.Sprint(began.AddDate(0, 0, 32).Unix())
	for name, tc := range map[string]struct{ method, part string }{
		"check": {http.MethodGet, "/check"}, "registration": {http.MethodPost, "/registrations"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, shop, ample)
			w.offset = time.Hour
			_, err := w.place(command(portfolio.OpRegister))
			w.must(err)
			w.offset = 0
			limit := w.meets(&fault{method: tc.method, part: tc.part, answer: func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
				resp := w.answer(req, 429, `{"message":"quota exceeded"}`)
				resp.Header.Set("X-RateLimit-Reset", far)
				return resp, nil
			}})
			w.settle(3 * time.Hour)
			equal(t, "met", len(limit.at) > 0, true)
			op := w.row()
			equal(t, "state", op.State, portfolio.StateReserved)
			if wait := op.NextAt.Sub(w.now()); wait > time.Hour {
				t.Errorf("it is looked at again in %s", wait)
			}
			limit.over = true
			w.settle(3 * time.Hour)
			equal(t, "in the end", w.row().State, portfolio.StateDone)
		})
	}
}
