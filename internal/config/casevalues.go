package config

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"domaind/internal/portfolio"
)

// moment is the date or time of a key, and its node; nil where there is none, or something
// else. A date is its midnight, and a time without a zone is one in the time zone of the
// configuration.
func (l *loader) moment(t *node, key string) (time.Time, *node) {
	n := t.get(key)
	if n == nil {
		return time.Time{}, nil
	}
	if n.kind != kindDate && (n.kind != kindTime || n.hours) {
		l.wrongType(n, "a date or a time").hint("write it without quotes: " + key + " = 2027-01-31, or 2027-01-31T12:00:00Z")
		return time.Time{}, nil
	}
	at := n.date
	if !n.zone {
		year, month, day := at.Date()
		at = time.Date(year, month, day, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), l.cfg.Location)
	}
	if at = at.UTC(); at.Year() < 1970 || at.Year() > 2200 {
		l.fail(n, "the year %d is none of domaind's", at.Year()).hint("write one between 1970 and 2200")
		return time.Time{}, nil
	}
	return at, n
}

// ownName is the name of a key "name", as A-labels and as people write it. Where it is
// needed and missing, that is a problem.
func (l *loader) ownName(t *node, table string, needed bool) (name, unicode string) {
	text, n := l.str(t, "name", "example.com")
	if n == nil {
		if needed && t.get("name") == nil && !misspelt(t, table, "name") {
			l.fail(t, "%s is missing", quote("name")).hint(`write name = "example.com"`)
		}
		return "", ""
	}
	name, err := toASCII(text, false)
	switch {
	case err != nil:
		l.fail(n, "the name %s %s", quote(text), err)
		return "", ""
	case !strings.Contains(name, "."):
		l.fail(n, "the name %s %s", quote(text), errOneLabel)
		return "", ""
	}
	unicode = name
	if written, err := idna.Display.ToUnicode(name); err == nil {
		unicode = written
	}
	return name, unicode
}

// caseAccount is the account that a case is about: the one that it names, else the only
// one that is acted on.
func (l *loader) caseAccount(t *node, table string) int64 {
	if t.get("account") != nil {
		id := l.accountNamed(t, "account")
		for _, a := range l.cfg.Accounts {
			if a.ID == id && a.Source {
				l.fail(t.get("account"), `the account %s has role "source", so no rule ever acts on it`, quote(a.Name))
			}
		}
		return id
	}
	var acting []Account
	for _, a := range l.cfg.Accounts {
		if !a.Source {
			acting = append(acting, a)
		}
	}
	if len(acting) != 1 && !misspelt(t, table, "account") {
		l.fail(t, "in which account? There are %d", len(acting)).hint("write account = " + quote(acting[0].Name))
	}
	return acting[0].ID
}

// accountNamed is the id of the account that a key names; 0 where it names none.
func (l *loader) accountNamed(t *node, key string) int64 {
	text, n := l.str(t, key, "main")
	if n == nil {
		return 0
	}
	for _, a := range l.cfg.Accounts {
		if a.Name == text {
			return a.ID
		}
	}
	l.fail(n, "there is no account %s", quote(text)).mean(text, l.accountNames())
	return 0
}

// caseContact is the id of the contact that a key names, in an account; 0 where it names
// none.
func (l *loader) caseContact(t *node, key string, account int64) int64 {
	n := t.get(key)
	if n == nil {
		return 0
	}
	c := l.contact(n)
	if c == nil {
		return 0
	}
	id := c.In(account)
	if id == 0 {
		l.fail(n, "the account has no contact %s", quote(c.Text))
	}
	return id
}

// casePrices reads what the name costs: a table, or the one price that matters.
func (l *loader) casePrices(t *node, r portfolio.Resource) *portfolio.Prices {
	n := t.get("price")
	if n == nil || r == nil {
		return nil
	}
	_, _, name := r.Ident()
	p := &portfolio.Prices{Name: name}
	one := &p.Renewal
	switch r.Kind() {
	case portfolio.KindName:
		one = &p.Registration
	case portfolio.KindDomain:
	default:
		l.failKey(n, "a %s costs nothing", strings.ReplaceAll(string(r.Kind()), "_", " "))
		return nil
	}
	if n.kind != kindTable {
		if m := l.money(t, "price"); m != nil {
			*one = *m
		}
		return p
	}
	l.checkKeys(n, "case price")
	for _, of := range []struct {
		key  string
		into *portfolio.Money
	}{{"registration", &p.Registration}, {"renewal", &p.Renewal}, {"restore", &p.Restore}, {"trustee", &p.Trustee}} {
		if m := l.money(n, of.key); m != nil {
			*of.into = *m
		}
	}
	p.Premium = isTrue(l.truth(n, "premium"))
	return p
}

// caseTLD reads what the top-level domain allows: all, where the case says nothing.
func (l *loader) caseTLD(t *node, c *Case) {
	if c.Resource != nil {
		_, _, name := c.Resource.Ident()
		c.TLD.TLD = portfolio.TLD(name)
	}
	c.TLD.RenewalEnabled, c.TLD.RegistrationEnabled, c.TLD.TransferEnabled, c.TLD.MinimumRegistration = true, true, true, 1
	n := l.table(t, "tld")
	if n == nil {
		return
	}
	l.checkKeys(n, "case tld")
	c.TLD.AutoRenewOnly = isTrue(l.truth(n, "auto_renew_only"))
	c.TLD.TrusteeRequired = isTrue(l.truth(n, "trustee_required"))
	for key, into := range map[string]*bool{"renewal_enabled": &c.TLD.RenewalEnabled, "registration_enabled": &c.TLD.RegistrationEnabled} {
		if b := l.truth(n, key); b != nil {
			*into = *b
		}
	}
	if years, n := l.whole(n, "minimum_registration", 10); n != nil {
		c.TLD.MinimumRegistration = int(years)
	}
	if wanted := n.get("extended_attributes"); wanted != nil {
		for _, item := range l.list(wanted) {
			if l.isString(item, "x-id-number") {
				c.Attributes = append(c.Attributes, item.text)
			}
		}
	}
}

// caseMoney reads what is spent already, and what was paid for the domain last.
func (l *loader) caseMoney(t *node, c *Case) {
	if n := l.table(t, "spent"); n != nil {
		l.checkKeys(n, "case spent")
		for _, of := range []struct {
			key  string
			into *portfolio.Money
		}{{"today", &c.Spent.Today}, {"month", &c.Spent.Month}, {"reserved", &c.Spent.Reserved}} {
			if m := l.money(n, of.key); m != nil {
				*of.into = *m
			}
		}
		if count, n := l.whole(n, "purchases", 1_000_000); n != nil {
			c.Spent.Purchases = int(count)
		}
		switch month := n.get("month"); {
		case month == nil:
			c.Spent.Month = c.Spent.Today
		case c.Spent.Month < c.Spent.Today:
			l.fail(month, "in the month %s was spent, and today alone %s", c.Spent.Month, c.Spent.Today)
		}
	}
	n := l.table(t, "last")
	if n == nil {
		return
	}
	l.checkKeys(n, "case last")
	c.Last = &CasePurchase{At: c.Now.AddDate(-1, 0, 0)}
	if m := l.money(n, "paid"); m != nil {
		c.Last.Paid = *m
	}
	if at, b := l.moment(n, "bought"); b != nil {
		if c.Last.At = at; at.After(c.Now) {
			l.fail(b, "that is after the moment of the case")
		}
	}
}

// want reads what is expected.
func (l *loader) want(t *node) (all []Expectation) {
	n := l.table(t, "want")
	if n == nil {
		if t.get("want") == nil {
			l.missing(t, "case", "want", `want = { rule = "…", do = "renew", verdict = "act" }`)
		}
		return nil
	}
	l.checkKeys(n, "case want")
	if len(n.fields) == 0 {
		l.fail(n, "nothing is wanted, so that this case cannot fail").hint(`write want = { rule = "…", do = "renew", verdict = "act" }`)
	}
	for _, f := range n.fields {
		if !slices.Contains(vocabulary("case want").obeyed, f.name) {
			continue
		}
		e := Expectation{Key: f.name, At: fullPlace(f)}
		switch f.name {
		case "alerts", "trials":
			items := []*node{f}
			if f.kind == kindList {
				items = f.items // an empty list says that there is none
			}
			for _, item := range items {
				if l.isString(item, "warn-legal") {
					e.Values = append(e.Values, l.ruleNamed(item))
				}
			}
			slices.Sort(e.Values)
		case "price":
			if m := l.money(n, "price"); m != nil {
				e.Values = []string{m.String()}
			}
		default:
			e.Values = []string{l.wanted(f)}
		}
		all = append(all, e)
	}
	return all
}

// wanted is a word that is expected; "" is one, too.
func (l *loader) wanted(f *node) string {
	if f.kind != kindString {
		l.wrongType(f, "a string in quotes")
		return ""
	}
	var known []string
	switch {
	case f.text == "":
		if f.name == "verdict" || f.name == "code" || f.name == "reason" {
			l.fail(f, "%s is empty, and never is", quote(f.name))
		}
		return ""
	case f.name == "rule":
		return l.ruleNamed(f)
	case f.name == "do":
		known = []string{
			"renew", "restore", "hold", "let-lapse", "alert", "accept", "reject", "cancel", "register", string(portfolio.ActionAutoRenewal),
		}
	case f.name == "verdict":
		for _, v := range []portfolio.Verdict{
			portfolio.VerdictAct, portfolio.VerdictWouldAct, portfolio.VerdictAsk, portfolio.VerdictBlocked, portfolio.VerdictWait,
			portfolio.VerdictHold, portfolio.VerdictLetLapse, portfolio.VerdictUncovered, portfolio.VerdictNone,
		} {
			known = append(known, string(v))
		}
	}
	if known != nil && !slices.Contains(known, f.text) {
		l.fail(f, "%s is not known for %s", quote(f.text), quote(f.name)).mean(f.text, known)
	}
	return f.text
}

// ruleNamed is the name of a rule of the policy.
func (l *loader) ruleNamed(n *node) string {
	names := make([]string, len(l.cfg.Policy.Rules))
	for i := range l.cfg.Policy.Rules {
		names[i] = l.cfg.Policy.Rules[i].Name
	}
	if !slices.Contains(names, n.text) {
		l.fail(n, "there is no rule %s", quote(n.text)).mean(n.text, names)
	}
	return n.text
}
