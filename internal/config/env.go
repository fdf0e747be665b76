package config

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// maxRead is the most that is read of any file: what is longer is refused, not
// read to its end.
const maxRead = maxGroupFile + 1

// Env is what the configuration needs of the process and its files. A nil field
// stands for the real one, but for the time.
type Env struct {
	// Lookup is an environment variable, and whether it is set.
	Lookup func(name string) (string, bool)
	// ReadFile is the content of a file. Its errors wrap [fs.ErrNotExist] where
	// there is none.
	ReadFile func(path string) ([]byte, error)
	// Glob is the files that match a pattern, see [filepath.Glob].
	Glob func(pattern string) ([]string, error)
	// Stat describes a file; used to warn of tokens that everyone can read.
	Stat func(path string) (fs.FileInfo, error)
	// Now is the moment at which the configuration is looked at; what has run out by then
	// is warned of. nil: nobody knows, and nothing has.
	Now func() time.Time
}

// OSEnv is the environment and the files of this process.
func OSEnv() Env {
	return Env{Lookup: os.LookupEnv, ReadFile: readFile, Glob: filepath.Glob, Stat: os.Stat}
}

// filled is the Env with the real thing for every nil field but Now.
func (e Env) filled() Env {
	process := OSEnv()
	if e.Lookup == nil {
		e.Lookup = process.Lookup
	}
	if e.ReadFile == nil {
		e.ReadFile = process.ReadFile
	}
	if e.Glob == nil {
		e.Glob = process.Glob
	}
	if e.Stat == nil {
		e.Stat = process.Stat
	}
	return e
}

// readFile reads a file, but no more of it than any file may have.
func readFile(path string) (content []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("close %s: %w", path, cerr)
		}
	}()
	return io.ReadAll(io.LimitReader(f, maxRead))
}
