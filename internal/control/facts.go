package control

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"domaind/internal/facts"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// Archive is what the state remembers beside what else is asked here.
type Archive interface {
	Approvals() ([]portfolio.Approval, error)
	PricesSeen(account int64, name string) (p portfolio.SeenPrices, ok bool, err error)
}

// FactsQuery says how much is read for facts.
type FactsQuery struct {
	// All reads every domain from DNSimple; else what is beyond the horizon is as the last
	// sweep saw it.
	All bool
	// Prices asks for the price of every domain inside the horizon that is not remembered;
	// else only for what would be bought now.
	Prices bool
}

// Facts asks for what a policy can see, and writes it as [facts.Read] reads it.
func (c *Client) Facts(ctx context.Context, q FactsQuery, w io.Writer) error {
	v := parametersOf("all", given(q.All), "prices", given(q.Prices))
	path := "/v1/facts"
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	return c.do(ctx, http.MethodGet, path, nil, func(body io.Reader) error {
		_, err := io.Copy(w, body)
		return err
	})
}

func given(yes bool) string {
	if yes {
		return "1"
	}
	return ""
}

func (h *handler) facts(w http.ResponseWriter, r *http.Request) {
	v, err := parameters(r, "all", "prices")
	if err != nil {
		fail(w, err)
		return
	}
	f, err := h.gather(r.Context(), FactsQuery{All: v["all"] != "", Prices: v["prices"] != ""})
	var text bytes.Buffer
	if err == nil {
		err = facts.Write(&text, f)
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = text.WriteTo(w) // the asker is gone: there is nobody to tell
}

// gatherer collects facts.
type gatherer struct {
	*handler
	query FactsQuery
	now   time.Time
	out   *facts.Facts
	// near are the domains that were read just now, by id; read the accounts that they
	// are of.
	near map[int64]portfolio.DomainFacts
	read map[int64]bool
	// bought are the names that would be bought now, by account.
	bought map[int64]map[string]bool
}

// gather reads all that a policy can see. What could not be read is in its problems.
func (h *handler) gather(ctx context.Context, q FactsQuery) (*facts.Facts, error) {
	policy := h.Policy()
	g := &gatherer{
		handler: h, query: q, now: h.Now(),
		near: make(map[int64]portfolio.DomainFacts), read: make(map[int64]bool), bought: make(map[int64]map[string]bool),
	}
	g.out = &facts.Facts{Format: facts.Format, At: g.now.UTC(), Version: h.About.Version, Policy: policy.Hash, Problems: []string{}}
	for _, do := range []func(context.Context) error{g.decisions, g.accounts, g.ledgers, g.prices, g.tlds} {
		if err := do(ctx); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return g.out, nil
}

func (g *gatherer) problem(err error) {
	if len(g.out.Problems) < maxProblems {
		g.out.Problems = append(g.out.Problems, reasonOf(err))
	}
}

// decisions takes what scans read: all that a policy can see of what is near its end, of
// pushes, changes and names.
func (g *gatherer) decisions(ctx context.Context) error {
	for _, scan := range []func(context.Context, time.Time) (scheduler.Reading, error){
		g.Scanner.Domains, g.Scanner.Pushes, g.Scanner.RegistrantChanges, g.Scanner.Names,
	} {
		r, err := scan(ctx, g.now)
		if err != nil {
			return err
		}
		for _, d := range r.Decisions {
			g.resource(d)
		}
		for _, p := range r.Problems {
			g.problem(p)
		}
	}
	return nil
}

func (g *gatherer) resource(d portfolio.Decision) {
	account, _, name := d.Resource.Ident()
	switch f := d.Resource.(type) {
	case portfolio.DomainFacts:
		g.near[f.ID], g.read[f.AccountID] = f, true
	case portfolio.PushFacts:
		g.out.Pushes = append(g.out.Pushes, facts.PushOf(f))
		return
	case portfolio.ChangeFacts:
		g.out.Changes = append(g.out.Changes, facts.ChangeOf(f))
		return
	case portfolio.NameFacts:
		g.out.Names = append(g.out.Names, facts.NameOf(f))
	}
	switch d.Do {
	case portfolio.ActionRenew, portfolio.ActionRestore, portfolio.ActionRegister, portfolio.ActionAutoRenewal:
		if g.bought[account] == nil {
			g.bought[account] = make(map[string]bool)
		}
		g.bought[account][name] = true
	}
}

// accounts takes the accounts, and with each all of its domains.
func (g *gatherer) accounts(ctx context.Context) error {
	seen, err := g.handler.seen()
	if err != nil {
		return err
	}
	all := make(map[int64]portfolio.DomainFacts, len(g.near))
	for _, a := range g.Accounts {
		account := facts.Account{ID: a.ID, Name: a.Name}
		if a.Source {
			account.Role = facts.RoleSource
			g.out.Accounts = append(g.out.Accounts, account)
			continue
		}
		whole, err := g.domainsOf(ctx, a, seen, all)
		if err != nil {
			return err
		}
		account.Whole = whole.UTC()
		g.out.Accounts = append(g.out.Accounts, account)
	}
	maps.Copy(all, g.near) // they were read last
	domains := make([]portfolio.DomainFacts, 0, len(all))
	for _, f := range all {
		domains = append(domains, f)
	}
	slices.SortFunc(domains, func(a, b portfolio.DomainFacts) int { return scheduler.CompareDomains(a.Domain, b.Domain) })
	for _, f := range domains {
		g.out.Domains = append(g.out.Domains, facts.DomainOf(f))
	}
	return nil
}
