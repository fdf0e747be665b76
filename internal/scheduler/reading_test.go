package scheduler

import (
	"cmp"
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

// one is a list that never changes.
func one(domains ...portfolio.Domain) fakeLister { return (&listed{domains: domains}).lister() }

// TestReadDomains reads up to the policy's horizon, 60 days ahead.
func TestReadDomains(t *testing.T) {
	far := func(l *listed, n int) {
		for i := range n {
			l.domains = append(l.domains, in(int64(1000+i), 70))
		}
	}
	tests := map[string]struct {
		list  func(l *listed)
		asked []int // where the pages begin
		want  int   // domains inside the horizon
	}{
		"stops behind the horizon": {
			func(l *listed) {
				l.domains = append(some(12, func(i int) int { return cmp.Or(i-5, 1) }), in(100, 60))
				far(l, 50)
			},
			[]int{0, 9},
			13,
		},
		"goes on to the end within the horizon": {
			func(l *listed) { l.domains = some(25, func(i int) int { return i + 1 }) },
			[]int{0, 9, 16, 20},
			25,
		},
		"a domain that was renewed behind the reader": {
			func(l *listed) {
				l.domains = some(25, func(i int) int { return i + 1 })
				l.change = func(page int) {
					if page == 1 {
						l.domains[3].ExpiresAt = l.domains[3].ExpiresAt.AddDate(1, 0, 0)
						l.domains[5].ExpiresAt = l.domains[5].ExpiresAt.AddDate(1, 0, 0)
					}
				}
			},
			// The page from 9 on begins with what was the twelfth; the one before it is read again.
			[]int{0, 9, 0, 10, 20},
			25,
		},
		"one that was added before the reader": {
			func(l *listed) {
				l.domains = some(25, func(i int) int { return i + 1 })
				l.change = func(page int) {
					if page == 1 {
						l.domains = append(l.domains, in(99, 1))
					}
				}
			},
			[]int{0, 9, 16, 20},
			25,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := &listed{}
			test.list(l)
			s := setup{one: l.lister()}.make()
			s.pageSize = 10
			domains, problems, err := s.readDomains(t.Context(), s.Accounts[0], horizon)
			found := 0
			for _, d := range domains {
				if !d.ExpiresAt.After(horizon) || d.ID < 100 && d.ExpiresAt.After(horizon) {
					found++
				}
			}
			if err != nil || len(problems) > 0 || found != test.want {
				t.Errorf("%d found of %d: %v, %v", found, test.want, problems, err)
			}
			if !slices.Equal(l.asked, test.asked) {
				t.Errorf("it asked for the pages from %v, want %v", l.asked, test.asked)
			}
		})
	}
}

// TestWhatCannotBeUnderstood is reported, once, and the others are read.
func TestWhatCannotBeUnderstood(t *testing.T) {
	odd := errors.New("list domains: domain 77: unknown state")
	l := fakeLister{listed: func(_ context.Context, number, size int) (page, error) {
		return page{Number: number, Items: []portfolio.Domain{in(1, 3)}, Total: 2, Pages: 1, Problems: []error{odd}}, nil
	}}
	r, err := setup{one: l}.make().Domains(t.Context(), now)
	if err != nil || !slices.Equal(names(r.Decisions), []string{"d1.com"}) || len(r.Problems) != 1 || !errors.Is(r.Problems[0], odd) {
		t.Errorf("%v, problems %v, %v", names(r.Decisions), r.Problems, err)
	}
}

// TestAccountsDoNotHoldEachOther has one account paused, and another that cannot be
// read.
func TestAccountsDoNotHoldEachOther(t *testing.T) {
	first := one(in(1, 3))
	call := &portfolio.CallError{Call: "list domains (account 2)", Outcome: portfolio.OutcomeUnauthorized, Status: 401, Message: "no"}
	refused := fakeLister{domains: func(context.Context, int) (page, error) { return page{}, call }}
	reported := map[int64]error{}
	x := fakeExecutor{report: func(account int64, err error) { reported[account] = err }}
	r, err := setup{one: first, two: refused, executor: x}.make().Domains(t.Context(), now)
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
	s := setup{one: first, two: two, executor: x, memory: m}.make()
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
	first := one(in(1, 3), in(2, 9), in(3, 0))
	two := one(other(4, -2), other(5, 9), other(6, 10))
	r, err := setup{one: first, two: two}.make().Domains(t.Context(), now)
	if want := []string{"d4.com", "d1.com", "d2.com", "d5.com", "d6.com", "d3.com"}; err != nil || !slices.Equal(names(r.Decisions), want) {
		t.Errorf("it read %v, want %v: %v", names(r.Decisions), want, err)
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
