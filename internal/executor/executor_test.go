package executor

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// soon is a domain of the account main that expires in ten days.
const soon = `
[[domain]]
id = 7
account = "main"
name = "a.com"
expires = "+10d"
`

// expect compares what was asked of DNSimple, and what it took for it.
func (w *world) expect(charges int, total portfolio.Money, calls ...string) {
	w.t.Helper()
	if diff := cmp.Diff(calls, w.changes()); diff != "" {
		w.t.Errorf("requests that change something (-want +got):\n%s", diff)
	}
	n, got := w.charged()
	if n != charges || got != total {
		w.t.Errorf("DNSimple charged %d times, %s; want %d, %s", n, got, charges, total)
	}
}

// expectRows is expect, and compares the rows of the ledger too.
func (w *world) expectRows(charges int, total portfolio.Money, rows string, calls ...string) {
	w.t.Helper()
	w.expect(charges, total, calls...)
	equal(w.t, "rows", summary(w.rows()), rows)
}

const renewsA = "POST 1010/registrar/domains/a.com/renewals"

func TestRenewAtOnce(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.scan()
	w.expect(1, 1500, renewsA)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "sent", op.Sent, 1)
	equal(t, "by", op.By, "rule renew-all ("+op.RuleAt+")")
	if op.Charge == nil || *op.Charge != 1500 {
		t.Errorf("charge %v", op.Charge)
	}
	var way []string
	for _, s := range op.History {
		way = append(way, string(s.State))
	}
	equal(t, "way", strings.Join(way, " "), "reserved armed pending done done")
	var heard []string
	for _, e := range w.told {
		heard = append(heard, e.What)
	}
	equal(t, "told", strings.Join(heard, " "), "reserved armed pending done charged")
	today, reserved := w.spent()
	equal(t, "spent", today, portfolio.Tally{Amount: 1500, Purchases: 1})
	equal(t, "reserved", reserved, portfolio.Tally{})
	// Nothing more is to be done, then or at any later scan.
	for range 20 {
		w.settle(day)
		w.scan()
	}
	w.expect(1, 1500, renewsA)
	if next := w.followUp(); !next.IsZero() {
		t.Errorf("something is looked at again %s", next)
	}
}

func TestRenewSlowly(t *testing.T) {
	w := newWorld(t, soon+`renewal = { takes = "20h" }`, renewAll)
	w.scan()
	equal(t, "state", w.row().State, portfolio.StatePending)
	for range 3 {
		w.settle(6 * time.Hour)
		w.scan()
		equal(t, "state", w.row().State, portfolio.StatePending)
		equal(t, "verdict", w.assess()["a.com"].Verdict, portfolio.VerdictWait)
	}
	w.settle(6 * time.Hour)
	equal(t, "state", w.row().State, portfolio.StateDone)
	w.expect(1, 1500, renewsA)
}

// What the registry does not carry out costs nothing, and is tried again an hour
// later, no sooner.
func TestEndedAtTheRegistry(t *testing.T) {
	for _, outcome := range []string{"failed", "cancelled"} {
		t.Run(outcome, func(t *testing.T) {
			w := newWorld(t, soon+`renewal = { takes = "10m", outcome = "`+outcome+`" }`, renewAll)
			w.scan()
			w.settle(30 * time.Minute)
			op := w.row()
			equal(t, "state", op.State, portfolio.StateFailed)
			holds(t, op.History[len(op.History)-1].Note, outcome)
			equal(t, "alerts", len(w.heard("alert failed")), 1)
			today, reserved := w.spent()
			equal(t, "spent", today, portfolio.Tally{})
			equal(t, "reserved", reserved, portfolio.Tally{})
			again := op.EndedAt.Add(time.Hour)
			w.clock.pass(again.Sub(w.now()) - time.Second)
			equal(t, "verdict", w.assess()["a.com"].Code, codeRetryLater)
			w.scan()
			w.expect(0, 0, renewsA)
			w.clock.pass(time.Second)
			w.scan()
			w.expect(0, 0, renewsA, renewsA)
			rows := w.rows()
			equal(t, "rows", summary(rows), "renew a.com failed; renew a.com pending")
			equal(t, "attempt", rows[1].Attempt, 2)
		})
	}
}

func TestPremium(t *testing.T) {
	const premium = soon + `premium = true
prices = { renewal = "48.00", restore = "60.00" }
`
	w := newWorld(t, premium, renewAll)
	w.scan()
	w.expect(1, 4800, renewsA) // the simulated DNSimple takes no other confirmation
	if p := w.row().Premium; p == nil || *p != 4800 {
		t.Errorf("it confirmed %v", p)
	}

	w = newWorld(t, premium, strings.Replace(renewAll, `max_per_purchase = "1000.00"`, `max_per_purchase = "47.99"`, 1))
	w.scan()
	w.expect(0, 0)
	equal(t, "rows", len(w.rows()), 0)
	equal(t, "verdict", w.assess()["a.com"].Code, "max_per_purchase")
	blocked := w.heard("alert blocked")
	equal(t, "alerts", len(blocked), 1)
	holds(t, blocked[0].Text, "lost after 2026-12-01")
}

func TestMaxPrice(t *testing.T) {
	for limit, charges := range map[string]int{"14.99": 0, "15.00": 1} {
		w := newWorld(t, soon, renewAll+`max_price = "`+limit+`"`)
		w.scan()
		n, _ := w.charged()
		equal(t, "charges below "+limit, n, charges)
		if charges == 0 {
			equal(t, "verdict", w.assess()["a.com"].Code, codeMaxPrice)
			equal(t, "alerts", len(w.heard("alert blocked")), 1)
		}
	}
}

func TestYears(t *testing.T) {
	w := newWorld(t, soon, renewAll+"years = 3")
	w.scan()
	w.expect(1, 4500, renewsA)
	equal(t, "years", w.server.Charges()[0].Years, 3)
}

// Money goes to what expires first, and what it does not suffice for is said.
func TestCeilingsInOrderOfExpiration(t *testing.T) {
	const three = `
[[domain]]
account = "main"
name = "third.com"
expires = "+30d"
[[domain]]
account = "desk"
name = "second.com"
expires = "+20d"
[[domain]]
account = "main"
name = "first.com"
expires = "+10d"
`
	for name, tc := range map[string]struct {
		policy, code string
		want         []string
	}{
		"day":      {strings.Replace(renewAll, `max_per_day = "10000.00"`, `max_per_day = "30.00"`, 1), "max_per_day", []string{"first.com", "second.com"}},
		"month":    {strings.Replace(renewAll, `max_per_month = "10000.00"`, `max_per_month = "44.99"`, 1), "max_per_month", []string{"first.com", "second.com"}},
		"count":    {strings.Replace(renewAll, `[spending]`, "[spending]\nmax_purchases_per_day = 2", 1), "max_purchases_per_day", []string{"first.com", "second.com"}},
		"everyone": {renewAll, "", []string{"first.com", "second.com", "third.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, three, tc.policy)
			plan := w.assess()
			equal(t, "requests of a plan", len(w.changes()), 0)
			w.scan()
			var got []string
			for _, c := range w.server.Charges() {
				got = append(got, c.Domain)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if tc.code == "" {
				return
			}
			equal(t, "planned for the third", plan["third.com"].Code, tc.code)
			equal(t, "planned for the second", plan["second.com"].Verdict, portfolio.VerdictAct)
			blocked := w.heard("alert blocked")
			equal(t, "alerts", len(blocked), 1)
			equal(t, "about", blocked[0].Subject, "third.com")
			holds(t, blocked[0].Text, tc.code)
		})
	}
}

func TestLapsed(t *testing.T) {
	const grace = "[[domain]]\nid = 7\naccount = \"main\"\nname = \"a.com\"\nexpires = \"-6d\"\n"
	for name, policy := range map[string]string{"restore rule": rescueAll, "renew rule": renewAll} {
		t.Run(name+" in grace", func(t *testing.T) {
			w := newWorld(t, grace, policy)
			w.scan()
			w.expect(1, 1500, renewsA)
			equal(t, "rows", summary(w.rows()), "renew a.com done")
			equal(t, "loud", w.row().Loud, name == "restore rule")
		})
	}
}

// redemption is a domain whose plain renewal DNSimple refuses.
const redemption = `
[[domain]]
id = 7
account = "main"
name = "a.com"
expires = "-40d"
restore = { takes = "1h" }
`

const restoresA = "POST 1010/registrar/domains/a.com/restores"

// In redemption the refused renewal and the restore are two linked operations, and
// one scan makes both.
func TestRestoreAfterRefusal(t *testing.T) {
	w := newWorld(t, redemption, rescueAll)
	w.scan()
	w.expect(0, 0, renewsA, restoresA)
	rows := w.rows()
	equal(t, "rows", summary(rows), "renew a.com failed; restore a.com pending")
	equal(t, "refused", rows[0].Refused, true)
	equal(t, "released", rows[0].Reserved, 0)
	equal(t, "linked", rows[1].Follows, rows[0].Key)
	equal(t, "worst case", rows[1].Reserved, 9500)
	equal(t, "said aloud", len(w.heard("alert pending")), 1)
	w.settle(day)
	rows = w.rows()
	equal(t, "rows", summary(rows), "renew a.com failed; restore a.com done")
	w.expect(1, 9500, renewsA, restoresA)
	equal(t, "two lines of one charge", len(rows[1].ChargeRefs), 2)
	equal(t, "price", rows[1].Price(), 9500)
}

// A name may hold any word: what DNSimple says about money is in the rest of its answer.
func TestRefusalOfANameAboutMoney(t *testing.T) {
	w := newWorld(t, strings.Replace(redemption, "a.com", "premium-price-card.com", 1), rescueAll)
	w.scan()
	equal(t, "rows", summary(w.rows()), "renew premium-price-card.com failed; restore premium-price-card.com pending")
}

// What DNSimple refuses for the money says nothing of the domain's phase.
func TestRefusalForMoney(t *testing.T) {
	w := newWorld(t, redemption, rescueAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost {
			return w.answer(req, 400, `{"message":"Your card was declined"}`), nil
		}
		return next(), nil
	}
	w.scan()
	w.expect(0, 0, renewsA)
	equal(t, "rows", summary(w.rows()), "renew a.com failed")
	equal(t, "refused", w.row().Refused, false)
	w.fault = nil
	for range 4 {
		w.settle(probeEvery)
		w.scan()
	}
	w.settle(day)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; renew a.com failed; restore a.com done")
}

func TestRedemptionIsRemembered(t *testing.T) {
	w := newWorld(t, redemption, renewAll)
	w.scan()
	w.expect(0, 0, renewsA)
	equal(t, "rows", summary(w.rows()), "renew a.com failed")
	for range 5 {
		w.settle(day)
		w.scan()
	}
	// if_lapsed = "renew" wants nothing of it any more: no attempt 2.
	w.expect(0, 0, renewsA)
	equal(t, "verdict", w.assess()["a.com"].Verdict, portfolio.VerdictUncovered)
	equal(t, "alerts", len(w.heard("alert uncovered")) > 0, true)
	d := portfolio.Domain{ID: 7, AccountID: mainID, Name: "a.com", State: portfolio.DomainExpired, ExpiresAt: began.AddDate(0, 0, -40)}
	f, err := w.x.Facts(d)
	if err != nil || !f.Redemption {
		t.Errorf("%v, %v", f, err)
	}
	d.ExpiresAt = d.ExpiresAt.AddDate(1, 0, 0)
	if f, err = w.x.Facts(d); err != nil || f.Redemption {
		t.Errorf("another lapse: %v, %v", f, err)
	}
}

// A second attempt at a restore is linked to the refusal as the first was, and a
// restore that comes to nothing does not lead back to the renewal.
func TestRestoreTriedAgain(t *testing.T) {
	w := newWorld(t, strings.Replace(redemption, `takes = "1h"`, `takes = "10m", outcome = "cancelled"`, 1), rescueAll)
	w.scan()
	w.settle(time.Hour + 20*time.Minute) // the time for the next attempt is the operation's own
	w.expect(0, 0, renewsA, restoresA, restoresA)
	rows := w.rows()
	equal(t, "rows", summary(rows), "renew a.com failed; restore a.com failed; restore a.com pending")
	equal(t, "linked", rows[2].Follows, rows[0].Key)
}

// A restore buys what its TLD sells at least, and so much is set aside.
func TestRestoreOfTwoYears(t *testing.T) {
	w := newWorld(t, strings.Replace(redemption, "a.com", "a.ai", 1), rescueAll)
	w.scan()
	w.settle(day)
	rows := w.rows()
	equal(t, "rows", summary(rows), "renew a.ai failed; restore a.ai done")
	equal(t, "reserved", rows[1].Reserved, 20000+2*9000)
	equal(t, "price", rows[1].Price(), 20000+2*9000)
	equal(t, "surprises", len(w.heard("alert price-differs")), 0)
}

// Nothing is bought within 180 days of the last purchase.
func TestQuietPeriod(t *testing.T) {
	w := newWorld(t, "[[domain]]\nid = 7\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+10d\"\n",
		strings.Replace(renewAll, "45d", "320d", 1))
	w.scan()
	w.expect(1, 1500, renewsA)
	bought := w.row().EndedAt
	w.settle(60 * day) // it now expires within 320 days
	equal(t, "verdict", w.assess()["a.com"].Code, codeRecent)
	w.scan()
	w.clock.pass(bought.Add(quietPeriod).Sub(w.now()) - time.Second)
	w.scan()
	w.expect(1, 1500, renewsA)
	w.clock.pass(time.Second)
	w.scan()
	w.expect(2, 3000, renewsA, renewsA)
}

func TestDryRunSendsNothing(t *testing.T) {
	w := newWorld(t, soon+redemptionB+pushed+change, ample+`
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "45d" }
do = "renew"
mode = "dry-run"
[[rule]]
name = "rescue"
on = "domain"
match = { lapsed_within = "80d" }
do = "restore"
mode = "dry-run"
[[rule]]
name = "take"
on = "push"
match = { source = "studio" }
do = "accept"
mode = "dry-run"
[[rule]]
name = "stop"
on = "registrant_change"
do = "cancel"
mode = "dry-run"
`)
	for range 3 {
		w.scan()
		w.settle(day)
	}
	w.expect(0, 0)
	if log := w.log(); len(log) > 0 {
		t.Errorf("DNSimple got %v", log)
	}
	equal(t, "rows", len(w.rows()), 0)
	equal(t, "told", len(w.heard("notice would-act")), 4)
}

const redemptionB = `
[[domain]]
account = "main"
name = "b.com"
expires = "-40d"
`

// A plan has no effect, and counts its own money as if it were spent.
func TestAssessHasNoEffect(t *testing.T) {
	w := newWorld(t, soon+redemptionB+pushed+change, strings.Replace(rescueAll, `max_per_day = "10000.00"`, `max_per_day = "15.00"`, 1)+`
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "45d" }
do = "renew"
[[rule]]
name = "take"
on = "push"
match = { source = "studio" }
do = "accept"
[[rule]]
name = "stop"
on = "registrant_change"
do = "cancel"
`)
	first := w.assess()
	equal(t, "first", first["b.com"].Verdict, portfolio.VerdictAct)
	equal(t, "then", first["a.com"].Code, "max_per_day")
	equal(t, "again", w.assess()["a.com"].Code, "max_per_day")
	w.expect(0, 0)
	equal(t, "requests", len(w.log()), 0)
	equal(t, "rows", len(w.rows()), 0)
	equal(t, "told", len(w.told), 0)
	_, reserved := w.spent()
	equal(t, "reserved", reserved, portfolio.Tally{})
	if !slices.ContainsFunc(w.decide(), func(d portfolio.Decision) bool {
		return d.Do == portfolio.ActionCancel && d.Verdict == portfolio.VerdictAct
	}) {
		t.Error("the plan holds no wish: it proves nothing of them")
	}
}
