package control

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// fakeLook is DNSimple with one account's token.
type fakeLook struct {
	domains []portfolio.Domain
	pushes  []portfolio.Push
	changes []portfolio.RegistrantChange
	premium bool
	wanted  []portfolio.ExtendedAttribute // by registries
	trustee bool                          // is required
	err     error                         // of whatever is read

	filter       portfolio.DomainFilter // as it was asked for last
	changeFilter []portfolio.ChangeFilter
}

func notFound(what string) error {
	return &portfolio.CallError{Call: "read " + what, Outcome: portfolio.OutcomeNotFound, Status: 404, Message: "not found"}
}

func find[T any](l *fakeLook, all []T, what string, is func(T) bool) (T, error) {
	var none T
	if l.err != nil {
		return none, l.err
	}
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], nil
	}
	return none, notFound(what)
}

func (l *fakeLook) DomainNamed(_ context.Context, name string) (portfolio.Domain, portfolio.Answer, error) {
	d, err := find(l, l.domains, name, func(d portfolio.Domain) bool { return d.Name == name })
	return d, portfolio.Answer{}, err
}

func (l *fakeLook) Domain(_ context.Context, id int64) (portfolio.Domain, portfolio.Answer, error) {
	d, err := find(l, l.domains, "a domain", func(d portfolio.Domain) bool { return d.ID == id })
	return d, portfolio.Answer{}, err
}

func (l *fakeLook) RegistrantChange(_ context.Context, id int64) (portfolio.RegistrantChange, error) {
	return find(l, l.changes, "a change", func(c portfolio.RegistrantChange) bool { return c.ID == id })
}

func (l *fakeLook) TransferStatus(_ context.Context, name string, id int64) (portfolio.Transfer, error) {
	return find(l, []portfolio.Transfer{}, name+" "+itoa(id), func(portfolio.Transfer) bool { return false })
}

func (l *fakeLook) Contact(_ context.Context, id int64) (portfolio.Contact, error) {
	if l.err != nil || id != 2715 {
		_, err := find(l, []portfolio.Contact{}, "a contact", nil)
		return portfolio.Contact{}, err
	}
	return portfolio.Contact{ID: id, AccountID: 1010, Label: "Default", Email: "first@example.com"}, nil
}

// pagesOf are pages of two, with an odd entry on the first.
func pagesOf[T any](l *fakeLook, all []T) iter.Seq2[portfolio.Page[T], error] {
	return func(yield func(portfolio.Page[T], error) bool) {
		for items := range slices.Chunk(all, 2) {
			if !yield(portfolio.Page[T]{Items: items}, nil) {
				return
			}
		}
		if l.err != nil {
			yield(portfolio.Page[T]{}, l.err)
		}
	}
}

func (l *fakeLook) ListDomains(_ context.Context, filter portfolio.DomainFilter) iter.Seq2[portfolio.Page[portfolio.Domain], error] {
	l.filter = filter
	return pagesOf(l, l.domains)
}

func (l *fakeLook) Pushes(context.Context) iter.Seq2[portfolio.Page[portfolio.Push], error] {
	return pagesOf(l, l.pushes)
}

func (l *fakeLook) ListRegistrantChanges(_ context.Context, filter portfolio.ChangeFilter) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error] {
	l.changeFilter = append(l.changeFilter, filter)
	return pagesOf(l, slices.DeleteFunc(slices.Clone(l.changes), func(c portfolio.RegistrantChange) bool { return filter.State != "" && c.State != filter.State }))
}

func (l *fakeLook) CheckDomain(_ context.Context, name string) (portfolio.DomainCheck, error) {
	return portfolio.DomainCheck{Name: name, Available: true, Premium: l.premium}, l.err
}

func (l *fakeLook) Prices(_ context.Context, name string) (portfolio.Prices, error) {
	return portfolio.Prices{Name: name, Premium: l.premium, Registration: 1200, Renewal: 1550, Restore: 8000}, l.err
}

func (l *fakeLook) PremiumPrice(_ context.Context, name string, action portfolio.PremiumAction) (portfolio.Money, error) {
	if action == portfolio.PremiumTransfer {
		return 0, notFound("the premium price of " + name)
	}
	return 48000, nil
}

func (l *fakeLook) CheckRegistrantChange(_ context.Context, domain, contact int64) (portfolio.ChangeCheck, error) {
	return portfolio.ChangeCheck{DomainID: domain, ContactID: contact, ExtendedAttributes: l.wanted, RegistryOwnerChange: true}, l.err
}

func (l *fakeLook) ExtendedAttributes(context.Context, string) ([]portfolio.ExtendedAttribute, error) {
	return l.wanted, l.err
}

func (l *fakeLook) TLDDetails(_ context.Context, tld string) (portfolio.TLDDetails, error) {
	return portfolio.TLDDetails{TLDFacts: portfolio.TLDFacts{TLD: tld}, TrusteeRequired: l.trustee}, l.err
}

// fakeProver proves what comes from desk.
type fakeProver struct{}

func (fakeProver) Prove(_ context.Context, p portfolio.Push) portfolio.PushFacts {
	if p.DomainID == 31 {
		return portfolio.PushFacts{Push: p, SourceID: 2020, Name: "pushed.com"}
	}
	return portfolio.PushFacts{Push: p, Unproven: fmt.Sprintf("nobody owns domain %d", p.DomainID)}
}

// fakeCommander notes what it is told to do.
type fakeCommander struct {
	commands []portfolio.Command
	agreed   []*portfolio.Money
	by       []string
	price    *portfolio.Money
	requires []portfolio.ExtendedAttribute
	err      error
}

func (c *fakeCommander) row(command portfolio.Command) portfolio.Operation {
	return portfolio.Operation{
		Key: "k", AccountID: command.AccountID, Kind: command.Kind, SubjectID: max(command.SubjectID, 7), DomainID: 7, Name: command.Name,
		ExpiresAt: now.AddDate(0, 0, 12), State: portfolio.StateReserved, By: "operator alice", CreatedAt: now,
	}
}

func (c *fakeCommander) Propose(_ context.Context, command portfolio.Command) (portfolio.Proposal, error) {
	c.commands = append(c.commands, command)
	return portfolio.Proposal{Operation: c.row(command), Price: c.price, Consequences: []string{"it is so"}, Requires: c.requires}, c.err
}

func (c *fakeCommander) Place(_ context.Context, command portfolio.Command, agreed *portfolio.Money, by string) (portfolio.Operation, error) {
	c.commands, c.agreed, c.by = append(c.commands, command), append(c.agreed, agreed), append(c.by, by)
	return c.row(command), c.err
}

func owned(account, id int64, name string, days int) portfolio.Domain {
	d := portfolio.Domain{ID: id, AccountID: account, Name: name, UnicodeName: name, State: portfolio.DomainHosted, CreatedAt: now.AddDate(-1, 0, 0)}
	if days != 0 {
		d.State, d.ExpiresAt, d.RegistrantID, d.AutoRenew = portfolio.DomainRegistered, now.AddDate(0, 0, days), 2715, true
	}
	return d
}

// hands are options with accounts that have something, and what they are told.
func hands() (Options, *fakeCommander, map[string]*fakeLook) {
	o := options(fakeScanner{}, none)
	buecher := owned(1010, 8, "xn--bcher-kva.com", 0)
	buecher.UnicodeName = "bücher.com"
	looks := map[string]*fakeLook{
		"main": {
			domains: []portfolio.Domain{owned(1010, 7, "a.com", 12), owned(1010, 9, "both.com", 40), buecher},
			pushes: []portfolio.Push{
				{ID: 1, AccountID: 1010, DomainID: 31, CreatedAt: now.Add(-time.Hour)}, {ID: 3, AccountID: 1010, DomainID: 32, CreatedAt: now},
			},
			changes: []portfolio.RegistrantChange{
				{ID: 101, AccountID: 1010, DomainID: 7, ContactID: 6666, State: portfolio.ChangeNew, RegistryOwnerChange: true, CreatedAt: now},
				{ID: 102, AccountID: 1010, DomainID: 9, ContactID: 2715, State: portfolio.ChangeCompleted, CreatedAt: now, ExtendedAttributes: map[string]string{"x": "1"}, IRTLockLiftedBy: "2026-05-01"},
			},
		},
		"labs": {domains: []portfolio.Domain{owned(3030, 12, "b.com", 5), owned(3030, 13, "both.com", 1), owned(3030, 14, "c.com", 0)}},
		"desk": {domains: []portfolio.Domain{owned(2020, 31, "pushed.com", 90)}},
	}
	for i := range o.Accounts {
		o.Accounts[i].Look = looks[o.Accounts[i].Name]
	}
	o.Accounts[0].Contacts = func() map[string]int64 { return map[string]int64{"default": 2715} }
	price := portfolio.Money(1550)
	c := &fakeCommander{price: &price}
	o.Commander, o.Prover = c, fakeProver{}
	return o, c, looks
}
