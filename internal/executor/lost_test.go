package executor

import (
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// lostShop is a world in which what is begun may come to various ends. Nobody has the
// account that a.com is pushed to but its owner.
const lostShop = `
[[account]]
id = 4040
name = "stranger"
tokens = ["token-stranger"]
[[contact]]
id = 4045
account = "stranger"
[[contact]]
id = 2716
account = "main"
[[domain]]
id = 7
name = "a.com"
account = "main"
registrant = 2715
expires = "+300d"
`

// What becomes in sixty days of that whose answer was lost, by what shows of it: how it
// ends, on which day, and what was told of it that is loud.
func TestLostAnswersOverTime(t *testing.T) {
	const (
		theirs = "[[name]]\nname = \"theirs.com\"\nelsewhere = true\nauth_code = \"open-sesame\"\nexpires = \"+100d\"\n"
		done   = portfolio.StateDone
		failed = portfolio.StateFailed
		never  = portfolio.StateUnknown
	)
	stranger := func(c *portfolio.Command) { c.To = "00000000-0000-7000-8000-000000004040" }
	accepted := func(w *world) {
		pushes := all(w.t, w.clients[mainID].Pushes(w.t.Context()))
		equal(w.t, "pushes to us", len(pushes), 0)
		w.byToken("token-stranger", "POST", "/v2/4040/pushes/1", `{"contact_id":4045}`, 204)
	}
	for name, tc := range map[string]struct {
		kind   portfolio.OperationKind
		extra  string // of the world
		change func(*portfolio.Command)
		obeyed bool
		then   func(*world) // five days later
		want   portfolio.OperationState
		days   int // when it ended
		told   string
	}{
		"registration that was never made": {kind: portfolio.OpRegister, want: never, told: "alert delayed 9, alert unknown 1"},
		"registration":                     {kind: portfolio.OpRegister, obeyed: true, want: done, told: "alert unknown 1, notice done 1"},
		"registration that fails": {
			kind: portfolio.OpRegister, extra: "[[name]]\nname = \"new.com\"\nregistration = { outcome = \"failed\" }\n",
			obeyed: true, want: never, told: "alert delayed 9, alert unknown 1",
		},
		"transfer that was never made": {kind: portfolio.OpTransfer, extra: theirs, want: never, told: "alert delayed 8, alert unknown 1"},
		"transfer": {
			kind: portfolio.OpTransfer, extra: theirs + "transfer = { takes = \"6d\" }\n", obeyed: true, want: done, days: 6,
			told: "alert unknown 1, notice done 1",
		},
		"add that was never made": {kind: portfolio.OpAdd, want: failed, days: 1, told: "alert failed 1, alert unknown 1"},
		"add":                     {kind: portfolio.OpAdd, obeyed: true, want: done, told: "alert unknown 1, notice done 1"},
		"push that was never made": {
			kind: portfolio.OpPush, change: stranger, want: failed, days: 30, told: "alert delayed 4, alert failed 1, alert unknown 1",
		},
		"push that nobody accepts": {
			kind: portfolio.OpPush, change: stranger, obeyed: true, want: failed, days: 30, told: "alert delayed 4, alert failed 1, alert unknown 1",
		},
		"push that a stranger accepts": {
			kind: portfolio.OpPush, change: stranger, obeyed: true, then: accepted, want: done, days: 5,
			told: "alert delayed 1, alert unknown 1, notice done 1",
		},
		"push to ourselves":          {kind: portfolio.OpPush, obeyed: true, want: done, told: "alert unknown 1, notice done 1"},
		"change that was never made": {kind: portfolio.OpChangeRegistrant, want: failed, days: 1, told: "alert failed 1, alert unknown 1"},
		"change": {
			kind: portfolio.OpChangeRegistrant, extra: lasting("20d", "completed"), obeyed: true, want: done, days: 20,
			told: "alert unknown 1, notice done 1",
		},
		"change that is cancelled": {
			kind: portfolio.OpChangeRegistrant, extra: lasting("20d", "cancelled"), obeyed: true, want: failed, days: 20,
			told: "alert failed 1, alert unknown 1",
		},
		"code that was never sent": {kind: portfolio.OpTransferOut, want: failed, days: 30, told: "alert leaving 1, alert unknown 1"},
		"code that nobody uses":    {kind: portfolio.OpTransferOut, obeyed: true, want: failed, days: 30, told: "alert leaving 1, alert unknown 1"},
		"domain that leaves": {
			kind: portfolio.OpTransferOut, extra: "transfer_out = { takes = \"5d\" }\n", obeyed: true, want: done, days: 5,
			told: "alert unknown 1, notice done 1",
		},
		"domain that leaves, and is hosted": {
			kind: portfolio.OpTransferOut, extra: "transfer_out = { takes = \"5d\", leaves = \"hosted\" }\n", obeyed: true, want: done, days: 5,
			told: "alert unknown 1, notice done 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, lostShop+tc.extra, ample)
			w.losesCall(requestOf(tc.kind), tc.obeyed)
			c := command(tc.kind)
			if tc.change != nil {
				tc.change(&c)
			}
			if _, err := w.place(c); err != nil {
				t.Fatal(err)
			}
			equal(t, "at first", w.row().State, portfolio.StateUnknown)
			w.settle(5*day - time.Hour)
			if tc.then != nil {
				tc.then(w)
			}
			w.settle(55*day + time.Hour)
			op := w.row()
			equal(t, "state", op.State, tc.want)
			if !op.State.Open() {
				equal(t, "after days", int(op.EndedAt.Sub(began).Round(day)/day), tc.days)
				equal(t, "attention", op.Attention, false)
				equal(t, "looked at again", op.NextAt.IsZero(), true)
			}
			equal(t, "sent", w.count(requestOf(tc.kind)), 1)
			equal(t, "told", w.loud(), tc.told)
			_, reserved := w.spent()
			equal(t, "reserved", reserved, portfolio.Tally{})
			if op.State == failed { // it may be asked for again
				if _, err := w.x.Propose(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// lasting is how long a change of a domain's registrant takes, and how it ends.
func lasting(takes, outcome string) string {
	return "registrant_change = { takes = \"" + takes + "\", outcome = \"" + outcome + "\" }\n"
}

// loud are the events of a world that are no mere information: "alert unknown 1".
func (w *world) loud() string {
	var out []string
	for what := range strings.SplitSeq(w.whats(), ", ") {
		if !strings.HasPrefix(what, "info ") {
			out = append(out, what)
		}
	}
	return strings.Join(out, ", ")
}

// Rules leave a domain alone as long as it may be leaving, and have it back after that;
// its owner may renew it all the while.
func TestLostTransferOutHoldsForThirtyDays(t *testing.T) {
	w := newWorld(t, strings.Replace(lostShop, "+300d", "+40d", 1), renewAll)
	w.losesCall(requestOf(portfolio.OpTransferOut), false)
	if _, err := w.place(command(portfolio.OpTransferOut)); err != nil {
		t.Fatal(err)
	}
	w.lives(29 * day)
	w.expect(0, 0, requestOf(portfolio.OpTransferOut))
	d := w.assess()["a.com"]
	equal(t, "code", d.Code, codeLeaving)
	holds(t, d.Reason, "may have been sent on 2026-11-21")
	if _, err := w.x.Propose(t.Context(), command(portfolio.OpRenew)); err != nil {
		t.Error(err)
	}
	if n := w.row().Checks; n < 25 || n > 50 {
		t.Errorf("it was looked at %d times in 29 days, and is to be daily at last", n)
	}
	w.lives(3 * day)
	w.expect(1, 1500, requestOf(portfolio.OpTransferOut), renewsA)
}
