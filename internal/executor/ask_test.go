package executor

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// askRenew asks before it renews what expires within 45 days.
const askRenew = renewAll + "mode = \"ask\"\n"

const operator = "operator test"

// quotes has DNSimple quote another price for the renewal of a.com from now on.
func (w *world) quotes(price string) {
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, "/a.com/prices") {
			return next(), nil
		}
		return rewritten(next(), func(body string) string {
			return strings.NewReplacer(`"renewal_price":15.0`, `"renewal_price":`+price).Replace(body)
		}), nil
	}
}

// follows replaces the policy, as a reload does.
func (w *world) follows(policy string) {
	w.t.Helper()
	w.cfg = parseConfig(w.t, policy)
	w.limits = worldCeilings(w.cfg)
}

// asks ends the test where not exactly one operation waits for an answer, and gives it.
func (w *world) asks() portfolio.Operation {
	w.t.Helper()
	var asked []portfolio.Operation
	for _, op := range w.rows() {
		if op.State == portfolio.StateAsked {
			asked = append(asked, op)
		}
	}
	if len(asked) != 1 {
		w.t.Fatalf("%d operations wait for an answer, not one: %s", len(asked), summary(w.rows()))
	}
	return asked[0]
}

// says answers what an operation asks.
func (w *world) says(op portfolio.Operation, yes bool) portfolio.Operation {
	w.t.Helper()
	row, err := w.x.Answer(w.t.Context(), op.Key, yes, operator, "so it is")
	w.must(err)
	return row
}

// refused is the sentence with which an answer is refused.
func (w *world) refused(op portfolio.Operation, yes bool) string {
	w.t.Helper()
	_, err := w.x.Answer(w.t.Context(), op.Key, yes, operator, "")
	if _, ok := err.(*RefusedError); !ok { //nolint:errorlint // it is what the package's users see
		w.t.Fatalf("it is not refused: %v", err)
	}
	return err.Error()
}

// times has the world live on, with a scan every six hours.
func (w *world) times(d time.Duration) {
	w.t.Helper()
	for until := w.now().Add(d); w.now().Before(until); {
		w.settle(min(6*time.Hour, until.Sub(w.now())))
		w.scan()
	}
}

// What asks waits, holds no money and no domain, and is asked once.
func TestItAsks(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	w.scan()
	w.expect(0, 0)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateAsked)
	equal(t, "price that is shown", *op.Asked.Price, 1500)
	equal(t, "reserved", op.Reserved, 0)
	_, reserved := w.spent()
	equal(t, "money set aside", reserved, portfolio.Tally{})
	_, busy, err := w.store.OpenOn(7)
	w.must(err)
	equal(t, "keeps its domain", busy, false)

	told := w.heard("alert asked") // it expires in ten days
	equal(t, "told", len(told), 1)
	e := told[0]
	equal(t, "text", e.Text, `renew a.com: it waits for an answer: the mode of renew-all is "ask"; it costs 15.00; `+
		`say: domaind approve a.com, or: domaind deny a.com; as long as nobody answers, nothing is done, and a.com is lost after 2026-12-01`)
	for key, want := range map[string]any{
		"op": op.ShortID(), "kind": portfolio.OpRenew, "name": "a.com", "price": portfolio.Money(1500), "rule": "renew-all", "why": op.Asked.Why,
		"approve": "domaind approve a.com", "deny": "domaind deny a.com", "repeated": 0, "policy": w.cfg.Policy.Hash, "domain_state": portfolio.DomainRegistered,
	} {
		equal(t, key, e.Data[key], want)
	}
	equal(t, "warned that it would act", len(w.heard("notice would-act")), 0)
}

// An approval lets it go at once, and the row says who gave it, and for what.
func TestApproved(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	op := w.says(w.asks(), true)
	w.expect(1, 1500, renewsA)
	equal(t, "state", op.State, portfolio.StateDone)
	a := op.Approval
	equal(t, "kind", a.Kind, portfolio.ApprovalAnswer)
	equal(t, "by", a.By+": "+a.Reason, operator+": so it is")
	equal(t, "highest price", *a.MaxPrice, 1500)
	equal(t, "who began it", strings.HasPrefix(op.By, "rule renew-all"), true)
	equal(t, "told", len(w.heard("notice approved")), 1)
	holds(t, w.refused(op, true), "is done")
	w.times(9 * day)
	w.expectRows(1, 1500, "renew a.com done", renewsA)
}

// What waited for long is given the day that everything has to come forward.
func TestApprovedLateIsNotGivenUp(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	w.times(4 * day)
	w.on(http.MethodGet, "/domains/7", nil)
	posts := 0
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost && posts == 0 {
			posts++
			return nil, notSent()
		}
		return next(), nil
	}
	op := w.says(w.asks(), true)
	equal(t, "state", op.State, portfolio.StateReserved)
	w.settle(2 * time.Hour)
	equal(t, "state", w.row().State, portfolio.StateDone)
	w.expect(1, 1500, renewsA, renewsA)
}

// A denial is final for what was shown, and its domain is warned of all the same.
func TestDenied(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	op := w.says(w.asks(), false)
	equal(t, "state", op.State, portfolio.StateFailed)
	equal(t, "denied", op.Approval.Denied, true)
	equal(t, "told", len(w.heard("notice denied")), 1)
	w.told = nil
	w.times(9 * day)
	w.expectRows(0, 0, "renew a.com failed")
	d := w.assess()["a.com"]
	equal(t, "verdict", d.Verdict, portfolio.VerdictWait)
	equal(t, "code", d.Code, codeDenied)
	holds(t, d.Reason, "operator test denied it on 2026-11-21: so it is")
	holds(t, d.Reason, "or it costs more than 15.00")
	warned := w.heard("alert expiring")
	if len(warned) == 0 {
		t.Fatal("nobody is warned")
	}
	holds(t, warned[len(warned)-1].Text, "operator test denied it")
	holds(t, warned[len(warned)-1].Text, "domaind renew a.com")
	holds(t, w.refused(op, true), "only what waits for an answer")
	holds(t, w.refused(op, false), "only what waits for an answer")

	// Not even a policy that acts by now overrules it.
	w.follows(renewAll)
	w.scan()
	w.expect(0, 0)
}

// Once it costs more than what was denied, or lapsed, it is asked anew.
func TestDeniedIsAskedAnewOnceItMoved(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	w.says(w.asks(), false)
	w.quotes("14.0")
	w.times(day)
	equal(t, "rows", summary(w.rows()), "renew a.com failed")
	w.quotes("16.0")
	w.times(2 * day)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; renew a.com asked")
	equal(t, "attempt", w.asks().Attempt, 2)
	w.says(w.asks(), false)
	w.times(10 * day) // it lapses
	op := w.asks()
	equal(t, "attempt", op.Attempt, 3)
	equal(t, "state that is shown", op.Asked.State, portfolio.DomainExpired)
	w.expect(0, 0)
}

// What moved after it was shown is asked anew, and an answer to what was shown is refused.
func TestMovedIsAskedAnew(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	first := w.asks()
	w.quotes("20.0")
	why := w.refused(first, true)
	holds(t, why, "15.00 was shown, and it costs 20.00 now: it is asked anew")
	second := w.asks()
	equal(t, "attempt", second.Attempt, 2)
	equal(t, "price that is shown", *second.Asked.Price, 2000)
	w.expect(0, 0)
	equal(t, "set aside", w.says(second, true).Reserved, 2000)
	equal(t, "requests", len(w.changes()), 1)
}

// The price moves between the approval and the purchase.
func TestMovedOnceItWasApproved(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	prices := 0
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if !strings.HasSuffix(req.URL.Path, "/a.com/prices") {
			return next(), nil
		}
		if prices++; prices == 1 {
			return next(), nil
		}
		return rewritten(next(), func(body string) string {
			return strings.ReplaceAll(body, `"renewal_price":15.0`, `"renewal_price":20.0`)
		}), nil
	}
	op := w.says(w.asks(), true)
	w.expect(0, 0)
	equal(t, "state", op.State, portfolio.StateFailed)
	holds(t, op.LastNote(), "15.00 was shown, and it costs 20.00 now")
	w.settle(0) // at once
	equal(t, "price that is shown", *w.asks().Asked.Price, 2000)
	w.expect(0, 0)
}

// An approval that could not be carried out holds for the next attempt as well.
func TestApprovalOutlivesARefusal(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	w.on(http.MethodPost, "renewals", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		return w.answer(req, http.StatusBadRequest, `{"message":"not just now"}`), nil
	})
	w.says(w.asks(), true)
	w.settle(30 * time.Minute)
	w.scan()
	equal(t, "rows", summary(w.rows()), "renew a.com failed")
	w.settle(time.Hour)
	w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA, renewsA)
	equal(t, "approved by", w.rows()[1].Approval.By, operator)
}

// But for nothing else than what was approved.
func TestApprovalHoldsForNothingElse(t *testing.T) {
	w := newWorld(t, soon, askRenew+"years = 2\n")
	w.scan()
	w.on(http.MethodPost, "renewals", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		return w.answer(req, http.StatusBadRequest, `{"message":"not just now"}`), nil
	})
	w.says(w.asks(), true)
	w.follows(askRenew) // one year costs less than what was approved
	w.settle(2 * time.Hour)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; renew a.com asked")
	equal(t, "requests", len(w.changes()), 1)
}

// What an operator withdraws is asked anew, and not bought by what was said before.
func TestApprovalDoesNotOutliveAWithdrawal(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost {
			return nil, notSent()
		}
		return next(), nil
	}
	op := w.says(w.asks(), true)
	equal(t, "state", op.State, portfolio.StateReserved)
	if _, err := w.x.Resolve(t.Context(), op.Key, ResolveNotBought, operator, ""); err != nil {
		t.Fatal(err)
	}
	w.fault = nil
	w.scan()
	equal(t, "rows", summary(w.rows()), "renew a.com failed; renew a.com asked")
	w.expect(0, 0, renewsA)
}

// However many answer at once, beside the daemon's own look, one of them settles it.
func TestAnswersAtOnce(t *testing.T) {
	for range 10 {
		w := newWorld(t, soon, askRenew)
		w.scan()
		op := w.asks()
		w.clock.pass(day)
		var settled atomic.Int32
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := w.x.FollowUp(t.Context()); err != nil {
				t.Error(err)
			}
		})
		for i := range 8 {
			all.Go(func() {
				_, err := w.x.Answer(t.Context(), op.Key, i%2 == 0, operator, "")
				if err == nil {
					settled.Add(1)
				} else if _, refused := errors.AsType[*RefusedError](err); !refused {
					t.Error(err)
				}
			})
		}
		all.Wait()
		equal(t, "settled", settled.Load(), 1)
		if row := w.row(); (row.State == portfolio.StateFailed) != row.Approval.Denied || len(w.changes()) > 1 {
			t.Errorf("%s: %+v, %v", row.State, row.Approval, w.changes())
		}
	}
}
