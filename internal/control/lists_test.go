package control

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// told gives the lines of a list.
func told(t *testing.T, o Options, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://domaind"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	status, body := roundTrip(t, inProcess{New(o), alice}, r)
	if status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, status, body)
	}
	return body
}

// TestListsJSON pins every byte of the lists, and of what is said of a name.
func TestListsJSON(t *testing.T) {
	o, _, looks := hands()
	looks["labs"].err = errors.New("502")
	looks["main"].premium = true
	for _, test := range []struct{ path, want string }{
		{"/v1/domains?account=main&registrant=default&name_like=b&sort=name", `{"item":{"account":1010,"account_name":"main","id":7,"name":"a.com","state":"registered","expires_at":"2026-03-13T12:00:00Z",` +
			`"auto_renew":true,"whois_privacy":false,"trustee":false,"registrant":2715,"created_at":"2025-03-01T12:00:00Z"}}
{"item":{"account":1010,"account_name":"main","id":9,"name":"both.com","state":"registered","expires_at":"2026-04-10T12:00:00Z","auto_renew":true,"whois_privacy":false,"trustee":false,"registrant":2715,"created_at":"2025-03-01T12:00:00Z"}}
{"item":{"account":1010,"account_name":"main","id":8,"name":"xn--bcher-kva.com","unicode_name":"bücher.com","state":"hosted","expires_at":null,"auto_renew":false,"whois_privacy":false,"trustee":false,"registrant":0,"created_at":"2025-03-01T12:00:00Z"}}
{"end":{"items":3,"problems":[]}}
`},
		{"/v1/pushes", `{"item":{"account":1010,"account_name":"main","id":1,"domain_id":31,"name":"pushed.com","source":2020,"source_name":"desk","unproven":"","created_at":"2026-03-01T11:00:00Z"}}
{"item":{"account":1010,"account_name":"main","id":3,"domain_id":32,"name":"","source":0,"source_name":"","unproven":"nobody owns domain 32","created_at":"2026-03-01T12:00:00Z"}}
{"end":{"items":2,"problems":["502"]}}
`},
		{"/v1/changes?state=all&account=main", `{"item":{"account":1010,"account_name":"main","id":101,"domain_id":7,"name":"a.com","contact":6666,"state":"new","registry_owner_change":true,"irt_lock_lifted_by":"","extended_attributes":{},"created_at":"2026-03-01T12:00:00Z"}}
{"item":{"account":1010,"account_name":"main","id":102,"domain_id":9,"name":"","contact":2715,"state":"completed","registry_owner_change":false,"irt_lock_lifted_by":"2026-05-01","extended_attributes":{"x":"1"},"created_at":"2026-03-01T12:00:00Z"}}
{"end":{"items":2,"problems":[]}}
`},
		{"/v1/available?name=Bücher.com&account=main", `{"account":1010,"account_name":"main","name":"xn--bcher-kva.com","unicode_name":"bücher.com","available":true,"premium":true}` + "\n"},
		{"/v1/prices?name=a.com&account=main", `{"account":1010,"account_name":"main","name":"a.com","premium":true,"registration":"12.00","renewal":"15.50","transfer":null,"restore":"80.00","trustee":null,` +
			`"premium_prices":{"registration":"480.00","renewal":"480.00","transfer":null},"problems":["read the premium price of a.com: 404: not found"]}` + "\n"},
	} {
		if diff := cmp.Diff(test.want, told(t, o, test.path)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.path, diff)
		}
	}
	if want := (portfolio.DomainFilter{NameLike: "b", RegistrantID: 2715, Sort: []portfolio.Order{{By: portfolio.SortName}}}); !cmp.Equal(looks["main"].filter, want) {
		t.Errorf("asked for %+v", looks["main"].filter)
	}
}

// TestSideBySide: the lists of all accounts are one, in one order; what could not be read
// is told beside the rest.
func TestSideBySide(t *testing.T) {
	o, _, looks := hands()
	client := InProcess(New(o), alice)
	names := func(sort string) (got []string, problems []string) {
		problems, err := client.Domains(t.Context(), DomainQuery{Sort: sort}, func(d Domain) error { got = append(got, d.Name); return nil })
		if err != nil {
			t.Error(err)
		}
		return got, problems
	}
	got, problems := names("")
	if want := []string{"a.com", "b.com", "both.com", "both.com", "c.com", "pushed.com", "xn--bcher-kva.com"}; !slices.Equal(got, want) || len(problems) != 0 {
		t.Errorf("%q %q", got, problems)
	}
	for _, l := range looks {
		slices.SortFunc(l.domains, func(a, b portfolio.Domain) int { return b.ExpiresAt.Compare(a.ExpiresAt) })
	}
	looks["labs"].err = errors.New("502")
	got, problems = names("expiration:desc,name")
	if want := []string{"pushed.com", "both.com", "a.com", "b.com", "both.com", "c.com", "xn--bcher-kva.com"}; !slices.Equal(got, want) || !slices.Equal(problems, []string{"502"}) {
		t.Errorf("%q %q", got, problems)
	}
	enough := errors.New("enough")
	if _, err := client.Domains(t.Context(), DomainQuery{}, func(Domain) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := client.Domains(ctx, DomainQuery{}, func(Domain) error { cancel(); return ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestEndlessLists: of a list of any length little is in memory, and it is told while it is read.
func TestEndlessLists(t *testing.T) {
	o, _, _ := hands()
	var ahead, taken atomic.Int64
	endless := endlessLook{Look: o.Accounts[0].Look, domains: func(yield func(portfolio.Page[portfolio.Domain], error) bool) {
		page := portfolio.Page[portfolio.Domain]{Items: slices.Repeat([]portfolio.Domain{owned(1010, 7, "a.com", 12)}, 100)}
		for yield(page, nil) {
			if ahead.Add(100) > taken.Load()+5000 {
				t.Error("it reads ahead without end")
				return
			}
		}
	}}
	o.Accounts = o.Accounts[:1]
	o.Accounts[0].Look = endless
	enough := errors.New("enough")
	_, err := InProcess(New(o), alice).Domains(t.Context(), DomainQuery{}, func(Domain) error {
		if taken.Add(1) == 20_000 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

type endlessLook struct {
	Look
	domains iter.Seq2[portfolio.Page[portfolio.Domain], error]
}

func (l endlessLook) ListDomains(context.Context, portfolio.DomainFilter) iter.Seq2[portfolio.Page[portfolio.Domain], error] {
	return l.domains
}

// TestListsRefused: a question that is not understood is refused with a sentence.
func TestListsRefused(t *testing.T) {
	o, _, looks := hands()
	for path, want := range map[string]string{
		"/v1/domains?nam=x": "knows no", "/v1/domains?account=nobody": "there is no account", "/v1/domains?sort=price": "there is id, name, expiration, as in",
		"/v1/domains?sort=name:up": "nothing is sorted by", "/v1/domains?registrant=nobody": "no account has a contact named", "/v1/domains?account=main&account=labs": "is there twice",
		"/v1/pushes?x=1": "knows no", "/v1/changes?state=sold": "there is new, pending, cancelling, cancelled, completed, and all", "/v1/changes?domain=nodot": "is no name of a domain",
		"/v1/changes?domain=nowhere.com": "in none of these accounts", "/v1/changes?contact=nobody": "no account has a contact named", "/v1/available": "which name",
		"/v1/available?name=nodot": "is no name", "/v1/prices?name=a.com&account=desk": "only proves", "/v1/prices?name=a.com&action=x": "knows no",
	} {
		if status, said := ask(t, o, http.MethodGet, path, ""); status/100 != 4 || !strings.Contains(said, want) {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
	for outcome, want := range map[portfolio.Outcome]int{
		portfolio.OutcomeNotFound: 404, portfolio.OutcomeRejected: 409, portfolio.OutcomeRateLimited: 503, portfolio.OutcomeUnknown: 502, portfolio.OutcomeUnauthorized: 502,
	} {
		looks["main"].err = &portfolio.CallError{Call: "read the prices", Outcome: outcome, Message: "no"}
		if status, said := ask(t, o, http.MethodGet, "/v1/prices?name=a.com&account=main", ""); status != want || !strings.Contains(said, "read the prices: no") {
			t.Errorf("%s: %d %s", outcome, status, said)
		}
	}
}

// TestChangesOfADomain: the domain is named as people do, and asked for by its id.
func TestChangesOfADomain(t *testing.T) {
	o, _, looks := hands()
	told(t, o, "/v1/changes?domain=BÜCHER.com&contact=2715")
	want := []portfolio.ChangeFilter{{DomainID: 8, ContactID: 2715}}
	if !cmp.Equal(looks["main"].changeFilter, want) || len(looks["labs"].changeFilter) > 0 {
		t.Errorf("%+v %+v", looks["main"].changeFilter, looks["labs"].changeFilter)
	}
	told(t, o, "/v1/changes?domain=12&account=labs")
	if want := []portfolio.ChangeFilter{{DomainID: 12}}; !cmp.Equal(looks["labs"].changeFilter, want) {
		t.Errorf("%+v", looks["labs"].changeFilter)
	}
}

// TestListsBrokenOff: a list without its end is not taken for all.
func TestListsBrokenOff(t *testing.T) {
	for body, want := range map[string]string{
		"": "not complete", `{"item":{}}`: "not complete", `{"item":{}}` + "\n" + `{"end":{"items":2,"problems":[]}}`: "has 2 entries, and 1 came",
		`{}`: "neither an entry nor its end", `{"item":`: "not complete", "<html>": "not complete",
	} {
		client := InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }), alice)
		if _, err := client.Domains(t.Context(), DomainQuery{}, func(Domain) error { return nil }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	defer func() {
		if v := recover(); v != http.ErrAbortHandler { //nolint:errorlint // it is a value of recover
			t.Errorf("it ends with %v", v)
		}
	}()
	tell(ctx, httptest.NewRecorder(), func(yield func(int, error) bool) { yield(1, nil) })
}
