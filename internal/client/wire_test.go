package client

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// TestWire: what is sent beyond what the tables of calls show.
func TestWire(t *testing.T) {
	price := portfolio.Money(123450)
	extended := map[string]string{"x-id": "1", "x-type": "IND"}
	tests := map[string]struct {
		do   func(context.Context, *Client) (any, error)
		want wire
	}{
		"renew, the name in capitals": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.Renew(ctx, "Example.COM", 2, nil))
		}, wire{"POST", registrarPath + "renewals", "", `{"period":2}`}},
		"renew premium": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.Renew(ctx, "example.com", 1, &price))
		}, wire{"POST", registrarPath + "renewals", "", `{"period":1,"premium_price":"1234.50"}`}},
		"restore premium": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.Restore(ctx, "xn--bcher-kva.example", &price))
		}, wire{"POST", "/v2/1010/registrar/domains/xn--bcher-kva.example/restores", "", `{"premium_price":"1234.50"}`}},
		"register with everything": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.Register(ctx, "example.com", portfolio.RegistrationRequest{
				RegistrantID: 3, WhoisPrivacy: true, AutoRenew: true, Trustee: true, ExtendedAttributes: extended, LinkedProvider: "other", Premium: &price,
			}))
		}, wire{"POST", registrarPath + "registrations", "", `{"registrant_id":3,"whois_privacy":true,"auto_renew":true,"trustee":true,` +
			`"extended_attributes":{"x-id":"1","x-type":"IND"},"linked_provider":"other","premium_price":"1234.50"}`}},
		"transfer with everything": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.Transfer(ctx, "example.com", portfolio.TransferRequest{
				RegistrantID: 3, AuthCode: "a b", WhoisPrivacy: true, AutoRenew: true, Trustee: true, ExtendedAttributes: extended, Premium: &price,
			}))
		}, wire{"POST", registrarPath + "transfers", "", `{"registrant_id":3,"auth_code":"a b","whois_privacy":true,"auto_renew":true,"trustee":true,` +
			`"extended_attributes":{"x-id":"1","x-type":"IND"},"premium_price":"1234.50"}`}},
		"transfer without a code": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.Transfer(ctx, "example.com", portfolio.TransferRequest{RegistrantID: 3}))
		}, wire{"POST", registrarPath + "transfers", "", `{"registrant_id":3,"whois_privacy":false,"auto_renew":false}`}},
		"push by e-mail": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.InitiatePush(ctx, 7, portfolio.PushTarget{Email: "admin@target.example"}))
		}, wire{"POST", "/v2/1010/domains/7/pushes", "", `{"new_account_email":"admin@target.example"}`}},
		"change without attributes": {func(ctx context.Context, c *Client) (any, error) {
			return answered(c.CreateRegistrantChange(ctx, 7, 3, nil))
		}, wire{"POST", "/v2/1010/registrar/registrant_changes", "", `{"domain_id":"7","contact_id":"3","extended_attributes":{}}`}},
		"premium price of a registration": {func(ctx context.Context, c *Client) (any, error) {
			return plain(c.PremiumPrice(ctx, "example.com", portfolio.PremiumRegistration))
		}, wire{"GET", registrarPath + "premium_price", "action=registration", ""}},
		"tld": {func(ctx context.Context, c *Client) (any, error) {
			return plain(c.TLD(ctx, "co.uk"))
		}, wire{"GET", "/v2/tlds/co.uk", "", ""}},
		"all domains": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.ListDomains(ctx, portfolio.DomainFilter{}))
		}, wire{"GET", "/v2/1010/domains", "page=1&per_page=100", ""}},
		"a page of domains by expiration": {func(ctx context.Context, c *Client) (any, error) {
			return plain(c.DomainPage(ctx, 1, 97))
		}, wire{"GET", "/v2/1010/domains", "page=1&per_page=97&sort=expiration%3Aasc%2Cid%3Aasc", ""}},
		"domains by name, backwards": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.ListDomains(ctx, portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortName, Descending: true}}}))
		}, wire{"GET", "/v2/1010/domains", "page=1&per_page=100&sort=name%3Adesc", ""}},
		"all changes": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.ListRegistrantChanges(ctx, portfolio.ChangeFilter{}))
		}, wire{"GET", "/v2/1010/registrar/registrant_changes", "page=1&per_page=100", ""}},
		"changes in a state": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.RegistrantChanges(ctx, portfolio.ChangeCompleted))
		}, wire{"GET", "/v2/1010/registrar/registrant_changes", "page=1&per_page=100&sort=id%3Adesc&state=completed", ""}},
		"contacts": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.Contacts(ctx))
		}, wire{"GET", "/v2/1010/contacts", "page=1&per_page=100", ""}},
		"charges since": {func(ctx context.Context, c *Client) (any, error) {
			// Already the second of March in Berlin, still the first in UTC.
			return all(c.Charges(ctx, time.Date(2026, 3, 2, 0, 30, 0, 0, time.FixedZone("CET", 3600))))
		}, wire{"GET", "/v2/1010/billing/charges", "page=1&per_page=100&sort=invoiced%3Aasc&start_date=2026-02-28", ""}},
		"all charges, the oldest first": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.Charges(ctx, time.Time{}))
		}, wire{"GET", "/v2/1010/billing/charges", "page=1&per_page=100&sort=invoiced%3Aasc", ""}},
		"all charges": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.ListCharges(ctx, portfolio.ChargeFilter{}))
		}, wire{"GET", "/v2/1010/billing/charges", "page=1&per_page=100", ""}},
		"all TLDs": {func(ctx context.Context, c *Client) (any, error) {
			return all(c.TLDs(ctx, portfolio.TLDFilter{}))
		}, wire{"GET", "/v2/tlds", "page=1&per_page=100", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, says(http.StatusBadRequest, `{"message":"no"}`))
			c, _ := testClient(t, s.URL)
			_, err := tt.do(t.Context(), c)
			fails(t, err, portfolio.OutcomeRejected)
			seen := s.requests()
			if len(seen) != 1 {
				t.Fatalf("%d requests, want 1", len(seen))
			}
			got := wire{seen[0].Method, seen[0].Path, seen[0].Query, seen[0].Body}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
