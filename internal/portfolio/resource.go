package portfolio

import (
	"strings"
	"time"
)

// ResourceKind names what a rule, a decision or an event speaks of, as a policy
// writes it ("on").
type ResourceKind string

// The kinds of resources that policies speak of.
const (
	KindDomain           ResourceKind = "domain"
	KindPush             ResourceKind = "push"
	KindRegistrantChange ResourceKind = "registrant_change"
	KindName             ResourceKind = "name"
)

// Account is one configured DNSimple account.
type Account struct {
	ID   int64  // DNSimple's id
	Name string // what policies call it
}

// DomainState is DNSimple's state of a domain.
type DomainState string

// The domain states that DNSimple documents. A domain in any other state is
// reported and never acted on.
const (
	DomainHosted     DomainState = "hosted"
	DomainRegistered DomainState = "registered"
	DomainExpired    DomainState = "expired"
)

// Known says whether DNSimple documents the state.
func (s DomainState) Known() bool {
	return s == DomainHosted || s == DomainRegistered || s == DomainExpired
}

// Domain is a domain as DNSimple's API reports it. Its id is the same in every
// account that it is pushed to.
type Domain struct {
	ID           int64
	AccountID    int64
	Name         string // A-labels, lower case
	UnicodeName  string // as people write it; equal to Name where nothing differs
	State        DomainState
	AutoRenew    bool // DNSimple's own auto-renewal
	WhoisPrivacy bool
	Trustee      bool
	RegistrantID int64     // contact id; 0 where the domain has no registrant
	ExpiresAt    time.Time // UTC; zero where the domain has no expiration
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// TLD returns what follows the first label of a name: "co.uk" of
// "example.co.uk", "" of a name without a dot.
func TLD(name string) string {
	_, tld, _ := strings.Cut(name, ".")
	return tld
}

// DomainFacts is what a policy can see of a domain: the domain itself, and what
// domaind remembers of it.
type DomainFacts struct {
	Domain
	// Redemption says that DNSimple has refused the plain renewal of this lapsed
	// domain, for this expiration: only a restore can bring it back.
	Redemption bool
}

// Push is a domain that another account wants to hand over. DNSimple names
// neither the sender nor the domain: see [PushFacts].
type Push struct {
	ID         int64
	AccountID  int64 // the target: the account that may accept it
	DomainID   int64
	ContactID  int64 // 0 until it is accepted
	CreatedAt  time.Time
	UpdatedAt  time.Time
	AcceptedAt time.Time // zero while it is pending
}

// PushFacts is what a policy can see of a push: what DNSimple says, and what
// could be proven with the token of the account that owns the domain.
type PushFacts struct {
	Push
	SourceID int64  // the account that was proven to own the domain; 0: unproven
	Name     string // the domain's name; "" where the source is unproven
	Unproven string // why the source is unproven, as a sentence; "" where it is proven
	Unread   bool   // some account could not be asked: another look may prove it
	// Announced is an operator's word that the domain would be pushed to this account; nil
	// where nobody gave one, or it holds no more.
	Announced *Approval
}

// Proven says whether the source of the push was proven.
func (p PushFacts) Proven() bool { return p.SourceID != 0 }

// ChangeState is DNSimple's state of a registrant change.
type ChangeState string

// The states of registrant changes that DNSimple documents.
const (
	ChangeNew        ChangeState = "new"
	ChangePending    ChangeState = "pending"
	ChangeCancelling ChangeState = "cancelling"
	ChangeCancelled  ChangeState = "cancelled"
	ChangeCompleted  ChangeState = "completed"
)

// Known says whether DNSimple documents the state.
func (s ChangeState) Known() bool {
	switch s {
	case ChangeNew, ChangePending, ChangeCancelling, ChangeCancelled, ChangeCompleted:
		return true
	}
	return false
}

// Open says whether a change in this state can still be cancelled.
func (s ChangeState) Open() bool { return s == ChangeNew || s == ChangePending }

// RegistrantChange is a change of a domain's registrant contact under way.
type RegistrantChange struct {
	ID                  int64
	AccountID           int64
	DomainID            int64
	ContactID           int64 // the registrant to be
	State               ChangeState
	ExtendedAttributes  map[string]string
	RegistryOwnerChange bool
	IRTLockLiftedBy     string // a date, as DNSimple writes it; "" where there is none
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

// ChangeFacts is what a policy can see of a registrant change.
type ChangeFacts struct {
	RegistrantChange
	Name string // the domain's name; "" where it could not be read
	// Ours says that this change was started through domaind: it is never cancelled by a rule.
	Ours bool
}

// Resource is what a policy decides about: [DomainFacts], [PushFacts],
// [ChangeFacts] or [NameFacts].
type Resource interface {
	// Kind is how a policy names the resource's kind.
	Kind() ResourceKind
	// Ident gives the account, the id, and the domain's name where it is known.
	Ident() (account, id int64, name string)
}

// Kind implements [Resource].
func (DomainFacts) Kind() ResourceKind { return KindDomain }

// Kind implements [Resource].
func (PushFacts) Kind() ResourceKind { return KindPush }

// Kind implements [Resource].
func (ChangeFacts) Kind() ResourceKind { return KindRegistrantChange }

// Ident implements [Resource].
func (d DomainFacts) Ident() (account, id int64, name string) { return d.AccountID, d.ID, d.Name }

// Ident implements [Resource].
func (p PushFacts) Ident() (account, id int64, name string) { return p.AccountID, p.ID, p.Name }

// Ident implements [Resource].
func (c ChangeFacts) Ident() (account, id int64, name string) { return c.AccountID, c.ID, c.Name }

// Prices are DNSimple's prices for one name. A price of zero was not given and
// must not be paid.
type Prices struct {
	Name         string
	Premium      bool
	Registration Money
	Renewal      Money // for one year
	Transfer     Money
	Restore      Money
	Trustee      Money
}

// TLDFacts is what DNSimple says of a top-level domain (or registrable suffix).
type TLDFacts struct {
	TLD                 string
	AutoRenewOnly       bool // never renewed by hand
	RenewalEnabled      bool
	RegistrationEnabled bool
	TransferEnabled     bool
	MinimumRegistration int // years
}

// Contact is a contact of an account: the little of it that domaind needs.
type Contact struct {
	ID        int64
	AccountID int64
	Label     string
	Email     string
}

// ChargeItem is one line of one of an account's billing charges.
type ChargeItem struct {
	Reference   string // the invoice's
	Index       int    // of the line within the charge, from 0
	InvoicedAt  time.Time
	Refunded    bool
	Description string
	Amount      Money
	ProductType string // "domain-renewal", "domain-registration", …
	ProductName string // the domain's name, where the product is a domain
}
