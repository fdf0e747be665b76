package scheduler

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// sweptMemory is Progress that remembers sweeps of accounts.
type sweptMemory struct {
	*memory
	seen    map[int64][]portfolio.Snapshot
	whole   map[int64]time.Time
	missing map[int64][]portfolio.Missing
}

func (m sweptMemory) CompareSnapshots(account, _, _ int64, domains []portfolio.Domain, _ int) (portfolio.Comparison, error) {
	if len(domains) > 0 {
		return portfolio.Comparison{}, fmt.Errorf("it compares %d domains", len(domains))
	}
	return portfolio.Comparison{Absent: m.seen[account]}, nil
}

func (m sweptMemory) MissingOf(account int64) ([]portfolio.Missing, error) {
	return m.missing[account], nil
}

func (m sweptMemory) SweepOf(account int64) (portfolio.Sweep, error) {
	return portfolio.Sweep{AccountID: account, WholeEndedAt: m.whole[account]}, nil
}

// soonest lists domains in order of expiration.
func soonest(asked *int, domains ...portfolio.Domain) fakeLister {
	slices.SortFunc(domains, CompareDomains)
	return fakeLister{
		listed: func(_ context.Context, page, size int) (portfolio.Page[portfolio.Domain], error) {
			*asked++
			p := portfolio.Page[portfolio.Domain]{Total: len(domains), Pages: (len(domains) + size - 1) / size}
			for i := (page - 1) * size; i < min(page*size, len(domains)); i++ {
				p.Items = append(p.Items, domains[i])
			}
			return p, nil
		},
		domain: func(id int64) (portfolio.Domain, error) {
			*asked++
			if i := slices.IndexFunc(domains, func(d portfolio.Domain) bool { return d.ID == id }); i >= 0 {
				return domains[i], nil
			}
			return portfolio.Domain{}, &portfolio.CallError{Call: "read", Outcome: portfolio.OutcomeNotFound, Status: 404}
		},
	}
}

func snapshots(domains ...portfolio.Domain) (out []portfolio.Snapshot) {
	for _, d := range domains {
		out = append(out, portfolio.SnapshotOf(d))
	}
	return out
}

func ids(domains []portfolio.DomainFacts) (out []int64) {
	for _, d := range domains {
		out = append(out, d.ID)
	}
	return out
}

// TestSurvey: what a sweep saw lately is not read again, but for what is not where it saw
// it; an account that was not swept is read.
func TestSurvey(t *testing.T) {
	var one, two int
	many := []portfolio.Domain{in(1, 10), in(2, 20), in(3, 200), in(4, 300), in(5, 389)}
	for id := int64(100); id < 400; id++ {
		many = append(many, in(id, 700))
	}
	other := in(9, 250)
	other.AccountID = 2
	u := setup{one: soonest(&one, many...), two: soonest(&two, other), now: func() time.Time { return now }}
	s := u.make()
	s.pageSize = 2
	m := sweptMemory{
		memory: &memory{},
		// When it was seen 2 expired sooner, and so did 5, which is renewed since; 6 is gone, 7 is missing.
		seen:  map[int64][]portfolio.Snapshot{1: snapshots(in(1, 10), in(2, 5), in(3, 200), in(4, 300), in(5, 12), in(6, 8), in(7, 100), in(8, 900))},
		whole: map[int64]time.Time{1: now.Add(-time.Hour)}, missing: map[int64][]portfolio.Missing{1: {{Snapshot: portfolio.SnapshotOf(in(7, 100))}}},
	}
	s.Progress = m
	got, err := s.Survey(t.Context(), now, now.AddDate(1, 0, 0))
	if err != nil || len(got.Problems) > 0 {
		t.Fatal(err, got.Problems)
	}
	if want := []int64{1, 2, 3, 9, 4, 5}; !slices.Equal(ids(got.Domains), want) {
		t.Errorf("%v, want %v", ids(got.Domains), want)
	}
	if one > 5 || !maps.Equal(got.SeenAt, map[int64]time.Time{1: now.Add(-time.Hour)}) {
		t.Errorf("it asked %d times, for some pages and two domains: %v", one, got.SeenAt)
	}

	m.whole[1] = now.Add(-3 * 24 * time.Hour) // too long ago
	one = 0
	got, err = s.Survey(t.Context(), now, now.AddDate(1, 0, 0))
	if want := []int64{1, 2, 3, 9, 4, 5}; err != nil || !slices.Equal(ids(got.Domains), want) || len(got.SeenAt) != 0 {
		t.Errorf("%v %v, want %v", err, got, want)
	}
}

func TestSurveyOfManyThatMoved(t *testing.T) {
	asked := 0
	u := setup{one: soonest(&asked, in(1, 10)), now: func() time.Time { return now }}
	s := u.make()
	var seen []portfolio.Domain
	for id := int64(2); id < 200; id++ {
		seen = append(seen, in(id, 5))
	}
	s.Progress = sweptMemory{memory: &memory{}, seen: map[int64][]portfolio.Snapshot{1: snapshots(seen...)}, whole: map[int64]time.Time{1: now, 2: now}}
	got, err := s.Survey(t.Context(), now, now.AddDate(1, 0, 0))
	if err != nil || len(got.Problems) != 1 || !strings.Contains(got.Problems[0].Error(), "98 domains are not where") || asked > 105 {
		t.Errorf("%v %v, asked %d times", err, got.Problems, asked)
	}
}

func TestSeen(t *testing.T) {
	s := setup{}.make()
	m := sweptMemory{
		memory: &memory{}, seen: map[int64][]portfolio.Snapshot{1: snapshots(in(1, 10), in(2, 400)), 2: snapshots(in(3, 1))},
		whole: map[int64]time.Time{1: now}, missing: map[int64][]portfolio.Missing{1: {{Snapshot: portfolio.SnapshotOf(in(2, 400))}}},
	}
	s.Progress = m
	seen, err := s.Seen()
	if err != nil || len(seen.Domains) != 2 || seen.Domains[0].ID != 1 || seen.Domains[1].AccountID != 2 || seen.Whole || len(seen.At) != 1 {
		t.Errorf("%v %+v", err, seen)
	}
	m.whole[2] = now
	if seen, err = s.Seen(); err != nil || !seen.Whole {
		t.Errorf("%v %+v", err, seen)
	}
}
