package config

import (
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// spelt is a policy with a name in every place that may have one.
const spelt = smallest + `contacts = { default = 5 }
[[account]]
name = "desk"
id = 2020
token = { env = "DESK" }
role = "source"
[groups]
core = ["BÜCHER.example", "*.bücher.test"]
listed = { file = "names.txt" }

[[rule]]
name = "name"
on = "domain"
match = { name = "straße.example", expires_within = "45d" }
do = "renew"
[[rule]]
name = "group"
on = "domain"
match = { group = "core", expires_within = "45d" }
except = { name = "shop.bücher.test" }
do = "renew"
[[rule]]
name = "file"
on = "domain"
match = { group = "listed", expires_within = "45d" }
do = "renew"
[[rule]]
name = "tld"
on = "domain"
match = { tld = "РФ", expires_within = "45d" }
do = "renew"
[[rule]]
name = "push"
on = "push"
match = { name = "møbler.example", source = "desk" }
do = "accept"
[[rule]]
name = "change"
on = "registrant_change"
match = { tld = "рф" }
do = "cancel"
[[rule]]
name = "watched"
on = "name"
match = { names = "Żółw.example", account = "main" }
do = "register"
max_price = "30.00"
`

// TestBothSpellings: an internationalized name means the same in both spellings, wherever
// it stands, and in upper and lower case. DNSimple tells of names as A-labels.
func TestBothSpellings(t *testing.T) {
	file := "例え.テスト # here\n"
	unicode := load(t, files{"dir/config.toml": spelt, "dir/names.txt": file})
	alabels := strings.NewReplacer(
		"BÜCHER.example", "xn--bcher-kva.example", "*.bücher.test", "*.XN--bcher-kva.test", "shop.bücher.test", "shop.xn--bcher-kva.test",
		"straße.example", "XN--STRAE-OQA.example", "РФ", "xn--p1ai", "рф", "XN--P1AI", "møbler.example", "xn--mbler-vua.example",
		"Żółw.example", "xn--w-uga1v8h.example", "例え.テスト", "xn--r8jz45g.xn--zckzah",
	)
	ascii := load(t, files{"dir/config.toml": alabels.Replace(spelt), "dir/names.txt": alabels.Replace(file)})
	if unicode.Policy.Hash != ascii.Policy.Hash {
		t.Errorf("both spellings are not the same: %s, %s", unicode.Policy.Hash, ascii.Policy.Hash)
	}
	now := time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)
	domain := func(name string) portfolio.Resource {
		return portfolio.DomainFacts{Domain: portfolio.Domain{ID: 1, AccountID: 1010, Name: name, State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, 9)}}
	}
	for _, p := range []*rules.Policy{unicode.Policy, ascii.Policy} {
		for _, c := range []struct {
			rule     string
			resource portfolio.Resource
		}{
			{"name", domain("xn--strae-oqa.example")},
			{"group", domain("xn--bcher-kva.example")},
			{"group", domain("www.xn--bcher-kva.test")},
			{"", domain("shop.xn--bcher-kva.test")},
			{"file", domain("xn--r8jz45g.xn--zckzah")},
			{"tld", domain("any.xn--p1ai")},
			{"", domain("any.example")},
			{"push", portfolio.PushFacts{Push: portfolio.Push{ID: 1, AccountID: 1010, DomainID: 7}, SourceID: 2020, Name: "xn--mbler-vua.example"}},
			{"change", portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{ID: 1, AccountID: 1010, State: portfolio.ChangeNew}, Name: "any.xn--p1ai"}},
			{"watched", portfolio.NameFacts{AccountID: 1010, Name: "xn--w-uga1v8h.example", Status: portfolio.NameFree, FreeSince: now}},
		} {
			if d := rules.Decide(p, c.resource, now); d.Rule != c.rule {
				t.Errorf("%+v: decided by %q, want %q", c.resource, d.Rule, c.rule)
			}
		}
		if got := p.Names(1010); len(got) != 1 || got[0] != "xn--w-uga1v8h.example" {
			t.Errorf("it watches %v", got)
		}
	}
}

// TestLastDay: until is the last day on which a hold and a let-lapse hold, in the
// policy's time zone, and the week before its end is announced.
func TestLastDay(t *testing.T) {
	for _, do := range []string{"hold", "let-lapse"} {
		cfg := load(t, files{"dir/config.toml": "timezone = \"Asia/Tokyo\"\n" + smallest +
			"[[rule]]\nname = \"keep\"\non = \"domain\"\ndo = \"" + do + "\"\nreason = \"sold\"\nuntil = 2027-01-31\n"})
		f := portfolio.DomainFacts{Domain: portfolio.Domain{
			ID: 1, AccountID: 1010, Name: "a.example", State: portfolio.DomainRegistered, ExpiresAt: time.Date(2027, time.March, 1, 0, 0, 0, 0, time.UTC),
		}}
		end := time.Date(2027, time.January, 31, 15, 0, 0, 0, time.UTC) // midnight in Tokyo
		for _, c := range []struct {
			at        time.Time
			rule      string
			announced int
		}{
			{end.AddDate(0, 0, -7).Add(-time.Second), "keep", 0},
			{end.AddDate(0, 0, -7), "keep", 1},
			{end.Add(-time.Second), "keep", 1},
			{end, "", 0},
		} {
			d := rules.Decide(cfg.Policy, f, c.at)
			if d.Rule != c.rule || len(d.Alerts) != c.announced || c.announced > 0 && !strings.Contains(d.Alerts[0].Text, "keep ends on 2027-01-31") {
				t.Errorf("%s at %s: %q, alerts %+v", do, c.at, d.Rule, d.Alerts)
			}
		}
	}
}
