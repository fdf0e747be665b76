package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// The schemas are of draft-07. The language server that editors run for TOML (taplo, inside
// Even Better TOML) documents draft-04 and validates with a library that knows 4, 6 and 7:
// 2020-12 would be ignored there, and draft-04 has neither const nor if, without which a
// rule could only be described as one of many alternatives, whose errors nobody can read.
// What it shows on hover and completes it finds in properties, items and anyOf alone, not
// behind if and then, and it drops what stands beside a $ref. So there is no $ref, every key
// stands in full in the properties of its table, with its description, and what a rule's "on"
// and "do" say of its other keys is added in allOf, in conditions that only take away.
const draft = "http://json-schema.org/draft-07/schema#"

// Schema is the JSON Schema of the main file, as JSON with a newline at its end. It refuses
// what can be told from the file alone, one value at a time and between the keys of a
// table; names that refer to each other, other files and the order of amounts are the
// loader's. Dates are strings of the format date, as TOML's own readers for JSON write them.
func Schema() []byte {
	main := closed(keysOf(""))
	spends := when(has("mode", object{{"enum", []string{"act", "ask"}}}),
		object{{"required", []string{"spending"}}, {"properties", object{{"spending", required("max_per_purchase", "max_per_day", "max_per_month")}}}})
	return document("domaind: config.toml", "The configuration of domaind. docs/policy.md explains the rules.",
		main.with(member{"allOf", []object{spends}}))
}

// PolicySchema is the JSON Schema of the files that "policies" names: the same rules and
// groups, and nothing else.
func PolicySchema() []byte {
	return document("domaind: a policy file", "Rules and groups, in a file that policies in config.toml names. docs/policy.md explains the rules.",
		closed(keysOf("policy file")))
}

// document is a schema as a file.
func document(title, about string, schema object) []byte {
	all := object{{"$schema", draft}, {"title", title}, {"description", about}}.with(schema...)
	text, err := encode(all)
	if err == nil {
		var b bytes.Buffer
		if err = json.Indent(&b, text, "", "  "); err == nil {
			b.WriteByte('\n')
			return b.Bytes()
		}
	}
	panic(fmt.Sprintf("config: a schema that cannot be encoded: %v", err)) // nothing in it can fail
}

// when is what must hold beside all else where a condition does.
func when(condition, then object) object { return object{{"if", condition}, {"then", then}} }

// has is the condition that a key is written, and is of a shape.
func has(name string, value object) object {
	return object{{"properties", object{{name, value}}}, {"required", []string{name}}}
}

// hasWord is the condition that a key is one word.
func hasWord(name, word string) object { return has(name, object{{"const", word}}) }

// required is a table with certain keys.
func required(names ...string) object { return object{{"required", names}} }

// without is a table that has none of certain keys: no value of them is right.
func without(names ...string) object {
	var none object
	for _, name := range names {
		none = append(none, member{name, false})
	}
	return object{{"properties", none}}
}

// anyOfThese is a value, or a list that holds a value, among some words.
func anyOfThese(words ...string) object {
	one := object{{"enum", words}}
	return object{{"anyOf", []object{one, {{"type", "array"}, {"contains", one}}}}}
}

// accountTables is all [[account]]: at least one of them is no source.
func accountTables() object {
	one := func() object {
		return closed(keysOf("account")).with(member{"allOf", []object{when(hasWord("role", "source"), without("mode", "spending"))}})
	}
	return listOf(one)().with(member{"contains", object{{"not", required("role")}}})
}

// onePlace is the place of a secret: exactly one.
func onePlace(table string) shape {
	return func() object {
		return closed(keysOf(table)).with(member{"minProperties", 1}, member{"maxProperties", 1})
	}
}

// natsTable is [nats].
func natsTable() object {
	servers := has("url", object{{"not", object{{"maxItems", 0}, {"type", "array"}}}})
	return closed(keysOf("nats")).with(member{"allOf", []object{when(required("credentials"), servers)}})
}

// anyConditions is a match or an except of a rule of which nobody knows what it is on: for
// what editors show while it is being written.
func anyConditions() object { return closed(conditionKeys()) }

// conditionsOf is what a match or an except must not have, and must be, where the rule is on
// something.
func conditionsOf(table, on string) object {
	var properties object
	all := conditionKeys()
	for _, k := range all {
		twins := slices.ContainsFunc(all, func(o key) bool { return o.name == k.name && o.about != k.about })
		switch {
		case k.belongs(on) && k.name == "names" && table == "match":
			properties = append(properties, member{k.name, some(fullName)()}) // nobody can watch a pattern
		case k.belongs(on) && twins:
			properties = append(properties, member{k.name, k.value()})
		case !k.belongs(on) && !slices.Contains(vocabulary("conditions "+on).obeyed, k.name) && !properties.has(k.name):
			properties = append(properties, member{k.name, false})
		}
	}
	o := object{{"properties", properties}}
	switch {
	case table != "match":
	case on == "name":
		o = o.with(member{"oneOf", []object{required("names"), required("group")}})
	case on == "domain":
		o = o.with(member{"not", required("expires_within", "lapsed_within")}, member{"allOf", []object{
			when(required("expires_within"), object{{"properties", object{{"state", anyOfThese("registered")}}}}),
			when(required("lapsed_within"), object{{"properties", object{{"state", anyOfThese("expired")}}}}),
		}})
	}
	return o
}

// ruleTables is all [[rule]].
func ruleTables() object { return object{{"type", "array"}, {"items", ruleTable()}} }

// ruleTable is one of them.
func ruleTable() object {
	var all []object
	for _, on := range kinds() {
		then := object{{"properties", object{
			{"do", object{{"enum", actions(on)}}},
			{"match", conditionsOf("match", on)},
			{"except", conditionsOf("except", on)},
		}}}
		if on == "name" {
			then = then.with(required("match")...)
		}
		all = append(all, when(hasWord("on", on), then))
	}
	for _, a := range allActions() {
		all = append(all, when(hasWord("do", a.name), ruleThat(a.name)))
	}
	all = append(all,
		when(has("on_timeout", object{{"enum", []string{"deny", "act"}}}), required("answer_within")),
		when(has("whois_privacy", object{{"const", true}}), required("max_price")),
	)
	return closed(keysOf("rule")).with(member{"allOf", all})
}

// ruleThat is what a rule must and must not have for what it does.
func ruleThat(do string) object {
	var stray, must []string
	for _, k := range ruleKeys() {
		if !k.belongs(do) {
			stray = append(stray, k.name)
		}
	}
	o := without(stray...)
	properties, _ := o[0].value.(object)
	match := func(name string) {
		must = append(must, "match")
		properties = append(properties, member{"match", required(name)})
	}
	switch do {
	case "renew":
		match("expires_within")
	case "restore":
		match("lapsed_within")
	case "accept":
		match("source")
	case "hold", "let-lapse":
		must = append(must, "reason")
	case "cancel":
		properties = append(properties, member{"match", object{{"properties", object{{"state", anyOfThese("new", "pending")}}}}})
	}
	if do != "renew" && slices.Contains(keysOfAction(do), "on_timeout") {
		properties = append(properties, member{"on_timeout", object{{"enum", []string{"keep-asking", "deny"}}}})
	}
	o[0].value = properties
	if len(must) > 0 {
		o = o.with(member{"required", must})
	}
	return o
}
