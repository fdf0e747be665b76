package control

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// Scanner reads what there is to decide about, and what the policy says of it.
type Scanner interface {
	Domains(ctx context.Context, now time.Time) (scheduler.Reading, error)
	Pushes(ctx context.Context, now time.Time) (scheduler.Reading, error)
	RegistrantChanges(ctx context.Context, now time.Time) (scheduler.Reading, error)
	Names(ctx context.Context, now time.Time) (scheduler.Reading, error)
}

// Assessor applies the executor's guards and prices, without any effect.
type Assessor interface {
	Assess(ctx context.Context, decisions []portfolio.Decision) ([]portfolio.Decision, error)
}

// Plan is what would be done now, and why.
type Plan struct {
	At       time.Time      `json:"at"`
	Mode     portfolio.Mode `json:"mode"`
	Policy   string         `json:"policy"`
	Items    []Item         `json:"items"`
	Totals   Totals         `json:"totals"`
	Problems []string       `json:"problems"` // what could not be read or understood

	Format   int     `json:"format"`   // of this document, see [PlanFormat]
	Instance string  `json:"instance"` // whose plan it is
	Summary  Summary `json:"summary"`
}

// Totals are sums over a plan.
type Totals struct {
	Price portfolio.Money `json:"price"` // of what would be bought: verdicts act and would-act
	Asked portfolio.Money `json:"asked"` // of what somebody would be asked for: verdict ask
}

// Item is one resource in a plan.
type Item struct {
	Account     int64                  `json:"account"`
	AccountName string                 `json:"account_name"`
	On          portfolio.ResourceKind `json:"on"`
	ID          int64                  `json:"id"`
	Name        string                 `json:"name"`
	ExpiresAt   *time.Time             `json:"expires_at"`
	AutoRenew   bool                   `json:"auto_renew"`
	Rule        string                 `json:"rule"`
	RuleAt      string                 `json:"rule_at"`
	Do          portfolio.Action       `json:"do"`
	Mode        portfolio.Mode         `json:"mode"`
	Price       *portfolio.Money       `json:"price"`
	PriceAt     *time.Time             `json:"price_at"`
	Verdict     portfolio.Verdict      `json:"verdict"`
	Code        string                 `json:"code"`
	Reason      string                 `json:"reason"`
	Labels      map[string]string      `json:"labels"`
	Alerts      []portfolio.Alert      `json:"alerts"`
	Trials      []string               `json:"trials,omitempty"` // what rules in dry-run would do

	// Unicode is the name as people write it, for showing.
	Unicode string `json:"unicode_name,omitempty"`
	// State is that of a domain.
	State portfolio.DomainState `json:"state,omitempty"`
	// FreeSince is when a watched name was first seen free.
	FreeSince *time.Time `json:"free_since,omitempty"`
	// SeenAt is when a domain was seen that was not read for this plan; null where it was.
	SeenAt *time.Time `json:"seen_at,omitempty"`
}

func (h *handler) plan(w http.ResponseWriter, r *http.Request) {
	p, err := h.makePlan(r.Context(), r.URL.Query().Get("all") != "")
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, p)
}

func (h *handler) makePlan(ctx context.Context, all bool) (Plan, error) {
	now, policy := h.Now(), h.Policy()
	p := Plan{
		At: now, Mode: policy.Mode, Policy: policy.Hash, Items: []Item{}, Problems: []string{}, Format: PlanFormat, Instance: h.Instance,
	}
	var decisions []portfolio.Decision
	domains := 0 // how many of them, which come first
	for i, read := range []func(context.Context, time.Time) (scheduler.Reading, error){
		h.Scanner.Domains, h.Scanner.Pushes, h.Scanner.RegistrantChanges, h.Scanner.Names,
	} {
		r, err := read(ctx, now)
		if err != nil {
			return p, err
		}
		decisions = append(decisions, r.Decisions...)
		for _, problem := range r.Problems {
			p.Problems = append(p.Problems, problem.Error())
		}
		if i == 0 {
			domains = len(decisions)
		}
	}
	if i := slices.IndexFunc(decisions, func(d portfolio.Decision) bool { return d.Policy != "" && d.Policy != policy.Hash }); i >= 0 {
		return p, problem(http.StatusConflict, "the policy changed while the plan was made: plan again")
	}
	seen, err := h.seen()
	if err != nil {
		return p, err
	}
	assessed, err := h.Assessor.Assess(ctx, decisions)
	if err != nil {
		return p, err
	}
	s := newSurveyor(policy, now, seen.Whole)
	for _, d := range assessed {
		s.look(d)
	}
	rest := s.rest(seen)
	if all && len(rest) > 0 {
		assessed = slices.Concat(assessed[:domains], rest, assessed[domains:])
		slices.SortStableFunc(assessed[:domains+len(rest)], soonestFirst)
	}
	for _, d := range assessed {
		if all || !beyond(policy, d, now) {
			p.Items = append(p.Items, itemOf(d))
		}
	}
	for i := range p.Items {
		if it := &p.Items[i]; it.On == portfolio.KindDomain && s.remembered[domainKey{it.Account, it.ID}] {
			at := seen.At[it.Account]
			it.SeenAt, it.Unicode = orNil(at), unicodeName(it.Name)
		}
	}
	p.Totals = totalsOf(p.Items)
	p.Summary = summaryOf(p.Items, policy.Location)
	s.sum(&p.Summary)
	return p, nil
}

// soonestFirst orders decisions about domains by their expiration, those without one last.
func soonestFirst(a, b portfolio.Decision) int {
	f, _ := a.Resource.(portfolio.DomainFacts)
	g, _ := b.Resource.(portfolio.DomainFacts)
	if f.ExpiresAt.IsZero() != g.ExpiresAt.IsZero() {
		return -f.ExpiresAt.Compare(g.ExpiresAt)
	}
	return cmp.Or(f.ExpiresAt.Compare(g.ExpiresAt), cmp.Compare(f.Name, g.Name), cmp.Compare(f.AccountID, g.AccountID))
}

// beyond says whether a decision is about a domain that the policy does not look at
// yet: without an expiration, or with one beyond the horizon.
func beyond(p *rules.Policy, d portfolio.Decision, now time.Time) bool {
	f, ok := d.Resource.(portfolio.DomainFacts)
	return ok && d.Verdict == portfolio.VerdictNone && len(d.Alerts) == 0 &&
		(f.ExpiresAt.IsZero() || f.ExpiresAt.After(p.Horizon(now)))
}

func itemOf(d portfolio.Decision) Item {
	account, id, name := d.Resource.Ident()
	it := Item{
		Account: account, AccountName: d.Account, On: d.Resource.Kind(), ID: id, Name: name,
		Rule: d.Rule, RuleAt: d.RuleAt, Do: d.Do, Mode: d.Mode, Price: d.Price,
		Verdict: d.Verdict, Code: d.Code, Reason: d.Reason, Labels: d.Labels, Alerts: d.Alerts, Trials: d.Trials,
	}
	if it.Labels == nil {
		it.Labels = map[string]string{}
	}
	if it.Alerts == nil {
		it.Alerts = []portfolio.Alert{}
	}
	if !d.PriceAt.IsZero() {
		it.PriceAt = &d.PriceAt
	}
	if f, ok := d.Resource.(portfolio.DomainFacts); ok {
		it.AutoRenew, it.Unicode, it.State = f.AutoRenew, f.UnicodeName, f.State
		if !f.ExpiresAt.IsZero() {
			it.ExpiresAt = &f.ExpiresAt
		}
	}
	if f, ok := d.Resource.(portfolio.NameFacts); ok {
		it.Unicode, it.FreeSince = f.UnicodeName, orNil(f.FreeSince)
	}
	return it
}
