package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// CasesSuffix is how the name of a file of cases ends. No pattern in "policies" reads one.
const CasesSuffix = ".test.toml"

// Case is one [[case]]: a resource at a moment, and what the policy is expected to say.
type Case struct {
	Title string
	At    string // its place: "config.test.toml:12:1", with the path as it was opened
	Now   time.Time
	// Resource is a [portfolio.DomainFacts], [portfolio.PushFacts], [portfolio.ChangeFacts]
	// or [portfolio.NameFacts].
	Resource portfolio.Resource
	Prices   *portfolio.Prices // nil: not known
	TLD      portfolio.TLDDetails
	// Attributes are the extended attributes that its TLD requires.
	Attributes []string
	Spent      CaseSpent
	Last       *CasePurchase // nil: nothing was bought for it
	Want       []Expectation
}

// CaseSpent is the money that is spent already, by the account and by all together.
type CaseSpent struct {
	Today, Month, Reserved portfolio.Money
	Purchases              int // today
}

// CasePurchase is what was bought for a domain last.
type CasePurchase struct {
	Paid portfolio.Money // for a year; 0: not known
	At   time.Time
}

// Expectation is one key of what a case wants.
type Expectation struct {
	Key    string
	At     string   // its place
	Values []string // of a list, all of them; else one
}

// LoadCases reads files of cases for a configuration. Its error is a *[Problems].
func LoadCases(paths []string, cfg *Config, env Env) ([]Case, error) {
	l := &loader{env: env.filled(), cfg: cfg, contacts: map[string][]int64{}}
	for _, a := range cfg.Accounts {
		for name := range a.Contacts {
			l.contacts[name] = append(l.contacts[name], a.ID)
		}
	}
	var cases []Case
	for _, path := range paths {
		l.path, l.base = path, filepath.Dir(path)
		root, err := l.open(path)
		if err != nil {
			l.problems = append(l.problems, at(newSource(path, l.sources, nil), -1, "read the cases: %s", printable(err.Error())))
			l.sources++
		}
		if root != nil {
			cases = append(cases, l.cases(root)...)
		}
	}
	if len(l.problems) > 0 {
		problems := finish(l.problems)
		return nil, &problems
	}
	return cases, nil
}

// cases reads the cases of a file.
func (l *loader) cases(root *node) (all []Case) {
	l.checkKeys(root, caseFile)
	tables := l.tables(root, "case")
	if len(tables) == 0 && root.get("case") == nil {
		l.fail(root, "there is no [[case]] in this file").hint(`write [[case]], with a title, now, a resource, and what is wanted`)
	}
	now, _ := l.moment(root, "now")
	for _, t := range tables {
		c := l.oneCase(t, now)
		if t.get("now") == nil && root.get("now") == nil {
			l.missing(t, "case", "now", "now = 2027-01-31T12:00:00Z, here or at the top of the file")
		}
		all = append(all, c)
	}
	return all
}

// oneCase reads a [[case]]. The moment is that of the file, where it has one.
func (l *loader) oneCase(t *node, now time.Time) Case {
	l.checkKeys(t, "case")
	c := Case{At: fullPlace(t), Now: now}
	c.Title, _ = l.str(t, "title", "core is renewed 45 days ahead")
	if t.get("title") == nil {
		l.missing(t, "case", "title", `title = "…", by which the case is called`)
	}
	if at, n := l.moment(t, "now"); n != nil {
		c.Now = at
	}
	l.resource(t, &c)
	c.Prices = l.casePrices(t, c.Resource)
	l.caseTLD(t, &c)
	l.caseMoney(t, &c)
	c.Want = l.want(t)
	return c
}

// resource reads the one resource that a case is about.
func (l *loader) resource(t *node, c *Case) {
	var of []string
	for _, kind := range kinds() {
		if t.get(kind) != nil {
			of = append(of, kind)
		}
	}
	if len(of) != 1 {
		known := slices.ContainsFunc(kinds(), func(kind string) bool { return misspelt(t, "case", kind) })
		switch {
		case len(of) > 1:
			l.failKey(t.get(of[1]), "a case is about one resource, and this is the second").hint("write a [[case]] of its own for it")
		case !known:
			l.fail(t, "a case is about a resource: one of %s", orList(kinds())).hint(`write domain = { name = "example.com", expires_in = "30d" }`)
		}
		return
	}
	r := l.table(t, of[0])
	if r == nil {
		return
	}
	l.checkKeys(r, "case "+of[0])
	switch portfolio.ResourceKind(of[0]) {
	case portfolio.KindDomain:
		c.Resource = l.caseDomain(r, c.Now)
	case portfolio.KindPush:
		c.Resource = l.casePush(r, c.Now)
	case portfolio.KindRegistrantChange:
		c.Resource = l.caseChange(r, c.Now)
	case portfolio.KindName:
		c.Resource = l.caseName(r, c.Now)
	}
}

// subjectOf is the id of what a case is about: there is nothing else.
const subjectOf = 1

func (l *loader) caseDomain(t *node, now time.Time) portfolio.DomainFacts {
	account := l.caseAccount(t, "case domain")
	f := portfolio.DomainFacts{Domain: portfolio.Domain{ID: subjectOf, AccountID: account}}
	f.Name, f.UnicodeName = l.ownName(t, "case domain", true)
	f.ExpiresAt = l.expiration(t, now)
	f.State = portfolio.DomainRegistered
	switch {
	case f.ExpiresAt.IsZero():
		f.State = portfolio.DomainHosted
	case !f.ExpiresAt.After(now):
		f.State = portfolio.DomainExpired
	}
	if text, n := l.choice(t, "state", []string{string(portfolio.DomainRegistered), string(portfolio.DomainExpired), string(portfolio.DomainHosted)}); n != nil {
		f.State = portfolio.DomainState(text)
	}
	for key, into := range map[string]*bool{
		"auto_renew": &f.AutoRenew, "whois_privacy": &f.WhoisPrivacy, "trustee": &f.Trustee, "redemption": &f.Redemption,
	} {
		*into = isTrue(l.truth(t, key))
	}
	f.RegistrantID = l.caseContact(t, "registrant", account)
	if f.Redemption && f.State != portfolio.DomainExpired {
		l.fail(t.get("redemption"), "only a domain that is %q is in redemption", portfolio.DomainExpired).hint(`write lapsed_for = "40d", or state = "expired"`)
	}
	return f
}

// expiration reads when a domain expires, which is written in one of three ways.
func (l *loader) expiration(t *node, now time.Time) (at time.Time) {
	var written []*node
	for _, key := range []string{"expires", "expires_in", "lapsed_for"} {
		if n := t.get(key); n != nil {
			written = append(written, n)
		}
	}
	if len(written) > 1 {
		l.failKey(written[1], "%s says when it expires already", quote(written[0].name)).hint("write one of them")
		return at
	}
	if at, n := l.moment(t, "expires"); n != nil {
		return at
	}
	if d, n := l.distance(t, "expires_in"); n != nil {
		return d.After(now)
	}
	if d, n := l.distance(t, "lapsed_for"); n != nil {
		return d.Before(now)
	}
	return at
}

func (l *loader) casePush(t *node, now time.Time) portfolio.PushFacts {
	f := portfolio.PushFacts{Push: portfolio.Push{
		ID: subjectOf, DomainID: subjectOf, AccountID: l.caseAccount(t, "case push"), CreatedAt: now.Add(-l.duration(t, "age")),
	}}
	if contact := l.caseContact(t, "announced", f.AccountID); contact > 0 {
		f.Announced = &portfolio.Approval{
			Kind: portfolio.ApprovalPush, AccountID: f.AccountID, Operation: portfolio.OpAccept, SubjectID: subjectOf, Contact: contact,
			By: "an operator", At: now, Until: now.Add(24 * time.Hour),
		}
	}
	f.SourceID = l.accountNamed(t, "source")
	f.Name, _ = l.ownName(t, "case push", t.get("source") != nil)
	f.Unproven, _ = l.str(t, "unproven", "none of the configured accounts owns it")
	if t.get("source") == nil {
		if n := t.get("name"); n != nil {
			l.fail(n, "the name of a push's domain is known only where its source is proven").hint(`write source = "…", or leave the name out`)
		}
		if f.Unproven == "" {
			f.Unproven = "none of the configured accounts owns its domain"
		}
	} else if n := t.get("unproven"); n != nil {
		l.failKey(n, "its source is proven: %s says so", quote("source")).hint("write one of them")
	}
	return f
}

func (l *loader) caseChange(t *node, now time.Time) portfolio.ChangeFacts {
	account := l.caseAccount(t, "case registrant_change")
	began := now.Add(-l.duration(t, "age"))
	f := portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{
		ID: subjectOf, DomainID: subjectOf, AccountID: account, State: portfolio.ChangeNew, CreatedAt: began, UpdatedAt: began,
		RegistryOwnerChange: isTrue(l.truth(t, "owner_change")), ContactID: l.caseContact(t, "contact", account),
	}, Ours: isTrue(l.truth(t, "ours"))}
	f.Name, _ = l.ownName(t, "case registrant_change", true)
	states := []string{
		string(portfolio.ChangeNew), string(portfolio.ChangePending), string(portfolio.ChangeCancelling),
		string(portfolio.ChangeCancelled), string(portfolio.ChangeCompleted),
	}
	if text, n := l.choice(t, "state", states); n != nil {
		f.State = portfolio.ChangeState(text)
	}
	return f
}

func (l *loader) caseName(t *node, now time.Time) portfolio.NameFacts {
	f := portfolio.NameFacts{AccountID: l.caseAccount(t, "case name"), Status: portfolio.NameFree, CheckedAt: now, Ours: isTrue(l.truth(t, "ours"))}
	f.Name, f.UnicodeName = l.ownName(t, "case name", true)
	if text, n := l.choice(t, "status", []string{string(portfolio.NameFree), string(portfolio.NameTaken), string(portfolio.NameUnknown)}); n != nil {
		f.Status = portfolio.NameStatus(text)
	}
	since, n := l.moment(t, "free_since")
	switch {
	case n != nil && f.Status != portfolio.NameFree:
		l.failKey(n, "a name that is %q is not free", f.Status)
	case n != nil:
		f.FreeSince = since
	case f.Status == portfolio.NameFree:
		f.FreeSince = now.UTC().Truncate(24 * time.Hour)
	}
	return f
}

// fullPlace is where something stands, as problems say it.
func fullPlace(n *node) string {
	line, col := n.src.position(n.at)
	return fmt.Sprintf("%s:%d:%d", n.src.path, line, col)
}

func isTrue(b *bool) bool { return b != nil && *b }
