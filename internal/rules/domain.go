package rules

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// domain decides about a domain.
func (j *judge) domain(d *portfolio.Decision, f *portfolio.DomainFacts) {
	if !f.State.Known() {
		d.Code = "unknown-state"
		d.Reason = fmt.Sprintf("DNSimple reports the state %q, which domaind does not know: nothing is done", f.State)
		return
	}
	v := domainView(f, j.now)
	o := j.look(j.rules.domains, &v, func(r *Rule) portfolio.Action { return lifecycle(f, r) })
	won := j.settle(d, &o, func(r *Rule, do portfolio.Action) string { return j.domainReason(f, r, do) })
	if w := o.winner; w != nil && o.held == nil {
		d.Loud = w.Do == portfolio.ActionRestore || o.do == portfolio.ActionRestore || v.lapsed && w.IfLapsed == portfolio.ActionRestore
	}
	switch {
	case !won:
		j.uncovered(d, f, &v, &o)
	case o.held != nil && o.held.Do == portfolio.ActionLetLapse && f.AutoRenew && f.State == portfolio.DomainRegistered:
		d.Reason += "; but DNSimple's own auto-renewal is on, and will renew it"
	case !o.wins():
		// A rule that is tried out covers nothing: what would be announced without it
		// is announced.
		alone := *d
		if j.uncovered(&alone, f, &v, &o); alone.Verdict == portfolio.VerdictUncovered {
			d.Alerts = append(d.Alerts, portfolio.Alert{
				Level: portfolio.LevelAlert, Repeat: 7 * 24 * time.Hour, Text: "only a rule in dry-run speaks of it: " + alone.Reason,
			})
		}
	}
}

// lifecycle tells what a rule does with a domain in the phase that it is in.
func lifecycle(f *portfolio.DomainFacts, r *Rule) portfolio.Action {
	lapsed := f.State == portfolio.DomainExpired
	// In grace the plain renewal is the cheaper way; a lapsed domain counts as in
	// grace until DNSimple has refused it.
	rescue := portfolio.ActionRenew
	if f.Redemption {
		rescue = portfolio.ActionRestore
	}
	switch {
	case r.Do == portfolio.ActionRestore:
		return rescue
	case r.Do != portfolio.ActionRenew || !lapsed:
		return r.Do
	case r.IfLapsed == portfolio.ActionRestore:
		return rescue
	case r.IfLapsed == portfolio.ActionAlert:
		return portfolio.ActionAlert
	case f.Redemption:
		return "" // only a restore helps now, and this rule does not want one
	default:
		return portfolio.ActionRenew
	}
}

// domainReason says why a rule applies to a domain, as a sentence.
func (j *judge) domainReason(f *portfolio.DomainFacts, r *Rule, do portfolio.Action) string {
	var when string
	switch {
	case f.ExpiresAt.IsZero():
		when = "it has no expiration"
	case f.State == portfolio.DomainExpired:
		when = "it lapsed " + j.ahead(f.ExpiresAt)
	case f.ExpiresAt.After(j.now):
		when = "it expires " + j.ahead(f.ExpiresAt)
	default:
		when = "its expiration passed " + j.ahead(f.ExpiresAt)
	}
	switch do {
	case portfolio.ActionRenew:
		if f.State == portfolio.DomainExpired {
			return when + " and counts as in grace: the plain renewal comes first"
		}
		if !r.Match.Expires.IsZero() {
			return fmt.Sprintf("%s, within the rule's %s", when, r.Match.Expires)
		}
		return when
	case portfolio.ActionRestore:
		return when + ", and DNSimple refuses the plain renewal: only a restore brings it back"
	case portfolio.ActionAlert:
		if r.Do == portfolio.ActionRenew {
			return when + ": the rule renews it no more, and asks for your attention"
		}
		if r.Reason != "" {
			return when + ": " + r.Reason
		}
		return when
	default:
		if r.Reason != "" {
			return r.Reason
		}
		return when
	}
}

// uncovered tells why no rule won: there is nothing to do yet, or nobody speaks
// of a domain that is near its end.
func (j *judge) uncovered(d *portfolio.Decision, f *portfolio.DomainFacts, v *view, o *outcome) {
	switch {
	case f.State == portfolio.DomainHosted:
		d.Code, d.Reason = "hosted", "it is hosted here only, and registered elsewhere or not at all"
		return
	case f.ExpiresAt.IsZero():
		d.Code, d.Reason = "no-expiration", "it has no expiration"
		return
	case f.State == portfolio.DomainExpired:
		if f.ExpiresAt.Before(j.policy.WarnWithin.Before(j.now)) {
			d.Code, d.Reason = "lapsed", j.said(formLapsed, f.ExpiresAt, "it lapsed ", ", and no rule speaks of it")
			return
		}
		d.Verdict, d.Code = portfolio.VerdictUncovered, "uncovered-lapsed"
		d.Reason = j.said(formUncoveredLapsed, f.ExpiresAt, "it lapsed ", ", and no rule brings it back")
		return
	}
	if s, from := j.later(v, &o.early); s != nil {
		d.Code, d.Reason = "later", j.saidLater(s, from)
		return
	}
	if f.ExpiresAt.After(j.policy.WarnWithin.After(j.now)) {
		d.Code, d.Reason = "far", j.said(formFar, f.ExpiresAt, "it expires ", "")
		return
	}
	d.Verdict, d.Code = portfolio.VerdictUncovered, "uncovered"
	d.Reason = j.said(formUncovered, f.ExpiresAt, "it expires ", ", and no rule speaks of it, now or later")
}

// later finds the first rule that covers a registered domain at a later moment
// before its expiration, and the moment; nil where none does. The rules are those
// that the date alone keeps from it now. The conditions that depend on time turn at
// few moments, so only these are tried.
func (j *judge) later(v *view, rules *few) (first *step, from time.Time) {
	if rules.n == 0 {
		return nil, time.Time{}
	}
	then := *v
	try := func(at time.Time) {
		if !at.After(v.now) || !at.Before(v.expires) || first != nil && !at.Before(from) {
			return
		}
		then.now = at
		if s := covering(rules, &then); s != nil {
			first, from = s, at
		}
	}
	for _, t := range j.rules.turns {
		if !t.until.IsZero() {
			try(t.until)
			continue
		}
		at := t.within.Before(v.expires)
		if first != nil && !at.Before(from) {
			continue // and so are the days that follow
		}
		try(at)
		// A month before and a month after are not each other's inverse at the
		// end of months: a few days later the condition holds for certain.
		try(Distance{Days: 4}.After(at))
	}
	return first, from
}

// covering is the rule that wins at the view's moment: the first hold or let-lapse,
// else the first that acts; nil where none matches.
func covering(rules *few, v *view) (winner *step) {
	for s := range rules.all {
		r := s.rule
		if !r.Until.IsZero() && !v.now.Before(r.Until) || !s.timely(v) {
			continue
		}
		if holds(r.Do) {
			return s
		}
		if winner == nil {
			winner = s
		}
	}
	return winner
}
