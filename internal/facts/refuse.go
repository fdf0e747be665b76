package facts

import (
	"context"

	"domaind/internal/portfolio"
)

// What follows would change something, or asks what only somebody asks who is about to:
// the facts refuse it all.

// Renew is refused.
func (r *Registry) Renew(context.Context, string, int, *portfolio.Money) (portfolio.Purchase, portfolio.Answer, error) {
	return portfolio.Purchase{}, portfolio.Answer{}, r.refused("renew")
}

// Renewal is refused.
func (r *Registry) Renewal(context.Context, string, int64) (portfolio.Purchase, error) {
	return portfolio.Purchase{}, r.refused("read a renewal")
}

// Restore is refused.
func (r *Registry) Restore(context.Context, string, *portfolio.Money) (portfolio.Purchase, portfolio.Answer, error) {
	return portfolio.Purchase{}, portfolio.Answer{}, r.refused("restore")
}

// Restoration is refused.
func (r *Registry) Restoration(context.Context, string, int64) (portfolio.Purchase, error) {
	return portfolio.Purchase{}, r.refused("read a restore")
}

// SetAutoRenewal is refused.
func (r *Registry) SetAutoRenewal(context.Context, string, bool) error {
	return r.refused("switch auto-renewal")
}

// AcceptPush is refused.
func (r *Registry) AcceptPush(context.Context, int64, int64) error { return r.refused("accept a push") }

// RejectPush is refused.
func (r *Registry) RejectPush(context.Context, int64) error { return r.refused("reject a push") }

// CancelRegistrantChange is refused.
func (r *Registry) CancelRegistrantChange(context.Context, int64) (portfolio.ChangeState, error) {
	return "", r.refused("cancel a registrant change")
}

// CheckDomain is refused: the facts say what was free, and nobody can ask again.
func (r *Registry) CheckDomain(context.Context, string) (portfolio.DomainCheck, error) {
	return portfolio.DomainCheck{}, r.refused("check a name")
}

// CheckRegistrantChange is refused.
func (r *Registry) CheckRegistrantChange(context.Context, int64, int64) (portfolio.ChangeCheck, error) {
	return portfolio.ChangeCheck{}, r.refused("check a registrant change")
}

// Registration is refused.
func (r *Registry) Registration(context.Context, string, int64) (portfolio.Registration, error) {
	return portfolio.Registration{}, r.refused("read a registration")
}

// TransferStatus is refused.
func (r *Registry) TransferStatus(context.Context, string, int64) (portfolio.Transfer, error) {
	return portfolio.Transfer{}, r.refused("read a transfer")
}

// Register is refused.
func (r *Registry) Register(context.Context, string, portfolio.RegistrationRequest) (portfolio.Registration, portfolio.Answer, error) {
	return portfolio.Registration{}, portfolio.Answer{}, r.refused("register")
}

// Transfer is refused.
func (r *Registry) Transfer(context.Context, string, portfolio.TransferRequest) (portfolio.Transfer, portfolio.Answer, error) {
	return portfolio.Transfer{}, portfolio.Answer{}, r.refused("transfer")
}

// CancelTransfer is refused.
func (r *Registry) CancelTransfer(context.Context, string, int64) (portfolio.Transfer, error) {
	return portfolio.Transfer{}, r.refused("cancel a transfer")
}

// AuthorizeTransferOut is refused.
func (r *Registry) AuthorizeTransferOut(context.Context, string) (portfolio.Answer, error) {
	return portfolio.Answer{}, r.refused("authorize a transfer")
}

// InitiatePush is refused.
func (r *Registry) InitiatePush(context.Context, int64, portfolio.PushTarget) (portfolio.Push, portfolio.Answer, error) {
	return portfolio.Push{}, portfolio.Answer{}, r.refused("push a domain")
}

// CreateRegistrantChange is refused.
func (r *Registry) CreateRegistrantChange(context.Context, int64, int64, map[string]string) (portfolio.RegistrantChange, portfolio.Answer, error) {
	return portfolio.RegistrantChange{}, portfolio.Answer{}, r.refused("change a registrant")
}

// CreateDomain is refused.
func (r *Registry) CreateDomain(context.Context, string) (portfolio.Domain, portfolio.Answer, error) {
	return portfolio.Domain{}, portfolio.Answer{}, r.refused("add a domain")
}

// DeleteDomain is refused.
func (r *Registry) DeleteDomain(context.Context, int64) (portfolio.Answer, error) {
	return portfolio.Answer{}, r.refused("delete a domain")
}
