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
