package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// tested is a configuration with two accounts that are acted on.
const tested = `mode = "dry-run"
timezone = "America/New_York"
[[account]]
name = "main"
id = 1010
token = { env = "TOKEN" }
contacts = { default = 2715, legal = 2716 }
[[account]]
name = "labs"
id = 3030
token = { env = "TOKEN" }
[[account]]
name = "desk"
id = 2020
token = { env = "TOKEN" }
role = "source"
[[rule]]
name = "renew"
on = "domain"
match = { expires_within = "30d" }
do = "renew"
[[rule]]
name = "tell"
on = "domain"
do = "alert"
`

func casesOf(t *testing.T, text string) ([]Case, error) {
	t.Helper()
	f := files{"dir/config.toml": tested, "a.test.toml": text}
	return LoadCases([]string{"a.test.toml"}, load(t, f), f.env(nil))
}

func someCases(t *testing.T, text string) []Case {
	t.Helper()
	all, err := casesOf(t, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return all
}

// TestCaseDomain: every way to write a domain.
func TestCaseDomain(t *testing.T) {
	now := time.Date(2027, time.March, 1, 12, 0, 0, 0, time.UTC)
	base := portfolio.DomainFacts{Domain: portfolio.Domain{
		ID: 1, AccountID: 1010, Name: "example.com", UnicodeName: "example.com", State: portfolio.DomainRegistered,
	}}
	for written, change := range map[string]func(*portfolio.DomainFacts){
		`expires_in = "30d"`:   func(f *portfolio.DomainFacts) { f.ExpiresAt = now.AddDate(0, 0, 30) },
		`expires_in = "2mo"`:   func(f *portfolio.DomainFacts) { f.ExpiresAt = now.AddDate(0, 2, 0) },
		`expires = 2027-03-31`: func(f *portfolio.DomainFacts) { f.ExpiresAt = time.Date(2027, time.March, 31, 4, 0, 0, 0, time.UTC) },
		`expires = 2027-02-01`: func(f *portfolio.DomainFacts) {
			f.ExpiresAt, f.State = time.Date(2027, time.February, 1, 5, 0, 0, 0, time.UTC), "expired"
		},
		`expires = 2027-03-31T10:00:00`:  func(f *portfolio.DomainFacts) { f.ExpiresAt = time.Date(2027, time.March, 31, 14, 0, 0, 0, time.UTC) },
		`expires = 2027-03-31T10:00:00Z`: func(f *portfolio.DomainFacts) { f.ExpiresAt = time.Date(2027, time.March, 31, 10, 0, 0, 0, time.UTC) },
		`lapsed_for = "5d"`:              func(f *portfolio.DomainFacts) { f.ExpiresAt, f.State = now.AddDate(0, 0, -5), "expired" },
		`lapsed_for = "5d", redemption = true`: func(f *portfolio.DomainFacts) {
			f.ExpiresAt, f.State, f.Redemption = now.AddDate(0, 0, -5), "expired", true
		},
		`lapsed_for = "5d", state = "registered"`:                    func(f *portfolio.DomainFacts) { f.ExpiresAt = now.AddDate(0, 0, -5) },
		`auto_renew = true`:                                          func(f *portfolio.DomainFacts) { f.State, f.AutoRenew = "hosted", true },
		`state = "registered", whois_privacy = true, trustee = true`: func(f *portfolio.DomainFacts) { f.WhoisPrivacy, f.Trustee = true, true },
		`registrant = "legal"`:                                       func(f *portfolio.DomainFacts) { f.State, f.RegistrantID = "hosted", 2716 },
		`registrant = 99`:                                            func(f *portfolio.DomainFacts) { f.State, f.RegistrantID = "hosted", 99 },
	} {
		c := someCases(t, "now = 2027-03-01T12:00:00Z\n[[case]]\ntitle = \"a\"\ndomain = { name = \"Example.COM\", account = \"main\", "+written+" }\nwant = { rule = \"\" }\n")
		want := base
		change(&want)
		if diff := cmp.Diff(portfolio.Resource(want), c[0].Resource); diff != "" {
			t.Errorf("%s: -want +got:\n%s", written, diff)
		}
	}
}

// TestCase: the rest of what a case may say.
func TestCase(t *testing.T) {
	c := someCases(t, `
[[case]]
title = "all of it"
now = 2027-03-01T12:00:00Z
push = { account = "labs", source = "desk", name = "bücher.example", age = "3d" }
spent = { today = "10.00", month = "20.00", reserved = "5.00", purchases = 3 }
last = { paid = "12.00" }
tld = { auto_renew_only = true, renewal_enabled = false, minimum_registration = 2, extended_attributes = "x-id" }
want = { rule = "", do = "accept", verdict = "act", code = "rule", reason = "part", price = "1.5", alerts = ["tell", "renew"], trials = [] }

[[case]]
title = "a change"
now = 2027-03-01T12:00:00Z
registrant_change = { account = "main", name = "a.example", contact = "legal", state = "pending", owner_change = true, ours = true, age = "1w" }
last = { bought = 2027-01-01 }
want = { alerts = "tell" }

[[case]]
title = "a name"
now = 2027-03-01T12:00:00Z
name = { account = "main", name = "a.example" }
price = "20.00"
want = { rule = "renew" }

[[case]]
title = "another"
now = 2027-03-01T12:00:00Z
name = { account = "main", name = "a.example", status = "taken", ours = true }
price = { registration = "20.00", premium = true }
want = { rule = "renew" }
`)
	now := time.Date(2027, time.March, 1, 12, 0, 0, 0, time.UTC)
	push := c[0]
	if diff := cmp.Diff(portfolio.Resource(portfolio.PushFacts{
		Push: portfolio.Push{ID: 1, DomainID: 1, AccountID: 3030, CreatedAt: now.Add(-72 * time.Hour)}, SourceID: 2020, Name: "xn--bcher-kva.example",
	}), push.Resource); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if push.At != "a.test.toml:2:1" || push.Title != "all of it" || push.Spent != (CaseSpent{1000, 2000, 500, 3}) || push.Last.Paid != 1200 || !push.Last.At.Equal(now.AddDate(-1, 0, 0)) {
		t.Errorf("%+v", push)
	}
	if !push.TLD.AutoRenewOnly || push.TLD.RenewalEnabled || !push.TLD.RegistrationEnabled || push.TLD.MinimumRegistration != 2 || !slices.Equal(push.Attributes, []string{"x-id"}) {
		t.Errorf("%+v %v", push.TLD, push.Attributes)
	}
	want := []Expectation{
		{"rule", "a.test.toml:9:17", []string{""}},
		{"do", "a.test.toml:9:26", []string{"accept"}},
		{"verdict", "a.test.toml:9:46", []string{"act"}},
		{"code", "a.test.toml:9:60", []string{"rule"}},
		{"reason", "a.test.toml:9:77", []string{"part"}},
		{"price", "a.test.toml:9:93", []string{"1.50"}},
		{"alerts", "a.test.toml:9:109", []string{"renew", "tell"}},
		{"trials", "a.test.toml:9:137", nil},
	}
	if diff := cmp.Diff(want, push.Want); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(portfolio.Resource(portfolio.ChangeFacts{Name: "a.example", Ours: true, RegistrantChange: portfolio.RegistrantChange{
		ID: 1, DomainID: 1, AccountID: 1010, ContactID: 2716, State: portfolio.ChangePending, RegistryOwnerChange: true,
		CreatedAt: now.AddDate(0, 0, -7), UpdatedAt: now.AddDate(0, 0, -7),
	}}), c[1].Resource); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if c[1].Last.Paid != 0 || !c[1].Last.At.Equal(time.Date(2027, time.January, 1, 5, 0, 0, 0, time.UTC)) || c[1].Prices != nil {
		t.Errorf("%+v", c[1])
	}
	day := now.Truncate(24 * time.Hour)
	if diff := cmp.Diff(portfolio.Resource(portfolio.NameFacts{
		AccountID: 1010, Name: "a.example", UnicodeName: "a.example", Status: portfolio.NameFree, FreeSince: day, CheckedAt: now,
	}), c[2].Resource); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if p := c[2].Prices; p == nil || p.Registration != 2000 || p.Renewal != 0 || p.Premium {
		t.Errorf("%+v", p)
	}
	if p := c[3].Prices; p == nil || p.Registration != 2000 || !p.Premium {
		t.Errorf("%+v", p)
	}
}

// TestBrokenCases: what is wrong is told with its place and what would be right.
func TestBrokenCases(t *testing.T) {
	const (
		head = "now = 2027-03-01\n[[case]]\ntitle = \"a\"\n"
		want = "\nwant = { rule = \"renew\" }\n"
		com  = `name = "a.example", account = "main"`
	)
	for name, tt := range map[string]struct{ text, message string }{
		"nothing":            {"", "a.test.toml:1:1: there is no [[case]] in this file"},
		"no TOML":            {"[[case]", "a.test.toml:1:7: not valid TOML"},
		"single brackets":    {"[case]\ntitle = \"a\"", `must be a list of tables`},
		"no title":           {"now = 2027-03-01\n[[case]]\ndomain = { " + com + " }" + want, `a.test.toml:2:1: "title" is missing`},
		"no moment":          {"[[case]]\ntitle = \"a\"\ndomain = { " + com + " }" + want, `"now" is missing`},
		"a moment in quotes": {"now = \"2027-03-01\"\n[[case]]\ntitle = \"a\"\ndomain = { " + com + " }" + want, `a.test.toml:1:7: "now" must be a date or a time, not a string`},
		"hours":              {"now = 12:00:00\n[[case]]\ntitle = \"a\"\ndomain = { " + com + " }" + want, `"now" must be a date or a time`},
		"far moment":         {"now = 9999-01-01\n[[case]]\ntitle = \"a\"\ndomain = { " + com + " }" + want, `the year 9999`},
		"no resource":        {head + want, `a case is about a resource: one of "domain", "push", "registrant_change" or "name"`},
		"misspelt":           {head + `domian = { ` + com + ` }` + want, `did you mean "domain"?`},
		"no table":           {head + `domain = "a.example"` + want, `"domain" must be a table, not a string`},
		"no name":            {head + `domain = { account = "main" }` + want, `a.test.toml:4:10: "name" is missing`},
		"no account":         {head + `domain = { name = "a.example" }` + want, `in which account? There are 2`},
		"one label":          {head + `domain = { name = "example", account = "main" }` + want, `has no dot`},
		"pattern":            {head + `domain = { name = "*.example", account = "main" }` + want, `is not a domain name`},
		"source":             {head + `domain = { name = "a.example", account = "desk" }` + want, `has role "source"`},
		"two ends":           {head + `domain = { ` + com + `, expires_in = "3d", lapsed_for = "3d" }` + want, `"expires_in" says when it expires already`},
		"not lapsed":         {head + `domain = { ` + com + `, expires_in = "3d", redemption = true }` + want, `only a domain that is "expired" is in redemption`},
		"odd state":          {head + `domain = { ` + com + `, state = "expirde" }` + want, `did you mean "expired"?`},
		"odd contact":        {head + `domain = { ` + com + `, registrant = "leagl" }` + want, `did you mean "legal"?`},
		"not its contact":    {head + `domain = { name = "a.example", account = "labs", registrant = "legal" }` + want, `the account has no contact "legal"`},
		"unproven name":      {head + `push = { ` + com + ` }` + want, `known only where its source is proven`},
		"both":               {head + `push = { ` + com + `, source = "desk", unproven = "no" }` + want, `its source is proven`},
		"odd source":         {head + `push = { ` + com + `, source = "dosk" }` + want, `did you mean "desk"?`},
		"odd age":            {head + `push = { account = "main", age = "yesterday" }` + want, `is not a duration`},
		"no name but age":    {head + `registrant_change = { account = "main", age = "3d" }` + want, `"name" is missing`},
		"taken and free":     {head + `name = { ` + com + `, status = "taken", free_since = 2027-01-01 }` + want, `is not free`},
		"push for money":     {head + `push = { account = "main" }` + "\nprice = \"3.00\"" + want, `a push costs nothing`},
		"number for money":   {head + `domain = { ` + com + " }\nprice = 14.00" + want, `write it in quotes`},
		"odd price":          {head + `domain = { ` + com + " }\nprice = { renew = \"14.00\" }" + want, `unknown key "renew" in price of a [[case]]`},
		"month below today":  {head + `domain = { ` + com + " }\nspent = { today = \"14.00\", month = \"1.00\" }" + want, `in the month 1.00 was spent, and today alone 14.00`},
		"bought tomorrow":    {head + `domain = { ` + com + " }\nlast = { bought = 2027-03-03 }" + want, `after the moment of the case`},
		"no want":            {head + `domain = { ` + com + " }\n", `"want" is missing`},
		"empty want":         {head + `domain = { ` + com + " }\nwant = {}\n", `nothing is wanted`},
		"unknown rule":       {head + `domain = { ` + com + " }\nwant = { rule = \"renwe\" }\n", `did you mean "renew"?`},
		"unknown alert":      {head + `domain = { ` + com + " }\nwant = { alerts = [\"tall\"] }\n", `did you mean "tell"?`},
		"unknown verdict":    {head + `domain = { ` + com + " }\nwant = { verdict = \"acts\" }\n", `did you mean "act"?`},
		"unknown do":         {head + `domain = { ` + com + " }\nwant = { do = \"renewal\" }\n", `did you mean`},
		"empty verdict":      {head + `domain = { ` + com + " }\nwant = { verdict = \"\" }\n", `"verdict" is empty, and never is`},
		"number for a rule":  {head + `domain = { ` + com + " }\nwant = { rule = 3 }\n", `must be a string in quotes`},
		"a rule":             {head + `domain = { ` + com + " }" + want + "[[rule]]\nname = \"x\"\n", `"rule" belongs in the configuration`},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := casesOf(t, tt.text)
			if err == nil || all != nil {
				t.Fatalf("read: %+v", all)
			}
			checkProblems(t, err, files{"a.test.toml": tt.text}.env(nil).ReadFile)
			if !strings.Contains(err.Error(), tt.message) {
				t.Errorf("%v\nwant %s", err, tt.message)
			}
		})
	}
}

// TestCasesFiles: a file that is not there is told beside what is wrong in others.
func TestCasesFiles(t *testing.T) {
	f := files{"dir/config.toml": tested, "b.test.toml": "[[case]]\n"}
	_, err := LoadCases([]string{"a.test.toml", "b.test.toml"}, load(t, f), f.env(nil))
	if err == nil || !strings.HasPrefix(err.Error(), "a.test.toml: read the cases: ") || !strings.Contains(err.Error(), "b.test.toml:1:1: ") {
		t.Errorf("%v", err)
	}
}

// TestCasesAreNoPolicies: a pattern passes them by, and a main file or policy that has some
// is refused.
func TestCasesAreNoPolicies(t *testing.T) {
	const rule = "[[rule]]\nname = \"r\"\non = \"domain\"\ndo = \"alert\"\n"
	f := files{"dir/config.toml": "policies = [\"p/*.toml\"]\n" + smallest, "dir/p/a.toml": rule, "dir/p/a.test.toml": "[[case]]\n"}
	if cfg := load(t, f); len(cfg.Policy.Rules) != 1 {
		t.Errorf("%d rules", len(cfg.Policy.Rules))
	}
	f["dir/config.toml"] = "policies = [\"p/a.test.toml\"]\n" + smallest
	if got := broken(t, f); !strings.Contains(got, `only files of cases match "p/a.test.toml"`) {
		t.Error(got)
	}
	f["dir/config.toml"] = smallest + "[[case]]\ntitle = \"a\"\n"
	if got := broken(t, f); !strings.Contains(got, "cases are no policy") || !strings.Contains(got, ".test.toml") {
		t.Error(got)
	}
}

// TestCaseVocabulary: every key that a case may have is in the tests of the example.
func TestCaseVocabulary(t *testing.T) {
	text, err := os.ReadFile("../../config.example.test.toml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(examplePath, Env{Lookup: noVariables})
	if err != nil {
		t.Fatal(err)
	}
	all, err := LoadCases([]string{"../../config.example.test.toml"}, cfg, Env{})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	for _, table := range []string{"case", "case domain", "case push", "case registrant_change", "case name", "case price", "case spent", "case last", "case want"} {
		for _, key := range vocabulary(table).obeyed {
			if !strings.Contains(string(text), key) {
				t.Errorf("the example does not show %q %s", key, tableName(table))
			}
		}
	}
}

// FuzzCases: whatever it is, there are cases that can be used, or an error with places
// inside the file.
func FuzzCases(f *testing.F) {
	text, err := os.ReadFile("../../config.example.test.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("now = 2027-03-01T12:00:00Z\n[[case]]\ntitle = \"a\"\ndomain = { name = \"a.b\", expires_in = \"3d\" }\nwant = { alerts = [], rule = \"\" }\n"))
	f.Add([]byte("[[case]]\nnow = 12:00:00\npush = { age = \"3d\" }\nwant = { price = \"3\" }"))
	cfg, err := Load(examplePath, Env{Lookup: noVariables})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		env := files{"a.test.toml": string(text)}.env(nil)
		all, err := LoadCases([]string{"a.test.toml"}, cfg, env)
		if err != nil {
			if all != nil {
				t.Fatal("both cases and an error")
			}
			checkProblems(t, err, env.ReadFile)
			return
		}
		for _, c := range all {
			if c.Resource == nil || c.Now.IsZero() || c.Title == "" || len(c.Want) == 0 {
				t.Fatalf("a case that cannot be used: %+v", c)
			}
			account, id, name := c.Resource.Ident()
			if account != 1010 || id < 0 || name == "" && !reflect.DeepEqual(c.Resource.Kind(), portfolio.KindPush) {
				t.Fatalf("a resource that cannot be used: %+v", c.Resource)
			}
		}
	})
}
