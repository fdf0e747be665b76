package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// diff is what another configuration changes.
type diff struct {
	control.Diff
	Rules    []config.RuleChange    `json:"rules"`
	Settings []config.SettingChange `json:"settings"`
}

// shown is how many rows a table of a difference has at most: who reviews more reads JSON.
const shown = 200

// diffTable is a table of a difference.
type diffTable struct {
	title  string
	header []string
	rows   [][]cell
	more   int // rows that are left out
	note   string
}

// sections are all that is to be said, without what is empty.
func (d *diff) sections() []diffTable {
	all := []diffTable{d.rules(), d.settings(), d.coverage("Newly uncovered", d.Uncovered), d.coverage("Newly covered", d.Covered), d.decisions(), d.months()}
	all = slices.DeleteFunc(all, func(s diffTable) bool { return len(s.rows) == 0 })
	for i := range all {
		if s := &all[i]; len(s.rows) > shown {
			s.rows, s.more = s.rows[:shown], len(s.rows)-shown
		}
	}
	return all
}

// summary is the difference in a few sentences.
func (d *diff) summary() []string {
	if len(d.Rules)+len(d.Settings)+len(d.Decisions) == 0 && d.Old.Policy == d.New.Policy {
		return []string{fmt.Sprintf("Nothing changes: both are policy %s.", d.New.Policy)}
	}
	lines := []string{fmt.Sprintf("Policy %s becomes %s: %s, %s newly uncovered, %s newly covered, over the facts of %s.",
		d.Old.Policy, d.New.Policy, changed(len(d.Decisions)), plural(len(d.Uncovered), "domain"), plural(len(d.Covered), "domain"),
		d.At.UTC().Format("2006-01-02 15:04 MST"))}
	lines = append(lines, fmt.Sprintf("What would be bought now: %s, was %s (%s).", d.New.Price, d.Old.Price, signed(d.New.Price-d.Old.Price)))
	var verdicts []string
	words := slices.Sorted(maps.Keys(d.New.Verdicts))
	for w := range d.Old.Verdicts {
		if _, ok := d.New.Verdicts[w]; !ok {
			words = append(words, w)
		}
	}
	for _, w := range words {
		if was, is := d.Old.Verdicts[w], d.New.Verdicts[w]; was != is {
			verdicts = append(verdicts, fmt.Sprintf("%s %d → %d", w, was, is))
		}
	}
	if len(verdicts) > 0 {
		lines = append(lines, "Verdicts: "+strings.Join(verdicts, ", ")+".")
	}
	return lines
}

func changed(n int) string {
	switch n {
	case 0:
		return "no decision changes"
	case 1:
		return "1 decision changes"
	}
	return fmt.Sprintf("%d decisions change", n)
}

func signed(m portfolio.Money) string {
	if m > 0 {
		return "+" + m.String()
	}
	return m.String()
}

func (d *diff) rules() diffTable {
	s := diffTable{title: "Rules", header: []string{"CHANGE", "RULE", "AT", "WHAT"}}
	for _, r := range d.Rules {
		colour, what := map[string]string{"added": green, "removed": red}[r.Change], r.Keys
		if r.Moved && r.Change != "moved" {
			what = append(slices.Clip(what), "its place among the others")
		}
		s.rows = append(s.rows, []cell{
			{text: r.Change, colour: cmp.Or(colour, yellow)}, {text: r.Rule, colour: bold}, {text: cmp.Or(r.NewAt, r.OldAt)}, {text: strings.Join(what, ", ")},
		})
	}
	return s
}

func (d *diff) settings() diffTable {
	s := diffTable{title: "Settings", header: []string{"SETTING", "WAS", "IS"}}
	for _, c := range d.Settings {
		s.rows = append(s.rows, []cell{{text: c.Key, colour: bold}, {text: cmp.Or(c.Old, "–")}, {text: cmp.Or(c.New, "–")}})
	}
	return s
}

func (d *diff) coverage(title string, changes []control.DecisionChange) diffTable {
	s := diffTable{title: title, header: []string{"ACCOUNT", "NAME", "EXPIRES", "WAS", "WHY"}}
	for _, c := range changes {
		s.rows = append(s.rows, []cell{
			{text: c.AccountName, colour: dim}, {text: changeName(c), colour: bold}, {text: dayOf(c.ExpiresAt)}, {text: standText(c.Old)}, {text: clean(c.New.Reason)},
		})
	}
	return s
}

func (d *diff) decisions() diffTable {
	s := diffTable{title: "Decisions", header: []string{"ACCOUNT", "NAME", "EXPIRES", "WAS", "IS", "WHY"}}
	for _, c := range d.Decisions {
		why := "nobody speaks of it any more"
		if c.New != nil {
			why = clean(c.New.Reason)
		}
		colour := ""
		if c.New != nil {
			colour = verdictColour(c.New.Verdict)
		}
		s.rows = append(s.rows, []cell{
			{text: c.AccountName, colour: dim},
			{text: changeName(c), colour: bold},
			{text: dayOf(c.ExpiresAt)},
			{text: standText(c.Old)},
			{text: standText(c.New), colour: colour},
			{text: why},
		})
	}
	return s
}

func (d *diff) months() diffTable {
	s := diffTable{title: "Money by month", header: []string{"MONTH", "WAS", "IS", "DIFFERENCE", "PURCHASES"}}
	if !slices.ContainsFunc(d.Months, func(m control.MonthChange) bool { return m.Old != m.New }) {
		return s
	}
	var was, is control.Bought
	row := func(month string, a, b control.Bought) {
		s.rows = append(s.rows, []cell{
			{text: month, colour: bold},
			{text: a.Price.String(), right: true},
			{text: b.Price.String(), right: true},
			{text: signed(b.Price - a.Price), right: true},
			{text: fmt.Sprintf("%d → %d", a.Purchases, b.Purchases)},
		})
	}
	for _, m := range d.Months {
		row(m.Month, m.Old, m.New)
		was, is = sum(was, m.Old), sum(is, m.New)
	}
	row("in all", was, is)
	if was.Unknown+is.Unknown > 0 {
		s.note = fmt.Sprintf("Prices of which the facts know nothing are in no sum: those of %s before, and of %d now. \"domaind facts --prices\" asks for all inside the horizon.", plural(was.Unknown, "purchase"), is.Unknown)
	}
	return s
}

func sum(a, b control.Bought) control.Bought {
	return control.Bought{
		Price: a.Price + b.Price, Purchases: a.Purchases + b.Purchases, Estimated: a.Estimated + b.Estimated, Unknown: a.Unknown + b.Unknown,
	}
}

func changeName(c control.DecisionChange) string {
	return itemName(control.Item{On: c.On, ID: c.ID, Name: c.Name, Unicode: c.Unicode})
}

func dayOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// standText is what a plan says of a resource, in a few words.
func standText(s *control.Stand) string {
	if s == nil {
		return "–"
	}
	text := s.Word()
	if s.Do != "" && string(s.Do) != text {
		text += " " + string(s.Do)
	}
	if s.Rule != "" {
		text += " (" + s.Rule + ")"
	}
	if s.Price != nil {
		text += " " + s.Price.String()
	}
	if s.Verdict == portfolio.VerdictBlocked || s.Verdict == portfolio.VerdictWait {
		text += ": " + s.Code
	}
	if len(s.Alerts) > 0 {
		text += ", alerts " + strings.Join(s.Alerts, ", ")
	}
	return text
}

// print writes the difference for people.
func (d *diff) print(w io.Writer, s style) error {
	for _, sec := range d.sections() {
		if _, err := fmt.Fprintln(w, s.paint(bold, sec.title)); err != nil {
			return err
		}
		if err := s.table(w, sec.header, sec.rows); err != nil {
			return err
		}
		if _, err := fmt.Fprint(w, sec.after(), "\n"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, strings.Join(d.summary(), "\n"))
	return err
}

// after is what follows a section's table.
func (s diffTable) after() (text string) {
	if s.more > 0 {
		text += fmt.Sprintf("… and %d more; --json has all of them\n", s.more)
	}
	if s.note != "" {
		text += s.note + "\n"
	}
	return text
}

// markdown writes the difference for a pull request.
func (d *diff) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### What the policy changes\n\n%s\n", strings.Join(d.summary(), "\n"))
	for _, sec := range d.sections() {
		fmt.Fprintf(&b, "\n#### %s\n\n", sec.title)
		for i, h := range sec.header {
			sec.header[i] = markdownCell(strings.ToLower(h))
		}
		fmt.Fprintf(&b, "| %s |\n|", strings.Join(sec.header, " | "))
		for i := range sec.header {
			align := " --- |"
			if sec.rows[0][i].right {
				align = " ---: |"
			}
			b.WriteString(align)
		}
		b.WriteByte('\n')
		for _, row := range sec.rows {
			texts := make([]string, len(row))
			for i, c := range row {
				texts[i] = markdownCell(c.text)
			}
			fmt.Fprintf(&b, "| %s |\n", strings.Join(texts, " | "))
		}
		if after := sec.after(); after != "" {
			b.WriteString("\n" + after)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownCell is a text that means nothing else to Markdown, nor to HTML within it.
func markdownCell(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "@", "&#64;", "\n", " ").Replace(clean(text))
}
