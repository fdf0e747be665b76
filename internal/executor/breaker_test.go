package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// ownDomains are n domains of an account: a.com, c.com, d.com, …, in order of expiration.
func ownDomains(account string, names ...string) string {
	var b strings.Builder
	for i, name := range names {
		fmt.Fprintf(&b, "[[domain]]\naccount = %q\nname = %q\nexpires = \"+%dd\"\n", account, name, 10+i)
	}
	return b.String()
}

// only scans as if there were but some domains.
func (w *world) only(names ...string) {
	w.t.Helper()
	var chosen []portfolio.Decision
	for _, d := range w.decide() {
		_, _, name := d.Resource.Ident()
		for _, n := range names {
			if n == name {
				chosen = append(chosen, d)
			}
		}
	}
	w.mustExecute(w.t.Context(), chosen)
}

// loses lets the answers to the purchases of some domains of an account be lost.
func (w *world) loses(account int64, part string, obeyed bool) *fault {
	return w.meets(&fault{account: account, method: http.MethodPost, part: part, lost: true, obeyed: obeyed})
}

// Two purchases of an account that become unknown within an hour stop its purchases,
// and not those of another; two that are farther apart do not, nor one of each.
func TestBreaker(t *testing.T) {
	for _, tc := range []struct {
		name    string
		apart   time.Duration
		happens bool // the first of them did, and is settled by evidence
		restart bool // of the process, between them
		other   bool // the second is another account's
		stops   bool
	}{
		{name: "at once", stops: true},
		{name: "within an hour", apart: 59 * time.Minute, stops: true},
		{name: "later", apart: 61 * time.Minute},
		{name: "the first is settled", apart: 30 * time.Minute, happens: true, stops: true},
		{name: "a restart between them", apart: 30 * time.Minute, restart: true, stops: true},
		{name: "settled, and a restart", apart: 30 * time.Minute, happens: true, restart: true, stops: true},
		{name: "of two accounts", apart: time.Minute, other: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, ownDomains("main", "a.com", "c.com", "d.com")+ownDomains("desk", "b.com", "e.com"), renewAll)
			w.loses(0, "/c.com/renewals", false)
			w.loses(0, "/b.com/renewals", false)
			w.loses(0, "/a.com/renewals", tc.happens)
			w.only("a.com")
			equal(t, "one alone", w.scopes(), "")
			w.settle(tc.apart)
			equal(t, "the first", w.last("a.com").State, map[bool]portfolio.OperationState{true: portfolio.StateDone, false: portfolio.StateUnknown}[tc.happens && tc.apart > 0])
			if tc.restart {
				w.restarts()
			}
			second := map[bool]string{true: "b.com", false: "c.com"}[tc.other]
			w.only(second)
			equal(t, "the second", w.last(second).State, portfolio.StateUnknown)
			w.only("d.com", "e.com")
			equal(t, "the other account went on", w.last("e.com").State, portfolio.StateDone)
			if !tc.stops {
				equal(t, "paused", w.scopes(), "")
				equal(t, "went on", w.last("d.com").State, portfolio.StateDone)
				return
			}
			equal(t, "paused", w.scopes(), "1010 breaker")
			equal(t, "held back", len(w.of("d.com")), 0)
			equal(t, "verdict", w.assess()["d.com"].Code, codePaused)
			told := w.heard("alert paused")
			equal(t, "announced", len(told), 1)
			holds(t, told[0].Text, "of 2 purchases within an hour nobody knows what became of them")
			if tc.restart {
				return
			}
			w.restarts()
			w.only("d.com")
			equal(t, "held back after a restart", len(w.of("d.com")), 0)
		})
	}
}

// Two purchases that a crash leaves behind, armed, trip it as well.
func TestBreakerAfterACrash(t *testing.T) {
	for _, both := range []bool{true, false} {
		w := newWorld(t, mains2+neighbour, renewAll)
		for i, account := range []int64{mainID, map[bool]int64{true: mainID, false: deskID}[both]} {
			row := fresh(portfolio.OpRenew)
			row.AccountID, row.SubjectID, row.DomainID, row.Name = account, []int64{7, 9}[i], []int64{7, 9}[i], []string{"a.com", "c.com"}[i]
			row.Key = portfolio.OperationKey(account, row.Kind, row.SubjectID, row.Occasion, 1)
			op, err := w.x.reserve(row)
			w.must(err)
			_, _, err = w.x.step(op, clearing(row.Kind, w.now()))
			w.must(err)
		}
		w.clock.pass(3 * time.Hour)
		w.restarts()
		equal(t, "rows", summary(w.rows()), "renew a.com unknown; renew c.com unknown")
		equal(t, "paused", w.scopes(), map[bool]string{true: "1010 breaker", false: ""}[both])
	}
}

// While it is shut one purchase goes at growing distance. A clear answer opens it; one
// that nobody knows either prolongs it.
func TestBreakerIsTried(t *testing.T) {
	names := strings.Fields("a.com c.com d.com e.com f.com g.com h.com i.com j.com k.com l.com")
	for name, refusals := range map[string]int{"accepted": 0, "refused": 1} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ownDomains("main", names...)+neighbour, renewAll)
			f := w.loses(mainID, "/renewals", false)
			w.lives(20 * time.Hour)
			// Two at once, then a quarter of an hour, half an hour, 1, 2, 4 and 6 hours later.
			equal(t, "requests", len(f.at), 9)
			every(t, f.at[1:], 15*time.Minute, 30*time.Minute, time.Hour, 2*time.Hour, 4*time.Hour, 6*time.Hour)
			equal(t, "scope", w.pause().Scope, portfolio.PauseBreaker)
			equal(t, "probes", w.pause().Probes, 7)
			equal(t, "announced", len(w.heard("alert paused")), 1)
			equal(t, "the other account", w.last("b.com").State, portfolio.StateDone)
			f.over = true
			left := refusals
			var posts []time.Time
			w.meets(&fault{account: mainID, method: http.MethodPost, part: "/renewals", answer: func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				posts = append(posts, w.now())
				if left--; left >= 0 {
					return w.answer(req, 400, `{"message":"The domain is locked"}`), nil
				}
				return next(), nil
			}})
			w.lives(6*time.Hour + time.Minute)
			equal(t, "pauses", w.scopes(), "")
			equal(t, "resumed", len(w.heard("notice resumed")), 1)
			if len(posts) < 2 || posts[0].Sub(f.at[8]) < 6*time.Hour {
				t.Fatalf("sent %v, after %v", posts, f.at[8])
			}
			if wait := posts[1].Sub(posts[0]); wait > time.Minute {
				t.Errorf("the next one went %s later", wait)
			}
			for _, n := range names[9:] {
				equal(t, n, len(w.of(n)) > 0, true)
			}
			n, _ := w.charged()
			equal(t, "charges", n, 3-refusals)
		})
	}
}

// A purchase that tries the breaker and is not sent opens nothing.
func TestBreakerIsNotTriedByWhatWasNotSent(t *testing.T) {
	w := newWorld(t, ownDomains("main", "a.com", "c.com", "d.com"), renewAll)
	f := w.loses(mainID, "/renewals", false)
	w.scan()
	equal(t, "paused", w.scopes(), "1010 breaker")
	f.over = true
	for what, answer := range map[string]*fault{
		"no connection": {answer: func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, notSent() }},
		"limited":       {status: 429, message: "quota exceeded"},
	} {
		answer.account, answer.method = mainID, http.MethodPost
		f := w.meets(answer)
		w.lives(3 * time.Hour)
		equal(t, what, w.scopes(), "1010 breaker")
		f.over = true
	}
	w.lives(7 * time.Hour)
	equal(t, "pauses", w.scopes(), "")
	equal(t, "in the end", w.last("d.com").State, portfolio.StateDone)
	equal(t, "bought once", len(w.server.Charges()), 1)
}

// Nor does it pass what an operator has paused meanwhile.
func TestBreakerIsNotTriedWhilePausedByHand(t *testing.T) {
	w := newWorld(t, ownDomains("main", "a.com", "c.com", "d.com"), renewAll)
	f := w.loses(mainID, "/renewals", false)
	w.scan()
	f.over = true
	f = w.meets(&fault{account: mainID, method: http.MethodPost, status: 429, message: "quota exceeded"})
	w.lives(probeEvery + time.Second)
	op := w.last("d.com")
	equal(t, "it waits", op.State, portfolio.StateReserved)
	equal(t, "tries", op.Probes, portfolio.PauseBreaker)
	f.over = true
	w.must(w.x.Pause(mainID, "ada", "a migration"))
	w.lives(day / 2)
	equal(t, "state", w.last("d.com").State, portfolio.StateFailed)
	equal(t, "sent", w.last("d.com").Sent, 1)
	n, _ := w.charged()
	equal(t, "charges", n, 0)
}
