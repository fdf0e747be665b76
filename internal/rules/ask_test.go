package rules_test

import (
	"testing"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// A rule that asks wins like one that acts: the search ends with it, and its domain is
// covered. Only a stricter mode above it makes it something that is tried out.
func TestRuleThatAsks(t *testing.T) {
	asks := renew(45)
	asks.Mode = portfolio.ModeAsk
	for _, tc := range []struct {
		mode    portfolio.Mode
		verdict portfolio.Verdict
		is      portfolio.Mode
	}{
		{portfolio.ModeAct, portfolio.VerdictAsk, portfolio.ModeAsk},
		{portfolio.ModeAsk, portfolio.VerdictAsk, portfolio.ModeAsk},
		{portfolio.ModeDryRun, portfolio.VerdictWouldAct, portfolio.ModeDryRun},
	} {
		p := policy(asks, renew(45))
		p.Mode = tc.mode
		d := rules.Decide(p, domain("a.com", 12), now)
		if d.Verdict != tc.verdict || d.Mode != tc.is || d.Rule != "rule-1" || len(d.Trials) != 0 || len(d.Alerts) != 0 {
			t.Errorf("in %s: %s by %s in %s, trials %v, alerts %+v", tc.mode, d.Verdict, d.Rule, d.Mode, d.Trials, d.Alerts)
		}
	}
	hold := rules.Rule{Do: portfolio.ActionHold, Mode: portfolio.ModeAsk, Reason: "a lawsuit"}
	if d := rules.Decide(policy(renew(45), hold), domain("a.com", 12), now); d.Verdict != portfolio.VerdictHold {
		t.Errorf("a hold that asks does not hold: %s", d.Verdict)
	}
}
