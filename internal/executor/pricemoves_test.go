package executor

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// rewritten is a response with another body.
func rewritten(resp *http.Response, change func(string) string) *http.Response {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		panic(err) // it comes from memory
	}
	resp.Body.Close()
	changed := change(string(body))
	resp.Body = io.NopCloser(bytes.NewBufferString(changed))
	resp.ContentLength = int64(len(changed))
	return resp
}

// costs has DNSimple quote another price for a.com from its second answer on.
func (w *world) costs(price string, premium bool) {
	seen := 0
	w.meets(&fault{method: http.MethodGet, part: "/a.com/prices", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		if seen++; seen < 2 {
			return next(), nil
		}
		return rewritten(next(), func(body string) string {
			return strings.NewReplacer(`"renewal_price":15.0`, `"renewal_price":`+price, `"premium":false`, fmt.Sprintf(`"premium":%t`, premium)).Replace(body)
		}), nil
	}})
}

// The price moves between the quote and the purchase: what is then paid is within every
// ceiling, or nothing is bought, and no money stays reserved.
func TestPriceMovesBeforeItIsBought(t *testing.T) {
	for _, tc := range []struct {
		name, policy, price, why string
		reserved                 portfolio.Money // of what is bought all the same
	}{
		{"dearer, and within all", renewAll, "20.0", "", 2000},
		{"cheaper", renewAll, "10.0", "", 1000},
		{"above max_price", renewAll + `max_price = "19.99"`, "20.0", "the max_price of renew-all is 19.99", 0},
		{"above max_per_purchase", strings.Replace(renewAll, `max_per_purchase = "1000.00"`, `max_per_purchase = "19.99"`, 1), "20.0", "max_per_purchase is 19.99", 0},
		{"above max_per_day", strings.Replace(renewAll, `max_per_day = "10000.00"`, `max_per_day = "19.99"`, 1), "20.0", "max_per_day is 19.99", 0},
		{"above max_per_month", strings.Replace(renewAll, `max_per_month = "10000.00"`, `max_per_month = "19.99"`, 1), "20.0", "max_per_month is 19.99", 0},
		{"premium, and above max_per_purchase", strings.Replace(renewAll, `max_per_purchase = "1000.00"`, `max_per_purchase = "479.99"`, 1), "480.0", "max_per_purchase is 479.99", 0},
		{"no price any more", renewAll, "0.0", "DNSimple gives no price for it", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, soon, tc.policy)
			w.costs(tc.price, tc.price == "480.0")
			w.scan()
			op := w.row()
			if tc.reserved > 0 {
				equal(t, "sent", len(w.changes()), 1)
				equal(t, "set aside", op.Reserved, tc.reserved)
				return
			}
			w.expect(0, 0)
			equal(t, "state", op.State, portfolio.StateFailed)
			holds(t, op.LastNote(), tc.why)
			w.free()
			w.lives(2 * day)
			w.expect(0, 0)
			w.free()
			equal(t, "rows", len(w.rows()), 1) // the guard stops it before there is another
			equal(t, "announced", len(w.heard("alert blocked")) > 0, true)
		})
	}
}

// A name that becomes premium, or costs another premium, is bought at the price that
// was confirmed or not at all.
func TestPremiumMovesBeforeItIsBought(t *testing.T) {
	const premium = soon + "premium = true\nprices = { renewal = \"48.00\", restore = \"60.00\" }\n"
	for _, quoted := range []string{"47.0", "49.0"} {
		w := newWorld(t, premium, renewAll)
		f := w.meets(&fault{method: http.MethodGet, part: "/prices", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
			return rewritten(next(), func(body string) string {
				return strings.Replace(body, `"renewal_price":48.0`, `"renewal_price":`+quoted, 1)
			}), nil
		}})
		w.scan()
		w.expect(0, 0, renewsA)
		equal(t, "state", w.row().State, portfolio.StateFailed)
		holds(t, w.row().LastNote(), "does not match the price")
		w.free()
		f.over = true
		w.settle(time.Hour)
		w.expect(1, 4800, renewsA, renewsA)
		equal(t, "confirmed", *w.last("a.com").Premium, 4800)
	}

	// It is quoted as a plain name, and is premium by the time it is bought.
	w := newWorld(t, premium, renewAll)
	w.meets(&fault{method: http.MethodGet, part: "/prices", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		return rewritten(next(), func(body string) string {
			return strings.NewReplacer(`"premium":true`, `"premium":false`, `"renewal_price":48.0`, `"renewal_price":15.0`).Replace(body)
		}), nil
	}})
	w.lives(day)
	equal(t, "paid", len(w.server.Charges()), 0)
	holds(t, w.rows()[0].LastNote(), "premium_price is required")
	w.free()
}
