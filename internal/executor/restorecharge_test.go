package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

const (
	feeLine     = `{"description":"Restore a.com","amount":"80.00","product_type":"domain-restore","product_reference":"a.com"}`
	renewalLine = `{"description":"Renew a.com","amount":"15.00","product_type":"domain-renewal","product_reference":"a.com"}`
)

// invoices lets DNSimple's charges be those lines, each an invoice of its own, and
// counts how often they are asked for.
func (w *world) invoices(lines func() []string) *int {
	asked := new(int)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if !strings.HasSuffix(req.URL.Path, "/billing/charges") {
			return next(), nil
		}
		*asked++
		var entries []string
		for i, line := range lines() {
			entries = append(entries, fmt.Sprintf(`{"invoiced_at":%q,"reference":"1-%d","state":"collected","items":[%s]}`,
				began.Add(time.Hour).Format(time.RFC3339), i+1, line))
		}
		return w.answer(req, 200, fmt.Sprintf(`{"data":[%s],"pagination":{"current_page":1,"per_page":100,"total_entries":%d,"total_pages":1}}`,
			strings.Join(entries, ","), len(entries))), nil
	}
	return asked
}

// restored is the restore of a world in redemption, done.
func (w *world) restored() portfolio.Operation {
	w.t.Helper()
	rows := w.rows()
	equal(w.t, "rows", summary(rows), "renew a.com failed; restore a.com done")
	return rows[len(rows)-1]
}

// The fee of a restore and its renewal may be invoiced one after the other: both are
// booked, and then nothing is looked for any more.
func TestRestoreChargedInTwoParts(t *testing.T) {
	for name, order := range map[string][]string{"fee first": {feeLine, renewalLine}, "renewal first": {renewalLine, feeLine}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, redemption, rescueAll)
			known := 1
			asked := w.invoices(func() []string { return order[:known] })
			w.scan()
			w.settle(3 * time.Hour)
			first := portfolio.Money(8000)
			if order[0] == renewalLine {
				first = 1500
			}
			op := w.restored()
			equal(t, "price", op.Price(), first)
			equal(t, "lines", fmt.Sprint(op.ChargeRefs), "[1-1#0]")
			equal(t, "what counts", op.Reserved, 9500)
			equal(t, "looked for again", op.NextAt.IsZero(), false)
			known = 2
			w.settle(3 * day)
			op = w.restored()
			equal(t, "price", op.Price(), 9500)
			equal(t, "lines", fmt.Sprint(op.ChargeRefs), "[1-1#0 1-2#0]")
			equal(t, "looked for again", op.NextAt.IsZero(), true)
			equal(t, "told", len(w.heard("info charged")), 2)
			equal(t, "surprises", len(w.heard("alert price-differs")), 0)
			before := *asked
			w.settle(30 * day)
			equal(t, "asked for once both were found", *asked, before)
		})
	}
}

// Where the restore's price holds its renewal there is one line only: it is booked at
// once, and the other one is not looked for without end.
func TestRestoreChargedByItsFeeOnly(t *testing.T) {
	w := newWorld(t, redemption, rescueAll)
	asked := w.invoices(func() []string { return []string{feeLine} })
	w.scan()
	w.settle(3 * time.Hour)
	equal(t, "price", w.restored().Price(), 8000)
	equal(t, "looked for again", w.restored().NextAt.IsZero(), false)
	w.settle(60 * day)
	op := w.restored()
	equal(t, "price", op.Price(), 8000)
	equal(t, "looked for again", op.NextAt.IsZero(), true)
	equal(t, "told", len(w.heard("info charged")), 1)
	if *asked < 3 || *asked > chargeTries+2 {
		t.Errorf("it was asked for %d times", *asked)
	}
	equal(t, "note", op.LastNote(), "DNSimple charged 80.00")
}

// A renewal has one line: what is charged less is final.
func TestRenewalChargedLess(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	asked := w.invoices(func() []string { return []string{strings.Replace(renewalLine, "15.00", "14.00", 1)} })
	w.scan()
	w.settle(30 * day)
	equal(t, "price", w.row().Price(), 1400)
	equal(t, "asked", *asked, 1)
}
