package rules

import (
	"errors"
	"strings"
)

// Pattern is a domain name, or a name with the wildcards * (any run of
// characters, dots too) and ? (any one character). It is compared in lower case,
// as A-labels.
type Pattern struct {
	text string
	wild bool
}

// ErrPattern is in every error of [NewPattern].
var ErrPattern = errors.New("not a name or pattern")

// NewPattern takes a name or pattern that was already brought to lower case and
// A-labels.
func NewPattern(s string) (Pattern, error) {
	if s == "" || strings.ContainsAny(s, " \t\r\n/\\@") {
		return Pattern{}, ErrPattern
	}
	return Pattern{text: s, wild: strings.ContainsAny(s, "*?")}, nil
}

// String is the pattern as it was given.
func (p Pattern) String() string { return p.text }

// Wild says whether the pattern has wildcards, and so may mean more than one name.
func (p Pattern) Wild() bool { return p.wild }

// Match says whether the name fits the pattern. It takes time proportional to
// the product of both lengths at most, whatever the pattern is.
func (p Pattern) Match(name string) bool {
	if !p.wild {
		return p.text == name
	}
	return wildcard(p.text, name)
}

// wildcard is the usual backtracking match: on a mismatch it goes back to the
// last star only, so it cannot grow exponentially.
func wildcard(pattern, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == '*' {
		i++
	}
	return i == len(pattern)
}
