package sandbox

import (
	"fmt"
	"strings"

	"golang.org/x/net/idna"
)

// labels gives a domain name as A-labels and in Unicode, whichever it was written in.
func labels(name string) (ascii, unicode string, err error) {
	ascii, err = idna.Lookup.ToASCII(strings.ToLower(name))
	if err != nil || !strings.Contains(ascii, ".") || len(ascii) > 253 {
		return "", "", fmt.Errorf("%q is not a domain name", name)
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if label == "" || len(label) > 63 {
			return "", "", fmt.Errorf("%q is not a domain name", name)
		}
	}
	unicode, err = idna.Lookup.ToUnicode(ascii)
	if err != nil {
		return "", "", fmt.Errorf("%q is not a domain name", name)
	}
	return ascii, unicode, nil
}
