package scheduler

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

var now = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// in is a registered domain that expires in so many days; 0: never.
func in(id int64, days int) portfolio.Domain {
	d := portfolio.Domain{ID: id, AccountID: 1, Name: fmt.Sprintf("d%d.com", id), State: portfolio.DomainRegistered}
	if days != 0 {
		d.ExpiresAt = now.AddDate(0, 0, days)
	} else {
		d.State = portfolio.DomainHosted
	}
	return d
}

type page = portfolio.Page[portfolio.Domain]

// scripted gives the pages as they are listed, in the order in which they are asked for.
type scripted struct {
	t     *testing.T
	reads [][]page // each a reading from page 1 on
	asked []int    // the numbers of the pages that were asked for
	read  int
}

func (s *scripted) lister() fakeLister {
	return fakeLister{domains: func(_ context.Context, n int) (page, error) {
		if n == 1 {
			s.read++
		}
		s.asked = append(s.asked, n)
		pages := s.reads[min(s.read, len(s.reads))-1]
		if n > len(pages) {
			s.t.Fatalf("page %d was asked for", n)
		}
		p := pages[n-1]
		if p.Pages == 0 {
			p.Pages = len(pages)
		}
		return p, nil
	}}
}

func of(total int, domains ...portfolio.Domain) page { return page{Items: domains, Total: total} }

// TestReadDomains reads up to the policy's horizon, 60 days ahead.
func TestReadDomains(t *testing.T) {
	odd := errors.New("list domains: domain 77: unknown state")
	tests := map[string]struct {
		reads [][]page
		asked []int
		want  []string
		odd   bool // the problem is reported
	}{
		"stops behind the horizon": {
			reads: [][]page{{of(6, in(1, -5), in(2, 3)), of(6, in(3, 50), in(4, 70)), of(6, in(5, 80), in(6, 90))}},
			asked: []int{1, 2},
			want:  []string{"d1.com", "d2.com", "d3.com", "d4.com"},
		},
		"goes on to the end within the horizon": {
			reads: [][]page{{of(4, in(1, 3), in(2, 4)), of(4, in(3, 5), in(4, 60))}},
			asked: []int{1, 2},
			want:  []string{"d1.com", "d2.com", "d3.com", "d4.com"},
		},
		"those without an expiration first": {
			reads: [][]page{{of(6, in(1, 0), in(2, 0)), of(6, in(3, 0), in(4, 3)), of(6, in(5, 70), in(6, 80))}},
			asked: []int{1, 2, 3},
			want:  []string{"d4.com", "d5.com", "d6.com", "d1.com", "d2.com", "d3.com"},
		},
		"those without an expiration last": {
			reads: [][]page{{of(4, in(1, 3), in(2, 4)), of(4, in(3, 0), in(4, 0))}},
			asked: []int{1, 2},
			want:  []string{"d1.com", "d2.com", "d3.com", "d4.com"},
		},
		"another total is read again": {
			reads: [][]page{
				{of(4, in(1, 3), in(2, 4)), of(3, in(4, 6))},
				{of(3, in(2, 4), in(3, 5)), of(3, in(4, 6))},
			},
			asked: []int{1, 2, 1, 2},
			want:  []string{"d2.com", "d3.com", "d4.com"},
		},
		"an id seen twice is read again": {
			reads: [][]page{
				{of(4, in(1, 3), in(2, 4)), of(4, in(2, 4), in(3, 5))},
				{of(4, in(9, 2), in(1, 3)), of(4, in(2, 4), in(3, 5))},
			},
			asked: []int{1, 2, 1, 2},
			want:  []string{"d9.com", "d1.com", "d2.com", "d3.com"},
		},
		"a boundary out of order is read again": {
			reads: [][]page{
				{of(4, in(1, 3), in(2, 5)), of(4, in(3, 4), in(4, 6))},
				{of(4, in(1, 3), in(3, 4)), of(4, in(2, 5), in(4, 6))},
			},
			asked: []int{1, 2, 1, 2},
			want:  []string{"d1.com", "d3.com", "d2.com", "d4.com"},
		},
		"what never stands still is read three times, and nothing that showed is lost": {
			reads: [][]page{
				{of(4, in(1, 3), in(2, 4)), of(3, in(4, 6))},
				{{Items: []portfolio.Domain{in(1, 3)}, Total: 4, Problems: []error{odd}}, of(3, in(3, 5))},
			},
			asked: []int{1, 2, 1, 2, 1, 2},
			want:  []string{"d1.com", "d2.com", "d3.com", "d4.com"},
			odd:   true,
		},
		"what could not be understood is reported, and the others are read": {
			reads: [][]page{{{Items: []portfolio.Domain{in(1, 3)}, Total: 2, Problems: []error{odd}}}},
			asked: []int{1},
			want:  []string{"d1.com"},
			odd:   true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			script := &scripted{t: t, reads: test.reads}
			r, err := setup{one: script.lister()}.make().Domains(t.Context(), now)
			if err != nil {
				t.Fatal(err)
			}
			if got := names(r.Decisions); !slices.Equal(got, test.want) {
				t.Errorf("it read %v, want %v", got, test.want)
			}
			if !slices.Equal(script.asked, test.asked) {
				t.Errorf("it asked for the pages %v, want %v", script.asked, test.asked)
			}
			if got := len(r.Problems) > 0 && errors.Is(errors.Join(r.Problems...), odd); got != test.odd {
				t.Errorf("problems: %v", r.Problems)
			}
		})
	}
}

// TestAccountsDoNotHoldEachOther has one account paused, and another that cannot be
// read.
func TestAccountsDoNotHoldEachOther(t *testing.T) {
	one := (&scripted{t: t, reads: [][]page{{of(1, in(1, 3))}}}).lister()
	call := &portfolio.CallError{Call: "list domains (account 2)", Outcome: portfolio.OutcomeUnauthorized, Status: 401, Message: "no"}
	refused := fakeLister{domains: func(context.Context, int) (page, error) { return page{}, call }}
	reported := map[int64]error{}
	x := fakeExecutor{report: func(account int64, err error) { reported[account] = err }}
	r, err := setup{one: one, two: refused, executor: x}.make().Domains(t.Context(), now)
	if err != nil || !slices.Equal(names(r.Decisions), []string{"d1.com"}) {
		t.Errorf("it read %v: %v", names(r.Decisions), err)
	}
	if len(r.Problems) != 1 || !errors.Is(r.Problems[0], call) {
		t.Errorf("problems: %v", r.Problems)
	}
	if len(reported) != 2 || reported[1] != nil || !errors.Is(reported[2], call) {
		t.Errorf("reported: %v", reported)
	}

	// Once paused it is not asked, and not told of again; nor is the pause ended.
	asked := false
	two := fakeLister{domains: func(context.Context, int) (page, error) { asked = true; return page{}, nil }}
	x.ready = func(account int64) bool { return account != 2 }
	clear(reported)
	m := &memory{}
	s := setup{one: one, two: two, executor: x, memory: m}.make()
	r, err = s.Domains(t.Context(), now)
	if err != nil || !slices.Equal(names(r.Decisions), []string{"d1.com"}) || asked {
		t.Errorf("it read %v, asked %v: %v", names(r.Decisions), asked, err)
	}
	if len(r.Problems) != 1 || !errors.Is(r.Problems[0], ErrPaused) || !strings.Contains(r.Problems[0].Error(), "two (2)") {
		t.Errorf("problems: %v", r.Problems)
	}
	if _, ok := reported[2]; ok {
		t.Errorf("reported: %v", reported)
	}
	if err := s.Once(t.Context()); !errors.Is(err, ErrPaused) || strings.Count(err.Error(), "two (2)") != 1 {
		t.Errorf("the pass ended with %v", err)
	}
	if got := m.told("problem"); len(got) != 0 {
		t.Errorf("told: %q", got)
	}
}

// TestDomainsOfAllAccounts come in the order of their expirations, whosever they are.
func TestDomainsOfAllAccounts(t *testing.T) {
	other := func(id int64, days int) portfolio.Domain {
		d := in(id, days)
		d.AccountID = 2
		return d
	}
	one := (&scripted{t: t, reads: [][]page{{of(3, in(1, 3), in(2, 9), in(3, 0))}}}).lister()
	two := (&scripted{t: t, reads: [][]page{{of(3, other(4, -2), other(5, 9), other(6, 10))}}}).lister()
	r, err := setup{one: one, two: two}.make().Domains(t.Context(), now)
	if want := []string{"d4.com", "d1.com", "d2.com", "d5.com", "d6.com", "d3.com"}; err != nil || !slices.Equal(names(r.Decisions), want) {
		t.Errorf("it read %v, want %v: %v", names(r.Decisions), want, err)
	}
}

// TestAListThatIsNeverTheSame: what lies behind the horizon is read then too, since
// the order cannot be relied on, and somebody is told.
func TestAListThatIsNeverTheSame(t *testing.T) {
	reads := 0
	l := fakeLister{domains: func(_ context.Context, n int) (portfolio.Page[portfolio.Domain], error) {
		page := portfolio.Page[portfolio.Domain]{Number: n, Pages: 2, Total: 4}
		far := func(id int64) portfolio.Domain {
			return portfolio.Domain{ID: id, AccountID: 1, Name: "far.com", State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(1, 0, 0)}
		}
		near := portfolio.Domain{ID: 9, AccountID: 1, Name: "near.com", State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, 3)}
		if n == 1 {
			reads++
			page.Items = []portfolio.Domain{far(1), near, far(2)} // out of order
			page.Items[1].ID = 3
			return page, nil
		}
		page.Items = []portfolio.Domain{near}
		return page, nil
	}}
	domains, problems, err := readDomains(t.Context(), l, now.AddDate(0, 0, 45))
	if err != nil || reads != rereads {
		t.Fatalf("%d readings, %v", reads, err)
	}
	if !slices.ContainsFunc(domains, func(d portfolio.Domain) bool { return d.ID == 9 }) {
		t.Errorf("what stood on the second page is lost: %+v", domains)
	}
	if len(problems) != 1 || !errors.Is(problems[0], errShifting) {
		t.Errorf("problems %v", problems)
	}
}

// TestProblemsOfOnePageAreToldEach: two odd entries are two problems, wherever on
// the list they stand.
func TestProblemsOfOnePageAreToldEach(t *testing.T) {
	odd := func(page, entry int, what, request string) error {
		return &portfolio.CallError{
			Call: fmt.Sprintf("list domains, page %d (account 1)", page), Outcome: portfolio.OutcomeUnknown, Status: 200,
			Message: fmt.Sprintf("the answer makes no sense: entry %d: %s", entry, what), RequestID: request,
		}
	}
	a, b, again := odd(1, 2, "domain 5: state", "x"), odd(1, 3, "domain 6: state", "x"), odd(2, 40, "domain 5: state", "y")
	if stable(a) == stable(b) {
		t.Errorf("two are one: %s", stable(a))
	}
	if stable(a) != stable(again) {
		t.Errorf("one is two: %s and %s", stable(a), stable(again))
	}
}
