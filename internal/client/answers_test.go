package client

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// TestAnIDIsNeverThrownAway: whatever else is wrong with a 2xx, its id counts.
func TestAnIDIsNeverThrownAway(t *testing.T) {
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		want    portfolio.Purchase
	}{
		"documented": {says(202, `{"data":{"id":11,"domain_id":7,"period":2,"state":"renewing","created_at":"2026-02-09T19:46:45Z","updated_at":"2026-02-09T20:46:45+01:00"}}`), portfolio.Purchase{
			ID: 11, DomainID: 7, Period: 2, State: portfolio.PurchaseRenewing,
			CreatedAt: time.Date(2026, 2, 9, 19, 46, 45, 0, time.UTC), UpdatedAt: time.Date(2026, 2, 9, 19, 46, 45, 0, time.UTC),
		}},
		"status 200":     {says(200, `{"data":{"id":11,"state":"new"}}`), portfolio.Purchase{ID: 11, State: portfolio.PurchaseNew}},
		"status 299":     {says(299, `{"data":{"id":11,"state":"new"}}`), portfolio.Purchase{ID: 11, State: portfolio.PurchaseNew}},
		"id alone":       {says(201, `{"data":{"id":11}}`), portfolio.Purchase{ID: 11}},
		"id as text":     {says(201, `{"data":{"id":"11"}}`), portfolio.Purchase{ID: 11}},
		"unknown state":  {says(201, `{"data":{"id":11,"state":"pon\u0007dering"}}`), portfolio.Purchase{ID: 11, State: "pondering"}},
		"odd types":      {says(201, `{"data":{"id":11,"domain_id":"x","period":{},"state":7,"created_at":[],"updated_at":"?"}}`), portfolio.Purchase{ID: 11}},
		"odd numbers":    {says(201, `{"data":{"id":11,"domain_id":-7,"period":1e99,"state":null}}`), portfolio.Purchase{ID: 11}},
		"negative years": {says(201, `{"data":{"id":11,"period":-1}}`), portfolio.Purchase{ID: 11}},
		"whole, then lost": {
			breaksOff(201, `{"data":{"id":11,"domain_id":7,"period":1,"state":"new"}}`),
			portfolio.Purchase{ID: 11, DomainID: 7, Period: 1, State: portfolio.PurchaseNew},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := testClient(t, serve(t, tt.handler).URL)
			p, answer, err := c.Renew(t.Context(), "example.com", 1, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p); diff != "" {
				t.Error(diff)
			}
			if answer.Status < 200 || answer.Status > 299 || answer.Date.IsZero() {
				t.Errorf("answer %+v", answer)
			}
			if p, _, err := c.Restore(t.Context(), "example.com", nil); err != nil || p.ID != 11 {
				t.Errorf("restore: %+v, %v", p, err)
			}
		})
	}
}

func TestAnotherThanAskedFor(t *testing.T) {
	other := func(body string) *Client {
		c, _ := testClient(t, serve(t, says(200, body)).URL)
		return c
	}
	_, _, err := other(strings.Replace(goodDomain, `"id":7`, `"id":8`, 1)).Domain(t.Context(), 7)
	fails(t, err, portfolio.OutcomeUnknown)
	_, _, err = other(strings.Replace(goodDomain, `1010`, `2020`, 1)).Domain(t.Context(), 7)
	fails(t, err, portfolio.OutcomeUnknown)
	_, _, err = other(strings.Replace(goodDomain, `registered`, `melted`, 1)).Domain(t.Context(), 7)
	if failure := failed(t, err, portfolio.OutcomeUnknown); !strings.Contains(failure.Message, `unknown state "melted"`) {
		t.Errorf("%v does not name the state", failure)
	}
	_, _, err = other(strings.Replace(goodDomain, `"expires_at":"2026-06-05T02:15:00Z",`, ``, 1)).Domain(t.Context(), 7)
	fails(t, err, portfolio.OutcomeUnknown)
	_, err = other(goodRenew).Renewal(t.Context(), "example.com", 12)
	fails(t, err, portfolio.OutcomeUnknown)
	_, err = other(goodRenew).Restoration(t.Context(), "example.com", 12)
	fails(t, err, portfolio.OutcomeUnknown)
	_, err = other(goodChange).RegistrantChange(t.Context(), 6)
	fails(t, err, portfolio.OutcomeUnknown)
	_, err = other(goodChange).CancelRegistrantChange(t.Context(), 6)
	fails(t, err, portfolio.OutcomeUnknown)
	_, err = other(`{"data":{"domain":"example.org","renewal_price":1}}`).Prices(t.Context(), "example.com")
	fails(t, err, portfolio.OutcomeUnknown)
	_, err = other(`{"data":{"tld":"org"}}`).TLD(t.Context(), "com")
	fails(t, err, portfolio.OutcomeUnknown)
}

func TestDomainAndAnswer(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Sun, 01 Mar 2026 12:00:07 GMT")
		says(200, goodDomain)(w, r)
	})
	c, _ := testClient(t, s.URL)
	d, answer, err := c.Domain(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	want := portfolio.Answer{Status: 200, RequestID: "req-1", Date: time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC)}
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Error(diff)
	}
	if d.ID != 7 || d.Name != "example.com" || !d.ExpiresAt.Equal(time.Date(2026, 6, 5, 2, 15, 0, 0, time.UTC)) || !d.WhoisPrivacy {
		t.Errorf("domain %+v", d)
	}
}

func TestCancelRegistrantChange(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   portfolio.ChangeState
	}{
		{204, "", portfolio.ChangeCancelled},
		{202, goodChange, portfolio.ChangeCancelling},
		{200, strings.Replace(goodChange, "cancelling", "completed", 1), portfolio.ChangeCompleted},
	} {
		c, _ := testClient(t, serve(t, says(tt.status, tt.body)).URL)
		got, err := c.CancelRegistrantChange(t.Context(), 5)
		if err != nil || got != tt.want {
			t.Errorf("%d: %q, %v; want %q", tt.status, got, err, tt.want)
		}
	}
	c, _ := testClient(t, serve(t, says(202, strings.Replace(goodChange, "cancelling", "pondering", 1))).URL)
	_, err := c.CancelRegistrantChange(t.Context(), 5)
	fails(t, err, portfolio.OutcomeUnknown)
}

// TestNoContent: it is success where it is documented, and nothing else is success
// there; elsewhere it is none.
func TestNoContent(t *testing.T) {
	for _, call := range allCalls() {
		if call.status == http.StatusNoContent {
			for _, body := range []string{"", "{}", `{"data":{"id":4}}`, page502} {
				c, _ := testClient(t, serve(t, says(200, body)).URL)
				_, err := call.do(t.Context(), c)
				fails(t, err, portfolio.OutcomeUnknown)
			}
			continue
		}
		c, _ := testClient(t, serve(t, says(204, "")).URL)
		got, err := call.do(t.Context(), c)
		if call.name == "deleteRegistrantChange" { // documented to answer either way
			if got != portfolio.ChangeCancelled || err != nil {
				t.Errorf("%v, %v", got, err)
			}
			continue
		}
		fails(t, err, portfolio.OutcomeUnknown)
	}
}

func TestPrices(t *testing.T) {
	c, _ := testClient(t, serve(t, says(200, `{"data":{"domain":"Example.com","premium":true,"registration_price":20,"renewal_price":14.50,"transfer_price":0.1,"trustee_price":5e1}}`)).URL)
	got, err := c.Prices(t.Context(), "EXAMPLE.com")
	if err != nil {
		t.Fatal(err)
	}
	want := portfolio.Prices{Name: "example.com", Premium: true, Registration: 2000, Renewal: 1450, Transfer: 10, Trustee: 5000}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	c, _ = testClient(t, serve(t, says(200, `{"data":{"domain":"bücher.example","renewal_price":14.50}}`)).URL)
	if got, err := c.Prices(t.Context(), "xn--bcher-kva.example"); err != nil || got.Renewal != 1450 {
		t.Errorf("an answer in Unicode: %+v, %v", got, err)
	}

	for _, price := range []string{"-1", "-0.01", "1e300", "NaN", `"14.50"`, "1e9999", "true", "[]"} {
		for _, which := range []string{"registration_price", "renewal_price", "restore_price", "transfer_price", "trustee_price"} {
			c, _ := testClient(t, serve(t, says(200, `{"data":{"domain":"example.com","`+which+`":`+price+`}}`)).URL)
			got, err := c.Prices(t.Context(), "example.com")
			fails(t, err, portfolio.OutcomeUnknown)
			if got != (portfolio.Prices{}) {
				t.Errorf("prices %+v beside an error", got)
			}
		}
	}
}

func TestTLD(t *testing.T) {
	c, _ := testClient(t, serve(t, says(200, `{"data":{"tld":"it","auto_renew_only":true,"minimum_registration":2,"registration_enabled":true,"renewal_enabled":true,"transfer_enabled":true}}`)).URL)
	got, err := c.TLD(t.Context(), "it")
	want := portfolio.TLDFacts{TLD: "it", AutoRenewOnly: true, RenewalEnabled: true, RegistrationEnabled: true, TransferEnabled: true, MinimumRegistration: 2}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestIdentity(t *testing.T) {
	for body, want := range map[string]portfolio.Identity{
		`{"data":{"user":null,"account":{"id":1010,"email":"a@example.com"}}}`: {AccountID: 1010, Email: "a@example.com"},
		`{"data":{"user":{"id":3,"email":"u@example.com"},"account":null}}`:    {UserID: 3, Email: "u@example.com"},
	} {
		c, _ := testClient(t, serve(t, says(200, body)).URL)
		if got, err := c.Whoami(t.Context()); err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	for _, body := range []string{`{"data":{}}`, `{"data":{"user":null,"account":null}}`, `{"data":{"account":{}}}`, `{"data":[]}`} {
		c, _ := testClient(t, serve(t, says(200, body)).URL)
		_, err := c.Whoami(t.Context())
		fails(t, err, portfolio.OutcomeUnknown)
	}
	c, _ := testClient(t, serve(t, says(200, `{"data":[{"id":1,"email":"a@example.com"},{"id":2}]}`)).URL)
	got, err := c.Accounts(t.Context())
	if diff := cmp.Diff([]portfolio.Identity{{AccountID: 1, Email: "a@example.com"}, {AccountID: 2}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	c, _ = testClient(t, serve(t, says(200, `{"data":[{"email":"a@example.com"}]}`)).URL)
	_, err = c.Accounts(t.Context())
	fails(t, err, portfolio.OutcomeUnknown)
}

func TestWhatDNSimpleSays(t *testing.T) {
	many := "{"
	for i := range 200 {
		many += quoted(strings.Repeat("k", i+1)) + `:["` + strings.Repeat("v", 2000) + `"],`
	}
	many += `"z":[]}`
	for name, tt := range map[string]struct {
		body       string
		message    string
		attributes map[string][]string
	}{
		"no errors":      {`{"message":"TLD .PINEAPPLE is not supported"}`, "TLD .PINEAPPLE is not supported", nil},
		"null errors":    {`{"message":"no","errors":null}`, "no", nil},
		"empty errors":   {`{"message":"may not be renewed at this time","errors":{}}`, "may not be renewed at this time", nil},
		"lists":          {`{"message":"no","errors":{"city":["can't be blank","is odd"],"email":[]}}`, "no", map[string][]string{"city": {"can't be blank", "is odd"}, "email": {}}},
		"strings":        {`{"message":"no","errors":{"x-id":"invalid number"}}`, "no", map[string][]string{"x-id": {"invalid number"}}},
		"both":           {`{"message":"no","errors":{"a":"b","c":["d"]}}`, "no", map[string][]string{"a": {"b"}, "c": {"d"}}},
		"something else": {`{"message":"no","errors":{"a":{"b":[1]}}}`, "no", map[string][]string{"a": {`{"b":[1]}`}}},
		"a list":         {`{"message":"no","errors":["a"]}`, "no", nil},
		"controls":       {`{"message":"\u001b[31mno\u0000\r\n  no\u202e","errors":{"a\n":"\u0007b"}}`, "[31mno no", map[string][]string{"a": {"b"}}},
		"scope":          {`{"message":"Permission Denied. Required Scope: billing:*:read"}`, "Permission Denied. Required Scope: billing:*:read", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := testClient(t, serve(t, says(400, tt.body)).URL)
			_, _, err := c.Renew(t.Context(), "example.com", 1, nil)
			failure := failed(t, err, portfolio.OutcomeRejected)
			if failure.Message != tt.message || failure.RequestID != "req-1" || failure.Status != 400 || failure.Date.IsZero() {
				t.Errorf("%+v", failure)
			}
			if failure.Call != "renew example.com (account 1010)" {
				t.Errorf("call %q", failure.Call)
			}
			if diff := cmp.Diff(tt.attributes, failure.Attributes); diff != "" {
				t.Error(diff)
			}
		})
	}

	t.Run("bounded", func(t *testing.T) {
		c, _ := testClient(t, serve(t, says(400, `{"message":`+quoted(strings.Repeat("ü", 10_000))+`,"errors":`+many+`}`)).URL)
		_, _, err := c.Renew(t.Context(), "example.com", 1, nil)
		failure := failed(t, err, portfolio.OutcomeRejected)
		if n := len(failure.Message); n > maxText || n < maxText-4 || !utf8.ValidString(failure.Message) {
			t.Errorf("a message of %d bytes, valid %v", n, utf8.ValidString(failure.Message))
		}
		if len(failure.Attributes) != maxAttributes {
			t.Errorf("%d attributes", len(failure.Attributes))
		}
		for k, v := range failure.Attributes {
			if len(k) > maxWord || len(v[0]) > maxText {
				t.Errorf("attribute of %d bytes with %d", len(k), len(v[0]))
			}
		}
	})

	for _, body := range []string{``, `{}`, `{"message":""}`, `{"message":"\u0000 "}`, `{"message":7}`, `{"error":"no"}`, `"message"`, `[]`, `null`} {
		c, _ := testClient(t, serve(t, says(400, body)).URL)
		_, _, err := c.Renew(t.Context(), "example.com", 1, nil)
		fails(t, err, portfolio.OutcomeUnknown)
	}
}

// TestPaddedAnswer: an answer that makes sense, but is followed by more than
// anyone would send, is no answer to a question; an id in it counts all the same.
func TestPaddedAnswer(t *testing.T) {
	padding := strings.Repeat(" ", maxBody)
	s := serve(t, says(200, goodDomain+padding))
	c, _ := testClient(t, s.URL)
	_, _, err := c.Domain(t.Context(), 7)
	if failure := failed(t, err, portfolio.OutcomeUnknown); !strings.Contains(failure.Message, "larger than 8 MiB") {
		t.Errorf("%v does not say that it is too large", failure)
	}
	if n := len(s.requests()); n != 1 {
		t.Errorf("it was read %d times", n)
	}
	c, _ = testClient(t, serve(t, says(201, goodRenew+padding)).URL)
	if p, _, err := c.Renew(t.Context(), "example.com", 1, nil); err != nil || p.ID != 11 {
		t.Errorf("%+v, %v", p, err)
	}
}
