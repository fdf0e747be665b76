package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

// shelf is an account's list of domains as others change it.
type shelf struct {
	ids   []int64 // in their order
	reads int
	// before, where it is not nil, is called before each page is read.
	before func()
}

func (s *shelf) page(_ context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
	return s.list(number, size), nil
}

func (s *shelf) list(number, size int) portfolio.Page[portfolio.Domain] {
	s.reads++
	if s.before != nil {
		s.before()
	}
	p := portfolio.Page[portfolio.Domain]{Number: number, Total: len(s.ids), Pages: (len(s.ids) + size - 1) / size}
	for i := (number - 1) * size; i < min(number*size, len(s.ids)); i++ {
		p.Items = append(p.Items, in(s.ids[i], 400))
	}
	return p
}

func (s *shelf) add(id int64) {
	if i, there := slices.BinarySearch(s.ids, id); !there {
		s.ids = slices.Insert(s.ids, i, id)
	}
}

func (s *shelf) remove(id int64) {
	if i, there := slices.BinarySearch(s.ids, id); there {
		s.ids = slices.Delete(s.ids, i, i+1)
	}
}

func upTo(n int64) []int64 {
	var ids []int64
	for id := int64(1); id <= n; id++ {
		ids = append(ids, 10*id)
	}
	return ids
}

// TestReach: a page has the entry, reaches beyond it, and no page of the API reaches
// farther.
func TestReach(t *testing.T) {
	sum := 0
	for entry := range 100_000 {
		number, size := reach(entry, pageSize)
		start := (number - 1) * size
		if size > 100 || start > entry || start+size <= entry {
			t.Fatalf("entry %d: page %d of %d each", entry, number, size)
		}
		sum += start + size - entry - 1
	}
	if mean := float64(sum) / 100_000; mean < 86 {
		t.Errorf("a page adds %.1f entries", mean)
	} else {
		t.Logf("a page adds %.1f entries", mean)
	}
}

// TestWalkLosesNoDomain: whatever others add and remove between pages, and wherever the
// walk is cut short and gone on with, a domain that is there all the while is read, once
// and in order.
func TestWalkLosesNoDomain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 900).Draw(t, "domains")
		s := &shelf{ids: upTo(n)}
		there := make(map[int64]bool) // all the while
		for _, id := range s.ids {
			there[id] = true
		}
		at := int64(0) // about where the walk is: what happens near it is what matters
		s.before = func() {
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				id := rapid.Int64Range(max(1, at-3000), at+1500).Draw(t, "id")
				switch rapid.IntRange(0, 3).Draw(t, "what") {
				case 0:
					s.add(id)
				case 1: // many at once
					for i := range rapid.Int64Range(1, 150).Draw(t, "many") {
						s.remove(10 * (id/10 + i))
						delete(there, 10*(id/10+i))
					}
				case 2:
					for i := range rapid.Int64Range(1, 150).Draw(t, "many") {
						s.add(id + 10*i + 1)
					}
				default:
					s.remove(id / 10 * 10)
					delete(there, id/10*10)
				}
			}
		}
		w := &walk{read: s.page, call: "list"}
		seen := make(map[int64]bool)
		for {
			st, err := w.next(t.Context())
			if err != nil {
				t.Fatalf("after %d reads: %v", s.reads, err)
			}
			for _, d := range st.domains {
				if d.ID <= at || d.ID <= st.after || d.ID > st.upTo {
					t.Fatalf("domain %d after %d, in the stretch from %d to %d", d.ID, at, st.after, st.upTo)
				}
				at = d.ID
				seen[d.ID] = true
			}
			if st.last {
				break
			}
			if rapid.IntRange(0, 5).Draw(t, "restart") == 0 {
				w = &walk{read: s.page, call: "list", after: w.after, offset: w.offset, seen: w.seen}
				if rapid.Bool().Draw(t, "lost") {
					w.offset = rapid.IntRange(0, 2000).Draw(t, "offset")
				}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(there)) { // in their order: a failure is to be the same each time
			if !seen[id] {
				t.Fatalf("domain %d was there all the while, and was not read", id)
			}
		}
		if s.reads > 400 {
			t.Fatalf("%d reads", s.reads)
		}
	})
}

// TestWalkCosts: pages that join cost an eighth more than pages that touch; finding the
// place again costs few reads, however far it has moved.
func TestWalkCosts(t *testing.T) {
	s := &shelf{ids: upTo(100_000)}
	w := &walk{read: s.page, call: "list"}
	for {
		st, err := w.next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st.last {
			break
		}
	}
	if w.seen != 100_000 || s.reads > 1150 {
		t.Errorf("%d domains in %d reads", w.seen, s.reads)
	}
	for _, offset := range []int{0, 1, 49_999, 50_000, 50_001, 50_090, 61_000, 99_999, 100_000, 5_000_000} {
		s.reads = 0
		w := &walk{read: s.page, call: "list", after: 500_000, offset: offset}
		st, err := w.next(t.Context())
		if err != nil || st.domains[0].ID != 500_010 || s.reads > 30 {
			t.Errorf("from %d: %d reads, %v, %d", offset, s.reads, err, len(st.domains))
		}
	}
}

// TestWalkPastTheUnreadable: entries that cannot be read, wherever they stand and however
// many, are told once each, and hide nothing behind them.
func TestWalkPastTheUnreadable(t *testing.T) {
	const all = 420
	for _, n := range []int{1, 2, 99, 100, 101, 250} {
		for at := range all {
			s := &shelf{ids: upTo(all)}
			w := &walk{call: "list domains by id (account 1)", read: func(_ context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
				p := s.list(number, size)
				p.Items = slices.DeleteFunc(p.Items, func(d portfolio.Domain) bool {
					odd := d.ID > int64(10*at) && d.ID <= int64(10*(at+n))
					if odd {
						p.Problems = append(p.Problems, fmt.Errorf("domain %d is odd", d.ID))
					}
					return odd
				})
				return p, nil
			}}
			seen, problems := 0, 0
			for st := (stretch{}); !st.last; {
				var err error
				if st, err = w.next(t.Context()); err != nil {
					t.Fatalf("%d from %d on: %v", n, at, err)
				}
				seen, problems = seen+len(st.domains), problems+len(st.problems)
			}
			odd := min(n, all-at)
			if seen != all-odd || problems != odd || s.reads > 20 {
				t.Errorf("%d from %d on: %d seen, %d problems, %d reads", n, at, seen, problems, s.reads)
			}
		}
	}
}

// TestWalkBadLists: bounded work, and an error that names the call.
func TestWalkBadLists(t *testing.T) {
	odd := errors.New("entry 3 cannot be read")
	for name, tt := range map[string]struct {
		page  func(s *shelf, number, size int) portfolio.Page[portfolio.Domain]
		want  string // in the error; "" for none
		reads int    // at most
		seen  int
	}{
		"the same page again and again": {
			page: func(s *shelf, _, _ int) portfolio.Page[portfolio.Domain] {
				p := s.list(1, 100)
				p.Pages = 1 << 40
				return p
			},
			want: "do not join", reads: 1 + mostReads,
		},
		"out of order": {
			page: func(s *shelf, number, size int) portfolio.Page[portfolio.Domain] {
				p := s.list(number, size)
				slices.Reverse(p.Items)
				return p
			},
			want: "not in the order", reads: mostReads,
		},
		"an id twice": {
			page: func(s *shelf, number, size int) portfolio.Page[portfolio.Domain] {
				p := s.list(number, size)
				p.Items[1] = p.Items[0]
				return p
			},
			want: "not in the order", reads: mostReads,
		},
		"an empty page in the middle": {
			page: func(s *shelf, number, size int) portfolio.Page[portfolio.Domain] {
				p := s.list(number, size)
				if number > 1 {
					p.Items = nil
				}
				return p
			},
			want: "do not join", reads: 1 + mostReads,
		},
		"nothing that can be read": {
			page: func(s *shelf, number, size int) portfolio.Page[portfolio.Domain] {
				p := s.list(number, size)
				p.Items, p.Problems = nil, []error{odd}
				return p
			},
			want: "no entry that can be read", reads: mostReads,
		},
		"it grows for ever": {
			page: func(s *shelf, number, size int) portfolio.Page[portfolio.Domain] {
				for range size {
					s.add(int64(10 * (len(s.ids) + 1)))
				}
				p := s.list(number, size)
				p.Total, p.Pages = 10, 9999
				return p
			},
			want: "does not end", reads: 20,
		},
		"some that cannot be read": {
			page: func(s *shelf, number, size int) portfolio.Page[portfolio.Domain] {
				p := s.list(number, size)
				p.Items = slices.DeleteFunc(p.Items, func(d portfolio.Domain) bool {
					if d.ID%70 == 0 {
						p.Problems = append(p.Problems, odd)
					}
					return d.ID%70 == 0
				})
				return p
			},
			reads: 12, seen: 300 - 42,
		},
		"a total that is too small": {
			page: func(s *shelf, number, size int) portfolio.Page[portfolio.Domain] {
				p := s.list(number, size)
				p.Total = 3
				return p
			},
			reads: 5, seen: 300,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{ids: upTo(300)}
			w := &walk{call: "list domains by id (account 1)", read: func(_ context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
				return tt.page(s, number, size), nil
			}}
			var err error
			for st := (stretch{}); err == nil && !st.last; {
				st, err = w.next(t.Context())
			}
			if s.reads > tt.reads {
				t.Errorf("%d reads", s.reads)
			}
			call := new(portfolio.CallError)
			switch {
			case tt.want == "" && (err != nil || w.seen != tt.seen):
				t.Errorf("%d seen, %v", w.seen, err)
			case tt.want != "" && (!errors.As(err, &call) || call.Call != w.call || !strings.Contains(fmt.Sprint(err), tt.want)):
				t.Errorf("%v does not say %q", err, tt.want)
			}
		})
	}
}
