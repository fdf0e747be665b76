package config

import (
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// BurntSushi/toml gives no positions once a file is decoded, so a second parser
// finds them: go-toml's unstable one, whose syntax tree knows the byte ranges of
// keys and scalars. It has none for arrays and inline tables; the ends of what
// stands inside them, and the white space, commas and comments between, lead to
// theirs. Nothing but positions and kinds is taken from it. This is the only file
// that knows it.

// spot is the place of a value.
type spot struct {
	key   int // offset of its key; that of the value for an item of a list
	value int // offset of the value; for a table with a header, of the header
	end   int // offset behind the value; 0 for a table with a header
	kind  unstable.Kind
	// implied: only a longer header or a dotted key speaks of this table so far.
	implied bool
}

// located is where everything in a file stands.
type located struct {
	spots map[string]spot // by path, see pathKey and pathItem
	// twice is the second place of the first key that is written twice; nil where
	// none is.
	twice *twice
}

// twice is a key that is written twice.
type twice struct {
	key           string
	first, second int // offsets
}

// pathKey is the path of a key within the table at a path, pathItem that of an
// item of the list at a path. The file itself is at "".
func pathKey(path, key string) string { return path + "." + strconv.Quote(key) }

func pathItem(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// locator walks over a file's syntax tree.
type locator struct {
	text  []byte
	found located
	lists map[string]int // [[…]] by path: how many there are
	table string         // the path of the table that key-values belong to
}

// locate finds the places of a file's keys and values. An error leaves what was
// found before it.
func locate(text []byte) (located, *unstable.ParserError, int) {
	l := &locator{text: text, found: located{spots: map[string]spot{}}, lists: map[string]int{}}
	var p unstable.Parser
	p.Reset(text)
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.KeyValue:
			l.keyValue(l.table, e)
		case unstable.Table, unstable.ArrayTable:
			l.header(e)
		}
	}
	if failed, ok := p.Error().(*unstable.ParserError); ok { //nolint:errorlint // the parser never wraps it
		return l.found, failed, int(p.Range(failed.Highlight).Offset)
	}
	return l.found, nil, 0
}

// header enters the table of a [table] or [[table]].
func (l *locator) header(e *unstable.Node) {
	path, start := "", -1
	for it := e.Key(); it.Next(); {
		n := it.Node()
		key, offset := string(n.Data), int(n.Raw.Offset)
		if start < 0 {
			start = l.back(offset)
		}
		path = pathKey(path, key)
		if !it.IsLast() {
			l.keep(path, spot{key: offset, value: start, kind: unstable.Table, implied: true})
			path = l.latest(path)
			continue
		}
		if e.Kind == unstable.ArrayTable {
			l.keep(path, spot{key: offset, value: start, kind: unstable.ArrayTable})
			l.lists[path]++
			path = l.latest(path)
		} else {
			l.note(key, path, offset)
		}
		l.found.spots[path] = spot{key: offset, value: start, kind: unstable.Table}
	}
	l.table = path
}

// latest is the path of the last item where a path is a list of tables, else the
// path itself.
func (l *locator) latest(path string) string {
	if n := l.lists[path]; n > 0 {
		return pathItem(path, n-1)
	}
	return path
}

// back is where the header begins whose first key is at an offset.
func (l *locator) back(offset int) int {
	for offset > 0 {
		switch l.text[offset-1] {
		case '[', ' ', '\t':
			offset--
			continue
		}
		break
	}
	for l.text[offset] == ' ' || l.text[offset] == '\t' {
		offset++
	}
	return offset
}

// keep notes a place where none is known yet.
func (l *locator) keep(path string, s spot) {
	if _, ok := l.found.spots[path]; !ok {
		l.found.spots[path] = s
	}
}

// note looks whether a key was there before. It is for the other parser to judge
// whether that is wrong; it only knows less well where.
func (l *locator) note(key, path string, offset int) {
	if before, ok := l.found.spots[path]; ok && !before.implied && l.found.twice == nil {
		l.found.twice = &twice{key: key, first: before.key, second: offset}
	}
}

// keyValue notes a key, its value, and all within. It returns the offset behind.
func (l *locator) keyValue(table string, e *unstable.Node) int {
	path, start, end := table, -1, 0
	var last spot
	for it := e.Key(); it.Next(); {
		n := it.Node()
		offset := int(n.Raw.Offset)
		if start < 0 {
			start = offset
		}
		end = offset + int(n.Raw.Length)
		path = pathKey(path, string(n.Data))
		last.key = offset
		if it.IsLast() {
			l.note(string(n.Data), path, offset)
		} else {
			l.keep(path, spot{key: offset, value: offset, kind: unstable.Table, implied: true})
		}
	}
	for end < len(l.text) && (l.text[end] == ' ' || l.text[end] == '\t' || l.text[end] == '=') {
		end++
	}
	last.value = end
	last.end = l.value(path, e.Value(), end)
	last.kind = e.Value().Kind
	l.found.spots[path] = last
	return last.end
}

// value notes what is within a value that starts at an offset. It returns the
// offset behind the value.
func (l *locator) value(path string, n *unstable.Node, start int) int {
	end := start + 1
	switch n.Kind {
	case unstable.Array:
		i := 0
		for it := n.Children(); it.Next(); i++ {
			at := l.skip(end)
			item := pathItem(path, i)
			end = l.value(item, it.Node(), at)
			l.found.spots[item] = spot{key: at, value: at, end: end, kind: it.Node().Kind}
		}
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			end = l.keyValue(path, it.Node())
		}
	default:
		return int(n.Raw.Offset + n.Raw.Length)
	}
	return min(l.skip(end)+1, len(l.text)) // the closing bracket
}

// skip is the offset of what follows white space, commas and comments.
func (l *locator) skip(offset int) int {
	for offset < len(l.text) {
		switch l.text[offset] {
		case ' ', '\t', '\r', '\n', ',':
			offset++
		case '#':
			for offset < len(l.text) && l.text[offset] != '\n' {
				offset++
			}
		default:
			return offset
		}
	}
	return offset
}
