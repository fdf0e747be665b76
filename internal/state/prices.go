package state

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// What DNSimple told of prices stands under account and name. A name whose prices are
// those of its TLD has the moment alone, and the TLD, written with a dot before it, has
// them: what is bought most has one entry with prices for many names.

// seenPrices is how prices are written. Fields are only added.
type seenPrices struct {
	At           time.Time       `json:"at"`
	Ordinary     bool            `json:"ordinary,omitempty"` // they are those of the TLD
	Premium      bool            `json:"premium,omitempty"`
	Registration portfolio.Money `json:"registration,omitempty"`
	Renewal      portfolio.Money `json:"renewal,omitempty"`
	Transfer     portfolio.Money `json:"transfer,omitempty"`
	Restore      portfolio.Money `json:"restore,omitempty"`
	Trustee      portfolio.Money `json:"trustee,omitempty"`
}

func pricesKey(account int64, name string) []byte { return append(ident(account), name...) }

func tldKey(account int64, name string) []byte { return pricesKey(account, "."+portfolio.TLD(name)) }

// PricesSeen gives what is remembered of a name's prices in an account: its own where it
// is premium, else those of its TLD, of the last moment at which any name of that was
// asked for. A name that was never asked for is not known: it may be premium.
func (s *Store) PricesSeen(account int64, name string) (p portfolio.SeenPrices, ok bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		seen, known, err := readPrices(tx, pricesKey(account, name))
		if err != nil || !known {
			return err
		}
		if seen.Ordinary {
			if seen, known, err = readPrices(tx, tldKey(account, name)); err != nil || !known {
				return err
			}
		}
		p, ok = portfolio.SeenPrices{AccountID: account, At: seen.At, Prices: portfolio.Prices{
			Name: name, Premium: seen.Premium, Registration: seen.Registration, Renewal: seen.Renewal,
			Transfer: seen.Transfer, Restore: seen.Restore, Trustee: seen.Trustee,
		}}, true
		return nil
	})
	if err != nil {
		return p, false, fmt.Errorf("read the prices of %s: %w", name, err)
	}
	return p, ok, nil
}

func readPrices(tx *bbolt.Tx, key []byte) (seen seenPrices, ok bool, err error) {
	v := bucket(tx, pricesBucket).Get(key)
	if v == nil {
		return seen, false, nil
	}
	if err := json.Unmarshal(v, &seen); err != nil {
		return seen, false, fmt.Errorf("%w: the prices %q: %w", ErrCorrupt, key, err)
	}
	return seen, true, nil
}

// encodePrices is what a change writes of prices.
func encodePrices(all []portfolio.SeenPrices) ([]entry, error) {
	var entries []entry
	for _, p := range all {
		if p.AccountID <= 0 || !plain(p.Name) || strings.HasPrefix(p.Name, ".") || portfolio.TLD(p.Name) == "" {
			return nil, fmt.Errorf("%w: prices of %q in account %d", ErrChange, p.Name, p.AccountID)
		}
		for _, m := range []portfolio.Money{p.Registration, p.Renewal, p.Transfer, p.Restore, p.Trustee} {
			if m < 0 || m > maxAmount {
				return nil, fmt.Errorf("%w: %s: %d cents are no price", ErrChange, p.Name, int64(m))
			}
		}
		own := seenPrices{
			At: p.At.UTC(), Premium: p.Premium, Registration: p.Registration, Renewal: p.Renewal,
			Transfer: p.Transfer, Restore: p.Restore, Trustee: p.Trustee,
		}
		written := []struct {
			key  []byte
			seen seenPrices
		}{{pricesKey(p.AccountID, p.Name), own}}
		if !p.Premium {
			written[0].seen = seenPrices{At: own.At, Ordinary: true}
			written = append(written, written[0])
			written[1].key, written[1].seen = tldKey(p.AccountID, p.Name), own
		}
		for _, w := range written {
			v, err := json.Marshal(w.seen)
			if err != nil {
				return nil, fmt.Errorf("%w: the prices of %s: %w", ErrChange, p.Name, err)
			}
			entries = append(entries, entry{w.key, v})
		}
	}
	return entries, nil
}
