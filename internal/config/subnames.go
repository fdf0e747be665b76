package config

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"domaind/internal/rules"
)

// placed is a pattern of a list, and where it stands.
type placed struct {
	pattern rules.Pattern
	src     *source
	offset  int
}

// patternsOf are the patterns of a list, from which those are warned of that no domain can
// fit: names at DNSimple are registered ones, and "*.example.com" means the names below one.
// Where the list has example.com as well, it is no more than thorough.
func (l *loader) patternsOf(list []placed) []rules.Pattern {
	var patterns []rules.Pattern
	for _, p := range list {
		patterns = append(patterns, p.pattern)
	}
	for _, p := range list {
		meant, ok := below(p.pattern.String())
		if !ok {
			continue
		}
		base, err := rules.NewPattern(meant)
		if err != nil || slices.ContainsFunc(patterns, func(q rules.Pattern) bool { return q.Contains(base) }) {
			continue
		}
		f := at(p.src, p.offset, "%s fits only names below %s, and none of those is a domain that can be registered", quote(p.pattern.String()), quote(meant)).
			hint("did you mean " + quote(meant) + "?")
		l.warnings = append(l.warnings, f)
	}
	return patterns
}

// below tells of a pattern that begins with "*." whether it only fits names below those
// that can be registered, and which pattern would fit these. It goes by the list of public
// suffixes, and is sure where it says so.
func below(pattern string) (meant string, ok bool) {
	rest, ok := strings.CutPrefix(pattern, "*.")
	if !ok || strings.Contains(rest, "?") {
		return "", false
	}
	if label, anywhere := strings.CutSuffix(rest, ".*"); anywhere {
		return rest, label != "" && !strings.ContainsAny(label, ".*") && !secondLevel(label)
	}
	if strings.Contains(rest, "*") || !strings.Contains(rest, ".") {
		return "", false
	}
	registrable, err := publicsuffix.EffectiveTLDPlusOne("x.y." + rest)
	return rest, err == nil && (rest == registrable || strings.HasSuffix(rest, "."+registrable))
}

// secondLevel says whether names are registered below a label under some top-level domain,
// like "co" of "co.uk".
func secondLevel(label string) bool {
	under := func(label, tld string) bool {
		s, _ := publicsuffix.PublicSuffix("x.y." + label + "." + tld)
		return strings.Contains(s, ".")
	}
	// Under some top-level domains, names are registered below whatever label.
	const whatever = "zqxjkv"
	suffix := func(tld string) bool { return under(label, tld) && !under(whatever, tld) }
	generic := []string{"com", "net", "org", "info", "name", "biz", "gov", "edu", "int", "mil", "arpa", "aero", "coop", "museum", "pro"}
	if slices.ContainsFunc(generic, suffix) {
		return true
	}
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			if suffix(string([]rune{a, b})) {
				return true
			}
		}
	}
	return false
}
