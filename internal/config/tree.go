package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"
)

// kind is what a value is.
type kind int

const (
	kindTable  kind = iota
	kindTables      // a list of [[…]]
	kindList
	kindString
	kindInteger
	kindFloat
	kindBool
	kindDate
	kindTime // any other date or time
)

// String names the kind with its article.
func (k kind) String() string {
	return [...]string{
		"a table", "a list of tables", "a list", "a string", "a whole number", "a number with a fraction",
		"true or false", "a date", "a time",
	}[k]
}

// node is a value in a file, and its place.
type node struct {
	src    *source
	name   string // its key; for an item of a list, the list's
	kind   kind
	key    int // offset of its key, or of the item
	at     int // offset of the value, or of the table's header
	end    int // offset behind the value; 0 for a table with a header
	header bool

	text    string    // kindString
	integer int64     // kindInteger
	boolean bool      // kindBool
	date    time.Time // kindDate: its midnight, in some zone; kindTime: the moment, where it has one
	zone    bool      // kindTime: it says in which time zone it is
	hours   bool      // kindTime: it has no date
	items   []*node   // kindList, kindTables
	fields  []*node   // kindTable: in the order of the file
	byName  map[string]*node
}

// get is the value of a key of a table; nil where there is none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	return n.byName[key]
}

// parse reads a file of TOML. Where it is no TOML, the problem says so.
func parse(src *source) (*node, *found) {
	if i := invalidUTF8(src.text); i >= 0 {
		return nil, at(src, i, "the file is not UTF-8 text: byte 0x%02x", src.text[i]).hint("save it as UTF-8")
	}
	if bytes.HasPrefix(src.text, []byte("\ufeff")) {
		return nil, at(src, 0, "the file begins with a byte order mark").hint("save it as UTF-8 without one")
	}
	places, other, offset := locate(src.text)
	if other != nil && strings.Contains(other.Message, "nested") {
		return nil, at(src, offset, "not valid TOML: %s", other.Message)
	}
	var decoded map[string]any
	if _, err := toml.Decode(string(src.text), &decoded); err != nil {
		if other == nil {
			offset = -1
		}
		return nil, syntaxError(src, err, places.twice, offset)
	}
	if other != nil {
		if src.hideBroken(offset, "") {
			return nil, at(src, offset, "not valid TOML")
		}
		return nil, at(src, offset, "not valid TOML: %s", other.Message)
	}
	root := &node{src: src, header: true}
	root.graft("", decoded, places.spots)
	root.hideSecrets(false)
	return root, nil
}

// invalidUTF8 is the offset of the first byte that is no UTF-8; -1 where all is.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; ; {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}

// syntaxError is the problem that the parser's error stands for. The other parser
// may know better where it is: at other, unless that is -1.
func syntaxError(src *source, err error, again *twice, other int) *found {
	var failed toml.ParseError
	if !errors.As(err, &failed) {
		return at(src, 0, "not valid TOML: %s", printable(err.Error()))
	}
	if again != nil && strings.Contains(failed.Message, "already") {
		line, _ := src.position(again.first)
		src.hideBroken(again.second, again.key)
		return at(src, again.second, "%s is written twice", quote(again.key)).hint(fmt.Sprintf("it stands at line %d already", line))
	}
	offset := min(max(failed.Position.Start, 0), len(src.text))
	if line, _ := src.position(offset); line != failed.Position.Line && failed.Position.Line > 0 {
		// The parser stands behind the end of the line that it complains about.
		line := min(failed.Position.Line, len(src.lines))
		offset = src.line(src.lines[line-1]).end
	}
	if other >= 0 {
		mine, _ := src.position(offset)
		if theirs, _ := src.position(other); theirs == mine || theirs == mine-1 {
			offset = other
		}
	}
	if src.hideBroken(offset, failed.LastKey) {
		return at(src, offset, "not valid TOML; the line is not shown, since a secret may stand on it").
			hint("strings stand in quotes, and end on the line on which they begin")
	}
	return at(src, offset, "not valid TOML: %s", printable(shorten(failed.Message)))
}

// shorten cuts a message of others to a length that can be read.
func shorten(message string) string {
	const longest = 160
	message, _, _ = strings.Cut(message, "\n")
	if len(message) <= longest {
		return message
	}
	return strings.ToValidUTF8(message[:longest], "") + "…"
}

// graft joins a decoded value with the places of what is in it.
func (n *node) graft(path string, value any, spots map[string]spot) {
	switch v := value.(type) {
	case map[string]any:
		n.kind, n.byName = kindTable, make(map[string]*node, len(v))
		for key, value := range v {
			f := n.child(pathKey(path, key), key, value, spots)
			n.fields, n.byName[key] = append(n.fields, f), f
		}
		slices.SortFunc(n.fields, func(a, b *node) int {
			return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.name, b.name))
		})
	case []map[string]any:
		n.kind = kindTables
		for i, item := range v {
			n.items = append(n.items, n.child(pathItem(path, i), n.name, item, spots))
		}
	case []any:
		n.kind = kindList
		tables := len(v) > 0
		for i, item := range v {
			_, isTable := item.(map[string]any)
			tables = tables && isTable
			n.items = append(n.items, n.child(pathItem(path, i), n.name, item, spots))
		}
		if tables {
			n.kind = kindTables
		}
	case string:
		n.kind, n.text = kindString, v
	case int64:
		n.kind, n.integer = kindInteger, v
	case float64:
		n.kind = kindFloat
	case bool:
		n.kind, n.boolean = kindBool, v
	case time.Time:
		n.kind, n.date = kindTime, v
		switch spots[path].kind {
		case unstable.LocalDate:
			n.kind = kindDate
		case unstable.DateTime:
			n.zone = true
		case unstable.LocalTime:
			n.hours = true
		}
	}
}

// child is a value within a table or list. One whose place is not known, which
// should not happen, is where its parent is.
func (n *node) child(path, name string, value any, spots map[string]spot) *node {
	c := &node{src: n.src, name: name, key: n.key, at: n.at}
	if s, ok := spots[path]; ok {
		c.key, c.at, c.end = s.key, s.value, s.end
		c.header = s.end == 0
	}
	c.graft(path, value, spots)
	return c
}

// hideSecrets keeps out of sight what stands where a secret may have been written:
// under a key that sounds like one (and at any depth below), and what looks like one.
func (n *node) hideSecrets(below bool) {
	for _, f := range n.fields {
		f.hideSecrets(below || secretKey(f.name))
	}
	for _, i := range n.items {
		i.hideSecrets(below)
	}
	if n.kind == kindString && (secretIn([]byte(n.text)) >= 0 || below && !n.isPlace()) {
		n.src.hide(n.at, n.end)
	}
	if secretIn([]byte(n.name)) >= 0 {
		n.src.hide(n.key, max(n.end, n.key+len(n.name)+2))
	}
}

// hide keeps every string within a value out of sight.
func (n *node) hide() {
	for _, below := range slices.Concat(n.fields, n.items) {
		below.hide()
	}
	if n.kind == kindString {
		n.src.hide(n.at, n.end)
	}
}

// isPlace says whether a string tells where a secret is, and is not one: that
// stands under a key that says so, and looks like a name or path.
func (n *node) isPlace() bool {
	switch n.name {
	case secretCredential, secretEnv:
		return wellFormed(n.text, ".", maxName)
	case secretFile:
		return true
	}
	return false
}
