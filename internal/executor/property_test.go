package executor

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

// drawEvent draws anything that can happen to a row, whether it fits or not.
func drawEvent(t *rapid.T, kind portfolio.OperationKind, at time.Time) event {
	m := moment(at)
	switch rapid.IntRange(0, 14).Draw(t, "event") {
	case 11:
		row := fresh(kind)
		if rapid.Bool().Draw(t, "approved") {
			row.Approval = &portfolio.Approval{Kind: portfolio.ApprovalAnswer, By: "operator", At: at}
		}
		row.Probes = rapid.SampledFrom([]portfolio.PauseScope{"", portfolio.PauseBreaker}).Draw(t, "tries")
		return letGo{m, row, "so", "operator"}
	case 12:
		k := rapid.SampledFrom([]portfolio.ApprovalKind{portfolio.ApprovalAnswer, portfolio.ApprovalSilent}).Draw(t, "kind of no")
		return denied{m, portfolio.Approval{Kind: k, Denied: true, By: "operator", At: at}, "so", "operator"}
	case 13:
		return moot{m, "so"}
	case 14:
		e := repeated{moment: m, next: at.Add(time.Hour)}
		if rapid.Bool().Draw(t, "told") {
			e.said = &said{level: portfolio.LevelNotice, text: "so", data: map[string]any{"why": "so"}}
		}
		return e
	case 0:
		return planned{m, fresh(kind)}
	case 1, 2:
		c := clearing(kind, at)
		if kind.Purchase() {
			c.total = portfolio.Money(rapid.IntRange(1, 5000).Draw(t, "total"))
			c.lapsed = rapid.Bool().Draw(t, "lapsed")
		}
		c.probes = rapid.SampledFrom([]portfolio.PauseScope{"", portfolio.PauseBreaker}).Draw(t, "tries")
		return c
	case 3:
		return withdrawn{moment: m, why: "so", over: rapid.Bool().Draw(t, "over"), moved: rapid.Bool().Draw(t, "moved")}
	case 4:
		return delayed{m, "so"}
	case 5:
		e := answered{moment: m, remoteID: 5}
		if rapid.Bool().Draw(t, "error") {
			e.remoteID, e.err = 0, failing(rapid.SampledFrom([]portfolio.Outcome{
				portfolio.OutcomeNotSent, portfolio.OutcomeRateLimited, portfolio.OutcomeUnauthorized, portfolio.OutcomePaymentRequired,
				portfolio.OutcomeForbidden, portfolio.OutcomeNotFound, portfolio.OutcomeRejected, portfolio.OutcomeUnknown, "new",
			}).Draw(t, "outcome"))
			e.err.RetryAt = at.Add(time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "retry")))
			e.inRedemption = rapid.Bool().Draw(t, "redemption")
		}
		return e
	case 6:
		return restarted{moment: m}
	case 7:
		seen := evidence{
			happened: rapid.Bool().Draw(t, "happened"), readable: rapid.Bool().Draw(t, "readable"), read: rapid.Bool().Draw(t, "read"),
			remote: portfolio.Progress(rapid.IntRange(0, 3).Draw(t, "remote")), state: "so", note: "so",
			autoRenew: rapid.Bool().Draw(t, "auto-renewal"), registered: rapid.Bool().Draw(t, "registered"), expiresAt: noon.AddDate(0, 0, rapid.IntRange(-9, 40).Draw(t, "expires")),
		}
		if rapid.Bool().Draw(t, "impossible") {
			seen.impossible = "gone"
		}
		return observed{moment: m, seen: seen}
	case 8:
		return resolved{moment: m, by: "operator", how: rapid.SampledFrom([]Resolution{ResolveDone, ResolveNotBought, ResolveBuyAgain}).Draw(t, "how")}
	case 9:
		return retried{moment: m}
	default:
		e := charged{moment: m, final: rapid.Bool().Draw(t, "final"), vendor: rapid.Bool().Draw(t, "vendor")}
		if rapid.Bool().Draw(t, "found") {
			e.amount, e.refs = portfolio.Money(rapid.IntRange(0, 5000).Draw(t, "amount")), []string{"1#0"}
		}
		return e
	}
}

// history is what a check remembers of a row's way.
type history struct {
	sends  int  // requests that were let go
	undone bool // since the last of them it became certain that nothing happened
}

// TestMachineProperties walks random ways through the machine.
func TestMachineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]portfolio.OperationKind{
			portfolio.OpRenew, portfolio.OpRestore, portfolio.OpAccept, portfolio.OpReject, portfolio.OpCancelChange, portfolio.OpAutoRenewal,
		}).Draw(t, "kind")
		at := noon
		first := fresh(kind)
		first.Loud = rapid.Bool().Draw(t, "loud")
		first.Probes = rapid.SampledFrom([]portfolio.PauseScope{"", portfolio.PauseBreaker, portfolio.PausePurchases}).Draw(t, "probes")
		op, _, err := next(portfolio.Operation{}, planned{moment(at), first})
		if rapid.Bool().Draw(t, "asked") {
			first.Asked = &portfolio.Asked{At: at, ExpiresAt: at.AddDate(0, 0, rapid.IntRange(-9, 40).Draw(t, "end")), Price: new(portfolio.Money(1500)), Why: "so"}
			op, _, err = next(portfolio.Operation{}, asking{moment(at), first, said{level: portfolio.LevelNotice, text: "so"}})
		}
		if err != nil {
			t.Fatal(err)
		}
		var h history
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.Int64Range(1, int64(20*time.Hour)).Draw(t, "later")))
			e := drawEvent(t, kind, at)
			row, effects, err := checkPure(t, op, e)
			if err != nil {
				continue
			}
			h.check(t, op, row, e, effects)
			checkRow(t, row, at)
			checkSteps(t, op, row, at)
			checkTold(t, op, row, e, effects)
			checkNet(t, op, row, effects)
			checkPauses(t, op, row, e, effects)
			checkAsked(t, op, row, e)
			op = row
		}
	})
}

// checkPure makes a step twice: the answers are the same, and the argument stays.
func checkPure(t *rapid.T, op portfolio.Operation, e event) (portfolio.Operation, []effect, error) {
	op.History = slices.Grow(op.History, 4) // room in which a shared slice would be written to
	before := clone(op)
	row, effects, err := next(op, e)
	again, effectsAgain, errAgain := next(op, e)
	if diff := cmp.Diff(row, again) + cmp.Diff(fmt.Sprintf("%+v", effects), fmt.Sprintf("%+v", effectsAgain)); diff != "" || (err == nil) != (errAgain == nil) {
		t.Fatalf("the same step gives another answer: %v, %v, %s", err, errAgain, diff)
	}
	if diff := cmp.Diff(before, op); diff != "" {
		t.Fatalf("the argument changed: %s", diff)
	}
	if err != nil {
		if diff := cmp.Diff(before, row); diff != "" || effects != nil {
			t.Fatalf("an event that does not fit changes something: %s", diff)
		}
		return row, effects, err
	}
	for i := range row.History {
		row.History[i].Note += "!"
	}
	if diff := cmp.Diff(before, op); diff != "" {
		t.Fatalf("the history is shared: %s", diff)
	}
	return again, effectsAgain, nil
}

// check holds what must hold of what is sent.
func (h *history) check(t *rapid.T, op, row portfolio.Operation, e event, effects []effect) {
	sends := slices.ContainsFunc(effects, func(f effect) bool { _, ok := f.(send); return ok })
	if sends != (row.State == portfolio.StateArmed) {
		t.Fatalf("%s → %s sends: %v", op.State, row.State, sends)
	}
	if sends {
		if op.State != portfolio.StateReserved {
			t.Fatalf("sent from %s", op.State)
		}
		if kind := row.Kind; kind.Purchase() && h.sends > 0 && !h.undone {
			t.Fatalf("a second %s is sent although the first may have had its effect", kind)
		}
		h.sends++
		h.undone = false
	}
	if a, ok := e.(answered); ok && a.err != nil {
		h.undone = a.err.Outcome == portfolio.OutcomeNotSent || a.err.Outcome == portfolio.OutcomeRateLimited
	}
	if row.Sent < op.Sent || row.Sent > h.sends {
		t.Fatalf("%d requests are counted as sent, of %d", row.Sent, h.sends)
	}
	switch _, ok := e.(restarted); {
	case ok && row.Kind.Purchase() && row.State != portfolio.StateUnknown:
		t.Fatalf("a purchase found armed becomes %s", row.State)
	case ok && !row.Kind.Purchase() && row.State != portfolio.StateReserved:
		t.Fatalf("a wish found armed becomes %s", row.State)
	}
	if op.State == portfolio.StateUnknown && row.State != portfolio.StateUnknown && row.State != portfolio.StateDone && row.State != portfolio.StateFailed {
		t.Fatalf("unknown leads to %s", row.State)
	}
	if !op.State.Open() {
		switch e.(type) {
		case observed:
			if !netOut(op) {
				t.Fatalf("%s is looked at, and has nothing to put back", op.State)
			}
			return
		case retried:
			if op.State != portfolio.StateFailed {
				t.Fatalf("%s is tried again", op.State)
			}
			return
		}
		if _, ok := e.(charged); !ok || op.State != portfolio.StateDone || row.State != portfolio.StateDone || op.Charge != nil && op.NextAt.IsZero() {
			t.Fatalf("%s takes a %T", op.State, e)
		}
	}
}

// checkRow holds what must hold of a row at rest.
func checkRow(t *rapid.T, row portfolio.Operation, at time.Time) {
	if row.Kind.Purchase() {
		if released := row.Reserved == 0; released != (row.State == portfolio.StateFailed || row.State == portfolio.StateAsked) {
			t.Fatalf("%s holds %s", row.State, row.Reserved)
		}
		counts := row.State == portfolio.StateArmed || row.State == portfolio.StatePending ||
			row.State == portfolio.StateUnknown || row.State == portfolio.StateDone
		if (row.SpendDay != "") != counts {
			t.Fatalf("%s counts to the day %q", row.State, row.SpendDay)
		}
	} else if row.Reserved != 0 || row.SpendDay != "" {
		t.Fatalf("a wish holds %s", row.Reserved)
	}
	if row.State.Open() {
		if row.NextAt.IsZero() || row.NextAt.Before(at) || row.NextAt.After(at.Add(6*time.Hour)) && row.State != portfolio.StateAsked || row.NextAt.After(at.Add(24*time.Hour)) {
			t.Fatalf("%s, and looked at again %s after %s", row.State, row.NextAt, at)
		}
	}
	if row.EndedAt.IsZero() == !row.State.Open() {
		t.Fatalf("%s, and ended %s", row.State, row.EndedAt)
	}
	if row.State == portfolio.StateFailed && !row.NextAt.IsZero() && (!row.Kind.Purchase() || row.Refused || row.NextAt.Before(at)) {
		t.Fatal("a failed row is looked at again that has no next attempt")
	}
	if row.ArmedAt.IsZero() && (row.State == portfolio.StateArmed || row.State == portfolio.StatePending || row.State == portfolio.StateUnknown) {
		t.Fatalf("%s, and never armed", row.State)
	}
}

// checkSteps: a change of state is told by one step, and so is a note.
func checkSteps(t *rapid.T, op, row portfolio.Operation, at time.Time) {
	added := len(row.History) - len(op.History)
	if added < 0 || added > 1 || added == 0 && row.State != op.State {
		t.Fatalf("%s → %s adds %d steps", op.State, row.State, added)
	}
	if diff := cmp.Diff(op.History, row.History[:len(op.History)]); diff != "" {
		t.Fatalf("the past changed: %s", diff)
	}
	if added == 1 {
		if last := row.History[len(row.History)-1]; last.State != row.State || !last.At.Equal(at) || last.Note == "" || last.By == "" {
			t.Fatalf("step %+v of %s at %s", last, row.State, at)
		}
	}
}

// checkTold: who must hear of a step hears of it, as loudly as it deserves.
func checkTold(t *rapid.T, op, row portfolio.Operation, e event, effects []effect) {
	var told []string
	for _, f := range effects {
		say, ok := f.(tell)
		switch {
		case !ok, say.What == "delayed", say.What == "safety-net": // a word that comes with the wait
		case say.What == "released":
			told = append(told, "released")
			if say.Level == portfolio.LevelAlert {
				t.Fatal("an alert, although nothing was ever sent")
			}
		default:
			told = append(told, string(say.Level)+" "+say.What)
		}
	}
	var want []string
	switch e := e.(type) {
	case letGo:
		want = []string{"info reserved"}
		if row.Approval != nil {
			want = []string{"notice approved"}
		}
	case denied:
		want = []string{"notice denied"}
		if e.approval.Kind == portfolio.ApprovalSilent {
			want = []string{"alert denied"}
		}
	case moot:
		want = []string{"info withdrawn"}
	case repeated:
		if e.said != nil {
			want = []string{"notice asked"}
		}
	}
	if op.State == portfolio.StateAsked {
		if !slices.Equal(told, want) {
			t.Fatalf("asked → %s by %T tells %v, not %v", row.State, e, told, want)
		}
		return
	}
	if row.State == portfolio.StateReserved && op.State != "" && row.Checks > op.Checks {
		if _, ok := e.(observed); !ok {
			want = []string{"info waiting"}
		}
	}
	switch {
	case row.State == portfolio.StateDone && op.State == portfolio.StateDone:
		if c, ok := e.(charged); ok && len(c.refs) > 0 {
			want = []string{"info charged"}
			if *row.Charge > row.Reserved {
				want = []string{"alert price-differs"}
			}
		} else if ok && c.final {
			want = []string{"info charged"}
		}
	case row.State == portfolio.StateArmed:
		want = []string{"info armed"}
	case row.State == portfolio.StatePending && op.State == portfolio.StateArmed:
		want = []string{"info pending"} // also where what it is about is no longer there
		if a, ok := e.(answered); ok && a.err == nil && row.Loud {
			want = []string{"alert pending"}
		}
	case row.State == portfolio.StateUnknown && op.State != portfolio.StateUnknown:
		want = []string{"alert unknown"}
	case row.State == portfolio.StateDone:
		want = []string{"notice done"}
		if row.Loud || row.Attention {
			want = []string{"alert done"}
		}
	case row.State == portfolio.StateFailed && op.State == portfolio.StateFailed:
	case row.State == portfolio.StateFailed:
		want = []string{"alert failed"}
		if row.Probes != "" && row.Probes == row.Stopped {
			want = []string{"info failed"} // the pause was announced
		}
		if _, ok := e.(resolved); ok {
			want = []string{"notice failed"} // whoever said so knows
		}
		// Nothing was ever sent; where that went on for a day, it is said aloud.
		switch e.(type) {
		case withdrawn, observed:
			if row.Sent == 0 {
				want = []string{"released"}
			}
		}
	}
	if !slices.Equal(told, want) {
		t.Fatalf("%s → %s by %T tells %v, not %v", op.State, row.State, e, told, want)
	}
}

// checkNet: DNSimple's own auto-renewal is touched for an unknown renewal alone, and put
// back only where it was off before and the renewal is done.
func checkNet(t *rapid.T, op, row portfolio.Operation, effects []effect) {
	for _, f := range effects {
		by, ok := f.(renewBy)
		switch {
		case !ok:
		case by.vendor && (op.State != portfolio.StateUnknown || row.Kind != portfolio.OpRenew || row.Net == nil || row.Net.Was):
			t.Fatalf("auto-renewal is switched on for %s, %s: %+v", row.Kind, op.State, row.Net)
		case !by.vendor && (op.State != portfolio.StateDone || row.Net == nil || row.Net.Was || !row.Net.BackAt.IsZero()):
			t.Fatalf("auto-renewal is switched off for %s, %s: %+v", row.Kind, op.State, row.Net)
		}
	}
	switch {
	case op.Net == nil:
	case row.Net == nil || row.Net.Was != op.Net.Was || !row.Net.AskedAt.Equal(op.Net.AskedAt):
		t.Fatalf("what auto-renewal was is forgotten: %+v, %+v", op.Net, row.Net)
	case op.Net != nil && !op.Net.BackAt.IsZero() && !row.Net.BackAt.Equal(op.Net.BackAt):
		t.Fatal("it was put back twice")
	}
}

// checkPauses: an account is paused for a refusal that concerns more than the one
// operation, and for a second unknown purchase; what was let through to try a pause
// ends it only by a clear answer.
func checkPauses(t *rapid.T, op, row portfolio.Operation, e event, effects []effect) {
	for _, f := range effects {
		switch f := f.(type) {
		case stop:
			unknown := row.State == portfolio.StateUnknown && op.State != portfolio.StateUnknown && f.scope == portfolio.PauseBreaker
			if !unknown && (row.State != portfolio.StateFailed || row.Stopped != f.scope) {
				t.Fatalf("%s → %s pauses %s", op.State, row.State, f.scope)
			}
		case free:
			a, ok := e.(answered)
			plain := ok && (a.err == nil || f.breaker && row.State == portfolio.StateFailed)
			if !plain || row.Probes == "" || row.Stopped != "" {
				t.Fatalf("%s → %s ends a pause", op.State, row.State)
			}
		case probe:
			if op.State != "" && op.State != portfolio.StateAsked && row.State != portfolio.StateArmed || row.Probes == "" {
				t.Fatalf("%s → %s tries a pause", op.State, row.State)
			}
		}
	}
}

// checkAsked: only what is let go leads from a question to money; what ends it without
// that ends it for good; and an approval that was spent holds no more.
func checkAsked(t *rapid.T, op, row portfolio.Operation, e event) {
	if op.State == portfolio.StateAsked {
		switch e.(type) {
		case letGo:
			if row.State != portfolio.StateReserved || row.Asked != op.Asked || row.Key != op.Key || !row.CreatedAt.Equal(op.CreatedAt) {
				t.Fatalf("it goes on as %+v", row)
			}
		case denied, moot:
			if row.State != portfolio.StateFailed || !row.NextAt.IsZero() || !askedOnly(row) {
				t.Fatalf("it ends as %+v", row)
			}
		case repeated:
			if row.State != portfolio.StateAsked {
				t.Fatalf("it is repeated as %s", row.State)
			}
		default:
			t.Fatalf("what is asked takes a %T", e)
		}
	}
	if w, ok := e.(withdrawn); ok && (w.over || w.moved) && row.Approval != nil && !row.Approval.Over(w.at()) {
		t.Fatal("what let it go holds still")
	}
}
