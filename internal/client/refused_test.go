package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"domaind/internal/portfolio"
)

// TestRefusedBeforeSending: what makes no sense never leaves.
func TestRefusedBeforeSending(t *testing.T) {
	s := serve(t, says(http.StatusCreated, goodRenew))
	c, _ := testClient(t, s.URL)
	ctx := t.Context()
	zero, minus := portfolio.Money(0), portfolio.Money(-100)
	register := func(r portfolio.RegistrationRequest) error { return second(c.Register(ctx, "example.com", r)) }
	transfer := func(r portfolio.TransferRequest) error { return second(c.Transfer(ctx, "example.com", r)) }
	push := func(to portfolio.PushTarget) error { return second(c.InitiatePush(ctx, 7, to)) }
	domains := func(f portfolio.DomainFilter) error { return last(all(c.ListDomains(ctx, f))) }
	changes := func(f portfolio.ChangeFilter) error { return last(all(c.ListRegistrantChanges(ctx, f))) }
	by := func(fields ...portfolio.SortField) []portfolio.Order {
		var order []portfolio.Order
		for _, f := range fields {
			order = append(order, portfolio.Order{By: f})
		}
		return order
	}
	nameless := map[string]string{"": "x"}
	for what, err := range map[string]error{
		"no years":                   second(c.Renew(ctx, "example.com", 0, nil)),
		"less":                       second(c.Renew(ctx, "example.com", -1, nil)),
		"eleven years":               second(c.Renew(ctx, "example.com", 11, nil)),
		"premium 0":                  second(c.Renew(ctx, "example.com", 1, &zero)),
		"premium -1":                 second(c.Restore(ctx, "example.com", &minus)),
		"domain 0":                   second(c.Domain(ctx, 0)),
		"push 0":                     c.AcceptPush(ctx, 0, 3),
		"contact 0":                  c.AcceptPush(ctx, 4, 0),
		"reject 0":                   c.RejectPush(ctx, 0),
		"reject -1":                  c.RejectPush(ctx, -1),
		"cancel 0":                   last(plain(c.CancelRegistrantChange(ctx, 0))),
		"change 0":                   last(plain(c.RegistrantChange(ctx, 0))),
		"renewal 0":                  last(plain(c.Renewal(ctx, "example.com", 0))),
		"restoration -3":             last(plain(c.Restoration(ctx, "example.com", -3))),
		"registration 0":             last(plain(c.Registration(ctx, "example.com", 0))),
		"transfer 0":                 last(plain(c.TransferStatus(ctx, "example.com", 0))),
		"cancel transfer 0":          last(plain(c.CancelTransfer(ctx, "example.com", 0))),
		"delete 0":                   last(plain(c.DeleteDomain(ctx, 0))),
		"read contact 0":             last(plain(c.Contact(ctx, 0))),
		"check change of 0":          last(plain(c.CheckRegistrantChange(ctx, 0, 3))),
		"check change to 0":          last(plain(c.CheckRegistrantChange(ctx, 7, 0))),
		"change domain 0":            second(c.CreateRegistrantChange(ctx, 0, 3, nil)),
		"change to contact 0":        second(c.CreateRegistrantChange(ctx, 7, 0, nil)),
		"change, nameless attribute": second(c.CreateRegistrantChange(ctx, 7, 3, nameless)),
		"no registrant":              register(portfolio.RegistrationRequest{}),
		"nameless attribute":         register(portfolio.RegistrationRequest{RegistrantID: 3, ExtendedAttributes: nameless}),
		"register, premium 0":        register(portfolio.RegistrationRequest{RegistrantID: 3, Premium: &zero}),
		"transfer to nobody":         transfer(portfolio.TransferRequest{AuthCode: authCode}),
		"transfer, premium -1":       transfer(portfolio.TransferRequest{RegistrantID: 3, AuthCode: authCode, Premium: &minus}),
		"transfer, nameless":         transfer(portfolio.TransferRequest{RegistrantID: 3, AuthCode: authCode, ExtendedAttributes: nameless}),
		"push domain 0":              second(c.InitiatePush(ctx, 0, portfolio.PushTarget{Identifier: "x"})),
		"push to nobody":             push(portfolio.PushTarget{}),
		"push to two":                push(portfolio.PushTarget{Identifier: "x", Email: "a@b.example"}),
		"push to no e-mail":          push(portfolio.PushTarget{Email: "example"}),
		"push to a line":             push(portfolio.PushTarget{Identifier: "x\n"}),
		"push to a space":            push(portfolio.PushTarget{Email: "a@b.example c"}),
		"premium price of a restore": last(plain(c.PremiumPrice(ctx, "example.com", "restore"))),
		"premium price of nothing":   last(plain(c.PremiumPrice(ctx, "example.com", ""))),
		"registrant -1":              domains(portfolio.DomainFilter{RegistrantID: -1}),
		"domains by e-mail":          domains(portfolio.DomainFilter{Sort: by(portfolio.SortEmail)}),
		"domains by nothing":         domains(portfolio.DomainFilter{Sort: by("")}),
		"domains by id, id":          domains(portfolio.DomainFilter{Sort: by(portfolio.SortID, portfolio.SortID)}),
		"changes by name":            changes(portfolio.ChangeFilter{Sort: by(portfolio.SortName)}),
		"changes of domain -1":       changes(portfolio.ChangeFilter{DomainID: -1}),
		"changes to contact -1":      changes(portfolio.ChangeFilter{ContactID: -1}),
		"contacts by name":           last(all(c.ListContacts(ctx, portfolio.ContactFilter{Sort: by(portfolio.SortName)}))),
		"charges by id":              last(all(c.ListCharges(ctx, portfolio.ChargeFilter{Sort: by(portfolio.SortID)}))),
		"TLDs by name":               last(all(c.TLDs(ctx, portfolio.TLDFilter{Sort: by(portfolio.SortName)}))),
	} {
		if err == nil {
			t.Errorf("%q was not refused", what)
			continue
		}
		fails(t, err, portfolio.OutcomeNotSent)
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent all the same", n)
	}
}

// TestNoNameStraysInAPath: what is no name stands in no path, and what could be
// taken for an id is no name.
func TestNoNameStraysInAPath(t *testing.T) {
	s := serve(t, says(http.StatusCreated, goodRenew))
	c, _ := testClient(t, s.URL)
	names := []string{
		"", ".", "..", "a/b", "a?b", "a#b", "a%2fb", "a b", "example.com/", "../accounts", "example..com", ".com", "bücher.example",
		"a\x00b", "example.com\r\nX: y", "http://example.com", strings.Repeat("a", 300),
	}
	of := map[string]func(context.Context, string) error{
		"add":                func(ctx context.Context, n string) error { return second(c.CreateDomain(ctx, n)) },
		"read":               func(ctx context.Context, n string) error { return second(c.DomainNamed(ctx, n)) },
		"check":              func(ctx context.Context, n string) error { return last(plain(c.CheckDomain(ctx, n))) },
		"research":           func(ctx context.Context, n string) error { return last(plain(c.ResearchStatus(ctx, n))) },
		"prices":             func(ctx context.Context, n string) error { return last(plain(c.Prices(ctx, n))) },
		"renew":              func(ctx context.Context, n string) error { return second(c.Renew(ctx, n, 1, nil)) },
		"restore":            func(ctx context.Context, n string) error { return second(c.Restore(ctx, n, nil)) },
		"renewal":            func(ctx context.Context, n string) error { return last(plain(c.Renewal(ctx, n, 1))) },
		"restoration":        func(ctx context.Context, n string) error { return last(plain(c.Restoration(ctx, n, 1))) },
		"registration":       func(ctx context.Context, n string) error { return last(plain(c.Registration(ctx, n, 1))) },
		"transfer status":    func(ctx context.Context, n string) error { return last(plain(c.TransferStatus(ctx, n, 1))) },
		"cancel transfer":    func(ctx context.Context, n string) error { return last(plain(c.CancelTransfer(ctx, n, 1))) },
		"authorize transfer": func(ctx context.Context, n string) error { return last(plain(c.AuthorizeTransferOut(ctx, n))) },
		"auto-renewal":       func(ctx context.Context, n string) error { return c.SetAutoRenewal(ctx, n, true) },
		"premium price": func(ctx context.Context, n string) error {
			return last(plain(c.PremiumPrice(ctx, n, portfolio.PremiumRenewal)))
		},
		"register": func(ctx context.Context, n string) error {
			return second(c.Register(ctx, n, portfolio.RegistrationRequest{RegistrantID: 3}))
		},
		"transfer": func(ctx context.Context, n string) error {
			return second(c.Transfer(ctx, n, portfolio.TransferRequest{RegistrantID: 3}))
		},
	}
	refused := func(what, name string, err error) {
		if err == nil {
			t.Errorf("%s %q was not refused", what, name)
			return
		}
		fails(t, err, portfolio.OutcomeNotSent)
	}
	for what, do := range of {
		for _, name := range append(names, "7", "1010", "com") {
			refused(what, name, do(t.Context(), name))
		}
	}
	for _, name := range names {
		refused("tld", name, last(plain(c.TLD(t.Context(), name))))
		refused("extended attributes", name, last(plain(c.ExtendedAttributes(t.Context(), name))))
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent all the same: %+v", n, s.requests())
	}
}

// TestAuthCodesThatNoRegistryGives are refused, and not quoted.
func TestAuthCodesThatNoRegistryGives(t *testing.T) {
	s := serve(t, says(http.StatusCreated, goodRenew))
	for _, code := range []portfolio.AuthCode{"xjfjfj\n", " xjfjfj", "xjfjfj ", "xj\x00fjfj", "xjfjfj\xff", "xjfjfj\t1", portfolio.AuthCode(strings.Repeat("xjfjfj", 200))} {
		c, _ := testClient(t, s.URL)
		err := second(c.Transfer(t.Context(), "example.com", portfolio.TransferRequest{RegistrantID: 3, AuthCode: code}))
		fails(t, err, portfolio.OutcomeNotSent)
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "fjfj") {
			t.Errorf("the code is in %s", text)
		}
	}
	if n := len(s.requests()); n != 0 {
		t.Errorf("%d requests were sent all the same", n)
	}
}

func second[T any](_ T, _ portfolio.Answer, err error) error { return err }

func last(_ any, err error) error { return err }
