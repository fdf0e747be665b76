package executor

import (
	"context"
	"iter"
	"time"

	"domaind/internal/portfolio"
)

// Ledger is where operations, money and events are kept. Its errors are those of
// [portfolio.Change] (ErrStale, ErrDomainBusy), what Change.Allow answered, or
// failures of the store, after which nothing more must be done.
type Ledger interface {
	Commit(portfolio.Change) error
	Operation(key string) (op portfolio.Operation, ok bool, err error)
	LastAttempt(account int64, kind portfolio.OperationKind, subject int64, occasion string) (op portfolio.Operation, ok bool, err error)
	// LatestOf gives, of an account's operations of a kind on a subject, the one with the
	// last occasion, as texts sort, and the highest attempt at it.
	LatestOf(account int64, kind portfolio.OperationKind, subject int64) (op portfolio.Operation, ok bool, err error)
	OpenOperations() ([]portfolio.Operation, error)
	Due(now time.Time) (due []portfolio.Operation, next time.Time, err error)
	OpenOn(domainID int64) (op portfolio.Operation, ok bool, err error)
	LastPurchase(domainID int64, name string) (p portfolio.LastPurchase, ok bool, err error)
	Spent(read func(portfolio.Spent) error) error
	ClaimedCharges(account int64) (map[string]bool, error)
	Pauses() ([]portfolio.Pause, error)
	// Approvals are those that wait for their subjects.
	Approvals() ([]portfolio.Approval, error)
	// PricesSeen is what is remembered of a name's prices; ok is false where it was never
	// asked for.
	PricesSeen(account int64, name string) (p portfolio.SeenPrices, ok bool, err error)
	// UnknownSince counts the purchases of an account that became unknown at a moment or
	// after it, whether they have ended since or not.
	UnknownSince(account int64, since time.Time) (int, error)
}

// Registry is DNSimple with one account's token. Every error is a
// [portfolio.CallError].
type Registry interface {
	Reader
	Purchaser
	Switcher
	Settler
	Asker
	Opener
}

// Reader reads what a purchase depends on.
type Reader interface {
	Domain(ctx context.Context, id int64) (portfolio.Domain, portfolio.Answer, error)
	Prices(ctx context.Context, name string) (portfolio.Prices, error)
	TLD(ctx context.Context, tld string) (portfolio.TLDFacts, error)
	// Clock asks for nothing but what comes with every answer.
	Clock(ctx context.Context) (portfolio.Answer, error)
	Charges(ctx context.Context, since time.Time) iter.Seq2[portfolio.Page[portfolio.ChargeItem], error]
}

// Purchaser spends money. A premium price is sent where it is not nil.
type Purchaser interface {
	Renew(ctx context.Context, name string, years int, premium *portfolio.Money) (portfolio.Purchase, portfolio.Answer, error)
	Renewal(ctx context.Context, name string, id int64) (portfolio.Purchase, error)
	Restore(ctx context.Context, name string, premium *portfolio.Money) (portfolio.Purchase, portfolio.Answer, error)
	Restoration(ctx context.Context, name string, id int64) (portfolio.Purchase, error)
}

// Asker reads what a command depends on.
type Asker interface {
	DomainNamed(ctx context.Context, name string) (portfolio.Domain, portfolio.Answer, error)
	CheckDomain(ctx context.Context, name string) (portfolio.DomainCheck, error)
	TLDDetails(ctx context.Context, tld string) (portfolio.TLDDetails, error)
	ExtendedAttributes(ctx context.Context, tld string) ([]portfolio.ExtendedAttribute, error)
	CheckRegistrantChange(ctx context.Context, domain, contact int64) (portfolio.ChangeCheck, error)
	ListRegistrantChanges(ctx context.Context, filter portfolio.ChangeFilter) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error]
	Registration(ctx context.Context, name string, id int64) (portfolio.Registration, error)
	TransferStatus(ctx context.Context, name string, id int64) (portfolio.Transfer, error)
}

// Opener starts something anew, or ends it.
type Opener interface {
	Register(ctx context.Context, name string, request portfolio.RegistrationRequest) (portfolio.Registration, portfolio.Answer, error)
	Transfer(ctx context.Context, name string, request portfolio.TransferRequest) (portfolio.Transfer, portfolio.Answer, error)
	CancelTransfer(ctx context.Context, name string, id int64) (portfolio.Transfer, error)
	AuthorizeTransferOut(ctx context.Context, name string) (portfolio.Answer, error)
	InitiatePush(ctx context.Context, domain int64, to portfolio.PushTarget) (portfolio.Push, portfolio.Answer, error)
	CreateRegistrantChange(ctx context.Context, domain, contact int64, attributes map[string]string) (portfolio.RegistrantChange, portfolio.Answer, error)
	CreateDomain(ctx context.Context, name string) (portfolio.Domain, portfolio.Answer, error)
	DeleteDomain(ctx context.Context, id int64) (portfolio.Answer, error)
}

// Switcher switches DNSimple's own auto-renewal.
type Switcher interface {
	SetAutoRenewal(ctx context.Context, name string, on bool) error
}

// Settler answers pushes and registrant changes.
type Settler interface {
	Pushes(ctx context.Context) iter.Seq2[portfolio.Page[portfolio.Push], error]
	AcceptPush(ctx context.Context, push, contact int64) error
	RejectPush(ctx context.Context, push int64) error
	RegistrantChange(ctx context.Context, id int64) (portfolio.RegistrantChange, error)
	CancelRegistrantChange(ctx context.Context, id int64) (portfolio.ChangeState, error)
}
