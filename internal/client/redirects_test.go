package client

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"domaind/internal/portfolio"
)

// TestRedirectsAreNotFollowed counts what arrives where redirects point to, whether at
// another host or at the same: nothing, of any call. It would be the token, and a
// purchase, at a place of somebody else's choice.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var strayed []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		strayed = append(strayed, fmt.Sprintf("%s %s, with the token: %v", r.Method, r.URL, strings.Contains(r.Header.Get("Authorization"), secret)))
		says(http.StatusCreated, goodRenew)(w, r)
	}))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for where, location := range map[string]string{"elsewhere": elsewhere.URL, "the same host": ""} {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/moved") {
					t.Errorf("%d to %s was followed: %s %s", status, where, r.Method, r.URL)
					says(http.StatusCreated, goodRenew)(w, r)
					return
				}
				http.Redirect(w, r, location+"/moved"+r.URL.Path, status)
			})
			for _, call := range allCalls() {
				before := len(s.requests())
				c, _ := testClient(t, s.URL)
				_, err := call.do(t.Context(), c)
				if failure := failed(t, err, portfolio.OutcomeUnknown); failure.Status != status || !strings.Contains(failure.Message, "redirect") {
					t.Errorf("%s, %d to %s: %v", call.name, status, where, failure)
				}
				if n := len(s.requests()) - before; n != 1 {
					t.Errorf("%s, %d to %s: %d requests, want 1", call.name, status, where, n)
				}
			}
		}
	}
	for _, stray := range strayed {
		t.Errorf("arrived elsewhere: %s", stray)
	}
}
