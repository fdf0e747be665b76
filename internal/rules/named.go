package rules

import (
	"slices"

	"domaind/internal/portfolio"
)

// nameSet is a list of names and patterns, ready to be asked whether it has others in it.
type nameSet struct {
	of   written
	full map[string]bool
	wild []Pattern
}

// setOf is the set of a list. A group is made ready once.
func (s *shadows) setOf(patterns []Pattern) *nameSet {
	at := writtenAt(patterns)
	if set, ok := s.sets[at]; ok {
		return set
	}
	set := &nameSet{of: at, full: make(map[string]bool)}
	for _, p := range patterns {
		if p.wild {
			set.wild = append(set.wild, p)
		} else {
			set.full[p.text] = true
		}
	}
	s.sets[at] = set
	return set
}

// writtenAt is where patterns are.
func writtenAt(patterns []Pattern) written {
	at := written{n: len(patterns)}
	if at.n > 0 {
		at.first = &patterns[0]
	}
	return at
}

func (s *shadows) setsOf(groups []Group) []*nameSet {
	sets := make([]*nameSet, 0, len(groups))
	for _, g := range groups {
		sets = append(sets, s.setOf(g.Patterns))
	}
	return sets
}

// has says whether every name that fits p is in the set.
func (n *nameSet) has(p Pattern) bool {
	if !p.wild && n.full[p.text] {
		return true
	}
	return slices.ContainsFunc(n.wild, func(q Pattern) bool { return q.Contains(p) })
}

// meets says whether a name may fit p and be in the set: it says no only where it is sure.
func (n *nameSet) meets(p Pattern) bool {
	if !p.wild {
		return n.full[p.text] || slices.ContainsFunc(n.wild, func(q Pattern) bool { return q.Match(p.text) })
	}
	for name := range n.full {
		if p.Match(name) {
			return true
		}
	}
	return slices.ContainsFunc(n.wild, p.meets)
}

// Contains says whether every name that fits q certainly fits p as well.
func (p Pattern) Contains(q Pattern) bool {
	if !p.wild {
		return p.text == q.text
	}
	// What is read as a name here has stars in it: only a star takes one in.
	star, mark, i, j := -1, 0, 0, 0
	for j < len(q.text) {
		switch {
		case i < len(p.text) && p.text[i] == '*':
			star, mark = i, j
			i++
		case i < len(p.text) && (p.text[i] == '?' && q.text[j] != '*' || p.text[i] == q.text[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p.text) && p.text[i] == '*' {
		i++
	}
	return i == len(p.text)
}

// meets says whether a name may fit both patterns: it says no only where their beginnings
// or their ends differ.
func (p Pattern) meets(q Pattern) bool {
	a, b := p.text, q.text
	for i := 0; i < len(a) && i < len(b) && a[i] != '*' && b[i] != '*'; i++ {
		if a[i] != b[i] && a[i] != '?' && b[i] != '?' {
			return false
		}
	}
	for i, j := len(a)-1, len(b)-1; i >= 0 && j >= 0 && a[i] != '*' && b[j] != '*'; i, j = i-1, j-1 {
		if a[i] != b[j] && a[i] != '?' && b[j] != '?' {
			return false
		}
	}
	return true
}

// named are the lists of a match: a name must be in each.
func (c *Conditions) named() [][]Pattern {
	var lists [][]Pattern
	if len(c.Names) > 0 {
		lists = append(lists, c.Names)
	}
	if len(c.Groups) == 1 {
		lists = append(lists, c.Groups[0].Patterns)
	} else if len(c.Groups) > 1 {
		var all []Pattern
		for _, g := range c.Groups {
			all = append(all, g.Patterns...)
		}
		lists = append(lists, all)
	}
	return lists
}

// underAny is the pattern of all names under a tld; false for what is none.
func underAny(tld string) (Pattern, bool) {
	p, err := NewPattern("*." + tld)
	return p, err == nil && tld != ""
}

// among says whether every name that a match allows is in one of the sets.
func (s *shadows) among(m *Conditions, sets ...*nameSet) bool {
	in := func(p Pattern) bool { return slices.ContainsFunc(sets, func(set *nameSet) bool { return set.has(p) }) }
	within := func(list []Pattern) bool {
		at := writtenAt(list) // the same group, most likely
		return slices.ContainsFunc(sets, func(set *nameSet) bool { return set.of == at }) || all(list, in)
	}
	switch {
	case len(m.Names) > 0 && within(m.Names):
		return true
	case len(m.Groups) > 0 && all(m.Groups, func(g Group) bool { return within(g.Patterns) }):
		return true
	}
	return len(m.TLDs) > 0 && all(m.TLDs, func(tld string) bool {
		p, ok := underAny(tld)
		return ok && in(p)
	})
}

// underTLDs says whether every name that a match allows is under one of the tlds.
func (s *shadows) underTLDs(m *Conditions, tlds []string) bool {
	if len(m.TLDs) > 0 && subset(m.TLDs, tlds) {
		return true
	}
	return slices.ContainsFunc(m.named(), func(list []Pattern) bool {
		return all(list, func(p Pattern) bool { return !p.wild && slices.Contains(tlds, portfolio.TLD(p.text)) })
	})
}

// outsideTLDs says whether no name that a match allows is under one of the tlds.
func (s *shadows) outsideTLDs(m *Conditions, tlds []string) bool {
	if len(m.TLDs) > 0 && disjoint(m.TLDs, tlds) {
		return true
	}
	return slices.ContainsFunc(m.named(), func(list []Pattern) bool {
		return all(list, func(p Pattern) bool { return !p.wild && !slices.Contains(tlds, portfolio.TLD(p.text)) })
	})
}

// sparesNames says whether no name that a match allows is among the patterns, but for what
// the exception beside it leaves out.
func (s *shadows) sparesNames(m, except *Conditions, patterns []Pattern) bool {
	set := s.setOf(patterns)
	if slices.ContainsFunc(m.named(), func(list []Pattern) bool { return all(list, func(p Pattern) bool { return !set.meets(p) }) }) {
		return true
	}
	left := s.leftOut(except)
	return all(patterns, func(p Pattern) bool { return slices.ContainsFunc(left, func(set *nameSet) bool { return set.has(p) }) })
}

// leftOut are the names that an exception leaves out.
func (s *shadows) leftOut(except *Conditions) []*nameSet {
	sets := s.setsOf(except.Groups)
	if len(except.Names) > 0 {
		sets = append(sets, s.setOf(except.Names))
	}
	return sets
}

// nameless says whether no name is left to a match, and why.
func (s *shadows) nameless(m, except *Conditions) (string, bool) {
	lists := m.named()
	for _, list := range lists {
		if len(m.TLDs) > 0 && all(list, func(p Pattern) bool { return !p.wild && !slices.Contains(m.TLDs, portfolio.TLD(p.text)) }) {
			return "none of its names has the tld that its match wants", true
		}
		if all(list, func(p Pattern) bool { return !p.wild && slices.Contains(except.TLDs, portfolio.TLD(p.text)) }) {
			return "its except leaves out every name of its match, by the tld", true
		}
	}
	if left := s.leftOut(except); len(left) > 0 && s.among(m, left...) {
		return "its except leaves out every name of its match", true
	}
	if len(m.Names) > 0 && len(m.Groups) > 0 {
		sets := s.setsOf(m.Groups)
		if all(m.Names, func(p Pattern) bool {
			return !slices.ContainsFunc(sets, func(set *nameSet) bool { return set.meets(p) })
		}) {
			return "no name is in both its name and its group", true
		}
	}
	return "", false
}
