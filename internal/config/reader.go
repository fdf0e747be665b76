package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// found is a problem on its way: it still knows its file.
type found struct {
	src    *source
	offset int // -1: the file as a whole
	Problem
}

// at notes a problem at an offset of a file. Its message ends where something in
// it looks like a secret, whoever worded it.
func at(src *source, offset int, format string, args ...any) *found {
	message := fmt.Sprintf(format, args...)
	if i := secretIn([]byte(message)); i >= 0 {
		message = message[:i] + "…"
	}
	return &found{src: src, offset: offset, Problem: Problem{File: src.path, Message: message}}
}

// hint adds what would be right.
func (f *found) hint(hint string) *found {
	f.Hint = hint
	return f
}

// mean adds the nearest known word as a hint, or else what there is to choose from.
func (f *found) mean(word string, known []string) {
	if n := nearest(word, known); n != "" {
		f.Hint = "did you mean " + strconv.Quote(n) + "?"
		return
	}
	const many = 20
	if len(known) > 0 && len(known) <= many {
		f.Hint = "known here: " + strings.Join(known, ", ")
	}
}

// finish sorts problems and adds places and lines, now that all is known that
// must not be shown.
func finish(all []*found) Problems {
	slices.SortStableFunc(all, func(a, b *found) int {
		return cmp.Or(cmp.Compare(a.src.order, b.src.order), cmp.Compare(a.offset, b.offset))
	})
	all = all[:min(len(all), maxProblems)]
	problems := make(Problems, 0, len(all))
	for _, f := range all {
		f.caret = -1
		if f.offset >= 0 {
			f.Line, f.Col = f.src.position(f.offset)
			f.LineText, f.caret = f.src.show(f.offset)
		}
		problems = append(problems, f.Problem)
	}
	return problems
}

// fail notes a problem with a value.
func (l *loader) fail(n *node, format string, args ...any) *found {
	f := at(n.src, n.at, format, args...)
	l.problems = append(l.problems, f)
	return f
}

// failKey notes a problem with a key.
func (l *loader) failKey(n *node, format string, args ...any) *found {
	f := l.fail(n, format, args...)
	f.offset = n.key
	return f
}

// warn notes something suspicious about a value.
func (l *loader) warn(n *node, format string, args ...any) *found {
	f := at(n.src, n.at, format, args...)
	l.warnings = append(l.warnings, f)
	return f
}

// quote writes what a file says within a message. A secret is left out.
func quote(s string) string {
	const longest = 70
	if secretIn([]byte(s)) >= 0 {
		return `"…"`
	}
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return strconv.Quote(s)
}

// wrongType notes that a value is not of the type that its key wants.
func (l *loader) wrongType(n *node, want string) *found {
	return l.fail(n, "%s must be %s, not %s", quote(n.name), want, n.kind)
}

// table is the table of a key; nil where there is none, or something else.
func (l *loader) table(parent *node, key string) *node {
	n := parent.get(key)
	if n == nil || n.kind == kindTable {
		return n
	}
	f := l.wrongType(n, "a table").hint(fmt.Sprintf("write %s = { … }, with keys between the braces", key))
	if n.kind == kindTables && n.header {
		f.offset = n.items[0].at
		f.Hint = fmt.Sprintf("write [%s], in single brackets", key)
	}
	return nil
}

// tables are the tables of a key that is written as [[key]].
func (l *loader) tables(parent *node, key string) []*node {
	n := parent.get(key)
	switch {
	case n == nil || n.kind == kindTables:
	case n.kind == kindList && len(n.items) == 0:
	default:
		l.wrongType(n, "a list of tables").hint(fmt.Sprintf("write [[%s]], in double brackets, once for each", key))
	}
	if n == nil || n.kind != kindTables {
		return nil
	}
	return n.items
}

// str is the string of a key, and its node; nil where there is none, or something
// else, or an empty one.
func (l *loader) str(t *node, key, example string) (string, *node) {
	n := t.get(key)
	if n == nil {
		return "", nil
	}
	if !l.isString(n, example) {
		return "", nil
	}
	return n.text, n
}

// isString checks that a value is a string with something in it.
func (l *loader) isString(n *node, example string) bool {
	want := "a string in quotes"
	if example != "" {
		want += ", like " + strconv.Quote(example)
	}
	if n.kind != kindString {
		l.wrongType(n, want)
		return false
	}
	if strings.TrimSpace(n.text) == "" {
		f := l.fail(n, "%s is empty", quote(n.name))
		if example != "" {
			f.Hint = "write something like " + strconv.Quote(example) + ", or remove the key"
		}
		return false
	}
	return true
}

// list is the items of a value that is a list, or the value itself, which counts
// as a list of one. An empty list is a problem.
func (l *loader) list(n *node) []*node {
	if n.kind != kindList && n.kind != kindTables {
		return []*node{n}
	}
	if len(n.items) == 0 {
		l.fail(n, "%s is an empty list, which nothing can match", quote(n.name)).hint("write at least one item, or remove the key")
	}
	return n.items
}

// whole is the whole number of a key, from 1 to most, and its node; nil where there
// is none, or something else.
func (l *loader) whole(t *node, key string, most int64) (int64, *node) {
	n := t.get(key)
	if n == nil {
		return 0, nil
	}
	if n.kind != kindInteger {
		f := l.wrongType(n, "a whole number")
		if number, err := strconv.ParseInt(n.text, 10, 64); err == nil {
			f.hint("write it without quotes: " + strconv.FormatInt(number, 10))
		}
		return 0, nil
	}
	if n.integer < 1 || n.integer > most {
		l.fail(n, "%s is %d; it must be between 1 and %d", quote(key), n.integer, most)
		return 0, nil
	}
	return n.integer, n
}

// truth is the boolean of a key; nil where there is none, or something else.
func (l *loader) truth(t *node, key string) *bool {
	n := t.get(key)
	if n == nil {
		return nil
	}
	if n.kind != kindBool {
		l.wrongType(n, "true or false, without quotes").hint("write " + n.name + " = true, or " + n.name + " = false")
		return nil
	}
	return &n.boolean
}

// money is the amount of a key, more than nothing; nil where there is none, or
// something else.
func (l *loader) money(t *node, key string) *portfolio.Money {
	n := t.get(key)
	if n == nil {
		return nil
	}
	if n.kind == kindInteger || n.kind == kindFloat {
		example := "100.00"
		if n.kind == kindInteger && n.integer > 0 {
			example = strconv.FormatInt(n.integer, 10) + ".00"
		}
		l.wrongType(n, "an amount in US dollars, as a string").hint("write it in quotes: " + strconv.Quote(example))
		return nil
	}
	if !l.isString(n, "100.00") {
		return nil
	}
	amount, err := portfolio.ParseMoney(n.text)
	if err != nil {
		l.fail(n, "%s is not an amount of money: %s", quote(key), quote(n.text)).
			hint(`write US dollars: digits, a point, and cents, like "100.00"`)
		return nil
	}
	if amount <= 0 {
		f := l.fail(n, "%s is nothing; it must be more", quote(key)).hint(`to buy nothing, write mode = "dry-run"`)
		if key == "ask_above" {
			f.hint(`to be asked before each purchase, write mode = "ask"`)
		}
		return nil
	}
	return &amount
}

// percent is the share of a key, in whole percent and more than nothing; nil where there
// is none, or something else.
func (l *loader) percent(t *node, key string) *portfolio.Percent {
	n := t.get(key)
	if n == nil {
		return nil
	}
	if n.kind == kindInteger || n.kind == kindFloat {
		l.wrongType(n, "a share in percent, as a string").hint(`write it in quotes, with a percent sign: "25%"`)
		return nil
	}
	if !l.isString(n, "25%") {
		return nil
	}
	digits, ok := strings.CutSuffix(n.text, "%")
	share, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil || share < 1 || share > maxPercent {
		l.fail(n, "%s is not a share between 1%% and %d%%: %s", quote(key), maxPercent, quote(n.text)).hint(`write whole percent, like "25%"`)
		return nil
	}
	return new(portfolio.Percent(share))
}

// maxPercent is the largest share: a price that is eleven times as high.
const maxPercent = 1000

// distance is the distance of a key; the zero one where there is none, or
// something else.
func (l *loader) distance(t *node, key string) (rules.Distance, *node) {
	n := t.get(key)
	if n == nil {
		return rules.Distance{}, nil
	}
	d, ok := l.isDistance(n)
	if !ok {
		return rules.Distance{}, nil
	}
	return d, n
}

// isDistance reads a value that must be a distance, and says whether it is one.
func (l *loader) isDistance(n *node) (rules.Distance, bool) {
	if !l.isString(n, "45d") {
		return rules.Distance{}, false
	}
	d, err := rules.ParseDistance(n.text)
	if err != nil {
		message := strings.Replace(err.Error(), strconv.Quote(n.text), quote(n.text), 1)
		what, hint, ok := strings.Cut(message, "; ")
		f := l.fail(n, "%s: %s", quote(n.name), what)
		if ok {
			f.Hint = hint
		}
		return rules.Distance{}, false
	}
	return d, true
}

// choice is the string of a key that must be one of the words.
func (l *loader) choice(t *node, key string, words []string) (string, *node) {
	text, n := l.str(t, key, words[0])
	if n == nil {
		return "", nil
	}
	if !slices.Contains(words, text) {
		l.fail(n, "%s is not known for %s", quote(text), quote(key)).mean(text, words)
		return "", nil
	}
	return text, n
}

// wellFormed says whether a word has only ASCII letters, digits, - and _ and what
// else is allowed, and is neither empty nor too long.
func wellFormed(word, also string, longest int) bool {
	if word == "" || len(word) > longest {
		return false
	}
	for _, r := range word {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		case strings.ContainsRune(also, r):
		default:
			return false
		}
	}
	return true
}
