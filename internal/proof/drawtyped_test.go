package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// catchSome is a rule that registers names once they are free.
const catchSome = `
[[rule]]
name = "catch"
on = "name"
match = { names = ["w0.com", "w1.com"] }
do = "register"
auto_renew = false
`

// drawNames draws what is for sale, what is elsewhere, and domains that may be given away:
// none of the others is touched by what operators type.
func drawNames(s source, days int) string {
	var b strings.Builder
	takes := func() string { return pick(s, "takes", "0s", "0s", "2m", "3h") }
	registration := func() string {
		return fmt.Sprintf("registration = { takes = %q, outcome = %q }\n", takes(), pick(s, "registered", "registered", "registered", "registered", "failed", "cancelled"))
	}
	fmt.Fprintf(&b, "[[name]]\nname = \"w0.com\"\nelsewhere = true\nfree = \"+%dd\"\n%s", s.below(days, "free")+1, registration())
	fmt.Fprintf(&b, "[[name]]\nname = \"w1.com\"\n%s", registration())
	fmt.Fprintf(&b, "[[name]]\nname = \"f.com\"\n%s", registration())
	if oneIn(s, 3, "premium") {
		b.WriteString("premium = true\nprices = { registration = \"90.00\" }\n")
	}
	fmt.Fprintf(&b, "[[name]]\nname = \"t.com\"\nelsewhere = true\nexpires = \"+400d\"\nauth_code = %q\n", pick(s, "code", secretCode, secretCode, secretCode, "another"))
	fmt.Fprintf(&b, "transfer = { takes = %q, outcome = %q }\n", pick(s, "takes", "0s", "2h", "5d"), pick(s, "transferred", "transferred", "transferred", "transferred", "failed"))
	for i := range 4 {
		fmt.Fprintf(&b, "[[domain]]\naccount = \"main\"\nname = \"g%d.com\"\nexpires = \"+%dd\"\nregistrant = 2715\n", i, s.below(days, "expires")+50)
		fmt.Fprintf(&b, "registrant_change = { takes = %q, outcome = %q }\n", pick(s, "takes", "0s", "3h", "9d"), pick(s, "changed", "completed", "completed", "cancelled"))
		if oneIn(s, 2, "leaves") {
			fmt.Fprintf(&b, "transfer_out = { takes = %q }\n", pick(s, "takes", "1h", "5d", "20d"))
		}
	}
	return b.String()
}

// drawCommands draws what operators type in a history, and what other people do about it.
func drawCommands(s source, days int) []event {
	var out []event
	types := func(at time.Duration, c portfolio.Command) {
		out = append(out, event{At: at, What: typing, Command: c, Count: s.below(3, "times") + 1})
	}
	for range s.below(8, "commands") + 2 {
		at := time.Duration(s.below(days*24*60, "at")) * time.Minute
		later := at + time.Duration(s.below(48*60, "later")+1)*time.Minute
		kind := pick(s, "kind", portfolio.OpRegister, portfolio.OpRegister, portfolio.OpTransfer, portfolio.OpTransfer, portfolio.OpAdd,
			portfolio.OpPush, portfolio.OpChangeRegistrant, portfolio.OpTransferOut, portfolio.OpDelete)
		c := command(kind)
		if c.Name == "a.com" {
			c.Name = fmt.Sprintf("g%d.com", s.below(4, "domain"))
		}
		if oneIn(s, 2, "hit") { // its own request meets a fault
			out = append(out, event{At: max(0, at-time.Minute), What: faulty, Fault: drawFault(s), Calls: callsOf(kind), Count: 1, For: 2 * day})
		}
		if oneIn(s, 4, "dies") {
			out = append(out, event{At: max(0, at-time.Second), What: crashing, Count: s.below(20, "points") + 1})
		}
		types(at, c)
		switch kind {
		case portfolio.OpTransfer, portfolio.OpChangeRegistrant:
			if oneIn(s, 3, "cancelled") {
				end := command(portfolio.OpCancelTransfer)
				if kind == portfolio.OpChangeRegistrant {
					end = command(portfolio.OpCancelChange)
				}
				end.Name = c.Name
				types(later, end)
			}
		case portfolio.OpPush:
			if !oneIn(s, 3, "declined") {
				out = append(out, event{At: later, What: accepting})
			}
		}
	}
	return out
}

// with adds what operators type to a plan. It is drawn after everything else, so that a
// seed stands for the same history beside it.
func (p plan) with(s source, days int) plan {
	p.scene.portfolio += drawNames(s, days)
	p.events = slices.Concat(p.events, drawCommands(s, days-22))
	return p.sorted()
}
