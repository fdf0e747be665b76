package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Speaks is a rule that would speak of a name if it were in the portfolio, as far as its
// other conditions hold.
type Speaks struct {
	Rule     string           `json:"rule"`
	RuleAt   string           `json:"rule_at"`
	Do       portfolio.Action `json:"do"`
	Why      string           `json:"why"`      // what its conditions saw in the name
	Accounts []string         `json:"accounts"` // in which accounts
}

// would tells which rules on domains would speak of a name in the accounts: by the name,
// its groups and its TLD, and by the account.
func would(p *rules.Policy, name string, accounts []Account, now time.Time) []Speaks {
	out := []Speaks{}
	at := make(map[int]int) // where a rule's place stands in out
	for _, a := range accounts {
		if a.Source {
			continue
		}
		// Nothing but the name counts, so no date is needed that would be made up.
		f := portfolio.DomainFacts{Domain: portfolio.Domain{AccountID: a.ID, Name: name, State: portfolio.DomainRegistered}}
		t := rules.Explain(p, f, now)
		all := slices.Concat(t.Holds, t.Rules)
		slices.SortFunc(all, func(a, b rules.RuleTrace) int { return a.Place - b.Place })
		for _, r := range all {
			why, ok := byName(r)
			if !ok || r.Over(now) {
				continue
			}
			i, there := at[r.Place]
			if !there {
				i = len(out)
				at[r.Place] = i
				out = append(out, Speaks{Rule: r.Rule, RuleAt: r.RuleAt, Do: r.Do, Why: why})
			}
			out[i].Accounts = append(out[i].Accounts, a.Name)
		}
	}
	return out
}

// byName says whether nothing about a name keeps a rule from it, and what was seen.
func byName(r rules.RuleTrace) (why string, ok bool) {
	static := func(key string) bool { return key == "name" || key == "group" || key == "tld" || key == "account" }
	var saw []string
	for _, c := range r.Match {
		switch {
		case !static(c.Key):
		case c.Truth != rules.TruthYes:
			return "", false
		case c.Key != "account":
			saw = append(saw, fmt.Sprintf("%s %s: %s", c.Key, c.Wants, c.Saw))
		}
	}
	for _, c := range r.Except {
		if static(c.Key) && c.Truth == rules.TruthYes {
			return "", false
		}
	}
	if len(saw) == 0 {
		return "it speaks of every name", true
	}
	return strings.Join(saw, "; "), true
}

// notThere is the sentence about a name that is in no account, and that nobody watches.
func notThere(e *Explanation, asked []Account) string {
	s := fmt.Sprintf("It is not in the portfolio: DNSimple has it in none of these accounts: %s. No rule watches it as a name, so nothing will ever be done about it.", labels(asked))
	if len(e.Would) == 0 {
		return s + " If it were in the portfolio, no rule would speak of its name either."
	}
	names := make([]string, len(e.Would))
	for i, w := range e.Would {
		names[i] = w.Rule
	}
	return s + " If it were in the portfolio, these rules would speak of its name: " + strings.Join(names, ", ") + "."
}
