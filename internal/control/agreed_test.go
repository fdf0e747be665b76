package control

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"domaind/internal/portfolio"
)

// TestTrusteeRequired: a trustee that a suffix requires is spoken of where none is asked
// for, before anything is bought; and nowhere else.
func TestTrusteeRequired(t *testing.T) {
	o, _, looks := hands()
	looks["main"].trustee = true
	const says = "DNSimple requires a trustee under .de, and none is asked for"
	for _, test := range []struct {
		kind    portfolio.OperationKind
		trustee bool
		told    bool
	}{
		{portfolio.OpRegister, false, true},
		{portfolio.OpRegister, true, false},
		{portfolio.OpTransfer, false, true},
		{portfolio.OpTransfer, true, false},
		{portfolio.OpAdd, false, false},
	} {
		c := Command{Kind: test.kind, Account: "main", Name: "n.de", Terms: portfolio.Terms{Trustee: test.trustee}}
		if test.kind != portfolio.OpAdd {
			c.Contact = "default"
		}
		p, err := InProcess(New(o), alice).Propose(t.Context(), c)
		told := slices.ContainsFunc(p.Consequences, func(text string) bool { return strings.Contains(text, says) })
		if err != nil || told != test.told {
			t.Errorf("%+v: %q %v", test, p.Consequences, err)
		}
	}
	looks["main"].err = &portfolio.CallError{Call: "read the TLD", Outcome: portfolio.OutcomeForbidden, Message: "no scope"}
	status, said := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"register","account":"main","name":"n.de","contact":"default"}`)
	if status != http.StatusOK || !strings.Contains(said, "whether a trustee is required could not be read: read the TLD") {
		t.Errorf("%d %s", status, said)
	}
}

// TestPlaceAsShown: a domain that somebody renewed while another one was asked is not
// renewed again by their yes, although it costs the same.
func TestPlaceAsShown(t *testing.T) {
	for _, test := range []struct {
		body, want string
		status     int
	}{
		{`{"command":{"kind":"renew","name":"a.com"},"agreed":"15.50","expires_at":"2026-03-13T12:00:00Z"}`, `"op"`, http.StatusOK},
		{`{"command":{"kind":"renew","name":"a.com"},"agreed":"15.50"}`, `"op"`, http.StatusOK},
		{`{"command":{"kind":"renew","name":"a.com"},"agreed":"15.50","expires_at":"2025-03-13T12:00:00Z"}`, "a.com expires on 2026-03-13 now, and 2025-03-13 was shown: nothing was done", http.StatusConflict},
		{`{"command":{"kind":"restore","name":"a.com"},"agreed":"15.50","expires_at":"2025-03-13T12:00:00Z"}`, "nothing was done", http.StatusConflict},
		{`{"command":{"kind":"push","name":"a.com","to":"x"},"agreed":"15.50","expires_at":"2026-03-13T12:00:00Z"}`, "push takes no expires_at", http.StatusBadRequest},
	} {
		o, c, _ := hands()
		status, said := ask(t, o, http.MethodPost, "/v1/place", test.body)
		if status != test.status || !strings.Contains(said, test.want) || (len(c.agreed) == 1) != (status == http.StatusOK) {
			t.Errorf("%s: %d %s", test.body, status, said)
		}
	}
	o, c, _ := hands()
	moved := now.AddDate(-1, 0, 12)
	r := PlaceRequest{Command: Command{Kind: portfolio.OpRenew, Name: "a.com"}, Agreed: c.price, ExpiresAt: &moved}
	if _, err := InProcess(New(o), alice).Place(t.Context(), r); err == nil || len(c.agreed) > 0 {
		t.Errorf("%v %v", err, c.agreed)
	}
}
