package executor

import (
	"fmt"
	"slices"

	"domaind/internal/portfolio"
)

// inTheWay gives an open operation on a domain, of whatever account, that has to end
// before one of a kind begins; ok is false where there is none.
func (x *Executor) inTheWay(kind portfolio.OperationKind, domain int64) (op portfolio.Operation, ok bool, err error) {
	op, ok, err = x.ledger.OpenOn(domain)
	if err != nil {
		return op, false, fmt.Errorf("look for open operations: %w", err)
	}
	if ok || kind.Extends() || domain == 0 {
		return op, ok, nil
	}
	open, err := x.ledger.OpenOperations()
	if err != nil {
		return op, false, fmt.Errorf("look for open operations: %w", err)
	}
	i := slices.IndexFunc(open, func(o portfolio.Operation) bool { return o.DomainID == domain && o.StandsInTheWay(kind) })
	if i < 0 {
		return portfolio.Operation{}, false, nil
	}
	return open[i], true, nil
}

// Ours says whether a registrant change was begun through domaind.
func (x *Executor) Ours(c portfolio.RegistrantChange) (bool, error) {
	_, ours, err := x.began(c)
	return ours, err
}

// began gives the operation that began a registrant change; ok is false where none did.
// Where its answer was lost it has no id yet.
func (x *Executor) began(c portfolio.RegistrantChange) (op portfolio.Operation, ok bool, err error) {
	op, ok, err = x.ledger.LatestOf(c.AccountID, portfolio.OpChangeRegistrant, c.DomainID)
	if err != nil {
		return op, false, fmt.Errorf("look who began registrant change %d: %w", c.ID, err)
	}
	if !ok || op.RemoteID == 0 {
		return op, ok && op.State.Open() && begunBy(op, c), nil
	}
	return op, op.RemoteID == c.ID, nil
}

// begunBy says whether a registrant change is what an operation has asked for, by all that
// shows where its id was lost.
func begunBy(op portfolio.Operation, c portfolio.RegistrantChange) bool {
	return c.DomainID == op.DomainID && c.ContactID == op.Contact && !op.ArmedAt.IsZero() && !c.CreatedAt.Before(op.ArmedAt.Add(-portfolio.MaxSkew))
}
