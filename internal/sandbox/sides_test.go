package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPushes(t *testing.T) {
	const portfolio = base + `
[[domain]]
id = 300
account = "far"
name = "theirs.com"
expires = "+100d"
[[domain]]
id = 200
account = "desk"
name = "ours.com"
expires = "+100d"
[[domain]]
id = 201
account = "desk"
name = "hosted.com"
[[push]]
id = 7
domain = "theirs.com"
to = "main"
[[push]]
domain = "ours.com"
from = 2
to = "main"
[[push]]
domain = "ours.com"
to = "far"
[[push]]
domain = "hosted.com"
to = "main"
`
	s := simulate(t, portfolio)
	equal(t, s.do("main", "GET /v2/1/pushes?sort=id:desc").strings("id"), []string{"7", "3", "1"})
	equal(t, s.do("desk", "GET /v2/2/pushes").strings("id"), []string{})
	s.do("main", "GET /v2/1/domains/300").must(404)
	s.do("main", "GET /v2/1/domains/200").must(404)
	s.do("desk", "GET /v2/2/domains/200").must(200)

	s.pass(time.Hour)
	s.do("main", "POST /v2/1/pushes/1", `{"contact_id":"11"}`).is(204, "")
	moved := s.do("main", "GET /v2/1/domains/200").must(200)
	equal(t, moved.at("data", "account_id"), any(1.0))
	equal(t, moved.at("data", "registrant_id"), any(11.0))
	equal(t, moved.at("data", "updated_at"), any("2026-03-10T13:00:00Z"))
	s.do("desk", "GET /v2/2/domains/ours.com").must(404)
	s.do("main", "POST /v2/1/pushes/1", `{"contact_id":11}`).must(404)
	s.do("main", "POST /v2/1/pushes/2", `{"contact_id":11}`).must(404)

	s.do("main", "POST /v2/1/pushes/3", `{"contact_id":11}`).is(204, "")
	equal(t, s.do("main", "GET /v2/1/domains/hosted.com").must(200).at("data", "registrant_id"), nil)

	s.do("main", "DELETE /v2/1/pushes/7").is(204, "")
	s.do("main", "DELETE /v2/1/pushes/7").must(404)
	equal(t, s.do("main", "GET /v2/1/pushes").strings("id"), []string{})
	s.do("main", "GET /v2/1/domains/theirs.com").must(404)

	// A renewal of a domain that came in is ours to pay.
	s.do("main", "POST "+purchases+"ours.com/renewals").must(201)
	equal(t, s.Charges()[0].AccountID, int64(1))
}

func TestRegistrantChanges(t *testing.T) {
	s := simulate(t, base+`
[operations]
cancel_takes = "1h"
[[domain]]
id = 100
account = "main"
name = "a.com"
expires = "+100d"
[[domain]]
id = 101
account = "main"
name = "b.com"
expires = "+100d"
[[registrant_change]]
domain = "a.com"
contact = 12
state = "new"
takes = "10d"
irt_lock_lifted_by = "+60d"
extended_attributes = { x-key = "1" }
[[registrant_change]]
domain = "b.com"
contact = 13
[[registrant_change]]
domain = "b.com"
contact = 14
cancel_takes = "0s"
[[registrant_change]]
domain = "b.com"
contact = 13
state = "cancelling"
cancel_takes = "3h"
[[registrant_change]]
domain = "b.com"
contact = 13
state = "completed"
registry_owner_change = false
`)
	const path = "/v2/1/registrar/registrant_changes"
	ids := func(query string) string {
		return strings.Join(s.do("main", "GET "+path+query).must(200).strings("id"), " ")
	}
	state := func(id int) any {
		return s.do("main", fmt.Sprintf("GET %s/%d", path, id)).must(200).at("data", "state")
	}
	for query, want := range map[string]string{
		"": "1 2 3", "?state=new": "1", "?state=pending": "2 3", "?state=cancelling": "4", "?state=completed": "5",
		"?state=cancelled": "", "?domain_id=101": "2 3", "?contact_id=13": "2", "?contact_id=13&state=completed": "5",
		"?domain_id=x": "", "?sort=id:desc": "3 2 1", "?per_page=2&page=2": "3",
	} {
		equal(t, ids(query), want)
	}
	first := s.do("main", "GET "+path+"/1")
	equal(t, first.at("data", "irt_lock_lifted_by"), any("2026-05-09"))
	equal(t, first.at("data", "extended_attributes"), any(map[string]any{"x-key": "1"}))
	equal(t, s.do("main", "GET "+path+"/5").at("data", "registry_owner_change"), any(false))

	equal(t, s.do("main", "DELETE "+path+"/2").must(202).at("data", "state"), any("cancelling"))
	s.do("main", "DELETE "+path+"/3").is(204, "")
	s.do("main", "DELETE "+path+"/2").must(400)
	s.do("main", "DELETE "+path+"/3").must(400)
	equal(t, state(3), any("cancelled"))
	s.pass(time.Hour)
	equal(t, state(2), any("cancelled"))
	equal(t, state(4), any("cancelling"))
	s.pass(2 * time.Hour)
	equal(t, state(4), any("cancelled"))
	s.pass(day)
	equal(t, state(1), any("pending"))
	equal(t, s.do("main", "GET /v2/1/domains/100").at("data", "registrant_id"), any(11.0))
	s.pass(9 * day)
	equal(t, state(1), any("completed"))
	equal(t, s.do("main", "GET /v2/1/domains/100").at("data", "registrant_id"), any(12.0))
}

// A change that is cancelled in time does not complete.
func TestCancelledChangeNeverCompletes(t *testing.T) {
	s := simulate(t, base+`
[[domain]]
id = 100
account = "main"
name = "a.com"
expires = "+100d"
[[registrant_change]]
domain = "a.com"
contact = 12
takes = "1h"
cancel_takes = "2h"
`)
	s.do("main", "DELETE /v2/1/registrar/registrant_changes/1").must(202)
	s.pass(3 * time.Hour)
	equal(t, s.do("main", "GET /v2/1/registrar/registrant_changes/1").at("data", "state"), any("cancelled"))
	equal(t, s.do("main", "GET /v2/1/domains/100").at("data", "registrant_id"), any(11.0))
}

func TestBillingCharges(t *testing.T) {
	s := simulate(t, base+"[[many]]\naccount = \"main\"\ncount = 40\npattern = \"b%02d.com\"\nexpires_from = \"+90d\"\nexpires_to = \"+2y\"\n")
	for i := range 40 {
		s.do("main", fmt.Sprintf("POST %sb%02d.com/renewals", purchases, i)).must(201)
		s.pass(6 * time.Hour)
	}
	path := "GET /v2/1/billing/charges"
	count := func(query string) any { return s.do("main", path+query).must(200).at("pagination", "total_entries") }
	all := s.do("main", path).must(200)
	equal(t, len(all.strings("reference")), 30)
	equal(t, all.at("pagination", "total_pages"), any(2.0))
	equal(t, s.do("main", path+"?sort=invoiced:desc&per_page=1").at("data", 0, "reference"), any("1-40"))
	equal(t, count("?start_date=2026-03-11&end_date=2026-03-11"), any(4.0))
	equal(t, count("?start_date=2026-03-20"), any(2.0))
	equal(t, count("?end_date=2026-03-10"), any(2.0))
	equal(t, count("?start_date=2027-01-01"), any(0.0))
	equal(t, s.do("desk", "GET /v2/2/billing/charges").must(200).at("pagination", "total_entries"), any(0.0))
	s.do("main", path+"?sort=amount").must(400)
}

func TestContacts(t *testing.T) {
	s := simulate(t, base+`
[[contact]]
id = 9
account = "main"
label = "z"
email = "a@example.com"
`)
	for query, want := range map[string]string{
		"": "9 11", "?sort=id:desc": "11 9", "?sort=label": "11 9", "?sort=email:desc": "9 11", "?per_page=1": "9",
	} {
		equal(t, strings.Join(s.do("main", "GET /v2/1/contacts"+query).must(200).strings("id"), " "), want)
	}
}

func TestControl(t *testing.T) {
	s := simulate(t, base+"[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+10d\"\n")
	s.do("main", "POST "+purchases+"a.com/renewals?x=1").must(201)
	equal(t, s.do("", "GET /_sandbox/charges").must(200).at(0, "cents"), any(1500.0))
	log := s.do("", "GET /_sandbox/requests").must(200)
	equal(t, log.at("total"), any(1.0))
	equal(t, log.at("requests", 0), any(map[string]any{
		"at": "2026-03-10T12:00:00Z", "method": "POST", "path": purchases + "a.com/renewals?x=1", "account_id": 1.0, "status": 201.0,
	}))
	s.do("", "POST /_sandbox/clock", `{"advance":"2d12h"}`).is(200, `{"ahead":"60h0m0s","now":"2026-03-13T00:00:00Z"}`)
	s.pass(time.Hour)
	s.do("", "GET /_sandbox/clock").is(200, `{"ahead":"60h0m0s","now":"2026-03-13T01:00:00Z"}`)
	equal(t, s.do("main", "GET /v2/whoami").Header().Get("Date"), "Fri, 13 Mar 2026 01:00:00 GMT")
	for _, body := range []string{"", "{", `{}`, `{"advance":"-1d"}`, `{"advance":"soon"}`, `{"advance":"60y"}`, `{"advance":7}`} {
		s.do("", "POST /_sandbox/clock", body).must(400)
	}
	s.do("", "POST /_sandbox/charges").must(405)
	s.do("", "GET /_sandbox").must(404)
	s.do("", "GET /_sandbox/odd").must(404)
	s.do("main", "GET /_sandboxes").must(404)
	s.do("", "POST /_sandbox/clock", `{"advance":"5y"}`).must(200)
	equal(t, s.phaseOf("a.com"), "")
}

func TestTheClockNeverGoesBack(t *testing.T) {
	s := simulate(t, base)
	s.pass(time.Hour)
	s.do("main", "GET /v2/whoami").must(200)
	s.pass(-30 * time.Minute)
	equal(t, s.do("main", "GET /v2/whoami").Header().Get("Date"), "Tue, 10 Mar 2026 13:00:00 GMT")
}

func TestJournalIsBounded(t *testing.T) {
	var j journal
	for i := range 3*journalSize + 5 {
		j.add(Request{Status: i})
	}
	got := j.list()
	equal(t, [4]int{j.total, len(got), got[0].Status, got[len(got)-1].Status},
		[4]int{3*journalSize + 5, journalSize, 2*journalSize + 5, 3*journalSize + 4})
}

func TestHugeBodyIsRefused(t *testing.T) {
	s := simulate(t, base+"[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+10d\"\n")
	body := `{"period":1,"x":"` + strings.Repeat("x", maxBody) + `"}`
	s.do("main", "POST "+purchases+"a.com/renewals", body).must(400)
	equal(t, len(s.Charges()), 0)
}

func TestDemoPortfolio(t *testing.T) {
	text, err := os.ReadFile("../../cmd/domaind/demo/portfolio.toml")
	if err != nil {
		t.Fatal(err)
	}
	s := simulate(t, string(text))
	if n := len(s.w.domains); n < 35 || n > 45 {
		t.Errorf("%d domains, want about forty", n)
	}
	equal(t, s.p(t, string(text)).Tokens(1010), []string{"demo-shop"})
	pushes := s.do("demo-shop", "GET /v2/1010/pushes").must(200)
	equal(t, len(pushes.strings("id")), 2)
	proven := fmt.Sprint(pushes.at("data", 0, "domain_id"))
	unproven := fmt.Sprint(pushes.at("data", 1, "domain_id"))
	s.do("demo-studio", "GET /v2/3030/domains/"+proven).must(200)
	for token, account := range map[string]string{"demo-shop": "1010", "demo-labs": "2020", "demo-studio": "3030"} {
		s.do(token, "GET /v2/"+account+"/domains/"+unproven).must(404)
		s.do(token, "GET /v2/"+account+"/domains/trojan-horse.com").must(404)
	}
	equal(t, s.phaseOf("lapsed-in-grace.com"), "grace")
	equal(t, s.phaseOf("lapsed-in-redemption.com"), "redemption")
	equal(t, s.do("demo-shop", "GET /v2/1010/registrar/registrant_changes").must(200).strings("contact_id"), []string{"6666"})
}

// p parses a portfolio again.
func (s *sim) p(t *testing.T, text string) *Portfolio {
	t.Helper()
	p, err := ParsePortfolio([]byte(text), "again.toml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Lists are kept between requests; nothing that changes in between may be missing from the next.
func TestListsAreNeverStale(t *testing.T) {
	s := simulate(t, base+`
[[domain]]
account = "main"
name = "a.com"
expires = "+10d"
[[domain]]
account = "main"
name = "b.com"
expires = "+20d"
[[domain]]
account = "main"
name = "gone.de"
expires = "-29d"
[[domain]]
account = "desk"
name = "c.com"
expires = "+15d"
[[push]]
domain = "c.com"
to = "main"
[[registrant_change]]
domain = "b.com"
contact = 77
takes = "3d"
`)
	list := func(query, field string) string {
		return strings.Join(s.do("main", "GET /v2/1/domains?sort=expiration"+query).must(200).strings(field), " ")
	}
	equal(t, list("", "name"), "gone.de a.com b.com")
	s.do("main", "POST "+purchases+"a.com/renewals").must(201)
	equal(t, list("", "name"), "gone.de b.com a.com")
	s.do("main", "POST /v2/1/pushes/1", `{"contact_id":11}`).must(204)
	equal(t, list("", "name"), "gone.de c.com b.com a.com")
	s.pass(2 * day)
	equal(t, list("", "name"), "c.com b.com a.com")
	equal(t, list("&registrant_id=77", "name"), "")
	s.pass(2 * day)
	equal(t, list("&registrant_id=77", "name"), "b.com")
	s.pass(20 * day)
	equal(t, list("", "state"), "expired expired registered")
	for i := range 3 * maxLists {
		list(fmt.Sprintf("&name_like=%d", i), "name")
	}
	if n := len(s.w.lists); n > maxLists {
		t.Errorf("%d lists are kept", n)
	}
}

func TestRequestWithoutBody(t *testing.T) {
	s := simulate(t, base)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/v2/whoami"}}).WithContext(t.Context()))
	equal(t, rec.Code, http.StatusUnauthorized)
}

// TestOverTheWire runs clients at the same time against a real listener; under -race it proves the lock, and in any
// case that of many orders for one domain exactly one is charged.
func TestOverTheWire(t *testing.T) {
	s := simulate(t, base+"[[domain]]\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+10d\"\nrenewal = { takes = \"1h\" }\n")
	server := httptest.NewServer(s)
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	call := func(method, path string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, http.NoBody)
		if err != nil {
			t.Error(err)
			return 0
		}
		r.Header.Set("Authorization", "Bearer main")
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Error(err)
			return 0
		}
		if resp.Header.Get("X-RateLimit-Remaining") == "" && strings.HasPrefix(path, "/v2") {
			t.Errorf("%s %s: no rate limit in the answer", method, path)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		return resp.StatusCode
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	accepted := 0
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if call(http.MethodPost, purchases+"a.com/renewals") == http.StatusAccepted {
					mu.Lock()
					accepted++
					mu.Unlock()
				}
				call(http.MethodGet, "/v2/1/domains")
				call(http.MethodGet, "/_sandbox/state")
				s.pass(time.Millisecond)
				s.Charges()
			}
		})
	}
	wg.Wait()
	equal(t, accepted, 1)
	s.pass(time.Hour)
	equal(t, len(s.Charges()), 1)
}

func FuzzServe(f *testing.F) {
	for _, rt := range routes() {
		path := strings.NewReplacer(":account", "1010", ":domain", "expiring.test", ":id", "1", ":tld", "com").Replace(rt.pattern)
		f.Add(rt.method, path, "sort=id:desc&page=2&per_page=5&state=new&start_date=2026-03-10", `{"period":1,"contact_id":"2715","premium_price":"480.00"}`)
		for _, name := range []string{"free.com", "wanted.com", "premium.io", "hosted.example"} {
			path := strings.NewReplacer(":account", "1010", ":domain", name, ":id", "1", ":tld", "test").Replace(rt.pattern)
			f.Add(rt.method, path, "domain=free.com&action=renewal", `{"name":"free.com","registrant_id":2715,"auth_code":"wanted-code","premium_price":"480.00",`+
				`"new_account_email":"account-2020@example.com","domain_id":"premium.io","contact_id":2715,"extended_attributes":{"x-test-kind":"company"}}`)
		}
	}
	f.Add("POST", "/_sandbox/clock", "", `{"advance":"400d"}`)
	f.Add("GET", "/v2/1010/domains/%ff%2f..", "name_like=%00", "")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", strings.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		r.URL.Path, r.URL.RawPath = path, path
		r.Header.Set("Authorization", "Bearer token-main")
		s := simulate(t, string(Sample()))
		for range 2 {
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, r)
			if rec.Code < 200 || rec.Code >= 500 {
				t.Fatalf("%s %s?%s %s: %d %s", method, path, query, body, rec.Code, rec.Body)
			}
			s.pass(day)
		}
	})
}
