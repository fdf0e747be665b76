package scheduler

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Lister reads what an account holds. Every error is a [portfolio.CallError].
type Lister interface {
	// DomainPage is a page of the domains, the soonest expiration first; those without one
	// come first or last. One behind the last is empty.
	DomainPage(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error)
	// DomainPageByID is a page of the domains in the order of their ids. One behind the
	// last is empty.
	DomainPageByID(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error)
	Pushes(ctx context.Context) iter.Seq2[portfolio.Page[portfolio.Push], error]
	RegistrantChanges(ctx context.Context, state portfolio.ChangeState) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error]
	Domain(ctx context.Context, id int64) (portfolio.Domain, portfolio.Answer, error)
	DomainNamed(ctx context.Context, name string) (portfolio.Domain, portfolio.Answer, error)
	// CheckDomain asks the registry; DNSimple wants it asked sparingly.
	CheckDomain(ctx context.Context, name string) (portfolio.DomainCheck, error)
	// ResearchStatus is a call that not every account has.
	ResearchStatus(ctx context.Context, name string) (portfolio.Research, error)
}

// Executor knows what is under way, and carries decisions out.
type Executor interface {
	Facts(d portfolio.Domain) (portfolio.DomainFacts, error)
	Prove(ctx context.Context, p portfolio.Push) portfolio.PushFacts
	// Expected gives the announcement of a push; nil where there is none that holds.
	Expected(p portfolio.Push) (*portfolio.Approval, error)
	// Overdue forgets the announcements whose time is over, and tells of each.
	Overdue() (portfolio.Change, error)
	// Ours says whether a registrant change was begun through domaind.
	Ours(c portfolio.RegistrantChange) (bool, error)
	// Execute gives the decisions as the guards left them.
	Execute(ctx context.Context, decisions []portfolio.Decision) ([]portfolio.Decision, error)
	FollowUp(ctx context.Context) (next time.Time, err error)
	Wake() <-chan struct{}
	Ready(account int64) (bool, error)
	Report(account int64, callErr error) error
	// Announcements are the events that tell what a decision means.
	Announcements(d portfolio.Decision) []portfolio.Event
	// Wanted says when the domains are to be read beside their schedule; zero: not so far.
	Wanted() (time.Time, error)
}

// Progress remembers when jobs ran and what they saw, and stores what they have to
// tell.
type Progress interface {
	Remembered
	WatchedOf(account int64) (w portfolio.Watch, ok bool, err error)
	Pauses() ([]portfolio.Pause, error)
	LastRun(job string) (time.Time, error)
	RecordRun(job string, at time.Time) error
	Commit(portfolio.Change) error
}

// Account is an account that is scanned.
type Account struct {
	portfolio.Account
	Lister Lister
}

// Schedules say when the jobs run.
type Schedules struct {
	Domains, Portfolio, Pushes, RegistrantChanges, Names cron.Schedule
}

// Options are what a Scheduler works with. All fields but Background, Capacity, PurchasesPerDay,
// Answers, Progressed, Fatal and Log are required.
type Options struct {
	Accounts  []Account // without the accounts that only prove
	Policy    func() *rules.Policy
	Executor  Executor
	Progress  Progress
	Schedules Schedules
	Now       func() time.Time
	Sleep     func(context.Context, time.Duration) error
	// Background marks the requests of the portfolio sweep, which have time; nil: nothing
	// does.
	Background func(context.Context) context.Context
	// Capacity is what the jobs may use; zero: nobody is warned that they ask for more.
	Capacity Capacity
	// PurchasesPerDay is how many purchases a day may have, 0: any number; nil: likewise.
	PurchasesPerDay func() int
	// Answers tells of each answer to calls made with the context that it gives; nil:
	// requests are not counted.
	Answers func(ctx context.Context, tell func(portfolio.Answer)) context.Context
	// Progressed hears how far a reading of the domains is, after each page, from several
	// goroutines at once; nil: nobody.
	Progressed func(Step)
	// Fatal says after which errors nothing must go on; nil: after none.
	Fatal func(error) bool
	Log   *slog.Logger
}

// Scheduler runs the scans.
type Scheduler struct {
	Options
	jobs     []*job
	ticking  bool // whether Tick was called
	pageSize int  // of a domain list
	patience time.Duration

	mu     sync.Mutex
	proofs map[int64]proof // by push id
	// watches is what the last scan wrote down of accounts' domains, by account.
	watches map[int64]portfolio.Watch
	names   map[int64]string     // of domains with registrant changes, by domain id
	unread  map[string][]error   // what the last run of a job did not read, by its name
	looks   map[string]look      // at watched names, by the key under which they are remembered
	needed  map[string]int       // how many requests the last run of a job needed, by its name
	due     []time.Time          // when the domains expire that rules buy for, as of the last scan
	told    map[string]time.Time // when a job was last said to have run, by its name
	scarce  map[int64]time.Time  // when an account was found to have no research, by its id
	sweeps  map[int64]time.Time  // accounts whose portfolio is being swept, and when a page of it was read last
	begun   map[int64]time.Time  // when an account's sweep was begun or gone on with last
	since   time.Time            // when the run of the portfolio job began that is under way; zero: none is
	seconds map[int64]time.Time  // accounts of which second looks are being taken, and since when
}

type proof struct {
	facts portfolio.PushFacts
	at    time.Time
}

// job is one of the scans, with its schedule.
type job struct {
	name     string
	schedule cron.Schedule
	hidden   bool // it goes on with what another job has left, and is no job of its own to people
	run      func(ctx context.Context, now time.Time) error
	running  atomic.Bool
	due      time.Time // for who ticks: when it runs by its schedule
	extra    time.Time // when it is wanted beside its schedule; guarded by the Scheduler's mu
}

// The names of the jobs, as the configuration's [schedule] has them.
const (
	JobDomains           = "domains"
	JobPushes            = "pushes"
	JobRegistrantChanges = "registrant_changes"
	JobNames             = "names"
	JobPortfolio         = "portfolio"

	jobRest  = "rest of the portfolio"
	jobStill = "standstill of the portfolio"
)

// New makes a Scheduler.
func New(o Options) *Scheduler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Fatal == nil {
		o.Fatal = func(error) bool { return false }
	}
	s := &Scheduler{
		Options: o, pageSize: pageSize, patience: patience,
		proofs: make(map[int64]proof), watches: make(map[int64]portfolio.Watch), names: make(map[int64]string),
		unread: make(map[string][]error), looks: make(map[string]look), needed: make(map[string]int),
		told: make(map[string]time.Time), scarce: make(map[int64]time.Time), sweeps: make(map[int64]time.Time), seconds: make(map[int64]time.Time), begun: make(map[int64]time.Time),
	}
	s.jobs = []*job{
		{name: JobDomains, schedule: o.Schedules.Domains, run: s.scanDomains},
		{name: JobPushes, schedule: o.Schedules.Pushes, run: s.scanPushes},
		{name: JobRegistrantChanges, schedule: o.Schedules.RegistrantChanges, run: s.scanChanges},
		{name: JobNames, schedule: o.Schedules.Names, run: s.scanNames},
		// The last, since it takes the longest, and what it has left behind it.
		{name: JobPortfolio, schedule: o.Schedules.Portfolio, run: s.scanPortfolio},
		{name: jobStill, schedule: o.Schedules.Portfolio, run: s.tellStandstill, hidden: true},
		{name: jobRest, schedule: o.Schedules.Portfolio, run: s.restOfPortfolio, hidden: true},
	}
	return s
}
