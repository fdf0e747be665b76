package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// Applier carries out plans.
type Applier interface {
	// Apply gives what became of each item.
	Apply(ctx context.Context, items []executor.PlanItem, by string) ([]executor.Applied, error)
}

// Outcome is what became of an item of a plan that was applied, in one word.
type Outcome string

// The outcomes.
const (
	OutcomeDone    Outcome = "done"
	OutcomePending Outcome = "pending" // it is under way, and followed up
	OutcomeFailed  Outcome = "failed"  // it was begun, and ended without effect
	OutcomeRefused Outcome = "refused" // it was not begun: something moved, or stands in the way
)

// Applied is what became of a plan that was applied.
type Applied struct {
	At     time.Time       `json:"at"`
	Policy string          `json:"policy"`
	Plan   time.Time       `json:"plan"` // when it was made
	Items  []AppliedItem   `json:"items"`
	Counts map[Outcome]int `json:"counts"`
	// Price is what was spent for, or is set aside for, what is done or under way.
	Price portfolio.Money `json:"price"`
}

// AppliedItem is what became of one item.
type AppliedItem struct {
	Account     int64                  `json:"account"`
	AccountName string                 `json:"account_name"`
	On          portfolio.ResourceKind `json:"on"`
	ID          int64                  `json:"id"`
	Name        string                 `json:"name"`
	Unicode     string                 `json:"unicode_name,omitempty"`
	Do          portfolio.Action       `json:"do"`
	ExpiresAt   *time.Time             `json:"expires_at"`
	Planned     *portfolio.Money       `json:"planned"` // the price in the plan; null where it costs nothing
	Price       *portfolio.Money       `json:"price"`   // what it comes to; null where nothing was bought
	Outcome     Outcome                `json:"outcome"`
	Reason      string                 `json:"reason"` // why it is so, as a sentence
	Op          string                 `json:"op"`     // the operation; "" where none was begun
}

func (h *handler) apply(r *http.Request) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxPlan+1))
	if err != nil {
		return nil, problem(http.StatusBadRequest, "the plan could not be read: %v", err)
	}
	p, err := ParsePlan(body)
	if err != nil {
		return nil, err
	}
	now, policy := h.Now(), h.Policy()
	if err := p.stale(now, h.Instance, policy.Hash); err != nil {
		return nil, err
	}
	out := Applied{At: now, Policy: policy.Hash, Plan: p.At, Items: []AppliedItem{}, Counts: make(map[Outcome]int)}
	var wanted []Item
	var items []executor.PlanItem
	for _, it := range p.Items {
		if it.Applicable() {
			wanted, items = append(wanted, it), append(items, it.planned(p.Policy))
		}
	}
	by := fmt.Sprintf("%s, applying a plan of %s", askerOf(r), p.At.UTC().Format(time.RFC3339))
	done, err := h.Applier.Apply(r.Context(), items, by)
	if err != nil {
		return nil, err
	}
	for i := range wanted {
		it := h.appliedItem(&wanted[i], done[i])
		out.Counts[it.Outcome]++
		if it.Price != nil {
			out.Price += *it.Price
		}
		out.Items = append(out.Items, it)
	}
	return out, nil
}

// planned is an item as it is carried out, of a plan that a policy made.
func (it *Item) planned(policy string) executor.PlanItem {
	out := executor.PlanItem{
		On: it.On, AccountID: it.Account, ID: it.ID, Name: it.Name, Rule: it.Rule, Policy: policy, Do: it.Do, State: it.State, Price: it.Price,
	}
	if it.ExpiresAt != nil {
		out.ExpiresAt = *it.ExpiresAt
	}
	if it.FreeSince != nil {
		out.FreeSince = *it.FreeSince
	}
	return out
}

func (h *handler) appliedItem(it *Item, done executor.Applied) AppliedItem {
	out := AppliedItem{
		Account: it.Account, AccountName: h.nameOf(it.Account), On: it.On, ID: it.ID, Name: it.Name, Unicode: unicodeName(it.Name), Do: it.Do,
		ExpiresAt: it.ExpiresAt, Planned: it.Price, Outcome: OutcomeRefused, Reason: done.Refused,
	}
	op := done.Operation
	if op.Key == "" {
		return out
	}
	out.Op = op.ShortID()
	switch op.State {
	case portfolio.StateDone:
		out.Outcome = OutcomeDone
	case portfolio.StateFailed:
		out.Outcome = OutcomeFailed
	default:
		out.Outcome = OutcomePending
	}
	if out.Reason == "" {
		out.Reason = op.LastNote()
	}
	if op.Kind.Purchase() && out.Outcome != OutcomeFailed {
		out.Price = new(op.Price())
	}
	return out
}

// Apply has a plan carried out: of its items, those whose verdicts say that something is
// to be done.
func (c *Client) Apply(ctx context.Context, p Plan) (Applied, error) {
	var items []Item
	for _, it := range p.Items {
		if it.Applicable() {
			items = append(items, it)
		}
	}
	p.Items, p.Summary = items, Summary{}
	var out Applied
	return out, c.post(ctx, "/v1/apply", p, &out)
}
