package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"domaind/internal/control"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// TestJudged has a judge who knows the documents alone look at what a policy of some forty
// rules plans for some three hundred domains, and at what a pass then does with them.
func TestJudged(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string][]string{
		"ceilings that bite": nil,
		"ample":              ample(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && replace != nil {
				t.Skip("it is long")
			}
			b := newBench(t, judgeStart(), replace...)
			plan := b.plan(t, false)
			b.judge(t, plan, false)
			sample := 1
			if replace != nil {
				sample = 7 // for each, all that is bought before it is looked at
			}
			b.agrees(t, plan, sample)
			said := b.pass(t)
			rows := b.ledger(t)
			compareRows(t, rowsOf(rows), newBooks(b.policy).carryOut(b.domains, plan.At))
			b.booked(t, rows)
			b.after(t, rows, replace == nil)
			if t.Failed() {
				t.Log(said)
			}
		})
	}
}

// judge compares a plan with what the judge says. One that is not whole ends at the horizon.
func (b *bench) judge(t *testing.T, plan control.Plan, whole bool) {
	t.Helper()
	books := newBooks(b.policy)
	want := books.judgeDomains(b.domains, plan.At)
	maps.Copy(want, books.judgeOthers())
	for _, it := range plan.Items {
		w, got := want[aboutItem(it)], judgementOf(it)
		delete(want, aboutItem(it))
		if w.verdict == "blocked" && got.price < 0 {
			w.price = -1 // whether it was asked for is not said
		}
		if fmt.Sprint(w) != fmt.Sprint(got) {
			t.Errorf("%s (auto-renewal %v): the plan has\n %+v\n %s: %s\n the judge\n %+v", aboutItem(it), it.AutoRenew, got, it.Code, it.Reason, w)
		}
	}
	b.foretold(t, plan)
	horizon := plan.At.AddDate(1, 0, 0)
	for _, d := range b.domains {
		if !whole && (d.expires.IsZero() || d.expires.After(horizon)) {
			delete(want, d.account+" "+d.name)
		}
	}
	for about, w := range want {
		t.Errorf("%s is not in the plan, and the judge has %+v", about, w)
	}
}

// foretold checks that a plan says of each lapsed domain for how much it is restored where its
// plain renewal is refused, and of nothing else.
func (b *bench) foretold(t *testing.T, plan control.Plan) {
	t.Helper()
	for _, it := range plan.Items {
		i := slices.IndexFunc(b.domains, func(d judgedDomain) bool { return it.On == portfolio.KindDomain && d.id == it.ID })
		if i < 0 || it.Do != portfolio.ActionRenew || it.Verdict == portfolio.VerdictBlocked || it.Verdict == portfolio.VerdictWait {
			continue
		}
		then, want := newBooks(b.policy).guard(b.policy.decide(b.domains[i], plan.At, true), b.domains[i], plan.At), ""
		if then.do == "restore" && then.verdict != "blocked" && b.domains[i].restore > 0 { // there is none without a price
			want = " it for " + dollars(then.price)
		}
		if want == "" && strings.Contains(it.Reason, " it for ") || !strings.Contains(it.Reason, want) {
			t.Errorf("%s, once its renewal is refused: %q, want %q", aboutItem(it), it.Reason, want)
		}
	}
}

// after looks at the plan that follows a pass: what was done is not done again, what was asked
// is asked still, and of all others it says what it said before. tight: money is missing.
func (b *bench) after(t *testing.T, rows []control.Row, tight bool) {
	t.Helper()
	plan := b.plan(t, true)
	before := newBooks(b.policy).judgeDomains(b.domains, plan.At)
	row := make(map[string]control.Row)
	for _, r := range slices.Backward(rows) {
		row[subjectOf(r)] = r
	}
	b.agrees(t, plan, 4)
	seen := 0
	for _, it := range plan.Items {
		j := judgementOf(it)
		w, known := before[aboutItem(it)]
		if known {
			seen++
		}
		switch r, ok := row[aboutItem(it)]; {
		case ok && r.State == portfolio.StateAsked:
			if j.verdict != "ask" && !tight {
				t.Errorf("%s waits for an answer, and the plan has %+v", aboutItem(it), j)
			}
		case ok && (j.verdict == "act" || j.verdict == "ask"):
			t.Errorf("%s has %s, which is %s, and is planned again: %+v (%s)", aboutItem(it), r.Kind, r.State, j, it.Reason)
		case !ok && known && !tight && fmt.Sprint(j) != fmt.Sprint(w):
			t.Errorf("%s was not touched, and the plan has\n %+v\n %s\n the judge\n %+v", aboutItem(it), j, it.Reason, w)
		}
	}
	if seen != len(before) {
		t.Errorf("%d of %d domains are in the plan of all", seen, len(before))
	}
}

// judgementOf is what a plan says, in the judge's words.
func judgementOf(it control.Item) judgement {
	out := judgement{verdict: string(it.Verdict), rule: it.Rule, do: string(it.Do), price: -1}
	if it.Price != nil {
		out.price = int64(*it.Price)
	}
	for _, a := range it.Alerts {
		if a.Rule != "" && !slices.Contains(out.alerts, a.Rule) {
			out.alerts = append(out.alerts, a.Rule)
		}
	}
	for _, trial := range it.Trials {
		name, _, _ := strings.Cut(trial, " ")
		out.trials = append(out.trials, name)
	}
	return out
}

// agrees has every so many-th item of a plan explained, and compares.
func (b *bench) agrees(t *testing.T, plan control.Plan, every int) {
	t.Helper()
	b.look(t, func(ctx context.Context, c *control.Client) error {
		for i, it := range plan.Items {
			if i%every > 0 {
				continue
			}
			q := control.ExplainQuery{Account: it.AccountName}
			switch it.On {
			case portfolio.KindPush:
				q.Push = fmt.Sprint(it.ID)
			case portfolio.KindRegistrantChange:
				q.Change = fmt.Sprint(it.ID)
			default:
				q.On, q.Name = string(it.On), it.Name
			}
			e, err := c.Explain(ctx, q)
			if err != nil {
				return err
			}
			sameAs(t, it, e)
		}
		return nil
	})
}

// sameAs compares an item of a plan with its explanation.
func sameAs(t *testing.T, it control.Item, e control.Explanation) {
	t.Helper()
	about := aboutItem(it)
	if e.Decision == nil || e.Sentence == "" {
		t.Errorf("%s is not explained: %+v", about, e)
		return
	}
	text := func(it control.Item) string {
		return fmt.Sprintf("%+v %s %s %s %v", judgementOf(it), it.Code, it.Reason, it.Mode, it.Labels)
	}
	if plan, explanation := text(it), text(*e.Decision); plan != explanation {
		t.Errorf("%s: the plan has\n %s\n and the explanation\n %s", about, plan, explanation)
	}
	won := ""
	for _, r := range append(e.Holds, e.Rules...) {
		if r.Role == rules.RoleWins {
			won = r.Rule
		}
	}
	if tried := len(it.Trials) > 0 && won == ""; won != it.Rule && !tried {
		t.Errorf("%s: the plan has %q, and the explanation lets %q win", about, it.Rule, won)
	}
	if stopped := slices.ContainsFunc(e.Guards, func(c executor.Check) bool { return !c.Passed }); stopped != (it.Verdict == portfolio.VerdictBlocked) && it.On != portfolio.KindPush && it.Verdict != portfolio.VerdictWait {
		t.Errorf("%s is %s, and a guard stops it: %v", about, it.Verdict, stopped)
	}
}
