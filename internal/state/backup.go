package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// Backup writes a copy of the state as it is now, and gives how many bytes that are.
// Changes go on meanwhile and are not in it. The copy is a state file: put back in the
// place of one by which something was armed since, it is found out at the next start.
//
// The copy goes to a temporary file beside the state first, which needs as much space
// as the state has. A transaction that reads holds every page that it may see: changes
// cannot use them again, the file grows by what they replace, and bbolt lets no file
// outgrow its memory map while somebody reads. So the transaction must not last as long
// as w does, which may be a connection that nobody takes anything from: it lasts as
// long as the disk needs for a copy.
func (s *Store) Backup(w io.Writer) (n int64, err error) {
	if s.db.IsReadOnly() { // nothing changes, and nothing may be created
		n, err = s.copyTo(w)
	} else {
		n, err = s.spool(w)
	}
	if err != nil {
		return n, fmt.Errorf("write a copy of the state: %w", err)
	}
	return n, nil
}

// copyTo writes a copy in one transaction.
func (s *Store) copyTo(w io.Writer) (n int64, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	return n, err
}

// spool writes a copy to a temporary file, and that to w.
func (s *Store) spool(w io.Writer) (n int64, err error) {
	// Named as what a creation leaves behind, so that the start after a crash removes it.
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+leftover+"*") // mode 0600
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	size, err := s.copyTo(f)
	if err != nil {
		return 0, err
	}
	return io.Copy(w, io.NewSectionReader(f, 0, size))
}
