package rules

import (
	"time"

	"domaind/internal/portfolio"
)

// Speaks says whether any rule on domains may have something to say of a domain at a
// moment. Where none has, [Decide] knows no more than how far its expiration is. It is
// for who looks at very many domains, of which rules speak of few: it puts nothing into
// words, and allocates nothing.
func Speaks(p *Policy, f *portfolio.DomainFacts, now time.Time) bool {
	a, ok := p.account(f.AccountID)
	if !ok || a.Source || !f.State.Known() {
		return false
	}
	v := domainView(f, now)
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.On != portfolio.KindDomain || !r.Until.IsZero() && !now.Before(r.Until) {
			continue
		}
		v.pastTerm = r.Do == portfolio.ActionRenew
		matched := r.Match.all(&v)
		v.pastTerm = false
		if matched == yes && r.Except.some(&v) != yes {
			return true
		}
	}
	return false
}

// Dateless gives the policy with those of its rules on domains alone that have no date in
// their match: beyond [Policy.Horizon] no other one matches.
func Dateless(p *Policy) *Policy {
	alone := *p
	alone.Rules = nil
	for _, r := range p.Rules {
		if r.On == portfolio.KindDomain && r.Match.Expires.IsZero() && r.Match.Lapsed.IsZero() {
			alone.Rules = append(alone.Rules, r)
		}
	}
	return &alone
}
