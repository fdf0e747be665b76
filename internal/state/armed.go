package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"
)

// The meta bucket counts the commits by which something was armed, and a small file
// beside the state says how far the count had come. Where the file is ahead, the state
// is an old copy that was put back: what was bought since is not in it.
//
// The file is written after the commit, in place and without an fsync. After a crash it
// may be behind, which does no harm: it is compared with the state that the crash left,
// not with an older one, and the next start brings it up to date. Written before the
// commit it could be ahead of a state that is no copy at all.

// armedSuffix makes the file's name out of the state's.
const armedSuffix = ".armed"

// armedSize is how many bytes the file has: a uuid, a blank, twenty digits, a newline.
const armedSize = 36 + 1 + 20 + 1

// maxArmed is beyond what can be counted to.
const maxArmed = 1 << 62

func armedLine(uuid string, n uint64) []byte { return fmt.Appendf(nil, "%36s %020d\n", uuid, n) }

func parseArmedLine(b []byte) (uuid string, n uint64, ok bool) {
	if len(b) != armedSize {
		return "", 0, false
	}
	uuid = string(b[:36])
	n, err := strconv.ParseUint(string(b[37:armedSize-1]), 10, 64)
	return uuid, n, err == nil && n < maxArmed && string(armedLine(uuid, n)) == string(b)
}

// armedCount reads the counter of a state; 0 where nothing was armed since it is
// counted.
func armedCount(tx *bbolt.Tx) (uint64, error) {
	v := bucket(tx, metaBucket).Get([]byte(armedKey))
	if v == nil {
		return 0, nil
	}
	n, err := parseNumber(v)
	if err != nil || n >= maxArmed {
		return 0, fmt.Errorf("%w: the count of what was armed is %x", ErrCorrupt, v)
	}
	return n, nil
}

func setArmedCount(tx *bbolt.Tx, n uint64) error {
	if err := bucket(tx, metaBucket).Put([]byte(armedKey), number(n)); err != nil {
		return fmt.Errorf("count what is armed: %w", err)
	}
	return nil
}

// countArmed counts one more.
func countArmed(tx *bbolt.Tx) (uint64, error) {
	n, err := armedCount(tx)
	if err != nil {
		return 0, err
	}
	return n + 1, setArmedCount(tx, n+1)
}

// armedFile is the file beside the state.
type armedFile struct {
	path string
	sync bool
	file *os.File // nil: not open
}

// errDamaged: the file has another size or form than we write.
var errDamaged = errors.New("it is not as domaind writes it")

// read gives what the file says. Its errors are that of the file system, or errDamaged.
func (a *armedFile) read() (uuid string, n uint64, err error) {
	if err := a.regular(); err != nil {
		return "", 0, err
	}
	f, err := os.Open(a.path)
	if err != nil {
		return "", 0, err
	}
	b, err := io.ReadAll(io.LimitReader(f, armedSize+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return "", 0, err
	}
	uuid, n, ok := parseArmedLine(b)
	if !ok {
		return "", 0, errDamaged
	}
	return uuid, n, nil
}

// regular fails where anything but a file stands there. What is not ours is neither
// opened, which a pipe would keep waiting for ever, nor replaced.
func (a *armedFile) regular() error {
	info, err := os.Lstat(a.path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", a.path)
	}
	return err
}

// write makes the file say what it is to say. Where it cannot be written in place it is
// made anew: whole, and synced once, so that a power failure does not leave an empty
// file, which would be taken for a sign of an old copy.
func (a *armedFile) write(line []byte) error {
	if a.file != nil {
		if _, err := a.file.WriteAt(line, 0); err == nil {
			return nil
		}
		a.close()
	}
	return a.replace(line)
}

// resume opens the file, whose content was read, for being written in place. Where
// that fails the next write makes it anew.
func (a *armedFile) resume() {
	if f, err := os.OpenFile(a.path, os.O_RDWR, 0); err == nil {
		a.file = f
	}
}

func (a *armedFile) replace(line []byte) error {
	if err := a.regular(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir, name := filepath.Split(a.path)
	// Named as what a creation leaves behind, so that the next start removes it.
	f, err := os.CreateTemp(dir, strings.TrimSuffix(name, armedSuffix)+leftover+"*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.WriteAt(line, 0)
	if err == nil && a.sync {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), a.path)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	a.file = f
	if a.sync {
		return syncFolder(filepath.Dir(a.path))
	}
	return nil
}

func (a *armedFile) close() {
	if a.file != nil {
		_ = a.file.Close() // nothing is buffered
		a.file = nil
	}
}
