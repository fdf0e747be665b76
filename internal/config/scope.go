package config

import (
	"slices"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// scope is the accounts that a rule can apply to.
func (l *loader) scope(r *rules.Rule) []Account {
	var scope []Account
	for _, a := range l.cfg.Accounts {
		if a.Source || len(r.Match.Accounts) > 0 && !slices.Contains(r.Match.Accounts, a.ID) || slices.Contains(r.Except.Accounts, a.ID) {
			continue
		}
		scope = append(scope, a)
	}
	return scope
}

// accept reads what belongs to accepting a push: where it may come from, and who
// becomes the registrant.
func (l *loader) accept(t *node, r *rules.Rule) {
	source := t.get("match").get("source")
	if source == nil {
		l.needs(t, "source", `"accept" needs source in its match: the accounts from which a push is trusted`, `source = "desk"`)
	}
	scope := l.scope(r)
	if l.partial {
		return
	}
	if len(scope) == 1 && source != nil && len(r.Match.Sources) > 0 &&
		!slices.ContainsFunc(r.Match.Sources, func(id int64) bool { return id != scope[0].ID }) {
		l.fail(source, "no push to %s comes from that account itself", quote(scope[0].Name)).
			hint("name another account as the source, or another one in match.account")
	}
	l.registrant(t, r, scope, "whose pushes this rule can accept")
}

// registrant reads who becomes the registrant, and checks that each account of the
// rule has that contact. The clause says what the accounts are to the rule.
func (l *loader) registrant(t *node, r *rules.Rule, scope []Account, which string) {
	n := t.get("contact")
	if n != nil {
		r.Contact = l.contact(n)
		if r.Contact == nil {
			return
		}
	}
	for _, a := range scope {
		switch {
		case r.Contact != nil && r.Contact.In(a.ID) == 0:
			l.fail(n, "the account %s, %s, has no contact %s", quote(a.Name), which, quote(r.Contact.Text)).
				hint("add it to contacts of that account, or narrow the rule with account in its match")
		case r.Contact == nil && a.Contacts["default"] == 0:
			l.fail(t.get("do"), "the account %s, %s, has no default contact to become the registrant", quote(a.Name), which).
				hint("write contact = … in this rule, or contacts = { default = … } in that [[account]]")
		}
	}
}

// checkConditions notes conditions that contradict each other, so that the rule
// could never apply.
func (l *loader) checkConditions(t *node, r *rules.Rule) {
	match := t.get("match")
	expires, lapsed := match.get("expires_within"), match.get("lapsed_within")
	if expires != nil && lapsed != nil {
		l.failKey(lapsed, `no domain is registered ("expires_within") and lapsed ("lapsed_within") at once`).
			hint("write two rules; a renew rule says with if_lapsed what to do with its lapsed domains")
	}
	states := match.get("state")
	has := func(state portfolio.DomainState) bool { return slices.Contains(r.Match.States, string(state)) }
	switch {
	case states == nil || len(r.Match.States) == 0 || r.On != portfolio.KindDomain:
	case expires != nil && !has(portfolio.DomainRegistered):
		l.fail(states, `"expires_within" is about registered domains, which this state leaves out`).hint("remove state, or add \"registered\" to it")
	case lapsed != nil && !has(portfolio.DomainExpired):
		l.fail(states, `"lapsed_within" is about lapsed domains, which this state leaves out`).hint("remove state, or add \"expired\" to it")
	}
	if r.Do == portfolio.ActionCancel && len(r.Match.States) > 0 &&
		!slices.ContainsFunc(r.Match.States, func(s string) bool { return portfolio.ChangeState(s).Open() }) {
		l.fail(states, `"cancel" acts on changes that are "new" or "pending" only, which this state leaves out`).hint("remove state, or write \"new\", \"pending\" or both")
	}
	if !l.partial && len(l.scope(r)) == 0 && len(r.Except.Accounts) > 0 {
		l.fail(t.get("except").get("account"), "this leaves the rule no account to act on").
			hint("leave one of its accounts out of except, or remove the rule")
	}
}
