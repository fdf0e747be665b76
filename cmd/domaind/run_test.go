package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"testing"

	"domaind/internal/control"
	"domaind/internal/state"
)

// TestFatalQuestion: what an operator asks for may meet an error after which nothing
// must go on. Then the daemon ends with it; any other is the operator's alone.
func TestFatalQuestion(t *testing.T) {
	for _, test := range []struct {
		err  error
		ends bool
	}{
		{fmt.Errorf("pause: %w", state.ErrCommit), true},
		{errors.New("it cannot be"), false},
	} {
		dir, err := os.MkdirTemp("", "d") //nolint:usetesting // the path of a socket must be short
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		socket, err := control.Listen(t.Context(), "", dir)
		if err != nil {
			t.Fatal(err)
		}
		d := &service{log: slog.New(slog.DiscardHandler), socket: socket}
		d.app = &app{handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			d.failed(test.err)
			http.Error(w, `{"error":"no"}`, http.StatusInternalServerError)
		})}
		over := errors.New("the work is over")
		got := d.serving(t.Context(), func(ctx context.Context) error {
			c, err := control.Dial(ctx, dir, control.Asker{})
			if err != nil {
				return err
			}
			if _, err := c.Pause(context.WithoutCancel(ctx), control.PauseRequest{}); err == nil {
				t.Error("it was paused")
			}
			if ended := ctx.Err() != nil; ended != test.ends {
				t.Errorf("%v: the work is ended: %v", test.err, ended)
			}
			return over
		})
		if errors.Is(got, test.err) != test.ends || !errors.Is(got, over) {
			t.Errorf("%v: it ended with %v", test.err, got)
		}
		if err := socket.Close(); err != nil {
			t.Error(err)
		}
	}
}
