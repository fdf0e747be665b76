package state

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// migrations bring older files up to date, one version each. What a step needs of the
// past it has in its own code: the rest of the package knows the newest version only.
func migrations() schema { return schema{scopePauses, takeSnapshots, keepApprovals} }

// scopePauses brings version 1 to version 2: pauses have a scope, where there was one
// for each account; what was seen of domains is remembered; purchases that became unknown
// have an index. What was armed is counted from here on.
func scopePauses(tx *bbolt.Tx) error {
	if err := addBuckets(tx, watchBucket, unknownBucket); err != nil {
		return err
	}
	b := bucket(tx, pausesBucket)
	if b == nil {
		return fmt.Errorf("%w: the bucket %s is missing", ErrCorrupt, pausesBucket)
	}
	var old [][]byte
	var pauses []portfolio.Pause
	err := b.ForEach(func(k, v []byte) error {
		var p portfolio.Pause
		if err := json.Unmarshal(v, &p); err != nil {
			return fmt.Errorf("%w: the pause %q: %w", ErrCorrupt, k, err)
		}
		old, pauses = append(old, k), append(pauses, p)
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range old {
		if err := b.Delete(k); err != nil {
			return fmt.Errorf("remove the pause %q: %w", k, err)
		}
	}
	for i := range pauses {
		pauses[i].Scope, pauses[i].By = portfolio.PauseAccount, daemon
	}
	changes, err := encodePauses(pauses, nil)
	if err != nil {
		return err
	}
	_, err = storePauses(tx, changes)
	return err
}

// takeSnapshots brings version 2 to version 3: what sweeps of the portfolio saw is
// remembered.
func takeSnapshots(tx *bbolt.Tx) error {
	return addBuckets(tx, snapshotsBucket, missingBucket, sweepsBucket)
}

// keepApprovals brings version 3 to version 4: approvals wait for their subjects, and
// prices are remembered.
func keepApprovals(tx *bbolt.Tx) error { return addBuckets(tx, approvalsBucket, pricesBucket) }

func addBuckets(tx *bbolt.Tx, names ...string) error {
	for _, name := range names {
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return fmt.Errorf("create the bucket %s: %w", name, err)
		}
	}
	return nil
}
