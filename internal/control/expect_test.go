package control

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// fakeAnnouncer keeps what it is told.
type fakeAnnouncer struct{ kept []portfolio.Approval }

func (f *fakeAnnouncer) ExpectPush(a portfolio.Approval) (portfolio.Approval, error) {
	a.Kind, a.At = portfolio.ApprovalPush, now
	f.kept = append(f.kept, a)
	return a, nil
}

func (f *fakeAnnouncer) ExpectedPushes() ([]portfolio.Approval, error) {
	over := portfolio.Approval{Kind: portfolio.ApprovalPush, AccountID: 1010, SubjectID: 1, Until: now}
	return append([]portfolio.Approval{over}, f.kept...), nil
}

func (f *fakeAnnouncer) RevokePush(id, _, _ string) (portfolio.Approval, error) {
	for _, a := range f.kept {
		if a.ID() == id {
			return a, nil
		}
	}
	return portfolio.Approval{}, &executor.RefusedError{Reason: "there is no announcement " + id}
}

// TestExpectedJSON pins every byte of what is said of announced pushes.
func TestExpectedJSON(t *testing.T) {
	o, _, _ := hands()
	o.Announcer = new(fakeAnnouncer)
	id := portfolio.Approval{Kind: portfolio.ApprovalPush, AccountID: 1010, SubjectID: 77, At: now}.ID()
	one := `{"id":"` + id + `","account":1010,"account_name":"main","domain_id":77,"contact":2715,"by":"operator alice","reason":"the sale","at":"2026-03-01T12:00:00Z","until":"2026-03-08T12:00:00Z"}`
	h := New(o)
	for _, test := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/v1/expected", "", 200, `{"pushes":[]}`},
		{"POST", "/v1/expected", `{"account":"main","domain_id":77,"reason":" the sale "}`, 200, one},
		{"GET", "/v1/expected", "", 200, `{"pushes":[` + one + `]}`},
		{"POST", "/v1/revoke", `{"id":" ` + strings.ToUpper(id) + `"}`, 200, one},
		{"POST", "/v1/revoke", `{"id":"x"}`, 409, `{"error":"there is no announcement x"}`},
		{"POST", "/v1/expected", `{"domain_id":77}`, 400, `{"error":"to which account? Say --account: there is labs (3030), main (1010)"}`},
		{"POST", "/v1/expected", `{"account":"main"}`, 400, `{"error":"which domain? A push names it by DNSimple's id alone: ask whoever pushes it"}`},
		{"POST", "/v1/expected", `{"account":"main","domain_id":7}`, 409, `{"error":"account main (1010) has domain 7 already: it is a.com"}`},
		{"POST", "/v1/expected", `{"account":"labs","domain_id":77}`, 400, `{"error":"which contact becomes the registrant? Account labs (3030) has no contacts.default"}`},
		{"POST", "/v1/expected", `{"account":"main","domain_id":77,"ttl":"91d"}`, 400, `{"error":"a push is announced for 90d at most, and not for 91d"}`},
		{"DELETE", "/v1/expected", "", 405, `{"error":"/v1/expected takes GET, POST, not DELETE"}`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, "http://domaind"+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		status, body := roundTrip(t, inProcess{h, alice}, r)
		if diff := cmp.Diff(test.want+"\n", body); diff != "" || status != test.status {
			t.Errorf("%s %s %s: %d, -want +got:\n%s", test.method, test.path, test.body, status, diff)
		}
	}
}
