package config

import (
	"bufio"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// examplePath is the reference for people, at the top of the repository.
const examplePath = "../../config.example.toml"

func TestExample(t *testing.T) {
	cfg, err := Load(examplePath, Env{Lookup: noVariables})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Mode != portfolio.ModeDryRun {
		t.Errorf("the example is in mode %s: who tries it out must not spend money", cfg.Mode)
	}
	if len(cfg.Warnings) > 0 {
		t.Errorf("the example is suspicious:\n%v", cfg.Warnings.Error())
	}
	about := map[portfolio.ResourceKind]int{}
	for _, r := range cfg.Policy.Rules {
		about[r.On]++
	}
	if about[portfolio.KindDomain] == 0 || about[portfolio.KindPush] == 0 || about[portfolio.KindRegistrantChange] == 0 ||
		about[portfolio.KindName] == 0 {
		t.Errorf("the example has no rules for some kind of resource: %v", about)
	}
}

// TestExampleUncommented turns every "# key = value" into the key that it shows:
// what is commented out must be right as well, and where a default is shown, it
// must be the default.
func TestExampleUncommented(t *testing.T) {
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	comment := regexp.MustCompile(`(?m)^# ([a-z_]+ = )`)
	f := files{
		"dir/config.toml":       comment.ReplaceAllString(string(text), "$1"),
		"dir/defensive.txt":     "defended.example\n",
		"dir/policies/any.toml": "[groups]\nany = [\"any.example\"]\n",
	}
	cfg := load(t, f)
	plain, err := Load(examplePath, Env{Lookup: noVariables})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Instance != plain.Instance || cfg.StateDir != plain.StateDir || cfg.Location.String() != plain.Location.String() ||
		cfg.DNSimple != plain.DNSimple || !cmp.Equal(cfg.Alerts, plain.Alerts) || cfg.NATS.Listen != plain.NATS.Listen ||
		cfg.Schedule.Domains.Text != plain.Schedule.Domains.Text || cfg.Schedule.Pushes.Text != plain.Schedule.Pushes.Text ||
		cfg.Schedule.RegistrantChanges.Text != plain.Schedule.RegistrantChanges.Text || cfg.Schedule.Names.Text != plain.Schedule.Names.Text {
		t.Errorf("what the example shows as a default is none:\n%+v\n%+v", cfg, plain)
	}
	if len(cfg.NATS.URLs) == 0 || cfg.NATS.Credentials == nil || cfg.Accounts[0].Spending.MaxPerPurchase == nil {
		t.Errorf("what is commented out was not read: %+v", cfg)
	}
}

// TestExampleIsComplete looks for every key that is obeyed, in the table that it
// belongs to.
func TestExampleIsComplete(t *testing.T) {
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	section := ""
	header := regexp.MustCompile(`^\[+([a-z_.]+)\]+`)
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		if m := header.FindStringSubmatch(lines.Text()); m != nil {
			section = m[1]
			parent, key := "", section
			if i := strings.LastIndex(section, "."); i >= 0 {
				parent, key = section[:i], section[i+1:]
			}
			sections[parent] += key + " = \n"
		}
		sections[section] += lines.Text() + "\n"
	}
	for _, table := range []string{"", "dnsimple", "account", "account.spending", "schedule", "spending", "alerts", "reload", "nats", "rule"} {
		for _, key := range vocabulary(table).obeyed {
			if !regexp.MustCompile(`(?m)^(# )?` + key + ` = `).MatchString(sections[table]) {
				t.Errorf("the example does not show %q %s", key, tableName(table))
			}
		}
	}
	for _, on := range kinds() {
		for _, key := range vocabulary("conditions " + on).obeyed {
			if !regexp.MustCompile(`(match|except) = .*\b` + key + ` = `).MatchString(sections["rule"]) {
				t.Errorf("the example shows no rule on %s with %q", on, key)
			}
			if !regexp.MustCompile(`(?m)^# .*\b` + key + `\b`).MatchString(string(text)) {
				t.Errorf("the example does not explain %q", key)
			}
		}
		for _, do := range actions(on) {
			if !strings.Contains(sections["rule"], `do = "`+do+`"`) {
				t.Errorf("the example shows no rule that does %q", do)
			}
		}
	}
	for _, table := range []string{"token", "nats.credentials", "group"} {
		for _, key := range vocabulary(table).obeyed {
			if !strings.Contains(string(text), "{ "+key+" = ") {
				t.Errorf("the example does not show { %s = … }", key)
			}
		}
	}
}
