package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// RuleChange is a rule that is another in a second configuration.
type RuleChange struct {
	Rule   string `json:"rule"`
	Change string `json:"change"` // "added", "removed", "changed", "moved"
	OldAt  string `json:"old_at"` // its place; "" where there is none
	NewAt  string `json:"new_at"`
	// Keys are those that changed, as a policy writes them.
	Keys []string `json:"keys,omitempty"`
	// Moved says that it stands elsewhere among the rules that both have: the first that
	// matches wins.
	Moved bool `json:"moved,omitempty"`
}

// SettingChange is a setting beside the rules that is another, and changes what is decided.
type SettingChange struct {
	Key string `json:"key"`
	Old string `json:"old"` // "" where it says nothing
	New string `json:"new"`
}

// CompareRules tells in what the rules of two policies differ: by what they mean, not how
// they are written; those of the second one first, in its order. The first rule that
// matches wins, so that one which stands elsewhere among the others has moved.
func CompareRules(was, is *rules.Policy) []RuleChange {
	changes := []RuleChange{}
	before := make(map[string]*rules.Rule, len(was.Rules))
	for i := range was.Rules {
		before[was.Rules[i].Name] = &was.Rules[i]
	}
	after := make(map[string]bool, len(is.Rules))
	for i := range is.Rules {
		after[is.Rules[i].Name] = true
	}
	moved := movedRules(was, is)
	for i := range is.Rules {
		r := &is.Rules[i]
		old, ok := before[r.Name]
		if !ok {
			changes = append(changes, RuleChange{Rule: r.Name, Change: "added", NewAt: r.At})
			continue
		}
		c := RuleChange{Rule: r.Name, Change: "changed", OldAt: old.At, NewAt: r.At, Keys: changedKeys(old, r), Moved: moved[r.Name]}
		if len(c.Keys) == 0 {
			c.Change = "moved"
		}
		if len(c.Keys) > 0 || c.Moved {
			changes = append(changes, c)
		}
	}
	for i := range was.Rules {
		if r := &was.Rules[i]; !after[r.Name] {
			changes = append(changes, RuleChange{Rule: r.Name, Change: "removed", OldAt: r.At})
		}
	}
	return changes
}

// movedRules are the rules that both policies have and that one of them must be moved over:
// all that are not in the longest run of rules whose order is the same.
func movedRules(was, is *rules.Policy) map[string]bool {
	place := make(map[string]int, len(was.Rules))
	for i := range was.Rules {
		place[was.Rules[i].Name] = i
	}
	var names []string // that both have, in the new order
	for i := range is.Rules {
		if _, ok := place[is.Rules[i].Name]; ok {
			names = append(names, is.Rules[i].Name)
		}
	}
	longest, before := make([]int, len(names)), make([]int, len(names))
	end := -1
	for i := range names {
		longest[i], before[i] = 1, -1
		for j := range i {
			if place[names[j]] < place[names[i]] && longest[j] >= longest[i] {
				longest[i], before[i] = longest[j]+1, j
			}
		}
		if end < 0 || longest[i] > longest[end] {
			end = i
		}
	}
	stays := make(map[string]bool)
	for i := end; i >= 0; i = before[i] {
		stays[names[i]] = true
	}
	moved := make(map[string]bool)
	for _, name := range names {
		moved[name] = !stays[name]
	}
	return moved
}

// changedKeys are the keys whose meaning is another.
func changedKeys(was, is *rules.Rule) []string {
	old, now := meaning(canonicalRuleOf(*was)), meaning(canonicalRuleOf(*is))
	keys := []string{}
	for key := range now {
		if _, ok := old[key]; !ok {
			old[key] = nil
		}
	}
	for key, value := range old {
		switch {
		case bytes.Equal(value, now[key]):
		case key == "Match" || key == "Except":
			a, b := canonical(was.Match), canonical(is.Match)
			if key == "Except" {
				a, b = canonical(was.Except), canonical(is.Except)
			}
			before, after := meaning(a), meaning(b)
			for of := range after {
				if !bytes.Equal(before[of], after[of]) {
					keys = append(keys, strings.ToLower(key)+"."+keyNamed(of))
				}
			}
		default:
			keys = append(keys, keyNamed(key))
		}
	}
	slices.Sort(keys)
	return keys
}

// meaning is the fields of a canonical form, each as it is hashed.
func meaning(canonical any) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	text, err := json.Marshal(canonical)
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		panic("config: a rule that cannot be encoded: " + err.Error()) // none of these types can fail
	}
	return fields
}

// keyNamed is how a policy writes the key that a field stands for.
func keyNamed(field string) string {
	switch field {
	case "Names":
		return "name"
	case "Groups", "Accounts", "States", "Registrants", "Sources", "Contacts":
		return strings.ToLower(strings.TrimSuffix(field, "s"))
	case "TLDs":
		return "tld"
	case "Whois":
		return "whois_privacy"
	case "Expires", "Lapsed":
		return strings.ToLower(field) + "_within"
	case "Older":
		return "older_than"
	case "MaxIncrease":
		return "max_price_increase"
	case "Silence":
		return "on_timeout"
	case "Terms":
		return "what it asks for"
	}
	var b strings.Builder
	for i, r := range field {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// CompareSettings tells in which settings beside the rules two configurations differ, of
// those that decisions depend on.
func CompareSettings(was, is *Config) []SettingChange {
	changes := []SettingChange{}
	old, now := decisiveSettings(was), decisiveSettings(is)
	value := func(all []SettingChange, key string) string {
		for _, s := range all {
			if s.Key == key {
				return s.New
			}
		}
		return ""
	}
	for _, s := range now {
		if before := value(old, s.Key); before != s.New {
			changes = append(changes, SettingChange{Key: s.Key, Old: before, New: s.New})
		}
	}
	for _, s := range old {
		if s.New != "" && !slices.ContainsFunc(now, func(n SettingChange) bool { return n.Key == s.Key }) {
			changes = append(changes, SettingChange{Key: s.Key, Old: s.New})
		}
	}
	return changes
}

// decisiveSettings are the settings of a configuration, each as New.
func decisiveSettings(c *Config) (all []SettingChange) {
	add := func(key string, value any) { all = append(all, SettingChange{Key: key, New: fmt.Sprint(value)}) }
	spending := func(where string, s Spending) {
		money := func(m *portfolio.Money) string {
			if m == nil {
				return ""
			}
			return m.String()
		}
		add(where+"max_per_purchase", money(s.MaxPerPurchase))
		add(where+"max_per_day", money(s.MaxPerDay))
		add(where+"max_per_month", money(s.MaxPerMonth))
		count, increase := "", ""
		if s.MaxPurchasesPerDay > 0 {
			count = fmt.Sprint(s.MaxPurchasesPerDay)
		}
		if s.MaxPriceIncrease != nil {
			increase = s.MaxPriceIncrease.String()
		}
		add(where+"max_purchases_per_day", count)
		add(where+"max_price_increase", increase)
		add(where+"ask_above", money(s.AskAbove))
	}
	add("mode", c.Mode)
	add("timezone", c.Location)
	add("dnsimple.auto_renewal_window", c.DNSimple.AutoRenewalWindow)
	add("alerts.warn_within", c.Alerts.WarnWithin)
	add("alerts.before_expiry", c.Alerts.BeforeExpiry)
	spending("spending.", c.Spending)
	for _, a := range c.Accounts {
		where := "account " + a.Name + ": "
		role := "acted on"
		if a.Source {
			role = "source"
		}
		add(where+"id", a.ID)
		add(where+"role", role)
		add(where+"mode", a.Mode)
		contact := ""
		if id := a.Contacts["default"]; id != 0 {
			contact = fmt.Sprint(id)
		}
		add(where+"contacts.default", contact)
		if a.Spending != nil {
			spending(where+"spending.", *a.Spending)
		}
	}
	return all
}
