package proof

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/config"
)

// source is where choices come from: a seed, or rapid, which can take them back.
type source interface {
	// below gives a number from 0 to n-1.
	below(n int, what string) int
}

// fromSeed makes choices that are the same for the same seed.
type fromSeed struct{ r *rand.Rand }

func newSource(seed uint64) fromSeed {
	return fromSeed{rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15))}
}

func (s fromSeed) below(n int, _ string) int { return s.r.IntN(n) }

// fromRapid lets rapid choose.
type fromRapid struct{ t *rapid.T }

func (s fromRapid) below(n int, what string) int { return rapid.IntRange(0, n-1).Draw(s.t, what) }

func pick[T any](s source, what string, of ...T) T { return of[s.below(len(of), what)] }

// oneIn says yes once in n times.
func oneIn(s source, n int, what string) bool { return s.below(n, what) == n-1 }

// policies are what domaind may be told in a history.
type policies []policyPair

// policyPair is a policy, and the same with a rule that holds everything; and both again
// where somebody is asked first.
type policyPair struct {
	acts, holds *config.Config
	asks        struct{ acts, holds *config.Config }
}

const historySchedule = `
[schedule]
domains = "@every 24h"
pushes = "@every 333h"
registrant_changes = "@every 999h"
names = "@every 333h"
portfolio = "@every 999h"
`

func historyPolicies(parse func(string) *config.Config) policies {
	pair := func(text string) policyPair {
		acts := text + renewAll + rescueAll + takeFromStudio + stopChanges + catchSome
		p := policyPair{acts: parse(acts), holds: parse(acts + holdAll)}
		asks := text + asking(renewAll, "") + asking(rescueAll, "") + asking(takeFromStudio, "") + asking(stopChanges, "") + catchSome
		p.asks.acts, p.asks.holds = parse(asks), parse(asks+holdAll)
		return p
	}
	return policies{
		pair(historySchedule + ample),
		pair(historySchedule + "\n[spending]\nmax_per_purchase = \"150.00\"\nmax_per_day = \"160.00\"\nmax_per_month = \"200.00\"\n"),
		pair(historySchedule + "\n[spending]\nmax_per_purchase = \"150.00\"\nmax_per_day = \"1000.00\"\nmax_per_month = \"1000.00\"\nmax_purchases_per_day = 1\n"),
	}
}

// drawScene draws ten domains, a push and a registrant change.
func drawScene(s source, p policies, days int) (scene, []string) {
	var b strings.Builder
	var names []string
	for i := range 10 {
		tld := pick(s, "tld", "com", "com", "com", "net", "io", "de", "co.uk", "ch")
		name := fmt.Sprintf("n%d.%s", i, tld)
		names = append(names, name)
		expires := s.below(days, "expires") + 3
		if oneIn(s, 12, "lapsed") {
			expires = -s.below(25, "lapsed for") - 1
		}
		fmt.Fprintf(&b, "[[domain]]\naccount = \"main\"\nname = %q\nexpires = \"%+dd%dh%dm\"\n", name, expires, i, 7*i)
		if oneIn(s, 5, "auto-renew") || tld == "ch" {
			b.WriteString("auto_renew = true\n")
		}
		if oneIn(s, 8, "premium") {
			b.WriteString("premium = true\n")
		}
		fmt.Fprintf(&b, "renewal = { takes = %q, outcome = %q }\n", renewalTakes(s), outcome(s, "renewed", "failed", "cancelled"))
		fmt.Fprintf(&b, "restore = { takes = %q, outcome = %q }\n", pick(s, "restore takes", "0s", "0s", "10m", "1d"), outcome(s, "restored", "cancelled"))
		fmt.Fprintf(&b, "auto_renewal = { outcome = %q }\n", pick(s, "auto outcome", "renewed", "renewed", "renewed", "failed", "switched-off"))
	}
	told := p[s.below(len(p), "policy")]
	out := scene{cfg: told.acts, held: told.holds}
	from := pick(s, "push from", "studio", "stranger")
	if from == "stranger" {
		out.strangers = []int64{1}
	}
	fmt.Fprintf(&b, "[[domain]]\naccount = %q\nname = \"gift.com\"\nexpires = \"+300d\"\n[[push]]\nid = 1\ndomain = \"gift.com\"\nto = \"main\"\n", from)
	fmt.Fprintf(&b, "[[registrant_change]]\ndomain = %q\ncontact = 6666\ntakes = \"9d\"\ncancel_takes = %q\n", names[0], pick(s, "cancel takes", "0s", "1h"))
	out.portfolio = b.String()
	return out, names
}

// renewalTakes is mostly at once: each read of one that is pending costs time.
func renewalTakes(s source) string {
	if oneIn(s, 40, "for days") {
		return "3d"
	}
	return pick(s, "renewal takes", "0s", "0s", "0s", "0s", "30s", "5m", "2h")
}

// outcome is mostly good: what always fails is tried every day.
func outcome(s source, good string, bad ...string) string {
	if oneIn(s, 40, "fails") {
		return pick(s, "outcome", bad...)
	}
	return good
}

// drawEvent draws one thing that happens.
func drawEvent(s source, names []string, days int) event {
	e := event{At: time.Duration(s.below(days*24*60, "at")) * time.Minute}
	hours := func(n int) time.Duration { return time.Duration(s.below(n, "hours")+1) * time.Hour }
	domain := func() string { return names[s.below(len(names), "domain")] }
	switch s.below(20, "what") {
	case 0, 1, 2, 3, 4, 5: // the first purchase after it is hit
		e.What, e.Calls, e.Count, e.For = faulty, pick(s, "calls", purchases, purchases, changes), s.below(2, "count")+1, 40*day
		e.Fault = drawFault(s)
	case 6, 7, 8:
		e.What, e.Calls, e.Count, e.For = faulty, pick(s, "calls", allCalls, reads, listCalls, lookCalls, priceCalls, moneyCalls), s.below(6, "count")+1, 2*day
		e.Fault = drawFault(s)
	case 9: // everything is out of order for a while
		e.What, e.Calls, e.For = faulty, pick(s, "calls", allCalls, reads, changes, purchases), hours(120)
		e.Fault = drawFault(s)
	case 10: // weeks without DNSimple
		e.What, e.Calls, e.For = faulty, allCalls, hours(24*30)
		e.Fault = pick(s, "fault", string(wireRefused), string(wireTimeoutBefore), "503")
	case 11, 12, 13:
		e.What, e.Count = pick(s, "end", crashing, crashing, ending), s.below(60, "points")+1
	case 14:
		e.What = restarting
	case 15:
		e.What, e.For = pick(s, "nats", natsAway, natsFull), hours(200)
	case 16:
		e.What, e.Count = ackLosing, s.below(4, "count")+1
	case 17:
		e.What, e.For = jumping, hours(72)
		e.By = pick(s, "by", time.Hour, -time.Hour, 366*day, time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Sub(began.Add(e.At)))
	case 18:
		e.What, e.Domain, e.For = pick(s, "by a person", renewing, autoOn, autoOff, holding), domain(), hours(72)
	case 19:
		if oneIn(s, 2, "price") {
			e.What, e.Count, e.For = pricing, pick(s, "cents", 1, 1400, 5000, 50_000), hours(200)
		} else {
			e.What, e.Domain, e.Count = correcting, domain(), pick(s, "days", -2, -1, 1, 2)
		}
	}
	return e
}

func drawFault(s source) string {
	var all []string
	for _, f := range wireFaults() {
		all = append(all, string(f))
	}
	for name := range serverFaults() {
		all = append(all, name)
	}
	slices.Sort(all)
	return all[s.below(len(all), "fault")]
}

// settles is the end of a history, in which nothing goes wrong any more.
const settles = 21 * day

// drawPlan draws a history.
func drawPlan(s source, p policies, days int) plan {
	out := plan{lasts: time.Duration(days)*day - settles, rests: settles}
	out.operated = !oneIn(s, 4, "nobody looks")
	var names []string
	out.scene, names = drawScene(s, p, days)
	for range s.below(16, "events") + 4 {
		out.events = append(out.events, drawEvent(s, names, days-22))
	}
	return out.with(s, days)
}

// asked is the plan where the policy asks before it does anything, and somebody answers.
func (p plan) asked(all policies) plan {
	for _, pair := range all {
		if p.scene.cfg == pair.acts {
			p.scene.cfg, p.scene.held, p.operated = pair.asks.acts, pair.asks.holds, true
		}
	}
	return p
}

// drawPlanFor is the same for rapid, which drops events of its list to find those that
// matter.
func drawPlanFor(t *rapid.T, p policies, days int) plan {
	s := fromRapid{t}
	out := plan{lasts: time.Duration(days)*day - settles, rests: settles}
	out.operated = !oneIn(s, 4, "nobody looks")
	var names []string
	out.scene, names = drawScene(s, p, days)
	out.events = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event { return drawEvent(fromRapid{t}, names, days-22) }), 0, 20).Draw(t, "events")
	return out.with(s, days)
}

func (p plan) sorted() plan {
	slices.SortStableFunc(p.events, func(a, b event) int { return int(a.At - b.At) })
	return p
}
