package state

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// attemptAt is one attempt, and where its row is.
type attemptAt struct {
	attempt int
	seq     sequence
}

const attemptSize = 16

// attemptsAt reads the attempts of one base, in order.
func attemptsAt(tx *bbolt.Tx, base string) ([]attemptAt, error) {
	v := bucket(tx, attemptsBucket).Get([]byte(base))
	if len(v)%attemptSize != 0 || v != nil && len(v) == 0 {
		return nil, fmt.Errorf("%w: attempts of %d bytes", ErrCorrupt, len(v))
	}
	var all []attemptAt
	for e := range slices.Chunk(v, attemptSize) {
		seq, err := parseSequence(e[8:])
		if err != nil {
			return nil, err
		}
		all = append(all, attemptAt{int(parseInt(e)), seq})
	}
	return all, nil
}

// appendAttempt is how attempts are written, with one more at the end.
func appendAttempt(before []attemptAt, next attemptAt) []byte {
	var v []byte
	for _, a := range append(before, next) {
		v = append(appendInt(v, int64(a.attempt)), a.seq.bytes()...)
	}
	return v
}

// index brings the indexes from the old row, nil where there was none, to the
// new one.
func (r *row) index(tx *bbolt.Tx, old *portfolio.Operation) error {
	if err := r.indexOpen(tx, old); err != nil {
		return err
	}
	if err := r.indexDue(tx, old); err != nil {
		return err
	}
	if err := r.indexUnknown(tx, old); err != nil {
		return err
	}
	if err := r.indexCharges(tx, old); err != nil {
		return err
	}
	if bought(r.op) && (old == nil || !bought(*old)) {
		return r.indexPurchase(tx)
	}
	return nil
}

// busyWith is what an open operation keeps from others, as keys of the index: its domain,
// and its name where that is not ours yet. There is no domain 0, so what begins with it
// are the names.
func busyWith(op *portfolio.Operation) [][]byte {
	if op == nil || !op.KeepsDomain() {
		return nil
	}
	var keys [][]byte
	if op.DomainID != 0 {
		keys = append(keys, ident(op.DomainID))
	}
	if op.Kind.Claims() && op.Name != "" {
		keys = append(keys, append(ident(0), op.Name...))
	}
	return keys
}

func (r *row) indexOpen(tx *bbolt.Tx, old *portfolio.Operation) error {
	if was, is := old != nil && old.State.Open(), r.op.State.Open(); was != is {
		if err := set(bucket(tx, openBucket), r.seq.bytes(), present(), is); err != nil {
			return err
		}
	}
	b, was, is := bucket(tx, busyBucket), busyWith(old), busyWith(&r.op)
	for _, key := range was {
		if !has(is, key) {
			if err := b.Delete(key); err != nil {
				return err
			}
		}
	}
	for _, key := range is {
		if !has(was, key) {
			if err := b.Put(key, r.seq.bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

func has(keys [][]byte, key []byte) bool {
	return slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
}

// set stores an entry where it is to be, and removes it where it is not.
func set(b *bbolt.Bucket, key, value []byte, is bool) error {
	if is {
		return b.Put(key, value)
	}
	return b.Delete(key)
}

// chargeKey names a line of an account's billing charges.
func chargeKey(account int64, ref string) []byte { return append(ident(account), ref...) }

func (r *row) indexCharges(tx *bbolt.Tx, old *portfolio.Operation) error {
	b := bucket(tx, chargesBucket)
	if old != nil {
		for _, ref := range old.ChargeRefs {
			if !slices.Contains(r.op.ChargeRefs, ref) {
				if err := b.Delete(chargeKey(old.AccountID, ref)); err != nil {
					return err
				}
			}
		}
	}
	for _, ref := range r.op.ChargeRefs {
		key := chargeKey(r.op.AccountID, ref)
		switch v := b.Get(key); {
		case bytes.Equal(v, r.seq.bytes()):
			continue
		case v != nil:
			other, err := readRow(tx, v)
			if err != nil {
				return err
			}
			return fmt.Errorf("%s: charge %s: %w: %s", r.op, ref, ErrChargeClaimed, other)
		}
		if err := b.Put(key, r.seq.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// bought says whether the row is a purchase that came to be.
func bought(op portfolio.Operation) bool {
	return op.Kind.Purchase() && op.State == portfolio.StateDone
}

// purchaseKeys are the names under which a purchase is found again: the domain's
// id, which a name may lose, and its name, which an id may.
func purchaseKeys(domainID int64, name string) [][]byte {
	var keys [][]byte
	if domainID != 0 {
		keys = append(keys, append([]byte{'i'}, ident(domainID)...))
	}
	if name != "" {
		keys = append(keys, append([]byte{'n'}, name...))
	}
	return keys
}

// lastPurchase is an entry of the purchases bucket: the later one stands, and of
// two in the same moment the row that was created later.
type lastPurchase struct {
	at  time.Time
	seq sequence
	key string // of the operation
}

func (p lastPurchase) after(q lastPurchase) bool {
	if c := p.at.Compare(q.at); c != 0 {
		return c > 0
	}
	return p.seq > q.seq
}

func (p lastPurchase) bytes() []byte {
	b := make([]byte, 0, instantSize+8+len(p.key))
	return append(append(appendInstant(b, p.at), p.seq.bytes()...), p.key...)
}

func parsePurchase(v []byte) (lastPurchase, error) {
	at, err := parseInstant(v)
	if err != nil || len(v) < instantSize+8 {
		return lastPurchase{}, fmt.Errorf("%w: a last purchase of %d bytes", ErrCorrupt, len(v))
	}
	seq, err := parseSequence(v[instantSize : instantSize+8])
	return lastPurchase{at: at, seq: seq, key: string(v[instantSize+8:])}, err
}

// boughtAt is when a purchase counts as made: it was armed by a clock that DNSimple's
// agrees with, and may end by one that was put back.
func boughtAt(op portfolio.Operation) time.Time {
	if op.ArmedAt.After(op.EndedAt) {
		return op.ArmedAt
	}
	return op.EndedAt
}

func (r *row) indexPurchase(tx *bbolt.Tx) error {
	b := bucket(tx, purchasesBucket)
	this := lastPurchase{at: boughtAt(r.op), seq: r.seq, key: r.op.Key}
	for _, key := range purchaseKeys(r.op.DomainID, r.op.Name) {
		if v := b.Get(key); v != nil {
			last, err := parsePurchase(v)
			if err != nil {
				return err
			}
			if last.after(this) {
				continue
			}
		}
		if err := b.Put(key, this.bytes()); err != nil {
			return err
		}
	}
	return nil
}
