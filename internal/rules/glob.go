package rules

import "strings"

// glob is a [Pattern] with wildcards, taken apart at its stars. Most names are told
// from it by what stands at its beginning or its end.
type glob struct {
	head, tail part // "" but for what stands before the first star, and behind the last
	inner      []part
	least      int // no shorter name fits
	stars      bool
}

// part is a piece of a pattern without stars: as many characters of a name.
type part struct {
	text string
	any  bool // it has question marks
}

func newGlob(pattern string) glob {
	pieces := strings.Split(pattern, "*")
	last := len(pieces) - 1
	g := glob{head: newPart(pieces[0]), least: len(pattern) - last, stars: last > 0}
	if last == 0 {
		return g
	}
	g.tail = newPart(pieces[last])
	for _, piece := range pieces[1:last] {
		if piece != "" {
			g.inner = append(g.inner, newPart(piece))
		}
	}
	return g
}

func newPart(text string) part { return part{text, strings.Contains(text, "?")} }

// match says the same as [Pattern.Match]: each part is taken where it fits first,
// which leaves the most for those behind it.
func (g *glob) match(name string) bool {
	if len(name) < g.least || len(name) > g.least && !g.stars {
		return false
	}
	head, tail := len(g.head.text), len(name)-len(g.tail.text)
	if !g.head.fits(name[:head]) || !g.tail.fits(name[tail:]) {
		return false
	}
	rest := name[head:tail]
	for i := range g.inner {
		p := &g.inner[i]
		at := p.find(rest)
		if at < 0 {
			return false
		}
		rest = rest[at+len(p.text):]
	}
	return true
}

// fits says whether a part is the same as s, which is as long.
func (p *part) fits(s string) bool {
	if !p.any {
		return p.text == s
	}
	for i := range len(s) {
		if p.text[i] != '?' && p.text[i] != s[i] {
			return false
		}
	}
	return true
}

// find is where a part fits first; -1 where it does not.
func (p *part) find(s string) int {
	if !p.any {
		return strings.Index(s, p.text)
	}
	for at := 0; at+len(p.text) <= len(s); at++ {
		if p.fits(s[at : at+len(p.text)]) {
			return at
		}
	}
	return -1
}
