package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"
)

// vendor is the vendor's own client, on its way to a sandbox. Every answer that it gets is held against the OpenAPI document, where
// that is to be had.
type vendor struct {
	*sim
	*dnsimple.Client
	ctx context.Context // of one test
}

func vendorsClient(s *sim, token string) *vendor {
	server := httptest.NewServer(s)
	s.t.Cleanup(server.Close)
	ctx := s.t.Context()
	client := dnsimple.NewClient(dnsimple.StaticTokenHTTPClient(ctx, token))
	client.BaseURL = server.URL
	return &vendor{s, client, ctx}
}

// refused takes a refusal apart.
func (v *vendor) refused(err error, status int, message string) {
	v.t.Helper()
	refusal, ok := errors.AsType[*dnsimple.ErrorResponse](err)
	if !ok || refusal.HTTPResponse.StatusCode != status || refusal.Message != message {
		v.t.Errorf("refused with %v, want %d %s", err, status, message)
	}
}

// The vendor's Go client makes all the calls of the four pages, unchanged but for the base URL. What arrived is counted: each route of
// the pages was asked, and answered with a success.
func TestTheVendorsGoClientMakesEveryCall(t *testing.T) {
	made := map[string]bool{}
	for page, prove := range map[string]func(*vendor){
		"domains": sdkDomains, "registrar": sdkRegistrar, "transfers": sdkTransfers, "pushes": sdkPushes, "registrant-changes": sdkChanges,
		"beside": sdkBeside,
	} {
		t.Run(page, func(t *testing.T) {
			s := simulate(t, callWorld)
			prove(vendorsClient(s, "main"))
			for _, r := range s.requests.list() {
				path, _, _ := strings.Cut(r.Path, "?")
				if rt, _, _ := s.find(r.Method, path); rt != nil && r.Status/100 == 2 {
					made[rt.method+" "+rt.pattern] = true
				}
			}
		})
	}
	count := 0
	for _, rt := range routes() {
		beside := strings.HasSuffix(rt.pattern, "/auto_renewal") || strings.HasSuffix(rt.pattern, "/research/status")
		if scope, _, _ := strings.Cut(rt.scope, ":"); beside || scope != "domains" && scope != "registrar" {
			continue
		}
		count++
		if !made[rt.method+" "+rt.pattern] {
			t.Errorf("the client did not make the call %s %s", rt.method, rt.pattern)
		}
	}
	equal(t, count, 26)
}

func sdkDomains(v *vendor) {
	list, err := v.Domains.ListDomains(v.ctx, "1", &dnsimple.DomainListOptions{NameLike: new("alpha"), ListOptions: dnsimple.ListOptions{Sort: new("id:desc")}})
	check(v.t, err)
	equal(v.t, []string{list.Data[0].Name, list.Data[1].Name}, []string{"alpha.fi", "alpha.com"})
	made, err := v.Domains.CreateDomain(v.ctx, "1", dnsimple.Domain{Name: "new.com"})
	check(v.t, err)
	equal(v.t, [2]string{made.Data.Name, made.Data.State}, [2]string{"new.com", "hosted"})
	_, err = v.Domains.CreateDomain(v.ctx, "1", dnsimple.Domain{Name: "fast.com"})
	v.refused(err, http.StatusNotAcceptable, "The ownership of fast.com must be verified before it can be added")
	got, err := v.Domains.GetDomain(v.ctx, "1", "new.com")
	check(v.t, err)
	equal(v.t, got.Data.ID, made.Data.ID)
	_, err = v.Domains.DeleteDomain(v.ctx, "1", "new.com")
	check(v.t, err)
	_, err = v.Domains.GetDomain(v.ctx, "1", "new.com")
	v.refused(err, http.StatusNotFound, "Domain `new.com` not found")
}

func sdkRegistrar(v *vendor) {
	checked, err := v.Registrar.CheckDomain(v.ctx, "1", "fancy.io")
	check(v.t, err)
	equal(v.t, *checked.Data, dnsimple.DomainCheck{Domain: "fancy.io", Available: true, Premium: true})
	// The deprecated call is gone from the client; this is its general form.
	var premium struct {
		Data struct {
			Price  string `json:"premium_price"`
			Action string `json:"action"`
		} `json:"data"`
	}
	_, err = v.Request(v.ctx, http.MethodGet, "/v2/1/registrar/domains/fancy.io/premium_price?action=renewal", nil, &premium, nil) //nolint:bodyclose // the client closes it
	check(v.t, err)
	equal(v.t, [2]string{premium.Data.Price, premium.Data.Action}, [2]string{"340.00", "renewal"})
	prices, err := v.Registrar.GetDomainPrices(v.ctx, "1", "fancy.io")
	check(v.t, err)
	equal(v.t, [2]float64{prices.Data.RegistrationPrice, prices.Data.RestorePrice}, [2]float64{350, 120})

	_, err = v.Registrar.RegisterDomain(v.ctx, "1", "free.fi", &dnsimple.RegisterDomainInput{RegistrantID: 11})
	v.refused(err, http.StatusBadRequest, "Invalid extended attributes")
	ordered, err := v.Registrar.RegisterDomain(v.ctx, "1", "fancy.io", &dnsimple.RegisterDomainInput{RegistrantID: 11, EnableAutoRenewal: true, PremiumPrice: "350.00"})
	check(v.t, err)
	equal(v.t, [2]any{ordered.HTTPResponse.StatusCode, ordered.Data.State}, [2]any{http.StatusAccepted, "new"})
	v.pass(time.Hour)
	ordered, err = v.Registrar.GetDomainRegistration(v.ctx, "1", "fancy.io", strconv.FormatInt(ordered.Data.ID, 10))
	check(v.t, err)
	equal(v.t, [3]any{ordered.Data.State, ordered.Data.AutoRenew, ordered.Data.Period}, [3]any{"registered", true, 1})

	renewal, err := v.Registrar.RenewDomain(v.ctx, "1", "slow.com", &dnsimple.RenewDomainInput{Period: 2})
	check(v.t, err)
	v.pass(time.Hour)
	renewal, err = v.Registrar.GetDomainRenewal(v.ctx, "1", "slow.com", strconv.FormatInt(renewal.Data.ID, 10))
	check(v.t, err)
	equal(v.t, [2]any{renewal.Data.State, renewal.Data.Period}, [2]any{"renewed", 2})
	restore, err := v.Registrar.RestoreDomain(v.ctx, "1", "redemption.com", &dnsimple.RenewDomainInput{})
	check(v.t, err)
	v.pass(time.Hour)
	restored, err := v.Registrar.GetDomainRestore(v.ctx, "1", "redemption.com", strconv.FormatInt(restore.Data.ID, 10))
	check(v.t, err)
	equal(v.t, restored.Data.State, "restored")
}

func sdkTransfers(v *vendor) {
	_, err := v.Registrar.TransferDomain(v.ctx, "1", "elsewhere.com", &dnsimple.TransferDomainInput{RegistrantID: 11})
	v.refused(err, http.StatusBadRequest, "Validation failed")
	ordered, err := v.Registrar.TransferDomain(v.ctx, "1", "elsewhere.com", &dnsimple.TransferDomainInput{RegistrantID: 11, AuthCode: "right"})
	check(v.t, err)
	v.pass(day)
	id := ordered.Data.ID
	cancelled, err := v.Registrar.CancelDomainTransfer(v.ctx, "1", "elsewhere.com", id)
	check(v.t, err)
	equal(v.t, [2]any{cancelled.HTTPResponse.StatusCode, cancelled.Data.State}, [2]any{http.StatusAccepted, "transferring"})
	got, err := v.Registrar.GetDomainTransfer(v.ctx, "1", "elsewhere.com", id)
	check(v.t, err)
	equal(v.t, [2]string{got.Data.State, got.Data.StatusDescription}, [2]string{"cancelled", "Canceled by customer"})
	_, err = v.Registrar.CancelDomainTransfer(v.ctx, "1", "elsewhere.com", id)
	v.refused(err, http.StatusBadRequest, "The domain transfer cannot be cancelled: it is cancelled")
	out, err := v.Registrar.TransferDomainOut(v.ctx, "1", "alpha.com")
	check(v.t, err)
	equal(v.t, out.HTTPResponse.StatusCode, http.StatusNoContent)
}

func sdkPushes(v *vendor) {
	desk := vendorsClient(v.sim, "desk")
	push, err := v.Domains.InitiatePush(v.ctx, "1", "alpha.com", dnsimple.DomainPushAttributes{NewAccountIdentifier: "01890000-0000-7000-8000-00000000000d"})
	check(v.t, err)
	equal(v.t, [2]int64{push.Data.DomainID, push.Data.AccountID}, [2]int64{100, 2})
	other, err := v.Domains.InitiatePush(v.ctx, "1", "slow.com", dnsimple.DomainPushAttributes{NewAccountEmail: "desk@example.com"}) //nolint:staticcheck // SA1019: deprecated, and still answered
	check(v.t, err)
	waiting, err := desk.Domains.ListPushes(v.ctx, "2", nil)
	check(v.t, err)
	equal(v.t, len(waiting.Data), 2)
	_, err = desk.Domains.AcceptPush(v.ctx, "2", push.Data.ID, dnsimple.DomainPushAttributes{ContactID: 22})
	check(v.t, err)
	_, err = desk.Domains.RejectPush(v.ctx, "2", other.Data.ID)
	check(v.t, err)
	moved, err := desk.Domains.GetDomain(v.ctx, "2", "alpha.com")
	check(v.t, err)
	equal(v.t, moved.Data.RegistrantID, int64(22))
	_, err = v.Domains.GetDomain(v.ctx, "1", "alpha.com")
	v.refused(err, http.StatusNotFound, "Domain `alpha.com` not found")
}

func sdkChanges(v *vendor) {
	needs, err := v.Registrar.CheckRegistrantChange(v.ctx, "1", &dnsimple.CheckRegistrantChangeInput{DomainId: "alpha.fi", ContactId: "13"})
	check(v.t, err)
	equal(v.t, [2]any{needs.Data.ExtendedAttributes[0].Required, needs.Data.RegistryOwnerChange}, [2]any{true, true})
	begun, err := v.Registrar.CreateRegistrantChange(v.ctx, "1", &dnsimple.CreateRegistrantChangeInput{
		DomainId: "alpha.fi", ContactId: "13", ExtendedAttributes: map[string]string{"x-id-number": "7"},
	})
	check(v.t, err)
	equal(v.t, [2]any{begun.HTTPResponse.StatusCode, begun.Data.State}, [2]any{http.StatusAccepted, "new"})
	got, err := v.Registrar.GetRegistrantChange(v.ctx, "1", begun.Data.Id)
	check(v.t, err)
	equal(v.t, got.Data.ExtendedAttributes, map[string]string{"x-id-number": "7"})
	list, err := v.Registrar.ListRegistrantChange(v.ctx, "1", &dnsimple.RegistrantChangeListOptions{State: new("new"), DomainId: new("110")})
	check(v.t, err)
	equal(v.t, len(list.Data), 1)
	ended, err := v.Registrar.DeleteRegistrantChange(v.ctx, "1", begun.Data.Id)
	check(v.t, err)
	equal(v.t, ended.HTTPResponse.StatusCode, http.StatusNoContent)
}

func sdkBeside(v *vendor) {
	attributes, err := v.Tlds.GetTldExtendedAttributes(v.ctx, "fi")
	check(v.t, err)
	equal(v.t, [2]any{attributes.Data[0].Name, attributes.Data[1].Options[0].Value}, [2]any{"x-id-number", "p"})
	status, err := v.Domains.GetDomainResearchStatus(v.ctx, "1", "free.com")
	check(v.t, err)
	equal(v.t, status.Data.Availability, "available")
	_, err = v.Registrar.RegisterDomain(v.ctx, "1", "at-once.com", &dnsimple.RegisterDomainInput{RegistrantID: 11})
	check(v.t, err)
	charges, err := v.Billing.ListCharges(v.ctx, "1", dnsimple.ListChargesOptions{})
	check(v.t, err)
	equal(v.t, charges.Data[0].Items[0].ProductType, "domain-registration")
}
