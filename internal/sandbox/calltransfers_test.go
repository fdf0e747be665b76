package sandbox

import (
	"fmt"
	"strings"
	"time"
)

func proveTransferDomain(s *sim) {
	const path = "POST " + purchases
	const in = `{"registrant_id":11,"auth_code":"right"}`
	s.purchase(path+"elsewhere.com/transfers", in)
	for _, tc := range []struct{ name, body, want string }{
		{"elsewhere.com", `{"registrant_id":11}`, `{"message":"Validation failed","errors":{"base":["You must provide an authorization code for the domain"]}}`},
		{"elsewhere.com", `{"auth_code":"right"}`, `{"message":"Validation failed","errors":{"registrant_id":["can't be blank"]}}`},
		{"alpha.com", in, `{"message":"The domain alpha.com is already in DNSimple and cannot be added"}`},
		{"desks.com", in, `{"message":"The domain desks.com is already in DNSimple and cannot be added"}`},
		{"free.com", in, `{"message":"The domain free.com is not registered"}`},
		{"b.pineapple", in, `{"message":"TLD .PINEAPPLE is not supported"}`},
		{"x.closed", in, `{"message":"Transfers are not supported for .CLOSED"}`},
		{"fancy-elsewhere.io", in, `{"message":"Validation failed","errors":{"premium_price":["is required: fancy-elsewhere.io is a premium domain"]}}`},
	} {
		s.do("main", path+tc.name+"/transfers", tc.body).is(400, tc.want)
	}

	// Through its states. A year is added to the term that the name has.
	s.do("main", path+"elsewhere.com/transfers", `{"registrant_id":12,"auth_code":"right","auto_renew":true}`).is(202, `{"data":{"id":1,"domain_id":1001,`+
		`"registrant_id":12,"state":"new","auto_renew":true,"whois_privacy":false,"trustee":false,"status_description":null,`+
		`"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`)
	s.do("main", path+"elsewhere.com/transfers", in).is(400, `{"message":"elsewhere.com may not be transferred at this time","errors":{}}`)
	for _, step := range []struct {
		pass          time.Duration
		state, domain string
		charges       int
	}{
		{12*time.Hour - time.Second, "new", "hosted", 0},
		{time.Second, "transferring", "hosted", 0},
		{4*day + 12*time.Hour - time.Second, "transferring", "hosted", 0},
		{time.Second, "transferred", "registered", 1},
	} {
		s.pass(step.pass)
		equal(s.t, s.field(purchases+"elsewhere.com/transfers/1", "state"), any(step.state))
		equal(s.t, s.field("/v2/1/domains/elsewhere.com", "state"), any(step.domain))
		equal(s.t, len(s.Charges()), step.charges)
	}
	equal(s.t, s.field("/v2/1/domains/elsewhere.com", "expires_at"), any("2027-06-18T12:00:00Z"))
	kind, items, cents := s.latest()
	equal(s.t, fmt.Sprint(kind, items, cents), "transfer[Transfer elsewhere.com] 1500")
	s.do("main", path+"elsewhere.com/renewals").must(201)

	// At once; hosted before; without a code, where none is needed; of a premium name.
	s = simulateLike(s)
	equal(s.t, s.do("main", path+"fast.com/transfers", in).must(201).at("data", "state"), any("transferring"))
	equal(s.t, s.field(purchases+"fast.com/transfers/1", "state"), any("transferred"))
	s.do("main", "DELETE /v2/1/domains/fast.com").must(204)
	s.do("main", path+"fast.com/transfers", in).must(201)
	equal(s.t, s.field(purchases+"fast.com/transfers/2", "status_description"), any("Invalid authorization code"))
	s.do("main", path+"hosted-elsewhere.com/transfers", in).must(202)
	s.do("main", path+"brits.co.uk/transfers", `{"registrant_id":11}`).must(202)
	s.do("main", path+"fancy-elsewhere.io/transfers", `{"registrant_id":11,"auth_code":"right","premium_price":"330.00"}`).must(202)
	s.do("main", path+"dropping.com/transfers", in).must(202)
	s.pass(5 * day)
	equal(s.t, s.field("/v2/1/domains/112", "state"), any("registered"))
	equal(s.t, s.field("/v2/1/domains/brits.co.uk", "state"), any("registered"))
	equal(s.t, len(s.Charges()), 5)
	equal(s.t, s.Charges()[3].Cents, int64(33000))

	// A term that ended is one that its holder renewed; ten years ahead is the most; and what is lost again is free.
	s = simulateLike(s)
	s.do("main", path+"renewed.com/transfers", in).must(202)
	s.do("main", path+"long.com/transfers", in).must(202)
	s.pass(5 * day)
	equal(s.t, s.field("/v2/1/domains/renewed.com", "expires_at"), any("2028-03-05T12:00:00Z"))
	equal(s.t, s.field("/v2/1/domains/long.com", "expires_at"), any("2036-03-15T12:00:00Z"))
	s.pass((2*366 + 29 + 30 + 5) * day)
	s.do("main", "GET /v2/1/domains/renewed.com").must(404)
	s.do("main", path+"renewed.com/transfers", in).is(400, `{"message":"The domain renewed.com is not registered"}`)
	s.do("main", path+"renewed.com/registrations", in).must(202)

	// A wrong code, a lock and a refusal come out later, and cost nothing.
	s = simulateLike(s)
	s.do("main", path+"elsewhere.com/transfers", `{"registrant_id":11,"auth_code":"wrong"}`).must(202)
	s.do("main", path+"locked.com/transfers", in).must(202)
	s.do("main", path+"refused.com/transfers", in).must(202)
	s.pass(5 * day)
	for i, want := range []string{
		"elsewhere.com failed Invalid authorization code", "locked.com failed The domain is locked",
		"refused.com cancelled Objected to by the registrant",
	} {
		var name string
		_, err := fmt.Sscan(want, &name)
		check(s.t, err)
		got := s.do("main", fmt.Sprintf("GET %s%s/transfers/%d", purchases, name, i+1)).must(200)
		equal(s.t, fmt.Sprint(name, " ", got.at("data", "state"), " ", got.at("data", "status_description")), want)
		equal(s.t, s.field("/v2/1/domains/"+name, "state"), any("hosted"))
	}
	equal(s.t, len(s.Charges()), 0)
	s.do("main", path+"elsewhere.com/transfers", in).must(202)
}

func proveGetTransfer(s *sim) {
	s.do("main", "POST "+purchases+"refused.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(202)
	s.guarded("GET "+purchases+"refused.com/transfers/1", "registrar:*:read")
	s.pass(5 * day)
	s.do("reader", "GET "+purchases+"refused.com/transfers/1").is(200, `{"data":{"id":1,"domain_id":1001,"registrant_id":11,"state":"cancelled",`+
		`"auto_renew":false,"whois_privacy":false,"trustee":false,"status_description":"Objected to by the registrant",`+
		`"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-15T12:00:00Z"}}`)
	s.do("main", "GET "+purchases+"refused.com/transfers/2").is(404, "{\"message\":\"Domain transfer `2` not found\"}")
	s.do("main", "GET "+purchases+"refused.com/registrations/1").must(404)
}

func proveCancelTransfer(s *sim) {
	const path = "DELETE " + purchases + "elsewhere.com/transfers/1"
	s.do("main", "POST "+purchases+"elsewhere.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(202)
	s.guarded(path, "registrar:*:write")
	s.do("reader", path).must(403)
	s.do("main", "DELETE "+purchases+"elsewhere.com/transfers/9").must(404)
	s.pass(day)
	s.do("main", path).is(202, `{"data":{"id":1,"domain_id":1001,"registrant_id":11,"state":"transferring","auto_renew":false,"whois_privacy":false,`+
		`"trustee":false,"status_description":null,"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-11T00:00:00Z"}}`)
	cancelled := s.do("main", "GET "+purchases+"elsewhere.com/transfers/1").must(200)
	equal(s.t, [2]any{cancelled.at("data", "state"), cancelled.at("data", "status_description")}, [2]any{"cancelled", "Canceled by customer"})
	s.do("main", path).is(400, `{"message":"The domain transfer cannot be cancelled: it is cancelled"}`)
	s.pass(6 * day)
	equal(s.t, len(s.Charges()), 0)
	equal(s.t, s.field("/v2/1/domains/elsewhere.com", "state"), any("hosted"))
	// It may be tried again, and what is done is done.
	s.do("main", "POST "+purchases+"elsewhere.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(202)
	s.pass(5 * day)
	s.do("main", "DELETE "+purchases+"elsewhere.com/transfers/2").is(400, `{"message":"The domain transfer cannot be cancelled: it is transferred"}`)

	// One that has hardly begun stays cancelled.
	s.do("main", "POST "+purchases+"refused.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(202)
	equal(s.t, s.do("main", "DELETE "+purchases+"refused.com/transfers/3").must(202).at("data", "state"), any("new"))
	s.pass(2 * day)
	equal(s.t, s.field(purchases+"refused.com/transfers/3", "status_description"), any("Canceled by customer"))

	// A cancellation that takes its time may come too late.
	for pass, want := range map[time.Duration]string{day: "cancelled", 4*day + 18*time.Hour: "transferred"} {
		late := simulate(s.t, strings.Replace(callWorld, "[operations]", "[operations]\ncancel_transfer_takes = \"12h\"", 1))
		late.document = s.document
		late.do("main", "POST "+purchases+"elsewhere.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(202)
		late.pass(pass)
		late.do("main", path).must(202)
		late.pass(6 * time.Hour)
		if want == "cancelled" {
			equal(s.t, late.do("main", path).must(202).at("data", "state"), any("transferring"))
		}
		late.pass(7 * day)
		equal(s.t, late.field(purchases+"elsewhere.com/transfers/1", "state"), any(want))
	}
}

func proveTransferOut(s *sim) {
	path := func(name string) string { return "POST " + purchases + name + "/authorize_transfer_out" }
	s.guarded(path("alpha.com"), "registrar:*:write")
	s.do("reader", path("alpha.com")).must(403)
	s.do("main", path("alpha.com")).is(204, "")
	s.do("main", path("none.com")).must(404)
	s.do("main", path("hosted.com")).is(400, `{"message":"The domain hosted.com is not registered"}`)
	s.do("main", path("late.com")).is(400, `{"message":"late.com may not be transferred at this time","errors":{}}`)
	for range 2 {
		s.do("main", path("leaving.com")).is(204, "")
		s.do("main", path("kept.com")).is(204, "")
		s.pass(day)
	}
	s.pass(3*day - time.Second)
	s.do("main", "GET /v2/1/domains/leaving.com").must(200)
	s.pass(time.Second)
	s.do("main", "GET /v2/1/domains/leaving.com").must(404)
	kept := s.do("main", "GET /v2/1/domains/kept.com").must(200)
	equal(s.t, [5]any{kept.at("data", "id"), kept.at("data", "state"), kept.at("data", "expires_at"), kept.at("data", "registrant_id"), kept.at("data", "auto_renew")},
		[5]any{107.0, "hosted", nil, nil, false})
	equal(s.t, s.field("/v2/1/domains/alpha.com", "state"), any("registered"))
	equal(s.t, s.field(purchases+"leaving.com/check", "available"), any(false))
	// No code of old gets it back.
	s.do("main", "POST "+purchases+"leaving.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(202)
	s.pass(400 * day)
	equal(s.t, s.field(purchases+"leaving.com/transfers/1", "state"), any("failed"))
	equal(s.t, s.field("/v2/1/domains/kept.com", "state"), any("hosted"))
	equal(s.t, len(s.Charges()), 0)
}
