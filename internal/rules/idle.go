package rules

import (
	"slices"

	"domaind/internal/portfolio"
)

// Idle is a rule that never does what it says, whatever happens.
type Idle struct {
	Rule *Rule
	// Because says why nothing can ever match the rule, as a clause; "" where something
	// can, and others win it all.
	Because string
	// By is the rules that win instead, in order: holds and let-lapses, which win wherever
	// they stand, and acting rules above it. Between them they win all that it matches.
	By []*Rule
	// Alerts says that it does something all the same: it tells of its lapsed domains, as
	// its if_lapsed is "alert".
	Alerts bool
}

// Idle finds the rules that can never win: those that nothing can match, and those whose
// every match is won by another. It is sure of those that it names, and does not find all.
// A rule that is tried out by its own mode stops no other, and is idle only where nothing
// can match it. Time is left out: a hold that ends stops nothing for good.
func (p *Policy) Idle() []Idle {
	s := &shadows{policy: p, sets: make(map[written]*nameSet), left: maxCompared}
	var found []Idle
	for i := range p.Rules {
		if idle, ok := s.idle(i); ok {
			found = append(found, idle)
		}
	}
	return found
}

// maxCompared bounds how often two rules are held against each other. A policy that needs
// more is not looked at to its end, and the rules behind count as rules that may win.
const maxCompared = 1 << 18

// shadows looks for rules that stand in the shadow of others. It takes what a rule may
// match apart: into boxes, one for each account and phase, and these by names and more
// where they are not inside one other rule as a whole.
type shadows struct {
	policy *Policy
	sets   map[written]*nameSet
	left   int // of maxCompared
}

// phase is where in its life a resource is: what its state says, and for a lapsed domain
// whether only a restore brings it back.
type phase struct {
	state      string
	redemption bool
}

// phasesOf are the phases of a kind of resource. In a state that nobody knows, nothing is
// ever done.
func phasesOf(on portfolio.ResourceKind) []phase {
	switch on {
	case portfolio.KindDomain:
		return []phase{
			{state: string(portfolio.DomainRegistered)},
			{state: string(portfolio.DomainExpired)},
			{state: string(portfolio.DomainExpired), redemption: true},
			{state: string(portfolio.DomainHosted)},
		}
	case portfolio.KindRegistrantChange:
		return []phase{
			{state: string(portfolio.ChangeNew)},
			{state: string(portfolio.ChangePending)},
			{state: string(portfolio.ChangeCancelling)},
			{state: string(portfolio.ChangeCancelled)},
			{state: string(portfolio.ChangeCompleted)},
		}
	}
	return []phase{{}}
}

// action is what a rule does in a phase; "" where it has nothing to do there.
func (ph phase) action(r *Rule) portfolio.Action {
	switch {
	case r.On == portfolio.KindDomain:
		return lifecycle(&portfolio.DomainFacts{Domain: portfolio.Domain{State: portfolio.DomainState(ph.state)}, Redemption: ph.redemption}, r)
	case r.Do == portfolio.ActionCancel && !portfolio.ChangeState(ph.state).Open():
		return ""
	}
	return r.Do
}

func (ph phase) lapsed() bool { return ph.state == string(portfolio.DomainExpired) }

func (ph phase) registered() bool { return ph.state == string(portfolio.DomainRegistered) }

// box is a part of what a rule may match: in one account and phase, and with conditions
// that are the rule's own or narrower.
type box struct {
	rule    *Rule
	place   int
	account int64
	phase   phase
	match   Conditions
}

// tried says whether a rule is only tried out, by its own mode, whatever the mode of the
// policy: a plan in dry-run tells what is done once that acts. One that asks is not tried
// out: it wins, and the search ends with it.
func tried(r *Rule) bool {
	mode := portfolio.Strictest(r.Mode)
	return mode != portfolio.ModeAct && mode != portfolio.ModeAsk
}

// idle looks at one rule.
func (s *shadows) idle(place int) (Idle, bool) {
	r := &s.policy.Rules[place]
	found := Idle{Rule: r}
	by := make(map[int]bool)
	because, won := "", false
	for _, a := range s.policy.Accounts {
		if a.Source {
			continue
		}
		for _, ph := range phasesOf(r.On) {
			do := ph.action(r)
			if do == "" {
				continue
			}
			b := box{rule: r, place: place, account: a.ID, phase: ph, match: r.Match}
			if why, empty := s.empty(&b); empty {
				if because == "" {
					because = why
				}
				continue
			}
			switch {
			case tried(r), r.Do == portfolio.ActionAlert:
				return Idle{}, false
			case do == portfolio.ActionAlert:
				found.Alerts = true
				continue
			case !s.covered(b, by):
				return Idle{}, false
			}
			won = true
		}
	}
	switch {
	case won:
		for i := range s.policy.Rules {
			if by[i] {
				found.By = append(found.By, &s.policy.Rules[i])
			}
		}
		if len(found.By) == 0 {
			found.Because = "its except leaves out all that it matches, one by one"
		}
	case found.Alerts:
		return Idle{}, false
	case because == "":
		found.Because = "there is no account and no state in which it has something to do"
	default:
		found.Because = because
	}
	return found, true
}

// covered says whether other rules win all that is in a box, and notes which.
func (s *shadows) covered(b box, by map[int]bool) bool {
	for _, holding := range []bool{true, false} { // who holds wins before all others
		for i := range s.policy.Rules {
			if holds(s.policy.Rules[i].Do) != holding {
				continue
			}
			if s.left--; s.left < 0 {
				return false
			}
			if s.wins(i, &b) {
				by[i] = true
				return true
			}
		}
	}
	split := false
	for part := range b.split {
		split = true
		if _, empty := s.empty(&part); !empty && !s.covered(part, by) {
			return false
		}
	}
	return split
}

// split takes a box apart, by one key; into nothing where there is no such key.
func (b *box) split(yield func(box) bool) {
	part := func(narrow func(*Conditions)) bool {
		p := *b
		narrow(&p.match)
		return yield(p)
	}
	m := &b.match
	switch {
	case len(m.Names) > 1:
		for i := range m.Names {
			if !part(func(c *Conditions) { c.Names = m.Names[i : i+1] }) {
				return
			}
		}
	case len(m.Groups) > 1 || len(m.Groups) == 1 && len(m.Groups[0].Patterns) > 1:
		for _, g := range m.Groups {
			for i := range g.Patterns {
				if !part(func(c *Conditions) { c.Groups = []Group{{Name: g.Name, Patterns: g.Patterns[i : i+1]}} }) {
					return
				}
			}
		}
	case len(m.TLDs) > 1:
		for i := range m.TLDs {
			if !part(func(c *Conditions) { c.TLDs = m.TLDs[i : i+1] }) {
				return
			}
		}
	case len(m.Sources) > 1:
		for i := range m.Sources {
			if !part(func(c *Conditions) { c.Sources = m.Sources[i : i+1] }) {
				return
			}
		}
	case b.rule.On == portfolio.KindDomain && m.AutoRenew == nil:
		for _, is := range []bool{true, false} {
			if !part(func(c *Conditions) { c.AutoRenew = &is }) {
				return
			}
		}
	}
}

// wins says whether a rule of the policy wins all that is in a box of another one.
func (s *shadows) wins(place int, b *box) bool {
	e := &s.policy.Rules[place]
	if place == b.place || e.On != b.rule.On || tried(e) {
		return false
	}
	own := b.phase.action(b.rule)
	switch do := b.phase.action(e); {
	case do == "" || do == portfolio.ActionAlert:
		return false
	case holds(do) && !holds(own): // it wins wherever it stands
	case place > b.place || holds(do) != holds(own):
		return false
	}
	if !e.Until.IsZero() && (b.rule.Until.IsZero() || b.rule.Until.After(e.Until)) {
		return false
	}
	if e.Do == portfolio.ActionAccept && b.rule.Do != portfolio.ActionAccept &&
		(len(b.match.Sources) == 0 || slices.Contains(b.match.Sources, b.account)) {
		return false // a push from the account itself is none of its business
	}
	return s.implied(e, b) && s.spared(e, b)
}
