package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// fakePrices remembers what it is told, by name, or by TLD with a dot before it.
type fakePrices struct {
	paid map[int64]portfolio.Operation // by domain
	seen map[string]portfolio.Money    // what a year costs
	err  error
}

func (p fakePrices) LastPurchase(id int64, _ string) (portfolio.LastPurchase, bool, error) {
	op, ok := p.paid[id]
	return portfolio.LastPurchase{At: op.EndedAt, Key: fmt.Sprint(id)}, ok, p.err
}

func (p fakePrices) Operation(key string) (portfolio.Operation, bool, error) {
	var id int64
	if _, err := fmt.Sscan(key, &id); err != nil {
		return portfolio.Operation{}, false, err
	}
	op, ok := p.paid[id]
	return op, ok, p.err
}

func (p fakePrices) PricesSeen(_ int64, name string) (portfolio.SeenPrices, bool, error) {
	cents, ok := p.seen[name]
	return portfolio.SeenPrices{Prices: portfolio.Prices{Name: name, Renewal: cents, Restore: 5 * cents}}, ok, p.err
}

// pricer is a Look that knows prices alone.
type pricer struct {
	Look
	asked  []string
	prices func(name string) (portfolio.Prices, error)
}

func (p *pricer) Prices(_ context.Context, name string) (portfolio.Prices, error) {
	p.asked = append(p.asked, name)
	return p.prices(name)
}

// TestForecastPrices: what was paid last counts; else what was seen of the name, or of its
// TLD; else DNSimple is asked, once for each TLD.
func TestForecastPrices(t *testing.T) {
	o := options(fakeScanner{}, none)
	policy := ahead(within(45))
	o.Policy = func() *rules.Policy { return policy }
	o.AutoRenewalWindow = func() rules.Distance { return rules.Distance{Days: 14} }
	look := &pricer{prices: func(name string) (portfolio.Prices, error) {
		switch portfolio.TLD(name) {
		case "io":
			return portfolio.Prices{Renewal: 4000}, nil
		case "dear":
			return portfolio.Prices{Renewal: 99900, Premium: true}, nil
		case "free":
			return portfolio.Prices{}, nil
		}
		return portfolio.Prices{}, errors.New("502")
	}}
	o.Accounts[0].Look = look
	long := now.AddDate(-1, 0, 0)
	o.Prices = fakePrices{
		paid: map[int64]portfolio.Operation{
			1: {Kind: portfolio.OpRenew, PerYear: 1234, Years: 2, EndedAt: long}, 2: {Kind: portfolio.OpRenew, Reserved: 3000, Years: 2, EndedAt: long},
			3: {Kind: portfolio.OpRestore, Reserved: 9000, EndedAt: long},
		},
		seen: map[string]portfolio.Money{"seen.com": 1700, ".com": 1500},
	}
	var domains []portfolio.DomainFacts
	for i, name := range []string{
		"paid.com", "paid-once.com", "restored.com", "seen.com", "other.com", "a.io", "b.io", "a.dear", "b.dear", "a.free", "b.free", "a.broken", "b.broken",
	} {
		f := ownedBy(1010, 100)
		f.ID, f.Name = int64(i+1), name
		domains = append(domains, f)
	}
	o.Surveyor = fakeSurveyor{survey: func(_, until time.Time) (scheduler.Survey, error) {
		if !until.Equal(now.AddDate(1, 0, 0)) {
			t.Error(until)
		}
		return scheduler.Survey{Domains: domains, Problems: []error{errors.New("account labs: 502")}, SeenAt: map[int64]time.Time{1010: long}}, nil
	}}
	f, err := InProcess(New(o), alice).Forecast(t.Context(), "12mo")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, it := range f.Items {
		price := "?"
		if it.Price != nil {
			price = it.Price.String()
		}
		got = append(got, fmt.Sprintf("%s %s %s", it.Name, price, it.PriceFrom))
	}
	want := []string{
		"a.broken ? ", "a.dear 999.00 seen", "a.free ? ", "a.io 40.00 seen", "b.broken ? ", "b.dear 999.00 seen", "b.free ? ", "b.io 40.00 seen",
		"other.com 15.00 seen", "paid-once.com 15.00 paid", "paid.com 12.34 paid", "restored.com 15.00 seen", "seen.com 17.00 seen",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a.io", "a.dear", "b.dear", "a.free", "a.broken"}, look.asked); diff != "" {
		t.Error(diff)
	}
	total := Expenses{Items: 11, Price: 4000*2 + 1500*3 + 1234 + 1700, Estimated: 5, Unknown: 4}
	dear := Expenses{Items: 2, Price: 2 * 99900, Estimated: 2} // a ceiling says no
	if f.Totals.Renewals != total || f.Totals.Blocked != dear || len(f.Months) != 13 || f.Months[1].Renewals != total || len(f.SeenAt) != 1 {
		t.Errorf("%+v", f.Totals)
	}
	if diff := cmp.Diff([]string{"account labs: 502", "the price of a.broken: 502"}, f.Problems); diff != "" {
		t.Error(diff)
	}
}

func TestForecastIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		edit   func(*Options)
		query  string
		status int
		want   string
	}{
		"no distance":    {func(*Options) {}, "", http.StatusBadRequest, "until when?"},
		"minutes":        {func(*Options) {}, "?until=2m", http.StatusBadRequest, "months or minutes"},
		"too far":        {func(*Options) {}, "?until=11y", http.StatusBadRequest, "a forecast reaches 10y at most"},
		"unknown":        {func(*Options) {}, "?until=1y&x=1", http.StatusBadRequest, "knows no"},
		"nobody knows":   {func(o *Options) { o.Surveyor = nil }, "?until=1y", http.StatusConflict, "nobody here knows"},
		"broken":         {func(o *Options) { o.Surveyor = fakeSurveyor{err: errBroken} }, "?until=1y", http.StatusInternalServerError, errBroken.Error()},
		"broken, prices": {func(o *Options) { o.Prices = fakePrices{err: errBroken} }, "?until=1y", http.StatusInternalServerError, errBroken.Error()},
	} {
		o := options(fakeScanner{}, none)
		policy := ahead(within(45))
		o.Policy = func() *rules.Policy { return policy }
		o.Surveyor, o.Prices = fakeSurveyor{survey: func(time.Time, time.Time) (scheduler.Survey, error) {
			return scheduler.Survey{Domains: []portfolio.DomainFacts{ownedBy(1010, 10)}}, nil
		}}, fakePrices{}
		tt.edit(&o)
		if status, body := ask(t, o, http.MethodGet, "/v1/forecast"+tt.query, ""); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// TestForecastJSON pins what an empty forecast looks like: lists where programs look for
// lists.
func TestForecastJSON(t *testing.T) {
	o := options(fakeScanner{}, none)
	o.Surveyor, o.Prices = fakeSurveyor{}, fakePrices{}
	_, body := ask(t, o, http.MethodGet, "/v1/forecast?until=1d", "")
	nothing := `"renewals":{"items":0,"price":"0.00","estimated":0,"unknown":0},"asked":{"items":0,"price":"0.00","estimated":0,"unknown":0},` +
		`"blocked":{"items":0,"price":"0.00","estimated":0,"unknown":0},"vendor":{"items":0,"price":"0.00","estimated":0,"unknown":0},"held":0,"let_lapse":0,"uncovered":0}`
	want := `{"at":"2026-03-01T12:00:00Z","until":"2026-03-02T12:00:00Z","mode":"act","policy":"0123456789ab","instance":"main",` +
		`"months":[{"month":"2026-03",` + nothing + `],"totals":{"month":"",` + nothing + `,"items":[],"seen_at":{},"problems":[]}` + "\n"
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkPlan sums up a plan of a hundred thousand domains under thirty rules.
func BenchmarkPlan(b *testing.B) {
	var rs []rules.Rule
	for i := range 30 {
		pattern, err := rules.NewPattern(fmt.Sprintf("brand%d-*", i))
		if err != nil {
			b.Fatal(err)
		}
		rs = append(rs, within(30+i, func(r *rules.Rule) {
			r.Match.Groups = []rules.Group{{Name: fmt.Sprintf("g%d", i), Patterns: []rules.Pattern{pattern}}}
		}))
	}
	p := ahead(append(rs, within(45))...)
	var decisions []portfolio.Decision
	for i := range 100_000 {
		f := ownedBy(1010, 1+i%60)
		f.ID, f.Name = int64(i), fmt.Sprintf("brand%d-%d.com", i%60, i)
		decisions = append(decisions, rules.Decide(p, f, now))
	}
	o := options(fakeScanner{domains: func() (scheduler.Reading, error) { return scheduler.Reading{Decisions: decisions}, nil }}, none)
	o.Policy = func() *rules.Policy { return p }
	h := &handler{Options: o}
	for b.Loop() {
		plan, err := h.makePlan(b.Context(), true)
		if err != nil || len(plan.Items) != len(decisions) || len(plan.Summary.Overlaps) == 0 {
			b.Fatal(err, len(plan.Items))
		}
	}
}
