package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// What DNSimple works on for more than two days is told once, and waited for; it keeps
// its money, and may come through or to nothing much later.
func TestPendingForLong(t *testing.T) {
	for outcome, want := range map[string]portfolio.OperationState{"renewed": portfolio.StateDone, "failed": portfolio.StateFailed} {
		t.Run(outcome, func(t *testing.T) {
			w := newWorld(t, lapsing("+30d", fmt.Sprintf("renewal = { takes = \"9d\", outcome = %q }", outcome)), renewAll)
			w.scan()
			w.settle(patience(portfolio.OpRenew) - time.Minute)
			equal(t, "attention", w.row().Attention, false)
			w.settle(2 * time.Hour)
			op := w.row()
			equal(t, "state", op.State, portfolio.StatePending)
			equal(t, "attention", op.Attention, true)
			for range 5 {
				w.settle(day)
				w.scan()
			}
			told := w.heard("alert delayed")
			equal(t, "alerts", len(told), 1)
			holds(t, told[0].Text, "DNSimple has been working on it for 2 days (renewing)")
			equal(t, "money", w.row().Reserved, 1500)
			w.expect(0, 0, renewsA)
			w.settle(2*day + 2*time.Hour)
			op = w.rows()[0]
			equal(t, "in the end", op.State, want)
			if want == portfolio.StateDone {
				w.expect(1, 1500, renewsA)
				equal(t, "said aloud", len(w.heard("alert done")), 1)
				return
			}
			equal(t, "attention", op.Attention, false)
			equal(t, "money", op.Reserved, 0)
			equal(t, "said aloud", len(w.heard("alert failed")), 1)
		})
	}
}

// What DNSimple says of a purchase, and what the domain shows, need not fit: success is
// only where both say so, and what nobody can tell is unknown.
func TestSaidAndSeen(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		body   string // of the renewal, when it is read
		moved  bool   // what the domain shows
		soon   portfolio.OperationState
		late   portfolio.OperationState // three days later
		note   string
		paid   bool
	}{
		{"finished, and the expiration stands still", 200, `{"data":{"id":1,"state":"renewed"}}`, false, portfolio.StatePending, portfolio.StateUnknown, "days after it was sent there is no evidence of it", false},
		{"finished, and it moved", 200, `{"data":{"id":1,"state":"renewed"}}`, true, portfolio.StateDone, portfolio.StateDone, "", true},
		{"under way, and it moved", 200, `{"data":{"id":1,"state":"renewing"}}`, true, portfolio.StatePending, portfolio.StatePending, "", true},
		{"a state that nobody knows", 200, `{"data":{"id":1,"state":"pondering"}}`, false, portfolio.StateUnknown, portfolio.StateUnknown, "DNSimple's answer says nothing (pondering)", false},
		{"a state that nobody knows, and it moved", 200, `{"data":{"id":1,"state":"pondering"}}`, true, portfolio.StateUnknown, portfolio.StateDone, "by evidence", true},
		{"no state", 200, `{"data":{"id":1}}`, false, portfolio.StateUnknown, portfolio.StateUnknown, "", false},
		{"an id that it does not know", 404, `{"message":"Renewal 1 not found"}`, false, portfolio.StateUnknown, portfolio.StateUnknown, "it knows no renew", false},
		{"cannot be read", 500, `oops`, false, portfolio.StatePending, portfolio.StateUnknown, "days after it was sent there is no evidence of it", false},
		{"cancelled", 200, `{"data":{"id":1,"state":"cancelled"}}`, false, portfolio.StateFailed, portfolio.StateFailed, "DNSimple calls it cancelled", false},
		{"failed, and it moved", 200, `{"data":{"id":1,"state":"failed"}}`, true, portfolio.StateDone, portfolio.StateDone, "DNSimple calls it failed, but", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			takes := map[bool]string{true: "0s", false: "90d"}[tc.moved]
			w := newWorld(t, lapsing("+30d", fmt.Sprintf("renewal = { takes = %q }", takes)), renewAll)
			w.meets(&fault{method: http.MethodGet, part: "/renewals/", answer: func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
				return w.answer(req, tc.status, tc.body), nil
			}})
			w.scan()
			equal(t, "at once", w.row().State, tc.soon)
			w.settle(30 * time.Minute)
			if tc.soon != portfolio.StateFailed {
				w.settle(3 * day)
			}
			op := w.rows()[0]
			equal(t, "three days later", op.State, tc.late)
			found := tc.note == ""
			for _, s := range op.History {
				found = found || strings.Contains(s.Note, tc.note)
			}
			equal(t, "noted", found, true)
			if tc.late == portfolio.StateUnknown {
				equal(t, "attention", op.Attention, true)
				equal(t, "alerts", len(w.heard("alert unknown")), 1)
				equal(t, "money", op.Reserved, 1500)
			}
			equal(t, "sent", w.count(renewsA), 1)
			n, _ := w.charged()
			equal(t, "paid", n == 1, tc.paid)
		})
	}
}
