package executor

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// refusedWith says that something was refused, and for what reason.
func refusedWith(tb testing.TB, err error, part string) {
	tb.Helper()
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		tb.Errorf("got the error %v, want one that refuses it: %q", err, part)
		return
	}
	holds(tb, refused.Error(), part)
}

// everything is a world in which there is something to do of every kind.
const everything = mains2 + neighbour + pushed + change

const doAll = renewAll + `
[[rule]]
name = "take"
on = "push"
match = { source = "studio" }
do = "accept"
[[rule]]
name = "stop"
on = "registrant_change"
do = "cancel"
`

// While an operator has paused an account nothing is changed there, but it is read;
// the others go on. It survives a restart, and ends when an operator says so.
func TestPausedByHand(t *testing.T) {
	for name, account := range map[string]int64{"one account": mainID, "all accounts": 0} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, everything, doAll)
			w.must(w.x.Pause(account, "ada", "a migration"))
			p := w.pause()
			equal(t, "pause", p, portfolio.Pause{AccountID: account, Scope: portfolio.PauseByHand, Reason: "a migration", By: "ada", Since: began})
			w.lives(2 * day)
			w.restarts()
			w.lives(2 * day)
			var calls []string
			if account != 0 {
				calls = append(calls, renewsB)
			}
			w.expect(len(calls), portfolio.Money(1500*len(calls)), calls...)
			equal(t, "rows", len(w.rows()), len(calls))
			d := w.assess()["a.com"]
			equal(t, "code", d.Code, codePaused)
			holds(t, d.Reason, "paused by ada: a migration")
			equal(t, "announced", len(w.heard("notice paused")), 1)

			lifted, err := w.x.Resume(t.Context(), account, false, "bob")
			w.must(err)
			equal(t, "lifted", len(lifted) == 1 && lifted[0].By == "ada", true)
			holds(t, w.heard("notice resumed")[0].Text, "bob resumed it")
			equal(t, "who", w.heard("notice resumed")[0].Data["by"], any("bob"))
			w.lives(time.Minute) // it need not wait for the next scan
			n, _ := w.charged()
			equal(t, "charges", n, 3)
			equal(t, "changes", len(w.changes()), 5)
		})
	}
}

// What is under way when an operator pauses its account is followed to its end, and
// what was reserved is given up and comes back.
func TestPausedByHandMeanwhile(t *testing.T) {
	w := newWorld(t, soon+"renewal = { takes = \"10h\" }", renewAll)
	w.scan()
	w.must(w.x.Pause(mainID, "ada", ""))
	holds(t, w.pause().Reason, "no reason was given")
	w.lives(day)
	equal(t, "pending", w.row().State, portfolio.StateDone)
	equal(t, "its charge", *w.row().Charge, 1500)

	w = interrupted(t)
	w.must(w.x.Pause(mainID, "ada", "a migration"))
	w.lives(day)
	w.expect(0, 0)
	equal(t, "reserved", w.row().State, portfolio.StateFailed)
	equal(t, "stopped", w.row().Stopped, portfolio.PauseByHand)
	w.free()
	equal(t, "alarms", len(w.heard("alert failed")), 0)
	_, err := w.x.Resume(t.Context(), 0, false, "ada")
	w.must(err)
	w.lives(time.Minute)
	w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA)
}

// Nor is auto-renewal switched on or off meanwhile, which changes what DNSimple buys.
func TestPausedByHandLeavesAutoRenewal(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.loses(mainID, "/renewals", false)
	w.scan()
	w.must(w.x.Pause(mainID, "ada", "a migration"))
	w.lives(4 * day)
	w.expect(0, 0, renewsA)
	equal(t, "asked for", w.row().Net != nil && w.row().Net.OnAt.IsZero(), true)
	_, err := w.x.Resume(t.Context(), mainID, false, "ada")
	w.must(err)
	w.lives(day) // within which DNSimple renews it
	w.expect(0, 0, renewsA, switchesA, switchesBackA)
	equal(t, "in the end", w.row().State, portfolio.StateDone)

	// Nor back, after it is done.
	w = newWorld(t, soon+`renewal = { takes = "30h" }`, renewAll)
	w.loses(mainID, "/renewals", true)
	w.scan()
	w.settle(25 * time.Hour)
	w.expect(0, 0, renewsA, switchesA)
	w.must(w.x.Pause(mainID, "ada", "a migration"))
	w.settle(2 * day)
	equal(t, "state", w.row().State, portfolio.StateDone)
	w.expect(1, 1500, renewsA, switchesA)
	_, err = w.x.Resume(t.Context(), 0, false, "ada")
	w.must(err)
	w.settle(2 * day)
	w.expect(1, 1500, renewsA, switchesA, switchesBackA)
}

const (
	switchesA     = "PUT 1010/registrar/domains/a.com/auto_renewal"
	switchesBackA = "DELETE 1010/registrar/domains/a.com/auto_renewal"
)

// What cannot be paused or resumed is refused, with a sentence.
func TestPauseRefusals(t *testing.T) {
	w := newWorld(t, soon+neighbour, renewAll)
	resume := func(account int64, after bool) error {
		_, err := w.x.Resume(t.Context(), account, after, "ada")
		return err
	}
	refusedWith(t, w.x.Pause(4711, "ada", "x"), "account 4711 is not configured")
	refusedWith(t, resume(0, false), "all accounts: nothing is paused")
	refusedWith(t, resume(mainID, false), "account 1010: nothing is paused")
	w.must(w.x.Pause(deskID, "ada", "x"))
	refusedWith(t, resume(mainID, false), "account 1010: nothing is paused")
	w.must(resume(deskID, false))
	w.must(w.x.Pause(0, "ada", "x"))
	refusedWith(t, resume(mainID, false), "all accounts are paused, not account 1010 alone")
	w.must(resume(0, false))
	equal(t, "pauses", w.scopes(), "")

	// That the state is an old copy is overruled only where that is said.
	old := portfolio.Pause{Scope: portfolio.PauseRestored, By: "daemon", Since: w.now(), Reason: "it is behind"}
	w.must(w.store.Commit(portfolio.Change{Pauses: []portfolio.Pause{old}}))
	refusedWith(t, resume(0, false), "--after-restore")
	refusedWith(t, resume(mainID, false), "it is behind")
	w.lives(13 * time.Hour)
	w.expect(0, 0)
	w.must(w.x.Pause(mainID, "ada", "x"))
	w.must(resume(mainID, false)) // its own goes, the other stays
	equal(t, "pauses", w.scopes(), "0 restored")
	w.must(resume(0, true))
	equal(t, "pauses", w.scopes(), "")
	w.lives(time.Minute)
	w.expect(2, 3000, renewsA, renewsB)
}

// Resuming ends every pause of an account at once; what has its reason still begins anew.
func TestResumeOfSeveral(t *testing.T) {
	w := newWorld(t, ownDomains("main", "a.com", "c.com", "d.com"), renewAll)
	w.loses(mainID, "/renewals", false)
	w.scan()
	w.must(w.x.Pause(mainID, "ada", "x"))
	w.must(w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)))
	equal(t, "pauses", w.scopes(), "1010 account, 1010 breaker, 1010 by-hand")
	lifted, err := w.x.Resume(t.Context(), mainID, false, "ada")
	w.must(err)
	equal(t, "lifted", len(lifted), 3)
	equal(t, "resumed", len(w.heard("notice resumed")), 3)
	w.only("d.com") // unknown as well, and others became so within the hour
	equal(t, "pauses", w.scopes(), "1010 breaker")
	equal(t, "announced anew", len(w.heard("alert paused")), 3)
	equal(t, "sent", len(w.changes()), 3)
}

// A pause by hand is announced each time, for it says another reason.
func TestPausedByHandTwice(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.must(w.x.Pause(mainID, "ada", "one"))
	w.must(w.x.Pause(mainID, "bob", "two"))
	equal(t, "reason", w.pause().Reason, "two")
	equal(t, "announced", len(w.heard("notice paused")), 2)
	w.meets(&fault{method: http.MethodPost, status: 500})
	w.scan()
	w.expect(0, 0)
}
