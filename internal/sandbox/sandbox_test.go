package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is the first moment of every world in these tests.
func start() time.Time { return time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC) }

// sim is a sandbox with a clock that the test moves.
type sim struct {
	t testing.TB
	*Server
	mu       sync.Mutex
	now      time.Time
	document *document // what every answer is held against; nil: nothing
}

// base is the head of most portfolios here: two accounts with a contact each, and a third without a token.
const base = `
[[account]]
id = 1
name = "main"
tokens = ["main"]
[[account]]
id = 2
name = "desk"
tokens = ["desk"]
[[account]]
id = 3
name = "far"
[[contact]]
id = 11
account = "main"
[[contact]]
id = 22
account = "desk"
`

func simulate(tb testing.TB, portfolio string) *sim {
	tb.Helper()
	p, err := ParsePortfolio([]byte(portfolio), "test.toml")
	if err != nil {
		tb.Fatal(err)
	}
	s := &sim{t: tb, now: start()}
	if s.Server, err = New(Options{Portfolio: p, Now: s.clock}); err != nil {
		tb.Fatal(err)
	}
	return s
}

func (s *sim) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *sim) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

const day = 24 * time.Hour

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// do sends a request with a token; "METHOD /path" and a body that may be missing.
func (s *sim) do(token, request string, body ...string) answer {
	s.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(strings.Join(body, "")))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	s.document.check(s.t, r, rec)
	return answer{rec, s.t}
}

// must checks the status.
func (a answer) must(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// is checks status and body.
func (a answer) is(status int, body string) {
	a.t.Helper()
	a.must(status)
	if diff := cmp.Diff(body, a.Body.String()); diff != "" {
		a.t.Errorf("body (-want +got):\n%s", diff)
	}
}

// at reads a value in the JSON body: at("data", "state"), at("data", 0, "id").
func (a answer) at(path ...any) any {
	a.t.Helper()
	var v any
	if err := json.Unmarshal(a.Body.Bytes(), &v); err != nil {
		a.t.Fatalf("%s: %v", a.Body, err)
	}
	for _, key := range path {
		switch key := key.(type) {
		case string:
			v = as[map[string]any](a.t, v)[key]
		case int:
			v = as[[]any](a.t, v)[key]
		}
	}
	return v
}

// as asserts the type of a value in a JSON body.
func as[T any](tb testing.TB, v any) T {
	tb.Helper()
	out, ok := v.(T)
	if !ok {
		tb.Fatalf("%v is %T, want %T", v, v, out)
	}
	return out
}

// strings gathers one field of each entry of the list.
func (a answer) strings(field string) []string {
	a.t.Helper()
	out := []string{}
	for _, entry := range as[[]any](a.t, a.at("data")) {
		out = append(out, fmt.Sprint(as[map[string]any](a.t, entry)[field]))
	}
	return out
}

func equal[T any](tb testing.TB, got, want T) {
	tb.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		tb.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSampleIsValid(t *testing.T) {
	s := simulate(t, string(Sample()))
	equal(t, s.do("token-user", "GET /v2/accounts").must(200).strings("id"), []string{"1010", "2020"})
	s.do("token-main", "GET /v2/1010/domains/expiring.test").must(200)
	changed := Sample()
	changed[0] = '!'
	if Sample()[0] == '!' {
		t.Error("Sample hands out the one copy it has")
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	p, err := ParsePortfolio(nil, "empty.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Portfolio: p}, {Now: start}} {
		if _, err := New(o); err == nil {
			t.Errorf("New(%+v) succeeded", o)
		}
	}
	s, err := New(Options{Portfolio: p, Now: start})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, len(s.Charges()), 0)
}

func TestExactBodies(t *testing.T) {
	s := simulate(t, base+`
[[user]]
id = 5
accounts = ["desk", "main"]
tokens = ["user"]
[[domain]]
id = 100
account = "main"
name = "Example.com"
expires = "+10d"
[[domain]]
id = 101
account = "main"
name = "büro.de"
[[push]]
domain = "example.com"
to = "desk"
[[registrant_change]]
domain = "example.com"
contact = 12
`)
	const created = `"created_at":"2024-03-10T12:00:00Z","updated_at":"2024-03-10T12:00:00Z"`
	main := `{"id":1,"email":"account-1@example.com","name":"main","plan_identifier":"teams-v1-monthly",` + created + `}`
	desk := strings.NewReplacer(`"id":1`, `"id":2`, "account-1", "account-2", "main", "desk").Replace(main)
	example := `{"id":100,"account_id":1,"registrant_id":11,"name":"example.com","unicode_name":"example.com",` +
		`"state":"registered","auto_renew":false,"private_whois":false,"trustee":false,"expires_on":"2026-03-20",` +
		`"expires_at":"2026-03-20T12:00:00Z",` + created + `}`
	buero := `{"id":101,"account_id":1,"registrant_id":null,"name":"xn--bro-hoa.de","unicode_name":"büro.de",` +
		`"state":"hosted","auto_renew":false,"private_whois":false,"trustee":false,"expires_on":null,` +
		`"expires_at":null,` + created + `}`
	pages := func(n int) string {
		return fmt.Sprintf(`"pagination":{"current_page":1,"per_page":30,"total_entries":%d,"total_pages":1}}`, n)
	}
	change := `{"id":1,"account_id":1,"domain_id":100,"contact_id":12,"state":"pending","extended_attributes":{},` +
		`"registry_owner_change":true,"irt_lock_lifted_by":null,"created_at":"2026-03-10T12:00:00Z","updated_at":"2026-03-10T12:00:00Z"}`
	for _, tc := range []struct{ token, request, want string }{
		{"main", "GET /v2/whoami", `{"data":{"user":null,"account":` + main + `}}`},
		{"user", "GET /v2/whoami", `{"data":{"user":{"id":5,"email":"user-5@example.com",` + created + `},"account":null}}`},
		{"main", "GET /v2/accounts", `{"data":[` + main + `]}`},
		{"user", "GET /v2/accounts", `{"data":[` + main + `,` + desk + `]}`},
		{"main", "GET /v2/1/domains", `{"data":[` + example + `,` + buero + `],` + pages(2)},
		{"desk", "GET /v2/2/domains", `{"data":[],` + pages(0)},
		{"main", "GET /v2/1/domains/100", `{"data":` + example + `}`},
		{"main", "GET /v2/1/domains/EXAMPLE.com", `{"data":` + example + `}`},
		{"user", "GET /v2/1/domains/b%C3%BCro.de/", `{"data":` + buero + `}`},
		{"main", "GET /v2/1/registrar/domains/free.pizza/prices", `{"data":{"domain":"free.pizza","premium":false,"registration_price":60.0,` +
			`"renewal_price":60.0,"transfer_price":60.0,"restore_price":80.0,"trustee_price":0.0}}`},
		{"main", "GET /v2/tlds/COM", `{"data":{"tld":"com","tld_type":1,"whois_privacy":true,"auto_renew_only":false,"idn":true,` +
			`"minimum_registration":1,"registration_enabled":true,"renewal_enabled":true,"transfer_enabled":true,"dnssec_interface_type":"ds",` +
			`"name_server_min":"2","name_server_max":"13","trustee_service_enabled":false,"trustee_service_required":false}}`},
		{"desk", "GET /v2/2/pushes", `{"data":[{"id":1,"domain_id":100,"contact_id":null,"account_id":2,` + created + `,"accepted_at":null}],` + pages(1)},
		{"main", "GET /v2/1/pushes", `{"data":[],` + pages(0)},
		{"main", "GET /v2/1/registrar/registrant_changes", `{"data":[` + change + `],` + pages(1)},
		{"main", "GET /v2/1/registrar/registrant_changes/1", `{"data":` + change + `}`},
		{"desk", "GET /v2/2/contacts/22", `{"data":{"id":22,"account_id":2,"label":"","first_name":"","last_name":"","job_title":"",` +
			`"organization_name":"","email":"","phone":"","fax":"","address1":"","address2":"","city":"","state_province":"","postal_code":"",` +
			`"country":"",` + created + `}}`},
		{"main", "GET /v2/1/billing/charges", `{"data":[],` + pages(0)},
	} {
		t.Run(tc.request, func(t *testing.T) {
			s.t = t
			s.do(tc.token, tc.request).is(200, tc.want)
		})
	}
}

func TestErrors(t *testing.T) {
	s := simulate(t, base+`
[[token]]
token = "reader"
account = "main"
scopes = ["domains:*:read"]
[[token]]
token = "writer"
account = "main"
scopes = ["registrar:*:write"]
[[domain]]
account = "main"
name = "example.com"
expires = "+10d"
[[domain]]
account = "desk"
name = "other.com"
expires = "+10d"
[[domain]]
account = "main"
name = "hosted.com"
[[domain]]
account = "main"
name = "auto.ch"
expires = "+100d"
auto_renew = true
[[push]]
domain = "other.com"
to = "main"
[[registrant_change]]
domain = "example.com"
contact = 12
state = "completed"
`)
	for _, tc := range []struct {
		token, request, body string
		status               int
		want                 string
	}{
		{"", "GET /v2/whoami", "", 401, `{"message":"Authentication failed"}`},
		{"wrong", "GET /v2/whoami", "", 401, `{"message":"Authentication failed"}`},
		{"main", "GET /v2/nothing", "", 404, `{"message":"Not Found"}`},
		{"main", "GET /", "", 404, `{"message":"Not Found"}`},
		{"main", "GET /v2/abc/domains", "", 404, `{"message":"Not Found"}`},
		{"main", "PATCH /v2/1/domains/example.com", "", 405, ""},
		{"main", "GET /v2/2/domains", "", 404, "{\"message\":\"Account `2` not found\"}"},
		{"main", "GET /v2/77/domains", "", 404, "{\"message\":\"Account `77` not found\"}"},
		{"main", "GET /v2/99999999999999999999/domains", "", 404, "{\"message\":\"Account `99999999999999999999` not found\"}"},
		{"main", "GET /v2/1/domains/0", "", 404, "{\"message\":\"Domain `0` not found\"}"},
		{"main", "GET /v2/1/domains/other.com", "", 404, "{\"message\":\"Domain `other.com` not found\"}"},
		{"main", "GET /v2/1/domains/1002", "", 404, "{\"message\":\"Domain `1002` not found\"}"},
		{"main", "GET /v2/1/contacts/22", "", 404, "{\"message\":\"Contact `22` not found\"}"},
		{"main", "GET /v2/1/contacts/x", "", 404, "{\"message\":\"Contact `x` not found\"}"},
		{"main", "GET /v2/1/registrar/registrant_changes/9", "", 404, "{\"message\":\"Registrant change `9` not found\"}"},
		{"desk", "GET /v2/2/registrar/registrant_changes/1", "", 404, "{\"message\":\"Registrant change `1` not found\"}"},
		{"main", "DELETE /v2/1/registrar/registrant_changes/1", "", 400, `{"message":"The registrant change cannot be cancelled: it is completed"}`},
		{"main", "GET /v2/1/registrar/registrant_changes?state=odd", "", 400, `{"message":"Invalid state: odd"}`},
		{"desk", "POST /v2/2/pushes/1", `{"contact_id":22}`, 404, "{\"message\":\"Domain push `1` not found\"}"},
		{"desk", "DELETE /v2/2/pushes/0", "", 404, "{\"message\":\"Domain push `0` not found\"}"},
		{"main", "POST /v2/1/pushes/1", "", 400, `{"message":"Validation failed","errors":{"contact_id":["can't be blank"]}}`},
		{"main", "POST /v2/1/pushes/1", `{"contact_id":null}`, 400, `{"message":"Validation failed","errors":{"contact_id":["can't be blank"]}}`},
		{"main", "POST /v2/1/pushes/1", `{"contact_id":22}`, 400, `{"message":"Validation failed","errors":{"contact_id":["is not a contact of the account"]}}`},
		{"main", "POST /v2/1/pushes/1", `{"contact_id":[11]}`, 400, `{"message":"Validation failed","errors":{"contact_id":["is not a contact of the account"]}}`},
		{"main", "POST /v2/1/pushes/1", `{"contact_id":`, 400, `{"message":"Problems parsing JSON"}`},
		{"main", "POST /v2/1/pushes/1", `[]`, 400, `{"message":"Problems parsing JSON"}`},
		{"main", "GET /v2/1/registrar/domains/bingo.pineapple/prices", "", 400, `{"message":"TLD .PINEAPPLE is not supported"}`},
		{"main", "GET /v2/1/registrar/domains/a.b.com/prices", "", 400, `{"message":"TLD .COM is not supported"}`},
		{"main", "GET /v2/tlds/pineapple", "", 404, "{\"message\":\"TLD `pineapple` not found\"}"},
		{"main", "GET /v2/1/domains?sort=age", "", 400, `{"message":"Invalid sort: age"}`},
		{"main", "GET /v2/1/domains?sort=name:up", "", 400, `{"message":"Invalid sort: name:up"}`},
		{"main", "GET /v2/1/domains?page=0", "", 400, `{"message":"Invalid page: it must be a positive integer"}`},
		{"main", "GET /v2/1/domains?per_page=101", "", 400, `{"message":"Invalid per_page: it must be an integer from 1 to 100"}`},
		{"main", "GET /v2/1/domains?per_page=x", "", 400, `{"message":"Invalid per_page: it must be an integer from 1 to 100"}`},
		{"main", "GET /v2/1/domains?registrant_id=x", "", 400, `{"message":"Invalid registrant_id: it must be a positive integer"}`},
		{"main", "GET /v2/1/domains?a=%zz", "", 400, `{"message":"The query cannot be parsed"}`},
		{"main", "GET /v2/1/billing/charges?start_date=yesterday", "", 400, `{"message":"Invalid date format must be ISO8601 (YYYY-MM-DD)"}`},
		{"main", "GET /v2/1/billing/charges?end_date=", "", 400, `{"message":"Invalid date format must be ISO8601 (YYYY-MM-DD)"}`},
		{"reader", "GET /v2/1/billing/charges", "", 403, `{"message":"Permission Denied. Required Scope: billing:*:read"}`},
		{"reader", "POST /v2/1/registrar/domains/example.com/renewals", "", 403, `{"message":"Permission Denied. Required Scope: registrar:*:write"}`},
		{"main", "PUT /v2/1/registrar/domains/hosted.com/auto_renewal", "", 400, `{"message":"The domain hosted.com is not registered"}`},
		{"main", "DELETE /v2/1/registrar/domains/auto.ch/auto_renewal", "", 400, `{"message":"Auto-renewal cannot be disabled for .CH domains"}`},
		{"main", "PUT /v2/1/registrar/domains/other.com/auto_renewal", "", 404, "{\"message\":\"Domain `other.com` not found\"}"},
	} {
		t.Run(tc.token+" "+tc.request+tc.body, func(t *testing.T) {
			s.t = t
			s.do(tc.token, tc.request, tc.body).is(tc.status, tc.want)
		})
	}
	s.t = t
	s.do("reader", "GET /v2/1/domains").must(200)
	s.do("writer", "GET /v2/1/registrar/domains/example.com/prices").must(200)
	s.do("writer", "GET /v2/1/domains").must(403)
}

func TestMethodsAndHead(t *testing.T) {
	s := simulate(t, base)
	equal(t, s.do("main", "POST /v2/whoami").must(405).Header().Get("Allow"), "GET, HEAD")
	equal(t, s.do("", "GET /v2/1/pushes/4").must(405).Header().Get("Allow"), "DELETE, POST")
	equal(t, s.do("main", "HEAD /v2/whoami").must(200).Body.Len(), 0)
}

func TestHeaders(t *testing.T) {
	s := simulate(t, base+"[limits]\nrequests_per_hour = 2\n")
	first := s.do("main", "GET /v2/whoami").must(200)
	second := s.do("main", "GET /v2/1/domains/none").must(404)
	for name, want := range map[string][2]string{
		"Content-Type":          {"application/json; charset=utf-8", "application/json; charset=utf-8"},
		"Date":                  {"Tue, 10 Mar 2026 12:00:00 GMT", "Tue, 10 Mar 2026 12:00:00 GMT"},
		"X-Ratelimit-Limit":     {"2", "2"},
		"X-Ratelimit-Remaining": {"1", "0"},
		"X-Ratelimit-Reset":     {"1773147600", "1773147600"},
	} {
		equal(t, [2]string{first.Header().Get(name), second.Header().Get(name)}, want)
	}
	if a, b := first.Header().Get("X-Request-Id"), second.Header().Get("X-Request-Id"); len(a) != 36 || a == b {
		t.Errorf("request ids %q and %q", a, b)
	}
	spent := s.do("main", "GET /v2/whoami")
	spent.is(429, `{"message":"quota exceeded"}`)
	equal(t, spent.Header().Get("X-RateLimit-Remaining"), "0")
	s.do("desk", "GET /v2/whoami").must(200)
	s.pass(time.Hour - time.Second)
	s.do("main", "GET /v2/whoami").must(429)
	s.pass(time.Second)
	equal(t, s.do("main", "GET /v2/whoami").must(200).Header().Get("X-RateLimit-Remaining"), "1")
}

func TestSorting(t *testing.T) {
	const portfolio = base + `
[[domain]]
account = "main"
name = "c.com"
expires = "+30d"
[[domain]]
account = "main"
name = "b.com"
[[domain]]
account = "main"
name = "a.com"
expires = "+90d"
registrant = 12
[[domain]]
account = "main"
name = "d.com"
expires = "+30d"
`
	for _, tc := range []struct{ head, query, want string }{
		{"", "", "a b c d"},
		{"", "?sort=name:desc", "d c b a"},
		{"", "?sort=id", "c b a d"},
		{"", "?sort=id:desc", "d a b c"},
		{"", "?sort=expiration:asc", "c d a b"},
		{"", "?sort=expiration:desc", "b a c d"},
		{"", "?sort=expiration:asc,name:desc", "d c a b"},
		{`null_expirations = "first"`, "?sort=expiration:asc", "b c d a"},
		{`null_expirations = "first"`, "?sort=expiration:desc", "a c d b"},
		{"", "?name_like=B.C", "b"},
		{"", "?registrant_id=12", "a"},
		{"", "?page=2&per_page=3", "d"},
		{"", "?page=9&per_page=3", ""},
	} {
		t.Run(tc.head+tc.query, func(t *testing.T) {
			s := simulate(t, tc.head+portfolio)
			got := strings.ReplaceAll(strings.Join(s.do("main", "GET /v2/1/domains"+tc.query).must(200).strings("name"), " "), ".com", "")
			equal(t, got, tc.want)
		})
	}
}

func TestPaging(t *testing.T) {
	s := simulate(t, base+"[[many]]\naccount = \"main\"\ncount = 2000\npattern = \"bulk-%05d.com\"\nexpires_from = \"+1d\"\nexpires_to = \"+2y\"\n")
	var names []string
	for page := 1; ; page++ {
		a := s.do("main", fmt.Sprintf("GET /v2/1/domains?sort=expiration:asc&per_page=100&page=%d", page)).must(200)
		names = append(names, a.strings("name")...)
		if a.at("pagination", "total_pages") == float64(page) {
			break
		}
	}
	equal(t, len(names), 2000)
	if !slices.IsSorted(names) {
		t.Error("pages are not in order of expiration")
	}
	equal(t, len(slices.Compact(names)), 2000)
	tlds := s.do("main", "GET /v2/tlds?per_page=2&page=2&sort=tld:desc").must(200)
	equal(t, len(tlds.strings("tld")), 2)
}
