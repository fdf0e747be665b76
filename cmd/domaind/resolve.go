package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/executor"
)

func newResolve(g *globals) *cobra.Command {
	var asJSON, done, notBought, buyAgain bool
	var name, reason string
	cmd := &cobra.Command{
		Use: "resolve OPERATION", Short: "Say what became of an unknown operation",
		Long: `resolve ends an operation of which nobody knows whether it happened: its request
left, and no answer came. Look at DNSimple first: its activity, its invoices, the
domain's expiration. The operation is named by its id in "domaind ledger", or by its
domain.

  --done        it happened: the money counts as spent
  --not-bought  it did not happen: the money is free again, and the policy goes on later;
                what waits to be sent, and has not left, is withdrawn
  --buy-again   it did not happen, and is tried again now. If it did happen after all,
                it is paid for twice. The domain's name has to be typed, or given
                with --name`,
		Args: exactlyOne("an operation's id or a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r := control.ResolveRequest{Op: args[0], Name: name, Reason: reason}
			n := 0
			for how, chosen := range map[executor.Resolution]bool{
				executor.ResolveDone: done, executor.ResolveNotBought: notBought, executor.ResolveBuyAgain: buyAgain,
			} {
				if chosen {
					r.How = how
					n++
				}
			}
			switch {
			case n != 1:
				return usageError{errors.New("say one of --done, --not-bought and --buy-again")}
			case name != "" && !buyAgain:
				return usageError{errors.New("--name goes with --buy-again only")}
			case buyAgain && name == "" && !g.io.inTTY:
				return usageError{errors.New("--buy-again may pay for a domain twice: give its name with --name, or answer at a terminal")}
			}
			return g.resolve(cmd.Context(), r, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&done, "done", false, "it happened")
	cmd.Flags().BoolVar(&notBought, "not-bought", false, "it did not happen")
	cmd.Flags().BoolVar(&buyAgain, "buy-again", false, "it did not happen: buy it again now")
	cmd.Flags().StringVar(&name, "name", "", "with --buy-again: the `DOMAIN` that is bought again")
	cmd.Flags().StringVar(&reason, "reason", "", "how you know, for the ledger: a `TEXT`")
	return cmd
}

func (g *globals) resolve(ctx context.Context, r control.ResolveRequest, asJSON bool) error {
	tokens := anyTokens
	if r.How == executor.ResolveBuyAgain {
		tokens = allTokens
		if r.Name == "" {
			var err error
			if r.Name, err = g.confirm(ctx, r.Op); err != nil {
				return err
			}
		}
	}
	var row control.Row
	err := g.ask(ctx, need{changes: true, state: true, tokens: tokens}, func(ctx context.Context, c *control.Client) (err error) {
		row, err = c.Resolve(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(g.io.out, row)
	}
	return printLedger(g.io.out, styleOf(g.io.tty), []control.Row{row})
}

// confirm shows what is about to be bought again, and has its name typed. The state is
// not held meanwhile.
func (g *globals) confirm(ctx context.Context, op string) (string, error) {
	var rows []control.Row
	err := g.ask(ctx, need{state: true, within: soon}, func(ctx context.Context, c *control.Client) (err error) {
		rows, err = c.Rows(ctx, control.Query{Op: op})
		return err
	})
	if err != nil {
		return "", err
	}
	for _, row := range rows {
		if row.State.Open() && len(row.History) > 0 {
			last := row.History[len(row.History)-1]
			fmt.Fprintf(g.io.err, "%s %s (%s) for %s is %s since %s: %s\n", row.Kind, clean(row.Name), row.Op, row.Price, row.State,
				last.At.UTC().Format(time.DateTime), clean(last.Note))
		}
	}
	fmt.Fprint(g.io.err, "If it happened after all, it is paid for twice. To buy it again, type the domain's name: ")
	name, err := g.typed(ctx)
	if err == nil && name == "" {
		err = errors.New("no name was typed: nothing was done")
	}
	return name, err
}
