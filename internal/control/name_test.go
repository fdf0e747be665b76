package control

import (
	"strings"
	"testing"
)

func TestProperName(t *testing.T) {
	label := strings.Repeat("a", 63)
	for text, want := range map[string]string{
		"example.com": "example.com", " Example.COM ": "example.com", "bücher.de": "xn--bcher-kva.de", "BÜCHER.DE": "xn--bcher-kva.de",
		"faß.de": "xn--fa-hia.de", "xn--bcher-kva.de": "xn--bcher-kva.de", "例え。jp": "xn--r8jz45g.jp", label + ".com": label + ".com",
		"co.uk": "co.uk", "1.com": "1.com", "Example.com.": "example.com", "例え。jp。": "xn--r8jz45g.jp",
		"": "", ".": "", "com": "", "com.": "", "example.com..": "", ".example.com": "", "a..com": "", "-a.com": "", "a-.com": "", "a b.com": "", "a_b.com": "",
		"*.com": "", "a/b.com": "", label + "a.com": "", strings.Repeat(label+".", 4) + "com": "", strings.Repeat("ü", 2000) + ".com": "",
		"xn--a.com": "", "a\n.com": "", "a@b.com": "", "\xff.com": "",
	} {
		got, err := properName(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.40q is %q: %v, want %q", text, got, err, want)
		}
	}
	for name, want := range map[string]string{"xn--bcher-kva.de": "bücher.de", "example.com": "", "xn--a.com": ""} {
		if got := unicodeName(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
