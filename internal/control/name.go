package control

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxDomainName is the longest domain name, in characters, as A-labels.
const maxDomainName = 253

// properName brings the name of a domain as people write it to lower case and A-labels,
// as the configuration does with its names; the dot with which programs end a full name
// may be there. Unlike [domainName] it refuses what is no name of a domain: something is
// to be done with it.
func properName(text string) (string, error) {
	name := strings.TrimSuffix(strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(strings.TrimSpace(text)), ".")
	no := problem(http.StatusBadRequest, "%q is no name of a domain", clip(text))
	if len(name) > 4*maxDomainName || !utf8.ValidString(name) {
		return "", no
	}
	profile := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(true))
	labels := strings.Split(name, ".")
	for i, label := range labels {
		ascii, err := profile.ToASCII(label)
		if err != nil || ascii == "" || len(ascii) > 63 || ascii[0] == '-' || ascii[len(ascii)-1] == '-' {
			return "", no
		}
		labels[i] = strings.ToLower(ascii)
	}
	if name = strings.Join(labels, "."); len(labels) < 2 || len(name) > maxDomainName {
		return "", no
	}
	return name, nil
}

// unicodeName is a name in A-labels as people write it; "" where nothing differs.
func unicodeName(name string) string {
	if u, err := idna.Display.ToUnicode(name); err == nil && u != name {
		return clip(u)
	}
	return ""
}
