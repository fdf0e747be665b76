package state

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// An approval that waits for its subject stands under its id. One that let an operation
// go is a part of that row.

// Approvals gives the approvals that wait for their subjects, ordered by id, those too
// whose time is over.
func (s *Store) Approvals() (all []portfolio.Approval, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		return bucket(tx, approvalsBucket).ForEach(func(k, v []byte) error {
			a, err := decodeApproval(k, v)
			all = append(all, a)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the approvals: %w", err)
	}
	return all, nil
}

func decodeApproval(k, v []byte) (a portfolio.Approval, err error) {
	if err := json.Unmarshal(v, &a); err != nil {
		return a, fmt.Errorf("%w: the approval %q: %w", ErrCorrupt, k, err)
	}
	if a.ID() != string(k) {
		return a, fmt.Errorf("%w: the approval %s stands at %q", ErrCorrupt, a.ID(), k)
	}
	return a, nil
}

// encodeApprovals is what a change does to the approvals. Those that are spent come first:
// one that both ends and begins stands.
func encodeApprovals(begin []portfolio.Approval, spent []string) ([]entry, error) {
	var all []entry
	for _, id := range spent {
		if !plain(id) {
			return nil, fmt.Errorf("%w: %q is no approval", ErrChange, id)
		}
		all = append(all, entry{key: []byte(id)})
	}
	for _, a := range begin {
		if a.AccountID <= 0 || a.SubjectID < 0 || !plain(string(a.Kind)) || !plain(string(a.Operation)) {
			return nil, fmt.Errorf("%w: an approval of %q for %q of account %d", ErrChange, a.Kind, a.Operation, a.AccountID)
		}
		v, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("%w: the approval %s: %w", ErrChange, a.ID(), err)
		}
		all = append(all, entry{[]byte(a.ID()), v})
	}
	return all, nil
}
