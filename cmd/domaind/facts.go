package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/facts"
)

func newFacts(g *globals) *cobra.Command {
	var file string
	var q control.FactsQuery
	cmd := &cobra.Command{
		Use: "facts", Short: "Write down what a policy can see, for a review without secrets",
		Long: `facts writes what a policy can see into a file: domains, pushes, registrant changes,
watched names, what is known of prices and top-level domains, the money that is spent, and what
of the ledger stands in the way of purchases. It holds no token, and changes nothing. With
"plan --facts FILE" anybody can see what a policy would do, without network, tokens or state.

What lies beyond the policy's horizon is as the last sweep of the portfolio saw it; --all
reads all of it now.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var text bytes.Buffer
			err := g.ask(cmd.Context(), need{tokens: allTokens}, func(ctx context.Context, c *control.Client) error {
				text.Reset()
				return c.Facts(ctx, q, &text)
			})
			if err != nil {
				return err
			}
			f, err := facts.Read(text.Bytes())
			if err != nil {
				return fmt.Errorf("what was read makes no sense: %w", err)
			}
			if file == "-" {
				_, err = text.WriteTo(g.io.out)
			} else if err = writeWhole(file, text.Bytes()); err != nil {
				err = fmt.Errorf("write the facts: %w", err)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(g.io.err, "%s and %s; %s\n", plural(len(f.Domains), "domain"), plural(len(f.Prices), "price"), partly(f))
			if len(f.Problems) > 0 {
				return fmt.Errorf("the facts are not complete: %s", clean(strings.Join(f.Problems, "; ")))
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "-", "the `FILE` that is written, with mode 0600; - is the standard output")
	cmd.Flags().BoolVar(&q.All, "all", false, "read every domain now")
	cmd.Flags().BoolVar(&q.Prices, "prices", false, "ask for the price of every domain inside the horizon: one request for each that is not remembered")
	return cmd
}

// partly says of which accounts not all domains are known.
func partly(f *facts.Facts) string {
	var names []string
	for _, a := range f.Accounts {
		if a.Role != facts.RoleSource && a.Whole.IsZero() {
			names = append(names, a.Name)
		}
	}
	if len(names) == 0 {
		return "the whole portfolio"
	}
	return "of " + strings.Join(names, ", ") + " only what is near its end, since no sweep has come to its end yet (--all reads everything)"
}

// readFacts reads the facts in a file, or with "-" those on the standard input.
func (g *globals) readFacts(file string) (*facts.Facts, error) {
	in, name := g.io.in, "the standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the facts: %w", err)}
		}
		defer func() { _ = f.Close() }() // it was only read
		in, name = f, file
	}
	text, err := io.ReadAll(io.LimitReader(in, facts.Largest+1))
	if err != nil {
		return nil, usageError{fmt.Errorf("read the facts: %w", err)}
	}
	f, err := facts.Read(text)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", name, err)}
	}
	return f, nil
}
