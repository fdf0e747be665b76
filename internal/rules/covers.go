package rules

import (
	"time"

	"domaind/internal/portfolio"
)

// Covers says whether the policy takes care of a domain: an acting rule, a hold or a
// let-lapse speaks of it now, or will at a later moment before its expiration. A rule that
// is only tried out covers nothing.
func Covers(p *Policy, f *portfolio.DomainFacts, now time.Time) bool {
	a, ok := p.account(f.AccountID)
	if !ok || a.Source || !f.State.Known() {
		return false
	}
	j := judge{policy: p, rules: p.program(), account: a, base: portfolio.Strictest(p.Mode, a.Mode), now: now}
	v := domainView(f, now)
	o := j.look(j.rules.domains, &v, func(r *Rule) portfolio.Action { return lifecycle(f, r) })
	if o.wins() {
		return true
	}
	if f.State != portfolio.DomainRegistered || f.ExpiresAt.IsZero() {
		return false
	}
	later, _ := j.later(&v, &o.early)
	return later != nil
}
