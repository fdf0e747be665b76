package executor

import (
	"net/http"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// A pause is tried when its time has come in the next process as well, and no sooner.
func TestPauseIsTriedAfterARestart(t *testing.T) {
	w := newWorld(t, mains2, renewAll)
	f := w.meets(&fault{account: mainID, method: http.MethodPost, status: 402, message: "unpaid invoices"})
	w.lives(5 * time.Minute)
	for range 3 {
		w.restarts()
		w.lives(time.Minute)
	}
	equal(t, "sent", len(f.at), 1)
	w.lives(time.Hour)
	every(t, f.at, probeEvery)
	equal(t, "sent within 68 minutes", len(f.at), 5)
	equal(t, "announced", len(w.heard("alert paused")), 1)
	f.over = true
	w.restarts()
	w.lives(probeEvery)
	// The two that wait for it take turns.
	w.expect(2, 3000, renewsA, renewsA, renewsC, renewsA, renewsC, renewsA, renewsC)
}

// The domain that was refused need not be the one that tries it again: another does,
// where that one is gone, renewed, or not wanted any more.
func TestPauseIsTriedByAnother(t *testing.T) {
	for name, then := range map[string]func(w *world){
		"renewed by somebody": func(w *world) { w.renewed() },
		"held":                func(w *world) { w.cfg.Policy = parseConfig(w.t, renewAll+holdA).Policy },
		"not to be read":      func(w *world) { w.meets(&fault{part: "/domains/7", status: 500}) },
		"refused for another reason": func(w *world) {
			w.meets(&fault{method: http.MethodPost, part: "/a.com/renewals", status: 400, message: "The domain is locked"})
		},
	} {
		for _, scope := range refusals {
			t.Run(name+" "+scope.name, func(t *testing.T) {
				w := newWorld(t, mains2, renewAll)
				f := w.meets(&fault{account: mainID, method: http.MethodPost, status: scope.status, message: scope.message})
				w.lives(time.Minute)
				f.over = true
				then(w)
				w.lives(2*probeEvery + time.Minute)
				equal(t, "the other", w.last("c.com").State, portfolio.StateDone)
				equal(t, "pauses", w.scopes(), "")
			})
		}
	}
}

// When the domains are wanted: at once where a pause has ended, and once when one is to
// be tried, though there be nothing to try it with.
func TestWanted(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	wanted := func(what string, want time.Time) {
		t.Helper()
		got, err := w.x.Wanted()
		w.must(err)
		equal(t, what, got.Sub(began).String(), want.Sub(began).String())
	}
	never := time.Time{}
	wanted("at first", never)
	for _, scope := range []portfolio.PauseScope{portfolio.PausePurchases, portfolio.PauseBreaker, portfolio.PauseAccount, portfolio.PauseOf(portfolio.OpRenew)} {
		p := portfolio.Pause{AccountID: mainID, Scope: scope, By: "daemon", Since: w.now(), ProbeAt: w.now().Add(probeEvery)}
		w.must(w.store.Commit(portfolio.Change{Pauses: []portfolio.Pause{p}}))
		wanted("too soon", p.ProbeAt)
		w.clock.pass(probeEvery)
		wanted("in time", w.now())
		wanted("once", never)
		_, err := w.x.Resume(t.Context(), mainID, false, "ada")
		w.must(err)
		wanted("ended", w.now())
		wanted("once", never)
	}
	// What nobody tries, and what is not about domains, wants none.
	for _, p := range []portfolio.Pause{
		{AccountID: mainID, Scope: portfolio.PauseByHand},
		{Scope: portfolio.PauseRestored},
		{AccountID: mainID, Scope: portfolio.PauseOf(portfolio.OpAccept), ProbeAt: w.now()},
	} {
		w.must(w.store.Commit(portfolio.Change{Pauses: []portfolio.Pause{p}}))
	}
	wanted("by others", never)
	// A moment that a wrong clock has put far ahead has come.
	w.must(w.store.Commit(portfolio.Change{Pauses: []portfolio.Pause{{AccountID: deskID, Scope: portfolio.PausePurchases, ProbeAt: w.now().Add(400 * day)}}}))
	wanted("far ahead", w.now())
}

// What ends a pause beside the scans has the domains read: the others waited for that.
func TestFreedIsWanted(t *testing.T) {
	for status, scope := range map[int]string{401: "1010 account"} { // the others are tried by the scans
		w := newWorld(t, mains2, renewAll)
		f := w.meets(&fault{account: mainID, method: http.MethodPost, status: status, message: "no"})
		w.scan()
		equal(t, "paused", w.scopes(), scope)
		f.over = true
		w.settle(probeEvery)
		equal(t, "the first", w.last("a.com").State, portfolio.StateDone)
		equal(t, "the other", len(w.of("c.com")), 0)
		got, err := w.x.Wanted()
		w.must(err)
		equal(t, "wanted", got, w.now())
	}
}

// So does an operation that was let through to try one, and came through much later.
func TestFreedByWhatWaited(t *testing.T) {
	w := newWorld(t, mains2, renewAll)
	refused := w.meets(&fault{account: mainID, method: http.MethodPost, status: 402, message: "unpaid invoices"})
	w.lives(time.Minute)
	refused.over = true
	limited := w.meets(&fault{account: mainID, method: http.MethodPost, status: 429, message: "quota exceeded"})
	w.lives(probeEvery)
	limited.over = true
	equal(t, "limited", len(limited.at) > 0, true)
	bought := func() int { n, _ := w.charged(); return n }
	equal(t, "bought", bought(), 0)
	w.settle(2 * time.Hour)
	equal(t, "bought by what waited", bought(), 1)
	got, err := w.x.Wanted()
	w.must(err)
	equal(t, "wanted", got, w.now())
	w.lives(time.Minute)
	equal(t, "bought in all", bought(), 2)
}
