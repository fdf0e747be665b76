package sandbox

import (
	"fmt"
	"time"
)

func proveCheckDomain(s *sim) {
	check := func(name string) answer { return s.do("reader", "GET "+purchases+name+"/check") }
	s.guarded("GET "+purchases+"free.com/check", "registrar:*:read")
	check("Free.com").is(200, `{"data":{"domain":"free.com","available":true,"premium":false,"trustee":false}}`)
	check("alpha.com").is(200, `{"data":{"domain":"alpha.com","available":false,"premium":false,"trustee":false}}`)
	check("fancy.io").is(200, `{"data":{"domain":"fancy.io","available":true,"premium":true,"trustee":false}}`)
	check("b.fi").is(200, `{"data":{"domain":"b.fi","available":true,"premium":false,"trustee":true}}`)
	check("b.pineapple").is(400, `{"message":"TLD .PINEAPPLE is not supported"}`)
	// Its limit is its own: other calls go on, and other tokens.
	spent := check("free.com")
	spent.is(429, `{"message":"quota exceeded"}`)
	equal(s.t, [3]string{spent.Header().Get("X-RateLimit-Limit"), spent.Header().Get("X-RateLimit-Remaining"), spent.Header().Get("X-RateLimit-Reset")},
		[3]string{"5", "0", "1773147600"})
	s.do("reader", "GET "+purchases+"free.com/prices").must(200)
	for name, want := range map[string]bool{
		"desks.com": false, "redemption.com": false, "elsewhere.com": false, "x.closed": false, "dropping.com": false,
	} {
		equal(s.t, s.do("main", "GET "+purchases+name+"/check").must(200).at("data", "available"), any(want))
	}
	s.pass(2 * day)
	equal(s.t, check("dropping.com").at("data", "available"), any(true))
	s.pass(day)
	equal(s.t, check("dropping.com").at("data", "available"), any(false))
	check("a..b").is(400, `{"message":"The domain a..b is not valid"}`)
	check("hosted.com").must(200)
}

func provePremiumPrice(s *sim) {
	s.guarded("GET "+purchases+"fancy.io/premium_price", "registrar:*:read")
	for query, want := range map[string]string{
		"": `350.00","action":"registration`, "?action=registration": `350.00","action":"registration`,
		"?action=renewal": `340.00","action":"renewal`, "?action=transfer": `330.00","action":"transfer`,
	} {
		s.do("reader", "GET "+purchases+"fancy.io/premium_price"+query).is(200, `{"data":{"premium_price":"`+want+`"}}`)
	}
	equal(s.t, s.do("main", "GET "+purchases+"premium.io/premium_price?action=renewal").at("data", "premium_price"), any("480.00"))
	s.do("main", "GET "+purchases+"fancy.io/premium_price?action=restore").is(400, `{"message":"Invalid action: restore"}`)
	s.do("main", "GET "+purchases+"alpha.com/premium_price").is(400, "{\"message\":\"`alpha.com` is not a premium domain for registration\"}")
	s.do("main", "GET "+purchases+"free.com/premium_price?action=transfer").is(400, "{\"message\":\"`free.com` is not a premium domain for transfer\"}")
	s.do("main", "GET "+purchases+"b.pineapple/premium_price").must(400)
}

func provePrices(s *sim) {
	s.guarded("GET "+purchases+"free.com/prices", "registrar:*:read")
	s.do("reader", "GET "+purchases+"fancy.io/prices").is(200, `{"data":{"domain":"fancy.io","premium":true,"registration_price":350.0,`+
		`"renewal_price":340.0,"transfer_price":330.0,"restore_price":120.0,"trustee_price":0.0}}`)
	s.do("main", "GET "+purchases+"x.fi/prices").is(200, `{"data":{"domain":"x.fi","premium":false,"registration_price":20.0,`+
		`"renewal_price":20.0,"transfer_price":20.0,"restore_price":80.0,"trustee_price":30.0}}`)
	equal(s.t, s.field(purchases+"premium.io/prices", "restore_price"), any(600.0))
	equal(s.t, s.field(purchases+"103/prices", "domain"), any("premium.io"))
	s.do("main", "GET "+purchases+"bingo.pineapple/prices").is(400, `{"message":"TLD .PINEAPPLE is not supported"}`)
}

func proveRegisterDomain(s *sim) {
	const path = "POST " + purchases
	const in = `{"registrant_id":11}`
	s.purchase(path+"free.com/registrations", in)
	for _, tc := range []struct{ name, body, want string }{
		{"free.com", ``, `{"message":"Validation failed","errors":{"registrant_id":["can't be blank"]}}`},
		{"free.com", `{"registrant_id":22}`, `{"message":"Validation failed","errors":{"registrant_id":["is not a contact of the account"]}}`},
		{"free.com", `{"registrant_id":11,"linked_provider":"x"}`, `{"message":"Validation failed","errors":{"linked_provider":["is not a linked provider of the account"]}}`},
		{"free.com", `{"registrant_id":11,"trustee":true}`, `{"message":"Validation failed","errors":{"trustee":["is not available for .COM"]}}`},
		{"free.io", `{"registrant_id":11,"whois_privacy":true}`, `{"message":"Validation failed","errors":{"whois_privacy":["is not available for .IO"]}}`},
		{"free.com", `{`, `{"message":"Problems parsing JSON"}`},
		{"a..b", in, `{"message":"Validation failed","errors":{"name":["is an invalid domain"]}}`},
		{"b.pineapple", in, `{"message":"TLD .PINEAPPLE is not supported"}`},
		{"b%C3%BCro.co.uk", in, `{"message":"Internationalized names are not supported for .CO.UK"}`},
		{"x.closed", in, `{"message":"Registrations are not supported for .CLOSED"}`},
		{"alpha.com", in, `{"message":"The domain alpha.com is already in DNSimple and cannot be added"}`},
		{"desks.com", in, `{"message":"The domain desks.com is already in DNSimple and cannot be added"}`},
		{"elsewhere.com", in, `{"message":"elsewhere.com is not available for registration"}`},
		{"free.fi", `{"registrant_id":11,"extended_attributes":{"x-kind":"p"}}`, `{"message":"Invalid extended attributes","errors":{"x-id-number":"it's required"}}`},
		{"free.app", in, `{"message":"Invalid extended attributes","errors":{"x-accept-ssl-requirement":"it's required"}}`},
		{"fancy.io", in, `{"message":"Validation failed","errors":{"premium_price":["is required: fancy.io is a premium domain"]}}`},
		{"fancy.io", `{"registrant_id":11,"premium_price":"60.00"}`, `{"message":"Validation failed","errors":{"premium_price":["does not match the price of 350.00"]}}`},
	} {
		s.do("main", path+tc.name+"/registrations", tc.body).is(400, tc.want)
	}
	equal(s.t, len(s.Charges()), 0)
	s.do("main", "GET /v2/1/domains/free.com").must(404)

	// Through its states. The domain is there from the beginning, and hosted.
	s.do("main", path+"Free.com/registrations", `{"registrant_id":"12","auto_renew":true,"whois_privacy":true}`).is(202, `{"data":{"id":1,"domain_id":1001,`+
		`"registrant_id":12,"period":1,"state":"new","auto_renew":true,"whois_privacy":true,"trustee":false,"created_at":"2026-03-10T12:00:00Z",`+
		`"updated_at":"2026-03-10T12:00:00Z"}}`)
	s.do("main", path+"free.com/registrations", in).is(400, `{"message":"free.com may not be registered at this time","errors":{}}`)
	s.do("desk", "POST /v2/2/registrar/domains/free.com/registrations", `{"registrant_id":22}`).must(400)
	s.do("main", path+"free.com/renewals").must(400)
	equal(s.t, s.field(purchases+"free.com/check", "available"), any(false))
	for _, step := range []struct {
		pass          time.Duration
		state, domain string
		charges       int
	}{
		{time.Minute - time.Second, "new", "hosted", 0},
		{time.Second, "registering", "hosted", 0},
		{9*time.Minute - time.Second, "registering", "hosted", 0},
		{time.Second, "registered", "registered", 1},
	} {
		s.pass(step.pass)
		equal(s.t, s.field(purchases+"free.com/registrations/1", "state"), any(step.state))
		equal(s.t, s.field("/v2/1/domains/free.com", "state"), any(step.domain))
		equal(s.t, s.field("/v2/1/domains/free.com", "registrant_id"), any(12.0))
		equal(s.t, len(s.Charges()), step.charges)
	}
	got := s.do("main", "GET /v2/1/domains/free.com")
	equal(s.t, [3]any{got.at("data", "expires_at"), got.at("data", "auto_renew"), got.at("data", "private_whois")}, [3]any{"2027-03-10T12:10:00Z", true, true})
	kind, items, cents := s.latest()
	equal(s.t, fmt.Sprint(kind, items, cents), "registration[Register free.com] 1500")

	s.do("main", path+"fancy.io/registrations", `{"registrant_id":11,"premium_price":"350.00"}`).must(202)
	s.do("main", path+"free.fi/registrations",
		`{"registrant_id":11,"whois_privacy":true,"trustee":true,"extended_attributes":{"x-id-number":"7"}}`).must(202)
	s.do("main", path+"hosted.com/registrations", in).must(202)
	s.do("main", path+"new.ai/registrations", in).must(202)
	s.do("main", path+"new.ch/registrations", in).must(202)
	s.pass(10 * time.Minute)
	sums := ""
	for _, c := range s.Charges()[1:] {
		sums += fmt.Sprint(c.Domain, " ", c.Years, " ", c.Cents, " ")
	}
	equal(s.t, sums, "fancy.io 1 35000 free.fi 1 5500 hosted.com 1 1500 new.ai 2 18000 new.ch 1 1400 ")
	equal(s.t, s.field(purchases+"fancy.io/prices", "renewal_price"), any(340.0))
	equal(s.t, s.field("/v2/1/domains/hosted.com", "id"), any(101.0))
	equal(s.t, s.field("/v2/1/domains/new.ch", "auto_renew"), any(true))
	equal(s.t, s.field("/v2/1/domains/free.fi", "trustee"), any(true))

	// At once; for nothing; too late; and caught again after it was lost.
	s = simulateLike(s)
	equal(s.t, s.do("main", path+"at-once.com/registrations", in).must(201).at("data", "state"), any("new"))
	equal(s.t, s.field(purchases+"at-once.com/registrations/1", "state"), any("registered"))
	s.do("main", path+"never.com/registrations", in).must(202)
	s.pass(3*day - time.Minute)
	equal(s.t, s.field(purchases+"never.com/registrations/2", "state"), any("failed"))
	equal(s.t, s.field("/v2/1/domains/never.com", "state"), any("hosted"))
	s.do("main", path+"never.com/registrations", in).must(202)
	s.do("main", path+"dropping.com/registrations", in).must(202)
	s.pass(time.Hour)
	equal(s.t, s.field(purchases+"dropping.com/registrations/4", "state"), any("failed"))
	equal(s.t, len(s.Charges()), 1)
	s.pass(25 * day)
	s.do("main", "GET /v2/1/domains/redemption.com").must(404)
	s.do("main", path+"redemption.com/registrations", in).must(202)
	s.pass(time.Hour)
	equal(s.t, s.field("/v2/1/domains/redemption.com", "state"), any("registered"))
}

func proveGetRegistration(s *sim) {
	s.do("main", "POST "+purchases+"free.com/registrations", `{"registrant_id":11}`).must(202)
	s.guarded("GET "+purchases+"free.com/registrations/1", "registrar:*:read")
	const want = `{"data":{"id":1,"domain_id":1001,"registrant_id":11,"period":1,"state":"new","auto_renew":false,"whois_privacy":false,` +
		`"trustee":false,"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`
	s.do("reader", "GET "+purchases+"free.com/registrations/1").is(200, want)
	s.do("main", "GET "+purchases+"1001/registrations/1").is(200, want)
	s.do("main", "GET "+purchases+"free.com/registrations/2").is(404, "{\"message\":\"Domain registration `2` not found\"}")
	s.do("main", "GET "+purchases+"free.com/transfers/1").must(404)
	s.do("main", "GET "+purchases+"none.com/registrations/1").is(404, "{\"message\":\"Domain `none.com` not found\"}")
	s.do("desk", "GET /v2/2/registrar/domains/free.com/registrations/1").must(404)
	// It stays to be seen when the domain has left.
	s.pass(10 * time.Minute)
	s.do("main", "DELETE /v2/1/domains/free.com").must(204)
	equal(s.t, s.field(purchases+"free.com/registrations/1", "state"), any("registered"))
}

func proveRenewDomain(s *sim) {
	s.purchase("POST "+purchases+"alpha.com/renewals", `{"period":1}`)
	s.do("main", "POST "+purchases+"alpha.com/renewals", `{"period":2}`).is(201, `{"data":{"id":1,"domain_id":100,"period":2,"state":"new",`+
		`"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`)
	equal(s.t, s.field("/v2/1/domains/alpha.com", "expires_on"), any("2028-04-09"))
	s.do("main", "POST "+purchases+"alpha.com/renewals", `{"period":9}`).is(400, `{"message":"alpha.com may not be renewed at this time","errors":{}}`)
	s.do("main", "POST "+purchases+"hosted.com/renewals").is(400, `{"message":"The domain hosted.com is not registered"}`)
	s.do("main", "POST "+purchases+"premium.io/renewals", `{"period":1}`).must(400)
	s.do("main", "POST "+purchases+"premium.io/renewals", `{"period":1,"premium_price":"480.00"}`).must(201)
	s.do("main", "POST "+purchases+"slow.com/renewals").must(202)
	s.do("main", "POST "+purchases+"late.com/renewals").must(201)
	s.do("main", "POST "+purchases+"none.com/renewals").must(404)
	equal(s.t, len(s.Charges()), 3)
}

func proveGetRenewal(s *sim) {
	s.do("main", "POST "+purchases+"slow.com/renewals").must(202)
	s.guarded("GET "+purchases+"slow.com/renewals/1", "registrar:*:read")
	for _, state := range []string{"new", "renewing", "renewing", "renewed"} {
		equal(s.t, s.do("reader", "GET "+purchases+"slow.com/renewals/1").must(200).at("data", "state"), any(state))
		s.pass(4 * time.Minute)
	}
	s.do("main", "GET "+purchases+"slow.com/renewals/2").is(404, "{\"message\":\"Domain renewal `2` not found\"}")
	s.do("main", "GET "+purchases+"alpha.com/renewals/1").must(404)
}

func proveRestoreDomain(s *sim) {
	s.purchase("POST " + purchases + "redemption.com/restores")
	s.do("main", "POST "+purchases+"alpha.com/restores").is(400, `{"message":"alpha.com may not be restored at this time","errors":{}}`)
	s.do("main", "POST "+purchases+"redemption.com/restores").is(202, `{"data":{"id":1,"domain_id":104,"state":"new",`+
		`"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`)
	s.pass(time.Hour)
	equal(s.t, s.field("/v2/1/domains/redemption.com", "state"), any("registered"))
	kind, items, cents := s.latest()
	equal(s.t, fmt.Sprint(kind, items, cents), "restore[Restore redemption.com Renew redemption.com] 9500")
	s.pass((20 + 30) * day)
	s.do("main", "POST "+purchases+"premium.io/restores", `{"premium_price":"480.00"}`).must(400)
	s.do("main", "POST "+purchases+"premium.io/restores", `{"premium_price":"600.00"}`).must(201)
}

func proveGetRestore(s *sim) {
	s.do("main", "POST "+purchases+"redemption.com/restores").must(202)
	s.guarded("GET "+purchases+"redemption.com/restores/1", "registrar:*:read")
	for _, state := range []string{"new", "restoring", "restoring", "restored"} {
		equal(s.t, s.do("reader", "GET "+purchases+"redemption.com/restores/1").must(200).at("data", "state"), any(state))
		s.pass(25 * time.Minute)
	}
	s.do("main", "GET "+purchases+"redemption.com/restores/2").is(404, "{\"message\":\"Domain restore `2` not found\"}")
}
