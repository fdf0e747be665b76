package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"domaind/internal/portfolio"
)

// Bounds of the text that an answer may put into our errors and logs, in bytes.
const (
	maxText       = 500
	maxWord       = 100 // states, request ids, names of attributes
	maxAttributes = 20
	maxComplaints = 10 // for one attribute
)

const ellipsis = "…"

// clean makes foreign text fit for a log and a terminal: no token, no control or
// formatting characters, no invalid UTF-8, white space folded, and at most limit
// bytes. The token goes after the characters that could have been hiding it.
func (c *Client) clean(s string, limit int) string {
	s = strings.ReplaceAll(strip(s), c.token, "[token]")
	for _, secret := range c.hidden {
		s = strings.ReplaceAll(s, secret, "[authorization code]")
	}
	return cut(s, limit)
}

// hiding gives a Client for one call that keeps an authorization code out of its
// errors too: a server may quote what it was sent, in any of the ways in which
// quotes are written.
func (c *Client) hiding(code portfolio.AuthCode) *Client {
	var forms []string
	for _, plain := range []string{string(code), strip(string(code))} {
		forms = append(forms, plain, url.QueryEscape(plain), url.PathEscape(plain), html.EscapeString(plain))
		for _, escapeHTML := range []bool{true, false} {
			quoted := inJSON(plain, escapeHTML)
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	// What is cleaned was stripped after it was quoted.
	for _, form := range slices.Clone(forms) {
		forms = append(forms, strip(form))
	}
	// The longest first: another may be a part of it, and would leave the rest.
	slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	hiding := *c
	hiding.hidden = slices.DeleteFunc(slices.Compact(forms), func(s string) bool { return s == "" })
	return &hiding
}

// inJSON writes a value that came out of JSON, or a string, as JSON.
func inJSON(v any, escapeHTML bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	if err := encoder.Encode(v); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// strip folds white space and drops what does not print. It looks at the first
// 64 KiB alone; nobody reads on.
func strip(s string) string {
	s = s[:min(len(s), 64<<10)]
	var b strings.Builder
	space := false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if unicode.IsSpace(r) {
			space = b.Len() > 0
			continue
		}
		if unicode.Is(unicode.C, r) { // controls, and what turns the direction of text
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// cut shortens s to at most limit bytes, between two characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}

// cause stands for an error from below. It can be asked what it is, with
// errors.Is, but gives out neither its text unredacted nor itself: a URL or a
// header in it may hold the token.
type cause struct {
	text string
	err  error
}

func (e *cause) Error() string { return e.text }

// Is says whether the error below is the target.
func (e *cause) Is(target error) bool { return errors.Is(e.err, target) }

// domainName gives a name in the form that the rest of the program uses, and
// whether it can be one: two labels or more, so that no name is taken for an id.
func domainName(s string) (string, bool) {
	s, ok := suffix(s)
	if !ok || !strings.Contains(s, ".") {
		return "", false
	}
	return s, true
}

// suffix is domainName for what may have a single label: of letters, digits,
// hyphens and underscores. What it lets through needs no escaping in a path.
func suffix(s string) (string, bool) {
	s = strings.ToLower(s)
	if len(s) == 0 || len(s) > 253 {
		return "", false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return "", false
		}
		for i := range len(label) {
			b := label[i]
			if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' && b != '_' {
				return "", false
			}
		}
	}
	return s, true
}
