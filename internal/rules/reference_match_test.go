package rules_test

import (
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// refTruth is the answer of a condition: a value that is not known is neither true
// nor false.
type refTruth int8

const (
	no refTruth = iota
	unknown
	yes
)

func refIs(b bool) refTruth {
	if b {
		return yes
	}
	return no
}

// refView is a resource as conditions see it: every value that a key may ask for.
type refView struct {
	now     time.Time
	account int64
	name    string // "" where it is not known
	state   string

	domain *portfolio.Domain // nil for all but domains
	lapsed bool              // the domain is expired
	// pastTerm lets expires_within hold for a lapsed domain: what a renew rule does
	// for its domains once they lapsed.
	pastTerm bool

	source  int64 // 0: not known
	contact int64
	owner   bool
	created time.Time
}

func refDomainView(d *portfolio.DomainFacts, now time.Time) refView {
	return refView{
		now: now, account: d.AccountID, name: d.Name, state: string(d.State),
		domain: &d.Domain, lapsed: d.State == portfolio.DomainExpired,
	}
}

func refPushView(p *portfolio.PushFacts, now time.Time) refView {
	return refView{now: now, account: p.AccountID, name: p.Name, source: p.SourceID, created: p.CreatedAt}
}

func refChangeView(c *portfolio.ChangeFacts, now time.Time) refView {
	return refView{
		now: now, account: c.AccountID, name: c.Name, state: string(c.State),
		contact: c.ContactID, owner: c.RegistryOwnerChange, created: c.CreatedAt,
	}
}

func refNameView(n *portfolio.NameFacts, now time.Time) refView {
	return refView{now: now, account: n.AccountID, name: n.Name}
}

// each calls f with the answer of every key that was written, cheap ones first,
// until f returns false: a case is taken, and ends the walk, where f wants no more.
func (c refConditions) each(v *refView, f func(refTruth) bool) {
	switch {
	case len(c.Accounts) > 0 && !f(refIs(slices.Contains(c.Accounts, v.account))):
	case len(c.States) > 0 && !f(refIs(slices.Contains(c.States, v.state))):
	case c.AutoRenew != nil && !f(refIs(v.domain != nil && v.domain.AutoRenew == *c.AutoRenew)):
	case c.Whois != nil && !f(refIs(v.domain != nil && v.domain.WhoisPrivacy == *c.Whois)):
	case c.OwnerChange != nil && !f(refIs(v.owner == *c.OwnerChange)):
	case len(c.Sources) > 0 && !f(c.source(v)):
	case len(c.Registrants) > 0 && !f(refIs(v.domain != nil && refAnyContact(c.Registrants, v.account, v.domain.RegistrantID))):
	case len(c.Contacts) > 0 && !f(refIs(refAnyContact(c.Contacts, v.account, v.contact))):
	case c.Older > 0 && !f(c.older(v)):
	case len(c.TLDs) > 0 && !f(refNamed(v, func() bool { return slices.Contains(c.TLDs, portfolio.TLD(v.name)) })):
	case len(c.Names) > 0 && !f(refNamed(v, func() bool { return refMatchAny(c.Names, v.name) })):
	case len(c.Groups) > 0 && !f(refNamed(v, func() bool { return refInAny(c.Groups, v.name) })):
	case !c.Expires.IsZero() && !f(refIs(c.expiresWithin(v))):
	case !c.Lapsed.IsZero() && !f(refIs(c.lapsedWithin(v))):
	}
}

// all says whether every key holds.
func (c refConditions) all(v *refView) refTruth {
	answer := yes
	c.each(v, func(t refTruth) bool {
		answer = min(answer, t)
		return answer != no
	})
	return answer
}

// some says whether any key holds.
func (c refConditions) some(v *refView) refTruth {
	answer := no
	c.each(v, func(t refTruth) bool {
		answer = max(answer, t)
		return answer != yes
	})
	return answer
}

func (c refConditions) source(v *refView) refTruth {
	if v.source == 0 {
		return unknown
	}
	return refIs(slices.Contains(c.Sources, v.source))
}

func (c refConditions) older(v *refView) refTruth {
	if v.created.IsZero() {
		return unknown
	}
	return refIs(v.now.Sub(v.created) > c.Older)
}

// expiresWithin: registered, and the expiration is at most that far ahead.
func (c refConditions) expiresWithin(v *refView) bool {
	if v.domain == nil || v.domain.ExpiresAt.IsZero() {
		return false
	}
	if v.lapsed {
		return v.pastTerm
	}
	return v.domain.State == portfolio.DomainRegistered && !v.domain.ExpiresAt.After(c.Expires.After(v.now))
}

// lapsedWithin: lapsed, at most that long ago.
func (c refConditions) lapsedWithin(v *refView) bool {
	return v.lapsed && !v.domain.ExpiresAt.IsZero() && !v.domain.ExpiresAt.Before(c.Lapsed.Before(v.now))
}

func refNamed(v *refView, holds func() bool) refTruth {
	if v.name == "" {
		return unknown
	}
	return refIs(holds())
}

func refMatchAny(patterns []rules.Pattern, name string) bool {
	for _, p := range patterns {
		if refPattern(p, name) {
			return true
		}
	}
	return false
}

func refInAny(groups []rules.Group, name string) bool {
	for _, g := range groups {
		if refMatchAny(g.Patterns, name) {
			return true
		}
	}
	return false
}

func refAnyContact(contacts []rules.Contacts, account, id int64) bool {
	if id == 0 {
		return false
	}
	for _, c := range contacts {
		if c.In(account) == id {
			return true
		}
	}
	return false
}

type refConditions struct{ *rules.Conditions }

func refPattern(p rules.Pattern, name string) bool {
	if !p.Wild() {
		return p.String() == name
	}
	return refWildcard(p.String(), name)
}

// refWildcard is the usual backtracking match: on a mismatch it goes back to the
// last star only, so it cannot grow exponentially.
func refWildcard(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == '*' {
		i++
	}
	return i == len(pattern)
}
