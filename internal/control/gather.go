package control

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"domaind/internal/executor"
	"domaind/internal/facts"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// domainsOf takes all domains of an account: as they are read now where that is asked
// for, else as the last sweep saw them. It says when all were read last; zero: never.
func (g *gatherer) domainsOf(ctx context.Context, a Account, seen scheduler.Seen, into map[int64]portfolio.DomainFacts) (whole time.Time, err error) {
	if g.query.All {
		return g.listed(ctx, a, into)
	}
	horizon := g.Policy().Horizon(g.now)
	for _, d := range seen.Domains {
		if _, near := g.near[d.ID]; near || d.AccountID != a.ID {
			continue
		}
		if d.UnicodeName = unicodeName(d.Name); d.UnicodeName == "" {
			d.UnicodeName = d.Name
		}
		if g.read[a.ID] && !d.ExpiresAt.IsZero() && !d.ExpiresAt.After(horizon) {
			// It would have been read, were it as it was: it was renewed, or is gone.
			is, ok := g.again(ctx, a, d)
			if !ok {
				continue
			}
			d = is
		}
		into[d.ID] = portfolio.DomainFacts{Domain: d}
	}
	return seen.At[a.ID], ctx.Err()
}

// again reads a domain that is another than it was; ok is false where it is none of the
// account's any more, or cannot be read.
func (g *gatherer) again(ctx context.Context, a Account, was portfolio.Domain) (d portfolio.Domain, ok bool) {
	d, _, err := a.Look.Domain(ctx, was.ID)
	if err != nil && outcomeOf(err) != portfolio.OutcomeNotFound {
		g.problem(fmt.Errorf("%s: it is not as it was on the last sweep, and could not be read: %w", was.Name, err))
	}
	return d, err == nil && d.AccountID == a.ID
}

// listed reads every domain of an account now.
func (g *gatherer) listed(ctx context.Context, a Account, into map[int64]portfolio.DomainFacts) (time.Time, error) {
	whole := true
	for page, err := range a.Look.ListDomains(ctx, portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortID}}}) {
		if err != nil {
			g.problem(err)
			whole = false
			break
		}
		for _, p := range page.Problems {
			g.problem(p)
		}
		for _, d := range page.Items {
			into[d.ID] = portfolio.DomainFacts{Domain: d}
		}
	}
	if !whole {
		return time.Time{}, ctx.Err()
	}
	return g.now, ctx.Err()
}

// ledgers takes what guards look at: money, pauses, approvals, and of the operations those
// that are open, the last of each kind on what there is, and the last purchases.
func (g *gatherer) ledgers(context.Context) error {
	day := g.now.In(g.Policy().Location).Format(time.DateOnly)
	month := day[:len("2006-01")]
	err := g.Ledger.Spent(func(s portfolio.Spent) error {
		for _, a := range append([]facts.Account{{}}, g.out.Accounts...) {
			g.out.Spent = append(g.out.Spent, facts.Spent{
				Account: a.ID, Day: day, Month: month, Today: s.On(a.ID, day), InMonth: s.In(a.ID, month), Reserved: s.Reserved(a.ID),
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	pauses, err := g.Memory.Pauses()
	if err != nil {
		return err
	}
	for _, p := range pauses {
		if p.Scope == portfolio.PauseAccount {
			continue // as for a plan: whether a token is refused still shows by itself
		}
		p.By = facts.Somebody(p.By)
		g.out.Pauses = append(g.out.Pauses, p)
	}
	approvals, err := g.Archive.Approvals()
	if err != nil {
		return err
	}
	for _, a := range approvals {
		a.By = facts.Somebody(a.By)
		g.out.Approvals = append(g.out.Approvals, a)
	}
	return g.operations()
}

func (g *gatherer) operations() error {
	type about struct {
		account int64
		kind    portfolio.OperationKind
		id      int64
		name    string
	}
	ids, names := make(map[int64]bool), make(map[string]bool)
	for _, d := range g.out.Domains {
		ids[d.ID], names[d.Name] = true, true
	}
	for _, p := range g.out.Pushes {
		ids[p.DomainID] = true
	}
	for _, c := range g.out.Changes {
		ids[c.DomainID] = true
	}
	for _, n := range g.out.Names {
		names[n.Name] = true
	}
	latest := make(map[about]portfolio.Operation)
	bought := make(map[about]portfolio.Operation)
	answered := make(map[about][]portfolio.Operation)
	kept := make(map[string]portfolio.Operation)
	for op, err := range g.Ledger.Operations() {
		if err != nil {
			return err
		}
		if op.State.Open() {
			kept[op.Key] = op
		}
		if !ids[op.DomainID] && !names[op.Name] {
			continue
		}
		of := about{account: op.AccountID, kind: op.Kind, id: op.SubjectID}
		if op.SubjectID == 0 {
			of.name = op.Name
		}
		if last, ok := latest[of]; !ok || last.Occasion < op.Occasion || last.Occasion == op.Occasion && last.Attempt < op.Attempt {
			latest[of] = op
		}
		if op.Approval != nil {
			answered[of] = append(answered[of], op)
		}
		if op.Kind.Purchase() && op.State == portfolio.StateDone {
			one := about{id: op.DomainID, name: op.Name}
			if last, ok := bought[one]; !ok || last.EndedAt.Before(op.EndedAt) {
				bought[one] = op
			}
		}
	}
	for of, ops := range answered { // what was said to earlier attempts may hold still
		for _, op := range ops {
			if op.Occasion == latest[of].Occasion {
				kept[op.Key] = op
			}
		}
	}
	for _, some := range []map[about]portfolio.Operation{latest, bought} {
		for _, op := range some {
			kept[op.Key] = op
		}
	}
	ops := slices.SortedFunc(maps.Values(kept), func(a, b portfolio.Operation) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for _, op := range ops {
		g.out.Operations = append(g.out.Operations, facts.Essence(op))
	}
	g.redemptions()
	return nil
}

// redemptions adds to domains that were not read now what the ledger knows of them.
func (g *gatherer) redemptions() {
	world := facts.NewWorld(g.out)
	for i := range g.out.Domains {
		d := &g.out.Domains[i]
		if d.State != portfolio.DomainExpired || d.Redemption {
			continue
		}
		last, ok, _ := world.LastAttempt(d.Account, portfolio.OpRenew, d.ID, portfolio.OccasionOf(d.ExpiresAt)) // it never fails
		d.Redemption = ok && last.Refused
	}
}

// prices takes the prices that are remembered, and asks for those without which nobody
// could say what is bought now.
func (g *gatherer) prices(ctx context.Context) error {
	horizon := g.Policy().Horizon(g.now)
	for _, d := range g.out.Domains {
		near := d.State != portfolio.DomainHosted && !d.ExpiresAt.IsZero() && !d.ExpiresAt.After(horizon)
		if err := g.price(ctx, d.Account, d.Name, g.bought[d.Account][d.Name] || near && g.query.Prices); err != nil {
			return err
		}
	}
	for _, n := range g.out.Names {
		if err := g.price(ctx, n.Account, n.Name, n.Status == portfolio.NameFree); err != nil {
			return err
		}
	}
	return nil
}

func (g *gatherer) price(ctx context.Context, account int64, name string, wanted bool) error {
	seen, ok, err := g.Archive.PricesSeen(account, name)
	if err != nil {
		return err
	}
	if wanted && (!ok || g.now.Sub(seen.At).Abs() >= executor.PricesFor) {
		// A plan would ask for it, too.
		if asked, told := g.askPrice(ctx, account, name); told {
			seen, ok = asked, true
		}
	}
	if ok {
		g.out.Prices = append(g.out.Prices, facts.PriceOf(seen))
	}
	return ctx.Err()
}

// askPrice asks DNSimple for a price. One that it does not give, for the name or at all,
// is not in the facts, as a plan would say of it.
func (g *gatherer) askPrice(ctx context.Context, account int64, name string) (portfolio.SeenPrices, bool) {
	i := slices.IndexFunc(g.Accounts, func(a Account) bool { return a.ID == account })
	if i < 0 {
		return portfolio.SeenPrices{}, false
	}
	prices, err := g.Accounts[i].Look.Prices(ctx, name)
	if err != nil {
		g.problem(err)
		return portfolio.SeenPrices{}, false
	}
	return portfolio.SeenPrices{Prices: prices, AccountID: account, At: g.now}, true
}

// tlds asks what DNSimple says of every top-level domain that there is a name under.
func (g *gatherer) tlds(ctx context.Context) error {
	asked := make(map[string]bool) // and whether for a registration
	from := make(map[string]int64)
	for _, d := range g.out.Domains {
		if tld := portfolio.TLD(d.Name); d.State != portfolio.DomainHosted && from[tld] == 0 {
			from[tld] = d.Account
		}
	}
	for _, n := range g.out.Names {
		tld := portfolio.TLD(n.Name)
		from[tld], asked[tld] = n.Account, true
	}
	for _, tld := range slices.Sorted(maps.Keys(from)) {
		i := slices.IndexFunc(g.Accounts, func(a Account) bool { return a.ID == from[tld] })
		if i < 0 || tld == "" {
			continue
		}
		look := g.Accounts[i].Look
		t, err := look.TLDDetails(ctx, tld)
		var attributes []portfolio.ExtendedAttribute
		if err == nil && asked[tld] {
			attributes, err = look.ExtendedAttributes(ctx, tld)
		}
		if err != nil && outcomeOf(err) != portfolio.OutcomeNotFound {
			g.problem(err)
		}
		if err != nil {
			continue
		}
		g.out.TLDs = append(g.out.TLDs, tldFact(tld, t, attributes))
	}
	return ctx.Err()
}

func tldFact(tld string, t portfolio.TLDDetails, attributes []portfolio.ExtendedAttribute) facts.TLD {
	out := facts.TLD{
		TLD: tld, AutoRenewOnly: t.AutoRenewOnly, RenewalEnabled: t.RenewalEnabled, RegistrationEnabled: t.RegistrationEnabled,
		TransferEnabled: t.TransferEnabled, MinimumRegistration: t.MinimumRegistration, TrusteeRequired: t.TrusteeRequired,
	}
	for _, a := range attributes {
		if a.Required {
			out.Attributes = append(out.Attributes, a.Name)
		}
	}
	return out
}
