package rules_test

import (
	"testing"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// TestSpeaksMissesNothing: of whatever a rule says something, it speaks.
func TestSpeaksMissesNothing(t *testing.T) {
	spoke, silent := 0, 0
	for seed := range 4000 {
		d := &dice{}
		for i := range 400 {
			d.left = append(d.left, byte(seed*7919>>(i%13)+i*i*(seed+1)>>3))
		}
		p := d.policy()
		f := portfolio.DomainFacts{Domain: portfolio.Domain{
			ID: 1, AccountID: pick(d, main, other, desk), Name: pick(d, "a.com", "b.co.uk"), AutoRenew: d.maybe(2), WhoisPrivacy: d.maybe(2),
			State:     pick(d, portfolio.DomainRegistered, portfolio.DomainExpired, portfolio.DomainHosted, "novel"),
			ExpiresAt: now.AddDate(0, 0, pick(d, -40, -3, 12, 400)),
		}, Redemption: d.maybe(2)}
		said := rules.Decide(p, f, now)
		ruled := said.Rule != "" || len(said.Trials) > 0
		for _, a := range said.Alerts {
			ruled = ruled || a.Rule != ""
		}
		speaks := rules.Speaks(p, &f, now)
		if far := f; ruled && said.Verdict != portfolio.VerdictAct {
			// Beyond the horizon the rules without a date say all that there is.
			far.State, far.ExpiresAt = portfolio.DomainRegistered, p.Horizon(now).AddDate(0, 0, 1)
			all, some := rules.Speaks(p, &far, now), rules.Speaks(rules.Dateless(p), &far, now)
			if all != some {
				t.Fatalf("beyond the horizon rules speak: %v; those without a date: %v, of %+v", all, some, far)
			}
		}
		if ruled && !speaks {
			t.Fatalf("no rule speaks of %+v, says it, and decides %+v", f, said)
		}
		if speaks {
			spoke++
		} else {
			silent++
		}
	}
	if spoke < 100 || silent < 100 {
		t.Errorf("rules spoke of %d domains, and not of %d", spoke, silent)
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
