package executor

import (
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// Limits are ceilings of spending. A nil or zero field limits nothing.
type Limits struct {
	PerPurchase     *portfolio.Money
	PerDay          *portfolio.Money
	PerMonth        *portfolio.Money
	PurchasesPerDay int
	// MaxIncrease is by how much more than last time a year of a domain's term may cost.
	MaxIncrease *portfolio.Percent
	// AskAbove is the price above which a person is asked first. It forbids nothing.
	AskAbove *portfolio.Money
}

// Ceilings are the limits over all accounts, and those of single accounts by id.
// All that apply must hold.
type Ceilings struct {
	Global    Limits
	ByAccount map[int64]Limits
	Location  *time.Location // of days and months
}

// CeilingError says which ceiling a purchase would pass.
type CeilingError struct {
	Ceiling   string // the key in the configuration: "max_per_day"
	AccountID int64  // 0: the ceiling over all accounts
	Limit     string
	Used      string // what is spent and reserved already
	Price     portfolio.Money
}

// Error says what it costs, what is used up, and which key limits it.
func (e *CeilingError) Error() string {
	whose := ""
	if e.AccountID != 0 {
		whose = fmt.Sprintf(" of account %d", e.AccountID)
	}
	if e.Used == "" {
		return fmt.Sprintf("it costs %s; %s%s is %s", e.Price, e.Ceiling, whose, e.Limit)
	}
	return fmt.Sprintf("it costs %s; %s%s is %s, and %s is used up", e.Price, e.Ceiling, whose, e.Limit, e.Used)
}

// day is the day (YYYY-MM-DD) that a moment counts to.
func (c *Ceilings) day(t time.Time) string { return t.In(c.Location).Format(time.DateOnly) }

// allow says whether a purchase may be added to what is spent and reserved. What no day
// would let pass is said first.
func (c *Ceilings) allow(spent portfolio.Spent, account int64, price portfolio.Money, now time.Time) error {
	if err := c.allowOne(account, price); err != nil {
		return err
	}
	day := c.day(now)
	month := day[:len("2006-01")]
	for _, whose := range []int64{0, account} {
		limits := c.Global
		if whose != 0 {
			limits = c.ByAccount[whose]
		}
		reserved := spent.Reserved(whose)
		today, thisMonth := spent.On(whose, day).Add(reserved), spent.In(whose, month).Add(reserved)
		over := func(ceiling string, limit *portfolio.Money, used portfolio.Money) error {
			if limit == nil || used+price <= *limit {
				return nil
			}
			return &CeilingError{Ceiling: ceiling, AccountID: whose, Limit: limit.String(), Used: used.String(), Price: price}
		}
		if n := limits.PurchasesPerDay; n > 0 && today.Purchases+1 > n {
			return &CeilingError{Ceiling: "max_purchases_per_day", AccountID: whose, Limit: fmt.Sprint(n), Used: fmt.Sprint(today.Purchases), Price: price}
		}
		if err := over("max_per_day", limits.PerDay, today.Amount); err != nil {
			return err
		}
		if err := over("max_per_month", limits.PerMonth, thisMonth.Amount); err != nil {
			return err
		}
	}
	return nil
}

// allowOne says whether one purchase may cost so much.
func (c *Ceilings) allowOne(account int64, price portfolio.Money) error {
	for _, whose := range []int64{0, account} {
		limits := c.Global
		if whose != 0 {
			limits = c.ByAccount[whose]
		}
		if limits.PerPurchase != nil && price > *limits.PerPurchase {
			return &CeilingError{Ceiling: "max_per_purchase", AccountID: whose, Limit: limits.PerPurchase.String(), Price: price}
		}
	}
	return nil
}

// quote is what an operation costs at the worst, and the price that DNSimple
// wants confirmed where the name is premium.
type quote struct {
	total   portfolio.Money
	premium *portfolio.Money
	perYear portfolio.Money // of the term that is bought, without what comes on top of it
	readAt  time.Time       // when DNSimple said so
}

// errNoPrice: DNSimple gave no price, so there is none that could be trusted.
var errNoPrice = errors.New("DNSimple gives no price for it")

// price works out the worst case from DNSimple's prices: years cost the price
// times the years; a restore costs its fee and a renewal of its years; a trustee
// costs extra.
func price(kind portfolio.OperationKind, d portfolio.Domain, p portfolio.Prices, years int) (quote, error) {
	if p.Renewal <= 0 {
		return quote{}, fmt.Errorf("%w (renewal)", errNoPrice)
	}
	q := quote{total: p.Renewal * portfolio.Money(max(years, 1)), perYear: p.Renewal}
	confirm := p.Renewal
	if kind == portfolio.OpRestore {
		if p.Restore <= 0 {
			return quote{}, fmt.Errorf("%w (restore)", errNoPrice)
		}
		q.total += p.Restore
		confirm = p.Restore
	}
	if d.Trustee {
		if p.Trustee <= 0 {
			return quote{}, fmt.Errorf("%w (trustee)", errNoPrice)
		}
		q.total += p.Trustee
	}
	if p.Premium && kind == portfolio.OpRenew && years > 1 {
		return quote{}, fmt.Errorf("it is premium, and what price is to be confirmed for %d years is not documented; renew it for one", years)
	}
	if p.Premium {
		q.premium = &confirm
	}
	return q, nil
}
