package sandbox

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// listsInOrder fails where a list that was kept is not the list that would be made anew.
func (s *sim) listsInOrder(t *rapid.T, account int, sort string) {
	token := map[int]string{1: "main", 2: "desk"}[account]
	for _, filter := range []string{"", "&name_like=a", "&registrant_id=11"} {
		path := fmt.Sprintf("GET /v2/%d/domains?sort=%s%s", account, sort, filter)
		kept := s.do(token, path).must(200).strings("name")
		lists := s.w.lists
		s.w.lists = sortedLists{}
		anew := s.do(token, path).must(200).strings("name")
		s.w.lists = lists
		if !slices.Equal(kept, anew) {
			t.Fatalf("%s gave %q, and made anew %q", path, kept, anew)
		}
	}
}

// Where most of a list changed at once, it is made anew.
func TestListsThatChangeAsAWhole(t *testing.T) {
	const count = maxLate + 10
	s := simulate(t, base+fmt.Sprintf("[[many]]\naccount = \"main\"\ncount = %d\npattern = \"b%%04d.com\"\n", count)+
		"expires_from = \"+9d\"\nexpires_to = \"+10d\"\n")
	list := func() []string {
		return s.do("main", "GET /v2/1/domains?sort=expiration:asc,name:asc&per_page=3").must(200).strings("state")
	}
	equal(t, len(list()), 3)
	s.pass(11 * day) // all of them lapse
	s.do("main", "GET /v2/whoami").must(200)
	equal(t, len(s.w.lists), 0)
	for _, state := range list() {
		equal(t, state, "expired")
	}
}

// BenchmarkListDomains reads a page of a million domains: of a quiet list, and of one in which another domain was renewed
// before each page.
func BenchmarkListDomains(b *testing.B) {
	s := simulate(b, base+"[limits]\nrequests_per_hour = 1000000000\n"+
		"[[many]]\naccount = \"main\"\ncount = 1000000\npattern = \"bulk-%07d.com\"\nexpires_from = \"+1d\"\nexpires_to = \"+9y\"\n")
	page := func() { s.do("main", "GET /v2/1/domains?sort=expiration:asc&per_page=100&page=500").must(200) }
	page()
	b.Run("quiet", func(b *testing.B) {
		for b.Loop() {
			page()
		}
	})
	b.Run("renewals", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			d := s.w.names[fmt.Sprintf("bulk-%07d.com", i%1_000_000)]
			d.expires = addYears(d.expires, 1)
			s.w.touch(d)
			page()
		}
	})
}
