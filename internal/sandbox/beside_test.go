package sandbox

import (
	"net/http"
	"testing"
	"time"
)

// besideTests are the calls beside those of the four pages.
func besideTests() []callTest {
	return []callTest{
		{"beside", "whoami", proveWhoami},
		{"beside", "listAccounts", proveListAccounts},
		{"beside", "listContacts", proveContacts},
		{"beside", "listCharges", proveCharges},
		{"beside", "autoRenewal", proveAutoRenewal},
		{"beside", "getTld", proveTLDs},
		{"beside", "getTldExtendedAttributes", proveAttributes},
		{"beside", "getDomainsResearchStatus", proveResearch},
	}
}

func TestCallBeside(t *testing.T) {
	for _, tc := range besideTests() {
		t.Run(tc.call, func(t *testing.T) { tc.prove(simulate(t, callWorld)) })
	}
}

func proveWhoami(s *sim) {
	equal(s.t, s.do("main", "GET /v2/whoami").must(200).at("data", "account", "id"), any(1.0))
	s.do("", "GET /v2/whoami").must(401)
	s.do("slow", "GET /v2/whoami").must(200)
	s.do("slow", "GET /v2/whoami").must(429)
}

func proveListAccounts(s *sim) {
	equal(s.t, s.do("desk", "GET /v2/accounts").must(200).strings("email"), []string{"desk@example.com"})
}

func proveContacts(s *sim) {
	equal(s.t, s.do("main", "GET /v2/1/contacts").must(200).strings("id"), []string{"11", "12", "13"})
	equal(s.t, s.do("main", "GET /v2/1/contacts/12").must(200).at("data", "label"), any("the same person"))
	s.do("main", "GET /v2/1/contacts/22").must(404)
	s.do("reader", "GET /v2/1/contacts").must(403)
}

func proveCharges(s *sim) {
	s.do("", "GET /v2/1/billing/charges").must(401)
	s.do("desk", "GET /v2/1/billing/charges").must(404)
	s.do("slow", "GET /v2/whoami")
	s.do("slow", "GET /v2/1/billing/charges").is(429, `{"message":"quota exceeded"}`)
	s.do("main", "POST "+purchases+"at-once.com/registrations", `{"registrant_id":11}`).must(201)
	s.do("main", "POST "+purchases+"fast.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(201)
	s.do("main", "GET /v2/1/billing/charges").is(200, `{"data":[`+
		`{"invoiced_at":"2026-03-10T12:00:00Z","total_amount":"15.00","balance_amount":"0.00","reference":"1-1","state":"collected","items":[`+
		`{"description":"Register at-once.com","amount":"15.00","product_id":1001,"product_type":"domain-registration","product_reference":"at-once.com"}]},`+
		`{"invoiced_at":"2026-03-10T12:00:00Z","total_amount":"15.00","balance_amount":"0.00","reference":"1-2","state":"collected","items":[`+
		`{"description":"Transfer fast.com","amount":"15.00","product_id":1002,"product_type":"domain-transfer","product_reference":"fast.com"}]}],`+
		`"pagination":{"current_page":1,"per_page":30,"total_entries":2,"total_pages":1}}`)
	s.do("main", "GET /v2/1/billing/charges?start_date=soon").must(400)
	s.do("reader", "GET /v2/1/billing/charges").must(403)
}

func proveAutoRenewal(s *sim) {
	s.do("main", "PUT "+purchases+"alpha.com/auto_renewal").is(204, "")
	equal(s.t, s.field("/v2/1/domains/alpha.com", "auto_renew"), any(true))
	s.do("main", "DELETE "+purchases+"alpha.com/auto_renewal").is(204, "")
	s.do("main", "PUT "+purchases+"hosted.com/auto_renewal").must(400)
	s.do("main", "PUT "+purchases+"none.com/auto_renewal").must(404)
	s.do("main", "DELETE "+purchases+"hosted.com/auto_renewal").is(400, `{"message":"The domain hosted.com is not registered"}`)
	s.do("main", "DELETE "+purchases+"none.com/auto_renewal").must(404)
}

func proveTLDs(s *sim) {
	equal(s.t, s.do("main", "GET /v2/tlds/fi").must(200).at("data", "trustee_service_enabled"), any(true))
	equal(s.t, len(s.do("main", "GET /v2/tlds?per_page=100").must(200).strings("tld")), 15)
	s.do("main", "GET /v2/tlds/pineapple").is(404, "{\"message\":\"TLD `pineapple` not found\"}")
}

func proveAttributes(s *sim) {
	s.do("", "GET /v2/tlds/com/extended_attributes").must(401)
	s.do("main", "GET /v2/tlds/com/extended_attributes").is(200, `{"data":[]}`)
	equal(s.t, s.do("main", "GET /v2/tlds/FI/extended_attributes").must(200).strings("required"), []string{"true", "false"})
	equal(s.t, s.do("main", "GET /v2/tlds/app/extended_attributes").must(200).strings("name"), []string{"x-accept-ssl-requirement"})
	s.do("main", "GET /v2/tlds/pineapple/extended_attributes").is(404, "{\"message\":\"TLD `pineapple` not found\"}")
}

func proveResearch(s *sim) {
	const path = "/v2/1/domains/research/status?domain="
	s.guarded("GET "+path+"free.com", "domains:*:read")
	for name, want := range map[string]string{
		"free.com": "available", "FANCY.io": "available", "alpha.com": "unavailable", "desks.com": "unavailable", "elsewhere.com": "unavailable",
		"taken.co.fa": "unknown", "x.closed": "unknown", "hosted.com": "available", "hosted-elsewhere.com": "unavailable",
	} {
		equal(s.t, s.do("reader", "GET "+path+name).must(200).at("data", "availability"), any(want))
	}
	bad := s.do("main", "GET "+path+"not..a..name").must(400)
	equal(s.t, bad.at("data", "errors"), any([]any{"'not..a..name': Invalid domain name"}))
	s.do("main", "GET /v2/1/domains/research/status").must(400)
	s.pass(2 * day)
	equal(s.t, s.do("main", "GET "+path+"dropping.com").at("data", "availability"), any("available"))
}

// The number of questions in a month is its own, and an account may have none at all.
func TestResearchIsLimited(t *testing.T) {
	s := simulate(t, base+`
[limits]
research_per_month = 2
[[account]]
id = 4
tokens = ["without"]
research = false
`)
	ask := func() answer { return s.do("main", "GET /v2/1/domains/research/status?domain=free.com") }
	first, second := ask().must(200), ask().must(200)
	if first.at("data", "request_id") == second.at("data", "request_id") {
		t.Error("two questions have one request_id")
	}
	spent := ask()
	spent.is(429, `{"message":"Monthly request cap reached"}`)
	equal(t, spent.Header().Get("Retry-After"), "Wed, 01 Apr 2026 00:00:00 GMT")
	equal(t, spent.Header().Get("X-RateLimit-Remaining"), "2397")
	s.do("desk", "GET /v2/2/domains/research/status?domain=free.com").must(200)
	s.pass(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC).Sub(start()))
	ask().must(200)
	s.do("without", "GET /v2/4/domains/research/status?domain=free.com").must(http.StatusForbidden)
}
