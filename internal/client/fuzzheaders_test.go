package client

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"domaind/internal/portfolio"
)

// FuzzHeaders gives every call arbitrary headers, around answers that succeed or do
// not. Nothing panics, what is kept of them is fit for a log, nothing waits longer
// than a window of the rate limit, and what changes the world is sent once.
func FuzzHeaders(f *testing.F) {
	f.Add(200, "Sun, 01 Mar 2026 12:00:07 GMT", "req-1", "2400", "2399", "1772370000", "")
	f.Add(429, "Sun, 01 Mar 2026 12:00:07 GMT", "", "2400", "0", "1772370000", "90")
	f.Add(429, "", "\x1b[31m"+secret, "-1", "99999999999999999999", "9223372036854775807", "9223372036854775807")
	f.Add(429, "Thu, 01 Jan 1970 00:00:00 GMT", "x", "0", "0", "-5", "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(500, "soon", "\u202e", "", "", "", "Mon, 02 Mar 2026 00:00:00 GMT")
	f.Add(302, "", "", "", "", "", "")
	calls := allCalls()
	f.Fuzz(func(t *testing.T, status int, date, id, limit, remaining, reset, after string) {
		headers := http.Header{
			"Date": {date}, "X-Request-Id": {id}, "X-Ratelimit-Limit": {limit}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset},
			"Retry-After": {after}, "Location": {"https://elsewhere.example/" + id},
		}
		for _, call := range calls {
			k, sent := newClock(), 0
			answer := call.answer
			if status < 200 || status > 299 {
				answer = `{"message":"no"}`
			}
			c, err := New(Options{
				Endpoint: "https://api.dnsimple.com", Account: portfolio.Account{ID: 1010}, Token: secret, Now: k.Now, Sleep: k.Sleep,
				Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					if sent++; r.URL.Host != "api.dnsimple.com" {
						t.Errorf("%s went to %s", call.name, r.URL.Host)
					}
					return &http.Response{StatusCode: status, Header: headers.Clone(), Body: io.NopCloser(strings.NewReader(answer))}, nil
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = call.do(t.Context(), c)
			if failure, ok := err.(*portfolio.CallError); ok { //nolint:errorlint // the contract is this type
				checkFailure(t, err)
				checkHeaders(t, call, failure, k.Now())
			} else if err != nil && id != "req-1" { // see complete
				t.Errorf("%s: %T", call.name, err)
			}
			if limit := map[bool]int{true: 1, false: readTries + limitWaits}[call.kind.change()]; sent > limit {
				t.Errorf("%s: sent %d times", call.name, sent)
			}
			for _, wait := range k.waits() {
				if wait > window {
					t.Errorf("%s: waited %v", call.name, wait)
				}
			}
			if q := c.Quota(); q.Limit < 0 || q.Remaining < 0 || q.Reset.After(k.Now().Add(maxAhead)) {
				t.Errorf("%s: quota %+v", call.name, q)
			}
		}
	})
}

// checkHeaders asserts that what a failure keeps of the headers makes sense.
func checkHeaders(t *testing.T, call call, failure *portfolio.CallError, now time.Time) {
	t.Helper()
	if len(failure.RequestID) > maxWord || !utf8.ValidString(failure.RequestID) || strings.ContainsAny(failure.RequestID, "\x00\x1b\r\n") ||
		strings.Contains(failure.Error(), secret) {
		t.Errorf("%s: request id %q in %v", call.name, failure.RequestID, failure)
	}
	ahead := maxAhead
	if call.kind == scarce {
		ahead = maxScarceAhead
	}
	if failure.RetryAt.After(now.Add(ahead)) || failure.Outcome == portfolio.OutcomeUnknown && !failure.RetryAt.IsZero() {
		t.Errorf("%s: RetryAt %v of %v", call.name, failure.RetryAt, failure)
	}
}

// escaped writes s as a JSON string of nothing but escapes.
func escaped(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "\\u%04X", unit)
	}
	return `"` + b.String() + `"`
}

// FuzzAuthCode: whatever a code looks like, a server that quotes it puts it into no
// error.
func FuzzAuthCode(f *testing.F) {
	for _, code := range []string{"xjfjfj", `a"b\c`, "<&>", "a  b", "\u200b é", "%41+", "'"} {
		f.Add(code, 400)
		f.Add(code, 500)
	}
	f.Add("\u200b\u2029", 500) // the first is not shown, the second is escaped
	f.Add("\U000f4b2c\"", 173) // quoted, and with a character that is not shown
	f.Fuzz(func(t *testing.T, random string, status int) {
		code := "Zq9#" + random + "#w7K" // nothing that we say ourselves
		if checkAuthCode(code) != nil {
			return
		}
		body := `{"message":` + quoted("no: "+code+"?") + `,"errors":{"auth_code":[` + quoted(code) + `],` + quoted(code) + `:{"x":` + quoted(code) + `},"escaped":{"x":` + escaped(code) + `}}}`
		k := newClock()
		c, err := New(Options{
			Endpoint: "https://api.dnsimple.com", Account: portfolio.Account{ID: 1010}, Token: secret, Now: k.Now, Sleep: k.Sleep,
			Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{"X-Request-Id": {code}}, Body: io.NopCloser(strings.NewReader(body))}, nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		_, answer, err := c.Transfer(t.Context(), "example.com", portfolio.TransferRequest{RegistrantID: 3, AuthCode: portfolio.AuthCode(code)})
		if err == nil {
			t.Fatal("taken for success")
		}
		checkFailure(t, err)
		for _, text := range []string{err.Error(), answer.RequestID} {
			if strings.Contains(text, "Zq9#") || strings.Contains(text, "#w7K") || strings.Contains(text, escaped("Zq9#")[1:24]) {
				t.Errorf("%q is in %s", code, text)
			}
		}
	})
}
