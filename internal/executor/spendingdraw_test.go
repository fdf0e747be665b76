package executor

import (
	"fmt"
	"net/http"
	"strings"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

var tldsDrawn = []string{"com", "net", "org"}

// drawSpending draws a world with a past, and a policy that buys in it.
func drawSpending(t *rapid.T) (domains, policy string, past []portfolio.Operation) {
	var b strings.Builder
	for _, tld := range tldsDrawn {
		fmt.Fprintf(&b, "[[tld]]\nname = %q\nrenewal = \"15.00\"\nrestore = \"80.00\"\n", tld)
	}
	n := rapid.IntRange(2, 9).Draw(t, "domains")
	for i := range n {
		account := rapid.SampledFrom([]string{"main", "desk"}).Draw(t, "account")
		name := fmt.Sprintf("n%d.%s", i+1, rapid.SampledFrom(tldsDrawn).Draw(t, "tld"))
		expires := rapid.IntRange(1, 40).Draw(t, "expires")
		switch rapid.IntRange(0, 15).Draw(t, "lapsed") {
		case 0:
			expires = -35 // a plain renewal is refused, and a restore follows
		case 1, 2:
			expires = -expires / 2
		}
		fmt.Fprintf(&b, "[[domain]]\nid = %d\naccount = %q\nname = %q\nexpires = \"%+dd\"\n", i+1, account, name, expires)
		if rapid.Bool().Draw(t, "bought before") {
			op := portfolio.Operation{
				AccountID: map[string]int64{"main": mainID, "desk": deskID}[account], Kind: portfolio.OpRenew, SubjectID: int64(i + 1), DomainID: int64(i + 1),
				Name: name, Years: rapid.IntRange(1, 3).Draw(t, "years"), PerYear: portfolio.Money(rapid.IntRange(1200, 2500).Draw(t, "paid")),
			}
			op.Reserved = op.PerYear * portfolio.Money(op.Years)
			past = append(past, op)
		}
	}
	p := strings.Replace(ample, `max_per_purchase = "1000.00"`, `max_per_purchase = "9000.00"`, 1) +
		"[[rule]]\nname = \"renew-all\"\non = \"domain\"\nmatch = { expires_within = \"45d\" }\ndo = \"renew\"\n" +
		fmt.Sprintf("years = %d\n", rapid.IntRange(1, 2).Draw(t, "years"))
	if rapid.IntRange(0, 3).Draw(t, "the rule has a bound") == 0 {
		p += fmt.Sprintf("max_price = \"%d.00\"\n", rapid.IntRange(10, 60).Draw(t, "max_price"))
	}
	if rapid.IntRange(0, 2).Draw(t, "the rule minds") == 0 {
		p += fmt.Sprintf("max_price_increase = \"%d%%\"\n", rapid.IntRange(1, 150).Draw(t, "increase"))
	}
	return b.String(), p + "[[rule]]\nname = \"rescue\"\non = \"domain\"\nmatch = { lapsed_within = \"80d\" }\ndo = \"restore\"\n", past
}

// drawLimits draws ceilings, of which most matter.
func drawLimits(t *rapid.T, whose string) Limits {
	amount := func(name string, from, to int) *portfolio.Money {
		if !rapid.Bool().Draw(t, whose+" has "+name) {
			return nil
		}
		return money(portfolio.Money(rapid.IntRange(from, to).Draw(t, whose+" "+name)))
	}
	l := Limits{PerPurchase: amount("max_per_purchase", 1500, 12000), PerDay: amount("max_per_day", 2000, 20000), PerMonth: amount("max_per_month", 4000, 40000)}
	if rapid.Bool().Draw(t, whose+" counts") {
		l.PurchasesPerDay = rapid.IntRange(1, 6).Draw(t, whose+" max_purchases_per_day")
	}
	if rapid.IntRange(0, 2).Draw(t, whose+" minds") == 0 {
		l.MaxIncrease = new(portfolio.Percent(rapid.IntRange(1, 150).Draw(t, whose+" increase")))
	}
	return l
}

// drawTrouble draws how DNSimple answers what is bought; nil where as it should.
func drawTrouble(t *rapid.T, w *world) *fault {
	f := &fault{method: http.MethodPost, part: rapid.SampledFrom([]string{"/renewals", ".com/", "/restores"}).Draw(t, "of")}
	switch rapid.IntRange(0, 7).Draw(t, "trouble") {
	case 0:
		f.status, f.message = 400, "not today"
	case 1:
		f.status, f.message = 429, "quota exceeded"
	case 2:
		f.lost = true
	case 3:
		f.lost, f.obeyed = true, true
	default:
		return nil
	}
	return w.meets(f)
}
