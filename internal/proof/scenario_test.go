package proof

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// scenario is a short plan, and what must come of it wherever a process dies.
type scenario struct {
	name   string
	plan   plan
	bought int // how many purchases of ours are made, where nothing is left unknown
	// rest says what else must be at rest; nil: nothing.
	rest func(w *world) error
	// single says that it has one domain and is short: pairs of crashes are tried.
	single bool
	// seldom is how many times as seldom it is ended as others; 0: as often.
	seldom int
}

// The schedules of short scenarios: what they are not about is looked at once.
const (
	sixHourly = `
[schedule]
domains = "@every 6h"
pushes = "@every 60h"
registrant_changes = "@every 60h"
names = "@every 999h"
portfolio = "@every 168h"
`
	handovers = `
[schedule]
domains = "@every 60h"
pushes = "@every 6h"
registrant_changes = "@every 6h"
names = "@every 999h"
portfolio = "@every 168h"
`
)

const ample = `
[spending]
max_per_purchase = "1000.00"
max_per_day = "10000.00"
max_per_month = "10000.00"
`

const renewAll = `
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "45d" }
do = "renew"
`

const rescueAll = `
[[rule]]
name = "rescue"
on = "domain"
match = { lapsed_within = "80d" }
do = "restore"
`

const takeFromStudio = `
[[rule]]
name = "take"
on = "push"
match = { source = "studio" }
do = "accept"
`

const stopChanges = `
[[rule]]
name = "stop"
on = "registrant_change"
do = "cancel"
`

const holdAll = `
[[rule]]
name = "hold-all"
on = "domain"
do = "hold"
reason = "nobody is sure"
`

// soon is a domain that is to be renewed, and redemption one that only a restore saves.
const (
	soon       = "[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+20d\"\n"
	redemption = "[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"-35d\"\n"
)

// purchaseFault is a plan's fault that the first purchase meets.
func purchaseFault(name string) []event {
	return []event{{What: faulty, Fault: name, Calls: purchases, Count: 1, For: 2 * day}}
}

func scenarios(tb testing.TB) []scenario {
	tb.Helper()
	renew := parseConfig(tb, sixHourly+ample+renewAll)
	rescue := parseConfig(tb, sixHourly+ample+rescueAll)
	tight := parseConfig(tb, sixHourly+"\n[spending]\nmax_per_purchase = \"20.00\"\nmax_per_day = \"20.00\"\nmax_per_month = \"45.00\"\n"+renewAll)
	one := func(name, domain string, events []event) scenario {
		return scenario{name: name, bought: 1, single: true, plan: plan{
			scene: scene{portfolio: domain, cfg: renew}, events: events, lasts: 7 * time.Hour, rests: 3 * time.Hour,
		}}
	}
	restore := func(name, domain string) scenario {
		s := one(name, domain, nil)
		s.plan.scene.cfg = rescue
		return s
	}
	never := func(s scenario) scenario { s.bought = 0; return s }
	out := []scenario{
		one("renewal at once", soon, nil),
		one("renewal that takes an hour", soon+`renewal = { takes = "1h" }`, nil),
		never(one("renewal cancelled", soon+`renewal = { takes = "2m", outcome = "cancelled" }`, nil)),
		never(one("renewal failed", soon+`renewal = { takes = "2m", outcome = "failed" }`, nil)),
		never(one("renewal failed at once", soon+`renewal = { outcome = "failed" }`, nil)),
		restore("restore at once", redemption+`restore = { takes = "0s" }`),
		restore("restore that takes an hour", redemption+`restore = { takes = "1h" }`),
		never(restore("restore cancelled", redemption+`restore = { takes = "2m", outcome = "cancelled" }`)),
		one("unknown with the effect", soon, purchaseFault("reset-after")),
		never(one("unknown without the effect", soon, purchaseFault("reset-before"))),
		one("unknown, and obeyed later", soon, purchaseFault("late")),
		one("a page of HTML, with the effect", soon, purchaseFault("502-effect")),
		one("refused connection", soon, purchaseFault("refused")),
		one("beyond the limit", soon, purchaseFault("429-soon")),
		one("answer cut short", soon, purchaseFault("truncated")),
		never(one("DNSimple renews meanwhile", "[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+14d1h\"\nauto_renew = true\nauto_renewal = { before = \"14d\" }\n",
			purchaseFault("reset-before"))),
		never(one("a person renews meanwhile", soon, append(purchaseFault("reset-before"), event{At: 2 * time.Hour, What: renewing, Domain: "a.com"}))),
	}
	for _, name := range []string{"402", "declined", "403"} {
		out = append(out, one("paused by "+name, soon, []event{{What: faulty, Fault: name, Calls: purchases, Count: 2, For: 2 * day}}))
	}
	out = append(out,
		one("the clock is a year ahead", soon, []event{{What: jumping, By: 366 * day, For: 3 * time.Hour}}),
		one("the clock is in 1970", soon, []event{{What: jumping, By: -57 * 365 * day, For: 3 * time.Hour}}))
	for _, name := range []string{"date-wrong", "date-missing"} {
		out = append(out, one(name+" in the last look", soon, []event{{What: faulty, Fault: name, Calls: lookCalls, Count: 3, For: 2 * day}}))
	}
	out = append(out, one("refused token", soon, []event{{What: faulty, Fault: "401", Calls: allCalls, Count: 6, For: 2 * day}}))
	still := one("finished, and the expiration stands still", soon+`renewal = { takes = "1h" }`, []event{
		{At: 59 * time.Minute, What: correcting, Domain: "a.com", Count: -365}, {At: 4 * time.Hour, What: correcting, Domain: "a.com"},
	})
	still.rest = func(w *world) error {
		for _, op := range w.watch.rows {
			if op.State == portfolio.StateDone && op.EndedAt.Before(began.Add(4*time.Hour)) {
				return fmt.Errorf("%s was done on %s, and nothing showed it", op, op.EndedAt.Format(time.DateTime))
			}
		}
		return nil
	}
	out = append(out, still)
	held := one("held while it waits", soon, append(purchaseFault("refused"), event{At: 30 * time.Second, What: holding, For: time.Hour}))
	held.plan.scene.held = parseConfig(tb, sixHourly+ample+renewAll+holdAll)
	out = append(out, held)
	net := never(one("the safety net", "[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+8d\"\n", purchaseFault("reset-before")))
	net.plan.lasts, net.single = 30*time.Hour, false
	net.rest = func(w *world) error {
		if d := w.truths()["a.com"]; d.AutoRenew || !d.ExpiresAt.After(began.AddDate(1, 0, 0)) {
			return fmt.Errorf("the safety net did not catch it, or was not taken down: %+v", d)
		}
		return allDone(w)
	}
	only := never(one("renewed by auto-renewal only", "[[domain]]\naccount = \"main\"\nname = \"a.ch\"\nexpires = \"+20d\"\n", nil))
	only.rest = func(w *world) error {
		if d := w.truths()["a.ch"]; !d.AutoRenew {
			return fmt.Errorf("auto-renewal was not switched on: %+v", d)
		}
		return allDone(w)
	}
	turn := never(one("the turn of DNSimple's own auto-renewal", "[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+7d3h\"\nauto_renew = true\n", nil))
	out = append(out, net, only, turn)
	many := ""
	for i := range 5 {
		many += fmt.Sprintf("[[domain]]\naccount = \"main\"\nname = \"%c.com\"\nexpires = \"+%dd\"\n", 'a'+i, 20+i)
	}
	out = append(out, scenario{name: "breaker", bought: 3, plan: plan{
		scene: scene{cfg: renew, portfolio: many}, lasts: 7 * time.Hour, rests: 3 * time.Hour,
		events: []event{{What: faulty, Fault: "reset-before", Calls: purchases, Count: 2, For: 2 * day}},
	}})
	out = append(out, scenario{name: "money nearly spent", bought: 3, plan: plan{
		scene: scene{cfg: tight, portfolio: soon + "[[domain]]\naccount = \"main\"\nname = \"b.com\"\nexpires = \"+21d\"\n" +
			"[[domain]]\naccount = \"main\"\nname = \"c.com\"\nexpires = \"+22d\"\n" + "[[domain]]\naccount = \"main\"\nname = \"d.com\"\nexpires = \"+23d\"\n"},
		lasts: 2 * day, rests: 12 * time.Hour,
	}, rest: func(w *world) error { return blocked(w, "d.com", "max_per_day") }})
	out = append(out, scenario{name: "push", single: true, plan: plan{
		scene: scene{cfg: parseConfig(tb, handovers+ample+takeFromStudio), portfolio: `
[[domain]]
id = 70
account = "studio"
name = "gift.com"
expires = "+200d"
[[push]]
domain = "gift.com"
to = "main"
`},
		lasts: 7 * time.Hour, rests: 3 * time.Hour,
	}, rest: func(w *world) error { return ownedBy(w, "gift.com", 1010) }})
	out = append(out, scenario{name: "push of a stranger", single: true, plan: plan{
		scene: scene{cfg: parseConfig(tb, handovers+ample+takeFromStudio), strangers: []int64{1}, portfolio: `
[[domain]]
id = 70
account = "stranger"
name = "bait.com"
expires = "+200d"
[[push]]
id = 1
domain = "bait.com"
to = "main"
`},
		lasts: 7 * time.Hour, rests: 3 * time.Hour,
	}, rest: func(w *world) error { return ownedBy(w, "bait.com", 9090) }})
	out = append(out, scenario{name: "registrant change", single: true, plan: plan{
		scene: scene{cfg: parseConfig(tb, handovers+ample+stopChanges), portfolio: `
[[domain]]
account = "main"
name = "a.com"
expires = "+200d"
[[registrant_change]]
domain = "a.com"
contact = 6666
takes = "7d"
cancel_takes = "3h"
`},
		lasts: 7 * time.Hour, rests: 3 * time.Hour,
	}, rest: allDone})
	return slices.Concat(out, commandScenarios(tb), askedScenarios(tb), appliedScenarios(tb))
}

func ownedBy(w *world, name string, account int64) error {
	if got := w.truths()[name].AccountID; got != account {
		return fmt.Errorf("%s is in account %d, and should be in %d", name, got, account)
	}
	return nil
}

// blocked: an alert said that a ceiling stops a domain.
func blocked(w *world, name, ceiling string) error {
	for _, e := range w.watch.told {
		if e.Level == portfolio.LevelAlert && e.What == "blocked" && e.Subject == name && e.Data["code"] == ceiling {
			return nil
		}
	}
	return fmt.Errorf("nobody heard that %s stops %s", ceiling, name)
}

func allDone(w *world) error {
	for _, key := range w.watch.keys {
		if op := w.watch.rows[key]; op.State != portfolio.StateDone {
			return fmt.Errorf("%s is %s", op, op.State)
		}
	}
	if len(w.watch.keys) == 0 {
		return fmt.Errorf("nothing was done")
	}
	return nil
}

// check holds what must have come of a scenario.
func (s scenario) check(w *world) error {
	bought, unknown := 0, 0
	for _, c := range w.server.Charges() {
		if w.watch.ours(c) {
			bought++
		}
	}
	for _, op := range w.watch.rows {
		if op.State == portfolio.StateUnknown {
			unknown++
			if !op.Attention {
				return fmt.Errorf("%s is unknown, and asks nobody for help", op)
			}
		}
	}
	if bought > s.bought || bought < s.bought-unknown {
		return fmt.Errorf("%d purchases were made, not %d, and %d are unknown", bought, s.bought, unknown)
	}
	if s.rest != nil {
		return s.rest(w)
	}
	return nil
}
