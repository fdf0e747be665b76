package executor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"domaind/internal/portfolio"
)

// named is the occasion of what is done about a name that is not ours yet: once a day.
func (x *Executor) named(name string) string { return name + " " + portfolio.OccasionOf(x.now()) }

func (x *Executor) proposeName(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	if c.Name == "" || c.Contact <= 0 {
		return refusedf("%s needs a name and the contact that becomes its registrant", c.Kind)
	}
	reg := x.registries[c.AccountID]
	p.Operation.Occasion = x.named(c.Name)
	hosted, err := hostedHere(ctx, reg, c.Name)
	if err == nil && c.Kind == portfolio.OpTransfer {
		err = x.hasElsewhere(ctx, c.AccountID, c.Name)
	}
	if err != nil {
		return err
	}
	if hosted != 0 {
		p.Operation.DomainID = hosted
		p.Consequences = append(p.Consequences, "it is hosted in the account already, and not registered through it")
	}
	q, err := x.checkName(ctx, c.Kind, c.AccountID, c.Name, c.Terms)
	if err != nil {
		return err
	}
	p.Price, p.Operation.Premium, p.Operation.PerYear = &q.total, q.premium, q.perYear
	p.Operation.Terms.WithCode = c.Code != ""
	if c.Kind == portfolio.OpTransfer && c.Code == "" {
		p.Consequences = append(p.Consequences, "no authorization code: only few suffixes have none")
	}
	if c.WhoisPrivacy {
		p.Consequences = append(p.Consequences, "WHOIS privacy may cost extra, beyond this price and every ceiling: DNSimple does not say how much")
	}
	p.Requires, err = missing(ctx, reg, portfolio.TLD(c.Name), c.Attributes)
	return err
}

// hostedHere gives the domain of a name that an account hosts only; 0 where it does not. A
// hosted domain is nobody's registration: it may be registered, or transferred, all the
// same. What the account has beyond that is refused.
func hostedHere(ctx context.Context, reg Asker, name string) (int64, error) {
	d, _, err := reg.DomainNamed(ctx, name)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return 0, nil
	case err != nil:
		return 0, err
	case d.State != portfolio.DomainHosted:
		return 0, refusedf("account %d has %s already: it is %s", d.AccountID, name, d.State)
	}
	return d.ID, nil
}

// hasElsewhere refuses the transfer of a name that another configured account has: it is
// at DNSimple already, and is pushed from there. An account that cannot be read does not
// matter: DNSimple refuses it then.
func (x *Executor) hasElsewhere(ctx context.Context, account int64, name string) error {
	for _, id := range slices.Sorted(maps.Keys(x.registries)) {
		if id == account {
			continue
		}
		if d, _, err := x.registries[id].DomainNamed(ctx, name); err == nil && d.State != portfolio.DomainHosted {
			return refusedf("account %d has %s, and it is %s: it is pushed from there, and not transferred", id, name, d.State)
		}
	}
	return nil
}

// checkName asks whether a name can be had, and what it costs at the worst.
func (x *Executor) checkName(ctx context.Context, kind portfolio.OperationKind, account int64, name string, terms portfolio.Terms) (quote, error) {
	check, err := x.registries[account].CheckDomain(ctx, name)
	switch {
	case err != nil:
		return quote{}, err
	case kind == portfolio.OpRegister && !check.Available:
		return quote{}, refusedf("%s is not free", name)
	case kind == portfolio.OpTransfer && check.Available:
		return quote{}, refusedf("%s is registered nowhere: register it", name)
	}
	return x.priceOfName(ctx, kind, account, name, terms, check.Premium, buying)
}

// priceOfName asks what a name costs at the worst, whether it can be had or not: that is
// asked sparingly. premium says that its check calls it so.
func (x *Executor) priceOfName(
	ctx context.Context, kind portfolio.OperationKind, account int64, name string, terms portfolio.Terms, premium bool, why purpose,
) (quote, error) {
	reg := x.registries[account]
	tld, err := x.tld(ctx, reg, portfolio.TLD(name))
	if err != nil {
		return quote{}, err
	}
	if kind == portfolio.OpRegister && !tld.RegistrationEnabled || kind == portfolio.OpTransfer && !tld.TransferEnabled {
		return quote{}, refusedf("DNSimple does not %s names under .%s", kind, tld.TLD)
	}
	prices, err := x.prices(ctx, account, name, why)
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
	q := quote{total: one, perYear: one, readAt: prices.At}
	if kind == portfolio.OpRegister {
		q.total *= portfolio.Money(max(tld.MinimumRegistration, 1))
	}
	if terms.Trustee {
		if prices.Trustee <= 0 {
			return quote{}, refusedf("%s: %s (trustee)", name, errNoPrice)
		}
		q.total += prices.Trustee
	}
	if prices.Premium || premium {
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
