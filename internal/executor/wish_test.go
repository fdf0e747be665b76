package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

const (
	rejectAll = ample + "[[rule]]\nname = \"no\"\non = \"push\"\ndo = \"reject\"\n"
	cancelAll = ample + "[[rule]]\nname = \"stop\"\non = \"registrant_change\"\ndo = \"cancel\"\n"
)

// wishes are the operations that are safe to repeat, each with its world.
var wishes = []struct{ name, world, policy, method, part string }{
	{"accept", pushed, acceptFromStudio, http.MethodPost, "/pushes/5"},
	{"reject", pushed, rejectAll, http.MethodDelete, "/pushes/5"},
	{"cancel", change, cancelAll, http.MethodDelete, "/registrant_changes/9"},
}

// always answers every request of a wish.
func (w *world) always(method, part string, status int, body string) {
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == method && strings.Contains(req.URL.Path, part) {
			return w.answer(req, status, body), nil
		}
		return next(), nil
	}
}

// A 404 may mean that the push is gone, or that our contact is: the second is a
// failure, and must not be waited out.
func TestNotFoundOfAContact(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	w.always(http.MethodPost, "/pushes/5", 404, "{\"message\":\"Contact `2715` not found\"}")
	w.scan()
	op := w.row()
	equal(t, "state", op.State, portfolio.StateFailed)
	holds(t, op.LastNote(), "Contact `2715` not found")
	equal(t, "alerts", len(w.heard("alert failed")), 1)
	equal(t, "sent", op.Sent, 1)

	w = newWorld(t, pushed, acceptFromStudio)
	w.always(http.MethodPost, "/pushes/5", 404, `{"message":"Push 5 not found"}`)
	w.scan()
	equal(t, "state where the push is gone", w.row().State, portfolio.StatePending)
}

// A wish without a certain answer is sent again, is announced once, and is given up
// after a day, aloud.
func TestWishWithoutACertainAnswer(t *testing.T) {
	for _, tc := range wishes {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.world, tc.policy)
			w.always(tc.method, tc.part, 503, `{"message":"oops"}`)
			w.scan()
			equal(t, "at first", w.row().State, portfolio.StateReserved)
			equal(t, "announced", len(w.heard("alert delayed")), 1)
			w.settle(6 * time.Hour)
			equal(t, "state", w.row().State, portfolio.StateReserved)
			if n := len(w.changes()); n < 5 || n > 20 {
				t.Errorf("it was sent %d times in six hours", n)
			}
			equal(t, "sent", w.row().Sent, len(w.changes()))
			w.settle(20 * time.Hour)
			op := w.row()
			equal(t, "a day later", op.State, portfolio.StateFailed)
			holds(t, op.LastNote(), "given up after a day")
			equal(t, "announced", len(w.heard("alert delayed")), 1)
			equal(t, "alerts", len(w.heard("alert failed")), 1)
		})
	}
}

// What DNSimple accepts and does not do is sent again after an hour, no sooner, and
// given up after a day, aloud.
func TestWishWithoutEffect(t *testing.T) {
	for _, tc := range wishes {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.world, tc.policy)
			var at []time.Duration
			w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				if req.Method == tc.method && strings.Contains(req.URL.Path, tc.part) {
					at = append(at, w.now().Sub(began))
					return w.answer(req, 204, ""), nil
				}
				return next(), nil
			}
			w.scan()
			equal(t, "at first", w.row().State, portfolio.StatePending)
			w.settle(wishPatience)
			equal(t, "sent within an hour", len(at), 1)
			w.settle(30 * time.Minute)
			equal(t, "sent within ninety minutes", len(at), 2)
			w.settle(30 * time.Hour)
			for i := 1; i < len(at); i++ {
				if wait := at[i] - at[i-1]; wait <= wishPatience {
					t.Errorf("it is sent again after %s", wait)
				}
			}
			if at[len(at)-1] > giveUp+time.Hour {
				t.Errorf("sent at %v", at)
			}
			op := w.row()
			equal(t, "state", op.State, portfolio.StateFailed)
			holds(t, op.LastNote(), "given up after a day")
			equal(t, "announced", len(w.heard("alert delayed")), 1)
			equal(t, "alerts", len(w.heard("alert failed")), 1)
		})
	}
}

// A wish that was accepted, and of which nothing can be read, does not keep its
// domain from everything else for ever.
func TestWishThatNobodyCanRead(t *testing.T) {
	for _, tc := range wishes {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.world, tc.policy)
			sent := false
			w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				switch {
				case req.Method == tc.method && strings.Contains(req.URL.Path, tc.part):
					sent = true
					return w.answer(req, 204, ""), nil
				case sent:
					return w.answer(req, 500, ""), nil
				}
				return next(), nil
			}
			w.scan()
			w.settle(23 * time.Hour)
			equal(t, "state", w.row().State, portfolio.StatePending)
			equal(t, "sent again", len(w.changes()), 1) // it may have happened
			w.settle(3 * time.Hour)
			equal(t, "a day later", w.row().State, portfolio.StateFailed)
			equal(t, "alerts", len(w.heard("alert failed")), 1)
			open, err := w.store.OpenOperations()
			w.must(err)
			equal(t, "open", len(open), 0)
		})
	}
}

// A call that certainly was not obeyed is made again when its error says so, at
// growing distance where it says nothing, and within an hour.
func TestRetryAt(t *testing.T) {
	for _, outcome := range []portfolio.Outcome{portfolio.OutcomeNotSent, portfolio.OutcomeRateLimited} {
		for _, kind := range []portfolio.OperationKind{portfolio.OpRenew, portfolio.OpCancelChange} {
			t.Run(fmt.Sprint(outcome, " ", kind), func(t *testing.T) {
				for after, want := range map[time.Duration]time.Duration{
					-time.Hour: time.Minute, 10 * time.Second: time.Minute, 20 * time.Minute: 20 * time.Minute,
					time.Hour: time.Hour, 100 * time.Hour: time.Hour,
				} {
					e := failing(outcome)
					e.RetryAt = noon.Add(after)
					row, _ := must(t, in(t, kind, portfolio.StateArmed), answered{moment: moment(noon), err: e})
					equal(t, "state", row.State, portfolio.StateReserved)
					equal(t, "waits "+after.String(), row.NextAt.Sub(noon), want)
				}
				// Without a word from DNSimple it grows from one try to the next.
				op, at := in(t, kind, portfolio.StateReserved), noon
				var waits []time.Duration
				for range 9 {
					op, _ = must(t, op, clearing(kind, at))
					op, _ = must(t, op, answered{moment: moment(at), err: failing(outcome)})
					waits = append(waits, op.NextAt.Sub(at)/time.Minute)
					at = op.NextAt
				}
				equal(t, "minutes", fmt.Sprint(waits), fmt.Sprint([]time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60}))
			})
		}
	}
}

// A purchase that is limited goes out again when the limit is over, and only then.
func TestLimitedUntilItsReset(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	times := w.on(http.MethodPost, "renewals", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		resp := w.answer(req, 429, `{"message":"quota exceeded"}`)
		resp.Header.Set("X-RateLimit-Limit", "2400")
		resp.Header.Set("X-RateLimit-Remaining", "0")
		resp.Header.Set("X-RateLimit-Reset", fmt.Sprint(w.clock.Now().Add(25*time.Minute).Unix()))
		return resp, nil
	})
	w.scan()
	equal(t, "limited", *times, 1)
	if wait := w.row().NextAt.Sub(w.now()); wait < 24*time.Minute || wait > 26*time.Minute {
		t.Errorf("it waits %s", wait)
	}
	w.settle(24 * time.Minute)
	w.expect(0, 0, renewsA)
	w.settle(time.Hour)
	w.expect(1, 1500, renewsA, renewsA)
	equal(t, "attempt", w.row().Attempt, 1)
}
