package control

import (
	"context"
	"fmt"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// PriceMemory remembers what things cost.
type PriceMemory interface {
	// LastPurchase is the last completed purchase of a domain.
	LastPurchase(domainID int64, name string) (p portfolio.LastPurchase, ok bool, err error)
	Operation(key string) (op portfolio.Operation, ok bool, err error)
	// PricesSeen is what DNSimple said of a name; of a name that begins with a dot, what it
	// said last of one under that TLD that is not premium.
	PricesSeen(account int64, name string) (p portfolio.SeenPrices, ok bool, err error)
}

// mostAsked bounds the names that one forecast asks DNSimple for, one for each TLD of which
// nothing is remembered.
const mostAsked = 50

// costs finds out what purchases cost, for showing.
type costs struct {
	ctx      context.Context // of the one answer that they are for
	h        *handler
	tlds     map[tldOf]seenPrices
	asked    int
	problems []string
	err      error // of what remembers
}

// tldOf is a TLD in an account.
type tldOf struct {
	account int64
	tld     string
}

// seenPrices is what is known of the prices under a TLD.
type seenPrices struct {
	portfolio.Prices
	ok bool
}

func newCosts(ctx context.Context, h *handler) *costs {
	return &costs{ctx: ctx, h: h, tlds: make(map[tldOf]seenPrices)}
}

// of says what a purchase for a domain costs: what was paid for a year of it last, or what
// DNSimple said of it, or of its TLD.
func (c *costs) of(f *portfolio.DomainFacts, do portfolio.Action, years int) Cost {
	if do == portfolio.ActionRenew {
		if paid := c.paid(f); paid > 0 {
			return Cost{Price: new(paid * portfolio.Money(years)), From: PricePaid}
		}
	}
	p, ok := c.seen(f)
	total := p.Renewal * portfolio.Money(years)
	if do == portfolio.ActionRestore {
		total += p.Restore
		ok = ok && p.Restore > 0
	}
	if !ok || p.Renewal <= 0 {
		return Cost{}
	}
	return Cost{Price: &total, From: PriceSeen}
}

// paid is what a year of a domain cost last; 0 where that is not known.
func (c *costs) paid(f *portfolio.DomainFacts) portfolio.Money {
	last, ok, err := c.h.Prices.LastPurchase(f.ID, f.Name)
	if err != nil || !ok {
		c.fail(err)
		return 0
	}
	op, ok, err := c.h.Prices.Operation(last.Key)
	if err != nil || !ok {
		c.fail(err)
		return 0
	}
	year := executor.YearOf(op)
	if year == 0 && op.Kind == portfolio.OpRenew {
		year = op.Price() / portfolio.Money(max(op.Years, 1)) // of former times, and never found in the charges: good enough to be shown
	}
	return year
}

func (c *costs) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// seen is what is known of a name's prices, or of those under its TLD.
func (c *costs) seen(f *portfolio.DomainFacts) (portfolio.Prices, bool) {
	p, ok, err := c.h.Prices.PricesSeen(f.AccountID, f.Name)
	if err != nil || ok {
		c.fail(err)
		return p.Prices, ok
	}
	of := tldOf{f.AccountID, portfolio.TLD(f.Name)}
	known, ok := c.tlds[of]
	if !ok {
		p, found, err := c.h.Prices.PricesSeen(of.account, "."+of.tld)
		c.fail(err)
		known = seenPrices{p.Prices, found}
	}
	if !known.ok && !ok {
		known = c.ask(f)
	}
	if known.Premium {
		return known.Prices, true // of this very name; the next one under the TLD is asked for
	}
	c.tlds[of] = known
	return known.Prices, known.ok
}

// ask asks DNSimple for a name's prices.
func (c *costs) ask(f *portfolio.DomainFacts) seenPrices {
	if c.asked >= mostAsked || c.ctx.Err() != nil {
		return seenPrices{}
	}
	c.asked++
	account := c.h.accountByID(f.AccountID)
	if account.Look == nil {
		return seenPrices{}
	}
	p, err := account.Look.Prices(c.ctx, f.Name)
	if err != nil {
		c.problems = append(c.problems, fmt.Sprintf("the price of %s: %s", f.Name, reasonOf(err)))
		return seenPrices{}
	}
	return seenPrices{p, true}
}
