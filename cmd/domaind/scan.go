package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"domaind/internal/control"
)

func newScan(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "scan [NAME|JOB]", Short: "Look now, and do what the policy says",
		Long: `scan runs every job now but the portfolio sweep, which may take hours; with the name of
a job (domains, pushes, registrant_changes, names, portfolio) that job alone; with
another name that domain alone, read afresh in every account, or that name alone, where
a rule watches it. What the policy says is done, as it would be at the next tick of the
schedule. Ctrl-C ends it; a call under way is finished first, and a sweep goes on later
from where it was.`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			r := control.ScanRequest{Name: strings.Join(args, "")}
			var s control.Scan
			err := g.ask(cmd.Context(), need{changes: true, tokens: allTokens}, func(ctx context.Context, c *control.Client) (err error) {
				s, err = c.Scan(ctx, r)
				return err
			})
			if err != nil {
				return err
			}
			g.fresh(s.Policy)
			if asJSON {
				err = printJSON(g.io.out, s)
			} else {
				err = printScan(g.io.out, styleOf(g.io.tty), r.Name, s)
			}
			if err == nil && len(s.Problems) > 0 {
				return fmt.Errorf("the scan is not complete: %s", clean(strings.Join(s.Problems, "; ")))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// atMostOne refuses more than one argument, and an empty one.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%q takes one argument, and got %d; see \"%s --help\"", cmd.CommandPath(), len(args), cmd.CommandPath())}
	}
	return noEmpty(cmd, args)
}

// exactlyOne wants one argument.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{fmt.Errorf("%q needs %s; see \"%s --help\"", cmd.CommandPath(), what, cmd.CommandPath())}
		}
		return atMostOne(cmd, args)
	}
}

// noEmpty refuses an argument that is empty: a script's variable that is not set must
// not mean everything.
func noEmpty(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && strings.TrimSpace(args[0]) == "" {
		return usageError{fmt.Errorf("%q got an empty argument", cmd.CommandPath())}
	}
	return nil
}

// printScan writes what a scan found and did.
func printScan(w io.Writer, s style, name string, scan control.Scan) error {
	p := &page{w: w, s: s}
	if len(scan.Items) > 0 {
		if p.err = s.table(w, itemHeader(), itemRows(scan.Items, scan.At)); p.err == nil {
			p.line("")
		}
	}
	switch {
	case p.err != nil:
	case len(scan.Operations) > 0:
		p.err = printLedger(w, s, scan.Operations)
	case name == "":
		p.line("every job but the portfolio sweep ran; nothing new was begun")
	case scan.Job:
		p.line("the job ran; nothing new was begun")
	default:
		p.line("nothing new was begun")
	}
	return p.err
}
