package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// TestStrangersLearnNothing asks, in an account of one's own, for what another account has: by name, by id, and by the ids of what it
// ordered. The answer is the one for what nobody has, but for what anybody may know of a name: that it is taken, and what it costs.
func TestStrangersLearnNothing(t *testing.T) {
	public := map[string]bool{
		"check": true, "prices": true, "premium_price": true, "status": true, // a registry tells that to everybody
		"registrations": true, "transfers": true, // recorded: "is already in DNSimple and cannot be added"
	}
	asked := 0
	for _, rt := range routes() {
		if !strings.Contains(rt.pattern, ":account") {
			continue
		}
		if last := rt.pattern[strings.LastIndex(rt.pattern, "/")+1:]; public[last] {
			continue
		}
		about := strings.Contains(rt.pattern, ":domain") || strings.Contains(rt.pattern, ":id") || rt.method != http.MethodGet
		if !about {
			continue
		}
		ask := func(domain, id string) string {
			s := simulate(t, callWorld)
			s.do("main", "POST "+purchases+"slow.com/renewals").must(202)                                                   // 1
			s.do("main", "POST "+purchases+"redemption.com/restores").must(202)                                             // 2
			s.do("main", "POST "+purchases+"free.com/registrations", `{"registrant_id":11}`).must(202)                      // 3
			s.do("main", "POST "+purchases+"elsewhere.com/transfers", `{"registrant_id":11,"auth_code":"right"}`).must(202) // 4
			s.do("desk", "POST /v2/2/domains", `{"name":"ours.example"}`).must(201)
			before := s.do("", "GET /_sandbox/state").Body.String()
			path := strings.NewReplacer(":account", "2", ":domain", domain, ":id", id).Replace(rt.pattern)
			a := s.do("desk", rt.method+" "+path, `{"domain_id":"`+domain+`","contact_id":"`+id+`","new_account_email":"main@example.com","period":1}`)
			equal(t, s.do("", "GET /_sandbox/state").Body.String(), before)
			if a.Code < 400 {
				t.Errorf("%s %s: %d %s", rt.method, path, a.Code, a.Body)
			}
			return strings.NewReplacer("`"+domain+"`", "`domain`", "`"+id+"`", "`id`").Replace(a.Body.String())
		}
		nobodys := ask("none-has.com", "999999")
		for _, domain := range []string{"slow.com", "105", "redemption.com", "free.com", "elsewhere.com"} {
			for _, id := range []string{"1", "2", "3", "4", "7", "11", "101"} {
				asked++
				if theirs := ask(domain, id); theirs != nobodys {
					t.Errorf("%s %s of %s, %s: %s, but of what nobody has: %s", rt.method, rt.pattern, domain, id, theirs, nobodys)
				}
			}
		}
	}
	if asked == 0 {
		t.Error("nothing was asked")
	}
}

// TestHostileInput sends to every call what no client of good will sends. It is refused, or taken as if nothing had been said; nothing
// breaks, and nothing is bought.
func TestHostileInput(t *testing.T) {
	deep := strings.Repeat(`{"x":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	bodies := []string{
		"[]", "7", `"x"`, "{", "\x00", "\xff\xfe", deep, strings.Repeat("[", 100_000), "<html>", `{"a":1}{"a":2}`, "{'period':1}",
		`{"period":"1","registrant_id":true,"name":[],"contact_id":{},"new_account_email":7,"domain_id":[]}`,
		`{"period":-1,"registrant_id":-11,"name":"-","contact_id":-11,"new_account_email":"-","domain_id":-100}`,
		`{"period":1e9,"registrant_id":1e30,"name":"a\u0000b.com","contact_id":9223372036854775808,"new_account_email":"\u0000","domain_id":1.5}`,
		`{"period":0,"registrant_id":0,"name":"..","contact_id":0,"new_account_identifier":"` + strings.Repeat("x", 1<<19) + `","domain_id":0}`,
		`{"period":99,"registrant_id":"11 ","name":"` + strings.Repeat("ü.", 300) + `com","contact_id":"13; drop","new_account_email":"a@b","domain_id":"../100"}`,
		`{"period":11,"registrant_id":22,"auth_code":7,"extended_attributes":[],"contact_id":22,"domain_id":"desks.com"}`,
		`{"period":1,"period":"x","registrant_id":11,"registrant_id":"y","name":"a.com","name":7,"contact_id":13,"contact_id":"z","domain_id":100,"domain_id":"q","new_account_email":"desk@example.com","new_account_email":9}`,
	}
	paths := []string{
		"-1", "0", "9223372036854775808", "..", "%2e%2e", "%2F", "a%2Fb", "%00", "%ff", "%25", "%3F", "a%20b", "alpha.com%00", "alpha.com%2F..", "ALPHA.COM.",
		"b%C3%BCcher.com", "%E2%80%AEmoc.ahpla", strings.Repeat("a", 70) + ".com", strings.Repeat("a.", 200) + "com", "xn--a.com", "1e2", "+100", "0x64",
	}
	s := simulate(t, callWorld)
	before := s.do("", "GET /_sandbox/state").Body.String()
	send := func(method, path, body string) {
		if a := s.do("main", method+" "+path, body); a.Code != http.StatusOK && (a.Code < 400 || a.Code > 499) {
			t.Errorf("%s %.100s %.100s: %d %s", method, path, body, a.Code, a.Body)
		}
	}
	for _, rt := range routes() {
		good := strings.NewReplacer(":account", "1", ":domain", "alpha.com", ":id", "7", ":tld", "com").Replace(rt.pattern)
		// A body means something to some; a restore, an authorization and a wish about an id have little or nothing to say.
		speaks := rt.method == http.MethodPost && !strings.HasSuffix(rt.pattern, "/authorize_transfer_out")
		for _, body := range bodies {
			if speaks {
				send(rt.method, good, body)
			}
		}
		for _, odd := range paths {
			send(rt.method, strings.NewReplacer(":account", "1", ":domain", odd, ":id", odd, ":tld", odd).Replace(rt.pattern), `{"contact_id":11,"registrant_id":"x"}`)
			send(rt.method, strings.NewReplacer(":account", odd, ":domain", "alpha.com", ":id", "1", ":tld", "com").Replace(rt.pattern), `{"name":"new.com"}`)
		}
		for _, query := range []string{"?page=-1", "?per_page=0", "?sort=,", "?sort=id:up", "?%zz", "?state=%00", "?domain_id=-1&contact_id=x", "?a;b", "?start_date=2026-13-45"} {
			if rt.method == http.MethodGet {
				send(rt.method, good+query, "")
			}
		}
	}
	equal(t, s.do("", "GET /_sandbox/state").Body.String(), before)
	equal(t, len(s.Charges()), 0)
}
