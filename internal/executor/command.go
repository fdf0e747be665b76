package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	if c.Code != "" {
		x.keep(row.Key, c.Code)
		defer x.forget(row.Key)
	}
	op, err := x.reserve(row)
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
	op, _, err = x.ledger.Operation(op.Key)
	return op, err
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
		if ends(op, other) {
			continue
		}
		if op.DomainID != 0 && other.DomainID == op.DomainID || op.Name != "" && other.Name == op.Name {
			return refusedf("%s is %s: one operation on a domain at a time", other, other.State)
		}
	}
	last, ok, err := x.ledger.LastAttempt(op.AccountID, op.Kind, op.SubjectID, op.Occasion)
	if err == nil && ok && last.State == portfolio.StateDone {
		return refusedf("%s was done on %s", last, x.ceilings.day(last.EndedAt))
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
	err := x.ledger.Spent(func(s portfolio.Spent) error { return x.ceilings.allow(s, op.AccountID, price, x.now()) })
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return refusedf("%s", over)
	}
	return err
}

// propose works out the row and what is to be said of it.
func (x *Executor) propose(ctx context.Context, c portfolio.Command) (portfolio.Proposal, error) {
	terms := c.Terms
	now := x.now()
	p := portfolio.Proposal{Operation: portfolio.Operation{
		AccountID: c.AccountID, Kind: c.Kind, SubjectID: c.SubjectID, Name: c.Name, Contact: c.Contact, Terms: &terms,
		Occasion: now.UTC().Format(time.RFC3339), Attempt: 1, Manual: true, Loud: false, Policy: x.policy().Hash,
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
		return refusedf("%s is registered until %s: there is nothing to restore", d.Name, x.ceilings.day(d.ExpiresAt))
	}
	reg := x.registries[c.AccountID]
	tld, err := x.tld(ctx, reg, portfolio.TLD(d.Name))
	if err != nil {
		return err
	}
	prices, err := reg.Prices(ctx, d.Name)
	if err != nil {
		return err
	}
	q, err := price(c.Kind, d, prices, term(c.Kind, c.Years, tld))
	if err != nil {
		return refusedf("%s: %s", d.Name, err)
	}
	p.Price = &q.total
	p.Operation.Premium = q.premium
	p.Operation.Occasion = portfolio.OccasionOf(d.ExpiresAt)
	if c.Kind == portfolio.OpRenew {
		p.Operation.Years = max(c.Years, 1)
		if tld.AutoRenewOnly {
			p.Consequences = append(p.Consequences, "."+tld.TLD+" renews by DNSimple's auto-renewal only: a renewal by hand is refused")
		}
	}
	if d.State == portfolio.DomainRegistered && d.AutoRenew && !d.ExpiresAt.After(x.window.After(x.now())) {
		p.Consequences = append(p.Consequences, "DNSimple's own auto-renewal is on, and may be at work already: both would be charged")
	}
	last, ok, err := x.lastPurchase(d)
	if err != nil {
		return err
	}
	if ok && x.now().Sub(last.At) < quietPeriod {
		p.Consequences = append(p.Consequences, "something was bought for it on "+x.ceilings.day(last.At)+" already")
	}
	return nil
}

// named is the occasion of what is done about a name that is not ours yet: once a day.
func (x *Executor) named(name string) string { return name + " " + portfolio.OccasionOf(x.now()) }

func (x *Executor) proposeName(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	if c.Name == "" || c.Contact <= 0 {
		return refusedf("%s needs a name and the contact that becomes its registrant", c.Kind)
	}
	reg := x.registries[c.AccountID]
	p.Operation.Occasion = x.named(c.Name)
	if _, _, err := reg.DomainNamed(ctx, c.Name); err == nil && c.Kind == portfolio.OpRegister {
		return refusedf("account %d has %s already", c.AccountID, c.Name)
	} else if err != nil && outcome(err) != portfolio.OutcomeNotFound {
		return err
	}
	q, err := x.priceOfName(ctx, c.Kind, c.AccountID, c.Name, c.Terms)
	if err != nil {
		return err
	}
	p.Price, p.Operation.Premium = &q.total, q.premium
	p.Operation.Terms.WithCode = c.Code != ""
	if c.Kind == portfolio.OpTransfer && c.Code == "" {
		p.Consequences = append(p.Consequences, "no authorization code: only few suffixes have none")
	}
	if c.WhoisPrivacy {
		p.Consequences = append(p.Consequences, "WHOIS privacy may cost extra, and DNSimple does not say how much")
	}
	p.Requires, err = missing(ctx, reg, portfolio.TLD(c.Name), c.Attributes)
	return err
}

// priceOfName checks that a name can be had, and asks what it costs at the worst.
func (x *Executor) priceOfName(ctx context.Context, kind portfolio.OperationKind, account int64, name string, terms portfolio.Terms) (quote, error) {
	reg := x.registries[account]
	tld, err := x.tld(ctx, reg, portfolio.TLD(name))
	if err != nil {
		return quote{}, err
	}
	check, err := reg.CheckDomain(ctx, name)
	if err != nil {
		return quote{}, err
	}
	switch {
	case kind == portfolio.OpRegister && !tld.RegistrationEnabled, kind == portfolio.OpTransfer && !tld.TransferEnabled:
		return quote{}, refusedf("DNSimple does not %s names under .%s", kind, tld.TLD)
	case kind == portfolio.OpRegister && !check.Available:
		return quote{}, refusedf("%s is not free", name)
	case kind == portfolio.OpTransfer && check.Available:
		return quote{}, refusedf("%s is registered nowhere: register it", name)
	}
	prices, err := reg.Prices(ctx, name)
	if err != nil {
		return quote{}, err
	}
	one := prices.Registration
	if kind == portfolio.OpTransfer {
		one = prices.Transfer
	}
	if one <= 0 {
		return quote{}, refusedf("%s: %s (%s)", name, errNoPrice, kind)
	}
	q := quote{total: one}
	if kind == portfolio.OpRegister {
		q.total *= portfolio.Money(max(tld.MinimumRegistration, 1))
	}
	if terms.Trustee {
		if prices.Trustee <= 0 {
			return quote{}, refusedf("%s: %s (trustee)", name, errNoPrice)
		}
		q.total += prices.Trustee
	}
	if prices.Premium || check.Premium {
		q.premium = &one
	}
	return q, nil
}

// missing are the extended attributes that a TLD requires and that were not given.
func missing(ctx context.Context, reg Asker, tld string, given map[string]string) ([]portfolio.ExtendedAttribute, error) {
	wanted, err := reg.ExtendedAttributes(ctx, tld)
	if outcome(err) == portfolio.OutcomeNotFound {
		return nil, nil
	}
	return slices.DeleteFunc(wanted, func(a portfolio.ExtendedAttribute) bool { return !a.Required || given[a.Name] != "" }), err
}

func names(attributes []portfolio.ExtendedAttribute) string {
	all := make([]string, 0, len(attributes))
	for _, a := range attributes {
		all = append(all, a.Name)
	}
	return strings.Join(all, ", ")
}

func (x *Executor) proposeAdd(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	if c.Name == "" {
		return refusedf("which domain?")
	}
	p.Operation.Occasion = x.named(c.Name)
	_, _, err := x.registries[c.AccountID].DomainNamed(ctx, c.Name)
	switch {
	case err == nil:
		return refusedf("account %d has %s already", c.AccountID, c.Name)
	case outcome(err) != portfolio.OutcomeNotFound:
		return err
	}
	p.Consequences = append(p.Consequences, "it is hosted at DNSimple, and not registered: it costs nothing")
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

// proposeOwned is for what happens to a domain that the account has.
func (x *Executor) proposeOwned(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	d, err := x.owned(ctx, c, p)
	if err != nil {
		return err
	}
	say := func(format string, args ...any) {
		p.Consequences = append(p.Consequences, fmt.Sprintf(format, args...))
	}
	registered := d.State == portfolio.DomainRegistered
	switch c.Kind {
	case portfolio.OpPush:
		if (c.To == "") == (c.Email == "") {
			return refusedf("to which account? Give its identifier, or the e-mail of its owner, and not both")
		}
		say("whoever owns the other account has %s once they accept it: its bills go there, and its registrant changes", d.Name)
	case portfolio.OpTransferOut:
		if !registered {
			return refusedf("%s is %s: there is nothing to transfer", d.Name, d.State)
		}
		say("it is unlocked, and the code that lets another registrar take it is mailed to its administrative contact (contact %d)", d.RegistrantID)
		if d.AutoRenew {
			say("its auto-renewal is on: DNSimple may renew it before it has left; to switch it off: domaind auto-renewal %s off", d.Name)
		}
	case portfolio.OpDelete:
		say("it is removed from DNSimple for good, with all its records")
		if registered {
			say("it stays registered until %s, out of your reach, and nothing is refunded", x.ceilings.day(d.ExpiresAt))
		}
	case portfolio.OpAutoRenewal:
		if d.AutoRenew == c.On {
			return refusedf("the auto-renewal of %s is %s already", d.Name, onOff(c.On))
		}
		if c.On {
			say("DNSimple then renews and charges it by itself, beyond every ceiling of this configuration")
		}
	case portfolio.OpChangeRegistrant:
		return x.proposeRegistrant(ctx, c, d, p)
	}
	return nil
}

func (x *Executor) proposeRegistrant(ctx context.Context, c portfolio.Command, d portfolio.Domain, p *portfolio.Proposal) error {
	if c.Contact <= 0 {
		return refusedf("which contact becomes the registrant?")
	}
	if c.Contact == d.RegistrantID {
		return refusedf("contact %d is the registrant of %s already", c.Contact, d.Name)
	}
	check, err := x.registries[c.AccountID].CheckRegistrantChange(ctx, d.ID, c.Contact)
	if outcome(err) == portfolio.OutcomeNotFound {
		return refusedf("account %d has no contact %d", c.AccountID, c.Contact)
	}
	if err != nil {
		return err
	}
	if check.RegistryOwnerChange {
		p.Consequences = append(p.Consequences, "the registry counts it as a change of the owner, which can lock the domain against transfers for 60 days")
	}
	p.Requires = slices.DeleteFunc(check.ExtendedAttributes, func(a portfolio.ExtendedAttribute) bool {
		return !a.Required || c.Attributes[a.Name] != ""
	})
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
