package state

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func TestCommitMovesTheMoney(t *testing.T) {
	s := fresh(t)
	const day = "2026-03-01"
	op := renewal(1, 1400)
	steps := []struct {
		was              portfolio.OperationState
		op               portfolio.Operation
		counts, reserved portfolio.Tally
	}{
		{"", op, portfolio.Tally{}, portfolio.Tally{Amount: 1400, Purchases: 1}},
		{portfolio.StateReserved, armed(op, day), portfolio.Tally{Amount: 1400, Purchases: 1}, portfolio.Tally{}},
		{portfolio.StateArmed, op, portfolio.Tally{}, portfolio.Tally{Amount: 1400, Purchases: 1}}, // not sent
		{portfolio.StateReserved, armed(op, day), portfolio.Tally{Amount: 1400, Purchases: 1}, portfolio.Tally{}},
		{portfolio.StateArmed, ended(armed(op, day), portfolio.StateFailed, start), portfolio.Tally{}, portfolio.Tally{}},
	}
	for i, step := range steps {
		commit(t, s, step.was, step.op)
		for _, account := range []int64{0, 1010} {
			on, in, reserved := spent(t, s, account, day)
			if on != step.counts || in != step.counts || reserved != step.reserved {
				t.Errorf("step %d, account %d: %v on the day, %v in the month, %v reserved", i, account, on, in, reserved)
			}
		}
		check(t, s)
	}
	on, _, _ := spent(t, s, 2020, day)
	wantSame(t, on, portfolio.Tally{})
}

func TestCommitBooksALargerCharge(t *testing.T) {
	s := fresh(t)
	op := renewal(1, 1400)
	commit(t, s, "", op)
	commit(t, s, portfolio.StateReserved, armed(op, "2026-03-01"))
	done := ended(armed(op, "2026-03-01"), portfolio.StateDone, start)
	commit(t, s, portfolio.StateArmed, done)
	charge := portfolio.Money(1550)
	done.Charge, done.ChargeRefs = &charge, []string{"inv-1#0"}
	commit(t, s, portfolio.StateDone, done)
	on, _, _ := spent(t, s, 0, "2026-03-01")
	wantSame(t, on, portfolio.Tally{Amount: 1550, Purchases: 1})

	claimed, err := s.ClaimedCharges(1010)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, claimed, map[string]bool{"inv-1#0": true})
	other := renewal(2, 1400)
	other.ChargeRefs = []string{"inv-1#0"}
	wantError(t, s.Commit(portfolio.Change{Operation: &other}), ErrChargeClaimed)
	other.AccountID = 2020
	commit(t, s, "", attempt(other, 1)) // another account's lines are its own

	done.ChargeRefs = nil
	commit(t, s, portfolio.StateDone, done)
	if claimed, err = s.ClaimedCharges(1010); err != nil || len(claimed) != 0 {
		t.Errorf("claimed %v, %v", claimed, err)
	}
	check(t, s)
}

func TestAllowSeesTheMoneyWithoutItsOwn(t *testing.T) {
	s := fresh(t)
	first, second := renewal(1, 1000), renewal(2, 300)
	commit(t, s, "", first)
	commit(t, s, "", second)
	commit(t, s, portfolio.StateReserved, armed(first, "2026-03-01"))

	full := errors.New("too much")
	next := armed(second, "2026-03-01")
	asked := 0
	err := s.Commit(portfolio.Change{Operation: &next, Was: portfolio.StateReserved, Allow: func(p portfolio.Spent) error {
		asked++
		wantSame(t, p.On(0, "2026-03-01"), portfolio.Tally{Amount: 1000, Purchases: 1})
		wantSame(t, p.In(1010, "2026-03"), portfolio.Tally{Amount: 1000, Purchases: 1})
		wantSame(t, p.Reserved(1010), portfolio.Tally{})
		return full
	}, Events: []portfolio.Event{info("armed")}})
	if !errors.Is(err, full) || err.Error() != full.Error() || asked != 1 {
		t.Errorf("error %v after %d questions", err, asked)
	}
	if op, _, err := s.Operation(second.Key); err != nil || op.State != portfolio.StateReserved {
		t.Errorf("the row is %s, %v", op.State, err)
	}
	if got := whats(t, s); got != nil {
		t.Errorf("events %v of a change that was refused", got)
	}
	err = s.Commit(portfolio.Change{Allow: func(p portfolio.Spent) error {
		wantSame(t, p.Reserved(0), portfolio.Tally{Amount: 300, Purchases: 1})
		return full
	}})
	wantError(t, err, full)
	check(t, s)
}

func TestSpentEndsWithItsTransaction(t *testing.T) {
	s := fresh(t)
	var late portfolio.Spent
	if err := s.Spent(func(p portfolio.Spent) error { late = p; return nil }); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a view was read after its transaction had ended")
		}
	}()
	late.Reserved(0)
}

func TestAPanicInAllowLeavesTheStoreUsable(t *testing.T) {
	s := fresh(t)
	func() {
		defer func() { _ = recover() }()
		op := renewal(1, 100)
		_ = s.Commit(portfolio.Change{Operation: &op, Allow: func(portfolio.Spent) error { panic("a bug") }})
		t.Error("the panic was swallowed")
	}()
	commit(t, s, "", renewal(1, 100))
	check(t, s)
}

func TestCommitExpectsTheState(t *testing.T) {
	s := fresh(t)
	op := renewal(1, 100)
	wantError(t, s.Commit(portfolio.Change{Operation: &op, Was: portfolio.StateArmed}), portfolio.ErrStale)
	commit(t, s, "", op)
	wantError(t, s.Commit(portfolio.Change{Operation: &op}), portfolio.ErrStale)
	wantError(t, s.Commit(portfolio.Change{Operation: &op, Was: portfolio.StateArmed}), portfolio.ErrStale)
	check(t, s)
}

func TestOneOpenOperationPerDomain(t *testing.T) {
	s := fresh(t)
	first := renewal(7, 100)
	commit(t, s, "", first)
	second := renewal(7, 100)
	second.AccountID = 2020
	second = attempt(second, 1)
	err := s.Commit(portfolio.Change{Operation: &second})
	wantError(t, err, portfolio.ErrDomainBusy)
	if err != nil && !strings.Contains(err.Error(), first.ShortID()) {
		t.Errorf("%q does not name the other operation", err)
	}
	open, ok, err := s.OpenOn(7)
	if err != nil || !ok || open.Key != first.Key {
		t.Errorf("open on 7: %v %v %v", open.Key, ok, err)
	}
	commit(t, s, portfolio.StateReserved, ended(first, portfolio.StateFailed, start))
	commit(t, s, "", second)

	for subject := range int64(2) { // domains that are not known do not exclude each other
		push := portfolio.Operation{AccountID: 1010, Kind: portfolio.OpReject, SubjectID: subject + 1, Occasion: "push", State: portfolio.StateArmed}
		commit(t, s, "", attempt(push, 1))
	}
	// A domain that becomes known may turn out to be busy.
	push := attempt(portfolio.Operation{
		AccountID: 1010, Kind: portfolio.OpReject, SubjectID: 1, DomainID: 7, Occasion: "push", State: portfolio.StateUnknown,
	}, 1)
	wantError(t, s.Commit(portfolio.Change{Operation: &push, Was: portfolio.StateArmed}), portfolio.ErrDomainBusy)
	push.DomainID = 8
	commit(t, s, portfolio.StateArmed, push)
	if _, ok, err := s.OpenOn(8); !ok || err != nil {
		t.Errorf("open on 8: %v %v", ok, err)
	}
	check(t, s)
}

func TestAttemptsFollowFailuresOnly(t *testing.T) {
	s := fresh(t)
	op := renewal(1, 100)
	commit(t, s, "", op)
	second := attempt(op, 2)
	second.DomainID = 0 // so that the other guard is silent
	wantError(t, s.Commit(portfolio.Change{Operation: &second}), ErrRow)
	commit(t, s, portfolio.StateReserved, ended(op, portfolio.StateFailed, start))
	for n := 2; n <= 11; n++ {
		next := attempt(op, n)
		commit(t, s, "", next)
		commit(t, s, portfolio.StateReserved, ended(next, portfolio.StateFailed, start))
	}
	last, ok, err := s.LastAttempt(1010, portfolio.OpRenew, 1, "2026-04-01")
	if err != nil || !ok || last.Attempt != 11 {
		t.Errorf("last attempt %d, %v, %v", last.Attempt, ok, err)
	}
	bought := attempt(op, 12)
	commit(t, s, "", bought)
	commit(t, s, portfolio.StateReserved, ended(armed(bought, "2026-03-01"), portfolio.StateDone, start))
	again := attempt(op, 13)
	wantError(t, s.Commit(portfolio.Change{Operation: &again}), ErrRow)
	if _, ok, err := s.LastAttempt(1010, portfolio.OpRenew, 1, "2027-04-01"); ok || err != nil {
		t.Errorf("an attempt at what was never tried: %v %v", ok, err)
	}
	check(t, s)
}

func TestAnOperationThatEndedStaysEnded(t *testing.T) {
	s := fresh(t)
	op := renewal(1, 100)
	commit(t, s, "", op)
	done := ended(armed(op, "2026-03-01"), portfolio.StateDone, start)
	commit(t, s, portfolio.StateReserved, done)
	for name, change := range map[string]func(*portfolio.Operation){
		"state":  func(o *portfolio.Operation) { o.State = portfolio.StateUnknown },
		"failed": func(o *portfolio.Operation) { o.State = portfolio.StateFailed },
		"domain": func(o *portfolio.Operation) { o.DomainID = 2 },
		"name":   func(o *portfolio.Operation) { o.Name = "other.example" },
		"end":    func(o *portfolio.Operation) { o.EndedAt = start.Add(time.Second) },
	} {
		changed := done
		change(&changed)
		if err := s.Commit(portfolio.Change{Operation: &changed, Was: portfolio.StateDone}); !errors.Is(err, ErrRow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(t, s)
}

func TestMalformedRowsAreRefused(t *testing.T) {
	s := fresh(t)
	cents := func(m portfolio.Money) *portfolio.Money { return &m }
	for name, spoil := range map[string]func(*portfolio.Operation){
		"no key":            func(o *portfolio.Operation) { o.Key = "" },
		"another key":       func(o *portfolio.Operation) { o.SubjectID = 9 },
		"no kind":           func(o *portfolio.Operation) { o.Kind = ""; *o = attempt(*o, 1) },
		"no state":          func(o *portfolio.Operation) { o.State = "" },
		"strange state":     func(o *portfolio.Operation) { o.State = "bought" },
		"attempt 0":         func(o *portfolio.Operation) { *o = attempt(*o, 0) },
		"account 0":         func(o *portfolio.Operation) { o.AccountID = 0; *o = attempt(*o, 1) },
		"domain -1":         func(o *portfolio.Operation) { o.DomainID = -1 },
		"bar in occasion":   func(o *portfolio.Operation) { o.Occasion = "a|b"; *o = attempt(*o, 1) },
		"no occasion":       func(o *portfolio.Operation) { o.Occasion = ""; *o = attempt(*o, 1) },
		"broken occasion":   func(o *portfolio.Operation) { o.Occasion = "\xff"; *o = attempt(*o, 1) },
		"huge occasion":     func(o *portfolio.Operation) { o.Occasion = strings.Repeat("x", 40_000); *o = attempt(*o, 1) },
		"huge name":         func(o *portfolio.Operation) { o.Name = strings.Repeat("x", 40_000) },
		"broken name":       func(o *portfolio.Operation) { o.Name = "\xff.example" },
		"negative money":    func(o *portfolio.Operation) { o.Reserved = -1 },
		"absurd money":      func(o *portfolio.Operation) { o.Reserved = math.MaxInt64 },
		"negative charge":   func(o *portfolio.Operation) { o.Charge = cents(-1) },
		"absurd premium":    func(o *portfolio.Operation) { o.Premium = cents(maxAmount + 1) },
		"no day":            func(o *portfolio.Operation) { o.SpendDay = "2026-02-30" },
		"a short day":       func(o *portfolio.Operation) { o.SpendDay = "2026-2-3" },
		"an empty charge":   func(o *portfolio.Operation) { o.ChargeRefs = []string{""} },
		"a charge twice":    func(o *portfolio.Operation) { o.ChargeRefs = []string{"a#0", "a#0"} },
		"done without end":  func(o *portfolio.Operation) { o.State = portfolio.StateDone },
		"a year too far":    func(o *portfolio.Operation) { o.NextAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"an endless story":  func(o *portfolio.Operation) { o.History = []portfolio.Step{{Note: strings.Repeat("x", maxRow)}} },
		"a control in kind": func(o *portfolio.Operation) { o.Kind = "re\nnew"; *o = attempt(*o, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			op := renewal(1, 100)
			spoil(&op)
			wantError(t, s.Commit(portfolio.Change{Operation: &op}), ErrRow)
		})
	}
	for op, err := range s.Operations() {
		t.Errorf("stored %q, %v", op.Key, err)
	}
	check(t, s)
}

func TestTalliesNeverWrap(t *testing.T) {
	huge := portfolio.Tally{Amount: math.MaxInt64 - 1, Purchases: 1}
	if got, err := addTally(huge, portfolio.Tally{Amount: 2}); err == nil {
		t.Errorf("sum %v", got)
	}
	if got, err := addTally(portfolio.Tally{Purchases: math.MaxInt}, portfolio.Tally{Purchases: 1}); err == nil {
		t.Errorf("sum %v", got)
	}
	if got, err := subTally(portfolio.Tally{Amount: 1, Purchases: 1}, portfolio.Tally{Amount: 2}); err == nil {
		t.Errorf("difference %v", got)
	}
}

func TestLastPurchase(t *testing.T) {
	s := fresh(t)
	buy := func(op portfolio.Operation, at time.Time) portfolio.Operation {
		t.Helper()
		commit(t, s, "", op)
		done := ended(armed(op, "2026-03-01"), portfolio.StateDone, at)
		done.ArmedAt = at.Add(-time.Minute)
		commit(t, s, portfolio.StateReserved, done)
		return done
	}
	want := func(domain int64, name string, op portfolio.Operation) {
		t.Helper()
		p, ok, err := s.LastPurchase(domain, name)
		if err != nil || !ok || p.Key != op.Key || !p.At.Equal(op.EndedAt) {
			t.Errorf("last purchase of %d %q: %+v %v %v, want %s", domain, name, p, ok, err, op.Key)
		}
	}
	first := buy(renewal(1, 100), start)
	want(1, "", first)
	want(0, "d1.example", first)
	again := renewal(5, 100) // the same name came back under another id
	again.Name = "d1.example"
	second := buy(attempt(again, 1), start.Add(time.Hour))
	want(1, "d1.example", second)
	want(1, "", first)
	late := renewal(1, 100)
	late.Occasion = "2025-04-01"
	buy(attempt(late, 1), start.Add(-time.Hour)) // settled late, bought before
	want(1, "", first)

	commit(t, s, "", renewal(6, 100))
	commit(t, s, portfolio.StateReserved, ended(renewal(6, 100), portfolio.StateFailed, start))
	for _, id := range []int64{0, 6} {
		if p, ok, err := s.LastPurchase(id, ""); ok || err != nil {
			t.Errorf("domain %d was never bought: %v %v", id, p, err)
		}
	}
	check(t, s)
}

func TestCommitErrorEndsTheStore(t *testing.T) {
	s := fresh(t)
	commit(t, s, "", renewal(1, 100))
	s.db.MaxSize = 1 // as good as a full disk
	var err error
	for i := int64(2); i < 5000 && err == nil; i++ {
		op := renewal(i, 100)
		err = s.Commit(portfolio.Change{Operation: &op})
	}
	wantError(t, err, ErrCommit)
	s.db.MaxSize = 0
	op := renewal(9999, 100)
	wantError(t, s.Commit(portfolio.Change{Operation: &op}), ErrCommit)
	wantError(t, s.RecordRun("domains", start), ErrCommit)
	if _, ok, err := s.Operation(renewal(1, 100).Key); !ok || err != nil {
		t.Errorf("what was durable can still be read: %v %v", ok, err)
	}
}

func TestConcurrentCommitsKeepTheCeiling(t *testing.T) {
	s := fresh(t)
	s.db.StrictMode = false
	const ceiling, workers, each = 1000, 8, 10
	errFull := errors.New("the day is full")
	var group sync.WaitGroup
	var mu sync.Mutex
	accepted := 0
	for w := range int64(workers) {
		group.Go(func() {
			for i := range int64(each) {
				op := armed(renewal(1+w*each+i, 30), "2026-03-01")
				err := s.Commit(portfolio.Change{Operation: &op, Events: []portfolio.Event{info("armed")}, Allow: func(p portfolio.Spent) error {
					if p.On(0, "2026-03-01").Amount+30 > ceiling {
						return errFull
					}
					return nil
				}})
				switch {
				case err == nil:
					mu.Lock()
					accepted++
					mu.Unlock()
				case !errors.Is(err, errFull):
					t.Error(err)
				}
				for _, err := range s.Operations() {
					if err != nil {
						t.Error(err)
					}
				}
				if _, err := s.Pending(0, 5); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if accepted != ceiling/30 {
		t.Errorf("%d purchases of 30 under a ceiling of %d", accepted, ceiling)
	}
	for i, what := range whats(t, s) {
		if want := fmt.Sprintf("%d armed", i+1); what != want {
			t.Errorf("event %q, want %q", what, want)
		}
	}
	check(t, s)
}
