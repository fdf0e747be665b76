package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newApply(g *globals) *cobra.Command {
	var asJSON, yes bool
	cmd := &cobra.Command{
		Use: "apply FILE", Short: "Carry out a plan that was looked at",
		Long: `apply carries out exactly the plan that "domaind plan -o FILE" wrote, whatever the
mode is: each item that says act, would-act or ask. Each is looked at afresh, and is
refused where its expiration or its state moved, where it costs more, where the
policy wants something else, or where it is under way or done. What became cheaper
goes through. The whole plan is refused where the policy changed since it was made,
and after a week. FILE may be -, the standard input: that goes with --yes.`,
		Example: "  domaind plan -o plan.json\n  domaind apply plan.json",
		Args:    exactlyOne("a file with a plan"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.apply(cmd.Context(), args[0], yes, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask: for scripts")
	return cmd
}

func (g *globals) apply(ctx context.Context, file string, yes, asJSON bool) error {
	plan, err := g.readPlan(file)
	if err != nil {
		return err
	}
	s := styleOf(g.io.errTTY)
	n, price := toApply(plan)
	fmt.Fprint(g.io.err, applyText(s, plan))
	if n == 0 {
		fmt.Fprintln(g.io.err, "there is nothing to be done")
		if asJSON {
			return printJSON(g.io.out, control.Applied{At: plan.At, Policy: plan.Policy, Plan: plan.At, Items: []control.AppliedItem{}, Counts: map[control.Outcome]int{}})
		}
		return nil
	}
	if !yes {
		if !g.io.inTTY || file == "-" {
			return usageError{errors.New("nothing was done: say --yes, or answer at a terminal")}
		}
		ok, err := g.question(ctx, fmt.Sprintf("Do all of it, and spend %s? [y/N] ", price), false)
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was done")
		}
	}
	var done control.Applied
	err = g.ask(ctx, need{changes: true, tokens: allTokens, follow: true}, func(ctx context.Context, c *control.Client) (err error) {
		done, err = c.Apply(ctx, plan)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(g.io.out, done)
	} else {
		err = printApplied(g.io.out, styleOf(g.io.tty), done)
	}
	if bad := done.Counts[control.OutcomeRefused] + done.Counts[control.OutcomeFailed]; err == nil && bad > 0 {
		err = fmt.Errorf("%d of %s refused, or failed", bad, plural(len(done.Items), "item"))
	}
	return err
}

// toApply is how many items are to be carried out, and what they cost.
func toApply(plan control.Plan) (n int, price portfolio.Money) {
	for i := range plan.Items {
		if it := &plan.Items[i]; it.Applicable() {
			n++
			if it.Price != nil {
				price += *it.Price
			}
		}
	}
	return n, price
}

// applyText is what is to be done, before anybody agrees to it.
func applyText(s style, plan control.Plan) string {
	type sum struct {
		name  string
		items int
		price portfolio.Money
	}
	accounts, does := make(map[int64]*sum), make(map[portfolio.Action]int)
	for i := range plan.Items {
		it := &plan.Items[i]
		if !it.Applicable() {
			continue
		}
		does[it.Do]++
		a := accounts[it.Account]
		if a == nil {
			a = &sum{name: it.AccountName}
			accounts[it.Account] = a
		}
		if a.items++; it.Price != nil {
			a.price += *it.Price
		}
	}
	n, price := toApply(plan)
	var b strings.Builder
	fmt.Fprintf(&b, "a plan of %s, by policy %s: %s for %s\n", plan.At.UTC().Format("2006-01-02 15:04 UTC"), clean(plan.Policy), s.paint(bold, plural(n, "item")), s.paint(bold, price.String()))
	for _, do := range slices.Sorted(maps.Keys(does)) {
		fmt.Fprintf(&b, "  %s: %d\n", do, does[do])
	}
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		a := accounts[id]
		fmt.Fprintf(&b, "  in %s (%d): %s for %s\n", clean(a.name), id, plural(a.items, "item"), a.price)
	}
	if len(plan.Problems) > 0 {
		fmt.Fprintf(&b, "  it was not complete when it was made: %s\n", clean(strings.Join(plan.Problems, "; ")))
	}
	return b.String()
}

func outcomeColour(o control.Outcome) string {
	switch o {
	case control.OutcomeDone:
		return green
	case control.OutcomePending:
		return cyan
	}
	return red
}

// printApplied writes what became of each item.
func printApplied(w io.Writer, s style, done control.Applied) error {
	rows := make([][]cell, 0, len(done.Items))
	for _, it := range done.Items {
		price := ""
		if it.Price != nil {
			price = it.Price.String()
		}
		expires := ""
		if it.ExpiresAt != nil {
			expires = it.ExpiresAt.Format(time.DateOnly)
		}
		rows = append(rows, []cell{
			{text: it.AccountName, colour: dim},
			{text: itemName(control.Item{On: it.On, ID: it.ID, Name: it.Name, Unicode: it.Unicode}), colour: bold},
			{text: expires},
			{text: string(it.Do)},
			{text: string(it.Outcome), colour: outcomeColour(it.Outcome)},
			{text: price, right: true},
			{text: it.Op, colour: dim},
			{text: clean(it.Reason)},
		})
	}
	if err := s.table(w, []string{"ACCOUNT", "NAME", "EXPIRES", "DO", "OUTCOME", "PRICE", "OP", "WHY"}, rows); err != nil {
		return err
	}
	var parts []string
	for _, o := range []control.Outcome{control.OutcomeDone, control.OutcomePending, control.OutcomeFailed, control.OutcomeRefused} {
		if n := done.Counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s.paint(outcomeColour(o), string(o))))
		}
	}
	_, err := fmt.Fprintf(w, "\n%s; %s in all\n", strings.Join(parts, ", "), done.Price)
	return err
}
