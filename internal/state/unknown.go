package state

import (
	"bytes"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// unknownKey places a purchase among those of its account that became unknown, in the
// order in which they did; nil for what never did.
func unknownKey(op *portfolio.Operation, seq sequence) []byte {
	if op == nil || op.UnknownAt.IsZero() || !op.Kind.Purchase() {
		return nil
	}
	return append(appendInstant(ident(op.AccountID), op.UnknownAt), seq.bytes()...)
}

func (r *row) indexUnknown(tx *bbolt.Tx, old *portfolio.Operation) error {
	return reindex(bucket(tx, unknownBucket), unknownKey(old, r.seq), unknownKey(&r.op, r.seq))
}

// UnknownSince counts the purchases of an account that last became unknown at a moment
// or after it, whether they still are or have ended. It reads those and no others.
func (s *Store) UnknownSince(account int64, since time.Time) (n int, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := bucket(tx, unknownBucket).Cursor()
		of := ident(account)
		for k, _ := c.Seek(appendInstant(ident(account), since)); bytes.HasPrefix(k, of); k, _ = c.Next() {
			n++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count what is unknown of account %d: %w", account, err)
	}
	return n, nil
}
