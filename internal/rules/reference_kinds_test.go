package rules_test

import (
	"fmt"
	"maps"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// refFinishedFor is how long a registrant change that has finished is still news.
const refFinishedFor = 7 * 24 * time.Hour

// push decides about a push. Nothing unproven is ever accepted, whatever a rule
// says.
func (j *refJudge) push(d *portfolio.Decision, f *portfolio.PushFacts) {
	v := refPushView(f, j.now)
	o := j.look(portfolio.KindPush, &v, func(r *rules.Rule) portfolio.Action {
		if r.Do == portfolio.ActionAccept && f.SourceID == f.AccountID {
			return ""
		}
		return r.Do
	})
	if o.winner != nil && o.do == portfolio.ActionAccept && !f.Proven() {
		o.blind, o.winner = o.winner, nil // no rule can want this, and none gets it
	}
	if a := f.Announced; a != nil && !a.Over(j.now) && o.held == nil {
		o.winner, o.trial, o.maybe = nil, nil, nil
		j.settle(d, &o, func(r *rules.Rule, do portfolio.Action) string { return j.pushReason(f, r, do) })
		d.Verdict, d.Code, d.Do, d.Mode, d.Contact, d.Approval = "act", "announced", "accept", "act", a.Contact, a
		d.Reason = fmt.Sprintf("%s announced it on %s: domain %d is to come in, with contact %d", a.By, a.At.In(j.policy.Location).Format(time.DateOnly), f.DomainID, a.Contact)
		if a.Reason != "" {
			d.Reason += " (" + a.Reason + ")"
		}
		return
	}
	won := j.settle(d, &o, func(r *rules.Rule, do portfolio.Action) string { return j.pushReason(f, r, do) })
	if f.Announced != nil && o.held != nil {
		d.Alerts = append(d.Alerts, portfolio.Alert{
			Rule: o.held.Name, RuleAt: o.held.At, Level: portfolio.LevelAlert,
			Text: fmt.Sprintf("%s announced it, and this rule holds it: %s", f.Announced.By, o.held.Reason),
		})
	}
	if o.winner != nil && o.held == nil && o.maybe == nil && o.do == portfolio.ActionAccept {
		d.Contact = j.account.DefaultContact
		if o.winner.Contact != nil {
			d.Contact = o.winner.Contact.In(j.account.ID)
		}
		if d.Contact == 0 {
			d.Verdict, d.Code = portfolio.VerdictBlocked, "no-contact"
			d.Reason = fmt.Sprintf("account %s has no contact for it: write contact in the rule, or contacts.default", j.account.Name)
		}
	}
	if won {
		return
	}
	if !f.Proven() {
		d.Code = "unproven"
		d.Reason = "its source is not proven: " + f.Unproven
		if o.blind != nil {
			d.Reason += "; so " + o.blind.Name + " does not accept it"
		}
		if len(o.alerts) == 0 {
			d.Alerts = append(d.Alerts, portfolio.Alert{Level: portfolio.LevelAlert, Text: d.Reason +
				"; accepting it would move its billing to this account, change its registrant, and may lock it against transfers for 60 days" +
				fmt.Sprintf("; to settle it: domaind reject %[1]d --account %[2]s, or domaind accept %[1]d --account %[2]s --unproven --contact CONTACT", f.ID, j.account.Name)})
		}
		return
	}
	d.Code, d.Reason = "no-rule", fmt.Sprintf("%s comes from %s, and no rule speaks of it", f.Name, j.accountName(f.SourceID))
	if !o.speaks() {
		d.Alerts = append(d.Alerts, portfolio.Alert{Level: portfolio.LevelNotice, Text: d.Reason})
	}
}

func (j *refJudge) pushReason(f *portfolio.PushFacts, r *rules.Rule, do portfolio.Action) string {
	if (do == portfolio.ActionHold || do == portfolio.ActionAlert) && r.Reason != "" {
		return r.Reason
	}
	if !f.Proven() {
		return "its source is not proven: " + f.Unproven
	}
	return fmt.Sprintf("it comes from %s, which owns %s: proven with that account's own token", j.accountName(f.SourceID), f.Name)
}

func (j *refJudge) accountName(id int64) string {
	if a, ok := refAccount(j.policy, id); ok {
		return a.Name
	}
	return fmt.Sprintf("account %d", id)
}

// change decides about a registrant change. Only open ones that domaind did not
// start are ever cancelled.
func (j *refJudge) change(d *portfolio.Decision, f *portfolio.ChangeFacts) {
	if !f.State.Known() {
		d.Code = "unknown-state"
		d.Reason = fmt.Sprintf("DNSimple reports the state %q, which domaind does not know: nothing is done", f.State)
		return
	}
	v := refChangeView(f, j.now)
	o := j.look(portfolio.KindRegistrantChange, &v, func(r *rules.Rule) portfolio.Action {
		if r.Do == portfolio.ActionCancel && (!f.State.Open() || f.Ours) {
			return ""
		}
		return r.Do
	})
	reason := func(r *rules.Rule, _ portfolio.Action) string {
		if r.Reason != "" {
			return r.Reason
		}
		return refChangeSentence(f)
	}
	if j.settle(d, &o, reason) {
		return
	}
	d.Reason = refChangeSentence(f)
	if !f.State.Open() && (f.State != portfolio.ChangeCompleted || j.now.Sub(f.UpdatedAt) > refFinishedFor) {
		d.Code = "finished"
		if f.State == portfolio.ChangeCancelling {
			d.Code = "cancelling"
		}
		return
	}
	d.Code = "no-rule"
	d.Reason += ", and no rule speaks of it"
	if !o.speaks() && !f.Ours {
		d.Alerts = append(d.Alerts, portfolio.Alert{Level: portfolio.LevelAlert, Text: d.Reason})
	}
}

func refChangeSentence(f *portfolio.ChangeFacts) string {
	name := f.Name
	if name == "" {
		name = fmt.Sprintf("domain %d", f.DomainID)
	}
	s := fmt.Sprintf("the registrant of %s changes to contact %d (%s)", name, f.ContactID, f.State)
	if f.State == portfolio.ChangeCompleted {
		s = fmt.Sprintf("the registrant of %s was changed to contact %d", name, f.ContactID)
	}
	if f.RegistryOwnerChange {
		s += ", a change of owner at the registry"
	}
	return s
}

// watched decides about a name that is not owned. Only one that is known to be free
// is ever registered, and only of that an alert tells.
func (j *refJudge) watched(d *portfolio.Decision, f *portfolio.NameFacts) {
	v := refNameView(f, j.now)
	o := j.look(portfolio.KindName, &v, func(r *rules.Rule) portfolio.Action { return r.Do })
	if f.Status != portfolio.NameFree || f.FreeSince.IsZero() {
		d.Mode = j.base
		d.Code, d.Reason = refNotFree(j.account.Name, f)
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
	if !j.settle(d, &o, func(*rules.Rule, portfolio.Action) string { return since }) {
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
	d.Terms = refTerms(rule)
	d.Contact = j.account.DefaultContact
	if rule.Contact != nil {
		d.Contact = rule.Contact.In(j.account.ID)
	}
	if d.Contact == 0 {
		d.Verdict, d.Code = portfolio.VerdictBlocked, "no-contact"
		d.Reason = fmt.Sprintf("account %s has no contact for it: write contact in the rule, or contacts.default", j.account.Name)
	}
}

// refNotFree says why nothing is done about a name.
func refNotFree(account string, f *portfolio.NameFacts) (code, reason string) {
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

// refTerms are a rule's own: whoever gets a decision may change them.
func refTerms(r *rules.Rule) *portfolio.Terms {
	var t portfolio.Terms
	if r.Terms != nil {
		t = *r.Terms
		t.Attributes = maps.Clone(t.Attributes)
	}
	return &t
}
