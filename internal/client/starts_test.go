package client

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// idIn finds the id of what a method gave.
func idIn(t *testing.T, v any) int64 {
	t.Helper()
	id, ok := reflect.TypeAssert[int64](reflect.ValueOf(v).FieldByName("ID"))
	if !ok {
		t.Fatalf("%T has no ID", v)
	}
	return id
}

// TestWhateverBeginsKeepsItsID: each call that begins something takes any 2xx with
// an id for accepted, and no 2xx without one.
func TestWhateverBeginsKeepsItsID(t *testing.T) {
	begun := 0
	for _, call := range allCalls() {
		if call.kind != starts {
			continue
		}
		begun++
		for name, answer := range map[string]http.HandlerFunc{
			"201":              says(201, `{"data":{"id":31}}`),
			"202":              says(202, `{"data":{"id":31,"state":"new"}}`),
			"299":              says(299, `{"data":{"id":31}}`),
			"id as text":       says(201, `{"data":{"id":"31"}}`),
			"unknown state":    says(201, `{"data":{"id":31,"state":"pon\u0007dering"}}`),
			"another account":  says(201, `{"data":{"id":31,"account_id":4040}}`),
			"whole, then lost": breaksOff(201, `{"data":{"id":31,"state":"new"}}`),
			"padded":           says(201, `{"data":{"id":31}}`+strings.Repeat(" ", maxBody)),
			"odd types": says(201, `{"data":{"id":31,"domain_id":"x","contact_id":[],"account_id":{},"registrant_id":null,"period":-1e99,"state":7,`+
				`"auto_renew":"yes","whois_privacy":1,"trustee":null,"status_description":["x"],"extended_attributes":[],"registry_owner_change":0,`+
				`"irt_lock_lifted_by":1,"created_at":[],"updated_at":"?","accepted_at":"soon"}}`),
		} {
			c, _ := testClient(t, serve(t, answer).URL)
			got, err := call.do(t.Context(), c)
			if err != nil {
				t.Errorf("%s, %s: %v", call.name, name, err)
				continue
			}
			if id := idIn(t, got); id != 31 {
				t.Errorf("%s, %s: id %d of %+v", call.name, name, id, got)
			}
		}
		for name, body := range map[string]string{
			"id 0": `{"data":{"id":0,"state":"new"}}`, "no id": `{"data":{"state":"new","domain_id":7}}`, "id null": `{"data":{"id":null}}`,
			"id a fraction": `{"data":{"id":1.5}}`, "id too large": `{"data":{"id":99999999999999999999}}`, "a list": `{"data":[{"id":31}]}`,
		} {
			c, _ := testClient(t, serve(t, says(201, body)).URL)
			if _, err := call.do(t.Context(), c); err == nil {
				t.Errorf("%s, %s: taken for success", call.name, name)
			} else {
				fails(t, err, portfolio.OutcomeUnknown)
			}
		}
	}
	if begun != 6 {
		t.Errorf("%d calls begin something, want 6", begun)
	}
}

// TestOddAnswersAreFilledFromWhatWasAsked: what the answer leaves out, and was asked
// for, is known all the same.
func TestOddAnswersAreFilledFromWhatWasAsked(t *testing.T) {
	c, _ := testClient(t, serve(t, says(201, `{"data":{"id":31}}`)).URL)
	change, _, err := c.CreateRegistrantChange(t.Context(), 7, 3, map[string]string{"x-id": "1"})
	want := portfolio.RegistrantChange{ID: 31, AccountID: 1010, DomainID: 7, ContactID: 3, ExtendedAttributes: map[string]string{"x-id": "1"}}
	if diff := cmp.Diff(want, change); err != nil || diff != "" {
		t.Error(err, diff)
	}
	push, _, err := c.InitiatePush(t.Context(), 7, portfolio.PushTarget{Identifier: "x"})
	if diff := cmp.Diff(portfolio.Push{ID: 31, DomainID: 7}, push); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestReadBackIsAboutWhatWasAsked: an answer about another registration, transfer,
// renewal or restore is none.
func TestReadBackIsAboutWhatWasAsked(t *testing.T) {
	for _, name := range []string{"getDomainRegistration", "getDomainTransfer", "cancelDomainTransfer", "getDomainRenewal", "getDomainRestore", "getContact"} {
		for _, call := range allCalls() {
			if call.name != name {
				continue
			}
			for _, body := range []string{`{"data":{"id":12,"state":"registered"}}`, `{"data":{"state":"registered"}}`} {
				c, _ := testClient(t, serve(t, says(call.status, body)).URL)
				if got, err := call.do(t.Context(), c); err == nil {
					t.Errorf("%s: %+v out of %s", name, got, body)
				} else {
					fails(t, err, portfolio.OutcomeUnknown)
				}
			}
		}
	}
}

// TestStatesOfPurchases: every state that the pages name arrives, with what it means.
func TestStatesOfPurchases(t *testing.T) {
	const underWay, finished, ended, unknown = portfolio.ProgressUnderWay, portfolio.ProgressFinished, portfolio.ProgressEnded, portfolio.ProgressUnknown
	for state, want := range map[string]portfolio.Progress{
		"new": underWay, "registering": underWay, "registered": finished, "transferring": underWay, "transferred": finished,
		"cancelled": ended, "failed": ended, "asleep": unknown,
	} {
		c, _ := testClient(t, serve(t, says(200, fmt.Sprintf(`{"data":{"id":11,"state":%q}}`, state))).URL)
		r, err := c.Registration(t.Context(), "example.com", 11)
		if err != nil || string(r.State) != state || r.State.Progress() != want {
			t.Errorf("registration: %+v, %v", r, err)
		}
		tr, err := c.TransferStatus(t.Context(), "example.com", 11)
		if err != nil || string(tr.State) != state || tr.State.Progress() != want {
			t.Errorf("transfer: %+v, %v", tr, err)
		}
	}
}

// TestCreateDomainIsAboutTheName: the answer to an addition is read strictly, since
// the name finds the domain again.
func TestCreateDomainIsAboutTheName(t *testing.T) {
	for name, body := range map[string]string{
		"another name":    enclosed(registeredJSON),
		"another account": enclosed(strings.Replace(hostedJSON, "1010", "2020", 1)),
		"no id":           enclosed(strings.Replace(hostedJSON, `"id":8`, `"id":0`, 1)),
		"unknown state":   enclosed(strings.Replace(hostedJSON, "hosted", "melted", 1)),
	} {
		c, _ := testClient(t, serve(t, says(201, body)).URL)
		d, answer, err := c.CreateDomain(t.Context(), "xn--bcher-kva.example")
		fails(t, err, portfolio.OutcomeUnknown)
		if d != (portfolio.Domain{}) || answer.Status != 201 {
			t.Errorf("%s: %+v, %+v", name, d, answer)
		}
	}
	c, _ := testClient(t, serve(t, says(406, `{"message":"Ownership must be verified first"}`)).URL)
	_, _, err := c.CreateDomain(t.Context(), "example.com")
	if failure := failed(t, err, portfolio.OutcomeRejected); failure.Status != 406 {
		t.Errorf("%+v", failure)
	}
}
