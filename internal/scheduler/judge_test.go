package scheduler

import (
	"fmt"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// judge holds what is written of domains that are missing against the looks at them: a
// domain is told to be gone where a look found nothing, and another one did so long
// before, and that the account had it again was not written in between. What counts is
// what was written: a look that the process did not live to write down is taken again, and
// may find another thing.
func (w *sweepWorld) judge(c portfolio.Change) {
	for _, e := range []*estate{w.one, w.two} {
		if c.Swept != nil && c.Swept.AccountID == e.account {
			hasty := e.judge(c, w.clock())
			w.mu.Lock()
			w.hasty = append(w.hasty, hasty...)
			w.mu.Unlock()
		}
	}
}

func (e *estate) judge(c portfolio.Change, now time.Time) (hasty []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	// found says what a look found that was not written down yet, and that it is now.
	found := func(id int64) (there, looked bool) {
		there, looked = e.looked[id]
		delete(e.looked, id)
		return there, looked
	}
	bad := func(id int64, what string) {
		hasty = append(hasty, fmt.Sprintf("domain %d of account %d %s", id, e.account, what))
	}
	for _, m := range c.Swept.Missing {
		if there, looked := found(m.ID); there || !looked {
			bad(m.ID, "is written to be missing, and no look says so")
		}
		if _, ok := e.vain[m.ID]; !ok { // missing since when is never another
			e.vain[m.ID] = now
		}
	}
	for _, id := range c.Swept.Found {
		if there, _ := found(id); !there {
			bad(id, "is written to be there again, and no look says so")
		}
		delete(e.vain, id)
	}
	for _, told := range c.Events {
		if told.About != portfolio.AboutDomain || told.What != "removed" {
			continue
		}
		id := as[int64](told.Data["id"])
		since, missing := e.vain[id]
		if there, looked := found(id); there || !looked || !missing || now.Sub(since) < secondLook {
			bad(id, "is told to be gone, and was not looked for twice in vain")
		}
	}
	for _, id := range c.Swept.Gone {
		delete(e.vain, id)
	}
	return hasty
}

// TestASecondLookThatIsNotWritten is taken again: what it found is not known to the next
// life, and what that finds counts, whichever it is.
func TestASecondLookThatIsNotWritten(t *testing.T) {
	for _, gone := range []bool{true, false} {
		w := newSweepWorld(t, 5, 0)
		w.must(w.sweep())
		delete(w.one.domains, 30)
		w.must(w.sweep())
		w.one.put(30)
		w.pass(secondLook)
		w.store.left = 1
		if err := w.s.restOfPortfolio(t.Context(), w.now); err == nil || !w.store.dead {
			t.Fatalf("it lives: %v", err)
		}
		w.tells()
		w.boot()
		if gone {
			delete(w.one.domains, 30)
		}
		w.rest(0)
		if gone {
			w.tells("alert domain.removed d30.com: it is not in the account any more, and nothing that domaind did explains it")
		} else {
			w.tells()
		}
		if len(w.one.looks) != 3 {
			t.Errorf("looked for %v", w.one.looks)
		}
		w.must(w.sweep())
		w.rest(secondLook)
		w.tells()
	}
}
