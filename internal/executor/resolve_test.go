package executor

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// unknown is a world in which nobody knows what became of a.com's renewal.
func unknown(t *testing.T, domains, policy string) *world {
	t.Helper()
	w := newWorld(t, domains, policy)
	f := w.loses(mainID, "/a.com/renewals", false)
	w.only("a.com")
	f.over = true
	equal(t, "state", w.row().State, portfolio.StateUnknown)
	return w
}

// An operator may end what is unknown, or was worked on for more than two days, and
// nothing else.
func TestResolvable(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(t *testing.T) *world
		from portfolio.OperationState
		ok   bool
	}{
		{"unknown", func(t *testing.T) *world { t.Helper(); return unknown(t, soon, renewAll) }, portfolio.StateUnknown, true},
		{"pending for long", pendingFor(50 * time.Hour), portfolio.StatePending, true},
		{"pending", pendingFor(47 * time.Hour), portfolio.StatePending, false},
		{"reserved", interrupted, portfolio.StateReserved, false},
		{"done", func(t *testing.T) *world { t.Helper(); w := newWorld(t, soon, renewAll); w.scan(); return w }, portfolio.StateDone, false},
		{"failed", func(t *testing.T) *world {
			t.Helper()
			w := newWorld(t, soon, renewAll)
			w.on(http.MethodPost, "/renewals", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
				return w.answer(req, 400, `{"message":"The domain is locked"}`), nil
			})
			w.scan()
			return w
		}, portfolio.StateFailed, false},
		{"a wish", func(t *testing.T) *world {
			t.Helper()
			w := newWorld(t, change, cancelAll)
			w.always(http.MethodDelete, "/registrant_changes/9", 204, "")
			w.scan()
			return w
		}, portfolio.StatePending, false},
	} {
		for _, how := range []Resolution{ResolveDone, ResolveNotBought, ResolveBuyAgain} {
			if tc.from == portfolio.StateReserved && how == ResolveNotBought {
				continue // it is withdrawn: see TestWithdrawn
			}
			t.Run(tc.name+" "+string(how), func(t *testing.T) {
				w := tc.make(t)
				before, sent := w.row(), len(w.changes())
				equal(t, "before", before.State, tc.from)
				w.told = nil
				op, err := w.x.Resolve(t.Context(), before.Key, how, "ada", "I asked them")
				if !tc.ok {
					refusedWith(t, err, "only what is unknown can be resolved")
					equal(t, "state", w.row().State, tc.from)
					equal(t, "sent", len(w.changes()), sent)
					return
				}
				w.must(err)
				first := w.rows()[0]
				step := first.History[len(before.History)]
				equal(t, "by", step.By, "ada")
				holds(t, step.Note, "I asked them")
				equal(t, "attention", first.Attention, false)
				switch how {
				case ResolveDone:
					equal(t, "state", first.State, portfolio.StateDone)
					equal(t, "money", first.Reserved, 1500)
					equal(t, "answer", op.Key, first.Key)
					equal(t, "told", w.whats(), "notice done 1")
				case ResolveNotBought:
					equal(t, "state", first.State, portfolio.StateFailed)
					equal(t, "money", first.Reserved, 0)
					equal(t, "tried again", first.NextAt, w.now().Add(time.Hour))
					equal(t, "told", w.whats(), "notice failed 1")
				default:
					equal(t, "state", first.State, portfolio.StateFailed)
					equal(t, "money", first.Reserved, 0)
					holds(t, step.Note, "it is bought again")
					equal(t, "attempt", op.Attempt, 2)
					equal(t, "by", op.By, "ada")
					equal(t, "manual", op.Manual, true)
					equal(t, "sent", len(w.changes()), sent+1)
				}
			})
		}
	}
}

// pendingFor is a renewal on which DNSimple has worked for so long.
func pendingFor(d time.Duration) func(t *testing.T) *world {
	return func(t *testing.T) *world {
		t.Helper()
		w := newWorld(t, soon+`renewal = { takes = "9d" }`, renewAll)
		w.scan()
		w.settle(d)
		return w
	}
}

// What came of each word in the end, where the operator is right and where not.
func TestResolvedInTheEnd(t *testing.T) {
	for _, tc := range []struct {
		how     Resolution
		obeyed  bool
		rows    string
		charges int
	}{
		{ResolveDone, true, "renew a.com done", 1},
		{ResolveDone, false, "renew a.com done", 0},
		{ResolveNotBought, false, "renew a.com failed; renew a.com done", 1},
		{ResolveBuyAgain, false, "renew a.com failed; renew a.com done", 1},
		{ResolveNotBought, true, "renew a.com failed", 1}, // its expiration moved: nothing is bought again
	} {
		t.Run(string(tc.how), func(t *testing.T) {
			w := newWorld(t, soon+`renewal = { takes = "30m" }`, renewAll)
			f := w.loses(mainID, "/renewals", tc.obeyed)
			w.scan()
			f.over = true
			_, err := w.x.Resolve(t.Context(), w.row().Key, tc.how, "ada", "")
			w.must(err)
			w.lives(9 * day)
			equal(t, "rows", summary(w.rows()), tc.rows)
			n, _ := w.charged()
			equal(t, "charges", n, tc.charges)
			_, reserved := w.spent()
			equal(t, "reserved", reserved, portfolio.Tally{})
		})
	}
}

// What cannot be resolved is refused before anything is done.
func TestResolveRefusals(t *testing.T) {
	w := unknown(t, soon, renewAll)
	key := w.row().Key
	try := func(key string, how Resolution) error {
		_, err := w.x.Resolve(t.Context(), key, how, "ada", "")
		return err
	}
	refusedWith(t, try(key, "sold"), `"sold" is no resolution`)
	refusedWith(t, try("1010|renew|7|2026-12-01|2", ResolveDone), "there is no operation")
	refusedWith(t, try("", ResolveDone), "there is no operation")
	equal(t, "state", w.row().State, portfolio.StateUnknown)

	// An account that is not configured any more: what became of it can be said, but nothing bought.
	w.leave(mainID)
	refusedWith(t, try(key, ResolveBuyAgain), "account 1010 is not configured any more")
	equal(t, "state", w.row().State, portfolio.StateUnknown)
	w.must(try(key, ResolveNotBought))
	equal(t, "state", w.row().State, portfolio.StateFailed)
	w.settle(3 * day)
	equal(t, "rows", len(w.rows()), 1)
}

// Who waits for an account that is busy may stop waiting; nothing was done then.
func TestResolveWaitsNoLongerThanItIsToldTo(t *testing.T) {
	for _, how := range []Resolution{ResolveDone, ResolveNotBought, ResolveBuyAgain} {
		w := unknown(t, soon, renewAll)
		turn := w.x.turns[mainID]
		turn.Lock()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.x.Resolve(ctx, w.row().Key, how, "ada", "")
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "wait for what account 1010 is doing") {
			t.Errorf("%s: %v", how, err)
		}
		turn.Unlock()
		equal(t, "state", w.row().State, portfolio.StateUnknown)
		w.expect(0, 0, renewsA)
		_, err = w.x.Resolve(t.Context(), w.row().Key, ResolveNotBought, "ada", "")
		w.must(err)
	}
}
