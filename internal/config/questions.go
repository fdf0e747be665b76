package config

import (
	"slices"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// questions warns of what rules say about asking that has no effect where they stand.
func (l *loader) questions(root *node) {
	l.askedTooLate(root.get("spending"), &l.cfg.Spending)
	for i, a := range l.cfg.Accounts {
		if a.Spending != nil {
			l.askedTooLate(root.get("account").items[i].get("spending"), a.Spending)
		}
	}
	for i := range l.cfg.Policy.Rules {
		r := &l.cfg.Policy.Rules[i]
		if t := l.tablesOfRules[i]; r.AskAbove != nil {
			l.askAbove(t, r)
		}
		if r.AnswerWithin > 0 {
			l.deadline(i, r)
		}
	}
}

// askedTooLate warns of an ask_above that nothing can reach, since a ceiling beside it, or
// one of [spending], refuses before.
func (l *loader) askedTooLate(t *node, s *Spending) {
	if s.AskAbove == nil {
		return
	}
	n, all := t.get("ask_above"), &l.cfg.Spending
	for _, c := range []*portfolio.Money{s.MaxPerPurchase, all.MaxPerPurchase} {
		if c != nil && *s.AskAbove >= *c {
			l.warn(n, `"ask_above" is %s, and "max_per_purchase" refuses what costs more than %s: nobody will ever be asked`, *s.AskAbove, *c).
				hint(`write less than "max_per_purchase"`)
			return
		}
	}
	switch {
	case s != all && all.AskAbove != nil && *s.AskAbove >= *all.AskAbove:
		l.warn(n, `"ask_above" is %s, and that of [spending] asks above %s already: the lowest holds`, *s.AskAbove, *all.AskAbove).
			hint("write less than that of [spending], or remove it")
	case l.cfg.Mode == portfolio.ModeAsk:
		l.warn(n, `"ask_above" has no effect: in mode "ask" everything is asked for`).hint(`remove it, or write mode = "act"`)
	}
}

// askAbove warns of a rule's ask_above that has no effect.
func (l *loader) askAbove(t *node, r *rules.Rule) {
	n, all := t.get("ask_above"), &l.cfg.Spending
	for _, c := range []struct {
		key    string
		amount *portfolio.Money
	}{{`"max_price"`, r.MaxPrice}, {`"max_per_purchase" of [spending]`, all.MaxPerPurchase}} {
		if c.amount != nil && *r.AskAbove >= *c.amount {
			l.warn(n, `"ask_above" is %s, and %s refuses what costs more than %s: nobody will ever be asked`, *r.AskAbove, c.key, *c.amount).
				hint("write less than that ceiling")
			return
		}
	}
	switch {
	case all.AskAbove != nil && *r.AskAbove >= *all.AskAbove:
		l.warn(n, `"ask_above" is %s, and that of [spending] asks above %s already: the lowest holds`, *r.AskAbove, *all.AskAbove).
			hint("write less than that of [spending], or remove it")
	case r.Mode == portfolio.ModeAsk || l.cfg.Mode == portfolio.ModeAsk:
		l.warn(n, `"ask_above" has no effect: in mode "ask" everything is asked for`).hint(`remove it, or write mode = "act"`)
	}
}

// deadline warns of a deadline for answers where nobody asks, or that lies behind the day
// on which the domain is lost.
func (l *loader) deadline(i int, r *rules.Rule) {
	n := l.nodeOf(i, "answer_within")
	if !l.asks(r) {
		l.warn(n, `"answer_within" has no effect: nothing makes this rule ask, neither mode = "ask" nor "ask_above"`).
			hint(`write mode = "ask" or ask_above = "60.00" in the rule, or remove it`)
		return
	}
	if r.Do != portfolio.ActionRenew {
		return
	}
	within := rules.Distance{Days: int(r.AnswerWithin.Hours() / 24)}
	if r.Match.Expires.Inside(within) {
		l.warn(n, `"answer_within" is as long as "expires_within", which is %s: the deadline would come when the domain has lapsed`, r.Match.Expires).
			hint("leave time to act on the answer")
	}
}

// asks says whether something can make a rule ask.
func (l *loader) asks(r *rules.Rule) bool {
	buys := r.Do == portfolio.ActionRenew || r.Do == portfolio.ActionRestore || r.Do == portfolio.ActionRegister
	if l.cfg.Mode == portfolio.ModeAsk || r.Mode == portfolio.ModeAsk || buys && (r.AskAbove != nil || l.cfg.Spending.AskAbove != nil) {
		return true
	}
	return slices.ContainsFunc(l.scope(r), func(a Account) bool {
		return a.Mode == portfolio.ModeAsk || buys && a.Spending != nil && a.Spending.AskAbove != nil
	})
}
