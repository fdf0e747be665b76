package client

import (
	"context"
	"time"

	"domaind/internal/portfolio"
)

const (
	registeredJSON = `{"id":7,"account_id":1010,"registrant_id":3,"name":"example.com","unicode_name":"example.com","state":"registered","auto_renew":true,"private_whois":true,"trustee":true,"expires_on":"2026-06-05","expires_at":"2026-06-05T02:15:00Z",` + madeAt + `}`
	hostedJSON     = `{"id":8,"account_id":1010,"registrant_id":null,"name":"xn--bcher-kva.example","unicode_name":"bücher.example","state":"hosted","auto_renew":false,"private_whois":false,"expires_on":null,"expires_at":null,` + madeAt + `}`
)

func registeredDomain() portfolio.Domain {
	return portfolio.Domain{
		ID: 7, AccountID: 1010, Name: "example.com", UnicodeName: "example.com", State: portfolio.DomainRegistered, AutoRenew: true,
		WhoisPrivacy: true, Trustee: true, RegistrantID: 3, ExpiresAt: time.Date(2026, 6, 5, 2, 15, 0, 0, time.UTC), CreatedAt: made, UpdatedAt: made,
	}
}

func hostedDomain() portfolio.Domain {
	return portfolio.Domain{
		ID: 8, AccountID: 1010, Name: "xn--bcher-kva.example", UnicodeName: "bücher.example", State: portfolio.DomainHosted, CreatedAt: made, UpdatedAt: made,
	}
}

func domainCalls() []call {
	const page = "domains"
	return []call{
		{
			page, "listDomains", read,
			wire{"GET", "/v2/1010/domains", "name_like=a%26b%3D1&page=1&per_page=100&registrant_id=3&sort=expiration%3Aasc%2Cid%3Adesc", ""},
			200, one(registeredJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return all(c.ListDomains(ctx, portfolio.DomainFilter{NameLike: "a&b=1", RegistrantID: 3, Sort: []portfolio.Order{
					{By: portfolio.SortExpiration}, {By: portfolio.SortID, Descending: true},
				}}))
			},
			[]portfolio.Domain{registeredDomain()},
		},
		{
			page, "createDomain", wishes,
			wire{"POST", "/v2/1010/domains", "", `{"name":"xn--bcher-kva.example"}`},
			201, enclosed(hostedJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return answered(c.CreateDomain(ctx, "XN--bcher-kva.example"))
			}, hostedDomain(),
		},
		{
			page, "getDomain", read,
			wire{"GET", "/v2/1010/domains/7", "", ""},
			200, enclosed(registeredJSON),
			func(ctx context.Context, c *Client) (any, error) { return answered(c.Domain(ctx, 7)) }, registeredDomain(),
		},
		{
			page, "deleteDomain", wishes,
			wire{"DELETE", "/v2/1010/domains/7", "", ""},
			204, "",
			func(ctx context.Context, c *Client) (any, error) { return emptied(c.DeleteDomain(ctx, 7)) }, nil,
		},
	}
}
