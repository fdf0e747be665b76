package events

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/nkeys"
)

// ErrSeed is in the errors of seeds and of the folder that holds them.
var ErrSeed = errors.New("the keys of the embedded NATS server")

// User is one of the two users of the embedded server.
type User string

// The users. Each proves itself with the seed in the folder's file of its name,
// "operator.nk" or "subscriber.nk".
const (
	Operator   User = "operator"   // owns the stream: publishes, changes, deletes
	Subscriber User = "subscriber" // reads the feed
)

// SeedFile is where a user's seed lies in the server's folder.
func SeedFile(dir string, user User) string { return filepath.Join(dir, string(user)+".nk") }

// prepareFolder makes the server's folder, or refuses one that others may enter.
func prepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create the folder of the NATS server: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("read the folder of the NATS server: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%w: the folder %s has mode %04o, so others may enter it; run: chmod 700 %s", ErrSeed, dir, info.Mode().Perm(), dir)
	}
	return nil
}

// userKey reads a user's seed, and makes it where there is none.
func userKey(dir string, user User) (nkeys.KeyPair, error) {
	path := SeedFile(dir, user)
	key, err := readSeed(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createSeed(path); err != nil {
		return nil, err
	}
	return readSeed(path)
}

// readSeed reads a seed that nobody else may read.
func readSeed(path string) (nkeys.KeyPair, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, fmt.Errorf("read the seed: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is no regular file", ErrSeed, path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %04o, so others may have read it; if nobody has, run: chmod 600 %s; else delete it, and a new one is made",
			ErrSeed, path, info.Mode().Perm(), path)
	}
	if info.Size() > 4096 {
		return nil, fmt.Errorf("%w: %s is no seed", ErrSeed, path)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the seed: %w", err)
	}
	key, err := nkeys.FromSeed(bytes.TrimSpace(seed))
	if err != nil {
		return nil, fmt.Errorf("%w: %s is no seed: %w", ErrSeed, path, err)
	}
	if public, err := key.PublicKey(); err != nil || !nkeys.IsValidPublicUserKey(public) {
		return nil, fmt.Errorf("%w: %s is no seed of a user", ErrSeed, path)
	}
	return key, nil
}

// createSeed writes a new seed, whole or not at all, and never over another.
func createSeed(path string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("create the seed %s: %w", path, err)
		}
	}()
	key, err := nkeys.CreateUser()
	if err != nil {
		return err
	}
	defer key.Wipe()
	seed, err := key.Seed()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".seed-*") // created with mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	_, err = tmp.Write(append(seed, '\n'))
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, fails where another was quicker; its seed is as good.
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
