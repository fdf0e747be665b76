package client

import (
	"context"

	"domaind/internal/portfolio"
)

const registrarPath = "/v2/1010/registrar/domains/example.com/"

// registrarReads are the calls of the registrar page that buy nothing.
func registrarReads() []call {
	const page = "registrar"
	return []call{
		{
			page, "checkDomain", scarce,
			wire{"GET", registrarPath + "check", "", ""},
			200, enclosed(`{"domain":"example.com","available":true,"premium":true}`),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.CheckDomain(ctx, "Example.com")) },
			portfolio.DomainCheck{Name: "example.com", Available: true, Premium: true},
		},
		{
			page, "checkDomainPremiumPrice", read,
			wire{"GET", registrarPath + "premium_price", "action=renewal", ""},
			200, enclosed(`{"premium_price":"109.00","action":"renewal"}`),
			func(ctx context.Context, c *Client) (any, error) {
				return plain(c.PremiumPrice(ctx, "example.com", portfolio.PremiumRenewal))
			}, portfolio.Money(10900),
		},
		{
			page, "getDomainPrices", read,
			wire{"GET", registrarPath + "prices", "", ""},
			200,
			enclosed(`{"domain":"example.com","premium":true,"registration_price":20.0,"renewal_price":14.5,"transfer_price":8.75,"restore_price":80.0,"trustee_price":10.0}`),
			func(ctx context.Context, c *Client) (any, error) { return plain(c.Prices(ctx, "example.com")) },
			portfolio.Prices{Name: "example.com", Premium: true, Registration: 2000, Renewal: 1450, Transfer: 875, Restore: 8000, Trustee: 1000},
		},
		{
			page, "authorizeDomainTransferOut", wishes,
			wire{"POST", registrarPath + "authorize_transfer_out", "", ""},
			204, "",
			func(ctx context.Context, c *Client) (any, error) {
				return emptied(c.AuthorizeTransferOut(ctx, "example.com"))
			}, nil,
		},
	}
}

const (
	registrationJSON = `{"id":11,"domain_id":7,"registrant_id":3,"period":2,"state":"registering","auto_renew":true,"whois_privacy":true,"trustee":true,` + madeAt + `}`
	transferJSON     = `{"id":11,"domain_id":7,"registrant_id":3,"state":"cancelled","auto_renew":true,"whois_privacy":true,"trustee":true,"status_description":"Canceled by customer",` + madeAt + `}`
	authCode         = `xj#<fj&"vhc293`
)

func purchase(state portfolio.PurchaseState, period int) portfolio.Purchase {
	return portfolio.Purchase{ID: 11, DomainID: 7, Period: period, State: state, CreatedAt: made, UpdatedAt: made}
}

// purchaseCalls are the calls of the registrar page that cost money, and what reads
// them back.
func purchaseCalls() []call {
	const page = "registrar"
	registration := portfolio.Registration{Purchase: purchase(portfolio.PurchaseRegistering, 2), RegistrantID: 3, AutoRenew: true, WhoisPrivacy: true, Trustee: true}
	transfer := portfolio.Transfer{
		Purchase: purchase(portfolio.PurchaseCancelled, 0), RegistrantID: 3, AutoRenew: true, WhoisPrivacy: true, Trustee: true, StatusDescription: "Canceled by customer",
	}
	return []call{
		{
			page, "registerDomain", starts,
			wire{"POST", registrarPath + "registrations", "", `{"registrant_id":3,"whois_privacy":false,"auto_renew":false}`},
			201, enclosed(registrationJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return answered(c.Register(ctx, "example.com", portfolio.RegistrationRequest{RegistrantID: 3}))
			}, registration,
		},
		{
			page, "getDomainRegistration", read,
			wire{"GET", registrarPath + "registrations/11", "", ""},
			200, enclosed(registrationJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return plain(c.Registration(ctx, "example.com", 11))
			}, registration,
		},
		{
			page, "transferDomain", starts,
			wire{"POST", registrarPath + "transfers", "", `{"registrant_id":3,"auth_code":"xj#\u003cfj\u0026\"vhc293","whois_privacy":false,"auto_renew":false}`},
			202, enclosed(transferJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return answered(c.Transfer(ctx, "example.com", portfolio.TransferRequest{RegistrantID: 3, AuthCode: authCode}))
			}, transfer,
		},
		{
			page, "getDomainTransfer", read,
			wire{"GET", registrarPath + "transfers/11", "", ""},
			200, enclosed(transferJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return plain(c.TransferStatus(ctx, "example.com", 11))
			}, transfer,
		},
		{
			page, "cancelDomainTransfer", wishes,
			wire{"DELETE", registrarPath + "transfers/11", "", ""},
			202, enclosed(transferJSON),
			func(ctx context.Context, c *Client) (any, error) {
				return plain(c.CancelTransfer(ctx, "example.com", 11))
			}, transfer,
		},
		{
			page, "renewDomain", starts,
			wire{"POST", registrarPath + "renewals", "", `{"period":2}`},
			201, goodRenew,
			func(ctx context.Context, c *Client) (any, error) {
				return answered(c.Renew(ctx, "example.com", 2, nil))
			}, purchase(portfolio.PurchaseNew, 1),
		},
		{
			page, "getDomainRenewal", read,
			wire{"GET", registrarPath + "renewals/11", "", ""},
			201, goodRenew,
			func(ctx context.Context, c *Client) (any, error) { return plain(c.Renewal(ctx, "example.com", 11)) }, purchase(portfolio.PurchaseNew, 1),
		},
		{
			page, "restoreDomain", starts,
			wire{"POST", registrarPath + "restores", "", `{}`},
			202, goodRestore,
			func(ctx context.Context, c *Client) (any, error) {
				return answered(c.Restore(ctx, "example.com", nil))
			}, purchase(portfolio.PurchaseRestoring, 0),
		},
		{
			page, "getDomainRestore", read,
			wire{"GET", registrarPath + "restores/11", "", ""},
			200, goodRestore,
			func(ctx context.Context, c *Client) (any, error) {
				return plain(c.Restoration(ctx, "example.com", 11))
			}, purchase(portfolio.PurchaseRestoring, 0),
		},
	}
}
