package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// renewed is somebody who renews a.com in the browser.
func (w *world) renewed() {
	w.t.Helper()
	w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
}

// A person renews the domain in the browser, or DNSimple does by itself, whatever our
// own renewal has come to: it is renewed once.
func TestRenewedElsewhere(t *testing.T) {
	for _, tc := range []struct {
		name string
		make func(w *world) // brings our own renewal there
		from portfolio.OperationState
		last portfolio.OperationState
		sent int
	}{
		{"reserved", func(w *world) { w.offset = time.Hour; w.scan(); w.offset = 0 }, portfolio.StateReserved, portfolio.StateFailed, 0},
		{"armed", func(w *world) {
			row, err := w.x.row(decisionOf(w))
			w.must(err)
			op, err := w.x.reserve(row)
			w.must(err)
			c := clearing(row.Kind, w.now())
			c.expiresAt = op.ExpiresAt
			_, _, err = w.x.step(op, c)
			w.must(err)
		}, portfolio.StateArmed, portfolio.StateDone, 0},
		{"unknown", func(w *world) { w.loses(mainID, "/renewals", false).skip(w) }, portfolio.StateUnknown, portfolio.StateDone, 1},
		{"failed", func(w *world) {
			f := w.meets(&fault{method: http.MethodPost, part: "/renewals", status: 400, message: "The domain is locked"})
			w.scan()
			f.over = true
		}, portfolio.StateFailed, portfolio.StateFailed, 1},
	} {
		for who, moves := range map[string]func(w *world){
			"a person": func(w *world) { w.renewed() },
			"DNSimple": func(w *world) {
				w.by(http.MethodPut, "/v2/1010/registrar/domains/a.com/auto_renewal", "", http.StatusNoContent)
				w.clock.pass(time.Hour + time.Second) // inside its window it does so within the hour
			},
		} {
			t.Run(tc.name+" "+who, func(t *testing.T) {
				w := newWorld(t, lapsing("+6d", ""), renewAll)
				tc.make(w)
				equal(t, "before", w.row().State, tc.from)
				moves(w)
				equal(t, "charges", len(w.server.Charges()), 1)
				if tc.from == portfolio.StateArmed {
					w.restarts()
				}
				for range 4 {
					w.lives(day)
				}
				equal(t, "charges in all", len(w.server.Charges()), 1)
				equal(t, "sent", w.count(renewsA), tc.sent)
				op := w.row()
				equal(t, "in the end", op.State, tc.last)
				if tc.last == portfolio.StateFailed {
					equal(t, "money", op.Reserved, 0)
				}
				_, reserved := w.spent()
				equal(t, "reserved", reserved, portfolio.Tally{})
			})
		}
	}
}

// decisionOf is what the policy says of the only domain.
func decisionOf(w *world) portfolio.Decision {
	w.t.Helper()
	d := w.decide()[0]
	assessed, _, err := w.x.assess(w.t.Context(), d, nil)
	w.must(err)
	return assessed
}

// skip scans under a fault that is over then.
func (f *fault) skip(w *world) {
	w.t.Helper()
	w.scan()
	f.over = true
}

// corrects has the registry correct the expiration of a.com by some days, from now on.
func (w *world) corrects(days int) {
	was, is := began.AddDate(0, 0, 30), began.AddDate(0, 0, 30+days)
	w.meets(&fault{account: mainID, method: http.MethodGet, part: "/domains", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		resp := next()
		return rewritten(resp, func(body string) string {
			for year := range 4 {
				old, corrected := was.AddDate(year, 0, 0).Format(time.DateOnly), is.AddDate(year, 0, 0).Format(time.DateOnly)
				body = strings.ReplaceAll(body, old, corrected)
			}
			return body
		}), nil
	}})
}

// The registry corrects the date by days, either way, at any stage of our renewal:
// nothing is bought a second time, nor taken for renewed.
func TestRegistryCorrectsTheDate(t *testing.T) {
	for _, days := range []int{-4, -2, -1, 1, 2, 4, 12} {
		for name, tc := range map[string]struct {
			more  string
			fault *fault
			state portfolio.OperationState
			in3   portfolio.OperationState // three days later
			paid  int
		}{
			"done":                    {"", nil, portfolio.StateDone, portfolio.StateDone, 1},
			"pending":                 {`renewal = { takes = "20h" }`, nil, portfolio.StatePending, "", 1},
			"unknown":                 {"", &fault{lost: true}, portfolio.StateUnknown, portfolio.StateUnknown, 0},
			"unknown, and it happens": {`renewal = { takes = "20h" }`, &fault{lost: true, obeyed: true}, portfolio.StateUnknown, "", 1},
		} {
			t.Run(fmt.Sprintf("%s %+d", name, days), func(t *testing.T) {
				w := newWorld(t, lapsing("+30d", tc.more), renewAll)
				if tc.fault != nil {
					tc.fault.method, tc.fault.part = http.MethodPost, "/renewals"
					w.meets(tc.fault)
				}
				w.scan()
				equal(t, "before", w.row().State, tc.state)
				w.corrects(days)
				w.lives(3 * day)
				op := w.row()
				switch {
				case tc.in3 != "":
					equal(t, "three days later", op.State, tc.in3)
				case days >= -3: // by less than that it is evidence all the same
					equal(t, "three days later", op.State, portfolio.StateDone)
				default:
					equal(t, "three days later", op.State, portfolio.StateUnknown)
				}
				equal(t, "sent", w.count(renewsA), 1)
				n, _ := w.charged()
				equal(t, "paid", n, tc.paid)
			})
		}
	}
}

// A correction while nothing was sent only makes it another occasion.
func TestRegistryCorrectsTheDateOfWhatIsReserved(t *testing.T) {
	for _, days := range []int{-4, 4} {
		w := newWorld(t, lapsing("+30d", ""), renewAll)
		w.offset = time.Hour
		w.scan()
		w.offset = 0
		w.corrects(days)
		w.lives(3 * day)
		w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA)
		equal(t, "occasion", w.last("a.com").Occasion, began.AddDate(0, 0, 30+days).Format(time.DateOnly))
	}
}
