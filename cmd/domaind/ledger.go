package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newLedger(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "ledger", Short: "Show what was done, and what is under way",
		Long: `ledger lists every operation: what it did or is doing, to what, at what price, on
whose behalf, and where it stands. It reads the state, and asks nobody.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var rows []control.Row
			err := g.ask(cmd.Context(), false, func(c *control.Client) (err error) {
				rows, err = c.Ledger(cmd.Context())
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(g.io.out, rows)
			}
			return printLedger(g.io.out, styleOf(g.io.tty), rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printLedger writes the ledger as a table.
func printLedger(w io.Writer, s style, rows []control.Row) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, "nothing was done yet")
		return err
	}
	cells := make([][]cell, 0, len(rows))
	for _, r := range rows {
		last := r.History[len(r.History)-1]
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
