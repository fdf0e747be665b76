package executor

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"domaind/internal/portfolio"
)

// explained checks that every decision of a plan is explained as it was assessed: it
// belongs to every plan of these tests.
func (w *world) explained(decisions, assessed []portfolio.Decision) {
	w.t.Helper()
	if w.fault != nil {
		return // it may hit whoever asks first
	}
	before := len(w.changes())
	for i, want := range assessed {
		got, checks, err := w.x.Explain(w.t.Context(), decisions[:i], decisions[i], time.Time{})
		if err != nil {
			w.t.Fatal(err)
		}
		// Its price may be asked for again.
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(portfolio.Decision{}, "PriceAt")); diff != "" {
			w.t.Errorf("-assessed +explained\n%s", diff)
		}
		stopped := slices.IndexFunc(checks, func(c Check) bool { return !c.Passed })
		stops := got.Verdict == portfolio.VerdictBlocked || got.Verdict == portfolio.VerdictWait // to ask first is no stop
		switch guarded := stops && got.Verdict != decisions[i].Verdict; {
		case guarded != (stopped >= 0):
			w.t.Errorf("%s (%s), and the guards say %+v", got.Verdict, got.Reason, checks)
		case guarded && guardOf(got.Code) != checks[stopped].Guard:
			w.t.Errorf("%s is stopped by %q, and the guards say %+v", got.Reason, got.Code, checks)
		}
		for _, c := range checks {
			if c.Guard == "" || c.Saw == "" || c.Passed && c.Until != nil {
				w.t.Errorf("a guard says %+v", c)
			}
		}
		if got.Do == "" && len(checks) > 0 {
			w.t.Errorf("nothing is to be done, and guards were asked: %+v", checks)
		}
	}
	if after := len(w.changes()); after != before {
		w.t.Errorf("to explain sends %d requests that change something", after-before)
	}
}

// trailed is what the guards say of a domain, in words.
func (w *world) trailed(name string, at time.Time) []string {
	w.t.Helper()
	decisions := w.decide()
	i := slices.IndexFunc(decisions, func(d portfolio.Decision) bool { _, _, n := d.Resource.Ident(); return n == name })
	_, checks, err := w.x.Explain(w.t.Context(), decisions[:i], decisions[i], at)
	if err != nil {
		w.t.Fatal(err)
	}
	var said []string
	for _, c := range checks {
		mark := "+"
		if !c.Passed {
			mark = "-"
		}
		until := ""
		if c.Until != nil {
			until = " until " + c.Until.Format(time.RFC3339)
		}
		said = append(said, mark+c.Guard+": "+c.Saw+until)
	}
	return said
}

func TestTrail(t *testing.T) {
	const limits = `max_per_purchase = "1000.00"
max_per_day = "40.00"
max_per_month = "900.00"
max_purchases_per_day = 7
`
	policy := strings.Replace(renewAll, strings.TrimPrefix(ample, "\n[spending]\n"), limits, 1) + `max_price = "20.00"`
	w := newWorld(t, soon, policy)
	passed := []string{
		"+pauses: nothing is paused that it needs",
		"+under way: nothing is under way that has to end first",
		"+earlier attempts: it was not tried before",
		"+leaving: its authorization code was not sent",
		"+bought lately: nothing was bought for it through domaind",
		"+auto-renewal: DNSimple's own auto-renewal is off",
		"+tld: .com can be renewed by hand",
		"+price: 15.00, asked now",
		"+max_price: 15.00 of 20.00 are allowed by renew-all",
		"+max_price_increase: nothing was paid for it through domaind that it could be compared with",
		"+answers: nobody need be asked, and nobody denied it",
		"+max_per_purchase: it costs 15.00 of at most 1000.00",
		"+max_purchases_per_day: 0 of 7 are used on 2026-11-21, and this is one more",
		"+max_per_day: 0.00 of 40.00 are used on 2026-11-21, and it costs 15.00",
		"+max_per_month: 0.00 of 900.00 are used in 2026-11, and it costs 15.00",
	}
	if diff := cmp.Diff(passed, w.trailed("a.com", time.Time{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	w.scan()
	w.expect(1, 1500, renewsA)
	w.settle(time.Hour)
}

// TestTrailStops: the guard that stops a decision comes last, and says until when.
func TestTrailStops(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.on("POST", "/renewals", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		return w.answer(req, http.StatusBadRequest, `{"message":"no"}`), nil
	})
	w.scan()
	w.fault = nil
	said := w.trailed("a.com", time.Time{})
	holds(t, said[len(said)-1], "-earlier attempts: ")
	holds(t, said[len(said)-1], " until 2026-11-21T13:00:0")
	// An hour later nothing stops it.
	later := w.trailed("a.com", w.now().Add(2*time.Hour))
	holds(t, strings.Join(later, "\n"), "+earlier attempts: attempt 1 ")
	holds(t, strings.Join(later, "\n"), "+price: 15.00, as DNSimple said 2h ago")
}

// TestTrailOfCeilings: every ceiling is told of, and the first that does not hold is the
// one that stops it; what a plan buys before counts.
func TestTrailOfCeilings(t *testing.T) {
	two := soon + strings.NewReplacer("a.com", "b.com", "= 7", "= 8", "+10d", "+11d").Replace(soon)
	w := newWorld(t, two, strings.NewReplacer(`max_per_day = "10000.00"`, `max_per_day = "29.99"`, `max_per_month = "10000.00"`, `max_per_month = "20.00"`).Replace(renewAll))
	w.assess()
	said := strings.Join(w.trailed("b.com", time.Time{}), "\n")
	holds(t, said, "-max_per_day: 15.00 of 29.99 are used on 2026-11-21, and it costs 15.00 until 2026-11-22T00:00:00Z")
	holds(t, said, "-max_per_month: 15.00 of 20.00 are used in 2026-11, and it costs 15.00 until 2026-12-01T00:00:00Z")
}

// TestTrailAtAMoment: DNSimple's turn comes, at a moment that is not now.
func TestTrailAtAMoment(t *testing.T) {
	w := newWorld(t, strings.Replace(soon, "+10d", "+30d", 1)+"auto_renew = true", renewAll)
	holds(t, strings.Join(w.trailed("a.com", time.Time{}), "\n"), "+auto-renewal: DNSimple's own auto-renewal is on: its turn comes on 2026-12-07, 14d before it expires")
	said := w.trailed("a.com", began.Add(25*day))
	holds(t, said[len(said)-1], "-auto-renewal: it expires on 2026-12-21")
	holds(t, said[len(said)-1], " until 2026-12-21T12:00:00Z")
}
