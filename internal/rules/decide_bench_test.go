package rules_test

import (
	"fmt"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// portfolioOf is a policy of n rules such as people write: most of them renew the
// names of a customer or a brand, written in full, as patterns or by their TLD;
// some only tell, a few hold, and the last one takes what is left of one name.
func portfolioOf(n int) *rules.Policy {
	var rs []rules.Rule
	for i := range n - 1 {
		listed := rules.Group{Name: fmt.Sprintf("customer-%d", i)}
		for k := range 20 {
			listed.Patterns = append(listed.Patterns, names(fmt.Sprintf("customer-%d-%d.com", i, k))...)
		}
		within := 30 + i%4*15
		r := renew(within, rules.Conditions{Groups: []rules.Group{listed}})
		switch i % 10 {
		case 1:
			r = renew(within, rules.Conditions{Names: names(fmt.Sprintf("brand%d.*", i), fmt.Sprintf("*-brand%d.??", i))})
		case 2:
			r = renew(within, rules.Conditions{TLDs: []string{fmt.Sprintf("tld%d", i), "co.uk"}, Accounts: []int64{main}})
			r.Except.Names = names("old-*")
		case 3:
			r = renew(within, rules.Conditions{Accounts: []int64{other}, States: []string{"registered"}})
		case 4:
			r = renew(within, rules.Conditions{Registrants: []rules.Contacts{{Text: "owner", ByAccount: map[int64]int64{main: int64(90_000 + i)}}}})
			r.IfLapsed = portfolio.ActionRestore
		case 5:
			r = rules.Rule{Do: portfolio.ActionHold, Reason: "a lawsuit", Match: rules.Conditions{Names: names(fmt.Sprintf("disputed%d.com", i))}}
			r.Until = now.AddDate(0, 3, 0)
		case 6:
			r = rules.Rule{Do: portfolio.ActionAlert, Level: portfolio.LevelNotice, Match: rules.Conditions{Names: names(fmt.Sprintf("*watch%d*", i)), Expires: days(90)}}
			r.Except.Groups = []rules.Group{listed}
		case 7:
			r = rules.Rule{Do: portfolio.ActionRestore, Match: rules.Conditions{Groups: []rules.Group{listed}, Lapsed: rules.Distance{Months: 1}}}
		case 8:
			r = rules.Rule{On: portfolio.KindPush, Do: portfolio.ActionAccept, Match: rules.Conditions{Sources: []int64{desk}}}
		}
		r.Labels = map[string]string{"team": "brand"}
		rs = append(rs, r)
	}
	rs = append(rs, renew(45, rules.Conditions{Names: names("the-last-one.com")}))
	return policy(rs...)
}

// everybody is a policy of n rules none of which can be told apart by its name: all
// ask for the account, the state and the date.
func everybody(n int) *rules.Policy {
	var rs []rules.Rule
	for i := range n {
		r := renew(30+i%20, rules.Conditions{Accounts: []int64{main, other}, States: []string{"registered"}, AutoRenew: new(i%2 == 1)})
		r.Except.TLDs = []string{"com"}
		rs = append(rs, r)
	}
	return policy(rs...)
}

type decide = func(*rules.Policy, portfolio.Resource, time.Time) portfolio.Decision

// sideBySide measures both, the one after the other, over the same resources.
func sideBySide(b *testing.B, p *rules.Policy, resources ...portfolio.Resource) {
	b.Helper()
	for _, r := range resources {
		rules.Decide(p, r, now) // as in every scan but the first
	}
	for _, way := range []struct {
		name   string
		decide decide
	}{{"before", refDecide}, {"now", rules.Decide}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				way.decide(p, resources[i], now)
				if i++; i == len(resources) {
					i = 0
				}
			}
		})
	}
}

// spread is domains of which no rule of [portfolioOf] speaks, as many as there are
// days of expiration in a portfolio: their names are alike, their dates are not.
func spread(from, to int) (out []portfolio.Resource) {
	for d := from; d < to; d++ {
		f := domain(fmt.Sprintf("nobody-knows-%d.com", d), d)
		f.ID, f.RegistrantID = int64(d), 5
		out = append(out, f)
	}
	return out
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1, 10, 100, 1000} {
		p := portfolioOf(n)
		trial := *p
		trial.Rules = append([]rules.Rule{{
			Name: "tell", On: portfolio.KindDomain, Do: portfolio.ActionAlert, Level: portfolio.LevelInfo, Match: rules.Conditions{TLDs: []string{"com"}},
		}, renew(60)}, p.Rules...)
		trial.Rules[1].Name, trial.Rules[1].On, trial.Rules[1].Mode = "try", portfolio.KindDomain, portfolio.ModeDryRun
		for _, bench := range []struct {
			name   string
			policy *rules.Policy
			shown  []portfolio.Resource
		}{
			{"none", p, spread(100, 465)},   // nobody speaks of it, now or later
			{"uncovered", p, spread(1, 60)}, // nor before it ends
			{"later", p, []portfolio.Resource{domain("the-last-one.com", 300)}},
			{"last", p, []portfolio.Resource{domain("the-last-one.com", 12)}},
			{"several", &trial, []portfolio.Resource{domain("the-last-one.com", 12)}},
			{"undated", everybody(n), spread(100, 465)}, // every rule might, and none does
			{"push", p, []portfolio.Resource{portfolio.PushFacts{
				Push: portfolio.Push{ID: 2, AccountID: main, DomainID: 1, CreatedAt: now.Add(-time.Hour)}, SourceID: other, Name: "nobody-knows.com",
			}}},
		} {
			b.Run(fmt.Sprintf("rules=%d/%s", n, bench.name), func(b *testing.B) { sideBySide(b, bench.policy, bench.shown...) })
		}
	}
}

// withGroups is a hundred rules, two of them on a group file of so many names.
func withGroups(size int) *rules.Policy {
	var listed rules.Group
	for i := range size {
		listed.Patterns = append(listed.Patterns, names(fmt.Sprintf("defensive-%06d.com", i))...)
	}
	p := portfolioOf(100)
	p.Rules[0].Match.Groups, p.Rules[50].Match.Groups = []rules.Group{listed}, []rules.Group{listed}
	return p
}

func BenchmarkDecideGroup(b *testing.B) {
	const size = 100_000
	p := withGroups(size)
	for _, bench := range []struct {
		name string
		r    portfolio.Resource
	}{
		{"not-in-it", domain("nobody-knows.com", 300)},
		{"in-it", domain("defensive-099999.com", 12)},
	} {
		b.Run(fmt.Sprintf("names=%d/%s", size, bench.name), func(b *testing.B) { sideBySide(b, p, bench.r) })
	}
}

// BenchmarkFirstDecision is what a policy that was just loaded costs once.
func BenchmarkFirstDecision(b *testing.B) {
	for _, size := range []int{20, 100_000} {
		loaded := withGroups(size)
		b.Run(fmt.Sprintf("rules=100/names=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p := rules.Policy{Hash: loaded.Hash, Location: loaded.Location, Accounts: loaded.Accounts, Rules: loaded.Rules}
				rules.Decide(&p, domain("nobody-knows.com", 300), now)
			}
		})
	}
}
