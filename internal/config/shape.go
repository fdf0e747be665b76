package config

import (
	"bytes"
	"encoding/json"
	"slices"
)

// object is a JSON object whose members keep their order, as people read them.
type object []member

// member is one name of an object, and what it stands for.
type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := encode(m.name)
		if err != nil {
			return nil, err
		}
		value, err := encode(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode is a value as JSON for files: < and > stay what they are.
func encode(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimSpace(b.Bytes()), err
}

// with is the object with more members at its end.
func (o object) with(more ...member) object { return slices.Concat(o, more) }

// has says whether the object has a member.
func (o object) has(name string) bool {
	return slices.ContainsFunc(o, func(m member) bool { return m.name == name })
}

// shape is what a value may be, as a JSON Schema. It refuses what can be told from the value
// alone; the loader knows the rest, and has the last word. The patterns are written in what
// ECMAScript, Go and Rust understand alike: no lookahead. It is a function, since the
// vocabulary is asked for names much more often than for schemas.
type shape func() object

// pattern is a string that a regular expression finds itself in.
func pattern(re string, examples ...any) shape {
	return func() object {
		o := object{{"type", "string"}, {"pattern", re}}
		if len(examples) > 0 {
			o = o.with(member{"examples", examples})
		}
		return o
	}
}

// text is any string with something in it.
func text(examples ...any) shape { return pattern(`\S`, examples...) }

// anyText is any string at all.
func anyText() object { return object{{"type", "string"}} }

// word is a name of ours: letters, digits, - and _, and what else is allowed.
func word(also string, examples ...any) shape {
	return pattern(`^[A-Za-z0-9_`+also+`-]{1,100}$`, examples...)
}

// choice is one of several words.
func choice(words func() []string) shape {
	return func() object { return object{{"type", "string"}, {"enum", words()}} }
}

// explained is one of several words, each with what it means, for editors that show it.
func explained(words func() [][2]string) shape {
	return func() object {
		var meanings []string
		for _, w := range words() {
			meanings = append(meanings, w[1])
		}
		return object{
			{"type", "string"},
			{"enum", firsts(words())},
			{"x-taplo", object{{"docs", object{{"enumValues", meanings}}}}},
		}
	}
}

// firsts is words without their meanings.
func firsts(explained [][2]string) []string {
	var words []string
	for _, w := range explained {
		words = append(words, w[0])
	}
	return words
}

// amount is US dollars, more than nothing, as a string.
func amount() object {
	return pattern(`^([0-9]{0,8}[1-9][0-9]{0,8}(\.[0-9]{1,2})?|0+\.([0-9]?[1-9]|[1-9]0))$`, "100.00")()
}

// percent is a share in whole percent.
func percent() object { return pattern(`^0*([1-9][0-9]{0,2}|1000)%$`, "25%")() }

// wholePercent is a share of a whole.
func wholePercent() object { return pattern(`^0*([1-9][0-9]?|100)%$`, "5%")() }

// distance is a distance to a date.
func distance(examples ...any) shape { return pattern(`^0*[1-9][0-9]{0,4}(d|w|mo|y)$`, examples...) }

// duration is any other span of time.
func duration(examples ...any) shape {
	return pattern(`^(0*[1-9][0-9]{0,4}[dw]|\+?([0-9]+(\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h)|\.[0-9]+(ns|us|µs|μs|ms|s|m|h))+)$`, examples...)
}

// whole is a whole number from 1 on.
func whole(most int64) shape {
	return func() object { return object{{"type", "integer"}, {"minimum", 1}, {"maximum", most}} }
}

// truth is true or false.
func truth() object { return object{{"type", "boolean"}} }

// date is a day, which TOML writes without quotes.
func date() object { return object{{"type", "string"}, {"format", "date"}} }

// cronLine is when a job runs.
func cronLine() object {
	return pattern(`^\s*((CRON_)?TZ=\S+\s+)?(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every\s+\S+|[^@\s]\S*(\s+\S+){4})\s*$`)()
}

// The characters of a label as people write it, and what separates two labels.
const (
	labelRunes = `[^\s.。．｡/\\@:_*?]`
	wildRunes  = `[^\s.。．｡/\\@:_]`
	dotRunes   = `[.。．｡]`
)

// fullName is a domain name in full, internationalized or not.
func fullName() object {
	return pattern(`^\s*`+labelRunes+`+(`+dotRunes+labelRunes+`+)+\s*$`, "example.com")()
}

// namePattern is a domain name that may have wildcards.
func namePattern() object {
	return pattern(`^\s*(`+wildRunes+`+(`+dotRunes+wildRunes+`+)+|`+wildRunes+`*[*?]`+wildRunes+`*)\s*$`, "example.com", "example.*")()
}

// tld is what follows the first label of names.
func tld() object {
	return pattern(`^\s*`+labelRunes+`+(`+dotRunes+labelRunes+`+)*\s*$`, "com", "co.uk")()
}

// contactNames is what the names of contacts look like: no number is one.
const contactNames = `^[A-Za-z0-9_.-]*[A-Za-z_.-][A-Za-z0-9_.-]*$`

// contact is a contact of an account.
func contact() object { return anyOf(whole(maxID), pattern(contactNames, "default"))() }

// anyOf is a value of any of some shapes.
func anyOf(shapes ...shape) shape {
	return func() object {
		var all []object
		for _, s := range shapes {
			all = append(all, s())
		}
		return object{{"anyOf", all}}
	}
}

// some is a value, or a list of such values that is not empty.
func some(of shape) shape { return anyOf(of, listOf(of)) }

// maybe is a value, or a list of such values.
func maybe(of shape) shape {
	return anyOf(of, func() object { return object{{"type", "array"}, {"items", of()}} })
}

// listOf is a list that is not empty.
func listOf(of shape) shape {
	return func() object { return object{{"type", "array"}, {"items", of()}, {"minItems", 1}} }
}

// namesTo is a table whose keys are names that people choose.
func namesTo(of shape, names string) shape {
	return func() object {
		return object{{"type", "object"}, {"patternProperties", object{{names, of()}}}, {"additionalProperties", false}}
	}
}

// chosen is what names that people choose look like.
const chosen = `^[A-Za-z0-9_.-]{1,100}$`

// tableWith is a table with the keys of the vocabulary, and no others.
func tableWith(table string) shape { return func() object { return closed(keysOf(table)) } }

// closed is a table with these keys, and no others. What stands twice among them may have
// either value.
func closed(keys []key) object {
	var properties object
	var must []string
	for _, k := range keys {
		if i := slices.IndexFunc(properties, func(m member) bool { return m.name == k.name }); i >= 0 {
			properties[i].value = object{{"anyOf", []any{properties[i].value, k.schema()}}}
			continue
		}
		properties = append(properties, member{k.name, k.schema()})
		if k.must {
			must = append(must, k.name)
		}
	}
	o := object{{"type", "object"}, {"properties", properties}}
	if len(must) > 0 {
		o = o.with(member{"required", must})
	}
	return o.with(member{"additionalProperties", false})
}

// schema is what a key may be, with what is said of it.
func (k key) schema() object {
	o := object{{"description", k.about}}
	if k.preset != nil {
		o = o.with(member{"default", k.preset})
	}
	return o.with(k.value()...)
}
