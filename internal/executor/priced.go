package executor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"domaind/internal/portfolio"
)

// purpose is what a price is asked for.
type purpose int

const (
	// buying: something is bought at the price, or may be. DNSimple says what it is now.
	buying purpose = iota
	// showing: people see the price, and nothing follows from it. What is remembered will do.
	showing
)

// purposeOf says what the price of a decision is for. A plan shows it, and so does a pass
// what a rule in dry-run would do. What an approval lets go whatever the mode is bought.
func purposeOf(d portfolio.Decision, b *budget) purpose {
	if b != nil {
		return b.prices
	}
	if d.Verdict == portfolio.VerdictWouldAct && d.Approval == nil {
		return showing
	}
	return buying
}

// pricesFor is how long a price that is remembered is shown, with its age: prices change
// seldom, and each question is one of 2,400 requests an hour. A name that was never asked
// for is asked for all the same: it may be premium.
const pricesFor = 24 * time.Hour

// prices gives what a name costs, and when DNSimple said so.
func (x *Executor) prices(ctx context.Context, account int64, name string, why purpose) (portfolio.SeenPrices, error) {
	if why == showing {
		if seen, ok := x.remembered(account, name); ok {
			return seen, nil
		}
	}
	prices, err := x.registries[account].Prices(ctx, name)
	if err != nil {
		return portfolio.SeenPrices{}, err
	}
	seen := portfolio.SeenPrices{Prices: prices, AccountID: account, At: x.now()}
	x.memory.keep(seen)
	return seen, nil
}

// remembered gives the latest prices of a name that are known and not too old: of this
// process, or of the state. Where one of them calls it premium, it is.
func (x *Executor) remembered(account int64, name string) (portfolio.SeenPrices, bool) {
	seen, ok := x.memory.get(account, name)
	kept, stored, err := x.ledger.PricesSeen(account, name)
	switch {
	case err != nil:
		x.log.Warn("what is remembered of prices could not be read", "name", name, "err", err) // DNSimple is asked instead
	case stored && !ok:
		seen, ok = kept, true
		if tld := x.memory.ofTLD(account, name); !kept.Premium && tld.At.After(kept.At) {
			seen = tld
		}
	case stored && !seen.Premium && (kept.Premium || kept.At.After(seen.At)):
		seen = kept
	}
	return seen, ok && x.now().Sub(seen.At).Abs() < pricesFor // what was read in the future is not believed either
}

// savePrices remembers what was told of prices since the last time, in one commit. They
// are for showing alone: what cannot be kept of them stops nothing else.
func (x *Executor) savePrices() error {
	unsaved := x.memory.take()
	if len(unsaved) == 0 {
		return nil
	}
	err := x.ledger.Commit(portfolio.Change{Prices: unsaved})
	if err != nil && !x.fatal(err) {
		x.log.Warn("prices could not be remembered", "err", err)
		return nil
	}
	return err
}

// memory is what this process was told of prices. It is safe for concurrent use. It grows
// with the names that were ever asked for, as the state does, and no further.
type memory struct {
	mu      sync.Mutex
	own     map[priced]*portfolio.SeenPrices // of names; nil: those of the TLD
	tlds    map[priced]portfolio.SeenPrices  // the latest of a name that has those of its TLD
	unsaved map[priced]portfolio.SeenPrices  // what the state does not have yet
}

type priced struct {
	account int64
	name    string
}

func newMemory() *memory {
	return &memory{
		own: make(map[priced]*portfolio.SeenPrices), tlds: make(map[priced]portfolio.SeenPrices), unsaved: make(map[priced]portfolio.SeenPrices),
	}
}

func (m *memory) keep(p portfolio.SeenPrices) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := priced{p.AccountID, p.Name}
	m.unsaved[key] = p
	if p.Premium {
		m.own[key] = &p
		return
	}
	m.own[key] = nil
	m.tlds[priced{p.AccountID, portfolio.TLD(p.Name)}] = p
}

// get gives what was told of a name: its own prices where it is premium, else the latest
// of its TLD. A name that was never asked for is not known.
func (m *memory) get(account int64, name string) (portfolio.SeenPrices, bool) {
	m.mu.Lock()
	own, ok := m.own[priced{account, name}]
	m.mu.Unlock()
	switch {
	case !ok:
		return portfolio.SeenPrices{}, false
	case own != nil:
		return *own, true
	}
	return m.ofTLD(account, name), true
}

// ofTLD gives what names cost under the TLD of a name, but for those that are premium; the
// zero value where none was asked for.
func (m *memory) ofTLD(account int64, name string) portfolio.SeenPrices {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.tlds[priced{account, portfolio.TLD(name)}]
	p.Name = name
	return p
}

// take gives what was not saved so far, the oldest first: the latest of a TLD stands.
func (m *memory) take() []portfolio.SeenPrices {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.SortedFunc(maps.Values(m.unsaved), func(a, b portfolio.SeenPrices) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.AccountID, b.AccountID), cmp.Compare(a.Name, b.Name))
	})
	clear(m.unsaved)
	return all
}
