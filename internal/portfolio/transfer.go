package portfolio

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// The states of transfers that DNSimple documents beside [PurchaseNew],
// [PurchaseCancelled] and [PurchaseFailed].
const (
	PurchaseTransferring PurchaseState = "transferring"
	PurchaseTransferred  PurchaseState = "transferred"
)

// Transfer is a transfer of a name to DNSimple as DNSimple reports it. It takes
// from minutes to seven days, and has no period.
type Transfer struct {
	Purchase
	RegistrantID int64 // contact id
	AutoRenew    bool  // DNSimple's own auto-renewal
	WhoisPrivacy bool
	Trustee      bool
	// StatusDescription is DNSimple's sentence about the state ("Canceled by
	// customer"); "" where it gives none.
	StatusDescription string
}

// TransferRequest is what a transfer to DNSimple asks for. What it does not ask
// for is sent as "no" where it can cost money.
type TransferRequest struct {
	RegistrantID int64    // a contact of the account; required
	AuthCode     AuthCode // from the losing registrar; "" under the few TLDs that have none
	WhoisPrivacy bool     // may cost extra
	AutoRenew    bool     // DNSimple's own auto-renewal
	Trustee      bool     // may cost extra
	// ExtendedAttributes are what some TLDs want to know: see [ExtendedAttribute].
	ExtendedAttributes map[string]string
	// Premium is the price that is confirmed for a premium name; nil for any other.
	Premium *Money
}

// AuthCode is the authorization code of a name: whoever has it can take the name
// away. It passes through the program once and is never stored: printed, logged or
// quoted it hides itself, and it refuses to be marshalled. A plain conversion to a
// string gives the code.
type AuthCode string

// ErrAuthCode is what comes of writing an authorization code down.
var ErrAuthCode = errors.New("an authorization code is never written down")

// String hides the code.
func (a AuthCode) String() string {
	if a == "" {
		return ""
	}
	return "[authorization code]"
}

// Format hides the code under every verb.
func (a AuthCode) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// LogValue hides the code from loggers.
func (a AuthCode) LogValue() slog.Value { return slog.StringValue(a.String()) }

// MarshalText fails, so that no encoder stores a code: [ErrAuthCode].
func (a AuthCode) MarshalText() ([]byte, error) {
	if a == "" {
		return []byte{}, nil
	}
	return nil, ErrAuthCode
}
