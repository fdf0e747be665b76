package config

import (
	"bytes"
	"strings"

	"domaind/internal/rules"
)

// group is a group that was read, and where.
type group struct {
	node  *node
	group rules.Group
}

// readGroups reads the [groups] of a file.
func (l *loader) readGroups(file *node) {
	t := l.table(file, "groups")
	if t == nil {
		return
	}
	for _, f := range t.fields {
		if !wellFormed(f.name, ".", maxName) {
			l.failKey(f, "the group's name %s may have letters, digits, - _ and . only", quote(f.name))
			continue
		}
		if before, ok := l.groups[f.name]; ok {
			l.failKey(f, "two groups are named %s; the other one is at %s", quote(f.name), place(before.node)).
				hint("give one of them another name, or put their names together")
			continue
		}
		l.groups[f.name] = group{node: f, group: rules.Group{Name: f.name, Patterns: l.groupPatterns(f)}}
	}
}

// groupPatterns reads what a group consists of: a list, or a file of names.
func (l *loader) groupPatterns(n *node) []rules.Pattern {
	switch n.kind {
	case kindTable:
		l.checkKeys(n, "group")
		path, f := l.str(n, "file", "defensive.txt")
		if f == nil {
			if n.get("file") == nil {
				l.fail(n, "the group %s names neither names nor a file", quote(n.name)).hint(`write a list of names, or { file = "names.txt" }`)
			}
			return nil
		}
		return l.groupFile(f, relative(f, path))
	case kindList:
		return l.patterns(n)
	}
	l.fail(n, "the group %s must be a list of names or the name of a file, not %s", quote(n.name), n.kind).
		hint(`write ["example.com", "example.*"], or { file = "names.txt" }`)
	return nil
}

// patterns reads a list of names and patterns, or a single one.
func (l *loader) patterns(n *node) []rules.Pattern {
	var list []placed
	for _, item := range l.list(n) {
		if !l.isString(item, "example.com") {
			continue
		}
		p, err := toPattern(item.text)
		if err != nil {
			l.fail(item, "%s %s", quote(item.text), err)
			continue
		}
		list = append(list, placed{p, item.src, item.at})
	}
	return l.patternsOf(list)
}

// maxFileProblems bounds what is said of one group file, which may be any file at
// all by mistake.
const maxFileProblems = 10

// groupFile reads a file of names and patterns, one on each line. Blank lines and
// what follows a # are nothing.
func (l *loader) groupFile(n *node, path string) []rules.Pattern {
	text, err := l.env.ReadFile(path)
	if err != nil {
		l.fail(n, "read the group file %s: %s", printable(path), printable(bareError(err).Error())).
			hint("the path is relative to the file that names it")
		return nil
	}
	if len(text) > maxGroupFile {
		l.fail(n, "the group file %s is larger than %d MiB", printable(path), maxGroupFile>>20)
		return nil
	}
	src := newSource(path, l.sources, text)
	l.sources++
	if i := invalidUTF8(text); i >= 0 {
		l.problems = append(l.problems, at(src, i, "the file is not UTF-8 text: byte 0x%02x", text[i]).hint("save it as UTF-8"))
		return nil
	}
	var list []placed
	failed := 0
	start := 0
	for line := range bytes.Lines(text) {
		content, _, _ := strings.Cut(string(line), "#")
		name := strings.TrimSpace(content)
		offset := start + strings.Index(content, name)
		start += len(line)
		if name == "" {
			continue
		}
		p, err := toPattern(name)
		if err == nil {
			list = append(list, placed{p, src, offset})
			continue
		}
		if failed++; failed > maxFileProblems {
			continue
		}
		l.problems = append(l.problems, at(src, offset, "%s %s", quote(name), err).
			hint("a group file has one name or pattern on each line; # begins a comment"))
	}
	if failed > maxFileProblems {
		l.fail(n, "%d more lines of the group file %s are wrong", failed-maxFileProblems, printable(path))
	}
	if len(list) == 0 && failed == 0 {
		l.problems = append(l.problems, at(src, 0, "the group %s is empty: this file names nothing", quote(n.name)).
			hint("write one name or pattern on each line"))
	}
	return l.patternsOf(list)
}
