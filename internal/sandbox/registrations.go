package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

type registrationBody struct {
	ID           int64  `json:"id"`
	DomainID     int64  `json:"domain_id"`
	RegistrantID int64  `json:"registrant_id"`
	Period       int    `json:"period"`
	State        string `json:"state"`
	AutoRenew    bool   `json:"auto_renew"`
	WhoisPrivacy bool   `json:"whois_privacy"`
	Trustee      bool   `json:"trustee"`
	CreatedAt    string `json:"created_at"`
	UpdatedAt    string `json:"updated_at"`
}

// orderInput is the body of a registration and of a transfer.
type orderInput struct {
	RegistrantID       json.RawMessage            `json:"registrant_id"`
	AuthCode           string                     `json:"auth_code"`
	WhoisPrivacy       bool                       `json:"whois_privacy"`
	AutoRenew          bool                       `json:"auto_renew"`
	Trustee            bool                       `json:"trustee"`
	LinkedProvider     string                     `json:"linked_provider"`
	ExtendedAttributes map[string]json.RawMessage `json:"extended_attributes"`
	PremiumPrice       json.RawMessage            `json:"premium_price"`
}

// booking is what a registration and a transfer have in common: a name, and what its new domain is to be like.
type booking struct {
	in             orderInput
	ascii, unicode string
	tld            *tld
	prices         prices
	premium        bool
	hosted         *domain // in the account already; nil: none
	outside        *outside
	registrant     int64
}

// booking reads the body and finds the name in the path. The verb is what may not be done with a name that is busy.
func (c *call) booking(verb string) (*booking, *reply) {
	o := &booking{}
	if bad := c.decode(&o.in); bad != nil {
		return nil, bad
	}
	var out reply
	var err error
	if o.ascii, o.unicode, err = labels(c.params[":domain"]); err != nil {
		out = invalid("name", "is an invalid domain")
		return nil, &out
	}
	o.hosted, o.outside = c.w.names[o.ascii], c.w.outside[o.ascii]
	o.tld, o.prices, o.premium = c.w.quote(o.ascii)
	switch d := o.hosted; {
	case o.tld == nil:
		out = unsupported(o.ascii)
	case o.unicode != o.ascii && o.tld.noIDN:
		out = refuse(http.StatusBadRequest, "Internationalized names are not supported for .%s", strings.ToUpper(o.tld.name))
	case d != nil && (d.account != c.account.id || !d.expires.IsZero()):
		out = inDNSimple(o.ascii)
	case d != nil && d.busy != nil:
		out = notNow(o.ascii, verb)
	default:
		return o, nil
	}
	return nil, &out
}

// inDNSimple is the recorded refusal of a name that an account has.
func inDNSimple(name string) reply {
	return refuse(http.StatusBadRequest, "The domain %s is already in DNSimple and cannot be added", name)
}

// complete checks what the order asks for. The price is that of the registration or of the transfer.
func (c *call) complete(o *booking, price cents) *reply {
	contact, bad := c.contactOf("registrant_id", o.in.RegistrantID)
	if bad != nil {
		return bad
	}
	o.registrant = contact.spec.ID
	var out reply
	switch {
	case o.in.LinkedProvider != "":
		out = invalid("linked_provider", "is not a linked provider of the account")
	case o.in.WhoisPrivacy && o.tld.noPrivacy:
		out = invalid("whois_privacy", "is not available for ."+strings.ToUpper(o.tld.name))
	case o.in.Trustee && o.tld.trustee == 0:
		out = invalid("trustee", "is not available for ."+strings.ToUpper(o.tld.name))
	default:
		if _, wrong := o.tld.checkAttributes(o.in.ExtendedAttributes); wrong != nil {
			return wrong
		}
		return c.payable(o.ascii, o.premium, o.in.PremiumPrice, price)
	}
	return &out
}

// contactOf finds a contact of the account by an id that may be written as a string.
func (c *call) contactOf(field string, raw json.RawMessage) (*contact, *reply) {
	id := written(raw)
	var out reply
	if id == "" {
		out = invalid(field, "can't be blank")
		return nil, &out
	}
	x := c.w.contacts[toID(id)]
	if x == nil || x.account != c.account.id {
		out = invalid(field, "is not a contact of the account")
		return nil, &out
	}
	return x, nil
}

// written reads a string or a number; null and what is neither are empty.
func written(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return strings.TrimSpace(string(raw))
}

// extras are the items of an order beside the name itself.
func (o *booking) extras() []ChargeItem {
	var out []ChargeItem
	if o.in.WhoisPrivacy && o.tld.privacy > 0 {
		out = append(out, ChargeItem{"WHOIS privacy for " + o.ascii, "whois-privacy", int64(o.tld.privacy)})
	}
	if o.in.Trustee {
		out = append(out, ChargeItem{"Trustee for " + o.ascii, "domain-trustee", int64(o.tld.trustee)})
	}
	return out
}

// place makes the operation of an order. The domain is in the account from the beginning, hosted and with its registrant, and stays
// so when nothing comes of the order.
func (c *call) place(o *booking, op *operation, takes length) reply {
	d := o.hosted
	if d == nil {
		d = c.w.newDomain(c.account.id, o.ascii, o.unicode)
	}
	d.registrant = o.registrant
	c.w.touch(d)
	op.domain, op.by, op.registrant = d, ByClient, o.registrant
	op.autoRenew, op.privacy, op.trustee = o.in.AutoRenew || o.tld.autoRenewOnly, o.in.WhoisPrivacy, o.in.Trustee
	op.premium, op.prices = o.premium, o.prices
	return c.buy(op, takes)
}

// createRegistration buys a name that nobody has, for the shortest period of its suffix.
func createRegistration(c *call) reply {
	o, bad := c.booking("registered")
	if bad != nil {
		return *bad
	}
	switch {
	case o.tld.noRegistrations:
		return refuse(http.StatusBadRequest, "Registrations are not supported for .%s", strings.ToUpper(o.tld.name))
	case o.outside.held(c.w.now):
		return refuse(http.StatusBadRequest, "%s is not available for registration", o.ascii)
	}
	if bad := c.complete(o, o.prices.registration); bad != nil {
		return *bad
	}
	how, years := c.w.registrationTerms(), o.tld.minimum
	if o.outside != nil {
		how = o.outside.registration
	}
	items := append([]ChargeItem{{"Register " + o.ascii, "domain-registration", int64(o.prices.registration) * int64(years)}}, o.extras()...)
	return c.place(o, &operation{kind: kindRegistration, period: years, outcome: how.outcome, items: items}, how.takes)
}

func getRegistration(c *call) reply {
	op, missing := c.orderOf(kindRegistration, "Domain registration")
	if missing != nil {
		return *missing
	}
	return data(http.StatusOK, op.render())
}

// orderOf finds a registration or transfer in the path. It belongs to the account that ordered it, whatever became of the domain.
func (c *call) orderOf(kind, what string) (*operation, *reply) {
	op := c.w.operations[c.id()]
	which := c.params[":domain"]
	ascii, _, err := labels(which)
	if op != nil && op.kind == kind && op.account == c.account.id &&
		(toID(which) == op.domain.id || err == nil && ascii == op.domain.name) {
		return op, nil
	}
	if _, missing := c.domain(); missing != nil {
		return nil, missing
	}
	out := notFound(what, c.params[":id"])
	return nil, &out
}
