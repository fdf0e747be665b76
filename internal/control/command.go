package control

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"domaind/internal/portfolio"
)

// Commander carries out what operators ask for, in place of a rule. A
// *executor.RefusedError says that it cannot be.
type Commander interface {
	// Propose says what a command comes to, and has no effect.
	Propose(ctx context.Context, c portfolio.Command) (portfolio.Proposal, error)
	// Place carries it out for what was agreed to at most, as far as it goes now.
	Place(ctx context.Context, c portfolio.Command, agreed *portfolio.Money, by string) (portfolio.Operation, error)
}

// Command is what an operator asks for. Which fields count depends on the kind; one
// that does not count must not be there.
type Command struct {
	Kind portfolio.OperationKind `json:"kind"`
	// Account is its name or id; "": the one that has the domain, push, change or
	// transfer, and for a new name the only one that there is.
	Account string `json:"account,omitempty"`
	Name    string `json:"name,omitempty"` // the domain's, as people or registries write it
	// ID is that of the push, the registrant change, or the transfer: of this one, 0 is
	// the last that the ledger knows of the name.
	ID       int64  `json:"id,omitempty"`
	Years    int    `json:"years,omitempty"`    // what a renewal buys; 0: one
	Contact  string `json:"contact,omitempty"`  // the registrant: its name in the configuration, or its id
	Unproven bool   `json:"unproven,omitempty"` // accept a push although nothing proves where it comes from
	portfolio.Terms
}

// Proposal is what a command comes to.
type Proposal struct {
	At      time.Time `json:"at"`
	Command Command   `json:"command"` // as it was understood, and as it is to be placed

	Account     int64  `json:"account"`
	AccountName string `json:"account_name"`
	ID          int64  `json:"id"`        // of the domain, push, change or transfer; 0 where there is none yet
	DomainID    int64  `json:"domain_id"` // 0 where it is not known
	Name        string `json:"name"`      // "" where it is not known
	Unicode     string `json:"unicode_name,omitempty"`

	ExpiresAt    *time.Time       `json:"expires_at"`
	AutoRenew    bool             `json:"auto_renew"` // of the domain, where it leaves
	Price        *portfolio.Money `json:"price"`      // at the worst; null where it costs nothing
	Premium      bool             `json:"premium"`
	Consequences []string         `json:"consequences"`
	Requires     []Attribute      `json:"requires"` // what is missing: without it the command is refused
	// Attributes are all that the registry asks for, whether it was given or not, and whether
	// it must be.
	Attributes []Attribute `json:"attributes"`
	// OwnerChange says whether the registry counts a change of the registrant as one of the
	// owner, which can lock the domain against transfers for 60 days. Null for any other
	// command.
	OwnerChange *bool `json:"owner_change"`
	// Contact is the registrant to be; of a transfer out, whom the code is mailed to. Null
	// where there is none.
	Contact *Contact `json:"contact"`
}

// Contact is a contact of an account.
type Contact struct {
	ID    int64  `json:"id"`
	Label string `json:"label"` // "" where it could not be read
	Email string `json:"email"` // likewise
}

// Attribute is something that a registry wants to know.
type Attribute struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Required    bool     `json:"required"`
	Given       string   `json:"given"`   // the value that is sent; "" where none is
	Options     []Option `json:"options"` // the values to choose from; none: any
}

// Option is a value that an [Attribute] may have.
type Option struct {
	Value       string `json:"value"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// PlaceRequest has a command carried out.
type PlaceRequest struct {
	Command Command
	Agreed  *portfolio.Money // what it may cost; nil where nothing was said of a price
	// ExpiresAt is the expiration that was shown with the price of a renewal or a restore: one
	// that moved since was bought by somebody else. Nil where none was shown.
	ExpiresAt *time.Time
	// Code is the authorization code of a transfer.
	Code portfolio.AuthCode
	// Confirm is the domain's name once more, where it is deleted.
	Confirm string
}

// placement is a [PlaceRequest] on its way. It is the one place where an authorization
// code is written out, and nothing else ever holds it.
type placement struct {
	Command   Command          `json:"command"`
	Agreed    *portfolio.Money `json:"agreed"`
	ExpiresAt *time.Time       `json:"expires_at,omitempty"`
	Code      writtenCode      `json:"code,omitzero"`
	Confirm   string           `json:"confirm,omitempty"`
}

// writtenCode is an authorization code that lets itself be sent to the daemon. It shows
// itself to nobody else.
type writtenCode struct{ portfolio.AuthCode }

// MarshalJSON writes the code.
func (c writtenCode) MarshalJSON() ([]byte, error) { return json.Marshal(string(c.AuthCode)) }

// UnmarshalJSON reads the code. Its error does not quote it.
func (c *writtenCode) UnmarshalJSON(text []byte) error {
	var code string
	if json.Unmarshal(text, &code) != nil {
		return errors.New("the code is no string")
	}
	c.AuthCode = portfolio.AuthCode(code)
	return nil
}

// withheld stands for a code that is given when the command is placed.
const withheld portfolio.AuthCode = "withheld"

// longestCode is more than any registry's authorization code has, in bytes.
const longestCode = 1000

// codeProblem refuses what is no code as a registry gives it. It does not quote it.
func codeProblem(code portfolio.AuthCode) error {
	s := string(code)
	if len(s) > longestCode || !utf8.ValidString(s) || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
		return problem(http.StatusBadRequest, "the authorization code has spaces around it, or is too long, or holds characters that no code has")
	}
	return nil
}

func (h *handler) propose(w http.ResponseWriter, r *http.Request) {
	var asked Command
	err := decode(r, &asked)
	var p Proposal
	if err == nil {
		p, err = h.proposal(r.Context(), asked)
	}
	if err != nil {
		if h.Failed != nil {
			h.Failed(err)
		}
		fail(w, err)
		return
	}
	answer(w, p)
}

func (h *handler) proposal(ctx context.Context, asked Command) (Proposal, error) {
	c, account, err := h.understand(ctx, asked)
	if err != nil {
		return Proposal{}, err
	}
	if c.WithCode {
		c.Code = withheld
	}
	said, err := h.Commander.Propose(ctx, c)
	if err != nil {
		return Proposal{}, err
	}
	op := said.Operation
	p := Proposal{
		At: h.Now(), Command: asked, Account: account.ID, AccountName: account.Name,
		ID: op.SubjectID, DomainID: op.DomainID, Name: op.Name, Unicode: unicodeName(op.Name),
		Price: said.Price, Premium: op.Premium != nil, Consequences: []string{}, Requires: []Attribute{}, Attributes: []Attribute{},
	}
	// What is placed is what was proposed, whatever else could be meant by then.
	p.Command.Account, p.Command.Name, p.Command.ID = itoa(account.ID), c.Name, c.SubjectID
	if c.Contact != 0 {
		p.Command.Contact = itoa(c.Contact)
	}
	p.Consequences = append(p.Consequences, said.Consequences...)
	for _, a := range said.Requires {
		p.Requires = append(p.Requires, attributeOf(a, c.Attributes))
	}
	if !op.ExpiresAt.IsZero() {
		p.ExpiresAt = &op.ExpiresAt
	}
	if err := h.addContact(ctx, c, account, &p); err != nil {
		return p, err
	}
	addRequirements(ctx, c, op, account.Look, &p)
	addTrustee(ctx, c, op, account.Look, &p)
	p.Consequences = append(p.Consequences, advice(c, op)...)
	return p, nil
}

func attributeOf(a portfolio.ExtendedAttribute, given map[string]string) Attribute {
	out := Attribute{Name: a.Name, Description: a.Description, Required: a.Required, Given: given[a.Name], Options: []Option{}}
	for _, o := range a.Options {
		out.Options = append(out.Options, Option{Value: o.Value, Title: o.Title, Description: o.Description})
	}
	return out
}

// addContact tells who the contact is that a proposal speaks of.
func (h *handler) addContact(ctx context.Context, c portfolio.Command, account Account, p *Proposal) error {
	id := c.Contact
	if c.Kind == portfolio.OpTransferOut {
		d, _, err := account.Look.DomainNamed(ctx, c.Name)
		if err != nil {
			return vendorProblem(err)
		}
		id, p.AutoRenew = d.RegistrantID, d.AutoRenew
	}
	if id == 0 {
		return nil
	}
	p.Contact = &Contact{ID: id}
	contact, err := account.Look.Contact(ctx, id)
	switch {
	case outcomeOf(err) == portfolio.OutcomeNotFound && c.Contact != 0:
		return problem(http.StatusNotFound, "account %s has no contact %d", accountLabel(account.Account), id)
	case err != nil:
		p.Consequences = append(p.Consequences, "who contact "+itoa(id)+" is could not be read: "+reasonOf(err))
	default:
		p.Contact.Label, p.Contact.Email = contact.Label, contact.Email
	}
	return nil
}

func (h *handler) place(r *http.Request) (any, error) {
	var asked placement
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	c, _, err := h.understand(r.Context(), asked.Command)
	if err != nil {
		return nil, err
	}
	c.Code = asked.Code.AuthCode
	switch {
	case c.Code != "" && c.Kind != portfolio.OpTransfer:
		return nil, problem(http.StatusBadRequest, "an authorization code goes with a transfer only")
	case c.WithCode && c.Code == "":
		return nil, problem(http.StatusBadRequest, "the authorization code is missing")
	case c.Kind == portfolio.OpDelete:
		if name, err := properName(asked.Confirm); err != nil || name != c.Name {
			return nil, problem(http.StatusBadRequest, "%s is deleted only where its name is said once more", c.Name)
		}
	}
	if err := codeProblem(c.Code); err != nil {
		return nil, err
	}
	if asked.ExpiresAt != nil {
		if err := h.unmoved(r.Context(), c, *asked.ExpiresAt); err != nil {
			return nil, err
		}
	}
	op, err := h.Commander.Place(r.Context(), c, asked.Agreed, askerOf(r).String())
	if err != nil {
		return nil, err
	}
	return rowOf(op), nil
}

// unmoved refuses to extend a domain whose expiration is not the one that somebody agreed
// to: it was renewed while they were asked, maybe by DNSimple itself, and is not paid for
// twice.
func (h *handler) unmoved(ctx context.Context, c portfolio.Command, shown time.Time) error {
	if c.Kind != portfolio.OpRenew && c.Kind != portfolio.OpRestore {
		return problem(http.StatusBadRequest, "%s takes no expires_at", c.Kind)
	}
	said, err := h.Commander.Propose(ctx, c)
	if err != nil {
		return err
	}
	was, is := portfolio.OccasionOf(shown), portfolio.OccasionOf(said.Operation.ExpiresAt)
	if was != is {
		return problem(http.StatusConflict, "%s expires on %s now, and %s was shown: nothing was done", c.Name, is, was)
	}
	return nil
}

// operation answers how one operation stands.
func (h *handler) operation(w http.ResponseWriter, r *http.Request) {
	op, err := h.find(r.URL.Query().Get("op"))
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, rowOf(op))
}
