package config

import (
	"cmp"
	"strconv"
	"strings"

	"domaind/internal/portfolio"
)

// maxName is the longest name of an account, a rule, a group or a contact.
const maxName = 100

// maxPurchases is the largest count of purchases in a day.
const maxPurchases = 1_000_000

// accounts reads all [[account]].
func (l *loader) accounts(root *node) {
	tables := l.tables(root, "account")
	if len(tables) == 0 {
		l.partial = true
		if n := root.get("account"); (n == nil || n.kind == kindList) && !misspelt(root, "", "account") {
			l.fail(root, "there is no [[account]]").
				hint(`write [[account]] with a name, an id, and token = { credential = "…" }, { file = "…" } or { env = "…" }`)
		}
		return
	}
	names, ids := map[string]*node{}, map[int64]*node{}
	acting := false
	for _, t := range tables {
		a := l.account(t, names, ids)
		acting = acting || !a.Source
		l.cfg.Accounts = append(l.cfg.Accounts, a)
		for name := range a.Contacts {
			l.contacts[name] = append(l.contacts[name], a.ID)
		}
	}
	for _, a := range l.cfg.Accounts {
		id, err := strconv.ParseInt(a.Name, 10, 64)
		if err == nil && id != a.ID && strconv.FormatInt(id, 10) == a.Name && ids[id] != nil {
			l.fail(names[a.Name], "the account's name %s is the id of another one, at %s: a command could mean either", quote(a.Name), place(ids[id])).
				hint("give it a name that is no number")
		}
	}
	if !acting {
		l.fail(tables[0], `every account has role "source", so there is none to act on`).
			hint("remove the role of the account whose domains are to be looked after")
	}
}

// account reads one [[account]].
func (l *loader) account(t *node, names map[string]*node, ids map[int64]*node) Account {
	l.checkKeys(t, "account")
	var a Account
	a.Name = l.accountName(t, names)
	if id, n := l.whole(t, "id", maxID); n != nil {
		a.ID = id
		if before := ids[id]; before != nil {
			l.fail(n, "two accounts have the id %d; the other one is at %s", id, place(before)).
				hint("an account stands once: remove one of them, or mend its id")
		}
		ids[id] = n
	} else if t.get("id") == nil {
		l.missing(t, "account", "id", "id = 1010, the number of the account at DNSimple")
	}
	if token := t.get("token"); token != nil {
		a.Token = l.secret(token, "token")
	} else {
		l.missing(t, "account", "token", `token = { credential = "…" }, { file = "…" } or { env = "…" }`)
	}
	a.Contacts = l.readContacts(l.table(t, "contacts"))
	a.Mode = l.mode(t)
	role, _ := l.choice(t, "role", roles())
	a.Source = role == "source"
	if spending := l.table(t, "spending"); spending != nil {
		l.checkKeys(spending, "account.spending")
		s := l.ceilings(spending)
		a.Spending = &s
	}
	if a.Source {
		for _, key := range []string{"mode", "spending"} {
			if n := t.get(key); n != nil {
				l.failKey(n, `%s has no effect here: an account with role "source" is never acted on`, quote(key)).hint("remove it, or the role")
			}
		}
	}
	if a.Name == "" || a.ID == 0 {
		l.partial = true
	}
	return a
}

// accountName reads the name of an account.
func (l *loader) accountName(t *node, names map[string]*node) string {
	name, n := l.str(t, "name", "main")
	if n == nil {
		if t.get("name") == nil {
			l.missing(t, "account", "name", `name = "main", which is what rules call the account`)
		}
		return ""
	}
	if !wellFormed(name, "", maxName) {
		l.fail(n, "the account's name %s may have letters, digits, - and _ only, and at most %d of them", quote(name), maxName)
	}
	if before := names[name]; before != nil {
		l.fail(n, "two accounts are named %s; the other one is at %s", quote(name), place(before)).
			hint("give one of them another name")
	}
	names[name] = n
	return name
}

// missing notes that a table has not a key that it must have.
func (l *loader) missing(t *node, table, key, right string) {
	if misspelt(t, table, key) {
		return
	}
	l.fail(t, "%s is missing", quote(key)).hint("write " + right)
}

// readContacts reads the names of an account's contacts.
func (l *loader) readContacts(t *node) map[string]int64 {
	if t == nil {
		return nil
	}
	contacts := make(map[string]int64, len(t.fields))
	for _, f := range t.fields {
		if !wellFormed(f.name, ".", maxName) || strings.Trim(f.name, "0123456789") == "" {
			l.failKey(f, "the contact's name %s may have letters, digits, - _ and . only, and must not be a number", quote(f.name))
			continue
		}
		if id, n := l.whole(t, f.name, maxID); n != nil {
			contacts[f.name] = id
		}
	}
	return contacts
}

// secret reads the place of a secret, from a table of the given vocabulary.
func (l *loader) secret(n *node, table string) Secret {
	right := `write token = { credential = "…" }, { file = "…" } or { env = "…" }`
	if table == "nats.credentials" {
		right = `write credentials = { file = "…" } or { credential = "…" }`
	}
	if n.kind != kindTable {
		n.hide()
		l.fail(n, "%s must name the place of the secret; the secret itself does not belong in a configuration file", quote(n.name)).
			hint(right + "; what stood here should be replaced, if it was a real one")
		return Secret{}
	}
	l.checkKeys(n, table)
	var s Secret
	places := 0
	for _, kind := range vocabulary(table).obeyed {
		if n.get(kind) != nil {
			places++
		}
		text, f := l.str(n, kind, "")
		if f == nil {
			continue
		}
		switch s = (Secret{kind: kind, where: text}); kind {
		case secretFile:
			s.where = relative(f, text)
			l.warnReadable(f, s.where)
		case secretEnv, secretCredential:
			if !wellFormed(text, ".", maxName) || text == "." || text == ".." {
				f.hide()
				l.fail(f, "%s must be a name: letters, digits, - _ and . only", quote(kind)).hint("it says where the secret is, and is not the secret")
			}
		}
	}
	if places != 1 && len(n.fields) == places {
		l.fail(n, "%s must name exactly one place, and names %d", quote(n.name), places).hint(right)
	}
	return s
}

// warnReadable warns of a secret that every user of the machine can read.
func (l *loader) warnReadable(n *node, path string) {
	info, err := l.env.Stat(path)
	if err != nil { // it need not be there yet, or not on this machine
		return
	}
	const othersRead = 0o004
	if info.Mode().IsRegular() && info.Mode().Perm()&othersRead != 0 {
		l.warn(n, "every user of this machine can read the secret in %s", printable(path)).hint("chmod 600 " + printable(path))
	}
}

// spending reads [spending], and looks at it beside those of the accounts.
func (l *loader) spending(root *node) {
	t := l.table(root, "spending")
	l.checkKeys(t, "spending")
	l.cfg.Spending = l.ceilings(t)
	if l.cfg.Mode == portfolio.ModeAct || l.cfg.Mode == portfolio.ModeAsk {
		where := cmp.Or(t, root.get("mode"))
		for _, key := range []string{"max_per_purchase", "max_per_day", "max_per_month"} {
			if t.get(key) == nil && !misspelt(t, "spending", key) {
				l.fail(where, `%s is missing in [spending]: domaind spends nothing without a ceiling`, quote(key)).
					hint("write " + key + ` = "100.00", in US dollars, or mode = "dry-run"`)
			}
		}
	}
	for i, a := range l.cfg.Accounts {
		if a.Spending != nil {
			l.warnWider(root.get("account").items[i].get("spending"), a.Spending)
		}
	}
}

// ceilings reads the ceilings of a table.
func (l *loader) ceilings(t *node) Spending {
	s := Spending{
		MaxPerPurchase: l.money(t, "max_per_purchase"),
		MaxPerDay:      l.money(t, "max_per_day"),
		MaxPerMonth:    l.money(t, "max_per_month"),

		MaxPriceIncrease: l.percent(t, "max_price_increase"),
		AskAbove:         l.money(t, "ask_above"),
	}
	if n := t.get("max_purchases_per_day"); n != nil && n.kind == kindInteger && n.integer == 0 {
		l.fail(n, `"max_purchases_per_day" is 0; it must be at least 1`).hint(`to buy nothing, write mode = "dry-run"`)
	} else if count, n := l.whole(t, "max_purchases_per_day", maxPurchases); n != nil {
		s.MaxPurchasesPerDay = int(count)
	}
	for _, pair := range []struct {
		key, wider string
		a, b       *portfolio.Money
	}{
		{"max_per_purchase", "max_per_day", s.MaxPerPurchase, s.MaxPerDay},
		{"max_per_day", "max_per_month", s.MaxPerDay, s.MaxPerMonth},
		{"max_per_purchase", "max_per_month", s.MaxPerPurchase, s.MaxPerMonth},
	} {
		if pair.a != nil && pair.b != nil && *pair.a > *pair.b {
			l.warn(t.get(pair.key), "%s is more than %s, which is reached first: %s against %s", quote(pair.key), quote(pair.wider), *pair.a, *pair.b)
		}
	}
	return s
}

// warnWider warns of an account's ceilings that [spending] makes pointless.
func (l *loader) warnWider(t *node, s *Spending) {
	all := l.cfg.Spending
	for _, pair := range []struct {
		key  string
		a, b *portfolio.Money
	}{
		{"max_per_purchase", s.MaxPerPurchase, all.MaxPerPurchase},
		{"max_per_day", s.MaxPerDay, all.MaxPerDay},
		{"max_per_month", s.MaxPerMonth, all.MaxPerMonth},
	} {
		if pair.a != nil && pair.b != nil && *pair.a > *pair.b {
			l.warn(t.get(pair.key), "%s is more than that of [spending], which is reached first: %s against %s", quote(pair.key), *pair.a, *pair.b)
		}
	}
	if most := all.MaxPriceIncrease; most != nil && s.MaxPriceIncrease != nil && *s.MaxPriceIncrease > *most {
		l.warn(t.get("max_price_increase"), `"max_price_increase" is more than that of [spending], which is reached first: %s against %s`, *s.MaxPriceIncrease, *most)
	}
	if all.MaxPurchasesPerDay > 0 && s.MaxPurchasesPerDay > all.MaxPurchasesPerDay {
		l.warn(t.get("max_purchases_per_day"), `"max_purchases_per_day" is more than that of [spending], which is reached first: %d against %d`,
			s.MaxPurchasesPerDay, all.MaxPurchasesPerDay)
	}
}

// place is where a node stands, for a message about another one.
func place(n *node) string {
	line, _ := n.src.position(n.at)
	return printable(n.src.path) + ":" + strconv.Itoa(line)
}
