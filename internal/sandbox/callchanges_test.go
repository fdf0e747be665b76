package sandbox

import (
	"fmt"
	"time"
)

const changesPath = "/v2/1/registrar/registrant_changes"

func proveListChanges(s *sim) {
	s.guarded("GET "+changesPath, "registrar:*:read")
	list := func(query string) []string { return s.do("reader", "GET "+changesPath+query).must(200).strings("id") }
	equal(s.t, list(""), []string{"101"})
	equal(s.t, list("?state=completed"), []string{"102"})
	equal(s.t, list("?domain_id=104"), []string{"101"})
	equal(s.t, list("?contact_id=13&sort=id:desc"), []string{"101"})
	equal(s.t, list("?contact_id=12"), []string{})
	s.do("main", "GET "+changesPath+"?state=odd").must(400)
	s.do("main", "GET "+changesPath+"?state=completed").is(200, `{"data":[{"id":102,"account_id":1,"domain_id":111,"contact_id":13,"state":"completed",`+
		`"extended_attributes":{},"registry_owner_change":true,"irt_lock_lifted_by":"2026-04-29","created_at":"2026-03-10T10:00:00Z",`+
		`"updated_at":"2026-03-10T10:00:00Z"}],"pagination":{"current_page":1,"per_page":30,"total_entries":1,"total_pages":1}}`)
}

func proveCreateChange(s *sim) {
	const path = "POST " + changesPath
	s.guarded(path, "registrar:*:write", `{"domain_id":"alpha.com","contact_id":13}`)
	s.do("reader", path, `{"domain_id":"alpha.com","contact_id":13}`).must(403)
	s.refusedChanges(path)
	s.do("main", path, `{"domain_id":"late.com","contact_id":13}`).is(400, `{"message":"late.com may not be changed at this time","errors":{}}`)
	s.do("main", path, `{"domain_id":"alpha.com","contact_id":11}`).is(400, `{"message":"Validation failed","errors":{"contact_id":["is the registrant already"]}}`)
	s.do("main", path, `{"domain_id":"alpha.fi","contact_id":"13","extended_attributes":{"x-id-number":"a1","x-kind":"q"}}`).is(400,
		`{"message":"Invalid extended attributes","errors":{"x-id-number":"invalid number","x-kind":"is not included in the list"}}`)

	// Through its states, to the end.
	s.do("main", path, `{"domain_id":"alpha.com","contact_id":"13"}`).is(202, `{"data":{"id":103,"account_id":1,"domain_id":100,"contact_id":13,`+
		`"state":"new","extended_attributes":{},"registry_owner_change":true,"irt_lock_lifted_by":null,"created_at":"2026-03-10T12:00:00Z",`+
		`"updated_at":"2026-03-10T12:00:00Z"}}`)
	s.do("main", path, `{"domain_id":100,"contact_id":12}`).is(400, `{"message":"There is a registrant change of alpha.com already"}`)
	for _, step := range []struct {
		pass       time.Duration
		state      string
		registrant float64
	}{{6*time.Minute - time.Second, "new", 11}, {time.Second, "pending", 11}, {54*time.Minute - time.Second, "pending", 11}, {time.Second, "completed", 13}} {
		s.pass(step.pass)
		equal(s.t, s.field(changesPath+"/103", "state"), any(step.state))
		equal(s.t, s.field("/v2/1/domains/alpha.com", "registrant_id"), any(step.registrant))
	}
	// A new owner: locked for 60 days. Where the owner stays, and for a ccTLD, it is not.
	equal(s.t, s.field(changesPath+"/103", "irt_lock_lifted_by"), any("2026-05-09"))
	s.do("main", "POST "+purchases+"alpha.com/authorize_transfer_out").must(400)
	s.pass(60 * day)
	s.do("main", "POST /v2/1/domains/quick.com/pushes", `{"new_account_email":"desk@example.com"}`).must(201)

	s = simulateLike(s)
	same := s.do("main", path, `{"domain_id":"quick.com","contact_id":12}`).must(201)
	equal(s.t, [3]any{same.at("data", "state"), same.at("data", "registry_owner_change"), same.at("data", "irt_lock_lifted_by")}, [3]any{"completed", false, nil})
	equal(s.t, s.field("/v2/1/domains/quick.com", "registrant_id"), any(12.0))
	s.do("main", "POST "+purchases+"quick.com/authorize_transfer_out").must(204)
	finn := s.do("main", path, `{"domain_id":"alpha.fi","contact_id":13,"extended_attributes":{"x-id-number":1234,"x-other":"kept"}}`).must(202)
	equal(s.t, finn.at("data", "extended_attributes"), any(map[string]any{"x-id-number": "1234", "x-other": "kept"}))
	s.do("main", path, `{"domain_id":"stubborn.com","contact_id":13}`).must(202)
	s.pass(time.Hour)
	s.do("main", "POST "+purchases+"alpha.fi/authorize_transfer_out").must(204)
	equal(s.t, s.field(changesPath+"/105", "state"), any("cancelled"))
	equal(s.t, s.field("/v2/1/domains/stubborn.com", "registrant_id"), any(11.0))
	equal(s.t, len(s.Charges()), 0)
}

// refusedChanges are refused whether they are to be started or checked.
func (s *sim) refusedChanges(path string) {
	s.t.Helper()
	for _, tc := range []struct {
		body, want string
		status     int
	}{
		{``, `{"message":"Validation failed","errors":{"domain_id":["can't be blank"]}}`, 400},
		{`{"domain_id":"alpha.com"}`, `{"message":"Validation failed","errors":{"contact_id":["can't be blank"]}}`, 400},
		{`{"domain_id":{},"contact_id":13}`, "{\"message\":\"Domain `{}` not found\"}", 404},
		{`[1]`, `{"message":"Problems parsing JSON"}`, 400},
		{`{"domain_id":"none.bio","contact_id":13}`, "{\"message\":\"Domain `none.bio` not found\"}", 404},
		{`{"domain_id":102,"contact_id":13}`, "{\"message\":\"Domain `102` not found\"}", 404},
		{`{"domain_id":"alpha.com","contact_id":"21"}`, "{\"message\":\"Contact `21` not found\"}", 404},
		{`{"domain_id":"alpha.com","contact_id":22}`, "{\"message\":\"Contact `22` not found\"}", 404},
		{`{"domain_id":"hosted.com","contact_id":13}`, `{"message":"The domain hosted.com is not registered"}`, 400},
	} {
		s.do("main", path, tc.body).is(tc.status, tc.want)
	}
}

func proveCheckChange(s *sim) {
	const path = "POST " + changesPath + "/check"
	s.guarded(path, "registrar:*:read", `{"domain_id":"alpha.com","contact_id":13}`)
	s.refusedChanges(path)
	s.do("reader", path, `{"domain_id":"alpha.com","contact_id":"13"}`).is(200,
		`{"data":{"domain_id":100,"contact_id":13,"extended_attributes":[],"registry_owner_change":true}}`)
	equal(s.t, s.do("main", path, `{"domain_id":"alpha.com","contact_id":"12"}`).must(200).at("data", "registry_owner_change"), any(false))
	s.do("main", path, `{"domain_id":110,"contact_id":13}`).is(200, `{"data":{"domain_id":110,"contact_id":13,"extended_attributes":[`+
		`{"name":"x-id-number","title":"Number","description":"The number of the registrant","required":true,"options":[]},`+
		`{"name":"x-kind","title":"Kind","description":"Who the registrant is","required":false,"options":[{"title":"Person","value":"p","description":"A person"}]}],`+
		`"registry_owner_change":true}}`)
	// To ask is not to start.
	equal(s.t, s.do("main", "GET "+changesPath).strings("id"), []string{"101"})
}

func proveGetChange(s *sim) {
	s.guarded("GET "+changesPath+"/101", "registrar:*:read")
	s.do("reader", "GET "+changesPath+"/101").is(200, `{"data":{"id":101,"account_id":1,"domain_id":104,"contact_id":13,"state":"pending",`+
		`"extended_attributes":{},"registry_owner_change":true,"irt_lock_lifted_by":null,"created_at":"2026-03-10T11:00:00Z","updated_at":"2026-03-10T11:00:00Z"}}`)
	s.do("main", "GET "+changesPath+"/9").is(404, "{\"message\":\"Registrant change `9` not found\"}")
	s.do("desk", "GET /v2/2/registrar/registrant_changes/101").must(404)
}

func proveDeleteChange(s *sim) {
	s.guarded("DELETE "+changesPath+"/101", "registrar:*:write")
	s.do("reader", "DELETE "+changesPath+"/101").must(403)
	s.do("main", "DELETE "+changesPath+"/9").must(404)
	equal(s.t, s.do("main", "DELETE "+changesPath+"/101").must(202).at("data", "state"), any("cancelling"))
	s.do("main", "DELETE "+changesPath+"/101").is(400, `{"message":"The registrant change cannot be cancelled: it is cancelling"}`)
	s.pass(5 * time.Minute)
	equal(s.t, s.field(changesPath+"/101", "state"), any("cancelled"))
	for _, id := range []int{101, 102} {
		s.do("main", fmt.Sprintf("DELETE %s/%d", changesPath, id)).must(400)
	}
	s.do("main", "POST "+changesPath, `{"domain_id":"alpha.com","contact_id":13}`).must(202)
	s.do("main", "DELETE "+changesPath+"/103").is(204, "")
	s.pass(2 * time.Hour)
	equal(s.t, s.field(changesPath+"/103", "state"), any("cancelled"))
	equal(s.t, s.field("/v2/1/domains/alpha.com", "registrant_id"), any(11.0))
}
