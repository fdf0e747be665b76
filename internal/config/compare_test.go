package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompareRules(t *testing.T) {
	rule := func(name, rest string) string {
		return "[[rule]]\nname = \"" + name + "\"\non = \"domain\"\n" + rest + "\n"
	}
	renew := func(name string) string {
		return rule(name, "match = { expires_within = \"30d\", tld = \"com\" }\ndo = \"renew\"")
	}
	tell := rule("tell", `do = "alert"`)
	for name, tt := range map[string]struct {
		was, is string
		want    []RuleChange
	}{
		"nothing":     {renew("a") + tell, renew("a") + tell, []RuleChange{}},
		"only places": {renew("a") + tell, "# a comment\n" + renew("a") + "\n\n" + tell, []RuleChange{}},
		"added":       {renew("a"), renew("a") + tell, []RuleChange{{Rule: "tell", Change: "added", NewAt: "config.toml:11"}}},
		"removed":     {renew("a") + tell, renew("a"), []RuleChange{{Rule: "tell", Change: "removed", OldAt: "config.toml:11"}}},
		"moved": {renew("a") + renew("b") + tell, renew("b") + tell + renew("a"), []RuleChange{
			{Rule: "a", Change: "moved", OldAt: "config.toml:6", NewAt: "config.toml:15", Keys: []string{}, Moved: true},
		}},
		"changed": {
			renew("a"),
			rule("a", "match = { expires_within = \"45d\", auto_renew = false }\nexcept = { name = \"x.com\" }\ndo = \"renew\"\nmax_price = \"3.00\"\nlabels = { a = \"b\" }\nif_lapsed = \"alert\"\nyears = 2\nask_above = \"2.00\"\nanswer_within = \"3d\"\non_timeout = \"deny\"\nmax_price_increase = \"5%\""),
			[]RuleChange{{Rule: "a", Change: "changed", OldAt: "config.toml:6", NewAt: "config.toml:6", Keys: []string{
				"answer_within", "ask_above", "except.name", "if_lapsed", "labels", "match.auto_renew", "match.expires_within", "match.tld",
				"max_price", "max_price_increase", "on_timeout", "years",
			}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			was, is := load(t, files{"dir/config.toml": smallest + tt.was}), load(t, files{"dir/config.toml": smallest + tt.is})
			if diff := cmp.Diff(tt.want, CompareRules(was.Policy, is.Policy)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if same := was.Policy.Hash == is.Policy.Hash; same != (len(tt.want) == 0) {
				t.Errorf("the hashes are the same: %v", same)
			}
		})
	}
}

func TestCompareSettings(t *testing.T) {
	was := load(t, files{"dir/config.toml": tested})
	if got := CompareSettings(was, was); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	text := strings.NewReplacer(`timezone = "America/New_York"`, "timezone = \"UTC\"\n[spending]\nmax_per_day = \"5.00\"\n[alerts]\nwarn_within = \"90d\"",
		`name = "labs"`, "name = \"labs\"\nmode = \"dry-run\"\nspending = { max_per_month = \"9.00\" }", "default = 2715", "default = 2716", `role = "source"`, "").Replace(tested)
	want := []SettingChange{
		{"timezone", "America/New_York", "UTC"},
		{"alerts.warn_within", "60d", "90d"},
		{"spending.max_per_day", "", "5.00"},
		{"account main: contacts.default", "2715", "2716"},
		{"account labs: mode", "", "dry-run"},
		{"account labs: spending.max_per_month", "", "9.00"},
		{"account desk: role", "source", "acted on"},
	}
	is := load(t, files{"dir/config.toml": text})
	if diff := cmp.Diff(want, CompareSettings(was, is)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	back := CompareSettings(is, was)
	if len(back) != len(want) {
		t.Errorf("the other way round: %+v", back)
	}
	for _, c := range CompareSettings(was, load(t, files{"dir/config.toml": smallest})) {
		if c.Key == "account labs: id" && c.New != "" {
			t.Errorf("an account that is gone: %+v", c)
		}
	}
}
