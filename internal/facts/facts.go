package facts

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// Format is the version of the format that is written, and the only one that is read.
const Format = 1

// Largest is how many bytes a file of facts may have: those of a million domains.
const Largest = 256 << 20

// Facts are what a policy could see at a moment. Times are UTC, names A-labels, ids
// DNSimple's, amounts US dollars as strings.
type Facts struct {
	Format  int       `json:"format"`
	At      time.Time `json:"at"`
	Version string    `json:"version"` // of the domaind that wrote it
	Policy  string    `json:"policy"`  // the hash of the policy that it worked by

	Accounts   []Account             `json:"accounts"`
	Domains    []Domain              `json:"domains"` // in the order in which they are looked after
	Pushes     []Push                `json:"pushes"`
	Changes    []Change              `json:"registrant_changes"`
	Names      []Name                `json:"names"`
	Prices     []Price               `json:"prices"`
	TLDs       []TLD                 `json:"tlds"`
	Spent      []Spent               `json:"spent"`
	Pauses     []portfolio.Pause     `json:"pauses"`
	Approvals  []portfolio.Approval  `json:"approvals"`  // that wait for their subjects
	Operations []portfolio.Operation `json:"operations"` // as far as guards look at them; see [Essence]

	Problems []string `json:"problems"` // what could not be read
}

// RoleSource is the role of an account that only proves where pushes come from.
const RoleSource = "source"

// Account is an account of the configuration.
type Account struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Role string `json:"role,omitempty"` // "" or "source"
	// Whole is when all of its domains were read last; zero: never, and only those are
	// known that were near their end.
	Whole time.Time `json:"whole,omitzero"`
}

// Domain is a domain as it was seen.
type Domain struct {
	Account      int64                 `json:"account"`
	ID           int64                 `json:"id"`
	Name         string                `json:"name"`
	Unicode      string                `json:"unicode_name,omitempty"` // where it differs
	State        portfolio.DomainState `json:"state"`
	ExpiresAt    time.Time             `json:"expires_at,omitzero"`
	AutoRenew    bool                  `json:"auto_renew"`
	WhoisPrivacy bool                  `json:"whois_privacy"`
	Trustee      bool                  `json:"trustee,omitempty"`
	Registrant   int64                 `json:"registrant,omitempty"` // a contact's id
	// Redemption says that DNSimple has refused its plain renewal.
	Redemption bool `json:"redemption,omitempty"`
}

// Push is a push that waits, and where it comes from.
type Push struct {
	Account   int64     `json:"account"` // that may accept it
	ID        int64     `json:"id"`
	DomainID  int64     `json:"domain_id"`
	Name      string    `json:"name,omitempty"`     // "" where its source is not proven
	Source    int64     `json:"source,omitempty"`   // the account that was proven to own the domain
	Unproven  string    `json:"unproven,omitempty"` // why none was
	Unread    bool      `json:"unread,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// Change is a change of a domain's registrant.
type Change struct {
	Account     int64                 `json:"account"`
	ID          int64                 `json:"id"`
	DomainID    int64                 `json:"domain_id"`
	Name        string                `json:"name,omitempty"` // "" where it could not be read
	Contact     int64                 `json:"contact"`        // the registrant to be
	State       portfolio.ChangeState `json:"state"`
	OwnerChange bool                  `json:"owner_change,omitempty"`
	Ours        bool                  `json:"ours,omitempty"`
	CreatedAt   time.Time             `json:"created_at"`
	UpdatedAt   time.Time             `json:"updated_at,omitzero"`
}

// Name is a name that is watched.
type Name struct {
	Account   int64                `json:"account"`
	Name      string               `json:"name"`
	Unicode   string               `json:"unicode_name,omitempty"` // where it differs
	Status    portfolio.NameStatus `json:"status"`
	Ours      bool                 `json:"ours,omitempty"`
	FreeSince time.Time            `json:"free_since,omitzero"`
	CheckedAt time.Time            `json:"checked_at,omitzero"`
}

// Price is what a name costs in an account. An amount of zero was not given.
type Price struct {
	Account      int64           `json:"account"`
	Name         string          `json:"name"`
	Premium      bool            `json:"premium,omitempty"`
	Registration portfolio.Money `json:"registration,omitzero"`
	Renewal      portfolio.Money `json:"renewal,omitzero"` // for one year
	Transfer     portfolio.Money `json:"transfer,omitzero"`
	Restore      portfolio.Money `json:"restore,omitzero"`
	Trustee      portfolio.Money `json:"trustee,omitzero"`
	At           time.Time       `json:"at"` // when DNSimple said so
}

// TLD is what DNSimple says of a top-level domain.
type TLD struct {
	TLD                 string `json:"tld"`
	AutoRenewOnly       bool   `json:"auto_renew_only,omitempty"`
	RenewalEnabled      bool   `json:"renewal_enabled"`
	RegistrationEnabled bool   `json:"registration_enabled"`
	TransferEnabled     bool   `json:"transfer_enabled"`
	MinimumRegistration int    `json:"minimum_registration"` // years
	TrusteeRequired     bool   `json:"trustee_required,omitempty"`
	// Attributes are the extended attributes that a registration must have.
	Attributes []string `json:"extended_attributes,omitempty"`
}

// Spent is the money of an account, 0: of all together.
type Spent struct {
	Account  int64           `json:"account"`
	Day      string          `json:"day"`   // YYYY-MM-DD, in the time zone of the policy then
	Month    string          `json:"month"` // YYYY-MM
	Today    portfolio.Tally `json:"today"`
	InMonth  portfolio.Tally `json:"in_month"`
	Reserved portfolio.Tally `json:"reserved"`
}

// DomainOf is how a domain is written down.
func DomainOf(f portfolio.DomainFacts) Domain {
	return Domain{
		Account: f.AccountID, ID: f.ID, Name: f.Name, Unicode: other(f.UnicodeName, f.Name), State: f.State, ExpiresAt: f.ExpiresAt.UTC(),
		AutoRenew: f.AutoRenew, WhoisPrivacy: f.WhoisPrivacy, Trustee: f.Trustee, Registrant: f.RegistrantID, Redemption: f.Redemption,
	}
}

// Facts is what a policy can see of the domain.
func (d Domain) Facts() portfolio.DomainFacts {
	return portfolio.DomainFacts{Redemption: d.Redemption, Domain: portfolio.Domain{
		ID: d.ID, AccountID: d.Account, Name: d.Name, UnicodeName: cmp.Or(d.Unicode, d.Name), State: d.State, AutoRenew: d.AutoRenew,
		WhoisPrivacy: d.WhoisPrivacy, Trustee: d.Trustee, RegistrantID: d.Registrant, ExpiresAt: d.ExpiresAt.UTC(),
	}}
}

// PushOf is how a push is written down.
func PushOf(f portfolio.PushFacts) Push {
	return Push{
		Account: f.AccountID, ID: f.ID, DomainID: f.DomainID, Name: f.Name, Source: f.SourceID, Unproven: f.Unproven, Unread: f.Unread,
		CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
	}
}

// Facts is what a policy can see of the push.
func (p Push) Facts() portfolio.PushFacts {
	return portfolio.PushFacts{
		Push:     portfolio.Push{ID: p.ID, AccountID: p.Account, DomainID: p.DomainID, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt},
		SourceID: p.Source, Name: p.Name, Unproven: p.Unproven, Unread: p.Unread,
	}
}

// ChangeOf is how a registrant change is written down: its extended attributes, which are
// about people, are left out.
func ChangeOf(f portfolio.ChangeFacts) Change {
	return Change{
		Account: f.AccountID, ID: f.ID, DomainID: f.DomainID, Name: f.Name, Contact: f.ContactID, State: f.State,
		OwnerChange: f.RegistryOwnerChange, Ours: f.Ours, CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt,
	}
}

// Facts is what a policy can see of the registrant change.
func (c Change) Facts() portfolio.ChangeFacts {
	return portfolio.ChangeFacts{Name: c.Name, Ours: c.Ours, RegistrantChange: portfolio.RegistrantChange{
		ID: c.ID, AccountID: c.Account, DomainID: c.DomainID, ContactID: c.Contact, State: c.State,
		RegistryOwnerChange: c.OwnerChange, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}}
}

// NameOf is how a watched name is written down.
func NameOf(f portfolio.NameFacts) Name {
	return Name{
		Account: f.AccountID, Name: f.Name, Unicode: other(f.UnicodeName, f.Name), Status: f.Status, Ours: f.Ours,
		FreeSince: f.FreeSince, CheckedAt: f.CheckedAt,
	}
}

// Facts is what a policy can see of the name.
func (n Name) Facts() portfolio.NameFacts {
	return portfolio.NameFacts{
		AccountID: n.Account, Name: n.Name, UnicodeName: cmp.Or(n.Unicode, n.Name), Status: n.Status, Ours: n.Ours,
		FreeSince: n.FreeSince, CheckedAt: n.CheckedAt,
	}
}

// PriceOf is how prices are written down.
func PriceOf(p portfolio.SeenPrices) Price {
	return Price{
		Account: p.AccountID, Name: p.Name, Premium: p.Premium, Registration: p.Registration, Renewal: p.Renewal, Transfer: p.Transfer,
		Restore: p.Restore, Trustee: p.Trustee, At: p.At.UTC(),
	}
}

// Seen are the prices as DNSimple told them.
func (p Price) Seen() portfolio.SeenPrices {
	return portfolio.SeenPrices{AccountID: p.Account, At: p.At, Prices: portfolio.Prices{
		Name: p.Name, Premium: p.Premium, Registration: p.Registration, Renewal: p.Renewal, Transfer: p.Transfer,
		Restore: p.Restore, Trustee: p.Trustee,
	}}
}

// Essence is what guards look at in an operation: who did it, what it was answered in the
// meantime, and what it says of people are left out. Of its history there is the last step,
// and the one at which it went on.
func Essence(op portfolio.Operation) portfolio.Operation {
	names := []string{op.By}
	if op.Approval != nil {
		names = append(names, op.Approval.By)
		a := *op.Approval
		a.By = Somebody(a.By)
		op.Approval = &a
	}
	op.By = Somebody(op.By)
	op.Terms, op.ChargeRefs, op.Net, op.Labels = nil, nil, nil, nil
	all := op.History
	op.History = make([]portfolio.Step, 0, 2)
	went := slices.IndexFunc(all, func(s portfolio.Step) bool { return s.State == portfolio.StateReserved })
	for i, step := range all {
		if i != went && i != len(all)-1 {
			continue
		}
		for _, name := range append(names, step.By) {
			if who := Somebody(name); who != name {
				step.Note = strings.ReplaceAll(step.Note, name, who)
			}
		}
		step.By = Somebody(step.By)
		op.History = append(op.History, step)
	}
	return op
}

// Somebody is who did something, without a person's name.
func Somebody(by string) string {
	if by == "" || by == "daemon" || strings.HasPrefix(by, "rule ") {
		return by
	}
	return "an operator"
}

// other is a text where it differs from another; "" else.
func other(text, from string) string {
	if text == from {
		return ""
	}
	return text
}
