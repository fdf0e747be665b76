package cases

import (
	"errors"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/executor"
	"domaind/internal/facts"
	"domaind/internal/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const policy = `
mode = "act"
[spending]
max_per_purchase = "100.00"
max_per_day = "50.00"
max_per_month = "90.00"
max_purchases_per_day = 5
max_price_increase = "10%"
[[account]]
name = "main"
id = 1010
token = { env = "NONE" }
contacts = { default = 2715 }
[account.spending]
max_per_month = "80.00"
[[account]]
name = "desk"
id = 2020
token = { env = "NONE" }
role = "source"
[[rule]]
name = "tried"
on = "domain"
match = { expires_within = "60d" }
do = "renew"
mode = "dry-run"
[[rule]]
name = "renew"
on = "domain"
match = { expires_within = "30d" }
do = "renew"
max_price = "60.00"
[[rule]]
name = "tell"
on = "domain"
match = { auto_renew = true }
do = "alert"
[[rule]]
name = "watch"
on = "name"
match = { names = "lost.com" }
do = "register"
[[rule]]
name = "never"
on = "push"
do = "reject"
`

func runCases(t *testing.T, text string) Report {
	t.Helper()
	env := config.Env{
		Lookup: func(string) (string, bool) { return "", false },
		ReadFile: func(path string) ([]byte, error) {
			return []byte(map[string]string{"config.toml": policy, "a.test.toml": "now = 2027-03-01T12:00:00Z\n" + text}[path]), nil
		},
		Stat: func(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist },
	}
	cfg, err := config.Load("config.toml", env)
	if err != nil {
		t.Fatal(err)
	}
	all, err := config.LoadCases([]string{"a.test.toml"}, cfg, env)
	if err != nil {
		t.Fatal(err)
	}
	limits := func(s config.Spending) executor.Limits {
		return executor.Limits{PerPurchase: s.MaxPerPurchase, PerDay: s.MaxPerDay, PerMonth: s.MaxPerMonth, PurchasesPerDay: s.MaxPurchasesPerDay, MaxIncrease: s.MaxPriceIncrease}
	}
	r, err := Run(all, cfg, func(f *facts.Facts) (control.Plan, error) {
		o := control.NewOffline(control.OfflineOptions{
			Facts: f, Policy: cfg.Policy, AutoRenewalWindow: cfg.DNSimple.AutoRenewalWindow, Now: f.At, Ceilings: executor.Ceilings{
				Location: time.UTC, Global: limits(cfg.Spending), ByAccount: map[int64]executor.Limits{1010: limits(*cfg.Accounts[0].Spending)},
			},
		})
		return control.InProcess(o.Handler(), control.Asker{}).Plan(t.Context(), true)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRun: a case goes through the rules and all guards, and what it wants is compared.
func TestRun(t *testing.T) {
	const domain = "[[case]]\ntitle = \"a\"\ndomain = { name = \"a.com\", "
	for name, tt := range map[string]struct{ text, want string }{
		"renewed":          {`expires_in = "30d" }` + "\nprice = \"12.00\"", `rule = "renew", do = "renew", verdict = "act", code = "rule", price = "12.00", alerts = [], trials = "tried"`},
		"no price":         {`expires_in = "30d" }`, `verdict = "act", reason = "its price is not in the facts"`},
		"max_price":        {`expires_in = "30d" }` + "\nprice = \"60.01\"", `verdict = "blocked", code = "max_price", price = "60.01"`},
		"a day's ceiling":  {`expires_in = "30d" }` + "\nprice = \"12.00\"\nspent = { today = \"38.01\" }", `verdict = "blocked", code = "max_per_day"`},
		"just below":       {`expires_in = "30d" }` + "\nprice = \"12.00\"\nspent = { today = \"38.00\" }", `verdict = "act"`},
		"reserved":         {`expires_in = "30d" }` + "\nprice = \"12.00\"\nspent = { today = \"30.00\", reserved = \"8.01\" }", `code = "max_per_day"`},
		"a month's":        {`expires_in = "30d" }` + "\nprice = \"12.00\"\nspent = { month = \"70.01\" }", `code = "max_per_month", reason = "max_per_month of account 1010 is 80.00"`},
		"a day's number":   {`expires_in = "30d" }` + "\nprice = \"12.00\"\nspent = { purchases = 5 }", `code = "max_purchases_per_day"`},
		"bought lately":    {`expires_in = "30d" }` + "\nprice = \"12.00\"\nlast = { bought = 2026-12-01 }", `verdict = "wait", code = "bought-recently"`},
		"dearer":           {`expires_in = "30d" }` + "\nprice = \"12.00\"\nlast = { paid = \"10.90\" }", `verdict = "blocked", code = "max_price_increase"`},
		"a little dearer":  {`expires_in = "30d" }` + "\nprice = \"12.00\"\nlast = { paid = \"10.91\" }", `verdict = "act"`},
		"bought long ago":  {`expires_in = "30d" }` + "\nprice = \"12.00\"\nlast = { paid = \"12.00\" }", `verdict = "act"`},
		"DNSimple's turn":  {`expires_in = "3d", auto_renew = true }` + "\nprice = \"12.00\"", `verdict = "wait", code = "vendor-turn", alerts = ["tell"]`},
		"a trial alone":    {`expires_in = "50d" }` + "\nprice = \"12.00\"", `rule = "tried", verdict = "would-act", trials = ["tried"]`},
		"not its turn":     {`expires_in = "90d" }`, `rule = "", do = "", verdict = "none", code = "later"`},
		"auto-renew only":  {`expires_in = "30d" }` + "\nprice = \"12.00\"\ntld = { auto_renew_only = true }", `do = "auto-renewal", verdict = "act"`},
		"renewed nowhere":  {`expires_in = "30d" }` + "\nprice = \"12.00\"\ntld = { renewal_enabled = false }", `verdict = "blocked", code = "not-renewable"`},
		"DNSimple asks no": {`expires_in = "30d" }` + "\nprice = { restore = \"12.00\" }", `verdict = "blocked", code = "no-price"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := runCases(t, domain+tt.text+"\nwant = { "+tt.want+" }\n")
			if r.Passed != 1 || r.Failed != 0 {
				t.Errorf("%+v\nit says %+v", r.Cases[0].Differences, r.Cases[0].Item)
			}
		})
	}
}

// TestDifferences: what is not as it was wanted is told with its place, and the rest is not.
func TestDifferences(t *testing.T) {
	r := runCases(t, `
[[case]]
title = "all of it"
domain = { name = "a.com", expires_in = "30d" }
price = "12.00"
want = { rule = "tell", do = "hold", verdict = "act", code = "held", reason = "nothing", price = "1.00", alerts = ["tell"], trials = [] }
`)
	want := []Difference{
		{"rule", "a.test.toml:7:17", []string{"tell"}, []string{"renew"}},
		{"do", "a.test.toml:7:30", []string{"hold"}, []string{"renew"}},
		{"code", "a.test.toml:7:62", []string{"held"}, []string{"rule"}},
		{"reason", "a.test.toml:7:79", []string{"nothing"}, []string{"it expires in 30 days (2027-03-31), within the rule's 30d"}},
		{"price", "a.test.toml:7:98", []string{"1.00"}, []string{"12.00"}},
		{"alerts", "a.test.toml:7:115", []string{"tell"}, []string{}},
		{"trials", "a.test.toml:7:134", []string{}, []string{"tried"}},
	}
	if diff := cmp.Diff(want, r.Cases[0].Differences); diff != "" || r.Failed != 1 || r.Passed != 0 {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCoverage: a rule is reached that won, held, fired or was tried; a name that nobody
// watches reaches none.
func TestCoverage(t *testing.T) {
	unreached := func(text string) (names []string) {
		for _, r := range runCases(t, text).Unreached {
			names = append(names, r.Rule)
		}
		return names
	}
	const head = "[[case]]\ntitle = \"a\"\nwant = { verdict = \"none\" }\n"
	for text, want := range map[string][]string{
		head + `domain = { name = "a.com" }`:                                        {"tried", "renew", "tell", "watch", "never"},
		head + `domain = { name = "a.com", expires_in = "3d" }`:                     {"tell", "watch", "never"},
		head + `domain = { name = "a.com", expires_in = "40d", auto_renew = true }`: {"renew", "watch", "never"},
		head + `name = { name = "lost.com" }`:                                       {"tried", "renew", "tell", "never"},
		head + `name = { name = "else.com" }`:                                       {"tried", "renew", "tell", "watch", "never"},
		head + `push = { announced = "default" }`:                                   {"tried", "renew", "tell", "watch", "never"},
		head + `push = { }`:                                                         {"tried", "renew", "tell", "watch"},
	} {
		if got := unreached(text); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	r := runCases(t, "[[case]]\ntitle = \"a\"\nname = { name = \"else.com\" }\nwant = { verdict = \"none\", code = \"not-watched\" }\n")
	if r.Passed != 1 {
		t.Errorf("%+v", r.Cases)
	}
}

// TestAskFails: that the policy cannot be asked is an error with the case's place.
func TestAskFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := Run([]config.Case{{At: "a.test.toml:1:1", Resource: facts.Domain{Account: 1, ID: 1, Name: "a.com"}.Facts()}}, &config.Config{Policy: new(rules.Policy), Location: time.UTC},
		func(*facts.Facts) (control.Plan, error) { return control.Plan{}, broken })
	if !errors.Is(err, broken) || err.Error() != "a.test.toml:1:1: broken" {
		t.Errorf("%v", err)
	}
}
