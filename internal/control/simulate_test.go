package control

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// ahead is a policy that renews what expires within a distance, as others say.
func ahead(rs ...rules.Rule) *rules.Policy {
	for i := range rs {
		if rs[i].Name == "" {
			rs[i].Name = fmt.Sprintf("rule-%d", i+1)
		}
		rs[i].On = portfolio.KindDomain
		if rs[i].Do == "" {
			rs[i].Do = portfolio.ActionRenew
		}
		if rs[i].Do == portfolio.ActionRenew {
			rs[i].Years, rs[i].IfLapsed = max(rs[i].Years, 1), portfolio.ActionRenew
		}
	}
	return &rules.Policy{
		Hash: "0123456789ab", Mode: portfolio.ModeAct, Location: time.UTC, WarnWithin: rules.Distance{Days: 60}, Rules: rs,
		Accounts: []rules.Account{{Account: portfolio.Account{ID: 1010, Name: "main"}}, {Account: portfolio.Account{ID: 3030, Name: "labs"}}},
	}
}

func within(days int, rest ...func(*rules.Rule)) rules.Rule {
	r := rules.Rule{Match: rules.Conditions{Expires: rules.Distance{Days: days}}}
	for _, f := range rest {
		f(&r)
	}
	return r
}

func ownedBy(account int64, days int) portfolio.DomainFacts {
	f := portfolio.DomainFacts{Domain: portfolio.Domain{
		ID: 7, AccountID: account, Name: "a.com", UnicodeName: "a.com", State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, days),
	}}
	if days < 0 {
		f.State = portfolio.DomainExpired
	}
	return f
}

// played is what becomes of a domain: "2026-03-01 renew 15.00; …".
func played(steps []step) string {
	var out []string
	for _, s := range steps {
		text := s.at.Format(time.DateOnly) + " " + string(s.fate)
		if s.do == portfolio.ActionRestore {
			text += " (restore)"
		}
		if s.cost.Price != nil {
			text += " " + s.cost.Price.String()
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// TestPlay: now is 2026-03-01, and a year costs 15.00.
func TestPlay(t *testing.T) {
	vendor := func(f portfolio.DomainFacts) portfolio.DomainFacts { f.AutoRenew = true; return f }
	redeemed := func(f portfolio.DomainFacts) portfolio.DomainFacts { f.Redemption = true; return f }
	limit := func(cents portfolio.Money) *portfolio.Money { return &cents }
	hold := rules.Rule{Name: "court", Do: portfolio.ActionHold, Reason: "a court"}
	lapse := rules.Rule{Name: "over", Do: portfolio.ActionLetLapse, Reason: "it is over"}
	rescue := rules.Rule{Name: "rescue", Do: portfolio.ActionRestore, Match: rules.Conditions{Lapsed: rules.Distance{Days: 60}}}
	asking := ahead(within(45))
	asking.Mode = portfolio.ModeAsk
	trial := within(45, func(r *rules.Rule) { r.Mode = portfolio.ModeDryRun })
	untilMay := hold
	untilMay.Until = now.AddDate(0, 2, 0)
	year, three := rules.Distance{Years: 1}, rules.Distance{Years: 3}
	for name, tt := range map[string]struct {
		p      *rules.Policy
		f      portfolio.DomainFacts
		limits executor.Limits
		bought time.Time
		until  rules.Distance
		want   string
	}{
		"renewed once":                {p: ahead(within(45)), f: ownedBy(1010, 100), until: year, want: "2026-04-25 renew 15.00"},
		"renewed now, and again":      {p: ahead(within(45)), f: ownedBy(1010, 10), until: year, want: "2026-03-01 renew 15.00; 2027-01-25 renew 15.00"},
		"renewed each year":           {p: ahead(within(45)), f: ownedBy(1010, 100), until: three, want: "2026-04-25 renew 15.00; 2027-04-25 renew 15.00; 2028-04-25 renew 15.00"},
		"for two years":               {p: ahead(within(45, func(r *rules.Rule) { r.Years = 2 })), f: ownedBy(1010, 100), until: three, want: "2026-04-25 renew 30.00; 2028-04-25 renew 30.00"},
		"too far away":                {p: ahead(within(45)), f: ownedBy(1010, 900), until: year, want: ""},
		"the horizon is further":      {p: ahead(within(45)), f: ownedBy(1010, 380), until: year, want: "2027-01-30 renew 15.00"},
		"asked":                       {p: asking, f: ownedBy(1010, 100), until: year, want: "2026-04-25 ask 15.00"},
		"asked above":                 {p: ahead(within(45)), f: ownedBy(1010, 100), until: year, limits: executor.Limits{AskAbove: limit(1499)}, want: "2026-04-25 ask 15.00"},
		"not asked at":                {p: ahead(within(45)), f: ownedBy(1010, 100), until: year, limits: executor.Limits{AskAbove: limit(1500)}, want: "2026-04-25 renew 15.00"},
		"the rule asks above":         {p: ahead(within(45, func(r *rules.Rule) { r.AskAbove = limit(1) })), f: ownedBy(1010, 100), until: year, want: "2026-04-25 ask 15.00"},
		"blocked":                     {p: ahead(within(45, func(r *rules.Rule) { r.MaxPrice = limit(1499) })), f: ownedBy(1010, 100), until: year, want: "2026-04-25 blocked 15.00"},
		"blocked by a ceiling":        {p: ahead(within(45)), f: ownedBy(1010, 100), until: year, limits: executor.Limits{PerPurchase: limit(1499)}, want: "2026-04-25 blocked 15.00"},
		"blocked, and DNSimple buys":  {p: ahead(within(45, func(r *rules.Rule) { r.MaxPrice = limit(1499) })), f: vendor(ownedBy(1010, 100)), until: year, want: "2026-04-25 blocked 15.00; 2026-06-09 vendor 15.00"},
		"held":                        {p: ahead(within(45), hold), f: ownedBy(1010, 100), until: year, want: "2026-06-09 hold"},
		"held for a while":            {p: ahead(within(45), untilMay), f: ownedBy(1010, 100), until: year, want: "2026-05-01 renew 15.00"},
		"held, and DNSimple buys":     {p: ahead(within(45), hold), f: vendor(ownedBy(1010, 100)), until: three, want: "2026-06-09 vendor 15.00; 2027-06-09 vendor 15.00; 2028-06-09 vendor 15.00"},
		"let go":                      {p: ahead(within(45), lapse), f: ownedBy(1010, 100), until: year, want: "2026-06-09 let-lapse"},
		"let go later":                {p: ahead(within(45), lapse), f: ownedBy(1010, 500), until: year, want: ""},
		"nobody speaks of it":         {p: ahead(), f: ownedBy(1010, 100), until: year, want: "2026-06-09 uncovered"},
		"only tried out":              {p: ahead(trial), f: ownedBy(1010, 100), until: year, want: "2026-06-09 uncovered"},
		"ours before DNSimple's":      {p: ahead(within(45)), f: vendor(ownedBy(1010, 100)), until: year, want: "2026-04-25 renew 15.00"},
		"DNSimple's turn":             {p: ahead(within(10)), f: vendor(ownedBy(1010, 100)), until: year, want: "2026-06-09 vendor 15.00"},
		"DNSimple's turn by now":      {p: ahead(within(45)), f: vendor(ownedBy(1010, 5)), until: year, want: "2026-03-06 vendor 15.00; 2027-01-20 renew 15.00"},
		"lapsed":                      {p: ahead(rescue), f: ownedBy(1010, -5), until: year, want: "2026-03-01 renew 15.00; 2027-02-24 uncovered"},
		"in redemption":               {p: ahead(rescue), f: redeemed(ownedBy(1010, -5)), until: year, want: "2026-03-01 renew (restore) 95.00; 2027-02-24 uncovered"},
		"lapsed, and near again":      {p: ahead(within(45)), f: ownedBy(1010, -250), until: year, want: "2026-03-01 renew 15.00; 2026-06-24 uncovered"},
		"lapsed, nobody cares":        {p: ahead(), f: ownedBy(1010, -5), until: year, want: "2026-03-01 uncovered"},
		"lapsed long ago":             {p: ahead(), f: ownedBy(1010, -100), until: year, want: ""},
		"bought lately":               {p: ahead(within(45)), f: ownedBy(1010, 190), bought: now.AddDate(0, 0, -1), until: year, want: "2026-08-27 renew 15.00"},
		"bought lately, and too near": {p: ahead(within(45)), f: ownedBy(1010, 100), bought: now.AddDate(0, 0, -1), until: year, want: "2026-06-09 uncovered"},
		"another account":             {p: ahead(within(45)), f: ownedBy(2020, 100), until: year, want: "2026-06-09 uncovered"},
		"hosted":                      {p: ahead(within(45)), f: portfolio.DomainFacts{Domain: portfolio.Domain{AccountID: 1010, Name: "a.com", State: portfolio.DomainHosted}}, until: year, want: ""},
	} {
		s := simulation{
			policy: tt.p, ceilings: executor.Ceilings{Global: tt.limits}, window: rules.Distance{Days: 14}, now: now, until: tt.until.After(now),
			cost: func(_ *portfolio.DomainFacts, do portfolio.Action, years int) Cost {
				price := portfolio.Money(1500 * years)
				if do == portfolio.ActionRestore {
					price += 8000
				}
				return Cost{&price, PriceSeen}
			},
		}
		if got := played(s.play(tt.f, tt.bought)); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestPlayIsADayAfterTheOther: a forecast says what somebody finds who waits, looks once a
// day, and does what the policy says then.
func TestPlayIsADayAfterTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(1, 90)
		var rs []rules.Rule
		for range rapid.IntRange(0, 4).Draw(t, "rules") {
			r := rules.Rule{Do: rapid.SampledFrom([]portfolio.Action{"renew", "renew", "renew", "hold", "let-lapse"}).Draw(t, "do"), Reason: "why"}
			if r.Do == portfolio.ActionRenew || rapid.Bool().Draw(t, "dated") {
				r.Match.Expires = rules.Distance{Days: days.Draw(t, "within")}
			}
			if rapid.IntRange(0, 3).Draw(t, "ends") == 0 && r.Do != portfolio.ActionRenew {
				r.Until = now.AddDate(0, 0, rapid.IntRange(0, 700).Draw(t, "until"))
			}
			r.Years = rapid.IntRange(1, 2).Draw(t, "years")
			rs = append(rs, r)
		}
		p := ahead(rs...)
		f := ownedBy(1010, rapid.IntRange(1, 800).Draw(t, "expires"))
		until := now.AddDate(0, 0, rapid.IntRange(1, 900).Draw(t, "until"))
		s := simulation{policy: p, now: now, until: until, cost: func(*portfolio.DomainFacts, portfolio.Action, int) Cost { return Cost{} }}
		if got, want := played(s.play(f, time.Time{})), walked(p, f, until); got != want {
			t.Fatalf("%q, and by the day %q", got, want)
		}
	})
}

// walked is what somebody finds who looks each day.
func walked(p *rules.Policy, f portfolio.DomainFacts, until time.Time) string {
	var steps []step
	var quietUntil time.Time
	for at := now; !at.After(until); at = at.AddDate(0, 0, 1) {
		if !at.Before(f.ExpiresAt) {
			d := rules.Decide(p, f, f.ExpiresAt.Add(-time.Second))
			fate := FateUncovered
			switch d.Verdict {
			case portfolio.VerdictHold:
				fate = FateHold
			case portfolio.VerdictLetLapse:
				fate = FateLetLapse
			}
			return played(append(steps, step{at: f.ExpiresAt, fate: fate}))
		}
		if d := rules.Decide(p, f, at); d.Verdict == portfolio.VerdictAct && !at.Before(quietUntil) {
			steps = append(steps, step{at: at, fate: FateRenew})
			f.ExpiresAt = f.ExpiresAt.AddDate(d.Years, 0, 0)
			quietUntil = at.Add(quiet)
		}
	}
	return played(steps)
}

func TestFatesAreCounted(t *testing.T) {
	f := Forecast{At: now, Until: now.AddDate(0, 2, 0)}
	price := portfolio.Money(1000)
	for i, fate := range []Fate{FateRenew, FateRenew, FateRenew, FateAsk, FateBlocked, FateVendor, FateHold, FateLetLapse, FateUncovered} {
		it := ForecastItem{At: now.AddDate(0, i%2, 0), Fate: fate, Price: &price, PriceFrom: PriceSeen}
		switch i {
		case 0:
			it.PriceFrom = PricePaid
		case 2:
			it.Price, it.PriceFrom = nil, ""
		}
		f.Items = append(f.Items, it)
	}
	f.sum(time.UTC)
	if len(f.Months) != 3 || f.Months[0].Month != "2026-03" || f.Months[2] != (MonthForecast{Month: "2026-05"}) {
		t.Fatalf("%+v", f.Months)
	}
	want := MonthForecast{
		Renewals: Expenses{Items: 3, Price: 2000, Estimated: 1, Unknown: 1}, Asked: Expenses{Items: 1, Price: 1000, Estimated: 1},
		Blocked: Expenses{Items: 1, Price: 1000, Estimated: 1}, Vendor: Expenses{Items: 1, Price: 1000, Estimated: 1}, Held: 1, LetLapse: 1, Uncovered: 1,
	}
	if f.Totals != want || f.Months[0].Renewals != (Expenses{Items: 2, Price: 1000, Unknown: 1}) || !slices.IsSortedFunc(f.Items, func(a, b ForecastItem) int { return a.At.Compare(b.At) }) {
		t.Errorf("%+v", f)
	}
}

// BenchmarkForecast is a year of a hundred thousand domains under thirty rules.
func BenchmarkForecast(b *testing.B) {
	var rs []rules.Rule
	for i := range 29 {
		pattern, err := rules.NewPattern(fmt.Sprintf("brand%d-*", i))
		if err != nil {
			b.Fatal(err)
		}
		rs = append(rs, within(30+i, func(r *rules.Rule) { r.Match.Names = []rules.Pattern{pattern} }))
	}
	p := ahead(append(rs, within(45))...)
	price := portfolio.Money(1500)
	s := simulation{
		policy: p, window: rules.Distance{Days: 14}, now: now, until: now.AddDate(1, 0, 0),
		cost: func(*portfolio.DomainFacts, portfolio.Action, int) Cost { return Cost{&price, PriceSeen} },
	}
	var domains []portfolio.DomainFacts
	for i := range 100_000 {
		f := ownedBy(1010, 1+i%420)
		f.ID, f.Name = int64(i), fmt.Sprintf("brand%d-%d.com", i%60, i)
		domains = append(domains, f)
	}
	for b.Loop() {
		n := 0
		for _, f := range domains {
			n += len(s.play(f, time.Time{}))
		}
		if n < 80_000 {
			b.Fatal(n)
		}
	}
}
