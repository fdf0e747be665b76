package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// watched is a name with a status; a free one since yesterday.
func watched(name string, s portfolio.NameStatus) portfolio.NameFacts {
	f := portfolio.NameFacts{AccountID: main, Name: name, UnicodeName: name, Status: s, CheckedAt: now.Add(-time.Hour)}
	if s == portfolio.NameFree {
		f.FreeSince = now.AddDate(0, 0, -1).Truncate(24 * time.Hour)
	}
	return f
}

// onName is a rule on names.
func onName(do portfolio.Action, written ...string) rules.Rule {
	return rules.Rule{On: portfolio.KindName, Do: do, Match: rules.Conditions{Names: names(written...)}, Level: portfolio.LevelNotice}
}

func TestDecideName(t *testing.T) {
	const free, taken, unknown = portfolio.NameFree, portfolio.NameTaken, portfolio.NameUnknown
	with := func(r rules.Rule, f func(*rules.Rule)) rules.Rule { f(&r); return r }
	register := onName("register", "a.com")
	trial := with(register, func(r *rules.Rule) { r.Mode = "dry-run" })
	nobody := with(register, func(r *rules.Rule) {
		r.Contact = &rules.Contacts{Text: "legal", ByAccount: map[int64]int64{other: 6}}
	})
	ours := watched("a.com", taken)
	ours.Ours = true
	unseen := watched("a.com", unknown)
	unseen.CheckedAt = time.Time{}
	undated := watched("a.com", free)
	undated.FreeSince = time.Time{}
	for _, tt := range []struct {
		name    string
		rules   []rules.Rule
		facts   portfolio.NameFacts
		verdict portfolio.Verdict
		do      portfolio.Action
		rule    string
		code    string
		alerts  int
		reason  string
	}{
		{"free", []rules.Rule{register}, watched("a.com", free), "act", "register", "rule-1", "rule", 0, "first seen so on 2026-11-20"},
		{"taken", []rules.Rule{register}, watched("a.com", taken), "none", "", "", "taken", 0, "somebody has it; rule-1 registers it once it is free"},
		{"ours", []rules.Rule{register}, ours, "none", "", "", "ours", 0, "account main has it already; rule-1"},
		{"nobody knows", []rules.Rule{register}, watched("a.com", unknown), "none", "", "", "unseen", 0, "could not be looked at"},
		{"not looked at yet", []rules.Rule{register}, unseen, "none", "", "", "unseen", 0, "not looked at yet; rule-1"},
		{"a status nobody knows", []rules.Rule{register}, watched("a.com", "limbo"), "none", "", "", "unseen", 0, "nobody knows"},
		{"free, and nobody knows since when", []rules.Rule{register}, undated, "none", "", "", "unseen", 0, "nobody knows"},
		{"free, and no rule speaks of it", []rules.Rule{register}, watched("b.com", free), "none", "", "", "no-rule", 0, "no rule registers it"},
		{"the first rule wins", []rules.Rule{onName("register", "b.com"), register, register}, watched("a.com", free), "act", "register", "rule-2", "rule", 0, ""},
		{"an alert tells", []rules.Rule{onName("alert", "a.com")}, watched("a.com", free), "none", "", "", "no-rule", 1, "no rule registers it"},
		{"an alert waits", []rules.Rule{onName("alert", "a.com")}, watched("a.com", taken), "none", "", "", "taken", 0, "rule-1 tells once it is free"},
		{"an alert beside a rule that acts", []rules.Rule{register, onName("alert", "a.com")}, watched("a.com", free), "act", "register", "rule-1", "rule", 1, ""},
		{"tried out", []rules.Rule{trial}, watched("a.com", free), "would-act", "register", "rule-1", "rule", 0, ""},
		{"tried out, and taken", []rules.Rule{trial}, watched("a.com", taken), "none", "", "", "taken", 0, "rule-1 (dry-run) would register it"},
		{"a trial stops nobody", []rules.Rule{trial, register}, watched("a.com", free), "act", "register", "rule-2", "rule", 0, ""},
		{"no contact", []rules.Rule{nobody}, watched("a.com", free), "blocked", "register", "rule-1", "no-contact", 0, "account main has no contact"},
		{"no contact, tried out", []rules.Rule{with(nobody, func(r *rules.Rule) { r.Mode = "dry-run" })}, watched("a.com", free), "blocked", "register", "rule-1", "no-contact", 0, ""},
		{"another account", []rules.Rule{with(register, func(r *rules.Rule) { r.Match.Accounts = []int64{other} })}, watched("a.com", free), "none", "", "", "no-rule", 0, ""},
		{"except", []rules.Rule{with(register, func(r *rules.Rule) { r.Except.Names = names("a.*") })}, watched("a.com", free), "none", "", "", "no-rule", 0, ""},
		{"a rule on domains", []rules.Rule{renew(45)}, watched("a.com", free), "none", "", "", "no-rule", 0, ""},
		{"an account that only proves", []rules.Rule{register}, func() portfolio.NameFacts {
			f := watched("a.com", free)
			f.AccountID = desk
			return f
		}(), "none", "", "", "not-ours", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := rules.Decide(policy(tt.rules...), tt.facts, now)
			if d.Verdict != tt.verdict || d.Do != tt.do || d.Rule != tt.rule || d.Code != tt.code || len(d.Alerts) != tt.alerts ||
				d.Reason == "" || !strings.Contains(d.Reason, tt.reason) {
				t.Errorf("got %s %q by %q, %s, with %d alerts: %s", d.Verdict, d.Do, d.Rule, d.Code, len(d.Alerts), d.Reason)
			}
		})
	}
}

// TestTermsOfARegistration: what the rule says arrives, and the policy stays what it
// is whatever becomes of the decision.
func TestTermsOfARegistration(t *testing.T) {
	price := portfolio.Money(50_00)
	r := onName("register", "a.com")
	r.MaxPrice, r.Labels, r.Contact = &price, map[string]string{"team": "brand"}, &rules.Contacts{Text: "7", ID: 7}
	r.Terms = &portfolio.Terms{WhoisPrivacy: true, AutoRenew: true, Trustee: true, Attributes: map[string]string{"x-id": "4711"}}
	p := policy(r)
	for _, mode := range []portfolio.Mode{"", portfolio.ModeDryRun} {
		p.Rules[0].Mode = mode
		for range 2 {
			d := rules.Decide(p, watched("a.com", portfolio.NameFree), now)
			want := &portfolio.Terms{WhoisPrivacy: true, AutoRenew: true, Trustee: true, Attributes: map[string]string{"x-id": "4711"}}
			if diff := cmp.Diff(want, d.Terms); diff != "" || d.Contact != 7 || *d.MaxPrice != price || d.Labels["team"] != "brand" {
				t.Errorf("contact %d, %s, %v: %s", d.Contact, *d.MaxPrice, d.Labels, diff)
			}
			d.Terms.Trustee, d.Terms.Attributes["x-id"] = false, "another"
		}
	}
	// Nothing that may cost extra is asked for where the rule does not say so.
	d := rules.Decide(policy(onName("register", "a.com")), watched("a.com", portfolio.NameFree), now)
	if d.Contact != 2715 || d.Terms == nil || d.Terms.WhoisPrivacy || d.Terms.Trustee || d.Terms.AutoRenew || d.Terms.Attributes != nil {
		t.Errorf("contact %d, terms %+v", d.Contact, d.Terms)
	}
}

func TestNamesOfAPolicy(t *testing.T) {
	group := rules.Group{Name: "g", Patterns: names("c.com", "*.net", "a.com", "d.com")}
	lost := rules.Rule{On: portfolio.KindName, Do: "alert", Match: rules.Conditions{Groups: []rules.Group{group}}, Except: rules.Conditions{Names: names("d.*")}}
	elsewhere := onName("register", "e.com")
	elsewhere.Match.Accounts = []int64{other}
	both := onName("register", "f.com", "c.com")
	both.Match.Groups = []rules.Group{group}
	trial := onName("register", "g.com", "a.com")
	trial.Mode = portfolio.ModeDryRun
	p := policy(onName("register", "b.com", "a.com", "?.com", "b.com"), lost, renew(45, rules.Conditions{Names: names("owned.com")}), elsewhere, both, trial)
	for account, want := range map[int64][]string{
		main: {"b.com", "a.com", "c.com", "g.com"}, other: {"b.com", "a.com", "c.com", "e.com", "g.com"}, desk: nil, 99: nil,
	} {
		if got := p.Names(account); !slices.Equal(got, want) {
			t.Errorf("account %d watches %v, want %v", account, got, want)
		}
	}
}

// TestWatchedIsWhatARuleSpeaksOf: a name is watched where a rule on names matches it,
// and nowhere else.
func TestWatchedIsWhatARuleSpeaksOf(t *testing.T) {
	all := []string{"a.com", "b.com", "c.net", "*.com", "?.net"}
	genConditions := rapid.Custom(func(t *rapid.T) rules.Conditions {
		return rules.Conditions{
			Names:    names(rapid.SliceOfN(rapid.SampledFrom(all), 0, 3).Draw(t, "names")...),
			Accounts: rapid.SampledFrom([][]int64{nil, nil, {main}, {other}}).Draw(t, "accounts"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var rs []rules.Rule
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			r := rules.Rule{On: portfolio.KindName, Do: portfolio.ActionRegister, Match: genConditions.Draw(t, "match"), Except: genConditions.Draw(t, "except")}
			if rapid.Bool().Draw(t, "grouped") {
				r.Match.Groups = []rules.Group{{Name: "g", Patterns: names(rapid.SliceOfN(rapid.SampledFrom(all), 1, 3).Draw(t, "group")...)}}
			}
			rs = append(rs, r)
		}
		p := policy(rs...)
		for _, account := range []int64{main, other} {
			got := p.Names(account)
			for i, name := range got {
				f := watched(name, portfolio.NameFree)
				f.AccountID = account
				if d := rules.Decide(p, f, now); d.Do != portfolio.ActionRegister {
					t.Fatalf("%s is watched, and no rule speaks of it: %s", name, d.Reason)
				}
				if slices.Contains(got[:i], name) || strings.ContainsAny(name, "*?") {
					t.Fatalf("%v are watched", got)
				}
			}
			for _, r := range rs {
				for _, pattern := range r.Match.Names {
					f := watched(pattern.String(), portfolio.NameFree)
					f.AccountID = account
					alone := policy(r)
					if d := rules.Decide(alone, f, now); d.Do == portfolio.ActionRegister && !pattern.Wild() && !slices.Contains(got, f.Name) {
						t.Fatalf("%s is not watched, and a rule speaks of it", f.Name)
					}
				}
			}
		}
	})
}
