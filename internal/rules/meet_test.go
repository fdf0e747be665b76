package rules_test

import (
	"testing"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// TestMeets: a renew rule that others stand before has no say, and one about other names
// has none either.
func TestMeets(t *testing.T) {
	named := func(ps ...string) rules.Conditions { return rules.Conditions{Names: names(ps...)} }
	restore := func(c rules.Conditions) rules.Rule {
		c.Lapsed = days(60)
		return rules.Rule{Do: portfolio.ActionRestore, Match: c}
	}
	except := func(r rules.Rule, c rules.Conditions) rules.Rule { r.Except = c; return r }
	core := rules.Conditions{Groups: []rules.Group{{Name: "core", Patterns: names("a.com", "*.net")}}}
	for name, tt := range map[string]struct {
		rules          []rules.Rule
		renew, restore int
		want           bool
	}{
		"all":                       {[]rules.Rule{renew(45), restore(rules.Conditions{})}, 0, 1, true},
		"a group of all":            {[]rules.Rule{renew(45), restore(core)}, 0, 1, true},
		"behind a rule of its own":  {[]rules.Rule{renew(45, core), renew(30), restore(core)}, 1, 2, false},
		"behind one that is later":  {[]rules.Rule{renew(30, core), renew(45), restore(core)}, 1, 2, true},
		"held":                      {[]rules.Rule{renew(45), restore(core), {Do: portfolio.ActionHold, Reason: "x", Match: core}}, 0, 1, false},
		"other names":               {[]rules.Rule{renew(45, named("b.*")), restore(named("a.com"))}, 0, 1, false},
		"names and a group":         {[]rules.Rule{renew(45, named("b.net")), restore(core)}, 0, 1, true},
		"other tlds":                {[]rules.Rule{renew(45, rules.Conditions{TLDs: []string{"com"}}), restore(rules.Conditions{TLDs: []string{"net"}})}, 0, 1, false},
		"other accounts":            {[]rules.Rule{renew(45, rules.Conditions{Accounts: []int64{main}}), restore(rules.Conditions{Accounts: []int64{other}})}, 0, 1, false},
		"the renewal excepts them":  {[]rules.Rule{except(renew(45), named("a.*")), restore(named("a.com"))}, 0, 1, false},
		"the restore excepts them":  {[]rules.Rule{renew(45, named("a.com")), except(restore(rules.Conditions{}), named("a.*"))}, 0, 1, false},
		"between them they do":      {[]rules.Rule{except(renew(45), named("a.*")), except(restore(core), named("*.net"))}, 0, 1, false},
		"the restore is tried out":  {[]rules.Rule{renew(45), {Do: portfolio.ActionRestore, Mode: "dry-run", Match: rules.Conditions{Lapsed: days(9)}}}, 0, 1, false},
		"auto-renewal on, and off":  {[]rules.Rule{renew(45, rules.Conditions{AutoRenew: new(true)}), restore(rules.Conditions{AutoRenew: new(false)})}, 0, 1, false},
		"registered, then expired":  {[]rules.Rule{renew(45, rules.Conditions{States: []string{"registered"}}), restore(rules.Conditions{States: []string{"expired"}})}, 0, 1, true},
		"one account renews before": {[]rules.Rule{renew(45, rules.Conditions{Accounts: []int64{main}}), renew(45), restore(rules.Conditions{})}, 1, 2, true},
	} {
		if got := policy(tt.rules...).Meets(tt.renew, tt.restore); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
