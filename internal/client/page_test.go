package client

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

func TestDomainPageByID(t *testing.T) {
	c, _, _ := simulated(t)
	all, err := c.DomainPageByID(t.Context(), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Items) != 4 || all.Total != 4 || all.Pages != 1 {
		t.Fatalf("%+v", all)
	}
	second, err := c.DomainPageByID(t.Context(), 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all.Items[3:], second.Items); diff != "" || second.Pages != 2 || second.Number != 2 {
		t.Errorf("%+v\n%s", second, diff)
	}
	for i, d := range all.Items[1:] {
		if d.ID <= all.Items[i].ID {
			t.Errorf("%d after %d", d.ID, all.Items[i].ID)
		}
	}
	if beyond, err := c.DomainPageByID(t.Context(), 9, 3); err != nil || len(beyond.Items) != 0 {
		t.Errorf("beyond the end: %+v, %v", beyond, err)
	}
	for _, odd := range [][2]int{{0, 100}, {1, 0}, {1, 101}} {
		_, err := c.DomainPageByID(t.Context(), odd[0], odd[1])
		_ = failed(t, err, portfolio.OutcomeNotSent)
	}
}

func TestDomainPageByIDNamesTheCall(t *testing.T) {
	const page = `{"data":[{"id":1,"name":"a.com","state":"registered","expires_at":"tomorrow"},{"name":"b.com","state":"hosted"},{"id":3,"name":"c.com","state":"hosted"}],` +
		`"pagination":{"current_page":2,"total_pages":2,"total_entries":100}}`
	s := serve(t, says(http.StatusOK, page))
	c, _ := testClient(t, s.URL)
	got, err := c.DomainPageByID(t.Context(), 2, 97)
	if err != nil || len(got.Items) != 1 || len(got.Problems) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []string{"tomorrow", "no id"} {
		if text := got.Problems[i].Error(); !strings.Contains(text, "list domains by id, page 2 by 97 (account 1010)") || !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
	if q := s.requests()[0].Query; q != "page=2&per_page=97&sort=id%3Aasc" {
		t.Errorf("asked for %s", q)
	}
	_, err = c.DomainPageByID(t.Context(), 1, 97) // the answer is another page
	_ = failed(t, err, portfolio.OutcomeUnknown)
}
