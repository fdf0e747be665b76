package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"domaind/internal/control"
	"domaind/internal/rules"
)

// forecast shows what will be spent until a distance from now.
func (g *globals) forecast(ctx context.Context, f planFlags) error {
	if _, err := rules.ParseDistance(f.until); err != nil {
		return usageError{fmt.Errorf("--until: %w", err)}
	}
	var said control.Forecast
	err := f.offline.ask(ctx, g, func(ctx context.Context, c *control.Client) (err error) {
		said, err = c.Forecast(ctx, f.until)
		return err
	})
	if err != nil {
		return err
	}
	g.fresh(said.Policy)
	switch {
	case f.json:
		err = printJSON(g.io.out, said)
	case f.markdown:
		_, err = io.WriteString(g.io.out, forecastMarkdown(said))
	default:
		err = printForecast(g.io.out, styleOf(g.io.tty), said)
	}
	if err == nil && len(said.Problems) > 0 {
		err = errors.New("the forecast is not complete: " + clean(strings.Join(said.Problems, "; ")))
	}
	return err
}

// printForecast writes a forecast as a table, a chart, and the names to look at.
func printForecast(w io.Writer, s style, f control.Forecast) error {
	p := &page{w: w, s: s}
	p.line("%s", forecastTitle(f))
	var rows [][]cell
	for _, row := range forecastRows(f) {
		cells := []cell{{text: row[0]}}
		for _, text := range row[1:] {
			cells = append(cells, cell{text: text, right: true})
		}
		rows = append(rows, cells)
	}
	p.table(forecastHeader(f), rows)
	for _, note := range forecastNotes(f) {
		p.line("%s", note)
	}
	if chart := forecastChart(f, s.width); chart != "" {
		p.line("\n%s", strings.TrimSuffix(chart, "\n"))
	}
	for _, list := range forecastLists(f, mostNamed) {
		p.line("\n%s", s.paint(bold, list.title))
		for _, line := range list.lines {
			p.line("  %s", line)
		}
	}
	for _, problem := range f.Problems {
		p.line("%s %s", s.paint(red, "could not be read:"), clean(problem))
	}
	return p.err
}

// forecastTitle says what a forecast comes to, in a sentence.
func forecastTitle(f control.Forecast) string {
	t := f.Totals
	text := fmt.Sprintf("until %s: %s for %s", f.Until.Format(time.DateOnly), expectedText(t.Renewals), plural(t.Renewals.Items, "renewal"))
	if t.Asked.Items > 0 {
		text += fmt.Sprintf(", and %s for %d that somebody is asked for", expectedText(t.Asked), t.Asked.Items)
	}
	return text + fmt.Sprintf(" (mode %s, policy %s)", f.Mode, f.Policy)
}

// expectedText is what purchases cost: ~ where a price is an estimate, +n? where n of them
// have none that is known.
func expectedText(e control.Expenses) string {
	if e.Items == 0 {
		return "0.00"
	}
	text := e.Price.String()
	if e.Estimated > 0 {
		text = "~" + text
	}
	if e.Unknown > 0 {
		text += fmt.Sprintf(" +%d?", e.Unknown)
	}
	return text
}

// forecastColumns are the columns behind the month that have anything in them.
func forecastColumns(f control.Forecast) (columns []forecastColumn) {
	count := func(of func(control.MonthForecast) int) func(control.MonthForecast) string {
		return func(m control.MonthForecast) string {
			if n := of(m); n > 0 {
				return fmt.Sprint(n)
			}
			return ""
		}
	}
	cost := func(of func(control.MonthForecast) control.Expenses) func(control.MonthForecast) string {
		return func(m control.MonthForecast) string {
			if of(m).Items == 0 {
				return ""
			}
			return expectedText(of(m))
		}
	}
	renewals := func(m control.MonthForecast) control.Expenses { return m.Renewals }
	asked := func(m control.MonthForecast) control.Expenses { return m.Asked }
	vendor := func(m control.MonthForecast) control.Expenses { return m.Vendor }
	for _, c := range []forecastColumn{
		{"RENEWALS", count(func(m control.MonthForecast) int { return m.Renewals.Items }), true},
		{"COST", cost(renewals), true},
		{"ASKED", count(func(m control.MonthForecast) int { return m.Asked.Items }), false},
		{"COST", cost(asked), false},
		{"BLOCKED", count(func(m control.MonthForecast) int { return m.Blocked.Items }), false},
		{"BY DNSIMPLE", count(func(m control.MonthForecast) int { return m.Vendor.Items }), false},
		{"COST", cost(vendor), false},
		{"HELD", count(func(m control.MonthForecast) int { return m.Held }), false},
		{"LET GO", count(func(m control.MonthForecast) int { return m.LetLapse }), false},
		{"UNCOVERED", count(func(m control.MonthForecast) int { return m.Uncovered }), false},
	} {
		if c.always || c.text(f.Totals) != "" {
			columns = append(columns, c)
		}
	}
	return columns
}

// forecastColumn is a column of a forecast.
type forecastColumn struct {
	title  string
	text   func(control.MonthForecast) string
	always bool
}

func forecastHeader(f control.Forecast) []string {
	header := []string{"MONTH"}
	for _, c := range forecastColumns(f) {
		header = append(header, c.title)
	}
	return header
}

// forecastRows are the months, and their sum.
func forecastRows(f control.Forecast) [][]string {
	columns := forecastColumns(f)
	var rows [][]string
	for _, m := range append(f.Months, f.Totals) {
		row := []string{m.Month}
		if m.Month == "" {
			row[0] = "total"
		}
		for _, c := range columns {
			row = append(row, c.text(m))
		}
		rows = append(rows, row)
	}
	return rows
}

// forecastNotes explain the signs that a forecast has.
func forecastNotes(f control.Forecast) (notes []string) {
	t := f.Totals
	all := []control.Expenses{t.Renewals, t.Asked, t.Blocked, t.Vendor}
	estimated, unknown := 0, 0
	for _, e := range all {
		estimated, unknown = estimated+e.Estimated, unknown+e.Unknown
	}
	if estimated > 0 {
		notes = append(notes, "~ an estimate: the price that DNSimple gives now for the name or its TLD, and not what was paid last")
	}
	if unknown > 0 {
		notes = append(notes, "+n? the price of n more is not known")
	}
	for _, at := range f.SeenAt {
		notes = append(notes, fmt.Sprintf("what lies beyond the policy's horizon is as a sweep saw it (%s)", at.Format(time.DateOnly)))
		break
	}
	return notes
}

// mostNamed is how many domains of a list are named.
const mostNamed = 20

// forecastList is some domains that somebody should look at.
type forecastList struct {
	title string
	lines []string
}

// forecastLists name the domains that no rule renews, at most so many of each kind.
func forecastLists(f control.Forecast, most int) (lists []forecastList) {
	for _, kind := range []struct {
		fate  control.Fate
		title string
	}{
		{control.FateUncovered, "nobody speaks of"},
		{control.FateBlocked, "blocked by their price"},
		{control.FateHold, "held, and not renewed"},
		{control.FateLetLapse, "let go"},
		{control.FateVendor, "bought by DNSimple's own auto-renewal"},
	} {
		var lines []string
		n := 0
		for _, it := range f.Items {
			if it.Fate != kind.fate {
				continue
			}
			if n++; n > most {
				continue
			}
			name := it.Name
			if it.Unicode != "" {
				name = it.Unicode
			}
			line := fmt.Sprintf("%s  %s", it.ExpiresAt.Format(time.DateOnly), clean(name))
			if it.Price != nil {
				line += "  " + it.Price.String()
			}
			if it.Rule != "" {
				line += "  (" + clean(it.Rule) + ")"
			}
			lines = append(lines, line)
		}
		if n > most {
			lines = append(lines, fmt.Sprintf("and %d more: --json has all", n-most))
		}
		if n > 0 {
			lists = append(lists, forecastList{fmt.Sprintf("%s: %d", kind.title, n), lines})
		}
	}
	return lists
}
