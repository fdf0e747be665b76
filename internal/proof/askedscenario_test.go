package proof

import (
	"fmt"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// The schedule of scenarios in which somebody is asked.
const hourly = `
[schedule]
domains = "@every 2h"
pushes = "@every 60h"
registrant_changes = "@every 60h"
names = "@every 999h"
portfolio = "@every 168h"
`

// yes and no are events in which an operator answers whatever waits, some times.
func yes(at time.Duration, times int) event { return event{At: at, What: settling, Count: times} }
func no(at time.Duration, times int) event  { return event{At: at, What: settling, Count: -times} }

// askedScenarios are those in which somebody is asked first.
func askedScenarios(tb testing.TB) []scenario {
	tb.Helper()
	asks := parseConfig(tb, hourly+ample+asking(renewAll, ""))
	one := func(name string, events ...event) scenario {
		return scenario{name: name, bought: 1, single: true, plan: plan{
			scene: scene{portfolio: soon, cfg: asks}, events: events, lasts: 9 * time.Hour, rests: 3 * time.Hour,
		}}
	}
	under := func(s scenario, policy string) scenario { s.plan.scene.cfg = parseConfig(tb, policy); return s }
	never := func(s scenario) scenario { s.bought = 0; return s }
	resting := func(s scenario, rest func(w *world) error) scenario { s.rest = rest; return s }
	after := 30 * time.Minute
	dearer := func(at time.Duration) event { return event{At: at, What: pricing, Count: 5000, For: 2 * day} }
	out := []scenario{
		resting(one("approved", yes(after, 4)), askedOnce(1, portfolio.StateDone)),
		resting(under(one("approved above a limit", yes(after, 4)), hourly+ample+"ask_above = \"10.00\"\n"+renewAll), askedOnce(1, portfolio.StateDone)),
		resting(never(one("denied", no(after, 4))), askedOnce(1, portfolio.StateFailed)),
		resting(never(one("nobody answers")), askedOnce(1, portfolio.StateAsked)),
		resting(one("dearer than what was asked", dearer(20*time.Minute), yes(after, 4)), askedOnce(2, portfolio.StateDone)),
		resting(never(one("denied, and dearer by then", no(after, 1), dearer(time.Hour))), func(w *world) error {
			for _, key := range w.watch.keys {
				if op := w.watch.rows[key]; op.State != portfolio.StateFailed && op.State != portfolio.StateAsked {
					return fmt.Errorf("%s is %s", op, op.State)
				}
			}
			return nil
		}),
		resting(under(one("silence that acts"), hourly+ample+asking(renewAll, "answer_within = \"3h\"\non_timeout = \"act\"\n")), askedOnce(1, portfolio.StateDone)),
		resting(under(never(one("silence that denies")), hourly+ample+asking(renewAll, "answer_within = \"3h\"\non_timeout = \"deny\"\n")), askedOnce(1, portfolio.StateFailed)),
		one("approved, and its answer lost", append(purchaseFault("reset-after"), yes(after, 4))...),
		never(one("approved, and its answer lost without the effect", append(purchaseFault("reset-before"), yes(after, 4))...)),
		resting(one("approved, and refused at first", append(purchaseFault("400"), yes(after, 2))...), oneQuestion),
		one("approved while DNSimple cannot be reached", event{At: 25 * time.Minute, What: faulty, Fault: "refused", Calls: allCalls, For: time.Hour}, yes(after, 4)),
	}
	restore := under(one("approved restore", yes(after, 5)), hourly+ample+asking(rescueAll, ""))
	restore.plan.scene.portfolio = redemption + `restore = { takes = "0s" }`
	silent := under(never(one("silence restores nothing")), hourly+ample+asking(renewAll, "if_lapsed = \"restore\"\nanswer_within = \"1h\"\non_timeout = \"act\"\n"))
	silent.plan.scene.portfolio = redemption
	held := never(one("held while it waits", event{At: 20 * time.Minute, What: holding, For: 7 * time.Hour}, yes(after, 3)))
	held.plan.scene.held = parseConfig(tb, hourly+ample+asking(renewAll, "")+holdAll)
	push := under(never(one("approved push", yes(7*time.Hour, 3))), handovers+ample+asking(takeFromStudio, ""))
	push.plan.scene.portfolio = "[[domain]]\nid = 70\naccount = \"studio\"\nname = \"gift.com\"\nexpires = \"+200d\"\n[[push]]\ndomain = \"gift.com\"\nto = \"main\"\n"
	push.plan.lasts = 14 * time.Hour
	push.rest = func(w *world) error { return ownedBy(w, "gift.com", 1010) }
	name := under(one("approved registration", yes(7*time.Hour, 2)), watching+ample+asking(catch, ""))
	name.plan.scene.portfolio = ""
	name.plan.lasts = 12 * time.Hour
	tight := under(scenario{name: "approved, and more than a day may cost", bought: 1, plan: plan{
		scene: scene{portfolio: soon + "[[domain]]\naccount = \"main\"\nname = \"b.com\"\nexpires = \"+21d\"\n"},
		lasts: 9 * time.Hour, rests: 2 * time.Hour, events: []event{yes(after, 4)},
	}}, hourly+"\n[spending]\nmax_per_purchase = \"20.00\"\nmax_per_day = \"20.00\"\nmax_per_month = \"45.00\"\n"+asking(renewAll, ""))
	out = append(out, restore, silent, held, push, name, tight)
	for i := range out {
		switch out[i].name {
		case "approved", "denied", "dearer than what was asked", "silence that acts":
		default: // much in them is like that
			out[i].single, out[i].seldom = false, 2
		}
	}
	return out
}
