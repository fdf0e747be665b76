package executor

import (
	"context"
	"fmt"

	"domaind/internal/portfolio"
)

// seen gathers the evidence about an operation. What cannot be read is no evidence.
func (x *Executor) seen(ctx context.Context, op portfolio.Operation) evidence {
	reg := x.registries[op.AccountID]
	switch op.Kind {
	case portfolio.OpRenew:
		return x.seenPurchase(ctx, op, reg, reg.Renewal)
	case portfolio.OpRestore:
		return x.seenPurchase(ctx, op, reg, reg.Restoration)
	case portfolio.OpRegister, portfolio.OpTransfer:
		return seenName(ctx, op, reg)
	case portfolio.OpAdd:
		return seenAdd(ctx, op, reg)
	case portfolio.OpDelete:
		return seenDelete(ctx, op, reg)
	case portfolio.OpPush:
		return x.seenPush(ctx, op, reg)
	case portfolio.OpTransferOut:
		return seenTransferOut(ctx, op, reg)
	case portfolio.OpChangeRegistrant:
		return seenChange(ctx, op, reg)
	case portfolio.OpCancelTransfer:
		return seenCancelTransfer(ctx, op, reg)
	case portfolio.OpAutoRenewal:
		return seenAutoRenewal(ctx, op, reg)
	case portfolio.OpAccept:
		return x.seenAccept(ctx, op, reg)
	case portfolio.OpReject:
		return x.seenReject(ctx, op)
	default:
		return seenCancel(ctx, op, reg)
	}
}

func (x *Executor) seenPurchase(ctx context.Context, op portfolio.Operation, reg Reader, read func(context.Context, string, int64) (portfolio.Purchase, error)) evidence {
	var seen evidence
	if op.RemoteID != 0 && op.State.Open() {
		p, err := read(ctx, op.Name, op.RemoteID)
		switch {
		case err == nil:
			seen.readable, seen.remote, seen.state = true, p.State.Progress(), string(p.State)
		case outcome(err) == portfolio.OutcomeNotFound:
			seen.readable, seen.state = true, fmt.Sprintf("it knows no %s %d", op.Kind, op.RemoteID)
		default:
			seen.note = err.Error() + "; "
		}
	}
	d, answer, err := reg.Domain(ctx, op.DomainID)
	if err != nil {
		seen.gone, seen.refused = outcome(err) == portfolio.OutcomeNotFound, err
		seen.note += err.Error()
		return seen
	}
	seen.read, seen.autoRenew, seen.expiresAt, seen.registered = true, d.AutoRenew, d.ExpiresAt, d.State == portfolio.DomainRegistered
	seen.clockOff = clockOff(x.now(), answer) != ""
	moved := !d.ExpiresAt.Before(op.ExpiresAt.AddDate(op.Years, 0, -3))
	seen.happened = d.State == portfolio.DomainRegistered && (op.Kind == portfolio.OpRestore || moved)
	seen.note += fmt.Sprintf("it is %s and expires on %s", d.State, portfolio.OccasionOf(d.ExpiresAt))
	return seen
}

func seenAutoRenewal(ctx context.Context, op portfolio.Operation, reg Reader) evidence {
	d, _, err := reg.Domain(ctx, op.DomainID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return evidence{impossible: "the domain is not there any more"}
	case err != nil:
		return evidence{note: err.Error()}
	case d.AutoRenew == (op.Terms == nil || op.Terms.On):
		return evidence{happened: true, note: "its auto-renewal is " + onOff(d.AutoRenew)}
	default:
		return evidence{undone: true, note: "its auto-renewal is " + onOff(d.AutoRenew)}
	}
}

func (x *Executor) seenAccept(ctx context.Context, op portfolio.Operation, reg Reader) evidence {
	d, _, err := reg.Domain(ctx, op.DomainID)
	if err == nil && d.AccountID == op.AccountID {
		return evidence{happened: true, note: d.Name + " is in the account"}
	}
	if outcome(err) != portfolio.OutcomeNotFound {
		return evidence{note: "whether the domain is in the account could not be read"}
	}
	push, err := x.findPush(ctx, op)
	switch {
	case err != nil:
		return evidence{note: err.Error()}
	case push == nil && op.Checks >= lostChecks:
		return evidence{impossible: "the push is not waiting any more, and the domain did not come"}
	default:
		return evidence{gone: push == nil, undone: push != nil, note: "the domain is not in the account yet"}
	}
}

// lostChecks is how often a push must have been missing, with nothing to show for
// it, before it counts as lost: DNSimple may take a moment to move a domain.
const lostChecks = 5

func (x *Executor) seenReject(ctx context.Context, op portfolio.Operation) evidence {
	push, err := x.findPush(ctx, op)
	switch {
	case err != nil:
		return evidence{note: err.Error()}
	case push == nil:
		return evidence{happened: true, note: "the push is not waiting any more"}
	default:
		return evidence{undone: true, note: "the push is still waiting"}
	}
}

func seenCancel(ctx context.Context, op portfolio.Operation, reg Settler) evidence {
	c, err := reg.RegistrantChange(ctx, op.SubjectID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return evidence{happened: true, note: "the change is not there any more"}
	case err != nil:
		return evidence{note: err.Error()}
	case c.State == portfolio.ChangeCancelled:
		return evidence{happened: true, note: "the change is cancelled"}
	case c.State == portfolio.ChangeCompleted:
		return evidence{impossible: "the change was completed before it could be cancelled"}
	default:
		return evidence{undone: c.State.Open(), taken: c.State == portfolio.ChangeCancelling, note: fmt.Sprintf("the change is %s", c.State)}
	}
}
