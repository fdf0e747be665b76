package executor

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// ifRefused says what the policy has done with a lapsed domain where DNSimple refuses its
// plain renewal, as a clause; "" where it is not restored then. Nobody can say before
// whether it will be refused, and a restore costs several times as much.
func (x *Executor) ifRefused(d portfolio.Decision, f portfolio.DomainFacts, prices portfolio.Prices, tld portfolio.TLDFacts, now time.Time) string {
	if d.Do != portfolio.ActionRenew || f.State != portfolio.DomainExpired || f.Redemption || d.Verdict == portfolio.VerdictBlocked || d.Verdict == portfolio.VerdictWait {
		return ""
	}
	f.Redemption = true
	then := rules.Decide(x.policy(), f, now)
	if then.Do != portfolio.ActionRestore {
		return ""
	}
	q, err := price(portfolio.OpRestore, f.Domain, prices, term(portfolio.OpRestore, 0, tld))
	if err != nil {
		return ""
	}
	const refused = "where DNSimple refuses the plain renewal, "
	if err := withinRule(then, q); err != nil {
		return refused + "no restore follows: " + err.Error()
	}
	if err := x.ceilings().allowOne(f.AccountID, q.total); err != nil {
		return refused + "no restore follows: " + err.Error()
	}
	switch {
	case then.Verdict == portfolio.VerdictWouldAct:
		return refused + fmt.Sprintf("%s would restore it for %s", then.Rule, q.total)
	case then.Verdict == portfolio.VerdictAsk || x.tooDear(then, &q.total) != "":
		return refused + fmt.Sprintf("%s asks whether to restore it for %s", then.Rule, q.total)
	}
	return refused + fmt.Sprintf("%s restores it for %s", then.Rule, q.total)
}
