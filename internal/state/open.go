package state

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"domaind/internal/portfolio"
)

// defaultTimeout is how long the file's lock is waited for: a second daemon is to
// fail within two seconds.
const defaultTimeout = 1500 * time.Millisecond

// Options say how a state file is opened. The zero value is right for a daemon.
type Options struct {
	// Timeout is how long the file's lock is waited for; 0: 1.5 s.
	Timeout time.Duration
	// NoSync leaves out every fsync: for simulations only.
	NoSync bool
	// ReadOnly takes a shared lock; nothing is created, migrated or written.
	ReadOnly bool
	// Rand is where a new file's uuid comes from; nil: crypto/rand.Reader.
	Rand io.Reader
	// Told, where it is not nil, hears every event once it is durable, in order. It
	// is called while changes wait, and must not call the store.
	Told func(portfolio.Event)
	// Now is the time of day. It lets Open remove marks older than 400 days, and open a
	// state that may be an old copy, which without it is [ErrRestored].
	Now func() time.Time

	strict bool // has bbolt check the whole file after every commit: for tests
}

// Store is an open state file. Its methods are safe for concurrent use; none may
// be called from within a function that was handed to another of them.
type Store struct {
	db   *bbolt.DB
	file *os.File // bbolt's own descriptor, for reads around its memory map
	path string   // of the file itself, wherever links lead from; "" where it is open for reading
	uuid string
	wake chan struct{}

	writing sync.Mutex // guards the following
	failed  error      // the first failed commit
	armed   uint64     // how many commits armed something
	beside  *armedFile // says so too; nil where the state is open for reading, or closed

	telling sync.Mutex // orders what told hears
	told    func(portfolio.Event)

	maxInfo uint64 // how many info events may wait
}

// maxInfo is how many info events wait at most while nobody takes them.
const maxInfo = 100_000

// Open opens the state file at path, and creates it, and its folder, where there
// is none and o does not say read-only. It fails with [ErrLocked], [ErrNotState],
// [ErrCorrupt], [ErrNewer], with [ErrNone] or [ErrOlder] where o says read-only, with
// [ErrRestored] where o has no Now, or with the error of the file system. What it
// refuses it does not touch.
//
// A state that is an old copy, or may be, by what the small file beside it says, is
// opened, with a pause of scope [portfolio.PauseRestored] and an alert in it.
func Open(path string, o Options) (*Store, error) {
	s, err := open(path, o, migrations())
	if err != nil {
		return nil, fmt.Errorf("open the state %s: %w", path, err)
	}
	return s, nil
}

func open(path string, o Options, known schema) (*Store, error) {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	exists, err := find(path)
	if err != nil {
		return nil, err
	}
	if !exists {
		if o.ReadOnly {
			return nil, ErrNone
		}
		if err := create(path, o, known); err != nil {
			return nil, err
		}
	}
	s, is, err := inspect(path, o, known)
	if err != nil || o.ReadOnly {
		return s, err
	}
	// The lock is shared until here, because bbolt repairs what it opens for
	// writing, and what is not ours must stay as it is.
	if err := s.Close(); err != nil {
		return nil, err
	}
	return openForWriting(path, o, known, is)
}

// find says whether there is something to open. Only a regular file is, or a
// symbolic link to one; a link that leads nowhere may be a disk that is not
// mounted, where a new and empty ledger would be the worst of answers.
func find(path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		link, err := os.Lstat(path)
		if err == nil && link.Mode()&fs.ModeSymlink != 0 {
			return false, fmt.Errorf("%w: it is a symbolic link that leads nowhere", ErrNotState)
		}
		return err == nil, nil // another daemon may have created it just now
	}
	switch {
	case err != nil:
		return false, err
	case info.IsDir():
		return false, fmt.Errorf("%w: it is a directory", ErrNotState)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: it is not a regular file", ErrNotState)
	case info.Size() == 0:
		return false, fmt.Errorf("%w: it is empty; if no domaind ever ran here, remove it", ErrNotState)
	}
	return true, nil
}

// inspect opens the file under a shared lock and looks at every page before bbolt
// does, which trusts what it reads.
func inspect(path string, o Options, known schema) (*Store, identity, error) {
	toRead := o.ReadOnly
	if !toRead {
		o.ReadOnly = true
		o.Timeout /= 2 // the other half is for the exclusive lock
	}
	var is identity
	s, err := openFile(path, o)
	if err != nil {
		return nil, is, err
	}
	err = guard(func() error {
		stored, err := verifyPages(s.file)
		if err != nil {
			return err
		}
		return s.db.View(func(tx *bbolt.Tx) error {
			if is, err = identify(tx); err != nil {
				return err
			}
			switch {
			case !stored:
				return fmt.Errorf("%w: its list of free pages is missing", ErrCorrupt)
			case is.version > known.current():
				return fmt.Errorf("%w: its schema has version %d, this domaind knows %d", ErrNewer, is.version, known.current())
			case is.version < known.current() && toRead:
				return fmt.Errorf("%w: its schema has version %d, this domaind knows %d and migrates it when the daemon starts",
					ErrOlder, is.version, known.current())
			}
			if _, err = armedCount(tx); err != nil || is.version < known.current() {
				return err
			}
			return complete(tx)
		})
	})
	if err != nil {
		return nil, is, errors.Join(err, s.Close())
	}
	s.uuid = is.uuid
	return s, is, nil
}

// openFile opens an existing file with bbolt, under a lock.
func openFile(path string, o Options) (s *Store, err error) {
	s = &Store{wake: make(chan struct{}, 1), maxInfo: maxInfo, told: o.Told}
	err = guard(func() error {
		s.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout:      o.Timeout,
			ReadOnly:     o.ReadOnly,
			NoSync:       o.NoSync,
			FreelistType: bbolt.FreelistMapType,
			NoStatistics: true,
			OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
				var err error
				// bbolt would create what vanished meanwhile, empty.
				s.file, err = os.OpenFile(path, flag&^os.O_CREATE, mode)
				return s.file, err
			},
		})
		return err
	})
	if err == nil {
		s.db.StrictMode = o.strict
		return s, nil
	}
	if s.file == nil {
		return nil, err // it could not be opened at all
	}
	_ = s.file.Close() // bbolt has, unless it panicked
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is %w: a domaind is probably running on %s", filepath.Base(path), ErrLocked, filepath.Dir(path))
	}
	return nil, explain(path, err)
}

// explain says what is wrong with a file that bbolt does not open.
func explain(path string, cause error) error {
	f, err := os.Open(path)
	if err != nil {
		return errors.Join(cause, err)
	}
	_, err = verifyPages(f)
	if err == nil {
		err = fmt.Errorf("%w: %w", ErrCorrupt, cause)
	}
	return errors.Join(err, f.Close())
}

// guard runs what reads through bbolt's memory map and may meet damage there.
// bbolt answers damage with panics, and a page that is not there is a fault.
func guard(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrCorrupt, r)
		}
	}()
	return read()
}

// Close releases the file after the calls under way have ended. It may be called
// more than once.
func (s *Store) Close() error {
	err := s.db.Close()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.beside != nil {
		s.beside.close()
		s.beside = nil
	}
	if err != nil {
		return fmt.Errorf("close the state: %w", err)
	}
	return nil
}

// UUID names this state file for good: 36 characters, drawn when it was created.
func (s *Store) UUID() string { return s.uuid }
