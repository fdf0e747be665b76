package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// paper writes paragraphs for people, each line no longer than a terminal is wide.
type paper struct {
	style
	strings.Builder
}

// line writes a text behind what stands before it, and breaks it so that what follows
// stands under the text. The paints are of what stands before, and of the text.
func (p *paper) line(indent int, before, paint, text, textPaint string) {
	p.WriteString(strings.Repeat(" ", indent) + p.paint(paint, before))
	indent += utf8.RuneCountInString(before)
	lines := []string{text}
	if p.width > 0 {
		lines = wrap(text, max(p.width-indent, 20))
	}
	for i, l := range lines {
		if i > 0 {
			p.WriteString("\n" + strings.Repeat(" ", indent))
		}
		p.WriteString(p.paint(textPaint, l))
	}
	p.WriteByte('\n')
}

func (p *paper) heading(text string) { p.WriteString("\n" + p.paint(bold, text) + "\n") }

// printExplanation writes an explanation: what it is, holds, rules, guards, and what
// follows.
func printExplanation(w io.Writer, s style, e control.Explanation) error {
	p := &paper{style: s}
	p.line(0, "", "", titleOf(e.Resource), bold)
	facts := factsOf(e)
	wide := 0
	for _, f := range facts {
		wide = max(wide, utf8.RuneCountInString(f[0]))
	}
	for _, f := range facts {
		p.line(2, fmt.Sprintf("%-*s  ", wide, f[0]), dim, clean(f[1]), "")
	}
	p.rules("Holds", "there is none", e.Holds, e)
	p.rules("Rules", "there is none", e.Rules, e)
	if len(e.Guards) > 0 {
		p.heading("Guards and prices")
		for _, c := range e.Guards {
			mark, colour := "✓ ", green
			if !c.Passed {
				mark, colour = "✗ ", red
			}
			text := c.Guard + ": " + c.Saw
			if c.Until != nil {
				text += "; until " + c.Until.Format(time.DateTime)
			}
			p.line(2, mark, colour, clean(text), "")
		}
	}
	if len(e.Would) > 0 {
		p.heading("If it were in the portfolio")
		for _, r := range e.Would {
			p.line(2, "", "", clean(fmt.Sprintf("%s (%s), %s, in %s", r.Rule, r.RuleAt, r.Do, strings.Join(r.Accounts, ", "))), "")
			p.line(4, "✓ ", green, clean(r.Why), "")
		}
	}
	p.WriteByte('\n')
	if d := e.Decision; d != nil {
		p.line(0, string(d.Verdict)+": ", verdictColour(d.Verdict), clean(e.Sentence), "")
	} else {
		p.line(0, "", "", clean(e.Sentence), "")
	}
	for _, note := range e.Notes {
		p.line(0, "note: ", dim, clean(note), "")
	}
	for _, problem := range e.Problems {
		p.line(0, "could not be read: ", red, clean(problem), "")
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// titleOf names the resource.
func titleOf(r control.Subject) string {
	name := bothNames(r.Name, r.Unicode)
	in := fmt.Sprintf("in %s (%d)", r.AccountName, r.Account)
	switch r.On {
	case portfolio.KindPush:
		if r.Name == "" {
			return fmt.Sprintf("push %d to %s (%d)", r.ID, r.AccountName, r.Account)
		}
		return fmt.Sprintf("push %d of %s to %s (%d)", r.ID, name, r.AccountName, r.Account)
	case portfolio.KindRegistrantChange:
		if r.Name == "" {
			name = fmt.Sprintf("domain %d", r.DomainID)
		}
		return fmt.Sprintf("registrant change %d of %s %s", r.ID, name, in)
	case portfolio.KindName:
		return fmt.Sprintf("%s, a name that is watched %s", name, in)
	}
	if !r.Held {
		return name
	}
	return fmt.Sprintf("%s %s, domain %d", name, in, r.ID)
}

// factsOf are the facts of the resource, in the order in which they are shown.
func factsOf(e control.Explanation) (facts [][2]string) {
	r := e.Resource
	add := func(what, is string) {
		if is != "" {
			facts = append(facts, [2]string{what, is})
		}
	}
	day := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.Format(time.DateTime)
	}
	switched := func(on *bool) string {
		switch {
		case on == nil:
			return ""
		case *on:
			return "on"
		}
		return "off"
	}
	id := func(what string, n int64) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%s %d", what, n)
	}
	add("state", r.State)
	if r.On == portfolio.KindDomain && r.Held {
		expires := "never: it has no expiration"
		if r.ExpiresAt != nil {
			expires = r.ExpiresAt.Format(time.DateTime)
		}
		add("expires", expires)
		if r.State == string(portfolio.DomainExpired) {
			add("redemption", map[bool]string{true: "yes: DNSimple refused its plain renewal", false: "not known: it counts as in grace"}[r.Redemption])
		}
	}
	add("auto-renewal", switched(r.AutoRenew))
	add("WHOIS privacy", switched(r.WhoisPrivacy))
	add("registrant", id("contact", r.Registrant))
	add("new registrant", id("contact", r.Contact))
	if r.Owner != nil {
		add("owner", map[bool]string{true: "changes at the registry", false: "stays the same at the registry"}[*r.Owner])
	}
	if r.On == portfolio.KindPush {
		add("domain", fmt.Sprint(r.DomainID))
		source := "unproven: " + r.Unproven
		if r.Source != 0 {
			source = fmt.Sprintf("%s (%d)", r.SourceName, r.Source)
		}
		add("comes from", source)
		add("announced", r.Announced)
	}
	if r.Ours && r.On == portfolio.KindRegistrantChange {
		add("begun by", "domaind")
	}
	if r.On != portfolio.KindDomain {
		add("since", day(r.CreatedAt))
	}
	add("free since", day(r.FreeSince))
	if r.On == portfolio.KindName {
		looked := "never"
		if r.CheckedAt != nil {
			looked = day(r.CheckedAt)
		}
		add("looked at", looked)
	}
	add("read", day(&e.ReadAt))
	if !e.At.Equal(e.ReadAt) {
		add("told as of", day(&e.At))
	}
	add("policy", fmt.Sprintf("%s, mode %s", e.Policy, e.Mode))
	return facts
}

// rules writes rules, each with what its conditions saw.
func (p *paper) rules(heading, none string, all []rules.RuleTrace, e control.Explanation) {
	if e.Decision == nil {
		return
	}
	p.heading(heading)
	if len(all) == 0 {
		p.line(2, "", "", none, dim)
	}
	for _, r := range all {
		head := fmt.Sprintf("%s (%s), %s", r.Rule, r.RuleAt, r.Do)
		if r.Does != r.Do && r.Matches == rules.TruthYes {
			head += fmt.Sprintf(" (here: %s)", r.Does)
		}
		head += ", mode " + string(r.Mode)
		if r.Until != nil {
			head += ", until " + r.Until.Add(-1).Format(time.DateOnly)
		}
		colour := ""
		if r.Role == rules.RoleNone {
			colour = dim
		}
		p.line(2, "", "", clean(head), colour)
		p.line(4, "", "", clean(r.Says), roleColour(r.Role))
		p.conditions("", r.Match)
		p.conditions("except ", r.Except)
	}
}

func (p *paper) conditions(before string, all []rules.Condition) {
	for _, c := range all {
		mark, colour := "? ", yellow
		switch c.Truth {
		case rules.TruthYes:
			mark, colour = "✓ ", green
		case rules.TruthNo:
			mark, colour = "✗ ", dim
		default:
		}
		p.line(4, mark, colour, clean(before+c.Key+" "+c.Wants+": "+c.Saw), "")
	}
}

func roleColour(r rules.Role) string {
	switch r {
	case rules.RoleWins:
		return green
	case rules.RoleAlerts, rules.RoleUnsure:
		return yellow
	case rules.RoleTried, rules.RoleLater, rules.RoleBeaten:
		return cyan
	default:
	}
	return dim
}
