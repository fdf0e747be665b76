package client

import (
	"io"
	"net/http"
	"strconv"
	"testing"

	"domaind/internal/portfolio"
)

// A list of a million domains may grow while it is read; without any bound it must not.
func TestLongLists(t *testing.T) {
	for name, tt := range map[string]struct {
		pages []int // as they are told, page by page
		ends  int   // the page that is an error; 0: none
	}{
		"a million":                {[]int{10_000, 10_000}, 0},
		"a million, and growing":   {[]int{10_000, 10_001, 10_050}, 0},
		"two million":              {[]int{2 * 10_000, 2 * 10_000}, 0},
		"more than two million":    {[]int{2*10_000 + 1}, 1},
		"growing beyond its bound": {[]int{10_000, 10_001, 2*10_000 + 1}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page, _ := strconv.Atoi(r.URL.Query().Get("page"))
				_, _ = io.WriteString(w, pageOf(page, tt.pages[page-1], 100*tt.pages[page-1]))
			})
			c, _ := testClient(t, s.URL)
			ended := 0
			for page, err := range c.ListDomains(t.Context(), portfolio.DomainFilter{}) {
				if err != nil {
					ended = page.Number
				}
				if page.Number == len(tt.pages) {
					break
				}
			}
			if ended != tt.ends {
				t.Errorf("an error at page %d, want %d", ended, tt.ends)
			}
		})
	}
}
