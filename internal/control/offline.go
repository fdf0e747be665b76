package control

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"domaind/internal/executor"
	"domaind/internal/facts"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// OfflineOptions are a policy, and the facts that it is asked about. All fields are
// required.
type OfflineOptions struct {
	Facts    *facts.Facts
	Policy   *rules.Policy
	Ceilings executor.Ceilings
	// AutoRenewalWindow is how long before an expiration DNSimple's own auto-renewal may
	// already be at work.
	AutoRenewalWindow rules.Distance
	Now               time.Time
	Instance          string
	Version           string
}

// Offline tells what a policy would do, from facts: it is a [Scanner], an [Assessor]
// and a [Surveyor] that ask nobody. What decides is what decides in a daemon.
type Offline struct {
	o       OfflineOptions
	world   *facts.World
	machine *executor.Executor
	domains []facts.Domain // in the order in which they are looked after
}

// NewOffline makes an Offline.
func NewOffline(o OfflineOptions) *Offline {
	f := &Offline{o: o, world: facts.NewWorld(o.Facts), domains: slices.Clone(o.Facts.Domains)}
	slices.SortStableFunc(f.domains, func(a, b facts.Domain) int { return scheduler.CompareDomains(a.Facts().Domain, b.Facts().Domain) })
	clock := func() time.Time { return o.Now }
	registries := make(map[int64]executor.Registry)
	for _, a := range o.Facts.Accounts {
		registries[a.ID] = f.world.Registry(a.ID)
	}
	for _, a := range o.Policy.Accounts {
		registries[a.ID] = f.world.Registry(a.ID)
	}
	f.machine = executor.New(executor.Options{
		Ledger: ageless{f.world, clock}, Registries: registries, Policy: func() *rules.Policy { return o.Policy },
		Ceilings: func() executor.Ceilings { return o.Ceilings }, AutoRenewalWindow: func() rules.Distance { return o.AutoRenewalWindow },
		Now: clock,
	})
	return f
}

// ageless is a world whose prices are as of now: nobody can ask for newer ones, and what
// one name costs says nothing of another.
type ageless struct {
	*facts.World
	now func() time.Time
}

// PricesSeen implements [executor.Ledger].
func (a ageless) PricesSeen(account int64, name string) (portfolio.SeenPrices, bool, error) {
	p, ok, err := a.World.PricesSeen(account, name)
	p.At = a.now()
	return p, ok, err
}

// Handler answers what can be answered from facts, as the daemon would: plans and
// forecasts. It changes nothing.
func (f *Offline) Handler() http.Handler {
	accounts := make([]Account, 0, len(f.o.Policy.Accounts))
	for _, a := range f.o.Policy.Accounts {
		accounts = append(accounts, Account{Account: a.Account, Source: a.Source})
	}
	return New(Options{
		Scanner: f, Assessor: f, Surveyor: f, Prices: f.world, Ledger: f.world, Memory: f.world, Machine: f.machine, Commander: f.machine, Prover: f.machine,
		Accounts: accounts, Policy: func() *rules.Policy { return f.o.Policy }, AutoRenewalWindow: func() rules.Distance { return f.o.AutoRenewalWindow },
		Now: func() time.Time { return f.o.Now }, Instance: f.o.Instance, About: About{Version: f.o.Version}, ReadOnly: true,
	})
}

// Seen says which accounts the facts have whole. What they have was read, as for a plan.
func (f *Offline) Seen() (scheduler.Seen, error) {
	seen := scheduler.Seen{At: make(map[int64]time.Time), Whole: true}
	for _, a := range f.o.Policy.Accounts {
		i := slices.IndexFunc(f.o.Facts.Accounts, func(b facts.Account) bool { return b.ID == a.ID })
		switch {
		case a.Source:
		case i < 0 || f.o.Facts.Accounts[i].Whole.IsZero():
			seen.Whole = false
		default:
			seen.At[a.ID] = f.o.Facts.Accounts[i].Whole
		}
	}
	return seen, nil
}

// Survey gives the domains that end by a later moment, or that the policy may act on by
// then.
func (f *Offline) Survey(ctx context.Context, now, until time.Time) (scheduler.Survey, error) {
	r, err := f.Domains(ctx, now)
	out := scheduler.Survey{Problems: r.Problems}
	for _, d := range r.Decisions {
		if seen, ok := d.Resource.(portfolio.DomainFacts); ok && !seen.ExpiresAt.IsZero() && !seen.ExpiresAt.After(f.o.Policy.Horizon(until)) {
			out.Domains = append(out.Domains, seen)
		}
	}
	return out, err
}

// Notes are what whoever reads a plan made of the facts should know of them.
func (f *Offline) Notes() (notes []string) {
	for _, a := range f.o.Facts.Accounts {
		if a.Role != facts.RoleSource && a.Whole.IsZero() {
			notes = append(notes, fmt.Sprintf("account %s: its whole list was not read yet, and only the domains near their end are in the facts", a.Name))
		}
	}
	return notes
}

// Domains decides about the domains of the facts, in order of expiration.
func (f *Offline) Domains(_ context.Context, now time.Time) (scheduler.Reading, error) {
	var r scheduler.Reading
	for _, d := range f.domains {
		r.Decisions = append(r.Decisions, rules.Decide(f.o.Policy, d.Facts(), now))
	}
	for _, p := range f.o.Facts.Problems {
		r.Problems = append(r.Problems, fmt.Errorf("when the facts were written: %s", p))
	}
	for _, a := range f.o.Policy.Accounts {
		if !a.Source && !slices.ContainsFunc(f.o.Facts.Accounts, func(b facts.Account) bool { return b.ID == a.ID }) {
			r.Problems = append(r.Problems, fmt.Errorf("account %s (%d) is not in the facts: nothing is known of what it has", a.Name, a.ID))
		}
	}
	return r, nil
}

// Pushes decides about the pushes of the facts, by id.
func (f *Offline) Pushes(_ context.Context, now time.Time) (r scheduler.Reading, _ error) {
	for _, p := range f.o.Facts.Pushes {
		seen := p.Facts()
		announced, err := f.machine.Expected(seen.Push)
		if err != nil {
			return r, err
		}
		seen.Announced = announced
		r.Decisions = append(r.Decisions, rules.Decide(f.o.Policy, seen, now))
	}
	return r, nil
}

// RegistrantChanges decides about the registrant changes of the facts, by id.
func (f *Offline) RegistrantChanges(_ context.Context, now time.Time) (r scheduler.Reading, _ error) {
	for _, c := range f.o.Facts.Changes {
		r.Decisions = append(r.Decisions, rules.Decide(f.o.Policy, c.Facts(), now))
	}
	return r, nil
}

// Names decides about the names that the policy watches. Of one that is not in the facts
// nobody knows whether it is free.
func (f *Offline) Names(_ context.Context, now time.Time) (r scheduler.Reading, _ error) {
	for _, a := range f.o.Policy.Accounts {
		for _, name := range f.o.Policy.Names(a.ID) {
			seen := portfolio.NameFacts{AccountID: a.ID, Name: name, UnicodeName: name, Status: portfolio.NameUnknown}
			if i := slices.IndexFunc(f.o.Facts.Names, func(n facts.Name) bool { return n.Account == a.ID && n.Name == name }); i >= 0 {
				seen = f.o.Facts.Names[i].Facts()
			}
			r.Decisions = append(r.Decisions, rules.Decide(f.o.Policy, seen, now))
		}
	}
	return r, nil
}

// unpriced is what is added to the reason of what would be bought at a price that is not
// in the facts.
const unpriced = "; its price is not in the facts, so that no ceiling could be looked at"

// Assess applies the executor's guards. A price that the facts do not have is no reason to
// be blocked: DNSimple would be asked for it. It stays unknown, and counts in no sum.
func (f *Offline) Assess(ctx context.Context, decisions []portfolio.Decision) ([]portfolio.Decision, error) {
	assessed, err := f.machine.Assess(ctx, decisions)
	if err != nil {
		return nil, err
	}
	for i, was := range decisions {
		a := &assessed[i]
		account, _, name := a.Resource.Ident()
		seen, known, err := f.world.PricesSeen(account, name)
		if err != nil {
			return nil, err
		}
		if a.Price != nil {
			a.PriceAt = seen.At
		}
		if known || a.Verdict != portfolio.VerdictBlocked || a.Code != executor.CodeNoPrice {
			continue
		}
		*a = was
		a.Reason += unpriced
	}
	return assessed, nil
}
