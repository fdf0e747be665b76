package executor

import (
	"context"
	"fmt"
	"strings"

	"domaind/internal/portfolio"
)

// chargeTries is how often the charge of a purchase is looked for, at growing
// distance: about ten days.
const chargeTries = 24

// reconcile looks for the charge of a purchase that is done: the ledger's price is
// the charge, once it is found.
func (x *Executor) reconcile(ctx context.Context, op portfolio.Operation) error {
	claimed, err := x.ledger.ClaimedCharges(op.AccountID)
	if err != nil {
		return fmt.Errorf("look for the charge of %s: %w", op, err)
	}
	answer := charged{final: op.Checks >= chargeTries}
	for page, err := range x.registries[op.AccountID].Charges(ctx, op.ArmedAt) {
		if ended(ctx) {
			return nil
		}
		if err != nil {
			// A token without the billing scope never finds it.
			answer.unread = outcome(err) != portfolio.OutcomeForbidden
			answer.final = true
			answer.refs, answer.amount = nil, 0
			break
		}
		for _, item := range page.Items {
			ref := fmt.Sprintf("%s#%d", item.Reference, item.Index)
			if claimed[ref] || !aboutRenewal(op, item) {
				continue
			}
			if vendors(item) {
				answer.vendor = true
			} else if chargesFor(op, item) {
				answer.amount += item.Amount
				answer.refs = append(answer.refs, ref)
			}
		}
	}
	answer.moment = moment(x.now())
	if _, _, err := x.step(op, answer); err != nil {
		return fmt.Errorf("book the charge of %s: %w", op, err)
	}
	return nil
}

// aboutRenewal says whether a line of the charges is about the domain of an operation,
// since it was sent.
func aboutRenewal(op portfolio.Operation, item portfolio.ChargeItem) bool {
	return !item.Refunded && strings.EqualFold(item.ProductName, op.Name) && !item.InvoicedAt.Before(op.ArmedAt.Add(-portfolio.MaxSkew))
}

// vendors says whether DNSimple's own auto-renewal bought what a line stands for.
func vendors(item portfolio.ChargeItem) bool {
	return strings.HasPrefix(strings.ToLower(item.Description), "auto renew")
}

// chargesFor says whether a line about the domain of an operation is what it cost.
func chargesFor(op portfolio.Operation, item portfolio.ChargeItem) bool {
	kind := strings.ToLower(item.ProductType)
	renewal, restore := strings.Contains(kind, "renew"), strings.Contains(kind, "restor") || strings.Contains(kind, "redempt")
	switch op.Kind {
	case portfolio.OpRestore:
		return renewal || restore
	case portfolio.OpRegister:
		return strings.Contains(kind, "registr") || extra(op, kind)
	case portfolio.OpTransfer:
		return strings.Contains(kind, "transfer") || extra(op, kind)
	}
	return renewal && !restore
}

// extra says whether a line stands for what a registration or transfer asked for beside
// the name.
func extra(op portfolio.Operation, kind string) bool {
	return op.Terms != nil && (op.Terms.WhoisPrivacy && strings.Contains(kind, "privacy") || op.Terms.Trustee && strings.Contains(kind, "trustee"))
}
