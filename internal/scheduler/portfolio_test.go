package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/state"
)

// estate is an account at DNSimple, which others change.
type estate struct {
	mu      sync.Mutex
	account int64
	domains map[int64]portfolio.Domain
	before  func(e *estate)                                              // each request; without the lock
	page    func(p *portfolio.Page[portfolio.Domain], n, size int) error // spoils a page; nil: none
	look    func(id int64) error                                         // spoils a look; nil: none
	pages   int
	looks   []int64
	looked  map[int64]bool      // what the last look at a domain found, until it is written down
	vain    map[int64]time.Time // when it was written down that a domain was looked for in vain
}

func newEstate(account int64, n int64) *estate {
	e := &estate{
		account: account, domains: make(map[int64]portfolio.Domain), looked: make(map[int64]bool), vain: make(map[int64]time.Time),
	}
	for id := int64(1); id <= n; id++ {
		e.put(10 * id)
	}
	return e
}

// put adds a domain that expires in more than a year.
func (e *estate) put(id int64) {
	d := in(id, 400)
	d.AccountID, d.RegistrantID, d.AutoRenew = e.account, 7, true
	e.domains[id] = d
}

// edit changes a domain, where it is there.
func (e *estate) edit(id int64, change func(*portfolio.Domain)) {
	if d, ok := e.domains[id]; ok {
		change(&d)
		e.domains[id] = d
	}
}

func (e *estate) lister() fakeLister {
	return fakeLister{
		byID: func(_ context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.pages++
			if e.before != nil {
				e.before(e)
			}
			ids := slices.Sorted(maps.Keys(e.domains))
			p := portfolio.Page[portfolio.Domain]{Number: number, Total: len(ids), Pages: (len(ids) + size - 1) / size}
			for i := (number - 1) * size; i < min(number*size, len(ids)); i++ {
				p.Items = append(p.Items, e.domains[ids[i]])
			}
			if e.page != nil {
				if err := e.page(&p, number, size); err != nil {
					return portfolio.Page[portfolio.Domain]{Number: number}, err
				}
			}
			return p, nil
		},
		domain: func(id int64) (portfolio.Domain, error) {
			e.mu.Lock()
			defer e.mu.Unlock()
			if e.before != nil {
				e.before(e)
			}
			e.looks = append(e.looks, id)
			d, there := e.domains[id]
			var err error
			if !there {
				err = &portfolio.CallError{Call: fmt.Sprintf("read domain %d (account %d)", id, e.account), Outcome: portfolio.OutcomeNotFound, Status: 404}
			}
			if e.look != nil {
				if spoilt := e.look(id); spoilt != nil {
					d, err = portfolio.Domain{}, spoilt
				}
			}
			if said := outcome(err); said == "" || said == portfolio.OutcomeNotFound {
				e.looked[id] = err == nil
			}
			return d, err
		},
	}
}

var errDead = errors.New("the process is dead")

// mortal is a state whose process dies at one of its commits.
type mortal struct {
	*state.Store
	wrote   func(portfolio.Change) // is told what is durable
	spares  int64                  // an account that gets all its commits through, and they do not count; 0: none
	mu      sync.Mutex
	left    int  // commits until it dies; negative: it does not
	after   bool // it dies when that commit is durable, and not before
	dead    bool
	commits int
	swept   int // commits in which snapshots or what is missing changed
}

func (m *mortal) Commit(c portfolio.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Swept != nil && c.Swept.AccountID == m.spares {
		return m.durably(c)
	}
	m.left--
	if m.dead || m.left == 0 && !m.after {
		m.dead = true
		return errDead
	}
	err := m.durably(c)
	if m.left == 0 {
		m.dead = true
		return errDead
	}
	return err
}

func (m *mortal) durably(c portfolio.Change) error {
	m.commits++
	if c.Swept != nil && !empty(c.Swept) {
		m.swept++
	}
	err := m.Store.Commit(c)
	if err == nil {
		m.wrote(c)
	}
	return err
}

func (m *mortal) RecordRun(job string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errDead
	}
	return m.Store.RecordRun(job, at)
}

// sweepWorld is two accounts, a state and a clock.
type sweepWorld struct {
	t      testing.TB
	path   string
	one    *estate
	two    *estate
	store  *mortal
	mu     sync.Mutex // guards now, told and hasty
	now    time.Time
	told   []portfolio.Event
	hasty  []string // what was written that no look bears out
	policy *rules.Policy
	s      *Scheduler
}

func newSweepWorld(tb testing.TB, one, two int64) *sweepWorld {
	tb.Helper()
	w := &sweepWorld{
		t: tb, path: filepath.Join(tb.TempDir(), "state.db"), one: newEstate(1, one), two: newEstate(2, two), now: now, policy: policy,
	}
	w.boot()
	tb.Cleanup(func() {
		_ = w.store.Close()
		for _, h := range w.hasty {
			tb.Error(h)
		}
	})
	return w
}

// boot begins a life.
func (w *sweepWorld) boot() {
	w.t.Helper()
	if w.store != nil {
		if err := w.store.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	store, err := state.Open(w.path, state.Options{NoSync: true, Told: w.hear})
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = &mortal{Store: store, left: -1, wrote: w.judge}
	clear(w.one.looked) // a look that was not written down never was
	clear(w.two.looked)
	announce := func(d portfolio.Decision) []portfolio.Event {
		account, id, name := d.Resource.Ident()
		var events []portfolio.Event
		if d.Verdict == portfolio.VerdictHold {
			events = append(events, portfolio.Event{
				At: w.clock(), AccountID: account, About: portfolio.AboutDomain, What: "held", Subject: name, Level: portfolio.LevelNotice, Text: name,
			})
		}
		for _, a := range d.Alerts {
			events = append(events, portfolio.Event{
				At: w.clock(), AccountID: account, About: portfolio.AboutDomain, What: "alert", Subject: name, Level: a.Level,
				Text: name + ": " + a.Rule, Once: fmt.Sprint(id, a.Rule),
			})
		}
		return events
	}
	w.s = New(Options{
		Accounts: []Account{
			{Account: portfolio.Account{ID: 1, Name: "one"}, Lister: w.one.lister()},
			{Account: portfolio.Account{ID: 2, Name: "two"}, Lister: w.two.lister()},
		},
		Policy: func() *rules.Policy { return w.policy }, Executor: fakeExecutor{announcements: announce}, Progress: w.store,
		Schedules: Schedules{Domains: never, Portfolio: never, Pushes: never, RegistrantChanges: never, Names: never},
		Now:       w.clock, Sleep: sleep, Fatal: fatal,
	})
}

// clock says what time it is, to whichever goroutine asks.
func (w *sweepWorld) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *sweepWorld) hear(e portfolio.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, e)
}

func (w *sweepWorld) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// sweep runs the job, some time after the last.
func (w *sweepWorld) sweep() error {
	w.pass(24 * time.Hour)
	_, err := w.s.Scan(w.t.Context(), JobPortfolio)
	return err
}

// rest runs what the job has left.
func (w *sweepWorld) rest(later time.Duration) {
	w.t.Helper()
	w.pass(later)
	if err := w.s.restOfPortfolio(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
}

func (w *sweepWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// tells checks what was told of domains and scans since it was asked last.
func (w *sweepWorld) tells(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, e := range w.told {
		if e.What != "completed" {
			got = append(got, fmt.Sprintf("%s %s.%s %s", e.Level, e.About, e.What, e.Text))
		}
	}
	w.told = nil
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Helper()
		w.t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestTheFirstSweepIsTheBaseline(t *testing.T) {
	w := newSweepWorld(t, 1000, 30)
	w.must(w.sweep())
	w.tells()
	for _, e := range []*estate{w.one, w.two} {
		sweep, err := w.store.SweepOf(e.account)
		w.must(err)
		if sweep.UnderWay() || sweep.WholeSeen != len(e.domains) || !sweep.WholeBeganAt.Equal(w.now) {
			t.Errorf("account %d: %+v", e.account, sweep)
		}
	}
	// One that finds everything as it was writes where it is, and nothing else.
	commits, swept := w.store.commits, w.store.swept
	w.must(w.sweep())
	w.tells()
	if n := w.store.commits - commits; w.store.swept != swept || n > 3 { // the ends of two accounts, and that the scan is complete
		t.Errorf("%d commits, %d with what was found", n, w.store.swept-swept)
	}
	if looks := len(w.one.looks) + len(w.two.looks); looks != 0 {
		t.Errorf("%d domains were looked for", looks)
	}
	w.must(w.store.Check())
}

func TestWhatASweepTells(t *testing.T) {
	w := newSweepWorld(t, 300, 3)
	w.must(w.sweep())
	w.one.put(3010)
	w.one.edit(20, func(d *portfolio.Domain) { d.AutoRenew = false })
	w.one.edit(30, func(d *portfolio.Domain) { d.WhoisPrivacy = true })
	w.one.edit(40, func(d *portfolio.Domain) { d.ExpiresAt = d.ExpiresAt.AddDate(1, 0, 0) })
	w.one.edit(50, func(d *portfolio.Domain) { d.RegistrantID, d.State = 8, portfolio.DomainHosted })
	w.one.edit(60, func(d *portfolio.Domain) { d.ExpiresAt = d.ExpiresAt.AddDate(0, 0, -300) })
	w.two.edit(10, func(d *portfolio.Domain) { d.AutoRenew = false })
	w.must(w.sweep())
	const nobody = "; nothing that domaind did explains it"
	slices.SortStableFunc(w.told, func(a, b portfolio.Event) int { return int(a.AccountID - b.AccountID) })
	w.told = slices.DeleteFunc(w.told, func(e portfolio.Event) bool { return e.What == "completed" })
	off := as[map[string]any](w.told[0].Data["fields"])["auto_renew"]
	if diff := cmp.Diff(any(map[string]any{"old": true, "new": false}), off); diff != "" {
		t.Error(diff)
	}
	w.tells(
		"alert domain.changed d20.com: DNSimple's own auto-renewal is off, was on"+nobody,
		"notice domain.changed d30.com: its WHOIS privacy is on, was off",
		"notice domain.changed d40.com: its expiration is 2028-04-05, was 2027-04-05",
		"alert domain.changed d50.com: its state is hosted, was registered; its registrant is contact 8, was contact 7"+nobody,
		"alert domain.changed d60.com: its expiration is 2026-06-09, was 2027-04-05"+nobody,
		"notice domain.added d3010.com: it is in the account now, and was not before",
		"alert domain.changed d10.com: DNSimple's own auto-renewal is off, was on"+nobody,
	)
	w.must(w.sweep())
	w.tells()
}

// TestWhatWeDidIsNoSurprise: operations of ours explain what a sweep sees, while they
// are fresh.
func TestWhatWeDidIsNoSurprise(t *testing.T) {
	op := func(kind portfolio.OperationKind, id int64, at time.Time, edit func(*portfolio.Operation)) portfolio.Operation {
		occasion := at.Format(time.RFC3339)
		op := portfolio.Operation{
			Key: portfolio.OperationKey(1, kind, id, occasion, 1), AccountID: 1, Kind: kind, SubjectID: id, DomainID: id, Name: fmt.Sprintf("d%d.com", id),
			Occasion: occasion, Attempt: 1, By: "operator ann", State: portfolio.StateDone, Sent: 1, CreatedAt: at, ArmedAt: at, EndedAt: at,
		}
		if edit != nil {
			edit(&op)
		}
		return op
	}
	off := func(o *portfolio.Operation) { o.Terms = &portfolio.Terms{} }
	auto := func(on bool) func(*portfolio.Domain) { return func(d *portfolio.Domain) { d.AutoRenew = on } }
	failed := func(o *portfolio.Operation) { o.State = portfolio.StateFailed; off(o) }
	for name, tt := range map[string]struct {
		edit  func(*portfolio.Domain) // nil: it is removed
		op    func(at time.Time) portfolio.Operation
		level portfolio.Level
	}{
		"switched off by us": {auto(false), func(at time.Time) portfolio.Operation { return op(portfolio.OpAutoRenewal, 20, at, off) }, portfolio.LevelInfo},
		"switched on, and it is off": {auto(false), func(at time.Time) portfolio.Operation {
			return op(portfolio.OpAutoRenewal, 20, at, func(o *portfolio.Operation) { o.Terms = &portfolio.Terms{On: true} })
		}, portfolio.LevelAlert},
		"that failed": {auto(false), func(at time.Time) portfolio.Operation { return op(portfolio.OpAutoRenewal, 20, at, failed) }, portfolio.LevelAlert},
		"that was long ago": {auto(false), func(at time.Time) portfolio.Operation {
			return op(portfolio.OpAutoRenewal, 20, at.AddDate(0, 0, -9), off)
		}, portfolio.LevelAlert},
		"another registrant by us": {func(d *portfolio.Domain) { d.RegistrantID = 9 }, func(at time.Time) portfolio.Operation {
			return op(portfolio.OpChangeRegistrant, 20, at.AddDate(0, 0, -9), nil)
		}, portfolio.LevelInfo},
		"deleted by us": {nil, func(at time.Time) portfolio.Operation { return op(portfolio.OpDelete, 20, at, nil) }, portfolio.LevelNotice},
		"pushed by us":  {nil, func(at time.Time) portfolio.Operation { return op(portfolio.OpPush, 20, at.AddDate(0, 0, -9), nil) }, portfolio.LevelNotice},
		"transferred out by us": {nil, func(at time.Time) portfolio.Operation {
			return op(portfolio.OpTransferOut, 20, at.AddDate(0, 0, -9), nil)
		}, portfolio.LevelNotice},
		"renewed, and it is gone": {nil, func(at time.Time) portfolio.Operation {
			return op(portfolio.OpChangeRegistrant, 20, at, nil)
		}, portfolio.LevelAlert},
		"renewed by us": {func(d *portfolio.Domain) { d.ExpiresAt = d.ExpiresAt.AddDate(1, 0, 0) }, func(at time.Time) portfolio.Operation {
			return op(portfolio.OpRenew, 20, at, func(o *portfolio.Operation) { o.Reserved, o.SpendDay = 1500, at.Format(time.DateOnly) })
		}, portfolio.LevelInfo},
		"the safety net": {auto(false), func(at time.Time) portfolio.Operation {
			return op(portfolio.OpRenew, 20, at, func(o *portfolio.Operation) {
				o.Reserved, o.SpendDay = 1500, at.Format(time.DateOnly)
				o.Net = &portfolio.SafetyNet{AskedAt: at, OnAt: at, BackAt: at}
			})
		}, portfolio.LevelInfo},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSweepWorld(t, 5, 0)
			w.must(w.sweep())
			row := tt.op(w.now.Add(time.Hour))
			w.must(w.store.Commit(portfolio.Change{Operation: &row}))
			if tt.edit == nil {
				delete(w.one.domains, 20)
			} else {
				w.one.edit(20, tt.edit)
			}
			w.must(w.sweep())
			w.rest(secondLook)
			var levels []portfolio.Level
			for _, e := range w.told {
				if e.About == portfolio.AboutDomain {
					levels = append(levels, e.Level)
				}
			}
			if !slices.Equal(levels, []portfolio.Level{tt.level}) {
				t.Errorf("%v: %v", levels, w.told)
			}
		})
	}
}

func TestARemovalIsLookedAtTwice(t *testing.T) {
	w := newSweepWorld(t, 250, 3)
	w.must(w.sweep())
	delete(w.one.domains, 30)
	delete(w.one.domains, 2500) // the last of the list
	delete(w.two.domains, 20)
	w.two.put(40)
	w.must(w.sweep())
	w.tells("notice domain.added d40.com: it is in the account now, and was not before")
	w.rest(secondLook - time.Second)
	w.tells()
	if len(w.one.looks) != 2 || len(w.two.looks) != 1 {
		t.Fatalf("looked for %v, %v", w.one.looks, w.two.looks)
	}
	// Another sweep meanwhile does not look for them again: they have their second look.
	if err := w.s.scanPortfolio(t.Context(), w.now); err != nil || len(w.one.looks) != 2 {
		t.Fatalf("looked for %v, %v", w.one.looks, err)
	}
	w.tells()
	w.two.put(20) // it was a slip
	w.boot()      // the looks outlive a restart
	w.rest(time.Second)
	const gone = ": it is not in the account any more, and nothing that domaind did explains it"
	w.tells("alert domain.removed d30.com"+gone, "alert domain.removed d2500.com"+gone)
	w.must(w.sweep())
	w.rest(secondLook)
	w.tells()
	if len(w.one.looks) != 4 || len(w.two.looks) != 2 {
		t.Errorf("looked for %v, %v", w.one.looks, w.two.looks)
	}
	w.one.put(30)
	w.must(w.sweep())
	w.tells("notice domain.added d30.com: it is in the account now, and was not before")
	w.must(w.store.Check())
}

// TestASweepAsksForItsSecondLook, and for its account again where that cannot be read.
func TestASweepAsksForItsSecondLook(t *testing.T) {
	w := newSweepWorld(t, 250, 3)
	w.must(w.sweep())
	delete(w.one.domains, 30)
	w.must(w.sweep())
	if got := w.s.untilExtra(); got > secondLook || len(w.s.extras()) != 0 {
		t.Errorf("again in %s", got)
	}
	w.pass(secondLook)
	due := w.s.extras()
	if len(due) != 1 || due[0].name != jobRest {
		t.Fatalf("due are %d jobs", len(due))
	}
	if _, err := w.s.start(t.Context(), due[0]); err != nil {
		t.Fatal(err)
	}
	w.tells("alert domain.removed d30.com: it is not in the account any more, and nothing that domaind did explains it")

	unread := &portfolio.CallError{Call: "list domains by id, page 2 of 99 each (account 1)", Outcome: portfolio.OutcomeUnknown, Status: 502, Message: "bad gateway"}
	w.one.page = func(_ *portfolio.Page[portfolio.Domain], n, _ int) error {
		if n > 1 {
			return unread
		}
		return nil
	}
	w.one.edit(10, func(d *portfolio.Domain) { d.WhoisPrivacy = true })
	w.two.edit(10, func(d *portfolio.Domain) { d.WhoisPrivacy = true })
	w.must(w.sweep())
	slices.SortStableFunc(w.told, func(a, b portfolio.Event) int { return int(a.AccountID - b.AccountID) })
	w.tells("alert scan.problem list domains by id, page 2 of 99 each (account 1): 502: bad gateway",
		"notice domain.changed d10.com: its WHOIS privacy is on, was off", "notice domain.changed d10.com: its WHOIS privacy is on, was off")
	// The next one goes on behind the first page.
	w.one.page, w.one.pages, w.two.pages = nil, 0, 0
	w.pass(retrySweep)
	if due := w.s.extras(); len(due) != 1 {
		t.Fatalf("due are %d jobs", len(due))
	}
	w.rest(0)
	if w.one.pages != 2 || w.two.pages != 0 {
		t.Errorf("%d and %d pages", w.one.pages, w.two.pages)
	}
	w.tells()
}

// TestARemovalIsToldOnce, where a sweep and the rest of an earlier one come to it together.
func TestARemovalIsToldOnce(t *testing.T) {
	w := newSweepWorld(t, 250, 0)
	w.must(w.sweep())
	delete(w.one.domains, 30)
	w.must(w.sweep())
	w.pass(secondLook)
	together := false
	w.one.before = func(e *estate) {
		if together {
			return
		}
		together = true
		e.mu.Unlock()
		defer e.mu.Lock()
		w.must(w.s.scanPortfolio(t.Context(), w.now))
	}
	w.rest(0)
	if !together {
		t.Error("nothing was read")
	}
	w.tells("alert domain.removed d30.com: it is not in the account any more, and nothing that domaind did explains it")
	w.rest(secondLook)
	w.tells()
}

// TestASlowSweepHoldsNoOther: while the list of one account does not come, the other's
// second look is taken, its problems are told, it is swept when it is its turn, and that
// the first stands still is told.
func TestASlowSweepHoldsNoOther(t *testing.T) { synctest.Test(t, testASlowSweepHoldsNoOther) }

func testASlowSweepHoldsNoOther(t *testing.T) {
	t.Helper()
	w := newSweepWorld(t, 250, 3)
	w.s.Schedules.Portfolio = cron.Every(24 * time.Hour)
	w.must(w.sweep())
	w.tells()
	delete(w.two.domains, 30)
	reading := make(chan struct{})
	w.two.page = func(p *portfolio.Page[portfolio.Domain], _, _ int) error {
		p.Problems = []error{errors.New("entry 4 is odd")}
		p.Total++
		return nil
	}
	slow := false
	w.one.before = func(*estate) {
		if !slow {
			slow = true
			<-reading
		}
	}
	w.pass(24 * time.Hour)
	began := w.now
	ended := make(chan error)
	go func() { ended <- w.s.scanPortfolio(t.Context(), began) }()
	synctest.Wait()
	w.tells("alert scan.problem entry 4 is odd")
	w.two.page = nil
	w.pass(secondLook)
	if due := w.s.extras(); len(due) != 1 || due[0].name != jobRest {
		t.Errorf("due are %d jobs", len(due))
	}
	w.rest(0)
	w.tells("alert domain.removed d30.com: it is not in the account any more, and nothing that domaind did explains it")
	w.two.put(40)
	w.rest(time.Hour)
	w.tells()
	w.must(w.s.tellStandstill(t.Context(), w.now))
	w.tells()
	w.rest(23 * time.Hour)
	w.tells("notice domain.added d40.com: it is in the account now, and was not before")
	pages := w.two.pages
	w.rest(time.Hour)
	if w.two.pages != pages {
		t.Error("it was swept twice")
	}
	w.must(w.s.tellStandstill(t.Context(), w.now))
	w.tells("alert scan.problem list domains by id (account 1): the sweep of the portfolio has read no page since " +
		began.UTC().Format(time.RFC3339) + ": it leaves the requests to others, who use them up, or DNSimple does not answer")
	w.must(w.s.tellStandstill(t.Context(), w.now))
	w.tells()
	close(reading)
	w.must(<-ended)
	w.must(w.s.tellStandstill(t.Context(), w.now))
	w.tells()
}

// TestAFailedReadIsNoRemoval: whatever a look meets but that DNSimple knows no such
// domain.
func TestAFailedReadIsNoRemoval(t *testing.T) {
	call := func(outcome portfolio.Outcome, status int) error {
		return &portfolio.CallError{Call: "read domain (account 1)", Outcome: outcome, Status: status, Message: "no"}
	}
	for name, err := range map[string]error{
		"a bad gateway": call(portfolio.OutcomeUnknown, 502), "makes no sense": call(portfolio.OutcomeUnknown, 200),
		"refused": call(portfolio.OutcomeRejected, 400), "forbidden": call(portfolio.OutcomeForbidden, 403), "not sent": call(portfolio.OutcomeNotSent, 0),
		"too many": call(portfolio.OutcomeRateLimited, 429), "something else": errors.New("out of cheese"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newSweepWorld(t, 250, 0)
			w.must(w.sweep())
			for id := range w.one.domains {
				if id%100 == 0 {
					delete(w.one.domains, id)
				}
			}
			w.one.look = func(int64) error { return err }
			for range 3 {
				w.must(w.sweep())
				w.rest(secondLook)
			}
			for _, e := range w.told {
				if e.About == portfolio.AboutDomain {
					t.Errorf("told %s %s", e.What, e.Text)
				}
			}
			// Nor where only the second look meets it.
			w.one.look = nil
			w.must(w.sweep())
			w.one.look = func(int64) error { return err }
			w.rest(secondLook)
			w.told = nil
			w.one.look = nil
			w.rest(retrySweep)
			w.must(w.sweep())
			w.rest(secondLook)
			n := 0
			for _, e := range w.told {
				if e.What == "removed" {
					n++
				}
			}
			if n != 25 {
				t.Errorf("%d are told to be removed", n)
			}
			w.must(w.store.Check())
		})
	}
}

// TestAListThatLies: bounded work, a warning that names the call, nothing removed.
func TestAListThatLies(t *testing.T) {
	for name, tt := range map[string]struct {
		page    func(p *portfolio.Page[portfolio.Domain], n, size int) error
		problem string
		looks   int
	}{
		"it ends too soon": {func(p *portfolio.Page[portfolio.Domain], _, _ int) error {
			p.Total, p.Pages = len(p.Items), 1
			return nil
		}, "it lacks 1900 domains", mostLooks},
		"it has fewer than it says": {func(p *portfolio.Page[portfolio.Domain], _, _ int) error {
			p.Pages = 1
			return nil
		}, "it says that it has 3000 entries, and 100 were read", mostLooks},
		"half of it": {func(p *portfolio.Page[portfolio.Domain], _, _ int) error {
			p.Items = slices.DeleteFunc(p.Items, func(d portfolio.Domain) bool { return d.ID%20 == 0 })
			return nil
		}, "its pages do not join", mostLooks},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSweepWorld(t, 3000, 0)
			w.must(w.sweep())
			w.one.page = tt.page
			w.must(w.sweep())
			w.rest(secondLook)
			found := false
			for _, e := range w.told {
				if e.About == portfolio.AboutDomain {
					t.Errorf("told %s %s", e.What, e.Text)
				}
				found = found || e.What == "problem" && strings.Contains(e.Text, tt.problem) && strings.Contains(e.Text, "list domains by id (account 1)")
			}
			if !found || len(w.one.looks) > tt.looks || w.one.pages > 40+400 {
				t.Errorf("%d looks, %d pages, told %v", len(w.one.looks), w.one.pages, w.told)
			}
			w.one.page = nil
			w.told = nil
			w.must(w.sweep())
			w.tells()
		})
	}
}

// TestManyOddEntries: what a sweep keeps of them does not grow with the list.
func TestManyOddEntries(t *testing.T) {
	w := newSweepWorld(t, 3000, 0)
	w.one.page = func(p *portfolio.Page[portfolio.Domain], _, _ int) error {
		p.Items = slices.DeleteFunc(p.Items, func(d portfolio.Domain) bool {
			if d.ID%30 == 0 {
				p.Problems = append(p.Problems, fmt.Errorf("domain %d is odd", d.ID))
			}
			return d.ID%30 == 0
		})
		return nil
	}
	w.must(w.sweep())
	problems := slices.DeleteFunc(w.told, func(e portfolio.Event) bool { return e.What != "problem" })
	last := problems[len(problems)-1].Text
	if len(problems) != mostProblems+1 || last != "list domains by id (account 1): it has 800 more entries that cannot be read" {
		t.Errorf("%d problems, at last %s", len(problems), last)
	}
	sweep, err := w.store.SweepOf(1)
	if err != nil || sweep.WholeSeen != 3000 {
		t.Errorf("%d seen, %v", sweep.WholeSeen, err)
	}
}

// TestRulesWithoutADate are looked at beyond the horizon, and nothing is ever done there.
func TestRulesWithoutADate(t *testing.T) {
	w := newSweepWorld(t, 3, 0)
	w.one.edit(10, func(d *portfolio.Domain) { d.ExpiresAt = now.AddDate(0, 0, 50) }) // the domain scan's
	w.one.edit(20, func(d *portfolio.Domain) { d.State, d.ExpiresAt = portfolio.DomainHosted, time.Time{} })
	changed := *policy
	off := false
	changed.Rules = append(slices.Clone(policy.Rules), rules.Rule{
		Name: "every", On: portfolio.KindDomain, Do: portfolio.ActionAlert, Level: portfolio.LevelNotice,
	}, rules.Rule{
		Name: "auto-renewal off", On: portfolio.KindDomain, Match: rules.Conditions{AutoRenew: &off}, Do: portfolio.ActionAlert, Level: portfolio.LevelAlert,
	}, rules.Rule{
		// Each of a million domains that are held is not worth a word, far from any date.
		Name: "keep", On: portfolio.KindDomain, Do: portfolio.ActionHold, Reason: "ours",
	})
	w.policy = &changed
	w.must(w.sweep())
	w.tells("notice domain.alert d20.com: every", "notice domain.alert d30.com: every")
	w.one.edit(30, func(d *portfolio.Domain) { d.AutoRenew = false })
	w.must(w.sweep())
	w.tells("alert domain.changed d30.com: DNSimple's own auto-renewal is off, was on; nothing that domaind did explains it",
		"alert domain.alert d30.com: auto-renewal off")
}

// TestASweepCounts: who wants to know hears of each page and how many there will be, and
// at its end what it came to.
func TestASweepCounts(t *testing.T) {
	w := newSweepWorld(t, 250, 30)
	var mu sync.Mutex
	var last Step
	marked := false
	w.s.Progressed = func(step Step) {
		mu.Lock()
		defer mu.Unlock()
		if step.Pages > last.Pages {
			last = step
		}
	}
	w.s.Background = func(ctx context.Context) context.Context {
		marked = true
		return ctx
	}
	w.s.Answers = func(ctx context.Context, tell func(portfolio.Answer)) context.Context {
		for range 5 {
			tell(portfolio.Answer{Status: 200})
		}
		return ctx
	}
	w.must(w.sweep())
	if last.Pages != 4 || last.Expected != 4 || last.Domains < 280 || !marked || !last.Background { // 3 and 1
		t.Errorf("%+v; in the background: %v", last, marked)
	}
	e := w.told[len(w.told)-1]
	for key, want := range map[string]any{"job": JobPortfolio, "read": 280, "accounts": 2, "requests": 5, "problems": 0, "seconds": 0.0} {
		if e.What != "completed" || e.Data[key] != want {
			t.Errorf("%s: %s is %v, want %v", e.What, key, e.Data[key], want)
		}
	}
	jobs, err := w.s.Jobs()
	w.must(err)
	if i := slices.IndexFunc(jobs, func(j JobStatus) bool { return j.Name == JobPortfolio }); jobs[i].Requests != 5 {
		t.Errorf("%d requests", jobs[i].Requests)
	}
	// What a sweep needs that goes on where it was cut short says nothing of a whole one.
	for e, after := range map[*estate]int{w.one: 2, w.two: 0} {
		read := 0
		e.page = func(*portfolio.Page[portfolio.Domain], int, int) error {
			if read++; read > after {
				return &portfolio.CallError{Call: "list domains", Outcome: portfolio.OutcomeUnknown, Status: 502}
			}
			return nil
		}
	}
	w.must(w.sweep())
	w.one.page, w.two.page = nil, nil
	delete(w.s.needed, JobPortfolio)
	w.pass(time.Hour)
	_, err = w.s.start(t.Context(), w.s.jobs[len(w.s.jobs)-1])
	w.must(err)
	sweep, err := w.store.SweepOf(1)
	w.must(err)
	if sweep.UnderWay() || sweep.WholeSeen != 250 || w.s.needed[JobPortfolio] != 0 {
		t.Errorf("%+v; %d requests", sweep, w.s.needed[JobPortfolio])
	}
}
