package scheduler

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// noon is when these tests begin.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// warned is the tests' policy, with a warning a week before.
func warned(t *testing.T) {
	t.Helper()
	before := policy.BeforeExpiry
	policy.BeforeExpiry = []rules.Distance{{Days: 7}}
	t.Cleanup(func() { policy.BeforeExpiry = before })
}

// near are domains of account 1, by the days to their expiration.
func near(days map[string]int) []portfolio.Domain {
	var all []portfolio.Domain
	for name, n := range days {
		all = append(all, portfolio.Domain{
			ID: int64(len(name)), AccountID: 1, Name: name, State: portfolio.DomainRegistered, ExpiresAt: noon.AddDate(0, 0, n),
		})
	}
	slices.SortFunc(all, compareExpiration)
	return all
}

// listing is a list of domains that a test may change, or let fail.
type listing struct {
	domains []portfolio.Domain
	date    time.Time
	err     error
}

func (l *listing) lister() fakeLister {
	return fakeLister{domains: func(context.Context, int) (page, error) {
		return page{Items: l.domains, Total: len(l.domains), Pages: 1, Date: l.date}, l.err
	}}
}

// TestUnreadAccountIsWarnedOf: who expires while the account cannot be read is told of
// as it was seen last, at its warning distance, and nothing is done.
func TestUnreadAccountIsWarnedOf(t *testing.T) {
	warned(t)
	now := noon
	list := &listing{domains: near(map[string]int{"a.com": 9, "long.com": 50})}
	var got []portfolio.Decision
	x := fakeExecutor{execute: func(_ context.Context, d []portfolio.Decision) error { got = d; return nil }}
	s := setup{one: list.lister(), executor: x, now: func() time.Time { return now }}.make()
	run := func() {
		t.Helper()
		got = nil
		if _, err := s.start(t.Context(), s.jobs[0]); err != nil {
			t.Fatal(err)
		}
	}
	run()
	list.err = &portfolio.CallError{Call: "list domains (account 1)", Outcome: portfolio.OutcomeNotSent, Message: "no route"}
	now = noon.AddDate(0, 0, 1)
	if run(); len(got) != 0 {
		t.Errorf("a day later: %v", names(got))
	}
	now = noon.AddDate(0, 0, 3)
	run()
	if len(got) != 1 || got[0].Verdict != portfolio.VerdictBlocked || got[0].Code != portfolio.CodeUnread || !strings.Contains(got[0].Reason, "2026-11-21") {
		t.Fatalf("at its warning distance: %+v", got)
	}
	// A clock that is wrong warns of nothing: each distance is told once.
	list.err, list.date = nil, noon
	if run(); len(got) != 0 {
		t.Errorf("by a wrong clock: %v", names(got))
	}
	list.err, list.date = &portfolio.CallError{Call: "list domains (account 1)", Outcome: portfolio.OutcomeNotSent, Message: "no route"}, time.Time{}
	now = noon.AddDate(0, 0, 10)
	if run(); len(got) != 0 {
		t.Errorf("past its expiration: %v", names(got))
	}
	list.err = nil
	if run(); len(got) != 2 || got[0].Code == portfolio.CodeUnread {
		t.Errorf("when it is read again: %+v", got)
	}
}

// TestOldCopySettles: a state that is an old copy buys again once every account was read
// twice, an hour apart, and nothing has moved between.
func TestOldCopySettles(t *testing.T) {
	now := noon
	list := &listing{domains: near(map[string]int{"a.com": 9, "bb.com": 20})}
	m := &memory{
		pauses: []portfolio.Pause{{Scope: portfolio.PauseRestored, Since: noon.Add(-time.Minute)}},
		// What the old copy remembers counts for nothing.
		watch: map[int64]portfolio.Watch{1: {AccountID: 1, SeenAt: noon.Add(-48 * time.Hour), SteadyAt: noon.Add(-96 * time.Hour), Domains: list.domains}},
	}
	s := setup{one: list.lister(), memory: m, now: func() time.Time { return now }}.make()
	tick := func(want int) time.Time {
		t.Helper()
		next, err := s.Tick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(m.pauses) != want {
			t.Fatalf("at %s: %d pauses, want %d", now, len(m.pauses), want)
		}
		return next
	}
	if next := tick(1); !next.Equal(noon.Add(time.Hour)) {
		t.Errorf("it is read again at %s", next)
	}
	now = noon.Add(time.Hour)
	list.domains = slices.Clone(list.domains)
	list.domains[1].ExpiresAt = noon.AddDate(1, 0, 20) // somebody's renewal came through
	tick(1)
	now = noon.Add(90 * time.Minute)
	tick(1)
	now = noon.Add(2 * time.Hour)
	list.err = errors.New("unreadable")
	tick(1)
	list.err = nil
	now = noon.Add(3 * time.Hour)
	tick(0)
	if got := m.told("settled"); len(got) != 1 {
		t.Errorf("told %v", got)
	}
}

// TestClocksDisagree: nothing is done while they do, and nothing is even decided where
// they are a day apart; both are a problem that is told.
func TestClocksDisagree(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		4 * time.Minute: "act", -4 * time.Minute: "act", 6 * time.Minute: "blocked", -time.Hour: "blocked", 25 * time.Hour: "", -9000 * time.Hour: "",
	} {
		list := &listing{domains: near(map[string]int{"a.com": 9}), date: noon}
		m := &memory{}
		s := setup{one: list.lister(), memory: m, now: func() time.Time { return noon.Add(ahead) }}.make()
		r, err := s.Domains(t.Context(), noon)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range r.Decisions {
			got += string(d.Verdict)
		}
		if got != want || (len(r.Problems) > 0) != (want != "act") {
			t.Errorf("%s ahead: %q, %v; want %q", ahead, got, r.Problems, want)
		}
	}
}

// TestFreedAccountIsReadAgain: what a pause kept from being done need not wait for the
// next scan.
func TestFreedAccountIsReadAgain(t *testing.T) {
	now := noon
	var wanted time.Time
	m := &memory{last: map[string]time.Time{JobDomains: noon, JobPushes: noon, JobRegistrantChanges: noon, JobNames: noon, JobPortfolio: noon}}
	x := fakeExecutor{wanted: func() time.Time { defer func() { wanted = time.Time{} }(); return wanted }}
	s := setup{executor: x, memory: m, now: func() time.Time { return now }}.make()
	tick := func() {
		t.Helper()
		if _, err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tick()
	if len(m.runs) != 0 {
		t.Fatalf("runs %v", m.runs)
	}
	now = now.Add(time.Minute)
	wanted = now
	tick()
	now = now.Add(time.Second)
	tick()
	tick()
	if got := m.since(noon, JobDomains); !slices.Equal(got, []time.Duration{61 * time.Second}) {
		t.Errorf("the domains were read at %v", got)
	}
}

// TestTickIsNotHeldByAClockThatWentBack: a job's moment in a far future is none.
func TestTickIsNotHeldByAClockThatWentBack(t *testing.T) {
	now := noon.AddDate(1, 0, 0)
	m := &memory{}
	s := setup{memory: m, now: func() time.Time { return now }, schedules: Schedules{Domains: cron.Every(6 * time.Hour)}}.make()
	for range 2 {
		if _, err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = noon
	}
	next, err := s.Tick(t.Context())
	if err != nil || !next.Equal(noon.Add(6*time.Hour)) {
		t.Errorf("next at %s, %v", next, err)
	}
}

// TestScanOne: one domain is read afresh, wherever it is, and what the policy says is
// done about it alone.
func TestScanOne(t *testing.T) {
	d := near(map[string]int{"a.com": 9})[0]
	var got []portfolio.Decision
	x := fakeExecutor{execute: func(_ context.Context, d []portfolio.Decision) error { got = d; return nil }}
	one := fakeLister{named: func(name string) (portfolio.Domain, error) {
		if name != d.Name {
			return portfolio.Domain{}, &portfolio.CallError{Outcome: portfolio.OutcomeNotFound, Status: 404}
		}
		return d, nil
	}}
	u := setup{one: one, executor: x, now: func() time.Time { return noon }}
	r, err := u.make().Scan(t.Context(), "a.com")
	if err != nil || len(r.Decisions) != 1 || len(got) != 1 || got[0].Verdict != portfolio.VerdictAct || len(r.Problems) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := u.make().Scan(t.Context(), "b.com"); !errors.Is(err, ErrNoDomain) {
		t.Errorf("a name that nobody holds: %v", err)
	}
	// An account that cannot be read may hold it.
	u.two = fakeLister{named: func(string) (portfolio.Domain, error) {
		return portfolio.Domain{}, &portfolio.CallError{Call: "read b.com (account 2)", Outcome: portfolio.OutcomeUnknown, Status: 502}
	}}
	if r, err := u.make().Scan(t.Context(), "b.com"); err != nil || len(r.Problems) != 1 {
		t.Errorf("an account that cannot be read: %+v, %v", r, err)
	}
}

// TestScanAll runs every job but the sweep, which is asked for by its name, and says so
// where one runs already.
func TestScanAll(t *testing.T) {
	m := &memory{}
	s := setup{memory: m, now: func() time.Time { return noon }}.make()
	s.jobs[1].running.Store(true)
	if _, err := s.Scan(t.Context(), ""); !errors.Is(err, ErrRunning) {
		t.Errorf("%v", err)
	}
	if len(m.runs) != 3 || len(m.runs[JobPushes]) != 0 {
		t.Errorf("runs %v", m.runs)
	}
	if _, err := s.Scan(t.Context(), JobPortfolio); err != nil || len(m.runs) != 4 || len(m.runs[JobPortfolio]) != 1 || len(m.runs[JobDomains]) != 1 {
		t.Errorf("runs %v, %v", m.runs, err)
	}
	jobs, err := s.Jobs()
	if err != nil || len(jobs) != 5 || jobs[0].Running || !jobs[1].Running || !jobs[0].Next.After(noon) {
		t.Errorf("%+v, %v", jobs, err)
	}
}
