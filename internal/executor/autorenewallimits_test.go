package executor

import (
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// What DNSimple will charge for an auto-renewal that waited is held once more to whatever
// holds a purchase, before it is switched on.
func TestAutoRenewalAtTheLastMoment(t *testing.T) {
	for name, after := range map[string]string{
		"the rule's own price": renewAll + "max_price = \"14.00\"\n",
		"of one purchase":      "[spending]\nmax_per_purchase = \"14.00\"\nmax_per_day = \"99.00\"\nmax_per_month = \"99.00\"\n" + renewAll[len(ample):],
		"nothing":              renewAll,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, autoOnlySoon, renewAll)
			mend := w.stuck()
			w.scan()
			equal(t, "state", w.row().State, portfolio.StateReserved)
			w.follows(after)
			mend()
			sent := len(w.changes())
			w.settle(3 * time.Hour)
			equal(t, "it was switched on", len(w.changes()) > sent, name == "nothing")
		})
	}
}
