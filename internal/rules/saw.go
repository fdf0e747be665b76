package rules

import (
	"fmt"
	"strings"
	"time"
)

// condition is one key as the policy says it, and the value that it saw.
func (e *explainer) condition(k key, c *Conditions, answer truth, pastTerm bool) Condition {
	v := &e.view
	switch k {
	case keyNames:
		word := "name"
		if e.name != nil {
			word = "names"
		}
		return Condition{Key: word, Wants: listed(texts(c.Names)), Saw: e.sawName(answer, fits(c.Names, v.name))}
	case keyGroups:
		return Condition{Key: "group", Wants: listed(groupNames(c.Groups)), Saw: e.sawName(answer, inGroups(c.Groups, v.name))}
	case keyTLD:
		saw := "it has none"
		if v.tld != "" {
			saw = "it is ." + v.tld
		}
		return Condition{Key: "tld", Wants: listed(c.TLDs), Saw: e.sawName(answer, saw)}
	case keyAccount:
		return Condition{Key: "account", Wants: listed(e.accountNames(c.Accounts)), Saw: "it is in " + e.account.Name}
	case keyState:
		return Condition{Key: "state", Wants: listed(c.States), Saw: "it is " + v.state}
	case keyRegistrant:
		return Condition{Key: "registrant", Wants: listed(e.contactNames(c.Registrants)), Saw: sawContact("it is", v.registrant)}
	case keyContact:
		return Condition{Key: "contact", Wants: listed(e.contactNames(c.Contacts)), Saw: sawContact("it becomes", v.contact)}
	case keySource:
		saw := "nobody knows where it comes from"
		if v.source != 0 {
			saw = "it comes from " + e.accountName(v.source)
		}
		return Condition{Key: "source", Wants: listed(e.accountNames(c.Sources)), Saw: saw}
	case keyAutoRenew:
		return Condition{Key: "auto_renew", Wants: fmt.Sprint(*c.AutoRenew), Saw: "it is " + switched(v.autoRenew)}
	case keyWhois:
		return Condition{Key: "whois_privacy", Wants: fmt.Sprint(*c.Whois), Saw: "it is " + switched(v.whois)}
	case keyOwnerChange:
		saw := "the owner stays the same at the registry"
		if v.owner {
			saw = "it changes the owner at the registry"
		}
		return Condition{Key: "owner_change", Wants: fmt.Sprint(*c.OwnerChange), Saw: saw}
	case keyOlder:
		saw := "nobody knows how old it is"
		if !v.created.IsZero() {
			saw = "it is " + rough(v.now.Sub(v.created)) + " old"
		}
		return Condition{Key: "older_than", Wants: rough(c.Older), Saw: saw}
	case keyExpires:
		return Condition{Key: "expires_within", Wants: c.Expires.String(), Saw: e.sawExpiration(c.Expires, answer, pastTerm)}
	default:
		return Condition{Key: "lapsed_within", Wants: c.Lapsed.String(), Saw: e.sawLapse()}
	}
}

// sawName is a clause about a name, where there is one.
func (e *explainer) sawName(answer truth, clause string) string {
	switch {
	case e.view.name == "" || answer == unknown:
		return "nobody knows its name"
	case clause != "":
		return clause
	}
	return "it is in none of them"
}

// fits says which of the patterns a name fits; "" where it fits none.
func fits(patterns []Pattern, name string) string {
	for _, p := range patterns {
		if p.Match(name) {
			if p.wild {
				return "it fits " + p.text
			}
			return "it is one of them"
		}
	}
	return ""
}

// inGroups says in which group a name is, and why; "" where it is in none.
func inGroups(groups []Group, name string) string {
	for _, g := range groups {
		for _, p := range g.Patterns {
			switch {
			case !p.Match(name):
				continue
			case p.wild:
				return fmt.Sprintf("it is in %s, and fits %s", g.Name, p.text)
			}
			return "it is in " + g.Name
		}
	}
	return ""
}

// sawExpiration is what expires_within saw.
func (e *explainer) sawExpiration(within Distance, answer truth, pastTerm bool) string {
	v := &e.view
	switch {
	case !v.domain || v.expires.IsZero():
		return "it has no expiration"
	case v.lapsed && pastTerm:
		return "it lapsed " + e.ahead(v.expires) + ", and what the rule does with its domains then is in if_lapsed"
	case v.lapsed:
		return "it lapsed " + e.ahead(v.expires)
	case !v.registered:
		return "it is " + v.state
	case answer == no:
		return fmt.Sprintf("it expires %s, so this holds from %s on", e.ahead(v.expires), e.day(within.Before(v.expires)))
	case !v.expires.After(e.now):
		return "its expiration passed " + e.ahead(v.expires)
	}
	return "it expires " + e.ahead(v.expires)
}

// sawLapse is what lapsed_within saw.
func (e *explainer) sawLapse() string {
	switch v := &e.view; {
	case !v.lapsed:
		return "it is " + v.state
	case v.expires.IsZero():
		return "it has no expiration"
	default:
		return "it lapsed " + e.ahead(v.expires)
	}
}

func sawContact(verb string, id int64) string {
	if id == 0 {
		return "it has none"
	}
	return fmt.Sprintf("%s contact %d", verb, id)
}

func switched(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// rough is a duration as a policy writes it: in days where it is some.
func rough(d time.Duration) string {
	const hours = 24
	switch d = d.Truncate(time.Second); {
	case d >= 2*day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d >= 2*day:
		return fmt.Sprintf("%dd%dh", d/day, int64(d.Hours())%hours)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return d.String()
}

// mostListed is how many items of a list are named.
const mostListed = 4

// listed is a list as a clause: its first items, and how many more there are.
func listed(items []string) string {
	if n := len(items) - mostListed; n > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(items[:mostListed], ", "), n)
	}
	return strings.Join(items, ", ")
}

func texts(patterns []Pattern) []string {
	out := make([]string, len(patterns))
	for i, p := range patterns {
		out[i] = p.text
	}
	return out
}

func groupNames(groups []Group) []string {
	out := make([]string, len(groups))
	for i, g := range groups {
		out[i] = g.Name
	}
	return out
}

func (e *explainer) accountNames(ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = e.accountName(id)
	}
	return out
}

// contactNames are contacts as they are written, and which they are in the account.
func (e *explainer) contactNames(contacts []Contacts) []string {
	out := make([]string, len(contacts))
	for i, c := range contacts {
		switch id := c.In(e.account.ID); {
		case c.ID != 0:
			out[i] = fmt.Sprint(c.ID)
		case id == 0:
			out[i] = c.Text + " (none here)"
		default:
			out[i] = fmt.Sprintf("%s (%d)", c.Text, id)
		}
	}
	return out
}
