package rules_test

import (
	"testing"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// TestSpeaksMissesNothing: of a domain beyond the horizon, or without an expiration, of
// which a rule says something, it speaks.
func TestSpeaksMissesNothing(t *testing.T) {
	ruled, spoke, silent := 0, 0, 0
	for seed := range 4000 {
		d := &dice{}
		for i := range 400 {
			d.left = append(d.left, byte(seed*7919>>(i%13)+i*i*(seed+1)>>3))
		}
		p := d.policy()
		for i := range p.Rules {
			if d.maybe(2) {
				p.Rules[i].Match.Expires, p.Rules[i].Match.Lapsed = rules.Distance{}, rules.Distance{}
			}
		}
		f := portfolio.DomainFacts{Domain: portfolio.Domain{
			ID: 1, AccountID: pick(d, main, other, desk), Name: pick(d, "a.com", "b.co.uk"), AutoRenew: d.maybe(2), WhoisPrivacy: d.maybe(2),
			State: pick(d, portfolio.DomainRegistered, portfolio.DomainHosted, "novel"),
		}}
		if f.State != portfolio.DomainHosted {
			f.ExpiresAt = p.Horizon(now).AddDate(0, 0, pick(d, 1, 400))
		}
		said := rules.Decide(p, f, now)
		rule := said.Rule != "" || len(said.Trials) > 0
		for _, a := range said.Alerts {
			rule = rule || a.Rule != ""
		}
		speaks := rules.Speaks(p, &f, now)
		if rule && !speaks {
			t.Fatalf("no rule speaks of %+v, says it, and decides %+v", f, said)
		}
		switch {
		case rule:
			ruled++
			spoke++
		case speaks:
			spoke++
		default:
			silent++
		}
	}
	if ruled < 100 || silent < 100 || spoke > 3*ruled {
		t.Errorf("rules had something to say of %d domains, spoke of %d, and not of %d", ruled, spoke, silent)
	}
}

func TestSpeaksAllocatesNothing(t *testing.T) {
	p := policy(
		rules.Rule{Do: portfolio.ActionAlert, Match: rules.Conditions{Names: names("*-brand.com", "x?.com"), TLDs: []string{"org"}}},
		rules.Rule{Do: portfolio.ActionRenew, Match: rules.Conditions{Expires: days(30)}},
		rules.Rule{Do: portfolio.ActionHold, Match: rules.Conditions{States: []string{"hosted"}}},
	)
	f := domain("a.com", 400)
	var speaks bool
	if n := testing.AllocsPerRun(100, func() { speaks = rules.Speaks(p, &f, now) }); n != 0 || speaks {
		t.Errorf("%v allocations; speaks: %v", n, speaks)
	}
}

func BenchmarkSpeaks(b *testing.B) {
	var rs []rules.Rule
	for range 25 {
		rs = append(rs,
			rules.Rule{Do: portfolio.ActionAlert, Match: rules.Conditions{Names: names("*-brand.com")}},
			rules.Rule{Do: portfolio.ActionRenew, Match: rules.Conditions{Expires: days(30)}},
			rules.Rule{Do: portfolio.ActionHold, Match: rules.Conditions{TLDs: []string{"org", "net"}}},
			rules.Rule{Do: portfolio.ActionAlert, Match: rules.Conditions{States: []string{"hosted"}}})
	}
	p, f := policy(rs...), domain("example.com", 400)
	b.ReportAllocs()
	for b.Loop() {
		if rules.Speaks(p, &f, now) {
			b.Fatal("it speaks")
		}
	}
}
