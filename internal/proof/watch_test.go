package proof

import (
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/state"
)

// watch looks on from outside of every process, and remembers what each of them
// forgets. The first thing that is not as it must be is kept as its error.
type watch struct {
	w   *world
	err error

	rows  map[string]portfolio.Operation // as last made durable, by key
	keys  []string                       // in order of creation
	posts map[string]int                 // requests that left, and may have been obeyed, by key
	sent  map[string]int                 // requests that left, by key
	told  []told                         // every event that became durable, in order
	fresh int                            // how many of them belong to earlier commits

	strangers map[int64]bool
	uncovered map[string]bool
	date      time.Time      // that came with the last look at a domain
	clockOff  time.Duration  // how far our clock was off when it was compared last
	hands     map[int64]bool // renewals and restores that a person ordered

	domains map[string]truth // as last looked at
	charges int              // how many charges had been made then
	next    time.Time        // when the next of them expires
	trouble []trouble
	errors  []string // what ticks failed with
	crashes []string // where processes died
}

// told is an event, and when it was told by the world's clock.
type told struct {
	portfolio.Event
	at time.Time
}

// trouble is a time in which something was not in order.
type trouble struct{ from, to time.Time }

func newWatch(w *world, s scene) *watch {
	k := &watch{
		w: w, rows: make(map[string]portfolio.Operation), posts: make(map[string]int), sent: make(map[string]int),
		strangers: make(map[int64]bool), uncovered: make(map[string]bool), hands: make(map[int64]bool),
	}
	for _, id := range s.strangers {
		k.strangers[id] = true
	}
	for _, name := range s.uncovered {
		k.uncovered[name] = true
	}
	return k
}

// broken keeps the first thing that is not as it must be.
func (k *watch) broken(format string, args ...any) {
	if k.err == nil {
		k.err = fmt.Errorf("%s: %s", k.w.clock.Now().Format(time.DateTime), fmt.Sprintf(format, args...))
	}
}

// named says whether the error names a domain.
func (k *watch) named() bool {
	for name := range k.domains {
		if k.err != nil && strings.Contains(k.err.Error(), name) {
			return true
		}
	}
	return false
}

func (k *watch) heardError(err error) { k.errors = append(k.errors, err.Error()) }

func (k *watch) crashed(where string) {
	k.crashes = append(k.crashes, where)
	k.troubled(time.Hour)
}

// troubled says that from now on something is not in order for a while.
func (k *watch) troubled(d time.Duration) {
	now := k.w.clock.Now()
	k.trouble = append(k.trouble, trouble{now, now.Add(d)})
}

// hear keeps an event that has become durable.
func (k *watch) hear(e portfolio.Event) {
	if n := len(k.told); n > 0 && k.told[n-1].Number >= e.Number {
		k.broken("event %d is told after event %d", e.Number, k.told[n-1].Number)
	}
	k.told = append(k.told, told{e, k.w.clock.Now()})
}

// committed holds what must hold after each change of the ledger.
func (k *watch) committed(c portfolio.Change) {
	fresh := k.told[k.fresh:]
	k.fresh = len(k.told)
	if c.Operation == nil {
		return
	}
	op := *c.Operation
	before, known := k.rows[op.Key]
	if !known {
		k.keys = append(k.keys, op.Key)
		k.finally(op)
	}
	k.rows[op.Key] = op
	if op.State == portfolio.StateFailed && (op.Reserved != 0 || op.SpendDay != "") {
		k.broken("%s has ended, and %s stays reserved", op, op.Reserved)
	}
	if op.Kind.Purchase() {
		k.withinCeilings(op)
	}
	// A row that goes back to wait says so once, however often it does.
	if before.State == op.State || before.State.Open() && op.State == portfolio.StateReserved {
		return
	}
	for _, e := range fresh {
		if e.About == portfolio.AboutOperation && e.Data["op"] == op.ShortID() {
			return
		}
	}
	k.broken("%s became %s, and no event tells it", op, op.State)
}

// withinCeilings adds up what the rows make of the days and months, and what is
// reserved beside them.
func (k *watch) withinCeilings(op portfolio.Operation) {
	limits := k.w.cfg.Spending
	if limits.MaxPerPurchase != nil && op.Reserved > *limits.MaxPerPurchase {
		k.broken("%s sets %s aside, more than max_per_purchase", op, op.Reserved)
	}
	day := op.SpendDay
	var waiting portfolio.Tally
	if day == "" {
		if op.State != portfolio.StateReserved || since(op) != op.History[len(op.History)-1].At {
			return
		}
		day = k.w.now().In(k.w.cfg.Location).Format(time.DateOnly)
	}
	var onDay, inMonth portfolio.Tally
	for _, row := range k.rows {
		one := portfolio.Tally{Amount: row.Reserved, Purchases: 1}
		switch {
		case !row.Kind.Purchase() || row.Reserved == 0:
		case row.SpendDay == "" && op.SpendDay == "":
			waiting = waiting.Add(one)
		case row.SpendDay == "":
		case row.SpendDay == day:
			onDay, inMonth = onDay.Add(one), inMonth.Add(one)
		case row.SpendDay[:7] == day[:7]:
			inMonth = inMonth.Add(one)
		}
	}
	onDay, inMonth = onDay.Add(waiting), inMonth.Add(waiting)
	if limits.MaxPerDay != nil && onDay.Amount > *limits.MaxPerDay {
		k.broken("with %s, %s count to %s, more than max_per_day", op, onDay.Amount, day)
	}
	if limits.MaxPerMonth != nil && inMonth.Amount > *limits.MaxPerMonth {
		k.broken("with %s, %s count to %s, more than max_per_month", op, inMonth.Amount, day[:7])
	}
	if n := limits.MaxPurchasesPerDay; n > 0 && onDay.Purchases > n {
		k.broken("with %s, %d purchases count to %s", op, onDay.Purchases, day)
	}
}

// sameRows compares the state file that a process has opened with what was durable when
// the last one ended.
func (k *watch) sameRows(s *state.Store) error {
	n := 0
	for op, err := range s.Operations() {
		if err != nil {
			return err
		}
		n++
		if want := k.rows[op.Key]; want.State != op.State || want.Reserved != op.Reserved || want.Sent != op.Sent {
			k.broken("after a restart %s is %s, and was %s", op, op.State, want.State)
		}
	}
	if n != len(k.rows) {
		k.broken("after a restart the ledger has %d rows, and had %d", n, len(k.rows))
	}
	return nil
}

// recovered holds what must hold once a new process has brought the ledger into order.
func (k *watch) recovered(s *state.Store) {
	open, err := s.OpenOperations()
	if err != nil {
		k.broken("%v", err)
	}
	for _, op := range open {
		if op.State == portfolio.StateArmed {
			k.broken("%s is still armed after a restart", op)
		}
	}
}
