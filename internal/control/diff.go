package control

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// Diff is what another policy changes: two plans of the same facts.
type Diff struct {
	At  time.Time `json:"at"`
	Old Side      `json:"old"`
	New Side      `json:"new"`
	// Decisions are those that are another.
	Decisions []DecisionChange `json:"decisions"`
	// Uncovered are domains that a rule covered now or later, and none does any more;
	// Covered are those of which it is the other way round.
	Uncovered []DecisionChange `json:"uncovered"`
	Covered   []DecisionChange `json:"covered"`
	Months    []MonthChange    `json:"months"` // in which anything is bought, in order
	Problems  []string         `json:"problems"`
}

// Side is one of the two plans.
type Side struct {
	Policy   string          `json:"policy"`
	Mode     portfolio.Mode  `json:"mode"`
	Price    portfolio.Money `json:"price"` // of what would be bought now
	Verdicts map[string]int  `json:"verdicts"`
}

// DecisionChange is a resource of which the two plans say something else.
type DecisionChange struct {
	Account     int64                  `json:"account"`
	AccountName string                 `json:"account_name"`
	On          portfolio.ResourceKind `json:"on"`
	ID          int64                  `json:"id"`
	Name        string                 `json:"name"`
	Unicode     string                 `json:"unicode_name,omitempty"`
	ExpiresAt   *time.Time             `json:"expires_at"`
	Old         *Stand                 `json:"old"` // null: it was not spoken of
	New         *Stand                 `json:"new"`
}

// Stand is what a plan says of a resource.
type Stand struct {
	Verdict portfolio.Verdict `json:"verdict"`
	Code    string            `json:"code"`
	Do      portfolio.Action  `json:"do"`
	Rule    string            `json:"rule"`
	RuleAt  string            `json:"rule_at"`
	Mode    portfolio.Mode    `json:"mode"`
	Price   *portfolio.Money  `json:"price"`
	Reason  string            `json:"reason"`
	Alerts  []string          `json:"alerts"` // the rules whose alerts fire
}

// Word is the verdict, or where there is none, why.
func (s *Stand) Word() string {
	if s.Verdict == portfolio.VerdictNone {
		return s.Code
	}
	return string(s.Verdict)
}

// Bought is what a policy is expected to buy in a month, whoever is asked before.
type Bought struct {
	Price     portfolio.Money `json:"price"` // of what has one that is known
	Purchases int             `json:"purchases"`
	Estimated int             `json:"estimated"` // of which the price is not what was paid last
	Unknown   int             `json:"unknown"`   // of which nobody knows the price
}

// BoughtIn is what a forecast expects to be bought, by the months in which anything is.
func BoughtIn(f Forecast) map[string]Bought {
	all := make(map[string]Bought)
	for _, m := range f.Months {
		b := Bought{
			Price: m.Renewals.Price + m.Asked.Price, Purchases: m.Renewals.Items + m.Asked.Items,
			Estimated: m.Renewals.Estimated + m.Asked.Estimated, Unknown: m.Renewals.Unknown + m.Asked.Unknown,
		}
		if b.Purchases > 0 {
			all[m.Month] = b
		}
	}
	return all
}

// MonthChange is what is bought in a month.
type MonthChange struct {
	Month      string          `json:"month"` // YYYY-MM
	Old        Bought          `json:"old"`
	New        Bought          `json:"new"`
	Difference portfolio.Money `json:"difference"`
}

// subjectKey names a resource in both plans.
type subjectKey struct {
	account int64
	on      portfolio.ResourceKind
	id      int64
	name    string
}

func keyOf(it Item) subjectKey {
	k := subjectKey{account: it.Account, on: it.On, id: it.ID}
	if it.On == portfolio.KindName {
		k.name = it.Name
	}
	return k
}

// DiffOf compares two plans, each with all that the facts have, and what is bought by
// month.
func DiffOf(was, is Plan, oldMonths, newMonths map[string]Bought) Diff {
	d := Diff{
		At: is.At, Old: sideOf(was), New: sideOf(is), Decisions: []DecisionChange{}, Uncovered: []DecisionChange{}, Covered: []DecisionChange{},
		Months: []MonthChange{}, Problems: is.Problems,
	}
	before := make(map[subjectKey]*Item, len(was.Items))
	for i := range was.Items {
		before[keyOf(was.Items[i])] = &was.Items[i]
	}
	for i := range is.Items {
		it := &is.Items[i]
		key := keyOf(*it)
		d.compare(before[key], it)
		delete(before, key)
	}
	for i := range was.Items {
		if it := before[keyOf(was.Items[i])]; it != nil {
			d.compare(it, nil)
		}
	}
	months := make(map[string]bool)
	for m := range oldMonths {
		months[m] = true
	}
	for m := range newMonths {
		months[m] = true
	}
	for _, m := range slices.Sorted(maps.Keys(months)) {
		d.Months = append(d.Months, MonthChange{Month: m, Old: oldMonths[m], New: newMonths[m], Difference: newMonths[m].Price - oldMonths[m].Price})
	}
	return d
}

func sideOf(p Plan) Side {
	s := Side{Policy: p.Policy, Mode: p.Mode, Price: p.Totals.Price, Verdicts: make(map[string]int)}
	for i := range p.Items {
		s.Verdicts[standOf(&p.Items[i]).Word()]++
	}
	return s
}

func standOf(it *Item) *Stand {
	if it == nil {
		return nil
	}
	s := &Stand{
		Verdict: it.Verdict, Code: it.Code, Do: it.Do, Rule: it.Rule, RuleAt: it.RuleAt, Mode: it.Mode, Price: it.Price, Reason: it.Reason, Alerts: []string{},
	}
	for _, a := range it.Alerts {
		if a.Rule != "" {
			s.Alerts = append(s.Alerts, a.Rule)
		}
	}
	return s
}

func (d *Diff) compare(was, is *Item) {
	it := cmp.Or(is, was)
	change := DecisionChange{
		Account: it.Account, AccountName: it.AccountName, On: it.On, ID: it.ID, Name: it.Name, Unicode: it.Unicode, ExpiresAt: it.ExpiresAt,
		Old: standOf(was), New: standOf(is),
	}
	if !sameStand(change.Old, change.New) {
		d.Decisions = append(d.Decisions, change)
	}
	if !coverable(was) || !coverable(is) {
		return
	}
	switch before, after := covers(was), covers(is); {
	case before && !after:
		d.Uncovered = append(d.Uncovered, change)
	case after && !before:
		d.Covered = append(d.Covered, change)
	}
}

// sameStand says whether two plans say the same. What is far from its end is told by its
// reason: which rule will speak of it, and when.
func sameStand(a, b *Stand) bool {
	if a == nil || b == nil {
		return a == b
	}
	samePrice := a.Price == nil && b.Price == nil || a.Price != nil && b.Price != nil && *a.Price == *b.Price
	return a.Verdict == b.Verdict && a.Code == b.Code && a.Do == b.Do && a.Rule == b.Rule && a.Mode == b.Mode && samePrice &&
		slices.Equal(a.Alerts, b.Alerts) && (a.Code != codeLater || a.Reason == b.Reason)
}

// codeLater is the code of what a rule covers at a later moment.
const codeLater = "later"

// coverable says whether a resource is one that rules can cover: a domain that can lapse.
func coverable(it *Item) bool {
	return it != nil && it.On == portfolio.KindDomain && it.ExpiresAt != nil && it.Code != "hosted" && it.Code != "unknown-state"
}

// covers says whether a rule takes care of a domain, now or later. One that is only tried
// out does not.
func covers(it *Item) bool {
	switch it.Verdict {
	case portfolio.VerdictNone:
		return it.Code == codeLater
	case portfolio.VerdictUncovered:
		return false
	}
	return it.Rule != "" && !triedOut(it.Rule, it.Trials)
}

// triedOut says whether the rule of a decision is one that is only tried out, by its own
// mode: its trials tell of those.
func triedOut(rule string, trials []string) bool {
	return slices.ContainsFunc(trials, func(t string) bool { return strings.HasPrefix(t, rule+" (dry-run)") })
}
