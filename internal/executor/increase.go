package executor

import (
	"fmt"

	"domaind/internal/portfolio"
)

// Paid is what a year of a domain's term cost when something was bought for it last.
type Paid struct {
	PerYear portfolio.Money
	Kind    portfolio.OperationKind // what was bought
	Day     string                  // YYYY-MM-DD, in the policy's time zone
}

// String says it in a clause: "15.00 (renew, 2025-11-21)".
func (p Paid) String() string { return fmt.Sprintf("%s (%s, %s)", p.PerYear, p.Kind, p.Day) }

// LastPaid gives what was paid for a domain last, whatever was bought; ok is false where
// the ledger has no purchase of it that was completed, or does not say what a year was of
// its price.
func (x *Executor) LastPaid(dom portfolio.Domain) (paid Paid, ok bool, err error) {
	last, ok, err := x.ledger.LastPurchase(dom.ID, dom.Name)
	if err != nil || !ok {
		return Paid{}, false, err
	}
	op, ok, err := x.ledger.Operation(last.Key)
	if err != nil || !ok {
		return Paid{}, false, err
	}
	year := YearOf(op)
	return Paid{PerYear: year, Kind: op.Kind, Day: x.ceilings().day(op.ArmedAt)}, year > 0, nil
}

// YearOf is what a year of its term cost in a purchase; 0 where that is not known. The
// price that was reserved has it exactly. The charge is what was paid in truth, and may be
// less; but where it is more it holds something else as well (a trustee, WHOIS privacy, a
// term of more than one year), and a later price measured by that would be let through
// although it rose. The charge of a restore holds its fee, and says nothing of a year.
func YearOf(op portfolio.Operation) portfolio.Money {
	if op.Charge == nil || *op.Charge <= 0 || op.Kind == portfolio.OpRestore {
		return op.PerYear
	}
	years := portfolio.Money(max(op.Years, 1))
	charged := (*op.Charge + years - 1) / years // a part of a cent is none that was added
	switch {
	case op.PerYear > 0:
		return min(charged, op.PerYear)
	case op.Kind == portfolio.OpRenew:
		return charged
	}
	return 0 // of how many years it is the price was not written down in former times
}

// increase is the lowest share by which a year may cost more than last time, and whose it
// is; nil where nobody says anything.
func (c *Ceilings) increase(d portfolio.Decision, account int64) (lowest *portfolio.Percent, whose string) {
	for _, limit := range []struct {
		share *portfolio.Percent
		whose string
	}{
		{c.Global.MaxIncrease, ""},
		{c.ByAccount[account].MaxIncrease, fmt.Sprintf(" of account %d", account)},
		{d.MaxIncrease, " of " + d.Rule},
	} {
		if limit.share != nil && (lowest == nil || *limit.share < *lowest) {
			lowest, whose = limit.share, limit.whose
		}
	}
	return lowest, whose
}

// dearer says why a year of a domain's term costs too much more than last time, as a
// sentence; "" where it does not. What was never paid for cannot cost more.
func (x *Executor) dearer(d portfolio.Decision, dom portfolio.Domain, q quote) (string, error) {
	limit, whose := x.ceilings().increase(d, dom.AccountID)
	if limit == nil {
		return "", nil
	}
	paid, ok, err := x.LastPaid(dom)
	if err != nil || !ok {
		return "", err
	}
	most := limit.Above(paid.PerYear)
	if q.perYear <= most {
		return "", nil
	}
	return fmt.Sprintf("a year of it costs %s, %s more than the %s that was paid last; %s%s is %s, which allows %s",
		q.perYear, risen(paid.PerYear, q.perYear), paid, codeMaxIncrease, whose, *limit, most), nil
}

// assessIncrease stops a purchase whose price rose too much.
func (x *Executor) assessIncrease(d portfolio.Decision, dom portfolio.Domain, q quote) (portfolio.Decision, bool, error) {
	why, err := x.dearer(d, dom, q)
	if err != nil || why == "" {
		return d, false, err
	}
	return guarded(d, portfolio.VerdictBlocked, codeMaxIncrease, why), true, nil
}

// tellIncrease tells whoever decides by how much a price rose. It stops nobody.
func (x *Executor) tellIncrease(dom portfolio.Domain, q quote, p *portfolio.Proposal) error {
	paid, ok, err := x.LastPaid(dom)
	if err != nil || !ok || q.perYear <= paid.PerYear {
		return err
	}
	told := fmt.Sprintf("a year of it costs %s, %s more than the %s that was paid last", q.perYear, risen(paid.PerYear, q.perYear), paid)
	if limit, whose := x.ceilings().increase(portfolio.Decision{}, dom.AccountID); limit != nil && q.perYear > limit.Above(paid.PerYear) {
		told += fmt.Sprintf(": no rule would pay that, since %s%s is %s", codeMaxIncrease, whose, *limit)
	}
	p.Consequences = append(p.Consequences, told)
	return nil
}

// risen is by how much a price is higher, rounded up to a tenth of a percent: what is
// above a limit never reads as if it were at it.
func risen(from, to portfolio.Money) string {
	tenths := ((to-from)*1000 + from - 1) / from
	if tenths%10 == 0 {
		return fmt.Sprintf("%d%%", tenths/10)
	}
	return fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
}
