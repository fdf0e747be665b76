package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// Above ask_above somebody is asked first, whoever's it is, and the lowest counts.
func TestAskAbove(t *testing.T) {
	rule := renewAll + "ask_above = \"14.99\"\n"
	global := strings.Replace(renewAll, "[spending]", "[spending]\nask_above = \"14.99\"", 1)
	for name, tc := range map[string]struct {
		policy, why string
	}{
		"rule":   {rule, "it costs 15.00, and above 14.99 (ask_above of renew-all) somebody is asked first"},
		"global": {global, "it costs 15.00, and above 14.99 (ask_above) somebody is asked first"},
		"lowest": {strings.Replace(rule, "[spending]", "[spending]\nask_above = \"14.98\"", 1), "above 14.98 (ask_above)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, soon, tc.policy)
			d := w.assess()["a.com"]
			equal(t, "verdict", d.Verdict, portfolio.VerdictAsk)
			equal(t, "code", d.Code, codeAskAbove)
			holds(t, d.Reason, tc.why)
			w.scan()
			w.scan()
			holds(t, w.asks().Asked.Why, tc.why)
			w.says(w.asks(), true)
			w.expectRows(1, 1500, "renew a.com done", renewsA)
		})
	}
	w := newWorld(t, soon, renewAll+"ask_above = \"15.00\"\n")
	w.scan()
	w.expect(1, 1500, renewsA) // not above
	w = newWorld(t, soon, renewAll)
	w.limits.ByAccount[mainID] = Limits{AskAbove: new(portfolio.Money(1499))}
	holds(t, w.assess()["a.com"].Reason, "ask_above of account 1010")
}

// A price that rises above ask_above between the reservation and the request is asked, not
// paid.
func TestAskAboveAtTheLastMoment(t *testing.T) {
	w := newWorld(t, soon, renewAll+"ask_above = \"19.99\"\n")
	w.costs("20.0", false)
	w.scan()
	w.expect(0, 0)
	holds(t, w.row().LastNote(), "above 19.99 (ask_above of renew-all)")
	w.settle(2 * time.Hour)
	equal(t, "price that is shown", *w.asks().Asked.Price, 2000)
	w.expect(0, 0)
}

// A ceiling that forbids it now keeps it from being asked, and an approval from being
// carried out; the question waits.
func TestCeilingsHoldWhatIsAsked(t *testing.T) {
	tight := func(perDay string) string {
		return strings.Replace(askRenew, `max_per_day = "10000.00"`, `max_per_day = "`+perDay+`"`, 1)
	}
	w := newWorld(t, soon, tight("14.99"))
	w.scan()
	equal(t, "rows", len(w.rows()), 0)
	equal(t, "told", len(w.heard("alert blocked")), 1)

	w = newWorld(t, soon, tight("20.00"))
	w.scan()
	w.limits.Global.PerDay = new(portfolio.Money(1499))
	op := w.asks()
	holds(t, w.refused(op, true), "max_per_day is 14.99, and 0.00 is used up; the question waits")
	w.expectRows(0, 0, "renew a.com asked")

	// The transaction that sets the money aside asks the ceilings once more.
	w.limits.Global.PerDay = new(portfolio.Money(2000))
	asked := 0
	w.x.limits = func() Ceilings {
		c := w.limits
		if asked++; asked > 2 {
			c.Global.PerDay = new(portfolio.Money(1499))
		}
		return c
	}
	_, err := w.x.Answer(t.Context(), op.Key, true, operator, "")
	holds(t, err.Error(), "max_per_day")
	w.expectRows(0, 0, "renew a.com asked")
}

// What is asked does not take from what acts.
func TestAskedTakesFromNobody(t *testing.T) {
	w := newWorld(t, soon+"[[domain]]\nid = 8\naccount = \"main\"\nname = \"b.com\"\nexpires = \"+20d\"\n",
		strings.Replace(ample, `max_per_day = "10000.00"`, `max_per_day = "20.00"`, 1)+`
[[rule]]
name = "asks"
on = "domain"
match = { name = "a.com", expires_within = "45d" }
do = "renew"
mode = "ask"
[[rule]]
name = "acts"
on = "domain"
match = { expires_within = "45d" }
do = "renew"
`)
	d := w.assess()
	equal(t, "a.com", d["a.com"].Verdict, portfolio.VerdictAsk)
	equal(t, "b.com", d["b.com"].Verdict, portfolio.VerdictAct)
	w.scan()
	w.expectRows(1, 1500, "renew a.com asked; renew b.com done", "POST 1010/registrar/domains/b.com/renewals")
}

// A policy that has changed its mind ends the question, or lets it go.
func TestPolicyChangesWhatIsAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		policy, rows, note string
		calls              []string
	}{
		"acts by now":    {renewAll, "renew a.com done", "", []string{renewsA}},
		"holds":          {askRenew + "[[rule]]\nname = \"court\"\non = \"domain\"\ndo = \"hold\"\nreason = \"a lawsuit\"\n", "renew a.com failed", "hold (a lawsuit)", nil},
		"dry-run":        {strings.Replace(askRenew, `"ask"`, `"dry-run"`, 1), "renew a.com failed", "would-act", nil},
		"another rule":   {strings.Replace(askRenew, "renew-all", "renew-core", 1), "renew a.com failed; renew a.com asked", "renew-all wanted it when it was asked, and renew-core does now", nil},
		"more years":     {askRenew + "years = 2\n", "renew a.com failed; renew a.com asked", "for 1 years when it was asked, and is for 2 now", nil},
		"not its turn":   {strings.Replace(askRenew, "45d", "5d", 1), "renew a.com failed", "the policy wants something else now: none", nil},
		"still too dear": {renewAll + "ask_above = \"10.00\"\n", "renew a.com asked", "", nil},
	} {
		for _, by := range []string{"a scan", "the follow-up", "an approval"} {
			t.Run(name+", seen by "+by, func(t *testing.T) {
				w := newWorld(t, soon, askRenew)
				w.scan()
				op := w.asks()
				w.follows(tc.policy)
				rows := tc.rows
				switch by {
				case "a scan":
					w.scan()
					if tc.calls == nil && !strings.Contains(rows, "asked") {
						rows = "renew a.com asked" // until it is looked at
					}
				case "the follow-up":
					w.settle(24 * time.Hour)
				default:
					_, err := w.x.Answer(t.Context(), op.Key, true, operator, "")
					if strings.HasPrefix(name, "still") {
						rows, tc.calls = "renew a.com done", []string{renewsA}
					} else if (err == nil) != (tc.calls != nil) {
						t.Errorf("the answer: %v", err)
					}
				}
				equal(t, "rows", summary(w.rows()), rows)
				if len(w.changes()) != len(tc.calls) {
					t.Errorf("requests: %v", w.changes())
				}
				if row := w.rows()[0]; row.State == portfolio.StateFailed {
					holds(t, row.LastNote(), tc.note)
				}
			})
		}
	}
}

// Somebody renews it at DNSimple: the question ends, quietly.
func TestBoughtElsewhere(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
	holds(t, w.refused(w.asks(), true), "its expiration moved from 2026-12-01 to 2027-12-01")
	w.expectRows(1, 1500, "renew a.com failed")
	equal(t, "told", len(w.heard("info withdrawn")), 1)
	w.times(2 * day)
	equal(t, "rows", summary(w.rows()), "renew a.com failed")
}

// A command that is typed goes through, and ends the question.
func TestTypedBesideAQuestion(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	op, err := w.place(command(portfolio.OpRenew))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "kind of its approval", op.Approval.Kind, portfolio.ApprovalHand)
	equal(t, "agreed to", *op.Approval.MaxPrice, 1500)
	w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA)
	holds(t, w.rows()[0].LastNote(), "does it by hand")

	// One about another kind stands in nobody's way, and ends by itself.
	w = newWorld(t, soon, askRenew)
	w.scan()
	c := command(portfolio.OpAutoRenewal)
	if _, err := w.place(c); err != nil {
		t.Fatal(err)
	}
	w.settle(24 * time.Hour)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; auto-renewal a.com done")
	holds(t, w.rows()[0].LastNote(), "DNSimple renews it itself")
}

// A restart leaves what is asked as it is; resolve is not the word for it; a paused account
// waits.
func TestAskedWaits(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	w.stop()
	w.start()
	w.must(w.x.Recover(t.Context()))
	w.settle(time.Hour)
	op := w.asks()
	_, err := w.x.Resolve(t.Context(), op.Key, ResolveNotBought, operator, "")
	holds(t, err.Error(), "domaind approve a.com")
	w.must(w.x.Pause(mainID, operator, "a move"))
	told := len(w.told)
	w.settle(3 * day)
	equal(t, "told while it is paused", len(w.told), told)
	holds(t, w.refused(op, true), "paused by operator test: a move; the question waits")
	w.says(op, false) // to say no changes nothing at DNSimple
	equal(t, "rows", summary(w.rows()), "renew a.com failed")

	holds(t, w.refused(portfolio.Operation{Key: "1010|renew|9|2026-12-01|1"}, true), "there is no operation")
}

// What is asked for sets nothing aside, in a plan neither: all that fits what is left now is
// asked for, and the money is looked at once somebody approves.
func TestPlanSetsNothingAsideForQuestions(t *testing.T) {
	second := strings.NewReplacer("a.com", "b.com", "id = 7", "id = 8").Replace(soon)
	w := newWorld(t, soon+second, strings.Replace(askRenew, `max_per_day = "10000.00"`, `max_per_day = "15.00"`, 1))
	for name, d := range w.assess() {
		equal(t, "planned for "+name, d.Verdict, portfolio.VerdictAsk)
	}
	w.scan()
	equal(t, "asked", summary(w.rows()), "renew a.com asked; renew b.com asked")
}
