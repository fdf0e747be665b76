package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// TestCommandsJSON pins every byte of what a proposal and a placed command answer with.
func TestCommandsJSON(t *testing.T) {
	o, c, _ := hands()
	c.requires = []portfolio.ExtendedAttribute{{Name: "x-kind", Description: "Who it is", Required: true, Options: []portfolio.ExtendedOption{{Title: "Company", Value: "company", Description: "A company"}}}}
	const at, expires = `"at":"2026-03-01T12:00:00Z"`, `"expires_at":"2026-03-13T12:00:00Z"`
	for _, test := range []struct{ path, body, want string }{
		{
			"/v1/propose", `{"kind":"renew","name":"A.com","years":2}`, `{` + at + `,"command":{"kind":"renew","account":"1010","name":"a.com","years":2},` +
				`"account":1010,"account_name":"main","id":7,"domain_id":7,"name":"a.com",` + expires + `,"auto_renew":false,"price":"15.50","premium":false,` +
				`"consequences":["it is so"],"requires":[{"name":"x-kind","description":"Who it is","required":true,"given":"","options":[{"value":"company","title":"Company","description":"A company"}]}],"attributes":[],"owner_change":null,"contact":null}`,
		},
		{
			"/v1/propose", `{"kind":"transfer-out","name":"a.com"}`, `{` + at + `,"command":{"kind":"transfer-out","account":"1010","name":"a.com"},` +
				`"account":1010,"account_name":"main","id":7,"domain_id":7,"name":"a.com",` + expires + `,"auto_renew":true,"price":"15.50","premium":false,` +
				`"consequences":["it is so","it is expected to leave: no rule buys anything for it for 30 days; you are told when it has left, and when it is here still"],` +
				`"requires":[{"name":"x-kind","description":"Who it is","required":true,"given":"","options":[{"value":"company","title":"Company","description":"A company"}]}],"attributes":[],"owner_change":null,` +
				`"contact":{"id":2715,"label":"Default","email":"first@example.com"}}`,
		},
		{
			"/v1/place", `{"command":{"kind":"register","account":"main","name":"Bücher.example","contact":"default","whois_privacy":true,"attributes":{"x-kind":"company"}},"agreed":"15.50"}`,
			`{"op":"` + portfolio.Operation{Key: "k"}.ShortID() + `","account":1010,"kind":"register","id":7,"name":"xn--bcher-kva.example","rule":"","state":"reserved","price":"0.00","reserved":"0.00",` +
				`"sent":0,"attention":false,"by":"operator alice","history":null,"attempt":0,"created_at":"2026-03-01T12:00:00Z"}`,
		},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://domaind"+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		status, body := roundTrip(t, inProcess{New(o), alice}, r)
		if diff := cmp.Diff(test.want+"\n", body); diff != "" || status != http.StatusOK {
			t.Errorf("%s %s: %d, -want +got:\n%s", test.path, test.body, status, diff)
		}
	}
	want := portfolio.Command{
		Kind: portfolio.OpRegister, AccountID: 1010, Name: "xn--bcher-kva.example", Contact: 2715,
		Terms: portfolio.Terms{WhoisPrivacy: true, Attributes: map[string]string{"x-kind": "company"}},
	}
	if got := c.commands[2]; !reflect.DeepEqual(got, want) || *c.agreed[0] != 1550 || c.by[0] != "operator alice" {
		t.Errorf("%+v for %v by %v", got, c.agreed, c.by)
	}
}

// TestUnderstand: a command finds its account, its contact and its subject, or says which
// of them is not clear.
func TestUnderstand(t *testing.T) {
	transfer := portfolio.Operation{Key: "t", AccountID: 3030, Kind: portfolio.OpTransfer, Name: "wanted.com", RemoteID: 55, State: portfolio.StatePending}
	lost := portfolio.Operation{Key: "l", AccountID: 1010, Kind: portfolio.OpTransfer, Name: "lost.com", State: portfolio.StateUnknown}
	for _, test := range []struct {
		body           string
		account, id    int64
		status, domain string
	}{
		{`{"kind":"renew","name":"a&b.com"}`, 0, 0, "400 is no name of a domain", ""},
		{`{"kind":"renew","name":"Bücher.COM"}`, 1010, 0, "", "xn--bcher-kva.com"},
		{`{"kind":"renew","name":"b。com"}`, 3030, 0, "", "b.com"},
		{`{"kind":"renew","name":"both.com"}`, 0, 0, "409 say which of labs (3030), main (1010)", ""},
		{`{"kind":"renew","name":"both.com","account":"labs"}`, 3030, 0, "", "both.com"},
		{`{"kind":"renew","name":"pushed.com"}`, 0, 0, "404 in none of these accounts: labs (3030), main (1010)", ""},
		{`{"kind":"renew","name":"pushed.com","account":"desk"}`, 0, 0, "400 only proves", ""},
		{`{"kind":"add","name":"new.com"}`, 0, 0, "400 in which account", ""},
		{`{"kind":"accept","id":1,"contact":"default"}`, 1010, 1, "", ""},
		{`{"kind":"accept","id":2,"contact":"default"}`, 0, 0, "404 push 2", ""},
		{`{"kind":"accept","id":1,"contact":"nobody"}`, 0, 0, "400 there is default", ""},
		{`{"kind":"change-registrant","name":"b.com","contact":"default"}`, 0, 0, "400 give its id", ""},
		{`{"kind":"cancel-change","id":101}`, 1010, 101, "", ""},
		{`{"kind":"cancel-change","id":9}`, 0, 0, "404 registrant change 9", ""},
		{`{"kind":"cancel-transfer","name":"wanted.com"}`, 3030, 55, "", "wanted.com"},
		{`{"kind":"cancel-transfer","name":"wanted.com","account":"main"}`, 0, 0, "404 the ledger knows no transfer", ""},
		{`{"kind":"cancel-transfer","name":"lost.com"}`, 0, 0, "404 the ledger knows no transfer", ""},
		{`{"kind":"cancel-transfer","name":"lost.com","id":9}`, 0, 0, "404 transfer 9", ""},
		{`{"kind":"cancel-transfer","name":"lost.com","id":9,"account":"main"}`, 1010, 9, "", "lost.com"},
		{`{"kind":"sell","name":"b.com"}`, 0, 0, `400 is no command`, ""},
		{`{"kind":"renew"}`, 0, 0, "400 renew needs a name", ""},
		{`{"kind":"renew","name":"b.com","to":"x"}`, 0, 0, "400 renew takes no to", ""},
		{`{"kind":"renew","name":"b.com","years":-1}`, 0, 0, "400 negative", ""},
		{`{"kind":"renew","name":"b.com","years":11}`, 0, 0, "400 1 to 10 years", ""},
		{`{"kind":"renew","name":"b.com","years":12300000000000000}`, 0, 0, "400 1 to 10 years", ""},
		{`{"kind":"push","name":"b.com","to":"My account"}`, 0, 0, "400 names no account", ""},
		{`{"kind":"push","name":"b.com","email":"somebody"}`, 0, 0, "400 names no account", ""},
		{`{"kind":"push","name":"b.com","email":"some\nbody@example.com"}`, 0, 0, "400 names no account", ""},
		{`{"kind":"push","name":"b.com","to":"` + strings.Repeat("x", 400) + `"}`, 0, 0, "400 names no account", ""},
		{`{"kind":"push","name":"b.com","email":"some+body@example.com"}`, 3030, 0, "", "b.com"},
		{`{"kind":"push","name":"b.com","on":true}`, 0, 0, "400 push takes no on", ""},
		{`{"kind":"register","account":"main","name":"n.com","contact":"2715","attributes":{"":"x"}}`, 0, 0, "400 has no name", ""},
		{`{"kind":"renew","name":"b.com","code":"S3cret"}`, 0, 0, "400 unknown field", ""},
	} {
		o, c, _ := hands()
		o.Ledger = rowsOf(lost, transfer)
		status, said := ask(t, o, http.MethodPost, "/v1/propose", test.body)
		if test.status != "" {
			code, text, _ := strings.Cut(test.status, " ")
			if fmt.Sprint(status) != code || !strings.Contains(said, text) || len(c.commands) > 0 {
				t.Errorf("%s: %d %s", test.body, status, said)
			}
			continue
		}
		if status != http.StatusOK || len(c.commands) != 1 {
			t.Errorf("%s: %d %s", test.body, status, said)
			continue
		}
		if got := c.commands[0]; got.AccountID != test.account || got.SubjectID != test.id || got.Name != test.domain {
			t.Errorf("%s: %+v", test.body, got)
		}
	}
}

// TestUnreadAccounts: where an account cannot be read, what another one has is found all
// the same; and that nobody has it is not said.
func TestUnreadAccounts(t *testing.T) {
	o, _, looks := hands()
	looks["labs"].err = &portfolio.CallError{Call: "read it (account 3030)", Outcome: portfolio.OutcomeUnknown, Message: "502"}
	if status, said := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"renew","name":"xn--bcher-kva.com"}`); status != http.StatusOK {
		t.Errorf("%d %s", status, said)
	}
	status, said := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"renew","name":"c.com"}`)
	if status != http.StatusBadGateway || !strings.Contains(said, "c.com is in no account that could be read: read it (account 3030)") {
		t.Errorf("%d %s", status, said)
	}
}

// TestPlace: what is placed must be as it was meant.
func TestPlace(t *testing.T) {
	for _, test := range []struct {
		body, want string
		status     int
	}{
		{`{"command":{"kind":"delete","name":"c.com"},"agreed":null}`, "only where its name is said once more", 400},
		{`{"command":{"kind":"delete","name":"c.com"},"confirm":"b.com"}`, "only where its name is said once more", 400},
		{`{"command":{"kind":"delete","name":"c.com"},"confirm":"C.com"}`, `"op"`, 200},
		{`{"command":{"kind":"renew","name":"c.com"},"code":"S3cret"}`, "goes with a transfer only", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1","with_code":true}}`, "code is missing", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1","with_code":true},"code":" S3cret"}`, "spaces around it", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1","with_code":true},"code":"S3\ncret"}`, "characters that no code has", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1"},"code":987654321}`, "no string", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1"},"code":"S3cret"`, "not as it should be", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1"},"code":S3cret}`, "no JSON at byte", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1"},"code":"\S3cret"}`, "no JSON at byte", 400},
		{`{"command":{"kind":"transfer","account":"main","name":"n.com","contact":"1"},"code":"S3cret","codes":"S3cret"}`, "unknown field", 400},
	} {
		o, c, _ := hands()
		status, said := ask(t, o, http.MethodPost, "/v1/place", test.body)
		if status != test.status || !strings.Contains(said, test.want) || (status == 200) != (len(c.commands) == 1) {
			t.Errorf("%s: %d %s", test.body, status, said)
		}
		for _, secret := range []string{"S3cret", "S3", "9876", "'S'"} {
			if strings.Contains(said, secret) {
				t.Errorf("%s quotes the code: %s", test.body, said)
			}
		}
	}
}

// TestCodeIsSentOnce: the client sends the code with what is placed, and nothing else
// shows it.
func TestCodeIsSentOnce(t *testing.T) {
	o, c, _ := hands()
	client := InProcess(New(o), alice)
	command := Command{Kind: portfolio.OpTransfer, Account: "main", Name: "n.com", Contact: "default", Terms: portfolio.Terms{WithCode: true}}
	p, err := client.Propose(t.Context(), command)
	if err != nil || c.commands[0].Code != withheld {
		t.Fatalf("%+v %v", c.commands, err)
	}
	price := portfolio.Money(1550)
	r := PlaceRequest{Command: p.Command, Agreed: &price, Code: "S3cret"}
	if _, err := client.Place(t.Context(), r); err != nil || string(c.commands[1].Code) != "S3cret" || *c.agreed[0] != 1550 {
		t.Errorf("%+v %v", c.commands, err)
	}
	for _, v := range []any{r, &r, placement{Code: writtenCode{r.Code}}, c.commands[1]} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "S3cret") {
				t.Errorf("%s: %s", verb, text)
			}
		}
	}
}

// TestCommandsRefused: what cannot be is a sentence, and a state that is only read is not
// changed.
func TestCommandsRefused(t *testing.T) {
	o, c, _ := hands()
	c.err = &executor.RefusedError{Reason: "it is so"}
	for _, path := range []string{"/v1/propose", "/v1/place"} {
		body := `{"kind":"renew","name":"c.com"}`
		if path == "/v1/place" {
			body = `{"command":` + body + `}`
		}
		if status, said := ask(t, o, http.MethodPost, path, body); status != http.StatusConflict || said != `{"error":"it is so"}`+"\n" {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
	o, c, looks := hands()
	var heard []error
	o.ReadOnly, o.Failed = true, func(err error) { heard = append(heard, err) }
	if status, _ := ask(t, o, http.MethodPost, "/v1/place", `{"command":{"kind":"renew","name":"c.com"}}`); status != http.StatusConflict || len(c.commands) > 0 {
		t.Errorf("%d %v", status, c.commands)
	}
	if status, _ := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"renew","name":"c.com"}`); status != http.StatusOK {
		t.Error(status)
	}
	c.err = errBroken
	if status, _ := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"renew","name":"c.com"}`); status != http.StatusInternalServerError || len(heard) != 1 || !errors.Is(heard[0], errBroken) {
		t.Errorf("%d %v", status, heard)
	}
	c.err = nil
	if status, said := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"register","account":"main","name":"n.com","contact":"99"}`); status != http.StatusNotFound || !strings.Contains(said, "main (1010) has no contact 99") {
		t.Errorf("%d %s", status, said)
	}
	looks["main"].err = &portfolio.CallError{Call: "read contact", Outcome: portfolio.OutcomeForbidden, Message: "no scope"}
	if status, said := ask(t, o, http.MethodPost, "/v1/propose", `{"kind":"register","account":"main","name":"n.com","contact":"default"}`); status != http.StatusOK || !strings.Contains(said, "who contact 2715 is could not be read") {
		t.Errorf("%d %s", status, said)
	}
}

// TestOperation: an operation is looked at by its id, whether it has ended or not.
func TestOperation(t *testing.T) {
	over := operation(9, "over.com", portfolio.StateFailed, 9)
	o := options(fakeScanner{}, rowsOf(over))
	row, err := InProcess(New(o), alice).Operation(context.Background(), over.ShortID()) //nolint:usetesting // it must not end with the test
	if err != nil || row.State != portfolio.StateFailed || row.Name != "over.com" {
		t.Errorf("%+v %v", row, err)
	}
	if status, _ := ask(t, o, http.MethodGet, "/v1/operation", ""); status != http.StatusBadRequest {
		t.Error(status)
	}
	if status, _ := ask(t, o, http.MethodGet, "/v1/operation?op=nowhere", ""); status != http.StatusNotFound {
		t.Error(status)
	}
}
