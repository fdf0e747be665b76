package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

var planned = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// evil is a name of somebody who wants to be noticed.
const evil = "a|b`c*d_e[f](http://x) <img src=x> @maintainer #1\x1b[31m\u202e\ngmoc"

// shownPlan has everything that people are shown.
func shownPlan() control.Plan {
	price := func(cents portfolio.Money) *portfolio.Money { return &cents }
	at := func(days int) *time.Time { return new(planned.AddDate(0, 0, days)) }
	return control.Plan{
		At: planned, Mode: portfolio.ModeAct, Policy: "0123456789ab", Format: control.PlanFormat, Instance: "main",
		Problems: []string{"list domains (account 3030): 502 <html>"},
		Items: []control.Item{
			{
				AccountName: "main", On: portfolio.KindDomain, ID: 1, Name: "example.com", ExpiresAt: at(12), Rule: "renew-core", Do: portfolio.ActionRenew,
				Price: price(1550), PriceAt: new(planned.Add(-26 * time.Hour)), Verdict: portfolio.VerdictAct, Reason: "it expires in 12 days", Labels: map[string]string{"team": "brand"},
			},
			{
				AccountName: "main", On: portfolio.KindDomain, ID: 2, Name: "xn--bcher-kva.example", Unicode: "bücher.example", ExpiresAt: at(20), Rule: "renew-core",
				Do: portfolio.ActionRenew, Price: price(7000), PriceAt: new(planned.Add(-59 * time.Minute)), Verdict: portfolio.VerdictAsk, Reason: "it expires in 20 days",
			},
			{AccountName: "labs", On: portfolio.KindPush, ID: 5, Name: evil, Verdict: portfolio.VerdictNone, Reason: evil},
			{AccountName: "labs", On: portfolio.KindDomain, ID: 6, Name: "seen.com", ExpiresAt: at(300), Verdict: portfolio.VerdictNone, Reason: "it expires later", SeenAt: at(-1)},
		},
		Totals: control.Totals{Price: 1550, Asked: 7000},
		Summary: control.Summary{
			Accounts: []control.AccountSum{
				{Account: 1010, AccountName: "main", Sum: control.Sum{Items: 2, Purchases: 1, Price: 1550, Asked: 7000}},
				{Account: 3030, AccountName: "labs", Sum: control.Sum{Items: 2}},
			},
			Months:     []control.MonthSum{{Month: "", Sum: control.Sum{Items: 1, Asked: 7000}}, {Month: "2026-03", Sum: control.Sum{Items: 1, Purchases: 1, Price: 1550}}},
			Verdicts:   map[portfolio.Verdict]control.Verdict{"act": {Items: 1, Price: 1550}, "ask": {Items: 1, Price: 7000}, "none": {Items: 2}},
			Overlaps:   []control.Overlap{{On: portfolio.KindDomain, Winner: "crown", Loser: "default", Items: 12}, {On: portfolio.KindRegistrantChange, Winner: "a", Loser: "b", Items: 1}},
			IdleGroups: []control.IdleGroup{{Group: "defensive", Rules: []string{"a", "b"}}},
			Vendor: []control.VendorBuys{
				{AccountName: "main", ID: 9, Name: "held.com", ExpiresAt: at(30), Verdict: portfolio.VerdictHold, Rule: "court_case"},
				{AccountName: "main", ID: 10, Name: "xn--bcher-kva.com", Unicode: "bücher.com", ExpiresAt: at(40), Verdict: portfolio.VerdictLetLapse, Rule: "over"},
			},
		},
	}
}

func shownForecast() control.Forecast {
	price := portfolio.Money(1500)
	f := control.Forecast{At: planned, Until: planned.AddDate(0, 2, 0), Mode: portfolio.ModeAct, Policy: "0123456789ab", Instance: "main", SeenAt: map[int64]time.Time{1010: planned.AddDate(0, 0, -1)}}
	expected := func(items, estimated, unknown int) control.Expenses {
		return control.Expenses{Items: items, Price: portfolio.Money(items-unknown) * price, Estimated: estimated, Unknown: unknown}
	}
	f.Months = []control.MonthForecast{
		{Month: "2026-03", Renewals: expected(10, 2, 1), Vendor: expected(4, 4, 0), Uncovered: 1},
		{Month: "2026-04", Asked: expected(1, 0, 0), LetLapse: 1},
		{Month: "2026-05"},
	}
	f.Totals = control.MonthForecast{Renewals: expected(10, 2, 1), Asked: expected(1, 0, 0), Vendor: expected(4, 4, 0), LetLapse: 1, Uncovered: 1}
	for i := range 23 {
		f.Items = append(f.Items, control.ForecastItem{Name: fmt.Sprintf("u%02d.com", i), ExpiresAt: planned.AddDate(0, 0, i), Fate: control.FateUncovered})
	}
	f.Items = append(f.Items,
		control.ForecastItem{Name: evil, ExpiresAt: planned, Fate: control.FateLetLapse, Rule: "over"},
		control.ForecastItem{Name: "xn--bcher-kva.com", Unicode: "bücher.com", ExpiresAt: planned, Fate: control.FateVendor, Price: &price},
		control.ForecastItem{Name: "fine.com", ExpiresAt: planned, Fate: control.FateRenew, Price: &price})
	return f
}

// TestShown compares what people are shown with the files beside it, byte for byte.
func TestShown(t *testing.T) {
	text := func(show func(*bytes.Buffer) error) string {
		var b bytes.Buffer
		if err := show(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, got := range map[string]string{
		"plan.md":      planMarkdown(shownPlan()),
		"plan.txt":     text(func(b *bytes.Buffer) error { return printPlan(b, style{width: 110}, shownPlan()) }),
		"forecast.md":  forecastMarkdown(shownForecast()),
		"forecast.txt": text(func(b *bytes.Buffer) error { return printForecast(b, style{width: 70}, shownForecast()) }),
	} {
		file := filepath.Join("testdata", "shown", name)
		if os.Getenv("SHOWN") == "write" { // where it is to look otherwise
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestMarkdownIsOneRow: whatever a name or a reason holds, it is a cell of its row: no bar,
// no line, no markup and nobody's name comes out of it.
func TestMarkdownIsOneRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("|\\`*_[]()<>@#~!&\r\n\t\x00\x1b\u202e\u2066 a")))).Draw(t, "text")
		got := md(text)
		bare := strings.NewReplacer(`\\`, "", `\|`, "", "\\`", "", `\*`, "", `\_`, "", `\[`, "", `\]`, "", `\~`, "", `\#`, "", `\!`, "", "@\u200b", "").Replace(got)
		if strings.ContainsAny(bare, "|\\`*_[]~#!<>@\n\r\x00\x1b\u202e\u2066") || !utf8.ValidString(got) {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
}

// TestMarkdownFits: however long a plan is, the document fits into a comment, shows first
// what costs or is wrong, and says how much it does not show.
func TestMarkdownFits(t *testing.T) {
	p := shownPlan()
	for i := range 100_000 {
		p.Items = append(p.Items, control.Item{AccountName: "main", On: portfolio.KindDomain, ID: int64(i), Name: fmt.Sprintf("n%d.com", i), Verdict: portfolio.VerdictNone, Reason: "far"})
	}
	p.Items = append(p.Items, control.Item{AccountName: "main", On: portfolio.KindDomain, ID: 1, Name: "last.com", Verdict: portfolio.VerdictUncovered, Reason: "nobody"})
	got := planMarkdown(p)
	if len(got) > 65536 || !strings.Contains(got, "last.com") || !strings.Contains(got, "100002 more items not shown here") {
		t.Errorf("%d bytes: %s", len(got), got[:min(len(got), 3000)])
	}
}

// TestChartFits: a bar is never longer than the line, and grows with what is spent.
func TestChartFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(41, 200).Draw(t, "width")
		var f control.Forecast
		for i := range rapid.IntRange(0, 14).Draw(t, "months") {
			m := control.MonthForecast{Month: fmt.Sprintf("2026-%02d", i+1)}
			for _, e := range []*control.Expenses{&m.Renewals, &m.Asked, &m.Vendor} {
				e.Price = portfolio.Money(rapid.Int64Range(0, 1e12).Draw(t, "price"))
			}
			f.Months = append(f.Months, m)
		}
		for line := range strings.Lines(forecastChart(f, width)) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("%d characters of %d: %s", n, width, line)
			}
		}
	})
	one := func(cents portfolio.Money) string {
		f := control.Forecast{Months: []control.MonthForecast{{Month: "2026-01", Renewals: control.Expenses{Price: cents}}, {Month: "2026-02", Renewals: control.Expenses{Price: 10000}}}}
		first, _, _ := strings.Cut(forecastChart(f, 40), "\n")
		return first
	}
	for cents, want := range map[portfolio.Money]string{
		0: "2026-01    0.00  ", 1: "2026-01    0.01  ▏", 5000: "2026-01   50.00  ███████████", 10000: "2026-01  100.00  ██████████████████████▉",
	} {
		if got := one(cents); !strings.HasPrefix(got, strings.TrimSuffix(want, "▉")) {
			t.Errorf("%s: %q, want %q", cents, got, want)
		}
	}
	if got := forecastChart(control.Forecast{Months: []control.MonthForecast{{Month: "2026-01"}}}, 80); got != "" {
		t.Errorf("nothing is spent: %q", got)
	}
}

// TestVerdictOn: what is not complete counts more than what was found.
func TestVerdictOn(t *testing.T) {
	plan := shownPlan()
	for _, tt := range []struct {
		problems []string
		failOn   []string
		want     string
		code     int
	}{
		{nil, nil, "", 0},
		{nil, []string{"blocked"}, "", 0},
		{nil, []string{"blocked", "ask", "none"}, "the plan has what it must not have: 1 ask, 2 none", exitFound},
		{[]string{"502"}, nil, "the plan is not complete: 502", exitFailed},
		{[]string{"502"}, []string{"ask"}, "the plan is not complete, which counts more than what --fail-on found (1 ask): 502", exitFailed},
	} {
		plan.Problems = tt.problems
		err := verdictOn(plan, tt.failOn)
		_, found := err.(verdictError) //nolint:errorlint // it is the error itself
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || err.Error() != tt.want), found != (tt.code == exitFound):
			t.Errorf("%v: %v", tt, err)
		}
	}
}
