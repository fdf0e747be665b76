package client

import (
	"context"
	"errors"
	"strconv"

	"domaind/internal/portfolio"
)

// purchaseInput is what a registration and a transfer are asked for with. The SDK's
// types leave out what is false, and say that auto-renewal is on by default, where
// the API's pages say off; they know no linked provider either. What can cost money
// is therefore said, whichever way it is.
type purchaseInput struct {
	RegistrantID       int64             `json:"registrant_id"`
	AuthCode           string            `json:"auth_code,omitempty"`
	WhoisPrivacy       bool              `json:"whois_privacy"`
	AutoRenew          bool              `json:"auto_renew"`
	Trustee            bool              `json:"trustee,omitempty"` // not on the API's pages: only where it is wanted
	ExtendedAttributes map[string]string `json:"extended_attributes,omitempty"`
	LinkedProvider     string            `json:"linked_provider,omitempty"`
	PremiumPrice       string            `json:"premium_price,omitempty"`
}

// check refuses what cannot be bought.
func (p purchaseInput) check() error {
	if p.RegistrantID <= 0 {
		return errors.New("the registrant's contact id is positive")
	}
	return checkAttributes(p.ExtendedAttributes)
}

// checkAttributes refuses extended attributes without a name.
func checkAttributes(attributes map[string]string) error {
	if _, ok := attributes[""]; ok {
		return errors.New("an extended attribute has no name")
	}
	return nil
}

// Register buys a name that nobody owns. It is sent once at most. Whatever 2xx
// carries an id was accepted, as with [Client.Renew].
func (c *Client) Register(ctx context.Context, name string, request portfolio.RegistrationRequest) (portfolio.Registration, portfolio.Answer, error) {
	call, name, err := c.named("register", name)
	if err != nil {
		return portfolio.Registration{}, portfolio.Answer{}, err
	}
	price, err := c.confirmed(call, request.Premium)
	if err != nil {
		return portfolio.Registration{}, portfolio.Answer{}, err
	}
	input := purchaseInput{
		RegistrantID: request.RegistrantID, WhoisPrivacy: request.WhoisPrivacy, AutoRenew: request.AutoRenew, Trustee: request.Trustee,
		ExtendedAttributes: request.ExtendedAttributes, LinkedProvider: request.LinkedProvider, PremiumPrice: price,
	}
	if err := input.check(); err != nil {
		return portfolio.Registration{}, portfolio.Answer{}, c.refuse(call, "%w", err)
	}
	return start(ctx, c, call, func(ctx context.Context) error {
		return c.post(ctx, name, "registrations", input)
	}, c.registered)
}

// Registration reads what became of a registration.
func (c *Client) Registration(ctx context.Context, name string, id int64) (portfolio.Registration, error) {
	return started(ctx, c, "registration", name, id, func(ctx context.Context, name string) error {
		_, err := c.sdk.Registrar.GetDomainRegistration(ctx, c.accountID, name, strconv.FormatInt(id, 10))
		return err
	}, c.registered)
}

// registered converts what DNSimple says of a registration.
func (c *Client) registered(said fields) portfolio.Registration {
	return portfolio.Registration{
		Purchase: c.purchased(said), RegistrantID: max(0, said.number("registrant_id")),
		AutoRenew: said.flag("auto_renew"), WhoisPrivacy: said.flag("whois_privacy"), Trustee: said.flag("trustee"),
	}
}
