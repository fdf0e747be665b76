package state

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func tell(tb testing.TB, s *Store, events ...portfolio.Event) {
	tb.Helper()
	if err := s.Commit(portfolio.Change{Events: events}); err != nil {
		tb.Fatal(err)
	}
}

func TestOutboxKeepsOrderAndNumbers(t *testing.T) {
	s := fresh(t)
	e := info("renewed")
	e.Data = map[string]any{"id": int64(math.MaxInt64)}
	tell(t, s, e, alert("uncovered"))
	commit(t, s, "", renewal(1, 100), info("reserved"))
	wantSame(t, whats(t, s), []string{"1 renewed", "2 uncovered", "3 reserved"})

	events, err := s.Pending(1, 1)
	if err != nil || len(events) != 1 || events[0].Number != 2 {
		t.Fatalf("%v, %v", events, err)
	}
	first, err := s.Pending(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, first[0].Data, map[string]any{"id": json.Number("9223372036854775807")})
	for _, c := range []struct {
		after uint64
		limit int
	}{{3, 10}, {math.MaxUint64, 10}, {0, 0}, {0, -1}} {
		if events, err := s.Pending(c.after, c.limit); err != nil || len(events) != 0 {
			t.Errorf("%d after %d: %v, %v", c.limit, c.after, events, err)
		}
	}
	if err := s.Delivered(2); err != nil {
		t.Fatal(err)
	}
	if err := s.Delivered(2); err != nil { // a second copy of an acknowledgement
		t.Fatal(err)
	}
	tell(t, s, info("later"))
	wantSame(t, whats(t, s), []string{"3 reserved", "4 later"})
	if n, err := s.Backlog(); err != nil || n != 2 {
		t.Errorf("backlog %d, %v", n, err)
	}
	check(t, s)
	if err := s.Delivered(math.MaxUint64); err != nil {
		t.Fatal(err)
	}
	tell(t, s, info("last"))
	wantSame(t, whats(t, s), []string{"5 last"})
	check(t, s)
}

func TestDeliveredRemovesMoreThanOneTransactionHolds(t *testing.T) {
	s := fresh(t)
	s.db.StrictMode = false
	var many []portfolio.Event
	for range 2*deliveredAtOnce + 10 {
		many = append(many, info("x"))
	}
	tell(t, s, many...)
	if err := s.Delivered(2*deliveredAtOnce + 5); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Backlog(); err != nil || n != 5 {
		t.Errorf("backlog %d, %v", n, err)
	}
	check(t, s)
}

func TestOnceAndRepeat(t *testing.T) {
	s := fresh(t)
	at := func(hours int, once string, repeat time.Duration) portfolio.Event {
		e := alert(fmt.Sprintf("%s-%d", once[:1], hours))
		e.At, e.Once, e.Repeat = start.Add(time.Duration(hours)*time.Hour), once, repeat
		return e
	}
	long := "z" + string(make([]byte, 50_000))
	tell(
		t, s, at(0, "a", 0), at(1, "a", 0), // told once, within one change too
		at(0, "b", 24*time.Hour), at(23, "b", 24*time.Hour), at(24, "b", 24*time.Hour), at(25, "b", 24*time.Hour),
		at(0, long, 0), at(1, long, 0),
		at(9000, "c", 24*time.Hour), at(8999, "c", 24*time.Hour), at(1, "c", 24*time.Hour), // the clock was set back
		at(0, "d", -time.Hour), at(48, "d", -time.Hour),
	)
	wantSame(t, whats(t, s), []string{"1 a-0", "2 b-0", "3 b-24", "4 z-0", "5 c-9000", "6 c-1", "7 d-0"})
	check(t, s)
}

func TestASuppressedEventWakesNobody(t *testing.T) {
	s := fresh(t)
	e := info("x")
	e.Once = "x"
	woken := func() bool {
		select {
		case <-s.Wake():
			return true
		default:
			return false
		}
	}
	if woken() {
		t.Error("woken by nothing")
	}
	tell(t, s, e)
	tell(t, s, info("y")) // a second signal is not waited for
	if !woken() || woken() {
		t.Error("not woken once")
	}
	tell(t, s, e)
	commit(t, s, "", renewal(1, 100))
	if woken() {
		t.Error("woken by what was not stored")
	}
}

func TestSetAside(t *testing.T) {
	s := fresh(t)
	tell(t, s, info("one"), alert("two"))
	if err := s.SetAside(1, "its data is too large"); err != nil {
		t.Fatal(err)
	}
	wantError(t, s.SetAside(1, "again"), ErrNoEvent)
	wantError(t, s.SetAside(9, "never there"), ErrNoEvent)
	wantSame(t, whats(t, s), []string{"2 two"})
	aside, err := s.PutAside(0, 10)
	if err != nil || len(aside) != 1 || aside[0].Event.What != "one" || aside[0].Event.Number != 1 || aside[0].Reason != "its data is too large" {
		t.Errorf("%+v, %v", aside, err)
	}
	check(t, s)
}

func TestInfoEventsAreBounded(t *testing.T) {
	s := fresh(t)
	s.maxInfo = 3
	for i := range 5 {
		tell(t, s, info(fmt.Sprintf("info-%d", i)), alert(fmt.Sprintf("alert-%d", i)))
	}
	wantSame(t, whats(t, s), []string{
		"2 alert-0", "4 alert-1", "5 info-2", "6 alert-2", "7 info-3", "8 alert-3", "9 events-dropped", "10 info-4", "11 alert-4",
	})
	if n, err := s.Dropped(); err != nil || n != 2 {
		t.Errorf("dropped %d, %v", n, err)
	}
	if n, err := s.Backlog(); err != nil || n != 9 {
		t.Errorf("backlog %d, %v", n, err)
	}
	check(t, s)
}

func TestAnEventThatCannotBeEncodedIsRefused(t *testing.T) {
	s := fresh(t)
	e := info("x")
	e.Data = map[string]any{"price": math.NaN()}
	op := renewal(1, 100)
	if err := s.Commit(portfolio.Change{Operation: &op, Events: []portfolio.Event{e}}); err == nil {
		t.Error("it was stored")
	}
	if err := s.Commit(portfolio.Change{Pauses: []portfolio.Pause{{AccountID: 1, Scope: "renew"}}, Events: []portfolio.Event{e}}); err == nil {
		t.Error("it was stored")
	}
	if _, ok, err := s.Operation(op.Key); ok || err != nil {
		t.Errorf("the row was stored without its event: %v", err)
	}
}

func TestRunsOfJobs(t *testing.T) {
	s := fresh(t)
	if at, err := s.LastRun("domains"); err != nil || !at.IsZero() {
		t.Errorf("ran at %v, %v", at, err)
	}
	for _, at := range []time.Time{start, {}, start.Add(time.Nanosecond)} {
		if err := s.RecordRun("domains", at); err != nil {
			t.Fatal(err)
		}
		if got, err := s.LastRun("domains"); err != nil || !got.Equal(at) {
			t.Errorf("ran at %v, %v, want %v", got, err, at)
		}
	}
	if err := s.RecordRun("", start); err == nil {
		t.Error("a job without a name ran")
	}
	check(t, s)
}
