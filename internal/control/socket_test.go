package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// folder is a temporary folder with a short path, as a socket needs one.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s") //nolint:usetesting // the path of t.TempDir has the test's name in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func listen(t *testing.T, runtimeDir, stateDir string) *Socket {
	t.Helper()
	s, err := Listen(t.Context(), runtimeDir, stateDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// serveOn serves a handler on a socket, and gives a client of it.
func serveOn(t *testing.T, h http.Handler, who Asker) *Client {
	t.Helper()
	dir := folder(t)
	s := listen(t, "", dir)
	server := Serve(context.WithoutCancel(t.Context()), s, h, slog.New(slog.DiscardHandler))
	t.Cleanup(func() {
		if err := server.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	c, err := Dial(t.Context(), dir, who)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func left(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// TestSocket is made with mode 0600 where it belongs, found by the state's folder, and
// gone at the end.
func TestSocket(t *testing.T) {
	stateDir, runtimeDir := folder(t), folder(t)
	for _, in := range []string{"", stateDir, runtimeDir} {
		s, err := Listen(t.Context(), in, stateDir)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(s.Path)
		if err != nil || info.Mode() != fs.ModeSocket|0o600 {
			t.Errorf("%s has mode %s: %v", s.Path, info.Mode(), err)
		}
		if got := left(t, stateDir); got != SocketName {
			t.Errorf("the state's folder has %s", got)
		}
		if _, err := Dial(t.Context(), stateDir, alice); err != nil {
			t.Error(err)
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		if got := left(t, stateDir) + left(t, runtimeDir); got != "" {
			t.Errorf("it leaves %s behind", got)
		}
		if _, err := Dial(t.Context(), stateDir, alice); !errors.Is(err, ErrNoDaemon) {
			t.Errorf("nobody is there: %v", err)
		}
	}
	// What somebody else has put there meanwhile stays.
	s := listen(t, "", stateDir)
	if err := errors.Join(os.WriteFile(s.Path+".new", nil, 0o600), os.Rename(s.Path+".new", s.Path), s.Close()); err != nil || left(t, stateDir) != SocketName {
		t.Errorf("it leaves %q: %v", left(t, stateDir), err)
	}
	if _, err := Dial(t.Context(), filepath.Join(stateDir, "nowhere"), alice); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("there is no state: %v", err)
	}
}

// TestSocketIsNeverPublic: it comes into being where only we may enter, whatever the
// umask says, and is moved once its mode is right.
func TestSocketIsNeverPublic(t *testing.T) {
	dir := folder(t)
	err := inside(dir, func(private string) error {
		info, err := os.Stat(private)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("%s has mode %s: %w", private, info.Mode(), err)
		}
		return os.WriteFile(filepath.Join(private, "x"), nil, 0o600)
	})
	if err != nil || left(t, dir) != "" {
		t.Errorf("%v; it leaves %q", err, left(t, dir))
	}
	if err := inside(dir, func(string) error { return errBroken }); !errors.Is(err, errBroken) || left(t, dir) != "" {
		t.Errorf("%v; it leaves %q", err, left(t, dir))
	}
}

// TestDeadSocket: what a daemon left behind that died is replaced; what lives, and what
// is no socket, is not.
func TestDeadSocket(t *testing.T) {
	stateDir, runtimeDir := folder(t), folder(t)
	dead := func(dir string) {
		l, err := net.Listen("unix", filepath.Join(dir, SocketName))
		if err != nil {
			t.Fatal(err)
		}
		if u, ok := l.(*net.UnixListener); ok {
			u.SetUnlinkOnClose(false)
		}
		l.Close()
	}
	dead(stateDir)
	dead(runtimeDir)
	if err := os.Mkdir(filepath.Join(runtimeDir, ".s"), 0o700); err != nil {
		t.Fatal(err)
	}
	dead(filepath.Join(runtimeDir, ".s")) // it died while it made one
	if _, err := Dial(t.Context(), stateDir, alice); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("it is dead: %v", err)
	}
	s := listen(t, runtimeDir, stateDir)
	if _, err := Dial(t.Context(), stateDir, alice); err != nil {
		t.Error(err)
	}
	if target, err := os.Readlink(filepath.Join(stateDir, SocketName)); err != nil || target != s.Path {
		t.Errorf("the state's folder leads to %s: %v", target, err)
	}

	// The same runtime folder, another state.
	other := folder(t)
	if _, err := Listen(t.Context(), runtimeDir, other); !errors.Is(err, ErrServed) || left(t, other) != "" {
		t.Errorf("it is served: %v", err)
	}
	if _, err := Dial(t.Context(), stateDir, alice); err != nil {
		t.Errorf("it was disturbed: %v", err)
	}

	// A link that leads nowhere is what a daemon leaves that died elsewhere.
	if err := os.Symlink("/nowhere/at/all.sock", filepath.Join(other, SocketName)); err != nil {
		t.Fatal(err)
	}
	listen(t, "", other)

	foreign := folder(t)
	if err := os.WriteFile(filepath.Join(foreign, SocketName), []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), "", foreign); err == nil || !strings.Contains(err.Error(), "no socket; move it away") {
		t.Errorf("a letter: %v", err)
	}
	if left(t, foreign) != SocketName {
		t.Error("the letter is gone")
	}
	if _, err := Dial(t.Context(), foreign, alice); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("a letter answers: %v", err)
	}
}

// TestLongPath: a path that no socket can have is an error that helps; a client finds
// nobody there.
func TestLongPath(t *testing.T) {
	dir := filepath.Join(folder(t), strings.Repeat("x", 100))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Listen(t.Context(), "", dir)
	if !errors.Is(err, ErrTooLong) || !strings.Contains(err.Error(), "set state_dir to a shorter path, or $RUNTIME_DIRECTORY") || left(t, dir) != "" {
		t.Errorf("it says %v", err)
	}
	if _, err := Dial(t.Context(), dir, alice); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("somebody answers: %v", err)
	}
	// The longest that there can be.
	base := folder(t)
	longest := filepath.Join(base, strings.Repeat("x", maxPath-len(base)-len(SocketName)-2))
	if err := os.Mkdir(longest, 0o700); err != nil {
		t.Fatal(err)
	}
	if s := listen(t, "", longest); len(s.Path) != maxPath {
		t.Errorf("it has %d bytes of %d", len(s.Path), maxPath)
	}
	// A state in a folder with a long path is reached through the link to a short one.
	short := folder(t)
	listen(t, short, dir)
	if _, err := Dial(t.Context(), dir, alice); err != nil {
		t.Errorf("the link leads nowhere: %v", err)
	}
}

// TestWho: the kernel says who asks, whatever the client claims.
func TestWho(t *testing.T) {
	o := options(fakeScanner{}, none)
	c := serveOn(t, New(o), Asker{User: "mallory", Sudo: "alice"})
	if _, err := c.Pause(t.Context(), PauseRequest{Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	want := "mallory"
	if runtime.GOOS == "linux" {
		want = UserNamed(os.Getuid())
	}
	if got := memory(o).pauses[0].By; got != "operator "+want+" (sudo alice)" {
		t.Errorf("it was %s", got)
	}
	if got := UserNamed(4_000_000_000 / 7); !strings.HasPrefix(got, "uid 5") {
		t.Errorf("nobody is %s", got)
	}
	for who, want := range map[Asker]string{
		{}: "operator unknown", {User: "alice"}: "operator alice", {User: "alice", Sudo: "alice"}: "operator alice", {User: "root", Sudo: "alice"}: "operator root (sudo alice)",
	} {
		if who.String() != want {
			t.Errorf("%+v is %s", who, who)
		}
	}
	for _, name := range []string{"a\nb", "a b", "<b>", strings.Repeat("x", 65)} {
		if word(name) != "" {
			t.Errorf("%q is a name", name)
		}
	}
}

// TestBounds: a question is read up to its bounds, and no further.
func TestBounds(t *testing.T) {
	dir := folder(t)
	s := listen(t, "", dir)
	server := Serve(t.Context(), s, New(options(fakeScanner{}, none)), slog.New(slog.DiscardHandler))
	defer func() {
		if err := server.Shutdown(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	for name, test := range map[string]struct {
		head string
		body io.Reader
		want string
	}{
		"header": {"GET /v1/status HTTP/1.1\r\nHost: domaind\r\nX: " + strings.Repeat("x", 2*maxHeaders) + "\r\n\r\n", nil, "431"},
		"body":   {"POST /v1/pause HTTP/1.1\r\nHost: domaind\r\nContent-Length: 1000000000\r\n\r\n", strings.NewReader(strings.Repeat(" ", 10*maxBody)), "400"},
		"words":  {"hello\r\n\r\n", nil, "400"},
	} {
		c, err := dial(t.Context(), s.Path)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.WriteString(c, test.head)
			if test.body != nil {
				_, _ = io.Copy(c, test.body)
			}
		}()
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.Contains(line, test.want) {
			t.Errorf("%s: %q, %v", name, line, err)
		}
		c.Close()
	}
}

// TestShutdown waits for the question under way, and ends it where it does not end;
// with the daemon's context every question ends.
func TestShutdown(t *testing.T) {
	asked := make(chan struct{})
	release := make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		select {
		case <-release:
			_ = json.NewEncoder(w).Encode([]Row{{Name: "late"}})
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		}
	})
	for _, ends := range []bool{false, true} {
		asked, release = make(chan struct{}), make(chan struct{})
		dir := folder(t)
		s := listen(t, "", dir)
		ctx, end := context.WithCancel(t.Context())
		server := Serve(ctx, s, h, slog.New(slog.DiscardHandler))
		c, err := Dial(t.Context(), dir, alice)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 1)
		go func() {
			rows, err := c.Ledger(context.WithoutCancel(ctx))
			if err != nil {
				got <- err.Error()
				return
			}
			got <- rows[0].Name
		}()
		<-asked
		down := make(chan error, 1)
		go func() { down <- server.Shutdown(context.WithoutCancel(ctx)) }()
		want := "late"
		if ends {
			want = "418"
			end()
		} else {
			close(release)
		}
		if err := <-down; err != nil {
			t.Error(err)
		}
		if text := <-got; !strings.Contains(text, want) {
			t.Errorf("the question was answered with %q", text)
		}
		end()
	}
	// One that does not end is cut off.
	asked = make(chan struct{})
	forever := make(chan struct{})
	stubborn := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(asked); <-forever })
	dir := folder(t)
	s := listen(t, "", dir)
	server := Serve(t.Context(), s, stubborn, slog.New(slog.DiscardHandler))
	c, err := Dial(t.Context(), dir, alice)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() { _, err := c.Ledger(t.Context()); got <- err }()
	<-asked
	bound, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := server.Shutdown(bound); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it is over: %v", err)
	}
	if err := <-got; err == nil {
		t.Error("it was answered")
	}
	close(forever)
}
