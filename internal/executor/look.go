package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// FollowUp looks at every operation that is due, the accounts side by side, and says
// when the next one is: now, where some became due meanwhile, and the zero time where
// none is. One that fails does not hold the others.
func (x *Executor) FollowUp(ctx context.Context) (time.Time, error) {
	due, _, err := x.ledger.Due(x.now())
	if err != nil {
		return time.Time{}, fmt.Errorf("look for operations that are due: %w", err)
	}
	byAccount := make(map[int64][]portfolio.Operation)
	for _, op := range due {
		byAccount[op.AccountID] = append(byAccount[op.AccountID], op)
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		errs   []error
		failed = make(map[string]bool)
		panics any
	)
	left := len(byAccount)
	for _, ops := range byAccount {
		keys := inOrder(ops)
		run := func() {
			defer func() {
				if v := recover(); v != nil {
					x.log.Error("a follow-up panics", "panic", v, "stack", string(debug.Stack()))
					mu.Lock()
					panics = v
					mu.Unlock()
				}
			}()
			for _, key := range keys {
				if ended(ctx) {
					return
				}
				err := x.followUp(ctx, key)
				if err == nil {
					continue
				}
				if errors.Is(err, errUnread) {
					return // only questions come behind one, and each would wait for an answer in vain
				}
				mu.Lock()
				errs, failed[key] = append(errs, err), true
				mu.Unlock()
				if x.fatal(err) {
					return
				}
			}
		}
		if left--; left > 0 {
			wg.Go(run)
		} else {
			run() // the last of them, mostly the only one, needs no goroutine
		}
	}
	wg.Wait()
	if panics != nil {
		panic(panics) // where the caller can recover
	}
	if !slices.ContainsFunc(errs, x.fatal) {
		if err := x.savePrices(); err != nil {
			errs = append(errs, err)
		}
	}
	again, next, err := x.ledger.Due(x.now())
	if err != nil {
		errs = append(errs, err)
	}
	if slices.ContainsFunc(again, func(op portfolio.Operation) bool { return !failed[op.Key] }) {
		next = x.now()
	}
	return next, errors.Join(errs...)
}

func (x *Executor) followUp(ctx context.Context, key string) error {
	op, ok, err := x.ledger.Operation(key)
	if err != nil || !ok {
		return err
	}
	turn, ok := x.turns[op.AccountID]
	if !ok {
		return x.orphan(op)
	}
	turn.Lock()
	defer turn.Unlock()
	// Whoever had the turn may have moved it on.
	op, ok, err = x.ledger.Operation(key)
	if err != nil || !ok || !op.Due(x.now()) {
		return err
	}
	switch op.State {
	case portfolio.StateReserved:
		return x.carry(ctx, op)
	case portfolio.StateArmed:
		return x.restart(op) // whoever armed it had the turn, and is gone without an outcome
	case portfolio.StateFailed:
		return x.retry(ctx, op)
	case portfolio.StateAsked:
		return x.askAgain(ctx, op)
	}
	return x.look(ctx, op)
}

// retryReading is how long it is waited where the domain cannot be read when the time
// for its next attempt has come; the scans go on meanwhile.
const retryReading = time.Hour

// retry asks the policy and the guards again when the next attempt at a purchase may be
// made. What they want then is an operation of its own.
func (x *Executor) retry(ctx context.Context, op portfolio.Operation) error {
	put := func(next time.Time) error {
		_, _, err := x.step(op, retried{moment(x.now()), next})
		return err
	}
	stopped, probes, err := x.stopped(op.AccountID, op.Kind)
	if err != nil {
		return err
	}
	if stopped == nil && probes != "" {
		// Which operation tries the pause is for a scan to say, which knows them all, and is
		// made when it is to be tried.
		return put(time.Time{})
	}
	if stopped != nil && (stopped.ProbeAt.IsZero() || !tryNow(*stopped, x.now())) {
		return put(stopped.ProbeAt) // zero: whoever resumes it has everything read again
	}
	d, _, err := x.registries[op.AccountID].Domain(ctx, op.DomainID)
	if ended(ctx) {
		return nil
	}
	if err := x.Report(op.AccountID, err); err != nil {
		return err
	}
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return put(time.Time{})
	case err != nil:
		return put(x.now().Add(retryReading))
	}
	facts, err := x.Facts(d)
	if err != nil {
		return err
	}
	if err := put(time.Time{}); err != nil {
		return err
	}
	decision := rules.Decide(x.policy(), facts, x.now())
	return x.carryOut(ctx, &decision, new(line))
}

// orphan settles an operation of an account that is not configured any more, as far
// as that goes without asking DNSimple.
func (x *Executor) orphan(op portfolio.Operation) error {
	now := moment(x.now())
	const why = "its account is not configured any more"
	var e event
	switch op.State {
	case portfolio.StateReserved:
		e = withdrawn{moment: now, why: why}
	case portfolio.StateAsked:
		e = moot{now, why}
	case portfolio.StateArmed:
		return x.restart(op)
	case portfolio.StateFailed:
		e = retried{moment: now}
	case portfolio.StateDone:
		e = charged{moment: now, final: true}
		if netOut(op) || leaving(op) {
			e = observed{moment: now, seen: evidence{gone: true, note: "nobody can look any more: " + why}}
		}
	default:
		e = observed{moment: now, seen: evidence{note: why}}
		told := operationEvent(op, now.at(), portfolio.LevelAlert, "delayed", "nobody can look what became of it: "+why)
		told.Once = "orphan|" + op.Key
		if err := x.ledger.Commit(portfolio.Change{Events: []portfolio.Event{told}}); err != nil {
			return err
		}
	}
	_, _, err := x.step(op, e)
	return err
}

// look reads back what became of an operation.
func (x *Executor) look(ctx context.Context, op portfolio.Operation) error {
	if op.State == portfolio.StateDone && !netOut(op) && !leaving(op) {
		return x.reconcile(ctx, op)
	}
	seen := x.seen(ctx, op)
	if ended(ctx) {
		return nil // a read that a shutdown cut short has seen nothing
	}
	if outcome(seen.refused) == portfolio.OutcomeUnauthorized {
		if err := x.Report(op.AccountID, seen.refused); err != nil {
			return err
		}
	}
	return x.observe(ctx, op, seen)
}

func (x *Executor) observe(ctx context.Context, op portfolio.Operation, seen evidence) error {
	others, err := x.others(op)
	if err != nil {
		return err
	}
	op, effects, err := x.step(op, observed{moment(x.now()), seen, others})
	if err != nil {
		return fmt.Errorf("look at %s: %w", op, err)
	}
	for _, f := range effects {
		if ended(ctx) {
			return nil
		}
		switch f := f.(type) {
		case renewBy:
			err = x.renewBy(ctx, op, f.vendor)
		case look:
			err = x.look(ctx, op)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// renewBy switches DNSimple's own auto-renewal of an operation's domain on or off.
// Whether it did is seen at the next look; where it is not, it is asked for again.
func (x *Executor) renewBy(ctx context.Context, op portfolio.Operation, vendor bool) error {
	stopped, _, err := x.stopped(op.AccountID, portfolio.OpAutoRenewal)
	if err != nil || stopped != nil {
		return err
	}
	calling, cancel := context.WithTimeout(context.WithoutCancel(x.urgent(ctx)), callWithin)
	defer cancel()
	err = x.registries[op.AccountID].SetAutoRenewal(calling, op.Name, vendor)
	if err == nil {
		return nil
	}
	if err := x.Report(op.AccountID, err); err != nil {
		return err
	}
	told := operationEvent(op, x.now(), portfolio.LevelAlert, "delayed", "its auto-renewal could not be switched: "+failure(err).Said())
	told.Once, told.Repeat = fmt.Sprintf("net|%s|%t", op.Key, vendor), 24*time.Hour
	return x.ledger.Commit(portfolio.Change{Events: []portfolio.Event{told}})
}
