package executor

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
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

// crasher counts the points of one life, and dies at one of them. Who is dead
// commits nothing more and sends nothing more, whoever recovers the panic.
type crasher struct {
	at crashPoint // the zero value: never

	mu       sync.Mutex
	dead     *crashed
	commits  int
	requests int
}

// pass runs what a point surrounds.
func (c *crasher) pass(where string, count *int, do func()) {
	c.mu.Lock()
	*count++
	here := crashPoint{where: where, k: *count}
	c.mu.Unlock()
	c.dieAt(here)
	do()
	here.after = true
	c.dieAt(here)
}

func (c *crasher) dieAt(here crashPoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if here == c.at {
		c.dead = &crashed{here}
	}
	if c.dead != nil {
		panic(*c.dead)
	}
}

// died is where it died; nil while it lives.
func (c *crasher) died() *crashed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
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

// live lets a process live until it comes to rest, or dies. Like the daemon it first
// recovers, follows up, and makes up for the scan that it missed; then it scans
// every six hours, for longer than anything here takes.
// The panic may come in other words, where somebody recovered it meanwhile.
func (w *world) live(c *crasher) {
	defer func() {
		if r := recover(); r != nil && c.died() == nil {
			panic(r)
		}
	}()
	w.must(w.x.Recover(w.t.Context()))
	for range 7 {
		w.followUp()
		w.scan()
		if w.operator != nil {
			w.operator(w)
		}
		w.settle(6 * time.Hour)
	}
}

// crashCase is a world, and what must have come of it wherever its process died.
type crashCase struct {
	name, world, policy string
	domain              string
	charge              portfolio.Money // what it costs where it is bought; 0: a wish
	begin               func(w *world)  // what else there is, before the first life; nil: nothing
	// operator, where it is not nil, does something after each scan.
	operator func(w *world)
	// rest checks what else must be, once everything is at rest.
	rest func(w *world)
}

// run lives one life for each of the points, which ends there, and one more that
// does not end. A life that comes to rest without passing its point is the last. It
// gives the counters of the last life, and how many died.
func (tc crashCase) run(t *testing.T, points ...crashPoint) (w *world, c *crasher, deaths int) {
	t.Helper()
	w = newWorld(t, tc.world, tc.policy)
	if tc.begin != nil {
		tc.begin(w)
	}
	w.operator = tc.operator
	// An error is how a death may show, where a panic does not get through.
	w.fatal = func(error) {
		if dead := c.died(); dead != nil {
			panic(*dead)
		}
	}
	w.wrap = func(l Ledger) Ledger { return crashLedger{l, c} }
	w.fault = func(_ *http.Request, next func() *http.Response) (resp *http.Response, err error) {
		c.pass("request", &c.requests, func() { resp = next() }) //nolint:bodyclose // the client closes it
		return resp, nil
	}
	for _, p := range append(points, crashPoint{}) {
		c = &crasher{at: p}
		w.stop()
		w.start()
		w.live(c)
		died := c.died()
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
		for call, n := range posts {
			if strings.HasPrefix(call, http.MethodPost) { // auto-renewal may be switched on besides
				sent += n
			}
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
		{name: "announced push", world: stranger, policy: ample, domain: "gift.com", begin: func(w *world) { w.expects(7 * day) }, rest: func(w *world) {
			w.fault = nil
			equal(w.t, "owner", w.ownerOf(70), mainID)
			equal(w.t, "announcements", w.waiting(), 0)
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
		t.Run(tc.name, tc.everywhere)
	}
}

// everywhere lets the process die before and after each commit and each request.
func (tc crashCase) everywhere(t *testing.T) {
	w, whole, _ := tc.run(t)
	tc.check(t, w)
	for where, n := range map[string]int{"commit": whole.commits, "request": whole.requests} {
		if n < 5 {
			t.Fatalf("only %d points: %s", n, where)
		}
		for k := 1; k <= min(n, lastPoint); k += pointsEach {
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
