package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// stuck has nothing be sent that changes something, until it is mended.
func (w *world) stuck() (mend func()) {
	before := w.fault
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		switch {
		case req.Method != http.MethodGet:
			return nil, notSent()
		case before != nil:
			return before(req, next)
		}
		return next(), nil
	}
	return func() { w.fault = before }
}

// What was approved is done for the rule that asked, with the contact and for the years
// that it asked about: another rule asks anew.
func TestApprovalIsForItsRule(t *testing.T) {
	for name, tc := range map[string]struct{ world, policy, other string }{
		"another rule": {soon, askRenew, strings.Replace(askRenew, "renew-all", "renew-other", 1)},
		"fewer years":  {soon, askRenew + "years = 2\nmax_price = \"80.00\"\n", askRenew},
		"another contact": {
			pushed, acceptFromStudio + "mode = \"ask\"\n",
			strings.Replace(acceptFromStudio, "\"take\"", "\"grab\"", 1) + "mode = \"ask\"\ncontact = 4444\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			policy := strings.Replace(tc.policy, "expires_within = \"45d\"", "expires_within = \"60d\"", 1)
			w := newWorld(t, tc.world, policy)
			w.scan()
			mend := w.stuck()
			op := w.says(w.asks(), true)
			equal(t, "state", op.State, portfolio.StateReserved)
			w.follows(tc.other)
			w.settle(10 * time.Minute)
			mend()
			sent := len(w.changes())
			w.times(day)
			equal(t, "requests", len(w.changes()), sent)
			equal(t, "the question", w.asks().Rule != "" && w.asks().Attempt == 2, true)
		})
	}
}

// The same rule goes on by what was approved, but for a push that comes from somebody else.
func TestApprovalIsForItsSource(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio+"mode = \"ask\"\n")
	w.scan()
	mend := w.stuck()
	op := w.says(w.asks(), true)
	equal(t, "state", op.State, portfolio.StateReserved)
	mend()
	_, _, err := w.x.step(op, withdrawn{moment: moment(w.now()), why: "something else"})
	w.must(err)
	w.clock.pass(2 * time.Hour)
	decisions := w.decide()
	for i, d := range decisions {
		if f, ok := d.Resource.(portfolio.PushFacts); ok {
			f.SourceID = 4040
			decisions[i].Resource = f
		}
	}
	w.mustExecute(t.Context(), decisions)
	w.expect(0, 0, accepts5)
	equal(t, "waits", w.asks().SourceID, 4040)
}

// A denial stays final for what it was shown, although it was asked anew since, at another
// price: where that falls, nothing is bought, and nobody is asked a third time.
func TestDenialOutlivesALaterQuestion(t *testing.T) {
	for name, mode := range map[string]string{"ask_above": "ask_above = \"14.00\"\n", "mode": "mode = \"ask\"\n"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, later, renewAll+mode)
			w.scan()
			w.says(w.asks(), false)
			w.quotes("20.0")
			w.times(2 * day)
			equal(t, "price that is shown", *w.asks().Asked.Price, 2000)
			w.quotes("13.0")
			w.times(3 * day)
			w.expectRows(0, 0, "renew a.com failed; renew a.com failed")
			equal(t, "code", w.assess()["a.com"].Code, codeDenied)
			w.quotes("20.0")
			w.times(2 * day)
			w.says(w.asks(), true) // somebody has thought better of it
			equal(t, "state", w.rows()[2].State, portfolio.StateDone)
		})
	}
}

// Who says yes later has the last word, whatever became of it.
func TestYesAfterANo(t *testing.T) {
	w := newWorld(t, later, askRenew)
	w.scan()
	w.says(w.asks(), false)
	w.quotes("20.0")
	w.times(2 * day)
	mend := w.stuck()
	op := w.says(w.asks(), true)
	mend()
	_, _, err := w.x.step(op, withdrawn{moment: moment(w.now()), why: "something else"})
	w.must(err)
	w.times(2 * day)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; renew a.com failed; renew a.com done")
}
