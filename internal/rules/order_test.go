package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// checkOrder checks what the order of a policy's rules means for its decision about a
// resource: a hold wins wherever it stands, and an acting rule below the one that wins
// never changes the answer. The place is some number.
func checkOrder(t *testing.T, p *rules.Policy, r portfolio.Resource, at time.Time, d portfolio.Decision, place byte) {
	t.Helper()
	if d.Code == "not-ours" || d.Code == "unknown-state" {
		return
	}
	with := func(i int, rule rules.Rule) portfolio.Decision {
		q := *p
		q.Rules = slices.Insert(slices.Clone(p.Rules), i, rule)
		return rules.Decide(&q, r, at)
	}
	kind := r.Kind()
	if kind != portfolio.KindName { // which nobody holds
		i := int(place) % (len(p.Rules) + 1)
		held := with(i, rules.Rule{Name: "a-hold", On: kind, Do: portfolio.ActionHold, Reason: "x"})
		if held.Verdict != portfolio.VerdictHold && held.Verdict != portfolio.VerdictLetLapse || i == 0 && held.Rule != "a-hold" {
			t.Fatalf("a hold at %d lost: %+v", i, held)
		}
	}
	top := 0 // where an acting rule stands below the one that wins
	if d.Verdict != portfolio.VerdictHold && d.Verdict != portfolio.VerdictLetLapse {
		i := slices.IndexFunc(p.Rules, func(rule rules.Rule) bool { return rule.Name == d.Rule })
		if i < 0 || trying(p.Rules[i].Mode) {
			return
		}
		top = i + 1
	}
	for _, do := range map[portfolio.ResourceKind][]portfolio.Action{
		portfolio.KindDomain: {portfolio.ActionRenew, portfolio.ActionRestore}, portfolio.KindPush: {portfolio.ActionAccept, portfolio.ActionReject},
		portfolio.KindRegistrantChange: {portfolio.ActionCancel}, portfolio.KindName: {portfolio.ActionRegister},
	}[kind] {
		i := top + int(place)%(len(p.Rules)-top+1)
		below := with(i, rules.Rule{Name: "below", On: kind, Do: do, Years: 9, IfLapsed: portfolio.ActionRestore, Contact: &rules.Contacts{ID: 7}})
		if diff := cmp.Diff(d, below); diff != "" {
			t.Fatalf("a rule at %d that wants to %s changed the answer of one above: -without +with\n%s", i, do, diff)
		}
	}
}

// trying says whether a rule's own mode makes it a trial.
func trying(own portfolio.Mode) bool {
	return own != portfolio.ModeAct && own != portfolio.ModeAsk && own != ""
}

// TestStrictestModeWins: of the global mode, the account's and the rule's.
func TestStrictestModeWins(t *testing.T) {
	verdicts := []portfolio.Verdict{portfolio.VerdictAct, portfolio.VerdictAsk, portfolio.VerdictWouldAct}
	modes := []portfolio.Mode{portfolio.ModeAct, portfolio.ModeAsk, portfolio.ModeDryRun}
	for g, global := range modes {
		for a, account := range append(slices.Clone(modes), "") {
			for r, rule := range append(slices.Clone(modes), "") {
				first := renew(45)
				first.Mode = rule
				p := policy(first, renew(45))
				p.Mode, p.Accounts[0].Mode = global, account
				d := rules.Decide(p, domain("a.com", 12), now)
				want, wins := max(g, a%3, r%3), "rule-1"
				if trying(rule) {
					want, wins = max(g, a%3), "rule-2" // trying a rule out does not stop another
				}
				if d.Verdict != verdicts[want] || d.Mode != modes[want] || d.Rule != wins {
					t.Errorf("global %q, account %q, rule %q: %s in %s by %s, want %s by %s", global, account, rule, d.Verdict, d.Mode, d.Rule, verdicts[want], wins)
				}
				if tried := len(d.Trials) > 0; tried != (wins == "rule-2") {
					t.Errorf("global %q, account %q, rule %q: trials %v", global, account, rule, d.Trials)
				}
			}
		}
	}
}

// TestAskingHolds: a hold and an alert ask nobody, whatever their mode, and stop or tell
// all the same.
func TestAskingHolds(t *testing.T) {
	hold := rules.Rule{Do: portfolio.ActionHold, Mode: portfolio.ModeAsk, Reason: "x"}
	alert := rules.Rule{Do: portfolio.ActionAlert, Mode: portfolio.ModeAsk, Level: portfolio.LevelInfo}
	if d := rules.Decide(policy(renew(45), hold, alert), domain("a.com", 12), now); d.Verdict != portfolio.VerdictHold || len(d.Alerts) != 1 || len(d.Trials) != 0 {
		t.Errorf("got %+v", d)
	}
}
