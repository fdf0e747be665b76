package rules_test

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// refDecide says what the policy wants done with a resource at a moment, and why.
// It is deterministic and has no effects; the resource must be a
// [portfolio.DomainFacts], [portfolio.PushFacts], [portfolio.ChangeFacts] or
// [portfolio.NameFacts].
func refDecide(p *rules.Policy, r portfolio.Resource, now time.Time) portfolio.Decision {
	account, _, _ := r.Ident()
	d := portfolio.Decision{Resource: r, Verdict: portfolio.VerdictNone, Policy: p.Hash, Mode: p.Mode}
	a, ok := refAccount(p, account)
	if !ok || a.Source {
		d.Code, d.Reason = "not-ours", "the account is not one that domaind acts on"
		return d
	}
	d.Account = a.Name
	j := refJudge{policy: p, account: a, base: portfolio.Strictest(p.Mode, a.Mode), now: now}
	switch r := r.(type) {
	case portfolio.DomainFacts:
		j.domain(&d, &r)
	case portfolio.PushFacts:
		j.push(&d, &r)
	case portfolio.ChangeFacts:
		j.change(&d, &r)
	case portfolio.NameFacts:
		j.watched(&d, &r)
	default:
		d.Code, d.Reason = "unknown-kind", "a policy does not speak of such things"
	}
	return d
}

func refAccount(p *rules.Policy, id int64) (rules.Account, bool) {
	for _, a := range p.Accounts {
		if a.ID == id {
			return a, true
		}
	}
	return rules.Account{}, false
}

// refJudge applies a policy's rules to one resource of an account.
type refJudge struct {
	policy  *rules.Policy
	account rules.Account
	base    portfolio.Mode // the strictest of the policy's and the account's
	now     time.Time
}

// refOutcome is what the rules say of a resource, before it is put into words.
type refOutcome struct {
	held    *rules.Rule      // the hold or let-lapse that wins
	winner  *rules.Rule      // the first acting rule that matches
	do      portfolio.Action // what the winner does
	trial   *rules.Rule      // the first acting rule in dry-run by its own mode
	trialDo portfolio.Action
	alerts  []*rules.Rule
	trials  []*rules.Rule // every rule in dry-run by its own mode that matches
	blind   *rules.Rule   // the first accept that would match, were its source proven
	maybe   *rules.Rule   // the first hold or let-lapse of which nobody knows whether it matches
}

// wins says whether a rule of the policy covers the resource.
func (o *refOutcome) wins() bool { return o.held != nil || o.winner != nil }

// speaks says whether any rule matched at all.
func (o *refOutcome) speaks() bool { return o.wins() || len(o.alerts) > 0 || len(o.trials) > 0 }

// refActionFor is what a rule does with a resource; "" where it has nothing to do
// with it although its conditions hold.
type refActionFor func(*rules.Rule) portfolio.Action

// look walks the rules of one kind in order.
func (j *refJudge) look(kind portfolio.ResourceKind, v *refView, action refActionFor) refOutcome {
	var o refOutcome
	for i := range j.policy.Rules {
		r := &j.policy.Rules[i]
		if r.On != kind || !r.Until.IsZero() && !v.now.Before(r.Until) {
			continue
		}
		do := action(r)
		if do == "" {
			continue
		}
		rv := *v
		rv.pastTerm = r.Do == portfolio.ActionRenew
		if matched := (refConditions{&r.Match}).all(&rv); matched != yes {
			switch {
			case matched == unknown && do == portfolio.ActionAccept && o.blind == nil:
				o.blind = r
			case matched == unknown && refHolds(do) && o.maybe == nil && !j.tries(r) && (refConditions{&r.Except}).some(v) != yes:
				o.maybe = r
			}
			continue
		}
		if excluded := (refConditions{&r.Except}).some(v); excluded == yes || excluded == unknown && refChanges(do) {
			continue
		}
		if j.tries(r) {
			o.trials = append(o.trials, r)
			if o.trial == nil && refChanges(do) {
				o.trial, o.trialDo = r, do
			}
			continue
		}
		switch do {
		case portfolio.ActionAlert:
			o.alerts = append(o.alerts, r)
		case portfolio.ActionHold, portfolio.ActionLetLapse:
			if o.held == nil {
				o.held = r
			}
		default:
			if o.winner == nil {
				o.winner, o.do = r, do
			}
		}
	}
	return o
}

// tries says whether a rule is only tried out, by its own mode: one that asks is not.
func (*refJudge) tries(r *rules.Rule) bool {
	mode := portfolio.Strictest(r.Mode)
	return mode != portfolio.ModeAct && mode != portfolio.ModeAsk
}

// refHolds says whether an action keeps every other one from a resource.
func refHolds(a portfolio.Action) bool {
	return a == portfolio.ActionHold || a == portfolio.ActionLetLapse
}

// refChanges says whether an action changes something at DNSimple.
func refChanges(a portfolio.Action) bool { return a != portfolio.ActionAlert && !refHolds(a) }

// settle writes the refOutcome into the decision: who won, the verdict, the alerts.
// It reports whether any rule won; because is the winner's reason.
func (j *refJudge) settle(d *portfolio.Decision, o *refOutcome, because func(r *rules.Rule, do portfolio.Action) string) bool {
	d.Mode = j.base
	for _, r := range o.alerts {
		level := r.Level
		if r.Do != portfolio.ActionAlert {
			level = portfolio.LevelAlert // a renew rule with if_lapsed = "alert"
		}
		d.Alerts = append(d.Alerts, portfolio.Alert{
			Rule: r.Name, RuleAt: r.At, Level: level, Repeat: r.Repeat, Text: because(r, portfolio.ActionAlert),
		})
	}
	for _, r := range o.trials {
		d.Trials = append(d.Trials, fmt.Sprintf("%s (dry-run): %s", r.Name, because(r, r.Do)))
	}
	switch {
	case o.held != nil:
		d.Verdict, d.Code = portfolio.VerdictHold, "held"
		if o.held.Do == portfolio.ActionLetLapse {
			d.Verdict, d.Code = portfolio.VerdictLetLapse, "let-lapse"
		}
		refApplyRule(d, o.held, o.held.Do)
		d.Reason = o.held.Reason
		if !o.held.Until.IsZero() {
			d.Reason += " (until " + j.day(o.held.Until.AddDate(0, 0, -1)) + ")"
			if !j.now.Before(o.held.Until.AddDate(0, 0, -7)) {
				d.Alerts = append(d.Alerts, portfolio.Alert{
					Rule: o.held.Name, RuleAt: o.held.At, Level: portfolio.LevelNotice,
					Text: fmt.Sprintf("%s ends on %s", o.held.Name, j.day(o.held.Until.AddDate(0, 0, -1))),
				})
			}
		}
	case o.winner != nil && o.maybe != nil:
		// A hold wins wherever it stands: where nobody knows whether it matches, too.
		d.Verdict, d.Code = portfolio.VerdictWait, "unread"
		refApplyRule(d, o.winner, o.do)
		d.Reason = fmt.Sprintf("%s may hold it, which cannot be said before its domain can be read", o.maybe.Name)
	case o.winner != nil:
		d.Code, d.Mode = "rule", portfolio.Strictest(j.base, o.winner.Mode)
		switch d.Mode {
		case portfolio.ModeAct:
			d.Verdict = portfolio.VerdictAct
		case portfolio.ModeAsk:
			d.Verdict = portfolio.VerdictAsk
		default:
			d.Verdict = portfolio.VerdictWouldAct
		}
		refApplyRule(d, o.winner, o.do)
		d.Reason = because(o.winner, o.do)
	case o.trial != nil:
		d.Verdict, d.Code, d.Mode = portfolio.VerdictWouldAct, "rule", portfolio.ModeDryRun
		refApplyRule(d, o.trial, o.trialDo)
		d.Reason = because(o.trial, o.trialDo)
	default:
		return false
	}
	return true
}

func refApplyRule(d *portfolio.Decision, r *rules.Rule, do portfolio.Action) {
	d.Rule, d.RuleAt, d.Do, d.Labels = r.Name, r.At, do, r.Labels
	d.Years, d.MaxPrice = r.Years, r.MaxPrice
	d.AskAbove, d.MaxIncrease, d.AnswerWithin, d.Silence = r.AskAbove, r.MaxIncrease, r.AnswerWithin, r.Silence
}

// day writes a day in the policy's time zone.
func (j *refJudge) day(t time.Time) string { return t.In(j.policy.Location).Format(time.DateOnly) }

// ahead puts a moment in relation to now: "in 12 days (2026-12-03)".
func (j *refJudge) ahead(t time.Time) string {
	day := j.day(t)
	switch n := int(t.Sub(j.now).Hours() / 24); {
	case t.After(j.now) && n == 0:
		return fmt.Sprintf("within a day (%s)", day)
	case n == 1:
		return fmt.Sprintf("in a day (%s)", day)
	case n > 1:
		return fmt.Sprintf("in %d days (%s)", n, day)
	case n == 0:
		return fmt.Sprintf("less than a day ago (%s)", day)
	case n == -1:
		return fmt.Sprintf("a day ago (%s)", day)
	default:
		return fmt.Sprintf("%d days ago (%s)", -n, day)
	}
}
