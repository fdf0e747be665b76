package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// pauseKey names a pause: one of a scope for each account, and for account 0, which
// stands for all of them.
func pauseKey(account int64, scope portfolio.PauseScope) []byte {
	return append(ident(account), scope...)
}

// Pauses gives what accounts may not do for a while, ordered by account, then by
// scope.
func (s *Store) Pauses() ([]portfolio.Pause, error) {
	var pauses []portfolio.Pause
	err := s.view(func(tx *bbolt.Tx) error {
		return bucket(tx, pausesBucket).ForEach(func(k, v []byte) error {
			p, err := decodePause(k, v)
			pauses = append(pauses, p)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the pauses: %w", err)
	}
	return pauses, nil
}

func decodePause(k, v []byte) (portfolio.Pause, error) {
	var p portfolio.Pause
	if err := json.Unmarshal(v, &p); err != nil {
		return p, fmt.Errorf("%w: the pause %q: %w", ErrCorrupt, k, err)
	}
	if !bytes.Equal(k, pauseKey(p.AccountID, p.Scope)) {
		return p, fmt.Errorf("%w: the pause %q of account %d stands at %q", ErrCorrupt, p.Scope, p.AccountID, k)
	}
	return p, nil
}

// encodePauses is what a change does to the pauses. What is lifted comes first: a
// pause that both ends and begins stands.
func encodePauses(begin, lifted []portfolio.Pause) ([]entry, error) {
	var all []entry
	for _, p := range lifted {
		if err := validatePause(p); err != nil {
			return nil, err
		}
		all = append(all, entry{key: pauseKey(p.AccountID, p.Scope)})
	}
	for _, p := range begin {
		if err := validatePause(p); err != nil {
			return nil, err
		}
		v, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("%w: the pause %q of account %d: %w", ErrChange, p.Scope, p.AccountID, err)
		}
		all = append(all, entry{pauseKey(p.AccountID, p.Scope), v})
	}
	return all, nil
}

func validatePause(p portfolio.Pause) error {
	switch {
	case p.AccountID < 0:
		return fmt.Errorf("%w: a pause of account %d: that is no account", ErrChange, p.AccountID)
	case !plain(string(p.Scope)):
		return fmt.Errorf("%w: a pause of account %d has the scope %q", ErrChange, p.AccountID, p.Scope)
	}
	return nil
}

// storePauses says whether anything was another before.
func storePauses(tx *bbolt.Tx, changes []entry) (changed bool, err error) {
	changed, err = replace(bucket(tx, pausesBucket), changes)
	if err != nil {
		err = fmt.Errorf("store pauses: %w", err)
	}
	return changed, err
}

// replace writes entries in their order, and removes those without a value. It says
// whether anything was another before.
func replace(b *bbolt.Bucket, entries []entry) (changed bool, err error) {
	for _, e := range entries {
		if bytes.Equal(b.Get(e.key), e.value) {
			continue
		}
		changed = true
		if err := set(b, e.key, e.value, e.value != nil); err != nil {
			return true, fmt.Errorf("%q: %w", e.key, err)
		}
	}
	return changed, nil
}

// describePauses names what a change pauses and lifts, for the errors of its commit.
func describePauses(begin, lifted []portfolio.Pause) string {
	var all []string
	for _, p := range lifted {
		all = append(all, fmt.Sprintf("lift the pause %s of account %d", p.Scope, p.AccountID))
	}
	for _, p := range begin {
		all = append(all, fmt.Sprintf("pause %s of account %d", p.Scope, p.AccountID))
	}
	return strings.Join(all, ", ")
}
