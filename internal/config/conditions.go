package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// conditions reads a match or an except of a rule on a kind of resource. Keys that
// are not known there were reported already.
func (l *loader) conditions(t *node, on portfolio.ResourceKind) rules.Conditions {
	var c rules.Conditions
	if t == nil {
		return c
	}
	known := vocabulary("conditions " + string(on)).obeyed
	for _, f := range t.fields {
		if !slices.Contains(known, f.name) {
			continue
		}
		switch f.name {
		case "name", "names":
			c.Names = l.patterns(f)
		case "group":
			c.Groups = l.groupList(f)
		case "tld":
			c.TLDs = l.tldList(f)
		case "account":
			c.Accounts = l.accountList(f, t.name == "match")
		case "source":
			c.Sources = l.accountList(f, false)
		case "state":
			c.States = l.stateList(f, on)
		case "registrant":
			c.Registrants = l.contactList(f)
		case "contact":
			c.Contacts = l.contactList(f)
		case "auto_renew":
			c.AutoRenew = l.truth(t, f.name)
		case "whois_privacy":
			c.Whois = l.truth(t, f.name)
		case "owner_change":
			c.OwnerChange = l.truth(t, f.name)
		case "expires_within":
			c.Expires, _ = l.distance(t, f.name)
		case "lapsed_within":
			c.Lapsed, _ = l.distance(t, f.name)
		case "older_than":
			c.Older = l.duration(t, f.name)
		}
	}
	return c
}

// groupList reads the names of groups.
func (l *loader) groupList(n *node) []rules.Group {
	var list []rules.Group
	for _, item := range l.list(n) {
		if !l.isString(item, "core") {
			continue
		}
		g, ok := l.groups[item.text]
		if !ok {
			if !l.partial {
				l.fail(item, "there is no group %s", quote(item.text)).mean(item.text, slices.Sorted(maps.Keys(l.groups)))
			}
			continue
		}
		list = append(list, g.group)
	}
	return list
}

// tldList reads top-level domains, or what else follows a first label.
func (l *loader) tldList(n *node) []string {
	var list []string
	for _, item := range l.list(n) {
		if !l.isString(item, "com") {
			continue
		}
		tld, err := toTLD(item.text)
		if err != nil {
			f := l.fail(item, "the tld %s %s", quote(item.text), err)
			if strings.ContainsAny(item.text, "*?") {
				f.Hint = `a tld has no wildcards; write name = "…" for a pattern`
			} else if bare := strings.Trim(item.text, ". "); bare != item.text && bare != "" {
				f.Hint = "write " + quote(bare)
			}
			continue
		}
		list = append(list, tld)
	}
	return list
}

// accountList reads the names of accounts, as their ids. Where rules can act on
// none of them, that is a problem.
func (l *loader) accountList(n *node, acting bool) []int64 {
	var list []int64
	for _, item := range l.list(n) {
		if !l.isString(item, "main") {
			continue
		}
		i := slices.IndexFunc(l.cfg.Accounts, func(a Account) bool { return a.Name == item.text })
		if i < 0 {
			if !l.partial {
				l.fail(item, "there is no account %s", quote(item.text)).mean(item.text, l.accountNames())
			}
			continue
		}
		a := l.cfg.Accounts[i]
		if acting && a.Source {
			l.fail(item, `the account %s has role "source", so no rule ever acts on it`, quote(item.text)).
				hint("to say where a push comes from, write source = " + quote(item.text))
		}
		list = append(list, a.ID)
	}
	return list
}

// accountNames is the names of all accounts, as written.
func (l *loader) accountNames() []string {
	var names []string
	for _, a := range l.cfg.Accounts {
		names = append(names, a.Name)
	}
	return names
}

// stateList reads states of domains or registrant changes.
func (l *loader) stateList(n *node, on portfolio.ResourceKind) []string {
	known := domainStates()
	if on == portfolio.KindRegistrantChange {
		known = changeStates()
	}
	var list []string
	for _, item := range l.list(n) {
		if !l.isString(item, known[1]) {
			continue
		}
		if !slices.Contains(known, item.text) {
			l.fail(item, "a %s has no state %s", strings.ReplaceAll(string(on), "_", " "), quote(item.text)).mean(item.text, known)
			continue
		}
		list = append(list, item.text)
	}
	return list
}

// contactList reads contacts by id or by name.
func (l *loader) contactList(n *node) []rules.Contacts {
	var list []rules.Contacts
	for _, item := range l.list(n) {
		if c := l.contact(item); c != nil {
			list = append(list, *c)
		}
	}
	return list
}

// contact reads one contact: an id, or a name that an account has in its contacts;
// nil where it is neither.
func (l *loader) contact(n *node) *rules.Contacts {
	switch {
	case n.kind == kindInteger && n.integer > 0:
		return &rules.Contacts{Text: strconv.FormatInt(n.integer, 10), ID: n.integer}
	case n.kind == kindInteger:
		l.fail(n, "%s is %d, which is no contact's id", quote(n.name), n.integer).
			hint("write the number of a contact, as DNSimple shows it, or its name in contacts")
		return nil
	case n.kind != kindString:
		l.wrongType(n, "the id of a contact or its name in contacts").hint(`write a number, or a name in quotes, like "default"`)
		return nil
	case !l.isString(n, "default"):
		return nil
	}
	if _, err := strconv.ParseUint(n.text, 10, 63); err == nil {
		l.fail(n, "%s is a number in quotes", quote(n.text)).hint("write the id of a contact without quotes: " + n.text)
		return nil
	}
	c := rules.Contacts{Text: n.text, ByAccount: map[int64]int64{}}
	for _, a := range l.cfg.Accounts {
		if id := a.Contacts[n.text]; id != 0 {
			c.ByAccount[a.ID] = id
		}
	}
	if len(c.ByAccount) == 0 {
		if !l.partial {
			l.fail(n, "no account has a contact %s in its contacts", quote(n.text)).mean(n.text, slices.Sorted(maps.Keys(l.contacts)))
		}
		return nil
	}
	return &c
}

// maxDuration is the longest duration, about a hundred years.
const maxDuration = 36_600 * 24 * time.Hour

// duration is the duration of a key, more than nothing; 0 where there is none, or
// something else.
func (l *loader) duration(t *node, key string) time.Duration {
	text, n := l.str(t, key, "12h")
	if n == nil {
		return 0
	}
	d, err := parseDuration(text)
	if err != nil {
		l.fail(n, "%s: %s %s", quote(key), quote(text), err).
			hint(`write a number and a unit: "90m", "12h", "3d" or "2w"`)
	}
	return d
}

// parseDuration reads a whole number of days (d) or weeks (w), or what
// [time.ParseDuration] reads; it must be more than nothing.
func parseDuration(text string) (time.Duration, error) {
	var d time.Duration
	var err error
	days := map[byte]int{'d': 1, 'w': 7}[text[len(text)-1]]
	if days > 0 {
		var n uint64
		n, err = strconv.ParseUint(text[:len(text)-1], 10, 16)
		d = time.Duration(n) * time.Duration(days) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(text)
	}
	switch {
	case err != nil:
		return 0, fmt.Errorf("is not a duration")
	case d <= 0:
		return 0, fmt.Errorf("is not more than nothing")
	case d > maxDuration:
		return 0, fmt.Errorf("is longer than a hundred years")
	}
	return d, nil
}
