package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// SocketName is how the daemon's socket is called.
const SocketName = "domaind.sock"

// maxPath is the longest path of a socket, in bytes: the system's structure for it
// has 104 to 108, and the last of them is a zero.
const maxPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// The errors of [Listen] and [Dial].
var (
	// ErrTooLong: the path of the socket is longer than the system allows.
	ErrTooLong = errors.New("the path is too long for a socket")
	// ErrServed: another domaind answers on the socket.
	ErrServed = errors.New("another domaind answers there")
	// ErrNoDaemon: nobody answers on the socket.
	ErrNoDaemon = errors.New("no domaind answers")
)

// Socket is a Unix socket on which a daemon is asked. It is to be closed.
type Socket struct {
	net.Listener
	// Path is where the socket is.
	Path string
	own  map[string]fs.FileInfo // what was made, by path
}

// Listen makes the socket in the runtime folder, or in the state folder where there
// is none (""), with mode 0600 and in place of one that a dead daemon left behind. The
// state folder then has it, or a link to it, under [SocketName]: whoever can find the
// state finds the daemon that holds it, and no other. The caller must hold the lock of
// the state.
//
// The socket comes into being in a folder that only we may enter, and is moved to its
// place once its mode is right: there is no moment at which somebody else could
// connect, and none at which the path leads nowhere.
func Listen(ctx context.Context, runtimeDir, stateDir string) (_ *Socket, err error) {
	dir := runtimeDir
	if dir == "" {
		dir = stateDir
	}
	s := &Socket{Path: filepath.Join(dir, SocketName), own: make(map[string]fs.FileInfo)}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("make the socket %s: %w", s.Path, err), s.Close())
		}
	}()
	if len(s.Path) > maxPath {
		return nil, fmt.Errorf("%w: it has %d bytes, and this system allows %d; set state_dir to a shorter path, or $RUNTIME_DIRECTORY to a short folder of its own",
			ErrTooLong, len(s.Path), maxPath)
	}
	places := []string{s.Path}
	link := filepath.Join(stateDir, SocketName)
	if runtimeDir != "" && filepath.Clean(runtimeDir) != filepath.Clean(stateDir) {
		places = append(places, link)
	}
	for _, place := range places {
		if err := vacant(ctx, place); err != nil {
			return nil, err
		}
	}
	err = inside(dir, func(private string) error {
		// Its path is shorter than that of the socket.
		if s.Listener, err = (&net.ListenConfig{}).Listen(ctx, "unix", filepath.Join(private, "s")); err != nil {
			return err
		}
		if l, ok := s.Listener.(*net.UnixListener); ok {
			l.SetUnlinkOnClose(false) // it will be elsewhere
		}
		return s.place(filepath.Join(private, "s"), s.Path)
	})
	if err != nil || len(places) == 1 {
		return s, err
	}
	target, err := filepath.Abs(s.Path)
	if err != nil {
		return s, err
	}
	return s, inside(stateDir, func(private string) error {
		if err := os.Symlink(target, filepath.Join(private, "l")); err != nil {
			return err
		}
		return s.place(filepath.Join(private, "l"), link)
	})
}

// inside makes a folder that only we may enter, hands its path to a function, and
// removes it.
func inside(dir string, do func(private string) error) error {
	private := filepath.Join(dir, ".s")
	if err := os.RemoveAll(private); err != nil { // a dead daemon may have left it
		return err
	}
	if err := os.Mkdir(private, 0o700); err != nil {
		return err
	}
	return errors.Join(do(private), os.RemoveAll(private))
}

// place moves what was made to where it belongs.
func (s *Socket) place(from, to string) error {
	info, err := os.Lstat(from)
	if err == nil && info.Mode()&fs.ModeSocket != 0 {
		err = os.Chmod(from, 0o600)
	}
	if err == nil {
		err = os.Rename(from, to)
	}
	if err == nil {
		s.own[to] = info
	}
	return err
}

// vacant says whether a socket may be put at a path: there is nothing, or what a dead
// daemon left behind.
func vacant(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&(fs.ModeSocket|fs.ModeSymlink) == 0:
		return errors.New("something else is there that is no socket; move it away")
	}
	c, err := dial(ctx, path)
	if err == nil {
		return errors.Join(ErrServed, c.Close())
	}
	if errors.Is(err, ErrNoDaemon) {
		return nil
	}
	return err
}

// Close ends the listener, and removes what is still ours.
func (s *Socket) Close() error {
	var errs []error
	if s.Listener != nil {
		if err := s.Listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for path, made := range s.own {
		if is, err := os.Lstat(path); err == nil && os.SameFile(is, made) {
			errs = append(errs, os.Remove(path))
		}
	}
	s.own = nil
	return errors.Join(errs...)
}

// dial connects to the socket at a path, or to which the link there leads. Its error
// is [ErrNoDaemon] where nobody answers.
func dial(ctx context.Context, path string) (net.Conn, error) {
	if target, err := os.Readlink(path); err == nil {
		path = target // its own path may be too long
	}
	if len(path) > maxPath {
		return nil, ErrNoDaemon // none can have been made
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return c, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTSOCK), errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%w: %w", ErrNoDaemon, err)
	}
	return nil, err
}
