package proof

import (
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// story is what happened, for people: of what the error names, where it names something.
func (w *world) story() string {
	text := fmt.Sprintf("deaths: %q\nerrors: %q\n", w.watch.crashes, w.watch.errors)
	about := func(name string) bool {
		return w.watch.err == nil || name == "" || !w.watch.named() || strings.Contains(w.watch.err.Error(), name)
	}
	for _, key := range w.watch.keys {
		op := w.watch.rows[key]
		if !about(op.Name) {
			continue
		}
		text += fmt.Sprintf("%s attempt %d of %s: %s\n", op, op.Attempt, op.Occasion, op.State)
		for _, s := range op.History {
			text += fmt.Sprintf("    %s %s %s\n", s.At.Format(time.DateTime), s.State, s.Note)
		}
	}
	for _, c := range w.server.Charges() {
		if !about(c.Domain) {
			continue
		}
		text += fmt.Sprintf("charge %s %s of %s by %s: %d (%s)\n", c.At.Format(time.DateTime), c.Kind, c.Domain, c.By, c.Cents, c.Reference)
	}
	for _, e := range w.watch.told {
		if e.Level == portfolio.LevelAlert && about(e.Subject) {
			text += fmt.Sprintf("alert %s %s\n", e.at.Format(time.DateTime), e.Text)
		}
	}
	return text
}
