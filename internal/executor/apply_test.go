package executor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// estateOfAll is something of every kind that a plan may want done.
const estateOfAll = `
[[domain]]
id = 7
account = "main"
name = "a.com"
expires = "+20d"
[[domain]]
id = 8
account = "desk"
name = "b.com"
expires = "+10d"
[[domain]]
id = 9
account = "main"
name = "lost.com"
expires = "-45d"
[[domain]]
id = 10
account = "main"
name = "far.com"
expires = "+300d"
[[domain]]
id = 11
account = "studio"
name = "gift.com"
expires = "+200d"
[[push]]
id = 5
domain = "gift.com"
to = "main"
created = "-1h"
[[registrant_change]]
id = 6
domain = "far.com"
contact = 6666
created = "-1h"
`

// fullPolicy has a rule for each of them.
const fullPolicy = renewAll + `
[[rule]]
name = "rescue"
on = "domain"
match = { lapsed_within = "80d" }
do = "restore"
[[rule]]
name = "take"
on = "push"
match = { source = "studio" }
do = "accept"
[[rule]]
name = "catch"
on = "name"
match = { names = ["new.com"], account = "main" }
do = "register"
` + "[[rule]]\nname = \"stop\"\non = \"registrant_change\"\nmatch = { state = [\"new\", \"pending\"] }\ndo = \"cancel\"\n"

// plan is what would be done now, as an operator would apply it.
func (w *world) plan() (items []PlanItem) {
	w.t.Helper()
	watched := portfolio.NameFacts{AccountID: mainID, Name: "new.com", UnicodeName: "new.com", Status: portfolio.NameFree, FreeSince: began, CheckedAt: w.now()}
	assessed, err := w.x.Assess(w.t.Context(), append(w.decide(), rules.Decide(w.cfg.Policy, watched, w.now())))
	w.must(err)
	for _, d := range assessed {
		if d.Verdict != portfolio.VerdictAct && d.Verdict != portfolio.VerdictAsk && d.Verdict != portfolio.VerdictWouldAct {
			continue
		}
		it := PlanItem{On: d.Resource.Kind(), Rule: d.Rule, Do: d.Do, Price: d.Price}
		it.AccountID, it.ID, it.Name = d.Resource.Ident()
		switch f := d.Resource.(type) {
		case portfolio.DomainFacts:
			it.ExpiresAt, it.State = f.ExpiresAt, f.State
		case portfolio.NameFacts:
			it.FreeSince = f.FreeSince
		}
		items = append(items, it)
	}
	return items
}

const bob = "operator bob, applying a plan of 2026-11-21T12:00:00Z"

func (w *world) apply(items []PlanItem) []Applied {
	w.t.Helper()
	done, err := w.x.Apply(w.t.Context(), items, bob)
	w.must(err)
	return done
}

// said is what became of items: "renew a.com done; register new.com refused: …".
func saidOf(items []PlanItem, done []Applied) string {
	var out []string
	for i, it := range items {
		became := string(done[i].Operation.State)
		if done[i].Refused != "" {
			became = "refused: " + done[i].Refused
		}
		out = append(out, fmt.Sprintf("%s %s %s", it.Do, it.Name, became))
	}
	return strings.Join(out, "\n")
}

// TestApplied: after a plan was applied the ledger holds exactly its items, to the cent,
// whatever the mode; applied once more it changes nothing.
func TestApplied(t *testing.T) {
	for _, mode := range []portfolio.Mode{portfolio.ModeAct, portfolio.ModeAsk, portfolio.ModeDryRun} {
		t.Run(string(mode), func(t *testing.T) {
			w := newWorld(t, estateOfAll, fullPolicy)
			w.cfg.Policy.Mode = mode
			items := w.plan()
			if len(items) != 6 {
				t.Fatalf("%+v", items)
			}
			done := w.apply(items)
			if mode != portfolio.ModeAct { // there, domains that failed are seen to by themselves
				w.settle(2 * time.Hour)
			}
			var want []string
			var money portfolio.Money
			for i, it := range items {
				op, ok, err := w.store.Operation(done[i].Operation.Key)
				if err != nil || !ok {
					t.Fatal(saidOf(items, done), err)
				}
				if op.By != bob || op.Rule != it.Rule || op.RuleAt == "" || op.Policy != w.cfg.Policy.Hash || op.Approval == nil || op.Approval.Kind != portfolio.ApprovalPlan {
					t.Errorf("%+v", op)
				}
				want = append(want, op.Key)
				if op.State == portfolio.StateDone && op.Kind.Purchase() {
					equal(t, op.Name, op.Price(), *it.Price)
					money += *it.Price
				}
			}
			var got []string
			for _, op := range w.rows() {
				got = append(got, op.Key)
			}
			slices.Sort(want)
			slices.Sort(got)
			equal(t, "rows", strings.Join(got, "; "), strings.Join(want, "; "))
			_, charged := w.charged()
			equal(t, "charged", charged, money)
			if states := summary(w.rows()); strings.Count(states, "done") < 4 || !strings.Contains(states, "renew lost.com failed") {
				t.Error(states)
			}

			before, calls := summary(w.rows()), len(w.changes())
			again := w.apply(items)
			for i := range again {
				if again[i].Refused == "" {
					t.Errorf("%s once more: %+v", items[i].Name, again[i].Operation)
				}
			}
			equal(t, "rows after the second time", summary(w.rows()), before)
			equal(t, "requests after the second time", len(w.changes()), calls)

			// That it is in redemption is known now: the next plan wants the restore.
			w.clock.pass(2 * time.Hour)
			rest := w.plan()
			if len(rest) != 1 || rest[0].Do != portfolio.ActionRestore {
				t.Fatalf("%+v", rest)
			}
			done = w.apply(rest)
			w.settle(time.Hour)
			restored := w.last("lost.com")
			if restored.Kind != portfolio.OpRestore || restored.State != portfolio.StateDone || restored.Key != done[0].Operation.Key || len(w.rows()) != len(items)+1 {
				t.Errorf("%s: %s", saidOf(rest, done), summary(w.rows()))
			}
			equal(t, "its price", restored.Price(), *rest[0].Price)
		})
	}
}

// TestAppliedIsAsked: what waits for an answer is let go by the plan, and not begun twice.
func TestAppliedIsAsked(t *testing.T) {
	w := newWorld(t, estateOfAll, fullPolicy)
	w.cfg.Policy.Mode = portfolio.ModeAsk
	w.scan()
	asked := w.rows()
	if len(asked) != 5 || asked[0].State != portfolio.StateAsked {
		t.Fatal(summary(asked))
	}
	w.clock.pass(time.Hour)
	items := w.plan()
	done := w.apply(items)
	if len(items) != 6 || len(w.rows()) != 6 {
		t.Fatalf("%s\n%s", saidOf(items, done), summary(w.rows()))
	}
	for i := range items {
		if done[i].Refused != "" || done[i].Operation.State == portfolio.StateAsked {
			t.Error(saidOf(items, done))
		}
	}
	for _, was := range asked {
		op, _, err := w.store.Operation(was.Key)
		w.must(err)
		if op.Asked == nil || op.Approval == nil || op.Approval.By != bob || op.By != bob {
			t.Errorf("%+v", op)
		}
	}
}

// TestAppliedMoved: what a plan shows must not have moved; what got cheaper goes through.
func TestAppliedMoved(t *testing.T) {
	for name, tc := range map[string]struct {
		before func(w *world, items []PlanItem)
		want   string // of a.com
	}{
		"as it was":   {func(*world, []PlanItem) {}, "done"},
		"cheaper now": {func(_ *world, items []PlanItem) { *items[find(items, "a.com")].Price += 100 }, "done"},
		"dearer now": {
			func(_ *world, items []PlanItem) { *items[find(items, "a.com")].Price-- },
			"refused: 14.99 was shown, and it costs 15.00 now",
		},
		"renewed meanwhile": {func(w *world, _ []PlanItem) {
			w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
		}, "refused: its expiration moved from 2026-12-11 to 2027-12-11: it was renewed meanwhile"},
		"the same day, but another time": {func(_ *world, items []PlanItem) {
			it := &items[find(items, "a.com")]
			it.ExpiresAt = it.ExpiresAt.Add(time.Second)
		}, "refused: its expiration was 2026-12-11 when it was shown, and is 2026-12-11 now"},
		"another state": {
			func(_ *world, items []PlanItem) { items[find(items, "a.com")].State = portfolio.DomainExpired },
			"refused: it was expired when it was shown, and is registered now",
		},
		"another rule": {
			func(_ *world, items []PlanItem) { items[find(items, "a.com")].Rule = "rescue" },
			"refused: the policy wants something else now: act by renew-all (it expires in 20 days",
		},
		"something else is done": {
			func(_ *world, items []PlanItem) { items[find(items, "a.com")].Do = portfolio.ActionRestore },
			"refused: the plan wants to restore it, and now it is renew",
		},
		"held now": {func(w *world, _ []PlanItem) {
			w.cfg.Policy.Rules = append(slices.Clone(w.cfg.Policy.Rules), rules.Rule{Name: "court", On: portfolio.KindDomain, Do: portfolio.ActionHold, Reason: "a court"})
		}, "refused: the policy wants something else now: hold by court (a court)"},
		"another name": {func(_ *world, items []PlanItem) { items[find(items, "a.com")].Name = "b.com" }, "refused: domain 7 is called a.com now"},
		"another id":   {func(_ *world, items []PlanItem) { items[find(items, "a.com")].ID = 777 }, "refused: read domain 777"},
		"another account": {
			func(_ *world, items []PlanItem) { items[find(items, "a.com")].AccountID = studioID },
			"refused: read domain 7 (account 3030)",
		},
		"no account": {func(_ *world, items []PlanItem) { items[find(items, "a.com")].AccountID = 4711 }, "refused: account 4711 is not configured"},
		"paused":     {func(w *world, _ []PlanItem) { w.must(w.x.Pause(mainID, "eve", "audit")) }, "refused: account 1010: every change is paused by eve: audit"},
		"over a ceiling": {
			func(w *world, _ []PlanItem) { w.limits.Global.PerPurchase = new(portfolio.Money(1499)) },
			"refused: it costs 15.00; max_per_purchase is 14.99",
		},
		"under way": {func(w *world, _ []PlanItem) {
			w.meets(&fault{method: "POST", part: "a.com/renewals", lost: true})
			w.scan()
		}, "refused: renew a.com"},
		"denied": {func(w *world, _ []PlanItem) {
			w.cfg.Policy.Mode = portfolio.ModeAsk
			w.scan()
			if _, err := w.x.Answer(w.t.Context(), w.last("a.com").Key, false, "eve", "no"); err != nil {
				w.t.Fatal(err)
			}
			w.cfg.Policy.Mode = portfolio.ModeAct
		}, "refused: eve denied it on 2026-11-21: no"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, estateOfAll, fullPolicy)
			items := w.plan()
			i := find(items, "a.com")
			tc.before(w, items)
			rows := len(w.rows())
			done := w.apply(items[i : i+1])
			holds(t, saidOf(items[i:i+1], done), " "+tc.want)
			if grew := len(w.rows()) - rows; (grew == 1) != (tc.want == "done") || grew > 1 {
				t.Errorf("%d rows more: %s", grew, summary(w.rows()))
			}
		})
	}
}

func find(items []PlanItem, name string) int {
	return slices.IndexFunc(items, func(it PlanItem) bool { return it.Name == name })
}

// TestAppliedBesidesTheRest: one that is refused does not hold the others; the soonest
// expiration goes first; what is not there any more is refused.
func TestAppliedBesidesTheRest(t *testing.T) {
	w := newWorld(t, estateOfAll, fullPolicy)
	items := w.plan()
	slices.Reverse(items)
	w.by(http.MethodDelete, "/v2/1010/pushes/5", "", http.StatusNoContent)
	w.by(http.MethodDelete, "/v2/1010/registrar/registrant_changes/6", "", http.StatusNoContent)
	*items[find(items, "b.com")].Price = 1
	done := w.apply(items)
	said := saidOf(items, done)
	for _, want := range []string{
		"accept gift.com refused: the push is not waiting any more", "cancel  refused: the policy wants something else now: none",
		"renew b.com refused: 0.01 was shown", "renew a.com done", "register new.com done", "renew lost.com failed",
	} {
		if !strings.Contains(strings.ReplaceAll(said, "cancel far.com", "cancel "), want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	equal(t, "order", summary(w.rows()), "renew lost.com failed; renew a.com done; register new.com done")
}

// TestApplyToNobody: where an account cannot be reached, the rest of it is left alone; an
// end of the process begins nothing any more.
func TestApplyToNobody(t *testing.T) {
	w := newWorld(t, estateOfAll+"[[domain]]\nid = 12\naccount = \"main\"\nname = \"c.com\"\nexpires = \"+30d\"\n", fullPolicy)
	items := w.plan()
	w.meets(&fault{method: "GET", part: "/1010/", answer: func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, notSent() }})
	done := w.apply(items)
	said := saidOf(items, done)
	if strings.Count(said, "could not be looked at afresh") != deaf || strings.Count(said, "it was not come to") != 4 || !strings.Contains(said, "renew b.com done") {
		t.Error(said)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done, err := w.x.Apply(ctx, items, bob)
	if err != nil || strings.Count(saidOf(items, done), "nobody waits for the answer any more") != len(items) {
		t.Error(saidOf(items, done), err)
	}
	equal(t, "rows", summary(w.rows()), "renew b.com done")
}

// TestAppliedAnnouncement: a push that was announced is an item of a plan that has no rule.
// It spends its announcement, and a plan without one accepts nothing.
func TestAppliedAnnouncement(t *testing.T) {
	w := newWorld(t, stranger, ample)
	a := w.expects(day)
	items := w.plan()
	equal(t, "items", len(items), 1)
	equal(t, "rule", items[0].Rule, "")
	if _, err := w.x.RevokePush(a.ID(), "operator alice", ""); err != nil {
		t.Fatal(err)
	}
	holds(t, w.apply(items)[0].Refused, "the policy wants something else now")
	w.expect(0, 0)
	w.expects(day)
	equal(t, "became", saidOf(items, w.apply(items)), "accept  done")
	w.expect(0, 0, accepts5)
	equal(t, "announcements", w.waiting(), 0)
	equal(t, "approval", w.row().Approval.Kind, portfolio.ApprovalPush)
}

// TestAppliedWhileThePolicyIsReplaced: what comes behind the reload is not done by a policy
// that nobody has seen.
func TestAppliedWhileThePolicyIsReplaced(t *testing.T) {
	w := newWorld(t, estateOfAll, fullPolicy)
	items := w.plan()
	for i := range items {
		items[i].Policy = w.cfg.Policy.Hash
	}
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost {
			w.follows(fullPolicy + "labels = { team = \"other\" }\n")
		}
		return next(), nil
	}
	refused := 0
	for _, done := range w.apply(items) {
		if strings.Contains(done.Refused, "the policy was replaced") {
			refused++
		}
	}
	equal(t, "refused", refused, len(items)-1)
	equal(t, "requests", len(w.changes()), 1)
}
