// Package cases holds a policy against what is expected of it.
//
// A case of [config.LoadCases] is a resource at a moment, with its price and the money that
// is spent. [FactsOf] makes facts of it, as if there were nothing else; whoever runs cases
// asks the handler that makes plans about them, so that a case goes through the same rules,
// guards and ceilings as a domain of the real portfolio. [Run] compares what comes of it
// with what was wanted, and notes which rules no case has reached.
package cases

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/facts"
	"domaind/internal/portfolio"
)

// Report is what became of all cases.
type Report struct {
	Policy string   `json:"policy"`
	Passed int      `json:"passed"`
	Failed int      `json:"failed"`
	Cases  []Result `json:"cases"`
	// Unreached are the rules that no case has reached: none was won, held, alerted or tried
	// by them.
	Unreached []Rule `json:"unreached_rules"`
}

// Rule is a rule and its place.
type Rule struct {
	Rule string `json:"rule"`
	At   string `json:"rule_at"`
}

// Result is what became of a case.
type Result struct {
	Title       string       `json:"title"`
	At          string       `json:"at"` // "config.test.toml:12:1"
	Passed      bool         `json:"passed"`
	Differences []Difference `json:"differences"`
	Item        control.Item `json:"item"` // what the policy says
}

// Difference is a key that is not as it was wanted.
type Difference struct {
	Key  string   `json:"key"`
	At   string   `json:"at"`
	Want []string `json:"want"`
	Got  []string `json:"got"`
}

// Run holds the policy of a configuration against cases. Each is asked about by itself, at
// its moment.
func Run(all []config.Case, cfg *config.Config, ask func(*facts.Facts) (control.Plan, error)) (Report, error) {
	r := Report{Policy: cfg.Policy.Hash, Cases: []Result{}, Unreached: []Rule{}}
	reached := make(map[string]bool)
	for _, c := range all {
		plan, err := ask(FactsOf(c, cfg))
		if err != nil {
			return r, fmt.Errorf("%s: %w", c.At, err)
		}
		result := judge(c, itemOf(c, plan))
		if result.Passed {
			r.Passed++
		} else {
			r.Failed++
		}
		for rule := range rulesOf(result.Item) {
			reached[rule] = true
		}
		r.Cases = append(r.Cases, result)
	}
	for i := range cfg.Policy.Rules {
		if rule := &cfg.Policy.Rules[i]; !reached[rule.Name] {
			r.Unreached = append(r.Unreached, Rule{rule.Name, rule.At})
		}
	}
	return r, nil
}

// itemOf is what a plan says of the case's resource.
func itemOf(c config.Case, plan control.Plan) control.Item {
	account, id, name := c.Resource.Ident()
	for _, it := range plan.Items {
		if it.Account == account && it.On == c.Resource.Kind() && it.ID == id && it.Name == name {
			return it
		}
	}
	// Names that nobody watches are in no plan.
	return control.Item{
		Account: account, On: c.Resource.Kind(), ID: id, Name: name, Verdict: portfolio.VerdictNone, Code: "not-watched",
		Reason: "no rule watches it", Labels: map[string]string{}, Alerts: []portfolio.Alert{},
	}
}

func judge(c config.Case, it control.Item) Result {
	r := Result{Title: c.Title, At: c.At, Differences: []Difference{}, Item: it}
	got := map[string][]string{
		"rule": {it.Rule}, "do": {string(it.Do)}, "verdict": {string(it.Verdict)}, "code": {it.Code}, "reason": {it.Reason},
		"price": {""}, "alerts": alertsOf(it), "trials": trialsOf(it),
	}
	if it.Price != nil {
		got["price"] = []string{it.Price.String()}
	}
	for _, w := range c.Want {
		same := slices.Equal(w.Values, got[w.Key])
		if w.Key == "reason" {
			same = strings.Contains(it.Reason, w.Values[0])
		}
		if !same {
			r.Differences = append(r.Differences, Difference{Key: w.Key, At: w.At, Want: orNone(w.Values), Got: orNone(got[w.Key])})
		}
	}
	r.Passed = len(r.Differences) == 0
	return r
}

func orNone(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

// alertsOf are the rules whose alerts fire, sorted.
func alertsOf(it control.Item) []string {
	rules := make(map[string]bool)
	for _, a := range it.Alerts {
		if a.Rule != "" {
			rules[a.Rule] = true
		}
	}
	return slices.Sorted(maps.Keys(rules))
}

// trialsOf are the rules that are only tried out and match, sorted.
func trialsOf(it control.Item) []string {
	rules := make(map[string]bool)
	for _, t := range it.Trials {
		if rule, _, ok := strings.Cut(t, " (dry-run): "); ok {
			rules[rule] = true
		}
	}
	return slices.Sorted(maps.Keys(rules))
}

// rulesOf are the rules that an item speaks of.
func rulesOf(it control.Item) map[string]bool {
	rules := map[string]bool{it.Rule: true}
	for _, some := range [][]string{alertsOf(it), trialsOf(it)} {
		for _, rule := range some {
			rules[rule] = true
		}
	}
	return rules
}

// FactsOf is a world that has nothing but what a case is about.
func FactsOf(c config.Case, cfg *config.Config) *facts.Facts {
	f := &facts.Facts{Format: facts.Format, At: c.Now, Policy: cfg.Policy.Hash}
	for _, a := range cfg.Accounts {
		account := facts.Account{ID: a.ID, Name: a.Name, Whole: c.Now}
		if a.Source {
			account.Role = facts.RoleSource
		}
		f.Accounts = append(f.Accounts, account)
	}
	switch r := c.Resource.(type) {
	case portfolio.DomainFacts:
		f.Domains = []facts.Domain{facts.DomainOf(r)}
	case portfolio.PushFacts:
		f.Pushes = []facts.Push{facts.PushOf(r)}
		if r.Announced != nil {
			f.Approvals = []portfolio.Approval{*r.Announced}
		}
	case portfolio.ChangeFacts:
		f.Changes = []facts.Change{facts.ChangeOf(r)}
	case portfolio.NameFacts:
		f.Names = []facts.Name{facts.NameOf(r)}
	}
	account, id, name := c.Resource.Ident()
	if c.Prices != nil {
		f.Prices = []facts.Price{facts.PriceOf(portfolio.SeenPrices{Prices: *c.Prices, AccountID: account, At: c.Now})}
	}
	if tld := c.TLD; tld.TLD != "" {
		f.TLDs = []facts.TLD{{
			TLD: tld.TLD, AutoRenewOnly: tld.AutoRenewOnly, RenewalEnabled: tld.RenewalEnabled, RegistrationEnabled: tld.RegistrationEnabled,
			TransferEnabled: tld.TransferEnabled, MinimumRegistration: tld.MinimumRegistration, TrusteeRequired: tld.TrusteeRequired, Attributes: c.Attributes,
		}}
	}
	day := c.Now.In(cfg.Location).Format(time.DateOnly)
	for _, whose := range []int64{0, account} {
		f.Spent = append(f.Spent, facts.Spent{
			Account: whose, Day: day, Month: day[:len("2006-01")], Today: portfolio.Tally{Amount: c.Spent.Today, Purchases: c.Spent.Purchases},
			InMonth:  portfolio.Tally{Amount: c.Spent.Month, Purchases: c.Spent.Purchases},
			Reserved: portfolio.Tally{Amount: c.Spent.Reserved},
		})
	}
	if c.Last != nil {
		f.Operations = []portfolio.Operation{lastPurchase(*c.Last, account, id, name, day)}
	}
	return f
}

// lastPurchase is the row of what was bought last.
func lastPurchase(last config.CasePurchase, account, id int64, name, day string) portfolio.Operation {
	op := portfolio.Operation{
		AccountID: account, Kind: portfolio.OpRenew, SubjectID: id, DomainID: id, Name: name, Occasion: "before " + day, Attempt: 1,
		State: portfolio.StateDone, Years: 1, Reserved: last.Paid, PerYear: last.Paid, SpendDay: portfolio.OccasionOf(last.At), Sent: 1,
		CreatedAt: last.At, ArmedAt: last.At, EndedAt: last.At,
		History: []portfolio.Step{{At: last.At, State: portfolio.StateDone, Note: "as the case says"}},
	}
	op.Key = portfolio.OperationKey(account, op.Kind, id, op.Occasion, op.Attempt)
	return op
}
