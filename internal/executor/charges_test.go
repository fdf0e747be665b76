package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// The ledger and the charges agree to the cent, over everything that was bought.
func TestBooksAgree(t *testing.T) {
	var domains strings.Builder
	for i, tld := range []string{"com", "net", "org", "info", "io", "de", "shop"} {
		fmt.Fprintf(&domains, "[[domain]]\naccount = \"main\"\nname = \"r%d.%s\"\nexpires = \"+%dd\"\nrenewal = { takes = \"%dm\" }\n", i, tld, 5+i, 13*i)
	}
	domains.WriteString("[[domain]]\naccount = \"main\"\nname = \"odd.com\"\nexpires = \"+9d\"\nprices = { renewal = \"10.07\" }\n")
	domains.WriteString(redemption + "[[domain]]\naccount = \"desk\"\nname = \"lapsed.io\"\nexpires = \"-40d\"\n")
	domains.WriteString("[[domain]]\naccount = \"main\"\nname = \"vendor.com\"\nexpires = \"+9d\"\nauto_renew = true\n")
	w := newWorld(t, domains.String(), rescueAll+strings.TrimPrefix(renewAll, ample))
	for range 12 {
		w.scan()
		w.settle(6 * time.Hour)
	}
	n, charged := w.charged()
	var booked portfolio.Money
	for _, op := range w.rows() {
		if op.State != portfolio.StateDone {
			continue
		}
		if op.Charge == nil {
			t.Errorf("%s: its charge was not found", op)
			continue
		}
		n--
		booked += *op.Charge
	}
	equal(t, "charges that nobody booked", n, 0)
	equal(t, "booked", booked, charged)
	if len(w.server.Charges()) != 11 || charged != 1500+1700+1600+2200+6000+1000+3600+1007+9500+18000 {
		t.Errorf("the world charged %d times, %s of it for us", len(w.server.Charges()), charged)
	}
}

func chargesOf(name string, at time.Time) string {
	return fmt.Sprintf(`{"data":[
{"invoiced_at":"%[2]s","reference":"1-1","state":"refunded","items":[{"description":"Renew %[1]s","amount":"15.00","product_type":"domain-renewal","product_reference":"%[1]s"}]},
{"invoiced_at":"%[2]s","reference":"1-2","state":"collected","items":[{"description":"Auto Renew %[1]s","amount":"15.00","product_type":"domain-renewal","product_reference":"%[1]s"}]},
{"invoiced_at":"%[2]s","reference":"1-3","state":"collected","items":[{"description":"Renew other.com","amount":"15.00","product_type":"domain-renewal","product_reference":"other.com"}]},
{"invoiced_at":"%[2]s","reference":"1-4","state":"collected","items":[{"description":"Register %[1]s","amount":"15.00","product_type":"domain-registration","product_reference":"%[1]s"}]},
{"invoiced_at":"%[3]s","reference":"1-5","state":"collected","items":[{"description":"Renew %[1]s","amount":"15.00","product_type":"domain-renewal","product_reference":"%[1]s"}]}
%%s],"pagination":{"current_page":1,"per_page":100,"total_entries":5,"total_pages":1}}`,
		name, at.Format(time.RFC3339), at.Add(-time.Hour).Format(time.RFC3339))
}

// What was refunded, what DNSimple's auto-renewal bought, what is another's and
// what came before is not the charge of a purchase.
func TestOtherPeoplesCharges(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	more := ""
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/billing/charges") {
			return w.answer(req, 200, fmt.Sprintf(chargesOf("a.com", began), more)), nil
		}
		return next(), nil
	}
	w.scan()
	w.settle(time.Hour)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	if op.Charge != nil {
		t.Fatalf("it takes %s of %v", *op.Charge, op.ChargeRefs)
	}
	equal(t, "price", op.Price(), 1500)
	more = fmt.Sprintf(`,{"invoiced_at":"%s","reference":"1-6","state":"collected","items":[
{"description":"Something","amount":"1.00","product_type":"email-forward","product_reference":"a.com"},
{"description":"Renew a.com","amount":"14.07","product_type":"domain-renewal","product_reference":"A.com"}]}`, began.Format(time.RFC3339))
	w.settle(day)
	op = w.row()
	equal(t, "price", op.Price(), 1407)
	equal(t, "line", fmt.Sprint(op.ChargeRefs), "[1-6#1]")
	// What was set aside counts for good, also where it cost less.
	today, _ := w.spent()
	w.offset = -day
	before, _ := w.spent()
	w.offset = 0
	equal(t, "spent", today.Amount+before.Amount, 1500)
}

// A charge that is higher than what was set aside is said aloud, and counts.
func TestChargeAboveWhatWasReserved(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/billing/charges") {
			return w.answer(req, 200, fmt.Sprintf(`{"data":[{"invoiced_at":"%s","reference":"1-1","state":"collected","items":[
{"description":"Renew a.com","amount":"15.01","product_type":"domain-renewal","product_reference":"a.com"}]}],
"pagination":{"current_page":1,"per_page":100,"total_entries":1,"total_pages":1}}`, began.Format(time.RFC3339))), nil
		}
		return next(), nil
	}
	w.scan()
	equal(t, "alerts", len(w.heard("alert price-differs")), 1)
	today, _ := w.spent()
	equal(t, "spent", today, portfolio.Tally{Amount: 1501, Purchases: 1})
	equal(t, "attention", w.row().Attention, true)
}

// A token without the scope for billing never finds the charge, and does not ask again.
func TestTokenWithoutBilling(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	asked := 0
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/billing/charges") {
			asked++
			return w.answer(req, 403, `{"message":"Permission Denied. Required Scope: billing:*:read"}`), nil
		}
		return next(), nil
	}
	w.scan()
	w.settle(30 * day)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "charge", op.Charge == nil, true)
	equal(t, "price", op.Price(), 1500)
	equal(t, "asked", asked, 1)
}

// A charge that cannot be read is looked for again, and in the end what was
// reserved stands.
func TestChargesUnreadable(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/billing/charges") {
			return w.answer(req, 500, ""), nil
		}
		return next(), nil
	}
	w.scan()
	w.settle(2 * day)
	equal(t, "given up early", w.row().NextAt.IsZero(), false)
	w.fault = nil
	w.settle(2 * day)
	equal(t, "charge", w.row().Charge != nil && *w.row().Charge == 1500, true)

	w = newWorld(t, soon, renewAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/billing/charges") {
			return w.answer(req, 500, ""), nil
		}
		return next(), nil
	}
	w.scan()
	w.settle(chargePatience - day)
	equal(t, "looked for still", w.row().NextAt.IsZero(), false)
	w.settle(3 * day)
	equal(t, "given up", w.row().NextAt.IsZero(), true)
	equal(t, "price", w.row().Price(), 1500)
}
