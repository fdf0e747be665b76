package control

import (
	"fmt"
	"slices"
	"strings"

	"domaind/internal/portfolio"
)

// it is how the resource is called in a sentence.
func (t *teller) it() string {
	switch t.resource.(type) {
	case portfolio.PushFacts:
		return "the push"
	case portfolio.ChangeFacts:
		return "the change"
	case portfolio.NameFacts:
		return "the name"
	}
	return "it"
}

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// done is what the decision does with the resource, as a participle.
func (t *teller) done() string {
	d := t.d
	price := ""
	if d.Price != nil {
		price = " at " + d.Price.String()
	}
	contact := ""
	if d.Contact != 0 {
		contact = fmt.Sprintf(" with contact %d", d.Contact)
	}
	switch d.Do {
	case portfolio.ActionRenew:
		return "renewed for " + years(d.Years) + price
	case portfolio.ActionRestore:
		return "restored" + price
	case portfolio.ActionAutoRenewal:
		if price != "" {
			price = "renews it" + price + " and "
		}
		return "left to DNSimple's own auto-renewal, which " + price + "is switched on"
	case portfolio.ActionAccept:
		return "accepted" + contact
	case portfolio.ActionReject:
		return "rejected"
	case portfolio.ActionCancel:
		return "cancelled"
	case portfolio.ActionRegister:
		return "registered" + price + contact
	}
	return string(d.Do)
}

func years(n int) string {
	words := [...]string{"", "one year", "two years", "three years"}
	switch {
	case n <= 1:
		return words[1]
	case n < len(words):
		return words[n]
	}
	return fmt.Sprintf("%d years", n)
}

// becomes is what a decision to come says that the one now does not, as a clause.
func (t *teller) becomes(d portfolio.Decision) string {
	was := t.d
	if d.Verdict == was.Verdict && d.Do == was.Do && d.Rule == was.Rule {
		for _, a := range d.Alerts {
			if !slices.ContainsFunc(was.Alerts, func(b portfolio.Alert) bool { return a.Rule == b.Rule }) {
				if a.Rule == "" {
					return "people are told: " + a.Text
				}
				return a.Rule + " raises an event: " + a.Text
			}
		}
	}
	later := teller{h: t.h, policy: t.policy, d: d, resource: t.resource}
	switch d.Verdict {
	case portfolio.VerdictAct:
		return fmt.Sprintf("%s has %s %s", d.Rule, t.it(), later.done())
	case portfolio.VerdictAsk:
		return fmt.Sprintf("%s asks whether %s is to be %s", d.Rule, t.it(), later.done())
	case portfolio.VerdictWouldAct:
		return fmt.Sprintf("%s would have %s %s, but for the mode dry-run of %s", d.Rule, t.it(), later.done(), later.tries())
	case portfolio.VerdictHold:
		return d.Rule + " holds it: " + d.Reason
	case portfolio.VerdictLetLapse:
		return d.Rule + " lets it lapse: " + d.Reason
	case portfolio.VerdictUncovered:
		if d.Code == "uncovered-lapsed" {
			return "it has lapsed, and is announced as uncovered: no rule brings it back"
		}
		return "it is announced as uncovered: no rule speaks of it"
	case portfolio.VerdictBlocked, portfolio.VerdictWait:
		return fmt.Sprintf("%s would have %s %s, and cannot: %s", d.Rule, t.it(), later.done(), d.Reason)
	}
	if was.Rule != "" {
		return fmt.Sprintf("%s ends, and no other rule speaks of it: %s", was.Rule, d.Reason)
	}
	return "nothing is said of it any more: " + d.Reason
}
