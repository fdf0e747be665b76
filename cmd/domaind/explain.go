package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"domaind/internal/control"
)

func newExplain(g *globals) *cobra.Command {
	var asJSON bool
	var q control.ExplainQuery
	cmd := &cobra.Command{
		Use: "explain NAME", Short: "Tell why something is done about a domain, or is not",
		Long: `explain tells how the policy comes to what it does about one resource: what it is, each
rule with what its conditions saw, holds first, then the guards that stand before anything
is done, with prices and ceilings, and the sentence that follows. Where nothing happens
now, it tells what happens next, and when. It changes nothing, neither at DNSimple nor here.

  domaind explain example.com        a domain, or a name that a rule watches
  domaind explain name example.com   the name that is watched, of a domain that is there too
  domaind explain push 17            a push that waits ("domaind pushes"); --push 17 is the same
  domaind explain change 101         a registrant change ("domaind changes"); or --change 101

With --at it is told as of a moment to come, with the domain as it is now: nothing is done
about it before, and the expiration is the same.`,
		Args: func(cmd *cobra.Command, args []string) error { return explained(cmd, args, &q) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			var e control.Explanation
			err := g.ask(cmd.Context(), need{tokens: allTokens}, func(ctx context.Context, c *control.Client) (err error) {
				e, err = c.Explain(ctx, q)
				return err
			})
			if err != nil {
				return err
			}
			g.fresh(e.Policy)
			if asJSON {
				return printJSON(g.io.out, e)
			}
			return printExplanation(g.io.out, styleOf(g.io.tty), e)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&q.Push, "push", "", "the push with this `ID`")
	cmd.Flags().StringVar(&q.Change, "change", "", "the registrant change with this `ID`")
	cmd.Flags().StringVar(&q.Account, "account", "", "in this `ACCOUNT`, by its name or id")
	cmd.Flags().StringVar(&q.At, "at", "", "as of a `MOMENT` to come: 2027-03-01, or 2027-03-01T12:00:00Z")
	return cmd
}

// explained reads what is to be explained from the arguments: a name, or what it is and
// its name or id.
func explained(cmd *cobra.Command, args []string, q *control.ExplainQuery) error {
	flags := 0
	for _, given := range []string{q.Push, q.Change} {
		if given != "" {
			flags++
		}
	}
	no := func(text string) error {
		return usageError{fmt.Errorf("%s; see \"%s --help\"", text, cmd.CommandPath())}
	}
	if slices.Contains(args, "") {
		return usageError{errors.New("an empty argument names nothing")}
	}
	switch {
	case flags+min(len(args), 1) > 1:
		return no("explain one thing: a name, a push or a change")
	case flags == 1:
		return nil
	case len(args) == 1:
		q.Name = args[0]
		return nil
	case len(args) == 2:
		switch args[0] {
		case "push":
			q.Push = args[1]
			return nil
		case "change":
			q.Change = args[1]
			return nil
		case "domain", "name":
			q.On, q.Name = args[0], args[1]
			return nil
		}
		return no(fmt.Sprintf("%q is nothing that can be explained; it is a domain, a name, a push or a change", args[0]))
	}
	return no("explain needs a name, or \"push\" or \"change\" and an id")
}
