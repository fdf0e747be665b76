package scheduler

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// TestScanOfAWatchedName: it is looked at now, whenever it was last, and what the policy
// says is done about it alone.
func TestScanOfAWatchedName(t *testing.T) {
	world := &registry{owned: map[string]bool{"ours.com": true}, errs: map[string]error{}}
	m := &memory{}
	var executed []string
	u := setup{
		one: world.lister(), memory: m, policy: watching("wanted.com", "other.com", "ours.com", "odd.com"), now: func() time.Time { return now },
		executor: fakeExecutor{execute: func(_ context.Context, d []portfolio.Decision) error {
			executed = append(executed, verdicts(Reading{Decisions: d})...)
			return nil
		}},
	}
	s := u.make()
	look1(t, s, now)
	world.took()
	world.free = map[string]bool{"wanted.com": true}
	r, err := s.Scan(t.Context(), "wanted.com")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "decided", verdicts(r), "wanted.com act")
	same(t, "done", executed, "wanted.com act")
	same(t, "asked", world.took(), "own wanted.com", "own wanted.com", "research wanted.com", "check wanted.com")
	if len(m.events) != 1 || m.events[0].What != "free" || m.events[0].Subject != "wanted.com" {
		t.Errorf("told %+v", m.events)
	}
	look1(t, u.make(), now)
	same(t, "asked again by the job", world.took())

	r, err = s.Scan(t.Context(), "ours.com")
	if got := verdicts(r); err != nil || len(got) != 2 || got[1] != "ours.com none ours" {
		t.Errorf("what is ours: %q, %v", got, err)
	}
	if _, err := s.Scan(t.Context(), "nobodys.com"); !errors.Is(err, ErrNoDomain) {
		t.Errorf("what nobody watches: %v", err)
	}
	world.errs["odd.com"] = &portfolio.CallError{Call: "read odd.com", Outcome: portfolio.OutcomeUnknown, Status: 502, Message: "bad gateway"}
	r, err = s.Scan(t.Context(), "odd.com")
	if err != nil || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Error(), "read odd.com") {
		t.Errorf("what cannot be read: %+v, %v", r, err)
	}
	same(t, "decided blindly", verdicts(r), "odd.com none unseen")
}
