package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// crashed is what a crash panics with. Nothing but the driver may recover it.
type crashed struct{ point crashPoint }

// crashPoint is a place at which a process can die: before or after its k-th
// commit, or before or after the effect of its k-th request.
type crashPoint struct {
	where string // "commit" or "request"
	k     int    // from 1
	after bool
}

func (p crashPoint) String() string {
	when := "before"
	if p.after {
		when = "after"
	}
	return fmt.Sprintf("%s %s %d", when, p.where, p.k)
}

// crasher counts the points of one life, and dies at one of them.
type crasher struct {
	at       crashPoint // the zero value: never
	commits  int
	requests int
}

// pass runs what a point surrounds.
func (c *crasher) pass(where string, count *int, do func()) {
	*count++
	if here := (crashPoint{where: where, k: *count}); here == c.at {
		panic(crashed{here})
	}
	do()
	if here := (crashPoint{where: where, k: *count, after: true}); here == c.at {
		panic(crashed{here})
	}
}

// crashLedger is a ledger whose process dies around a commit.
type crashLedger struct {
	Ledger
	c *crasher
}

func (l crashLedger) Commit(change portfolio.Change) (err error) {
	l.c.pass("commit", &l.c.commits, func() { err = l.Ledger.Commit(change) })
	return err
}

func (l crashLedger) SetPause(p portfolio.Pause, events ...portfolio.Event) (err error) {
	l.c.pass("commit", &l.c.commits, func() { err = l.Ledger.SetPause(p, events...) })
	return err
}

func (l crashLedger) ClearPause(account int64, events ...portfolio.Event) (err error) {
	l.c.pass("commit", &l.c.commits, func() { err = l.Ledger.ClearPause(account, events...) })
	return err
}

// live lets a process live until it comes to rest, or dies. Like the daemon it first
// recovers, follows up, and makes up for the scan that it missed; then it scans
// every six hours, for longer than anything here takes.
func (w *world) live() (died *crashed) {
	defer func() {
		if r := recover(); r != nil {
			c, ok := r.(crashed)
			if !ok {
				panic(r)
			}
			died = &c
		}
	}()
	if err := w.x.Recover(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for range 7 {
		w.followUp()
		w.scan()
		w.settle(6 * time.Hour)
	}
	return nil
}

// crashCase is a world, and what must have come of it wherever its process died.
type crashCase struct {
	name, world, policy string
	domain              string
	charge              portfolio.Money // what it costs where it is bought; 0: a wish
	// rest checks what else must be, once everything is at rest.
	rest func(w *world)
}

// run lives one life for each of the points, which ends there, and one more that
// does not end. A life that comes to rest without passing its point is the last. It
// gives the counters of the last life, and how many died.
func (tc crashCase) run(t *testing.T, points ...crashPoint) (w *world, c *crasher, deaths int) {
	t.Helper()
	c = &crasher{}
	w = newWorld(t, tc.world, tc.policy)
	w.wrap = func(l Ledger) Ledger { return crashLedger{l, c} }
	w.fault = func(_ *http.Request, next func() *http.Response) (resp *http.Response, err error) {
		c.pass("request", &c.requests, func() { resp = next() }) //nolint:bodyclose // the client closes it
		return resp, nil
	}
	for _, p := range append(points, crashPoint{}) {
		*c = crasher{at: p}
		w.stop()
		w.start()
		died := w.live()
		if died == nil {
			break
		}
		if died.point != p {
			t.Fatalf("it was to die %s, and died %s", p, died.point)
		}
		deaths++
		w.clock.pass(5 * time.Second) // a restart takes a moment
	}
	return w, c, deaths
}

// check holds what must hold at rest, wherever the process died.
func (tc crashCase) check(t *testing.T, w *world) {
	t.Helper()
	rows := w.rows()
	posts := make(map[string]int)
	for _, c := range w.changes() {
		posts[c]++
	}
	var done, unknown, attempts int
	var booked portfolio.Money
	for _, op := range rows {
		switch op.State {
		case portfolio.StateDone:
			done++
			if op.Kind.Purchase() {
				booked += op.Price()
				equal(t, "its charge is found", op.Charge != nil, true)
			}
		case portfolio.StateFailed:
			equal(t, "money of a row that ended", op.Reserved, 0)
		case portfolio.StateUnknown:
			unknown++
			equal(t, "a person is asked for", op.Attention, true)
		default:
			t.Errorf("%s is left %s", op, op.State)
		}
		if op.Kind.Purchase() {
			attempts++
			if op.Sent > 1 {
				t.Errorf("%s was sent %d times", op, op.Sent)
			}
		}
	}
	if tc.charge > 0 {
		sent := 0
		for _, n := range posts {
			sent += n
		}
		if sent > attempts {
			t.Errorf("%d attempts sent %d requests: %v", attempts, sent, posts)
		}
		charges, taken := 0, portfolio.Money(0)
		for _, c := range w.server.Charges() {
			if c.Domain == tc.domain && c.By == sandbox.ByClient {
				charges, taken = charges+1, taken+portfolio.Money(c.Cents)
			}
		}
		if charges > 1 {
			t.Errorf("DNSimple charged %d times", charges)
		}
		equal(t, "the ledger", booked, taken)
		switch {
		case unknown == 0:
			equal(t, "bought, with nothing unknown", taken, tc.charge)
		case charges > 0:
			t.Errorf("it was bought, and is still unknown: %s", summary(rows))
		default:
			equal(t, "announced", len(w.heard("alert unknown")) > 0, true)
		}
		_, reserved := w.spent()
		equal(t, "reserved", reserved, portfolio.Tally{})
	} else {
		equal(t, "unknown wishes", unknown, 0)
		equal(t, "done", done, 1)
	}
	if tc.rest != nil {
		tc.rest(w)
	}
	if t.Failed() {
		for _, op := range rows {
			t.Logf("%s %s: %+v", op, op.State, op.History)
		}
		t.Logf("requests: %s", strings.Join(w.changes(), ", "))
	}
}

func crashCases() []crashCase {
	return []crashCase{
		{name: "renewal at once", world: soon, policy: renewAll, domain: "a.com", charge: 1500},
		{name: "slow renewal", world: soon + `renewal = { takes = "7h" }`, policy: renewAll, domain: "a.com", charge: 1500},
		{name: "restore after refusal", world: redemption, policy: rescueAll, domain: "a.com", charge: 9500, rest: func(w *world) {
			rows := w.rows()
			if last := rows[len(rows)-1]; last.Kind == portfolio.OpRestore && last.Follows != rows[len(rows)-2].Key && rows[len(rows)-2].Kind == portfolio.OpRenew {
				w.t.Errorf("%s follows %q", last, last.Follows)
			}
		}},
		{name: "push", world: pushed, policy: acceptFromStudio, domain: "gift.com", rest: func(w *world) {
			w.fault = nil
			equal(w.t, "owner", w.ownerOf(70), mainID)
		}},
	}
}

// lastPoint is the moment after which nothing is left but looking: a life's points
// beyond it are all alike.
const lastPoint = 32

// TestEveryCrash lets a process die at every point of its life, and holds what must
// hold once the next one has come to rest.
func TestEveryCrash(t *testing.T) {
	for _, tc := range crashCases() {
		t.Run(tc.name, func(t *testing.T) {
			w, whole, _ := tc.run(t)
			tc.check(t, w)
			commits, requests := whole.commits, whole.requests
			for where, n := range map[string]int{"commit": commits, "request": requests} {
				if n < 5 {
					t.Fatalf("only %d points: %s", n, where)
				}
				for k := 1; k <= min(n, lastPoint); k++ {
					for _, after := range []bool{false, true} {
						p := crashPoint{where, k, after}
						t.Run(p.String(), func(t *testing.T) {
							w, _, deaths := tc.run(t, p)
							equal(t, "deaths", deaths, 1)
							tc.check(t, w)
						})
					}
				}
			}
		})
	}
}

// TestCrashesOfTheNextLifeToo lets the process that recovers die as well, at each of
// its first points.
func TestCrashesOfTheNextLifeToo(t *testing.T) {
	for _, tc := range crashCases() {
		t.Run(tc.name, func(t *testing.T) {
			twice := 0
			for k := 1; k <= 4; k++ {
				for second := 1; second <= 4; second++ {
					for _, where := range []string{"commit", "request"} {
						points := []crashPoint{{"commit", k, true}, {where, second, second%2 == 0}}
						t.Run(fmt.Sprint(points), func(t *testing.T) {
							w, _, deaths := tc.run(t, points...)
							tc.check(t, w)
							if deaths == len(points) {
								twice++
							}
						})
					}
				}
			}
			if twice < 16 {
				t.Errorf("only %d times did both lives end", twice)
			}
		})
	}
}
