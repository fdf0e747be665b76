package config

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing that is wrong, or suspicious, in a configuration.
type Problem struct {
	File string // as it was opened
	// Line and Col count from 1, Col in characters; both are 0 where the file as a
	// whole is meant.
	Line, Col int
	// LineText is the line, or what of it may and need be shown: it is shortened
	// where it is long, and ends before anything that might be a secret.
	LineText string
	Message  string // what is wrong
	Hint     string // what would be right; may be ""

	caret int // where in LineText, in bytes, the caret points; -1: nowhere
}

// String renders the problem on one to four lines, without a newline at the end.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(printable(p.File))
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	b.WriteString(": ")
	b.WriteString(p.Message)
	if p.LineText != "" {
		fmt.Fprintf(&b, "\n%5d | %s", p.Line, p.LineText)
		if p.caret >= 0 && p.caret <= len(p.LineText) {
			b.WriteString("\n      | ")
			b.WriteString(blank(p.LineText[:p.caret]))
			b.WriteByte('^')
		}
	}
	if p.Hint != "" {
		b.WriteString("\n      ")
		b.WriteString(p.Hint)
	}
	return b.String()
}

// blank is as wide as the text: tabs stay tabs, all else becomes a space.
func blank(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, text)
}

// Problems is everything that is wrong in a configuration: the error of [Load] is
// a *Problems. They stand in the order in which the files were loaded, then by
// place, and are at most a thousand.
type Problems []Problem //nolint:errname // it is a list of problems first, and an error by the way

// Who has more problems than these mends these first.
const (
	maxShown    = 50   // are rendered
	maxProblems = 1000 // are kept
)

// Error renders all problems, each as [Problem.String] does, one below the other.
func (p Problems) Error() string {
	var b strings.Builder
	for i, problem := range p {
		if i == maxShown {
			more := ""
			if len(p) == maxProblems {
				more = "at least "
			}
			fmt.Fprintf(&b, "\n… and %s%d more", more, len(p)-maxShown)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(problem.String())
	}
	return b.String()
}

// printable replaces what could move a terminal's cursor, change the direction of
// text, or not be seen at all.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, s)
}
