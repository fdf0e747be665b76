package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// rowsOf are the rows of a ledger as the judge compares them, by what they are about.
func rowsOf(rows []control.Row) map[string][]string {
	out := make(map[string][]string)
	for _, r := range slices.Backward(rows) { // the oldest first
		about := subjectOf(r)
		out[about] = append(out[about], fmt.Sprintf("%s %s %s", r.Kind, r.State, r.Price))
	}
	return out
}

// subjectOf is what a row is about: "main crown-1.com", "labs push 14".
func subjectOf(r control.Row) string {
	account := map[int64]string{1010: "main", 3030: "labs", 4040: "shop"}[r.Account]
	switch r.Kind {
	case portfolio.OpAccept, portfolio.OpReject:
		return fmt.Sprintf("%s push %d", account, r.ID)
	case portfolio.OpCancelChange:
		return fmt.Sprintf("%s change %d", account, r.ID)
	}
	return account + " " + r.Name
}

// compareRows compares a ledger with what it must hold, and nothing else.
func compareRows(t *testing.T, got, want map[string][]string) {
	t.Helper()
	for about, rows := range want {
		if !slices.Equal(got[about], rows) {
			t.Errorf("%s: the ledger has %q, want %q", about, got[about], rows)
		}
	}
	for about, rows := range got {
		if want[about] == nil {
			t.Errorf("%s: the ledger has %q, and nothing was to be done", about, rows)
		}
	}
}

// What DNSimple lets be done with a domain, as its registry has it.
const (
	inGrace      = "grace" // or registered
	inRedemption = "redemption"
	pastRescue   = "pending delete"
)

func (d judgedDomain) phaseAt(at time.Time) string {
	grace, redemption := 29, 30
	switch suffix(d.name) {
	case "io", "ai":
		grace = 30
	case "co.uk":
		grace, redemption = 90, 0
	case "de", "ch":
		grace, redemption = 0, 40
	}
	switch {
	case at.Before(d.expires.AddDate(0, 0, grace)):
		return inGrace
	case at.Before(d.expires.AddDate(0, 0, grace+redemption)):
		return inRedemption
	}
	return pastRescue
}

// sold are the charges that a client caused, by domain.
func (b *bench) sold() map[string]int64 {
	out := make(map[string]int64)
	for _, c := range b.world.Charges() {
		if c.By == sandbox.ByClient {
			out[fmt.Sprint(c.AccountID, " ", c.Domain)] += c.Cents
		}
	}
	return out
}

// booked checks that the ledger's prices of what is done are what was charged, each.
func (b *bench) booked(t *testing.T, rows []control.Row) {
	t.Helper()
	booked := make(map[string]int64)
	for _, r := range rows {
		if r.Kind.Purchase() && r.State == portfolio.StateDone {
			booked[fmt.Sprint(r.Account, " ", r.Name)] += int64(r.Price)
		}
	}
	sold := b.sold()
	for name, cents := range booked {
		if sold[name] != cents {
			t.Errorf("%s: the ledger has %s, and %s was charged", name, dollars(cents), dollars(sold[name]))
		}
	}
	for name, cents := range sold {
		if booked[name] == 0 {
			t.Errorf("%s: %s was charged, and the ledger has nothing", name, dollars(cents))
		}
	}
}

// carryOut is what one pass makes of everything: the rows of the ledger, by what they are
// about. What is in redemption DNSimple refuses to renew, and the policy is asked anew.
func (b *books) carryOut(domains []judgedDomain, at time.Time) map[string][]string {
	rows := make(map[string][]string)
	for _, d := range inOrder(domains) {
		about := d.account + " " + d.name
		j := b.policy.decide(d, at, false)
		if gone := d.phaseAt(at); gone == inGrace {
			rows[about] = rowOf(b.guard(j, d, at), d)
		} else if first := b.weigh(j, d, at); first.verdict != "act" || first.do == "auto-renewal" {
			rows[about] = rowOf(first, d)
		} else {
			rows[about] = []string{"renew failed 0.00"}
			then := b.policy.decide(d, at, true)
			switch {
			case then.do != "restore":
			case gone == inRedemption:
				rows[about] = append(rows[about], rowOf(b.guard(then, d, at), d)...)
			case b.weigh(then, d, at).verdict == "act":
				rows[about] = append(rows[about], "restore failed 0.00")
			}
		}
	}
	for about, j := range b.judgeOthers() {
		switch {
		case j.do == "cancel":
			j.do = "cancel-change"
		case j.price < 0:
			j.price = 0
		}
		rows[about] = rowOf(judgement{verdict: j.verdict, do: j.do, price: max(j.price, 0)}, judgedDomain{})
	}
	for about, r := range rows {
		if len(r) == 0 {
			delete(rows, about)
		}
	}
	return rows
}

// rowOf is the row that a judgement leads to.
func rowOf(j judgement, d judgedDomain) []string {
	switch {
	case j.verdict == "ask":
		return []string{fmt.Sprintf("%s asked %s", j.do, dollars(j.price))}
	case j.verdict != "act":
		return nil
	case j.do == "auto-renewal":
		return []string{"auto-renewal done 0.00"}
	case d.slow:
		return []string{fmt.Sprintf("%s pending %s", j.do, dollars(j.price))}
	}
	return []string{fmt.Sprintf("%s done %s", j.do, dollars(j.price))}
}
