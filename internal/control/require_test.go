package control

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// TestRequirements: all that the registry asks for is told, given or not, required or not;
// and what it does not know.
func TestRequirements(t *testing.T) {
	options := []portfolio.ExtendedOption{{Title: "Company", Value: "company"}, {Title: "Person", Value: "person"}}
	o, _, looks := hands()
	looks["main"].wanted = []portfolio.ExtendedAttribute{
		{Name: "x-kind", Description: "Who it is", Required: true, Options: options}, {Name: "x-id", Description: "A number"},
	}
	kinds := []Option{{Value: "company", Title: "Company"}, {Value: "person", Title: "Person"}}
	yes := true
	for name, test := range map[string]struct {
		command Command
		given   [2]string
		owner   *bool
		says    []string
	}{
		"a change": {
			Command{Kind: portfolio.OpChangeRegistrant, Name: "a.com", Contact: "default", Terms: portfolio.Terms{Attributes: map[string]string{"x-kind": "person"}}},
			[2]string{"person", ""},
			&yes, nil,
		},
		"a registration": {
			Command{Kind: portfolio.OpRegister, Account: "main", Name: "n.com", Contact: "default", Terms: portfolio.Terms{Attributes: map[string]string{"x-id": "anything", "x-kind": "dog\x1b"}}},
			[2]string{"dog\x1b", "anything"},
			nil,
			[]string{"dog  is none of the values that the registry knows for x-kind: company, person"},
		},
		"a transfer": {
			Command{Kind: portfolio.OpTransfer, Account: "main", Name: "n.com", Contact: "default", Terms: portfolio.Terms{Attributes: map[string]string{"x-knd": "dog"}}},
			[2]string{},
			nil,
			[]string{"the registry does not ask for x-knd: it may be a typing error"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := InProcess(New(o), alice).Propose(t.Context(), test.command)
			if err != nil {
				t.Fatal(err)
			}
			want := []Attribute{
				{Name: "x-kind", Description: "Who it is", Required: true, Given: test.given[0], Options: kinds},
				{Name: "x-id", Description: "A number", Given: test.given[1], Options: []Option{}},
			}
			if diff := cmp.Diff(want, p.Attributes); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.owner, p.OwnerChange); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{"it is so"}, test.says...), p.Consequences); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	looks["main"].err = &portfolio.CallError{Call: "read the extended attributes", Outcome: portfolio.OutcomeForbidden, Message: "no scope"}
	status, said := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"register","account":"main","name":"n.com","contact":"default"}`)
	if status != http.StatusOK || !strings.Contains(said, "what the registry wants to know could not be read: read the extended attributes") || !strings.Contains(said, `"attributes":[]`) {
		t.Errorf("%d %s", status, said)
	}
}

// TestAdvice: what is no part of the command itself is said where it matters, and nowhere
// else.
func TestAdvice(t *testing.T) {
	expires := portfolio.Operation{Name: "a.com", ExpiresAt: time.Date(2026, time.May, 1, 0, 0, 0, 0, time.UTC)}
	for _, test := range []struct {
		command portfolio.Command
		op      portfolio.Operation
		says    string
	}{
		{portfolio.Command{Kind: portfolio.OpRestore}, expires, `"domaind renew a.com" has it back for less`},
		{portfolio.Command{Kind: portfolio.OpTransferOut}, expires, "no rule buys anything for it for 30 days"},
		{portfolio.Command{Kind: portfolio.OpAutoRenewal}, expires, "it expires on 2026-05-01, unless"},
		{portfolio.Command{Kind: portfolio.OpAutoRenewal}, portfolio.Operation{Name: "hosted.com"}, ""},
		{portfolio.Command{Kind: portfolio.OpAutoRenewal, Terms: portfolio.Terms{On: true}}, expires, ""},
		{portfolio.Command{Kind: portfolio.OpRenew}, expires, ""},
	} {
		said := strings.Join(advice(test.command, test.op), "\n")
		if (said == "") != (test.says == "") || !strings.Contains(said, test.says) {
			t.Errorf("%+v: %q", test.command, said)
		}
	}
}
