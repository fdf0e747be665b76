package rules_test

import (
	"testing"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// TestCovers: as Decide has it of domains near their end, and earlier than that.
func TestCovers(t *testing.T) {
	trial := renew(45)
	trial.Mode = portfolio.ModeDryRun
	hold := rules.Rule{Name: "h", On: portfolio.KindDomain, Do: portfolio.ActionHold, Reason: "x", Match: rules.Conditions{Names: names("a.com")}}
	lapsed := domain("a.com", -3)
	lapsed.State = portfolio.DomainExpired
	hosted := domain("a.com", 300)
	hosted.State = portfolio.DomainHosted
	for _, tt := range []struct {
		name   string
		rules  []rules.Rule
		domain portfolio.DomainFacts
		want   bool
	}{
		{"now", []rules.Rule{renew(45)}, domain("a.com", 20), true},
		{"later", []rules.Rule{renew(45)}, domain("a.com", 300), true},
		{"by nobody", nil, domain("a.com", 20), false},
		{"by a trial", []rules.Rule{trial}, domain("a.com", 20), false},
		{"by a trial, later", []rules.Rule{trial}, domain("a.com", 300), false},
		{"held", []rules.Rule{hold}, domain("a.com", 300), true},
		{"another is held", []rules.Rule{hold}, domain("b.com", 300), false},
		{"lapsed, and in grace", []rules.Rule{renew(45)}, lapsed, true},
		{"lapsed, and nobody's", nil, lapsed, false},
		{"hosted", []rules.Rule{renew(45)}, hosted, false},
	} {
		if got := rules.Covers(policy(tt.rules...), &tt.domain, now); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
	if f := domain("a.com", 20); rules.Covers(policy(renew(45)), &portfolio.DomainFacts{Domain: portfolio.Domain{AccountID: 4711, State: f.State, ExpiresAt: f.ExpiresAt}}, now) {
		t.Error("of an account that is not ours")
	}
}
