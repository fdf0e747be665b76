package client

import (
	"context"

	"domaind/internal/portfolio"
)

// object is something of ours, under the API's names.
type object = map[string]any

// replay is a call that a recording answers.
type replay struct {
	do      func(context.Context, *Client, recording) ([]object, error) // nil: its test stands elsewhere
	unknown []string                                                    // fields that the vocabulary does not know
}

// accountUnknown are the fields of accounts and users that nothing here needs.
func accountUnknown() []string {
	return []string{"name", "plan_identifier", "created_at", "updated_at"}
}

// replays are the recordings of successes.
func replays() map[string]replay {
	empty := func(do func(context.Context, *Client) error) replay {
		return replay{do: func(ctx context.Context, c *Client, _ recording) ([]object, error) { return nil, do(ctx, c) }}
	}
	contact := []string{
		"first_name", "last_name", "job_title", "organization_name", "phone", "fax", "address1", "address2", "city",
		"state_province", "postal_code", "country", "created_at", "updated_at",
	}
	tldUnknown := []string{"tld_type", "dnssec_interface_type", "name_server_min", "name_server_max"}
	identities := replay{func(ctx context.Context, c *Client, _ recording) ([]object, error) {
		accounts, err := c.Accounts(ctx)
		return mapped(accounts, func(i portfolio.Identity) object { return object{"id": i.AccountID, "email": i.Email} }), err
	}, accountUnknown()}
	extended := replay{func(ctx context.Context, c *Client, _ recording) ([]object, error) {
		attributes, err := c.ExtendedAttributes(ctx, "uk")
		return mapped(attributes, attributeTold), err
	}, []string{"options"}} // see TestRecordedOptions
	research := replay{func(ctx context.Context, c *Client, r recording) ([]object, error) {
		got, err := c.ResearchStatus(ctx, r.word("domain"))
		return []object{{"request_id": got.RequestID, "domain": got.Name, "availability": string(got.Availability), "errors": got.Errors}}, err
	}, nil}
	return map[string]replay{
		"listDomains/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			return entriesOf(c.ListDomains(ctx, portfolio.DomainFilter{}), domainTold)
		}, []string{"expires_on"}},
		"createDomain/created.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			d, _, err := c.CreateDomain(ctx, r.word("name"))
			return []object{domainTold(d)}, err
		}, []string{"expires_on"}},
		"getDomain/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			d, _, err := c.Domain(ctx, r.number("id"))
			return []object{domainTold(d)}, err
		}, []string{"expires_on"}},
		"deleteDomain/success.http": empty(func(ctx context.Context, c *Client) error {
			_, err := c.DeleteDomain(ctx, 1)
			return err
		}),
		"checkDomain/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.CheckDomain(ctx, r.word("domain"))
			return []object{{"domain": got.Name, "available": got.Available, "premium": got.Premium}}, err
		}, nil},
		"getDomainPrices/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.Prices(ctx, r.word("domain"))
			return []object{{
				"domain": got.Name, "premium": got.Premium, "registration_price": got.Registration, "renewal_price": got.Renewal,
				"transfer_price": got.Transfer, "restore_price": got.Restore, "trustee_price": got.Trustee,
			}}, err
		}, nil},
		"registerDomain/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			got, _, err := c.Register(ctx, "example.com", portfolio.RegistrationRequest{RegistrantID: 2})
			return []object{registrationTold(got)}, err
		}, nil},
		"getDomainRegistration/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.Registration(ctx, "example.com", r.number("id"))
			return []object{registrationTold(got)}, err
		}, nil},
		"transferDomain/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			got, _, err := c.Transfer(ctx, "example.com", portfolio.TransferRequest{RegistrantID: 2, AuthCode: authCode})
			return []object{transferTold(got)}, err
		}, nil},
		"getDomainTransfer/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.TransferStatus(ctx, "example.com", r.number("id"))
			return []object{transferTold(got)}, err
		}, nil},
		"cancelDomainTransfer/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.CancelTransfer(ctx, "example.com", r.number("id"))
			return []object{transferTold(got)}, err
		}, nil},
		"renewDomain/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			got, _, err := c.Renew(ctx, "example.com", 1, nil)
			return []object{purchaseTold(got)}, err
		}, nil},
		"getDomainRenewal/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.Renewal(ctx, "example.com", r.number("id"))
			return []object{purchaseTold(got)}, err
		}, nil},
		"restoreDomain/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			got, _, err := c.Restore(ctx, "example.com", nil)
			return []object{purchaseTold(got)}, err
		}, nil},
		"getDomainRestore/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.Restoration(ctx, "example.com", r.number("id"))
			return []object{purchaseTold(got)}, err
		}, nil},
		"authorizeDomainTransferOut/success.http": empty(func(ctx context.Context, c *Client) error {
			_, err := c.AuthorizeTransferOut(ctx, "example.com")
			return err
		}),
		"enableDomainAutoRenewal/success.http":  empty(func(ctx context.Context, c *Client) error { return c.SetAutoRenewal(ctx, "example.com", true) }),
		"disableDomainAutoRenewal/success.http": empty(func(ctx context.Context, c *Client) error { return c.SetAutoRenewal(ctx, "example.com", false) }),
		"initiatePush/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, _, err := c.InitiatePush(ctx, r.number("domain_id"), portfolio.PushTarget{Email: "admin@target.example"})
			return []object{pushTold(got)}, err
		}, nil},
		"listPushes/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			return entriesOf(c.Pushes(ctx), pushTold)
		}, nil},
		"acceptPush/success.http": empty(func(ctx context.Context, c *Client) error { return c.AcceptPush(ctx, 1, 2) }),
		"rejectPush/success.http": empty(func(ctx context.Context, c *Client) error { return c.RejectPush(ctx, 1) }),
		"listRegistrantChanges/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			return entriesOf(c.ListRegistrantChanges(ctx, portfolio.ChangeFilter{}), changeTold)
		}, nil},
		"createRegistrantChange/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, _, err := c.CreateRegistrantChange(ctx, r.number("domain_id"), r.number("contact_id"), nil)
			return []object{changeTold(got)}, err
		}, nil},
		"getRegistrantChange/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.RegistrantChange(ctx, r.number("id"))
			return []object{changeTold(got)}, err
		}, nil},
		"checkRegistrantChange/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.CheckRegistrantChange(ctx, r.number("domain_id"), r.number("contact_id"))
			names := mapped(got.ExtendedAttributes, func(a portfolio.ExtendedAttribute) string { return a.Name })
			return []object{{
				"domain_id": got.DomainID, "contact_id": got.ContactID, "extended_attributes": names, "registry_owner_change": got.RegistryOwnerChange,
			}}, err
		}, nil},
		"deleteRegistrantChange/success.http": empty(func(ctx context.Context, c *Client) error {
			_, err := c.CancelRegistrantChange(ctx, 101)
			return err
		}),
		"deleteRegistrantChange/success_async.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			state, err := c.CancelRegistrantChange(ctx, r.number("id"))
			return []object{{"state": string(state)}}, err
		}, []string{ // the id is checked; the rest was known before
			"id", "account_id", "domain_id", "contact_id", "extended_attributes", "registry_owner_change", "irt_lock_lifted_by", "created_at", "updated_at",
		}},
		"listContacts/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			return entriesOf(c.Contacts(ctx), func(p portfolio.Contact) object {
				return object{"id": p.ID, "account_id": p.AccountID, "label": p.Label, "email": p.Email}
			})
		}, contact},
		"getTld/success.http": {func(ctx context.Context, c *Client, r recording) ([]object, error) {
			got, err := c.TLDDetails(ctx, r.word("tld"))
			return []object{tldTold(got)}, err
		}, tldUnknown},
		"listTlds/success.http": {func(ctx context.Context, c *Client, _ recording) ([]object, error) {
			for page, err := range c.TLDs(ctx, portfolio.TLDFilter{}) { // of 98 pages, one was recorded
				return mapped(page.Items, tldTold), err
			}
			return nil, nil
		}, tldUnknown},
		"getTldExtendedAttributes/success.http":                 extended,
		"getTldExtendedAttributes/success-attributes.http":      extended,
		"getTldExtendedAttributes/success-noattributes.http":    extended,
		"getDomainsResearchStatus/success-available.http":       research,
		"getDomainsResearchStatus/success-unavailable.http":     research,
		"getDomainsResearchStatus/success-unsupported-tld.http": research,
		"whoami/success.http":                                   {}, // TestRecordedIdentities
		"whoami/success-account.http":                           {}, // TestRecordedIdentities
		"whoami/success-user.http":                              {}, // TestRecordedIdentities
		"accounts/success-account.http":                         identities,
		"accounts/success-user.http":                            identities,
		"listAccounts/success-account.http":                     identities,
		"listAccounts/success-user.http":                        identities,
		"listCharges/success.http":                              {}, // TestRecordedCharges
		"success-with-malformed-json.http":                      {}, // TestRecordedFailures
		"pages-1of3.http":                                       {}, // TestRecordedPages
		"pages-2of3.http":                                       {},
		"pages-3of3.http":                                       {},
	}
}
