package proof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// TestOlderCopyBuysNothing puts an older copy of the state in place of the one that knows
// of a purchase under way. The file beside it gives it away: nothing is bought until every
// domain was read twice, an hour apart, and by then DNSimple shows what was bought.
func TestOlderCopyBuysNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := scene{
		cfg: parseConfig(t, sixHourly+ample+renewAll), held: parseConfig(t, sixHourly+ample+renewAll+holdAll),
		portfolio: soon + `renewal = { takes = "40m" }`,
	}
	w, err := newWorld(t.Context(), s, path, 1)
	if err != nil {
		t.Fatal(err)
	}
	lives := func(until time.Duration) {
		t.Helper()
		if err := w.run(began.Add(until)); err != nil {
			t.Fatalf("%v\n%s", err, w.story())
		}
	}
	w.held = true
	lives(5 * time.Minute)
	older, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w.held = false
	lives(6*time.Hour + time.Minute) // the next scan buys
	if n := len(w.watch.posts); n != 1 {
		t.Fatalf("%d purchases were sent, not one\n%s", n, w.story())
	}
	w.restart()
	if err := os.WriteFile(path, older, 0o600); err != nil {
		t.Fatal(err)
	}
	// The ledger is as it was, and so is the count of events.
	w.watch.rows, w.watch.keys, w.watch.told, w.watch.fresh = map[string]portfolio.Operation{}, nil, nil, 0
	lives(6*time.Hour + 55*time.Minute)
	told := false
	for _, e := range w.watch.told {
		told = told || e.Level == portfolio.LevelAlert && strings.Contains(e.Text, "old copy")
	}
	if !told {
		t.Errorf("nobody heard of the older copy\n%s", w.story())
	}
	lives(2 * day)
	bought := 0
	for _, c := range w.server.Charges() {
		if w.watch.ours(c) {
			bought++
		}
	}
	if posts := w.watch.posts; bought != 1 || len(posts) != 1 {
		t.Errorf("%d purchases were charged, and %v were sent\n%s", bought, posts, w.story())
	}
	if pauses, err := w.p.store.Pauses(); err != nil || len(pauses) != 0 {
		t.Errorf("two days later there are still pauses: %v %v", pauses, err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
}
