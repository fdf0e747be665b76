package client

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"
	"unicode/utf8"

	"domaind/internal/portfolio"
)

// FuzzAnswers gives every call an arbitrary answer. Nothing panics, every failure
// is a CallError, and no purchase succeeds without a 2xx and an id.
func FuzzAnswers(f *testing.F) {
	for _, a := range acts() {
		f.Add(a.good, []byte(a.body))
	}
	f.Add(201, []byte(`{"data":{"id":"1","period":[],"state":{}}}`))
	f.Add(200, []byte(`{"data":[null,1,{"id":1,"name":"a.b","state":"x"}],"pagination":{"current_page":1,"total_pages":1}}`))
	f.Add(400, []byte(`{"message":"no","errors":{"a":["b"],"c":"d","e":1}}`))
	f.Add(429, []byte(page502))
	f.Add(0, []byte(``))
	all := acts()
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		k := newClock()
		sent := 0
		c, err := New(Options{
			Endpoint: "https://api.dnsimple.com", Account: portfolio.Account{ID: 1010}, Token: secret, Now: k.Now, Sleep: k.Sleep,
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				sent++
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			sent = 0
			if err := a.do(t.Context(), c); err != nil {
				checkFailure(t, err)
			} else if status < 200 || status > 299 {
				t.Errorf("%s: %d taken for success", a.name, status)
			}
			if a.change && sent != 1 {
				t.Errorf("%s: sent %d times", a.name, sent)
			}
		}
		p, _, err := c.Renew(t.Context(), "example.com", 1, nil)
		if err == nil && p.ID <= 0 {
			t.Errorf("a renewal without an id: %+v", p)
		}
		if !utf8.ValidString(string(p.State)) || len(p.State) > maxWord {
			t.Errorf("state %q", p.State)
		}
		d, _, err := c.Domain(t.Context(), 7)
		if err == nil && (d.ID != 7 || d.Name == "" || !d.State.Known() || d.State != portfolio.DomainHosted && d.ExpiresAt.IsZero()) {
			t.Errorf("a domain like %+v", d)
		}
		for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
			if err != nil {
				checkFailure(t, err)
			}
			for _, p := range page.Problems {
				checkFailure(t, p)
			}
			for _, d := range page.Items {
				if d.ID <= 0 || d.Name == "" || !d.State.Known() {
					t.Errorf("a domain like %+v", d)
				}
			}
			if page.Number > 1 {
				break
			}
		}
		for page, err := range c.Charges(t.Context(), time.Time{}) {
			if err != nil {
				checkFailure(t, err)
			}
			for _, item := range page.Items {
				if item.Reference == "" || item.InvoicedAt.IsZero() {
					t.Errorf("a charge like %+v", item)
				}
			}
			break
		}
	})
}

func checkFailure(t *testing.T, err error) {
	t.Helper()
	failure, ok := err.(*portfolio.CallError) //nolint:errorlint // the contract is this type
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	if len(failure.Message) > maxText || failure.Message == "" || !utf8.ValidString(failure.Message) {
		t.Errorf("message %q", failure.Message)
	}
}

// FuzzNames: whatever passes for a name stands in a path as it is.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"example.com", "EXAMPLE.com", "../a", "a%2fb", "a b", "xn--bcher-kva.example", "_a.b", "", ".", "a\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, ok := domainName(s)
		if !ok {
			if name != "" {
				t.Errorf("%q was refused as %q", s, name)
			}
			return
		}
		k := newClock()
		c, err := New(Options{
			Endpoint: "https://api.dnsimple.com", Account: portfolio.Account{ID: 1010}, Token: secret, Now: k.Now, Sleep: k.Sleep,
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if want := "/v2/1010/registrar/domains/" + name + "/renewals"; r.URL.EscapedPath() != want || r.URL.RawQuery != "" {
					t.Errorf("%q went to %s", s, r.URL)
				}
				return nil, context.Canceled
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = c.Renew(t.Context(), s, 1, nil)
	})
}

// FuzzText: what is cleaned is printable, short, and without the token.
func FuzzText(f *testing.F) {
	f.Add("a\x00b\u202ec \r\n d", 10)
	f.Add("\xff\xfe"+secret, 100)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(len(ellipsis), min(limit, 1000))
		c := &Client{token: secret}
		got := c.clean(s, limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("%q cleaned to %q of %d bytes", s, got, len(got))
		}
		if bytes.ContainsAny([]byte(got), "\x00\x1b\r\n\t\x7f") || bytes.Contains([]byte(got), []byte(secret)) {
			t.Errorf("%q cleaned to %q", s, got)
		}
	})
}
