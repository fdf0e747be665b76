package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// CheckRegistrantChange asks what a change of a domain's registrant would need. It
// changes nothing, for all that it is a POST. A domain or a contact that the account
// does not have is an error of outcome not-found.
func (c *Client) CheckRegistrantChange(ctx context.Context, domain, contact int64) (portfolio.ChangeCheck, error) {
	call := c.call("check the change of domain %d to contact %d", domain, contact)
	if domain <= 0 || contact <= 0 {
		return portfolio.ChangeCheck{}, c.refuse(call, "the ids of a domain and a contact are positive")
	}
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.CheckRegistrantChange(ctx, c.accountID, &dnsimple.CheckRegistrantChangeInput{
			DomainId: strconv.FormatInt(domain, 10), ContactId: strconv.FormatInt(contact, 10),
		})
		return err
	})
	if err != nil {
		return portfolio.ChangeCheck{}, err
	}
	check, err := c.changeCheck(ex.body, domain, contact)
	if err != nil {
		return portfolio.ChangeCheck{}, c.malformed(call, ex, err)
	}
	return check, nil
}

// changeCheck reads what a change would need. Nothing that a person is shown before
// they change an owner may be missing.
func (c *Client) changeCheck(body []byte, domain, contact int64) (portfolio.ChangeCheck, error) {
	said, err := data[struct {
		DomainID            int64                            `json:"domain_id"`
		ContactID           int64                            `json:"contact_id"`
		ExtendedAttributes  *[]dnsimple.TldExtendedAttribute `json:"extended_attributes"`
		RegistryOwnerChange *bool                            `json:"registry_owner_change"`
	}](body)
	switch {
	case err != nil:
		return portfolio.ChangeCheck{}, err
	case said.DomainID != domain || said.ContactID != contact:
		return portfolio.ChangeCheck{}, fmt.Errorf("the answer is about domain %d and contact %d", said.DomainID, said.ContactID)
	case said.ExtendedAttributes == nil || said.RegistryOwnerChange == nil:
		return portfolio.ChangeCheck{}, errors.New("the answer does not say what is needed")
	}
	check := portfolio.ChangeCheck{DomainID: domain, ContactID: contact, RegistryOwnerChange: *said.RegistryOwnerChange}
	for _, a := range *said.ExtendedAttributes {
		attribute, err := c.extendedAttribute(a)
		if err != nil {
			return portfolio.ChangeCheck{}, err
		}
		check.ExtendedAttributes = append(check.ExtendedAttributes, attribute)
	}
	return check, nil
}

// CreateRegistrantChange begins to give a domain another registrant. It is sent once
// at most, and whatever 2xx carries an id was accepted: its state can be any.
func (c *Client) CreateRegistrantChange(ctx context.Context, domain, contact int64, attributes map[string]string) (portfolio.RegistrantChange, portfolio.Answer, error) {
	call := c.call("change the registrant of domain %d to contact %d", domain, contact)
	err := checkAttributes(attributes)
	if domain <= 0 || contact <= 0 {
		err = errors.New("the ids of a domain and a contact are positive")
	}
	if err != nil {
		return portfolio.RegistrantChange{}, portfolio.Answer{}, c.refuse(call, "%w", err)
	}
	if attributes == nil {
		attributes = map[string]string{} // the SDK would send null
	}
	return start(ctx, c, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.CreateRegistrantChange(ctx, c.accountID, &dnsimple.CreateRegistrantChangeInput{
			DomainId: strconv.FormatInt(domain, 10), ContactId: strconv.FormatInt(contact, 10), ExtendedAttributes: attributes,
		})
		return err
	}, func(said fields) portfolio.RegistrantChange {
		change := portfolio.RegistrantChange{
			ID: said.id(), AccountID: c.account.ID, DomainID: cmp.Or(max(0, said.number("domain_id")), domain),
			ContactID: cmp.Or(max(0, said.number("contact_id")), contact),
			State:     portfolio.ChangeState(c.clean(said.text("state"), maxWord)), RegistryOwnerChange: said.flag("registry_owner_change"),
			IRTLockLiftedBy: c.clean(said.text("irt_lock_lifted_by"), maxWord),
			CreatedAt:       about(said.text("created_at")), UpdatedAt: about(said.text("updated_at")),
		}
		if json.Unmarshal(said["extended_attributes"], &change.ExtendedAttributes) != nil {
			change.ExtendedAttributes = maps.Clone(attributes)
		}
		return change
	})
}
