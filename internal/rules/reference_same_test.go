package rules_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// The reference in reference_*_test.go is the judge as it was before policies were
// taken apart: it asks every condition of every rule, one after the other, at every
// moment. It is slow and easy to read, and says what [rules.Decide] must say.

// crowd makes policies of many rules, whose names, TLDs, accounts and contacts are
// more than have bits of their own, and the resources that they speak of.
type crowd struct {
	*rand.Rand
	groups []rules.Group
}

func newCrowd(seed uint64) *crowd {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	c := &crowd{Rand: rand.New(rand.NewChaCha8(key))}
	for i := range c.IntN(90) {
		c.groups = append(c.groups, rules.Group{Name: fmt.Sprintf("g%d", i), Patterns: c.patterns(6)})
	}
	return c
}

func (c *crowd) in(chances int) bool { return c.IntN(chances) == 0 }

func (c *crowd) tld() string {
	if c.in(2) {
		return "com"
	}
	return fmt.Sprintf("tld%d", c.IntN(80))
}

func (c *crowd) name() string {
	switch c.IntN(9) {
	case 0:
		return ""
	case 1:
		return "localhost"
	}
	return fmt.Sprintf("n%d.%s", c.IntN(12), c.tld())
}

// patterns are up to some names, and now and then a pattern.
func (c *crowd) patterns(most int) (out []rules.Pattern) {
	for range c.IntN(most) {
		s := c.name()
		if c.in(5) {
			s = []string{"*", "n?.com", "n1*", "*n1?.c*m", "*.tld7", "*1*", "n*.t?d*", "?*?", "**.com", "n2.c??", "*2.*.?*"}[c.IntN(11)]
		}
		if s != "" {
			out = append(out, names(s)...)
		}
	}
	return out
}

func (c *crowd) account() int64 {
	return []int64{main, other, main, other, desk, int64(c.IntN(90))}[c.IntN(6)]
}

func (c *crowd) contact() int64 { return int64(c.IntN(100)) }

func (c *crowd) state(on portfolio.ResourceKind) string {
	states := []string{"registered", "registered", "registered", "expired", "expired", "hosted", "frozen"}
	if on == portfolio.KindRegistrantChange {
		states = []string{"new", "pending", "cancelling", "cancelled", "completed", ""}
	}
	return states[c.IntN(len(states))]
}

func (c *crowd) contacts() (out []rules.Contacts) {
	for range c.IntN(4) {
		out = append(out, rules.Contacts{ID: c.contact()}, rules.Contacts{ByAccount: map[int64]int64{main: c.contact(), other: c.contact()}})
	}
	return out
}

func (c *crowd) distance() rules.Distance {
	switch c.IntN(4) {
	case 0:
		return rules.Distance{Months: c.IntN(14)}
	case 1:
		return rules.Distance{Years: c.IntN(3), Days: c.IntN(2)}
	}
	return days(c.IntN(200))
}

func (c *crowd) conditions(on portfolio.ResourceKind, chances int) (out rules.Conditions) {
	if c.in(chances) {
		out.Names = c.patterns(5)
	}
	for len(c.groups) > 0 && c.in(chances) {
		out.Groups = append(out.Groups, c.groups[c.IntN(len(c.groups))])
	}
	for c.in(chances) {
		out.TLDs = append(out.TLDs, c.tld())
	}
	for c.in(chances) {
		out.Accounts = append(out.Accounts, c.account())
	}
	for c.in(chances) {
		out.States = append(out.States, c.state(on))
	}
	for c.in(chances) {
		out.Sources = append(out.Sources, c.account())
	}
	if c.in(chances) {
		out.Registrants = c.contacts()
	}
	if c.in(chances) {
		out.Contacts = c.contacts()
	}
	for _, flag := range []**bool{&out.AutoRenew, &out.Whois, &out.OwnerChange} {
		if c.in(2 * chances) {
			*flag = new(c.in(2))
		}
	}
	if c.in(chances) {
		out.Older = time.Duration(c.IntN(100)) * time.Hour
	}
	if c.in(2) {
		out.Expires = c.distance()
	}
	if c.in(2 * chances) {
		out.Lapsed = c.distance()
	}
	return out
}

func (c *crowd) policy(location *time.Location) *rules.Policy {
	kinds := []portfolio.ResourceKind{portfolio.KindDomain, portfolio.KindDomain, portfolio.KindPush, portfolio.KindRegistrantChange, portfolio.KindName}
	actions := [][]portfolio.Action{
		{"renew", "renew", "restore", "hold", "let-lapse", "alert"},
		{"renew", "restore", "hold", "let-lapse", "alert"},
		{"accept", "accept", "reject", "hold", "alert"},
		{"cancel", "cancel", "hold", "alert"},
		{"register", "alert"},
	}
	var rs []rules.Rule
	for range c.IntN(60) {
		k := c.IntN(len(kinds))
		r := rules.Rule{On: kinds[k], Do: actions[k][c.IntN(len(actions[k]))], Match: c.conditions(kinds[k], 4), Level: portfolio.LevelNotice}
		if c.in(3) {
			r.Except = c.conditions(r.On, 5)
			if c.in(2) {
				r.Except.Expires = rules.Distance{}
			}
		}
		r.Mode = []portfolio.Mode{"", "", "", portfolio.ModeDryRun, portfolio.ModeAsk}[c.IntN(5)]
		r.IfLapsed = []portfolio.Action{"renew", "restore", "alert"}[c.IntN(3)]
		if c.in(4) {
			r.Until = now.In(location).AddDate(0, 0, c.IntN(200)-10)
		}
		if c.in(3) {
			r.Reason, r.Labels = "because", map[string]string{"team": "brand"}
		}
		rs = append(rs, r)
	}
	p := policy(rs...)
	p.Mode, p.Location = []portfolio.Mode{portfolio.ModeAct, portfolio.ModeAct, portfolio.ModeAsk, portfolio.ModeDryRun}[c.IntN(4)], location
	p.Accounts[0].Mode = []portfolio.Mode{"", "", portfolio.ModeAsk, portfolio.ModeDryRun}[c.IntN(4)]
	return p
}

// resources are one of each kind, as seen at a moment.
func (c *crowd) resources(at time.Time) []portfolio.Resource {
	expires := at.UTC().AddDate(0, c.IntN(14)-1, c.IntN(60)-30)
	if c.in(3) { // where distances end
		expires = c.distance().After(at)
		expires = expires.Add(time.Duration(c.IntN(3)-1) * []time.Duration{0, 1, time.Hour, 24 * time.Hour}[c.IntN(4)])
	}
	if c.in(2) {
		expires = expires.UTC()
	}
	if c.in(20) {
		expires = time.Time{}
	}
	account, source, name := []int64{main, main, main, other, other, desk}[c.IntN(6)], []int64{0, main, other, desk, 7}[c.IntN(5)], c.name()
	changed := at.Add(-time.Duration(c.IntN(200)) * time.Hour)
	return []portfolio.Resource{
		portfolio.DomainFacts{Domain: portfolio.Domain{
			ID: 1, AccountID: account, Name: name, State: portfolio.DomainState(c.state(portfolio.KindDomain)), AutoRenew: c.in(2),
			WhoisPrivacy: c.in(2), RegistrantID: c.contact(), ExpiresAt: expires,
		}, Redemption: c.in(3)},
		portfolio.PushFacts{
			Push:     portfolio.Push{ID: 2, AccountID: account, DomainID: 1, CreatedAt: changed},
			SourceID: source, Name: name, Unproven: "nobody has it",
		},
		portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{
			ID: 3, AccountID: account, DomainID: 1, ContactID: c.contact(), State: portfolio.ChangeState(c.state(portfolio.KindRegistrantChange)),
			RegistryOwnerChange: c.in(2), CreatedAt: changed, UpdatedAt: changed,
		}, Name: name, Ours: c.in(4)},
		portfolio.NameFacts{AccountID: account, Name: name, Status: []portfolio.NameStatus{"free", "taken", "unknown"}[c.IntN(3)], FreeSince: changed},
	}
}

// zones are where a month, a day and an hour are of different lengths.
func zones(tb testing.TB) []*time.Location {
	tb.Helper()
	out := []*time.Location{time.UTC, time.FixedZone("east", 14*3600)}
	for _, name := range []string{"America/New_York", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"} {
		l, err := time.LoadLocation(name)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// compare compares every field of the decisions about a crowd, and counts what was
// decided.
func compare(seed uint64, zones []*time.Location, said map[string]int) error {
	c := newCrowd(seed)
	p := c.policy(zones[c.IntN(len(zones))])
	for range 25 {
		at := now
		if c.in(2) {
			at = now.AddDate(0, 0, c.IntN(700)).In(zones[c.IntN(len(zones))])
		}
		for _, r := range c.resources(at) {
			got := rules.Decide(p, r, at)
			if diff := cmp.Diff(refDecide(p, r, at), got); diff != "" {
				return fmt.Errorf("%+v at %s: -reference +got\n%s", r, at, diff)
			}
			said[fmt.Sprintf("%s %s %s", r.Kind(), got.Code, got.Verdict)]++
		}
	}
	return nil
}

func TestDecideIsTheReference(t *testing.T) {
	in, said := zones(t), make(map[string]int)
	for seed := range uint64(400) {
		if err := compare(seed, in, said); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	for _, code := range []string{
		"domain rule act", "domain rule ask", "domain rule would-act", "domain held hold", "domain let-lapse let-lapse", "domain later none", "domain far none",
		"domain uncovered uncovered", "domain uncovered-lapsed uncovered", "push rule act", "push unproven none", "push no-rule none", "push held hold",
		"push unread wait", "registrant_change rule act", "registrant_change held hold", "registrant_change unread wait", "name rule act", "name taken none",
	} {
		if said[code] == 0 {
			t.Errorf("nothing was decided with %q: %v", code, said)
		}
	}
	if t.Failed() {
		return
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := compare(rapid.Uint64().Draw(t, "seed"), in, said); err != nil {
			t.Fatal(err)
		}
	})
}

// TestNothingIsAllocated: most of a portfolio is domains of which no rule speaks, or
// none yet.
func TestNothingIsAllocated(t *testing.T) {
	p := portfolioOf(100)
	for code, shown := range map[string][]portfolio.Resource{
		"far": spread(100, 465), "uncovered": spread(1, 60), "later": {domain("the-last-one.com", 300)}, "lapsed": {domain("nobody.com", -300)},
		"uncovered-lapsed": {domain("nobody.com", -3)},
	} {
		got := testing.AllocsPerRun(10, func() {
			for _, r := range shown {
				if d := rules.Decide(p, r, now); d.Code != code {
					t.Fatalf("%s, not %s", d.Code, code)
				}
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations for %d domains", code, got, len(shown))
		}
	}
}

// TestReasonsAreTheirOwn: a sentence that is kept is not said of another day, rule,
// distance or time zone.
func TestReasonsAreTheirOwn(t *testing.T) {
	p := policy(renew(45, rules.Conditions{Names: names("a.com")}), renew(45, rules.Conditions{Names: names("b.com")}))
	for _, zone := range zones(t) {
		p.Location = zone
		for hour := range 24 * 25 {
			at := now.Add(time.Duration(hour) * time.Hour)
			for _, name := range []string{"a.com", "b.com", "c.com"} {
				f := domain(name, 80)
				if hour%3 == 0 {
					f.State = portfolio.DomainExpired
				}
				if diff := cmp.Diff(refDecide(p, f, at), rules.Decide(p, f, at)); diff != "" {
					t.Fatalf("%s at %s in %s: -reference +got\n%s", name, at, zone, diff)
				}
			}
		}
	}
}

// TestCopyWithOtherRules: what was made of a policy's rules is not used for a copy that
// was given others.
func TestCopyWithOtherRules(t *testing.T) {
	p := policy(renew(45))
	if d := rules.Decide(p, domain("a.com", 12), now); d.Verdict != portfolio.VerdictAct {
		t.Fatal(d.Verdict)
	}
	q := *p
	q.Rules = policy(renew(45, rules.Conditions{Names: names("b.com")})).Rules
	if d := rules.Decide(&q, domain("a.com", 12), now); d.Verdict != portfolio.VerdictUncovered {
		t.Error(d.Verdict)
	}
	if d := rules.Decide(p, domain("a.com", 12), now); d.Verdict != portfolio.VerdictAct {
		t.Error(d.Verdict)
	}
}

// TestEveryRuleHasItsOwn: there are more rules than bits, and still each speaks of its
// own domain alone.
func TestEveryRuleHasItsOwn(t *testing.T) {
	const n = 300
	own := func(i int) portfolio.DomainFacts {
		f := domain(fmt.Sprintf("n%d.tld%d", i, i), 12)
		f.AccountID, f.RegistrantID = int64(i+1), int64(i+1)
		return f
	}
	for key, only := range map[string]func(i int) rules.Conditions{
		"account": func(i int) rules.Conditions { return rules.Conditions{Accounts: []int64{int64(i + 1)}} },
		"tld":     func(i int) rules.Conditions { return rules.Conditions{TLDs: []string{fmt.Sprintf("tld%d", i)}} },
		"name":    func(i int) rules.Conditions { return rules.Conditions{Names: names(own(i).Name)} },
		"pattern": func(i int) rules.Conditions { return rules.Conditions{Names: names(fmt.Sprintf("*.tld%d", i))} },
		"group": func(i int) rules.Conditions {
			return rules.Conditions{Groups: []rules.Group{{Patterns: names(own(i).Name, "x.com")}}}
		},
		"registrant": func(i int) rules.Conditions {
			return rules.Conditions{Registrants: []rules.Contacts{{ID: int64(i + 1)}}}
		},
	} {
		var matching, excepting []rules.Rule
		for i := range n {
			matching = append(matching, renew(45, only(i)))
			trial := rules.Rule{Do: portfolio.ActionAlert, Except: only(i), Level: portfolio.LevelInfo}
			excepting = append(excepting, trial)
		}
		p, q := policy(matching...), policy(excepting...)
		for i := range n {
			for _, p := range []*rules.Policy{p, q} {
				p.Accounts = append(p.Accounts, rules.Account{Account: portfolio.Account{ID: int64(i + 1), Name: "x"}})
			}
		}
		for i := range n {
			want := fmt.Sprintf("rule-%d", i+1)
			if d := rules.Decide(p, own(i), now); d.Rule != want {
				t.Errorf("%s: %s, not %q, speaks of domain %d", key, want, d.Rule, i)
			}
			if d := rules.Decide(q, own(i), now); len(d.Alerts) != n-1 || slices.ContainsFunc(d.Alerts, func(a portfolio.Alert) bool { return a.Rule == want }) {
				t.Errorf("%s: domain %d is told of by %d rules, not by all but its own", key, i, len(d.Alerts))
			}
		}
	}
}

// TestLaterOfMany: however many rules wait for a domain, the first to come is named,
// and a hold before all others.
func TestLaterOfMany(t *testing.T) {
	var rs []rules.Rule
	for i := range 20 {
		rs = append(rs, renew(10+i))
	}
	for want, last := range map[string]rules.Rule{
		"rule-20": renew(5),
		"first":   {Name: "first", Do: portfolio.ActionRenew, Match: rules.Conditions{Expires: days(90)}},
		"held":    {Name: "held", Do: portfolio.ActionHold, Reason: "x", Match: rules.Conditions{Expires: days(29)}},
	} {
		d := rules.Decide(policy(append(slices.Clone(rs), last)...), domain("a.com", 300), now)
		if d.Code != "later" || !strings.Contains(d.Reason, " "+want+" speaks") {
			t.Errorf("%s: %s", want, d.Reason)
		}
	}
}

// TestDecideAtOnce: accounts are scanned side by side, by one policy that none of them
// has asked yet.
func TestDecideAtOnce(t *testing.T) {
	p := portfolioOf(100)
	shown := spread(1, 465)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for k := range shown {
				r := shown[(k*(i+1)+i)%len(shown)]
				if diff := cmp.Diff(refDecide(p, r, now), rules.Decide(p, r, now)); diff != "" {
					t.Errorf("-reference +got\n%s", diff)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestDistanceIsTheCalendar: what is told without the calendar is what it says.
func TestDistanceIsTheCalendar(t *testing.T) {
	in := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		d := rules.Distance{
			Years: rapid.IntRange(0, 100).Draw(t, "years"), Months: rapid.IntRange(0, 1200).Draw(t, "months"), Days: rapid.IntRange(0, 40_000).Draw(t, "days"),
		}
		if rapid.Bool().Draw(t, "even") {
			d.Years, d.Months = 0, 0
		}
		at := time.Unix(rapid.Int64Range(-5e10, 5e10).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(rapid.SampledFrom(in).Draw(t, "in"))
		if got, want := d.After(at), at.AddDate(d.Years, d.Months, d.Days); got != want {
			t.Errorf("%s after %s: got %s, want %s", d, at, got, want)
		}
		if got, want := d.Before(at), at.AddDate(-d.Years, -d.Months, -d.Days); got != want {
			t.Errorf("%s before %s: got %s, want %s", d, at, got, want)
		}
	})
}
