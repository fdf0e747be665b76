package rules

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// Names lists the names that the policy watches for an account: each once, in the
// order of the rules, and within a rule as they are written. Rules that are only tried
// out watch, too.
func (p *Policy) Names(account int64) []string {
	if a, ok := p.account(account); !ok || a.Source {
		return nil
	}
	var names []string
	seen := make(map[string]bool)
	for i := range p.Rules {
		for _, name := range p.Rules[i].Watches(account) {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// Watches lists the names that a rule on names watches for an account, as they are
// written. Patterns name nothing that could be looked at.
func (r *Rule) Watches(account int64) []string {
	if r.On != portfolio.KindName {
		return nil
	}
	written := r.Match.Names
	for _, g := range r.Match.Groups {
		written = append(slices.Clip(written), g.Patterns...)
	}
	rule := *r
	if len(r.Match.Names) == 0 || len(r.Match.Groups) == 0 {
		rule.Match.Names, rule.Match.Groups = nil, nil // what is written there is in there
	}
	made := newProgram([]Rule{rule})
	asked := &made.watched[0]
	var names []string
	for _, p := range written {
		v := nameView(&portfolio.NameFacts{AccountID: account, Name: p.text}, time.Time{})
		made.names.look(&v)
		if !p.wild && asked.match.all(&v) == yes && asked.excludes(&v) == no && asked.timely(&v) {
			names = append(names, p.text)
		}
	}
	return names
}

// watched decides about a name that is not owned. Only one that is known to be free
// is ever registered, and only of that an alert tells.
func (j *judge) watched(d *portfolio.Decision, f *portfolio.NameFacts) {
	v := nameView(f, j.now)
	o := j.look(j.rules.watched, &v, func(r *Rule) portfolio.Action { return r.Do })
	if f.Status != portfolio.NameFree || f.FreeSince.IsZero() {
		d.Mode = j.base
		d.Code, d.Reason = notFree(j.account.Name, f)
		switch {
		case o.winner != nil:
			d.Reason += fmt.Sprintf("; %s registers it once it is free", o.winner.Name)
		case o.trial != nil:
			d.Reason += fmt.Sprintf("; %s (dry-run) would register it once it is free", o.trial.Name)
		case len(o.alerts) > 0:
			d.Reason += fmt.Sprintf("; %s tells once it is free", o.alerts[0].Name)
		}
		return
	}
	since := "it is free, and was first seen so on " + f.FreeSince.UTC().Format(time.DateOnly)
	if !j.settle(d, &o, func(*Rule, portfolio.Action) string { return since }) {
		d.Code, d.Reason = "no-rule", since+"; no rule registers it"
		return
	}
	rule := o.winner
	if rule == nil {
		rule = o.trial
	}
	if d.Do != portfolio.ActionRegister || rule == nil {
		return
	}
	d.Terms = terms(rule)
	d.Contact = j.account.DefaultContact
	if rule.Contact != nil {
		d.Contact = rule.Contact.In(j.account.ID)
	}
	if d.Contact == 0 {
		d.Verdict, d.Code = portfolio.VerdictBlocked, "no-contact"
		d.Reason = fmt.Sprintf("account %s has no contact for it: write contact in the rule, or contacts.default", j.account.Name)
	}
}

// notFree says why nothing is done about a name.
func notFree(account string, f *portfolio.NameFacts) (code, reason string) {
	switch {
	case f.Status == portfolio.NameTaken && f.Ours:
		return "ours", fmt.Sprintf("account %s has it already", account)
	case f.Status == portfolio.NameTaken:
		return "taken", "somebody has it"
	case f.CheckedAt.IsZero():
		return "unseen", "it was not looked at yet"
	}
	return "unseen", "it could not be looked at: nobody knows whether it is free"
}

// terms are a rule's own: whoever gets a decision may change them.
func terms(r *Rule) *portfolio.Terms {
	var t portfolio.Terms
	if r.Terms != nil {
		t = *r.Terms
		t.Attributes = maps.Clone(t.Attributes)
	}
	return &t
}
