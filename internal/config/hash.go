package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// The canonical form of a policy: its meaning without places, comments and the way
// it was written. Its JSON is what the hash is made of, so the names, the order
// and the types of these fields are part of every hash.
type (
	canonicalPolicy struct {
		Mode         portfolio.Mode
		Location     string
		WarnWithin   rules.Distance
		BeforeExpiry []rules.Distance
		Accounts     []canonicalAccount
		Rules        []canonicalRule
	}
	canonicalAccount struct {
		ID             int64
		Name           string
		Mode           portfolio.Mode
		Source         bool
		DefaultContact int64
	}
	canonicalRule struct {
		Name          string
		On            portfolio.ResourceKind
		Match, Except canonicalConditions
		Do            portfolio.Action
		Mode          portfolio.Mode
		Years         int
		MaxPrice      *portfolio.Money
		IfLapsed      portfolio.Action
		Contact       *rules.Contacts
		Terms         *portfolio.Terms `json:",omitempty"`
		Reason        string
		Until         int64 // Unix seconds
		Level         portfolio.Level
		Repeat        time.Duration
		Labels        map[string]string
		AskAbove      *portfolio.Money   `json:",omitempty"`
		MaxIncrease   *portfolio.Percent `json:",omitempty"`
		AnswerWithin  time.Duration      `json:",omitempty"`
		Silence       portfolio.Silence  `json:",omitempty"`
	}
	canonicalConditions struct {
		Names            []string
		Groups           []canonicalGroup
		TLDs             []string
		Accounts         []int64
		States           []string
		AutoRenew, Whois *bool
		Registrants      []rules.Contacts
		Sources          []int64
		Contacts         []rules.Contacts
		OwnerChange      *bool
		Expires, Lapsed  rules.Distance
		Older            time.Duration
	}
	canonicalGroup struct {
		Name     string
		Patterns []string
	}
)

// hash names a policy: twelve hex digits over its meaning.
func hash(p *rules.Policy) string {
	c := canonicalPolicy{Mode: p.Mode, WarnWithin: p.WarnWithin, BeforeExpiry: p.BeforeExpiry}
	if p.Location != nil {
		c.Location = p.Location.String()
	}
	for _, a := range p.Accounts {
		c.Accounts = append(c.Accounts, canonicalAccount{a.ID, a.Name, a.Mode, a.Source, a.DefaultContact})
	}
	for _, r := range p.Rules {
		c.Rules = append(c.Rules, canonicalRuleOf(r))
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		panic("config: a policy that cannot be encoded: " + err.Error()) // none of these types can fail
	}
	const digits = 12
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])[:digits]
}

// canonicalRuleOf is the canonical form of a rule.
func canonicalRuleOf(r rules.Rule) canonicalRule {
	return canonicalRule{
		Name: r.Name, On: r.On, Match: canonical(r.Match), Except: canonical(r.Except), Do: r.Do, Mode: r.Mode,
		Years: r.Years, MaxPrice: r.MaxPrice, IfLapsed: r.IfLapsed, Contact: r.Contact, Terms: r.Terms, Reason: r.Reason,
		Until: r.Until.Unix(), Level: r.Level, Repeat: r.Repeat, Labels: r.Labels,
		AskAbove: r.AskAbove, MaxIncrease: r.MaxIncrease, AnswerWithin: r.AnswerWithin, Silence: r.Silence,
	}
}

// canonical is the canonical form of conditions.
func canonical(c rules.Conditions) canonicalConditions {
	out := canonicalConditions{
		Names: texts(c.Names), TLDs: c.TLDs, Accounts: c.Accounts, States: c.States, AutoRenew: c.AutoRenew, Whois: c.Whois,
		Registrants: c.Registrants, Sources: c.Sources, Contacts: c.Contacts, OwnerChange: c.OwnerChange,
		Expires: c.Expires, Lapsed: c.Lapsed, Older: c.Older,
	}
	for _, g := range c.Groups {
		out.Groups = append(out.Groups, canonicalGroup{g.Name, texts(g.Patterns)})
	}
	return out
}

// texts is patterns as text.
func texts(patterns []rules.Pattern) []string {
	var out []string
	for _, p := range patterns {
		out = append(out, p.String())
	}
	return out
}
