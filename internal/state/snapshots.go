package state

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// SnapshotsOf gives what is remembered of the domains of an account from its last sweep,
// by id, those too that are missing since.
func (s *Store) SnapshotsOf(account int64) (all []portfolio.Snapshot, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		of := ident(account)
		c := bucket(tx, snapshotsBucket).Cursor()
		for k, v := c.Seek(of); bytes.HasPrefix(k, of); k, v = c.Next() {
			if len(k) != watchedKeySize {
				return fmt.Errorf("%w: a snapshot has the key %x", ErrCorrupt, k)
			}
			seen, err := parseSnapshot(parseInt(k[watchKeySize:]), v)
			if err != nil {
				return err
			}
			all = append(all, seen)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what was seen of account %d: %w", account, err)
	}
	return all, nil
}
