package scheduler

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"go.uber.org/goleak"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeLister is an account's lists; a nil func is an empty list.
type fakeLister struct {
	byID    func(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error)
	domains func(ctx context.Context, page int) (portfolio.Page[portfolio.Domain], error)
	listed  func(ctx context.Context, page, size int) (portfolio.Page[portfolio.Domain], error)
	pushes  func() ([]portfolio.Push, error)
	changes func(portfolio.ChangeState, int) (portfolio.Page[portfolio.RegistrantChange], error)
	domain  func(id int64) (portfolio.Domain, error)
	named   func(name string) (portfolio.Domain, error)

	check    func(name string) (available bool, err error)
	research func(name string) (portfolio.Availability, error) // nil: the account has none
}

// pages calls for one page after the other, until one says that it is the last.
func pages[T any](read func(number int) (portfolio.Page[T], error)) iter.Seq2[portfolio.Page[T], error] {
	return func(yield func(portfolio.Page[T], error) bool) {
		for n := 1; ; n++ {
			page, err := read(n)
			page.Number = n
			if !yield(page, err) || err != nil || n >= page.Pages {
				return
			}
		}
	}
}

func (l fakeLister) DomainPage(ctx context.Context, number, size int) (page portfolio.Page[portfolio.Domain], err error) {
	switch {
	case l.listed != nil:
		page, err = l.listed(ctx, number, size)
	case l.domains != nil:
		page, err = l.domains(ctx, number)
	}
	page.Number = number
	return page, err
}

func (l fakeLister) DomainPageByID(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
	if l.byID == nil {
		return portfolio.Page[portfolio.Domain]{Number: number}, nil
	}
	return l.byID(ctx, number, size)
}

func (l fakeLister) Pushes(context.Context) iter.Seq2[portfolio.Page[portfolio.Push], error] {
	return pages(func(int) (page portfolio.Page[portfolio.Push], err error) {
		if l.pushes != nil {
			page.Items, err = l.pushes()
		}
		return page, err
	})
}

func (l fakeLister) RegistrantChanges(_ context.Context, s portfolio.ChangeState) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error] {
	return pages(func(n int) (portfolio.Page[portfolio.RegistrantChange], error) {
		if l.changes == nil {
			return portfolio.Page[portfolio.RegistrantChange]{}, nil
		}
		return l.changes(s, n)
	})
}

func (l fakeLister) Domain(_ context.Context, id int64) (portfolio.Domain, portfolio.Answer, error) {
	if l.domain == nil {
		return portfolio.Domain{}, portfolio.Answer{}, errors.New("no such domain")
	}
	d, err := l.domain(id)
	return d, portfolio.Answer{}, err
}

func (l fakeLister) DomainNamed(_ context.Context, name string) (portfolio.Domain, portfolio.Answer, error) {
	if l.named == nil {
		return portfolio.Domain{}, portfolio.Answer{}, &portfolio.CallError{Call: "read " + name, Outcome: portfolio.OutcomeNotFound, Status: 404}
	}
	d, err := l.named(name)
	return d, portfolio.Answer{}, err
}

func (l fakeLister) CheckDomain(_ context.Context, name string) (portfolio.DomainCheck, error) {
	if l.check == nil {
		return portfolio.DomainCheck{Name: name}, nil
	}
	available, err := l.check(name)
	return portfolio.DomainCheck{Name: name, Available: available}, err
}

func (l fakeLister) ResearchStatus(_ context.Context, name string) (portfolio.Research, error) {
	if l.research == nil {
		return portfolio.Research{}, &portfolio.CallError{Call: "research " + name, Outcome: portfolio.OutcomeForbidden, Status: 403}
	}
	said, err := l.research(name)
	return portfolio.Research{Name: name, Availability: said}, err
}

// fakeExecutor does nothing where a func is nil.
type fakeExecutor struct {
	execute  func(context.Context, []portfolio.Decision) error
	followUp func(context.Context) (time.Time, error)
	prove    func(portfolio.Push) portfolio.PushFacts
	ready    func(account int64) bool
	report   func(account int64, err error)
	wanted   func() time.Time
	ours     map[int64]bool // changes
	wake     chan struct{}

	announcements func(portfolio.Decision) []portfolio.Event
}

func (fakeExecutor) Facts(d portfolio.Domain) (portfolio.DomainFacts, error) {
	return portfolio.DomainFacts{Domain: d}, nil
}

func (x fakeExecutor) Prove(_ context.Context, p portfolio.Push) portfolio.PushFacts {
	if x.prove == nil {
		return portfolio.PushFacts{Push: p, Unproven: "nobody was asked"}
	}
	return x.prove(p)
}

func (fakeExecutor) Expected(portfolio.Push) (*portfolio.Approval, error) { return nil, nil } //nolint:nilnil // none

func (fakeExecutor) Overdue() (portfolio.Change, error) { return portfolio.Change{}, nil }

func (x fakeExecutor) Execute(ctx context.Context, d []portfolio.Decision) ([]portfolio.Decision, error) {
	if x.execute == nil {
		return d, nil
	}
	return d, x.execute(ctx, d)
}

func (x fakeExecutor) Ours(c portfolio.RegistrantChange) (bool, error) { return x.ours[c.ID], nil }

func (x fakeExecutor) Wanted() (time.Time, error) {
	if x.wanted == nil {
		return time.Time{}, nil
	}
	return x.wanted(), nil
}

func (x fakeExecutor) FollowUp(ctx context.Context) (time.Time, error) {
	if x.followUp == nil {
		return time.Time{}, nil
	}
	return x.followUp(ctx)
}

func (x fakeExecutor) Wake() <-chan struct{} { return x.wake }

func (x fakeExecutor) Ready(account int64) (bool, error) {
	return x.ready == nil || x.ready(account), nil
}

func (x fakeExecutor) Report(account int64, err error) error {
	if x.report != nil {
		x.report(account, err)
	}
	return nil
}

func (x fakeExecutor) Announcements(d portfolio.Decision) []portfolio.Event {
	if x.announcements == nil {
		return nil
	}
	return x.announcements(d)
}

// memory is Progress in memory. It remembers nothing of sweeps.
type memory struct {
	mu     sync.Mutex
	last   map[string]time.Time
	runs   map[string][]time.Time // as recorded, by job
	events []portfolio.Event
	watch  map[int64]portfolio.Watch
	pauses []portfolio.Pause
}

func (m *memory) LastRun(job string) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last[job], nil
}

func (m *memory) RecordRun(job string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs == nil {
		m.runs = map[string][]time.Time{}
	}
	m.runs[job] = append(m.runs[job], at)
	if m.last == nil {
		m.last = map[string]time.Time{}
	}
	m.last[job] = at
	return nil
}

func (m *memory) Commit(c portfolio.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, c.Events...)
	for _, w := range c.Watch {
		if m.watch == nil {
			m.watch = map[int64]portfolio.Watch{}
		}
		m.watch[w.AccountID] = w
	}
	for _, l := range c.Lifted {
		m.pauses = slices.DeleteFunc(m.pauses, func(p portfolio.Pause) bool { return p.AccountID == l.AccountID && p.Scope == l.Scope })
	}
	return nil
}

func (m *memory) WatchedOf(account int64) (w portfolio.Watch, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, ok = m.watch[account]
	return w, ok, nil
}

func (*memory) CompareSnapshots(int64, int64, int64, []portfolio.Domain, int) (portfolio.Comparison, error) {
	return portfolio.Comparison{}, nil
}

func (*memory) MissingOf(int64) ([]portfolio.Missing, error) { return nil, nil }

func (*memory) SweepOf(account int64) (portfolio.Sweep, error) {
	return portfolio.Sweep{AccountID: account}, nil
}

func (*memory) LatestOf(int64, portfolio.OperationKind, int64) (portfolio.Operation, bool, error) {
	return portfolio.Operation{}, false, nil
}

func (*memory) LastPurchase(int64, string) (portfolio.LastPurchase, bool, error) {
	return portfolio.LastPurchase{}, false, nil
}

func (m *memory) Pauses() ([]portfolio.Pause, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.pauses), nil
}

// told gives the texts of the events of a kind.
func (m *memory) told(what string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var texts []string
	for _, e := range m.events {
		if e.What == what {
			texts = append(texts, string(e.Level)+" "+e.Text)
		}
	}
	return texts
}

// since gives when a job ran, as distances from a moment.
func (m *memory) since(start time.Time, job string) []time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []time.Duration
	for _, at := range m.runs[job] {
		out = append(out, at.Sub(start))
	}
	return out
}

var policy = &rules.Policy{
	Hash: "test", Mode: portfolio.ModeAct, Location: time.UTC, WarnWithin: rules.Distance{Days: 60},
	Accounts: []rules.Account{
		{Account: portfolio.Account{ID: 1, Name: "one"}, DefaultContact: 9},
		{Account: portfolio.Account{ID: 2, Name: "two"}, DefaultContact: 9},
	},
	Rules: []rules.Rule{
		{Name: "renew", On: portfolio.KindDomain, Match: rules.Conditions{Expires: rules.Distance{Days: 30}}, Do: portfolio.ActionRenew, Years: 1},
		{Name: "accept", On: portfolio.KindPush, Match: rules.Conditions{Sources: []int64{3}}, Do: portfolio.ActionAccept},
		{Name: "cancel", On: portfolio.KindRegistrantChange, Match: rules.Conditions{States: []string{"new"}}, Do: portfolio.ActionCancel},
	},
}

// setup is a scheduler to be made: two accounts, and jobs that never come by
// themselves but for those that a test sets.
type setup struct {
	one, two  Lister
	executor  fakeExecutor
	memory    *memory
	schedules Schedules
	now       func() time.Time
	policy    *rules.Policy // nil: policy
}

// never is a schedule on which nothing happens in a test.
var never = cron.Every(10_000 * time.Hour)

func (u setup) make() *Scheduler {
	if u.one == nil {
		u.one = fakeLister{}
	}
	if u.two == nil {
		u.two = fakeLister{}
	}
	if u.memory == nil {
		u.memory = &memory{}
	}
	if u.now == nil {
		u.now = time.Now
	}
	for _, s := range []*cron.Schedule{&u.schedules.Domains, &u.schedules.Pushes, &u.schedules.RegistrantChanges, &u.schedules.Names, &u.schedules.Portfolio} {
		if *s == nil {
			*s = never
		}
	}
	if u.policy == nil {
		u.policy = policy
	}
	return New(Options{
		Accounts: []Account{
			{Account: portfolio.Account{ID: 1, Name: "one"}, Lister: u.one},
			{Account: portfolio.Account{ID: 2, Name: "two"}, Lister: u.two},
		},
		Policy: func() *rules.Policy { return u.policy }, Executor: u.executor, Progress: u.memory,
		Schedules: u.schedules, Now: u.now, Sleep: sleep, Fatal: fatal,
	})
}

// sleep waits on the clock of the bubble that the test runs in.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func names(decisions []portfolio.Decision) []string {
	var out []string
	for _, d := range decisions {
		_, _, name := d.Resource.Ident()
		out = append(out, name)
	}
	return out
}
