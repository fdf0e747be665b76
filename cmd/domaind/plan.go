package main

import (
	"context"
	"encoding/json"
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

func newPlan(g *globals) *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what the policy would do now, why, and at what price",
		Long: `plan reads domains up to the policy's horizon, pushes and registrant changes, and
shows what would be done about each, why, and at what price. It changes nothing,
neither at DNSimple nor here. A daemon that runs is asked; where none runs, the plan
is made here.

With -o it is written to a file, for "domaind apply". With --fail-on it ends with 3
where an item has one of the verdicts that are named; a plan that is not complete
ends with 1, whatever else. With --until it is a forecast.`,
		Example: `  domaind plan
  domaind plan --fail-on blocked,uncovered
  domaind plan -o plan.json && domaind apply plan.json
  domaind plan --until 12mo`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if f.until != "" {
				return g.forecast(cmd.Context(), f)
			}
			return g.plan(cmd.Context(), f)
		},
	}
	f.add(cmd)
	return cmd
}

// planFlags are the flags of plan.
type planFlags struct {
	json, markdown, all bool
	out                 string   // a file; "-" is the standard output, "" none
	failOn              []string // verdicts
	until               string   // a distance
	offline             offline
}

func (f *planFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&f.markdown, "markdown", false, "print Markdown, for a pull request")
	cmd.Flags().BoolVar(&f.all, "all", false, "also what lies beyond the horizon, as far as it was read or a sweep has seen it")
	cmd.Flags().StringVarP(&f.out, "output", "o", "", "write the plan to a `FILE`, for \"domaind apply\"; - is the standard output")
	cmd.Flags().StringSliceVar(&f.failOn, "fail-on", nil, "end with 3 where an item has one of these `VERDICTS`, as in blocked,uncovered")
	cmd.Flags().StringVar(&f.until, "until", "", "forecast what is spent until then, month by month: a `DISTANCE` as in 12mo, 90d, 1y")
	f.offline.flags(cmd)
}

func (f *planFlags) check() error {
	wrong := func(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
	for _, word := range f.failOn {
		if !slices.Contains(control.Verdicts(), portfolio.Verdict(word)) {
			return wrong("--fail-on: there is no verdict %q; there is %s", word, verdictWords(control.Verdicts()))
		}
	}
	switch {
	case f.json && f.markdown:
		return wrong("--json and --markdown are two ways to print it: choose one")
	case f.out == "-" && f.markdown:
		return wrong("-o - and --markdown both write to the standard output: choose one")
	case f.until != "" && (f.out != "" || f.all || len(f.failOn) > 0):
		return wrong("--until is a forecast: it goes with --json and --markdown alone")
	}
	return f.offline.check(f)
}

func verdictWords(all []portfolio.Verdict) string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

// plan makes a plan, writes it where it is wanted, and says by its error whether it is
// complete, and as it should be.
func (g *globals) plan(ctx context.Context, f planFlags) error {
	var plan control.Plan
	err := f.offline.ask(ctx, g, func(ctx context.Context, c *control.Client) (err error) {
		plan, err = c.Plan(ctx, f.all)
		return err
	})
	if err != nil {
		return err
	}
	g.fresh(plan.Policy)
	switch {
	case f.offline.old != "":
		err = f.offline.diff(ctx, g, f)
	case f.json || f.out == "-":
		err = printJSON(g.io.out, plan)
	case f.markdown:
		_, err = io.WriteString(g.io.out, planMarkdown(plan))
	default:
		err = printPlan(g.io.out, styleOf(g.io.tty), plan)
	}
	if err == nil && f.out != "" && f.out != "-" {
		err = g.keepPlan(f.out, plan)
	}
	if err != nil {
		return err
	}
	return verdictOn(plan, f.failOn)
}

// verdictOn is the error of a plan that is not complete, or has items that it is to fail
// on. Whoever calls us must not take for all what is not: that comes first.
func verdictOn(plan control.Plan, failOn []string) error {
	var bad []string
	for _, v := range control.Verdicts() {
		if n := plan.Summary.Verdicts[v].Items; n > 0 && slices.Contains(failOn, string(v)) {
			bad = append(bad, fmt.Sprintf("%d %s", n, v))
		}
	}
	switch found := strings.Join(bad, ", "); {
	case len(plan.Problems) > 0 && len(bad) > 0:
		return fmt.Errorf("the plan is not complete, which counts more than what --fail-on found (%s): %s", found, clean(strings.Join(plan.Problems, "; ")))
	case len(plan.Problems) > 0:
		return fmt.Errorf("the plan is not complete: %s", clean(strings.Join(plan.Problems, "; ")))
	case len(bad) > 0:
		return verdictError{fmt.Errorf("the plan has what it must not have: %s", found)}
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printPlan writes a plan as a table, and what it would cost.
func printPlan(w io.Writer, s style, p control.Plan) error {
	rows := itemRows(p.Items, p.At)
	if len(rows) > 0 {
		if err := s.table(w, itemHeader(), rows); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	var parts []string
	for _, v := range control.Verdicts() {
		sum := p.Summary.Verdicts[v]
		if sum.Items == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", sum.Items, s.paint(verdictColour(v), string(v)))
		if sum.Price > 0 {
			part += " " + sum.Price.String()
		}
		parts = append(parts, part)
	}
	switch {
	case len(parts) == 0 && len(p.Problems) > 0:
		parts = []string{"nothing was read"}
	case len(parts) == 0:
		parts = []string{"nothing inside the horizon"}
	}
	asked := ""
	if p.Totals.Asked > 0 {
		asked = fmt.Sprintf(", %s asked for", p.Totals.Asked)
	}
	if _, err := fmt.Fprintf(w, "%s; %s in all%s (mode %s, policy %s)\n", strings.Join(parts, ", "), p.Totals.Price, asked, p.Mode, p.Policy); err != nil {
		return err
	}
	if err := printSummary(w, s, p.Summary); err != nil {
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

// itemRows are decisions as rows of a table, as it is read at a moment.
func itemRows(items []control.Item, at time.Time) [][]cell {
	rows := make([][]cell, 0, len(items))
	for _, it := range items {
		expires := ""
		if it.ExpiresAt != nil {
			expires = it.ExpiresAt.Format(time.DateOnly)
		}
		rows = append(rows, []cell{
			{text: it.AccountName, colour: dim},
			{text: itemName(it), colour: bold},
			{text: expires},
			{text: string(it.Verdict), colour: verdictColour(it.Verdict)},
			{text: string(it.Do)},
			{text: priceText(it, at), right: true},
			{text: itemReason(it)},
		})
	}
	return rows
}

// priceText is an item's price, and how old it is where it was read long ago.
func priceText(it control.Item, at time.Time) string {
	if it.Price == nil {
		return ""
	}
	text := it.Price.String()
	if it.PriceAt != nil {
		if age := at.Sub(*it.PriceAt); age > time.Hour {
			text += " (" + roughly(age) + " old)"
		}
	}
	return text
}

// roughly is how long something takes, in its largest unit.
func roughly(d time.Duration) string {
	if days := int(d.Hours() / 24); days > 0 {
		return fmt.Sprintf("%dd", days)
	}
	return fmt.Sprintf("%dh", int(d.Hours()))
}

// itemReason is why an item is what it is, in a sentence.
func itemReason(it control.Item) string {
	why := clean(it.Reason)
	if it.Rule != "" {
		why = clean(it.Rule) + ": " + why
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
	for _, key := range slices.Sorted(maps.Keys(it.Labels)) {
		why += clean(fmt.Sprintf(" [%s: %s]", key, it.Labels[key]))
	}
	if it.SeenAt != nil {
		why += " (as seen on " + it.SeenAt.Format(time.DateOnly) + ")"
	}
	return why
}
