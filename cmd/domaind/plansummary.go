package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// printSummary writes what a plan comes to, and what shows in none of its items.
func printSummary(w io.Writer, s style, sum control.Summary) error {
	if len(sum.Accounts) > 1 {
		var rows [][]cell
		for _, a := range sum.Accounts {
			rows = append(rows, append([]cell{{text: clean(a.AccountName)}, {text: fmt.Sprint(a.Items), right: true}}, sumCells(a.Sum)...))
		}
		if err := section(w, s, []string{"ACCOUNT", "ITEMS", "TO BUY", "PRICE", "ASKED FOR"}, rows); err != nil {
			return err
		}
	}
	if len(sum.Months) > 0 {
		var rows [][]cell
		for _, m := range sum.Months {
			rows = append(rows, append([]cell{{text: monthText(m.Month)}}, sumCells(m.Sum)...))
		}
		if err := section(w, s, []string{"EXPIRES IN", "TO BUY", "PRICE", "ASKED FOR"}, rows); err != nil {
			return err
		}
	}
	lines := summaryLines(sum)
	if len(lines) > 0 {
		lines = append([]string{""}, lines...)
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, clean(line)); err != nil {
			return err
		}
	}
	return nil
}

// section writes a table behind an empty line.
func section(w io.Writer, s style, header []string, rows [][]cell) error {
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return s.table(w, header, rows)
}

func sumCells(s control.Sum) []cell {
	return []cell{{text: fmt.Sprint(s.Purchases), right: true}, {text: s.Price.String(), right: true}, {text: moneyOrNone(s.Asked), right: true}}
}

// moneyOrNone is an amount, or nothing where there is none.
func moneyOrNone(m portfolio.Money) string {
	if m == 0 {
		return ""
	}
	return m.String()
}

func monthText(month string) string {
	if month == "" {
		return "no date"
	}
	return month
}

// summaryLines say what shows in none of a plan's items, a sentence each.
func summaryLines(sum control.Summary) (lines []string) {
	for _, o := range sum.Overlaps {
		lines = append(lines, fmt.Sprintf("%s: %s wins over %s", plural(o.Items, kindText(o.On)), o.Winner, o.Loser))
	}
	for _, g := range sum.IdleGroups {
		what := "no name inside the horizon is in it; what lies beyond was not all seen yet"
		if sum.Whole {
			what = "no name that is known is in it"
		}
		rules := "rule " + g.Rules[0]
		if len(g.Rules) > 1 {
			rules = "rules " + strings.Join(g.Rules, ", ")
		}
		lines = append(lines, fmt.Sprintf("group %s (%s): %s", g.Group, rules, what))
	}
	for _, v := range sum.Vendor {
		what := "holds it"
		if v.Verdict == portfolio.VerdictLetLapse {
			what = "lets it go"
		}
		name := v.Name
		if v.Unicode != "" {
			name = v.Unicode
		}
		lines = append(lines, fmt.Sprintf("%s (%s): DNSimple's own auto-renewal is on and will buy it by %s, although %s %s",
			name, v.AccountName, dateText(v.ExpiresAt), v.Rule, what))
	}
	return lines
}

func kindText(on portfolio.ResourceKind) string { return strings.ReplaceAll(string(on), "_", " ") }

func dateText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}
