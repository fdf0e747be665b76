package config

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// files is an environment of files that are in no folder.
type files map[string]string

func (f files) env(variables map[string]string) Env {
	return Env{
		Lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		ReadFile: func(path string) ([]byte, error) {
			text, ok := f[path]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
		Glob: func(pattern string) ([]string, error) {
			var found []string
			for path := range f {
				ok, err := filepath.Match(pattern, path)
				if err != nil {
					return nil, err
				}
				if ok {
					found = append(found, path)
				}
			}
			return found, nil
		},
		Stat: func(path string) (fs.FileInfo, error) {
			return nil, &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist}
		},
	}
}

// smallest is the smallest configuration that there is.
const smallest = `mode = "dry-run"
[[account]]
name = "main"
id = 1010
token = { env = "TOKEN" }
`

// load loads a configuration that must be right.
func load(t *testing.T, f files) *Config {
	t.Helper()
	cfg, err := Load("dir/config.toml", f.env(nil))
	if err != nil {
		t.Fatal(err)
	}
	validates(t, f)
	return cfg
}

// broken loads a configuration that must be wrong, and gives what is said of it.
func broken(t *testing.T, f files) string {
	t.Helper()
	_, err := Load("dir/config.toml", f.env(nil))
	if err == nil {
		t.Fatal("loaded without an error")
	}
	checkProblems(t, err, f.env(nil).ReadFile)
	return err.Error()
}

func TestDefaults(t *testing.T) {
	cfg, err := Load("dir/config.toml", files{"dir/config.toml": smallest}.env(map[string]string{"STATE_DIRECTORY": "/run/a:/run/b"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"path", cfg.Path, "dir/config.toml"},
		{"mode", cfg.Mode, portfolio.ModeDryRun},
		{"instance", cfg.Instance, "main"},
		{"state_dir", cfg.StateDir, "/run/a"},
		{"timezone", cfg.Location, time.UTC},
		{"endpoint", cfg.DNSimple.Endpoint, "https://api.dnsimple.com"},
		{"requests", cfg.DNSimple.RequestsPerHour, 2400},
		{"window", cfg.DNSimple.AutoRenewalWindow, rules.Distance{Days: 14}},
		{"domains", cfg.Schedule.Domains.Text, "0 */6 * * *"},
		{"portfolio", cfg.Schedule.Portfolio.Text, "@daily"},
		{"pushes", cfg.Schedule.Pushes.Schedule, cron.Schedule(cron.Every(time.Minute))},
		{"changes", cfg.Schedule.RegistrantChanges.Schedule, cron.Schedule(cron.Every(5 * time.Minute))},
		{"names", cfg.Schedule.Names.Text, "@hourly"},
		{"spending", cfg.Spending, Spending{}},
		{"warn", cfg.Alerts.WarnWithin, rules.Distance{Days: 60}},
		{"warnings", cfg.Alerts.BeforeExpiry, []rules.Distance{{Days: 30}, {Days: 14}, {Days: 7}, {Days: 3}, {Days: 1}}},
		{"warnings of the policy", cfg.Policy.BeforeExpiry, cfg.Alerts.BeforeExpiry},
		{"nats", cfg.NATS, NATS{Listen: "127.0.0.1:4222"}},
		{"account", cfg.Accounts[0].Account, portfolio.Account{ID: 1010, Name: "main"}},
	} {
		same := cmp.Comparer(func(a, b *time.Location) bool { return a == b })
		if diff := cmp.Diff(c.want, c.got, same); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.what, diff)
		}
	}
	if len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].Message, "no [[rule]]") || cfg.Warnings[0].Line != 1 {
		t.Errorf("warnings are %v", cfg.Warnings)
	}
	if got := load(t, files{"dir/config.toml": smallest}).StateDir; got != "/var/lib/domaind" {
		t.Errorf("without systemd the state is kept in %s", got)
	}
	if got := load(t, files{"dir/config.toml": "state_dir = \"state\"\n" + smallest}).StateDir; got != "dir/state" {
		t.Errorf("a relative folder of the state is %s", got)
	}
}

// full says everything that can be said, once.
const full = `mode = "act"
instance = "blue"
state_dir = "/srv/state"
policies = ["more/*.toml"]
timezone = "America/New_York"

[dnsimple]
endpoint = "http://127.0.0.1:8080/"
requests_per_hour = 100
auto_renewal_window = "2w"

[[account]]
name = "main"
id = 1010
token = { credential = "dnsimple-main" }
contacts = { default = 2715, legal = 2716 }
mode = "dry-run"
spending = { max_per_month = "80.00", max_purchases_per_day = 3, max_price_increase = "20%", ask_above = "9.00" }

[[account]]
name = "desk"
id = 2020
token = { file = "desk.token" }
role = "source"

[schedule]
domains = "30 4 * * *"
pushes = "CRON_TZ=Asia/Tokyo 0 9 * * *"
registrant_changes = "@hourly"
names = "15 */4 * * *"

[spending]
max_per_purchase = "10.5"
max_per_day = "20"
max_per_month = "100.00"
max_purchases_per_day = 5
max_price_increase = "25%"
ask_above = "9.50"

[alerts]
warn_within = "2mo"
before_expiry = ["3d", "1mo", "2w"]

[nats]
url = ["tls://a.example:4222", "nats://b.example"]
credentials = { file = "nats.creds" }

[groups]
core = ["Example.COM", "BÜCHER.example", "*.Example"]
listed = { file = "names.txt" }

[[rule]]
name = "first"
on = "domain"
match = { group = ["core", "listed"], tld = "CO.uk", account = "main", state = "registered", auto_renew = false, whois_privacy = true, registrant = ["legal", 99], expires_within = "45d" }
except = { name = ["a.example", "b?.example"], lapsed_within = "1d" }
do = "renew"
years = 2
max_price = "10.20"
if_lapsed = "alert"
ask_above = "8.00"
max_price_increase = "15%"
answer_within = "36h"
on_timeout = "act"
labels = { team = "brand" }

[[rule]]
name = "second"
on = "push"
match = { source = "desk", older_than = "2d" }
do = "accept"
contact = "legal"
`

const more = `[[rule]]
name = "third"
on = "registrant_change"
match = { contact = 5, owner_change = true, state = ["new", "pending"], older_than = "90m" }
do = "cancel"
mode = "dry-run"

[[rule]]
name = "fourth"
on = "domain"
do = "hold"
reason = "asked for by legal"
until = 2027-01-31

[[rule]]
name = "fifth"
on = "domain"
match = { lapsed_within = "1mo", tld = "net" }
do = "restore"
mode = "ask"

[[rule]]
name = "sixth"
on = "push"
do = "alert"
repeat = "1w"

[[rule]]
name = "seventh"
on = "name"
match = { names = ["Lost.example", "BÜCHER.test", "kept.example"], account = "main" }
except = { names = "kept.*" }
do = "register"
contact = "legal"
whois_privacy = true
trustee = true
max_price = "8.00"
extended_attributes = { "x-id" = "4711" }

[[rule]]
name = "eighth"
on = "name"
match = { group = "listed" }
do = "alert"
level = "alert"
`

func TestEverything(t *testing.T) {
	cfg := load(t, files{
		"dir/config.toml":      full,
		"dir/more/policy.toml": more,
		"dir/names.txt":        "# ours\r\n\r\n  listed.example  # the first\r\nXN--BCHER-KVA.test\r\n",
	})
	money := func(cents portfolio.Money) *portfolio.Money { return &cents }
	no, yes := false, true
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	patterns := func(names ...string) (out []rules.Pattern) {
		for _, name := range names {
			p, err := rules.NewPattern(name)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, p)
		}
		return out
	}
	legal := rules.Contacts{Text: "legal", ByAccount: map[int64]int64{1010: 2716}}
	want := &Config{
		Path: "dir/config.toml", Mode: portfolio.ModeAct, Instance: "blue", StateDir: "/srv/state", Location: newYork,
		DNSimple: DNSimple{Endpoint: "http://127.0.0.1:8080", RequestsPerHour: 100, AutoRenewalWindow: rules.Distance{Days: 14}},
		Accounts: []Account{
			{
				Account: portfolio.Account{ID: 1010, Name: "main"}, Token: Secret{secretCredential, "dnsimple-main"},
				Contacts: map[string]int64{"default": 2715, "legal": 2716}, Mode: portfolio.ModeDryRun,
				Spending: &Spending{MaxPerMonth: money(80_00), MaxPurchasesPerDay: 3, MaxPriceIncrease: new(portfolio.Percent(20)), AskAbove: money(9_00)},
			},
			{Account: portfolio.Account{ID: 2020, Name: "desk"}, Token: Secret{secretFile, "dir/desk.token"}, Source: true},
		},
		Spending: Spending{MaxPerPurchase: money(10_50), MaxPerDay: money(20_00), MaxPerMonth: money(100_00), MaxPurchasesPerDay: 5, MaxPriceIncrease: new(portfolio.Percent(25)), AskAbove: money(9_50)},
		Reload:   Reload{MaxChanged: 5},
		Alerts:   Alerts{WarnWithin: rules.Distance{Months: 2}, BeforeExpiry: []rules.Distance{{Months: 1}, {Days: 14}, {Days: 3}}},
		NATS: NATS{
			URLs: []string{"tls://a.example:4222", "nats://b.example"}, Listen: "127.0.0.1:4222",
			Credentials: &Secret{secretFile, "dir/nats.creds"},
		},
		Policy: &rules.Policy{
			Mode: portfolio.ModeAct, Location: newYork, WarnWithin: rules.Distance{Months: 2},
			BeforeExpiry: []rules.Distance{{Months: 1}, {Days: 14}, {Days: 3}},
			Accounts: []rules.Account{
				{Account: portfolio.Account{ID: 1010, Name: "main"}, Mode: portfolio.ModeDryRun, DefaultContact: 2715},
				{Account: portfolio.Account{ID: 2020, Name: "desk"}, Source: true},
			},
			Rules: []rules.Rule{
				{
					Name: "first", At: "config.toml:52", On: portfolio.KindDomain, Do: portfolio.ActionRenew,
					Match: rules.Conditions{
						Groups: []rules.Group{
							{Name: "core", Patterns: patterns("example.com", "xn--bcher-kva.example", "*.example")},
							{Name: "listed", Patterns: patterns("listed.example", "xn--bcher-kva.test")},
						},
						TLDs: []string{"co.uk"}, Accounts: []int64{1010}, States: []string{"registered"}, AutoRenew: &no, Whois: &yes,
						Registrants: []rules.Contacts{legal, {Text: "99", ID: 99}}, Expires: rules.Distance{Days: 45},
					},
					Except: rules.Conditions{Names: patterns("a.example", "b?.example"), Lapsed: rules.Distance{Days: 1}},
					Years:  2, MaxPrice: money(10_20), IfLapsed: portfolio.ActionAlert, Labels: map[string]string{"team": "brand"},
					AskAbove: money(8_00), MaxIncrease: new(portfolio.Percent(15)), AnswerWithin: 36 * time.Hour, Silence: portfolio.SilenceAct,
				},
				{
					Name: "second", At: "config.toml:67", On: portfolio.KindPush, Do: portfolio.ActionAccept,
					Match: rules.Conditions{Sources: []int64{2020}, Older: 48 * time.Hour}, Contact: &legal,
				},
				{
					Name: "third", At: "policy.toml:1", On: portfolio.KindRegistrantChange, Do: portfolio.ActionCancel, Mode: portfolio.ModeDryRun,
					Match: rules.Conditions{
						Contacts: []rules.Contacts{{Text: "5", ID: 5}}, OwnerChange: &yes, States: []string{"new", "pending"}, Older: 90 * time.Minute,
					},
				},
				{
					Name: "fourth", At: "policy.toml:8", On: portfolio.KindDomain, Do: portfolio.ActionHold, Reason: "asked for by legal",
					Until: time.Date(2027, 2, 1, 5, 0, 0, 0, time.UTC),
				},
				{
					Name: "fifth", At: "policy.toml:15", On: portfolio.KindDomain, Do: portfolio.ActionRestore, Mode: portfolio.ModeAsk,
					Match: rules.Conditions{Lapsed: rules.Distance{Months: 1}, TLDs: []string{"net"}},
				},
				{
					Name: "sixth", At: "policy.toml:22", On: portfolio.KindPush, Do: portfolio.ActionAlert, Level: portfolio.LevelNotice,
					Repeat: 7 * 24 * time.Hour,
				},
				{
					Name: "seventh", At: "policy.toml:28", On: portfolio.KindName, Do: portfolio.ActionRegister,
					Match:  rules.Conditions{Names: patterns("lost.example", "xn--bcher-kva.test", "kept.example"), Accounts: []int64{1010}},
					Except: rules.Conditions{Names: patterns("kept.*")}, Contact: &legal, MaxPrice: money(8_00),
					Terms: &portfolio.Terms{WhoisPrivacy: true, Trustee: true, Attributes: map[string]string{"x-id": "4711"}},
				},
				{
					Name: "eighth", At: "policy.toml:40", On: portfolio.KindName, Do: portfolio.ActionAlert, Level: portfolio.LevelAlert,
					Match: rules.Conditions{Groups: []rules.Group{{Name: "listed", Patterns: patterns("listed.example", "xn--bcher-kva.test")}}},
				},
			},
		},
	}
	diff := cmp.Diff(want, cfg,
		cmp.AllowUnexported(Secret{}, rules.Pattern{}),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
		cmpopts.IgnoreFields(Config{}, "Schedule", "Warnings"), cmpopts.IgnoreFields(rules.Policy{}, "Hash"), cmpopts.IgnoreUnexported(rules.Policy{}))
	if diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(cfg.Warnings) != 0 {
		t.Errorf("warnings: %v", cfg.Warnings)
	}
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		cron Cron
		want time.Time
	}{
		{cfg.Schedule.Domains, time.Date(2026, 7, 1, 8, 30, 0, 0, time.UTC)}, // 4:30 in New York
		{cfg.Schedule.Pushes, time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)},   // 9:00 in Tokyo
		{cfg.Schedule.RegistrantChanges, time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC)},
		{cfg.Schedule.Names, time.Date(2026, 7, 1, 0, 15, 0, 0, time.UTC)}, // 20:15 in New York
	} {
		if got := c.cron.Schedule.Next(start); !got.Equal(c.want) {
			t.Errorf("%q comes next at %s; want %s", c.cron.Text, got.UTC(), c.want)
		}
	}
	if got := cfg.Policy.Names(1010); !slices.Equal(got, []string{"lost.example", "xn--bcher-kva.test", "listed.example"}) {
		t.Errorf("it watches %v", got)
	}
}

// TestPolicyFiles checks the order of files: as listed, each pattern's sorted, each
// file once.
func TestPolicyFiles(t *testing.T) {
	rule := func(name string) string {
		return "[[rule]]\nname = \"" + name + "\"\non = \"domain\"\ndo = \"hold\"\nreason = \"r\"\n"
	}
	cfg := load(t, files{
		"dir/config.toml": "policies = [\"p/z*.toml\", \"p/*.toml\"]\n" + smallest + rule("main"),
		"dir/p/a.toml":    rule("a"), "dir/p/B.toml": rule("B"), "dir/p/c.toml": rule("c"), "dir/p/z.toml": rule("z"),
		"dir/p/d.txt": "not TOML",
	})
	var order []string
	for _, r := range cfg.Policy.Rules {
		order = append(order, r.Name)
	}
	if diff := cmp.Diff([]string{"main", "z", "B", "a", "c"}, order); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNoFile(t *testing.T) {
	_, err := Load("nowhere.toml", files{}.env(nil))
	want := "nowhere.toml: there is no such configuration file\n      name another with --config, or in $DOMAIND_CONFIG"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
	if problems, ok := errors.AsType[*Problems](err); !ok || (*problems)[0].Line != 0 {
		t.Errorf("%T: %v", err, err)
	}
	if _, err := Load("", files{}.env(nil)); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("without a path: %v", err)
	}
	if _, err := Load(t.TempDir(), OSEnv()); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a folder: %v", err)
	}
}

// TestHuge checks that a file is refused for its size, not read into an answer.
func TestHuge(t *testing.T) {
	huge := strings.Repeat("# nothing\n", maxConfigFile/10+1)
	if got := broken(t, files{"dir/config.toml": huge}); !strings.Contains(got, "larger than 4 MiB") {
		t.Error(got)
	}
	deep := smallest + "x = " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "\n"
	if got := broken(t, files{"dir/config.toml": deep}); !strings.Contains(got, "nested") {
		t.Error(got)
	}
	group := smallest + "[groups]\ng = { file = \"g.txt\" }\n"
	if got := broken(t, files{"dir/config.toml": group, "dir/g.txt": strings.Repeat("a", maxGroupFile+1)}); !strings.Contains(got, "larger than 16 MiB") {
		t.Error(got)
	}
	wrong := strings.Repeat("not a name\n", 1000)
	got := broken(t, files{"dir/config.toml": group, "dir/g.txt": wrong})
	if strings.Count(got, "not a name\" is not") != maxFileProblems || !strings.Contains(got, "990 more lines") {
		t.Error(got)
	}
	flat := smallest + "[groups]\ng = [" + strings.Repeat("'',", 50_000) + "]\n"
	if got := broken(t, files{"dir/config.toml": flat}); !strings.HasSuffix(got, "\n… and at least 950 more") {
		t.Errorf("%d bytes: …%s", len(got), got[len(got)-100:])
	}
	many := smallest + strings.Repeat("[[rule]]\n", 1000)
	if got := broken(t, files{"dir/config.toml": many}); !strings.HasSuffix(got, "\n… and at least 950 more") {
		t.Errorf("%d bytes: …%s", len(got), got[len(got)-100:])
	}
}

// TestModes: of the whole, of an account and of a rule.
func TestModes(t *testing.T) {
	cfg := load(t, files{"dir/config.toml": `mode = "ask"
[[account]]
name = "main"
id = 1010
token = { env = "TOKEN" }
mode = "ask"
[spending]
max_per_purchase = "100.00"
max_per_day = "100.00"
max_per_month = "100.00"
[[rule]]
name = "a"
on = "push"
match = { older_than = "2w" }
do = "reject"
mode = "ask"
answer_within = "2d"
on_timeout = "deny"
[[rule]]
name = "b"
on = "push"
do = "alert"
mode = "act"
`})
	first, second := cfg.Policy.Rules[0], cfg.Policy.Rules[1]
	if cfg.Mode != portfolio.ModeAsk || cfg.Policy.Mode != portfolio.ModeAsk || cfg.Policy.Accounts[0].Mode != portfolio.ModeAsk ||
		first.Mode != portfolio.ModeAsk || second.Mode != portfolio.ModeAct {
		t.Errorf("modes: %s, %s, %s, %s, %s", cfg.Mode, cfg.Policy.Mode, cfg.Policy.Accounts[0].Mode, first.Mode, second.Mode)
	}
	if first.AnswerWithin != 48*time.Hour || first.Silence != portfolio.SilenceDeny || second.Silence != "" || len(cfg.Warnings) > 0 {
		t.Errorf("%s, %s, %s; %v", first.AnswerWithin, first.Silence, second.Silence, cfg.Warnings)
	}
}

func TestWarnings(t *testing.T) {
	cfg := load(t, files{"dir/config.toml": `mode = "dry-run"
[[account]]
name = "main"
id = 1010
token = { env = "TOKEN" }
spending = { max_per_day = "300.00", max_purchases_per_day = 9 }
[spending]
max_per_purchase = "100.00"
max_per_day = "50.00"
max_per_month = "200.00"
max_purchases_per_day = 5
[nats]
url = "nats://a.example"
listen = "0.0.0.0:4222"
[[rule]]
name = "dear"
on = "domain"
match = { expires_within = "45d" }
do = "renew"
max_price = "101.00"
`})
	got := map[int]string{}
	for _, w := range cfg.Warnings {
		got[w.Line] += w.Message
		if w.File != "dir/config.toml" || w.LineText == "" {
			t.Errorf("a warning without a place: %+v", w)
		}
	}
	for line, want := range map[int]string{
		6: "that of [spending]", 8: "max_per_day", 14: "no effect", 20: "max_per_purchase",
	} {
		if !strings.Contains(got[line], want) {
			t.Errorf("line %d: %q; want something about %q", line, got[line], want)
		}
	}
	if lines := slices.Sorted(maps.Keys(got)); !cmp.Equal(lines, []int{6, 8, 14, 20}) {
		t.Errorf("warnings at lines %v: %v", lines, cfg.Warnings)
	}
}
