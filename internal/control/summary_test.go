package control

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// fakeSurveyor has seen what it is told, and surveys nothing where its func is nil.
type fakeSurveyor struct {
	seen   scheduler.Seen
	survey func(now, until time.Time) (scheduler.Survey, error)
	err    error
}

func (s fakeSurveyor) Seen() (scheduler.Seen, error) { return s.seen, s.err }

func (s fakeSurveyor) Survey(_ context.Context, now, until time.Time) (scheduler.Survey, error) {
	if s.survey == nil {
		return scheduler.Survey{}, s.err
	}
	return s.survey(now, until)
}

func TestSummary(t *testing.T) {
	day := func(days int) *time.Time { return new(now.AddDate(0, 0, days)) }
	price := func(cents portfolio.Money) *portfolio.Money { return &cents }
	item := func(account int64, name string, expires *time.Time, v portfolio.Verdict, p *portfolio.Money) Item {
		return Item{
			Account: account, AccountName: map[int64]string{1: "one", 2: "two"}[account], On: portfolio.KindDomain, ID: 7, Name: name, ExpiresAt: expires,
			Verdict: v, Price: p, State: portfolio.DomainRegistered,
		}
	}
	vendor := item(1, "held.com", day(40), portfolio.VerdictHold, nil)
	vendor.AutoRenew, vendor.Rule = true, "court"
	lapsed := vendor
	lapsed.Name, lapsed.State = "lapsed.com", portfolio.DomainExpired
	switched := item(1, "h.ch", day(35), portfolio.VerdictAct, price(1200)) // by DNSimple itself, once it renews
	switched.Do = portfolio.ActionAutoRenewal
	got := summaryOf([]Item{
		switched,
		item(2, "a.com", day(3), portfolio.VerdictAct, price(1500)),
		item(1, "b.com", day(4), portfolio.VerdictWouldAct, price(1)),
		item(1, "c.com", day(34), portfolio.VerdictAsk, price(7000)),
		item(1, "d.com", day(35), portfolio.VerdictBlocked, price(99999)),
		item(1, "e.com", nil, portfolio.VerdictAct, price(2000)), // such as a name
		item(1, "f.com", day(35), portfolio.VerdictAct, nil),     // such as a push
		vendor, lapsed,
		item(1, "g.com", day(900), portfolio.VerdictUncovered, nil),
	}, time.FixedZone("behind", -13*3600))
	want := Summary{
		Accounts: []AccountSum{
			{1, "one", Sum{Items: 9, Purchases: 2, Price: 2001, Asked: 7000}},
			{2, "two", Sum{Items: 1, Purchases: 1, Price: 1500}},
		},
		Months: []MonthSum{ // in three days it is March in UTC, and there, too; in 34 it is still that there
			{"", Sum{Items: 1, Purchases: 1, Price: 2000}},
			{"2026-03", Sum{Items: 2, Purchases: 2, Price: 1501}},
			{"2026-04", Sum{Items: 1, Asked: 7000}},
		},
		Verdicts: map[portfolio.Verdict]Verdict{
			"act": {4, 3500}, "would-act": {1, 1}, "ask": {1, 7000}, "blocked": {1, 99999}, "hold": {2, 0}, "uncovered": {1, 0},
		},
		Overlaps: []Overlap{}, IdleGroups: []IdleGroup{},
		Vendor: []VendorBuys{{Account: 1, AccountName: "one", ID: 7, Name: "held.com", ExpiresAt: day(40), Verdict: "hold", Rule: "court"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMonthsAreOfTheZone: the same moment is of another month elsewhere.
func TestMonthsAreOfTheZone(t *testing.T) {
	at := time.Date(2026, time.April, 1, 3, 0, 0, 0, time.UTC)
	for zone, want := range map[*time.Location]string{time.UTC: "2026-04", time.FixedZone("west", -5*3600): "2026-03"} {
		if got := monthOf(at, zone); got != want {
			t.Errorf("%s: %s", zone, got)
		}
	}
}

// TestPlanLooksAtAll: what a sweep saw beyond the horizon is shown where all is asked for,
// and keeps a group from being called idle in any case.
func TestPlanLooksAtAll(t *testing.T) {
	pattern := func(text string) []rules.Pattern {
		p, err := rules.NewPattern(text)
		if err != nil {
			t.Fatal(err)
		}
		return []rules.Pattern{p}
	}
	group := func(name, pattern0 string) rules.Group { return rules.Group{Name: name, Patterns: pattern(pattern0)} }
	renew := func(name string, groups ...rules.Group) rules.Rule {
		return rules.Rule{
			Name: name, On: portfolio.KindDomain, Do: portfolio.ActionRenew, Years: 1, IfLapsed: portfolio.ActionRenew,
			Match: rules.Conditions{Groups: groups, Expires: rules.Distance{Days: 30}},
		}
	}
	policy := &rules.Policy{
		Hash: "0123456789ab", Mode: portfolio.ModeAct, Location: time.UTC, WarnWithin: rules.Distance{Days: 60},
		Accounts: []rules.Account{{Account: portfolio.Account{ID: 1010, Name: "main"}}, {Account: portfolio.Account{ID: 3030, Name: "labs"}}},
		Rules: []rules.Rule{
			renew("crown", group("crown", "crown-*.com"), group("far", "*.far")), renew("default"),
			{Name: "court", On: portfolio.KindDomain, Do: portfolio.ActionHold, Reason: "a court", Match: rules.Conditions{Groups: []rules.Group{group("none", "none.com")}}},
		},
	}
	decide := func(id int64, name string, days int) portfolio.Decision {
		d, _ := domain(id, name, days, "").Resource.(portfolio.DomainFacts)
		return rules.Decide(policy, d, now)
	}
	o := options(fakeScanner{domains: func() (scheduler.Reading, error) {
		return scheduler.Reading{Decisions: []portfolio.Decision{
			decide(1, "crown-a.com", 10), decide(2, "crown-b.com", 20), decide(3, "other.com", 10), decide(4, "next.com", 200),
		}}, nil
	}}, none)
	o.Policy = func() *rules.Policy { return policy }
	saw := func(id int64, name string, days int) portfolio.Domain {
		return portfolio.Domain{ID: id, AccountID: 1010, Name: name, State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, days)}
	}
	o.Surveyor = fakeSurveyor{seen: scheduler.Seen{
		Domains: []portfolio.Domain{saw(1, "crown-a.com", 400), saw(5, "xn--bcher-kva.far", 300), saw(6, "inside.com", 5)},
		At:      map[int64]time.Time{1010: now.Add(-time.Hour)}, Whole: true,
	}}
	c := InProcess(New(o), alice)
	for all, want := range map[bool][]string{
		false: {"crown-a.com", "other.com", "crown-b.com"},
		true:  {"crown-a.com", "other.com", "crown-b.com", "next.com", "xn--bcher-kva.far"},
	} {
		p, err := c.Plan(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, it := range p.Items {
			got = append(got, it.Name)
			if (it.SeenAt != nil) != (it.ID == 5) || it.ID == 5 && (it.Unicode != "bücher.far" || !it.SeenAt.Equal(now.Add(-time.Hour))) {
				t.Errorf("%+v", it)
			}
		}
		s := p.Summary
		if !all {
			want = []string{"crown-a.com", "crown-b.com", "other.com"} // as they were read
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("all %v: -want +got:\n%s", all, diff)
		}
		if diff := cmp.Diff([]Overlap{{portfolio.KindDomain, "crown", "default", 2}}, s.Overlaps); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]IdleGroup{{"none", []string{"court"}}}, s.IdleGroups); diff != "" || !s.Whole {
			t.Error(diff)
		}
	}
	o.Policy = func() *rules.Policy { other := *policy; other.Hash = "ffffffffffff"; return &other }
	if status, body := ask(t, o, http.MethodGet, "/v1/plan", ""); status != http.StatusConflict {
		t.Errorf("a policy that changes meanwhile: %d %s", status, body)
	}
}
