package scheduler

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func TestProofsAreKeptForAnHour(t *testing.T) {
	asked := 0
	proven, unread := true, false
	x := fakeExecutor{prove: func(p portfolio.Push) portfolio.PushFacts {
		asked++
		if !proven {
			return portfolio.PushFacts{Push: p, Unproven: "nobody owns it", Unread: unread}
		}
		return portfolio.PushFacts{Push: p, SourceID: 3, Name: "pushed.com"}
	}}
	push := portfolio.Push{ID: 5, AccountID: 1, DomainID: 50, CreatedAt: now}
	accepted := portfolio.Push{ID: 4, AccountID: 1, DomainID: 40, AcceptedAt: now}
	s := setup{executor: x, one: fakeLister{pushes: func() ([]portfolio.Push, error) { return []portfolio.Push{push, accepted}, nil }}}.make()
	look := func(at time.Time, wantAsked int, want portfolio.Verdict) {
		t.Helper()
		r, err := s.Pushes(t.Context(), at)
		if err != nil || len(r.Decisions) != 1 || r.Decisions[0].Verdict != want {
			t.Fatalf("%+v: %v", r.Decisions, err)
		}
		if asked != wantAsked {
			t.Fatalf("it was proven %d times, not %d", asked, wantAsked)
		}
	}
	look(now, 1, portfolio.VerdictAct)
	look(now.Add(time.Minute), 1, portfolio.VerdictAct)
	look(now.Add(59*time.Minute), 1, portfolio.VerdictAct)
	proven = false // the domain moved on meanwhile
	look(now.Add(time.Hour), 2, portfolio.VerdictNone)
	// Nor is it asked at each look whose it is, where it is nobody's: a stranger could
	// use up the quota with pushes.
	proven = true
	look(now.Add(61*time.Minute), 2, portfolio.VerdictNone)
	look(now.Add(2*time.Hour), 3, portfolio.VerdictAct)
	// What could not be read is tried again soon.
	proven, unread = false, true
	look(now.Add(3*time.Hour), 4, portfolio.VerdictNone)
	proven = true
	look(now.Add(3*time.Hour+14*time.Minute), 4, portfolio.VerdictNone)
	look(now.Add(3*time.Hour+15*time.Minute), 5, portfolio.VerdictAct)
	// A clock that was set back does not make a proof last.
	look(now.Add(-10*time.Hour), 6, portfolio.VerdictAct)
}

func TestRegistrantChangesAreAskedForByState(t *testing.T) {
	change := func(id int64, state portfolio.ChangeState, updated time.Time) portfolio.RegistrantChange {
		return portfolio.RegistrantChange{ID: id, AccountID: 1, DomainID: 10 + id, ContactID: 66, State: state, CreatedAt: updated.AddDate(0, 0, -1), UpdatedAt: updated}
	}
	old := now.AddDate(-1, 0, 0)
	lists := map[portfolio.ChangeState][][]portfolio.RegistrantChange{
		portfolio.ChangeNew:        {{change(9, portfolio.ChangeNew, old)}},
		portfolio.ChangePending:    {{change(8, portfolio.ChangePending, old)}, {change(9, portfolio.ChangePending, old)}}, // it moved on
		portfolio.ChangeCancelling: {{change(7, portfolio.ChangeCancelling, old)}},
		portfolio.ChangeCancelled:  {{change(6, portfolio.ChangeCancelled, now.AddDate(0, 0, -1)), change(5, portfolio.ChangeCancelled, old)}, {change(4, portfolio.ChangeCancelled, old)}, nil},
		portfolio.ChangeCompleted:  {{change(3, portfolio.ChangeCompleted, now)}},
	}
	type asked struct {
		state portfolio.ChangeState
		page  int
	}
	var calls []asked
	names := map[int64]int{}
	l := fakeLister{
		changes: func(s portfolio.ChangeState, n int) (portfolio.Page[portfolio.RegistrantChange], error) {
			calls = append(calls, asked{s, n})
			return portfolio.Page[portfolio.RegistrantChange]{Items: lists[s][n-1], Pages: len(lists[s])}, nil
		},
		domain: func(id int64) (portfolio.Domain, error) {
			if names[id]++; id == 18 && names[id] == 1 {
				return portfolio.Domain{}, errors.New("a bad moment")
			}
			return portfolio.Domain{ID: id, Name: "changed.com"}, nil
		},
	}
	s := setup{one: l}.make()
	r, err := s.RegistrantChanges(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	want := []asked{
		{portfolio.ChangeNew, 1},
		{portfolio.ChangePending, 1},
		{portfolio.ChangePending, 2},
		{portfolio.ChangeCancelling, 1},
		{portfolio.ChangeCancelled, 1},
		{portfolio.ChangeCancelled, 2}, // on which nothing is news: the third is not read
		{portfolio.ChangeCompleted, 1},
	}
	if !slices.Equal(calls, want) {
		t.Errorf("it asked for %v, want %v", calls, want)
	}
	var ids []int64
	for _, d := range r.Decisions {
		_, id, _ := d.Resource.Ident()
		ids = append(ids, id)
	}
	if !slices.Equal(ids, []int64{3, 6, 7, 8, 9}) {
		t.Errorf("it read %v", ids)
	}
	if got := r.Decisions[4]; got.Verdict != portfolio.VerdictAct || got.Do != portfolio.ActionCancel {
		t.Errorf("about the new one it decided %+v", got)
	}
	if r, err = s.RegistrantChanges(t.Context(), now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Decisions {
		if _, id, name := d.Resource.Ident(); name != "changed.com" {
			t.Errorf("change %d has the name %q", id, name)
		}
	}
	for id, n := range names {
		if most := map[bool]int{true: 2, false: 1}[id == 18]; n != most {
			t.Errorf("the name of domain %d was read %d times", id, n)
		}
	}
}

// TestOurOwnChangesAreNotCancelled: nor announced as what nobody speaks of.
func TestOurOwnChangesAreNotCancelled(t *testing.T) {
	l := fakeLister{
		changes: func(s portfolio.ChangeState, _ int) (page portfolio.Page[portfolio.RegistrantChange], err error) {
			if s == portfolio.ChangeNew {
				page.Items = []portfolio.RegistrantChange{
					{ID: 2, AccountID: 1, DomainID: 3, ContactID: 66, State: s}, {ID: 4, AccountID: 1, DomainID: 5, ContactID: 66, State: s},
				}
			}
			return page, nil
		},
		domain: func(id int64) (portfolio.Domain, error) { return portfolio.Domain{ID: id, Name: "changed.com"}, nil },
	}
	r, err := setup{one: l, executor: fakeExecutor{ours: map[int64]bool{4: true}}}.make().RegistrantChanges(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if d := r.Decisions[0]; d.Verdict != portfolio.VerdictAct || d.Do != portfolio.ActionCancel {
		t.Errorf("about a stranger's it decided %+v", d)
	}
	if d := r.Decisions[1]; d.Verdict != portfolio.VerdictNone || len(d.Alerts) > 0 {
		t.Errorf("about ours it decided %+v", d)
	}
}

// TestUnreadableHandovers: an account whose lists fail is a problem, and the other
// one has its turn.
func TestUnreadableHandovers(t *testing.T) {
	call := &portfolio.CallError{Call: "list", Outcome: portfolio.OutcomeUnknown, Status: 502, Message: "bad gateway"}
	one := fakeLister{
		pushes: func() ([]portfolio.Push, error) { return nil, call },
		changes: func(s portfolio.ChangeState, _ int) (page portfolio.Page[portfolio.RegistrantChange], err error) {
			if s == portfolio.ChangeCompleted {
				err = call
			}
			return page, err
		},
	}
	two := fakeLister{
		pushes: func() ([]portfolio.Push, error) { return []portfolio.Push{{ID: 1, AccountID: 2, DomainID: 3}}, nil },
		changes: func(s portfolio.ChangeState, _ int) (page portfolio.Page[portfolio.RegistrantChange], err error) {
			if s == portfolio.ChangeNew {
				page.Items = []portfolio.RegistrantChange{{ID: 2, AccountID: 2, DomainID: 3, State: s}}
			}
			return page, err
		},
	}
	two.domain = func(int64) (portfolio.Domain, error) {
		return portfolio.Domain{}, &portfolio.CallError{Call: "read domain 3", Outcome: portfolio.OutcomeNotFound, Status: 404, Message: "not found"}
	}
	s := setup{one: one, two: two}.make()
	for name, read := range map[string]func(context.Context, time.Time) (Reading, error){"pushes": s.Pushes, "changes": s.RegistrantChanges} {
		r, err := read(t.Context(), now)
		if err != nil || len(r.Decisions) != 1 || len(r.Problems) != 1 || !errors.Is(r.Problems[0], call) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestWhatIsNotKnownIsAProblem: a push that could not be proven for want of an
// answer, and a change whose domain cannot be read, leave the reading incomplete.
func TestWhatIsNotKnownIsAProblem(t *testing.T) {
	x := fakeExecutor{prove: func(p portfolio.Push) portfolio.PushFacts {
		return portfolio.PushFacts{Push: p, Unproven: "the source did not answer", Unread: true}
	}}
	l := fakeLister{
		pushes: func() ([]portfolio.Push, error) { return []portfolio.Push{{ID: 5, AccountID: 1, DomainID: 50}}, nil },
		changes: func(s portfolio.ChangeState, _ int) (page portfolio.Page[portfolio.RegistrantChange], err error) {
			if s == portfolio.ChangeNew {
				page.Items = []portfolio.RegistrantChange{{ID: 2, AccountID: 1, DomainID: 3, State: s}}
			}
			return page, nil
		},
		domain: func(int64) (portfolio.Domain, error) { return portfolio.Domain{}, errors.New("a bad moment") },
	}
	s := setup{executor: x, one: l}.make()
	for name, read := range map[string]func(context.Context, time.Time) (Reading, error){"push 5": s.Pushes, "registrant change 2": s.RegistrantChanges} {
		r, err := read(t.Context(), now)
		if err != nil || len(r.Decisions) != 1 || len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Error(), name) {
			t.Errorf("%s: %v, %v", name, r.Problems, err)
		}
	}
}
