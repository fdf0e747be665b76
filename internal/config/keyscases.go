package config

import "slices"

// caseFile is the vocabulary of a file of cases.
const caseFile = "case file"

// caseKeys is the keys of a table of a file of cases: "case file" for the file itself, "case"
// for a [[case]], "case domain" for its domain, and so on. config.example.test.toml explains
// them.
func caseKeys(table string) []key {
	switch table {
	case caseFile:
		return named("now", "case")
	case "case":
		return slices.Concat(named("title", "now"), named(kinds()...), named("price", "tld", "spent", "last", "want"))
	case "case domain":
		return named(
			"name", "account", "state", "expires", "expires_in", "lapsed_for", "auto_renew", "whois_privacy", "trustee", "registrant", "redemption",
		)
	case "case push":
		return named("name", "account", "source", "unproven", "age", "announced")
	case "case registrant_change":
		return named("name", "account", "contact", "state", "owner_change", "ours", "age")
	case "case name":
		return named("name", "account", "status", "free_since", "ours")
	case "case price":
		return named("registration", "renewal", "restore", "trustee", "premium")
	case "case tld":
		return named("auto_renew_only", "renewal_enabled", "registration_enabled", "minimum_registration", "trustee_required", "extended_attributes")
	case "case spent":
		return named("today", "month", "reserved", "purchases")
	case "case last":
		return named("paid", "bought")
	case "case want":
		return named("rule", "do", "verdict", "code", "reason", "price", "alerts", "trials")
	}
	return nil
}

// named is keys of which nothing is known but their names.
func named(names ...string) []key {
	keys := make([]key, len(names))
	for i, name := range names {
		keys[i].name = name
	}
	return keys
}
