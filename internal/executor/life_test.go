package executor

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// mains2 are two domains of main, and neighbour's is one of desk.
const mains2 = `
[[domain]]
id = 7
account = "main"
name = "a.com"
expires = "+10d"
[[domain]]
id = 9
account = "main"
name = "c.com"
expires = "+12d"
`

const renewsC = "POST 1010/registrar/domains/c.com/renewals"

// fault is how requests of some kind are answered while it lasts.
type fault struct {
	account int64 // by whose token they are made; 0: any
	method  string
	part    string // of the path
	// answer is what comes of a request. Without it DNSimple answers status and message.
	answer  func(req *http.Request, next func() *http.Response) (*http.Response, error)
	status  int
	message string
	lost    bool // nothing comes back
	obeyed  bool // all the same it has its effect

	over bool
	at   []time.Time // when it met a request
}

// meets puts a fault before those that are there. It lasts until it is over.
func (w *world) meets(f *fault) *fault {
	before := w.fault
	token := map[int64]string{mainID: "token-main", deskID: "token-desk", studioID: "token-studio"}[f.account]
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		switch {
		case f.over || f.method != "" && req.Method != f.method || !strings.Contains(req.URL.Path, f.part),
			!strings.HasSuffix(req.Header.Get("Authorization"), token):
			if before != nil {
				return before(req, next)
			}
			return next(), nil
		}
		f.at = append(f.at, w.clock.Now())
		if f.obeyed {
			next().Body.Close()
		}
		switch {
		case f.lost:
			return nil, http.ErrHandlerTimeout
		case f.answer != nil:
			return f.answer(req, next)
		}
		return w.answer(req, f.status, fmt.Sprintf(`{"message":%q}`, f.message)), nil
	}
	return f
}

// lives lets the daemon live for a while: it follows up, and scans at once, every six
// hours, and when the executor wants it.
func (w *world) lives(d time.Duration) {
	w.t.Helper()
	until, scheduled := w.now().Add(d), w.now()
	var extra time.Time
	for range 100_000 {
		next := w.followUp()
		wanted, err := w.x.Wanted()
		w.must(err)
		if !wanted.IsZero() && (extra.IsZero() || wanted.Before(extra)) {
			extra = wanted
		}
		now := w.now()
		if !extra.IsZero() && !extra.After(now) || !scheduled.After(now) {
			if !scheduled.After(now) {
				scheduled = now.Add(6 * time.Hour)
			}
			extra = time.Time{}
			w.scanReady()
			continue
		}
		at := scheduled
		for _, t := range []time.Time{next, extra} {
			if !t.IsZero() && t.Before(at) {
				at = t
			}
		}
		if !at.Before(until) {
			w.clock.pass(until.Sub(now))
			return
		}
		w.clock.pass(at.Sub(now))
	}
	w.t.Fatal("it never comes to rest")
}

// scanReady is a scan that leaves alone, as the scheduler does, what may not be read.
func (w *world) scanReady() {
	w.t.Helper()
	w.unread = make(map[int64]bool)
	for _, a := range w.cfg.Accounts {
		ready, err := w.x.Ready(a.ID)
		w.must(err)
		if ready && !a.Source {
			_, err = w.clients[a.ID].Clock(w.t.Context())
			w.must(w.x.Report(a.ID, err))
		}
		w.unread[a.ID] = !ready || err != nil
	}
	w.scan()
	w.unread = nil
}

// restarts ends the process as a crash would, and begins another.
func (w *world) restarts() {
	w.t.Helper()
	w.stop()
	w.start()
	w.must(w.x.Recover(w.t.Context()))
}

// scopes are the pauses that there are: "1010 breaker, 1010 renew".
func (w *world) scopes() string {
	w.t.Helper()
	pauses, err := w.store.Pauses()
	w.must(err)
	out := make([]string, 0, len(pauses))
	for _, p := range pauses {
		out = append(out, fmt.Sprintf("%d %s", p.AccountID, p.Scope))
	}
	return strings.Join(out, ", ")
}

// pause is the only pause that there is.
func (w *world) pause() portfolio.Pause {
	w.t.Helper()
	pauses, err := w.store.Pauses()
	w.must(err)
	if len(pauses) != 1 {
		w.t.Fatalf("there are %d pauses: %+v", len(pauses), pauses)
	}
	return pauses[0]
}

// of are the rows of a domain, the oldest first.
func (w *world) of(name string) []portfolio.Operation {
	w.t.Helper()
	return slices.DeleteFunc(w.rows(), func(op portfolio.Operation) bool { return op.Name != name })
}

// last is the last row of a domain.
func (w *world) last(name string) portfolio.Operation {
	w.t.Helper()
	rows := w.of(name)
	if len(rows) == 0 {
		w.t.Fatalf("the ledger has no row of %s", name)
	}
	return rows[len(rows)-1]
}

// count is how often a request was made, as "POST 1010/…".
func (w *world) count(call string) int {
	n := 0
	for _, c := range w.changes() {
		if c == call {
			n++
		}
	}
	return n
}

// free says that no money is reserved, nor counts to today.
func (w *world) free() {
	w.t.Helper()
	today, reserved := w.spent()
	equal(w.t, "spent", today, portfolio.Tally{})
	equal(w.t, "reserved", reserved, portfolio.Tally{})
}

// every says that the moments lie one distance apart each, or little more.
func every(tb testing.TB, at []time.Time, distances ...time.Duration) {
	tb.Helper()
	for i := 1; i < len(at); i++ {
		want := distances[min(i, len(distances))-1]
		if got := at[i].Sub(at[i-1]); got < want || got > want+2*time.Minute {
			tb.Errorf("request %d came %s after the one before, not %s", i+1, got, want)
		}
	}
}
