package executor

import (
	"context"
	"fmt"

	"domaind/internal/portfolio"
)

// sendCommand makes the call of an operation that only operators ask for, and gives
// the id of what it started; 0 where there is none.
func (x *Executor) sendCommand(ctx context.Context, reg Opener, op portfolio.Operation) (int64, error) {
	var terms portfolio.Terms
	if op.Terms != nil {
		terms = *op.Terms
	}
	switch op.Kind {
	case portfolio.OpRegister:
		r, _, err := reg.Register(ctx, op.Name, portfolio.RegistrationRequest{
			RegistrantID: op.Contact, WhoisPrivacy: terms.WhoisPrivacy, AutoRenew: terms.AutoRenew, Trustee: terms.Trustee,
			ExtendedAttributes: terms.Attributes, Premium: op.Premium,
		})
		return r.ID, err
	case portfolio.OpTransfer:
		code, _ := x.code(op.Key)
		t, _, err := reg.Transfer(ctx, op.Name, portfolio.TransferRequest{
			RegistrantID: op.Contact, AuthCode: code, WhoisPrivacy: terms.WhoisPrivacy, AutoRenew: terms.AutoRenew, Trustee: terms.Trustee,
			ExtendedAttributes: terms.Attributes, Premium: op.Premium,
		})
		return t.ID, err
	case portfolio.OpCancelTransfer:
		_, err := reg.CancelTransfer(ctx, op.Name, op.SubjectID)
		return 0, err
	case portfolio.OpTransferOut:
		_, err := reg.AuthorizeTransferOut(ctx, op.Name)
		return 0, err
	case portfolio.OpPush:
		p, _, err := reg.InitiatePush(ctx, op.DomainID, portfolio.PushTarget{Identifier: terms.To, Email: terms.Email})
		return p.ID, err
	case portfolio.OpChangeRegistrant:
		c, _, err := reg.CreateRegistrantChange(ctx, op.DomainID, op.Contact, terms.Attributes)
		return c.ID, err
	case portfolio.OpAdd:
		d, _, err := reg.CreateDomain(ctx, op.Name)
		return d.ID, err
	case portfolio.OpDelete:
		_, err := reg.DeleteDomain(ctx, op.DomainID)
		return 0, err
	}
	return 0, &portfolio.CallError{Call: op.String(), Outcome: portfolio.OutcomeNotSent, Message: fmt.Sprintf("no call carries out a %s", op.Kind)}
}
