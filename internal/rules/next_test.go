package rules_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

func TestNext(t *testing.T) {
	at := func(days int) time.Time { return now.AddDate(0, 0, days) }
	hold := func(until time.Time, match rules.Conditions) rules.Rule {
		return rules.Rule{Do: portfolio.ActionHold, Reason: "why", Until: until, Match: match}
	}
	trial := renew(60)
	trial.Mode = portfolio.ModeDryRun
	early := renew(60)
	early.Except = rules.Conditions{Expires: days(10)}
	freed := hold(time.Time{}, rules.Conditions{})
	freed.Except = rules.Conditions{Expires: days(20)}
	rescue := func(days int) rules.Rule {
		return rules.Rule{Do: portfolio.ActionRestore, Match: rules.Conditions{Lapsed: rules.Distance{Days: days}}}
	}
	notAtOnce := rescue(60)
	notAtOnce.Except = rules.Conditions{Lapsed: days(10)}
	for name, tt := range map[string]struct {
		p    *rules.Policy
		f    portfolio.DomainFacts
		want time.Time
		do   portfolio.Action
	}{
		"now":                       {policy(renew(45)), domain("a.com", 30), now, portfolio.ActionRenew},
		"later":                     {policy(renew(45)), domain("a.com", 100), at(55), portfolio.ActionRenew},
		"the first of two":          {policy(renew(30), renew(45)), domain("a.com", 100), at(55), portfolio.ActionRenew},
		"never":                     {policy(renew(45, rules.Conditions{TLDs: []string{"net"}})), domain("a.com", 100), time.Time{}, ""},
		"held":                      {policy(renew(45), hold(time.Time{}, rules.Conditions{})), domain("a.com", 100), time.Time{}, ""},
		"held until":                {policy(renew(45), hold(at(70), rules.Conditions{})), domain("a.com", 100), at(70), portfolio.ActionRenew},
		"held too long":             {policy(renew(45), hold(at(100), rules.Conditions{})), domain("a.com", 100), time.Time{}, ""},
		"held but near its end":     {policy(renew(45), freed), domain("a.com", 100), at(80), portfolio.ActionRenew},
		"only early, and too late":  {policy(early), domain("a.com", 8), time.Time{}, ""},
		"tried out":                 {policy(trial, renew(45)), domain("a.com", 100), at(55), portfolio.ActionRenew},
		"only tried out":            {policy(trial), domain("a.com", 100), time.Time{}, ""},
		"lapsed":                    {policy(rescue(60)), domain("a.com", -5), now, portfolio.ActionRenew},
		"lapsed, in redemption":     {policy(rescue(60)), redeemed(domain("a.com", -5)), now, portfolio.ActionRestore},
		"lapsed, but not at once":   {policy(notAtOnce), domain("a.com", -5), at(5).Add(1), portfolio.ActionRenew},
		"lapsed too long":           {policy(rescue(4)), domain("a.com", -5), time.Time{}, ""},
		"hosted":                    {policy(renew(45)), portfolio.DomainFacts{Domain: portfolio.Domain{AccountID: main, Name: "a.com", State: portfolio.DomainHosted}}, time.Time{}, ""},
		"of an account that proves": {policy(renew(45)), portfolio.DomainFacts{Domain: portfolio.Domain{AccountID: desk, Name: "a.com", State: portfolio.DomainRegistered, ExpiresAt: at(1)}}, time.Time{}, ""},
	} {
		when, d, ok := rules.Next(tt.p, tt.f, now)
		if ok == tt.want.IsZero() || !when.Equal(tt.want) || d.Do != tt.do {
			t.Errorf("%s: %v %s %q, want %s %q", name, ok, when, d.Do, tt.want, tt.do)
		}
	}
}

// TestNextIsTheFirst holds Next against a walk through the days, a few hours at a time:
// Decide acts at its moment, and at none before it.
func TestNextIsTheFirst(t *testing.T) {
	found, later := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := newCrowd(rapid.Uint64().Draw(t, "seed"))
		p := c.dated()
		from := now.Add(time.Duration(c.IntN(400*24*60)) * time.Minute)
		f := domain("a.com", 0)
		f.ExpiresAt, f.Redemption = from.Add(time.Duration(c.IntN(150*24*60))*time.Minute), c.in(2)
		if c.in(3) {
			f.State, f.ExpiresAt = portfolio.DomainExpired, from.Add(-time.Duration(c.IntN(90*24*60))*time.Minute)
		}
		when, d, ok := rules.Next(p, f, from)
		last := from.AddDate(0, 0, 120)
		if f.State == portfolio.DomainRegistered {
			last = f.ExpiresAt.Add(-1)
		}
		if ok {
			found++
			if !actsAt(p, f, when) || d.Rule == "" || when.Before(from) {
				t.Fatalf("%s: %+v of %+v", when, d, f)
			}
			last = when.Add(-1)
		}
		if ok && when.After(from) {
			later++
			if actsAt(p, f, last) {
				t.Fatalf("a moment before %s it acts, too: %+v", when, f)
			}
		}
		for at := from; !at.After(last); at = at.Add(7 * time.Hour) {
			if actsAt(p, f, at) {
				t.Fatalf("it acts at %s, and Next says %v %s (from %s): %+v", at, ok, when, from, f)
			}
		}
	})
	if found < 10 || later == 0 {
		t.Errorf("only %d were found, %d of them later", found, later)
	}
}

// dated makes policies whose rules speak of every domain, but for its date.
func (c *crowd) dated() *rules.Policy {
	span := func() rules.Distance {
		switch c.IntN(4) {
		case 0:
			return rules.Distance{}
		case 1:
			return rules.Distance{Months: 1 + c.IntN(4), Days: c.IntN(2)}
		}
		return days(1 + c.IntN(120))
	}
	var rs []rules.Rule
	for range 1 + c.IntN(5) {
		r := rules.Rule{Do: []portfolio.Action{"renew", "renew", "restore", "hold", "let-lapse", "alert"}[c.IntN(6)]}
		switch {
		case r.Do == portfolio.ActionRenew:
			r.Match.Expires = rules.Distance{Months: c.IntN(4), Days: 1 + c.IntN(30)}
		case r.Do == portfolio.ActionRestore:
			r.Match.Lapsed = rules.Distance{Months: c.IntN(3), Days: 1 + c.IntN(30)}
		case c.in(2):
			r.Match.Expires = span()
		default:
			r.Match.Lapsed = span()
		}
		if c.in(3) {
			r.Except.Expires, r.Except.Lapsed = span(), span()
		}
		if c.in(4) {
			r.Until = now.AddDate(0, 0, c.IntN(500))
		}
		r.Mode = []portfolio.Mode{"", "", "", portfolio.ModeDryRun, portfolio.ModeAsk}[c.IntN(5)]
		r.IfLapsed = []portfolio.Action{"renew", "restore", "alert"}[c.IntN(3)]
		rs = append(rs, r)
	}
	p := policy(rs...)
	p.Mode = []portfolio.Mode{portfolio.ModeAct, portfolio.ModeAsk, portfolio.ModeDryRun}[c.IntN(3)]
	return p
}

// actsAt says whether a rule that is not only tried out acts.
func actsAt(p *rules.Policy, f portfolio.DomainFacts, at time.Time) bool {
	d := rules.Decide(p, f, at)
	switch d.Verdict {
	case portfolio.VerdictAct, portfolio.VerdictAsk:
		return true
	case portfolio.VerdictWouldAct:
		return len(rules.Contenders(p, f, at)) > 0
	}
	return false
}
