package main

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// autoRenewOnly says of which suffixes DNSimple takes no renewals.
func autoRenewOnly(tld string) bool { return tld == "ch" }

// books is what was spent, as the judge counts it.
type books struct {
	policy *judgedPolicy
	cents  map[string]int64 // by account, and "" for all
	count  map[string]int
	trials *books // what is only tried out is added up by itself; nil in there
}

func newBooks(p *judgedPolicy) *books {
	b := &books{policy: p, cents: make(map[string]int64), count: make(map[string]int)}
	b.trials = &books{policy: p, cents: make(map[string]int64), count: make(map[string]int)}
	return b
}

// most is an amount that may not be passed.
func most(limit string) int64 {
	if limit == "" {
		return 1 << 40
	}
	return centsOf(limit)
}

// limits are those that an account's purchases keep to, with whose they are.
func (b *books) limits(account string) map[string]judgedLimits {
	return map[string]judgedLimits{"": b.policy.Spending, account: b.policy.account(account).Spending}
}

// fits says whether one more purchase passes no ceiling of all.
func (b *books) fits(account string, price int64, beside *books) bool {
	for whose, l := range b.limits(account) {
		total, n := b.cents[whose]+price, b.count[whose]
		if beside != nil {
			total, n = total+beside.cents[whose], n+beside.count[whose]
		}
		if price > most(l.PerPurchase) || total > most(l.PerDay) || total > most(l.PerMonth) || l.ADay > 0 && n >= l.ADay {
			return false
		}
	}
	return true
}

func (b *books) spend(account string, price int64) {
	for whose := range b.limits(account) {
		b.cents[whose] += price
		b.count[whose]++
	}
}

// asks says whether a price is above what goes without asking.
func (b *books) asks(r judgedRule, account string, price int64) bool {
	limit := most(r.AskAbove)
	for _, l := range b.limits(account) {
		limit = min(limit, most(l.AskAbove))
	}
	return price > limit
}

func (p *judgedPolicy) rule(name string) judgedRule {
	return p.Rules[slices.IndexFunc(p.Rules, func(r judgedRule) bool { return r.Name == name })]
}

// cost is what it costs to do something to a domain by a rule.
func cost(r judgedRule, d judgedDomain, do string) int64 {
	if do == "restore" {
		return d.renewal + d.restore
	}
	return d.renewal * int64(max(r.Years, 1))
}

// guard applies what stands before a purchase to a decision. What will be spent is counted;
// what a person is asked for is not, until somebody approves it.
func (b *books) guard(j judgement, d judgedDomain, at time.Time) judgement {
	if j.do != "renew" && j.do != "restore" {
		return j
	}
	r, lapsed := b.policy.rule(j.rule), d.stateOf(at) == "expired"
	switch only := autoRenewOnly(suffix(d.name)); {
	case only && lapsed:
		j.verdict = "blocked" // nothing is bought by hand there
		return j
	case d.auto && !lapsed && (only || !d.expires.After(at.AddDate(0, 0, 14))):
		j.verdict = "wait" // DNSimple renews it itself
		return j
	case only:
		j.do, j.price = "auto-renewal", d.renewal // which no other ceiling holds
		if j.price > most(r.MaxPrice) || !newBooks(b.policy).fits(d.account, j.price, nil) {
			j.verdict = "blocked"
		}
		return j
	}
	if d.premium && j.do == "renew" && r.Years > 1 {
		j.verdict = "blocked" // nobody documents which price is then to be confirmed
		return j
	}
	j.price = cost(r, d, j.do)
	if j.verdict == "act" && b.asks(r, d.account, j.price) {
		j.verdict = "ask"
	}
	switch {
	case j.price > most(r.MaxPrice), !b.fits(d.account, j.price, nil), j.verdict == "would-act" && !b.fits(d.account, j.price, b.trials):
		j.verdict = "blocked"
	case j.verdict == "act":
		b.spend(d.account, j.price)
	case j.verdict == "would-act":
		b.trials.spend(d.account, j.price)
	}
	return j
}

// weigh is guard where nothing is counted.
func (b *books) weigh(j judgement, d judgedDomain, at time.Time) judgement {
	beside := &books{policy: b.policy, cents: maps.Clone(b.cents), count: maps.Clone(b.count)}
	beside.trials = &books{policy: b.policy, cents: maps.Clone(b.trials.cents), count: maps.Clone(b.trials.count)}
	return beside.guard(j, d, at)
}

// inOrder is the order in which money is set aside.
func inOrder(all []judgedDomain) []judgedDomain {
	return slices.SortedStableFunc(slices.Values(all), func(x, y judgedDomain) int {
		return cmp.Or(x.expires.Compare(y.expires), cmp.Compare(x.name, y.name))
	})
}

// judgeDomains judges all domains, as a plan does.
func (b *books) judgeDomains(all []judgedDomain, at time.Time) map[string]judgement {
	out := make(map[string]judgement, len(all))
	for _, d := range inOrder(all) {
		out[d.account+" "+d.name] = b.guard(b.policy.decide(d, at, false), d, at)
	}
	return out
}
