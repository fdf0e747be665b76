package client

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// simulatedWorld has something for every call.
const simulatedWorld = `
[operations]
registration_takes = "10m"
transfer_takes = "1h"
registrant_change_takes = "1h"
restore_takes = "1h"
[[account]]
id = 1010
name = "main"
tokens = ["` + secret + `"]
research = true
[[account]]
id = 2020
name = "desk"
identifier = "01890000-0000-7000-8000-00000000000d"
email = "desk@example.com"
tokens = ["desk"]
[[contact]]
id = 11
account = "main"
[[contact]]
id = 12
account = "main"
last_name = "Another"
email = "another@example.com"
[[contact]]
id = 22
account = "desk"
[[domain]]
id = 100
account = "main"
name = "alpha.com"
expires = "+30d"
[[domain]]
id = 101
account = "main"
name = "lapsed.com"
expires = "-40d"
[[domain]]
id = 102
account = "main"
name = "premium.io"
expires = "+20d"
premium = true
prices = { registration = "400.00", renewal = "480.00", transfer = "450.00", restore = "600.00" }
[[domain]]
id = 103
account = "main"
name = "given.com"
expires = "+20d"
[[name]]
name = "elsewhere.com"
elsewhere = true
auth_code = "the-right-code"
[[name]]
name = "distant.com"
elsewhere = true
auth_code = "the-right-code"
`

// simulated is the client of an account in a simulated DNSimple, whose clock is k.
func simulated(t *testing.T) (mine, theirs *Client, k *clock) {
	t.Helper()
	p, err := sandbox.ParsePortfolio([]byte(simulatedWorld), "portfolio.toml")
	if err != nil {
		t.Fatal(err)
	}
	k = newClock()
	world, err := sandbox.New(sandbox.Options{Portfolio: p, Now: k.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(world)
	t.Cleanup(s.Close)
	share := func(o *Options) { o.Now, o.Sleep = k.Now, k.Sleep }
	mine, _ = testClient(t, s.URL, share)
	theirs, _ = testClient(t, s.URL, share, func(o *Options) { o.Account, o.Token = portfolio.Account{ID: 2020, Name: "desk"}, "desk" })
	return mine, theirs, k
}

// later moves the clock.
func later(t *testing.T, k *clock, d time.Duration) {
	t.Helper()
	if err := k.Sleep(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// must gives what a call gives, which may not fail.
func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// begun is must for calls that begin something.
func begun[T any](t *testing.T) func(v T, answer portfolio.Answer, err error) T {
	t.Helper()
	return func(v T, answer portfolio.Answer, err error) T {
		t.Helper()
		if err != nil || answer.Status == 0 || answer.Date.IsZero() || answer.RequestID == "" {
			t.Fatalf("%v (%+v)", err, answer)
		}
		return v
	}
}

// nothingMore is a call that gives nothing but its answer, as begun wants it.
func nothingMore(answer portfolio.Answer, err error) (struct{}, portfolio.Answer, error) {
	return struct{}{}, answer, err
}

// TestSimulatedPurchases takes registrations, transfers, renewals and restores
// through their states, against the simulated DNSimple.
func TestSimulatedPurchases(t *testing.T) {
	c, _, k := simulated(t)
	ctx := t.Context()

	if check := must[portfolio.DomainCheck](t)(c.CheckDomain(ctx, "fresh.com")); !check.Available || check.Premium {
		t.Errorf("%+v", check)
	}
	registration := begun[portfolio.Registration](t)(c.Register(ctx, "fresh.com", portfolio.RegistrationRequest{RegistrantID: 11, AutoRenew: true}))
	if registration.State.Progress() != portfolio.ProgressUnderWay || !registration.AutoRenew || registration.RegistrantID != 11 {
		t.Errorf("%+v", registration)
	}
	later(t, k, 11*time.Minute)
	registration = must[portfolio.Registration](t)(c.Registration(ctx, "fresh.com", registration.ID))
	domain := begun[portfolio.Domain](t)(c.DomainNamed(ctx, "fresh.com"))
	if registration.State != portfolio.PurchaseRegistered || domain.State != portfolio.DomainRegistered || domain.ID != registration.DomainID || !domain.AutoRenew {
		t.Errorf("%+v, %+v", registration, domain)
	}

	_, _, err := c.Transfer(ctx, "elsewhere.com", portfolio.TransferRequest{RegistrantID: 11})
	fails(t, err, portfolio.OutcomeRejected)
	transfer := begun[portfolio.Transfer](t)(c.Transfer(ctx, "elsewhere.com", portfolio.TransferRequest{RegistrantID: 11, AuthCode: "the-right-code"}))
	distant := begun[portfolio.Transfer](t)(c.Transfer(ctx, "distant.com", portfolio.TransferRequest{RegistrantID: 11, AuthCode: "the-right-code"}))
	must[portfolio.Transfer](t)(c.CancelTransfer(ctx, "distant.com", distant.ID))
	later(t, k, 2*time.Hour)
	transfer = must[portfolio.Transfer](t)(c.TransferStatus(ctx, "elsewhere.com", transfer.ID))
	distant = must[portfolio.Transfer](t)(c.TransferStatus(ctx, "distant.com", distant.ID))
	if transfer.State != portfolio.PurchaseTransferred || distant.State != portfolio.PurchaseCancelled || distant.StatusDescription == "" {
		t.Errorf("%+v, %+v", transfer, distant)
	}
	_, err = c.CancelTransfer(ctx, "elsewhere.com", transfer.ID)
	fails(t, err, portfolio.OutcomeRejected)

	before := begun[portfolio.Domain](t)(c.Domain(ctx, 100))
	renewal := begun[portfolio.Purchase](t)(c.Renew(ctx, "alpha.com", 2, nil))
	renewal = must[portfolio.Purchase](t)(c.Renewal(ctx, "alpha.com", renewal.ID))
	after := begun[portfolio.Domain](t)(c.Domain(ctx, 100))
	if renewal.State != portfolio.PurchaseRenewed || renewal.Period != 2 || !after.ExpiresAt.Equal(before.ExpiresAt.AddDate(2, 0, 0)) {
		t.Errorf("%+v, %+v", renewal, after)
	}
	restore := begun[portfolio.Purchase](t)(c.Restore(ctx, "lapsed.com", nil))
	later(t, k, 2*time.Hour)
	if restore = must[portfolio.Purchase](t)(c.Restoration(ctx, "lapsed.com", restore.ID)); restore.State != portfolio.PurchaseRestored {
		t.Errorf("%+v", restore)
	}

	price := must[portfolio.Money](t)(c.PremiumPrice(ctx, "premium.io", portfolio.PremiumRenewal))
	if prices := must[portfolio.Prices](t)(c.Prices(ctx, "premium.io")); price != 48000 || prices.Renewal != price || !prices.Premium {
		t.Errorf("%s, %+v", price, prices)
	}
	_, err = c.PremiumPrice(ctx, "alpha.com", portfolio.PremiumRenewal)
	fails(t, err, portfolio.OutcomeRejected)
	_, _, err = c.Renew(ctx, "premium.io", 1, nil)
	fails(t, err, portfolio.OutcomeRejected)
	begun[portfolio.Purchase](t)(c.Renew(ctx, "premium.io", 1, &price))

	charges, err := all(c.ListCharges(ctx, portfolio.ChargeFilter{Sort: []portfolio.Order{{By: portfolio.SortInvoiced, Descending: true}}}))
	if items, ok := charges.([]portfolio.ChargeItem); err != nil || !ok || len(items) < 5 || items[0].ProductName != "premium.io" || items[0].Amount != price {
		t.Errorf("%+v, %v", charges, err)
	}
}

// TestSimulatedHandovers takes pushes, changes of registrants, additions and
// deletions through their states.
func TestSimulatedHandovers(t *testing.T) {
	c, desk, k := simulated(t)
	ctx := t.Context()

	for _, to := range []portfolio.PushTarget{{Identifier: "01890000-0000-7000-8000-00000000000d"}, {Email: "desk@example.com"}} {
		push := begun[portfolio.Push](t)(c.InitiatePush(ctx, 103, to))
		pushes, err := all(desk.Pushes(ctx))
		if diff := cmp.Diff([]portfolio.Push{push}, pushes); err != nil || diff != "" || push.AccountID != 2020 || push.DomainID != 103 {
			t.Errorf("%+v: %v %s", push, err, diff)
		}
		if to.Email == "" {
			err = desk.RejectPush(ctx, push.ID)
		} else {
			err = desk.AcceptPush(ctx, push.ID, 22)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := c.Domain(ctx, 103)
	fails(t, err, portfolio.OutcomeNotFound)
	begun[portfolio.Domain](t)(desk.Domain(ctx, 103))

	check := must[portfolio.ChangeCheck](t)(c.CheckRegistrantChange(ctx, 100, 12))
	if check.DomainID != 100 || check.ContactID != 12 || len(check.ExtendedAttributes) != 0 {
		t.Errorf("%+v", check)
	}
	_, err = c.CheckRegistrantChange(ctx, 100, 999)
	fails(t, err, portfolio.OutcomeNotFound)
	change := begun[portfolio.RegistrantChange](t)(c.CreateRegistrantChange(ctx, 100, 12, nil))
	listed, err := all(c.ListRegistrantChanges(ctx, portfolio.ChangeFilter{DomainID: 100, ContactID: 12}))
	read := must[portfolio.RegistrantChange](t)(c.RegistrantChange(ctx, change.ID))
	if diff := cmp.Diff([]portfolio.RegistrantChange{read}, listed); err != nil || diff != "" || !read.State.Open() {
		t.Errorf("%+v: %v %s", read, err, diff)
	}
	must[portfolio.ChangeState](t)(c.CancelRegistrantChange(ctx, change.ID))
	again := begun[portfolio.RegistrantChange](t)(c.CreateRegistrantChange(ctx, 100, 12, nil))
	later(t, k, 2*time.Hour)
	for id, want := range map[int64]portfolio.ChangeState{change.ID: portfolio.ChangeCancelled, again.ID: portfolio.ChangeCompleted} {
		if got := must[portfolio.RegistrantChange](t)(c.RegistrantChange(ctx, id)); got.State != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	if d := begun[portfolio.Domain](t)(c.Domain(ctx, 100)); d.RegistrantID != 12 {
		t.Errorf("%+v", d)
	}

	added := begun[portfolio.Domain](t)(c.CreateDomain(ctx, "added.com"))
	begun[struct{}](t)(nothingMore(c.DeleteDomain(ctx, added.ID)))
	_, err = c.DeleteDomain(ctx, added.ID)
	fails(t, err, portfolio.OutcomeNotFound)
	begun[struct{}](t)(nothingMore(c.AuthorizeTransferOut(ctx, "premium.io")))
}

// TestSimulatedReads makes the calls that only ask.
func TestSimulatedReads(t *testing.T) {
	c, _, _ := simulated(t)
	ctx := t.Context()
	names := func(filter portfolio.DomainFilter) []string {
		domains, err := all(c.ListDomains(ctx, filter))
		items, _ := domains.([]portfolio.Domain)
		if err != nil {
			t.Error(err)
		}
		return mapped(items, func(d portfolio.Domain) string { return d.Name })
	}
	for _, tt := range []struct {
		filter portfolio.DomainFilter
		want   []string
	}{
		{portfolio.DomainFilter{}, []string{"alpha.com", "given.com", "lapsed.com", "premium.io"}},
		{portfolio.DomainFilter{NameLike: "p"}, []string{"alpha.com", "lapsed.com", "premium.io"}},
		{portfolio.DomainFilter{RegistrantID: 12}, []string{}},
		{portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortID, Descending: true}}}, []string{"given.com", "premium.io", "lapsed.com", "alpha.com"}},
		{portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortExpiration}, {By: portfolio.SortName, Descending: true}}}, []string{"lapsed.com", "premium.io", "given.com", "alpha.com"}},
	} {
		if diff := cmp.Diff(tt.want, names(tt.filter)); diff != "" {
			t.Errorf("%+v: %s", tt.filter, diff)
		}
	}
	if got := must[portfolio.Research](t)(c.ResearchStatus(ctx, "fresh.com")); got.Availability != portfolio.AvailabilityAvailable {
		t.Errorf("%+v", got)
	}
	if got := must[portfolio.TLDDetails](t)(c.TLDDetails(ctx, "com")); !got.RegistrationEnabled || got.TLD != "com" {
		t.Errorf("%+v", got)
	}
	must[[]portfolio.ExtendedAttribute](t)(c.ExtendedAttributes(ctx, "com"))
	if got := must[portfolio.Contact](t)(c.Contact(ctx, 12)); got.Email != "another@example.com" {
		t.Errorf("%+v", got)
	}
	for what, list := range map[string]func(context.Context) (any, error){
		"TLDs": func(ctx context.Context) (any, error) { return all(c.TLDs(ctx, portfolio.TLDFilter{})) },
		"contacts": func(ctx context.Context) (any, error) {
			return all(c.ListContacts(ctx, portfolio.ContactFilter{Sort: []portfolio.Order{{By: portfolio.SortEmail}}}))
		},
	} {
		if got, err := list(ctx); err != nil {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}
