package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newPlan(g *globals) *cobra.Command {
	var asJSON, all bool
	var offline offline
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what the policy would do now, why, and at what price",
		Long: `plan reads domains up to the policy's horizon, pushes and registrant changes, and
shows what would be done about each, why, and at what price. It changes nothing,
neither at DNSimple nor here. A daemon that runs is asked; where none runs, the plan
is made here.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var plan control.Plan
			err := offline.asker(g)(cmd.Context(), need{tokens: allTokens}, func(ctx context.Context, c *control.Client) (err error) {
				plan, err = c.Plan(ctx, all)
				return err
			})
			if err != nil {
				return err
			}
			g.fresh(plan.Policy)
			if offline.old != "" {
				err = offline.diff(cmd.Context(), g, asJSON)
			} else if asJSON {
				err = printJSON(g.io.out, plan)
			} else {
				err = printPlan(g.io.out, styleOf(g.io.tty), plan)
			}
			if err == nil && len(plan.Problems) > 0 {
				// What could be read was shown; whoever calls us must not take it for all.
				return fmt.Errorf("the plan is not complete: %s", strings.Join(plan.Problems, "; "))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&all, "all", false, "also what lies beyond the horizon, as far as it was read")
	offline.flags(cmd)
	return cmd
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printPlan writes a plan as a table, and what it would cost.
func printPlan(w io.Writer, s style, p control.Plan) error {
	rows := itemRows(p.Items)
	if len(rows) > 0 {
		if err := s.table(w, itemHeader(), rows); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	counts := make(map[portfolio.Verdict]int)
	for _, it := range p.Items {
		counts[it.Verdict]++
	}
	var parts []string
	for _, v := range []portfolio.Verdict{
		portfolio.VerdictAct, portfolio.VerdictWouldAct, portfolio.VerdictAsk, portfolio.VerdictWait, portfolio.VerdictBlocked,
		portfolio.VerdictUncovered, portfolio.VerdictHold, portfolio.VerdictLetLapse, portfolio.VerdictNone,
	} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], s.paint(verdictColour(v), string(v))))
		}
	}
	switch {
	case len(parts) == 0 && len(p.Problems) > 0:
		parts = []string{"nothing was read"}
	case len(parts) == 0:
		parts = []string{"nothing inside the horizon"}
	}
	if _, err := fmt.Fprintf(w, "%s; %s in all (mode %s, policy %s)\n", strings.Join(parts, ", "), p.Totals.Price, p.Mode, p.Policy); err != nil {
		return err
	}
	for _, problem := range p.Problems {
		if _, err := fmt.Fprintf(w, "%s %s\n", s.paint(red, "could not be read:"), clean(problem)); err != nil {
			return err
		}
	}
	return nil
}

func itemName(it control.Item) string {
	switch {
	case it.On == portfolio.KindPush && it.Name == "":
		return fmt.Sprintf("push %d", it.ID)
	case it.On == portfolio.KindPush:
		return fmt.Sprintf("%s (push %d)", clean(it.Name), it.ID)
	case it.On == portfolio.KindRegistrantChange:
		return fmt.Sprintf("%s (change %d)", clean(it.Name), it.ID)
	case it.Unicode != "":
		return clean(it.Unicode)
	}
	return clean(it.Name)
}

func itemHeader() []string {
	return []string{"ACCOUNT", "NAME", "EXPIRES", "VERDICT", "DO", "PRICE", "WHY"}
}

// itemRows are decisions as rows of a table.
func itemRows(items []control.Item) [][]cell {
	rows := make([][]cell, 0, len(items))
	for _, it := range items {
		expires, price := "", ""
		if it.ExpiresAt != nil {
			expires = it.ExpiresAt.Format(time.DateOnly)
		}
		if it.Price != nil {
			price = it.Price.String()
		}
		why := clean(it.Reason)
		if it.Rule != "" {
			why = it.Rule + ": " + why
		}
		for _, t := range it.Trials {
			if !strings.HasPrefix(t, it.Rule+" (") { // it is the verdict
				why += "; " + clean(t)
			}
		}
		for _, a := range it.Alerts {
			if it.On == portfolio.KindDomain && a.Rule == "" {
				why += "; " + clean(a.Text)
			}
		}
		rows = append(rows, []cell{
			{text: it.AccountName, colour: dim},
			{text: itemName(it), colour: bold},
			{text: expires},
			{text: string(it.Verdict), colour: verdictColour(it.Verdict)},
			{text: string(it.Do)},
			{text: price, right: true},
			{text: why},
		})
	}
	return rows
}
