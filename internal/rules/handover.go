package rules

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// finishedFor is how long a registrant change that has finished is still news.
const finishedFor = 7 * 24 * time.Hour

// push decides about a push. Nothing unproven is ever accepted, whatever a rule
// says.
func (j *judge) push(d *portfolio.Decision, f *portfolio.PushFacts) {
	v := pushView(f, j.now)
	o := j.look(j.rules.pushes, &v, acceptable(f))
	if o.winner != nil && o.do == portfolio.ActionAccept && !f.Proven() {
		o.blind, o.winner = o.winner, nil // no rule can want this, and none gets it
	}
	expected := f.Announced != nil && !f.Announced.Over(j.now) && o.held == nil
	var may *Rule
	if expected && f.Unread {
		may = o.maybe // its name is known once it can be read; that of a stranger's domain never is
	}
	if expected {
		// An operator's word is above every rule but one that holds the push.
		o.winner, o.trial, o.maybe = nil, nil, nil
	}
	won := j.settle(d, &o, func(r *Rule, do portfolio.Action) string { return j.pushReason(f, r, do) })
	switch {
	case may != nil:
		d.Verdict, d.Code, d.Do = portfolio.VerdictWait, "unread", portfolio.ActionAccept
		d.Reason = fmt.Sprintf("%s announced it, and %s may hold it, which cannot be said before its domain can be read", f.Announced.By, may.Name)
		return
	case expected:
		j.announced(d, f)
		return
	}
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
				fmt.Sprintf("; to settle it: domaind reject %d --account %s, or domaind accept %d --account %s --unproven --contact CONTACT",
					f.ID, j.account.Name, f.ID, j.account.Name)})
		}
		return
	}
	d.Code, d.Reason = "no-rule", fmt.Sprintf("%s comes from %s, and no rule speaks of it", f.Name, j.accountName(f.SourceID))
	if !o.speaks() {
		d.Alerts = append(d.Alerts, portfolio.Alert{Level: portfolio.LevelNotice, Text: d.Reason})
	}
}

// announced accepts a push that an operator announced: the domain's id is the proof, from
// a second source. Modes govern rules, not what operators say.
func (j *judge) announced(d *portfolio.Decision, f *portfolio.PushFacts) {
	a := f.Announced
	d.Verdict, d.Code, d.Do, d.Mode = portfolio.VerdictAct, "announced", portfolio.ActionAccept, portfolio.ModeAct
	d.Contact, d.Approval = a.Contact, a
	d.Reason = fmt.Sprintf("%s announced it on %s: domain %d is to come in, with contact %d", a.By, j.day(a.At), f.DomainID, a.Contact)
	if a.Reason != "" {
		d.Reason += " (" + a.Reason + ")"
	}
}

// acceptable tells what a rule does with a push.
func acceptable(f *portfolio.PushFacts) actionFor {
	return func(r *Rule) portfolio.Action {
		if r.Do == portfolio.ActionAccept && f.SourceID == f.AccountID {
			return ""
		}
		return r.Do
	}
}

func (j *judge) pushReason(f *portfolio.PushFacts, r *Rule, do portfolio.Action) string {
	if (do == portfolio.ActionHold || do == portfolio.ActionAlert) && r.Reason != "" {
		return r.Reason
	}
	if !f.Proven() {
		return "its source is not proven: " + f.Unproven
	}
	return fmt.Sprintf("it comes from %s, which owns %s: proven with that account's own token", j.accountName(f.SourceID), f.Name)
}

func (j *judge) accountName(id int64) string {
	if a, ok := j.policy.account(id); ok {
		return a.Name
	}
	return fmt.Sprintf("account %d", id)
}

// change decides about a registrant change. Only open ones that domaind did not
// start are ever cancelled.
func (j *judge) change(d *portfolio.Decision, f *portfolio.ChangeFacts) {
	if !f.State.Known() {
		d.Code = "unknown-state"
		d.Reason = fmt.Sprintf("DNSimple reports the state %q, which domaind does not know: nothing is done", f.State)
		return
	}
	v := changeView(f, j.now)
	o := j.look(j.rules.changes, &v, cancellable(f))
	reason := func(r *Rule, _ portfolio.Action) string {
		if r.Reason != "" {
			return r.Reason
		}
		return changeSentence(f)
	}
	if j.settle(d, &o, reason) {
		return
	}
	d.Reason = changeSentence(f)
	if !f.State.Open() && (f.State != portfolio.ChangeCompleted || j.now.Sub(f.UpdatedAt) > finishedFor) {
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

// cancellable tells what a rule does with a registrant change.
func cancellable(f *portfolio.ChangeFacts) actionFor {
	return func(r *Rule) portfolio.Action {
		if r.Do == portfolio.ActionCancel && (!f.State.Open() || f.Ours) {
			return ""
		}
		return r.Do
	}
}

func changeSentence(f *portfolio.ChangeFacts) string {
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
