package executor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// wishKinds are the kinds of the wishes of wish_test.go, and the one that renew rules
// have under some suffixes.
var wishKinds = []struct {
	world, policy, method, part string
	kind                        portfolio.OperationKind
}{
	{pushed, acceptFromStudio, "POST", "/pushes/5", portfolio.OpAccept},
	{pushed, rejectAll, "DELETE", "/pushes/5", portfolio.OpReject},
	{change, cancelAll, "DELETE", "/registrant_changes/9", portfolio.OpCancelChange},
	{strings.NewReplacer("a.com", "a.ch", "+10d", "+30d", "id = 7", "id = 70").Replace(soon), renewAll, "PUT", "/auto_renewal", portfolio.OpAutoRenewal},
}

// A wish that is refused for the token's sake stops its kind, or its account, and
// nothing else; it is tried again every quarter of an hour, and then goes.
func TestRefusedWishPauses(t *testing.T) {
	for _, tc := range wishKinds {
		for status, scope := range map[int]portfolio.PauseScope{401: portfolio.PauseAccount, 402: portfolio.PauseOf(tc.kind), 403: portfolio.PauseOf(tc.kind)} {
			t.Run(string(tc.kind)+" "+string(scope), func(t *testing.T) {
				w := newWorld(t, tc.world+mains2, tc.policy)
				f := w.meets(&fault{account: mainID, method: tc.method, part: tc.part, status: status, message: "Permission Denied"})
				w.scanReady()
				equal(t, "paused", w.scopes(), "1010 "+string(scope))
				op := w.wishOf(tc.kind)
				equal(t, "state", op.State, portfolio.StateFailed)
				equal(t, "stopped", op.Stopped, scope)
				equal(t, "failed aloud", len(w.heard("alert failed")), 1)
				equal(t, "announced", len(w.heard("alert paused")), 1)
				equal(t, "sent at once", len(f.at), 1)
				w.tries(2*time.Hour - time.Minute)
				equal(t, "sent in two hours", len(f.at), 8)
				every(t, f.at, probeEvery)
				if scope != portfolio.PauseAccount { // there the reads go through, and each refusal is news
					equal(t, "announced", len(w.heard("alert paused")), 1)
					equal(t, "failed aloud", len(w.heard("alert failed")), 1)
				}
				f.over = true
				w.tries(probeEvery + time.Minute)
				equal(t, "in the end", w.wishOf(tc.kind).State, portfolio.StateDone)
				equal(t, "pauses", w.scopes(), "")
			})
		}
	}
}

// wishOf is the last row of a kind.
func (w *world) wishOf(kind portfolio.OperationKind) portfolio.Operation {
	w.t.Helper()
	rows := w.rows()
	for _, op := range slices.Backward(rows) {
		if op.Kind == kind {
			return op
		}
	}
	w.t.Fatalf("no row of the kind %s: %s", kind, summary(rows))
	return portfolio.Operation{}
}

// tries lets time pass in which everything is scanned every minute, as pushes are.
func (w *world) tries(d time.Duration) {
	w.t.Helper()
	for until := w.now().Add(d); w.now().Before(until); {
		w.settle(time.Minute)
		w.scanReady()
	}
}

// The kind that is refused is stopped, and the other kinds go on.
func TestForbiddenWishLeavesTheOthers(t *testing.T) {
	w := newWorld(t, soon+pushed+change, renewAll+strings.TrimPrefix(acceptFromStudio, ample)+strings.TrimPrefix(cancelAll, ample))
	w.meets(&fault{account: mainID, method: "POST", part: "/pushes", status: 403, message: "Permission Denied"})
	w.scan()
	equal(t, "paused", w.scopes(), "1010 accept")
	w.expect(1, 1500, renewsA, accepts5, cancels9)
	equal(t, "text", strings.Contains(w.heard("alert paused")[0].Text, "operations of the kind accept are paused"), true)
}

// A wish that waits while its account is paused by hand goes when that ends.
func TestWishWaitsForAPause(t *testing.T) {
	w := newWorld(t, change, cancelAll)
	w.meets(&fault{method: "DELETE", lost: true})
	w.scan()
	equal(t, "state", w.row().State, portfolio.StateReserved)
	w.must(w.x.Pause(mainID, "ada", "a migration"))
	w.fault = nil
	w.settle(12 * time.Hour)
	equal(t, "sent", w.count(cancels9), 1)
	equal(t, "state", w.row().State, portfolio.StateReserved)
	_, err := w.x.Resume(t.Context(), mainID, false, "ada")
	w.must(err)
	w.settle(time.Hour)
	equal(t, "state", w.row().State, portfolio.StateDone)
	equal(t, "sent", w.count(cancels9), 2)
}

// A wish that waits when its kind is refused tries that itself when the time has come,
// and ends it.
func TestWhatWaitsTriesThePause(t *testing.T) {
	const another = "[[domain]]\nid = 72\naccount = \"main\"\nname = \"ours.com\"\nexpires = \"+200d\"\n[[registrant_change]]\nid = 10\ndomain = \"ours.com\"\ncontact = 6666\ncreated = \"-1h\"\n"
	w := newWorld(t, change+another, cancelAll)
	unsure := w.meets(&fault{method: "DELETE", part: "_changes/10", lost: true})
	refused := w.meets(&fault{method: "DELETE", part: "_changes/9", status: 403, message: "Permission Denied"})
	w.scan()
	equal(t, "rows", summary(w.rows()), "cancel-change change-10 reserved; cancel-change change-9 failed")
	equal(t, "paused", w.scopes(), "1010 cancel-change")
	unsure.over, refused.over = true, true
	w.settle(probeEvery - time.Second)
	equal(t, "sent before it is time", len(unsure.at), 1)
	w.settle(probeEvery)
	equal(t, "row", w.rows()[0].State, portfolio.StateDone)
	equal(t, "pauses", w.scopes(), "")
	equal(t, "resumed", len(w.heard("notice resumed")), 1)
}
