package sandbox

import (
	"strings"
	"time"
)

func proveListDomains(s *sim) {
	const path = "/v2/1/domains"
	s.guarded("GET "+path, "domains:*:read")
	all := s.do("reader", "GET "+path).must(200).strings("name")
	equal(s.t, strings.Join(all[:3], " "), "alpha.com alpha.fi hosted-elsewhere.com")
	equal(s.t, s.do("main", "GET "+path+"?name_like=mium").strings("id"), []string{"103"})
	equal(s.t, s.do("main", "GET "+path+"?registrant_id=13").strings("id"), []string{})
	equal(s.t, s.do("main", "GET "+path+"?sort=expiration:desc,name:asc&per_page=2").strings("name"), []string{"hosted-elsewhere.com", "hosted.com"})
	equal(s.t, s.do("main", "GET "+path+"?per_page=5&page=3").at("pagination"), any(map[string]any{
		"current_page": 3.0, "per_page": 5.0, "total_entries": 12.0, "total_pages": 3.0,
	}))
	s.do("main", "GET "+path+"?sort=age").must(400)
	equal(s.t, s.do("main", "PUT "+path).must(405).Header().Get("Allow"), "GET, HEAD, POST")
}

func proveCreateDomain(s *sim) {
	const path = "POST /v2/1/domains"
	s.guarded(path, "domains:*:write", `{"name":"new.com"}`)
	s.do("reader", path, `{"name":"new.com"}`).must(403)
	s.do("main", path, `{"name":"New.com"}`).is(201, `{"data":{"id":1001,"account_id":1,"registrant_id":null,"name":"new.com",`+
		`"unicode_name":"new.com","state":"hosted","auto_renew":false,"private_whois":false,"trustee":false,"expires_on":null,`+
		`"expires_at":null,"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`)
	equal(s.t, s.field("/v2/1/domains/new.com", "id"), any(1001.0))
	equal(s.t, s.do("main", path, `{"name":"büro.nowhere"}`).must(201).at("data", "name"), any("xn--bro-hoa.nowhere"))
	for body, want := range map[string]string{
		``:                       `{"message":"Validation failed","errors":{"name":["can't be blank"]}}`,
		`{"name":""}`:            `{"message":"Validation failed","errors":{"name":["can't be blank"]}}`,
		`{"name":"a..b"}`:        `{"message":"Validation failed","errors":{"name":["is an invalid domain"]}}`,
		`{"name":7}`:             `{"message":"Problems parsing JSON"}`,
		`{"name":"new.com"}`:     `{"message":"The domain new.com is already in DNSimple and cannot be added"}`,
		`{"name":"desks.com"}`:   `{"message":"The domain desks.com is already in DNSimple and cannot be added"}`,
		`{"name":"hosted.com."}`: `{"message":"Validation failed","errors":{"name":["is an invalid domain"]}}`,
	} {
		s.do("main", path, body).is(400, want)
	}
	s.do("main", path, `{"name":"fast.com"}`).is(406, `{"message":"The ownership of fast.com must be verified before it can be added"}`)
	s.do("", "POST /_sandbox/accounts/1", `{"billing":"arrears"}`).must(200)
	s.do("main", path, `{"name":"more.com"}`).is(402, `{"message":"The account has outstanding payments"}`)
}

func proveGetDomain(s *sim) {
	s.guarded("GET /v2/1/domains/alpha.com", "domains:*:read")
	const want = `{"data":{"id":100,"account_id":1,"registrant_id":11,"name":"alpha.com","unicode_name":"alpha.com","state":"registered",` +
		`"auto_renew":false,"private_whois":false,"trustee":false,"expires_on":"2026-04-09","expires_at":"2026-04-09T12:00:00Z",` +
		`"created_at":"2024-03-10T12:00:00Z","updated_at":"2024-03-10T12:00:00Z"}}`
	for _, which := range []string{"alpha.com", "ALPHA.com", "100"} {
		s.do("reader", "GET /v2/1/domains/"+which).is(200, want)
	}
	equal(s.t, s.field("/v2/1/domains/late.com", "state"), any("expired"))
	for _, which := range []string{"desks.com", "102", "0", "none.com"} {
		s.do("main", "GET /v2/1/domains/"+which).is(404, "{\"message\":\"Domain `"+which+"` not found\"}")
	}
	equal(s.t, s.do("main", "PUT /v2/1/domains/alpha.com").must(405).Header().Get("Allow"), "DELETE, GET, HEAD")
}

func proveDeleteDomain(s *sim) {
	s.guarded("DELETE /v2/1/domains/alpha.com", "domains:*:write")
	s.do("reader", "DELETE /v2/1/domains/alpha.com").must(403)
	s.do("main", "DELETE /v2/1/domains/none.com").must(404)
	s.do("main", "DELETE /v2/1/domains/desks.com").must(404)

	s.do("main", "DELETE /v2/1/domains/hosted.com").is(204, "")
	s.do("main", "DELETE /v2/1/domains/hosted.com").must(404)
	equal(s.t, s.field("/v2/1/registrar/domains/hosted.com/check", "available"), any(true))

	// What was paid for is not refunded, and the registry keeps the name for who had it until it has run out.
	s.do("main", "POST "+purchases+"alpha.com/renewals").must(201)
	s.do("main", "POST /v2/1/domains/alpha.com/pushes", `{"new_account_email":"desk@example.com"}`).must(201)
	s.do("main", "POST /v2/1/registrar/registrant_changes", `{"domain_id":100,"contact_id":13}`).must(202)
	s.do("main", "DELETE /v2/1/domains/100").is(204, "")
	equal(s.t, len(s.Charges()), 1)
	equal(s.t, s.do("main", "GET /v2/1/billing/charges").strings("state"), []string{"collected"})
	equal(s.t, s.do("desk", "GET /v2/2/pushes").strings("id"), []string{})
	equal(s.t, s.field("/v2/1/registrar/registrant_changes/103", "state"), any("cancelled"))
	s.do("main", "GET /v2/1/domains/alpha.com").must(404)
	equal(s.t, s.field("/v2/1/registrar/domains/alpha.com/check", "available"), any(false))
	s.do("main", "POST "+purchases+"alpha.com/registrations", `{"registrant_id":11}`).must(400)
	s.pass((365 + 30 + 29 + 30 + 5) * day)
	equal(s.t, s.field("/v2/1/registrar/domains/alpha.com/check", "available"), any(true))

	s = simulateLike(s)
	s.do("main", "POST "+purchases+"slow.com/renewals").must(202)
	s.do("main", "DELETE /v2/1/domains/slow.com").is(400, `{"message":"slow.com may not be deleted at this time","errors":{}}`)
	s.pass(10 * time.Minute)
	s.do("main", "DELETE /v2/1/domains/slow.com").must(204)
}

// simulateLike is another world of the same kind, for what is proven beside the rest.
func simulateLike(s *sim) *sim {
	s.t.Helper()
	out := simulate(s.t, callWorld)
	out.document = s.document
	return out
}
