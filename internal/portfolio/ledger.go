package portfolio

import (
	"errors"
	"time"
)

// Change is one step of the ledger: an operation as it will stand, and the events
// that this causes. The money that it moves follows from the row itself. All of
// it becomes durable together, or none of it.
type Change struct {
	// Operation is the row as it will stand; nil for a change of events only.
	Operation *Operation
	// Was is the state that the row must be in; "" where it must not exist yet.
	Was OperationState
	// Events are stored in this order, and numbered.
	Events []Event
	// Pauses begin, or replace those of the same account and scope; Lifted end, of which
	// only account and scope count, and of which none need exist.
	Pauses, Lifted []Pause
	// Watch replaces what is remembered of accounts' domains.
	Watch []Watch
	// Approvals begin to wait for their subjects, or replace those of the same id; Spent end,
	// by their ids, of which none need exist.
	Approvals []Approval
	Spent     []string
	// Prices replace what was remembered of the same names and TLDs.
	Prices []SeenPrices
	// Swept is what a sweep found; nil for any other change.
	Swept *Swept
	// Allow, where it is not nil, is asked within the transaction with what is
	// spent and reserved without this operation; its error abandons the change.
	Allow func(Spent) error
}

// The errors of a change that was refused; nothing was written.
var (
	// ErrStale: the row is not in the state that the change expects.
	ErrStale = errors.New("the operation changed meanwhile")
	// ErrUncounted: a purchase is not armed, because what tells an old copy of the ledger
	// could not be written down. It may be tried again.
	ErrUncounted = errors.New("what is armed could not be counted beside the state")
	// ErrDomainBusy: another operation on the same domain is open, and keeps it; or another
	// one on the same name, of whatever account, where the domain is not there yet.
	ErrDomainBusy = errors.New("another operation on this domain is open")
)

// Spent is the money that was spent and reserved, over all accounts and by
// account.
type Spent struct {
	// On gives what counts to a day (YYYY-MM-DD): armed on that day. Account 0 is
	// the sum over all accounts.
	On func(account int64, day string) Tally
	// In gives what counts to a month (YYYY-MM).
	In func(account int64, month string) Tally
	// Reserved gives what is reserved and not armed yet; it counts to today.
	Reserved func(account int64) Tally
}

// Tally is an amount of money and the number of purchases that it stands for.
type Tally struct {
	Amount    Money `json:"amount"`
	Purchases int   `json:"purchases"`
}

// Add sums two tallies.
func (t Tally) Add(u Tally) Tally {
	return Tally{Amount: t.Amount + u.Amount, Purchases: t.Purchases + u.Purchases}
}

// LastPurchase is the last completed purchase of a domain.
type LastPurchase struct {
	At  time.Time `json:"at"`
	Key string    `json:"key"` // of the operation
}
