package config

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// sample is some value of a shape that is right, as TOML.
func sample(t *testing.T, o object) string {
	t.Helper()
	get := func(name string) any {
		for _, m := range o {
			if m.name == name {
				return m.value
			}
		}
		return nil
	}
	asTOML := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if words, ok := get("enum").([]string); ok {
		return asTOML(words[0])
	}
	if examples, ok := get("examples").([]any); ok {
		return asTOML(examples[0])
	}
	if alternatives, ok := get("anyOf").([]object); ok {
		return sample(t, alternatives[0])
	}
	switch get("type") {
	case "integer":
		return "1"
	case "boolean":
		return "true"
	case "object":
		return `{ some = "thing" }`
	}
	if get("format") == "date" {
		return "2027-01-31"
	}
	t.Fatalf("no sample of %v", o)
	return ""
}

// smallestRules is the least that a rule must say for what it does.
func smallestRules() map[string]string {
	return map[string]string{
		"renew": `match = { expires_within = "45d" }`, "restore": `match = { lapsed_within = "45d" }`,
		"accept": `match = { source = "desk" }`, "hold": `reason = "x"`, "let-lapse": `reason = "x"`, "register": `match = { names = "a.example" }`,
	}
}

// TestSchemaAndLoaderAgree writes every key of a rule, and every condition, into a rule of
// every kind that does anything: the loader and the schema must agree on whether it belongs
// there.
func TestSchemaAndLoaderAgree(t *testing.T) {
	const accounts = `mode = "dry-run"
[groups]
core = ["a.example"]
[[account]]
name = "main"
id = 1010
token = { env = "TOKEN" }
contacts = { default = 1 }
[[account]]
name = "desk"
id = 2020
token = { env = "TOKEN" }
role = "source"
[[rule]]
name = "r"
`
	agree := func(what, rule string) (right bool) {
		t.Helper()
		f := files{"dir/config.toml": accounts + rule}
		_, loads := Load("dir/config.toml", f.env(nil))
		valid := validate(t, "config", f["dir/config.toml"])
		if (loads == nil) != (valid == nil) {
			t.Errorf("%s:\n%s\nthe loader says %v\nthe schema says %v", what, rule, loads, valid)
		}
		return loads == nil
	}
	right, wrong := 0, 0
	count := func(ok bool) {
		if ok {
			right++
		} else {
			wrong++
		}
	}
	for _, on := range kinds() {
		for _, a := range allActions() {
			least := smallestRules()[a.name]
			if on == "name" && a.name != "register" {
				least += "\nmatch = { names = \"a.example\" }"
			}
			head := "on = \"" + on + "\"\ndo = \"" + a.name + "\"\n"
			belongs := agree(a.name, head+least+"\n")
			if belongs != slices.Contains(a.on, on) {
				t.Errorf("that a rule on %s does %s is %t", on, a.name, belongs)
			}
			if !belongs {
				continue
			}
			for _, k := range ruleKeys() {
				if strings.Contains(head+least, k.name+" = ") || k.name == "name" || k.name == "match" || k.name == "except" {
					continue
				}
				extra := k.name + " = " + sample(t, k.value()) + "\n"
				switch {
				case k.name == "whois_privacy" && k.belongs(a.name):
					extra += "max_price = \"9.00\"\n"
				case k.name == "max_price" && k.belongs(a.name):
					count(agree(a.name+" "+k.name+" 0", head+least+"\nmax_price = \"0.00\"\n"))
				case k.name == "on_timeout" && k.belongs(a.name):
					for _, word := range []string{"act", "deny"} {
						count(agree(a.name+" "+k.name, head+least+"\non_timeout = \""+word+"\"\n"))
						count(agree(a.name+" "+k.name, head+least+"\nanswer_within = \"1d\"\non_timeout = \""+word+"\"\n"))
					}
				}
				count(agree(a.name+" "+k.name, head+least+"\n"+extra))
			}
			for _, k := range conditionKeys() {
				value := sample(t, k.value())
				if k.name == "account" {
					value = `"main"`
				}
				for _, values := range []string{value, "[" + value + "]", "[]"} {
					if k.name == "source" && a.name == "accept" {
						continue // it is there
					}
					if k.name != "account" && k.name != "names" && k.name != "group" { // which may leave nothing
						count(agree(a.name+" except "+k.name, head+least+"\nexcept = { "+k.name+" = "+values+" }\n"))
					}
					inMatch := least
					if !strings.Contains(least, "match = { ") {
						inMatch += "\nmatch = { "
					}
					if strings.Contains(inMatch, k.name+" = ") {
						continue
					}
					more := k.name + " = " + values + ", "
					if strings.HasSuffix(inMatch, "{ ") {
						more = k.name + " = " + values + " }"
					}
					count(agree(a.name+" match "+k.name, head+strings.Replace(inMatch, "match = { ", "match = { "+more, 1)+"\n"))
				}
			}
		}
	}
	if right < 100 || wrong < 100 {
		t.Errorf("%d rules were right, and %d wrong: that says little", right, wrong)
	}
}

// TestSchemaKnowsWhatGoesTogether is pairs: what is right, and what is wrong by one mistake
// that can be told from the file alone.
func TestSchemaKnowsWhatGoesTogether(t *testing.T) {
	const desk = "[[account]]\nname = \"desk\"\nid = 2020\ntoken = { env = \"T\" }\nrole = \"source\"\n"
	rule := func(on, do, rest string) string {
		return smallest + "[[rule]]\nname = \"r\"\non = \"" + on + "\"\ndo = \"" + do + "\"\n" + rest + "\n"
	}
	const ceilings = "[spending]\nmax_per_purchase = \"1.00\"\nmax_per_day = \"1.00\"\n"
	act := strings.Replace(smallest, "dry-run", "act", 1)
	ask := strings.Replace(smallest, "dry-run", "ask", 1)
	source := strings.Replace(smallest, "name = \"main\"", "name = \"main\"\nrole = \"source\"", 1)
	for _, c := range []struct{ right, wrong string }{
		{rule("domain", "hold", `reason = "x"`), rule("domain", "hold", ``)},
		{rule("domain", "let-lapse", `reason = "x"`), rule("domain", "let-lapse", ``)},
		{rule("push", "hold", `reason = "x"`), rule("push", "hold", `reason = " "`)},
		{rule("domain", "renew", `match = { expires_within = "45d" }`), rule("domain", "renew", `match = { name = "a.example" }`)},
		{rule("domain", "renew", `match = { expires_within = "45d", state = ["registered", "hosted"] }`), rule("domain", "renew", `match = { expires_within = "45d", state = "hosted" }`)},
		{rule("domain", "restore", `match = { lapsed_within = "45d", state = "expired" }`), rule("domain", "restore", `match = { lapsed_within = "45d", state = ["hosted"] }`)},
		{rule("domain", "alert", `match = { lapsed_within = "45d" }`), rule("domain", "alert", `match = { lapsed_within = "45d", expires_within = "45d" }`)},
		{rule("registrant_change", "cancel", `match = { state = ["new", "completed"] }`), rule("registrant_change", "cancel", `match = { state = "completed" }`)},
		{rule("registrant_change", "alert", `match = { state = "completed" }`), rule("registrant_change", "alert", `match = { state = "expired" }`)},
		{rule("name", "alert", `match = { names = "a.example" }`), rule("name", "alert", ``)},
		{rule("name", "alert", `match = { names = "a.example" }`), rule("name", "alert", `match = { account = "main" }`)},
		{rule("name", "alert", `match = { names = "bücher.example" }`), rule("name", "alert", `match = { names = "*.example" }`)},
		{rule("name", "register", "match = { names = \"a.example\" }\ncontact = 1\nwhois_privacy = true\nmax_price = \"9.00\""), rule("name", "register", "match = { names = \"a.example\" }\ncontact = 1\nwhois_privacy = true")},
		{rule("name", "register", "match = { names = \"a.example\" }\ncontact = 1\nwhois_privacy = false"), rule("name", "register", "match = { names = \"a.example\" }\ncontact = \"1\"")},
		{act + ceilings + "max_per_month = \"1.00\"\n", act + ceilings},
		{ask + ceilings + "max_per_month = \"1.00\"\n", ask},
		{smallest + desk, source + desk},
		{smallest + desk, smallest + desk + "mode = \"act\"\n"},
		{smallest + "[nats]\nurl = \"nats://a.example\"\ncredentials = { file = \"a\" }\n", smallest + "[nats]\ncredentials = { file = \"a\" }\n"},
		{smallest + "[nats]\nurl = []\n", smallest + "[nats]\nurl = []\ncredentials = { file = \"a\" }\n"},
		{smallest, strings.Replace(smallest, `{ env = "TOKEN" }`, `{ env = "TOKEN", file = "a" }`, 1)},
		{smallest, strings.Replace(smallest, `{ env = "TOKEN" }`, `{}`, 1)},
		{smallest + "[spending]\nmax_price_increase = \"1000%\"\n", smallest + "[spending]\nmax_price_increase = \"1001%\"\n"},
		{smallest + "[spending]\nask_above = \"0.10\"\n", smallest + "[spending]\nask_above = \"0.00\"\n"},
		{smallest + "[groups]\n\"a.b\" = [\"*\"]\n", smallest + "[groups]\n\"a b\" = [\"*\"]\n"},
	} {
		load(t, files{"dir/config.toml": c.right}) // which holds it against the schema
		broken(t, files{"dir/config.toml": c.wrong})
		if err := validate(t, "config", c.wrong); err == nil {
			t.Errorf("the schema accepts\n%s", c.wrong)
		}
	}
}
