package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
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
	byAccount := make(map[int64][]string)
	for _, op := range due {
		byAccount[op.AccountID] = append(byAccount[op.AccountID], op.Key)
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		errs   []error
		failed = make(map[string]bool)
		panics any
	)
	for _, keys := range byAccount {
		wg.Go(func() {
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
				mu.Lock()
				errs, failed[key] = append(errs, err), true
				mu.Unlock()
				if x.fatal(err) {
					return
				}
			}
		})
	}
	wg.Wait()
	if panics != nil {
		panic(panics) // where the caller can recover
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
	if stopped, _, err := x.stopped(op.AccountID, op.Kind); err != nil {
		return err
	} else if stopped != nil && (stopped.ProbeAt.IsZero() || !tryNow(*stopped, x.now())) {
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
	case portfolio.StateArmed:
		return x.restart(op)
	case portfolio.StateFailed:
		e = retried{moment: now}
	case portfolio.StateDone:
		e = charged{moment: now, final: true}
		if netOut(op) {
			e = observed{moment: now, seen: evidence{gone: true}}
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
	if op.State == portfolio.StateDone && !netOut(op) {
		return x.reconcile(ctx, op)
	}
	seen := x.seen(ctx, op)
	if ended(ctx) {
		return nil // a read that a shutdown cut short has seen nothing
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

// seen gathers the evidence about an operation. What cannot be read is no evidence.
func (x *Executor) seen(ctx context.Context, op portfolio.Operation) evidence {
	reg := x.registries[op.AccountID]
	switch op.Kind {
	case portfolio.OpRenew:
		return x.seenPurchase(ctx, op, reg, reg.Renewal)
	case portfolio.OpRestore:
		return x.seenPurchase(ctx, op, reg, reg.Restoration)
	case portfolio.OpAutoRenewal:
		return seenAutoRenewal(ctx, op, reg)
	case portfolio.OpAccept:
		return x.seenAccept(ctx, op, reg)
	case portfolio.OpReject:
		return x.seenReject(ctx, op)
	default:
		return seenCancel(ctx, op, reg)
	}
}

func (x *Executor) seenPurchase(ctx context.Context, op portfolio.Operation, reg Reader, read func(context.Context, string, int64) (portfolio.Purchase, error)) evidence {
	var seen evidence
	if op.RemoteID != 0 && op.State.Open() {
		p, err := read(ctx, op.Name, op.RemoteID)
		switch {
		case err == nil:
			seen.readable, seen.remote, seen.state = true, p.State.Progress(), string(p.State)
		case outcome(err) == portfolio.OutcomeNotFound:
			seen.readable, seen.state = true, fmt.Sprintf("it knows no %s %d", op.Kind, op.RemoteID)
		default:
			seen.note = err.Error() + "; "
		}
	}
	d, _, err := reg.Domain(ctx, op.DomainID)
	if err != nil {
		seen.gone = outcome(err) == portfolio.OutcomeNotFound
		seen.note += err.Error()
		return seen
	}
	seen.read, seen.autoRenew, seen.expiresAt, seen.registered = true, d.AutoRenew, d.ExpiresAt, d.State == portfolio.DomainRegistered
	moved := !d.ExpiresAt.Before(op.ExpiresAt.AddDate(op.Years, 0, -3))
	seen.happened = d.State == portfolio.DomainRegistered && (op.Kind == portfolio.OpRestore || moved)
	seen.note += fmt.Sprintf("it is %s and expires on %s", d.State, portfolio.OccasionOf(d.ExpiresAt))
	return seen
}

func seenAutoRenewal(ctx context.Context, op portfolio.Operation, reg Reader) evidence {
	d, _, err := reg.Domain(ctx, op.DomainID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return evidence{impossible: "the domain is not there any more"}
	case err != nil:
		return evidence{note: err.Error()}
	case d.AutoRenew:
		return evidence{happened: true, note: "its auto-renewal is on: DNSimple renews it"}
	default:
		return evidence{undone: true, note: "its auto-renewal is off"}
	}
}

func (x *Executor) seenAccept(ctx context.Context, op portfolio.Operation, reg Reader) evidence {
	d, _, err := reg.Domain(ctx, op.DomainID)
	if err == nil && d.AccountID == op.AccountID {
		return evidence{happened: true, note: d.Name + " is in the account"}
	}
	if outcome(err) != portfolio.OutcomeNotFound {
		return evidence{note: "whether the domain is in the account could not be read"}
	}
	push, err := x.findPush(ctx, op)
	switch {
	case err != nil:
		return evidence{note: err.Error()}
	case push == nil && op.Checks >= lostChecks:
		return evidence{impossible: "the push is not waiting any more, and the domain did not come"}
	default:
		return evidence{gone: push == nil, undone: push != nil, note: "the domain is not in the account yet"}
	}
}

// lostChecks is how often a push must have been missing, with nothing to show for
// it, before it counts as lost: DNSimple may take a moment to move a domain.
const lostChecks = 5

func (x *Executor) seenReject(ctx context.Context, op portfolio.Operation) evidence {
	push, err := x.findPush(ctx, op)
	switch {
	case err != nil:
		return evidence{note: err.Error()}
	case push == nil:
		return evidence{happened: true, note: "the push is not waiting any more"}
	default:
		return evidence{undone: true, note: "the push is still waiting"}
	}
}

func seenCancel(ctx context.Context, op portfolio.Operation, reg Settler) evidence {
	c, err := reg.RegistrantChange(ctx, op.SubjectID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return evidence{happened: true, note: "the change is not there any more"}
	case err != nil:
		return evidence{note: err.Error()}
	case c.State == portfolio.ChangeCancelled:
		return evidence{happened: true, note: "the change is cancelled"}
	case c.State == portfolio.ChangeCompleted:
		return evidence{impossible: "the change was completed before it could be cancelled"}
	default:
		return evidence{undone: c.State.Open(), taken: c.State == portfolio.ChangeCancelling, note: fmt.Sprintf("the change is %s", c.State)}
	}
}

// chargeTries is how often the charge of a purchase is looked for, at growing
// distance: about ten days.
const chargeTries = 24

// reconcile looks for the charge of a purchase that is done: the ledger's price is
// the charge, once it is found.
func (x *Executor) reconcile(ctx context.Context, op portfolio.Operation) error {
	claimed, err := x.ledger.ClaimedCharges(op.AccountID)
	if err != nil {
		return fmt.Errorf("look for the charge of %s: %w", op, err)
	}
	answer := charged{final: op.Checks >= chargeTries}
	for page, err := range x.registries[op.AccountID].Charges(ctx, op.ArmedAt) {
		if ended(ctx) {
			return nil
		}
		if err != nil {
			// A token without the billing scope never finds it.
			answer.final = answer.final || outcome(err) == portfolio.OutcomeForbidden
			answer.refs, answer.amount = nil, 0
			break
		}
		for _, item := range page.Items {
			ref := fmt.Sprintf("%s#%d", item.Reference, item.Index)
			if claimed[ref] || !aboutRenewal(op, item) {
				continue
			}
			if vendors(item) {
				answer.vendor = true
			} else if chargesFor(op, item) {
				answer.amount += item.Amount
				answer.refs = append(answer.refs, ref)
			}
		}
	}
	answer.moment = moment(x.now())
	if _, _, err := x.step(op, answer); err != nil {
		return fmt.Errorf("book the charge of %s: %w", op, err)
	}
	return nil
}

// aboutRenewal says whether a line of the charges is about the domain of an operation,
// since it was sent.
func aboutRenewal(op portfolio.Operation, item portfolio.ChargeItem) bool {
	return !item.Refunded && strings.EqualFold(item.ProductName, op.Name) && !item.InvoicedAt.Before(op.ArmedAt.Add(-portfolio.MaxSkew))
}

// vendors says whether DNSimple's own auto-renewal bought what a line stands for.
func vendors(item portfolio.ChargeItem) bool {
	return strings.HasPrefix(strings.ToLower(item.Description), "auto renew")
}

// chargesFor says whether a line about the domain of an operation is what it cost.
func chargesFor(op portfolio.Operation, item portfolio.ChargeItem) bool {
	kind := strings.ToLower(item.ProductType)
	renewal, restore := strings.Contains(kind, "renew"), strings.Contains(kind, "restor") || strings.Contains(kind, "redempt")
	if op.Kind == portfolio.OpRestore {
		return renewal || restore
	}
	return renewal && !restore
}
