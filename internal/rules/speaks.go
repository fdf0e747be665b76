package rules

import (
	"time"

	"domaind/internal/portfolio"
)

// Speaks says whether a rule may have something to say of a domain beyond
// [Policy.Horizon], or of one without an expiration: one that has no date in its match.
// Where none may, [Decide] knows no more than how far the expiration is. It is for who
// looks at very many domains, of which rules speak of few: it puts nothing into words,
// and allocates nothing.
func Speaks(p *Policy, f *portfolio.DomainFacts, now time.Time) bool {
	g := p.program()
	if len(g.dateless) == 0 || !f.State.Known() {
		return false
	}
	if a, ok := p.account(f.AccountID); !ok || a.Source {
		return false
	}
	v := domainView(f, now)
	g.names.look(&v)
	for i := range g.dateless {
		s := &g.dateless[i]
		if s.match.all(&v) != yes || !s.rule.Until.IsZero() && !now.Before(s.rule.Until) {
			continue
		}
		if s.excludes(&v) != yes && !s.excludesTimed(&v) {
			return true
		}
	}
	return false
}
