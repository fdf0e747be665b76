package client

import (
	"context"
	"time"

	"domaind/internal/portfolio"
)

const (
	pushJSON   = `{"id":4,"domain_id":7,"contact_id":null,"account_id":1010,` + madeAt + `,"accepted_at":null}`
	pushedJSON = `{"id":4,"domain_id":7,"contact_id":null,"account_id":2020,` + madeAt + `,"accepted_at":null}`
	changeJSON = `{"id":5,"account_id":1010,"domain_id":7,"contact_id":3,"state":"pending","extended_attributes":{"x-id":"1"},"registry_owner_change":true,"irt_lock_lifted_by":"2026-04-10",` + madeAt + `}`
)

func pushCalls() []call {
	const page = "pushes"
	return []call{
		{
			page, "initiateDomainPush", starts,
			wire{"POST", "/v2/1010/domains/7/pushes", "", `{"new_account_identifier":"0197aa00-0000-7000-8000-000000002020"}`},
			201, enclosed(pushedJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return answered(c.InitiatePush(ctx, 7, portfolio.PushTarget{Identifier: "0197aa00-0000-7000-8000-000000002020"}))
			},
			portfolio.Push{ID: 4, AccountID: 2020, DomainID: 7, CreatedAt: made, UpdatedAt: made},
		},
		{
			page, "listPushes", read,
			wire{"GET", "/v2/1010/pushes", "page=1&per_page=100", ""},
			200, one(pushJSON),
			func(ctx context.Context, c *Client) (any, error) { return all(c.Pushes(ctx)) },
			[]portfolio.Push{{ID: 4, AccountID: 1010, DomainID: 7, CreatedAt: made, UpdatedAt: made}},
		},
		{
			page, "acceptPush", wishes,
			wire{"POST", "/v2/1010/pushes/4", "", `{"contact_id":3}`},
			204, "",
			func(ctx context.Context, c *Client) (any, error) { return nothing(c.AcceptPush(ctx, 4, 3)) }, nil,
		},
		{
			page, "rejectPush", wishes,
			wire{"DELETE", "/v2/1010/pushes/4", "", ""},
			204, "",
			func(ctx context.Context, c *Client) (any, error) { return nothing(c.RejectPush(ctx, 4)) }, nil,
		},
	}
}

func changeCalls() []call {
	const page, path = "registrant-changes", "/v2/1010/registrar/registrant_changes"
	change := portfolio.RegistrantChange{
		ID: 5, AccountID: 1010, DomainID: 7, ContactID: 3, State: portfolio.ChangePending, ExtendedAttributes: map[string]string{"x-id": "1"},
		RegistryOwnerChange: true, IRTLockLiftedBy: "2026-04-10", CreatedAt: made, UpdatedAt: made,
	}
	return []call{
		{
			page, "listRegistrantChanges", read,
			wire{"GET", path, "contact_id=3&domain_id=7&page=1&per_page=100&sort=id%3Aasc&state=pending", ""},
			200, one(changeJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return all(c.ListRegistrantChanges(ctx, portfolio.ChangeFilter{
					State: portfolio.ChangePending, DomainID: 7, ContactID: 3, Sort: []portfolio.Order{{By: portfolio.SortID}},
				}))
			},
			[]portfolio.RegistrantChange{change},
		},
		{
			page, "createRegistrantChange", starts,
			wire{"POST", path, "", `{"domain_id":"7","contact_id":"3","extended_attributes":{"x-id":"1"}}`},
			202, enclosed(changeJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return answered(c.CreateRegistrantChange(ctx, 7, 3, map[string]string{"x-id": "1"}))
			}, change,
		},
		{
			page, "checkRegistrantChange", read,
			wire{"POST", path + "/check", "", `{"domain_id":"7","contact_id":"3"}`},
			200,
			enclosed(`{"domain_id":7,"contact_id":3,"extended_attributes":` + attributesJSON + `,"registry_owner_change":true}`),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.CheckRegistrantChange(ctx, 7, 3)) },
			portfolio.ChangeCheck{DomainID: 7, ContactID: 3, ExtendedAttributes: attributes(), RegistryOwnerChange: true},
		},
		{
			page, "getRegistrantChange", read,
			wire{"GET", path + "/5", "", ""},
			200, enclosed(changeJSON),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.RegistrantChange(ctx, 5)) }, change,
		},
		{
			page, "deleteRegistrantChange", wishes,
			wire{"DELETE", path + "/5", "", ""},
			202, goodChange,
			func(ctx context.Context, c *Client) (any, error) { return plain(c.CancelRegistrantChange(ctx, 5)) }, portfolio.ChangeCancelling,
		},
	}
}

const attributesJSON = `[{"name":"x-type","description":"The legal type","required":true,"options":[{"title":"A person","value":"IND","description":"You or me"},{"title":"None","value":"","description":""}]},{"name":"x-id","description":"","required":false,"options":[]}]`

func attributes() []portfolio.ExtendedAttribute {
	return []portfolio.ExtendedAttribute{
		{Name: "x-type", Description: "The legal type", Required: true, Options: []portfolio.ExtendedOption{{Title: "A person", Value: "IND", Description: "You or me"}, {Title: "None"}}},
		{Name: "x-id"},
	}
}

// besideCalls are the calls of other pages that the four need.
func besideCalls() []call {
	const page = "beside"
	const tldJSON = `{"tld":"it","tld_type":2,"whois_privacy":true,"auto_renew_only":true,"idn":true,"minimum_registration":2,"registration_enabled":true,"renewal_enabled":true,"transfer_enabled":true,"dnssec_interface_type":"ds","name_server_min":"2","name_server_max":"13","trustee_service_enabled":true,"trustee_service_required":true}`
	const contactJSON = `{"id":3,"account_id":1010,"label":"Default","email":"a@example.com"}`
	tld := portfolio.TLDDetails{
		TLDFacts:     portfolio.TLDFacts{TLD: "it", AutoRenewOnly: true, RenewalEnabled: true, RegistrationEnabled: true, TransferEnabled: true, MinimumRegistration: 2},
		WhoisPrivacy: true, IDN: true, TrusteeEnabled: true, TrusteeRequired: true,
	}
	contact := portfolio.Contact{ID: 3, AccountID: 1010, Label: "Default", Email: "a@example.com"}
	return []call{
		{
			page, "whoami", read,
			wire{"GET", "/v2/whoami", "", ""},
			200, enclosed(`{"user":null,"account":{"id":1010,"email":"a@example.com"}}`),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.Whoami(ctx)) },
			portfolio.Identity{AccountID: 1010, Email: "a@example.com"},
		},
		{
			page, "listAccounts", read,
			wire{"GET", "/v2/accounts", "", ""},
			200, enclosed(`[{"id":1010,"email":"a@example.com"}]`),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.Accounts(ctx)) },
			[]portfolio.Identity{{AccountID: 1010, Email: "a@example.com"}},
		},
		{
			page, "getDomainByName", read,
			wire{"GET", "/v2/1010/domains/example.com", "", ""},
			200, enclosed(registeredJSON),
			func(ctx context.Context, c *Client) (any, error) { return answered(c.DomainNamed(ctx, "Example.com")) }, registeredDomain(),
		},
		{
			page, "listContacts", read,
			wire{"GET", "/v2/1010/contacts", "page=1&per_page=100&sort=email%3Aasc%2Clabel%3Adesc", ""},
			200, one(contactJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return all(c.ListContacts(ctx, portfolio.ContactFilter{Sort: []portfolio.Order{{By: portfolio.SortEmail}, {By: portfolio.SortLabel, Descending: true}}}))
			},
			[]portfolio.Contact{contact},
		},
		{
			page, "getContact", read,
			wire{"GET", "/v2/1010/contacts/3", "", ""},
			200, enclosed(contactJSON),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.Contact(ctx, 3)) }, contact,
		},
		{
			page, "listCharges", read,
			wire{"GET", "/v2/1010/billing/charges", "end_date=2026-02-28&page=1&per_page=100&sort=invoiced%3Adesc&start_date=2026-02-01", ""},
			200,
			one(`{"invoiced_at":"2026-02-09T19:46:45Z","total_amount":"14.50","balance_amount":"0.00","reference":"1-2","state":"refunded","items":[{"description":"Renew example.com","amount":"14.50","product_id":1,"product_type":"domain-renewal","product_reference":"example.com"}]}`),
			func(ctx context.Context, c *Client) (any, error) {
				return all(c.ListCharges(ctx, portfolio.ChargeFilter{
					From: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC),
					Sort: []portfolio.Order{{By: portfolio.SortInvoiced, Descending: true}},
				}))
			},
			[]portfolio.ChargeItem{{Reference: "1-2", InvoicedAt: made, Refunded: true, Description: "Renew example.com", Amount: 1450, ProductType: "domain-renewal", ProductName: "example.com"}},
		},
		{
			page, "getTld", read,
			wire{"GET", "/v2/tlds/it", "", ""},
			200, enclosed(tldJSON),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.TLDDetails(ctx, "IT")) }, tld,
		},
		{
			page, "listTlds", read,
			wire{"GET", "/v2/tlds", "page=1&per_page=100&sort=tld%3Adesc", ""},
			200, one(tldJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return all(c.TLDs(ctx, portfolio.TLDFilter{Sort: []portfolio.Order{{By: portfolio.SortTLD, Descending: true}}}))
			},
			[]portfolio.TLDDetails{tld},
		},
		{
			page, "getTldExtendedAttributes", read,
			wire{"GET", "/v2/tlds/co.uk/extended_attributes", "", ""},
			200, enclosed(attributesJSON),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.ExtendedAttributes(ctx, "co.uk")) }, attributes(),
		},
		{
			page, "getDomainsResearchStatus", scarce,
			wire{"GET", "/v2/1010/domains/research/status", "domain=example.com", ""},
			200,
			enclosed(`{"request_id":"275ba39a","domain":"example.com","availability":"unknown","errors":["TLD not supported"]}`),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.ResearchStatus(ctx, "example.com")) },
			portfolio.Research{Name: "example.com", RequestID: "275ba39a", Availability: portfolio.AvailabilityUnknown, Errors: []string{"TLD not supported"}},
		},
		{
			page, "enableDomainAutoRenewal", wishes,
			wire{"PUT", registrarPath + "auto_renewal", "", ""},
			204, "",
			func(ctx context.Context, c *Client) (any, error) {
				return nothing(c.SetAutoRenewal(ctx, "example.com", true))
			}, nil,
		},
		{
			page, "disableDomainAutoRenewal", wishes,
			wire{"DELETE", registrarPath + "auto_renewal", "", ""},
			204, "",
			func(ctx context.Context, c *Client) (any, error) {
				return nothing(c.SetAutoRenewal(ctx, "example.com", false))
			}, nil,
		},
	}
}
