package proof

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// Beside what happens in every plan: an operator makes a plan of domaind's, and carries it
// out later; or announces a push.
const (
	planning   happening = "apply"    // a plan is made, and applied after For, Count times, every two hours
	announcing happening = "announce" // a push of the domain 70 is announced, for For
)

// soonAgain is when an operator who reached nobody tries once more.
const soonAgain = 10 * time.Minute

// plans makes a plan of all that is to be done, which is applied some times after a while.
func (w *world) plans(after time.Duration, times int) {
	again := func() { w.later(w.clock.Now().Add(soonAgain), func() { w.plans(after, times) }) }
	if w.p == nil {
		again()
		return
	}
	var items []executor.PlanItem
	w.live(func() error {
		var decisions []portfolio.Decision
		for _, read := range []func() (scheduler.Reading, error){
			func() (scheduler.Reading, error) { return w.p.s.Domains(w.p.ctx, w.now()) },
			func() (scheduler.Reading, error) { return w.p.s.Pushes(w.p.ctx, w.now()) },
		} {
			r, err := read()
			w.p.alive()
			if err != nil {
				return onlyFatal(err)
			}
			decisions = append(decisions, r.Decisions...)
		}
		assessed, err := w.p.x.Assess(w.p.ctx, decisions)
		w.p.alive()
		if err != nil {
			return onlyFatal(err)
		}
		for _, d := range assessed {
			if d.Verdict == portfolio.VerdictAct || d.Verdict == portfolio.VerdictAsk || d.Verdict == portfolio.VerdictWouldAct {
				items = append(items, planItem(d))
			}
		}
		return nil
	})
	if len(items) == 0 {
		again()
		return
	}
	w.later(w.clock.Now().Add(after), func() { w.applies(items, times) })
}

func onlyFatal(err error) error {
	if fatal(err) {
		return err
	}
	return nil
}

// planItem is what a plan shows of a decision.
func planItem(d portfolio.Decision) executor.PlanItem {
	it := executor.PlanItem{On: d.Resource.Kind(), Rule: d.Rule, Policy: d.Policy, Do: d.Do, Price: d.Price}
	it.AccountID, it.ID, it.Name = d.Resource.Ident()
	if f, ok := d.Resource.(portfolio.DomainFacts); ok {
		it.ExpiresAt, it.State = f.ExpiresAt, f.State
	}
	return it
}

// applies carries a plan out, now and so many times more: whoever is not sure whether it was
// done applies it again.
func (w *world) applies(items []executor.PlanItem, times int) {
	if w.p == nil {
		w.later(w.clock.Now().Add(soonAgain), func() { w.applies(items, times) })
		return
	}
	w.live(func() error {
		_, err := w.p.x.Apply(w.p.ctx, items, "operator alice, applying a plan")
		w.p.alive()
		return onlyFatal(err)
	})
	w.watch.relook()
	if times > 1 {
		w.later(w.clock.Now().Add(answersEvery), func() { w.applies(items, times-1) })
	}
}

// announces announces a push of the domain 70 to the account main.
func (w *world) announces(ttl time.Duration) {
	if w.p == nil {
		w.later(w.clock.Now().Add(soonAgain), func() { w.announces(ttl) })
		return
	}
	lived := w.live(func() error {
		_, err := w.p.x.ExpectPush(portfolio.Approval{AccountID: 1010, SubjectID: 70, Contact: 2715, By: "operator alice", Until: w.now().Add(ttl)})
		w.p.alive()
		return err
	})
	if !lived { // it is not known whether it was heard: it replaces what was said before
		w.later(w.clock.Now().Add(soonAgain), func() { w.announces(ttl) })
	}
}

// usedOnce holds that what let one push in lets in no other.
func (k *watch) usedOnce(row *portfolio.Operation) {
	a := row.Approval
	if a == nil || a.Kind != portfolio.ApprovalPush {
		return
	}
	if a.Over(k.w.now()) {
		k.broken("%s is sent by an announcement that was over on %s", row, a.Until.Format(time.DateTime))
	}
	for _, other := range k.rows {
		if o := other.Approval; other.Key != row.Key && other.State == portfolio.StateDone && o != nil && o.Kind == a.Kind && o.ID() == a.ID() {
			k.broken("%s is sent by the announcement that let %s in", row, other)
		}
	}
}

// stranger is a domain of an account that nobody configured, pushed to main.
const stranger = "[[domain]]\nid = 70\naccount = \"stranger\"\nname = \"gift.com\"\nexpires = \"+200d\"\n[[push]]\nid = 1\ndomain = \"gift.com\"\nto = \"main\"\n"

// appliedScenarios are those in which a plan is applied, or a push announced.
func appliedScenarios(tb testing.TB) []scenario {
	tb.Helper()
	tries := parseConfig(tb, hourly+ample+renewAll+"mode = \"dry-run\"\n")
	asks := parseConfig(tb, hourly+ample+asking(renewAll, ""))
	after := 30 * time.Minute
	apply := event{At: after, What: planning, Count: 3, For: 20 * time.Minute}
	out := []scenario{
		{name: "applied where the rule is only tried out", bought: 1, single: true, plan: plan{
			scene: scene{portfolio: soon, cfg: tries}, events: []event{apply}, lasts: 9 * time.Hour, rests: 3 * time.Hour,
		}},
		{name: "applied beside its question", bought: 1, plan: plan{
			scene: scene{portfolio: soon, cfg: asks}, events: []event{apply, yes(3*time.Hour, 2)}, lasts: 9 * time.Hour, rests: 3 * time.Hour,
		}},
		{name: "dearer than the plan that is applied", plan: plan{
			scene:  scene{portfolio: soon, cfg: tries},
			events: []event{{At: after, What: planning, Count: 1, For: 2 * time.Hour}, {At: after + time.Hour, What: pricing, Count: 5000, For: 2 * day}},
			lasts:  9 * time.Hour, rests: 3 * time.Hour,
		}},
		{name: "announced push of a stranger", plan: plan{
			scene:  scene{portfolio: stranger, cfg: parseConfig(tb, handovers+ample+takeFromStudio)},
			events: []event{{At: time.Hour, What: announcing, For: 2 * day}}, lasts: 14 * time.Hour, rests: 3 * time.Hour,
		}, rest: func(w *world) error { return errors.Join(ownedBy(w, "gift.com", 1010), announced(w, 0)) }},
		{name: "announcement that is over", plan: plan{
			scene:  scene{portfolio: stranger, strangers: []int64{1}, cfg: parseConfig(tb, handovers+ample+takeFromStudio)},
			events: []event{{At: time.Hour, What: announcing, For: time.Hour}}, lasts: 14 * time.Hour, rests: 3 * time.Hour,
		}, rest: func(w *world) error { return errors.Join(ownedBy(w, "gift.com", 9090), announced(w, 0)) }},
	}
	for i := range out {
		out[i].seldom = 2
	}
	out[0].seldom = 0
	return out
}

// announced says that so many pushes are expected still.
func announced(w *world, n int) error {
	if w.p == nil {
		return nil
	}
	all, err := w.p.store.Approvals()
	if err == nil && len(all) != n {
		err = fmt.Errorf("%d pushes are expected, not %d", len(all), n)
	}
	return err
}
