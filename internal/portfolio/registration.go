package portfolio

// The states of registrations that DNSimple documents beside [PurchaseNew],
// [PurchaseCancelled] and [PurchaseFailed].
const (
	PurchaseRegistering PurchaseState = "registering"
	PurchaseRegistered  PurchaseState = "registered"
)

// Registration is a registration as DNSimple reports it. Its period is the TLD's
// shortest: nobody is asked for another.
type Registration struct {
	Purchase
	RegistrantID int64 // contact id
	AutoRenew    bool  // DNSimple's own auto-renewal
	WhoisPrivacy bool
	Trustee      bool
}

// RegistrationRequest is what a registration asks for. What it does not ask for is
// sent as "no" where it can cost money.
type RegistrationRequest struct {
	RegistrantID int64 // a contact of the account; required
	WhoisPrivacy bool  // may cost extra
	AutoRenew    bool  // DNSimple's own auto-renewal
	Trustee      bool  // may cost extra
	// ExtendedAttributes are what some TLDs want to know: see [ExtendedAttribute].
	ExtendedAttributes map[string]string
	// LinkedProvider is the nickname of a linked provider that the registration goes
	// through; "" for DNSimple itself.
	LinkedProvider string
	// Premium is the price that is confirmed for a premium name; nil for any other.
	Premium *Money
}
