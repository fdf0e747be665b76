package control

import (
	"net/http"
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Announcer keeps what operators announce beforehand. A *executor.RefusedError says that
// it cannot be.
type Announcer interface {
	ExpectPush(a portfolio.Approval) (portfolio.Approval, error)
	ExpectedPushes() ([]portfolio.Approval, error)
	RevokePush(id, by, reason string) (portfolio.Approval, error)
}

// ExpectRequest announces a push: it is accepted when it comes, once.
type ExpectRequest struct {
	Account  string `json:"account"`   // its name or id; "": the only one that there is
	DomainID int64  `json:"domain_id"` // DNSimple's, which is all that a push says of the domain
	Contact  string `json:"contact"`   // the registrant to be: its name in the configuration, or its id; "": contacts.default
	TTL      string `json:"ttl"`       // for how long, as a policy writes it: "7d"; "": a week
	Reason   string `json:"reason"`    // may be empty
}

// Expectation is a push that is announced.
type Expectation struct {
	ID          string    `json:"id"` // of the announcement
	Account     int64     `json:"account"`
	AccountName string    `json:"account_name"`
	DomainID    int64     `json:"domain_id"`
	Contact     int64     `json:"contact"`
	By          string    `json:"by"`
	Reason      string    `json:"reason"`
	At          time.Time `json:"at"`
	Until       time.Time `json:"until"`
}

// Announced are the pushes that are announced, the one that ends soonest first.
type Announced struct {
	Pushes []Expectation `json:"pushes"`
}

// RevokeRequest ends an announcement.
type RevokeRequest struct {
	ID     string `json:"id"`
	Reason string `json:"reason"` // may be empty
}

// longestTTL is the longest time for which a push can be announced, and usualTTL the one
// where nobody says: what is waited for longer is forgotten, and let in all the same.
const (
	longestTTL = "90d"
	usualTTL   = "7d"
)

func (h *handler) expect(r *http.Request) (any, error) {
	var asked ExpectRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	why, err := reason(asked.Reason)
	if err != nil {
		return nil, err
	}
	if asked.DomainID <= 0 {
		return nil, problem(http.StatusBadRequest, "which domain? A push names it by DNSimple's id alone: ask whoever pushes it")
	}
	if asked.TTL == "" {
		asked.TTL = usualTTL
	}
	ttl, err := rules.ParseDistance(asked.TTL)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "for how long? %s", err)
	}
	if longest, _ := rules.ParseDistance(longestTTL); ttl.Compare(longest) > 0 {
		return nil, problem(http.StatusBadRequest, "a push is announced for %s at most, and not for %s", longest, ttl)
	}
	account, err := h.expecting(asked.Account)
	if err != nil {
		return nil, err
	}
	if asked.Contact == "" && account.contacts()["default"] != 0 {
		asked.Contact = "default"
	}
	contact, err := contactOf(account, asked.Contact)
	if err != nil {
		return nil, err
	}
	if contact == 0 {
		return nil, problem(http.StatusBadRequest, "which contact becomes the registrant? Account %s has no contacts.default", accountLabel(account.Account))
	}
	// Where it cannot be read nothing is known, as of nearly every domain of others.
	if d, _, err := account.Look.Domain(r.Context(), asked.DomainID); err == nil {
		return nil, problem(http.StatusConflict, "account %s has domain %d already: it is %s", accountLabel(account.Account), d.ID, d.Name)
	}
	a, err := h.Announcer.ExpectPush(portfolio.Approval{
		AccountID: account.ID, SubjectID: asked.DomainID, Contact: contact, By: askerOf(r).String(), Reason: why, Until: ttl.After(h.Now().UTC()),
	})
	if err != nil {
		return nil, err
	}
	return h.expectationOf(a), nil
}

// expecting is the account that a push is announced for.
func (h *handler) expecting(which string) (Account, error) {
	id, err := h.account(which)
	if err != nil {
		return Account{}, err
	}
	if id != 0 {
		return h.accountByID(id), nil
	}
	acting := h.acting()
	if len(acting) != 1 {
		return Account{}, problem(http.StatusBadRequest, "to which account? Say --account: there is %s", labels(acting))
	}
	return acting[0], nil
}

func (h *handler) expected(*http.Request) (any, error) {
	all, err := h.Announcer.ExpectedPushes()
	if err != nil {
		return nil, err
	}
	now := h.Now()
	out := Announced{Pushes: []Expectation{}}
	for _, a := range all {
		if !a.Over(now) {
			out.Pushes = append(out.Pushes, h.expectationOf(a))
		}
	}
	return out, nil
}

func (h *handler) revoke(r *http.Request) (any, error) {
	var asked RevokeRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	why, err := reason(asked.Reason)
	if err != nil {
		return nil, err
	}
	a, err := h.Announcer.RevokePush(strings.ToLower(strings.TrimSpace(asked.ID)), askerOf(r).String(), why)
	if err != nil {
		return nil, err
	}
	return h.expectationOf(a), nil
}

func (h *handler) expectationOf(a portfolio.Approval) Expectation {
	return Expectation{
		ID: a.ID(), Account: a.AccountID, AccountName: h.nameOf(a.AccountID), DomainID: a.SubjectID, Contact: a.Contact,
		By: a.By, Reason: a.Reason, At: a.At, Until: a.Until,
	}
}
