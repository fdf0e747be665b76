package rules_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// turned says whether a decision says something that the one before did not.
func turned(before, d portfolio.Decision) bool {
	key := func(d portfolio.Decision) []string {
		return []string{string(d.Verdict), string(d.Do), d.Rule, d.RuleAt}
	}
	if !slices.Equal(key(before), key(d)) {
		return true
	}
	for _, a := range d.Alerts {
		if a.Rule != d.Rule && !slices.ContainsFunc(before.Alerts, func(b portfolio.Alert) bool { return a.Rule == b.Rule }) {
			return true
		}
	}
	return false
}

// TestUpcomingIsTheFirst steps through the time before the moment, hour by hour and at
// the moments at which days begin: nothing is said there but what is said now.
func TestUpcomingIsTheFirst(t *testing.T) {
	in, came, never := zones(t), 0, 0
	check := func(seed uint64) error {
		c := newCrowd(seed)
		p := c.policy(in[c.IntN(len(in))])
		at := now.AddDate(0, 0, c.IntN(300)).In(in[c.IntN(len(in))])
		for _, r := range c.resources(at) {
			before := rules.Decide(p, r, at)
			then, d, ok := rules.Upcoming(p, r, at)
			end := at.AddDate(2, 0, 0)
			if ok {
				came++
				if !then.After(at) || !turned(before, d) {
					return fmt.Errorf("seed %d: %+v at %s: at %s it says %+v, as before", seed, r, at, then, d)
				}
				end = then
			} else {
				never++
			}
			step := time.Duration(1+c.IntN(50)) * 17 * time.Minute
			for on := at; on.Before(end); on = on.Add(step) {
				if d := rules.Decide(p, rules.AsOf(r, at, on), on); turned(before, d) {
					return fmt.Errorf("seed %d: %+v at %s: at %s it says %+v already, not at %s (%v)", seed, r, at, on, d, then, ok)
				}
			}
		}
		return nil
	}
	for seed := range uint64(150) {
		if err := check(seed); err != nil {
			t.Fatal(err)
		}
	}
	if came < 50 || never < 50 {
		t.Errorf("%d moments came, and %d never did", came, never)
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := check(rapid.Uint64().Draw(t, "seed")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestUpcoming(t *testing.T) {
	hold := rules.Rule{Name: "court", Do: portfolio.ActionHold, Reason: "x", Until: now.AddDate(0, 0, 20)}
	for name, test := range map[string]struct {
		policy  *rules.Policy
		of      portfolio.Resource
		days    int // from now on
		verdict portfolio.Verdict
		rule    string
	}{
		"a window opens":            {policy(renew(45)), domain("a.com", 100), 55, portfolio.VerdictAct, "rule-1"},
		"nobody will speak of it":   {policy(), domain("a.com", 100), 40, portfolio.VerdictUncovered, ""},
		"a hold ends":               {policy(renew(45), hold), domain("a.com", 30), 20, portfolio.VerdictAct, "rule-1"},
		"it lapses":                 {policy(rules.Rule{Do: portfolio.ActionRestore, Match: rules.Conditions{Lapsed: days(60)}}), domain("a.com", 30), 30, portfolio.VerdictAct, "rule-1"},
		"an alert":                  {policy(renew(10), rules.Rule{Do: portfolio.ActionAlert, Match: rules.Conditions{Expires: days(20)}}), domain("a.com", 50), 30, portfolio.VerdictNone, ""},
		"it is renewed already now": {policy(renew(45)), domain("a.com", 30), 0, "", ""},
	} {
		at, d, ok := rules.Upcoming(test.policy, test.of, now)
		if ok != (test.days > 0) || ok && (!at.Equal(now.AddDate(0, 0, test.days)) || d.Verdict != test.verdict || d.Rule != test.rule) {
			t.Errorf("%s: %s %s by %q (%v)", name, at, d.Verdict, d.Rule, ok)
		}
	}
}

// TestUpcomingAtTheEndOfMonths: a month after the thirtieth of January is in March, and a
// month after the first of February is sooner.
func TestUpcomingAtTheEndOfMonths(t *testing.T) {
	p := policy(rules.Rule{Do: portfolio.ActionRenew, Match: rules.Conditions{Expires: rules.Distance{Months: 1}}})
	p.WarnWithin = rules.Distance{}
	f := domain("a.com", 0)
	f.ExpiresAt = time.Date(2027, time.March, 2, 15, 0, 0, 0, time.UTC)
	for from, want := range map[string]string{
		"2027-01-10T12:00:00Z": "2027-01-30T15:00:00Z", // a month after is the second of March
		"2027-01-30T16:00:00Z": "2027-02-01T00:00:00Z", // a month after is the first
		"2027-02-01T12:00:00Z": "2027-02-02T15:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, from)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, ok := rules.Upcoming(p, f, at); !ok || got.Format(time.RFC3339) != want {
			t.Errorf("from %s: %s, want %s (%v)", from, got, want, ok)
		}
	}
}
