package scheduler

import (
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// renewing is the policy of these tests, with rules that renew names.
func renewing(within int, names ...string) *rules.Policy {
	p := &rules.Policy{Hash: "next", Mode: policy.Mode, Accounts: policy.Accounts, Location: time.UTC, WarnWithin: policy.WarnWithin}
	for _, name := range names {
		pattern, err := rules.NewPattern(name)
		if err != nil {
			panic(err)
		}
		p.Rules = append(p.Rules, rules.Rule{
			Name: name, On: portfolio.KindDomain, Do: portfolio.ActionRenew, Years: 1, IfLapsed: portfolio.ActionRenew,
			Match: rules.Conditions{Names: []rules.Pattern{pattern}, Expires: rules.Distance{Days: within}},
		})
	}
	return p
}

// TestImpact: of every domain that a sweep or a scan saw, once, however far its expiration
// is.
func TestImpact(t *testing.T) {
	w := newSweepWorld(t, 25, 15)
	if i, err := w.s.Impact(renewing(30, "*"), renewing(30), w.now); err != nil || i.Known != 0 || i.Share() != 0 {
		t.Fatalf("before anything was seen: %+v, %v", i, err)
	}
	w.must(w.sweep())
	// The last scan saw one of them nearer.
	near := in(100, 10)
	near.AccountID = 1
	w.must(w.store.Commit(portfolio.Change{Watch: []portfolio.Watch{{AccountID: 1, SeenAt: w.now, Domains: []portfolio.Domain{near}}}}))
	all := renewing(30, "*")
	for name, tt := range map[string]struct {
		next               *rules.Policy
		changed, uncovered int
		first              string
	}{
		"the same":           {all, 0, 0, ""},
		"no rule":            {renewing(30), 40, 40, "d10.com"},
		"another name of it": {renewing(30, "d*", "*"), 0, 0, ""},
		"later":              {renewing(5, "*"), 1, 0, "d100.com"},
		"only the near one":  {renewing(30, "d100.com"), 38, 38, "d10.com"},
	} {
		i, err := w.s.Impact(all, tt.next, w.now)
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		if len(i.Names) > 0 {
			first = i.Names[0]
		}
		if i.Known != 40 || i.Changed != tt.changed || i.Uncovered != tt.uncovered || first != tt.first || len(i.Names) > mostNamed {
			t.Errorf("%s: %+v", name, i)
		}
	}
}
