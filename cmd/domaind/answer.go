package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"domaind/internal/control"
)

func newApprove(g *globals) *cobra.Command {
	return newAnswer(g, answerTo{
		use: "approve [OPERATION…]", short: "Let go what waits for an answer",
		long: `approve lets operations go that wait for an answer, because their rule's mode is "ask"
or they cost more than ask_above. "domaind status" shows them, and so does "domaind
ledger --state asked". They are named by their ids or domains; --rule answers all of a
rule, --all all that wait.

Each is looked at afresh first. What it showed must still stand: its expiration, its
state, and its price, which may have fallen; else it is asked anew. Every ceiling is
asked once more.`,
		reason: "why, for the ledger: a `TEXT`", tokens: allTokens, put: (*control.Client).Approve,
	})
}

func newDeny(g *globals) *cobra.Command {
	return newAnswer(g, answerTo{
		use: "deny [OPERATION…]", short: "Say no to what waits for an answer",
		long: `deny ends operations that wait for an answer. That is final for what they showed: they
are asked anew only once the expiration or the state is another, or the price is higher.
A domain that is not renewed because of it is warned of as ever.

They are named by their ids or domains; --rule denies all of a rule, --all all that wait.`,
		reason: "why, for the ledger and for whoever is warned: a `TEXT`", tokens: anyTokens, put: (*control.Client).Deny,
	})
}

// answerTo is a command that answers what waits.
type answerTo struct {
	use, short, long string
	reason           string // what the flag says
	tokens           tokenNeed
	put              func(*control.Client, context.Context, control.AnswerRequest) (control.Answered, error)
}

func newAnswer(g *globals, a answerTo) *cobra.Command {
	var asJSON bool
	var r control.AnswerRequest
	cmd := &cobra.Command{
		Use: a.use, Short: a.short, Long: a.long,
		Args: func(_ *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usageError{errors.New("got an empty argument: name an operation's id or a domain")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Ops = args
			ways := 0
			for _, said := range []bool{len(args) > 0, cmd.Flags().Changed("rule"), r.All} {
				if said {
					ways++
				}
			}
			if ways != 1 || cmd.Flags().Changed("rule") && r.Rule == "" {
				return usageError{errors.New("say which: ids or domains, or --rule NAME, or --all")}
			}
			var out control.Answered
			err := g.ask(cmd.Context(), need{changes: true, state: true, tokens: a.tokens}, func(ctx context.Context, c *control.Client) (err error) {
				out, err = a.put(c, ctx, r)
				return err
			})
			if err != nil {
				return err
			}
			return g.printAnswered(out, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&r.Rule, "rule", "", "all that the rule of this `NAME` has asked")
	cmd.Flags().BoolVar(&r.All, "all", false, "all that waits for an answer")
	cmd.Flags().StringVar(&r.Reason, "reason", "", a.reason)
	return cmd
}

// printAnswered writes what was settled; what could not be is the error.
func (g *globals) printAnswered(out control.Answered, asJSON bool) error {
	var err error
	switch {
	case asJSON:
		err = printJSON(g.io.out, out)
	case len(out.Settled) > 0:
		err = printLedger(g.io.out, styleOf(g.io.tty), out.Settled)
	case len(out.Problems) == 0:
		_, err = fmt.Fprintln(g.io.out, "nothing waits for an answer")
	}
	if err != nil {
		return err
	}
	if g.alone && slices.ContainsFunc(out.Settled, func(r control.Row) bool { return r.State.Open() }) {
		fmt.Fprintln(g.io.err, "no daemon runs here: the next one goes on with what has not ended")
	}
	if len(out.Problems) > 0 {
		problems := make([]string, len(out.Problems))
		for i, p := range out.Problems {
			problems[i] = clean(p)
		}
		return errors.New(strings.Join(problems, "\n"))
	}
	return nil
}
