package config

import (
	"slices"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// registered is the rule that is to register a name, and in which account.
type registered struct {
	account Account
	rule    string
}

// register reads what belongs to a registration. What may cost extra is only bought
// where it is asked for, and what nobody knows the price of where a bound is given.
func (l *loader) register(t *node, r *rules.Rule) {
	r.MaxPrice = l.maxPrice(t)
	yes := func(key string) bool {
		b := l.truth(t, key)
		return b != nil && *b
	}
	r.Terms = &portfolio.Terms{
		WhoisPrivacy: yes("whois_privacy"), AutoRenew: yes("auto_renew"), Trustee: yes("trustee"),
		Attributes: l.attributes(l.table(t, "extended_attributes")),
	}
	if n := t.get("whois_privacy"); r.Terms.WhoisPrivacy && t.get("max_price") == nil {
		l.failKey(n, "DNSimple does not say what WHOIS privacy costs, so there must be a max_price: that much is set aside").hint(`write max_price = "30.00"`)
	}
	scope := l.scope(r)
	if len(scope) > 1 {
		scope = nil // that is another problem
	}
	if l.partial {
		return
	}
	l.registrant(t, r, scope, "in which this rule registers")
}

// attributes reads the extended attributes that some suffixes want to know.
func (l *loader) attributes(t *node) map[string]string {
	if t == nil || len(t.fields) == 0 {
		return nil
	}
	attributes := make(map[string]string, len(t.fields))
	for _, f := range t.fields {
		switch {
		case !wellFormed(f.name, ".", maxName):
			l.failKey(f, "the extended attribute's name %s may have letters, digits, - _ and . only", quote(f.name))
		case l.isString(f, "4711"):
			attributes[f.name] = f.text
		}
	}
	return attributes
}

// watched checks what a rule on names watches: names that are written in full, in one
// account.
func (l *loader) watched(t *node, r *rules.Rule) {
	match := t.get("match")
	if n := t.get("match"); n != nil && n.kind != kindTable {
		return // that was said
	}
	written, group := match.get("names"), match.get("group")
	switch {
	case written == nil && group == nil:
		if t.get("do") != nil {
			l.needs(t, "names", `a rule on name needs names or group in its match: the names that it watches`, `names = ["example.com"]`)
		}
	case written != nil && group != nil:
		l.failKey(group, "both names and group: only names that stand in both would be watched").hint("write two rules, or add the names to the group")
	case written != nil:
		l.inFull(written)
	default:
		l.groupInFull(group)
	}
	if l.partial {
		return
	}
	scope := l.scope(r)
	if len(scope) > 1 {
		var names []string
		for _, a := range scope {
			names = append(names, a.Name)
		}
		where, hint := match, "write match = { account = "+quote(names[0])+", … }"
		if n := match.get("account"); n != nil {
			where, hint = n, "write one of them"
		} else if where == nil {
			where = t
		}
		l.fail(where, "in which account? A name is watched, and registered, in one, and this rule speaks of %s", andList(names)).hint(hint)
		return
	}
	if len(scope) == 0 || len(r.Match.Names) == 0 && len(r.Match.Groups) == 0 {
		return
	}
	names := r.Watches(scope[0].ID)
	if len(names) == 0 && t.get("except") != nil {
		l.fail(t.get("except"), "this leaves the rule no name to watch").
			hint("leave one of its names out of except, or remove the rule")
	}
	if r.Do == portfolio.ActionRegister && r.Mode != portfolio.ModeDryRun && scope[0].Mode != portfolio.ModeDryRun {
		l.once(match, r, scope[0], names)
	}
}

// inFull notes every pattern among the names of a rule: nobody could ask for all that
// it means.
func (l *loader) inFull(n *node) {
	items := []*node{n}
	if n.kind == kindList {
		items = n.items
	}
	for _, item := range items {
		if item.kind != kindString {
			continue // that was said
		}
		if p, err := toPattern(item.text); err == nil && p.Wild() {
			l.fail(item, "%s is a pattern, and only names can be watched", quote(item.text)).hint("write each name in full")
		}
	}
}

// groupInFull notes every group of a rule that has a pattern in it.
func (l *loader) groupInFull(n *node) {
	items := []*node{n}
	if n.kind == kindList {
		items = n.items
	}
	for _, item := range items {
		patterns := l.groups[item.text].group.Patterns
		if i := slices.IndexFunc(patterns, rules.Pattern.Wild); i >= 0 {
			l.fail(item, "the group %s has the pattern %s, and only names can be watched", quote(item.text), quote(patterns[i].String())).
				hint("name a group of names that are written in full")
		}
	}
}

// once notes where a name is to be registered in another account already: only one
// can have it.
func (l *loader) once(match *node, r *rules.Rule, a Account, names []string) {
	said := false
	for _, name := range names {
		before, ok := l.registered[name]
		switch {
		case !ok:
			l.registered[name] = registered{a, r.Name}
		case before.account.ID != a.ID && !said:
			said = true
			l.fail(match, "%s is to be registered in the account %s by the rule %s already, and only one account can have it",
				quote(name), quote(before.account.Name), quote(before.rule)).hint("leave the name out of one of the rules")
		}
	}
}
