package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// carryOut has a command carried out, watches it, and shows what became of it.
func (g *globals) carryOut(ctx context.Context, o hand, r control.PlaceRequest) error {
	row, left, err := g.placed(ctx, o.wait, r)
	if err != nil {
		return err
	}
	if o.json {
		err = printJSON(g.io.out, row)
	} else {
		err = printLedger(g.io.out, styleOf(g.io.tty), []control.Row{row})
	}
	return errors.Join(err, g.became(row, left))
}

// placed has a command carried out, and watches it. It says whether that was broken off.
func (g *globals) placed(ctx context.Context, wait time.Duration, r control.PlaceRequest) (row control.Row, left error, err error) {
	err = g.ask(ctx, need{changes: true, tokens: allTokens, follow: true, tells: true}, func(ctx context.Context, c *control.Client) error {
		err := g.patiently(ctx, "waiting for DNSimple …", func() (err error) {
			row, err = c.Place(ctx, r)
			return err
		})
		if err == nil {
			row, left = g.watch(ctx, c, row, wait)
		}
		return err
	})
	return row, left, err
}

// tooLate is how DNSimple refuses the renewal of what is out of grace, or renewed already.
const tooLate = "may not be renewed at this time"

// became is the error of what has not become what was wanted. What DNSimple has taken
// on is no error, although it may take days.
func (g *globals) became(row control.Row, left error) error {
	what, note := rowTitle(row), lastNote(row)
	goesOn := "the daemon goes on with it"
	if g.alone {
		goesOn = "a daemon goes on with it once one runs"
	}
	if row.Name != "" {
		goesOn += fmt.Sprintf(" (\"domaind ledger --name %s\")", row.Name)
	}
	switch {
	case row.State == portfolio.StateDone:
		return nil
	case row.State == portfolio.StateFailed && row.Kind == portfolio.OpRenew && strings.Contains(note, tooLate):
		return fmt.Errorf("%s failed: %s; where it is in redemption, \"domaind restore %s\" has it back", what, note, row.Name)
	case row.State == portfolio.StateFailed:
		return fmt.Errorf("%s failed: %s", what, note)
	case left != nil:
		return fmt.Errorf("%w: %s is %s; %s", left, what, row.State, goesOn)
	case row.State == portfolio.StatePending:
		fmt.Fprintf(g.io.err, "DNSimple works on it; %s\n", goesOn)
		return nil
	case row.State == portfolio.StateUnknown:
		return fmt.Errorf("nobody knows yet whether it happened: %s; %s, and \"domaind resolve %s\" ends it", note, goesOn, row.Op)
	}
	switch {
	case row.WithCode && g.alone:
		return fmt.Errorf("%s has not left: %s; its code is kept nowhere, so it ends: transfer it again", what, note)
	case row.Sent > 0 && !row.Kind.Once():
		return fmt.Errorf("%s: nobody knows yet whether it was done: %s; %s", what, note, goesOn)
	}
	return fmt.Errorf("%s has not left yet: %s; %s, and \"domaind resolve %s --not-bought\" withdraws it", what, note, goesOn, row.Op)
}

func rowTitle(row control.Row) string {
	if row.Name == "" {
		return fmt.Sprintf("%s %d (%s)", row.Kind, row.ID, row.Op)
	}
	return fmt.Sprintf("%s %s (%s)", row.Kind, clean(row.Name), row.Op)
}

// The distances at which an operation is looked at while somebody waits for it.
const (
	firstLook = 100 * time.Millisecond
	lastLook  = 2 * time.Second
)

// progress tells a person at a terminal what happens meanwhile. A script reads what
// became of it.
func (g *globals) progress(format string, args ...any) {
	if g.io.errTTY {
		fmt.Fprintf(g.io.err, format+"\n", args...)
	}
}

// lastNote is what happened last.
func lastNote(row control.Row) string {
	if len(row.History) == 0 {
		return ""
	}
	return clean(row.History[len(row.History)-1].Note)
}

// watch follows an operation until it has ended, or as long as somebody wants to wait,
// and tells a person what happens. It says too why it ended before.
func (g *globals) watch(ctx context.Context, c *control.Client, row control.Row, wait time.Duration) (control.Row, error) {
	clock := wall{}
	until := clock.Now().Add(wait)
	if row.State.Open() && wait > 0 {
		g.progress("%s: %s; Ctrl-C ends the watching, and not the work", row.State, lastNote(row))
	}
	for nap := firstLook; row.State.Open(); nap = min(2*nap, lastLook) {
		left := until.Sub(clock.Now())
		if left <= 0 {
			return row, nil
		}
		if clock.Sleep(ctx, min(nap, left)) != nil {
			return row, errors.New("interrupted")
		}
		next, err := c.Operation(ctx, row.Op)
		if err != nil {
			if ctx.Err() != nil {
				err = errors.New("interrupted")
			}
			return row, err
		}
		for _, step := range next.History[min(len(row.History), len(next.History)):] {
			g.progress("%s %s: %s", step.At.Format(time.TimeOnly), step.State, clean(step.Note))
		}
		row = next
	}
	return row, nil
}
