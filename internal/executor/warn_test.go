package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

const holdA = "[[rule]]\nname = \"keep\"\non = \"domain\"\nmatch = { name = \"a.com\" }\ndo = \"hold\"\nreason = \"being sold\"\n"

// warned are the expiry warnings of a domain.
func (w *world) warned(name string) []portfolio.Event {
	var out []portfolio.Event
	for _, e := range w.told {
		if e.What == "expiring" && e.Subject == name {
			out = append(out, e)
		}
	}
	return out
}

// A domain that comes near its expiration is announced whatever the reason: the text
// names the cause, the day of loss, and the command that helps.
func TestWarnings(t *testing.T) {
	limit := func(key, value string) string {
		_, rest, _ := strings.Cut(renewAll, key+" = ")
		old, _, _ := strings.Cut(rest, "\n")
		return strings.Replace(renewAll, key+" = "+old, fmt.Sprintf("%s = %q", key, value), 1)
	}
	reload := "; then: domaind reload"
	for _, tc := range []struct {
		name          string
		more, policy  string // of the domain a.com, and beside it
		before        func(w *world)
		cause, helps  string
		notice, twice bool // its level; it is scanned once more
	}{
		{name: "no rule", policy: ample, cause: "no rule speaks of it", helps: "write a rule that does" + reload},
		{name: "dry-run", policy: renewAll + `mode = "dry-run"`, cause: "renew-all is in dry-run", helps: `set its mode, or the one above it, to "act"` + reload},
		{name: "max_per_purchase", policy: limit("max_per_purchase", "14.99"), cause: "blocked by max_per_purchase: it costs 15.00", helps: "raise max_per_purchase" + reload},
		{name: "max_per_day", policy: limit("max_per_day", "14.99"), cause: "blocked by max_per_day: it costs 15.00", helps: "raise max_per_day" + reload},
		{name: "max_per_month", policy: limit("max_per_month", "14.99"), cause: "blocked by max_per_month: it costs 15.00", helps: "raise max_per_month" + reload},
		{
			name: "max_purchases_per_day", policy: strings.Replace(renewAll, "[spending]", "[spending]\nmax_purchases_per_day = 1", 1),
			more:  "[[domain]]\naccount = \"desk\"\nname = \"first.com\"\nexpires = \"+2d\"\n",
			cause: "blocked by max_purchases_per_day", helps: "raise max_purchases_per_day" + reload,
		},
		{name: "max_price", policy: renewAll + `max_price = "14.99"`, cause: "the max_price of renew-all is 14.99", helps: "raise max_price" + reload},
		{
			name: "unknown", before: func(w *world) { w.loses(mainID, "/renewals", false) },
			cause: "nobody knows whether it was bought", helps: "then: domaind resolve OP --done, or --not-bought",
		},
		{
			name: "unknown for long", before: func(w *world) { w.loses(mainID, "/renewals", false); w.scan(); w.told = nil; w.clock.pass(4 * day) },
			cause: "nobody knows whether it was bought", helps: "then: domaind resolve OP --done, or --not-bought",
		},
		{name: "paused by hand", before: func(w *world) { w.must(w.x.Pause(mainID, "ada", "a migration")) }, cause: "paused by ada: a migration", helps: "domaind resume 1010"},
		{name: "all paused by hand", before: func(w *world) { w.must(w.x.Pause(0, "ada", "a migration")) }, cause: "paused by ada: a migration", helps: "it goes on with: domaind resume"},
		{
			name: "refused payment", before: func(w *world) { w.meets(&fault{method: http.MethodPost, status: 402, message: "unpaid invoices"}) },
			cause: "unpaid invoices", helps: "",
		},
		{
			name: "paused for a refused payment", twice: true, more: "[[domain]]\nid = 9\naccount = \"main\"\nname = \"first.com\"\nexpires = \"+2d\"\n",
			before: func(w *world) { w.meets(&fault{method: http.MethodPost, status: 402, message: "unpaid invoices"}) },
			cause:  "purchases are paused by daemon: 402: unpaid invoices", helps: "domaind resume 1010",
		},
		{
			name: "an old copy", before: func(w *world) {
				w.must(w.store.Commit(portfolio.Change{Pauses: []portfolio.Pause{{Scope: portfolio.PauseRestored, By: "daemon", Since: w.now(), Reason: "it is behind"}}}))
			}, cause: "it is behind", helps: "domaind resume --after-restore",
		},
		{name: "held", policy: renewAll + holdA, cause: "keep holds it (being sold)", helps: "change or end that rule" + reload},
		{name: "vendor's turn", more: "auto_renew = true\n", notice: true, cause: "it is the turn of DNSimple's own auto-renewal", helps: "whether DNSimple can charge"},
		{
			name: "vendor's turn, late", more: "auto_renew = true\nauto_renewal = { before = \"1h\" }\n", before: func(w *world) { w.clock.pass(4 * day) },
			cause: "it is the turn of DNSimple's own auto-renewal", helps: "whether DNSimple can charge",
		},
		{
			name: "under way", more: "renewal = { takes = \"20d\" }\n", before: func(w *world) { w.scan(); w.clock.pass(4 * day) },
			cause: "is pending", helps: "domaind ledger --name a.com",
		},
		{
			name: "failed lately", before: func(w *world) { w.meets(&fault{method: http.MethodPost, status: 400, message: "The domain is locked"}) },
			cause: "The domain is locked", helps: "domaind ledger --name a.com",
		},
		{name: "clock", before: func(w *world) { w.offset = time.Hour }, cause: "off DNSimple's", helps: "domaind ledger --name a.com"},
		{
			name: "no connection", before: func(w *world) { w.meets(&fault{part: "/prices", status: 502}) },
			cause: "its price could not be read", helps: "once it is mended, then: domaind scan a.com",
		},
		{name: "its turn comes later", policy: strings.Replace(renewAll, "45d", "5d", 1), notice: true, cause: "renew-all", helps: "to renew it sooner, let a rule say so"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			policy := tc.policy
			if policy == "" {
				policy = renewAll
			}
			w := newWorld(t, soon+tc.more, policy)
			if tc.before != nil {
				tc.before(w)
			}
			w.scan()
			if tc.twice {
				w.scan()
			}
			told := w.warned("a.com")
			if len(told) != 1 {
				t.Fatalf("it was warned of %d times: %s", len(told), w.whats())
			}
			e := told[0]
			level := portfolio.LevelAlert
			if tc.notice {
				level = portfolio.LevelNotice
			}
			equal(t, "level", e.Level, level)
			helps := strings.Replace(tc.helps, "OP", fmt.Sprint(e.Data["op"]), 1)
			holds(t, e.Text, "lost after 2026-12-01")
			holds(t, e.Text, tc.cause)
			holds(t, e.Text, helps)
			holds(t, fmt.Sprint(e.Data["cause"]), tc.cause)
			holds(t, fmt.Sprint(e.Data["helps"]), helps)
			w.scan()
			equal(t, "told again at the same distance", len(w.warned("a.com")), 1)
		})
	}
}

// What the scheduler decides about domains that could not be read, or with a clock that
// is off, is warned of alike.
func TestWarningsOfWhatIsNotRead(t *testing.T) {
	for code, helps := range map[string]string{
		portfolio.CodeUnread: "renew a.com at DNSimple by hand",
		portfolio.CodeClock:  "once it is mended, then: domaind scan a.com",
	} {
		w := newWorld(t, soon, renewAll)
		decisions := w.decide()
		decisions[0] = guarded(decisions[0], portfolio.VerdictBlocked, code, "the account could not be read since Tuesday")
		for range 3 {
			w.mustExecute(t.Context(), decisions)
		}
		w.expect(0, 0)
		told := w.warned("a.com")
		equal(t, "warned", len(told), 1)
		equal(t, "level", told[0].Level, portfolio.LevelAlert)
		holds(t, told[0].Text, "could not be read since Tuesday")
		holds(t, told[0].Text, helps)
		equal(t, "told beside it", w.whats(), "alert expiring 1")
	}
}

// A domain is warned of once at each distance, and no more once it is renewed, has
// lapsed, or is left to lapse.
func TestWarningDistances(t *testing.T) {
	const letLapse = "[[rule]]\nname = \"drop\"\non = \"domain\"\ndo = \"let-lapse\"\nreason = \"not needed\"\n"
	for _, tc := range []struct {
		name, policy string
		then         func(w *world) // eight days before its end
		distances    string
	}{
		{"held", renewAll + holdA, nil, "30d 14d 7d 3d 1d"},
		{"no rule", ample, nil, "30d 14d 7d 3d 1d"},
		{"distances of its own", "[alerts]\nbefore_expiry = [\"20d\", \"2d\"]\n" + ample, nil, "20d 2d"},
		{"left to lapse", ample + letLapse, nil, ""},
		{"left to lapse later", ample, func(w *world) { w.cfg.Policy = parseConfig(w.t, ample+letLapse).Policy }, "30d 14d"},
		{"renewed", renewAll + holdA, func(w *world) { w.cfg.Policy = parseConfig(w.t, renewAll).Policy }, "30d 14d"},
		{"renewed by somebody", renewAll + holdA, func(w *world) {
			w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
		}, "30d 14d"},
		{"renewed at once", renewAll, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, lapsing("+35d", ""), tc.policy)
			for i := range 40 {
				if i == 27 && tc.then != nil {
					tc.then(w)
				}
				w.scan()
				w.settle(12 * time.Hour)
				w.scan()
				w.settle(12 * time.Hour)
			}
			var got []string
			for _, e := range w.warned("a.com") {
				got = append(got, fmt.Sprint(e.Data["before"]))
				if !e.At.Before(began.Add(35 * day)) {
					t.Errorf("warned %s, when it had lapsed", e.At)
				}
			}
			equal(t, "distances", strings.Join(got, " "), tc.distances)
		})
	}
}
