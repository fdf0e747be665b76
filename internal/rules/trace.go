package rules

import (
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// Truth is what a condition, or a whole rule, comes to: a value that is not known makes
// it neither true nor false.
type Truth string

// The truths.
const (
	TruthYes     Truth = "yes"
	TruthNo      Truth = "no"
	TruthUnknown Truth = "unknown"
)

func (t truth) said() Truth { return [...]Truth{no: TruthNo, unknown: TruthUnknown, yes: TruthYes}[t] }

// Role is what a rule has to do with a decision.
type Role string

// The roles of rules.
const (
	RoleWins   Role = "wins"   // it is what the decision says
	RoleBeaten Role = "beaten" // it matches, and another one wins
	RoleAlerts Role = "alerts" // people are told
	RoleTried  Role = "tried"  // it matches, and is only tried out
	RoleLater  Role = "later"  // it will match at a later moment, or for a name that will be free
	RoleUnsure Role = "unsure" // nobody knows whether it matches
	RoleNone   Role = "none"   // it has nothing to do with it
)

// Trace is how a decision came about: every rule of the resource's kind, as it was
// looked at. Both lists are in the order of the policy.
type Trace struct {
	Decision portfolio.Decision
	Holds    []RuleTrace // holds and let-lapses: they win wherever they stand
	Rules    []RuleTrace // all others
}

// RuleTrace is one rule as it was looked at.
type RuleTrace struct {
	Rule    string           `json:"rule"`
	RuleAt  string           `json:"rule_at"`
	Place   int              `json:"place"` // among the policy's rules, from 0
	Do      portfolio.Action `json:"do"`    // as it is written
	Does    portfolio.Action `json:"does"`  // in the phase that the resource is in; "": nothing
	Mode    portfolio.Mode   `json:"mode"`  // the strictest of the policy's, the account's and its own
	Matches Truth            `json:"matches"`
	Role    Role             `json:"role"`
	Says    string           `json:"says"` // what follows from it, as a clause
	Match   []Condition      `json:"match"`
	Except  []Condition      `json:"except"`
	Until   *time.Time       `json:"until"`          // the first moment that it no longer holds; null: for good
	From    *time.Time       `json:"from,omitempty"` // of one whose date keeps it from matching: when it will
}

// Over says whether a rule has run out at a moment.
func (t RuleTrace) Over(now time.Time) bool { return t.Until != nil && !now.Before(*t.Until) }

// Condition is one key of a match or an except.
type Condition struct {
	Key   string `json:"key"`
	Wants string `json:"wants"` // as the policy says it
	Saw   string `json:"saw"`   // the value, as a clause
	Truth Truth  `json:"truth"`
}

// Explain decides as [Decide] does, and tells how: which rules were looked at, what each
// of their conditions saw, and what became of them. Of a resource that no rule is looked
// at for, the decision alone tells why.
func Explain(p *Policy, r portfolio.Resource, now time.Time) Trace {
	t := Trace{Decision: Decide(p, r, now), Holds: []RuleTrace{}, Rules: []RuleTrace{}}
	id, _, _ := r.Ident()
	a, ok := p.account(id)
	if !ok || a.Source {
		return t
	}
	e := explainer{judge: judge{policy: p, rules: p.program(), account: a, base: portfolio.Strictest(p.Mode, a.Mode), now: now}}
	var steps []step
	switch f := r.(type) {
	case portfolio.DomainFacts:
		if !f.State.Known() {
			return t
		}
		e.view, e.domain, steps = domainView(&f, now), &f, e.rules.domains
		e.action = func(r *Rule) portfolio.Action { return lifecycle(&f, r) }
	case portfolio.PushFacts:
		e.view, e.push, steps = pushView(&f, now), &f, e.rules.pushes
		e.action = acceptable(&f)
	case portfolio.ChangeFacts:
		if !f.State.Known() {
			return t
		}
		e.view, e.change, steps = changeView(&f, now), &f, e.rules.changes
		e.action = cancellable(&f)
	case portfolio.NameFacts:
		e.view, e.name, steps = nameView(&f, now), &f, e.rules.watched
		e.action = func(r *Rule) portfolio.Action { return r.Do }
	default:
		return t
	}
	e.outcome = e.look(steps, &e.view, e.action)
	if e.push != nil {
		e.handover()
	}
	for i := range steps {
		rule := e.trace(&steps[i])
		if holds(rule.Do) {
			t.Holds = append(t.Holds, rule)
		} else {
			t.Rules = append(t.Rules, rule)
		}
	}
	return t
}

// explainer is a judge that tells what it sees.
type explainer struct {
	judge
	view    view
	outcome outcome
	action  actionFor
	// expected: an operator's word is above every rule.
	expected bool

	// The resource: one of them.
	domain *portfolio.DomainFacts
	push   *portfolio.PushFacts
	change *portfolio.ChangeFacts
	name   *portfolio.NameFacts
}

// handover is what [judge.push] makes of the outcome.
func (e *explainer) handover() {
	o, f := &e.outcome, e.push
	if o.winner != nil && o.do == portfolio.ActionAccept && !f.Proven() {
		o.blind, o.winner = o.winner, nil
	}
	if e.expected = f.Announced != nil && !f.Announced.Over(e.now) && o.held == nil; e.expected {
		o.winner, o.trial, o.maybe = nil, nil, nil
	}
}

// trace tells of one rule.
func (e *explainer) trace(s *step) RuleTrace {
	r := s.rule
	t := RuleTrace{
		Rule: r.Name, RuleAt: r.At, Place: s.place, Do: r.Do, Does: e.action(r), Mode: portfolio.Strictest(e.base, r.Mode),
		Match: e.conditions(&s.match, r.Do == portfolio.ActionRenew), Except: []Condition{},
	}
	if s.except != nil {
		t.Except = e.conditions(s.except, false)
	}
	if !r.Until.IsZero() {
		t.Until = &r.Until
	}
	t.Matches = e.matches(&t)
	if at := e.from(s); !at.IsZero() {
		t.From = &at
	}
	t.Role = e.role(s, &t)
	t.Says = e.says(r, &t)
	return t
}

// conditions are the keys of a test that were written, and what each saw. pastTerm is as
// in [test.allTimed].
func (e *explainer) conditions(t *test, pastTerm bool) []Condition {
	out := []Condition{}
	for _, k := range [...]key{
		keyNames, keyGroups, keyTLD, keyAccount, keyState, keyRegistrant, keyContact, keySource, keyAutoRenew, keyWhois, keyOwnerChange,
		keyOlder, keyExpires, keyLapsed,
	} {
		if t.keys&k == 0 {
			continue
		}
		var answer truth
		switch k {
		case keyExpires:
			answer = is(t.expiresWithin(&e.view, pastTerm))
		case keyLapsed:
			answer = is(t.lapsedWithin(&e.view))
		default:
			answer = t.ask(k, &e.view)
		}
		c := e.condition(k, t.of, answer, pastTerm)
		c.Truth = answer.said()
		out = append(out, c)
	}
	return out
}

// matches is what a rule's conditions come to: all of its match, and none of its except.
// What changes something needs to know of every exception that it does not hold.
func (e *explainer) matches(t *RuleTrace) Truth {
	if t.Over(e.now) || t.Does == "" {
		return TruthNo
	}
	matched, excluded := TruthYes, TruthNo
	for _, c := range t.Match {
		if c.Truth == TruthNo {
			return TruthNo
		}
		if c.Truth == TruthUnknown {
			matched = TruthUnknown
		}
	}
	for _, c := range t.Except {
		if c.Truth == TruthYes {
			return TruthNo
		}
		if c.Truth == TruthUnknown {
			excluded = TruthUnknown
		}
	}
	if excluded == TruthUnknown && changes(t.Does) {
		return TruthUnknown
	}
	return matched
}

// from is when a rule matches that only its date keeps from a domain now, before the
// domain expires; zero where it does not.
func (e *explainer) from(s *step) time.Time {
	if !slices.Contains(slices.Collect(e.outcome.early.all), s) {
		return time.Time{}
	}
	var alone few
	alone.add(s)
	_, at := e.later(&e.view, &alone)
	return at
}

// role is what a rule has to do with the decision.
func (e *explainer) role(s *step, t *RuleTrace) Role {
	r, o := s.rule, &e.outcome
	free := e.name == nil || e.name.Status == portfolio.NameFree && !e.name.FreeSince.IsZero()
	switch {
	case r == o.blind || r == o.maybe:
		return RoleUnsure
	case t.Matches == TruthUnknown:
		return RoleUnsure
	case slices.Contains(o.trials, r):
		return RoleTried
	case t.Matches == TruthYes && !free:
		return RoleLater
	case slices.Contains(o.alerts, r):
		return RoleAlerts
	case r == o.held || r == o.winner && o.held == nil:
		return RoleWins
	case t.Matches == TruthYes:
		return RoleBeaten
	case t.From != nil:
		return RoleLater
	}
	return RoleNone
}
