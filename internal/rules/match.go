package rules

import (
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// truth is the answer of a condition: a value that is not known is neither true
// nor false.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// view is a resource as conditions see it: every value that a key may ask for.
type view struct {
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

func domainView(d *portfolio.DomainFacts, now time.Time) view {
	return view{
		now: now, account: d.AccountID, name: d.Name, state: string(d.State),
		domain: &d.Domain, lapsed: d.State == portfolio.DomainExpired,
	}
}

func pushView(p *portfolio.PushFacts, now time.Time) view {
	return view{now: now, account: p.AccountID, name: p.Name, source: p.SourceID, created: p.CreatedAt}
}

func changeView(c *portfolio.ChangeFacts, now time.Time) view {
	return view{
		now: now, account: c.AccountID, name: c.Name, state: string(c.State),
		contact: c.ContactID, owner: c.RegistryOwnerChange, created: c.CreatedAt,
	}
}

func nameView(n *portfolio.NameFacts, now time.Time) view {
	return view{now: now, account: n.AccountID, name: n.Name}
}

// each calls f with the answer of every key that was written, cheap ones first,
// until f returns false: a case is taken, and ends the walk, where f wants no more.
func (c *Conditions) each(v *view, f func(truth) bool) {
	switch {
	case len(c.Accounts) > 0 && !f(is(slices.Contains(c.Accounts, v.account))):
	case len(c.States) > 0 && !f(is(slices.Contains(c.States, v.state))):
	case c.AutoRenew != nil && !f(is(v.domain != nil && v.domain.AutoRenew == *c.AutoRenew)):
	case c.Whois != nil && !f(is(v.domain != nil && v.domain.WhoisPrivacy == *c.Whois)):
	case c.OwnerChange != nil && !f(is(v.owner == *c.OwnerChange)):
	case len(c.Sources) > 0 && !f(c.source(v)):
	case len(c.Registrants) > 0 && !f(is(v.domain != nil && anyContact(c.Registrants, v.account, v.domain.RegistrantID))):
	case len(c.Contacts) > 0 && !f(is(anyContact(c.Contacts, v.account, v.contact))):
	case c.Older > 0 && !f(c.older(v)):
	case len(c.TLDs) > 0 && !f(named(v, func() bool { return slices.Contains(c.TLDs, portfolio.TLD(v.name)) })):
	case len(c.Names) > 0 && !f(named(v, func() bool { return matchAny(c.Names, v.name) })):
	case len(c.Groups) > 0 && !f(named(v, func() bool { return inAny(c.Groups, v.name) })):
	case !c.Expires.IsZero() && !f(is(c.expiresWithin(v))):
	case !c.Lapsed.IsZero() && !f(is(c.lapsedWithin(v))):
	}
}

// all says whether every key holds.
func (c *Conditions) all(v *view) truth {
	answer := yes
	c.each(v, func(t truth) bool {
		answer = min(answer, t)
		return answer != no
	})
	return answer
}

// some says whether any key holds.
func (c *Conditions) some(v *view) truth {
	answer := no
	c.each(v, func(t truth) bool {
		answer = max(answer, t)
		return answer != yes
	})
	return answer
}

func (c *Conditions) source(v *view) truth {
	if v.source == 0 {
		return unknown
	}
	return is(slices.Contains(c.Sources, v.source))
}

func (c *Conditions) older(v *view) truth {
	if v.created.IsZero() {
		return unknown
	}
	return is(v.now.Sub(v.created) > c.Older)
}

// expiresWithin: registered, and the expiration is at most that far ahead.
func (c *Conditions) expiresWithin(v *view) bool {
	if v.domain == nil || v.domain.ExpiresAt.IsZero() {
		return false
	}
	if v.lapsed {
		return v.pastTerm
	}
	return v.domain.State == portfolio.DomainRegistered && !v.domain.ExpiresAt.After(c.Expires.After(v.now))
}

// lapsedWithin: lapsed, at most that long ago.
func (c *Conditions) lapsedWithin(v *view) bool {
	return v.lapsed && !v.domain.ExpiresAt.IsZero() && !v.domain.ExpiresAt.Before(c.Lapsed.Before(v.now))
}

func named(v *view, holds func() bool) truth {
	if v.name == "" {
		return unknown
	}
	return is(holds())
}

func matchAny(patterns []Pattern, name string) bool {
	for _, p := range patterns {
		if p.Match(name) {
			return true
		}
	}
	return false
}

func inAny(groups []Group, name string) bool {
	for _, g := range groups {
		if matchAny(g.Patterns, name) {
			return true
		}
	}
	return false
}

func anyContact(contacts []Contacts, account, id int64) bool {
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
