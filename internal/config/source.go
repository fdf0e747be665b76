package config

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// The longest files that are taken for what they should be.
const (
	maxConfigFile = 4 << 20
	maxGroupFile  = 16 << 20
)

// source is a file that was read: its text, and which parts of it may not be shown.
type source struct {
	path   string
	order  int // in which it was loaded
	text   []byte
	lines  []int // the offset at which each line begins
	hidden []span
}

// span is a range of bytes, without its end.
type span struct{ start, end int }

func newSource(path string, order int, text []byte) *source {
	s := &source{path: path, order: order, text: text, lines: []int{0}}
	for i, c := range text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// position is the line and the column, in characters, of an offset.
func (s *source) position(offset int) (line, col int) {
	offset = min(max(offset, 0), len(s.text))
	i, found := slices.BinarySearch(s.lines, offset)
	if !found {
		i--
	}
	for offset > s.lines[i] && offset < len(s.text) && !utf8.RuneStart(s.text[offset]) {
		offset-- // a parser may stand in the middle of a character
	}
	return i + 1, utf8.RuneCount(s.text[s.lines[i]:offset]) + 1
}

// line is the range of the line that an offset lies on, without its end of line.
func (s *source) line(offset int) span {
	n, _ := s.position(offset)
	start := s.lines[n-1]
	end := len(s.text)
	if n < len(s.lines) {
		end = s.lines[n] - 1
	}
	if end > start && s.text[end-1] == '\r' {
		end--
	}
	return span{start, end}
}

// hide keeps a range out of all lines that are shown.
func (s *source) hide(start, end int) { s.hidden = append(s.hidden, span{start, end}) }

// Of a line that is longer than shownLine, only so much is shown around the place
// of a problem, in bytes.
const (
	shownLine   = 160
	shownBefore = 90
	shownAfter  = 70
)

// show is the line of an offset as it may be shown, and the byte in it that the
// offset stands for, -1 where that is not shown.
func (s *source) show(offset int) (text string, caret int) {
	line := s.line(offset)
	offset = min(max(offset, line.start), line.end)
	end, secret := line.end, false
	for _, h := range s.hidden {
		if h.start < line.end && h.end > line.start && h.start < end {
			end, secret = max(h.start, line.start), true
		}
	}
	if at := secretIn(s.text[line.start:end]); at >= 0 {
		end, secret = line.start+at, true
	}
	start := line.start
	var before, after string
	if secret {
		after = "…"
	}
	long := line.end-line.start > shownLine
	if long && offset-start > shownBefore {
		start, before = offset-shownBefore, "…"
	}
	start = min(start, end)
	for start < end && !utf8.RuneStart(s.text[start]) {
		start++
	}
	if stop := max(offset, start) + shownAfter; long && stop < end {
		end, after = stop, "…"
		for end > start && !utf8.RuneStart(s.text[end]) {
			end--
		}
	}
	text = before + printable(string(s.text[start:end])) + after
	if offset > end || offset < start {
		return text, -1
	}
	return text, len(before) + len(printable(string(s.text[start:offset])))
}

// secretIn is where something begins that looks like a secret wherever it stands:
// a DNSimple token, or a URL with a user or password in it; -1 where nothing does.
func secretIn(text []byte) int {
	at := -1
	for _, mark := range []string{"dnsimple_a_", "dnsimple_u_"} {
		if i := bytes.Index(text, []byte(mark)); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte("://"))
		if i < 0 {
			return at
		}
		from += i + len("://")
		rest := text[from:]
		if end := bytes.IndexAny(rest, " \t\r\n"); end >= 0 {
			rest = rest[:end]
		}
		if bytes.IndexByte(rest, '@') >= 0 && (at < 0 || from < at) {
			return from
		}
	}
}

// secretKey says whether a key of this name might be given a secret.
func secretKey(key string) bool {
	key = strings.ToLower(key)
	for _, word := range []string{"token", "secret", "passw", "credential", "seed", "nkey", "apikey", "api_key", "api-key"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// hideBroken hides what follows the equals sign on a line that cannot be parsed,
// where a secret may stand there. It says whether it did.
func (s *source) hideBroken(offset int, lastKey string) bool {
	line := s.line(offset)
	text := s.text[line.start:line.end]
	if !secretKey(lastKey) && !secretKey(string(text)) && secretIn(text) < 0 {
		return false
	}
	// Without an equals sign the line goes on with what an earlier one began.
	s.hide(line.start+bytes.IndexByte(text, '=')+1, line.end+1)
	return true
}
