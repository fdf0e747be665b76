package state

import (
	"fmt"
	"math"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// reserved stands where other tallies have their day or month. It sorts behind
// them all, so that what changes together lies together, on the last page.
const reserved = "reserved"

// month is how a month is written.
const month = "2006-01"

// tallySize is how many bytes a tally takes: cents and purchases.
const tallySize = 16

// tallyKey names the tally of an account, or with account 0 that of all accounts,
// for a day (YYYY-MM-DD), for a month (YYYY-MM), or for what is reserved.
func tallyKey(account int64, when string) string {
	return string(appendInt([]byte(when), account))
}

// describeTally is a tally's key for people.
func describeTally(key string) string {
	when := len(key) - 8
	if when < 0 {
		return fmt.Sprintf("the tally %q", key)
	}
	who := "all accounts"
	if account := parseInt([]byte(key[when:])); account != 0 {
		who = fmt.Sprintf("account %d", account)
	}
	if key[:when] == reserved {
		return "what is reserved of " + who
	}
	return fmt.Sprintf("the spending of %s in %s", who, key[:when])
}

// counted is the tallies that a row counts to, and by how much.
type counted struct {
	keys []string
	by   portfolio.Tally
}

// countedOf tells what a row counts to; nothing for no row.
func countedOf(op *portfolio.Operation) counted {
	if op == nil {
		return counted{}
	}
	amount, day, ok := op.Spends()
	if !ok {
		return counted{}
	}
	c := counted{by: portfolio.Tally{Amount: amount, Purchases: 1}}
	for _, account := range []int64{op.AccountID, 0} {
		if day == "" {
			c.keys = append(c.keys, tallyKey(account, reserved))
		} else {
			c.keys = append(c.keys, tallyKey(account, day), tallyKey(account, day[:len(month)]))
		}
	}
	return c
}

// in gives what a row adds to one tally.
func (c counted) in(key string) portfolio.Tally {
	if slices.Contains(c.keys, key) {
		return c.by
	}
	return portfolio.Tally{}
}

// addTally sums two tallies that are not negative.
func addTally(t, u portfolio.Tally) (portfolio.Tally, error) {
	if t.Amount > math.MaxInt64-u.Amount || t.Purchases > math.MaxInt-u.Purchases {
		return t, fmt.Errorf("%w: more money than can be counted", ErrCorrupt)
	}
	return t.Add(u), nil
}

// subTally takes one tally from another, which holds it.
func subTally(t, u portfolio.Tally) (portfolio.Tally, error) {
	d := portfolio.Tally{Amount: t.Amount - u.Amount, Purchases: t.Purchases - u.Purchases}
	if d.Amount < 0 || d.Purchases < 0 {
		return t, fmt.Errorf("%w: less than nothing", ErrCorrupt)
	}
	return d, nil
}

func readTally(tx *bbolt.Tx, key string) (portfolio.Tally, error) {
	v := bucket(tx, talliesBucket).Get([]byte(key))
	if v == nil {
		return portfolio.Tally{}, nil
	}
	t, err := parseTally(v)
	if err != nil {
		return t, fmt.Errorf("%s: %w", describeTally(key), err)
	}
	return t, nil
}

func parseTally(v []byte) (portfolio.Tally, error) {
	if len(v) != tallySize {
		return portfolio.Tally{}, fmt.Errorf("%w: a tally of %d bytes", ErrCorrupt, len(v))
	}
	t := portfolio.Tally{Amount: portfolio.Money(parseInt(v)), Purchases: int(parseInt(v[8:]))}
	if t.Amount < 0 || t.Purchases < 0 {
		return portfolio.Tally{}, fmt.Errorf("%w: less than nothing", ErrCorrupt)
	}
	return t, nil
}

// writeTally stores a tally; one of nothing is removed.
func writeTally(tx *bbolt.Tx, key string, t portfolio.Tally) error {
	b := bucket(tx, talliesBucket)
	if t == (portfolio.Tally{}) {
		return b.Delete([]byte(key))
	}
	v := appendInt(appendInt(make([]byte, 0, tallySize), int64(t.Amount)), int64(t.Purchases))
	return b.Put([]byte(key), v)
}

// recount moves the tallies from what a row counted to what it counts now.
func recount(tx *bbolt.Tx, before, after counted) error {
	keys := after.keys
	for _, k := range before.keys {
		if after.in(k) == (portfolio.Tally{}) {
			keys = append(keys, k)
		}
	}
	for _, k := range keys {
		if before.in(k) == after.in(k) {
			continue
		}
		t, err := readTally(tx, k)
		if err != nil {
			return err
		}
		if t, err = subTally(t, before.in(k)); err == nil {
			t, err = addTally(t, after.in(k))
		}
		if err == nil {
			err = writeTally(tx, k, t)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", describeTally(k), err)
		}
	}
	return nil
}

// spending is a view of the tallies within one transaction, without what one row
// counts. A tally that cannot be read is kept as err: a ceiling must not take it
// for nothing.
type spending struct {
	tx      *bbolt.Tx
	without counted
	err     error
}

// tally reads one tally; like shows how its day or month is written.
func (s *spending) tally(account int64, when, like string) portfolio.Tally {
	if s.tx == nil {
		panic("state: what is spent was asked for after the transaction had ended")
	}
	if len(when) != len(like) {
		return portfolio.Tally{} // nothing is ever counted to it
	}
	key := tallyKey(account, when)
	t, err := readTally(s.tx, key)
	if err == nil {
		if t, err = subTally(t, s.without.in(key)); err != nil {
			err = fmt.Errorf("%s: %w", describeTally(key), err)
		}
	}
	if err != nil && s.err == nil {
		s.err = err
	}
	return t
}

// ask hands the view to a function, and gives its error, or else that of a tally
// that could not be read.
func (s *spending) ask(read func(portfolio.Spent) error) error {
	defer func() { s.tx = nil }()
	err := read(portfolio.Spent{
		On:       func(account int64, when string) portfolio.Tally { return s.tally(account, when, time.DateOnly) },
		In:       func(account int64, when string) portfolio.Tally { return s.tally(account, when, month) },
		Reserved: func(account int64) portfolio.Tally { return s.tally(account, reserved, reserved) },
	})
	if err != nil {
		return err
	}
	return s.err
}

// Spent hands a consistent view of the money to a function and returns its error.
// The view ends when the function returns.
func (s *Store) Spent(read func(portfolio.Spent) error) error {
	return s.view(func(tx *bbolt.Tx) error {
		view := spending{tx: tx}
		return view.ask(read)
	})
}
