package executor

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// jumps are how far a clock may be off, for a few hours each.
var jumps = []struct {
	name string
	by   []time.Duration
}{
	{"ten minutes ahead", []time.Duration{10 * time.Minute}},
	{"ten minutes behind", []time.Duration{-10 * time.Minute}},
	{"an hour ahead", []time.Duration{time.Hour}},
	{"an hour behind", []time.Duration{-time.Hour}},
	{"a year ahead", []time.Duration{366 * day}},
	{"a year behind", []time.Duration{-366 * day}},
	{"1970", []time.Duration{time.Unix(0, 0).Sub(began)}},
	{"forth and back", []time.Duration{366 * day, time.Unix(0, 0).Sub(began), 20 * day, -20 * day}},
}

// clockCase is a row in some state, as the clock begins to be wrong.
type clockCase struct {
	name, world, policy string
	before              func(w *world)
	state               portfolio.OperationState // of the first row
	restart             bool                     // while the clock is wrong
	last                portfolio.OperationState // of the last row, a day after the clock is right
	calls               int                      // requests that change something, in all
	charges             int
	far                 portfolio.OperationState // last, where the clock was a year ahead; "": the same
}

func clockCases() []clockCase {
	refusing := func(w *world) {
		f := w.meets(&fault{method: http.MethodPost, part: "/renewals", status: 400, message: "The domain is locked"})
		w.scan()
		f.over = true
	}
	return []clockCase{
		{name: "nothing yet", world: soon, policy: renewAll, last: portfolio.StateDone, calls: 1, charges: 1},
		{
			name: "reserved", world: soon, policy: renewAll, state: portfolio.StateReserved,
			before: func(w *world) { w.offset = time.Hour; w.scan(); w.offset = 0 }, last: portfolio.StateDone, calls: 1, charges: 1,
		},
		{
			name: "pending", world: lapsing("+20d", `renewal = { takes = "3h" }`), policy: renewAll, state: portfolio.StatePending,
			before: func(w *world) { w.scan() }, last: portfolio.StateDone, calls: 1, charges: 1,
		},
		{
			name: "pending for longer", world: lapsing("+20d", `renewal = { takes = "20h" }`), policy: renewAll, state: portfolio.StatePending,
			before: func(w *world) { w.scan() }, restart: true, last: portfolio.StateDone, calls: 1, charges: 1,
		},
		{
			name: "unknown, and it happened", world: lapsing("+20d", `renewal = { takes = "6h" }`), policy: renewAll, state: portfolio.StateUnknown,
			before: func(w *world) { w.loses(mainID, "/renewals", true).skip(w) }, last: portfolio.StateDone, calls: 1, charges: 1,
		},
		{ // its auto-renewal is switched on a day after it became unknown, by the right clock
			name: "unknown", world: lapsing("+40d", ""), policy: renewAll, state: portfolio.StateUnknown,
			before: func(w *world) { w.loses(mainID, "/renewals", false).skip(w) }, last: portfolio.StateUnknown, calls: 2,
		},
		{
			name: "armed, and a crash", world: lapsing("+40d", ""), policy: renewAll, state: portfolio.StateArmed,
			before: func(w *world) {
				op, err := w.x.reserve(must1(w.x.row(decisionOf(w))))
				w.must(err)
				c := clearing(op.Kind, w.now())
				c.expiresAt = op.ExpiresAt
				_, _, err = w.x.step(op, c)
				w.must(err)
			}, restart: true, last: portfolio.StateUnknown, calls: 1,
		},
		{name: "failed", world: soon, policy: renewAll, state: portfolio.StateFailed, before: refusing, last: portfolio.StateDone, calls: 2, charges: 1},
		{
			name: "paused for a refused payment", world: soon, policy: renewAll, state: portfolio.StateFailed,
			before: func(w *world) {
				f := w.meets(&fault{method: http.MethodPost, part: "/renewals", status: 402, message: "unpaid invoices"})
				w.scan()
				f.over = true
			}, restart: true, last: portfolio.StateDone, calls: 2, charges: 1,
		},
		{name: "done", world: soon, policy: renewAll, state: portfolio.StateDone, before: func(w *world) { w.scan() }, last: portfolio.StateDone, calls: 1, charges: 1},
		{
			name: "a wish that waits", world: change, policy: cancelAll, state: portfolio.StateReserved,
			before: func(w *world) {
				f := w.meets(&fault{method: http.MethodDelete, lost: true})
				w.scan()
				f.over = true
			}, last: portfolio.StateDone, calls: 2,
		},
		{
			name: "a wish under way", world: change + "cancel_takes = \"3h\"\n", policy: cancelAll, state: portfolio.StatePending,
			// By a clock that is a year ahead it was long given up, and it is said to have failed. It came true.
			before: func(w *world) { w.scan() }, last: portfolio.StateDone, far: portfolio.StateFailed, calls: 1,
		},
	}
}

// must1 is a value that comes with no error, or a panic.
func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestClockJumps: while the clock is wrong nothing is changed at DNSimple, whatever
// waits; and once it is right all goes on within a day, as if it had never been wrong.
func TestClockJumps(t *testing.T) {
	for _, tc := range clockCases() {
		for _, jump := range jumps {
			t.Run(tc.name+", "+jump.name, func(t *testing.T) {
				w := newWorld(t, tc.world, tc.policy)
				if tc.before != nil {
					tc.before(w)
					equal(t, "before", w.row().State, tc.state)
				}
				sent := len(w.changes())
				for i, by := range jump.by {
					w.offset = by
					if tc.restart && i == 0 {
						w.restarts()
					}
					w.lives(2 * time.Hour)
				}
				if got := w.changes(); len(got) != sent {
					t.Errorf("with a wrong clock it sent %v", got[sent:])
				}
				w.offset = 0
				if elapsed := w.now().Sub(began); elapsed > 10*time.Hour {
					t.Errorf("meanwhile %s have passed", elapsed)
				}
				w.lives(26 * time.Hour)
				rows := w.rows()
				last := rows[len(rows)-1]
				if tc.state == portfolio.StateDone {
					last = rows[0] // what a wrong clock began was released
				}
				want := tc.last
				if tc.far != "" && slices.Contains(jump.by, 366*day) {
					want = tc.far
				}
				equal(t, "in the end", last.State, want)
				equal(t, "requests", len(w.changes()), tc.calls)
				n, _ := w.charged()
				equal(t, "charges", n, tc.charges)
				_, reserved := w.spent()
				equal(t, "reserved", reserved, portfolio.Tally{})
				equal(t, "pauses", w.scopes(), "")
				if last.State == portfolio.StateDone && last.Kind.Purchase() {
					equal(t, "its charge is found", last.Charge != nil, true)
				}
			})
		}
	}
}

// The 180 days count from when it was bought, whatever a clock said when it was done.
func TestQuietPeriodOutlivesAWrongClock(t *testing.T) {
	for _, jump := range jumps {
		t.Run(jump.name, func(t *testing.T) {
			w := newWorld(t, lapsing("+10d", `renewal = { takes = "20h" }`), strings.Replace(renewAll, "45d", "320d", 1))
			w.scan()
			w.offset = jump.by[0]
			w.settle(day)
			equal(t, "state", w.row().State, portfolio.StateDone)
			w.offset = 0
			w.settle(60 * day)
			equal(t, "sixty days later", w.assess()["a.com"].Code, codeRecent)
			w.scan()
			w.expect(1, 1500, renewsA)
			w.clock.pass(quietPeriod - 59*day)
			equal(t, "in the end", w.assess()["a.com"].Verdict, portfolio.VerdictAct)
		})
	}
}
