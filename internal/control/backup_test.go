package control

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestBackup gives every byte, or an error: in process and over the socket alike.
func TestBackup(t *testing.T) {
	whole := fakeBackup{pieces: []string{"one ", strings.Repeat("x", 1<<20), " two"}}
	for name, client := range map[string]func(*testing.T, http.Handler) *Client{
		"in process": func(_ *testing.T, h http.Handler) *Client { return InProcess(h, alice) },
		"socket":     func(t *testing.T, h http.Handler) *Client { t.Helper(); return serveOn(t, h, alice) },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(fakeScanner{}, none)
			o.Backup, o.Now = whole, time.Now // the deadlines of a socket are those of the real clock
			var out strings.Builder
			n, err := client(t, New(o)).Backup(t.Context(), &out)
			if err != nil || out.String() != strings.Join(whole.pieces, "") || n != int64(out.Len()) {
				t.Errorf("%d bytes, %d there: %v", n, out.Len(), err)
			}

			// It fails before its first byte, or in the middle.
			o.Backup = fakeBackup{err: errBroken}
			if _, err := client(t, New(o)).Backup(t.Context(), io.Discard); err == nil || err.Error() != errBroken.Error() {
				t.Errorf("it says %v", err)
			}
			o.Backup = fakeBackup{pieces: whole.pieces, err: errBroken}
			if _, err := client(t, New(o)).Backup(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
				t.Errorf("half of it is taken for all: %v", err)
			}

			// Whoever wants it has no room for it.
			o.Backup = whole
			if _, err := client(t, New(o)).Backup(t.Context(), full{}); !errors.Is(err, errFull) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// TestInProcessEnds: when an answer was closed, the handler has ended, and a panic is
// an error with its place.
func TestInProcessEnds(t *testing.T) {
	var running atomic.Int32
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Add(-1)
		if r.URL.Path == "/v1/status" {
			panic("the machine is on fire")
		}
		for {
			if _, err := io.WriteString(w, "more "); err != nil || r.Context().Err() != nil {
				return
			}
		}
	})
	c := InProcess(h, alice)
	if _, err := c.Backup(t.Context(), full{}); !errors.Is(err, errFull) || running.Load() != 0 {
		t.Errorf("%v; it goes on: %d", err, running.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := c.Backup(ctx, writerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil })); err == nil && ctx.Err() == nil || running.Load() != 0 {
		t.Errorf("%v; it goes on: %d", err, running.Load())
	}
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "the machine is on fire") || !strings.Contains(err.Error(), "backup_test.go") || running.Load() != 0 {
		t.Errorf("%v; it goes on: %d", err, running.Load())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
