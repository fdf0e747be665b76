package portfolio

import "time"

// PurchaseState is DNSimple's state of a renewal or a restore.
type PurchaseState string

// The states of renewals and restores that DNSimple documents.
const (
	PurchaseNew       PurchaseState = "new"
	PurchaseRenewing  PurchaseState = "renewing"
	PurchaseRenewed   PurchaseState = "renewed"
	PurchaseRestoring PurchaseState = "restoring"
	PurchaseRestored  PurchaseState = "restored"
	PurchaseCancelled PurchaseState = "cancelled"
	PurchaseFailed    PurchaseState = "failed"
)

// Progress says where a purchase stands at DNSimple.
type Progress int

// What a [PurchaseState] means.
const (
	ProgressUnknown  Progress = iota // a state nobody knows
	ProgressUnderWay                 // DNSimple is working on it
	ProgressFinished                 // DNSimple says that it was carried out
	ProgressEnded                    // DNSimple says that it came to nothing
)

// Progress interprets the state.
func (s PurchaseState) Progress() Progress {
	switch s {
	case PurchaseNew, PurchaseRenewing, PurchaseRestoring, PurchaseRegistering, PurchaseTransferring:
		return ProgressUnderWay
	case PurchaseRenewed, PurchaseRestored, PurchaseRegistered, PurchaseTransferred:
		return ProgressFinished
	case PurchaseCancelled, PurchaseFailed:
		return ProgressEnded
	}
	return ProgressUnknown
}

// Purchase is a renewal or a restore as DNSimple reports it.
type Purchase struct {
	ID        int64
	DomainID  int64
	Period    int // years; 0 for a restore
	State     PurchaseState
	CreatedAt time.Time
	UpdatedAt time.Time
}

// MaxSkew is how far our clock and DNSimple's may be apart when anything is changed
// there.
const MaxSkew = 5 * time.Minute

// Answer is what came with an API response beside its data.
type Answer struct {
	Status    int
	Date      time.Time // the server's clock, from the Date header; zero where it sent none
	RequestID string    // DNSimple's x-request-id
}
