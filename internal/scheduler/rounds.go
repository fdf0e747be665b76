package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"domaind/internal/portfolio"
)

// patience is how long the domains of accounts that were read wait for those of the
// others, in real time: longer than ordinary readings take, and than a server takes that
// does not answer, but not as long as the end of a rate limit is away.
const patience = 5 * time.Minute

// scanDomains is the domain job. The accounts are read side by side, and what was read is
// carried out together, in order of expiration: they may share ceilings. An account that
// takes long is waited for as long as patience has it; then the others go on, and its own
// domains come when they were read. Where that comes to a ceiling, what was bought before
// may expire later than what is blocked; that is announced, and the next day has money.
func (s *Scheduler) scanDomains(ctx context.Context, now time.Time) error {
	if err := s.expect(ctx); err != nil {
		return err
	}
	s.left(JobDomains, nil)
	var problems []error
	return s.rounds(ctx, now, func(r round) error {
		if r.err != nil {
			return r.err
		}
		seen, err := s.remember(r.accounts, r.read, now)
		if err != nil {
			return err
		}
		r.Decisions = append(r.Decisions, seen.unread...)
		err = s.act(ctx, JobDomains, now, r.Reading, seen.change)
		problems = append(problems, r.Problems...)
		s.left(JobDomains, problems)
		return err
	})
}

// round is what was read of some of the accounts.
type round struct {
	Reading
	accounts []Account
	read     readings
	err      error
}

// rounds reads the accounts, and hands on what was read: of all of them at once, where
// none takes long.
func (s *Scheduler) rounds(ctx context.Context, now time.Time, act func(round) error) error {
	restored, err := s.restored()
	if err != nil {
		return err
	}
	if len(s.Accounts) == 1 || restored != nil { // whether nothing moved, all of them must show
		r, read, err := s.readAll(ctx, now, s.Accounts)
		return act(round{Reading: r, accounts: s.Accounts, read: read, err: err})
	}
	results := make(chan round, len(s.Accounts))
	var reading sync.WaitGroup
	defer reading.Wait()
	for _, a := range s.Accounts {
		reading.Go(func() { results <- s.readOne(ctx, now, a) })
	}
	waiting, stop := context.WithTimeout(ctx, s.patience)
	defer stop()
	var errs []error
	together := round{read: newReadings()}
	left := len(s.Accounts)
	for over := false; left > 0 && !over; {
		select {
		case r := <-results:
			left--
			if r.err != nil {
				errs = append(errs, r.err)
				continue
			}
			together.add(r)
		case <-waiting.Done():
			over = true
		}
	}
	do := func(r round) {
		err := errors.Join(errs...)
		if r.err == nil && len(r.accounts) > 0 && ctx.Err() == nil && !s.Fatal(err) {
			r.err = act(r)
		}
		errs = append(errs, r.err)
	}
	slices.SortFunc(together.Decisions, byExpiration)
	slices.SortFunc(together.accounts, func(a, b Account) int { return s.place(a.ID) - s.place(b.ID) })
	do(together)
	for ; left > 0; left-- {
		do(<-results)
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// readOne reads one account. A panic on a goroutine of its own would end the daemon.
func (s *Scheduler) readOne(ctx context.Context, now time.Time, a Account) (r round) {
	defer func() {
		if v := recover(); v != nil {
			r.err = fmt.Errorf("read account %s (%d): panic: %v\n%s", a.Name, a.ID, v, debug.Stack())
		}
	}()
	reading, read, err := s.readAll(ctx, now, []Account{a})
	return round{Reading: reading, accounts: []Account{a}, read: read, err: err}
}

// add joins what was read of other accounts.
func (r *round) add(other round) {
	r.Decisions = append(r.Decisions, other.Decisions...)
	r.Problems = append(r.Problems, other.Problems...)
	r.accounts = append(r.accounts, other.accounts...)
	maps.Copy(r.read.domains, other.read.domains)
	maps.Copy(r.read.senseless, other.read.senseless)
}

// place is where an account stands in the configuration.
func (s *Scheduler) place(id int64) int {
	return slices.IndexFunc(s.Accounts, func(a Account) bool { return a.ID == id })
}

// byExpiration orders decisions about domains.
func byExpiration(a, b portfolio.Decision) int {
	x, _ := a.Resource.(portfolio.DomainFacts)
	y, _ := b.Resource.(portfolio.DomainFacts)
	return CompareDomains(x.Domain, y.Domain)
}
