package proof

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// discreet holds that an authorization code was written down nowhere: not in the files of
// the state, not in an event, not in what was logged, not in an error.
func (w *world) discreet() {
	if !strings.Contains(w.scene.portfolio, secretCode) {
		return
	}
	code := []byte(secretCode)
	for _, path := range []string{w.path, w.path + ".armed"} {
		file, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.watch.broken("%v", err)
		}
		if bytes.Contains(file, code) {
			w.watch.broken("the authorization code stands in %s", path)
		}
	}
	for _, m := range w.stream.messages {
		if bytes.Contains(m.body, code) || bytes.Contains(m.header, code) {
			w.watch.broken("the authorization code stands in event %s", m.id)
		}
	}
	for _, e := range w.watch.told {
		if strings.Contains(e.Text, secretCode) {
			w.watch.broken("the authorization code is told: %s", e.Text)
		}
	}
	for _, text := range w.watch.errors {
		if strings.Contains(text, secretCode) {
			w.watch.broken("the authorization code stands in an error: %s", text)
		}
	}
	if bytes.Contains(w.logged.Bytes(), code) {
		w.watch.broken("the authorization code was logged")
	}
	w.logged.Reset()
}

// logger keeps all that is logged where there is something that must not be.
func (w *world) logger() *slog.Logger {
	if !strings.Contains(w.scene.portfolio, secretCode) {
		return nil
	}
	return slog.New(slog.NewTextHandler(&w.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
