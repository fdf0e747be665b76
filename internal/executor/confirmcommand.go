package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// stale says why a command is not carried out any more; "" where it is. No policy is asked
// about it again: what waited for as long as nobody ran domaind must not be done whenever
// somebody does.
func (x *Executor) stale(op portfolio.Operation) string {
	if !op.Manual || x.now().Sub(op.CreatedAt) <= giveUp {
		return ""
	}
	return fmt.Sprintf("%s asked for it on %s, which is more than a day ago, and nothing shows that it was done: whoever wants it still asks again",
		op.By, op.CreatedAt.UTC().Format(time.RFC3339))
}

// confirmCommand looks afresh whether what an operator asked for can still be done. The
// policy is not asked: an operator's word is above it.
func (x *Executor) confirmCommand(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	reg := x.registries[op.AccountID]
	answer := cleared{source: op.SourceID, contact: op.Contact, name: op.Name, expiresAt: op.ExpiresAt}
	var err error
	switch op.Kind {
	case portfolio.OpRegister, portfolio.OpTransfer:
		return x.confirmName(ctx, op)
	case portfolio.OpAccept:
		return x.confirmAccept(ctx, op)
	case portfolio.OpReject:
		var push *portfolio.Push
		if push, err = x.findPush(ctx, op); err == nil && push == nil {
			err = refusedf("the push is not waiting any more")
		}
	case portfolio.OpCancelChange:
		var change portfolio.RegistrantChange
		if change, err = reg.RegistrantChange(ctx, op.SubjectID); err == nil && !change.State.Open() {
			err = refusedf("registrant change %d is %s", change.ID, change.State)
		}
	case portfolio.OpCancelTransfer:
		var t portfolio.Transfer
		if t, err = reg.TransferStatus(ctx, op.Name, op.SubjectID); err == nil && t.State.Progress() != portfolio.ProgressUnderWay {
			err = refusedf("transfer %d is %s", t.ID, t.State)
		}
	case portfolio.OpAdd:
		if _, _, err = reg.DomainNamed(ctx, op.Name); err == nil {
			err = refusedf("the account has it already")
		} else if outcome(err) == portfolio.OutcomeNotFound {
			err = nil
		}
	default: // what happens to a domain that the account has
		var d portfolio.Domain
		if d, _, err = reg.Domain(ctx, op.DomainID); err == nil && d.Name != op.Name {
			err = refusedf("domain %d is called %s now", op.DomainID, d.Name)
		}
		if err == nil && op.Kind == portfolio.OpAutoRenewal && d.AutoRenew == op.Terms.On {
			err = refusedf("its auto-renewal is %s already", onOff(d.AutoRenew))
		}
	}
	if no, ok := errors.AsType[*RefusedError](err); ok {
		return withdrawn{moment: moment(x.now()), why: no.Reason}, nil
	}
	if err != nil {
		return x.unreadable(op, err)
	}
	answer.moment = moment(x.now())
	return answer, nil
}

// confirmName asks again whether the name can be had, at what price. More than was
// agreed to is not paid.
func (x *Executor) confirmName(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	if x.codeless(op) {
		return withoutCode(x.now()), nil
	}
	q, err := x.checkName(ctx, op.Kind, op.AccountID, op.Name, *op.Terms)
	var hosted int64
	if err == nil { // last: what shows later than this is ours
		hosted, err = hostedHere(ctx, x.registries[op.AccountID], op.Name)
	}
	now := moment(x.now())
	if no, ok := errors.AsType[*RefusedError](err); ok {
		return withdrawn{moment: now, why: no.Reason}, nil
	}
	if err != nil {
		return x.unreadable(op, err)
	}
	if q.total > op.Reserved {
		return withdrawn{moment: now, why: fmt.Sprintf("it costs %s now, and %s was agreed to", q.total, op.Reserved)}, nil
	}
	return cleared{moment: now, quote: q, day: x.ceilings().day(x.now()), contact: op.Contact, domainID: hosted}, nil
}

// confirmAccept proves again where a push comes from, unless the operator said that
// nothing proves it.
func (x *Executor) confirmAccept(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	push, err := x.findPush(ctx, op)
	if err != nil {
		return x.unreadable(op, err)
	}
	if push == nil {
		return withdrawn{moment: moment(x.now()), why: "the push is not waiting any more"}, nil
	}
	facts := x.Prove(ctx, *push)
	now := moment(x.now())
	switch {
	case !facts.Proven() && facts.Unread && !op.Terms.On:
		return delayed{now, facts.Unproven}, nil
	case !facts.Proven() && !op.Terms.On:
		return withdrawn{moment: now, why: facts.Unproven}, nil
	case facts.SourceID != op.SourceID:
		return withdrawn{moment: now, why: fmt.Sprintf("it comes from account %d now, and came from account %d", facts.SourceID, op.SourceID)}, nil
	}
	return cleared{moment: now, source: facts.SourceID, contact: op.Contact, name: facts.Name}, nil
}
