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
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// watching is a policy of two accounts, the first of which is to register names.
func watching(names ...string) *rules.Policy {
	p := *policy
	r := rules.Rule{Name: "catch", On: portfolio.KindName, Do: portfolio.ActionRegister, Match: rules.Conditions{Accounts: []int64{1}}}
	for _, name := range names {
		pattern, err := rules.NewPattern(name)
		if err != nil {
			panic(err)
		}
		r.Match.Names = append(r.Match.Names, pattern)
	}
	p.Rules = []rules.Rule{r}
	return &p
}

// registry is what DNSimple says of names, and what it was asked.
type registry struct {
	free, owned, unlisted map[string]bool         // unlisted: research does not know of it
	errs                  map[string]error        // by name, of every call
	noResearch            *portfolio.CallError    // of every name
	asked                 []string                // "own a.com", "research a.com", "check a.com"
	on                    func(what, name string) // called with every question
}

func (r *registry) say(what, name string) error {
	r.asked = append(r.asked, what+" "+name)
	if r.on != nil {
		r.on(what, name)
	}
	return r.errs[name]
}

func (r *registry) lister() fakeLister {
	return fakeLister{
		named: func(name string) (portfolio.Domain, error) {
			if err := r.say("own", name); err != nil || r.owned[name] {
				return portfolio.Domain{Name: name}, err
			}
			return portfolio.Domain{}, &portfolio.CallError{Call: "read " + name, Outcome: portfolio.OutcomeNotFound, Status: 404}
		},
		research: func(name string) (portfolio.Availability, error) {
			switch err := r.say("research", name); {
			case r.noResearch != nil:
				return "", r.noResearch
			case err != nil:
				return "", err
			case r.unlisted[name]:
				return portfolio.AvailabilityUnknown, nil
			case r.free[name]:
				return portfolio.AvailabilityAvailable, nil
			}
			return portfolio.AvailabilityUnavailable, nil
		},
		check: func(name string) (bool, error) { return r.free[name], r.say("check", name) },
	}
}

// took gives what was asked since it was asked last.
func (r *registry) took() []string {
	asked := r.asked
	r.asked = nil
	return asked
}

func refusal(status int, outcome portfolio.Outcome) *portfolio.CallError {
	return &portfolio.CallError{Call: "research (account 1)", Outcome: outcome, Status: status, Message: "no"}
}

// verdicts are the decisions of a reading, in short: "a.com act", "b.com none taken".
func verdicts(r Reading) []string {
	var out []string
	for _, d := range r.Decisions {
		_, _, name := d.Resource.Ident()
		s := name + " " + string(d.Verdict)
		if d.Verdict == portfolio.VerdictNone {
			s += " " + d.Code
		}
		out = append(out, s)
	}
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func look1(t *testing.T, s *Scheduler, at time.Time) Reading {
	t.Helper()
	r, err := s.Names(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

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

// TestFreeSince: the day on which a name was first seen free stays while it is free, and
// is forgotten when it is not, or when nobody looked for long.
func TestFreeSince(t *testing.T) {
	world := &registry{free: map[string]bool{"a.com": true}, owned: map[string]bool{}}
	m := &memory{}
	u := setup{one: world.lister(), memory: m, policy: watching("a.com")}
	first := now
	steps := []struct {
		days        int
		free, owned bool
		since       int // days after the first; -1: not free
		told        int // events that it is taken
	}{
		{0, true, false, 0, 0},
		{1, true, false, 0, 0},
		{6, true, false, 0, 0},
		{13, true, false, 0, 0},
		{14, false, false, -1, 1},
		{15, false, false, -1, 1},
		{16, true, false, 16, 1},
		{17, false, true, -1, 1}, // it is ours: the ledger tells
		{18, true, false, 18, 1},
		{26, true, false, 26, 1},
		{20, true, false, 20, 1}, // the clock was ahead
	}
	for _, step := range steps {
		world.free["a.com"], world.owned["a.com"] = step.free, step.owned
		at := first.AddDate(0, 0, step.days)
		s := u.make()
		r := look1(t, s, at)
		f, _ := r.Decisions[0].Resource.(portfolio.NameFacts)
		var want time.Time
		if step.since >= 0 {
			want = first.Truncate(24*time.Hour).AddDate(0, 0, step.since)
		}
		if !f.FreeSince.Equal(want) || !f.CheckedAt.Equal(at) || (f.Status == portfolio.NameFree) != (step.since >= 0) {
			t.Errorf("day %d: %s since %s, looked at %s", step.days, f.Status, f.FreeSince, f.CheckedAt)
		}
		if told := m.told("taken"); len(told) != step.told {
			t.Errorf("day %d: told %q", step.days, told)
		}
	}
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

// askedAbout are the names that were asked about, each once.
func askedAbout(asked []string) []string {
	var names []string
	for _, q := range asked {
		if _, name, _ := strings.Cut(q, " "); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
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

// TestWhoOnlyPlansRemembers: where nothing is written down, a name is not asked about
// again and again either; and what was written down since counts.
func TestWhoOnlyPlansRemembers(t *testing.T) {
	world := &registry{free: map[string]bool{"a.com": true}, noResearch: refusal(403, portfolio.OutcomeForbidden)}
	m := &memory{}
	u := setup{one: world.lister(), memory: m, policy: watching("a.com")}
	planner := u.make()
	planner.Progress = forgetful{m}
	same(t, "planned", verdicts(look1(t, planner, now)), "a.com act")
	same(t, "planned again", verdicts(look1(t, planner, now.Add(time.Hour))), "a.com act")
	same(t, "asked", world.took(), "own a.com", "research a.com", "check a.com")
	world.free["a.com"] = false
	same(t, "by the job", verdicts(look1(t, u.make(), now.Add(2*time.Hour))), "a.com none taken")
	same(t, "planned at last", verdicts(look1(t, planner, now.Add(3*time.Hour))), "a.com none taken")
	if len(m.last) == 0 {
		t.Error("the job wrote nothing down")
	}
}

// forgetful writes nothing down.
type forgetful struct{ *memory }

func (forgetful) RecordRun(string, time.Time) error { return nil }
func (forgetful) Commit(portfolio.Change) error     { return nil }

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

// TestBrokenMemoryEndsTheLooking: where nothing can be remembered, nobody is asked on.
func TestBrokenMemoryEndsTheLooking(t *testing.T) {
	for _, key := range []string{"name|1|a.com", "free|1|a.com", "research|1"} {
		world := &registry{free: map[string]bool{"a.com": true}}
		if key == "research|1" {
			world.noResearch = refusal(403, portfolio.OutcomeForbidden)
		}
		s := setup{one: world.lister(), policy: watching("a.com", "b.com")}.make()
		s.Progress = full{new(memory), key}
		if _, err := s.Names(t.Context(), now); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", key, err)
		}
		if about := askedAbout(world.took()); len(about) != 1 {
			t.Errorf("%s: it asked about %v", key, about)
		}
	}
	s := setup{policy: watching("a.com")}.make()
	s.Progress = unreadable{new(memory)}
	if _, err := s.Names(t.Context(), now); !errors.Is(err, errDisk) {
		t.Errorf("unreadable: %v", err)
	}
}

var errDisk = errors.New("the disk is full")

// full cannot write one key.
type full struct {
	*memory
	key string
}

func (f full) RecordRun(key string, at time.Time) error {
	if key == f.key {
		return errDisk
	}
	return f.memory.RecordRun(key, at)
}

type unreadable struct{ *memory }

func (unreadable) LastRun(string) (time.Time, error) { return time.Time{}, errDisk }

// TestAnEndWhileLooking: what the end cuts short is neither a problem nor remembered.
func TestAnEndWhileLooking(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	world := &registry{errs: map[string]error{"b.com": context.Canceled}, on: func(_, name string) {
		if name == "b.com" {
			cancel()
		}
	}}
	m := &memory{}
	u := setup{one: world.lister(), memory: m, policy: watching("a.com", "b.com", "c.com")}
	r, err := u.make().Names(ctx, now)
	if !errors.Is(err, context.Canceled) || len(r.Problems) > 0 {
		t.Errorf("%v, %v", r.Problems, err)
	}
	same(t, "asked", askedAbout(world.took()), "a.com", "b.com")
	world.errs, world.on = nil, nil
	look1(t, u.make(), now.Add(time.Minute))
	same(t, "asked after the restart", askedAbout(world.took()), "b.com", "c.com")
}

// TestPropertiesOfNames: whatever the registry says, and whenever somebody looks or
// restarts, no name is seen more than once a day, none is called free that the check
// did not call so in its last look, and one that is free all the time has one day since
// which it is.
func TestPropertiesOfNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []string{"a.com", "b.com", "c.com"}
		world := &registry{free: map[string]bool{}, owned: map[string]bool{}, unlisted: map[string]bool{}, errs: map[string]error{}}
		u := setup{one: world.lister(), memory: &memory{}, policy: watching(all...)}
		s := u.make()
		at := now
		seen := map[string]time.Time{}  // when it was last asked with success
		free := map[string]bool{}       // what the last check said
		since := map[string]time.Time{} // of the names that are free
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			at = at.Add(time.Duration(rapid.IntRange(1, 40*60).Draw(t, "minutes")) * time.Minute)
			for _, name := range all {
				world.free[name], world.owned[name] = rapid.Bool().Draw(t, "free"), rapid.IntRange(0, 5).Draw(t, "owned") == 0
				world.unlisted[name] = rapid.Bool().Draw(t, "unlisted")
				world.errs[name] = rapid.SampledFrom([]error{nil, nil, nil, refusal(502, portfolio.OutcomeUnknown), refusal(400, portfolio.OutcomeRejected)}).Draw(t, "err")
			}
			if rapid.Bool().Draw(t, "restart") {
				s = u.make()
			}
			r, err := s.Names(context.Background(), at) //nolint:usetesting // rapid's T has no context
			if err != nil {
				t.Fatal(err)
			}
			asked := world.took()
			for _, name := range askedAbout(asked) {
				if last, ok := seen[name]; ok && at.Sub(last) < lookEvery {
					t.Fatalf("%s is looked at again after %s", name, at.Sub(last))
				}
				if world.errs[name] == nil {
					seen[name] = at
					free[name] = slices.Contains(asked, "check "+name) && world.free[name]
				} else {
					free[name] = false
				}
			}
			for _, d := range r.Decisions {
				f, _ := d.Resource.(portfolio.NameFacts)
				free[f.Name] = free[f.Name] && at.Sub(seen[f.Name]) <= believedFor
				if f.Status == portfolio.NameFree != free[f.Name] || (d.Verdict == portfolio.VerdictAct) != free[f.Name] {
					t.Fatalf("%s is %s, and %s: the last check said free: %v", f.Name, f.Status, d.Verdict, free[f.Name])
				}
				if f.Status == portfolio.NameFree {
					if before, ok := since[f.Name]; ok && before.After(f.FreeSince) || f.FreeSince.After(at) {
						t.Fatalf("%s is free since %s, and was since %s", f.Name, f.FreeSince, before)
					}
					since[f.Name] = f.FreeSince
				}
			}
		}
	})
}

// TestAnEndWhileRemembering: wherever the process ends between two writes, the name is
// looked at again, and what is then known is what is so.
func TestAnEndWhileRemembering(t *testing.T) {
	steps := []struct {
		free, owned bool
		want        string
		since       int // days after the first; -1: not free
	}{{false, false, "taken", -1}, {true, false, "act", 1}, {false, false, "taken", -1}, {false, true, "ours", -1}, {true, false, "act", 4}, {true, false, "act", 4}}
	for left := 1; ; left++ {
		world := &registry{free: map[string]bool{}, owned: map[string]bool{}}
		m := &memory{}
		short := &ending{memory: m, left: left}
		u := setup{one: world.lister(), memory: m, policy: watching("a.com")}
		for day, step := range steps {
			world.free["a.com"], world.owned["a.com"] = step.free, step.owned
			at := now.AddDate(0, 0, day)
			s := u.make()
			s.Progress = short
			r, err := s.Names(t.Context(), at)
			if err != nil { // it ended; the next one begins a minute later
				r = look1(t, u.make(), at.Add(time.Minute))
			}
			f, _ := r.Decisions[0].Resource.(portfolio.NameFacts)
			if v := verdicts(r)[0]; !strings.HasSuffix(v, step.want) {
				t.Errorf("an end after %d writes, day %d: %s", left, day, v)
			}
			if want := now.Truncate(24*time.Hour).AddDate(0, 0, step.since); step.since >= 0 && !f.FreeSince.Equal(want) {
				t.Errorf("an end after %d writes, day %d: free since %s", left, day, f.FreeSince)
			}
		}
		told := map[string]bool{}
		for _, e := range m.events {
			told[e.Once] = true
		}
		if len(told) != 1 || !told["name-taken|1|a.com|2026-03-02"] {
			t.Errorf("an end after %d writes: told %v", left, told)
		}
		if short.left > 0 {
			return // it never came to that
		}
	}
}

// ending writes so often, and then fails once.
type ending struct {
	*memory
	left int
}

func (e *ending) RecordRun(key string, at time.Time) error {
	if e.left--; e.left == 0 {
		return errDisk
	}
	return e.memory.RecordRun(key, at)
}

func (e *ending) Commit(c portfolio.Change) error {
	if e.left--; e.left == 0 {
		return errDisk
	}
	return e.memory.Commit(c)
}
