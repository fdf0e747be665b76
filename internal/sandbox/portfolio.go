package sandbox

import (
	_ "embed"
	"fmt"
	"slices"
)

// Portfolio describes a world: what [ParsePortfolio] read, checked. It is never changed, and may be given to any
// number of servers.
type Portfolio struct {
	nullsFirst bool
	limit      int // requests an hour and token
	checks     int // of them checks of a name

	researchPerMonth int // for each account; 0: any number

	defaults operationsSpec
	tlds     map[string]*tld
	accounts []accountSpec
	users    []userSpec
	tokens   []tokenSpec
	contacts []contactSpec
	domains  []domainSpec
	names    []nameSpec
	pushes   []pushSpec
	changes  []changeSpec
}

//go:embed sample.toml
var sample []byte

// Sample is a small portfolio in which every key is explained: what `domaind sandbox` serves
// where it is given no other.
func Sample() []byte { return slices.Clone(sample) }

// Accounts lists the accounts' ids, in the order of the portfolio.
func (p *Portfolio) Accounts() []int64 {
	out := make([]int64, 0, len(p.accounts))
	for _, a := range p.accounts {
		out = append(out, a.ID)
	}
	return out
}

// Tokens lists the tokens of the account with this id that have no limited scopes, in the order of the portfolio.
func (p *Portfolio) Tokens(account int64) []string {
	var out []string
	for _, t := range p.tokens {
		if t.accountID == account && len(t.Scopes) == 0 {
			out = append(out, t.Token)
		}
	}
	return out
}

// The *Spec types are the tables of the file.

type limitsSpec struct {
	RequestsPerHour  *int `toml:"requests_per_hour"`
	ChecksPerHour    *int `toml:"checks_per_hour"`
	ResearchPerMonth *int `toml:"research_per_month"`
}

type operationsSpec struct {
	RenewalTakes        length `toml:"renewal_takes"`
	RestoreTakes        length `toml:"restore_takes"`
	RegistrationTakes   length `toml:"registration_takes"`
	TransferTakes       length `toml:"transfer_takes"`
	CancelTransferTakes length `toml:"cancel_transfer_takes"`
	ChangeTakes         length `toml:"registrant_change_takes"`
	CancelTakes         length `toml:"cancel_takes"`
}

type tldSpec struct {
	Name                string  `toml:"name"`
	Type                int     `toml:"type"`
	Registration        *cents  `toml:"registration"`
	Renewal             *cents  `toml:"renewal"`
	Transfer            *cents  `toml:"transfer"`
	Restore             *cents  `toml:"restore"`
	Trustee             *cents  `toml:"trustee"`
	Privacy             *cents  `toml:"privacy"`
	Grace               *length `toml:"grace"`
	Redemption          *length `toml:"redemption"`
	PendingDelete       *length `toml:"pending_delete"`
	AutoRenewal         *length `toml:"auto_renewal"`
	MinimumRegistration *int    `toml:"minimum_registration"`
	AutoRenewOnly       *bool   `toml:"auto_renew_only"`
	RegistrationEnabled *bool   `toml:"registration_enabled"`
	RenewalEnabled      *bool   `toml:"renewal_enabled"`
	TransferEnabled     *bool   `toml:"transfer_enabled"`
	WhoisPrivacy        *bool   `toml:"whois_privacy"`
	IDN                 *bool   `toml:"idn"`
	TransferCode        *bool   `toml:"transfer_code"`

	Attributes []attribute `toml:"extended_attribute"`
}

type accountSpec struct {
	ID      int64    `toml:"id"`
	Name    string   `toml:"name"`
	Email   string   `toml:"email"`
	Plan    string   `toml:"plan"`
	Created *span    `toml:"created"`
	Tokens  []string `toml:"tokens"`
	Billing string   `toml:"billing"`

	Identifier string `toml:"identifier"`
	Research   *bool  `toml:"research"`
}

// How an account can pay.
const (
	billingActive   = "active"
	billingArrears  = "arrears"  // unpaid invoices: 402
	billingDeclined = "declined" // the card is declined: 400
)

type userSpec struct {
	ID       int64    `toml:"id"`
	Email    string   `toml:"email"`
	Created  *span    `toml:"created"`
	Accounts []ref    `toml:"accounts"`
	Tokens   []string `toml:"tokens"`

	accountIDs []int64
}

type tokenSpec struct {
	Token           string   `toml:"token"`
	Account         ref      `toml:"account"`
	User            int64    `toml:"user"`
	Scopes          []string `toml:"scopes"`
	RequestsPerHour *int     `toml:"requests_per_hour"`

	accountID int64
}

type contactSpec struct {
	ID            int64  `toml:"id"`
	Account       ref    `toml:"account"`
	Label         string `toml:"label"`
	FirstName     string `toml:"first_name"`
	LastName      string `toml:"last_name"`
	Organization  string `toml:"organization_name"`
	JobTitle      string `toml:"job_title"`
	Email         string `toml:"email"`
	Phone         string `toml:"phone"`
	Fax           string `toml:"fax"`
	Address1      string `toml:"address1"`
	Address2      string `toml:"address2"`
	City          string `toml:"city"`
	StateProvince string `toml:"state_province"`
	PostalCode    string `toml:"postal_code"`
	Country       string `toml:"country"`
	Created       *span  `toml:"created"`

	accountID int64
}

type pricesSpec struct {
	Registration *cents `toml:"registration"`
	Renewal      *cents `toml:"renewal"`
	Transfer     *cents `toml:"transfer"`
	Restore      *cents `toml:"restore"`
}

// override puts the prices in that are given.
func (s *pricesSpec) override(p *prices) {
	set(&p.registration, s.Registration)
	set(&p.renewal, s.Renewal)
	set(&p.transfer, s.Transfer)
	set(&p.restore, s.Restore)
}

type operationSpec struct {
	Takes   *length `toml:"takes"`
	Outcome string  `toml:"outcome"`
}

type autoRenewalSpec struct {
	Before  *length `toml:"before"`
	Takes   *length `toml:"takes"`
	Outcome string  `toml:"outcome"`
}

type domainSpec struct {
	ID           int64           `toml:"id"`
	Account      ref             `toml:"account"`
	Name         string          `toml:"name"`
	Expires      *span           `toml:"expires"`
	Created      *span           `toml:"created"`
	AutoRenew    bool            `toml:"auto_renew"`
	PrivateWhois bool            `toml:"private_whois"`
	Trustee      bool            `toml:"trustee"`
	Registrant   int64           `toml:"registrant"`
	Premium      bool            `toml:"premium"`
	Prices       pricesSpec      `toml:"prices"`
	Renewal      operationSpec   `toml:"renewal"`
	Restore      operationSpec   `toml:"restore"`
	AutoRenewal  autoRenewalSpec `toml:"auto_renewal"`
	Change       operationSpec   `toml:"registrant_change"`
	TransferOut  transferOutSpec `toml:"transfer_out"`

	accountID int64
	ascii     string
	unicode   string
}

type transferOutSpec struct {
	Takes  *length `toml:"takes"`
	Leaves string  `toml:"leaves"`
}

type manySpec struct {
	Account     ref    `toml:"account"`
	Count       int    `toml:"count"`
	First       int    `toml:"first"`
	Pattern     string `toml:"pattern"`
	ExpiresFrom *span  `toml:"expires_from"`
	ExpiresTo   *span  `toml:"expires_to"`
	AutoRenew   bool   `toml:"auto_renew"`
	Registrant  int64  `toml:"registrant"`
}

type pushSpec struct {
	ID      int64  `toml:"id"`
	Domain  string `toml:"domain"`
	From    *ref   `toml:"from"`
	To      ref    `toml:"to"`
	Created *span  `toml:"created"`

	domain string
	toID   int64
}

type changeSpec struct {
	ID                  int64             `toml:"id"`
	Domain              string            `toml:"domain"`
	Contact             int64             `toml:"contact"`
	State               string            `toml:"state"`
	Created             *span             `toml:"created"`
	Takes               *length           `toml:"takes"`
	CancelTakes         *length           `toml:"cancel_takes"`
	RegistryOwnerChange *bool             `toml:"registry_owner_change"`
	IRTLockLiftedBy     *span             `toml:"irt_lock_lifted_by"`
	ExtendedAttributes  map[string]string `toml:"extended_attributes"`

	domain string
}

// ref names an account by its name or its id.
type ref struct {
	name string
	id   int64
}

// UnmarshalTOML reads a name or a number.
func (r *ref) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		r.name = v
	case int64:
		r.id = v
	default:
		return fmt.Errorf("an account is given by its name or its id, not by %v", v)
	}
	return nil
}

func (r ref) String() string {
	if r.name != "" {
		return fmt.Sprintf("%q", r.name)
	}
	return fmt.Sprint(r.id)
}
