package executor

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/events"
	"domaind/internal/portfolio"
)

// fits says what is wrong with an event by the catalogue: every kind is there, and
// has its level, or another one that its text names.
func fits(e portfolio.Event) error {
	entries := events.Catalogue()
	i := slices.IndexFunc(entries, func(c events.Entry) bool { return c.About == e.About && c.What == e.What })
	if i < 0 {
		return fmt.Errorf("the catalogue has no event %s %s", e.About, e.What)
	}
	entry := entries[i]
	if e.Level == entry.Level || strings.Contains(entry.Text, "the rule chooses the level") ||
		regexp.MustCompile(`(?i)\b`+string(e.Level)+`\b`).MatchString(entry.Text) {
		return nil
	}
	return fmt.Errorf("%s %s has the level %s, and by the catalogue %s: %s", e.About, e.What, e.Level, entry.Level, entry.Text)
}

// What the executor can tell, and of domains the sweep, is in the catalogue, and the other
// way round. That each
// event has its level is held of everything that any test's world tells.
func TestCatalogueHasWhatIsTold(t *testing.T) {
	can := map[string]string{
		portfolio.AboutDomain:    "would-act held let-lapse watched vendor-turn-late uncovered expiring blocked alert added removed changed",
		portfolio.AboutPush:      "announced announcement-ended seen unproven held would-act blocked alert",
		portfolio.AboutChange:    "seen held would-act blocked alert",
		portfolio.AboutOperation: "asked approved denied withdrawn reserved armed pending done failed unknown delayed waiting released safety-net leaving charged price-differs",
		portfolio.AboutAccount:   "paused resumed",
	}
	for about, whats := range can {
		for what := range strings.FieldsSeq(whats) {
			if !events.Known(about, what) {
				t.Errorf("the catalogue has no event %s %s", about, what)
			}
		}
	}
	for _, e := range events.Catalogue() {
		if whats, ok := can[e.About]; ok && !slices.Contains(strings.Fields(whats), e.What) {
			t.Errorf("nothing tells %s %s", e.About, e.What)
		}
	}
	for _, e := range []portfolio.Event{
		{About: portfolio.AboutDomain, What: "exploded", Level: portfolio.LevelAlert},
		{About: portfolio.AboutOperation, What: "unknown", Level: portfolio.LevelInfo},
	} {
		if fits(e) == nil {
			t.Errorf("it fits: %+v", e)
		}
	}
}

// whats are the events of a world, each as often as it was told: "alert blocked".
func (w *world) whats() string {
	told := make(map[string]int)
	for _, e := range w.told {
		told[string(e.Level)+" "+e.What]++
	}
	var out []string
	for what, n := range told {
		out = append(out, fmt.Sprintf("%s %d", what, n))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// An operation that does not come forward is announced, once.
func TestDelayIsToldOnceForAnOperation(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.offset = time.Hour
	w.scan()
	equal(t, "at once", w.whats(), "alert delayed 1, alert expiring 1, info reserved 1, info waiting 1")
	for range 4 {
		w.settle(5 * time.Hour)
		w.scan()
	}
	// The domain is near its end, and its owner hears daily that it still waits.
	equal(t, "twenty hours later", w.whats(), "alert blocked 1, alert delayed 1, alert expiring 1, info reserved 1, info waiting 25")
	for range 3 {
		w.settle(5 * time.Hour)
		w.scan()
	}
	// It was given up, and the next attempt does not come forward either.
	equal(t, "a day later", w.whats(), "alert blocked 2, alert delayed 2, alert expiring 1, alert failed 1, info reserved 2, info waiting 44")
}

// Nobody is alarmed by a reservation that is not needed any more.
func TestReleaseIsANotice(t *testing.T) {
	w := interrupted(t)
	w.told = nil
	w.cfg.Policy = parseConfig(t, ample).Policy
	w.settle(2 * time.Hour)
	w.released("the policy wants something else now")
	equal(t, "told", w.whats(), "notice released 1")
}

// The account was announced as paused: its domains need not be, one by one, but for
// those that have come to a warning distance.
func TestDomainsOfAPausedAccount(t *testing.T) {
	w := newWorld(t, several, renewAll)
	decisions := w.decide()
	w.must(w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)))
	w.mustExecute(t.Context(), decisions)
	var about []string
	for _, e := range w.told {
		if e.AccountID == mainID {
			about = append(about, e.About+" "+e.What)
		}
	}
	equal(t, "told", strings.Join(about, ", "), "account paused, domain expiring, domain expiring, domain expiring")
	w.expect(1, 1500, renewsB)
}

// That nobody speaks of a domain is told while it is registered, and again when it
// lapsed: that is another matter.
func TestUncoveredAndLapsed(t *testing.T) {
	w := newWorld(t, strings.Replace(soon, "+10d", "+2d", 1), ample)
	w.scan()
	equal(t, "registered", w.whats(), "alert expiring 1, alert uncovered 1")
	w.clock.pass(day)
	w.scan()
	equal(t, "a day later", w.whats(), "alert expiring 2, alert uncovered 1")
	w.clock.pass(2 * day)
	w.scan()
	w.scan()
	equal(t, "lapsed", w.whats(), "alert expiring 2, alert uncovered 2")
	holds(t, w.told[len(w.told)-1].Text, "it lapsed")
}

// A rule that is tried out covers nothing.
func TestTrialCoversNothing(t *testing.T) {
	w := newWorld(t, soon, renewAll+"mode = \"dry-run\"\n")
	w.scan()
	w.scan()
	equal(t, "told", w.whats(), "alert expiring 1, alert uncovered 1, notice would-act 1")
	holds(t, w.heard("alert uncovered")[0].Text, "only a rule in dry-run speaks of it")
}

// A new process tries a paused account once, as soon as it may: its operator may
// have mended the token.
func TestReadyOnceInAProcess(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	ready := func(what string, want bool) {
		t.Helper()
		got, err := w.x.Ready(mainID)
		w.must(err)
		equal(t, what, got, want)
	}
	ready("at first", true)
	w.must(w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)))
	ready("just refused", false)
	w.stop()
	w.start()
	ready("a new process", true)
	ready("the same process", false)
	w.must(w.x.Report(mainID, failing(portfolio.OutcomeUnauthorized)))
	w.clock.pass(probeEvery - time.Second)
	ready("too soon", false)
	w.clock.pass(time.Second)
	ready("in time", true)
	equal(t, "announced", len(w.heard("alert paused")), 1)
}

// Nobody but the proof uses a source's token: that it is refused is told there, once.
func TestRefusedTokenOfASource(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	refused := true
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if refused && req.Header.Get("Authorization") == "Bearer token-studio" {
			return w.answer(req, 401, `{"message":"Authentication failed"}`), nil
		}
		return next(), nil
	}
	for range 3 {
		w.scan()
		w.clock.pass(time.Hour)
	}
	paused := w.heard("alert paused")
	equal(t, "announced", len(paused), 1)
	equal(t, "account", paused[0].AccountID, studioID)
	pauses, err := w.store.Pauses()
	w.must(err)
	if len(pauses) != 1 || pauses[0].AccountID != studioID {
		t.Errorf("paused: %+v", pauses)
	}
	w.expect(0, 0)
	refused = false
	w.scan()
	equal(t, "resumed", len(w.heard("notice resumed")), 1)
	w.expect(0, 0, accepts5)
}

// Nor does it keep in silence that the domain lapsed.
func TestTrialCoversNothingThatLapsed(t *testing.T) {
	w := newWorld(t, strings.Replace(soon, "+10d", "+2d", 1), renewAll+"mode = \"dry-run\"\n")
	w.scan()
	w.clock.pass(3 * day)
	w.scan()
	w.scan()
	equal(t, "told", w.whats(), "alert expiring 1, alert uncovered 2, notice would-act 1")
	holds(t, w.told[len(w.told)-1].Text, "it lapsed")
}
