package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// worldOrder is a call that changes the world, with a look that tells whether it did.
type worldOrder struct {
	name, request, body string
	look                func(*sim) string
	without, with       string
}

func worldOrders() []worldOrder {
	look := func(token, request, field string) func(*sim) string {
		return func(s *sim) string { return strings.Join(s.do(token, request).must(200).strings(field), " ") }
	}
	named := func(like string) func(*sim) string { return look("main", "GET /v2/1/domains?name_like="+like, "name") }
	return []worldOrder{
		{"create", "POST /v2/1/domains", `{"name":"new.com"}`, named("new"), "", "new.com"},
		{"delete", "DELETE /v2/1/domains/hosted.com", "", named("hosted.com"), "hosted.com", ""},
		{"register", "POST " + purchases + "at-once.com/registrations", `{"registrant_id":11}`, named("at-once"), "", "at-once.com"},
		{"transfer", "POST " + purchases + "fast.com/transfers", `{"registrant_id":11,"auth_code":"right"}`, named("fast"), "", "fast.com"},
		{
			"push", "POST /v2/1/domains/alpha.com/pushes", `{"new_account_email":"desk@example.com"}`,
			look("desk", "GET /v2/2/pushes", "domain_id"), "", "100",
		},
		{"accept", "POST /v2/1/pushes/7", `{"contact_id":11}`, named("desks"), "", "desks.com"},
		{
			"change", "POST " + changesPath, `{"domain_id":"alpha.com","contact_id":13}`,
			look("main", "GET "+changesPath+"?domain_id=100", "state"), "", "new",
		},
		{
			"cancel change", "DELETE " + changesPath + "/101", "",
			look("main", "GET "+changesPath+"?state=cancelling", "state"), "", "cancelling",
		},
	}
}

// Every kind of fault does to the calls for names what it does to all others: it says what is answered, and whether the call was
// carried out.
func TestFaultsHitEveryOrder(t *testing.T) {
	for _, order := range worldOrders() {
		method, path, _ := strings.Cut(order.request, " ")
		path = strings.TrimPrefix(path, "/v2")
		for _, tc := range []struct {
			name   string
			fault  string
			effect bool
			status int // 0: no answer; -1: a success
		}{
			{"refused by a gateway", `"status": 502, "body": "html"`, false, 502},
			{"done, and called an error", `"status": 500, "effect": true`, true, 500},
			{"dropped before", `"drop": "before"`, false, 0},
			{"dropped after", `"drop": "after"`, true, 0},
			{"empty", `"body": "empty"`, true, -1},
			{"null", `"raw": "{\"data\":null}"`, true, -1},
			{"limited", `"rate_limit": "1h"`, false, 429},
			{"redirected", `"redirect": "/v2/elsewhere"`, false, 307},
		} {
			t.Run(order.name+"/"+tc.name, func(t *testing.T) {
				s := simulate(t, callWorld)
				s.do("", "POST /_sandbox/faults", fmt.Sprintf(`{"method": %q, "path": %q, "count": 1, %s}`, method, path, tc.fault)).must(201)
				equal(t, order.look(s), order.without)
				status := s.faulty(order.request, order.body)
				if want := tc.status; want >= 0 && status != want || want < 0 && status/100 != 2 {
					t.Errorf("status %d, want %d", status, want)
				}
				equal(t, order.look(s), map[bool]string{true: order.with, false: order.without}[tc.effect])
				equal(t, s.Faults()[0].Hits, 1)
			})
		}
	}
}

// faulty sends an order whose connection may be closed, and returns the status or 0.
func (s *sim) faulty(request, body string) (status int) {
	s.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer main")
	rec := httptest.NewRecorder()
	defer func() {
		switch hung := recover(); hung {
		case nil:
		case http.ErrAbortHandler:
			status = 0
		default:
			panic(hung)
		}
	}()
	s.ServeHTTP(rec, r)
	return rec.Code
}

func TestAccountsUnderControl(t *testing.T) {
	s := simulate(t, callWorld)
	s.do("", "GET /_sandbox/accounts").must(200)
	s.do("", "POST /_sandbox/accounts/2", `{"billing":"declined"}`).is(200,
		`{"id":2,"name":"desk","identifier":"01890000-0000-7000-8000-00000000000d","billing":"declined"}`)
	s.do("", "POST /_sandbox/accounts/9", `{"billing":"declined"}`).must(404)
	s.do("", "POST /_sandbox/accounts/2", `{"billing":"rich"}`).must(400)
	s.do("", "DELETE /_sandbox/accounts/2").must(405)
	s.do("", "PUT /_sandbox/accounts").must(405)
}
