package client

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// TestBackgroundReadsYield: of twenty requests an hour, fourteen are for reads that have
// time; the others find theirs at once.
func TestBackgroundReadsYield(t *testing.T) {
	s := serve(t, says(http.StatusOK, `{"data":[],"pagination":{"current_page":1,"total_pages":0,"total_entries":0}}`))
	c, k := testClient(t, s.URL, func(o *Options) { o.RequestsPerHour = 20 })
	read := func(n int, background bool) time.Duration {
		t.Helper()
		before, ctx := k.Now(), t.Context()
		if background {
			ctx = Background(ctx)
		}
		for range n {
			if _, err := c.DomainPage(ctx, 1, 100); err != nil {
				t.Fatal(err)
			}
		}
		return k.Now().Sub(before)
	}
	for i, step := range []struct {
		n          int
		background bool
		waits      time.Duration
	}{
		{14, true, 0},
		{4, false, 0}, // but for the tenth that is kept for changes
		{1, true, time.Hour},
		{13, true, 0},
		{1, true, time.Hour},
	} {
		if waited := read(step.n, step.background); waited != step.waits {
			t.Errorf("step %d: it waited %s, want %s", i, waited, step.waits)
		}
	}
	if waited := func() time.Duration {
		before := k.Now()
		if _, err := c.DomainPage(Urgent(Background(t.Context())), 1, 100); err != nil {
			t.Fatal(err)
		}
		return k.Now().Sub(before)
	}(); waited != 0 {
		t.Errorf("an urgent read waited %s", waited)
	}
}

// TestBackgroundReadsLeaveWhatTheServerHas: another program uses the same token.
func TestBackgroundReadsLeaveWhatTheServerHas(t *testing.T) {
	var k *clock
	left := 2400
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		left -= 400
		w.Header().Set("Date", k.Now().Format(http.TimeFormat))
		w.Header().Set("X-RateLimit-Limit", "2400")
		w.Header().Set("X-RateLimit-Remaining", fmt.Sprint(max(0, left)))
		w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Date(2026, 3, 1, 12, 40, 0, 0, time.UTC).Unix()))
		says(http.StatusOK, `{"data":[],"pagination":{"current_page":1,"total_pages":0,"total_entries":0}}`)(w, r)
	})
	var c *Client
	c, k = testClient(t, s.URL)
	for range 4 { // 2000, 1600, 1200, 800 are left
		if _, err := c.DomainPage(Background(t.Context()), 1, 100); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.waits()) != 0 {
		t.Fatalf("it waited %v", k.waits())
	}
	for range 2 { // 400 are left, fewer than the 720 that are for others; then none
		if _, err := c.DomainPage(Background(t.Context()), 1, 100); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]time.Duration{40 * time.Minute}, k.waits()); diff != "" {
		t.Error(diff)
	}
}

func TestDomainPage(t *testing.T) {
	c, _, _ := simulated(t)
	all, err := c.DomainPage(t.Context(), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Items) != 4 || all.Total != 4 || all.Pages != 1 {
		t.Fatalf("%+v", all)
	}
	second, err := c.DomainPage(t.Context(), 2, 3)
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
	if beyond, err := c.DomainPage(t.Context(), 9, 3); err != nil || len(beyond.Items) != 0 {
		t.Errorf("beyond the end: %+v, %v", beyond, err)
	}
	for _, odd := range [][2]int{{0, 100}, {1, 0}, {1, 101}} {
		_, err := c.DomainPage(t.Context(), odd[0], odd[1])
		_ = failed(t, err, portfolio.OutcomeNotSent)
	}
}

func TestDomainPageNamesTheCall(t *testing.T) {
	const page = `{"data":[{"id":1,"name":"a.com","state":"registered","expires_at":"tomorrow"},{"name":"b.com","state":"hosted"},{"id":3,"name":"c.com","state":"hosted"}],` +
		`"pagination":{"current_page":2,"total_pages":2,"total_entries":100}}`
	s := serve(t, says(http.StatusOK, page))
	c, _ := testClient(t, s.URL)
	got, err := c.DomainPage(t.Context(), 2, 97)
	if err != nil || len(got.Items) != 1 || len(got.Problems) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, want := range []string{"tomorrow", "no id"} {
		if text := got.Problems[i].Error(); !strings.Contains(text, "list domains by id, page 2 of 97 each (account 1010)") || !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
	if q := s.requests()[0].Query; q != "page=2&per_page=97&sort=id%3Aasc" {
		t.Errorf("asked for %s", q)
	}
	_, err = c.DomainPage(t.Context(), 1, 97) // the answer is another page
	_ = failed(t, err, portfolio.OutcomeUnknown)
}
