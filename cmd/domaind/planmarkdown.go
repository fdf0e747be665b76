package main

import (
	"fmt"
	"strings"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// mostMarkdown bounds the rows of items in a document, in bytes: GitHub takes a comment of
// 65536 characters.
const mostMarkdown = 48 << 10

// planMarkdown is a plan as a document for a pull request.
func planMarkdown(p control.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### domaind: a plan for %s\n\n", p.Totals.Price)
	fmt.Fprintf(&b, "Made at %s for instance %s: mode %s, policy %s.\n\n", p.At.UTC().Format("2006-01-02 15:04 UTC"), md(p.Instance), md(string(p.Mode)), md(p.Policy))
	if len(p.Problems) > 0 {
		b.WriteString("> [!WARNING]\n> The plan is not complete.\n")
		for _, problem := range p.Problems {
			fmt.Fprintf(&b, "> - %s\n", md(problem))
		}
		b.WriteByte('\n')
	}
	b.WriteString(itemsMarkdown(p))
	b.WriteString(summaryMarkdown(p.Summary))
	return b.String()
}

// itemsMarkdown is the table of a plan's items. Where they are more than a document may
// hold, those with which nothing is done are left out first.
func itemsMarkdown(p control.Plan) string {
	if len(p.Items) == 0 {
		return "Nothing is inside the horizon.\n\n"
	}
	rows, left := itemsWithin(p, func(control.Item) bool { return true })
	if left > 0 {
		rows, left = itemsWithin(p, func(it control.Item) bool {
			return it.Verdict != portfolio.VerdictNone && it.Verdict != portfolio.VerdictHold && it.Verdict != portfolio.VerdictLetLapse
		})
	}
	var b strings.Builder
	mdTable(&b, []string{"Account", "Name", "Expires", "Verdict", "Do", "Price:", "Why"}, rows)
	if left > 0 {
		fmt.Fprintf(&b, "\n%s not shown here: `domaind plan --json` has all.\n", plural(left, "more item"))
	}
	b.WriteByte('\n')
	return b.String()
}

// itemsWithin are the rows of the items that are wanted, as far as they fit, and how many
// items are in none.
func itemsWithin(p control.Plan, wanted func(control.Item) bool) (rows [][]string, left int) {
	size := 0
	for _, it := range p.Items {
		if size > mostMarkdown || !wanted(it) {
			left++
			continue
		}
		row := []string{
			md(it.AccountName), md(itemName(it)), dateText(it.ExpiresAt), string(it.Verdict), string(it.Do), priceText(it, p.At),
			md(itemReason(it)),
		}
		for _, text := range row {
			size += len(text) + len(" | ")
		}
		rows = append(rows, row)
	}
	return rows, left
}

// summaryMarkdown is what a plan comes to.
func summaryMarkdown(sum control.Summary) string {
	var b strings.Builder
	var rows [][]string
	for _, v := range control.Verdicts() {
		if s := sum.Verdicts[v]; s.Items > 0 {
			rows = append(rows, []string{string(v), fmt.Sprint(s.Items), moneyOrNone(s.Price)})
		}
	}
	if len(rows) > 0 {
		mdTable(&b, []string{"Verdict", "Items:", "Price:"}, rows)
		b.WriteByte('\n')
	}
	rows = nil
	for _, a := range sum.Accounts {
		rows = append(rows, []string{md(a.AccountName), fmt.Sprint(a.Items), fmt.Sprint(a.Purchases), a.Price.String(), moneyOrNone(a.Asked)})
	}
	if len(rows) > 0 {
		mdTable(&b, []string{"Account", "Items:", "To buy:", "Price:", "Asked for:"}, rows)
		b.WriteByte('\n')
	}
	rows = nil
	for _, m := range sum.Months {
		rows = append(rows, []string{monthText(m.Month), fmt.Sprint(m.Purchases), m.Price.String(), moneyOrNone(m.Asked)})
	}
	if len(rows) > 0 {
		mdTable(&b, []string{"Expires in", "To buy:", "Price:", "Asked for:"}, rows)
		b.WriteByte('\n')
	}
	for _, line := range summaryLines(sum) {
		fmt.Fprintf(&b, "- %s\n", md(line))
	}
	return b.String()
}

// mdTable writes a table of GitHub's Markdown. A header that ends with a colon is of a
// column of numbers; the cells are Markdown already.
func mdTable(b *strings.Builder, header []string, rows [][]string) {
	b.WriteByte('|')
	for _, h := range header {
		b.WriteString(" " + strings.TrimSuffix(h, ":") + " |")
	}
	b.WriteString("\n|")
	for _, h := range header {
		if strings.HasSuffix(h, ":") {
			b.WriteString("---:|")
		} else {
			b.WriteString("---|")
		}
	}
	b.WriteByte('\n')
	for _, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
}

// md makes a text from outside harmless in Markdown, on one line: nothing in it is markup,
// and nobody is called by it.
func md(text string) string {
	var b strings.Builder
	for _, r := range clean(strings.Join(strings.Fields(text), " ")) {
		switch {
		case r == '@':
			b.WriteString("@\u200b") // else GitHub tells whoever has that name
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case strings.ContainsRune("\\`*_[]|~#!", r):
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
