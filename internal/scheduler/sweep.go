package scheduler

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

const (
	// pagesPerNote is after how many pages without news a sweep writes down where it is:
	// after a crash so many are read again.
	pagesPerNote = 25
	// mostLooks bounds the domains that one sweep of an account asks for by themselves,
	// because they are not in its list.
	mostLooks = 1000
	// mostProblems bounds the entries that a sweep tells that it could not read: what it
	// keeps must not grow with the list. The others are counted.
	mostProblems = 200
)

// sweeper sweeps one account.
type sweeper struct {
	s       *Scheduler
	account Account
	began   time.Time

	sweep   portfolio.Sweep
	walk    walk
	missing map[int64]bool // what was looked for in vain already
	look    looking
	more    int // domains that are not in the list, and were not looked for

	problems []error
	odd      int  // entries that could not be read, and are not among the problems
	resumed  bool // it goes on where one was cut short
	seen     int
	whole    bool
}

// hereError is an error of what remembers, and not of the account: the job fails.
type hereError struct{ err error }

func (e *hereError) Error() string { return e.err.Error() }
func (e *hereError) Unwrap() error { return e.err }

// here marks an error as one of what remembers.
func here(err error) error {
	if err == nil {
		return nil
	}
	return &hereError{err}
}

// run takes the second looks that are due, and sweeps. Its error is the account's, which
// could not be read, or a *hereError.
func (w *sweeper) run(ctx context.Context, anew bool) error {
	if err := w.secondLooks(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	var err error
	if w.sweep, err = w.s.Progress.SweepOf(w.account.ID); err != nil {
		return here(err)
	}
	if !w.sweep.UnderWay() && !anew || !w.s.claim(w.s.sweeps, w.account.ID) {
		return nil
	}
	defer w.s.ends(w.account.ID)
	now := w.s.Now()
	w.s.begins(w.account.ID, now)
	if !w.sweep.UnderWay() || now.Sub(w.sweep.MovedAt).Abs() > staleSweep {
		w.restart(now)
	}
	w.resumed = w.sweep.Seen > 0
	w.walk = walk{
		read: w.account.Lister.DomainPageByID, call: fmt.Sprintf("list domains by id (account %d)", w.account.ID),
		after: w.sweep.After, offset: w.sweep.Offset, seen: w.sweep.Seen,
	}
	return w.pages(ctx)
}

// restart puts the sweep to its beginning.
func (w *sweeper) restart(now time.Time) {
	w.sweep.BeganAt, w.sweep.MovedAt = now, now
	w.sweep.After, w.sweep.Offset, w.sweep.Seen = 0, 0, 0
}

// pages takes up one stretch of the list after the other. Where it cannot go on, it is
// written down how far it came.
func (w *sweeper) pages(ctx context.Context) error {
	for n := 1; ; n++ {
		st, err := w.walk.next(ctx)
		if err != nil {
			return w.stop(err)
		}
		w.s.moved(w.account.ID)
		w.unread(st.problems)
		if n == 1 {
			tallyOf(ctx).longer(joined(st.total - w.sweep.Offset))
		}
		w.s.paged(ctx, len(st.domains)+len(st.problems))
		change, err := w.compare(ctx, st)
		if err != nil || ctx.Err() != nil {
			return w.stop(err)
		}
		w.sweep.MovedAt, w.sweep.After, w.sweep.Offset = w.s.Now(), w.walk.after, w.walk.offset
		w.sweep.Seen, w.sweep.Total = w.sweep.Seen+len(st.domains)+len(st.problems), st.total
		if st.last {
			w.end()
		}
		if st.last || n%pagesPerNote == 0 || !empty(change.Swept) {
			change.Swept.Sweep = &w.sweep
		}
		if err := w.commit(change); err != nil || st.last {
			return err
		}
	}
}

// unread keeps the first of the entries that could not be read, and counts the others.
func (w *sweeper) unread(problems []error) {
	n := min(len(problems), max(0, mostProblems-len(w.problems)))
	w.problems = append(w.problems, problems[:n]...)
	w.odd += len(problems) - n
}

// stop writes down where the sweep is, and gives why it goes no farther.
func (w *sweeper) stop(why error) error {
	if _, ok := errors.AsType[*hereError](why); ok {
		return why
	}
	if err := w.commit(portfolio.Change{Swept: &portfolio.Swept{AccountID: w.account.ID, Sweep: &w.sweep}}); err != nil {
		return err
	}
	return why
}

// commit makes a change where it is one.
func (w *sweeper) commit(c portfolio.Change) error {
	if c.Swept.Sweep == nil && empty(c.Swept) && len(c.Events) == 0 {
		return nil
	}
	return here(w.s.Progress.Commit(c))
}

func empty(w *portfolio.Swept) bool {
	return len(w.Snapshots)+len(w.Missing)+len(w.Found)+len(w.Gone) == 0
}

// end says that the list was read to its end. One that has far fewer entries than it
// says, or more, is no whole one: the next sweep begins anew.
func (w *sweeper) end() {
	if off := w.sweep.Seen - w.sweep.Total; max(off, -off) > 10+w.sweep.Total/10 {
		w.problems = append(w.problems, w.walk.senseless("it says that it has %d entries, and %d were read", w.sweep.Total, w.sweep.Seen))
	} else {
		w.whole, w.seen = true, w.sweep.Seen
		w.sweep.WholeBeganAt, w.sweep.WholeEndedAt, w.sweep.WholeSeen = w.sweep.BeganAt, w.s.Now(), w.sweep.Seen
	}
	if w.odd > 0 {
		w.problems = append(w.problems, w.walk.senseless("it has %d more entries that cannot be read", w.odd))
	}
	if w.more > 0 {
		w.problems = append(w.problems, w.walk.senseless("it lacks %d domains that were there, beside %d that were looked for by themselves: those are for the next sweeps", w.more, w.look.asked))
	}
	w.restart(time.Time{})
}

// compare holds a stretch against what was seen before, and says what that changes, and
// what the rules have to tell.
func (w *sweeper) compare(ctx context.Context, st stretch) (portfolio.Change, error) {
	change := portfolio.Change{Swept: &portfolio.Swept{AccountID: w.account.ID}}
	upTo := st.upTo
	if st.last {
		upTo = math.MaxInt64
	}
	// One more than may be looked for, so that those that were do not count.
	c, err := w.s.Progress.CompareSnapshots(w.account.ID, st.after, upTo, st.domains, mostLooks+len(w.missing))
	if err != nil {
		return change, here(err)
	}
	now, who := w.s.Now(), w.witness()
	for _, d := range c.Added {
		change.Swept.Snapshots = append(change.Swept.Snapshots, portfolio.SnapshotOf(d))
		if w.sweep.Baseline() {
			continue
		}
		e, err := who.added(d, now)
		if err != nil {
			return change, here(err)
		}
		change.Events = append(change.Events, e)
	}
	for _, d := range c.Changed {
		if err := w.differ(&change, who, d, now); err != nil {
			return change, err
		}
	}
	if err := w.absent(ctx, &change, c); err != nil {
		return change, err
	}
	return change, w.rules(&change, st.domains, now)
}

// differ adds a domain that is another than it was to a change.
func (w *sweeper) differ(change *portfolio.Change, who witness, d portfolio.ChangedDomain, now time.Time) error {
	e, err := who.changed(d.Was, d.Is, now)
	if err != nil {
		return here(err)
	}
	change.Swept.Snapshots = append(change.Swept.Snapshots, portfolio.SnapshotOf(d.Is))
	change.Events = append(change.Events, e)
	return nil
}

func (w *sweeper) witness() witness {
	return witness{ledger: w.s.Progress, account: w.account.ID, since: w.sweep.WholeBeganAt}
}

// rules adds what the policy says about domains that the domain scan does not come to:
// those beyond the horizon, and those without an expiration. It only tells: what is to
// be done about a domain has its turn in the order of expiration, there.
func (w *sweeper) rules(change *portfolio.Change, domains []portfolio.Domain, now time.Time) error {
	policy := w.s.Policy()
	horizon := policy.Horizon(now)
	var f portfolio.DomainFacts
	for _, d := range domains {
		f.Domain = d
		if !d.ExpiresAt.IsZero() && !d.ExpiresAt.After(horizon) || !rules.Speaks(policy, &f, now) {
			continue
		}
		decision, err := w.s.decide(policy, d, now)
		if err != nil {
			return here(err)
		}
		switch decision.Verdict {
		case portfolio.VerdictHold, portfolio.VerdictLetLapse:
			// There may be a million of them, far from any date: alerts are told, and no more.
			decision.Verdict = portfolio.VerdictNone
			fallthrough
		case portfolio.VerdictNone:
			change.Events = append(change.Events, w.s.Executor.Announcements(decision)...)
		}
	}
	return nil
}
