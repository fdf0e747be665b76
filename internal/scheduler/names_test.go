package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
)

// TestNamesAreLookedAtDaily: each once a day at most, whatever is restarted meanwhile;
// what was seen is known all day, and to whoever only plans.
func TestNamesAreLookedAtDaily(t *testing.T) {
	world := &registry{free: map[string]bool{"free.com": true, "odd.com": true}, owned: map[string]bool{"ours.com": true}, unlisted: map[string]bool{"odd.com": true}}
	m := &memory{}
	u := setup{one: world.lister(), memory: m, policy: watching("free.com", "taken.com", "ours.com", "odd.com")}
	s := u.make()
	all := []string{"free.com act", "taken.com none taken", "ours.com none ours", "odd.com act"}
	same(t, "at first", verdicts(look1(t, s, now)), all...)
	same(t, "asked", world.took(),
		"own free.com", "research free.com", "check free.com", // what research calls available is confirmed
		"own taken.com", "research taken.com",
		"own ours.com", // nobody need be asked whether that is free
		"own odd.com", "research odd.com", "check odd.com")
	for hour := range 23 {
		s = u.make() // a restart
		same(t, "later", verdicts(look1(t, s, now.Add(time.Duration(hour+1)*time.Hour))), all...)
	}
	same(t, "asked within the day", world.took())
	world.free["free.com"] = false
	same(t, "a day later", verdicts(look1(t, s, now.Add(24*time.Hour))), "free.com none taken", "taken.com none taken", "ours.com none ours", "odd.com act")
	if n := len(world.took()); n != 8 {
		t.Errorf("%d questions", n)
	}
}

// TestHostedNamesAreWatched: what the account only hosts, as after a registration that
// failed, is not registered through it.
func TestHostedNamesAreWatched(t *testing.T) {
	world := &registry{
		free: map[string]bool{"free.com": true}, owned: map[string]bool{"free.com": true, "taken.com": true},
		hosted: map[string]bool{"free.com": true, "taken.com": true},
	}
	s := setup{one: world.lister(), memory: &memory{}, policy: watching("free.com", "taken.com")}.make()
	same(t, "seen", verdicts(look1(t, s, now)), "free.com act", "taken.com none taken")
}

// TestAnAccountWithoutResearch: the call is tried once a day, nobody is told, and the
// check alone decides.
func TestAnAccountWithoutResearch(t *testing.T) {
	for name, no := range map[string]*portfolio.CallError{
		"forbidden": refusal(403, portfolio.OutcomeForbidden), "not found": refusal(404, portfolio.OutcomeNotFound),
		"not allowed": refusal(405, portfolio.OutcomeRejected), "not allowed, by a proxy": refusal(405, portfolio.OutcomeUnknown),
		"used up": refusal(429, portfolio.OutcomeRateLimited),
	} {
		t.Run(name, func(t *testing.T) {
			world := &registry{free: map[string]bool{"b.com": true}, noResearch: no}
			m := &memory{}
			u := setup{one: world.lister(), memory: m, policy: watching("a.com", "b.com")}
			r := look1(t, u.make(), now)
			same(t, "seen", verdicts(r), "a.com none taken", "b.com act")
			same(t, "asked", world.took(), "own a.com", "research a.com", "check a.com", "own b.com", "check b.com")
			if len(r.Problems) > 0 || len(m.events) > 0 {
				t.Errorf("problems %v, events %v", r.Problems, m.events)
			}
			u.policy = watching("c.com")
			look1(t, u.make(), now.Add(23*time.Hour))
			same(t, "asked after a restart", world.took(), "own c.com", "check c.com")
			u.policy = watching("d.com")
			look1(t, u.make(), now.Add(24*time.Hour))
			same(t, "asked a day later", world.took(), "own d.com", "research d.com", "check d.com")
		})
	}
}

// TestANameThatCannotBeResearched: the check decides.
func TestANameThatCannotBeResearched(t *testing.T) {
	world := &registry{free: map[string]bool{"a.com": true}, noResearch: refusal(400, portfolio.OutcomeRejected)}
	s := setup{one: world.lister(), policy: watching("a.com", "b.com")}.make()
	same(t, "seen", verdicts(look1(t, s, now)), "a.com act", "b.com none taken")
	same(t, "asked", world.took(), "own a.com", "research a.com", "check a.com", "own b.com", "research b.com", "check b.com")
}

// TestUnreadableNames: a name that cannot be looked at is a problem, is unknown, and
// is tried again; what is refused for itself only a day later. Where the account does
// not answer, its other names are left alone.
func TestUnreadableNames(t *testing.T) {
	down := func(name string) error {
		return &portfolio.CallError{Call: "read " + name, Outcome: portfolio.OutcomeUnknown, Status: 502, Message: "bad gateway"}
	}
	refused := &portfolio.CallError{Call: "check", Outcome: portfolio.OutcomeRejected, Status: 400, Message: "no such suffix"}
	limited := &portfolio.CallError{Call: "check", Outcome: portfolio.OutcomeRateLimited, Status: 429, Message: "quota exceeded"}
	denied := &portfolio.CallError{Call: "read", Outcome: portfolio.OutcomeUnauthorized, Status: 401, Message: "no"}
	for _, tt := range []struct {
		name     string
		errs     map[string]error
		asked    int // names in the first run
		problems []string
		later    []string // names asked about an hour later
		report   portfolio.Outcome
	}{
		{"one does not answer", map[string]error{"b.com": down("b.com")}, 4, []string{"read b.com"}, []string{"b.com"}, ""},
		{"the last does not answer", map[string]error{"d.com": down("d.com")}, 4, []string{"read d.com"}, []string{"d.com"}, portfolio.OutcomeUnknown},
		{"now and then", map[string]error{"a.com": down("a.com"), "c.com": down("c.com")}, 4, []string{"read a.com", "read c.com"}, []string{"a.com", "c.com"}, ""},
		{
			"nobody answers",
			map[string]error{"b.com": down("b.com"), "c.com": down("c.com")},
			3,
			[]string{"watch the names of account one (1): 502: bad gateway"},
			[]string{"d.com", "b.com", "c.com"},
			portfolio.OutcomeUnknown,
		},
		{"one is refused", map[string]error{"b.com": refused}, 4, []string{"no such suffix"}, nil, ""},
		{"no more questions", map[string]error{"c.com": limited}, 3, []string{"watch the names of account one (1): 429"}, []string{"c.com", "d.com"}, portfolio.OutcomeRateLimited},
		{"the token is refused", map[string]error{"a.com": denied}, 1, []string{"watch the names of account one (1): 401"}, []string{"a.com", "b.com", "c.com", "d.com"}, portfolio.OutcomeUnauthorized},
	} {
		t.Run(tt.name, func(t *testing.T) {
			world := &registry{errs: tt.errs, free: map[string]bool{"a.com": true, "b.com": true, "c.com": true, "d.com": true}}
			var reported []portfolio.Outcome
			u := setup{
				one: world.lister(), memory: &memory{}, policy: watching("a.com", "b.com", "c.com", "d.com"),
				executor: fakeExecutor{report: func(_ int64, err error) { reported = append(reported, outcome(err)) }},
			}
			r := look1(t, u.make(), now)
			if n := len(askedAbout(world.took())); n != tt.asked {
				t.Errorf("%d names were asked about, not %d", n, tt.asked)
			}
			if len(r.Problems) != len(tt.problems) {
				t.Fatalf("problems %v", r.Problems)
			}
			for i, p := range r.Problems {
				if !strings.Contains(p.Error(), tt.problems[i]) {
					t.Errorf("problem %q, want %q", p, tt.problems[i])
				}
			}
			if !slices.Equal(reported, []portfolio.Outcome{tt.report}) {
				t.Errorf("reported %q", reported)
			}
			for _, d := range r.Decisions {
				f, _ := d.Resource.(portfolio.NameFacts)
				if tt.errs[f.Name] != nil && (f.Status != portfolio.NameUnknown || d.Verdict != portfolio.VerdictNone) {
					t.Errorf("%s is %s: %s", f.Name, f.Status, d.Verdict)
				}
			}
			world.errs = nil
			look1(t, u.make(), now.Add(30*time.Minute))
			asked := askedAbout(world.took())
			for _, name := range asked {
				if outcome(tt.errs[name]) == portfolio.OutcomeUnknown {
					t.Errorf("%s is asked about again at once", name)
				}
			}
			look1(t, u.make(), now.Add(time.Hour))
			for _, name := range askedAbout(world.took()) {
				if !slices.Contains(asked, name) {
					asked = append(asked, name)
				}
			}
			same(t, "an hour later", asked, tt.later...)
		})
	}
}

// TestNobodyIsAskedForNothing: an account without names that are due is not asked, and
// nothing is reported of its token.
func TestNobodyIsAskedForNothing(t *testing.T) {
	world := &registry{}
	reports, readies := 0, 0
	u := setup{one: world.lister(), two: world.lister(), memory: &memory{}, policy: watching("a.com"), executor: fakeExecutor{
		report: func(int64, error) { reports++ }, ready: func(int64) bool { readies++; return true },
	}}
	look1(t, u.make(), now)
	if reports != 1 || readies != 1 {
		t.Errorf("%d reports, %d times ready", reports, readies)
	}
	look1(t, u.make(), now.Add(time.Hour))
	if reports != 1 || readies != 1 {
		t.Errorf("an hour later %d reports, %d times ready", reports, readies)
	}
	u.executor.ready = func(int64) bool { return false }
	r := look1(t, u.make(), now.Add(48*time.Hour))
	if len(r.Problems) != 1 || !errors.Is(r.Problems[0], ErrPaused) || reports != 1 {
		t.Errorf("a paused account: %v, %d reports", r.Problems, reports)
	}
	same(t, "what was seen is known still", verdicts(r), "a.com none taken")
	same(t, "but not for ever", verdicts(look1(t, u.make(), now.Add(49*time.Hour))), "a.com none unseen")
}

// TestNamesOverTheDay: many names are spread over the runs of a day, and each has its
// turn in it.
func TestNamesOverTheDay(t *testing.T) {
	hourly, err := cron.ParseStandard("@hourly")
	if err != nil {
		t.Fatal(err)
	}
	daily, err := cron.ParseStandard("@daily")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name           string
		schedule       cron.Schedule
		names, runs    int
		first, longest int
	}{
		{"a thousand", hourly, 1000, 24, 42, 42},
		{"few", hourly, 20, 24, 20, 20},
		{"some", hourly, 30, 24, 20, 20},
		{"once a day", daily, 300, 1, 300, 300},
		{"all the time", cron.Every(time.Second), 100, 24, 20, 20},
		{"hardly ever", never, 100, 1, 100, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names []string
			for i := range tt.names {
				names = append(names, fmt.Sprintf("n%d.com", i))
			}
			world := &registry{}
			u := setup{one: world.lister(), memory: &memory{}, policy: watching(names...), schedules: Schedules{Names: tt.schedule}}
			for day := range 2 {
				asked := map[string]int{}
				for run := range tt.runs {
					look1(t, u.make(), now.AddDate(0, 0, day).Add(time.Duration(run)*time.Hour))
					took := askedAbout(world.took())
					if day == 0 && run == 0 && len(took) != tt.first || len(took) > tt.longest {
						t.Errorf("run %d of day %d asks about %d names", run, day, len(took))
					}
					for _, name := range took {
						asked[name]++
					}
				}
				if len(asked) != tt.names {
					t.Errorf("on day %d %d names had their turn", day, len(asked))
				}
				for name, n := range asked {
					if n != 1 {
						t.Errorf("%s was asked about %d times", name, n)
					}
				}
			}
		})
	}
}

// TestNoNameStarves: names that cannot be looked at do not keep the others from their
// turn.
func TestNoNameStarves(t *testing.T) {
	var names []string
	world := &registry{errs: map[string]error{}}
	for i := range 60 {
		names = append(names, fmt.Sprintf("n%d.com", i))
		if i < 40 && i%2 == 0 {
			world.errs[names[i]] = refusal(502, portfolio.OutcomeUnknown)
		}
	}
	hourly, err := cron.ParseStandard("@hourly")
	if err != nil {
		t.Fatal(err)
	}
	u := setup{one: world.lister(), memory: &memory{}, policy: watching(names...), schedules: Schedules{Names: hourly}}
	for run := range 5 {
		look1(t, u.make(), now.Add(time.Duration(run)*time.Hour))
	}
	if got := askedAbout(world.took()); len(got) != len(names) {
		t.Errorf("%d of %d names had their turn", len(got), len(names))
	}
}

// TestNamesAreTold: that a name is free is told once for each time; what is done about
// it is the executor's.
func TestNamesAreTold(t *testing.T) {
	world := &registry{free: map[string]bool{"xn--bcher-kva.com": true}}
	m := &memory{}
	var executed []string
	u := setup{one: world.lister(), memory: m, policy: watching("xn--bcher-kva.com", "b.com"), executor: fakeExecutor{
		execute: func(_ context.Context, decisions []portfolio.Decision) error {
			executed = append(executed, verdicts(Reading{Decisions: decisions})...)
			for _, d := range decisions {
				if f, _ := d.Resource.(portfolio.NameFacts); f.Name == "xn--bcher-kva.com" && f.UnicodeName != "bücher.com" {
					t.Errorf("people write %q", f.UnicodeName)
				}
			}
			return nil
		},
	}}
	s := u.make()
	for _, at := range []time.Time{now, now.Add(time.Hour), now.AddDate(0, 0, 1)} {
		if err := s.scanNames(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	if len(executed) != 6 || executed[0] != "xn--bcher-kva.com act" || executed[1] != "b.com none taken" {
		t.Errorf("executed %q", executed)
	}
	onces := map[string]int{}
	for _, e := range m.events {
		onces[e.Once]++
		if e.What != "free" || e.About != portfolio.AboutName || e.Level != portfolio.LevelNotice || e.Subject != "xn--bcher-kva.com" || e.Repeat != 0 {
			t.Errorf("told %+v", e)
		}
	}
	if len(onces) != 1 || onces["name-free|1|xn--bcher-kva.com|2026-03-01"] != 3 {
		t.Errorf("told under %v", onces)
	}
}

// TestOneNameIsLookedAt: one name is decided about as among all, and asked for where it is
// due alone.
func TestOneNameIsLookedAt(t *testing.T) {
	world := &registry{free: map[string]bool{"free.com": true}}
	s := setup{one: world.lister(), memory: &memory{}, policy: watching("free.com", "taken.com")}.make()
	name := func(name string, at time.Time) []string {
		r, err := s.Name(t.Context(), name, at)
		if err != nil {
			t.Fatal(err)
		}
		return verdicts(r)
	}
	same(t, "one", name("free.com", now), "free.com act")
	same(t, "asked", world.took(), "own free.com", "research free.com", "check free.com")
	same(t, "again", name("free.com", now.Add(time.Hour)), "free.com act")
	same(t, "asked again", world.took())
	same(t, "nobody's", name("other.com", now))
	same(t, "all", verdicts(look1(t, s, now.Add(time.Hour))), "free.com act", "taken.com none taken")
	same(t, "asked for all", world.took(), "own taken.com", "research taken.com")
}
