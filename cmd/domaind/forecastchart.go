package main

import (
	"fmt"
	"strings"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// forecastChart is a bar for each month, of what rules spend, and lighter behind it what
// DNSimple does; "" where nothing is spent. A line is as wide as the terminal, or as 80
// characters.
func forecastChart(f control.Forecast, width int) string {
	if width <= 0 {
		width = 80
	}
	own := func(m control.MonthForecast) portfolio.Money { return m.Renewals.Price + m.Asked.Price }
	var most portfolio.Money
	label := 0
	for _, m := range f.Months {
		most = max(most, own(m)+m.Vendor.Price)
		label = max(label, len(chartLabel(m)))
	}
	room := width - len("2006-01") - label - 4
	if most == 0 || room < 10 {
		return ""
	}
	var b strings.Builder
	for _, m := range f.Months {
		eighths := int(int64(own(m)) * int64(room) * 8 / int64(most))
		if own(m) > 0 {
			eighths = max(eighths, 1)
		}
		bar := strings.Repeat("█", eighths/8)
		if part := eighths % 8; part > 0 {
			bar += string([]rune(" ▏▎▍▌▋▊▉")[part])
		}
		whole := min(int(int64(own(m)+m.Vendor.Price)*int64(room)/int64(most)), room)
		if n := len([]rune(bar)); whole > n {
			bar += strings.Repeat("░", whole-n)
		}
		fmt.Fprintf(&b, "%s  %*s  %s\n", m.Month, label, chartLabel(m), bar)
	}
	if f.Totals.Vendor.Price > 0 {
		b.WriteString("█ by rules  ░ by DNSimple's own auto-renewal\n")
	}
	return b.String()
}

func chartLabel(m control.MonthForecast) string {
	return (m.Renewals.Price + m.Asked.Price + m.Vendor.Price).String()
}

// forecastMarkdown is a forecast as a document for a pull request.
func forecastMarkdown(f control.Forecast) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### domaind: a forecast\n\n%s.\n\n", md(forecastTitle(f)))
	if len(f.Problems) > 0 {
		b.WriteString("> [!WARNING]\n> The forecast is not complete.\n")
		for _, problem := range f.Problems {
			fmt.Fprintf(&b, "> - %s\n", md(problem))
		}
		b.WriteByte('\n')
	}
	header := []string{"Month"}
	for _, c := range forecastColumns(f) {
		header = append(header, strings.Replace(c.title[:1]+strings.ToLower(c.title[1:]), "dnsimple", "DNSimple", 1)+":")
	}
	rows := forecastRows(f)
	for _, row := range rows {
		for i := range row {
			row[i] = md(row[i])
		}
	}
	mdTable(&b, header, rows)
	b.WriteByte('\n')
	for _, note := range forecastNotes(f) {
		fmt.Fprintf(&b, "%s.\n\n", md(note))
	}
	if chart := forecastChart(f, 80); chart != "" {
		fmt.Fprintf(&b, "```\n%s```\n\n", chart)
	}
	for _, list := range forecastLists(f, mostNamed) {
		fmt.Fprintf(&b, "<details><summary>%s</summary>\n\n", md(list.title))
		for _, line := range list.lines {
			fmt.Fprintf(&b, "- %s\n", md(line))
		}
		b.WriteString("\n</details>\n\n")
	}
	return b.String()
}
