package executor

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

const (
	// slowAfter is how long a pass waits for one operation before it goes on with those
	// of other accounts, in real time.
	slowAfter = 15 * time.Second
	// deaf is how many operations of an account in a row must not come through until
	// the pass leaves the rest of the account alone.
	deaf = 2
	// manyOdd is how many decisions of an account in a row must not be priced until it
	// counts as one that cannot be reached, though DNSimple answers: each takes its time.
	manyOdd = 10
	// shownFor is how often a decision that is only shown is priced anew.
	shownFor = 24 * time.Hour
)

// Execute tells what the decisions mean, and carries out those whose verdict is
// act, in the order given. It answers with the decisions as the guards left them;
// those that it did not come to are as they were given. It ends early when the context does, between two
// operations. A decision that fails does not hold the others; the errors are joined.
//
// An operation that takes long (an account that does not answer) is waited for by
// the operations of its own account only. Where two of an account in a row do not
// come through, the rest of its decisions are told as blocked, and left to the next
// pass: each try takes minutes.
func (x *Executor) Execute(ctx context.Context, decisions []portfolio.Decision) ([]portfolio.Decision, error) {
	x.forgetShown()
	p := &pass{x: x, accounts: make(map[int64]*line)}
	assessed := slices.Clone(decisions)
	order, err := x.inTurn(assessed)
	if err != nil {
		return assessed, err
	}
	for _, i := range order {
		if ended(ctx) || p.stopped() {
			break
		}
		p.do(ctx, &assessed[i])
	}
	p.tasks.Wait()
	if p.panicked != nil {
		panic(p.panicked) // where the caller can recover
	}
	if !p.fatal {
		p.failed(x.savePrices())
	}
	return assessed, errors.Join(p.errs...)
}

// inTurn is the order in which decisions are carried out: as given, but that purchases
// that tried a pause in vain come last, the one that did so longest ago first. A domain that is
// refused for a reason of its own must not keep the others from ever trying.
func (x *Executor) inTurn(decisions []portfolio.Decision) ([]int, error) {
	order := make([]int, len(decisions))
	for i := range order {
		order[i] = i
	}
	pauses, err := x.ledger.Pauses()
	if err != nil {
		return nil, fmt.Errorf("look for pauses: %w", err)
	}
	if len(pauses) == 0 { // as nearly always
		return order, nil
	}
	tried := make(map[int]time.Time)
	for i, d := range decisions {
		kind := operationKind(d.Do)
		if d.Verdict != portfolio.VerdictAct || !kind.Purchase() {
			continue
		}
		account, id, _ := d.Resource.Ident()
		if _, probes, err := x.stopped(account, kind); err != nil {
			return nil, err
		} else if probes == "" {
			continue
		}
		last, ok, err := x.ledger.LastAttempt(account, kind, id, occasion(d.Resource))
		if err != nil {
			return nil, fmt.Errorf("look for earlier attempts: %w", err)
		}
		if ok && last.Probes != "" && last.Stopped != "" {
			tried[i] = last.EndedAt
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return tried[a].Compare(tried[b]) })
	return order, nil
}

// pass is one call of Execute.
type pass struct {
	x        *Executor
	accounts map[int64]*line
	tasks    sync.WaitGroup

	mu       sync.Mutex
	errs     []error
	panicked any
	fatal    bool
}

// line is what an account's decisions wait in.
type line struct {
	last <-chan struct{} // closed when the one before has ended; nil where there is none

	// These belong to whoever's turn it is.
	failures int    // operations in a row that did not come through
	odd      int    // decisions in a row that could not be priced, although DNSimple answers
	why      string // the last of them did not, as a clause
}

func (p *pass) stopped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fatal || p.panicked != nil
}

func (p *pass) failed(err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs = append(p.errs, err)
	p.fatal = p.fatal || p.x.fatal(err)
}

// do carries a decision out behind those of its account, and waits for it, but not
// for long.
func (p *pass) do(ctx context.Context, d *portfolio.Decision) {
	account, _, _ := d.Resource.Ident()
	if _, ok := p.x.turns[account]; !ok {
		return // an account that is not configured: nothing that we could do
	}
	if d.Verdict != portfolio.VerdictAct && d.Verdict != portfolio.VerdictAsk && !p.x.worthPricing(*d) {
		p.failed(p.x.announce(*d))
		return
	}
	l := p.accounts[account]
	if l == nil {
		l = new(line)
		p.accounts[account] = l
	}
	before, done := l.last, make(chan struct{})
	l.last = done
	p.tasks.Go(func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				p.x.log.Error("an operation panics", "panic", v, "stack", string(debug.Stack()))
				p.mu.Lock()
				p.panicked = v
				p.mu.Unlock()
			}
		}()
		if before != nil {
			<-before
		}
		if ended(ctx) || p.stopped() {
			return
		}
		p.failed(p.x.execute(ctx, d, l))
	})
	if before != nil && !isClosed(before) {
		return // its account was waited for already
	}
	wait, cancel := context.WithTimeout(ctx, p.x.slow)
	defer cancel()
	select {
	case <-done:
	case <-wait.Done():
	}
}

// isClosed says whether a channel that only is ever closed is.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// worthPricing says whether a decision that is only shown is to be priced: at first
// sight, and then once a day. Portfolios in dry-run may be large.
func (x *Executor) worthPricing(d portfolio.Decision) bool {
	if d.Verdict != portfolio.VerdictWouldAct {
		return false
	}
	account, id, _ := d.Resource.Ident()
	return x.worthLooking(fmt.Sprintf("%d|%s|%d|%s|%s", account, d.Resource.Kind(), id, occasion(d.Resource), d.Rule))
}

// worthLooking says whether something is to be looked at once more: at first sight, and
// then once a day.
func (x *Executor) worthLooking(key string) bool {
	now := x.now()
	x.mu.Lock()
	defer x.mu.Unlock()
	if at, ok := x.shown[key]; ok && now.Sub(at).Abs() < shownFor {
		return false
	}
	x.shown[key] = now
	return true
}

// forgetShown forgets what was shown long ago, once in a pass: there may be many.
func (x *Executor) forgetShown() {
	now := x.now()
	x.mu.Lock()
	defer x.mu.Unlock()
	maps.DeleteFunc(x.shown, func(_ string, at time.Time) bool { return now.Sub(at).Abs() > 2*shownFor })
}

// execute carries out one decision, and leaves in it what the guards made of it. Its
// account's line is its own meanwhile.
func (x *Executor) execute(ctx context.Context, d *portfolio.Decision, l *line) error {
	account, _, _ := d.Resource.Ident()
	turn := x.turns[account]
	turn.Lock()
	defer turn.Unlock()
	return x.carryOut(ctx, d, l)
}

// carryOut is execute for who has the account's turn.
func (x *Executor) carryOut(ctx context.Context, d *portfolio.Decision, l *line) error {
	account, _, _ := d.Resource.Ident()
	if l.failures >= deaf {
		// Where it is paused by now, that is why.
		if paused, stopped, err := x.pausedFor(*d, account, operationKind(d.Do)); err != nil {
			return err
		} else if stopped {
			*d = paused
			return x.announce(*d)
		}
		*d = guarded(*d, portfolio.VerdictBlocked, codeUnreachable, l.why)
		return x.announce(*d)
	}
	if known, ok, err := x.unchanged(*d); err != nil {
		return err
	} else if ok {
		*d = known
		return x.announce(*d)
	}
	assessed, failed, err := x.assess(ctx, *d, nil)
	if err != nil {
		return err
	}
	if ended(ctx) {
		return nil // what a shutdown cut short is no verdict
	}
	if assessed.Verdict == portfolio.VerdictAsk && operationKind(assessed.Do) != "" {
		if assessed, err = x.question(ctx, assessed); err != nil {
			return err
		}
	}
	*d = assessed
	if err := x.announce(assessed); err != nil {
		return err
	}
	if unreached(failed) {
		x.reachable(ctx, account, failed, l)
		return nil
	}
	l.odd = 0
	if assessed.Verdict != portfolio.VerdictAct {
		return nil
	}
	if err := x.begin(ctx, assessed); err != nil {
		return err
	}
	if err := x.warnAfter(assessed); err != nil {
		return err
	}
	return x.heard(assessed, l)
}

// reachable looks whether DNSimple answers at all, where it did not say what a purchase
// depends on. Where it does, the others of the account may fare better.
func (x *Executor) reachable(ctx context.Context, account int64, failed error, l *line) {
	asking, cancel := context.WithTimeout(x.urgent(ctx), x.slow)
	defer cancel()
	_, err := x.registries[account].Clock(asking)
	l.odd++
	if (err != nil || l.odd >= manyOdd) && !ended(ctx) {
		l.failures, l.why = deaf, "the account could not be reached: "+failed.Error()
	}
}

// heard looks whether the operation of a decision came through.
func (x *Executor) heard(d portfolio.Decision, l *line) error {
	op, ok, err := x.ledger.OpenOn(domainOf(d.Resource))
	if err != nil {
		return fmt.Errorf("look what became of it: %w", err)
	}
	if ok && (op.State == portfolio.StateReserved || op.State == portfolio.StateUnknown) {
		l.failures++
		l.why = "others of its account did not come through before it: " + op.LastNote()
		return nil
	}
	l.failures = 0
	return nil
}
