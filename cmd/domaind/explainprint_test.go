package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"domaind/internal/control"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// TestExplanationFits: no line is wider than the terminal, colours only stand where there
// is one, and nothing from outside reaches it as it is.
func TestExplanationFits(t *testing.T) {
	long := strings.Repeat("a long story ", 20)
	until := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	rule := rules.RuleTrace{
		Rule: "renew-core", RuleAt: "policies/core.toml:42", Do: "renew", Does: "renew", Mode: "act", Matches: "yes", Role: rules.RoleWins, Says: long, Until: &until,
		Match:  []rules.Condition{{Key: "group", Wants: "core, defensive", Saw: long, Truth: "yes"}, {Key: "tld", Wants: "io", Saw: "it is .com", Truth: "no"}},
		Except: []rules.Condition{{Key: "name", Wants: "x", Saw: "nobody knows its name", Truth: "unknown"}},
	}
	on := true
	e := control.Explanation{
		At: until, ReadAt: until.AddDate(0, -1, 0), Mode: "act", Policy: "0123456789ab",
		Resource: control.Subject{On: "domain", Account: 1010, AccountName: "main", ID: 7, Name: "xn--bcher-kva.com", Unicode: "bücher.com", Held: true, State: "expired", AutoRenew: &on},
		Holds:    []rules.RuleTrace{rule}, Rules: []rules.RuleTrace{rule},
		Guards:   []executor.Check{{Guard: "price", Passed: true, Saw: "15.00\x1b[2J"}, {Guard: "max_per_day", Saw: long, Until: &until}},
		Decision: &control.Item{Verdict: portfolio.VerdictBlocked}, Sentence: long, Notes: []string{long}, Problems: []string{long},
	}
	for _, s := range []style{{}, {colours: true, width: 80}} {
		var out strings.Builder
		if err := printExplanation(&out, s, e); err != nil {
			t.Fatal(err)
		}
		plain := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(out.String(), "")
		if coloured := plain != out.String(); coloured != s.colours {
			t.Errorf("colours: %v", coloured)
		}
		if strings.Contains(plain, "\x1b") {
			t.Error("what came from outside reaches the terminal")
		}
		for line := range strings.Lines(plain) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); s.width > 0 && n > s.width {
				t.Errorf("%d wide: %s", n, line)
			}
		}
		for _, want := range []string{
			"bücher.com (xn--bcher-kva.com) in main (1010), domain 7", "✓ group core, defensive: ", "✗ tld io: it is .com", "? except name x: nobody knows its name",
			"✗ max_per_day: ", "blocked: a long", "told as of", "until 2027-02-28", "\nHolds\n", "\nGuards and prices\n",
		} {
			if !strings.Contains(plain, want) {
				t.Errorf("%q is not in\n%s", want, plain)
			}
		}
		if holds, others, guards := strings.Index(plain, "Holds"), strings.Index(plain, "Rules"), strings.Index(plain, "Guards"); holds > others || others > guards {
			t.Error("another order")
		}
	}
}
