package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// Place carries a command out, as far as it goes now, and answers with its row. What
// was proposed must still hold: it may cost at most what was agreed to.
func (x *Executor) Place(ctx context.Context, c portfolio.Command, agreed *portfolio.Money, by string) (portfolio.Operation, error) {
	turn, ok := x.turns[c.AccountID]
	if !ok {
		return portfolio.Operation{}, refusedf("account %d is not configured", c.AccountID)
	}
	if err := turn.wait(ctx); err != nil {
		return portfolio.Operation{}, fmt.Errorf("wait for what account %d is doing: %w", c.AccountID, err)
	}
	defer turn.Unlock()
	p, err := x.Propose(ctx, c)
	if err != nil {
		return p.Operation, err
	}
	switch {
	case len(p.Requires) > 0:
		return p.Operation, refusedf("%s wants %s, which %s", portfolio.TLD(p.Operation.Name), names(p.Requires), "was not given")
	case p.Price != nil && agreed == nil:
		return p.Operation, refusedf("it costs %s, and nobody agreed to that", *p.Price)
	case p.Price != nil && *p.Price > *agreed:
		return p.Operation, refusedf("it costs %s now, and %s was agreed to", *p.Price, *agreed)
	}
	row := p.Operation
	row.By = by
	row.Approval = x.typed(row, agreed)
	if err := x.doneByHand(row); err != nil {
		return row, err
	}
	if c.Code != "" {
		x.keep(row.Key, c.Code) // until it was sent, or has ended: see stepIf
	}
	op, err := x.reserve(row)
	if err != nil {
		x.forget(row.Key)
	}
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return row, refusedf("%s", over)
	}
	if errors.Is(err, portfolio.ErrDomainBusy) || errors.Is(err, portfolio.ErrStale) {
		return row, refusedf("%s", err)
	}
	if err != nil {
		return row, err
	}
	if err := x.carry(ctx, op); err != nil {
		return op, err
	}
	if err := x.savePrices(); err != nil {
		return op, err
	}
	op, _, err = x.ledger.Operation(op.Key)
	return op, err
}

// typed is the approval that a command is: of what was shown to whoever typed it. A renewal
// is wanted in the grace period, too.
func (x *Executor) typed(row portfolio.Operation, agreed *portfolio.Money) *portfolio.Approval {
	a := &portfolio.Approval{
		Kind: portfolio.ApprovalHand, AccountID: row.AccountID, Operation: row.Kind, SubjectID: row.SubjectID, Name: row.Name,
		MaxPrice: agreed, Contact: row.Contact, By: row.By, At: x.now(),
	}
	if row.Kind == portfolio.OpRenew || row.Kind == portfolio.OpRestore {
		a.ExpiresAt = row.ExpiresAt
	}
	if row.Kind == portfolio.OpRestore {
		a.State = portfolio.DomainExpired
	}
	return a
}

// doneByHand ends what was asked about the same, which somebody does by hand now.
func (x *Executor) doneByHand(row portfolio.Operation) error {
	last, ok, err := x.ledger.LastAttempt(row.AccountID, row.Kind, row.SubjectID, row.Occasion)
	if err != nil {
		return fmt.Errorf("look for what was asked: %w", err)
	}
	if !ok || last.State != portfolio.StateAsked {
		return nil
	}
	_, err = x.withdrawQuestion(last, row.By+" does it by hand")
	return err
}

// keep holds an authorization code in memory until its transfer was sent.
func (x *Executor) keep(key string, code portfolio.AuthCode) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.codes[key] = code
}

func (x *Executor) forget(key string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.codes, key)
}

// code gives the authorization code of a transfer, where it is known still.
func (x *Executor) code(key string) (portfolio.AuthCode, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	code, ok := x.codes[key]
	return code, ok
}

// codeless says whether a transfer cannot be sent any more, since the process is gone that
// knew its authorization code.
func (x *Executor) codeless(op portfolio.Operation) bool {
	if op.Kind != portfolio.OpTransfer || op.Terms == nil || !op.Terms.WithCode {
		return false
	}
	_, ok := x.code(op.Key)
	return !ok
}

func withoutCode(now time.Time) withdrawn {
	return withdrawn{moment: moment(now), why: "its authorization code is not stored, and domaind ended meanwhile: transfer it again", alarm: true}
}

// free says whether nothing stands in the way of an operation that an operator asks
// for: a pause, another operation on the same domain or name.
func (x *Executor) free(op portfolio.Operation) error {
	stopped, _, err := x.stopped(op.AccountID, op.Kind)
	if err != nil {
		return err
	}
	if stopped != nil && !passes(op, *stopped) {
		return refusedf("%s: %s paused by %s: %s", whose(stopped.AccountID), whatStops(*stopped), stopped.By, stopped.Reason)
	}
	open, err := x.ledger.OpenOperations()
	if err != nil {
		return err
	}
	for _, other := range open {
		same := op.DomainID != 0 && other.DomainID == op.DomainID || op.Name != "" && other.Name == op.Name
		if !same || ends(op, other) || !other.StandsInTheWay(op.Kind) {
			continue
		}
		helps := ""
		if resolvable(other, x.now()) {
			helps = fmt.Sprintf("; look at DNSimple, then: domaind resolve %s --done, or --not-bought", other.ShortID())
		}
		return refusedf("%s of account %d is %s: one operation on a domain at a time%s", other, other.AccountID, other.State, helps)
	}
	last, ok, err := x.ledger.LastAttempt(op.AccountID, op.Kind, op.SubjectID, op.Occasion)
	if err == nil && ok && last.State == portfolio.StateDone {
		return refusedf("%s was done on %s", last, x.ceilings().day(last.EndedAt))
	}
	return err
}

// ends says whether an operation is to end another one, which stands in its way no more
// than it must.
func ends(op, other portfolio.Operation) bool {
	return other.RemoteID != 0 && other.RemoteID == op.SubjectID && other.AccountID == op.AccountID &&
		(op.Kind == portfolio.OpCancelTransfer && other.Kind == portfolio.OpTransfer ||
			op.Kind == portfolio.OpCancelChange && other.Kind == portfolio.OpChangeRegistrant)
}

// affordable says whether every ceiling lets a purchase pass.
func (x *Executor) affordable(op portfolio.Operation, price portfolio.Money) error {
	err := x.ledger.Spent(func(s portfolio.Spent) error { return x.ceilings().allow(s, op.AccountID, price, x.now()) })
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return refusedf("%s", over)
	}
	return err
}
