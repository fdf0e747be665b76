package executor

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// on makes a fault of one request only: the first that fits.
func (w *world) on(method, part string, fault func(req *http.Request, next func() *http.Response) (*http.Response, error)) *int {
	times := new(int)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if *times > 0 || req.Method != method || !strings.Contains(req.URL.Path, part) {
			return next(), nil
		}
		*times++
		return fault(req, next)
	}
	return times
}

// While DNSimple's own auto-renewal may be at work the domain is watched; once it
// lapsed it is ours again.
func TestVendorsTurn(t *testing.T) {
	w := newWorld(t, soon+"auto_renew = true\nauto_renewal = { before = \"3d\", outcome = \"failed\" }", renewAll)
	w.scan()
	w.expect(0, 0)
	d := w.assess()["a.com"]
	equal(t, "verdict", d.Verdict, portfolio.VerdictWait)
	equal(t, "code", d.Code, codeVendorTurn)
	equal(t, "watched", len(w.heard("info watched")), 1)
	equal(t, "late", len(w.heard("alert vendor-turn-late")), 0)
	w.clock.pass(3*day + time.Second) // seven days are left
	w.scan()
	w.scan()
	equal(t, "late", len(w.heard("alert vendor-turn-late")), 1)
	equal(t, "watched", len(w.heard("info watched")), 1)
	w.expect(0, 0)
	w.clock.pass(8 * day)
	w.scan()
	w.expect(1, 1500, renewsA)
}

func TestAutoRenewalFarAhead(t *testing.T) {
	w := newWorld(t, strings.Replace(soon, "+10d", "+30d", 1)+"auto_renew = true", renewAll)
	w.scan()
	w.expect(1, 1500, renewsA)
}

// Where only DNSimple's own auto-renewal renews, a renew rule sees to it that it is on.
func TestAutoRenewOnlySuffix(t *testing.T) {
	const switchesOn = "PUT 1010/registrar/domains/a.ch/auto_renewal"
	for on, changes := range map[string][]string{"true": nil, "false": {switchesOn}} {
		w := newWorld(t, strings.NewReplacer("a.com", "a.ch", "+10d", "+30d").Replace(soon)+"auto_renew = "+on, renewAll)
		before := w.assess()["a.ch"]
		w.scan()
		w.expect(0, 0, changes...)
		d := w.assess()["a.ch"]
		equal(t, "verdict", d.Verdict, portfolio.VerdictWait)
		equal(t, "code", d.Code, codeVendorTurn)
		if on == "true" {
			equal(t, "rows", len(w.rows()), 0)
			continue
		}
		equal(t, "planned", before.Do, portfolio.ActionAutoRenewal)
		equal(t, "its price is shown", before.Price != nil && *before.Price > 0, true)
		op := w.row()
		equal(t, "row", fmt.Sprint(op.Kind, " ", op.State, " ", op.Reserved), "auto-renewal done 0.00")
	}
}

// What DNSimple will charge for it must be within what one purchase may cost.
func TestAutoRenewOnlyTooDear(t *testing.T) {
	w := newWorld(t, strings.NewReplacer("a.com", "a.ch", "+10d", "+30d").Replace(soon),
		strings.Replace(renewAll, `max_per_purchase = "1000.00"`, `max_per_purchase = "1.00"`, 1))
	w.scan()
	w.expect(0, 0)
	equal(t, "code", w.assess()["a.ch"].Code, "max_per_purchase")
	equal(t, "announced", len(w.heard("alert blocked")), 1)
}

// Nothing is spent while the clocks disagree, or DNSimple does not tell its own;
// where they agree again it goes on.
func TestClockSkew(t *testing.T) {
	strip := func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		resp := next()
		resp.Header.Del("Date")
		return resp, nil
	}
	for _, tc := range []struct {
		name   string
		offset time.Duration
		fault  func(*http.Request, func() *http.Response) (*http.Response, error)
		sent   bool
	}{
		{"ahead", portfolio.MaxSkew + 2*time.Second, nil, false},
		{"behind", -portfolio.MaxSkew - 2*time.Second, nil, false},
		{"a little ahead", portfolio.MaxSkew - 2*time.Second, nil, true},
		{"a little behind", -portfolio.MaxSkew + 2*time.Second, nil, true},
		{"no date", 0, strip, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, soon, renewAll)
			w.offset, w.fault = tc.offset, tc.fault
			w.scan()
			if tc.sent {
				w.expect(1, 1500, renewsA)
				return
			}
			w.settle(time.Hour)
			w.expect(0, 0)
			op := w.row()
			equal(t, "state", op.State, portfolio.StateReserved)
			why := "off DNSimple's"
			if tc.fault != nil {
				why = "no Date"
			}
			holds(t, op.History[len(op.History)-1].Note, why)
			w.offset, w.fault = 0, nil
			w.settle(2 * time.Hour)
			w.expect(1, 1500, renewsA)
			equal(t, "state", w.row().State, portfolio.StateDone)
		})
	}
}

// A clock that stays wrong is said aloud after a day.
func TestClockSkewForGood(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.offset = time.Hour
	w.scan()
	w.settle(25*time.Hour - time.Minute)
	w.expect(0, 0)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	equal(t, "alerts", len(w.heard("alert failed")), 1)
	_, reserved := w.spent()
	equal(t, "reserved", reserved, portfolio.Tally{})
	w.settle(time.Hour)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; renew a.com reserved")
}

// interrupted is a world in which a renewal is reserved and not yet armed.
func interrupted(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, soon, renewAll)
	w.offset = time.Hour
	w.scan()
	w.offset = 0
	equal(t, "state", w.row().State, portfolio.StateReserved)
	return w
}

// released says that the row ended without a request, and holds no money.
func (w *world) released(why string) {
	w.t.Helper()
	w.expect(0, 0)
	op := w.row()
	equal(w.t, "state", op.State, portfolio.StateFailed)
	holds(w.t, op.History[len(op.History)-1].Note, why)
	_, reserved := w.spent()
	equal(w.t, "reserved", reserved, portfolio.Tally{})
	told := 0
	for _, e := range w.told {
		if e.What == "released" && e.Level != portfolio.LevelAlert { // nothing was lost
			told++
		}
	}
	equal(w.t, "told", told, 1)
}

func TestPolicyChangesBeforeItIsSent(t *testing.T) {
	held := renewAll + "[[rule]]\nname = \"keep\"\non = \"domain\"\nmatch = { name = \"a.com\" }\ndo = \"hold\"\nreason = \"sold\"\n"
	for name, policy := range map[string]string{
		"held":         held,
		"no rule":      ample,
		"another rule": strings.Replace(renewAll, "renew-all", "other", 1),
		"other years":  renewAll + "years = 2",
		"dry-run":      renewAll + `mode = "dry-run"`,
		"max_price":    renewAll + `max_price = "14.99"`,
	} {
		t.Run(name, func(t *testing.T) {
			w := interrupted(t)
			w.cfg.Policy = parseConfig(t, policy).Policy
			w.settle(2 * time.Hour)
			if name == "max_price" {
				w.released("the max_price of renew-all is 14.99")
				return
			}
			w.released("the policy wants something else now")
		})
	}
}

func TestExpirationMovesBeforeItIsSent(t *testing.T) {
	w := interrupted(t)
	// Somebody renews it by hand.
	w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
	w.settle(2 * time.Hour)
	w.expect(1, 1500) // theirs
	equal(t, "state", w.row().State, portfolio.StateFailed)
	holds(t, w.row().History[len(w.row().History)-1].Note, "moved from 2026-12-01 to 2027-12-01")
}

// The ceilings are asked again with the price that is then to be paid.
func TestCeilingAtArming(t *testing.T) {
	w := interrupted(t)
	limit := portfolio.Money(1499)
	w.limits.Global.PerPurchase = &limit
	w.settle(2 * time.Hour)
	w.released("max_per_purchase")
}

func TestDomainVanishesBeforeItIsSent(t *testing.T) {
	w := interrupted(t)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/domains/7") {
			return w.answer(req, 404, `{"message":"Domain 7 not found"}`), nil
		}
		return next(), nil
	}
	w.settle(2 * time.Hour)
	// It is listed, and cannot be read: somebody should look.
	w.expect(0, 0)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	holds(t, w.row().LastNote(), "not found")
	equal(t, "told", len(w.heard("alert failed")), 1)
}

// A refused token pauses its account: it is said once, the others go on, and a
// success ends it.
func TestRefusedToken(t *testing.T) {
	w := newWorld(t, soon+"[[domain]]\naccount = \"desk\"\nname = \"b.com\"\nexpires = \"+10d\"\n", renewAll)
	decisions := w.decide()
	asked := 0
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Header.Get("Authorization") == "Bearer token-main" {
			asked++
			return w.answer(req, 401, `{"message":"Authentication failed"}`), nil
		}
		return next(), nil
	}
	for range 3 {
		err := &portfolio.CallError{Call: "list domains", Outcome: portfolio.OutcomeUnauthorized, Status: 401, Message: "Authentication failed"}
		if err := w.x.Report(mainID, fmt.Errorf("scan: %w", err)); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "announced", len(w.heard("alert paused")), 1)
	if _, err := w.x.Execute(t.Context(), decisions); err != nil {
		t.Fatal(err)
	}
	w.expect(1, 1500, "POST 2020/registrar/domains/b.com/renewals")
	equal(t, "requests with the token", asked, 0)
	assessed, err := w.x.Assess(t.Context(), decisions[:1])
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "verdict", assessed[0].Verdict, portfolio.VerdictBlocked)
	equal(t, "code", assessed[0].Code, codePaused)
	equal(t, "requests of a plan", asked, 0)
	if _, err := w.x.Ready(mainID); err != nil { // a new process may try at once, and only once
		t.Fatal(err)
	}
	ready, err := w.x.Ready(mainID)
	if ready || err != nil {
		t.Errorf("ready at once: %v, %v", ready, err)
	}
	w.clock.pass(probeEvery)
	if ready, err = w.x.Ready(mainID); !ready || err != nil {
		t.Errorf("never tried again: %v, %v", ready, err)
	}
	w.fault = nil
	for range 2 {
		if err := w.x.Report(mainID, nil); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "resumed", len(w.heard("notice resumed")), 1)
	w.scan()
	w.expect(2, 3000, "POST 2020/registrar/domains/b.com/renewals", renewsA)
}

// A failure other than a refused token pauses nobody, and ends no pause.
func TestReportOfOtherFailures(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	for _, outcome := range []portfolio.Outcome{portfolio.OutcomeUnknown, portfolio.OutcomeForbidden, portfolio.OutcomeNotSent} {
		if err := w.x.Report(mainID, failing(outcome)); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "told", len(w.told), 0)
	if err := w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)); err != nil {
		t.Fatal(err)
	}
	if err := w.x.Report(mainID, failing(portfolio.OutcomeUnknown)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.x.Ready(mainID); err != nil {
		t.Fatal(err)
	}
	if ready, err := w.x.Ready(mainID); ready || err != nil {
		t.Errorf("a timeout ends the pause: %v, %v", ready, err)
	}
}

// A token that is refused while an operation waits ends it: its money is free, and the
// next attempt comes when the token is taken again.
func TestTokenRefusedBeforeItIsSent(t *testing.T) {
	w := interrupted(t)
	w.fault = func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		return w.answer(req, 401, `{"message":"Authentication failed"}`), nil
	}
	w.settle(2 * time.Hour)
	w.expect(0, 0)
	equal(t, "announced", len(w.heard("alert paused")), 1)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	equal(t, "stopped", w.row().Stopped, portfolio.PauseAccount)
	_, reserved := w.spent()
	equal(t, "reserved", reserved, portfolio.Tally{})
	w.fault = nil
	w.settle(2 * time.Hour)
	w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA)
}

// What is reserved when its account is paused is given up, and the account is tried
// again in a quarter of an hour.
func TestPausedBeforeItIsSent(t *testing.T) {
	w := interrupted(t)
	w.clock.pass(time.Hour)
	if err := w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)); err != nil {
		t.Fatal(err)
	}
	w.settle(10 * time.Minute)
	w.expect(0, 0)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	w.settle(2 * time.Hour)
	w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA)
	equal(t, "resumed", len(w.heard("notice resumed")), 1)
}

// What waits until its account is due to be tried again tries it.
func TestPauseTriedByWhatWaits(t *testing.T) {
	w := interrupted(t)
	if err := w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)); err != nil {
		t.Fatal(err)
	}
	w.settle(2 * time.Hour)
	w.expect(1, 1500, renewsA)
	equal(t, "resumed", len(w.heard("notice resumed")), 1)
}

// What an answer to the purchase itself means, end to end.
func TestAnswersToAPurchase(t *testing.T) {
	lost := http.ErrHandlerTimeout
	for _, tc := range []struct {
		name     string
		happened bool // whether the request has its effect
		err      error
		status   int
		body     string
		first    portfolio.OperationState // right after the request
		rows     string                   // two days later
		posts    int
		paid     int
	}{
		{"lost, and never arrived", false, lost, 0, "", portfolio.StateUnknown, "renew a.com unknown", 1, 0},
		{"500", false, nil, 500, `{"message":"oops"}`, portfolio.StateUnknown, "renew a.com unknown", 1, 0},
		{"HTML", false, nil, 502, `<html>`, portfolio.StateUnknown, "renew a.com unknown", 1, 0},
		{"redirect", false, nil, 302, ``, portfolio.StateUnknown, "renew a.com unknown", 1, 0},
		{"a 404 of a proxy", false, nil, 404, `<html>`, portfolio.StateUnknown, "renew a.com unknown", 1, 0},
		{"an id that nobody knows", false, nil, 201, `{"data":{"id":999,"state":"new"}}`, portfolio.StateUnknown, "renew a.com unknown", 1, 0},
		{"lost, but it happened", true, lost, 0, "", portfolio.StateUnknown, "renew a.com done", 1, 1},
		{"empty 201, but it happened", true, nil, 201, ``, portfolio.StateUnknown, "renew a.com done", 1, 1},
		{"truncated 201, but it happened", true, nil, 201, `{"data":{"id":`, portfolio.StateUnknown, "renew a.com done", 1, 1},
		{"504, but it happened", true, nil, 504, ``, portfolio.StateUnknown, "renew a.com done", 1, 1},
		{"401", false, nil, 401, `{"message":"Authentication failed"}`, portfolio.StateFailed, "renew a.com failed; renew a.com done", 2, 1},
		{"402", false, nil, 402, `{"message":"outstanding payments"}`, portfolio.StateFailed, "renew a.com failed; renew a.com done", 2, 1},
		{"403", false, nil, 403, `{"message":"Permission Denied"}`, portfolio.StateFailed, "renew a.com failed; renew a.com done", 2, 1},
		{"429", false, nil, 429, `{"message":"quota exceeded"}`, portfolio.StateReserved, "renew a.com done", 2, 1},
		{"no connection", false, notSent(), 0, "", portfolio.StateReserved, "renew a.com done", 2, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, soon, renewAll)
			times := w.on(http.MethodPost, "renewals", func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				if tc.happened {
					next().Body.Close()
				}
				if tc.err != nil {
					return nil, tc.err
				}
				return w.answer(req, tc.status, tc.body), nil
			})
			w.scan()
			equal(t, "faults", *times, 1)
			equal(t, "state", w.row().State, tc.first)
			for range 8 {
				w.settle(6 * time.Hour)
				w.scan()
			}
			equal(t, "rows", summary(w.rows()), tc.rows)
			posts := slices.DeleteFunc(w.changes(), func(c string) bool { return !strings.HasPrefix(c, http.MethodPost) })
			equal(t, "requests", len(posts), tc.posts)
			n, _ := w.charged()
			equal(t, "charges", n, tc.paid)
			if tc.first == portfolio.StateUnknown {
				equal(t, "announced", len(w.heard("alert unknown")), 1)
			}
			if strings.HasSuffix(tc.rows, "unknown") {
				equal(t, "attention", w.row().Attention, true)
				today := w.row()
				equal(t, "money is kept", today.Reserved, 1500)
			}
		})
	}
}

// The renewal that was withheld may be carried out much later.
func TestUnknownBecomesDoneByEvidence(t *testing.T) {
	w := newWorld(t, soon+`renewal = { takes = "30h" }`, renewAll)
	w.on(http.MethodPost, "renewals", func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		next().Body.Close()
		return nil, http.ErrHandlerTimeout
	})
	w.scan()
	w.settle(20 * time.Hour)
	equal(t, "state", w.row().State, portfolio.StateUnknown)
	w.settle(20 * time.Hour)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "attention", op.Attention, false)
	equal(t, "price", op.Price(), 1500)
	equal(t, "charged", op.Charge != nil, true)
	// After a day DNSimple's own auto-renewal was switched on, and off again after it.
	w.expect(1, 1500, renewsA, "PUT 1010/registrar/domains/a.com/auto_renewal", "DELETE 1010/registrar/domains/a.com/auto_renewal")
}

// A failure that DNSimple reports is none while the domain cannot be read.
func TestEndedButUnreadable(t *testing.T) {
	w := newWorld(t, soon+`renewal = { takes = "10m", outcome = "failed" }`, renewAll)
	w.scan()
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/domains/7") {
			return w.answer(req, 500, ""), nil
		}
		return next(), nil
	}
	w.settle(time.Hour)
	equal(t, "state", w.row().State, portfolio.StatePending)
	_, reserved := w.spent()
	equal(t, "spent", w.row().Reserved, 1500)
	equal(t, "reserved", reserved, portfolio.Tally{})
	w.fault = nil
	w.settle(time.Hour)
	equal(t, "state", w.row().State, portfolio.StateFailed)
}
