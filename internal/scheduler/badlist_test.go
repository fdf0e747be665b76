package scheduler

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"domaind/internal/client"
	"domaind/internal/portfolio"
)

// oddList serves a list of domains, a day apart from tomorrow on, as an odd server might.
type oddList struct {
	n     int                                                   // domains
	entry func(i int) string                                    // nil, or "" where it is as usual
	bend  func(page, size int, from, to, total *int) (odd bool) // what is told beside the truth
	asked int
}

func (l *oddList) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.asked++
	number, _ := strconv.Atoi(r.URL.Query().Get("page"))
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	from, to, total := min((number-1)*size, l.n), min(number*size, l.n), l.n
	if l.bend != nil {
		l.bend(number, size, &from, &to, &total)
	}
	var entries []string
	for i := from; i < to; i++ {
		text := ""
		if l.entry != nil {
			text = l.entry(i)
		}
		if text == "" {
			at := now.AddDate(0, 0, 1+i/10)
			text = fmt.Sprintf(`{"id":%d,"name":"d%d.com","state":"registered","expires_at":%q}`, i+1, i+1, at.Format("2006-01-02T15:04:05Z"))
		}
		entries = append(entries, text)
	}
	_, _ = fmt.Fprintf(w, `{"data":[%s],"pagination":{"current_page":%d,"per_page":%d,"total_entries":%d,"total_pages":%d}}`,
		strings.Join(entries, ","), number, size, total, max(1, (total+size-1)/size))
}

// unknown is an entry of a list that cannot be read.
func unknown(i int) string {
	return fmt.Sprintf(`{"id":%d,"name":"d%d.com","state":"redemption","expires_at":"2026-03-01T00:00:00Z"}`, i+1, i+1)
}

// TestOddListsReadStrictly: one entry that cannot be read, wherever it stands, keeps nothing
// behind it from being read.
func TestOddListsReadStrictly(t *testing.T) {
	for at := range 350 {
		for _, n := range []int{1, 2, 130} {
			l := &listed{domains: some(350, func(i int) int { return 1 + i/10 })}
			page := func(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
				p, err := l.page(ctx, number, size)
				p.Items = slices.DeleteFunc(p.Items, func(d portfolio.Domain) bool {
					odd := d.ID > int64(at) && d.ID <= int64(at+n)
					if odd {
						p.Problems = append(p.Problems, fmt.Errorf("entry: domain %d is odd", d.ID))
					}
					return odd
				})
				return p, err
			}
			r := &reader{ask: page, horizon: horizon, size: 100, strict: true}
			if err := r.read(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := 350 - min(n, 350-at); len(r.domains()) != want || !r.complete() {
				t.Errorf("%d from %d on: %d domains, want %d; complete: %t, %d requests", n, at, len(r.domains()), want, r.complete(), r.requests)
			}
		}
	}
}

// TestOddLists: bounded work, an error or a problem that names the call, and no domain lost
// that was shown.
func TestOddLists(t *testing.T) {
	for name, tt := range map[string]struct {
		list  *oddList
		found int    // domains, of 250
		most  int    // requests
		says  string // in an error or a problem; "": neither
	}{
		"as it should be":         {&oddList{n: 250}, 250, 4, ""},
		"a total that is too low": {&oddList{n: 250, bend: func(_, _ int, _, _, total *int) bool { *total = 7; return true }}, 250, 5, "list domains, page 1 (account 1): the list should have 7 entries"},
		"a total that is too high": {&oddList{n: 250, bend: func(_, _ int, from, to, total *int) bool {
			*total = 290
			return *from < *to
		}}, 250, 5, "list domains, page "},
		"a page that repeats": {&oddList{n: 250, bend: func(number, size int, from, to, _ *int) bool {
			if number > 2 {
				*from, *to = 0, min(100, size)
			}
			return true
		}}, 198, 60, "the list changed too often"},
		"an empty page in the middle": {&oddList{n: 250, bend: func(number, _ int, from, to, _ *int) bool {
			if number == 2 {
				*to = *from
			}
			return true
		}}, 0, 2, "list domains, page 2 by 99 (account 1): 200: the page is empty"},
		"no id": {&oddList{n: 250, entry: func(i int) string {
			if i == 99 { // where the next page would overlap
				return `{"name":"odd.com","state":"registered","expires_at":"2026-03-11T00:00:00Z"}`
			}
			return ""
		}}, 249, 8, `(account 1): 200: entry 1: domain 0 "odd.com"`},
		"a hundred in a state that nobody knows": {&oddList{n: 350, entry: func(i int) string {
			if i >= 100 && i < 200 {
				return unknown(i)
			}
			return ""
		}}, 150, 8, `unknown state "redemption"`},
		"more than two pages of them, the first of all": {&oddList{n: 350, entry: func(i int) string {
			if i < 230 {
				return unknown(i)
			}
			return ""
		}}, 20, 9, `unknown state "redemption"`},
		"an expiration that does not parse": {&oddList{n: 250, entry: func(i int) string {
			if i == 120 {
				return `{"id":121,"name":"odd.com","state":"registered","expires_at":"next week"}`
			}
			return ""
		}}, 249, 4, `"odd.com": expiration: "next week" is no date and time`},
		"a list that grows": {&oddList{n: 250, bend: func(_, _ int, _, _, _ *int) bool { return true }}, 250, 4, ""},
		"a list without an end": {&oddList{n: 1 << 20, bend: func(number, size int, from, to, total *int) bool {
			*from, *to, *total = 0, min(100, size), (number+2)*size
			return true
		}}, 100, 40, "the list changed too often"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a list that grows" {
				tt.list.bend = func(_, _ int, _, _, _ *int) bool { tt.list.n = 250 + tt.list.asked; return true }
			}
			server := httptest.NewServer(tt.list)
			defer server.Close()
			c, err := client.New(client.Options{
				Endpoint: server.URL, Account: portfolio.Account{ID: 1, Name: "one"}, Token: "bad-lists", UserAgent: "test", Now: func() time.Time { return now }, Sleep: sleep,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			s := setup{one: c}.make()
			domains, problems, err := s.readDomains(context.WithoutCancel(t.Context()), s.Accounts[0], now.AddDate(0, 0, 400))
			said := fmt.Sprint(err, problems)
			found := 0
			for _, d := range domains {
				if d.ID <= 250 {
					found++
				}
			}
			if found != tt.found || tt.list.asked > tt.most {
				t.Errorf("%d found, want %d, with %d requests; %s", found, tt.found, tt.list.asked, said)
			}
			if tt.says == "" && (err != nil || len(problems) > 0) || !strings.Contains(said, tt.says) {
				t.Errorf("it says %s; want %s", said, tt.says)
			}
		})
	}
}
