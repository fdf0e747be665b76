package rules

import (
	"time"

	"domaind/internal/portfolio"
)

// Contenders are the rules that want a resource at a moment: every hold, let-lapse and
// acting rule that matches it, the one that [Decide] lets win first, and behind it those
// that lose to it, holds before the rest, each in the order of the policy. There are none
// where none wins. Alerts contend with nobody, nor does a rule that is only tried out.
func Contenders(p *Policy, r portfolio.Resource, now time.Time) []*Rule {
	var held, acting []*Rule
	d := decide(p, r, now, func(rule *Rule, do portfolio.Action) {
		switch {
		case do == portfolio.ActionAlert:
		case holds(do):
			held = append(held, rule)
		default:
			acting = append(acting, rule)
		}
	})
	all := append(held, acting...)
	if len(all) == 0 || all[0].Name != d.Rule {
		return nil // such as an accept without proof, which no order would let win
	}
	return all
}
