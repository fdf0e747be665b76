package scheduler

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

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

func (forgetful) Commit(portfolio.Change) error { return nil }

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
