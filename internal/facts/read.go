package facts

import (
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// Read reads facts. Its error is an [*Error].
func Read(text []byte) (*Facts, error) {
	if len(text) > Largest {
		return nil, &Error{Line: 1, What: fmt.Sprintf("there are %d MiB of it, and no facts have more than %d", len(text)>>20, Largest>>20)}
	}
	// What another version means by a key, nobody knows: the format comes first.
	var f Facts
	err := newDecoder(text).document(&f)
	if err != nil && f.Format == 0 && len(strings.TrimSpace(string(text[:min(len(text), 1<<10)]))) == 0 {
		return nil, &Error{Line: 1, What: "there is nothing in it"}
	}
	c := checker{facts: &f}
	if f.Format != 0 && f.Format != Format {
		c.fail("format", "facts of the format %d; this domaind reads the format %d", f.Format, Format)
		return nil, c.locate(text)
	}
	if err != nil {
		return nil, err
	}
	c.all()
	if c.failed != nil {
		return nil, c.locate(text)
	}
	return &f, nil
}

// checker looks whether facts make sense, and keeps the first thing that does not.
type checker struct {
	facts  *Facts
	failed *Error
	known  map[int64]bool // accounts
}

func (c *checker) fail(path, format string, args ...any) {
	if c.failed == nil {
		c.failed = &Error{Path: path, What: fmt.Sprintf(format, args...)}
	}
}

// locate gives what is wrong its line.
func (c *checker) locate(text []byte) *Error {
	d := newDecoder(text)
	d.seek = c.failed.Path
	for at := d.seek; d.found == 0 && at != ""; {
		var again Facts
		_ = d.document(&again) // it was read before
		// What is missing has no place: its object has.
		at = at[:max(strings.LastIndexAny(at, ".["), 0)]
		if d.found == 0 {
			d = newDecoder(text)
			d.seek = at
		}
	}
	c.failed.Line = d.at(d.found, "").Line
	return c.failed
}

func (c *checker) all() {
	f := c.facts
	if f.Format != Format {
		c.fail("format", "it is missing: are these facts that domaind wrote?")
		return
	}
	c.moment("at", f.At, true)
	if len(f.Accounts) == 0 {
		c.fail("accounts", "there is no account")
	}
	c.accounts()
	c.domains()
	c.handovers()
	c.names()
	c.money()
	c.ledger()
}

func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

func (c *checker) account(path string, id int64) {
	if !c.known[id] {
		c.fail(path+".account", "account %d is not in accounts", id)
	}
}

func (c *checker) ids(path string, id int64, twice bool) {
	switch {
	case id <= 0:
		c.fail(path+".id", "%d is no id", id)
	case twice:
		c.fail(path+".id", "%d stands here twice", id)
	}
}

func (c *checker) subject(path, name string, id int64) {
	switch {
	case id <= 0:
		c.fail(path+".id", "%d is no id", id)
	case !wellFormed(name):
		c.fail(path+".name", "%q is no domain name in A-labels and lower case", printable(name))
	}
}

func (c *checker) amount(path string, m portfolio.Money) {
	if m < 0 {
		c.fail(path, "%s is less than nothing", m)
	}
}

func (c *checker) moment(path string, t time.Time, needed bool) {
	if what := odd(t, needed); what != "" {
		c.fail(path, "%s", what)
	}
}

// odd says what is wrong with a moment; "" where nothing is. Sums with moments far from
// ours overflow.
func odd(t time.Time, needed bool) string {
	switch {
	case t.IsZero() && needed:
		return "a time is wanted here"
	case t.IsZero():
		return ""
	case t.Year() < 1970 || t.Year() > 2200:
		return "the year " + fmt.Sprint(t.Year()) + " is none of domaind's"
	}
	return ""
}

// longestText is the longest name of an account.
const longestText = 64

// wellFormed says whether a name may be one in A-labels and lower case.
func wellFormed(name string) bool {
	const longest = 253
	if name == "" || len(name) > longest {
		return false
	}
	for i := range len(name) {
		if b := name[i]; (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' && b != '.' && b != '_' {
			return false
		}
	}
	return true
}
