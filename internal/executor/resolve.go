package executor

import (
	"context"
	"errors"
	"fmt"

	"domaind/internal/portfolio"
)

// Resolve ends an operation of which nobody knows what became, as an operator says. It
// answers with the row as it stands then: for ResolveBuyAgain that of the new attempt,
// which passes everything that stands in the way of buying twice, and no ceiling. What
// cannot be done is a [RefusedError].
func (x *Executor) Resolve(ctx context.Context, key string, how Resolution, by, reason string) (portfolio.Operation, error) {
	if how != ResolveDone && how != ResolveNotBought && how != ResolveBuyAgain {
		return portfolio.Operation{}, refusedf("%q is no resolution", how)
	}
	op, release, err := x.inItsTurn(ctx, key, how == ResolveBuyAgain)
	if err != nil {
		return op, err
	}
	defer release()
	if how == ResolveNotBought && op.State == portfolio.StateReserved && (op.Kind.Once() || op.Sent == 0) {
		return x.withdraw(op, by, reason)
	}
	if op.State == portfolio.StateAsked {
		approve, deny := AnswersOf(op)
		return op, refusedf("%s waits for an answer, and nothing was sent: %s, or %s", op, approve, deny)
	}
	if !resolvable(op, x.now()) {
		return op, refusedf("%s is %s (%s): only what is unknown can be resolved, what DNSimple has worked on for longer than that ever takes, "+
			"and, as --not-bought, what has not left", op, op.State, op.LastNote())
	}
	var again portfolio.Decision
	if how == ResolveBuyAgain {
		if again, err = x.buyAgain(ctx, op); err != nil {
			return op, err
		}
	}
	op, effects, err := x.step(op, resolved{moment(x.now()), how, by, reason})
	if err != nil {
		return op, fmt.Errorf("resolve %s: %w", op, err)
	}
	if how == ResolveBuyAgain {
		return x.beginManual(ctx, again, op, by)
	}
	if len(effects) > 0 && !ended(ctx) { // only look
		if err := x.look(ctx, op); err != nil {
			x.log.Error("the charge could not be looked for", "op", op.ShortID(), "err", err)
		}
		op, _, err = x.ledger.Operation(key)
	}
	return op, err
}

// withdraw ends what waits to be sent, and has not been.
func (x *Executor) withdraw(op portfolio.Operation, by, reason string) (portfolio.Operation, error) {
	why := by + " withdrew it"
	if reason != "" {
		why += ": " + reason
	}
	op, _, err := x.step(op, withdrawn{moment: moment(x.now()), why: why, over: true})
	if err != nil {
		return op, fmt.Errorf("withdraw %s: %w", op, err)
	}
	return op, nil
}

// buyAgain looks afresh what the next attempt at a purchase would be. Where the
// expiration has moved, the one before came true.
func (x *Executor) buyAgain(ctx context.Context, op portfolio.Operation) (portfolio.Decision, error) {
	reading, cancel := context.WithTimeout(x.urgent(ctx), confirmWithin)
	defer cancel()
	reg := x.registries[op.AccountID]
	none := portfolio.Decision{}
	if op.Kind != portfolio.OpRenew && op.Kind != portfolio.OpRestore {
		return none, refusedf("%s: only a renewal or a restore is bought again like this; say --not-bought, and give the command once more", op)
	}
	manual := op
	manual.Manual = true
	if p, err := x.heldBy(manual); err != nil {
		return none, err
	} else if p != nil {
		return none, refusedf("%s: %s: %s paused by %s: %s", op, whose(p.AccountID), whatStops(*p), p.By, p.Reason)
	}
	d, _, err := reg.Domain(reading, op.DomainID)
	if err != nil {
		return none, refusedf("%s: it is not bought again before the domain can be read: %s", op, err)
	}
	if got := portfolio.OccasionOf(d.ExpiresAt); got != op.Occasion || d.Name != op.Name {
		return none, refusedf("%s: %s expires on %s now, and not on %s: it was renewed; say --done", op, d.Name, got, op.Occasion)
	}
	tld, err := x.tld(reading, reg, portfolio.TLD(d.Name))
	if err != nil {
		return none, refusedf("%s: what .%s allows could not be read: %s", op, portfolio.TLD(d.Name), err)
	}
	prices, err := x.prices(reading, op.AccountID, d.Name, buying)
	if err != nil {
		return none, refusedf("%s: its price could not be read: %s", op, err)
	}
	q, err := price(op.Kind, d, prices.Prices, term(op.Kind, op.Years, tld))
	if err != nil {
		return none, refusedf("%s: %s", op, err)
	}
	// Nobody agreed to a price here. A command shows it first.
	if dearer, err := x.dearer(portfolio.Decision{}, d, q); err != nil {
		return none, err
	} else if dearer != "" {
		return none, refusedf("%s: %s; where it is wanted all the same, say --not-bought, and then: domaind %s %s, which shows the price", op, dearer, op.Kind, d.Name)
	}
	do := portfolio.ActionRenew
	if op.Kind == portfolio.OpRestore {
		do = portfolio.ActionRestore
	}
	now := x.now()
	// Its own money is not in the way: the row ends before the next one begins.
	err = x.ledger.Spent(func(s portfolio.Spent) error {
		return x.ceilings().allow(without(s, op), op.AccountID, q.total, now)
	})
	if err != nil {
		return none, refusedf("%s: %s", op, err)
	}
	return portfolio.Decision{
		Resource: portfolio.DomainFacts{Domain: d}, Verdict: portfolio.VerdictAct, Do: do, Mode: portfolio.ModeAct,
		Years: op.Years, Price: &q.total, PriceAt: prices.At, PerYear: q.perYear, Loud: true, Labels: op.Labels,
		Rule: op.Rule, RuleAt: op.RuleAt, Policy: x.policy().Hash,
	}, nil
}

// without is what is spent and reserved but for one operation.
func without(s portfolio.Spent, op portfolio.Operation) portfolio.Spent {
	amount, day, ok := op.Spends()
	if !ok {
		return s
	}
	less := func(t portfolio.Tally, applies bool) portfolio.Tally {
		if applies {
			t.Amount, t.Purchases = t.Amount-amount, t.Purchases-1
		}
		return t
	}
	whose := func(account int64) bool { return account == 0 || account == op.AccountID }
	on, in, reserved := s.On, s.In, s.Reserved
	s.On = func(account int64, d string) portfolio.Tally { return less(on(account, d), whose(account) && d == day) }
	s.In = func(account int64, m string) portfolio.Tally {
		return less(in(account, m), whose(account) && day != "" && m == day[:len("2006-01")])
	}
	s.Reserved = func(account int64) portfolio.Tally { return less(reserved(account), whose(account) && day == "") }
	return s
}

// beginManual begins the next attempt, which an operator asked for.
func (x *Executor) beginManual(ctx context.Context, d portfolio.Decision, before portfolio.Operation, by string) (portfolio.Operation, error) {
	row, err := x.row(d)
	if err != nil {
		return before, err
	}
	row.Manual, row.By, row.Follows = true, by, before.Follows
	row.Approval = x.typed(row, d.Price)
	op, err := x.reserve(row)
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return before, refusedf("%s", over)
	}
	if err != nil {
		return before, err
	}
	if err := x.carry(ctx, op); err != nil {
		return op, err
	}
	op, _, err = x.ledger.Operation(op.Key)
	return op, err
}
