package sandbox

import (
	"errors"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"
)

// The vendor's own client reads every answer.
func TestTheVendorsClientUnderstands(t *testing.T) {
	s := simulate(t, base+`
[[domain]]
account = "main"
name = "a.com"
expires = "+10d"
renewal = { takes = "1h" }
[[domain]]
account = "main"
name = "b.com"
expires = "-40d"
[[domain]]
account = "desk"
name = "c.com"
expires = "+100d"
[[push]]
domain = "c.com"
to = "main"
[[registrant_change]]
domain = "a.com"
contact = 12
cancel_takes = "1h"
`)
	server := httptest.NewServer(s)
	defer server.Close()
	ctx := t.Context()
	client := dnsimple.NewClient(dnsimple.StaticTokenHTTPClient(ctx, "main"))
	client.BaseURL = server.URL

	who, err := client.Identity.Whoami(ctx)
	check(t, err)
	equal(t, who.Data.Account.ID, int64(1))
	domains, err := client.Domains.ListDomains(ctx, "1", &dnsimple.DomainListOptions{ListOptions: dnsimple.ListOptions{Sort: new("expiration:asc")}})
	check(t, err)
	equal(t, []string{domains.Data[0].Name, domains.Data[1].Name}, []string{"b.com", "a.com"})
	equal(t, domains.Data[0].State, "expired")
	prices, err := client.Registrar.GetDomainPrices(ctx, "1", "a.com")
	check(t, err)
	equal(t, prices.Data.RenewalPrice, 15.0)
	tld, err := client.Tlds.GetTld(ctx, "com")
	check(t, err)
	equal(t, tld.Data.MinimumRegistration, 1)

	renewal, err := client.Registrar.RenewDomain(ctx, "1", "a.com", &dnsimple.RenewDomainInput{Period: 1})
	check(t, err)
	equal(t, [2]any{renewal.HTTPResponse.StatusCode, renewal.Data.State}, [2]any{202, "new"})
	_, err = client.Registrar.RenewDomain(ctx, "1", "b.com", &dnsimple.RenewDomainInput{Period: 1})
	if refused, ok := errors.AsType[*dnsimple.ErrorResponse](err); !ok || refused.Message != "b.com may not be renewed at this time" {
		t.Errorf("renewal in redemption: %v", err)
	}
	restore, err := client.Registrar.RestoreDomain(ctx, "1", "b.com", &dnsimple.RenewDomainInput{})
	check(t, err)
	equal(t, restore.HTTPResponse.StatusCode, 201)
	s.pass(time.Hour)
	renewal, err = client.Registrar.GetDomainRenewal(ctx, "1", "a.com", strconv.FormatInt(renewal.Data.ID, 10))
	check(t, err)
	equal(t, renewal.Data.State, "renewed")

	changes, err := client.Registrar.ListRegistrantChange(ctx, "1", nil)
	check(t, err)
	cancelled, err := client.Registrar.DeleteRegistrantChange(ctx, "1", changes.Data[0].Id)
	check(t, err)
	equal(t, cancelled.HTTPResponse.StatusCode, 202)

	pushes, err := client.Domains.ListPushes(ctx, "1", nil)
	check(t, err)
	_, err = client.Domains.AcceptPush(ctx, "1", pushes.Data[0].ID, dnsimple.DomainPushAttributes{ContactID: 11})
	check(t, err)
	moved, err := client.Domains.GetDomain(ctx, "1", "c.com")
	check(t, err)
	equal(t, moved.Data.RegistrantID, int64(11))
	_, err = client.Registrar.EnableDomainAutoRenewal(ctx, "1", "c.com")
	check(t, err)

	charges, err := client.Billing.ListCharges(ctx, "1", dnsimple.ListChargesOptions{})
	check(t, err)
	equal(t, []string{charges.Data[0].TotalAmount.StringFixed(2), charges.Data[1].TotalAmount.StringFixed(2)}, []string{"95.00", "15.00"})
	contacts, err := client.Contacts.ListContacts(ctx, "1", nil)
	check(t, err)
	equal(t, contacts.Data[0].ID, int64(11))
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
