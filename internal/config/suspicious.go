package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// suspicious warns of what can be obeyed, and most likely is not what was meant. It looks
// at a configuration that is right.
func (l *loader) suspicious(root *node) {
	l.idle()
	l.unused()
	l.over()
	l.restores()
	l.windows(root)
	l.cheap(root)
	l.questions(root)
}

// rulePlace names a rule and its place, for a message about another one.
func rulePlace(r *rules.Rule) string { return fmt.Sprintf("%s (%s)", quote(r.Name), r.At) }

// nodeOf is where a rule says something, or its name where it does not.
func (l *loader) nodeOf(i int, keys ...string) *node {
	n := l.tablesOfRules[i]
	for _, key := range keys {
		if n = n.get(key); n == nil {
			return l.tablesOfRules[i].get("name")
		}
	}
	return n
}

// idle warns of rules that can never win.
func (l *loader) idle() {
	for _, idle := range l.cfg.Policy.Idle() {
		n := l.rules[idle.Rule.Name]
		if idle.Because != "" {
			l.warn(n, "nothing can ever match the rule %s: %s", quote(idle.Rule.Name), idle.Because).
				hint("mend its match or its except, or remove the rule")
			continue
		}
		const most = 3
		var by []string
		held := true
		for _, r := range idle.By {
			held = held && (r.Do == portfolio.ActionHold || r.Do == portfolio.ActionLetLapse)
			if len(by) < most {
				by = append(by, rulePlace(r))
			}
		}
		if more := len(idle.By) - most; more > 0 {
			by = append(by, fmt.Sprintf("%d more", more))
		}
		f := l.warn(n, "the rule %s can never win: all that it matches is won by %s", quote(idle.Rule.Name), together(by))
		if idle.Alerts {
			f.Message += "; it only tells of its lapsed domains"
		}
		f.hint("write it above them, narrow them, or remove it")
		if held {
			f.hint("a hold or let-lapse wins wherever it stands: narrow it, or remove this rule")
		}
	}
}

// together writes words as a list: a, b and c.
func together(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// unused warns of groups that no rule names.
func (l *loader) unused() {
	used := make(map[string]bool)
	for i := range l.cfg.Policy.Rules {
		r := &l.cfg.Policy.Rules[i]
		for _, g := range slices.Concat(r.Match.Groups, r.Except.Groups) {
			used[g.Name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.groups)) {
		if n := l.groups[name].node; !used[name] {
			l.warn(n, "no rule uses the group %s", quote(name)).hint("write match = { group = " + quote(name) + " } in a rule, or remove the group").offset = n.key
		}
	}
}

// over warns of rules whose until has passed.
func (l *loader) over() {
	if l.env.Now == nil {
		return
	}
	now := l.env.Now()
	for i := range l.cfg.Policy.Rules {
		r := &l.cfg.Policy.Rules[i]
		if !r.Until.IsZero() && !now.Before(r.Until) {
			l.warn(l.nodeOf(i, "until"), "the rule %s has run out: its last day has passed, and nothing is kept by it any more", quote(r.Name)).
				hint("remove the rule, or write a later day")
		}
	}
}

// restores warns of rules that would pay for a lapsed domain what a renew rule refuses to
// pay for it. A restore costs its fee and a renewal, so it may cost up to twice as much
// without being suspicious; where it comes before the renew rule, it buys the plain renewal
// in grace, which costs what it did before.
func (l *loader) restores() {
	all := l.cfg.Policy.Rules
	for i := range all {
		s := &all[i]
		if s.Do != portfolio.ActionRestore {
			continue
		}
		for j := range all {
			r := &all[j]
			if r.Do != portfolio.ActionRenew || !l.cfg.Policy.Meets(j, i) {
				continue
			}
			if r.IfLapsed == portfolio.ActionAlert {
				l.warn(l.nodeOf(i, "do"), `this pays for domains that the rule %s leaves to a person once they lapsed, with if_lapsed = "alert"`, rulePlace(r)).
					hint("leave these domains out of one of the two rules, or let the other one say if_lapsed = \"restore\"")
				break
			}
			if l.dearer(i, j) {
				break
			}
		}
	}
}

// dearer warns where a restore rule would pay what a renew rule's max_price refuses, and
// says whether it did.
func (l *loader) dearer(restore, renew int) bool {
	s, r := &l.cfg.Policy.Rules[restore], &l.cfg.Policy.Rules[renew]
	if r.MaxPrice == nil {
		return false
	}
	refused := *r.MaxPrice / portfolio.Money(max(r.Years, 1))
	bound := 2 * refused
	if restore < renew {
		bound = refused
	}
	pays, n, limit := s.MaxPrice, l.nodeOf(restore, "max_price"), `its "max_price"`
	if all := l.cfg.Spending.MaxPerPurchase; pays == nil || all != nil && *all < *pays {
		pays, limit = all, `"max_per_purchase" of [spending]`
	}
	if s.MaxPrice == nil {
		n = l.nodeOf(restore, "do")
	}
	switch {
	case pays == nil:
		l.warn(n, `this pays any price for domains whose renewal the rule %s refuses above %s a year`, rulePlace(r), refused).
			hint(`write max_price = "` + bound.String() + `", or as much as they are worth`)
	case *pays > bound:
		l.warn(n, `this pays up to %s, %s, for domains whose renewal the rule %s refuses above %s a year`, *pays, limit, rulePlace(r), refused).
			hint(`write max_price = "` + bound.String() + `" at most, or leave out what the other rule refuses`)
	default:
		return false
	}
	return true
}
