package sandbox

import (
	"fmt"
	"time"
)

func proveInitiatePush(s *sim) {
	const path = "POST /v2/1/domains/alpha.com/pushes"
	const desk = `{"new_account_identifier":"01890000-0000-7000-8000-00000000000d"}`
	s.guarded(path, "domains:*:write", desk)
	s.do("reader", path, desk).must(403)
	blank := `{"message":"Validation failed","errors":{"new_account_identifier":["can't be blank"]}}`
	none := `{"message":"Validation failed","errors":{"new_account_identifier":["is not an account"]}}`
	for body, want := range map[string]string{
		``:   blank,
		`{}`: blank,
		`{"new_account_identifier":"","new_account_email":""}`:            blank,
		`{"new_account_identifier":"desk"}`:                               none,
		`{"new_account_identifier":"2"}`:                                  none,
		`{"new_account_identifier":"x","new_account_email":"desk@a.com"}`: none,
		`{"new_account_email":"nobody@example.com"}`:                      `{"message":"Validation failed","errors":{"new_account_email":["is not an account"]}}`,
		`{"new_account_email":"twins@example.com"}`:                       `{"message":"Validation failed","errors":{"new_account_email":["is not an account"]}}`,
		`{"new_account_email":"main@example.com"}`:                        `{"message":"Validation failed","errors":{"new_account_email":["is the account that the domain is in"]}}`,
		`{`: `{"message":"Problems parsing JSON"}`,
	} {
		s.do("main", path, body).is(400, want)
	}
	s.do("main", "POST /v2/1/domains/none.com/pushes", desk).must(404)
	s.do("main", path, desk).is(201, `{"data":{"id":8,"domain_id":100,"contact_id":null,"account_id":2,`+
		`"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z","accepted_at":null}}`)
	s.do("main", path, desk).is(400, `{"message":"There is a push of alpha.com already"}`)
	// Nothing has moved yet.
	equal(s.t, s.field("/v2/1/domains/alpha.com", "account_id"), any(1.0))
	equal(s.t, s.do("desk", "GET /v2/2/pushes").strings("id"), []string{"8"})
	equal(s.t, s.do("main", "POST /v2/1/domains/hosted.com/pushes", `{"new_account_email":"DESK@example.com"}`).must(201).at("data", "id"), any(9.0))
	s.do("main", "POST "+purchases+"slow.com/renewals").must(202)
	s.do("main", "POST /v2/1/domains/slow.com/pushes", desk).must(400)
}

func proveListPushes(s *sim) {
	s.guarded("GET /v2/1/pushes", "domains:*:read")
	s.do("reader", "GET /v2/1/pushes").is(200, `{"data":[{"id":7,"domain_id":102,"contact_id":null,"account_id":1,`+
		`"created_at":"2026-03-10T11:00:00Z","updated_at":"2026-03-10T11:00:00Z","accepted_at":null}],`+
		`"pagination":{"current_page":1,"per_page":30,"total_entries":1,"total_pages":1}}`)
	// Who pushes does not see it.
	equal(s.t, s.do("desk", "GET /v2/2/pushes").strings("id"), []string{})
}

func proveAcceptPush(s *sim) {
	const path = "POST /v2/1/pushes/7"
	s.guarded(path, "domains:*:write", `{"contact_id":11}`)
	s.do("reader", path, `{"contact_id":11}`).must(403)
	for body, want := range map[string]string{
		``:                    `{"message":"Validation failed","errors":{"contact_id":["can't be blank"]}}`,
		`{"contact_id":""}`:   `{"message":"Validation failed","errors":{"contact_id":["can't be blank"]}}`,
		`{"contact_id":null}`: `{"message":"Validation failed","errors":{"contact_id":["can't be blank"]}}`,
		`{"contact_id":22}`:   `{"message":"Validation failed","errors":{"contact_id":["is not a contact of the account"]}}`,
	} {
		s.do("main", path, body).is(400, want)
	}
	s.do("main", "POST /v2/1/pushes/8", `{"contact_id":11}`).is(404, "{\"message\":\"Domain push `8` not found\"}")
	s.do("desk", "POST /v2/2/registrar/registrant_changes", `{"domain_id":102,"contact_id":22}`).must(400)
	s.do("main", path, `{"contact_id":"13"}`).is(204, "")
	s.do("main", path, `{"contact_id":"13"}`).must(404)
	equal(s.t, s.field("/v2/1/domains/desks.com", "registrant_id"), any(13.0))
	equal(s.t, s.field("/v2/1/domains/102", "account_id"), any(1.0))
	s.do("desk", "GET /v2/2/domains/desks.com").must(404)
	equal(s.t, len(s.Charges()), 0)
	// A new owner locks the domain.
	s.do("main", "POST "+purchases+"desks.com/authorize_transfer_out").is(400,
		`{"message":"The domain desks.com is locked against transfers until 2026-05-09"}`)

	// A hosted domain has no registrant, and one that is being registered stays where it is.
	const desk = `{"new_account_email":"desk@example.com"}`
	s.do("main", "POST /v2/1/domains/hosted.com/pushes", desk).must(201)
	s.do("main", "POST "+purchases+"hosted.com/registrations", `{"registrant_id":11}`).must(202)
	s.do("desk", "POST /v2/2/pushes/8", `{"contact_id":22}`).must(400)
	s.pass(10 * time.Minute)
	s.do("desk", "POST /v2/2/pushes/8", `{"contact_id":22}`).must(204)
	equal(s.t, s.do("desk", "GET /v2/2/domains/hosted.com").at("data", "registrant_id"), any(22.0))

	// What the former owner bought is none of the new owner's business.
	s = simulateLike(s)
	s.do("main", "POST "+purchases+"slow.com/renewals").must(202)
	s.do("main", "POST "+purchases+"redemption.com/restores").must(202)
	s.pass(time.Hour)
	for id, name := range []string{"slow.com", "redemption.com"} {
		s.do("main", "POST /v2/1/domains/"+name+"/pushes", desk).must(201)
		s.do("desk", fmt.Sprintf("POST /v2/2/pushes/%d", 8+id), `{"contact_id":22}`).must(204)
	}
	s.do("desk", "GET /v2/2/registrar/domains/slow.com/renewals/1").is(404, "{\"message\":\"Domain renewal `1` not found\"}")
	s.do("desk", "GET /v2/2/registrar/domains/redemption.com/restores/2").is(404, "{\"message\":\"Domain restore `2` not found\"}")
}

func proveRejectPush(s *sim) {
	s.guarded("DELETE /v2/1/pushes/7", "domains:*:write")
	s.do("reader", "DELETE /v2/1/pushes/7").must(403)
	s.do("desk", "DELETE /v2/2/pushes/7").is(404, "{\"message\":\"Domain push `7` not found\"}")
	s.do("main", "DELETE /v2/1/pushes/7").is(204, "")
	s.do("main", "DELETE /v2/1/pushes/7").must(404)
	equal(s.t, s.do("main", "GET /v2/1/pushes").strings("id"), []string{})
	equal(s.t, s.do("desk", "GET /v2/2/domains/desks.com").must(200).at("data", "account_id"), any(2.0))
	equal(s.t, s.do("main", "GET /v2/1/pushes/7").must(405).Header().Get("Allow"), "DELETE, POST")
}
