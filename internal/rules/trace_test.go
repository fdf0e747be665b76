package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// inOrder are the rules of a trace as the policy has them.
func inOrder(t rules.Trace) []rules.RuleTrace {
	all := slices.Concat(t.Holds, t.Rules)
	slices.SortFunc(all, func(a, b rules.RuleTrace) int { return a.Place - b.Place })
	return all
}

// concluded is what follows from the conditions of a trace, for somebody who knows how
// rules are weighed and has not seen the decision.
type concluded struct {
	Rule   string
	Do     portfolio.Action
	Alerts []string
	Trials []string
}

func conclude(t rules.Trace) (c concluded) {
	var held, winner, trial *rules.RuleTrace
	blind := false // the first that acts accepts what is not proven: config lets no rule be so
	for _, r := range inOrder(t) {
		if r.Matches != rules.TruthYes {
			continue
		}
		if f, ok := t.Decision.Resource.(portfolio.PushFacts); ok && r.Does == portfolio.ActionAccept && !f.Proven() && r.Role != rules.RoleTried {
			blind = blind || winner == nil
			continue // nothing unproven is accepted
		}
		hold := r.Does == portfolio.ActionHold || r.Does == portfolio.ActionLetLapse
		switch {
		case r.Role == rules.RoleTried:
			c.Trials = append(c.Trials, r.Rule)
			if trial == nil && !hold && r.Does != portfolio.ActionAlert {
				trial = &r
			}
		case r.Does == portfolio.ActionAlert:
			c.Alerts = append(c.Alerts, r.Rule)
		case hold && held == nil:
			held = &r
		case !hold && winner == nil && !blind:
			winner = &r
		}
	}
	if f, ok := t.Decision.Resource.(portfolio.PushFacts); ok && f.Announced != nil && held == nil {
		c.Do = portfolio.ActionAccept
		return c
	}
	for _, r := range []*rules.RuleTrace{held, winner, trial} {
		if r != nil {
			c.Rule, c.Do = r.Rule, r.Does
			break
		}
	}
	return c
}

// decided is the same of a decision.
func decided(d portfolio.Decision) (c concluded) {
	c.Rule, c.Do = d.Rule, d.Do
	for _, a := range d.Alerts {
		if a.Rule != "" && a.Rule != d.Rule { // not of nobody's rule, nor that of a hold which ends
			c.Alerts = append(c.Alerts, a.Rule)
		}
	}
	for _, text := range d.Trials {
		name, _, _ := strings.Cut(text, " (dry-run)")
		c.Trials = append(c.Trials, name)
	}
	return c
}

// checkTrace checks that a trace tells how the decision came about.
func checkTrace(p *rules.Policy, r portfolio.Resource, at time.Time) error {
	t, d := rules.Explain(p, r, at), rules.Decide(p, r, at)
	if diff := cmp.Diff(d, t.Decision); diff != "" {
		return fmt.Errorf("another decision: -Decide +Explain\n%s", diff)
	}
	all := inOrder(t)
	if len(all) == 0 {
		if d.Rule != "" {
			return fmt.Errorf("no rule is told of, and %s decided", d.Rule)
		}
		return nil
	}
	kind := 0
	for i := range p.Rules {
		if rule := &p.Rules[i]; rule.On == r.Kind() {
			if told := all[kind]; told.Rule != rule.Name || told.Place != i || told.Do != rule.Do {
				return fmt.Errorf("rule %d is told of as %+v", i, told)
			}
			if err := checkConditions(rule, all[kind]); err != nil {
				return err
			}
			kind++
		}
	}
	if kind != len(all) {
		return fmt.Errorf("%d of %d rules are told of", len(all), kind)
	}
	if f, ok := r.(portfolio.NameFacts); ok && (f.Status != portfolio.NameFree || f.FreeSince.IsZero()) {
		return nil // nothing is decided before it is free
	}
	if diff := cmp.Diff(conclude(t), decided(d)); diff != "" {
		return fmt.Errorf("the conditions do not lead to the decision: -trace +decision\n%s\n%+v", diff, all)
	}
	return checkRoles(all, d)
}

// checkConditions checks that every key that was written is told of, once, and that what
// is seen is what it comes to.
func checkConditions(rule *rules.Rule, told rules.RuleTrace) error {
	for _, list := range [][]rules.Condition{told.Match, told.Except} {
		seen := make(map[string]bool)
		for _, c := range list {
			if c.Key == "" || c.Saw == "" || c.Truth == "" || seen[c.Key] {
				return fmt.Errorf("%s: %+v", told.Rule, c)
			}
			seen[c.Key] = true
			none := c.Saw == "it is in none of them"
			if (c.Key == "name" || c.Key == "names" || c.Key == "group") && none != (c.Truth == rules.TruthNo) {
				return fmt.Errorf("%s: %+v, and it says %s", told.Rule, c, c.Truth)
			}
		}
	}
	for key, written := range map[string]bool{
		"group": len(rule.Match.Groups) > 0, "tld": len(rule.Match.TLDs) > 0, "expires_within": !rule.Match.Expires.IsZero(), "state": len(rule.Match.States) > 0,
		"source": len(rule.Match.Sources) > 0, "contact": len(rule.Match.Contacts) > 0, "registrant": len(rule.Match.Registrants) > 0,
	} {
		if slices.ContainsFunc(told.Match, func(c rules.Condition) bool { return c.Key == key }) != written {
			return fmt.Errorf("%s: %q is told of: %v", told.Rule, key, !written)
		}
	}
	if told.Says == "" || told.Role == "" || told.Matches == "" {
		return fmt.Errorf("nothing is said of %+v", told)
	}
	return nil
}

// checkRoles checks what each rule is said to have had to do with the decision.
func checkRoles(all []rules.RuleTrace, d portfolio.Decision) error {
	wins := 0
	for _, r := range all {
		switch r.Role {
		case rules.RoleWins:
			if wins++; r.Rule != d.Rule || r.Does != d.Do {
				return fmt.Errorf("%s wins, and %q decided", r.Rule, d.Rule)
			}
		case rules.RoleAlerts:
			if !slices.ContainsFunc(d.Alerts, func(a portfolio.Alert) bool { return a.Rule == r.Rule }) {
				return fmt.Errorf("%s tells nobody", r.Rule)
			}
		case rules.RoleLater:
			if r.From == nil {
				return fmt.Errorf("nobody knows when the turn of %s comes", r.Rule)
			}
		case rules.RoleNone:
			if r.Matches == rules.TruthYes {
				return fmt.Errorf("%s matches, and has nothing to do with it", r.Rule)
			}
		}
	}
	tried := slices.ContainsFunc(all, func(r rules.RuleTrace) bool { return r.Role == rules.RoleTried && r.Rule == d.Rule })
	if want := d.Rule != "" && !tried; want != (wins == 1) {
		return fmt.Errorf("%d rules win, and %q decided", wins, d.Rule)
	}
	return nil
}

func TestExplainIsDecide(t *testing.T) {
	in, roles := zones(t), make(map[rules.Role]int)
	check := func(seed uint64) error {
		c := newCrowd(seed)
		p := c.policy(in[c.IntN(len(in))])
		for range 10 {
			at := now.AddDate(0, 0, c.IntN(300)).In(in[c.IntN(len(in))])
			shown := c.resources(at)
			if f, ok := shown[1].(portfolio.PushFacts); ok {
				f.Announced = announcement(true, true, at)
				shown = append(shown, f)
			}
			for _, r := range shown {
				if err := checkTrace(p, r, at); err != nil {
					return fmt.Errorf("seed %d: %+v at %s: %w", seed, r, at, err)
				}
				for _, rule := range inOrder(rules.Explain(p, r, at)) {
					roles[rule.Role]++
				}
			}
		}
		return nil
	}
	for seed := range uint64(200) {
		if err := check(seed); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []rules.Role{
		rules.RoleWins, rules.RoleBeaten, rules.RoleAlerts, rules.RoleTried, rules.RoleLater, rules.RoleUnsure, rules.RoleNone,
	} {
		if roles[role] == 0 {
			t.Errorf("no rule ever was %q: %v", role, roles)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := check(rapid.Uint64().Draw(t, "seed")); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzExplain shows arbitrary facts to generated policies: there is always a trace, and
// it leads to the decision.
func FuzzExplain(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, []byte{byte(seed), 7, 1, 200, 9, 3, byte(seed), 1, 1, 77}, "a.com", "registered", int64(12*86400))
	}
	f.Add(uint64(1), []byte(nil), "\x00*?\xff%s\x1b[2J", "frozen", int64(-1<<63))
	f.Fuzz(func(t *testing.T, seed uint64, rolls []byte, name, state string, expires int64) {
		for _, p := range []*rules.Policy{newCrowd(seed).policy(time.UTC), (&dice{left: rolls}).policy()} {
			when := time.Unix(now.Unix()+expires, 0).UTC()
			for _, r := range []portfolio.Resource{
				portfolio.DomainFacts{Domain: portfolio.Domain{ID: 1, AccountID: main, Name: name, State: portfolio.DomainState(state), ExpiresAt: when}},
				portfolio.PushFacts{Push: portfolio.Push{ID: 2, AccountID: main, CreatedAt: when}, SourceID: other * int64(seed%2), Name: name, Unproven: state},
				portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{ID: 3, AccountID: other, State: portfolio.ChangeState(state), CreatedAt: when}, Name: name},
				portfolio.NameFacts{AccountID: main, Name: name, Status: portfolio.NameStatus(state), FreeSince: when},
			} {
				if err := checkTrace(p, r, now); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
