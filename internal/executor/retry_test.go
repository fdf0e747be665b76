package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// What fails is tried again an hour later, then six, then a day, then daily: at its own
// time, without any scan, each attempt in a row of its own.
func TestRetriesAtTheirOwnTime(t *testing.T) {
	for name, f := range map[string]*fault{
		"refused":   {status: 400, message: "The domain is locked"},
		"not found": {status: 404, message: "Domain `a.com` not found"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, lapsing("+30d", ""), renewAll)
			f.method, f.part = http.MethodPost, "/renewals"
			w.meets(f)
			w.scan()
			w.settle(5 * day)
			every(t, f.at, time.Hour, 6*time.Hour, day)
			equal(t, "requests", len(f.at), 7) // 0h, 1h, 7h, 31h, 55h, 79h, 103h
			rows := w.rows()
			equal(t, "rows", len(rows), len(f.at))
			for i, op := range rows {
				equal(t, "attempt", op.Attempt, i+1)
				equal(t, "sent", op.Sent, 1)
				equal(t, "looked at again", op.NextAt.IsZero(), i < len(rows)-1)
			}
			equal(t, "alerts", len(w.heard("alert failed")), len(rows))
			w.restarts() // whose retry is remembered
			f.over = true
			w.settle(2 * day)
			equal(t, "in the end", w.last("a.com").State, portfolio.StateDone)
		})
	}
}

// Scans in between make no attempt sooner, and none twice.
func TestRetriesBesideScans(t *testing.T) {
	w := newWorld(t, lapsing("+30d", ""), renewAll)
	f := w.meets(&fault{method: http.MethodPost, part: "/renewals", status: 400, message: "The domain is locked"})
	for range 5 * 48 {
		w.scan()
		w.settle(30 * time.Minute)
	}
	every(t, f.at, time.Hour, 6*time.Hour, day)
	equal(t, "requests", len(f.at), 7)
}

// When the time for the next attempt has come the world may be another.
func TestRetryLooksAfresh(t *testing.T) {
	for _, tc := range []struct {
		name  string
		then  func(w *world) // what happens meanwhile
		rows  string         // three hours later
		calls int            // in all
	}{
		{"nothing", func(*world) {}, "renew a.com failed; renew a.com done", 2},
		{"a policy that wants it no more", func(w *world) { w.cfg.Policy = parseConfig(w.t, ample).Policy }, "renew a.com failed", 1},
		{"another rule", func(w *world) {
			w.cfg.Policy = parseConfig(w.t, strings.Replace(renewAll, "renew-all", "other", 1)).Policy
		}, "renew a.com failed; renew a.com done", 2},
		{"dry-run", func(w *world) { w.cfg.Policy = parseConfig(w.t, renewAll+"mode = \"dry-run\"\n").Policy }, "renew a.com failed", 1},
		{"a ceiling", func(w *world) { w.limits.Global.PerDay = money(1) }, "renew a.com failed", 1},
		{"the domain is gone", func(w *world) { w.meets(&fault{part: "/domains/7", status: 404, message: "Domain 7 not found"}) }, "renew a.com failed", 1},
		{"somebody renewed it", func(w *world) {
			w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
		}, "renew a.com failed", 1},
		{"auto-renewal is on", func(w *world) {
			w.by(http.MethodPut, "/v2/1010/registrar/domains/a.com/auto_renewal", "", http.StatusNoContent)
		}, "renew a.com failed", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, lapsing("+10d", `auto_renewal = { before = "1d" }`), renewAll)
			f := w.meets(&fault{method: http.MethodPost, part: "/renewals", status: 400, message: "The domain is locked"})
			w.scan()
			f.over = true
			tc.then(w)
			w.settle(3 * time.Hour)
			equal(t, "rows", summary(w.rows()), tc.rows)
			equal(t, "requests", len(w.changes()), tc.calls)
			if tc.calls == 1 {
				equal(t, "looked at again", w.row().NextAt.IsZero(), true) // by the scans alone
				_, reserved := w.spent()
				equal(t, "reserved", reserved, portfolio.Tally{})
			}
		})
	}
}

// A domain that cannot be read when its time has come is tried hourly until it can.
func TestRetryOfWhatCannotBeRead(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	f := w.meets(&fault{method: http.MethodPost, part: "/renewals", status: 400, message: "The domain is locked"})
	w.scan()
	f.over = true
	unread := w.meets(&fault{method: http.MethodGet, part: "/domains/7", status: 500})
	w.settle(10 * time.Hour)
	w.expect(0, 0, renewsA)
	if n := len(unread.at); n < 9 || n > 60 { // each read is tried a few times
		t.Errorf("it was read %d times in ten hours", n)
	}
	if wait := w.row().NextAt.Sub(w.now()); wait <= 0 || wait > retryReading {
		t.Errorf("it is read again in %s", wait)
	}
	unread.over = true
	w.settle(retryReading)
	w.expectRows(1, 1500, "renew a.com failed; renew a.com done", renewsA, renewsA)
}

// A failed attempt of a restore is tried again as one, and none comes after redemption.
func TestRetryOfRestores(t *testing.T) {
	w := newWorld(t, redemption, rescueAll)
	f := w.meets(&fault{method: http.MethodPost, part: "/restores", status: 400, message: "Registry says no"})
	w.scan()
	w.settle(10 * time.Hour)
	every(t, f.at, time.Hour, 6*time.Hour)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; restore a.com failed; restore a.com failed; restore a.com failed")
	f.over = true
	w.settle(2 * day)
	n, total := w.charged()
	equal(t, "charges", n, 1)
	equal(t, "charged", total, 9500)
	equal(t, "renewals", w.count(renewsA), 1)
}
