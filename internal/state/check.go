package state

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// Check reads the whole file: every page, bbolt's own account of them, and every
// row; it computes the tallies and the indexes anew and compares. The error is
// [ErrCorrupt] and says the first difference in words. Changes wait meanwhile.
func (s *Store) Check() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	err := guard(func() (err error) {
		tx, err := s.db.Begin(!s.db.IsReadOnly())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, tx.Rollback()) }()
		return s.check(tx)
	})
	if err != nil {
		return fmt.Errorf("check the state: %w", err)
	}
	return nil
}

func (s *Store) check(tx *bbolt.Tx) error {
	// First without bbolt, whose check would not survive a page that is not there.
	if _, err := verifyPages(s.file); err != nil {
		return err
	}
	var first error
	for err := range tx.Check() { // to its end: it writes until it is read
		if first == nil {
			first = fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	if first != nil {
		return first
	}
	a := audit{tx: tx, tallies: make(map[string]portfolio.Tally), purchases: make(map[string]lastPurchase), entries: make(map[string]int)}
	if err := a.rows(); err != nil {
		return err
	}
	if err := a.compareTallies(); err != nil {
		return err
	}
	if err := a.comparePurchases(); err != nil {
		return err
	}
	if err := a.compareEntries(); err != nil {
		return err
	}
	if err := a.outbox(); err != nil {
		return err
	}
	return a.remembered()
}

// audit computes from the rows what the other buckets should hold.
type audit struct {
	tx        *bbolt.Tx
	tallies   map[string]portfolio.Tally
	purchases map[string]lastPurchase
	entries   map[string]int // by bucket: how many entries rows account for
}

func differs(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

func (a *audit) rows() error {
	rows := bucket(a.tx, rowsBucket)
	return rows.ForEach(func(k, v []byte) error {
		seq, err := parseSequence(k)
		if err != nil {
			return err
		}
		if uint64(seq) > rows.Sequence() {
			return differs("row %d has a number that was not given out yet", seq)
		}
		op, err := decodeRow(seq, v)
		if err != nil {
			return err
		}
		if err := validate(op); err != nil {
			return fmt.Errorf("%w: row %d: %w", ErrCorrupt, seq, err)
		}
		if err := a.count(op); err != nil {
			return err
		}
		return a.indexed(seq, op)
	})
}

// count adds what a row counts to the tallies, and to the purchases.
func (a *audit) count(op portfolio.Operation) error {
	c := countedOf(&op)
	for _, k := range c.keys {
		t, err := addTally(a.tallies[k], c.by)
		if err != nil {
			return fmt.Errorf("%s: %w", describeTally(k), err)
		}
		a.tallies[k] = t
	}
	return nil
}

// indexed looks a row up in every index that should lead to it.
func (a *audit) indexed(seq sequence, op portfolio.Operation) error {
	tried, err := attemptsAt(a.tx, base(op))
	if err != nil {
		return err
	}
	if !slices.Contains(tried, attemptAt{op.Attempt, seq}) {
		return differs("the index attempts does not lead to %s", op)
	}
	a.entries[attemptsBucket]++
	if op.State.Open() {
		if bucket(a.tx, openBucket).Get(seq.bytes()) == nil {
			return differs("%s is open, and not known as such", op)
		}
		a.entries[openBucket]++
	}
	if k := dueKey(&op, seq); k != nil {
		if bucket(a.tx, dueBucket).Get(k) == nil {
			return differs("%s is due at %s, and not known as such", op, op.NextAt)
		}
		a.entries[dueBucket]++
	}
	if k := unknownKey(&op, seq); k != nil {
		if bucket(a.tx, unknownBucket).Get(k) == nil {
			return differs("%s became unknown at %s, and is not known as such", op, op.UnknownAt)
		}
		a.entries[unknownBucket]++
	}
	for _, key := range busyWith(&op) {
		if err := a.leads(busyBucket, key, seq, op); err != nil {
			return err
		}
	}
	for _, ref := range op.ChargeRefs {
		if err := a.leads(chargesBucket, chargeKey(op.AccountID, ref), seq, op); err != nil {
			return err
		}
	}
	if !bought(op) {
		return nil
	}
	this := lastPurchase{at: boughtAt(op), seq: seq, key: op.Key}
	for _, k := range purchaseKeys(op.DomainID, op.Name) {
		if last, ok := a.purchases[string(k)]; !ok || this.after(last) {
			a.purchases[string(k)] = this
		}
	}
	return nil
}

// leads says whether an entry of an index leads to a row.
func (a *audit) leads(index string, key []byte, seq sequence, op portfolio.Operation) error {
	if got, err := parseSequence(bucket(a.tx, index).Get(key)); err != nil || got != seq {
		return differs("the index %s does not lead to %s", index, op)
	}
	a.entries[index]++
	return nil
}

func (a *audit) compareTallies() error {
	err := bucket(a.tx, talliesBucket).ForEach(func(k, v []byte) error {
		t, err := parseTally(v)
		if err != nil {
			return fmt.Errorf("%s: %w", describeTally(string(k)), err)
		}
		if want := a.tallies[string(k)]; t != want {
			return differs("%s is kept as %s in %d purchases; the rows make it %s in %d",
				describeTally(string(k)), t.Amount, t.Purchases, want.Amount, want.Purchases)
		}
		delete(a.tallies, string(k))
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(a.tallies)) {
		return differs("%s is not kept; the rows make it %s", describeTally(k), a.tallies[k].Amount)
	}
	return nil
}

func (a *audit) comparePurchases() error {
	err := bucket(a.tx, purchasesBucket).ForEach(func(k, v []byte) error {
		p, err := parsePurchase(v)
		if err != nil {
			return err
		}
		want, ok := a.purchases[string(k)]
		if !ok || p.seq != want.seq || p.key != want.key || !p.at.Equal(want.at) {
			return differs("the last purchase of %q is kept as %q, the rows make it %q", k, p.key, want.key)
		}
		delete(a.purchases, string(k))
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(a.purchases)) {
		return differs("the last purchase of %q is not kept; the rows make it %q", k, a.purchases[k].key)
	}
	return nil
}

// compareEntries finds entries of indexes that lead to no row, or to a wrong one.
func (a *audit) compareEntries() error {
	for _, index := range []string{attemptsBucket, openBucket, busyBucket, dueBucket, unknownBucket, chargesBucket} {
		n := 0
		err := bucket(a.tx, index).ForEach(func(_, v []byte) error {
			if n++; index == attemptsBucket {
				n += max(0, len(v)/attemptSize-1)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if n != a.entries[index] {
			return differs("the index %s has %d entries; the rows make it %d", index, n, a.entries[index])
		}
	}
	return nil
}

// outbox reads the events and compares them with what was counted.
func (a *audit) outbox() error {
	var c counters
	outbox := bucket(a.tx, outboxBucket)
	stored, err := readCounters(a.tx)
	if err != nil {
		return err
	}
	err = outbox.ForEach(func(k, v []byte) error {
		n, err := parseNumber(k)
		if err != nil {
			return err
		}
		if n == 0 || n > outbox.Sequence() {
			return differs("event %d has a number that was not given out yet", n)
		}
		e, err := decodeEvent(n, v)
		if err != nil {
			return err
		}
		c.waiting++
		is := e.Level == portfolio.LevelInfo
		if is != (v[0] == droppable) || is && n < stored.from {
			return differs("event %d is of level %s, and not known as such", n, e.Level)
		}
		if is {
			c.info++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if stored.waiting != c.waiting || stored.info != c.info {
		return differs("%d events wait, %d of level info; counted were %d and %d", c.waiting, c.info, stored.waiting, stored.info)
	}
	return nil
}

// remembered reads what no row accounts for: the counter, pauses, watches, approvals and prices.
func (a *audit) remembered() error {
	if _, err := armedCount(a.tx); err != nil {
		return err
	}
	err := bucket(a.tx, pausesBucket).ForEach(func(k, v []byte) error {
		_, err := decodePause(k, v)
		return err
	})
	if err != nil {
		return err
	}
	if _, err = watches(a.tx, nil); err != nil {
		return err
	}
	err = bucket(a.tx, approvalsBucket).ForEach(func(k, v []byte) error {
		_, err := decodeApproval(k, v)
		return err
	})
	if err != nil {
		return err
	}
	err = bucket(a.tx, pricesBucket).ForEach(func(k, _ []byte) error {
		_, _, err := readPrices(a.tx, k)
		return err
	})
	if err != nil {
		return err
	}
	return checkSwept(a.tx)
}
