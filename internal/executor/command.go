package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// Propose says what a command comes to, without any effect: the price, what whoever
// decides must know, what is missing. A command that cannot be carried out is a
// [RefusedError].
func (x *Executor) Propose(ctx context.Context, c portfolio.Command) (portfolio.Proposal, error) {
	if _, ok := x.turns[c.AccountID]; !ok {
		return portfolio.Proposal{}, refusedf("account %d is not configured", c.AccountID)
	}
	reading, cancel := context.WithTimeout(x.urgent(ctx), confirmWithin)
	defer cancel()
	p, err := x.propose(reading, c)
	if err == nil {
		err = x.free(p.Operation)
	}
	if err == nil && p.Price != nil && p.Operation.Kind.Purchase() {
		err = x.affordable(p.Operation, *p.Price)
	}
	if call, ok := errors.AsType[*portfolio.CallError](err); ok {
		if err := x.Report(c.AccountID, call); err != nil {
			return p, err
		}
		return p, refusedf("%s", call)
	}
	return p, err
}

// propose works out the row and what is to be said of it.
func (x *Executor) propose(ctx context.Context, c portfolio.Command) (portfolio.Proposal, error) {
	terms := c.Terms
	now := x.now()
	p := portfolio.Proposal{Operation: portfolio.Operation{
		AccountID: c.AccountID, Kind: c.Kind, SubjectID: c.SubjectID, Name: c.Name, Contact: c.Contact, Terms: &terms,
		Occasion: now.UTC().Format(time.RFC3339Nano), Attempt: 1, Manual: true, Loud: false, Policy: x.policy().Hash,
	}}
	var err error
	switch c.Kind {
	case portfolio.OpRenew, portfolio.OpRestore:
		err = x.proposeRenewal(ctx, c, &p)
	case portfolio.OpRegister, portfolio.OpTransfer:
		err = x.proposeName(ctx, c, &p)
	case portfolio.OpAdd:
		err = x.proposeAdd(ctx, c, &p)
	case portfolio.OpAccept, portfolio.OpReject:
		err = x.proposeSettling(ctx, c, &p)
	case portfolio.OpCancelChange:
		err = x.proposeCancelChange(ctx, c, &p)
	case portfolio.OpCancelTransfer:
		err = x.proposeCancelTransfer(ctx, c, &p)
	case portfolio.OpPush, portfolio.OpChangeRegistrant, portfolio.OpTransferOut, portfolio.OpDelete, portfolio.OpAutoRenewal:
		err = x.proposeOwned(ctx, c, &p)
	default:
		err = refusedf("%q is no command", c.Kind)
	}
	if err != nil {
		return p, err
	}
	op := &p.Operation
	last, ok, err := x.ledger.LastAttempt(op.AccountID, op.Kind, op.SubjectID, op.Occasion)
	if err != nil {
		return p, fmt.Errorf("look for earlier attempts: %w", err)
	}
	if ok {
		op.Attempt = last.Attempt + 1
	}
	if p.Price != nil && op.Kind.Purchase() {
		op.Reserved = *p.Price
	}
	op.Key = portfolio.OperationKey(op.AccountID, op.Kind, op.SubjectID, op.Occasion, op.Attempt)
	return p, nil
}

// owned reads the domain that a command is about.
func (x *Executor) owned(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) (portfolio.Domain, error) {
	if c.Name == "" {
		return portfolio.Domain{}, refusedf("which domain?")
	}
	d, _, err := x.registries[c.AccountID].DomainNamed(ctx, c.Name)
	if outcome(err) == portfolio.OutcomeNotFound {
		return d, refusedf("account %d has no domain %s", c.AccountID, c.Name)
	}
	if err != nil {
		return d, err
	}
	p.Operation.SubjectID, p.Operation.DomainID, p.Operation.Name, p.Operation.ExpiresAt = d.ID, d.ID, d.Name, d.ExpiresAt
	return d, nil
}

func (x *Executor) proposeRenewal(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	d, err := x.owned(ctx, c, p)
	if err != nil {
		return err
	}
	switch {
	case d.State == portfolio.DomainHosted:
		return refusedf("%s is hosted at DNSimple only, and registered elsewhere or not at all", d.Name)
	case c.Kind == portfolio.OpRestore && d.State != portfolio.DomainExpired:
		return refusedf("%s is registered until %s: there is nothing to restore", d.Name, x.ceilings().day(d.ExpiresAt))
	}
	reg := x.registries[c.AccountID]
	tld, err := x.tld(ctx, reg, portfolio.TLD(d.Name))
	if err != nil {
		return err
	}
	prices, err := x.prices(ctx, c.AccountID, d.Name, buying)
	if err != nil {
		return err
	}
	q, err := price(c.Kind, d, prices.Prices, term(c.Kind, c.Years, tld))
	if err != nil {
		return refusedf("%s: %s", d.Name, err)
	}
	p.Price = &q.total
	p.Operation.Premium, p.Operation.PerYear = q.premium, q.perYear
	p.Operation.Occasion = portfolio.OccasionOf(d.ExpiresAt)
	if c.Kind == portfolio.OpRenew {
		p.Operation.Years = max(c.Years, 1)
		if tld.AutoRenewOnly {
			p.Consequences = append(p.Consequences, "."+tld.TLD+" renews by DNSimple's auto-renewal only: a renewal by hand is refused")
		}
	}
	if d.State == portfolio.DomainRegistered && d.AutoRenew && !d.ExpiresAt.After(x.window().After(x.now())) {
		p.Consequences = append(p.Consequences, "DNSimple's own auto-renewal is on, and may be at work already: both would be charged")
	}
	if err := x.tellIncrease(d, q, p); err != nil {
		return err
	}
	last, ok, err := x.lastPurchase(d)
	if err != nil {
		return err
	}
	if ok && x.now().Sub(last.At) < twiceWithin {
		if err := x.typedTwice(c.Kind, d, last); err != nil {
			return err
		}
	}
	if ok && x.now().Sub(last.At) < quietPeriod {
		p.Consequences = append(p.Consequences, "something was bought for it on "+x.ceilings().day(last.At)+" already")
	}
	return nil
}

func (x *Executor) proposeSettling(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	p.Operation.Occasion = fmt.Sprintf("push-%d", c.SubjectID)
	push, err := x.findPush(ctx, p.Operation)
	if err != nil {
		return err
	}
	if push == nil {
		return refusedf("no push %d waits in account %d", c.SubjectID, c.AccountID)
	}
	facts := x.Prove(ctx, *push)
	p.Operation.DomainID, p.Operation.Name, p.Operation.SourceID = push.DomainID, facts.Name, facts.SourceID
	if c.Kind == portfolio.OpReject {
		return nil
	}
	if c.Contact <= 0 {
		return refusedf("which contact becomes the registrant?")
	}
	p.Consequences = append(p.Consequences,
		"the domain's bills come to this account from then on", "its registrant changes, which can lock it against transfers for 60 days")
	switch {
	case facts.Proven():
		p.Consequences = append(p.Consequences, fmt.Sprintf("%s comes from account %d, which owns it", facts.Name, facts.SourceID))
	case !c.Unproven:
		return refusedf("%s: nothing proves where it comes from; to accept it all the same say --unproven", facts.Unproven)
	default:
		p.Consequences = append(p.Consequences, facts.Unproven+": nobody can say what comes in, or from whom")
	}
	p.Operation.Terms.On = c.Unproven
	return nil
}

func (x *Executor) proposeCancelChange(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	change, err := x.registries[c.AccountID].RegistrantChange(ctx, c.SubjectID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return refusedf("account %d has no registrant change %d", c.AccountID, c.SubjectID)
	case err != nil:
		return err
	case !change.State.Open():
		return refusedf("registrant change %d is %s, and cannot be cancelled any more", change.ID, change.State)
	}
	p.Operation.Occasion = fmt.Sprintf("change-%d", change.ID)
	p.Operation.Contact = change.ContactID
	if d, _, err := x.registries[c.AccountID].Domain(ctx, change.DomainID); err == nil {
		p.Operation.Name = d.Name
	}
	return nil
}

func (x *Executor) proposeCancelTransfer(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	t, err := x.registries[c.AccountID].TransferStatus(ctx, c.Name, c.SubjectID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return refusedf("account %d has no transfer %d of %s", c.AccountID, c.SubjectID, c.Name)
	case err != nil:
		return err
	case t.State.Progress() != portfolio.ProgressUnderWay:
		return refusedf("transfer %d of %s is %s, and cannot be cancelled any more", t.ID, c.Name, t.State)
	}
	p.Operation.Occasion = fmt.Sprintf("transfer-%d", t.ID)
	return nil
}

// twiceWithin is how long after a renewal or a restore the same one is taken for a mistake:
// a command that was given twice, or where a rule was quicker.
const twiceWithin = time.Hour

// typedTwice refuses a purchase that was made just now.
func (x *Executor) typedTwice(kind portfolio.OperationKind, d portfolio.Domain, last portfolio.LastPurchase) error {
	op, ok, err := x.ledger.Operation(last.Key)
	if err != nil {
		return fmt.Errorf("look for the last purchase: %w", err)
	}
	if !ok || op.Kind != kind {
		return nil
	}
	return refusedf("%s was done at %s by %s, and %s expires on %s now; whoever wants more may ask again from %s on", op,
		last.At.Format(time.RFC3339), op.By, d.Name, x.ceilings().day(d.ExpiresAt), last.At.Add(twiceWithin).Format(time.RFC3339))
}
