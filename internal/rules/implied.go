package rules

import "domaind/internal/portfolio"

// implied says whether the match of a rule holds for all that is in a box.
func (s *shadows) implied(e *Rule, b *box) bool {
	c, m := &e.Match, &b.match
	for _, key := range []struct {
		written bool
		holds   func() bool
	}{
		{len(c.Accounts) > 0, func() bool { return subset([]int64{b.account}, c.Accounts) }},
		{len(c.States) > 0, func() bool { return subset([]string{b.phase.state}, c.States) }},
		{c.AutoRenew != nil, func() bool { return same(m.AutoRenew, c.AutoRenew) }},
		{c.Whois != nil, func() bool { return same(m.Whois, c.Whois) }},
		{c.OwnerChange != nil, func() bool { return same(m.OwnerChange, c.OwnerChange) }},
		{len(c.Sources) > 0, func() bool { return len(m.Sources) > 0 && subset(m.Sources, c.Sources) }},
		{c.Older > 0, func() bool { return m.Older > 0 && c.Older <= m.Older }},
		{len(c.Registrants) > 0, func() bool { return b.contacts(m.Registrants, c.Registrants) }},
		{len(c.Contacts) > 0, func() bool { return b.contacts(m.Contacts, c.Contacts) }},
		{!c.Expires.IsZero(), func() bool { return b.expiresWithin(e) }},
		{!c.Lapsed.IsZero(), func() bool { return b.phase.lapsed() && !m.Lapsed.IsZero() && m.Lapsed.Inside(c.Lapsed) }},
		{len(c.TLDs) > 0, func() bool { return s.underTLDs(m, c.TLDs) }},
		{len(c.Names) > 0, func() bool { return s.among(m, s.setOf(c.Names)) }},
		{len(c.Groups) > 0, func() bool { return s.among(m, s.setsOf(c.Groups)...) }},
	} {
		if key.written && !key.holds() {
			return false
		}
	}
	return true
}

// expiresWithin says whether the expires_within of a rule holds for all that is in a box.
func (b *box) expiresWithin(e *Rule) bool {
	switch {
	case b.phase.lapsed(): // what a renew rule does for its domains once they lapsed
		return e.Do == portfolio.ActionRenew && (!b.match.Expires.IsZero() || !b.match.Lapsed.IsZero())
	case b.phase.registered():
		return !b.match.Expires.IsZero() && b.match.Expires.Inside(e.Match.Expires)
	}
	return false
}

// spared says whether the except of a rule holds for nothing that is in a box: where the
// rule of the box excludes as much itself, or what it matches is something else.
func (s *shadows) spared(e *Rule, b *box) bool {
	c, m, x := &e.Except, &b.match, &b.rule.Except
	for _, key := range []struct {
		written bool
		spares  func() bool
	}{
		{len(c.Accounts) > 0, func() bool { return !subset([]int64{b.account}, c.Accounts) }},
		{len(c.States) > 0, func() bool { return !subset([]string{b.phase.state}, c.States) }},
		{c.AutoRenew != nil, func() bool { return other(m.AutoRenew, c.AutoRenew) || same(x.AutoRenew, c.AutoRenew) }},
		{c.Whois != nil, func() bool { return other(m.Whois, c.Whois) || same(x.Whois, c.Whois) }},
		{c.OwnerChange != nil, func() bool { return other(m.OwnerChange, c.OwnerChange) || same(x.OwnerChange, c.OwnerChange) }},
		{len(c.Sources) > 0, func() bool {
			return len(m.Sources) > 0 && disjoint(m.Sources, c.Sources) || subset(c.Sources, x.Sources)
		}},
		{c.Older > 0, func() bool { return x.Older > 0 && x.Older <= c.Older }},
		{len(c.Registrants) > 0, func() bool { return b.sparesContacts(m.Registrants, c.Registrants, x.Registrants) }},
		{len(c.Contacts) > 0, func() bool { return b.sparesContacts(m.Contacts, c.Contacts, x.Contacts) }},
		{!c.Expires.IsZero() && b.phase.registered(), func() bool { return !x.Expires.IsZero() && c.Expires.Inside(x.Expires) }},
		{!c.Lapsed.IsZero() && b.phase.lapsed(), func() bool { return !x.Lapsed.IsZero() && c.Lapsed.Inside(x.Lapsed) }},
		{len(c.TLDs) > 0, func() bool { return s.outsideTLDs(m, c.TLDs) || subset(c.TLDs, x.TLDs) }},
		{len(c.Names) > 0, func() bool { return s.sparesNames(m, x, c.Names) }},
		{len(c.Groups) > 0, func() bool {
			for _, g := range c.Groups {
				if !s.sparesNames(m, x, g.Patterns) {
					return false
				}
			}
			return true
		}},
	} {
		if key.written && !key.spares() {
			return false
		}
	}
	return true
}

// empty says whether nothing can be in a box, and why, as a clause; the clause is "" where
// it is only the account or the state that is another.
func (s *shadows) empty(b *box) (string, bool) {
	m, x := &b.match, &b.rule.Except
	switch {
	case len(m.Accounts) > 0 && !subset([]int64{b.account}, m.Accounts), subset([]int64{b.account}, x.Accounts),
		len(m.States) > 0 && !subset([]string{b.phase.state}, m.States):
		return "", true
	case subset([]string{b.phase.state}, x.States):
		return "its except leaves out every state in which it would have something to do", true
	case !m.Lapsed.IsZero() && !b.phase.lapsed(), !m.Expires.IsZero() && b.phase.lapsed() && b.rule.Do != portfolio.ActionRenew,
		!m.Expires.IsZero() && !b.phase.lapsed() && !b.phase.registered():
		return "", true
	case !m.Expires.IsZero() && b.phase.registered() && !x.Expires.IsZero() && m.Expires.Inside(x.Expires),
		!m.Lapsed.IsZero() && b.phase.lapsed() && !x.Lapsed.IsZero() && m.Lapsed.Inside(x.Lapsed):
		return "the dates of its except hold wherever those of its match do", true
	case m.Older > 0 && x.Older > 0 && x.Older <= m.Older:
		return "the older_than of its except holds wherever that of its match does", true
	case m.AutoRenew != nil && same(x.AutoRenew, m.AutoRenew), m.Whois != nil && same(x.Whois, m.Whois), m.OwnerChange != nil && same(x.OwnerChange, m.OwnerChange):
		return "its except says the same as its match", true
	case len(m.Sources) > 0 && subset(m.Sources, x.Sources):
		return "its except leaves out every source of its match", true
	case len(m.Registrants) > 0 && b.noContact(m.Registrants, x.Registrants), len(m.Contacts) > 0 && b.noContact(m.Contacts, x.Contacts):
		return "its accounts have none of the contacts of its match, or its except leaves them out", true
	case len(m.TLDs) > 0 && subset(m.TLDs, x.TLDs):
		return "its except leaves out every tld of its match", true
	}
	return s.nameless(m, x)
}
