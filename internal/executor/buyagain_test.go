package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// again has an operator buy again what is unknown.
func (w *world) again(key string) (portfolio.Operation, error) {
	w.t.Helper()
	return w.x.Resolve(w.t.Context(), key, ResolveBuyAgain, "ada", "")
}

// What an operator buys again passes what stands in the way of buying twice: the
// distance between attempts, the 180 days, the breaker, a policy that says nothing.
func TestBuyAgainPasses(t *testing.T) {
	for name, before := range map[string]func(w *world){
		"the distance between attempts": func(*world) {},
		"the breaker": func(w *world) {
			f := w.loses(mainID, "/c.com/renewals", false)
			w.only("c.com")
			f.over = true
			equal(w.t, "paused", w.scopes(), "1010 breaker")
		},
		"a state that is an old copy": func(w *world) {
			w.must(w.store.Commit(portfolio.Change{Pauses: []portfolio.Pause{{Scope: portfolio.PauseRestored, By: "daemon", Since: w.now()}}}))
		},
		"a refused payment": func(w *world) {
			f := w.meets(&fault{account: mainID, method: http.MethodPost, part: "/c.com/renewals", status: 402, message: "unpaid"})
			w.only("c.com")
			f.over = true
			equal(w.t, "paused", w.scopes(), "1010 purchases")
		},
		"no rule": func(w *world) { w.cfg.Policy = parseConfig(w.t, ample).Policy },
		"a hold": func(w *world) {
			w.cfg.Policy = parseConfig(w.t, renewAll+"[[rule]]\nname = \"keep\"\non = \"domain\"\ndo = \"hold\"\nreason = \"sold\"\n").Policy
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := unknown(t, mains2, renewAll)
			key := w.row().Key
			before(w)
			op, err := w.again(key)
			w.must(err)
			equal(t, "state", op.State, portfolio.StateDone)
			equal(t, "sent", w.count(renewsA), 2)
			equal(t, "the first", w.rows()[0].State, portfolio.StateFailed)
			equal(t, "manual", op.Manual, true)
		})
	}
}

// The 180 days are for rules; an operator knows better.
func TestBuyAgainPassesTheQuietPeriod(t *testing.T) {
	for _, how := range []Resolution{ResolveBuyAgain, ResolveNotBought} {
		w := newWorld(t, soon, renewAll)
		row := fresh(portfolio.OpRenew)
		row.Occasion = "2026-11-01"
		row.Key = portfolio.OperationKey(mainID, row.Kind, 7, row.Occasion, 1)
		walk := func(row portfolio.Operation, at time.Time, answer answered) portfolio.Operation {
			op, err := w.x.reserve(row)
			w.must(err)
			op, _, err = w.x.step(op, clearing(row.Kind, at))
			w.must(err)
			answer.moment = moment(at)
			op, _, err = w.x.step(op, answer)
			w.must(err)
			return op
		}
		bought := walk(row, began.Add(-20*day), answered{remoteID: 5})
		_, _, err := w.x.step(bought, observed{moment: moment(began.Add(-20 * day)), seen: evidence{happened: true, readable: true, remote: portfolio.ProgressFinished}})
		w.must(err)
		equal(t, "verdict", w.assess()["a.com"].Code, codeRecent)
		row.Occasion = "2026-12-01"
		row.Key = portfolio.OperationKey(mainID, row.Kind, 7, row.Occasion, 1)
		op := walk(row, began, answered{err: failing(portfolio.OutcomeUnknown)})
		_, err = w.x.Resolve(t.Context(), op.Key, how, "ada", "")
		w.must(err)
		w.lives(3 * day)
		equal(t, string(how), w.count(renewsA), map[Resolution]int{ResolveBuyAgain: 1}[how])
	}
}

// No ceiling is passed, no clock overruled, nor what another operator or DNSimple itself
// forbids; and nothing is bought where the first attempt came true.
func TestBuyAgainRefused(t *testing.T) {
	for _, tc := range []struct {
		name   string
		before func(w *world)
		why    string
	}{
		{"max_per_purchase", func(w *world) { w.limits.Global.PerPurchase = money(1499) }, "max_per_purchase is 14.99"},
		{"max_per_day", func(w *world) { w.limits.Global.PerDay = money(1499) }, "max_per_day is 14.99"},
		{"max_per_month of its account", func(w *world) {
			w.limits.ByAccount[mainID] = Limits{PerMonth: money(1499)}
		}, "max_per_month of account 1010 is 14.99"},
		{"its expiration moved", func(w *world) {
			w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
		}, "it was renewed; say --done"},
		{"it cannot be read", func(w *world) { w.meets(&fault{part: "/domains/7", status: 500}) }, "before the domain can be read"},
		{"it is gone", func(w *world) { w.meets(&fault{part: "/domains/7", status: 404, message: "Domain 7 not found"}) }, "before the domain can be read"},
		{"its price cannot be read", func(w *world) { w.meets(&fault{part: "/prices", status: 500}) }, "its price could not be read"},
		{"it has no price", func(w *world) {
			w.meets(&fault{part: "/prices", answer: func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
				return w.answer(req, 200, `{"data":{"domain":"a.com","premium":false,"renewal_price":0.0}}`), nil
			}})
		}, "DNSimple gives no price"},
		{"paused by hand", func(w *world) { w.must(w.x.Pause(mainID, "bob", "a migration")) }, "paused by bob: a migration"},
		{"paused by hand, and by the breaker", func(w *world) {
			w.must(w.x.Pause(mainID, "bob", "a migration"))
			w.must(w.store.Commit(portfolio.Change{Pauses: []portfolio.Pause{{AccountID: mainID, Scope: portfolio.PauseBreaker, ProbeAt: w.now().Add(time.Hour)}}}))
		}, "paused by bob: a migration"},
		{"a token that is refused", func(w *world) {
			w.must(w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)))
		}, "everything is paused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := unknown(t, soon, renewAll)
			before := w.row()
			tc.before(w)
			_, err := w.again(before.Key)
			refusedWith(t, err, tc.why)
			op := w.row()
			equal(t, "state", op.State, portfolio.StateUnknown)
			equal(t, "money", op.Reserved, before.Reserved)
			equal(t, "history", len(op.History), len(before.History))
			equal(t, "sent", w.count(renewsA), 1)
		})
	}
}

// Its own money is not in the way of the next attempt: the row ends before.
func TestBuyAgainWithinTightCeilings(t *testing.T) {
	tight := strings.NewReplacer(`max_per_day = "10000.00"`, "max_per_day = \"15.00\"\nmax_purchases_per_day = 1", `max_per_month = "10000.00"`, `max_per_month = "15.00"`).Replace(renewAll)
	w := unknown(t, soon, tight)
	op, err := w.again(w.row().Key)
	w.must(err)
	equal(t, "state", op.State, portfolio.StateDone)
	w.expect(1, 1500, renewsA, renewsA)
	today, _ := w.spent()
	equal(t, "spent", today, portfolio.Tally{Amount: 1500, Purchases: 1})
}

// A clock that disagrees with DNSimple's is not overruled: it is bought when it is right.
func TestBuyAgainWaitsForTheClock(t *testing.T) {
	w := unknown(t, soon, renewAll)
	w.offset = time.Hour
	op, err := w.again(w.row().Key)
	w.must(err)
	equal(t, "state", op.State, portfolio.StateReserved)
	holds(t, op.LastNote(), "off DNSimple's")
	w.settle(2 * time.Hour)
	equal(t, "sent", w.count(renewsA), 1)
	w.offset = 0
	w.settle(2 * time.Hour)
	w.expect(1, 1500, renewsA, renewsA)
}

// What is bought again and becomes unknown again is not sent again, and trips the breaker.
func TestBuyAgainUnknownAgain(t *testing.T) {
	w := unknown(t, soon, renewAll)
	w.loses(mainID, "/renewals", true)
	op, err := w.again(w.row().Key)
	w.must(err)
	equal(t, "state", op.State, portfolio.StateUnknown)
	equal(t, "pauses", w.scopes(), "1010 breaker")
	w.lives(2 * day)
	w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA, renewsA)
}

// A restore is bought again as a restore.
func TestBuyAgainRestores(t *testing.T) {
	w := newWorld(t, redemption, rescueAll)
	f := w.loses(mainID, "/restores", false)
	w.scan()
	f.over = true
	rows := w.rows()
	equal(t, "rows", summary(rows), "renew a.com failed; restore a.com unknown")
	op, err := w.again(rows[1].Key)
	w.must(err)
	equal(t, "reserved", op.Reserved, 9500)
	equal(t, "follows", op.Follows, rows[1].Follows)
	w.settle(day)
	w.expectRows(1, 9500, "renew a.com failed; restore a.com failed; restore a.com done", renewsA, restoresA, restoresA)
}
