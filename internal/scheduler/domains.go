package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Reading is what a scan read and what the policy says about it.
type Reading struct {
	Decisions []portfolio.Decision
	// Problems are accounts that were not read, and items that could not be
	// understood; each names the call. An account that is paused is [ErrPaused].
	Problems []error
}

// ErrPaused is in the problem of an account that was left out because it is paused:
// when it was paused, that was announced.
var ErrPaused = errors.New("the account is paused")

// act hands what a scan found to the executor, and tells what it could not read. The
// change is made with it.
func (s *Scheduler) act(ctx context.Context, job string, now time.Time, r Reading, change portfolio.Change) error {
	tallyOf(ctx).found(r, s.Policy().Horizon(now))
	for _, p := range r.Problems {
		if !errors.Is(p, ErrPaused) {
			change.Events = append(change.Events, problem(job, now, p))
		}
	}
	s.left(job, r.Problems)
	var errs []error
	if len(change.Events)+len(change.Watch)+len(change.Lifted)+len(change.Pauses)+len(change.Spent) > 0 {
		err := s.Progress.Commit(change)
		s.watching(change.Watch, err)
		if s.Fatal(err) {
			return err
		} else if err != nil {
			errs = append(errs, err)
		}
	}
	_, err := s.Executor.Execute(ctx, r.Decisions)
	return errors.Join(append(errs, err)...)
}

// problem tells of something that could not be read or understood.
func problem(job string, now time.Time, err error) portfolio.Event {
	return portfolio.Event{
		At: now, Level: portfolio.LevelAlert, About: portfolio.AboutScan, What: "problem", Text: err.Error(),
		Data: map[string]any{"job": job}, Once: "problem|" + job + "|" + stable(err), Repeat: 24 * time.Hour,
	}
}

// stable is an error without what differs each time: DNSimple's request id, and the
// page and the entry on which something is found.
func stable(err error) string {
	call, ok := errors.AsType[*portfolio.CallError](err)
	if !ok {
		return firstLine(err)
	}
	act, _, _ := strings.Cut(call.Call, ", page ")
	what := call.Message
	if before, after, found := strings.Cut(what, "entry "); found {
		// What names the item itself does so wherever it stands; what does not, only there.
		if rest := strings.TrimLeft(after, "0123456789"); strings.ContainsAny(rest, "0123456789\"") {
			what = before + rest
		}
	}
	return fmt.Sprintf("%s|%s|%d|%s", act, call.Outcome, call.Status, what)
}

// Domains reads every account's domains up to the policy's horizon, and decides
// about each: in order of expiration over all accounts, those without one last. An
// account that cannot be read is a problem, and does not hold the others.
func (s *Scheduler) Domains(ctx context.Context, now time.Time) (Reading, error) {
	ctx, _ = s.counting(ctx, now)
	if err := s.expect(ctx); err != nil {
		return Reading{}, err
	}
	r, _, err := s.readAll(ctx, now, s.Accounts)
	return r, err
}

// readings are what was read of the accounts, by their ids.
type readings struct {
	domains map[int64][]portfolio.Domain // of accounts that were read to the horizon
	// senseless are accounts whose clock is so far from ours that nothing can be said of
	// their domains.
	senseless map[int64]bool
}

func newReadings() readings {
	return readings{domains: make(map[int64][]portfolio.Domain), senseless: make(map[int64]bool)}
}

// readAll is Domains for some of the accounts, and gives what was read of each account that was.
func (s *Scheduler) readAll(ctx context.Context, now time.Time, accounts []Account) (Reading, readings, error) {
	policy := s.Policy()
	horizon := policy.Horizon(now)
	read := newReadings()
	off := make(map[int64]bool) // accounts whose clock is not ours
	var mu sync.Mutex
	domains, r, err := eachAccount(ctx, s, accounts, func(ctx context.Context, a Account) ([]portfolio.Domain, []error, error) {
		lister := &dated{Lister: a.Lister, paged: s.paged}
		a.Lister = lister
		domains, problems, err := s.readDomains(ctx, a, horizon)
		if err != nil {
			return nil, problems, err
		}
		skew := lister.skew(s.Now())
		mu.Lock()
		defer mu.Unlock()
		if skew.Abs() > portfolio.MaxSkew {
			off[a.ID] = true
			problems = append(problems, fmt.Errorf("account %s (%d): the clock here is %s off DNSimple's: nothing is changed until they agree",
				a.Name, a.ID, skew.Round(time.Minute)))
		}
		if skew.Abs() > senseless {
			read.senseless[a.ID] = true
			return nil, problems, nil
		}
		read.domains[a.ID] = domains
		return domains, problems, err
	})
	if err != nil {
		return r, read, err
	}
	slices.SortFunc(domains, CompareDomains)
	for _, d := range domains {
		decision, err := s.decide(policy, d, now)
		if err != nil {
			return r, read, err
		}
		if off[d.AccountID] && (decision.Verdict == portfolio.VerdictAct || decision.Verdict == portfolio.VerdictAsk) {
			decision.Verdict, decision.Code = portfolio.VerdictBlocked, portfolio.CodeClock
			decision.Reason = "the clock here and DNSimple's disagree: nothing is changed"
		}
		r.Decisions = append(r.Decisions, decision)
	}
	return r, read, nil
}

// decide asks the policy about a domain, and what the ledger remembers of it.
func (s *Scheduler) decide(policy *rules.Policy, d portfolio.Domain, now time.Time) (portfolio.Decision, error) {
	f, err := s.Executor.Facts(d)
	if err != nil {
		return portfolio.Decision{}, err
	}
	return rules.Decide(policy, f, now), nil
}

// senseless is how far the clocks are apart where nothing is worth deciding any more:
// what looks near its end may be a year from it.
const senseless = 24 * time.Hour

// dated is a Lister that remembers what time it is at DNSimple.
type dated struct {
	Lister
	date  time.Time // as of the last page; zero where it did not say
	paged func(ctx context.Context, entries int)
}

// DomainPage implements [Lister].
func (d *dated) DomainPage(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
	page, err := d.Lister.DomainPage(ctx, number, size)
	d.date = page.Date
	d.paged(ctx, len(page.Items))
	return page, err
}

// skew is by how much the clock here is ahead of DNSimple's; 0 where that is not known.
func (d *dated) skew(now time.Time) time.Duration {
	if d.date.IsZero() {
		return 0
	}
	return now.Sub(d.date)
}

// CompareDomains is the order in which domains are looked after: by expiration, those
// without one last.
func CompareDomains(a, b portfolio.Domain) int {
	return cmp.Or(compareExpiration(a, b), cmp.Compare(a.Name, b.Name), cmp.Compare(a.AccountID, b.AccountID))
}

// compareExpiration orders by expiration, domains without one last.
func compareExpiration(a, b portfolio.Domain) int {
	switch {
	case a.ExpiresAt.IsZero() && b.ExpiresAt.IsZero():
		return 0
	case a.ExpiresAt.IsZero():
		return 1
	case b.ExpiresAt.IsZero():
		return -1
	}
	return a.ExpiresAt.Compare(b.ExpiresAt)
}

// eachAccount reads those of the accounts that are not paused side by side. What could be
// read is returned in the order of the accounts; what could not is a problem.
func eachAccount[T any](ctx context.Context, s *Scheduler, accounts []Account, read func(context.Context, Account) ([]T, []error, error)) ([]T, Reading, error) {
	type part struct {
		items    []T
		problems []error
		err      error
		panicked error
		skipped  bool
	}
	parts := make([]part, len(accounts))
	var wg sync.WaitGroup
	for i, a := range accounts {
		ready, err := s.Executor.Ready(a.ID)
		if err != nil {
			return nil, Reading{}, err
		}
		if !ready {
			parts[i].skipped = true
			continue
		}
		run := func() {
			p := &parts[i]
			// A panic on a goroutine of its own would end the daemon.
			defer func() {
				if v := recover(); v != nil {
					p.panicked = fmt.Errorf("read account %s (%d): panic: %v\n%s", a.Name, a.ID, v, debug.Stack())
				}
			}()
			p.items, p.problems, p.err = read(ctx, a)
		}
		if i < len(accounts)-1 {
			wg.Go(run)
		} else {
			run() // the last of them, often the only one, needs no goroutine
		}
	}
	wg.Wait()
	var items []T
	var r Reading
	for i, p := range parts {
		if p.panicked != nil {
			return nil, r, p.panicked
		}
		if ctx.Err() != nil {
			continue
		}
		if p.skipped {
			r.Problems = append(r.Problems, fmt.Errorf("account %s (%d): %w, and was not read", accounts[i].Name, accounts[i].ID, ErrPaused))
			continue
		}
		if err := s.Executor.Report(accounts[i].ID, p.err); err != nil {
			return nil, r, err
		}
		r.Problems = append(r.Problems, p.problems...)
		if p.err != nil {
			r.Problems = append(r.Problems, p.err)
			continue
		}
		items = append(items, p.items...)
	}
	return items, r, ctx.Err()
}

// pageSize is how many entries a page has: the most that the API gives.
const pageSize = 100

// errShifting is the problem of a list that does not stand still.
var errShifting = errors.New("the list changed too often while it was read: what was seen of it counts, and it is read again at the next tick")

// errUnsorted is the problem of a list that is not in the order that was asked for.
var errUnsorted = errors.New("the list is not in order of expiration: it is read to its end each time")

// readDomains reads an account's domains in order of expiration, up to the first page
// that reaches beyond the horizon: all of it before anything is done. Where not every
// page overlapped the one before, and something has moved since the last scan or
// meanwhile, it is read again with pages that do: what the last scan may have lost, this
// one finds.
func (s *Scheduler) readDomains(ctx context.Context, a Account, horizon time.Time) ([]portfolio.Domain, []error, error) {
	r := &reader{ask: a.Lister.DomainPage, account: a.Account, horizon: horizon, size: s.pageSize}
	if err := r.read(ctx); err != nil {
		return nil, nil, err
	}
	if r.loose && r.complete() {
		before, _, err := s.watchedOf(a.ID)
		if err != nil {
			return nil, nil, err
		}
		if r.moved || r.differs(before.Domains) {
			r = &reader{ask: r.ask, account: r.account, horizon: horizon, size: r.size, strict: true}
			if err := r.read(ctx); err != nil {
				return nil, nil, err
			}
		}
	}
	problem := errShifting
	if r.unsorted {
		problem = errUnsorted
		if err := r.everything(ctx); err != nil {
			return nil, nil, err
		}
	}
	problems := slices.Collect(maps.Values(r.problems))
	slices.SortFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	if !r.complete() {
		problems = append(problems, fmt.Errorf("list domains (account %d): %w", a.ID, problem))
	}
	return r.domains(), problems, nil
}
