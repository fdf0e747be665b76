package portfolio

// Command is what an operator asks for, in place of a rule. Which fields count depends
// on the kind.
type Command struct {
	Kind      OperationKind
	AccountID int64
	// Name is the domain's, in A-labels; "" for what is addressed by SubjectID alone.
	Name string
	// SubjectID is the id of the push, the registrant change or the transfer; 0 else.
	SubjectID int64
	Years     int   // what a renewal buys; 0: one
	Contact   int64 // the registrant, of a registration, transfer, accepted push or change
	Terms
	// Code is the authorization code of a transfer. It is kept in memory alone, until it
	// was sent.
	Code AuthCode
	// Unproven accepts a push although nothing proves where it comes from.
	Unproven bool
}

// Terms are what an operation asks for beside its subject, and that its row keeps.
type Terms struct {
	On           bool              `json:"on,omitempty"`        // auto-renewal: on or off; a push: unproven
	WithCode     bool              `json:"with_code,omitempty"` // a transfer has an authorization code
	To           string            `json:"to,omitempty"` // a push's target: the account's identifier
	Email        string            `json:"email,omitempty"`
	WhoisPrivacy bool              `json:"whois_privacy,omitempty"`
	AutoRenew    bool              `json:"auto_renew,omitempty"`
	Trustee      bool              `json:"trustee,omitempty"`
	Attributes   map[string]string `json:"attributes,omitempty"` // extended attributes
}

// Proposal is what a command comes to, before it is carried out.
type Proposal struct {
	Operation Operation // as it would begin
	Price     *Money    // worst case, in US dollars; nil where it costs nothing
	// Consequences are sentences that whoever decides must have read.
	Consequences []string
	// Requires are the extended attributes that are missing: without them it is refused.
	Requires []ExtendedAttribute
}
