package config

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestToPattern(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{"example.com", "example.com", nil},
		{" Example.COM ", "example.com", nil},
		{"bücher.example", "xn--bcher-kva.example", nil},
		{"BÜCHER.example", "xn--bcher-kva.example", nil},
		{"XN--BCHER-KVA.example", "xn--bcher-kva.example", nil},
		{"faß.example", "xn--fa-hia.example", nil},
		{"例え。テスト", "xn--r8jz45g.xn--zckzah", nil},
		{"*", "*", nil},
		{"*.BÜCHER.example", "*.xn--bcher-kva.example", nil},
		{"exa?ple.*", "exa?ple.*", nil},
		{"xn--*.example", "xn--*.example", nil},
		{"-*-.example", "-*-.example", nil},
		{"1.2", "1.2", nil},
		{strings.Repeat("a", 63) + ".example", strings.Repeat("a", 63) + ".example", nil},

		{"", "", errNoName},
		{"example", "", errOneLabel},
		{"example.com.", "", errLastDot},
		{".com", "", errFirstDot},
		{"a..b", "", errLabel},
		{"a b.example", "", errLabel},
		{"a_b.example", "", errLabel},
		{"a_*.example", "", errLabel},
		{"-a.example", "", errLabel},
		{"a-.example", "", errLabel},
		{"a/b.example", "", errLabel},
		{"user@a.example", "", errLabel},
		{"xn--a.example", "", errLabel},
		{"b\u00fc*.example", "", errWildUnicod},
		{strings.Repeat("a", 64) + ".example", "", errLabel},
		{strings.Repeat("a.", 130) + "a", "", errLong},
		{strings.Repeat("a", 1<<20), "", errLong},
		{"a\x00b.example", "", errLabel},
		{"a\xff.example", "", errNoName},
		{"\xff*.example", "", errNoName},
		{"example.\xc3", "", errNoName},
		{"\ufffd.example", "", errLabel},
		{"\u202eelpmaxe.example", "", errLabel},
		{"\u200d.example", "", errLabel},
		{"\u00ad.example", "", errLabel},
		{"a\u00adb.example", "ab.example", nil},
		{"٣.example", "", errLabel},
		{strings.Repeat("\xff", 1<<20), "", errNoName},
	} {
		got, err := toPattern(c.in)
		if got.String() != c.want || !errors.Is(err, c.err) {
			t.Errorf("%.50q is %q, %v; want %q, %v", c.in, got, err, c.want, c.err)
		}
	}
}

// TestToPatternAgain checks that what a name became stays what it is, and that a
// pattern without wildcards matches itself alone.
func TestToPatternAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) + ".example" })
		text := rapid.OneOf(rapid.String(), bytes, rapid.StringMatching(`[a-zA-ZäßΩ例0-9*?.-]{1,30}`)).Draw(t, "text")
		p, err := toPattern(text)
		if err != nil {
			return
		}
		for _, r := range p.String() {
			if r > '~' || r <= ' ' || r >= 'A' && r <= 'Z' {
				t.Fatalf("%q became %q", text, p)
			}
		}
		again, err := toPattern(p.String())
		if err != nil || again != p {
			t.Fatalf("%q became %q, and that %q, %v", text, p, again, err)
		}
		if !p.Match(strings.NewReplacer("*", "x", "?", "y").Replace(p.String())) {
			t.Fatalf("%q does not match what it stands for", p)
		}
	})
}

func TestNearest(t *testing.T) {
	known := vocabulary("conditions domain").obeyed
	for word, want := range map[string]string{
		"expires_in": "expires_within", "expire_within": "expires_within", "nam": "name", "groups": "group", "tlds": "tld",
		"states": "state", "autorenew": "auto_renew", "auto-renew": "auto_renew", "": "", "x": "", "colour": "",
		strings.Repeat("name", 1000): "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("%.20q most likely means %q; want %q", word, got, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	word := rapid.StringMatching(`[abc]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := editDistance(a, b)
		if d != editDistance(b, a) || (d == 0) != (a == b) {
			t.Fatalf("from %q to %q it is %d, and back %d", a, b, d, editDistance(b, a))
		}
		if d > max(len(a), len(b)) || d < max(len(a), len(b))-min(len(a), len(b)) {
			t.Fatalf("from %q to %q it cannot be %d", a, b, d)
		}
	})
	if d := editDistance("mian", "main"); d != 1 {
		t.Errorf("a swap counts %d", d)
	}
}
