package state

import (
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// view runs a function in a transaction that reads.
func (s *Store) view(read func(*bbolt.Tx) error) error {
	return s.db.View(read)
}

// update runs a function in a transaction that writes. Its error abandons the
// transaction and is returned as it is; an error of the disk is ErrCommit, and
// the last thing that this store does: what the next transaction would build on
// is not known any more.
func (s *Store) update(act string, change func(*bbolt.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.failed != nil {
		return s.failed
	}
	var refused error
	began := false
	err := s.db.Update(func(tx *bbolt.Tx) error {
		began = true
		refused = change(tx)
		return refused
	})
	switch {
	case err == nil, refused != nil:
		return refused
	case !began:
		return fmt.Errorf("%s: %w", act, err)
	}
	s.failed = fmt.Errorf("%s: %w: %w", act, ErrCommit, err)
	return s.failed
}

// Commit makes a change durable, with the money it moves, the pauses, what is
// remembered of domains and the events it causes, all of it or none. It fails with
// [portfolio.ErrStale], [portfolio.ErrDomainBusy], [ErrRow], [ErrChange],
// [ErrChargeClaimed], [portfolio.ErrUncounted], with the error of c.Allow as it is, or with
// [ErrCommit]. c.Allow must not call the store.
//
// A row that does not exist yet must be the first attempt at its occasion, or a
// later one than the last, which has failed. A pause that is lifted and begins in the
// same change stands.
func (s *Store) Commit(c portfolio.Change) error {
	p, err := prepare(c)
	if err != nil {
		return err
	}
	arms := p.row != nil && p.row.op.State == portfolio.StateArmed && p.was != portfolio.StateArmed
	if !arms {
		return s.tell(p.act, p.events, p.apply)
	}
	op := &p.row.op
	if op.Kind.Purchase() {
		if err := s.countable(op.ArmedAt); err != nil {
			return fmt.Errorf("%s: %w", p.act, err)
		}
	}
	var n uint64
	err = s.tell(p.act, p.events, func(tx *bbolt.Tx) (_ bool, err error) {
		if _, err = p.apply(tx); err == nil {
			n, err = countArmed(tx)
		}
		return true, err
	})
	if err != nil {
		return err
	}
	return s.count(n, op.ArmedAt)
}

// prepared is a change whose parts were looked at and encoded, before the transaction
// begins: whatever waits for its turn waits less.
type prepared struct {
	act     string // for errors
	row     *row   // nil: none
	was     portfolio.OperationState
	allow   func(portfolio.Spent) error
	pauses  []entry
	watches []encodedWatch
	kept    []entry // approvals
	prices  []entry
	swept   []entry
	events  []told
}

func prepare(c portfolio.Change) (p prepared, err error) {
	p = prepared{act: "store events", was: c.Was, allow: c.Allow}
	if p.events, err = encodeEvents(c.Events); err != nil {
		return p, err
	}
	if len(c.Watch) > 0 {
		p.act = "remember domains"
	}
	if p.watches, err = encodeWatches(c.Watch); err != nil {
		return p, err
	}
	if c.Swept != nil {
		p.act = "store what a sweep found"
	}
	if p.swept, err = encodeSwept(c.Swept); err != nil {
		return p, err
	}
	if len(c.Approvals)+len(c.Spent) > 0 {
		p.act = "keep approvals"
	}
	if p.kept, err = encodeApprovals(c.Approvals, c.Spent); err != nil {
		return p, err
	}
	if p.prices, err = encodePrices(c.Prices); err != nil {
		return p, err
	}
	if len(c.Pauses)+len(c.Lifted) > 0 {
		p.act = describePauses(c.Pauses, c.Lifted)
	}
	if p.pauses, err = encodePauses(c.Pauses, c.Lifted); err != nil {
		return p, err
	}
	if c.Operation == nil {
		return p, nil
	}
	p.row, err = newRow(*c.Operation)
	p.act = "commit " + c.Operation.String()
	return p, err
}

// apply makes the change, but for its events, and says whether anything was another
// before.
func (p prepared) apply(tx *bbolt.Tx) (changed bool, err error) {
	if p.row != nil {
		changed, err = true, p.row.commit(tx, p.was, p.allow)
	} else {
		err = allow(tx, p.allow, counted{})
	}
	if err != nil {
		return changed, err
	}
	paused, err := storePauses(tx, p.pauses)
	if err != nil {
		return true, err
	}
	changed = changed || paused
	for _, w := range p.watches {
		differed, err := w.store(tx)
		if err != nil {
			return true, err
		}
		changed = changed || differed
	}
	for _, kept := range []struct {
		in      string
		entries []entry
	}{{approvalsBucket, p.kept}, {pricesBucket, p.prices}} {
		differed, err := replace(bucket(tx, kept.in), kept.entries)
		if err != nil {
			return true, fmt.Errorf("store %s: %w", kept.in, err)
		}
		changed = changed || differed
	}
	swept, err := storeSwept(tx, p.swept)
	return changed || swept, err
}

func allow(tx *bbolt.Tx, ask func(portfolio.Spent) error, without counted) error {
	if ask == nil {
		return nil
	}
	view := spending{tx: tx, without: without}
	return view.ask(ask)
}

// row is an operation on its way into the ledger.
type row struct {
	op      portfolio.Operation
	encoded []byte
	seq     sequence
}

func newRow(op portfolio.Operation) (*row, error) {
	if err := validate(op); err != nil {
		return nil, err
	}
	op.ChargeRefs = slices.Clone(op.ChargeRefs) // the caller's own may change under us
	encoded, err := encodeRow(op)
	return &row{op: op, encoded: encoded}, err
}

func (r *row) commit(tx *bbolt.Tx, was portfolio.OperationState, ask func(portfolio.Spent) error) error {
	seq, old, err := stored(tx, r.op.Key)
	if err != nil {
		return err
	}
	if err := r.expect(old, was); err != nil {
		return err
	}
	if old == nil {
		err = r.begin(tx)
	} else {
		r.seq, err = seq, follows(*old, r.op)
	}
	if err != nil {
		return err
	}
	if err := r.alone(tx); err != nil {
		return err
	}
	before := countedOf(old)
	if err := allow(tx, ask, before); err != nil {
		return err
	}
	if err := recount(tx, before, countedOf(&r.op)); err != nil {
		return err
	}
	if err := r.index(tx, old); err != nil {
		return err
	}
	return bucket(tx, rowsBucket).Put(r.seq.bytes(), r.encoded)
}

// expect compares the stored row with the state that the change expects.
func (r *row) expect(old *portfolio.Operation, was portfolio.OperationState) error {
	switch {
	case old == nil && was != "":
		return fmt.Errorf("%s: %w: it does not exist, and was to be %s", r.op, portfolio.ErrStale, was)
	case old != nil && was == "":
		return fmt.Errorf("%s: %w: it exists already, and is %s", r.op, portfolio.ErrStale, old.State)
	case old != nil && old.State != was:
		return fmt.Errorf("%s: %w: it is %s, and was to be %s", r.op, portfolio.ErrStale, old.State, was)
	}
	return nil
}

// begin gives a new row its place. What was done, or may still be, is not
// attempted again.
func (r *row) begin(tx *bbolt.Tx) error {
	tried, err := attemptsAt(tx, base(r.op))
	if err != nil {
		return err
	}
	if len(tried) > 0 {
		last, err := readRow(tx, tried[len(tried)-1].seq.bytes())
		if err != nil {
			return err
		}
		if last.State != portfolio.StateFailed || last.Attempt >= r.op.Attempt {
			return rowError(r.op, "attempt %d is %s", last.Attempt, last.State)
		}
	}
	n, err := bucket(tx, rowsBucket).NextSequence()
	if err != nil {
		return fmt.Errorf("number a row: %w", err)
	}
	r.seq = sequence(n)
	return bucket(tx, attemptsBucket).Put([]byte(base(r.op)), appendAttempt(tried, attemptAt{r.op.Attempt, r.seq}))
}

// alone makes sure that no other open operation keeps what this one keeps.
func (r *row) alone(tx *bbolt.Tx) error {
	for _, key := range busyWith(&r.op) {
		v := bucket(tx, busyBucket).Get(key)
		if v == nil {
			continue
		}
		seq, err := parseSequence(v)
		if err != nil {
			return err
		}
		if seq == r.seq {
			continue
		}
		other, err := readRow(tx, v)
		if err != nil {
			return err
		}
		return fmt.Errorf("%s: %w: %s of account %d is %s", r.op, portfolio.ErrDomainBusy, other, other.AccountID, other.State)
	}
	return nil
}
