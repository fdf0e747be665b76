package facts

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// ErrChange is in every error of what would change something: facts are what was.
var ErrChange = errors.New("facts cannot be changed")

// World is facts as the executor sees them: a ledger that can only be read, and, through
// [World.Registry], DNSimple.
type World struct {
	facts *Facts

	byKey   map[string]int // operations, by key
	open    []int          // those that have not ended, as they stand there
	busy    map[int64]int  // open and keeping their domain, by the domain
	tried   map[subject]map[string]int
	latest  map[subject]int
	bought  map[int64]portfolio.LastPurchase
	named   map[string]portfolio.LastPurchase
	prices  map[owned]int
	tlds    map[string]int
	domains map[int64]int
	called  map[owned]int
	spent   map[int64]int
}

// subject is what operations of a kind are about.
type subject struct {
	account int64
	kind    portfolio.OperationKind
	id      int64
}

// NewWorld makes a world of facts, which must not change afterwards.
func NewWorld(f *Facts) *World {
	w := &World{
		facts: f, byKey: make(map[string]int), busy: make(map[int64]int), tried: make(map[subject]map[string]int), latest: make(map[subject]int),
		bought: make(map[int64]portfolio.LastPurchase), named: make(map[string]portfolio.LastPurchase), prices: make(map[owned]int),
		tlds: make(map[string]int), domains: make(map[int64]int), called: make(map[owned]int), spent: make(map[int64]int),
	}
	for i := range f.Operations {
		w.operation(i)
	}
	for i, p := range f.Prices {
		w.prices[owned{p.Account, p.Name}] = i
		tld := owned{p.Account, "." + portfolio.TLD(p.Name)}
		if last, ok := w.prices[tld]; !p.Premium && (!ok || f.Prices[last].At.Before(p.At)) {
			w.prices[tld] = i
		}
	}
	for i, t := range f.TLDs {
		w.tlds[t.TLD] = i
	}
	for i := range f.Domains {
		w.domains[f.Domains[i].ID] = i
		w.called[owned{f.Domains[i].Account, f.Domains[i].Name}] = i
	}
	for i, s := range f.Spent {
		w.spent[s.Account] = i
	}
	return w
}

// operation enters an operation wherever it is looked for.
func (w *World) operation(i int) {
	op := &w.facts.Operations[i]
	w.byKey[op.Key] = i
	if op.State.Open() {
		w.open = append(w.open, i)
	}
	if op.KeepsDomain() && op.DomainID != 0 {
		w.busy[op.DomainID] = i
	}
	s := subject{op.AccountID, op.Kind, op.SubjectID}
	if w.tried[s] == nil {
		w.tried[s] = make(map[string]int)
	}
	if last, ok := w.tried[s][op.Occasion]; !ok || w.facts.Operations[last].Attempt < op.Attempt {
		w.tried[s][op.Occasion] = i
	}
	last, ok := w.latest[s]
	if before := &w.facts.Operations[last]; !ok || cmp.Or(strings.Compare(before.Occasion, op.Occasion), cmp.Compare(before.Attempt, op.Attempt)) < 0 {
		w.latest[s] = i
	}
	if !op.Kind.Purchase() || op.State != portfolio.StateDone {
		return
	}
	p := portfolio.LastPurchase{At: op.EndedAt, Key: op.Key}
	if op.DomainID != 0 && !w.bought[op.DomainID].At.After(p.At) {
		w.bought[op.DomainID] = p
	}
	if op.Name != "" && !w.named[op.Name].At.After(p.At) {
		w.named[op.Name] = p
	}
}

// Commit refuses every change: [ErrChange].
func (w *World) Commit(portfolio.Change) error { return ErrChange }

func (w *World) at(i int, ok bool) (portfolio.Operation, bool, error) {
	if !ok {
		return portfolio.Operation{}, false, nil
	}
	return w.facts.Operations[i], true, nil
}

// Operation gives an operation by its key.
func (w *World) Operation(key string) (portfolio.Operation, bool, error) {
	i, ok := w.byKey[key]
	return w.at(i, ok)
}

// LastAttempt gives the highest attempt of a kind on a subject at an occasion.
func (w *World) LastAttempt(account int64, kind portfolio.OperationKind, id int64, occasion string) (portfolio.Operation, bool, error) {
	i, ok := w.tried[subject{account, kind, id}][occasion]
	return w.at(i, ok)
}

// LatestOf gives the highest attempt of a kind on a subject at the last occasion.
func (w *World) LatestOf(account int64, kind portfolio.OperationKind, id int64) (portfolio.Operation, bool, error) {
	i, ok := w.latest[subject{account, kind, id}]
	return w.at(i, ok)
}

// Operations gives all of them, the newest first.
func (w *World) Operations() iter.Seq2[portfolio.Operation, error] {
	return func(yield func(portfolio.Operation, error) bool) {
		for _, op := range slices.Backward(w.facts.Operations) {
			if !yield(op, nil) {
				return
			}
		}
	}
}

// OpenOperations gives those that have not ended.
func (w *World) OpenOperations() ([]portfolio.Operation, error) {
	ops := make([]portfolio.Operation, len(w.open))
	for n, i := range w.open {
		ops[n] = w.facts.Operations[i]
	}
	return ops, nil
}

// Due gives nothing: nobody follows up what was.
func (w *World) Due(time.Time) (due []portfolio.Operation, next time.Time, err error) {
	return nil, time.Time{}, nil
}

// OpenOn gives the open operation that keeps a domain to itself.
func (w *World) OpenOn(domainID int64) (portfolio.Operation, bool, error) {
	i, ok := w.busy[domainID]
	return w.at(i, ok)
}

// LastPurchase gives the last purchase of a domain that came to done, by its id or its
// name, whichever is later.
func (w *World) LastPurchase(domainID int64, name string) (portfolio.LastPurchase, bool, error) {
	p, ok := w.bought[domainID]
	if q, found := w.named[name]; found && (!ok || q.At.After(p.At)) {
		p, ok = q, true
	}
	return p, ok, nil
}

// Spent gives what was spent on the day and in the month of the facts. On any other day
// nothing was.
func (w *World) Spent(read func(portfolio.Spent) error) error {
	of := func(account int64) (s Spent) {
		if i, ok := w.spent[account]; ok {
			s = w.facts.Spent[i]
		}
		return s
	}
	return read(portfolio.Spent{
		On: func(account int64, day string) (t portfolio.Tally) {
			if s := of(account); s.Day == day {
				t = s.Today
			}
			return t
		},
		In: func(account int64, month string) (t portfolio.Tally) {
			if s := of(account); s.Month == month {
				t = s.InMonth
			}
			return t
		},
		Reserved: func(account int64) portfolio.Tally { return of(account).Reserved },
	})
}

// ClaimedCharges gives none: no charge is looked for.
func (w *World) ClaimedCharges(int64) (map[string]bool, error) { return map[string]bool{}, nil }

// Pauses gives what accounts might not do.
func (w *World) Pauses() ([]portfolio.Pause, error) { return slices.Clone(w.facts.Pauses), nil }

// Approvals gives those that waited for their subjects.
func (w *World) Approvals() ([]portfolio.Approval, error) {
	return slices.Clone(w.facts.Approvals), nil
}

// PricesSeen gives a name's prices; of a name that begins with a dot, the latest of one
// under that TLD that is not premium.
func (w *World) PricesSeen(account int64, name string) (portfolio.SeenPrices, bool, error) {
	i, ok := w.prices[owned{account, name}]
	if !ok {
		return portfolio.SeenPrices{}, false, nil
	}
	return w.facts.Prices[i].Seen(), true, nil
}

// UnknownSince counts the purchases of an account that became unknown lately.
func (w *World) UnknownSince(account int64, since time.Time) (n int, err error) {
	for i := range w.facts.Operations {
		if op := &w.facts.Operations[i]; op.AccountID == account && op.Kind.Purchase() && !op.UnknownAt.IsZero() && !op.UnknownAt.Before(since) {
			n++
		}
	}
	return n, nil
}

// Backlog is how many events wait: none.
func (w *World) Backlog() (int, error) { return 0, nil }

// Pending gives the events that wait: none.
func (w *World) Pending(uint64, int) ([]portfolio.Event, error) { return nil, nil }
