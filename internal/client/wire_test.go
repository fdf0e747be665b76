package client

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

func TestWire(t *testing.T) {
	price := portfolio.Money(123450)
	type wire struct{ Method, Path, Query, Body string }
	tests := map[string]struct {
		do   func(context.Context, *Client) error
		want wire
	}{
		"renew": {func(ctx context.Context, c *Client) error {
			_, _, err := c.Renew(ctx, "Example.COM", 2, nil)
			return err
		}, wire{"POST", "/v2/1010/registrar/domains/example.com/renewals", "", `{"period":2}`}},
		"renew premium": {func(ctx context.Context, c *Client) error {
			_, _, err := c.Renew(ctx, "example.com", 1, &price)
			return err
		}, wire{"POST", "/v2/1010/registrar/domains/example.com/renewals", "", `{"period":1,"premium_price":"1234.50"}`}},
		"restore": {func(ctx context.Context, c *Client) error {
			_, _, err := c.Restore(ctx, "example.com", nil)
			return err
		}, wire{"POST", "/v2/1010/registrar/domains/example.com/restores", "", `{}`}},
		"restore premium": {func(ctx context.Context, c *Client) error {
			_, _, err := c.Restore(ctx, "xn--bcher-kva.example", &price)
			return err
		}, wire{"POST", "/v2/1010/registrar/domains/xn--bcher-kva.example/restores", "", `{"premium_price":"1234.50"}`}},
		"renewal": {func(ctx context.Context, c *Client) error {
			_, err := c.Renewal(ctx, "example.com", 11)
			return err
		}, wire{"GET", "/v2/1010/registrar/domains/example.com/renewals/11", "", ""}},
		"restoration": {func(ctx context.Context, c *Client) error {
			_, err := c.Restoration(ctx, "example.com", 11)
			return err
		}, wire{"GET", "/v2/1010/registrar/domains/example.com/restores/11", "", ""}},
		"accept": {
			func(ctx context.Context, c *Client) error { return c.AcceptPush(ctx, 4, 3) },
			wire{"POST", "/v2/1010/pushes/4", "", `{"contact_id":3}`},
		},
		"reject": {
			func(ctx context.Context, c *Client) error { return c.RejectPush(ctx, 4) },
			wire{"DELETE", "/v2/1010/pushes/4", "", ""},
		},
		"cancel": {func(ctx context.Context, c *Client) error {
			_, err := c.CancelRegistrantChange(ctx, 5)
			return err
		}, wire{"DELETE", "/v2/1010/registrar/registrant_changes/5", "", ""}},
		"change": {func(ctx context.Context, c *Client) error {
			_, err := c.RegistrantChange(ctx, 5)
			return err
		}, wire{"GET", "/v2/1010/registrar/registrant_changes/5", "", ""}},
		"auto-renewal on": {
			func(ctx context.Context, c *Client) error { return c.SetAutoRenewal(ctx, "example.com", true) },
			wire{"PUT", "/v2/1010/registrar/domains/example.com/auto_renewal", "", ""},
		},
		"auto-renewal off": {
			func(ctx context.Context, c *Client) error { return c.SetAutoRenewal(ctx, "example.com", false) },
			wire{"DELETE", "/v2/1010/registrar/domains/example.com/auto_renewal", "", ""},
		},
		"domain": {func(ctx context.Context, c *Client) error {
			_, _, err := c.Domain(ctx, 7)
			return err
		}, wire{"GET", "/v2/1010/domains/7", "", ""}},
		"prices": {func(ctx context.Context, c *Client) error {
			_, err := c.Prices(ctx, "example.com")
			return err
		}, wire{"GET", "/v2/1010/registrar/domains/example.com/prices", "", ""}},
		"tld": {func(ctx context.Context, c *Client) error {
			_, err := c.TLD(ctx, "co.uk")
			return err
		}, wire{"GET", "/v2/tlds/co.uk", "", ""}},
		"whoami": {func(ctx context.Context, c *Client) error {
			_, err := c.Whoami(ctx)
			return err
		}, wire{"GET", "/v2/whoami", "", ""}},
		"accounts": {func(ctx context.Context, c *Client) error {
			_, err := c.Accounts(ctx)
			return err
		}, wire{"GET", "/v2/accounts", "", ""}},
		"domains": {func(ctx context.Context, c *Client) error {
			for _, err := range c.DomainsByExpiration(ctx) {
				return err
			}
			return nil
		}, wire{"GET", "/v2/1010/domains", "page=1&per_page=100&sort=expiration%3Aasc", ""}},
		"pushes": {func(ctx context.Context, c *Client) error {
			for _, err := range c.Pushes(ctx) {
				return err
			}
			return nil
		}, wire{"GET", "/v2/1010/pushes", "page=1&per_page=100", ""}},
		"changes": {func(ctx context.Context, c *Client) error {
			for _, err := range c.RegistrantChanges(ctx, portfolio.ChangeCompleted) {
				return err
			}
			return nil
		}, wire{"GET", "/v2/1010/registrar/registrant_changes", "page=1&per_page=100&sort=id%3Adesc&state=completed", ""}},
		"contacts": {func(ctx context.Context, c *Client) error {
			for _, err := range c.Contacts(ctx) {
				return err
			}
			return nil
		}, wire{"GET", "/v2/1010/contacts", "page=1&per_page=100", ""}},
		"charges": {func(ctx context.Context, c *Client) error {
			// Already the second of March in Berlin, still the first in UTC.
			since := time.Date(2026, 3, 2, 0, 30, 0, 0, time.FixedZone("CET", 3600))
			for _, err := range c.Charges(ctx, since) {
				return err
			}
			return nil
		}, wire{"GET", "/v2/1010/billing/charges", "page=1&per_page=100&sort=invoiced%3Aasc&start_date=2026-02-28", ""}},
		"all charges": {func(ctx context.Context, c *Client) error {
			for _, err := range c.Charges(ctx, time.Time{}) {
				return err
			}
			return nil
		}, wire{"GET", "/v2/1010/billing/charges", "page=1&per_page=100&sort=invoiced%3Aasc", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, says(http.StatusBadRequest, `{"message":"no"}`))
			c, _ := testClient(t, s.URL)
			fails(t, tt.do(t.Context(), c), portfolio.OutcomeRejected)
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

func TestRefusedBeforeSending(t *testing.T) {
	s := serve(t, says(http.StatusCreated, goodRenew))
	c, _ := testClient(t, s.URL)
	zero := portfolio.Money(0)
	minus := portfolio.Money(-100)
	refused := map[string]func(context.Context) error{
		"no years":     func(ctx context.Context) error { return second(c.Renew(ctx, "example.com", 0, nil)) },
		"less":         func(ctx context.Context) error { return second(c.Renew(ctx, "example.com", -1, nil)) },
		"eleven years": func(ctx context.Context) error { return second(c.Renew(ctx, "example.com", 11, nil)) },
		"premium 0":    func(ctx context.Context) error { return second(c.Renew(ctx, "example.com", 1, &zero)) },
		"premium -1":   func(ctx context.Context) error { return second(c.Restore(ctx, "example.com", &minus)) },
		"domain 0":     func(ctx context.Context) error { return second(c.Domain(ctx, 0)) },
		"push 0":       func(ctx context.Context) error { return c.AcceptPush(ctx, 0, 3) },
		"contact 0":    func(ctx context.Context) error { return c.AcceptPush(ctx, 4, 0) },
		"reject 0":     func(ctx context.Context) error { return c.RejectPush(ctx, 0) },
		"reject -1":    func(ctx context.Context) error { return c.RejectPush(ctx, -1) },
		"cancel 0": func(ctx context.Context) error {
			_, err := c.CancelRegistrantChange(ctx, 0)
			return err
		},
		"change 0": func(ctx context.Context) error {
			_, err := c.RegistrantChange(ctx, 0)
			return err
		},
		"renewal 0": func(ctx context.Context) error {
			_, err := c.Renewal(ctx, "example.com", 0)
			return err
		},
		"restoration 0": func(ctx context.Context) error {
			_, err := c.Restoration(ctx, "example.com", -3)
			return err
		},
	}
	for _, name := range []string{
		"", ".", "..", "a/b", "a?b", "a#b", "a%2fb", "a b", "example.com/", "../accounts", "example..com", ".com", "bücher.example",
		"a\x00b", "example.com\r\nX: y", "http://example.com", string(make([]byte, 300)),
	} {
		refused["renew "+name] = func(ctx context.Context) error { return second(c.Renew(ctx, name, 1, nil)) }
		refused["restore "+name] = func(ctx context.Context) error { return second(c.Restore(ctx, name, nil)) }
		refused["auto-renewal "+name] = func(ctx context.Context) error { return c.SetAutoRenewal(ctx, name, true) }
		refused["renewal of "+name] = func(ctx context.Context) error {
			_, err := c.Renewal(ctx, name, 1)
			return err
		}
		refused["restoration of "+name] = func(ctx context.Context) error {
			_, err := c.Restoration(ctx, name, 1)
			return err
		}
		refused["prices of "+name] = func(ctx context.Context) error {
			_, err := c.Prices(ctx, name)
			return err
		}
		refused["tld "+name] = func(ctx context.Context) error {
			_, err := c.TLD(ctx, name)
			return err
		}
	}
	for name, do := range refused {
		if err := do(t.Context()); err == nil {
			t.Errorf("%q was not refused", name)
		} else {
			fails(t, err, portfolio.OutcomeNotSent)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent all the same", n)
	}
}

func second[T any](_ T, _ portfolio.Answer, err error) error { return err }
