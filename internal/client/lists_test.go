package client

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// paged serves a list of n made-up domains, a hundred on a page.
func paged(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		var entries []string
		for i := (page - 1) * size; i < min(n, page*size); i++ {
			entries = append(entries, fmt.Sprintf(`{"id":%d,"name":"d%d.example","state":"hosted"}`, i+1, i+1))
		}
		_, _ = fmt.Fprintf(w, `{"data":[%s],"pagination":{"current_page":%d,"per_page":%d,"total_entries":%d,"total_pages":%d}}`,
			strings.Join(entries, ","), page, size, n, (n+size-1)/size)
	}
}

func TestListReadsEveryPage(t *testing.T) {
	for _, n := range []int{0, 1, 99, 100, 101, 250} {
		s := serve(t, paged(n))
		c, _ := testClient(t, s.URL)
		next := 1
		for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if page.Number != len(s.requests()) || page.Total != n || page.Pages != (n+99)/100 || len(page.Problems) != 0 {
				t.Errorf("%d domains: page %d of %d with %d, problems %v", n, page.Number, page.Pages, page.Total, page.Problems)
			}
			for _, d := range page.Items {
				if d.ID != int64(next) {
					t.Fatalf("domain %d where %d is due", d.ID, next)
				}
				next++
			}
		}
		if next != n+1 {
			t.Errorf("%d domains of %d", next-1, n)
		}
		if got, want := len(s.requests()), max(1, (n+99)/100); got != want {
			t.Errorf("%d requests for %d domains, want %d", got, n, want)
		}
	}
}

func TestListIsLazy(t *testing.T) {
	s := serve(t, paged(2000))
	c, _ := testClient(t, s.URL)
	for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if page.Number == 2 {
			break
		}
	}
	if n := len(s.requests()); n != 2 {
		t.Errorf("%d requests for two pages", n)
	}
}

func TestListsThatContradictThemselves(t *testing.T) {
	full := `{"data":[` + strings.Repeat(`{"id":1,"name":"a.example","state":"hosted"},`, 99) + `{"id":1,"name":"a.example","state":"hosted"}]}`
	for name, tt := range map[string]struct {
		answer func(page int) string
		tries  int // requests until the error
	}{
		"no end":           {func(p int) string { return pageOf(p, p+1, 100000) }, 12 + 2}, // twice the two pages first told, and ten
		"absurd":           {func(p int) string { return pageOf(p, 1<<40, 1<<40) }, 1},
		"overflow":         {func(p int) string { return pageOf(p, 1<<62, 1<<62) }, 1},
		"always the first": {func(int) string { return pageOf(1, 3, 300) }, 2},
		"negative":         {func(p int) string { return pageOf(p, -1, -1) }, 1},
		"empty, yet counted": {func(int) string {
			return `{"data":[],"pagination":{"current_page":1,"total_pages":1,"total_entries":57}}`
		}, 1},
		"entries uncounted": {func(int) string {
			return `{"data":[{}],"pagination":{"current_page":1,"total_pages":0,"total_entries":0}}`
		}, 1},
		"full, no pages": {func(int) string { return full }, 1},
		"null": {func(int) string {
			return `{"data":null,"pagination":{"current_page":1,"total_pages":0,"total_entries":0}}`
		}, 1},
		"an object": {func(int) string {
			return `{"data":{"id":1},"pagination":{"current_page":1,"total_pages":1,"total_entries":1}}`
		}, 1},
		"pages as text":    {func(int) string { return `{"data":[],"pagination":{"total_pages":"1"}}` }, 1},
		"pagination empty": {func(int) string { return `{"data":[],"pagination":{}}` }, 1},
		"pages null": {func(int) string {
			return `{"data":[],"pagination":{"current_page":1,"total_entries":0,"total_pages":null}}`
		}, 1},
		"pages unsaid, a page": {func(int) string { return strings.TrimSuffix(full, "}") + `,"pagination":{}}` }, 1},
		"unsaid on page 2": {func(p int) string {
			if p == 1 {
				return pageOf(1, 2, 200)
			}
			return `{"data":[],"pagination":{}}`
		}, 2},
		"lost on page 2": {func(p int) string {
			if p == 1 {
				return pageOf(1, 2, 200)
			}
			return `{"data":[]}`
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				_, _ = io.WriteString(w, tt.answer(page))
			})
			c, _ := testClient(t, s.URL)
			var last error
			for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
				if last != nil {
					t.Fatal("it went on after an error")
				}
				if last = err; err != nil && !strings.Contains(err.Error(), fmt.Sprintf("list domains, page %d (account 1010)", page.Number)) {
					t.Errorf("%v does not name the page", err)
				}
			}
			fails(t, last, portfolio.OutcomeUnknown)
			if n := len(s.requests()); n != tt.tries {
				t.Errorf("%d requests, want %d", n, tt.tries)
			}
		})
	}
}

func pageOf(page, pages, total int) string {
	return fmt.Sprintf(`{"data":[{"id":%d,"name":"a.example","state":"hosted"}],"pagination":{"current_page":%d,"per_page":100,"total_entries":%d,"total_pages":%d}}`, page, page, total, pages)
}

func TestListThatShrinks(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "1" {
			_, _ = io.WriteString(w, pageOf(1, 2, 101))
			return
		}
		_, _ = io.WriteString(w, `{"data":[],"pagination":{"current_page":2,"total_entries":100,"total_pages":1}}`)
	})
	c, _ := testClient(t, s.URL)
	pages := 0
	for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if pages++; pages == 2 && page.Total != 100 {
			t.Errorf("total %d", page.Total)
		}
	}
	if pages != 2 {
		t.Errorf("%d pages", pages)
	}
}

// entries answers with one page of raw entries.
func entries(list ...string) http.HandlerFunc {
	return says(200, fmt.Sprintf(`{"data":[%s],"pagination":{"current_page":1,"per_page":100,"total_entries":%d,"total_pages":1}}`,
		strings.Join(list, ","), len(list)))
}

// onePage reads a list of one page.
func onePage[T any](t *testing.T, list func(func(portfolio.Page[T], error) bool)) portfolio.Page[T] {
	t.Helper()
	var only portfolio.Page[T]
	for page, err := range list {
		if err != nil {
			t.Fatal(err)
		}
		only = page
	}
	return only
}

// wantProblems asserts that each problem names the list, and holds its text.
func wantProblems(t *testing.T, problems []error, act string, texts ...string) {
	t.Helper()
	if len(problems) != len(texts) {
		t.Fatalf("%d problems, want %d: %v", len(problems), len(texts), problems)
	}
	for i, p := range problems {
		failure := failed(t, p, portfolio.OutcomeUnknown)
		if !strings.Contains(failure.Call, act) || !strings.Contains(failure.Message, texts[i]) {
			t.Errorf("problem %v; want %s … %s", failure, act, texts[i])
		}
	}
}

func TestOddDomains(t *testing.T) {
	s := serve(t, entries(
		`{"id":1,"account_id":1010,"registrant_id":9,"name":"Good.Example","unicode_name":"","state":"registered","auto_renew":true,"private_whois":true,"trustee":true,"expires_at":"2026-06-05T02:15:00.123+02:00","created_at":"nonsense","updated_at":"2020-06-04T19:15:21Z"}`,
		`{"id":2,"name":"a.example","state":"melted"}`,
		`{"name":"b.example","state":"hosted"}`,
		`{"id":4,"state":"hosted"}`,
		`{"id":5,"name":"c.example","state":"registered","expires_at":"next week"}`,
		`{"id":6,"name":"d.example","state":"expired","expires_at":null}`,
		`{"id":7,"name":"e.example","state":"registered","expires_at":"0001-01-01T00:00:00Z"}`,
		`{"id":8,"account_id":2020,"name":"f.example","state":"hosted"}`,
		`{"id":"9","name":"g.example","state":"hosted"}`,
		`null`, `17`,
		`{"id":12,"name":"../h","state":"hosted"}`,
		`{"id":13,"name":"xn--bcher-kva.example","unicode_name":"bücher.example","state":"hosted","registrant_id":null,"expires_at":null}`,
	))
	c, _ := testClient(t, s.URL)
	page := onePage(t, c.ListDomains(t.Context(), portfolio.DomainFilter{}))
	want := []portfolio.Domain{
		{
			ID: 1, AccountID: 1010, Name: "good.example", UnicodeName: "good.example", State: portfolio.DomainRegistered, AutoRenew: true,
			WhoisPrivacy: true, Trustee: true, RegistrantID: 9,
			ExpiresAt: time.Date(2026, 6, 5, 0, 15, 0, 123e6, time.UTC), UpdatedAt: time.Date(2020, 6, 4, 19, 15, 21, 0, time.UTC),
		},
		{ID: 13, AccountID: 1010, Name: "xn--bcher-kva.example", UnicodeName: "bücher.example", State: portfolio.DomainHosted},
	}
	if diff := cmp.Diff(want, page.Items); diff != "" {
		t.Error(diff)
	}
	if loc := page.Items[0].ExpiresAt.Location(); loc != time.UTC {
		t.Errorf("the expiration is in %v", loc)
	}
	wantProblems(t, page.Problems, "list domains, page 1",
		`domain 2 "a.example": unknown state "melted"`, `entry 3: domain 0`, `no id or no name`, `"next week" is no date`, `no expiration`,
		`no expiration`, `belongs to account 2020`, `entry 9`, `entry 10`, `entry 11`, `domain 12`)
}

func TestOddPushes(t *testing.T) {
	s := serve(t, entries(
		`{"id":1,"domain_id":100,"contact_id":null,"account_id":1010,"created_at":"2026-02-11T10:16:03Z","updated_at":"2026-02-11T10:16:03Z","accepted_at":null}`,
		`{"id":0,"domain_id":100,"created_at":"2026-02-11T10:16:03Z"}`,
		`{"id":2,"domain_id":null,"created_at":"2026-02-11T10:16:03Z"}`,
		`{"id":3,"domain_id":100,"account_id":2020,"created_at":"2026-02-11T10:16:03Z"}`,
		`{"id":4,"domain_id":100}`,
		`{"id":5,"domain_id":100,"created_at":"yesterday"}`,
		`{"id":6,"domain_id":100,"created_at":"2026-02-11T10:16:03Z","accepted_at":"soon"}`,
	))
	c, _ := testClient(t, s.URL)
	page := onePage(t, c.Pushes(t.Context()))
	at := time.Date(2026, 2, 11, 10, 16, 3, 0, time.UTC)
	if diff := cmp.Diff([]portfolio.Push{{ID: 1, AccountID: 1010, DomainID: 100, CreatedAt: at, UpdatedAt: at}}, page.Items); diff != "" {
		t.Error(diff)
	}
	wantProblems(t, page.Problems, "list pushes, page 1", "no id", "no id, or no domain's", "account 2020", "when it was made", "yesterday", "soon")
}

func TestOddRegistrantChanges(t *testing.T) {
	change := func(id, state, more string) string {
		return `{"id":` + id + `,"domain_id":7,"contact_id":3,"state":"` + state + `","created_at":"2026-02-03T17:43:22Z"` + more + `}`
	}
	s := serve(t, entries(
		change("1", "pending", `,"extended_attributes":{"a":"b"},"registry_owner_change":true,"irt_lock_lifted_by":"2026-04-04"`),
		change("2", "new", ""), // a server that ignores the filter
		change("3", "stuck", ""),
		change("0", "pending", ""),
		change("4", "pending", `,"account_id":2020`),
		change("5", "pending", `,"extended_attributes":{"a":1}`),
		`{"id":6,"domain_id":7,"contact_id":3,"state":"pending"}`,
	))
	c, _ := testClient(t, s.URL)
	page := onePage(t, c.RegistrantChanges(t.Context(), portfolio.ChangePending))
	want := []portfolio.RegistrantChange{{
		ID: 1, AccountID: 1010, DomainID: 7, ContactID: 3, State: portfolio.ChangePending, ExtendedAttributes: map[string]string{"a": "b"},
		RegistryOwnerChange: true, IRTLockLiftedBy: "2026-04-04", CreatedAt: time.Date(2026, 2, 3, 17, 43, 22, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, page.Items); diff != "" {
		t.Error(diff)
	}
	wantProblems(t, page.Problems, "list pending registrant changes, page 1", `unknown state "stuck"`, "no id", "account 2020", "documented", "when it was made")
}

func TestContacts(t *testing.T) {
	s := serve(t, entries(
		`{"id":1,"account_id":1010,"label":"De\u001b[31mfault","email":"a@example.com"}`, `{"label":"none"}`, `{"id":3,"account_id":2020}`,
	))
	c, _ := testClient(t, s.URL)
	page := onePage(t, c.Contacts(t.Context()))
	if diff := cmp.Diff([]portfolio.Contact{{ID: 1, AccountID: 1010, Label: "De[31mfault", Email: "a@example.com"}}, page.Items); diff != "" {
		t.Error(diff)
	}
	wantProblems(t, page.Problems, "list contacts, page 1", "no id", "account 2020")
}

func TestCharges(t *testing.T) {
	s := serve(t, entries(
		`{"invoiced_at":"2026-02-17T05:53:36Z","total_amount":"29.00","balance_amount":"0.00","reference":"1-2","state":"collected","items":[
			{"description":"Renew example.com","amount":"14.50","product_id":1,"product_type":"domain-renewal","product_reference":"Example.com"},
			{"description":"Credit","amount":"-3.5","product_id":null,"product_type":"manual","product_reference":null}]}`,
		`{"invoiced_at":"2026-02-17T05:53:36.000Z","reference":"2-2","state":"refunded","items":[
			{"amount":"much","product_type":"manual"},{"amount":"1e1000000000"},{},{"amount":null},{"amount":"1.005"},
			{"amount":20.5000,"product_type":"certificate-purchase","product_reference":"42"}]}`,
		`{"invoiced_at":"2026-02-17","reference":"3-2","items":[]}`,
		`{"invoiced_at":"2026-02-17T05:53:36Z","items":[{"amount":"1.00"}]}`,
		`{"reference":"5-2"}`,
	))
	c, _ := testClient(t, s.URL)
	page := onePage(t, c.Charges(t.Context(), time.Time{}))
	at := time.Date(2026, 2, 17, 5, 53, 36, 0, time.UTC)
	want := []portfolio.ChargeItem{
		{Reference: "1-2", InvoicedAt: at, Description: "Renew example.com", Amount: 1450, ProductType: "domain-renewal", ProductName: "example.com"},
		{Reference: "1-2", Index: 1, InvoicedAt: at, Description: "Credit", Amount: -350, ProductType: "manual"},
		{Reference: "2-2", Index: 5, InvoicedAt: at, Refunded: true, Amount: 2050, ProductType: "certificate-purchase"},
	}
	if diff := cmp.Diff(want, page.Items); diff != "" {
		t.Error(diff)
	}
	wantProblems(t, page.Problems, "list charges, page 1", "line 1", "line 2", "line 3", "line 4", "line 5", `"3-2"`, "no reference", `"5-2"`)
}
