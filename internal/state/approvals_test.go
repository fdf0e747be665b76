package state

import (
	"path/filepath"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func announced(domain int64, at time.Time) portfolio.Approval {
	return portfolio.Approval{
		Kind: portfolio.ApprovalPush, AccountID: 1010, Operation: portfolio.OpAccept, SubjectID: domain, Contact: 7,
		By: "root (uid 0)", At: at, Until: at.Add(7 * 24 * time.Hour),
	}
}

func TestApprovalsWait(t *testing.T) {
	s := open1(t, filepath.Join(t.TempDir(), "state.db"))
	waiting := func(want ...portfolio.Approval) {
		t.Helper()
		got, err := s.Approvals()
		if err != nil || len(got) != len(want) {
			t.Fatalf("%v, %v; want %v", got, err, want)
		}
		ids := make(map[string]portfolio.Approval)
		for _, a := range got {
			ids[a.ID()] = a
		}
		for _, a := range want {
			wantSame(t, ids[a.ID()], a)
		}
	}
	waiting()
	first, second := announced(1, start), announced(2, start)
	if err := s.Commit(portfolio.Change{Approvals: []portfolio.Approval{first, second}}); err != nil {
		t.Fatal(err)
	}
	waiting(first, second)
	first.Reason = "from the sale" // the same one, with more
	if err := s.Commit(portfolio.Change{Approvals: []portfolio.Approval{first}, Spent: []string{first.ID(), second.ID(), "neverwas"}}); err != nil {
		t.Fatal(err)
	}
	waiting(first)
	check(t, s)
	for _, bad := range []portfolio.Change{
		{Approvals: []portfolio.Approval{{}}}, {Spent: []string{""}}, {Spent: []string{"a|b"}},
	} {
		wantError(t, s.Commit(bad), ErrChange)
	}
	waiting(first)
}

// TestPricesAreRemembered: those of names that are not premium stand once for their TLD.
func TestPricesAreRemembered(t *testing.T) {
	s := open1(t, filepath.Join(t.TempDir(), "state.db"))
	see := func(name string, renewal portfolio.Money, premium bool, at time.Time) portfolio.SeenPrices {
		t.Helper()
		p := portfolio.SeenPrices{AccountID: 1010, At: at, Prices: portfolio.Prices{Name: name, Premium: premium, Renewal: renewal, Restore: 8000}}
		if err := s.Commit(portfolio.Change{Prices: []portfolio.SeenPrices{p}}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	want := func(name string, want *portfolio.SeenPrices) {
		t.Helper()
		got, ok, err := s.PricesSeen(1010, name)
		if err != nil || ok != (want != nil) {
			t.Fatalf("%s: %v, %t, %v", name, got, ok, err)
		}
		if want != nil {
			wantSame(t, got, *want)
		}
	}
	want("a.com", nil)
	a := see("a.com", 1400, false, start)
	dear := see("dear.com", 90000, true, start)
	want("a.com", &a)
	want("dear.com", &dear)
	want("b.com", nil) // it may be premium
	b := see("b.com", 1500, false, start.Add(time.Hour))
	want("b.com", &b)
	a.Renewal, a.At = b.Renewal, b.At
	want("a.com", &a)
	dear = see("dear.com", 1500, false, start.Add(2*time.Hour)) // no more
	want("dear.com", &dear)
	if _, ok, err := s.PricesSeen(2020, "a.com"); ok || err != nil {
		t.Errorf("another account's: %t, %v", ok, err)
	}
	check(t, s)
	for _, bad := range []portfolio.SeenPrices{
		{AccountID: 1010},
		{AccountID: 1010, Prices: portfolio.Prices{Name: ".com"}},
		{AccountID: 1010, Prices: portfolio.Prices{Name: "com"}},
		{Prices: portfolio.Prices{Name: "a.com"}},
		{AccountID: 1010, Prices: portfolio.Prices{Name: "a.com", Renewal: -1}},
	} {
		wantError(t, s.Commit(portfolio.Change{Prices: []portfolio.SeenPrices{bad}}), ErrChange)
	}
}
