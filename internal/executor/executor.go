package executor

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Options are what an Executor works with. All fields but Urgent, Fatal and
// Log are required.
type Options struct {
	Ledger     Ledger
	Registries map[int64]Registry // by account id, source accounts too
	Policy     func() *rules.Policy
	Ceilings   func() Ceilings
	// AutoRenewalWindow is how long before an expiration DNSimple's own
	// auto-renewal may already be at work.
	AutoRenewalWindow func() rules.Distance
	Now               func() time.Time
	// Urgent marks the reads that belong to a call which changes something: they may
	// use the part of the request quota that is kept for those.
	Urgent func(context.Context) context.Context
	// Fatal says after which errors nothing more must be done; nil: after none.
	Fatal func(error) bool
	Log   *slog.Logger
}

// Executor carries decisions out. It is safe for concurrent use.
type Executor struct {
	options Options // what it was made of

	ledger     Ledger
	registries map[int64]Registry
	policy     func() *rules.Policy
	limits     func() Ceilings
	window     func() rules.Distance
	now        func() time.Time
	urgent     func(context.Context) context.Context
	fatal      func(error) bool
	log        *slog.Logger

	slow  time.Duration  // see slowAfter
	turns map[int64]turn // one operation's step at a time, by account
	wake  chan struct{}
	freed atomic.Bool // a pause ended since Wanted was asked last

	// gate lets nothing be armed while a pause begins.
	gate sync.Mutex

	mu   sync.Mutex
	tlds map[string]tldFacts
	// shown is when a decision that is only shown was priced last.
	shown map[string]time.Time
	// memory is what was told of prices.
	memory *memory
	// codes are the authorization codes of transfers that may still be sent, by key: they
	// are kept here alone.
	codes map[string]portfolio.AuthCode
	// tried are the accounts that were tried since the start, paused or not.
	tried map[int64]bool
	// wanted are the moments at which a pause was to be tried, and for which the domains
	// were asked for: where there is nothing to try it with, once is enough.
	wanted map[string]time.Time
}

// turn is a mutex for which one can stop waiting.
type turn chan struct{}

func (t turn) Lock()   { t <- struct{}{} }
func (t turn) Unlock() { <-t }

// wait is Lock, until the context ends.
func (t turn) wait(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type tldFacts struct {
	portfolio.TLDFacts
	at time.Time
}

// tldsFor is how long what DNSimple says of a TLD is believed.
const tldsFor = 24 * time.Hour

// New makes an Executor.
func New(o Options) *Executor {
	x := &Executor{
		options: o,
		ledger:  o.Ledger, registries: o.Registries, policy: o.Policy, limits: o.Ceilings,
		window: o.AutoRenewalWindow, now: o.Now, log: o.Log,
		slow: slowAfter, turns: make(map[int64]turn), wake: make(chan struct{}, 1), tlds: make(map[string]tldFacts), tried: make(map[int64]bool), shown: make(map[string]time.Time), wanted: make(map[string]time.Time), codes: make(map[string]portfolio.AuthCode),
		urgent: o.Urgent, fatal: o.Fatal, memory: newMemory(),
	}
	if x.urgent == nil {
		x.urgent = func(ctx context.Context) context.Context { return ctx }
	}
	if x.fatal == nil {
		x.fatal = func(error) bool { return false }
	}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	for id := range o.Registries {
		x.turns[id] = make(turn, 1)
	}
	return x
}

// ceilings are those that purchases are held to now: a reload may change them.
func (x *Executor) ceilings() *Ceilings {
	c := x.limits()
	return &c
}

// Wake is signalled when an operation wants to be followed up earlier than was
// known before.
func (x *Executor) Wake() <-chan struct{} { return x.wake }

// Recover brings the ledger of an earlier process into order: what was armed may
// have been sent. It must be called before anything else, and once.
func (x *Executor) Recover(context.Context) error {
	open, err := x.ledger.OpenOperations()
	if err != nil {
		return fmt.Errorf("recover the ledger: %w", err)
	}
	for _, op := range open {
		var err error
		switch {
		case op.State == portfolio.StateArmed:
			err = x.restart(op)
		case op.State == portfolio.StateReserved && x.codeless(op):
			_, _, err = x.step(op, withoutCode(x.now()))
		}
		if err != nil {
			return fmt.Errorf("recover %s: %w", op, err)
		}
	}
	return nil
}

// restart takes on an operation that was armed by who is gone without an outcome.
func (x *Executor) restart(op portfolio.Operation) error {
	others, err := x.others(op)
	if err != nil {
		return err
	}
	_, _, err = x.step(op, restarted{moment(x.now()), others})
	return err
}

// others is how many purchases of an operation's account became unknown lately.
func (x *Executor) others(op portfolio.Operation) (int, error) {
	if !op.Kind.Purchase() || op.State == portfolio.StateUnknown {
		return 0, nil
	}
	n, err := x.ledger.UnknownSince(op.AccountID, x.now().Add(-unknownWithin))
	if err != nil {
		return 0, fmt.Errorf("count the unknown purchases of account %d: %w", op.AccountID, err)
	}
	return n, nil
}

// ended says whether a shutdown has begun.
func ended(ctx context.Context) bool { return ctx.Err() != nil }

// announce stores the events that a decision means.
func (x *Executor) announce(d portfolio.Decision) error {
	events := x.verdictEvents(d, x.now())
	if len(events) == 0 {
		return nil
	}
	if err := x.ledger.Commit(portfolio.Change{Events: events}); err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return nil
}

// step makes one transition and makes it durable, with its money and events. It
// returns the effects that the caller carries out.
func (x *Executor) step(op portfolio.Operation, e event) (portfolio.Operation, []effect, error) {
	return x.stepIf(op, e, nil)
}

// stepIf makes a transition that the ceilings must allow.
func (x *Executor) stepIf(op portfolio.Operation, e event, allow func(portfolio.Spent) error) (portfolio.Operation, []effect, error) {
	row, effects, err := next(op, e)
	if err != nil {
		return op, nil, err
	}
	change := portfolio.Change{Operation: &row, Was: op.State, Allow: allow}
	var rest []effect
	for _, f := range effects {
		switch f := f.(type) {
		case tell:
			change.Events = append(change.Events, f.Event)
		case stop, probe, free:
		default:
			rest = append(rest, f)
		}
	}
	if err := x.spendAnnouncements(&change, row, e.at()); err != nil {
		return op, nil, err
	}
	freed, err := x.pausing(&change, effects)
	if err != nil {
		return op, nil, err
	}
	if err := x.ledger.Commit(change); err != nil {
		return op, nil, err
	}
	if row.State != portfolio.StateReserved && row.State != portfolio.StateArmed {
		x.forget(row.Key) // it was sent, or never will be
	}
	x.log.Debug("operation", "op", row.ShortID(), "kind", row.Kind, "name", row.Name, "state", row.State)
	if freed {
		x.freed.Store(true)
	}
	x.signal()
	return row, rest, nil
}

// signal wakes who follows up.
func (x *Executor) signal() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}
