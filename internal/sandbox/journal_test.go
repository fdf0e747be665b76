package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"
)

// The pages of a list count together, whatever becomes of the journal's older entries, and kinds are not counted apart without end.
func TestRequestsAreCountedByKind(t *testing.T) {
	s := simulate(t, base+"[limits]\nrequests_per_hour = 1000000\n")
	for page := range 3 {
		s.do("main", fmt.Sprintf("GET /v2/1/domains?sort=expiration:asc&page=%d&per_page=100", page+1)).must(200)
	}
	s.do("main", "GET /v2/1/domains?page=1&per_page=3").must(200)
	s.do("main", "GET /v2/1/domains?page=7&sort=expiration%3Aasc").must(200)
	s.do("main", "GET /v2/1/domains").must(200)
	s.do("main", "GET /v2/whoami").must(200)
	counts := func() map[string]int {
		var said struct {
			Counts map[string]int `json:"counts"`
		}
		check(t, json.Unmarshal(s.do("", "GET /_sandbox/requests").must(200).Body.Bytes(), &said))
		return said.Counts
	}
	equal(t, counts(), map[string]int{
		"GET /v2/1/domains?sort=expiration:asc": 4, "GET /v2/1/domains": 2, "GET /v2/whoami": 1,
	})
	for i := range maxCounts {
		s.do("main", fmt.Sprintf("GET /v2/1/domains/%d", i+1))
	}
	got := counts()
	equal(t, len(got), maxCounts+1)
	equal(t, got["other"], 3)
}
