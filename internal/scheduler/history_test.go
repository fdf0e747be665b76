package scheduler

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

// history plays back what was told of an account: what it comes to must be what there is.
type history struct {
	known map[int64]portfolio.Snapshot
}

func (h *history) hear(e portfolio.Event) error {
	if e.About != portfolio.AboutDomain {
		return nil
	}
	id := as[int64](e.Data["id"])
	was, known := h.known[id]
	switch e.What {
	case "added":
		if known {
			return fmt.Errorf("%d is added, and was there", id)
		}
		expires := as[time.Time](e.Data["expires_at"])
		h.known[id] = portfolio.Snapshot{
			ID: id, Name: e.Subject, State: as[portfolio.DomainState](e.Data["state"]), ExpiresAt: expires,
			RegistrantID: as[int64](e.Data["registrant"]), AutoRenew: as[bool](e.Data["auto_renew"]), WhoisPrivacy: as[bool](e.Data["whois_privacy"]),
		}
	case "removed":
		if !known {
			return fmt.Errorf("%d is removed, and was not there", id)
		}
		delete(h.known, id)
	case "changed":
		if !known {
			return fmt.Errorf("%d is changed, and was not there", id)
		}
		fields := as[map[string]any](e.Data["fields"])
		for name, f := range fields {
			old, now := as[map[string]any](f)["old"], as[map[string]any](f)["new"]
			var had any
			switch name {
			case "auto_renew":
				had, was.AutoRenew = was.AutoRenew, as[bool](now)
			case "whois_privacy":
				had, was.WhoisPrivacy = was.WhoisPrivacy, as[bool](now)
			case "registrant":
				had, was.RegistrantID = was.RegistrantID, as[int64](now)
			case "expires_at":
				had, was.ExpiresAt = was.ExpiresAt, as[time.Time](now)
			case "state":
				had, was.State = was.State, as[portfolio.DomainState](now)
			}
			if had != old || old == now {
				return fmt.Errorf("%s of %d is %v, told as %v, then %v", name, id, had, old, now)
			}
		}
		if len(fields) == 0 {
			return fmt.Errorf("nothing of %d is changed", id)
		}
		h.known[id] = was
	}
	return nil
}

// as is a value of an event's data; the zero value where it is another.
func as[T any](v any) T {
	t, _ := v.(T)
	return t
}

// truth is what there is.
func (e *estate) truth() map[int64]portfolio.Snapshot {
	all := make(map[int64]portfolio.Snapshot, len(e.domains))
	for id, d := range e.domains {
		all[id] = portfolio.SnapshotOf(d)
	}
	return all
}

// snapshots is what the state remembers of the account.
func (w *sweepWorld) snapshots(account int64) map[int64]portfolio.Snapshot {
	c, err := w.store.CompareSnapshots(account, 0, math.MaxInt64, nil, 1<<20)
	w.must(err)
	all := make(map[int64]portfolio.Snapshot)
	for _, s := range c.Absent {
		all[s.ID] = s
	}
	return all
}

// TestWhatIsToldIsWhatHappened: whatever others do to an account while it is swept, and
// wherever the process dies, what was told comes to what there is, in the end; nothing
// is told twice, and nothing that is not so.
func TestWhatIsToldIsWhatHappened(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		w := newSweepWorld(outer, rapid.Int64Range(0, 350).Draw(t, "domains"), 2)
		defer func() { _ = w.store.Close() }()
		h := &history{known: w.one.truth()}
		heard := 0
		listen := func() {
			t.Helper()
			for ; heard < len(w.told); heard++ {
				if e := w.told[heard]; e.AccountID == 1 {
					if err := h.hear(e); err != nil {
						t.Fatal(err)
					}
				}
			}
			if hasty := w.hasty; len(hasty) > 0 {
				w.hasty = nil
				t.Fatal(hasty)
			}
		}
		run := func(do func() error) { // until it lives to its end
			for {
				// How far the other account comes meanwhile is up to Go's scheduler, and must not
				// decide where this one dies: it is as if it always came to its end before.
				w.store.spares = 2
				w.store.left, w.store.after = rapid.SampledFrom([]int{-1, -1, 1, 2, 3, 5}).Draw(t, "dies"), rapid.Bool().Draw(t, "after")
				err := do()
				listen()
				if !w.store.dead {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				w.boot()
			}
		}
		run(func() error { _, err := w.s.Scan(t.Context(), JobPortfolio); return err }) // the baseline

		change := func(e *estate) {
			for range rapid.IntRange(0, 2).Draw(t, "changes") {
				id := 10 * rapid.Int64Range(1, 360).Draw(t, "id")
				switch rapid.IntRange(0, 6).Draw(t, "what") {
				case 0:
					if _, there := e.domains[id]; !there {
						e.put(id)
					}
				case 1:
					for i := range rapid.Int64Range(1, 120).Draw(t, "many") {
						delete(e.domains, id+10*i)
					}
				case 2:
					e.put(id + 1)
				case 3:
					e.edit(id, func(d *portfolio.Domain) { d.AutoRenew = !d.AutoRenew })
				case 4:
					e.edit(id, func(d *portfolio.Domain) { d.ExpiresAt = d.ExpiresAt.AddDate(1, 0, 0) })
				case 5:
					e.edit(id, func(d *portfolio.Domain) { d.RegistrantID++; d.WhoisPrivacy = !d.WhoisPrivacy })
				default:
					delete(e.domains, id)
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "fails") == 0 {
				e.page = func(*portfolio.Page[portfolio.Domain], int, int) error {
					e.page = nil
					return &portfolio.CallError{Call: "list domains by id", Outcome: portfolio.OutcomeUnknown, Status: 502}
				}
				e.look = func(int64) error {
					e.look = nil
					return &portfolio.CallError{Call: "read domain", Outcome: portfolio.OutcomeUnknown, Status: 502}
				}
			}
		}
		w.one.before = change
		for range rapid.IntRange(1, 4).Draw(t, "sweeps") {
			w.now = w.now.Add(time.Hour)
			run(func() error { _, err := w.s.Scan(t.Context(), JobPortfolio); return err })
			w.now = w.now.Add(secondLook)
			run(func() error { return w.s.restOfPortfolio(t.Context(), w.now) })
			if missing, err := w.store.MissingOf(1); err != nil {
				t.Fatal(err)
			} else if got, told := w.snapshots(1), h.known; !maps.Equal(got, told) {
				t.Fatalf("remembered are %d, told %d (%d missing)", len(got), len(told), len(missing))
			}
		}
		// Once others leave the account alone, all of it was told.
		w.one.before, w.one.page, w.one.look = nil, nil, nil
		for range 3 {
			w.now = w.now.Add(time.Hour)
			run(func() error { _, err := w.s.Scan(t.Context(), JobPortfolio); return err })
			w.now = w.now.Add(secondLook)
			run(func() error { return w.s.restOfPortfolio(t.Context(), w.now) })
		}
		if want := w.one.truth(); !maps.Equal(want, h.known) {
			for _, id := range slices.Sorted(maps.Keys(want)) {
				if h.known[id] != want[id] {
					t.Errorf("%d is %+v, told as %+v", id, want[id], h.known[id])
				}
			}
			t.Fatalf("there are %d, told %d", len(want), len(h.known))
		}
		if err := w.store.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestASweepIsGoneOnWithAnywhere: it is cut short at every one of its commits, before it
// and after it, and goes on where it was: no page but one is read twice.
func TestASweepIsGoneOnWithAnywhere(t *testing.T) {
	for _, after := range []bool{false, true} {
		for dies := 1; ; dies++ {
			w := newSweepWorld(t, 700, 0)
			w.must(w.sweep())
			for id := int64(100); id < 7000; id += 700 { // something on every page
				w.one.edit(id, func(d *portfolio.Domain) { d.WhoisPrivacy = true })
				delete(w.one.domains, id+10)
			}
			w.one.pages, w.told = 0, nil
			w.store.left, w.store.after, w.store.spares = dies, after, 2 // the commits of the other account come as they come
			err := w.sweep()
			if w.now = w.now.Add(secondLook); !w.store.dead {
				w.must(err)
				err = w.s.restOfPortfolio(t.Context(), w.now)
			}
			dead := w.store.dead
			if dead {
				w.boot()
				w.rest(time.Minute)
				w.must(w.sweep())
				w.rest(secondLook)
			} else {
				w.must(err)
			}
			changed, removed := 0, 0
			for _, e := range w.told {
				switch e.What {
				case "changed":
					changed++
				case "removed":
					removed++
				}
			}
			if changed != 10 || removed != 10 {
				t.Fatalf("dead at %d (after: %v): %d changed, %d removed", dies, after, changed, removed)
			}
			if !dead {
				break
			}
			// Two sweeps: the one that was cut short, and the next.
			if w.one.pages > 2*8+2 {
				t.Errorf("dead at %d (after: %v): %d pages", dies, after, w.one.pages)
			}
		}
	}
}
