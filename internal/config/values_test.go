package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/rules"
)

func TestParseDuration(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "12h": 12 * time.Hour, "1h30m": 90 * time.Minute, "3d": 72 * time.Hour, "2w": 14 * 24 * time.Hour,
		"0d": 0, "-1d": 0, "1.5d": 0, "d": 0, "w": 0, "0s": 0, "-3h": 0, "3": 0, "1mo": 0, "1d12h": 0, "99999w": 0, "36601d": 0,
		"9999999h": 0, " 1d": 0, "+1d": 0,
	} {
		got, err := parseDuration(in)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q is %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseCron(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC) // clocks are set forward in the night that follows
	for text, want := range map[string]string{
		"0 6 * * *":                     "2026-03-29T04:00:00Z",
		" 0 6 * * * ":                   "2026-03-29T04:00:00Z",
		"@daily":                        "2026-03-28T23:00:00Z",
		"CRON_TZ=UTC 0 6 * * *":         "2026-03-29T06:00:00Z",
		"TZ=America/New_York 0 6 * * *": "2026-03-29T10:00:00Z",
		"@every 90s":                    "2026-03-28T12:01:30Z",
		"0 0 29 2 *":                    "2028-02-28T23:00:00Z",
		"0 0 30 2 *":                    "", "": "", "@every": "", "@every 0s": "", "@every 999ms": "", "@every x": "", "@fortnightly": "",
		"* * * *": "", "* * * * * *": "", "60 * * * *": "", "TZ=UTC": "", "CRON_TZ=": "", "CRON_TZ= * * * * *": "2026-03-28T12:01:00Z",
		"TZ=../../etc/passwd * * * * *": "", ", * * * *": "", "*/0 * * * *": "", "5-1 * * * *": "",
	} {
		s, err := parseCron(text, berlin)
		if err != nil || want == "" {
			if (err == nil) != (want != "") {
				t.Errorf("%q: %v; want %q", text, err, want)
			}
			continue
		}
		if got := s.Next(from).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%q comes next at %s; want %s", text, got, want)
		}
	}
}

func TestDayAfter(t *testing.T) {
	for _, c := range []struct{ zone, date, want string }{
		{"UTC", "2027-01-31", "2027-02-01T00:00:00Z"},
		{"UTC", "2027-12-31", "2028-01-01T00:00:00Z"},
		{"UTC", "2028-02-28", "2028-02-29T00:00:00Z"},
		{"Europe/Berlin", "2027-01-31", "2027-01-31T23:00:00Z"},
		{"Europe/Berlin", "2027-03-28", "2027-03-28T22:00:00Z"}, // on that day clocks are set forward
		{"America/New_York", "2027-01-31", "2027-02-01T05:00:00Z"},
		{"America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z"}, // midnight did not exist
		{"Asia/Beirut", "2021-03-27", "2021-03-27T22:00:00Z"},       // nor here
		{"Pacific/Apia", "2011-12-28", "2011-12-29T10:00:00Z"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		date, err := time.Parse(time.DateOnly, c.date)
		if err != nil {
			t.Fatal(err)
		}
		got := dayAfter(date, loc)
		if got.UTC().Format(time.RFC3339) != c.want {
			t.Errorf("the day after %s begins in %s at %s; want %s", c.date, c.zone, got.UTC().Format(time.RFC3339), c.want)
		}
		if before := got.Add(-time.Nanosecond); before.Format(time.DateOnly) > c.date {
			t.Errorf("%s: a moment earlier it is %s already", c.zone, before)
		}
	}
}

func TestEndpoint(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://api.dnsimple.com":         "https://api.dnsimple.com",
		"https://api.sandbox.dnsimple.com": "https://api.sandbox.dnsimple.com",
		"https://api.dnsimple.com/":        "https://api.dnsimple.com",
		"https://localhost:8443":           "https://localhost:8443",
		"http://localhost:8080":            "http://localhost:8080",
		"http://127.9.9.9:1":               "http://127.9.9.9:1",
		"http://[::1]:8080/":               "http://[::1]:8080",
		"http://localhost.example":         "", "http://127.0.0.1.example": "", "http://[::]:80": "", "http://0.0.0.0": "", "http://10.0.0.1": "",
		"ftp://api.dnsimple.com": "", "api.dnsimple.com": "", "https://": "", "https:api": "", "https://api.dnsimple.com/v2": "",
		"https://api.dnsimple.com?": "", "https://api.dnsimple.com?a=b": "", "https://api.dnsimple.com#a": "", "https://api.dnsimple.com#": "", "https://u@api.dnsimple.com": "",
		"https://api.dnsimple.com:0": "", "https://api.dnsimple.com:99999": "", "https://api dnsimple.com": "", "https://%zz": "",
	} {
		f := files{"dir/config.toml": smallest + "[dnsimple]\nendpoint = '" + endpoint + "'\n"}
		if want == "" {
			if got := broken(t, f); !strings.Contains(got, `"endpoint"`) {
				t.Errorf("%q: %s", endpoint, got)
			}
			continue
		}
		if got := load(t, f).DNSimple.Endpoint; got != want {
			t.Errorf("%q is %q; want %q", endpoint, got, want)
		}
	}
}

// TestVocabularyIsRead checks that no key is accepted and then not looked at: each
// obeyed key with a value of a type that nothing wants must be complained about.
func TestVocabularyIsRead(t *testing.T) {
	const wrong = "1979-05-27T07:32:00Z" // no key wants a date and time
	check := func(key, text string) {
		t.Helper()
		if got := broken(t, files{"dir/config.toml": text}); !strings.Contains(got, " must ") || !strings.Contains(got, `"`+key+`"`) {
			t.Errorf("%q is not read:\n%s", key, got)
		}
	}
	for _, key := range vocabulary("").obeyed {
		check(key, key+" = "+wrong+"\n")
	}
	for _, table := range []string{"dnsimple", "schedule", "spending", "alerts", "reload", "nats"} {
		for _, key := range vocabulary(table).obeyed {
			check(key, smallest+"["+table+"]\n"+key+" = "+wrong+"\n")
		}
	}
	for _, key := range vocabulary("account").obeyed {
		check(key, "mode = \"act\"\n[[account]]\n"+key+" = "+wrong+"\n")
	}
	for _, key := range vocabulary("account.spending").obeyed {
		check(key, smallest+"[account.spending]\n"+key+" = "+wrong+"\n")
	}
	for _, on := range []string{"domain", "push", "registrant_change"} {
		for _, key := range vocabulary("conditions " + on).obeyed {
			for _, table := range []string{"match", "except"} {
				check(key, smallest+"[[rule]]\nname = \"r\"\non = \""+on+"\"\ndo = \"alert\"\n"+table+" = { "+key+" = "+wrong+" }\n")
			}
		}
		for _, do := range actions(on) {
			keys := slices.Concat([]string{"name", "match", "except", "mode", "labels"}, keysOfAction(do))
			for _, key := range keys {
				check(key, smallest+"[[rule]]\non = \""+on+"\"\ndo = \""+do+"\"\n"+key+" = "+wrong+"\n")
			}
		}
	}
}

// TestHash checks that the hash of a policy changes with its meaning, and with
// nothing else.
func TestHash(t *testing.T) {
	base := files{"dir/config.toml": full, "dir/more/policy.toml": more, "dir/names.txt": "listed.example\n"}
	with := func(old, replacement string) string {
		f := files{}
		changed := false
		for path, text := range base {
			f[path] = strings.Replace(text, old, replacement, 1)
			changed = changed || f[path] != text
		}
		if !changed {
			t.Fatalf("there is no %q to change", old)
		}
		return load(t, f).Policy.Hash
	}
	hash := load(t, base).Policy.Hash
	if len(hash) != 12 || strings.Trim(hash, "0123456789abcdef") != "" {
		t.Errorf("the hash is %q", hash)
	}
	for old, same := range map[string]string{
		`match = { group = "listed" }`:                       `match = { group = ["listed"] }`,
		"[[rule]]":                                           "\n# a comment\n\n[[rule]] # another",
		"{ credential = \"dnsimple-main\" }":                 "{ env = \"TOKEN\" }",
		"requests_per_hour = 100":                            "requests_per_hour = 99",
		"BÜCHER.example":                                     "xn--bcher-kva.Example",
		"listed.example\n":                                   "# names\n\nLISTED.example",
		"match = { lapsed_within = \"1mo\", tld = \"net\" }": "match.lapsed_within = '1mo'\nmatch.tld = 'net'",
		"\"tls://a.example:4222\", ":                         "",
		"[\"3d\", \"1mo\", \"2w\"]":                          "[\"14d\", \"3d\", \"1mo\"]",
		"do = \"renew\"\nyears = 2":                          "years = 2\ndo = 'renew'",
		"match = { source = \"desk\", older_th":              "match = { source = [\"desk\"], older_th",
	} {
		if got := with(old, same); got != hash {
			t.Errorf("%q for %q means the same, and changes the hash", same, old)
		}
	}
	seen := map[string]string{hash: "nothing"}
	for old, other := range map[string]string{
		`mode = "act"`: `mode = "dry-run"`, `timezone = "America/New_York"`: `timezone = "UTC"`, `id = 1010`: `id = 1011`,
		`warn_within = "2mo"`: `warn_within = "61d"`, `"3d", "1mo"`: `"4d", "1mo"`, `, "2w"]`: `]`, `"Example.COM"`: `"example.net"`, `"listed"]`: `"core"]`, `"CO.uk"`: `"uk"`,
		`listed.example`: `listed.test`, `default = 2715`: `default = 2717`, `legal = 2716`: `legal = 2718`, `account = "main", `: ``,
		`state = "registered"`: `state = ["registered", "expired"]`, `auto_renew = false`: `auto_renew = true`,
		`whois_privacy = true`: `whois_privacy = false`, `99]`: `98]`, `"45d"`: `"46d"`, `"b?.example"`: `"b*.example"`,
		`lapsed_within = "1d"`: `lapsed_within = "2d"`, `years = 2`: `years = 3`, `"10.20"`: `"10.19"`, `if_lapsed = "alert"`: `if_lapsed = "renew"`,
		`"8.00"`: `"7.00"`, `"15%"`: `"16%"`, `"36h"`: `"37h"`, `on_timeout = "act"`: `on_timeout = "deny"`, `mode = "ask"`: `mode = "act"`,
		`team = "brand"`: `team = "shop"`, `"2d" }`: `"3d" }`, `contact = "legal"`: `contact = 2716`, `contact = 5`: `contact = 6`,
		`owner_change = true`: `owner_change = false`, `"pending"]`: `"cancelling"]`, `"90m"`: `"91m"`, "do = \"cancel\"\nmode": "do = \"hold\"\nreason = \"x\"\nmode",
		`"asked for by legal"`: `"asked for"`, `2027-01-31`: `2027-02-01`, `"1mo"`: `"2mo"`, `repeat = "1w"`: `repeat = "8d"`,
		`name = "third"`: `name = "3rd"`, `do = "alert"`: "do = \"alert\"\nlevel = \"info\"", "\nmode = \"dry-run\"\n\n": "\n\n",
		"[\"a.example\", \"b?.example\"]": "\"a.example\"", "\nmode = \"dry-run\"\nspending": "\nspending",
		`"Lost.example", `: ``, `"kept.*"`: `"kep?.*"`, "whois_privacy = true\ntrustee": "trustee", "\ntrustee = true": "", "\nmax_price = \"8.00\"": "\nmax_price = \"8.01\"",
		"= \"4711\"": "= \"4712\"", `"x-id"`: `"x-no"`, "contact = \"legal\"\nwhois": "whois", `group = "listed" }`: `names = "listed.example" }`,
	} {
		got := with(old, other)
		if before, ok := seen[got]; ok {
			t.Errorf("%q for %q has the same hash as %s", other, old, before)
		}
		seen[got] = other
	}
}

// TestHashKnowsEveryField checks that nothing was added to a policy without its
// being hashed: the canonical form has the same fields, but for places.
func TestHashKnowsEveryField(t *testing.T) {
	fields := func(of reflect.Type, but ...string) (names []string) {
		for f := range of.Fields() {
			if f.Anonymous {
				for inner := range f.Type.Fields() {
					names = append(names, inner.Name)
				}
			} else if f.IsExported() && !slices.Contains(but, f.Name) {
				names = append(names, f.Name)
			}
		}
		slices.Sort(names)
		return names
	}
	for _, c := range []struct {
		policy, hashed reflect.Type
		but            string
	}{
		{reflect.TypeFor[rules.Policy](), reflect.TypeFor[canonicalPolicy](), "Hash"},
		{reflect.TypeFor[rules.Account](), reflect.TypeFor[canonicalAccount](), ""},
		{reflect.TypeFor[rules.Rule](), reflect.TypeFor[canonicalRule](), "At"},
		{reflect.TypeFor[rules.Conditions](), reflect.TypeFor[canonicalConditions](), ""},
		{reflect.TypeFor[rules.Group](), reflect.TypeFor[canonicalGroup](), ""},
	} {
		if diff := cmp.Diff(fields(c.policy, c.but), fields(c.hashed)); diff != "" {
			t.Errorf("%s: -policy +hash:\n%s", c.policy, diff)
		}
	}
}

// TestHashOfNothing checks that a policy without anything has a hash, too.
func TestHashOfNothing(t *testing.T) {
	if got := hash(&rules.Policy{}); len(got) != 12 {
		t.Errorf("the hash is %q", got)
	}
}
