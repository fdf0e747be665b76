package client

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"domaind/internal/portfolio"
)

// TestAuthCodeStaysOutOfErrors: however DNSimple, a proxy or a transport quotes an
// authorization code, no error gives it out, and no sentence about the state either.
func TestAuthCodeStaysOutOfErrors(t *testing.T) {
	const code = `xj#<fj&"vhc é293`
	answers := func(status int, body string) roundTripper {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"X-Request-Id": {code}}, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	hidden := strings.ReplaceAll(quoted(code), "vhc", "v\\u0000h\\u200bc")
	for name, do := range map[string]roundTripper{
		"message":      answers(400, `{"message":`+quoted("the code "+code+" is wrong")+`}`),
		"quoted twice": answers(400, `{"message":`+quoted("the code "+quoted(code)+" is wrong")+`}`),
		"Go's quotes":  answers(400, `{"message":`+quoted("the code "+strconv.Quote(code)+" is wrong")+`}`),
		"as HTML":      answers(400, `{"message":`+quoted(html.EscapeString(code))+`}`),
		"as a query":   answers(400, `{"message":`+quoted(url.QueryEscape(code))+`}`),
		"as a path":    answers(400, `{"message":`+quoted(url.PathEscape(code))+`}`),
		"hidden":       answers(400, `{"message":`+hidden+`}`),
		"at the cut":   answers(400, `{"message":`+quoted(strings.Repeat("x", maxText-8)+code)+`}`),
		"attributes":   answers(400, `{"message":"no","errors":{`+quoted(code)+`:[`+quoted(code)+`],"a":`+quoted(code)+`,"b":{`+quoted(code)+`:1}}}`),
		"5xx":          answers(500, `{"message":`+quoted(code)+`}`),
		"not JSON":     answers(200, code),
		"other data":   answers(201, `{"data":`+quoted(code)+`}`),
		"description":  answers(201, `{"data":{"id":1,"state":`+quoted(code)+`,"status_description":`+quoted("bad code "+code)+`}}`),
		"from transport": func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			return nil, &url.Error{Op: "Post", URL: r.URL.String() + "?" + url.QueryEscape(code), Err: errors.New(string(body))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := testClient(t, "https://api.dnsimple.com", given(do))
			got, answer, err := c.Transfer(t.Context(), "example.com", portfolio.TransferRequest{RegistrantID: 3, AuthCode: code})
			text := fmt.Sprintf("%+v %#v %+v %#v", got, got, answer, answer)
			for e := err; e != nil; e = errors.Unwrap(e) {
				text += fmt.Sprintf(" %v %+v %#v", e, e, e)
				if failure, ok := e.(*portfolio.CallError); ok { //nolint:errorlint // each one of the chain
					text += fmt.Sprint(failure.Attributes, failure.Said(), failure.RequestID)
				}
			}
			for _, part := range []string{"293", "xj#", "vhc"} {
				if strings.Contains(text, part) {
					t.Errorf("%q is in %s", part, text)
				}
			}
			// Afterwards the client forgets it.
			if len(c.hidden) != 0 {
				t.Errorf("the client keeps %q", c.hidden)
			}
		})
	}
}

// TestHiddenAuthCodeOfAnyLength: hiding a short code, or one that is a part of the
// words around it, neither fails nor hangs.
func TestHiddenAuthCodeOfAnyLength(t *testing.T) {
	c, _ := testClient(t, serve(t, says(400, `{"message":"no authorization code, or a wrong one"}`)).URL)
	for _, code := range []portfolio.AuthCode{"", "a", "code", "]", "[authorization code]"} {
		err := second(c.Transfer(t.Context(), "example.com", portfolio.TransferRequest{RegistrantID: 3, AuthCode: code}))
		failure := failed(t, err, portfolio.OutcomeRejected)
		if code == "" && failure.Message != "no authorization code, or a wrong one" || len(failure.Message) > maxText {
			t.Errorf("%q: %v", string(code), failure)
		}
	}
}
