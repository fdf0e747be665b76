package executor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// What guards saw that let a decision pass, for people. None of it is worked out unless
// somebody wants to know.

func plainly(text string) func() string { return func() string { return text } }

// sawPauses tells of the pauses of an account.
func (x *Executor) sawPauses(account int64, kind portfolio.OperationKind) func() string {
	return func() string {
		p, probes, err := x.stopped(account, kind)
		switch {
		case err == nil && p != nil:
			return fmt.Sprintf("%s %s paused, which does not stop that auto-renewal is switched on", whose(p.AccountID), whatStops(*p))
		case err == nil && probes != "":
			return fmt.Sprintf("there is a pause (%s), and it is time to try whether it has its reason still", probes)
		}
		return "nothing is paused that it needs"
	}
}

// sawAttempts tells of the attempt before.
func (x *Executor) sawAttempts(account int64, kind portfolio.OperationKind, subject int64, occasion string) func() string {
	return func() string {
		last, ok, err := x.ledger.LastAttempt(account, kind, subject, occasion)
		if err != nil || !ok {
			return "it was not tried before"
		}
		return fmt.Sprintf("attempt %d (%s) is %s: %s; it may be tried again", last.Attempt, last.ShortID(), last.State, last.LastNote())
	}
}

// sawLeaving tells whether a domain was to leave.
func (x *Executor) sawLeaving(dom portfolio.Domain) func() string {
	return func() string {
		out, ok, err := x.ledger.LatestOf(dom.AccountID, portfolio.OpTransferOut, dom.ID)
		if err == nil && ok && !out.EndedAt.IsZero() {
			return fmt.Sprintf("its code was asked for until %s, and it is expected to leave no more", x.ceilings().day(out.EndedAt))
		}
		return "its authorization code was not sent"
	}
}

// sawRecent tells of the purchase before.
func (x *Executor) sawRecent(last portfolio.LastPurchase, ok bool) func() string {
	return func() string {
		if !ok {
			return "nothing was bought for it through domaind"
		}
		return fmt.Sprintf("something was bought for it on %s, more than %d days ago", x.ceilings().day(last.At), int(quietPeriod.Hours()/24))
	}
}

// sawVendor tells of DNSimple's own auto-renewal.
func (x *Executor) sawVendor(dom portfolio.Domain) func() string {
	return func() string {
		switch {
		case !dom.AutoRenew:
			return "DNSimple's own auto-renewal is off"
		case dom.State != portfolio.DomainRegistered:
			return "DNSimple's own auto-renewal is on, and let it lapse"
		}
		return fmt.Sprintf("DNSimple's own auto-renewal is on: its turn comes on %s, %s before it expires",
			x.ceilings().day(x.window().Before(dom.ExpiresAt)), x.window())
	}
}

func sawTLD(facts portfolio.TLDFacts) func() string {
	return func() string {
		if facts.AutoRenewOnly {
			return "." + facts.TLD + " renews by DNSimple's auto-renewal only, and that is off"
		}
		return "." + facts.TLD + " can be renewed by hand"
	}
}

// sawPrice tells what a decision costs at the worst, and how old that price is.
func (x *Executor) sawPrice(d portfolio.Decision) func() string {
	return func() string {
		age := "asked now"
		if old := x.now().Sub(d.PriceAt); old >= time.Minute {
			age = "as DNSimple said " + hours(old) + " ago"
		}
		return fmt.Sprintf("%s, %s", *d.Price, age)
	}
}

// hours writes how long something takes, to the minute: "2h", "1h5m".
func hours(d time.Duration) string {
	text := strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func sawMaxPrice(d portfolio.Decision) func() string {
	return func() string {
		if d.MaxPrice == nil {
			return d.Rule + " has none"
		}
		return fmt.Sprintf("%s of %s are allowed by %s", *d.Price, *d.MaxPrice, d.Rule)
	}
}

// sawIncrease tells what a year cost last time, beside what it costs now.
func (x *Executor) sawIncrease(d portfolio.Decision, dom portfolio.Domain, q quote) func() string {
	return func() string {
		paid, ok, err := x.LastPaid(dom)
		if err != nil || !ok {
			return "nothing was paid for it through domaind that it could be compared with"
		}
		limit, whose := x.ceilings().increase(d, dom.AccountID)
		if limit == nil {
			return fmt.Sprintf("a year costs %s, and %s was paid last; no limit is set", q.perYear, paid)
		}
		return fmt.Sprintf("a year costs %s, and %s was paid last; %s%s allows %s", q.perYear, paid, codeMaxIncrease, whose, limit.Above(paid.PerYear))
	}
}

// sawAnswers tells whether somebody is asked first, and what was answered.
func (x *Executor) sawAnswers(d portfolio.Decision) func() string {
	return func() string {
		above := x.askAbove(d)
		switch {
		case d.Approval != nil:
			return fmt.Sprintf("%s let it go on %s", d.Approval.By, x.ceilings().day(d.Approval.At))
		case d.Verdict == portfolio.VerdictAsk && d.Op != "":
			return "somebody is asked first, and was (" + d.Op + ")"
		case d.Verdict == portfolio.VerdictAsk && d.Code == codeAskAbove:
			return fmt.Sprintf("above %s (ask_above%s) somebody is asked first", above.price, above.whose)
		case d.Verdict == portfolio.VerdictAsk:
			return "in mode ask, somebody is asked first"
		case above != nil && d.Price != nil:
			return fmt.Sprintf("nobody need be asked: above %s (ask_above%s) somebody would be", above.price, above.whose)
		}
		return "nobody need be asked, and nobody denied it"
	}
}

// ceilings notes what each ceiling that applies saw: those that hold, and those that a
// purchase would pass.
func (t *trail) ceilings(c *Ceilings, spent portfolio.Spent, account int64, price portfolio.Money, now time.Time) {
	if t == nil {
		return
	}
	day := c.day(now)
	month := day[:len("2006-01")]
	there := now.In(c.Location)
	tomorrow := time.Date(there.Year(), there.Month(), there.Day()+1, 0, 0, 0, 0, c.Location)
	next := time.Date(there.Year(), there.Month()+1, 1, 0, 0, 0, 0, c.Location)
	none := true
	for _, whose := range []int64{0, account} {
		limits := c.Global
		if whose != 0 {
			limits = c.ByAccount[whose]
		}
		reserved := spent.Reserved(whose)
		today, thisMonth := spent.On(whose, day).Add(reserved), spent.In(whose, month).Add(reserved)
		note := func(key string, passed bool, until time.Time, format string, args ...any) {
			none = false
			k := Check{Guard: key, Passed: passed, Saw: fmt.Sprintf(format, args...)}
			if whose != 0 {
				k.Saw += fmt.Sprintf(" (account %d)", whose)
			}
			if !passed && !until.IsZero() {
				k.Until = &until
			}
			t.checks = append(t.checks, k)
		}
		if limits.PerPurchase != nil {
			note("max_per_purchase", price <= *limits.PerPurchase, time.Time{}, "it costs %s of at most %s", price, *limits.PerPurchase)
		}
		if n := limits.PurchasesPerDay; n > 0 {
			note("max_purchases_per_day", today.Purchases+1 <= n, tomorrow, "%d of %d are used on %s, and this is one more", today.Purchases, n, day)
		}
		if limits.PerDay != nil {
			note("max_per_day", today.Amount+price <= *limits.PerDay, tomorrow, "%s of %s are used on %s, and it costs %s", today.Amount, *limits.PerDay, day, price)
		}
		if limits.PerMonth != nil {
			note("max_per_month", thisMonth.Amount+price <= *limits.PerMonth, next, "%s of %s are used in %s, and it costs %s", thisMonth.Amount, *limits.PerMonth, month, price)
		}
	}
	if none {
		t.passed("ceilings", plainly("none is set"))
	}
}

// noteCeilings notes what the ceilings see before they are asked.
func (x *Executor) noteCeilings(ctx context.Context, spent portfolio.Spent, account int64, price portfolio.Money, now time.Time) {
	if t := trailOf(ctx); t != nil {
		t.ceilings(x.ceilings(), spent, account, price, now)
	}
}
