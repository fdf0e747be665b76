package config

import (
	"fmt"
	"slices"
	"strings"
)

// words are the keys of one kind of table.
type words struct {
	obeyed []string // what this version obeys
	later  []string // what is known, and refused until it is obeyed
}

// vocabulary is the keys of a table: "" for the file itself, "account.spending"
// for that of an account, "conditions push" for what a rule on pushes may have in its
// match and except, and so on.
func vocabulary(table string) words {
	switch table {
	case "":
		return words{obeyed: []string{
			"mode", "instance", "state_dir", "policies", "timezone", "dnsimple", "account", "schedule", "spending",
			"alerts", "nats", "groups", "rule",
		}}
	case "policy file":
		return words{obeyed: []string{"groups", "rule"}}
	case "dnsimple":
		return words{obeyed: []string{"endpoint", "requests_per_hour", "auto_renewal_window"}}
	case "account":
		return words{obeyed: []string{"name", "id", "token", "contacts", "mode", "role", "spending"}}
	case "token":
		return words{obeyed: []string{secretCredential, secretFile, secretEnv}}
	case "schedule":
		return words{obeyed: []string{"domains", "portfolio", "pushes", "registrant_changes", "names"}}
	case "spending", "account.spending":
		return words{obeyed: []string{
			"max_per_purchase", "max_per_day", "max_per_month", "max_purchases_per_day", "max_price_increase", "ask_above",
		}}
	case "alerts":
		return words{obeyed: []string{"warn_within", "before_expiry"}}
	case "nats":
		return words{obeyed: []string{"url", "listen", "credentials"}}
	case "nats.credentials":
		return words{obeyed: []string{secretFile, secretCredential}}
	case "group":
		return words{obeyed: []string{"file"}}
	case "rule":
		return words{obeyed: []string{
			"name", "on", "match", "except", "do", "mode", "years", "max_price", "if_lapsed", "contact", "reason",
			"until", "level", "repeat", "labels", "whois_privacy", "auto_renew", "trustee", "extended_attributes",
			"ask_above", "max_price_increase", "answer_within", "on_timeout",
		}}
	case "conditions domain":
		return words{obeyed: []string{
			"name", "group", "tld", "account", "state", "auto_renew", "whois_privacy", "registrant", "expires_within",
			"lapsed_within",
		}}
	case "conditions push":
		return words{obeyed: []string{"name", "group", "tld", "account", "source", "older_than"}}
	case "conditions registrant_change":
		return words{obeyed: []string{"name", "group", "tld", "account", "contact", "state", "owner_change", "older_than"}}
	case "conditions name":
		return words{obeyed: []string{"names", "group", "account"}}
	case caseFile:
		return words{obeyed: []string{"now", "case"}}
	case "case":
		return words{obeyed: slices.Concat([]string{"title", "now"}, kinds(), []string{"price", "tld", "spent", "last", "want"})}
	case "case domain":
		return words{obeyed: []string{
			"name", "account", "state", "expires", "expires_in", "lapsed_for", "auto_renew", "whois_privacy", "trustee", "registrant", "redemption",
		}}
	case "case push":
		return words{obeyed: []string{"name", "account", "source", "unproven", "age"}}
	case "case registrant_change":
		return words{obeyed: []string{"name", "account", "contact", "state", "owner_change", "ours", "age"}}
	case "case name":
		return words{obeyed: []string{"name", "account", "status", "free_since", "ours"}}
	case "case price":
		return words{obeyed: []string{"registration", "renewal", "restore", "trustee", "premium"}}
	case "case tld":
		return words{obeyed: []string{
			"auto_renew_only", "renewal_enabled", "registration_enabled", "minimum_registration", "trustee_required", "extended_attributes",
		}}
	case "case spent":
		return words{obeyed: []string{"today", "month", "reserved", "purchases"}}
	case "case last":
		return words{obeyed: []string{"paid", "bought"}}
	case "case want":
		return words{obeyed: []string{"rule", "do", "verdict", "code", "reason", "price", "alerts", "trials"}}
	}
	return words{}
}

// keysOfAction is the keys of a rule that belong to what it does, beside those
// that every rule may have.
func keysOfAction(do string) []string {
	switch do {
	case "renew":
		return []string{"years", "max_price", "max_price_increase", "ask_above", "if_lapsed", "answer_within", "on_timeout"}
	case "restore":
		return []string{"max_price", "max_price_increase", "ask_above", "answer_within", "on_timeout"}
	case "accept":
		return []string{"contact", "answer_within", "on_timeout"}
	case "reject", "cancel":
		return []string{"answer_within", "on_timeout"}
	case "register":
		return []string{
			"contact", "whois_privacy", "auto_renew", "trustee", "extended_attributes", "max_price", "ask_above", "answer_within", "on_timeout",
		}
	case "hold", "let-lapse":
		return []string{"reason", "until"}
	case "alert":
		return []string{"level", "repeat"}
	}
	return nil
}

// actions is what a rule may do with a kind of resource.
func actions(on string) []string {
	switch on {
	case "domain":
		return []string{"renew", "restore", "hold", "let-lapse", "alert"}
	case "push":
		return []string{"accept", "reject", "hold", "alert"}
	case "registrant_change":
		return []string{"cancel", "hold", "alert"}
	case "name":
		return []string{"register", "alert"}
	}
	return nil
}

// kinds is what a rule may be on.
func kinds() []string { return []string{"domain", "push", "registrant_change", "name"} }

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

// notYet is the sentence for what is known and not obeyed.
func notYet(what string) string {
	return fmt.Sprintf("%s is known, but its effect comes in a later version, and this one does not obey it yet", what)
}

// checkKeys notes every key of a table that has no business there.
func (l *loader) checkKeys(t *node, table string) {
	if t == nil {
		return
	}
	known := vocabulary(table)
	for _, f := range t.fields {
		switch {
		case slices.Contains(known.obeyed, f.name):
		case slices.Contains(known.later, f.name):
			l.failKey(f, "%s; remove it", notYet(quote(f.name)))
		default:
			l.unknownKey(f, table, known)
		}
	}
}

// unknownKey notes a key that nobody knows, or that belongs somewhere else.
func (l *loader) unknownKey(f *node, table string, known words) {
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
		for _, other := range kinds() {
			if slices.Contains(vocabulary("conditions "+other).obeyed, f.name) {
				l.failKey(f, "a rule on %s knows no %s", on, quote(f.name)).mean("", known.obeyed)
				return
			}
		}
	}
	if table == "rule" && slices.ContainsFunc(kinds(), func(on string) bool { return slices.Contains(vocabulary("conditions "+on).obeyed, f.name) }) {
		l.failKey(f, "%s is a condition of a rule", quote(f.name)).hint("write it in match or except: match = { " + f.name + " = … }")
		return
	}
	words := slices.Concat(known.obeyed, known.later)
	if secretKey(nearest(f.name, words)) || slices.Contains([]string{"account", "token", "nats", "nats.credentials"}, table) {
		f.hide()
	}
	l.failKey(f, "unknown key %s %s", quote(f.name), tableName(table)).mean(f.name, words)
}

// misspelt says whether a table has an unknown key that was most likely meant to be
// this one: that is reported, and that this one is missing need not be.
func misspelt(t *node, table, key string) bool {
	if t == nil {
		return false
	}
	known := vocabulary(table)
	words := slices.Concat(known.obeyed, known.later)
	return slices.ContainsFunc(t.fields, func(f *node) bool {
		return !slices.Contains(words, f.name) && nearest(f.name, words) == key
	})
}
