package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiled are the schemas, ready to validate.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	schemas := map[string]*jsonschema.Schema{}
	for name, text := range map[string][]byte{"config": Schema(), "policy": PolicySchema()} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(name, doc); err != nil {
			return nil, err
		}
		// The compiler holds it against the metaschema of its draft.
		if schemas[name], err = c.Compile(name); err != nil {
			return nil, err
		}
	}
	return schemas, nil
})

// fataler is a test, or what draws examples for one.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

// validate holds a file of TOML against a schema: "config" or "policy". Its error is a
// *[jsonschema.ValidationError], unless the file is no TOML.
func validate(tb fataler, schema, text string) error {
	tb.Helper()
	schemas, err := compiled()
	if err != nil {
		tb.Fatal(err)
	}
	var decoded map[string]any
	if _, err := toml.Decode(text, &decoded); err != nil {
		return err
	}
	// As an editor does it: numbers are JSON's, and dates are strings.
	written, err := json.Marshal(plain(decoded))
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(written))
	if err != nil {
		return err
	}
	return schemas[schema].Validate(value)
}

// plain is what TOML was decoded to, with dates as strings.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	case []map[string]any:
		for i := range v {
			plain(v[i])
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case time.Time:
		if v.Location().String() == "date-local" { // how the parser marks it
			return v.Format(time.DateOnly)
		}
		return v.Format(time.RFC3339)
	}
	return value
}

// validates checks that the schema accepts what loads: the main file, and the policy files
// beside it.
func validates(tb testing.TB, f files) {
	tb.Helper()
	for path, text := range f {
		schema := ""
		switch {
		case path == "dir/config.toml":
			schema = "config"
		case strings.HasSuffix(path, ".toml") && !strings.HasSuffix(path, CasesSuffix):
			schema = "policy"
		default:
			continue
		}
		if err := validate(tb, schema, text); err != nil {
			tb.Errorf("%s loads, and its schema refuses it: %v", path, err)
		}
	}
}

// TestSchemaFiles compares the schemas of the repository with what the code makes.
func TestSchemaFiles(t *testing.T) {
	for path, got := range map[string][]byte{
		"../../docs/config.schema.json": Schema(),
		"../../docs/policy.schema.json": PolicySchema(),
	} {
		if *update {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not what the code makes; go test ./internal/config -run TestSchemaFiles -update: -want +got:\n%s", path, diff)
		}
	}
}

// TestSchemaOfExample checks the example as it stands, and that it names the schema, at a
// place where a checkout has it.
func TestSchemaOfExample(t *testing.T) {
	text, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, "config", string(text)); err != nil {
		t.Error(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	path, ok := strings.CutPrefix(first, "#:schema ")
	if !ok {
		t.Fatalf("the example begins with %q, and names no schema", first)
	}
	named, err := os.ReadFile(filepath.Join(filepath.Dir(examplePath), path))
	if err != nil || !bytes.Equal(named, Schema()) {
		t.Errorf("the example names %s, which is not the schema: %v", path, err)
	}
}

// TestSchemaOfOthers checks the other configurations of the repository: the demo's, that of
// the scripts, and the first policy of the README.
func TestSchemaOfOthers(t *testing.T) {
	put := strings.NewReplacer("$API", "http://127.0.0.1:8053", "$NATS", "127.0.0.1:0")
	for _, path := range []string{"../../cmd/domaind/demo/config.toml", "../../cmd/domaind/testdata/world/config.toml", "../../README.md"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		config := put.Replace(string(text))
		if strings.HasSuffix(path, ".md") {
			_, config, _ = strings.Cut(config, "```toml\n")
			config, _, _ = strings.Cut(config, "```\n")
		}
		if _, err := Load("dir/config.toml", files{"dir/config.toml": config}.env(nil)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if err := validate(t, "config", config); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// onlyLoader are the broken configurations that a schema cannot tell from right ones, and
// what only the loader knows. All others the schema must refuse.
func onlyLoader() map[string]string {
	const (
		noTOML     = "it is no TOML that a schema could be held against"
		otherFiles = "what is wrong stands in another file, or is that it is missing"
		twice      = "that two things have one name, or mean one"
		reference  = "what a name refers to"
		order      = "how long a distance is"
	)
	return map[string]string{
		"duplicate_key": noTOML, "duplicate_table": noTOML, "not_utf8": noTOML,
		"syntax_inline_token": noTOML, "syntax_inline_token_unclosed": noTOML, "syntax_no_value": noTOML,
		"syntax_open_string": noTOML, "syntax_open_table": noTOML,

		"group_file_bad": otherFiles, "group_file_missing": otherFiles, "policies_bad_pattern": otherFiles, "policies_directory": otherFiles,
		"policies_itself": otherFiles, "policies_no_match": otherFiles, "policies_several": otherFiles,

		"account_twice": twice, "rule_names_twice": twice, "account_name_is_an_id": twice,

		"rule_account_is_source": reference, "rule_accept_contact": reference,
		"rule_no_account_left": reference, "rule_name_account": reference,

		"rule_renew_as_long_as_term": order,
	}
}

// TestSchemaRefuses holds every broken configuration against the schema: what is wrong with
// its structure, an editor must be able to say. What only the loader can know is listed, and
// nothing is listed for nothing.
func TestSchemaRefuses(t *testing.T) {
	paths, err := filepath.Glob("testdata/broken/*.toml")
	if err != nil || len(paths) < 45 {
		t.Fatalf("%d broken configurations, %v", len(paths), err)
	}
	only := onlyLoader()
	seen := map[string]bool{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".toml")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		err = validate(t, "config", string(text))
		_, invalid := errors.AsType[*jsonschema.ValidationError](err)
		why, listed := only[name]
		seen[name] = true
		switch {
		case !listed && err == nil:
			t.Errorf("%s: the schema accepts it; refuse it, or list what only the loader knows", name)
		case !listed && !invalid:
			t.Errorf("%s: it is no TOML, and not listed as such: %v", name, err)
		case listed && invalid:
			t.Errorf("%s: the schema refuses it, and it is listed as what only the loader knows: %s", name, why)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(only)) {
		if !seen[name] {
			t.Errorf("%s is listed, and there is no such configuration", name)
		}
	}
}

// TestSchemaKnowsEveryKey takes each key of each table away from what the schema knows: there
// is no list of keys beside the vocabulary, and each key has something to say for itself.
func TestSchemaKnowsEveryKey(t *testing.T) {
	tables := []string{"", "policy file", "dnsimple", "account", "token", "schedule", "spending", "account.spending", "alerts", "reload", "nats", "nats.credentials", "group", "rule"}
	for _, on := range kinds() {
		tables = append(tables, "conditions "+on)
	}
	for _, table := range tables {
		keys := keysOf(table)
		if len(keys) == 0 {
			t.Errorf("there are no keys %s", tableName(table))
		}
		for _, k := range keys {
			if len(k.about) < 20 || !strings.HasSuffix(k.about, ".") {
				t.Errorf("%q %s: an editor would show %q", k.name, tableName(table), k.about)
			}
			for _, to := range k.of {
				if table == "rule" && !slices.ContainsFunc(allActions(), func(a action) bool { return a.name == to }) || strings.HasPrefix(table, "conditions ") && !slices.Contains(kinds(), to) {
					t.Errorf("%q %s belongs to %q, which nobody knows", k.name, tableName(table), to)
				}
			}
		}
	}
}

// TestPresets writes what the vocabulary calls the default of each key, and sees that
// nothing changes.
func TestPresets(t *testing.T) {
	asTOML := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	base := load(t, files{"dir/config.toml": smallest})
	tried := 0
	same := func(what string, text string, want *Config) {
		t.Helper()
		tried++
		got := load(t, files{"dir/config.toml": text})
		if got.Policy.Hash != want.Policy.Hash || !cmp.Equal(settingsOf(got), settingsOf(want)) {
			t.Errorf("%s is not what holds without it:\n%s", what, cmp.Diff(settingsOf(want), settingsOf(got)))
		}
	}
	for _, k := range keysOf("") {
		if k.preset != nil {
			same(k.name, k.name+" = "+asTOML(k.preset)+"\n"+smallest, base)
		}
	}
	for _, table := range []string{"dnsimple", "schedule", "alerts", "reload", "nats"} {
		for _, k := range keysOf(table) {
			if k.preset != nil {
				same(table+"."+k.name, smallest+"["+table+"]\n"+k.name+" = "+asTOML(k.preset)+"\n", base)
			}
		}
	}
	rules := map[string]string{
		"renew":    "on = \"domain\"\nmatch = { expires_within = \"30d\" }\ndo = \"renew\"\n",
		"alert":    "on = \"domain\"\ndo = \"alert\"\n",
		"register": "on = \"name\"\nmatch = { names = \"a.example\" }\ndo = \"register\"\ncontact = 1\nmax_price = \"9.00\"\n",
	}
	for _, k := range ruleKeys() {
		if k.preset == nil {
			continue
		}
		text := smallest + "[[rule]]\nname = \"r\"\n" + rules[k.of[0]]
		want := load(t, files{"dir/config.toml": text})
		if k.name == "on_timeout" {
			continue // saying so is no other meaning, but another word: "" and "keep-asking"
		}
		same(k.name, text+k.name+" = "+asTOML(k.preset)+"\n", want)
	}
	if tried < 15 {
		t.Errorf("only %d defaults were tried", tried)
	}
}

// settingsOf is a configuration without what cannot be compared: its schedules as text.
func settingsOf(c *Config) any {
	return []any{
		c.Mode, c.Instance, c.StateDir, c.Location.String(), c.DNSimple, c.Alerts, c.Reload, c.NATS.URLs, c.NATS.Listen,
		c.Schedule.Domains.Text, c.Schedule.Portfolio.Text, c.Schedule.Pushes.Text, c.Schedule.RegistrantChanges.Text, c.Schedule.Names.Text,
	}
}
