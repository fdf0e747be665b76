package config

import (
	"domaind/internal/portfolio"
)

// cheapest is less than any renewal at DNSimple costs for a year: a ceiling below it lets
// nothing through. The cheapest that are on its list cost more than that.
const cheapest = portfolio.Money(5_00)

// cheap warns of ceilings below one renewal.
func (l *loader) cheap(root *node) {
	look := func(t *node, s *Spending) {
		for _, c := range []struct {
			key    string
			amount *portfolio.Money
		}{
			{"max_per_purchase", s.MaxPerPurchase}, {"max_per_day", s.MaxPerDay}, {"max_per_month", s.MaxPerMonth},
		} {
			if c.amount != nil && *c.amount < cheapest {
				l.warn(t.get(c.key), "%s is %s, and no domain is renewed at DNSimple for so little: nothing will be bought", quote(c.key), *c.amount).
					hint(`write more than a renewal costs, or mode = "dry-run" to buy nothing`)
			}
		}
	}
	look(root.get("spending"), &l.cfg.Spending)
	for i, a := range l.cfg.Accounts {
		if a.Spending != nil {
			look(root.get("account").items[i].get("spending"), a.Spending)
		}
	}
	for i := range l.cfg.Policy.Rules {
		r := &l.cfg.Policy.Rules[i]
		years := portfolio.Money(max(r.Years, 1))
		switch {
		case r.MaxPrice != nil && *r.MaxPrice < years*cheapest && years > 1:
			l.warn(l.nodeOf(i, "max_price"), `"max_price" is %s for %d years, and no domain is renewed at DNSimple for so little: this rule will buy nothing`, *r.MaxPrice, years).
				hint("it bounds the whole purchase, not a year of it")
		case r.MaxPrice != nil && *r.MaxPrice < cheapest:
			l.warn(l.nodeOf(i, "max_price"), `"max_price" is %s, and nothing is bought at DNSimple for so little: this rule will buy nothing`, *r.MaxPrice).
				hint("write more than the dearest of its domains may cost")
		case years > 1:
			l.longTerm(i, years)
		}
	}
}

// longTerm warns of a term whose price must pass a ceiling of [spending].
func (l *loader) longTerm(i int, years portfolio.Money) {
	for _, c := range []struct {
		key    string
		amount *portfolio.Money
	}{
		{"max_per_purchase", l.cfg.Spending.MaxPerPurchase}, {"max_per_day", l.cfg.Spending.MaxPerDay}, {"max_per_month", l.cfg.Spending.MaxPerMonth},
	} {
		if c.amount != nil && *c.amount >= cheapest && *c.amount < years*cheapest {
			l.warn(l.nodeOf(i, "years"), `no domain is renewed at DNSimple for %d years for %s, which is all that %s of [spending] allows: this rule will buy nothing`,
				years, *c.amount, quote(c.key)).hint("buy fewer years at once, or raise " + c.key)
			return
		}
	}
}
