package state

import (
	"bytes"
	"fmt"
	"iter"
	"slices"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// readRow reads the row that an index entry points to.
func readRow(tx *bbolt.Tx, entry []byte) (portfolio.Operation, error) {
	seq, err := parseSequence(entry)
	if err != nil {
		return portfolio.Operation{}, err
	}
	return decodeRow(seq, bucket(tx, rowsBucket).Get(entry))
}

// stored reads the row of a key; nil where there is none.
func stored(tx *bbolt.Tx, key string) (sequence, *portfolio.Operation, error) {
	base, attempt, ok := splitKey(key)
	if !ok {
		return 0, nil, nil
	}
	tried, err := attemptsAt(tx, base)
	if err != nil {
		return 0, nil, err
	}
	for _, a := range slices.Backward(tried) { // the last is what is asked for
		if a.attempt == attempt {
			op, err := readRow(tx, a.seq.bytes())
			return a.seq, &op, err
		}
	}
	return 0, nil, nil
}

// lookup reads the row that find finds, where there is one.
func (s *Store) lookup(find func(*bbolt.Tx) (*portfolio.Operation, error)) (op portfolio.Operation, ok bool, err error) {
	var found *portfolio.Operation
	err = s.view(func(tx *bbolt.Tx) error {
		found, err = find(tx)
		return err
	})
	switch {
	case err != nil:
		return portfolio.Operation{}, false, fmt.Errorf("read the ledger: %w", err)
	case found == nil:
		return portfolio.Operation{}, false, nil
	}
	return *found, true, nil
}

// Operation gives the row of a key; ok is false where there is none.
func (s *Store) Operation(key string) (op portfolio.Operation, ok bool, err error) {
	return s.lookup(func(tx *bbolt.Tx) (*portfolio.Operation, error) {
		_, op, err := stored(tx, key)
		return op, err
	})
}

// LastAttempt gives, of the rows that share account, kind, subject and occasion,
// the one with the highest attempt; ok is false where there is none.
func (s *Store) LastAttempt(account int64, kind portfolio.OperationKind, subject int64, occasion string) (op portfolio.Operation, ok bool, err error) {
	first := portfolio.Operation{Key: portfolio.OperationKey(account, kind, subject, occasion, 1)}
	return s.lookup(func(tx *bbolt.Tx) (*portfolio.Operation, error) {
		tried, err := attemptsAt(tx, base(first))
		if err != nil || len(tried) == 0 {
			return nil, err
		}
		op, err := readRow(tx, tried[len(tried)-1].seq.bytes())
		return &op, err
	})
}

// LatestOf gives, of the rows that share account, kind and subject, the one with the
// last occasion, as texts sort, and of those the one with the highest attempt; ok is
// false where there is none.
func (s *Store) LatestOf(account int64, kind portfolio.OperationKind, subject int64) (op portfolio.Operation, ok bool, err error) {
	first := base(portfolio.Operation{Key: portfolio.OperationKey(account, kind, subject, "", 1)})
	return s.lookup(func(tx *bbolt.Tx) (*portfolio.Operation, error) {
		var last []byte
		c := bucket(tx, attemptsBucket).Cursor()
		for k, _ := c.Seek([]byte(first)); k != nil && bytes.HasPrefix(k, []byte(first)); k, _ = c.Next() {
			last = k
		}
		if last == nil {
			return nil, nil
		}
		tried, err := attemptsAt(tx, string(last))
		if err != nil || len(tried) == 0 {
			return nil, err
		}
		op, err := readRow(tx, tried[len(tried)-1].seq.bytes())
		return &op, err
	})
}

// OpenOn gives the open operation that keeps a domain to itself
// ([portfolio.Operation.KeepsDomain]), of whatever account; ok is false where there is
// none. There is at most one.
func (s *Store) OpenOn(domainID int64) (op portfolio.Operation, ok bool, err error) {
	return s.lookup(func(tx *bbolt.Tx) (*portfolio.Operation, error) {
		v := bucket(tx, busyBucket).Get(ident(domainID))
		if v == nil {
			return nil, nil
		}
		op, err := readRow(tx, v)
		return &op, err
	})
}

// OpenOperations gives the operations that have not ended, in the order in which
// they were created.
func (s *Store) OpenOperations() ([]portfolio.Operation, error) {
	var ops []portfolio.Operation
	err := s.view(func(tx *bbolt.Tx) error {
		return bucket(tx, openBucket).ForEach(func(k, _ []byte) error {
			op, err := readRow(tx, k)
			ops = append(ops, op)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the open operations: %w", err)
	}
	return ops, nil
}

// The bounds of what [Store.Operations] holds in memory.
const (
	batchRows  = 256
	batchBytes = 1 << 20
)

// Operations gives all rows, the newest first. It reads ahead in batches, and
// holds no transaction while the caller has its turn: a row that changes meanwhile
// is given as it was or as it is, once. After an error it ends.
func (s *Store) Operations() iter.Seq2[portfolio.Operation, error] {
	return func(yield func(portfolio.Operation, error) bool) {
		before := sequence(0) // 0: from the newest on
		for {
			ops, next, err := s.batch(before)
			if err != nil {
				yield(portfolio.Operation{}, fmt.Errorf("read the ledger: %w", err))
				return
			}
			for _, op := range ops {
				if !yield(op, nil) {
					return
				}
			}
			if next == 0 {
				return
			}
			before = next
		}
	}
}

// batch reads the rows before the given one, and tells where to go on; 0: nowhere.
func (s *Store) batch(before sequence) (ops []portfolio.Operation, next sequence, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := bucket(tx, rowsBucket).Cursor()
		k, v := c.Last()
		if before != 0 {
			c.Seek(before.bytes())
			k, v = c.Prev()
		}
		for size := 0; k != nil; k, v = c.Prev() {
			seq, err := parseSequence(k)
			if err != nil {
				return err
			}
			if len(ops) == batchRows || size > batchBytes {
				return nil
			}
			op, err := decodeRow(seq, v)
			if err != nil {
				return err
			}
			ops, next = append(ops, op), seq
			size += len(v)
		}
		next = 0
		return nil
	})
	return ops, next, err
}

// LastPurchase gives the last purchase of a domain that came to done, found by
// the domain's id or by its name, whichever is later; ok is false where there is
// none. An id of 0 and an empty name find nothing.
func (s *Store) LastPurchase(domainID int64, name string) (p portfolio.LastPurchase, ok bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		var last lastPurchase
		for _, key := range purchaseKeys(domainID, name) {
			v := bucket(tx, purchasesBucket).Get(key)
			if v == nil {
				continue
			}
			found, err := parsePurchase(v)
			if err != nil {
				return err
			}
			if !ok || found.after(last) {
				last, ok = found, true
			}
		}
		p = portfolio.LastPurchase{At: last.at, Key: last.key}
		return nil
	})
	if err != nil || !ok {
		return portfolio.LastPurchase{}, false, err
	}
	return p, true, nil
}

// ClaimedCharges gives the lines of an account's billing charges that rows claim,
// as [portfolio.Operation.ChargeRefs] names them.
func (s *Store) ClaimedCharges(account int64) (map[string]bool, error) {
	claimed := make(map[string]bool)
	err := s.view(func(tx *bbolt.Tx) error {
		prefix := string(ident(account))
		c := bucket(tx, chargesBucket).Cursor()
		for k, _ := c.Seek([]byte(prefix)); len(k) > 8 && string(k[:8]) == prefix; k, _ = c.Next() {
			claimed[string(k[8:])] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the claimed charges: %w", err)
	}
	return claimed, nil
}
