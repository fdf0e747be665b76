package config

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"domaind/internal/rules"
)

// What is wrong with a name. They are completed with what was written.
var (
	errNoName     = errors.New("is not a domain name")
	errLastDot    = errors.New("ends with a dot; write it without")
	errFirstDot   = errors.New("begins with a dot; write it without")
	errOneLabel   = errors.New("has no dot, so it is the name of no domain")
	errWildUnicod = errors.New("has a wildcard in an internationalized label, which cannot be compared; write * for the whole label")
	errLabel      = errors.New("is not a domain name: a label must have 1 to 63 letters, digits or hyphens, and no hyphen at its ends")
	errLong       = errors.New("is not a domain name: it is longer than 253 characters")
)

// maxDomainName is the longest domain name, in characters, as A-labels.
const maxDomainName = 253

// toPattern reads a name or pattern as people write it, in upper or lower case,
// internationalized or not.
func toPattern(text string) (rules.Pattern, error) {
	name, err := toASCII(text, true)
	if err != nil {
		return rules.Pattern{}, err
	}
	if !strings.ContainsAny(name, ".*?") {
		return rules.Pattern{}, errOneLabel
	}
	p, err := rules.NewPattern(name)
	if err != nil {
		return rules.Pattern{}, errNoName
	}
	return p, nil
}

// toTLD reads what follows the first label of names.
func toTLD(text string) (string, error) { return toASCII(text, false) }

// toASCII brings a name to lower case and A-labels, label by label, so that
// wildcards survive where they are allowed.
func toASCII(text string, wild bool) (string, error) {
	text = strings.TrimSpace(text)
	text = strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(text)
	switch {
	case text == "", !utf8.ValidString(text): // a file is refused before, where it is not UTF-8
		return "", errNoName
	case strings.HasSuffix(text, "."):
		return "", errLastDot
	case strings.HasPrefix(text, "."):
		return "", errFirstDot
	case len(text) > 4*maxDomainName:
		return "", errLong
	}
	labels := strings.Split(text, ".")
	for i, label := range labels {
		ascii, err := toALabel(label, wild)
		if err != nil {
			return "", err
		}
		labels[i] = ascii
	}
	name := strings.Join(labels, ".")
	if len(name) > maxDomainName {
		return "", errLong
	}
	return name, nil
}

// toALabel brings one label to lower case, as an A-label.
func toALabel(label string, wild bool) (string, error) {
	const maxLabel = 63
	if wild && strings.ContainsAny(label, "*?") {
		label = strings.ToLower(label)
		if !wellFormed(label, "*?", maxLabel) || strings.Contains(label, "_") {
			if strings.ContainsFunc(label, func(r rune) bool { return r > '~' }) {
				return "", errWildUnicod
			}
			return "", errLabel
		}
		return label, nil
	}
	profile := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(true))
	ascii, err := profile.ToASCII(label)
	if err != nil {
		return "", errLabel
	}
	if !wellFormed(ascii, "", maxLabel) || strings.Contains(ascii, "_") || ascii[0] == '-' || ascii[len(ascii)-1] == '-' {
		return "", errLabel
	}
	return strings.ToLower(ascii), nil
}
