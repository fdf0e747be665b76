package executor

import (
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// What costs nothing is asked, too: an approval goes through once, a denial is final.
func TestWishesAreAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		world, policy, call, event string
	}{
		"accept": {pushed, acceptFromStudio, accepts5, "the push waits on"},
		"reject": {pushed, strings.Replace(acceptFromStudio, `"accept"`, `"reject"`, 1), "DELETE 1010/pushes/5", "the push waits on"},
		"cancel": {change, cancelAll, "DELETE 1010/registrar/registrant_changes/9", "contact 6666 becomes the registrant"},
	} {
		t.Run(name, func(t *testing.T) {
			policy := tc.policy + "mode = \"ask\"\n"
			w := newWorld(t, tc.world, policy)
			w.scan()
			w.scan()
			w.expect(0, 0)
			op := w.asks()
			holds(t, w.heard("notice asked")[0].Text, tc.event)
			equal(t, "price", op.Asked.Price == nil, true)
			w.says(op, true)
			w.settle(2 * time.Hour)
			w.expect(0, 0, tc.call)
			equal(t, "state", w.row().State, portfolio.StateDone)

			w = newWorld(t, tc.world, policy)
			w.scan()
			w.says(w.asks(), false)
			w.times(5 * day)
			w.expect(0, 0)
			equal(t, "state", w.row().State, portfolio.StateFailed)
			equal(t, "told", len(w.heard("notice asked")), 1)
		})
	}
}

// A push that is withdrawn by its sender need not be answered.
func TestPushThatIsGone(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio+"mode = \"ask\"\n")
	w.scan()
	op := w.asks()
	equal(t, "the source that was shown", op.SourceID, studioID)
	w.by("DELETE", "/v2/1010/pushes/5", "", 204)
	holds(t, w.refused(op, true), "the push is not waiting any more")
	equal(t, "state", w.row().State, portfolio.StateFailed)
}

// A name is asked before it is registered: on the terms and at the price that were shown.
func TestNameIsAsked(t *testing.T) {
	for _, policy := range []string{catchNew + "mode = \"ask\"\n", catchNew + "ask_above = \"14.00\"\n"} {
		w := newWorld(t, shop, policy)
		w.watch("new.com")
		d := w.watch("new.com")
		equal(t, "verdict", d.Verdict, portfolio.VerdictAsk)
		w.settle(36 * time.Hour)
		w.expect(0, 0)
		op := w.asks()
		equal(t, "price", *op.Asked.Price, 1500)
		w.says(op, true)
		w.settle(2 * time.Hour)
		w.expectRows(1, 1500, "register new.com done", registersNew)

		w = newWorld(t, shop, policy)
		w.watch("new.com")
		w.says(w.asks(), false)
		d = w.watch("new.com")
		equal(t, "code", d.Code, codeDenied)
		w.expect(0, 0)
	}
}

// Somebody is quicker than the answer.
func TestNameThatIsTakenMeanwhile(t *testing.T) {
	w := newWorld(t, shop, catchNew+"mode = \"ask\"\n")
	w.watch("new.com")
	w.byToken("token-desk", "POST", "/v2/2020/registrar/domains/new.com/registrations", `{"registrant_id":2820}`, 201)
	w.settle(25 * time.Hour)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	holds(t, w.row().LastNote(), "is not free any more")
	w.expect(1, 1500)
}

// autoOnlySoon is a domain that only DNSimple's own auto-renewal renews.
const autoOnlySoon = "[[tld]]\nname = \"only\"\nrenewal = \"15.00\"\nauto_renew_only = true\n" +
	"[[domain]]\nid = 7\naccount = \"main\"\nname = \"a.only\"\nexpires = \"+10d\"\n"

// Where only DNSimple's own auto-renewal renews, somebody is asked before it is switched on:
// once, not once a day.
func TestAutoRenewalIsAsked(t *testing.T) {
	const switches = "PUT 1010/registrar/domains/a.only/auto_renewal"
	for _, policy := range []string{askRenew, renewAll + "ask_above = \"14.00\"\n"} {
		w := newWorld(t, autoOnlySoon, policy)
		w.scan()
		w.times(3 * day)
		w.expect(0, 0)
		op := w.asks()
		equal(t, "rows", len(w.rows()), 1)
		equal(t, "kind", op.Kind, portfolio.OpAutoRenewal)
		equal(t, "price that is shown", *op.Asked.Price, 1500)
		w.says(op, true)
		w.settle(time.Hour)
		w.expect(0, 0, switches)
		equal(t, "state", w.row().State, portfolio.StateDone)

		w = newWorld(t, autoOnlySoon, policy)
		w.scan()
		w.says(w.asks(), false)
		w.times(5 * day)
		w.expectRows(0, 0, "auto-renewal a.only failed")
	}
}

// It is dearer by now than what was approved.
func TestAutoRenewalThatMoved(t *testing.T) {
	w := newWorld(t, autoOnlySoon, askRenew)
	w.scan()
	op := w.asks()
	op.State, op.Approval = portfolio.StateReserved, &portfolio.Approval{
		Kind: portfolio.ApprovalAnswer, By: operator, ExpiresAt: op.ExpiresAt, State: portfolio.DomainRegistered, MaxPrice: new(portfolio.Money(1499)),
	}
	answer, err := w.x.confirm(t.Context(), op)
	w.must(err)
	no, ok := answer.(withdrawn)
	equal(t, "is withdrawn", ok && no.moved, true)
	holds(t, no.why, "14.99 was shown, and it costs 15.00 now")
	op.Approval.MaxPrice = new(portfolio.Money(1500))
	answer, err = w.x.confirm(t.Context(), op)
	w.must(err)
	if _, ok := answer.(cleared); !ok {
		t.Errorf("it is not cleared: %+v", answer)
	}
}

// The same push comes from somebody else by now, or would have another registrant: that is
// not what was approved.
func TestPushOfAnotherSource(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio+"mode = \"ask\"\n")
	w.scan()
	approved := w.asks()
	approved.State, approved.Approval = portfolio.StateReserved, &portfolio.Approval{Kind: portfolio.ApprovalAnswer, By: operator}
	for why, change := range map[string]func(op *portfolio.Operation){
		"it comes from account 3030 now, and came from account 4040": func(op *portfolio.Operation) { op.SourceID = 4040 },
		"contact 2715 would become its registrant now":               func(op *portfolio.Operation) { op.Contact = 9 },
		"": func(*portfolio.Operation) {},
	} {
		op := approved
		change(&op)
		answer, err := w.x.confirm(t.Context(), op)
		w.must(err)
		no, ok := answer.(withdrawn)
		equal(t, "is withdrawn", ok, why != "")
		holds(t, no.why, why)
	}
}
