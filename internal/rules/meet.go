package rules

import (
	"slices"

	"domaind/internal/portfolio"
)

// Meets says whether a renew rule may have a say about a domain that a restore rule matches
// once it lapsed. Both are given by their places. It says no only where it is sure: where
// no domain is matched by both, or other rules win all of those before the renew rule does.
func (p *Policy) Meets(renew, restore int) bool {
	r, w := &p.Rules[renew], &p.Rules[restore]
	s := &shadows{policy: p, sets: make(map[written]*nameSet), left: maxCompared}
	if tried(r) || tried(w) || !s.meet(&r.Match, &w.Match) || s.leaves(r, w) || s.leaves(w, r) {
		return false
	}
	both := *r
	both.Match = narrowed(r.Match, &w.Match)
	x, y := &both.Except, &w.Except
	x.Names, x.Groups, x.TLDs = slices.Concat(x.Names, y.Names), slices.Concat(x.Groups, y.Groups), slices.Concat(x.TLDs, y.TLDs)
	x.Accounts = slices.Concat(x.Accounts, y.Accounts)
	for _, a := range p.Accounts {
		if a.Source {
			continue
		}
		b := box{rule: &both, place: renew, account: a.ID, phase: phase{state: string(portfolio.DomainRegistered)}, match: both.Match}
		if _, empty := s.empty(&b); !empty && !s.covered(b, make(map[int]bool)) {
			return true
		}
	}
	return false
}

// narrowed is a match with the keys of another one that outlast a term. Where both name
// something, it is what the other names.
func narrowed(c Conditions, by *Conditions) Conditions {
	if len(by.Names) > 0 {
		c.Names = by.Names
	}
	if len(by.Groups) > 0 {
		c.Groups = by.Groups
	}
	if len(by.TLDs) > 0 {
		c.TLDs = by.TLDs
	}
	if len(by.Accounts) > 0 {
		c.Accounts = by.Accounts
	}
	if by.AutoRenew != nil {
		c.AutoRenew = by.AutoRenew
	}
	if by.Whois != nil {
		c.Whois = by.Whois
	}
	if len(by.Registrants) > 0 {
		c.Registrants = by.Registrants
	}
	return c
}

// meet says whether two matches may have a domain in common.
func (s *shadows) meet(a, b *Conditions) bool {
	switch {
	case len(a.Accounts) > 0 && len(b.Accounts) > 0 && disjoint(a.Accounts, b.Accounts),
		len(a.TLDs) > 0 && s.outsideTLDs(b, a.TLDs), len(b.TLDs) > 0 && s.outsideTLDs(a, b.TLDs),
		other(a.AutoRenew, b.AutoRenew), other(a.Whois, b.Whois):
		return false
	}
	for _, list := range a.named() {
		set := s.setOf(list)
		for _, them := range b.named() {
			if !slices.ContainsFunc(them, set.meets) {
				return false
			}
		}
	}
	return true
}

// leaves says whether the exception of a rule certainly leaves out all that another one
// matches.
func (s *shadows) leaves(a, b *Rule) bool {
	x, m := &a.Except, &b.Match
	left := s.leftOut(x)
	return len(m.Accounts) > 0 && subset(m.Accounts, x.Accounts) || len(x.TLDs) > 0 && s.underTLDs(m, x.TLDs) ||
		len(left) > 0 && s.among(m, left...) || same(x.AutoRenew, m.AutoRenew) || same(x.Whois, m.Whois)
}
