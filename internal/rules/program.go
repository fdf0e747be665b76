package rules

import (
	"time"

	"domaind/internal/portfolio"
)

// program is the rules of a policy, taken apart once so that a decision costs little:
// by what they are on, their names in one listing, the moments at which they turn.
type program struct {
	rules []Rule // that it was made of

	domains, pushes, changes, watched []step
	dateless                          []step // those of domains that have no date in their match, see [Speaks]
	names                             listing
	turns                             []turn
	reasons                           reasons
}

// step is one rule of a program.
type step struct {
	match  test
	except *test // nil where nothing is excluded
	rule   *Rule
	place  int // among the policy's rules
}

// turn is where a rule on domains may begin to match, or end to: a distance before
// the expiration, or a moment.
type turn struct {
	within Distance
	until  time.Time
}

// program is the policy's program. Two that ask for it at once may both make it;
// they are alike.
func (p *Policy) program() *program {
	if made, ok := p.made.Load().(*program); ok && made.of(p) {
		return made
	}
	made := newProgram(p.Rules)
	p.made.Store(made)
	return made
}

// of says whether the program was made of the rules that the policy has now: a copy
// of a policy may have been given others.
func (g *program) of(p *Policy) bool {
	return len(g.rules) == len(p.Rules) && (len(g.rules) == 0 || &g.rules[0] == &p.Rules[0])
}

func newProgram(rules []Rule) *program {
	g := &program{rules: rules}
	names := newLister()
	turns := make(map[turn]bool)
	for i := range rules {
		r := &rules[i]
		s := step{match: names.test(&r.Match), rule: r, place: i}
		s.match.sieve.wide(s.match.keys)
		if except := names.test(&r.Except); except.keys != 0 {
			s.except = &except
		}
		switch r.On {
		case portfolio.KindDomain:
			g.domains = append(g.domains, s)
			if s.match.keys&keysTimed == 0 {
				g.dateless = append(g.dateless, s)
			}
			for _, t := range []turn{{within: r.Match.Expires}, {until: r.Until}} {
				if t != (turn{}) && !turns[t] {
					turns[t] = true
					g.turns = append(g.turns, t)
				}
			}
		case portfolio.KindPush:
			g.pushes = append(g.pushes, s)
		case portfolio.KindRegistrantChange:
			g.changes = append(g.changes, s)
		case portfolio.KindName:
			g.watched = append(g.watched, s)
		}
	}
	g.names = names.listing
	return g
}

// test makes conditions ready.
func (l *lister) test(c *Conditions) test {
	t := test{of: c, expires: newSpan(c.Expires), lapsed: newSpan(c.Lapsed)}
	for k, written := range map[key]bool{
		keyAccount: len(c.Accounts) > 0, keyState: len(c.States) > 0, keyAutoRenew: c.AutoRenew != nil, keyWhois: c.Whois != nil,
		keyOwnerChange: c.OwnerChange != nil, keySource: len(c.Sources) > 0, keyOlder: c.Older > 0, keyTLD: len(c.TLDs) > 0,
		keyRegistrant: len(c.Registrants) > 0, keyContact: len(c.Contacts) > 0, keyNames: len(c.Names) > 0, keyGroups: len(c.Groups) > 0,
		keyExpires: !c.Expires.IsZero(), keyLapsed: !c.Lapsed.IsZero(),
	} {
		if written {
			t.keys |= k
		}
	}
	var decided key
	t.sieve, decided = l.newSieve(c)
	if len(c.Names) > 0 {
		t.names = l.add(c.Names)
		t.sieve.names |= l.bits(t.names)
	}
	for _, g := range c.Groups {
		id := l.add(g.Patterns)
		t.groups = append(t.groups, id)
		t.sieve.names |= l.bits(id)
	}
	if both := keyNames | keyGroups; t.keys&both != both && own(t.sieve.names) {
		decided |= both // as the bits are those of one key
	}
	t.asked = t.keys &^ decided &^ keysTimed
	return t
}

// excludes says whether the exception holds, but for what depends on a date.
func (s *step) excludes(v *view) truth {
	if s.except == nil {
		return no
	}
	return s.except.some(v)
}

// excludesTimed says whether the exception holds for its date.
func (s *step) excludesTimed(v *view) bool { return s.except != nil && s.except.someTimed(v) }

// timely says whether nothing about its date keeps the rule from a domain.
func (s *step) timely(v *view) bool {
	return s.match.allTimed(v, s.rule.Do == portfolio.ActionRenew) && !s.excludesTimed(v)
}
