package facts

import (
	"time"

	"domaind/internal/portfolio"
)

// owned is a name in an account: two accounts may have the same.
type owned struct {
	account int64
	name    string
}

func (c *checker) accounts() {
	c.known = make(map[int64]bool, len(c.facts.Accounts))
	names := make(map[string]bool)
	for i, a := range c.facts.Accounts {
		path := at("accounts", i)
		switch {
		case a.ID <= 0:
			c.fail(path+".id", "%d is no account's id", a.ID)
		case c.known[a.ID]:
			c.fail(path+".id", "account %d stands here twice", a.ID)
		case a.Name == "" || len(a.Name) > longestText || printable(a.Name) != a.Name:
			c.fail(path+".name", "an account has a name")
		case names[a.Name]:
			c.fail(path+".name", "two accounts have this name")
		case a.Role != "" && a.Role != RoleSource:
			c.fail(path+".role", "the only role is %q", RoleSource)
		}
		c.moment(path+".whole", a.Whole, false)
		c.known[a.ID], names[a.Name] = true, true
	}
}

func (c *checker) domains() {
	ids, names := make(map[int64]bool, len(c.facts.Domains)), make(map[owned]bool, len(c.facts.Domains))
	for i := range c.facts.Domains {
		d := &c.facts.Domains[i]
		name := owned{d.Account, d.Name}
		if !c.known[d.Account] || d.ID <= 0 || ids[d.ID] || names[name] || d.State == "" || !wellFormed(d.Name) || d.Registrant < 0 || odd(d.ExpiresAt, false) != "" {
			path := at("domains", i)
			c.account(path, d.Account)
			c.subject(path, d.Name, d.ID)
			switch {
			case ids[d.ID]:
				c.fail(path+".id", "domain %d stands here twice", d.ID)
			case names[name]:
				c.fail(path+".name", "%s stands here twice", d.Name)
			case d.State == "":
				c.fail(path+".state", "a domain has a state")
			case d.Registrant < 0:
				c.fail(path+".registrant", "%d is no contact's id", d.Registrant)
			}
			c.moment(path+".expires_at", d.ExpiresAt, false)
		}
		ids[d.ID], names[name] = true, true
	}
}

func (c *checker) handovers() {
	pushes, changes := make(map[int64]bool), make(map[int64]bool)
	for i, p := range c.facts.Pushes {
		path := at("pushes", i)
		c.account(path, p.Account)
		c.ids(path, p.ID, pushes[p.ID])
		c.ids(path, p.DomainID, false)
		if p.Source < 0 || p.Source == 0 != (p.Name == "") {
			c.fail(path+".source", "the name of a push's domain is known where its source is proven, and only there")
		}
		if p.Name != "" {
			c.subject(path, p.Name, p.ID)
		}
		c.moment(path+".created_at", p.CreatedAt, true)
		c.moment(path+".updated_at", p.UpdatedAt, false)
		pushes[p.ID] = true
	}
	for i, g := range c.facts.Changes {
		path := at("registrant_changes", i)
		c.account(path, g.Account)
		c.ids(path, g.ID, changes[g.ID])
		c.ids(path, g.DomainID, false)
		if g.Name != "" {
			c.subject(path, g.Name, g.ID)
		}
		if g.State == "" {
			c.fail(path+".state", "a registrant change has a state")
		}
		c.moment(path+".created_at", g.CreatedAt, true)
		c.moment(path+".updated_at", g.UpdatedAt, false)
		changes[g.ID] = true
	}
}

func (c *checker) names() {
	watched, priced := make(map[owned]bool), make(map[owned]bool)
	for i, n := range c.facts.Names {
		path := at("names", i)
		c.account(path, n.Account)
		c.subject(path, n.Name, 1)
		if watched[owned{n.Account, n.Name}] {
			c.fail(path+".name", "%s stands here twice", n.Name)
		}
		switch n.Status {
		case portfolio.NameFree, portfolio.NameTaken, portfolio.NameUnknown:
		default:
			c.fail(path+".status", "a name is %s, %s or %s", portfolio.NameFree, portfolio.NameTaken, portfolio.NameUnknown)
		}
		c.moment(path+".free_since", n.FreeSince, n.Status == portfolio.NameFree)
		c.moment(path+".checked_at", n.CheckedAt, false)
		watched[owned{n.Account, n.Name}] = true
	}
	for i, p := range c.facts.Prices {
		path := at("prices", i)
		c.account(path, p.Account)
		c.subject(path, p.Name, 1)
		if priced[owned{p.Account, p.Name}] {
			c.fail(path+".name", "the prices of %s stand here twice", p.Name)
		}
		for _, m := range []struct {
			of string
			portfolio.Money
		}{{"registration", p.Registration}, {"renewal", p.Renewal}, {"transfer", p.Transfer}, {"restore", p.Restore}, {"trustee", p.Trustee}} {
			c.amount(path+"."+m.of, m.Money)
		}
		c.moment(path+".at", p.At, true)
		priced[owned{p.Account, p.Name}] = true
	}
	tlds := make(map[string]bool)
	for i, t := range c.facts.TLDs {
		switch path := at("tlds", i); {
		case !wellFormed(t.TLD):
			c.fail(path+".tld", "%q is no top-level domain", printable(t.TLD))
		case tlds[t.TLD]:
			c.fail(path+".tld", "%s stands here twice", t.TLD)
		case t.MinimumRegistration < 0 || t.MinimumRegistration > 10:
			c.fail(path+".minimum_registration", "%d is no term", t.MinimumRegistration)
		}
		tlds[t.TLD] = true
	}
}

func (c *checker) money() {
	accounts := make(map[int64]bool)
	for i, s := range c.facts.Spent {
		path := at("spent", i)
		if s.Account != 0 {
			c.account(path, s.Account)
		}
		if accounts[s.Account] {
			c.fail(path+".account", "the money of account %d stands here twice", s.Account)
		}
		if t, err := time.Parse(time.DateOnly, s.Day); err != nil || t.Format("2006-01") != s.Month {
			c.fail(path+".day", "write a day like \"2027-01-31\", and its month like \"2027-01\"")
		}
		for _, t := range []struct {
			of string
			portfolio.Tally
		}{{"today", s.Today}, {"in_month", s.InMonth}, {"reserved", s.Reserved}} {
			c.amount(path+"."+t.of+".amount", t.Amount)
			if t.Purchases < 0 || t.Purchases > 1e9 {
				c.fail(path+"."+t.of+".purchases", "%d is no number of purchases", t.Purchases)
			}
		}
		accounts[s.Account] = true
	}
}

func (c *checker) ledger() {
	keys := make(map[string]bool, len(c.facts.Operations))
	for i := range c.facts.Operations {
		op, path := &c.facts.Operations[i], at("operations", i)
		switch {
		case op.Key != portfolio.OperationKey(op.AccountID, op.Kind, op.SubjectID, op.Occasion, op.Attempt):
			c.fail(path+".key", "it is not what it is derived from: account, kind, subject, occasion and attempt")
		case keys[op.Key]:
			c.fail(path+".key", "the operation stands here twice")
		case op.State == "":
			c.fail(path+".state", "an operation has a state")
		}
		c.amount(path+".reserved", op.Reserved)
		c.amount(path+".per_year", op.PerYear)
		if op.Charge != nil {
			c.amount(path+".charge", *op.Charge)
		}
		c.moment(path+".created_at", op.CreatedAt, true)
		keys[op.Key] = true
	}
	for i, p := range c.facts.Pauses {
		if p.AccountID < 0 || p.Scope == "" {
			c.fail(at("pauses", i), "a pause is of an account, or with 0 of all, and has a scope")
		}
	}
	for i, a := range c.facts.Approvals {
		if a.AccountID <= 0 || a.Kind == "" || a.Operation == "" {
			c.fail(at("approvals", i), "an approval is of an account, has a kind, and lets an operation go")
		}
	}
}
