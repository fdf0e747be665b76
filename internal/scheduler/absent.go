package scheduler

import (
	"context"
	"fmt"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// secondLook is how long after the first look that found nothing a domain is looked for
// again, before it is told that it is gone: a slip of DNSimple's is over by then, and its
// owner hears of it while the day on which it left is not.
const secondLook = 10 * time.Minute

// looking asks for domains by themselves.
type looking struct {
	asked int
	deaf  int // looks in a row that did not come through
}

// What a look found.
type found int8

const (
	foundNothing found = iota // the account does not have it
	foundDomain
	foundUnclear // nobody can say
)

// lookFor reads a domain of the account. Only that DNSimple knows no such domain there
// counts as nothing; what else goes wrong is a problem, and where DNSimple does not
// answer, or refuses the account, twice in a row, it is the error.
func (w *sweeper) lookFor(ctx context.Context, id int64) (portfolio.Domain, found, error) {
	w.look.asked++
	d, _, err := w.account.Lister.Domain(ctx, id)
	said := outcome(err)
	switch said {
	case "":
		w.look.deaf = 0
		return d, foundDomain, nil
	case portfolio.OutcomeNotFound:
		w.look.deaf = 0
		return d, foundNothing, nil
	}
	if ctx.Err() != nil {
		return d, foundUnclear, err
	}
	if call, ok := err.(*portfolio.CallError); ok && call.Status/100 == 2 || said == portfolio.OutcomeRejected { //nolint:errorlint // a nil is no error
		w.look.deaf = 0
		w.unread([]error{err})
		return d, foundUnclear, nil
	}
	if w.look.deaf++; w.look.deaf >= 2 {
		return d, foundUnclear, err
	}
	w.problems = append(w.problems, err)
	return d, foundUnclear, nil
}

// absent looks for domains that are not in the list. One that the account still has is
// taken as the look shows it; of one that it has not it is noted since when.
func (w *sweeper) absent(ctx context.Context, change *portfolio.Change, c portfolio.Comparison) error {
	for _, was := range c.Absent {
		if w.missing[was.ID] {
			continue // it has its second look
		}
		if w.look.asked >= mostLooks {
			w.more++
			continue
		}
		d, found, err := w.lookFor(ctx, was.ID)
		if err != nil {
			return err
		}
		now := w.s.Now()
		switch {
		case found == foundNothing:
			w.missing[was.ID] = true
			change.Swept.Missing = append(change.Swept.Missing, portfolio.Missing{Snapshot: was, Since: now})
		case found == foundDomain && portfolio.SnapshotOf(d) != was:
			if err := w.differ(change, w.witness(), portfolio.ChangedDomain{Was: was, Is: d}, now); err != nil {
				return err
			}
		}
	}
	w.more += c.More
	return nil
}

// secondLooks looks again for what is missing long enough. What is gone still is told,
// and forgotten.
func (w *sweeper) secondLooks(ctx context.Context) error {
	// A sweep and the rest of an earlier one may come to an account together.
	alone := w.s.claim(w.s.seconds, w.account.ID)
	if alone {
		defer w.s.release(w.s.seconds, w.account.ID)
	}
	missing, err := w.s.Progress.MissingOf(w.account.ID)
	if err != nil {
		return here(err)
	}
	w.missing = make(map[int64]bool, len(missing))
	for _, m := range missing {
		w.missing[m.ID] = true
	}
	if len(missing) == 0 || !alone {
		return nil
	}
	sweep, err := w.s.Progress.SweepOf(w.account.ID)
	if err != nil {
		return here(err)
	}
	who := witness{ledger: w.s.Progress, account: w.account.ID, since: sweep.WholeBeganAt}
	for _, m := range missing {
		if w.s.Now().Sub(m.Since).Abs() < secondLook {
			continue
		}
		_, found, err := w.lookFor(ctx, m.ID)
		if err != nil {
			return err
		}
		if found == foundUnclear {
			continue
		}
		change := portfolio.Change{Swept: &portfolio.Swept{AccountID: w.account.ID, Found: []int64{m.ID}}}
		if found == foundNothing {
			change, err = w.gone(who, m)
		}
		if err == nil {
			err = w.s.Progress.Commit(change)
		}
		if err != nil {
			return here(fmt.Errorf("take the second look at %s: %w", m.Name, err))
		}
		delete(w.missing, m.ID)
	}
	return nil
}

// gone is the change that forgets a domain, and tells that it was removed.
func (w *sweeper) gone(who witness, m portfolio.Missing) (portfolio.Change, error) {
	now, policy := w.s.Now(), w.s.Policy()
	expected := ""
	was := m.Domain(w.account.ID)
	if d := rules.Decide(policy, portfolio.DomainFacts{Domain: was}, now); d.Verdict == portfolio.VerdictLetLapse && was.ExpiresAt.Before(now) {
		expected = d.Rule + " let it lapse"
	}
	e, err := who.removed(m, now, expected)
	return portfolio.Change{
		Events: []portfolio.Event{e},
		Swept:  &portfolio.Swept{AccountID: w.account.ID, Gone: []int64{m.ID}},
	}, err
}
