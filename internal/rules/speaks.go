package rules

import (
	"time"

	"domaind/internal/portfolio"
)

// Speaks says whether any rule on domains matches a domain at a moment. Where none does,
// [Decide] has nothing to say but how far its expiration is. It is for who looks at very
// many domains, of which rules speak of few: it allocates nothing where no rule matches.
func Speaks(p *Policy, f *portfolio.DomainFacts, now time.Time) bool {
	a, ok := p.account(f.AccountID)
	if !ok || a.Source || !f.State.Known() {
		return false
	}
	j := judge{policy: p, account: a, base: portfolio.Strictest(p.Mode, a.Mode), now: now}
	v := domainView(f, now)
	o := j.look(portfolio.KindDomain, &v, lifecycle(f))
	return o.speaks()
}
