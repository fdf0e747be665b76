package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseErrors(t *testing.T) {
	// The head has three lines, so that the table under test begins on line 4.
	const head = "[[account]]\nid = 1\nname = \"main\"\n"
	const dom = "[[domain]]\naccount = 1\n"
	for _, tc := range []struct{ text, want string }{
		{"x = 1", `t.toml:1: unknown key "x"`},
		{"null_expirations = \"middle\"", `t.toml: null_expirations is "middle": it is "first" or "last"`},
		{"[[domain]\nx = 1", "t.toml:"},
		{"[limits]\nrequests_per_hour = 0", "t.toml: limits.requests_per_hour is 0: it must be 1 at least"},
		{"[limits]\nrequests = 0", `t.toml:2: unknown key "limits.requests"`},
		{"[operations]\nrenewal_takes = \"fast\"", `t.toml:2: operations: renewal_takes: "fast" is not a distance in time`},
		{"[operations]\nrenewal_takes = \"-1d\"", `t.toml:2: operations: renewal_takes: "-1d": a length of time cannot be negative`},
		{"[[account]]\nname = \"x\"", "t.toml:1: account: an account needs a positive id"},
		{head + "[[account]]\nid = 1", "t.toml:4: account: two accounts have the id 1"},
		{head + "[[account]]\nid = 2\nname = \"main\"", `t.toml:4: account: two accounts have the name "main"`},
		{"[[account]]\nid = 1\nbilling = \"rich\"", `t.toml:1: account: account "1": billing is "rich"`},
		{"[[account]]\nid = 1\ntokens = [\"a\", \"a\"]", "t.toml:1: account: a token is there twice"},
		{"[[account]]\nid = 1\ntokens = [\"\"]", "t.toml:1: account: a token is empty"},
		{head + "[[user]]\nid = 1\naccounts = [\"other\"]", `t.toml:4: user: user 1: there is no account "other"`},
		{head + "[[user]]\nid = 1\naccounts = [1, \"main\"]", `t.toml:4: user: user 1: account "main" twice`},
		{head + "[[user]]\nid = 1\n[[user]]\nid = 1", "t.toml:6: user: user id 1: a user needs a positive id of its own"},
		{head + "[[token]]\ntoken = \"x\"", "t.toml:4: token: the account is missing"},
		{head + "[[token]]\ntoken = \"x\"\nuser = 4", "t.toml:4: token: there is no user 4"},
		{head + "[[token]]\ntoken = \"x\"\nuser = 4\naccount = 1", "t.toml:4: token: a token is of an account or of a user, not of both"},
		{head + "[[token]]\ntoken = \"x\"\naccount = 1\nscopes = [\"all\"]", `t.toml:4: token: scope "all": write it like "domains:*:read"`},
		{head + "[[token]]\ntoken = \"x\"\naccount = 1\nrequests_per_hour = 0", "t.toml:4: token: requests_per_hour is 0"},
		{head + "[[contact]]\nid = 1", "t.toml:4: contact: contact 1: the account is missing"},
		{head + "[[contact]]\nid = 1\naccount = 7", "t.toml:4: contact: contact 1: there is no account 7"},
		{head + "[[contact]]\nid = 1\naccount = 1.5", "t.toml:6: contact: account: an account is given by its name or its id, not by 1.5"},
		{head + dom + "name = \"a.com\"\nexpire = \"+1d\"", `t.toml:7: unknown key "domain.expire"`},
		{head + dom + "name = \"a.com\"\nrenewal = { take = \"1d\" }", `t.toml:7: unknown key "domain.renewal.take"`},
		{head + dom + "name = \"a.com\"\nexpires = \"soon\"", `t.toml:7: domain: expires: "soon" is not a distance in time`},
		{head + dom + "name = \"b.com\"\nexpires = \"+1d\"\n" + dom + "name = \"a.com\"\nexpires = 5", "t.toml:11: domain: expires: "},
		{head + dom + "name = \"a.com\"\nprices = { renewal = \"cheap\" }", `t.toml:7: domain: prices.renewal: "cheap" is not an amount`},
		{head + dom + "name = \"nodot\"", `t.toml:4: domain: "nodot" is not a domain name`},
		{head + dom + "name = \"a..com\"", `t.toml:4: domain: "a..com" is not a domain name`},
		{head + dom + "name = \"a.com\"\n" + dom + "name = \"A.com\"", `t.toml:7: domain: two domains have the name "A.com"`},
		{head + dom + "name = \"büro.de\"\n" + dom + "name = \"xn--bro-hoa.de\"", `two domains have the name "xn--bro-hoa.de"`},
		{head + dom + "id = 5\nname = \"a.com\"\n" + dom + "id = 5\nname = \"b.com\"", `t.toml:8: domain: "b.com": id 5`},
		{head + dom + "name = \"a.com\"\nregistrant = -1", `"a.com": registrant -1`},
		{head + dom + "name = \"a.pineapple\"\nexpires = \"+1d\"", "neither built in nor a [[tld]]"},
		{head + dom + "name = \"a.com\"\nexpires = \"-70d\"", "the registry has deleted it"},
		{head + dom + "name = \"a.com\"\nauto_renew = true", "only hosted: auto_renew and premium have no effect"},
		{head + dom + "name = \"a.com\"\nrenewal = { outcome = \"won\" }", `renewal.outcome is "won": it is one of renewed, failed, cancelled`},
		{head + dom + "name = \"a.com\"\nrestore = { outcome = \"failed\" }", `restore.outcome is "failed": it is one of restored, cancelled`},
		{head + "[[many]]\naccount = 1\ncount = 0\npattern = \"a%d.com\"", "t.toml:4: many: count is 0"},
		{head + "[[many]]\naccount = 1\ncount = 2\npattern = \"a.com\"", `pattern "a.com": it holds one number`},
		{head + "[[many]]\naccount = 1\ncount = 2\npattern = \"%d%d.com\"", "it holds one number"},
		{head + "[[many]]\naccount = 1\ncount = 2\npattern = \"%s%d.com\"", "it holds one number"},
		{head + "[[many]]\naccount = 1\ncount = 2\npattern = \"a%d.com\"\nexpires_to = \"+1d\"", "expires_from and expires_to go together"},
		{head + "[[many]]\naccount = 1\ncount = 2\npattern = \"a%d.com\"\nexpires_from = \"+2d\"\nexpires_to = \"+1d\"", "expires_to is before expires_from"},
		{head + "[[push]]\ndomain = \"a.com\"\nto = 1", `t.toml:4: push: there is no domain "a.com" to push`},
		{head + dom + "name = \"a.com\"\n[[push]]\ndomain = \"a.com\"\nto = 1", `t.toml:7: push: "a.com" is in account "main" already`},
		{head + dom + "name = \"a.com\"\n[[account]]\nid = 2\n[[push]]\ndomain = \"a.com\"\nfrom = 2\nto = 2", `t.toml:9: push: "a.com": from 2, but the domain is in account "main"`},
		{head + dom + "name = \"a.com\"\n[[registrant_change]]\ndomain = \"a.com\"", `contact 0: a contact's id is positive`},
		{head + dom + "name = \"a.com\"\n[[registrant_change]]\ndomain = \"a.com\"\ncontact = 1\nstate = \"odd\"", `state is "odd"`},
		{head + dom + "name = \"a.com\"\n[[registrant_change]]\nid = 1\ndomain = \"a.com\"\ncontact = 1\n[[registrant_change]]\nid = 1\ndomain = \"a.com\"\ncontact = 1", "t.toml:11: registrant_change: id 1: it must be positive, and there once"},
		{"[limits]\nchecks_per_hour = -1", "t.toml: limits.checks_per_hour is -1"},
		{"[limits]\nresearch_per_month = -1", "t.toml: limits.research_per_month is -1"},
		{head + "[[account]]\nid = 2\nidentifier = \"00000000-0000-7000-8000-000000000001\"", `t.toml:4: account: two accounts have the identifier "0`},
		{head + dom + "name = \"a.com\"\nregistrant_change = { outcome = \"lost\" }", `registrant_change.outcome is "lost": it is one of completed, cancelled`},
		{head + dom + "name = \"a.com\"\ntransfer_out = { leaves = \"traces\" }", `transfer_out.leaves is "traces": it is one of nothing, hosted`},
		{head + "[[name]]\nname = \"nodot\"", `t.toml:4: name: "nodot" is not a domain name`},
		{head + "[[name]]\nname = \"a.com\"\n[[name]]\nname = \"A.com\"", `t.toml:6: name: "A.com": the name is there twice`},
		{head + dom + "name = \"a.com\"\nexpires = \"+1d\"\n[[name]]\nname = \"a.com\"", `"a.com": a [[domain]] has it registered`},
		{head + "[[name]]\nname = \"a.pineapple\"", "its suffix is neither built in nor a [[tld]]"},
		{head + "[[name]]\nname = \"a.com\"\nauth_code = \"x\"", "are of a name that is elsewhere = true"},
		{head + "[[name]]\nname = \"a.com\"\ntransfer = { takes = \"1d\" }", "are of a name that is elsewhere = true"},
		{head + "[[name]]\nname = \"a.com\"\nelsewhere = true\ntaken = \"+1d\"", "taken goes with free"},
		{head + "[[name]]\nname = \"a.com\"\nelsewhere = true\nfree = \"+2d\"\ntaken = \"+1d\"", "taken is not after free"},
		{head + "[[name]]\nname = \"a.com\"\nregistration = { outcome = \"won\" }", `registration.outcome is "won"`},
		{head + "[[name]]\nname = \"a.com\"\nelsewhere = true\ntransfer = { outcome = \"won\" }", `transfer.outcome is "won"`},
		{head + "[[name]]\nname = \"a.com\"\ncode = \"x\"", `t.toml:6: unknown key "name.code"`},
		{"[[tld]]\nname = \"com\"\n[[tld.extended_attribute]]\ntitle = \"x\"", `extended_attribute "": each has a name of its own`},
		{"[[tld]]\nname = \"test\"", `t.toml:1: tld: "test" is not built in: it needs a price for renewal`},
		{"[[tld]]\nname = \".com\"", `name ".com": write the suffix as it follows a name`},
		{"[[tld]]\nname = \"com\"\ngrace = \"1y\"", "more than 300 days together"},
		{"[[tld]]\nname = \"com\"\nauto_renewal = \"301d\"", `"com": auto_renewal: it is at most 300 days before the expiration`},
		{head + dom + "name = \"a.com\"\nauto_renewal = { before = \"2y\" }", "at most 300 days before the expiration"},
		{"[[tld]]\nname = \"com\"\nminimum_registration = 10", "minimum_registration 10: it is 1 to 9 years"},
		{"[[tld]]\nname = \"com\"\ntype = 4", "type 4: it is 1 (gTLD)"},
		{strings.Repeat("#", maxFile+1), "at most 16777216 are read"},
	} {
		name := tc.text[:min(len(tc.text), 120)]
		t.Run(name, func(t *testing.T) {
			_, err := ParsePortfolio([]byte(tc.text), "t.toml")
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "t.toml") {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestNoTokenInErrors(t *testing.T) {
	_, err := ParsePortfolio([]byte("[[account]]\nid = 1\ntokens = [\"hush-hush\", \"hush-hush\"]"), "t.toml")
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("error %v", err)
	}
}

func TestTLDOverrides(t *testing.T) {
	s := simulate(t, base+`
[[tld]]
name = "com"
renewal = "9.99"
grace = "1d"
[[tld]]
name = "test"
type = 3
renewal = "20.00"
minimum_registration = 2
trustee = "5.00"
idn = false
[[domain]]
account = "main"
name = "a.com"
expires = "-2d"
[[domain]]
account = "main"
name = "a.test"
expires = "+2d"
`)
	equal(t, s.phaseOf("a.com"), "redemption")
	equal(t, s.do("main", "GET "+purchases+"x.com/prices").at("data", "renewal_price"), any(9.99))
	equal(t, s.do("main", "GET "+purchases+"x.test/prices").at("data", "registration_price"), any(20.0))
	equal(t, s.do("main", "GET /v2/tlds/test").at("data", "minimum_registration"), any(2.0))
	equal(t, s.do("main", "GET /v2/tlds/test").at("data", "idn"), any(false))
	s.do("main", "POST "+purchases+"a.test/renewals").must(201)
	equal(t, s.Charges()[0].Cents, int64(4000))
	equal(t, s.expires("a.test"), "2028-03-12T12:00:00Z")
	// One portfolio's suffixes are not another's.
	simulate(t, base).do("main", "GET /v2/tlds/test").must(404)
}

func TestManyAndIDs(t *testing.T) {
	s := simulate(t, base+`
[[many]]
account = "main"
count = 3
first = 9
pattern = "n%02d.com"
expires_from = "-1d"
expires_to = "+1d"
[[many]]
account = "main"
count = 1
pattern = "h%d.example"
[[domain]]
account = "main"
name = "taken.com"
id = 1002
`)
	list := s.do("main", "GET /v2/1/domains?sort=id")
	equal(t, list.strings("name"), []string{"n09.com", "taken.com", "n10.com", "n11.com", "h0.example"})
	equal(t, list.strings("id"), []string{"1001", "1002", "1003", "1004", "1005"})
	equal(t, list.strings("state"), []string{"expired", "hosted", "expired", "registered", "hosted"})
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Time{
		"+12d": start().AddDate(0, 0, 12), "-3d": start().AddDate(0, 0, -3), "1y": start().AddDate(1, 0, 0),
		"2mo": start().AddDate(0, 2, 0), "1w": start().AddDate(0, 0, 7), "1d12h": start().Add(36 * time.Hour),
		"90m": start().Add(90 * time.Minute), "0s": start(), "-1h30s": start().Add(-time.Hour - 30*time.Second),
	} {
		s, err := parseSpan(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		equal(t, s.after(start()), want)
	}
	for _, bad := range []string{"", "+", "-", "d", "12", "12 d", "--1d", "1d-2h", "1D", "1.5d", "99999999999999999999d", "101y", "99y99y", "9999999h"} {
		if s, err := parseSpan(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, s)
		}
	}
}

func TestCents(t *testing.T) {
	for text, want := range map[string]cents{"15": 1500, "15.5": 1550, "15.05": 1505, "0": 0, "0.01": 1, "10000000": maxCents} {
		got, err := parseCents(text)
		if err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"", ".", "1.", ".5", "-1", "+1", "1.234", "1,50", "1e3", "10000000.01", "9999999999", "١"} {
		if c, err := parseCents(bad); err == nil {
			t.Errorf("%q is read as %d", bad, c)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		c := cents(rapid.Int64Range(0, maxCents).Draw(t, "cents"))
		back, err := parseCents(c.String())
		if err != nil || back != c {
			t.Fatalf("%d is written %s and read %d, %v", c, c, back, err)
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var f float64
		if err := json.Unmarshal(text, &f); err != nil || fmt.Sprintf("%.2f", f) != c.String() {
			t.Fatalf("%s as JSON: %s, %v", c, text, err)
		}
	})
}

func FuzzParsePortfolio(f *testing.F) {
	f.Add(Sample())
	f.Add([]byte(base))
	f.Add([]byte("[[many]]\naccount = 1\ncount = 3\npattern = \"%05d.com\"\nexpires_from = \"-1d\"\nexpires_to = \"+99y\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePortfolio(text, "fuzz.toml")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.toml") {
				t.Fatalf("the error names no file: %v", err)
			}
			return
		}
		s, err := New(Options{Portfolio: p, Now: start})
		if err != nil {
			return
		}
		s.w.advance(start().AddDate(5, 0, 0))
		for _, d := range s.w.domains {
			if d.phase == gone {
				t.Fatalf("%s is gone, and still there", d.name)
			}
		}
	})
}
