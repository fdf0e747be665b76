package config

import (
	"slices"
	"strings"
)

// key is one key of a table: all that is known of it without a value. What is read, what
// is refused as unknown or astray, the nearest known key, the schema for editors and the
// tests of the documents all come from here (keys.go, keysrule.go).
type key struct {
	name  string
	about string // for people, as an editor shows it
	value shape  // what may stand there
	must  bool   // it has no default, and the table is refused without it
	// preset is what holds where the key is not written; nil: nothing does, or what does
	// cannot be said in a word.
	preset any
	// of is what the key belongs to: a rule's key to what the rule does, a condition to
	// what the rule is on. Empty: to all.
	of []string
	// shared says that a key of the main file may stand in a policy file, too.
	shared bool
}

// belongs says whether the key has an effect where a rule does, or is on, something.
func (k key) belongs(to string) bool { return len(k.of) == 0 || slices.Contains(k.of, to) }

// keysOf is the keys of a table: "" for the file itself, "account.spending" for that of
// an account, "conditions push" for what a rule on pushes may have in its match and
// except, and so on.
func keysOf(table string) []key {
	switch table {
	case "":
		return mainKeys()
	case "policy file":
		return slices.DeleteFunc(mainKeys(), func(k key) bool { return !k.shared })
	case "dnsimple":
		return dnsimpleKeys()
	case "account":
		return accountKeys()
	case "token":
		return tokenKeys()
	case "schedule":
		return scheduleKeys()
	case "spending", "account.spending":
		return spendingKeys()
	case "alerts":
		return alertsKeys()
	case "reload":
		return reloadKeys()
	case "nats":
		return natsKeys()
	case "nats.credentials":
		return credentialsKeys()
	case "group":
		return groupKeys()
	case "rule":
		return ruleKeys()
	}
	if on, ok := strings.CutPrefix(table, "conditions "); ok {
		return slices.DeleteFunc(conditionKeys(), func(k key) bool { return !k.belongs(on) })
	}
	return caseKeys(table)
}

// words are the names of the keys of one kind of table.
type words struct {
	obeyed []string
}

// vocabulary is the names of the keys of a table, see [keysOf].
func vocabulary(table string) words {
	var w words
	for _, k := range keysOf(table) {
		w.obeyed = append(w.obeyed, k.name)
	}
	return w
}

// keysOfAction is the keys of a rule that belong to what it does, beside those
// that every rule may have.
func keysOfAction(do string) []string {
	var names []string
	for _, k := range ruleKeys() {
		if len(k.of) > 0 && k.belongs(do) {
			names = append(names, k.name)
		}
	}
	return names
}

// action is something that a rule may do.
type action struct {
	name  string
	about string
	on    []string // with these kinds of resources
}

// allActions is everything that rules may do.
func allActions() []action {
	return []action{
		{"renew", "buys the plain renewal before the expiration; needs match.expires_within", []string{"domain"}},
		{"restore", "brings back what lapsed: by the plain renewal while DNSimple takes it, else by a restore; needs match.lapsed_within", []string{"domain"}},
		{"accept", "accepts the push; needs match.source, and a source that was proven", []string{"push"}},
		{"reject", "refuses the push", []string{"push"}},
		{"cancel", "cancels the change while it is new or pending", []string{"registrant_change"}},
		{"register", "registers the name as soon as it is free", []string{"name"}},
		{"hold", "keeps every other rule from acting, wherever it stands; needs a reason", []string{"domain", "push", "registrant_change"}},
		{"let-lapse", "lets the domain go, in silence; needs a reason", []string{"domain"}},
		{"alert", "tells people, and does nothing else", kinds()},
	}
}

// actions is what a rule may do with a kind of resource.
func actions(on string) []string {
	var names []string
	for _, a := range allActions() {
		if slices.Contains(a.on, on) {
			names = append(names, a.name)
		}
	}
	return names
}

// kinds is what a rule may be on.
func kinds() []string { return firsts(kindWords()) }

// tableName is how a table is called in messages.
func tableName(table string) string {
	switch table {
	case "":
		return "at the top of the file"
	case "policy file":
		return "in a policy file"
	case "account", "rule", "case":
		return "in [[" + table + "]]"
	case caseFile:
		return "in a file of cases"
	case "token":
		return "in token"
	case "group":
		return "in a group"
	}
	if on, ok := strings.CutPrefix(table, "conditions "); ok {
		return "in the conditions of a rule on " + on
	}
	if of, ok := strings.CutPrefix(table, "case "); ok {
		return "in " + of + " of a [[case]]"
	}
	return "in [" + table + "]"
}

// checkKeys notes every key of a table that has no business there.
func (l *loader) checkKeys(t *node, table string) {
	if t == nil {
		return
	}
	known := vocabulary(table).obeyed
	for _, f := range t.fields {
		if !slices.Contains(known, f.name) {
			l.unknownKey(f, table, known)
		}
	}
}

// unknownKey notes a key that nobody knows, or that belongs somewhere else.
func (l *loader) unknownKey(f *node, table string, known []string) {
	if table == "policy file" && slices.Contains(vocabulary("").obeyed, f.name) {
		l.failKey(f, "%s belongs in the main file", quote(f.name)).hint("a policy file has only [[rule]] and [groups]")
		return
	}
	if f.name == "case" && (table == "" || table == "policy file") {
		l.failKey(f, "cases are no policy").hint(`give their file a name that ends in "` + CasesSuffix + `": "domaind test" reads it, and no pattern in policies does`)
		return
	}
	if table == caseFile && slices.Contains(vocabulary("").obeyed, f.name) {
		l.failKey(f, "%s belongs in the configuration", quote(f.name)).hint("a file of cases has only now and [[case]]")
		return
	}
	if on, ok := strings.CutPrefix(table, "conditions "); ok {
		if isCondition(f.name) {
			l.failKey(f, "a rule on %s knows no %s", on, quote(f.name)).mean("", known)
			return
		}
		if slices.Contains(vocabulary("rule").obeyed, f.name) {
			l.failKey(f, "%s is a key of the rule itself, and no condition", quote(f.name)).hint("write it beside match and except, on a line of its own")
			return
		}
	}
	if table == "rule" && isCondition(f.name) {
		l.failKey(f, "%s is a condition of a rule", quote(f.name)).hint("write it in match or except: match = { " + f.name + " = … }")
		return
	}
	if secretKey(nearest(f.name, known)) || slices.Contains([]string{"account", "token", "nats", "nats.credentials"}, table) {
		f.hide()
	}
	l.failKey(f, "unknown key %s %s", quote(f.name), tableName(table)).mean(f.name, known)
}

// isCondition says whether rules on some kind of resource know a condition.
func isCondition(name string) bool {
	return slices.ContainsFunc(conditionKeys(), func(k key) bool { return k.name == name })
}

// strayKeys notes the keys of a rule that belong to something else than it does.
func (l *loader) strayKeys(t *node, do string) {
	for _, k := range ruleKeys() {
		f := t.get(k.name)
		if f == nil || k.belongs(do) {
			continue
		}
		l.failKey(f, `%s has no effect where do = %s`, quote(f.name), quote(do)).hint("it belongs to " + orList(k.of))
	}
}

// misspelt says whether a table has an unknown key that was most likely meant to be
// this one: that is reported, and that this one is missing need not be.
func misspelt(t *node, table, key string) bool {
	if t == nil {
		return false
	}
	known := vocabulary(table).obeyed
	return slices.ContainsFunc(t.fields, func(f *node) bool {
		return !slices.Contains(known, f.name) && nearest(f.name, known) == key
	})
}
