package facts

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// Registry is DNSimple as the facts have it, with one account's token. Whatever changes
// something fails, and so does what the facts do not have: with a [portfolio.CallError].
type Registry struct {
	world   *World
	account int64
}

// Registry gives DNSimple as an account sees it.
func (w *World) Registry(account int64) *Registry { return &Registry{w, account} }

// missing is the error of what the facts do not have.
func (r *Registry) missing(what string, args ...any) error {
	return &portfolio.CallError{
		Call: fmt.Sprintf(what, args...), Outcome: portfolio.OutcomeNotFound, Message: "it is not in the facts",
	}
}

// refused is the error of what would change something, or is asked by nobody who decides.
func (r *Registry) refused(what string) error {
	return &portfolio.CallError{Call: what, Outcome: portfolio.OutcomeNotSent, Message: ErrChange.Error(), Err: ErrChange}
}

// Domain gives a domain by its id.
func (r *Registry) Domain(_ context.Context, id int64) (portfolio.Domain, portfolio.Answer, error) {
	if i, ok := r.world.domains[id]; ok && r.world.facts.Domains[i].Account == r.account {
		return r.world.facts.Domains[i].Facts().Domain, r.answer(), nil
	}
	return portfolio.Domain{}, r.answer(), r.missing("read domain %d (account %d)", id, r.account)
}

// DomainNamed gives a domain by its name.
func (r *Registry) DomainNamed(_ context.Context, name string) (portfolio.Domain, portfolio.Answer, error) {
	if i, ok := r.world.called[owned{r.account, name}]; ok {
		return r.world.facts.Domains[i].Facts().Domain, r.answer(), nil
	}
	return portfolio.Domain{}, r.answer(), r.missing("read %s (account %d)", name, r.account)
}

func (r *Registry) answer() portfolio.Answer { return portfolio.Answer{Date: r.world.facts.At} }

// Prices gives what a name costs.
func (r *Registry) Prices(_ context.Context, name string) (portfolio.Prices, error) {
	seen, ok, err := r.world.PricesSeen(r.account, name)
	if err == nil && !ok {
		err = r.missing("read the prices of %s", name)
	}
	return seen.Prices, err
}

// TLD gives what DNSimple says of a TLD.
func (r *Registry) TLD(ctx context.Context, tld string) (portfolio.TLDFacts, error) {
	details, err := r.TLDDetails(ctx, tld)
	return details.TLDFacts, err
}

// TLDDetails gives the same, and what a registration depends on.
func (r *Registry) TLDDetails(_ context.Context, tld string) (portfolio.TLDDetails, error) {
	i, ok := r.world.tlds[tld]
	if !ok {
		return portfolio.TLDDetails{}, r.missing("read the TLD %s", tld)
	}
	t := r.world.facts.TLDs[i]
	return portfolio.TLDDetails{TrusteeRequired: t.TrusteeRequired, TrusteeEnabled: t.TrusteeRequired, TLDFacts: portfolio.TLDFacts{
		TLD: t.TLD, AutoRenewOnly: t.AutoRenewOnly, RenewalEnabled: t.RenewalEnabled, RegistrationEnabled: t.RegistrationEnabled,
		TransferEnabled: t.TransferEnabled, MinimumRegistration: t.MinimumRegistration,
	}}, nil
}

// ExtendedAttributes gives those that a registration must have.
func (r *Registry) ExtendedAttributes(_ context.Context, tld string) (all []portfolio.ExtendedAttribute, err error) {
	i, ok := r.world.tlds[tld]
	if !ok {
		return nil, r.missing("read the extended attributes of %s", tld)
	}
	for _, name := range r.world.facts.TLDs[i].Attributes {
		all = append(all, portfolio.ExtendedAttribute{Name: name, Required: true})
	}
	return all, nil
}

// Clock gives the moment of the facts.
func (r *Registry) Clock(context.Context) (portfolio.Answer, error) { return r.answer(), nil }

// Pushes gives those that wait for the account.
func (r *Registry) Pushes(context.Context) iter.Seq2[portfolio.Page[portfolio.Push], error] {
	var page portfolio.Page[portfolio.Push]
	for _, p := range r.world.facts.Pushes {
		if p.Account == r.account {
			page.Items = append(page.Items, p.Facts().Push)
		}
	}
	return once(page)
}

// RegistrantChange gives one by its id.
func (r *Registry) RegistrantChange(_ context.Context, id int64) (portfolio.RegistrantChange, error) {
	i := slices.IndexFunc(r.world.facts.Changes, func(c Change) bool { return c.ID == id && c.Account == r.account })
	if i < 0 {
		return portfolio.RegistrantChange{}, r.missing("read registrant change %d", id)
	}
	return r.world.facts.Changes[i].Facts().RegistrantChange, nil
}

// ListRegistrantChanges gives those of the account.
func (r *Registry) ListRegistrantChanges(_ context.Context, filter portfolio.ChangeFilter) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error] {
	var page portfolio.Page[portfolio.RegistrantChange]
	for _, c := range r.world.facts.Changes {
		if c.Account == r.account && (c.State == filter.State || filter.State == "" && c.State.Open()) {
			page.Items = append(page.Items, c.Facts().RegistrantChange)
		}
	}
	return once(page)
}

// Charges gives none: the facts have no bills.
func (r *Registry) Charges(context.Context, time.Time) iter.Seq2[portfolio.Page[portfolio.ChargeItem], error] {
	return once(portfolio.Page[portfolio.ChargeItem]{})
}

func once[T any](page portfolio.Page[T]) iter.Seq2[portfolio.Page[T], error] {
	page.Number, page.Pages, page.Total = 1, 1, len(page.Items)
	return func(yield func(portfolio.Page[T], error) bool) { yield(page, nil) }
}
