package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// snapshotFill is how full the pages of snapshots are: they come in the order of their
// ids, and seldom grow.
const snapshotFill = 0.9

// CompareSnapshots holds a stretch of an account's list of domains against what is
// remembered of it: those with an id beyond after and up to upTo. The domains must be in
// the order of their ids, and in that stretch. Of what is absent from the list it gives
// the first few, at most that many, and counts the rest. What is as it was costs neither
// memory nor a write.
func (s *Store) CompareSnapshots(account, after, upTo int64, domains []portfolio.Domain, most int) (portfolio.Comparison, error) {
	var c portfolio.Comparison
	err := s.view(func(tx *bbolt.Tx) (err error) {
		c, err = compare(tx, account, after, upTo, domains, most)
		return err
	})
	if err != nil {
		return portfolio.Comparison{}, fmt.Errorf("compare account %d with what was seen: %w", account, err)
	}
	return c, nil
}

func compare(tx *bbolt.Tx, account, after, upTo int64, domains []portfolio.Domain, most int) (c portfolio.Comparison, err error) {
	if after == math.MaxInt64 {
		return c, nil
	}
	var space [256]byte
	is := space[:0]
	of := ident(account)
	cursor := bucket(tx, snapshotsBucket).Cursor()
	k, v := cursor.Seek(watchedKey(account, after+1))
	next := func() { k, v = cursor.Next() }
	// id is where the cursor stands; beyond every stretch where it is through.
	id := func() int64 {
		if len(k) != watchedKeySize || !bytes.HasPrefix(k, of) {
			return math.MaxInt64
		}
		return parseInt(k[watchKeySize:])
	}
	absent := func() error {
		if len(c.Absent) >= most {
			c.More++
			return nil
		}
		was, err := parseSnapshot(id(), v)
		c.Absent = append(c.Absent, was)
		return err
	}
	for i := range domains {
		d := &domains[i]
		if d.ID <= after || d.ID > upTo || d.AccountID != account {
			return c, fmt.Errorf("%w: domain %d of account %d is not between %d and %d", ErrChange, d.ID, d.AccountID, after, upTo)
		}
		after = d.ID
		for ; id() < d.ID; next() {
			if err := absent(); err != nil {
				return c, err
			}
		}
		if id() != d.ID {
			c.Added = append(c.Added, *d)
			continue
		}
		if is = appendSnapshot(is[:0], d); !bytes.Equal(is, v) {
			was, err := parseSnapshot(d.ID, v)
			if err != nil {
				return c, err
			}
			c.Changed = append(c.Changed, portfolio.ChangedDomain{Was: was, Is: *d})
		}
		next()
	}
	for ; id() <= upTo && id() != math.MaxInt64; next() {
		if err := absent(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// encodeSwept is the entries of a sweep: where they go shows in their keys' first byte,
// which is not stored.
func encodeSwept(w *portfolio.Swept) ([]entry, error) {
	if w == nil {
		return nil, nil
	}
	bad := func(format string, args ...any) ([]entry, error) {
		return nil, fmt.Errorf("%w: what a sweep found of account %d: %s", ErrChange, w.AccountID, fmt.Sprintf(format, args...))
	}
	if w.AccountID <= 0 {
		return bad("that is no account")
	}
	var all []entry
	put := func(where byte, id int64, value []byte) {
		all = append(all, entry{sweptKey(where, w.AccountID, id), value})
	}
	for _, s := range w.Snapshots {
		if s.ID <= 0 {
			return bad("domain %d", s.ID)
		}
		d := s.Domain(w.AccountID)
		put('s', s.ID, appendSnapshot(nil, &d))
	}
	for _, m := range w.Missing {
		put('m', m.ID, appendInstant(nil, m.Since))
	}
	for _, id := range w.Found {
		put('m', id, nil)
	}
	for _, id := range w.Gone {
		put('m', id, nil)
		put('s', id, nil)
	}
	if w.Sweep == nil {
		return all, nil
	}
	if w.Sweep.AccountID != w.AccountID {
		return bad("it is a sweep of account %d", w.Sweep.AccountID)
	}
	v, err := json.Marshal(w.Sweep)
	if err != nil {
		return bad("%v", err)
	}
	return append(all, entry{append([]byte{'p'}, ident(w.AccountID)...), v}), nil
}

func sweptKey(where byte, account, id int64) []byte {
	return append([]byte{where}, watchedKey(account, id)...)
}

// storeSwept stores what a sweep found, and says whether anything was another before.
func storeSwept(tx *bbolt.Tx, entries []entry) (changed bool, err error) {
	if len(entries) == 0 {
		return false, nil
	}
	to := map[byte]*bbolt.Bucket{'s': bucket(tx, snapshotsBucket), 'm': bucket(tx, missingBucket), 'p': bucket(tx, sweepsBucket)}
	to['s'].FillPercent = snapshotFill
	for _, e := range entries {
		b, key := to[e.key[0]], e.key[1:]
		// Missing since when is never another, and what is not remembered is not missed.
		if e.key[0] == 'm' && e.value != nil && (b.Get(key) != nil || to['s'].Get(key) == nil) {
			continue
		}
		if v := b.Get(key); e.value == nil && v == nil || e.value != nil && bytes.Equal(v, e.value) {
			continue
		}
		changed = true
		if err := set(b, key, e.value, e.value != nil); err != nil {
			return true, fmt.Errorf("store what a sweep found: %w", err)
		}
	}
	return changed, nil
}

// SweepOf gives how far the sweep of an account is; the zero value but for the account
// where there never was one.
func (s *Store) SweepOf(account int64) (sweep portfolio.Sweep, err error) {
	sweep.AccountID = account
	err = s.view(func(tx *bbolt.Tx) error {
		v := bucket(tx, sweepsBucket).Get(ident(account))
		if v == nil {
			return nil
		}
		sweep, err = parseSweep(ident(account), v)
		return err
	})
	if err != nil {
		return portfolio.Sweep{}, fmt.Errorf("read the sweep of account %d: %w", account, err)
	}
	return sweep, nil
}

func parseSweep(k, v []byte) (portfolio.Sweep, error) {
	var sweep portfolio.Sweep
	if err := json.Unmarshal(v, &sweep); err != nil || !bytes.Equal(k, ident(sweep.AccountID)) {
		return sweep, fmt.Errorf("%w: a sweep at %x: %w", ErrCorrupt, k, err)
	}
	return sweep, nil
}

// MissingOf gives the domains of an account that were looked for in vain, as they were
// seen last, in the order of their ids.
func (s *Store) MissingOf(account int64) (all []portfolio.Missing, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		of := ident(account)
		c := bucket(tx, missingBucket).Cursor()
		for k, v := c.Seek(of); bytes.HasPrefix(k, of); k, v = c.Next() {
			m, err := parseMissing(tx, k, v)
			if err != nil {
				return err
			}
			all = append(all, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is missing in account %d: %w", account, err)
	}
	return all, nil
}

func parseMissing(tx *bbolt.Tx, k, v []byte) (m portfolio.Missing, err error) {
	if len(k) != watchedKeySize {
		return m, fmt.Errorf("%w: a missing domain has the key %x", ErrCorrupt, k)
	}
	id := parseInt(k[watchKeySize:])
	if m.Since, err = parseInstant(v); err != nil {
		return m, err
	}
	seen := bucket(tx, snapshotsBucket).Get(k)
	if seen == nil {
		return m, fmt.Errorf("%w: domain %d is missing, and was never seen", ErrCorrupt, id)
	}
	m.Snapshot, err = parseSnapshot(id, seen)
	return m, err
}

// checkSwept reads all that sweeps have stored.
func checkSwept(tx *bbolt.Tx) error {
	err := bucket(tx, snapshotsBucket).ForEach(func(k, v []byte) error {
		if len(k) != watchedKeySize {
			return fmt.Errorf("%w: a snapshot has the key %x", ErrCorrupt, k)
		}
		_, err := parseSnapshot(parseInt(k[watchKeySize:]), v)
		return err
	})
	if err != nil {
		return err
	}
	err = bucket(tx, missingBucket).ForEach(func(k, v []byte) error {
		_, err := parseMissing(tx, k, v)
		return err
	})
	if err != nil {
		return err
	}
	return bucket(tx, sweepsBucket).ForEach(func(k, v []byte) error {
		_, err := parseSweep(k, v)
		return err
	})
}
