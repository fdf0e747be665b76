package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newLedger(g *globals) *cobra.Command {
	var (
		asJSON bool
		q      control.Query
		states []string
		since  string
	)
	cmd := &cobra.Command{
		Use: "ledger", Short: "Show what was done, and what is under way",
		Long: `ledger lists every operation: what it did or is doing, to what, at what price, on
whose behalf, and where it stands. It asks the daemon, or reads the state where none
runs, and asks DNSimple nothing.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if q.Since, err = parseMoment(since, wall{}.Now()); err != nil {
				return usageError{fmt.Errorf("--since: %w", err)}
			}
			for _, text := range states {
				q.States = append(q.States, portfolio.OperationState(text))
			}
			var rows []control.Row
			err = g.ask(cmd.Context(), need{within: soon}, func(ctx context.Context, c *control.Client) (err error) {
				rows, err = c.Rows(ctx, q)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(g.io.out, rows)
			}
			if len(rows) == 0 && (q.Attention || q.Name != "" || !q.Since.IsZero() || len(q.States) > 0) {
				_, err := fmt.Fprintln(g.io.out, "nothing is like that")
				return err
			}
			return printLedger(g.io.out, styleOf(g.io.tty), rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&q.Attention, "attention", false, "only what a person should look at")
	cmd.Flags().StringSliceVar(&states, "state", nil, "only what is in this `STATE`: asked, reserved, armed, pending, unknown, done, failed; may be repeated")
	cmd.Flags().StringVar(&q.Name, "name", "", "only what is about this `DOMAIN`; * and ? stand for anything")
	cmd.Flags().StringVar(&since, "since", "", "only what has changed since a `MOMENT`: 2026-03-01, 2026-03-01T12:00:00Z (UTC), or 36h, 7d, 2w ago")
	return cmd
}

// parseMoment reads a moment as people write it: a day or a moment in UTC, or how long ago.
func parseMoment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.DateTime, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	number, unit := text[:len(text)-1], map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[text[len(text)-1]]
	if n, err := strconv.Atoi(number); err == nil && unit > 0 && n >= 0 && n < 100_000 {
		return now.Add(-time.Duration(n) * unit), nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%q is no moment; write 2026-03-01, 2026-03-01T12:00:00Z, or how long ago: 36h, 7d", text)
}

// printLedger writes the ledger as a table.
func printLedger(w io.Writer, s style, rows []control.Row) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "nothing was done yet")
		return err
	}
	cells := make([][]cell, 0, len(rows))
	for _, r := range rows {
		last := portfolio.Step{At: r.CreatedAt}
		if len(r.History) > 0 {
			last = r.History[len(r.History)-1]
		}
		name, price := clean(r.Name), ""
		if name == "" {
			name = fmt.Sprint(r.ID)
		}
		if r.Kind.Purchase() {
			price = r.Price.String()
		}
		state := cell{text: string(r.State), colour: stateColour(r.State)}
		if r.Attention {
			state.text += " !"
		}
		cells = append(cells, []cell{
			{text: r.Op, colour: dim},
			{text: last.At.Format(time.DateTime), colour: dim},
			{text: string(r.Kind)},
			{text: name, colour: bold},
			state,
			{text: price, right: true},
			{text: fmt.Sprint(r.Sent), right: true},
			{text: clean(last.Note + " [" + r.By + "]")},
		})
	}
	return s.table(w, []string{"OP", "LAST CHANGE", "KIND", "NAME", "STATE", "PRICE", "SENT", "WHAT HAPPENED LAST"}, cells)
}

// spentOn sums the price of the purchases that were made.
func spentOn(rows []control.Row) (n int, sum portfolio.Money) {
	for _, r := range rows {
		if r.Kind.Purchase() && r.State == portfolio.StateDone {
			n++
			sum += r.Price
		}
	}
	return n, sum
}
