package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"domaind/internal/portfolio"
)

// terminal says whether a stream is one.
func terminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// style writes for people, in colours where they can be seen.
type style struct {
	colours bool
	width   int // of the terminal; 0: as wide as it takes
}

func styleOf(tty bool) style {
	if !tty {
		return style{}
	}
	s := style{colours: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", width: 100}
	if w, _, err := term.GetSize(1); err == nil && w > 40 {
		s.width = w
	}
	return s
}

// The colours that are used, as ANSI codes.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (s style) paint(code, text string) string {
	if !s.colours || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// level colours by urgency.
func levelColour(l portfolio.Level) string {
	switch l {
	case portfolio.LevelAlert:
		return red
	case portfolio.LevelNotice:
		return green
	}
	return dim
}

func verdictColour(v portfolio.Verdict) string {
	switch v {
	case portfolio.VerdictAct:
		return green
	case portfolio.VerdictWouldAct, portfolio.VerdictAsk, portfolio.VerdictWait:
		return cyan
	case portfolio.VerdictHold, portfolio.VerdictLetLapse:
		return yellow
	case portfolio.VerdictBlocked, portfolio.VerdictUncovered:
		return red
	}
	return dim
}

func stateColour(s portfolio.OperationState) string {
	switch s {
	case portfolio.StateDone:
		return green
	case portfolio.StateFailed, portfolio.StateUnknown:
		return red
	}
	return cyan
}

// cell is a piece of a table.
type cell struct {
	text   string
	colour string
	right  bool // aligned to the right
}

// table writes rows under a header; the last column takes what is left of the line.
func (s style) table(w io.Writer, header []string, rows [][]cell) error {
	return s.tableOf(w, header, rows, s.widths(header, rows, nil))
}

// widths are how wide the columns must be, and at least as wide as they were.
func (s style) widths(header []string, rows [][]cell, before []int) []int {
	widths := make([]int, len(header))
	copy(widths, before)
	for i, h := range header {
		widths[i] = max(widths[i], utf8.RuneCountInString(h))
	}
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	return widths
}

// tableOf writes rows whose columns have widths, under a header where there is one.
func (s style) tableOf(w io.Writer, header []string, rows [][]cell, widths []int) error {
	last := len(widths) - 1
	widths = slices.Clone(widths)
	used := 0
	for _, n := range widths[:last] {
		used += n + 2
	}
	if left := s.width - used; s.width > 0 && left >= 20 {
		widths[last] = min(widths[last], left)
	}
	var b strings.Builder
	for i, h := range header {
		pad(&b, cell{text: h}, widths[i], i == last, func(t string) string { return s.paint(bold, t) })
	}
	if len(header) > 0 {
		b.WriteByte('\n')
	}
	for _, row := range rows {
		for i, c := range row {
			if i < last {
				pad(&b, c, widths[i], false, func(t string) string { return s.paint(c.colour, t) })
				continue
			}
			lines := []string{c.text}
			if s.width > 0 {
				lines = wrap(c.text, widths[last])
			}
			for n, line := range lines {
				if n > 0 {
					b.WriteString("\n" + strings.Repeat(" ", used))
				}
				b.WriteString(s.paint(c.colour, line))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func pad(b *strings.Builder, c cell, width int, last bool, paint func(string) string) {
	space := strings.Repeat(" ", max(width-utf8.RuneCountInString(c.text), 0))
	switch {
	case c.right:
		b.WriteString(space + paint(c.text) + "  ")
	case last:
		b.WriteString(paint(c.text))
	default:
		b.WriteString(paint(c.text) + space + "  ")
	}
}

// wrap breaks a text between words into lines of a width.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}

// clean makes a text from outside harmless for a terminal: it may hold names and
// messages that somebody chose.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return utf8.RuneError
		}
		return r
	}, text)
}

// eventLine is an event on one line.
func (s style) eventLine(when string, level portfolio.Level, text string) string {
	return fmt.Sprintf("%s  %s  %s", s.paint(dim, when), s.paint(levelColour(level), fmt.Sprintf("%-6s", level)), clean(text))
}
