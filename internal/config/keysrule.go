package config

import "domaind/internal/portfolio"

// kindWords is what a rule may be on.
func kindWords() [][2]string {
	return [][2]string{
		{string(portfolio.KindDomain), "a domain of an account"},
		{string(portfolio.KindPush), "a push that waits to be accepted"},
		{string(portfolio.KindRegistrantChange), "a change of a domain's registrant"},
		{string(portfolio.KindName), "a name that is not owned, and watched"},
	}
}

// silenceWords is what silence can mean, and what that is.
func silenceWords() [][2]string {
	return [][2]string{
		{string(portfolio.SilenceKeepAsking), "the question stays open, and is repeated"},
		{string(portfolio.SilenceDeny), "silence counts as a no"},
		{string(portfolio.SilenceAct), "silence counts as a yes; for renew only"},
	}
}

// levels is how urgent an alert can be.
func levels() []string {
	return []string{string(portfolio.LevelInfo), string(portfolio.LevelNotice), string(portfolio.LevelAlert)}
}

// lapsedWords is what a renew rule may do with its domains once they have lapsed.
func lapsedWords() [][2]string {
	return [][2]string{
		{string(portfolio.ActionRenew), "the plain renewal, as long as DNSimple takes it"},
		{string(portfolio.ActionRestore), "also out of redemption, which costs more, within max_price"},
		{string(portfolio.ActionAlert), "nothing but an alert"},
	}
}

// domainStates and changeStates are the states that conditions may name.
func domainStates() []string {
	return []string{string(portfolio.DomainHosted), string(portfolio.DomainRegistered), string(portfolio.DomainExpired)}
}

func changeStates() []string {
	return []string{
		string(portfolio.ChangeNew), string(portfolio.ChangePending), string(portfolio.ChangeCancelling),
		string(portfolio.ChangeCancelled), string(portfolio.ChangeCompleted),
	}
}

// everyAction is the names of all that rules may do, each with its meaning.
func everyAction() [][2]string {
	var all [][2]string
	for _, a := range allActions() {
		all = append(all, [2]string{a.name, a.about})
	}
	return all
}

func ruleKeys() []key {
	buys := []string{"renew", "restore", "register"}
	asks := []string{"renew", "restore", "accept", "reject", "cancel", "register"}
	holds := []string{"hold", "let-lapse"}
	register := []string{"register"}
	return []key{
		{name: "name", must: true, value: word(".", "renew-core"), about: "What plans, the ledger and events call the rule. No other rule has the same name. Letters, digits, -, _ and ."},
		{name: "on", must: true, value: explained(kindWords), about: "What the rule is about."},
		{name: "match", value: anyConditions, about: "What the rule applies to: every key must hold. A list means any of its items. Without match it applies to all."},
		{name: "except", value: anyConditions, about: "What the rule does not apply to: any key that holds excludes. The keys are those of match."},
		{name: "do", must: true, value: explained(everyAction), about: "What the rule does with what it applies to."},
		{name: "mode", value: explained(modeWords), about: `Stricter than the global mode, for this rule alone. A rule in mode "dry-run" is reported as what it would do, and the search goes on without it.`},
		{name: "years", preset: 1, of: []string{"renew"}, value: whole(maxYears), about: "The term that is bought, in years. expires_within must be shorter than it, by 30 days at least."},
		{name: "max_price", of: buys, value: amount, about: "The rule's own ceiling for one purchase, in US dollars."},
		{name: "if_lapsed", preset: "renew", of: []string{"renew"}, value: explained(lapsedWords), about: "What the rule does with its domains once they have lapsed."},
		{name: "contact", of: []string{"accept", "register"}, value: contact, about: "The registrant to be: the id of a contact, or a name from contacts; else contacts.default."},
		{name: "reason", of: holds, value: text("sold, see ticket 4711"), about: "Why, for those who will wonder. Required."},
		{name: "until", of: holds, value: date, about: "The last day on which it holds, without quotes: 2027-01-31. The week before is announced. Without it, it holds for good."},
		{name: "level", preset: string(portfolio.LevelNotice), of: []string{"alert"}, value: choice(levels), about: "How urgent the alert is."},
		{name: "repeat", of: []string{"alert"}, value: duration("1d", "1w"), about: "An alert that still holds is sent again after this time. Without it, it is sent once."},
		{name: "labels", value: namesTo(anyText, chosen), about: `Your own words, copied into plans, the ledger and events: { team = "brand" }.`},
		{name: "whois_privacy", preset: false, of: register, value: truth, about: "WHOIS privacy for the name. DNSimple does not say at what price, so that max_price is needed, and set aside whole."},
		{name: "auto_renew", preset: false, of: register, value: truth, about: "DNSimple's own auto-renewal, from the beginning."},
		{name: "trustee", preset: false, of: register, value: truth, about: "A trustee where the registry wants one, at its price, within the ceilings."},
		{name: "extended_attributes", of: register, value: namesTo(text("4711"), chosen), about: "What some suffixes want to know: names and values, as DNSimple lists them for the suffix."},
		{name: "ask_above", of: buys, value: amount, about: "What this rule buys for more than this waits until a person has approved it. The lowest of the rule's, the account's and the global one holds."},
		{name: "max_price_increase", of: []string{"renew", "restore"}, value: percent, about: "By how much more this rule may pay, per year of the term, than was last paid for the same domain."},
		{name: "answer_within", of: asks, value: duration("3d"), about: "How long the rule waits for an answer, where it asks first. Without it, as long as there is something to ask."},
		{name: "on_timeout", preset: string(portfolio.SilenceKeepAsking), of: asks, value: explained(silenceWords), about: "What it means that nobody answered within answer_within."},
	}
}

func conditionKeys() []key {
	owned := []string{"domain", "push", "registrant_change"}
	domain := []string{"domain"}
	change := []string{"registrant_change"}
	return []key{
		{name: "name", of: owned, value: some(namePattern), about: "Names and patterns: * stands for any characters, dots too, ? for any one. Internationalized names may be written either way."},
		{name: "names", of: []string{"name"}, value: some(namePattern), about: "The names that are watched, each in full: no patterns. In except, patterns are welcome."},
		{name: "group", value: some(word(".", "core")), about: "Names of [groups]. A rule on names takes groups of names written in full."},
		{name: "tld", of: owned, value: some(tld), about: `What follows the first label: "com", "co.uk".`},
		{name: "account", value: some(word("", "main")), about: "Names of [[account]]: of a push, the account that is to accept it. A rule on names speaks of one."},
		{name: "source", of: []string{"push"}, value: some(word("", "desk")), about: "Names of [[account]]: who owns the domain that is pushed, proven with that account's token."},
		{name: "contact", of: change, value: some(contact), about: "The registrant to be: contact ids, or names from contacts."},
		{name: "state", of: domain, value: some(choice(domainStates)), about: "States of domains, as DNSimple calls them."},
		{name: "state", of: change, value: some(choice(changeStates)), about: "States of registrant changes, as DNSimple calls them."},
		{name: "auto_renew", of: domain, value: truth, about: "Whether DNSimple's own auto-renewal is on."},
		{name: "whois_privacy", of: domain, value: truth, about: "Whether WHOIS privacy is on."},
		{name: "owner_change", of: change, value: truth, about: "Whether the registry counts the change as one of the owner."},
		{name: "registrant", of: domain, value: some(contact), about: "The registrant: contact ids, or names from contacts."},
		{name: "expires_within", of: domain, value: distance("45d", "6w", "2mo", "1y"), about: "Registered, and the expiration is at most this far ahead."},
		{name: "lapsed_within", of: domain, value: distance("45d", "6w", "2mo", "1y"), about: "Lapsed, no longer ago than this."},
		{name: "older_than", of: []string{"push", "registrant_change"}, value: duration("12h", "3d", "2w"), about: "Waiting, or under way, for longer than this."},
	}
}
