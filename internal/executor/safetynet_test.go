package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// lapsing is soon with another distance, and more keys.
func lapsing(in, more string) string { return strings.Replace(soon, "+10d", in, 1) + more + "\n" }

// autoRenewed is when requests to switch auto-renewal were made, since the world began.
func (w *world) autoRenewed(method string) *fault {
	return w.meets(&fault{method: method, part: "/auto_renewal", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		return next(), nil
	}})
}

// A renewal that stays unknown has DNSimple's auto-renewal switched on: after a day, or
// five days before the expiration where that is sooner, and once.
func TestSafetyNet(t *testing.T) {
	for in, after := range map[string]time.Duration{
		"+40d": 24 * time.Hour, "+6d": 24 * time.Hour, "+5d12h": 12 * time.Hour, "+5d1h": time.Hour, "+5d": 0, "+3d": 0,
	} {
		t.Run(in, func(t *testing.T) {
			w := newWorld(t, lapsing(in, `auto_renewal = { before = "1d" }`), renewAll)
			w.loses(mainID, "/renewals", false)
			on := w.autoRenewed(http.MethodPut)
			w.scan()
			w.lives(30 * time.Hour)
			w.expect(0, 0, renewsA, switchesA)
			if late := on.at[0].Sub(began.Add(after)); late < 0 || late > time.Hour {
				t.Errorf("switched on %s after it was to be", late)
			}
			op := w.row()
			equal(t, "state", op.State, portfolio.StateUnknown)
			equal(t, "was", op.Net.Was, false)
			equal(t, "seen to be on", op.Net.OnAt.IsZero(), false)
			equal(t, "alerts", len(w.heard("alert safety-net")), 1)
			equal(t, "notices", len(w.heard("notice safety-net")), 1)
			holds(t, op.History[len(op.History)-2].Note, "its auto-renewal is off, and is switched on")
			holds(t, op.LastNote(), "its auto-renewal is on now")
		})
	}
}

// Where it is on already nothing is sent, neither then nor when all is done.
func TestSafetyNetIsOnAlready(t *testing.T) {
	w := newWorld(t, lapsing("+30d", "auto_renew = true\nrenewal = { takes = \"50h\" }"), renewAll)
	w.loses(mainID, "/renewals", true)
	w.lives(4 * day)
	w.expect(1, 1500, renewsA)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "was", op.Net.Was, true)
	equal(t, "put back", op.Net.BackAt.IsZero(), true)
	equal(t, "alerts", len(w.heard("alert safety-net")), 0)
	equal(t, "notices", len(w.heard("notice safety-net")), 1)
}

// DNSimple's auto-renewal then renews it: it is charged once in all, the row is done,
// and its price says that nothing was charged for it.
func TestSafetyNetRenews(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.loses(mainID, "/renewals", false)
	for range 30 {
		w.lives(day)
	}
	w.expect(0, 0, renewsA, switchesA, switchesBackA)
	equal(t, "charges in all", len(w.server.Charges()), 1)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "charge", op.Charge != nil && *op.Charge == 0, true)
	equal(t, "price", op.Price().String(), "0.00")
	holds(t, op.LastNote(), "DNSimple's own auto-renewal renewed the domain in its place")
	equal(t, "as it was", w.autoRenew("a.com"), false)
	equal(t, "attention", op.Attention, false)
	if next := w.followUp(); !next.IsZero() {
		t.Errorf("something is looked at again %s", next)
	}
}

// autoRenew is whether DNSimple's auto-renewal of a domain of main is on.
func (w *world) autoRenew(name string) bool {
	w.t.Helper()
	for _, d := range all(w.t, w.clients[mainID].ListDomains(w.t.Context(), portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortExpiration}}})) {
		if d.Name == name {
			return d.AutoRenew
		}
	}
	w.t.Fatalf("%s is not there", name)
	return false
}

// Our own renewal comes true late: auto-renewal goes back to what it was, and the
// charge is found.
func TestSafetyNetGoesBack(t *testing.T) {
	w := newWorld(t, lapsing("+30d", `renewal = { takes = "50h" }`), renewAll)
	w.loses(mainID, "/renewals", true)
	w.lives(49 * time.Hour)
	w.expect(0, 0, renewsA, switchesA)
	w.lives(12 * time.Hour)
	w.expect(1, 1500, renewsA, switchesA, switchesBackA)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "charge", *op.Charge, 1500)
	equal(t, "put back", op.Net.BackAt.IsZero(), false)
	equal(t, "as it was", w.autoRenew("a.com"), false)
}

// Neither restores nor what has lapsed have one.
func TestSafetyNetIsForRegisteredDomains(t *testing.T) {
	for name, tc := range map[string]struct{ world, policy string }{
		"restore":        {redemption, rescueAll},
		"lapsed already": {lapsing("-5d", ""), renewAll},
		"lapses unknown": {lapsing("+10h", ""), renewAll},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.world, tc.policy)
			w.loses(mainID, "/restores", false)
			if name != "restore" {
				w.loses(mainID, "/renewals", false)
			}
			unread := w.meets(&fault{method: http.MethodGet, part: "/domains/7", status: 500, over: true})
			w.scan()
			unread.over = name != "lapses unknown"
			w.lives(11 * time.Hour)
			unread.over = true
			w.lives(3 * day)
			for _, c := range w.changes() {
				if strings.Contains(c, "auto_renewal") {
					t.Errorf("it sent %s", c)
				}
			}
			rows := w.rows()
			equal(t, "state", rows[len(rows)-1].State, portfolio.StateUnknown)
			equal(t, "net", rows[len(rows)-1].Net == nil, true)
		})
	}
}

// An operator who says that it was not bought leaves it on: it is all that renews the
// domain if he is wrong. It goes back once the next attempt is done.
func TestSafetyNetStaysWhereItWasNotBought(t *testing.T) {
	w := newWorld(t, lapsing("+20d", ""), renewAll)
	w.loses(mainID, "/renewals", false)
	w.lives(2 * day)
	w.expect(0, 0, renewsA, switchesA)
	_, err := w.x.Resolve(t.Context(), w.row().Key, ResolveNotBought, "ada", "")
	w.must(err)
	w.settle(30 * time.Minute)
	equal(t, "still on", w.autoRenew("a.com"), true)
	w.expect(0, 0, renewsA, switchesA)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	for range 30 {
		w.lives(day)
	}
	equal(t, "charges in all", len(w.server.Charges()), 1)
	equal(t, "switched back", w.count(switchesBackA), 1)
	equal(t, "as it was", w.autoRenew("a.com"), false)
}

// What cannot be switched is asked for until it is seen, and announced daily.
func TestSafetyNetCannotBeSwitched(t *testing.T) {
	for _, tc := range []struct {
		name string
		f    fault
	}{
		{"lost", fault{lost: true}},
		{"forbidden", fault{status: 403, message: "Permission Denied"}},
		{"500", fault{status: 500, message: "oops"}},
	} {
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			t.Run(fmt.Sprint(tc.name, " ", method), func(t *testing.T) {
				takes := map[string]string{http.MethodPut: "20d", http.MethodDelete: "50h"}[method]
				w := newWorld(t, lapsing("+30d", fmt.Sprintf("renewal = { takes = %q }", takes)), renewAll)
				w.loses(mainID, "/renewals", true)
				f := tc.f
				f.method, f.part = method, "/auto_renewal"
				w.meets(&f)
				w.lives(3 * day)
				first := len(f.at)
				if first < 2 {
					t.Fatalf("it was asked for %d times", first)
				}
				w.lives(3 * day)
				told := 0
				for _, e := range w.heard("alert delayed") {
					if strings.Contains(e.Text, "its auto-renewal could not be switched") {
						told++
					}
				}
				if days := int(w.now().Sub(f.at[0]) / day); told < days-1 || told > days+1 {
					t.Errorf("it was announced %d times in %d days", told, days)
				}
				if len(f.at) == first {
					t.Error("it is not asked for any more")
				}
				f.over = true
				w.lives(2 * day)
				want := method == http.MethodPut
				equal(t, "auto-renewal in the end", w.autoRenew("a.com"), want)
				equal(t, "seen to be on", w.row().Net.OnAt.IsZero(), false)
				equal(t, "seen to be as it was", w.row().Net.BackAt.IsZero(), want)
			})
		}
	}
}

// That it cannot be put back is said aloud after three weeks, and is left to people.
func TestSafetyNetIsNeverPutBack(t *testing.T) {
	w := newWorld(t, lapsing("+30d", `renewal = { takes = "50h" }`), renewAll)
	w.loses(mainID, "/renewals", true)
	f := w.meets(&fault{method: http.MethodDelete, part: "/auto_renewal", status: 403, message: "Permission Denied"})
	for range 40 {
		w.lives(day)
	}
	op := w.row()
	equal(t, "put back", op.Net.BackAt.IsZero(), false)
	equal(t, "charge", op.Charge != nil && *op.Charge == 1500, true)
	if n := len(f.at); n < 10 || n > netTries+1 {
		t.Errorf("it was asked for %d times", n)
	}
	told := w.heard("alert safety-net")
	equal(t, "alerts", len(told), 2) // that it is switched on, and that it stays so
	holds(t, told[len(told)-1].Text, "could not be switched off again")
}

// What auto-renewal was is written down before anything is sent: a process that ends
// between the two, or an answer that is lost, forgets nothing.
func TestSafetyNetSurvivesACrash(t *testing.T) {
	for _, tc := range []struct {
		name    string
		obeyed  bool
		crashes bool
	}{{"before it is sent", false, true}, {"after it was obeyed", true, true}, {"the answer is lost", true, false}} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, lapsing("+30d", `renewal = { takes = "50h" }`), renewAll)
			w.loses(mainID, "/renewals", true)
			w.scan()
			died := false
			w.meets(&fault{method: http.MethodPut, part: "/auto_renewal", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
				if died {
					return next(), nil
				}
				died = true
				op := w.row() // it stands in the ledger already
				equal(t, "written before", op.Net != nil && !op.Net.Was && op.Net.OnAt.IsZero(), true)
				if tc.obeyed {
					next().Body.Close()
				}
				if tc.crashes {
					panic("killed")
				}
				return nil, http.ErrHandlerTimeout
			}})
			func() {
				defer func() {
					if v := recover(); v == nil && tc.crashes {
						t.Error("it did not end")
					}
				}()
				w.lives(30 * time.Hour)
			}()
			if tc.crashes {
				w.restarts()
			}
			w.lives(3 * day)
			op := w.row()
			equal(t, "state", op.State, portfolio.StateDone)
			equal(t, "as it was", w.autoRenew("a.com"), false)
			equal(t, "put back", op.Net.BackAt.IsZero(), false)
			n, total := w.charged()
			equal(t, "charges", n, 1)
			equal(t, "charged", total, 1500)
			switches := map[bool]int{true: 1, false: 2}[tc.obeyed]
			equal(t, "switched on", w.count(switchesA), switches)
			equal(t, "switched back", w.count(switchesBackA), 1)
		})
	}
}
