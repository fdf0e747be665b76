package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// phaseOf reads a domain's phase from /_sandbox/state; "" if it is gone.
func (s *sim) phaseOf(name string) string {
	s.t.Helper()
	for _, entry := range as[[]any](s.t, s.do("", "GET /_sandbox/state").must(200).at("domains")) {
		if d := as[map[string]any](s.t, entry); d["name"] == name {
			return as[string](s.t, d["phase"])
		}
	}
	return ""
}

func (s *sim) expires(name string) string {
	s.t.Helper()
	return fmt.Sprint(s.do("main", "GET /v2/1/domains/"+name).must(200).at("data", "expires_at"))
}

const purchases = "/v2/1/registrar/domains/"

func TestLifecycle(t *testing.T) {
	s := simulate(t, base+`
[[domain]]
account = "main"
name = "gtld.com"
expires = "+1d"
[[domain]]
account = "main"
name = "nograce.de"
expires = "+1d"
[[domain]]
account = "main"
name = "lapsed.com"
expires = "-40d"
[[push]]
domain = "nograce.de"
to = "desk"
`)
	for _, step := range []struct {
		pass                        time.Duration
		gtld, noGrace, lapsed, says string
	}{
		{0, "registered", "registered", "redemption", "registered"},
		{day - time.Second, "registered", "registered", "redemption", "registered"},
		{time.Second, "grace", "redemption", "redemption", "expired"},
		{29 * day, "redemption", "redemption", "", "expired"},
		{day, "redemption", "", "", "expired"},
		{29 * day, "pending-delete", "", "", "expired"},
		{5*day - time.Second, "pending-delete", "", "", "expired"},
		{time.Second, "", "", "", ""},
	} {
		s.pass(step.pass)
		got := [3]string{s.phaseOf("gtld.com"), s.phaseOf("nograce.de"), s.phaseOf("lapsed.com")}
		equal(t, got, [3]string{step.gtld, step.noGrace, step.lapsed})
		if step.says != "" {
			equal(t, s.do("main", "GET /v2/1/domains/gtld.com").must(200).at("data", "state"), any(step.says))
		}
	}
	s.do("main", "GET /v2/1/domains/gtld.com").must(404)
	equal(t, s.do("desk", "GET /v2/2/pushes").strings("id"), []string{})
	equal(t, len(s.Charges()), 0)
}

func TestRenewal(t *testing.T) {
	s := simulate(t, base+`
[[domain]]
id = 100
account = "main"
name = "now.com"
expires = "+10d"
[[domain]]
account = "main"
name = "slow.com"
expires = "+10d"
renewal = { takes = "10m" }
[[domain]]
account = "main"
name = "grace.com"
expires = "-20d"
`)
	s.do("main", "POST "+purchases+"now.com/renewals", `{"period":2}`).is(201,
		`{"data":{"id":1,"domain_id":100,"period":2,"state":"new","created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`)
	s.do("main", "GET "+purchases+"100/renewals/1").is(200,
		`{"data":{"id":1,"domain_id":100,"period":2,"state":"renewed","created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`)
	equal(t, s.expires("now.com"), "2028-03-20T12:00:00Z")

	equal(t, s.do("main", "POST "+purchases+"slow.com/renewals").must(202).at("data", "state"), any("new"))
	s.do("main", "POST "+purchases+"slow.com/renewals").is(400, `{"message":"slow.com may not be renewed at this time","errors":{}}`)
	for _, step := range []struct {
		pass    time.Duration
		state   string
		expires string
		charges int
	}{
		{59 * time.Second, "new", "2026-03-20T12:00:00Z", 1},
		{time.Second, "renewing", "2026-03-20T12:00:00Z", 1},
		{9*time.Minute - time.Second, "renewing", "2026-03-20T12:00:00Z", 1},
		{time.Second, "renewed", "2027-03-20T12:00:00Z", 2},
	} {
		s.pass(step.pass)
		equal(t, s.do("main", "GET "+purchases+"slow.com/renewals/2").must(200).at("data", "state"), any(step.state))
		equal(t, s.expires("slow.com"), step.expires)
		equal(t, len(s.Charges()), step.charges)
	}

	s.do("main", "POST "+purchases+"grace.com/renewals", `{"period":1}`).must(201)
	equal(t, s.phaseOf("grace.com"), "registered")
	equal(t, s.expires("grace.com"), "2027-02-18T12:00:00Z")

	got := s.Charges()
	equal(t, got[0], Charge{
		At: start(), AccountID: 1, DomainID: 100, Domain: "now.com", Kind: "renewal", By: ByClient, Operation: 1, Years: 2,
		Cents: 3000, Reference: "1-1", Items: []ChargeItem{{"Renew now.com", "domain-renewal", 3000}},
	})
	equal(t, got[1].At, start().Add(10*time.Minute))
	got[0].Items[0].Cents = 0
	equal(t, s.Charges()[0].Items[0].Cents, int64(3000))
	for _, missing := range []string{"now.com/renewals/2", "now.com/restores/1", "now.com/renewals/9", "none.com/renewals/1"} {
		s.do("main", "GET "+purchases+missing).must(404)
	}
}

func TestRenewalRefused(t *testing.T) {
	const head = base + `
[[account]]
id = 4
tokens = ["arrears"]
billing = "arrears"
[[account]]
id = 5
tokens = ["declined"]
billing = "declined"
[[tld]]
name = "off"
renewal = "10.00"
renewal_enabled = false
[[domain]]
account = 4
name = "arrears.com"
expires = "+10d"
[[domain]]
account = 5
name = "declined.com"
expires = "+10d"
[[domain]]
account = "main"
name = "plain.com"
expires = "+10d"
[[domain]]
account = "main"
name = "long.com"
expires = "+9y"
[[domain]]
account = "main"
name = "redemption.com"
expires = "-40d"
[[domain]]
account = "main"
name = "pending.com"
expires = "-61d"
[[domain]]
account = "main"
name = "hosted.com"
[[domain]]
account = "main"
name = "auto.ch"
expires = "+100d"
[[domain]]
account = "main"
name = "never.off"
expires = "+100d"
[[domain]]
account = "main"
name = "premium.io"
expires = "+10d"
premium = true
prices = { renewal = "480.00", restore = "600.00" }
`
	later := func(name string) string {
		return `{"message":"` + name + ` may not be renewed at this time","errors":{}}`
	}
	const period = `{"message":"Validation failed","errors":{"period":["must be between 1 and 9"]}}`
	const mismatch = `{"message":"Validation failed","errors":{"premium_price":["does not match the price of 480.00"]}}`
	const required = `{"message":"Validation failed","errors":{"premium_price":["is required: premium.io is a premium domain"]}}`
	for _, tc := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"plain.com", `{"period":0}`, 400, period},
		{"plain.com", `{"period":-1}`, 400, period},
		{"plain.com", `{"period":10}`, 400, period},
		{"plain.com", `{"period":"1"}`, 400, `{"message":"Problems parsing JSON"}`},
		{"plain.com", `{"period":1.5}`, 400, `{"message":"Problems parsing JSON"}`},
		{"plain.com", `{`, 400, `{"message":"Problems parsing JSON"}`},
		{"long.com", `{"period":2}`, 400, later("long.com")},
		{"redemption.com", "", 400, later("redemption.com")},
		{"pending.com", "", 400, later("pending.com")},
		{"hosted.com", "", 400, `{"message":"The domain hosted.com is not registered"}`},
		{"auto.ch", "", 400, `{"message":"Domains under .ch cannot be renewed manually"}`},
		{"never.off", "", 400, `{"message":"Domains under .off cannot be renewed manually"}`},
		{"premium.io", "", 400, required},
		{"premium.io", `{"premium_price":null}`, 400, required},
		{"premium.io", `{"premium_price":"479.99"}`, 400, mismatch},
		{"premium.io", `{"premium_price":"600.00"}`, 400, mismatch},
		{"premium.io", `{"premium_price":480.00}`, 400, mismatch},
		{"arrears.com", "", 402, `{"message":"The account has outstanding payments"}`},
		{"declined.com", "", 400, `{"message":"Your card was declined"}`},
	} {
		t.Run(tc.name+tc.body, func(t *testing.T) {
			s := simulate(t, head)
			token, path := "main", purchases
			if account, _, _ := strings.Cut(tc.name, "."); account == "arrears" || account == "declined" {
				token, path = account, map[string]string{"arrears": "/v2/4", "declined": "/v2/5"}[account]+"/registrar/domains/"
			}
			s.do(token, "POST "+path+tc.name+"/renewals", tc.body).is(tc.status, tc.want)
			equal(t, len(s.Charges()), 0)
		})
	}
	s := simulate(t, head)
	s.do("main", "POST "+purchases+"long.com/renewals", `{"period":1}`).must(201)
	s.do("main", "POST "+purchases+"plain.com/renewals", `{"period":null,"premium_price":"1.00"}`).must(201)
	s.do("main", "POST "+purchases+"premium.io/renewals", `{"period":2,"premium_price":"480.00"}`).must(201)
	equal(t, s.Charges()[2].Cents, int64(96000))
}

func TestRenewalThatFails(t *testing.T) {
	for _, outcome := range []string{"failed", "cancelled"} {
		for _, takes := range []string{"0s", "1h"} {
			s := simulate(t, base+`
[[domain]]
account = "main"
name = "a.com"
expires = "+10d"
renewal = { takes = "`+takes+`", outcome = "`+outcome+`" }
`)
			s.do("main", "POST "+purchases+"a.com/renewals")
			s.pass(time.Hour)
			equal(t, s.do("main", "GET "+purchases+"a.com/renewals/1").must(200).at("data", "state"), any(outcome))
			equal(t, s.expires("a.com"), "2026-03-20T12:00:00Z")
			equal(t, len(s.Charges()), 0)
			if code := s.do("main", "POST "+purchases+"a.com/renewals").Code; code/100 != 2 {
				t.Errorf("a second attempt answers %d", code)
			}
		}
	}
}

func TestRenewalOutlivesThePhases(t *testing.T) {
	s := simulate(t, base+`
[[domain]]
account = "main"
name = "late.com"
expires = "-28d"
renewal = { takes = "3d" }
[[domain]]
account = "main"
name = "lost.com"
expires = "-58d"
restore = { takes = "10d" }
`)
	s.do("main", "POST "+purchases+"late.com/renewals").must(202)
	s.do("main", "POST "+purchases+"lost.com/restores").must(202)
	s.pass(2 * day)
	equal(t, s.phaseOf("late.com"), "redemption")
	s.do("main", "POST "+purchases+"late.com/restores").must(400)
	s.pass(9 * day)
	equal(t, s.phaseOf("late.com"), "registered")
	equal(t, s.phaseOf("lost.com"), "")
	equal(t, len(s.Charges()), 1)
}

func TestRestore(t *testing.T) {
	s := simulate(t, base+`
[operations]
restore_takes = "1h"
[[domain]]
id = 100
account = "main"
name = "a.com"
expires = "-40d"
[[domain]]
account = "main"
name = "b.io"
expires = "-40d"
premium = true
prices = { renewal = "480.00", restore = "600.00" }
restore = { takes = "0s" }
[[domain]]
account = "main"
name = "c.com"
expires = "-40d"
restore = { outcome = "cancelled" }
[[domain]]
account = "main"
name = "grace.com"
expires = "-3d"
[[domain]]
account = "main"
name = "hosted.com"
`)
	s.do("main", "POST "+purchases+"a.com/restores", `{"period":0}`).is(202,
		`{"data":{"id":1,"domain_id":100,"state":"new","created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}}`)
	s.do("main", "POST "+purchases+"c.com/restores").must(202)
	s.do("main", "POST "+purchases+"a.com/restores").is(400, `{"message":"a.com may not be restored at this time","errors":{}}`)
	s.do("main", "POST "+purchases+"grace.com/restores").must(400)
	s.do("main", "POST "+purchases+"hosted.com/restores").must(400)
	s.do("main", "POST "+purchases+"b.io/restores", `{"premium_price":"480.00"}`).must(400)
	equal(t, s.do("main", "POST "+purchases+"b.io/restores", `{"premium_price":"600.00"}`).must(201).at("data", "state"), any("new"))
	s.pass(30 * time.Minute)
	equal(t, s.do("main", "GET "+purchases+"a.com/restores/1").at("data", "state"), any("restoring"))
	equal(t, len(s.Charges()), 1)
	s.pass(30 * time.Minute)
	equal(t, s.do("main", "GET "+purchases+"a.com/restores/1").at("data", "state"), any("restored"))
	equal(t, s.do("main", "GET "+purchases+"c.com/restores/2").at("data", "state"), any("cancelled"))
	equal(t, s.expires("a.com"), "2027-01-29T12:00:00Z")
	equal(t, s.phaseOf("c.com"), "redemption")
	equal(t, s.do("main", "GET /v2/1/domains/a.com").at("data", "state"), any("registered"))
	s.do("main", "GET /v2/1/billing/charges").is(200,
		`{"data":[{"invoiced_at":"2026-03-10T12:00:00Z","total_amount":"1080.00","balance_amount":"0.00","reference":"1-1","state":"collected",`+
			`"items":[{"description":"Restore b.io","amount":"600.00","product_id":1001,"product_type":"domain-restore","product_reference":"b.io"},`+
			`{"description":"Renew b.io","amount":"480.00","product_id":1001,"product_type":"domain-renewal","product_reference":"b.io"}]},`+
			`{"invoiced_at":"2026-03-10T13:00:00Z","total_amount":"95.00","balance_amount":"0.00","reference":"1-2","state":"collected",`+
			`"items":[{"description":"Restore a.com","amount":"80.00","product_id":100,"product_type":"domain-restore","product_reference":"a.com"},`+
			`{"description":"Renew a.com","amount":"15.00","product_id":100,"product_type":"domain-renewal","product_reference":"a.com"}]}],`+
			`"pagination":{"current_page":1,"per_page":30,"total_entries":2,"total_pages":1}}`)
}

func TestAutoRenewal(t *testing.T) {
	s := simulate(t, base+`
[[account]]
id = 4
billing = "declined"
tokens = ["declined"]
[[domain]]
account = 4
name = "declined.com"
expires = "+9d"
auto_renew = true
[[domain]]
account = "main"
name = "on.com"
expires = "+9d"
auto_renew = true
[[domain]]
account = "main"
name = "off.com"
expires = "+9d"
[[domain]]
account = "main"
name = "fails.com"
expires = "+9d"
auto_renew = true
auto_renewal = { outcome = "failed" }
[[domain]]
account = "main"
name = "switched.com"
expires = "+9d"
auto_renew = true
auto_renewal = { outcome = "switched-off", before = "8d" }
[[domain]]
account = "main"
name = "auto.ch"
expires = "+20d"
auto_renew = true
[[domain]]
account = "main"
name = "lapsed.com"
expires = "-9d"
auto_renew = true
`)
	s.pass(2*day - time.Second)
	equal(t, len(s.Charges()), 0)
	s.pass(time.Second)
	charges := s.Charges()
	equal(t, len(charges), 1)
	equal(t, charges[0].By, ByAutoRenewal)
	equal(t, charges[0].Items, []ChargeItem{{"Auto Renew on.com", "domain-renewal", 1500}})
	equal(t, s.expires("on.com"), "2027-03-19T12:00:00Z")
	auto := func(token, path string) any { return s.do(token, "GET "+path).must(200).at("data", "auto_renew") }
	equal(t, auto("declined", "/v2/4/domains/declined.com"), any(false))
	equal(t, auto("main", "/v2/1/domains/switched.com"), any(false))
	equal(t, auto("main", "/v2/1/domains/fails.com"), any(true))

	// Switched on in the last days, DNSimple buys an hour later; switched off again, never.
	s.do("main", "PUT "+purchases+"off.com/auto_renewal").is(204, "")
	s.pass(30 * time.Minute)
	s.do("main", "PUT "+purchases+"off.com/auto_renewal").is(204, "")
	equal(t, len(s.Charges()), 1)
	s.do("main", "DELETE "+purchases+"off.com/auto_renewal").is(204, "")
	s.pass(2 * time.Hour)
	equal(t, len(s.Charges()), 1)
	s.do("main", "PUT "+purchases+"off.com/auto_renewal").is(204, "")
	s.pass(time.Hour)
	equal(t, len(s.Charges()), 2)
	equal(t, s.expires("off.com"), "2027-03-19T12:00:00Z")

	s.pass(5 * day)
	equal(t, s.expires("auto.ch"), "2027-03-30T12:00:00Z")
	s.pass(3 * day)
	equal(t, s.phaseOf("fails.com"), "grace")
	equal(t, s.phaseOf("lapsed.com"), "grace")
	equal(t, len(s.Charges()), 3)
	s.pass(365 * day)
	equal(t, len(s.Charges()), 6) // on, off and auto.ch once more; fails.com and the rest are gone
}

func TestAutoRenewalAndAClientsRenewalExcludeEachOther(t *testing.T) {
	const portfolio = base + `
[[domain]]
account = "main"
name = "a.com"
expires = "+8d"
auto_renew = true
auto_renewal = { takes = "2h" }
renewal = { takes = "2d", outcome = "%s" }
`
	// Begun by DNSimple: the client is refused, and switching it off stops nothing.
	s := simulate(t, fmt.Sprintf(portfolio, "renewed"))
	s.pass(day)
	s.do("main", "POST "+purchases+"a.com/renewals").must(400)
	s.do("main", "DELETE "+purchases+"a.com/auto_renewal").must(204)
	s.pass(2 * time.Hour)
	equal(t, len(s.Charges()), 1)

	// Begun by the client: DNSimple waits for the end of it, and buys only if it came to nothing.
	for outcome, by := range map[string]string{"renewed": ByClient, "failed": ByAutoRenewal} {
		s := simulate(t, fmt.Sprintf(portfolio, outcome))
		s.do("main", "POST "+purchases+"a.com/renewals").must(202)
		s.pass(7 * day)
		equal(t, len(s.Charges()), 1)
		equal(t, s.Charges()[0].By, by)
		equal(t, s.expires("a.com"), "2027-03-18T12:00:00Z")
	}
}

func TestLeapDay(t *testing.T) {
	leap := time.Date(2028, 2, 29, 8, 0, 0, 0, time.UTC)
	equal(t, addYears(leap, 1), time.Date(2029, 2, 28, 8, 0, 0, 0, time.UTC))
	equal(t, addYears(leap, 4), time.Date(2032, 2, 29, 8, 0, 0, 0, time.UTC))
}

// TestMoneyMovesWithTheExpiration lets clients do anything at any time, and holds the registry to four laws: an
// expiration moves only by the years of a charge, a charge is there only for an operation that succeeded, the phase is
// what the expiration says, and no two operations on a domain are under way at once.
func TestMoneyMovesWithTheExpiration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, err := ParsePortfolio([]byte(propertyPortfolio(rt)), "property.toml")
		if err != nil {
			rt.Fatal(err)
		}
		s := &sim{t: t, now: start()}
		if s.Server, err = New(Options{Portfolio: p, Now: s.clock}); err != nil {
			rt.Fatal(err)
		}
		first := map[int64]time.Time{}
		for _, d := range s.w.domains {
			first[d.id] = d.expires
		}
		actions := []string{
			"POST %s/renewals", "POST %s/renewals", "POST %s/restores", "PUT %s/auto_renewal", "DELETE %s/auto_renewal",
		}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			name := rapid.SampledFrom([]string{"a.com", "b.de", "c.ai", "d.ch"}).Draw(rt, "name")
			action := rapid.SampledFrom(actions).Draw(rt, "action")
			body := rapid.SampledFrom([]string{"", `{"period":1}`, `{"period":3}`}).Draw(rt, "body")
			a := s.do("main", fmt.Sprintf(action, purchases+name), body)
			if a.Code >= 500 {
				rt.Fatalf("%d %s", a.Code, a.Body)
			}
			s.pass(time.Duration(rapid.IntRange(0, 60*24*20).Draw(rt, "minutes")) * time.Minute)
			years := map[int64]int{}
			for _, c := range s.Charges() {
				years[c.DomainID] += c.Years
				op := s.w.operations[c.Operation]
				if op.state != stateRenewed && op.state != stateRestored || !op.updated.Equal(c.At) {
					rt.Fatalf("charge %+v for an operation that is %s since %s", c, op.state, op.updated)
				}
				sum := int64(0)
				for _, i := range c.Items {
					sum += i.Cents
				}
				if sum != c.Cents || sum <= 0 {
					rt.Fatalf("charge %+v has items of %d", c, sum)
				}
			}
			for _, d := range s.w.domains {
				if want := addYears(first[d.id], years[d.id]); !d.expires.Equal(want) {
					rt.Fatalf("%s expires %s, and %d years were charged: want %s", d.name, d.expires, years[d.id], want)
				}
				underWay := 0
				for _, op := range s.w.operations {
					if op.domain == d && !op.complete {
						underWay++
					}
				}
				if underWay > 1 || underWay == 1 != (d.busy != nil) {
					rt.Fatalf("%s has %d operations under way, busy: %t", d.name, underWay, d.busy != nil)
				}
				if want, _ := d.tld.phaseAt(d.expires, s.w.now); d.phase != want {
					rt.Fatalf("%s is in phase %s, want %s", d.name, d.phase, want)
				}
			}
		}
		done := 0
		for _, op := range s.w.operations {
			if op.state == stateRenewed || op.state == stateRestored {
				done++
			}
		}
		if done != len(s.w.charges) {
			rt.Fatalf("%d operations succeeded, %d were charged", done, len(s.w.charges))
		}
	})
}

func propertyPortfolio(rt *rapid.T) string {
	var b strings.Builder
	b.WriteString(base)
	for _, name := range []string{"a.com", "b.de", "c.ai", "d.ch"} {
		fmt.Fprintf(&b, "[[domain]]\naccount = \"main\"\nname = %q\nexpires = \"%+dd\"\nauto_renew = %t\n", name,
			rapid.IntRange(-29, 40).Draw(rt, "expires"), rapid.Bool().Draw(rt, "auto"))
		fmt.Fprintf(&b, "renewal = { takes = \"%dh\", outcome = %q }\n", rapid.IntRange(0, 300).Draw(rt, "takes"),
			rapid.SampledFrom([]string{"renewed", "renewed", "failed", "cancelled"}).Draw(rt, "renewal"))
		fmt.Fprintf(&b, "restore = { takes = \"%dh\", outcome = %q }\n", rapid.IntRange(0, 300).Draw(rt, "takes"),
			rapid.SampledFrom([]string{"restored", "restored", "cancelled"}).Draw(rt, "restore"))
		fmt.Fprintf(&b, "auto_renewal = { takes = \"%dh\", outcome = %q }\n", rapid.IntRange(0, 50).Draw(rt, "takes"),
			rapid.SampledFrom([]string{"renewed", "renewed", "failed", "switched-off"}).Draw(rt, "auto-renewal"))
	}
	return b.String()
}
