package rules_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

func ruleNames(all []*rules.Rule) (out []string) {
	for _, r := range all {
		out = append(out, r.Name)
	}
	return out
}

func TestContenders(t *testing.T) {
	until := func(r rules.Rule, at time.Time) rules.Rule { r.Until = at; return r }
	hold := rules.Rule{Name: "hold", Do: portfolio.ActionHold, Reason: "why", Match: rules.Conditions{Names: names("held.com")}}
	lapse := rules.Rule{Name: "lapse", Do: portfolio.ActionLetLapse, Reason: "why", Match: rules.Conditions{Names: names("held.com")}}
	crown := renew(45, rules.Conditions{Names: names("crown.com", "held.com")})
	crown.Name = "crown"
	rest := renew(30)
	rest.Name = "default"
	trial := renew(60)
	trial.Name, trial.Mode = "trial", portfolio.ModeDryRun
	tell := rules.Rule{Name: "tell", Do: portfolio.ActionAlert}
	gone := until(rules.Rule{Name: "gone", Do: portfolio.ActionHold, Reason: "why"}, now)
	accept := rules.Rule{Name: "accept", On: portfolio.KindPush, Do: portfolio.ActionAccept}
	reject := rules.Rule{Name: "reject", On: portfolio.KindPush, Do: portfolio.ActionReject}
	p := policy(trial, tell, crown, rest, gone, lapse, hold, accept, reject)
	for _, tt := range []struct {
		r    portfolio.Resource
		want []string
	}{
		{domain("crown.com", 20), []string{"crown", "default"}},
		{domain("crown.com", 40), []string{"crown"}},
		{domain("held.com", 20), []string{"lapse", "hold", "crown", "default"}},
		{domain("any.com", 50), nil}, // it is only tried out
		{domain("any.com", 200), nil},
		{portfolio.PushFacts{Push: portfolio.Push{ID: 1, AccountID: main}, SourceID: desk, Name: "a.com"}, []string{"accept", "reject"}},
		{portfolio.PushFacts{Push: portfolio.Push{ID: 1, AccountID: main}, Unproven: "nobody has it"}, nil},
	} {
		if got := ruleNames(rules.Contenders(p, tt.r, now)); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.r, got, tt.want)
		}
	}
}

// TestContendersAgree: who wins is who Decide says, and without those that come before it
// each of the others would win in its turn.
func TestContendersAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCrowd(rapid.Uint64().Draw(t, "seed"))
		p := c.policy(time.UTC)
		for _, r := range c.resources(now) {
			if f, ok := r.(portfolio.PushFacts); ok && !f.Proven() {
				continue // what may match counts there, too
			}
			contest(t, p, r)
		}
	})
}

func contest(t *rapid.T, p *rules.Policy, r portfolio.Resource) {
	all := rules.Contenders(p, r, now)
	d := rules.Decide(p, r, now)
	wins := slices.ContainsFunc(p.Rules, func(rule rules.Rule) bool { return rule.Name == d.Rule && !trying(rule.Mode) })
	if !wins && len(all) > 0 || wins && (len(all) == 0 || all[0].Name != d.Rule) {
		t.Fatalf("%+v: %q contend, and Decide says %+v", r, ruleNames(all), d)
	}
	left := *p
	for i, rule := range all {
		d := rules.Decide(&left, r, now)
		if d.Rule != rule.Name {
			t.Fatalf("%+v: %q is next of %q, and Decide says %+v", r, rule.Name, ruleNames(all[i:]), d)
		}
		left.Rules = slices.DeleteFunc(slices.Clone(left.Rules), func(r rules.Rule) bool { return r.Name == rule.Name })
	}
	if d := rules.Decide(&left, r, now); len(all) > 0 && len(rules.Contenders(&left, r, now)) > 0 {
		t.Fatalf("%+v: one is missing in %q: %+v", r, ruleNames(all), d)
	}
}

func TestCensus(t *testing.T) {
	group := func(name string, patterns ...string) rules.Group {
		return rules.Group{Name: name, Patterns: names(patterns...)}
	}
	core, shops, none, wild := group("core", "a.com", "b.com"), group("shops", "shop-*.com", "x.com"), group("none", "nowhere.com"), group("wild", "*.example")
	first := renew(30, rules.Conditions{Groups: []rules.Group{core, none}})
	first.Except = rules.Conditions{Groups: []rules.Group{wild}}
	second := rules.Rule{On: portfolio.KindPush, Do: portfolio.ActionReject, Match: rules.Conditions{Groups: []rules.Group{none, shops}}}
	p := policy(first, second, renew(20, rules.Conditions{Groups: []rules.Group{none}}))
	idle := func(seen ...string) string {
		c := rules.NewCensus(p)
		for _, name := range seen {
			c.See(name)
		}
		return fmt.Sprint(c.Idle())
	}
	for _, tt := range []struct{ got, want string }{
		{idle(), "[{core [rule-1]} {none [rule-1 rule-2 rule-3]} {wild [rule-1]} {shops [rule-2]}]"},
		{idle("", "other.com"), "[{core [rule-1]} {none [rule-1 rule-2 rule-3]} {wild [rule-1]} {shops [rule-2]}]"},
		{idle("b.com", "shop-1.com", "shop-2.com"), "[{none [rule-1 rule-2 rule-3]} {wild [rule-1]}]"},
		{idle("x.com", "a.example", "nowhere.com"), "[{core [rule-1]}]"},
		{idle("x.com", "a.example", "nowhere.com", "a.com"), "[]"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s, want %s", tt.got, tt.want)
		}
	}
}

// TestCensusAgrees: a group is idle where a rule that names it alone matches nothing.
func TestCensusAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newCrowd(rapid.Uint64().Draw(t, "seed"))
		p := c.policy(time.UTC)
		census := rules.NewCensus(p)
		var seen []string
		for range c.IntN(20) {
			name := c.name()
			seen = append(seen, name)
			census.See(name)
		}
		idle := make(map[string]bool)
		for _, g := range census.Idle() {
			idle[g.Name] = true
		}
		for _, r := range p.Rules {
			for _, g := range slices.Concat(r.Match.Groups, r.Except.Groups) {
				has := slices.ContainsFunc(seen, func(name string) bool { return name != "" && refMatchAny(g.Patterns, name) })
				if has == idle[g.Name] {
					t.Fatalf("group %s %v: %q: idle %v", g.Name, g.Patterns, seen, idle[g.Name])
				}
			}
		}
	})
}
