package rules

import (
	"strings"
	"testing"
)

// FuzzGlob compares a pattern that was taken apart with the pattern as it is.
func FuzzGlob(f *testing.F) {
	for _, pattern := range []string{"*", "?", "**", "*?", "?*", "a*", "*a", "a*a", "*a*", "a?c", "*a?*b", "a*b*c", "*ab*ab*", "a*?b", "??*??", "*a*a*a*", "*.example.??"} {
		for _, name := range []string{"", "a", "aa", "ab", "abc", "aab", "abab", "aXbYc", "xabyabz", "a.example.de", "aaaa", "b"} {
			f.Add(pattern, name)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if !strings.ContainsAny(pattern, "*?") {
			return
		}
		g := newGlob(pattern)
		if got, want := g.match(name), wildcard(pattern, name); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}
