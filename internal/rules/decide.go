package rules

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// Decide says what the policy wants done with a resource at a moment, and why.
// It is deterministic and has no effects; the resource must be a
// [portfolio.DomainFacts], [portfolio.PushFacts], [portfolio.ChangeFacts] or
// [portfolio.NameFacts].
func Decide(p *Policy, r portfolio.Resource, now time.Time) portfolio.Decision {
	return decide(p, r, now, nil)
}

// decide is Decide, and tells heard, where it is not nil, of every rule that matches and
// is not only tried out, in order.
func decide(p *Policy, r portfolio.Resource, now time.Time, heard func(*Rule, portfolio.Action)) portfolio.Decision {
	account, _, _ := r.Ident()
	d := portfolio.Decision{Resource: r, Verdict: portfolio.VerdictNone, Policy: p.Hash, Mode: p.Mode}
	a, ok := p.account(account)
	if !ok || a.Source {
		d.Code, d.Reason = "not-ours", "the account is not one that domaind acts on"
		return d
	}
	d.Account = a.Name
	j := judge{policy: p, rules: p.program(), account: a, base: portfolio.Strictest(p.Mode, a.Mode), now: now, heard: heard}
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

func (p *Policy) account(id int64) (Account, bool) {
	for _, a := range p.Accounts {
		if a.ID == id {
			return a, true
		}
	}
	return Account{}, false
}

// Horizon is how far ahead the policy looks at expirations: the domain scan may
// stop behind it. Lapsed domains always lie inside, and so does every domain of
// which [Policy.Warning] warns.
func (p *Policy) Horizon(now time.Time) time.Time {
	horizon := p.WarnWithin.After(now)
	for _, d := range p.BeforeExpiry {
		if h := d.After(now.UTC()); h.After(horizon) {
			horizon = h
		}
	}
	for i := range p.Rules {
		if r := &p.Rules[i]; r.On == portfolio.KindDomain {
			if h := r.Match.Expires.After(now); h.After(horizon) {
				horizon = h
			}
		}
	}
	return horizon
}

// judge applies a policy's rules to one resource of an account.
type judge struct {
	policy  *Policy
	rules   *program
	account Account
	base    portfolio.Mode // the strictest of the policy's and the account's
	now     time.Time
	heard   func(*Rule, portfolio.Action) // see decide
}

// outcome is what the rules say of a resource, before it is put into words.
type outcome struct {
	held    *Rule            // the hold or let-lapse that wins
	winner  *Rule            // the first acting rule that matches
	do      portfolio.Action // what the winner does
	trial   *Rule            // the first acting rule in dry-run by its own mode
	trialDo portfolio.Action
	alerts  []*Rule
	trials  []*Rule // every rule in dry-run by its own mode that matches
	blind   *Rule   // the first accept that would match, were its source proven
	maybe   *Rule   // the first hold or let-lapse of which nobody knows whether it matches
	early   few     // the acting rules, holds and let-lapses that match but for the date
}

// wins says whether a rule of the policy covers the resource.
func (o *outcome) wins() bool { return o.held != nil || o.winner != nil }

// speaks says whether any rule matched at all.
func (o *outcome) speaks() bool { return o.wins() || len(o.alerts) > 0 || len(o.trials) > 0 }

// few is some rules, in order. Up to eight need no allocation.
type few struct {
	first [8]*step
	n     int
	more  []*step
}

func (f *few) add(s *step) {
	if f.n < len(f.first) {
		f.first[f.n] = s
		f.n++
		return
	}
	f.more = append(f.more, s)
}

func (f *few) all(yield func(*step) bool) {
	for _, s := range f.first[:f.n] {
		if !yield(s) {
			return
		}
	}
	for _, s := range f.more {
		if !yield(s) {
			return
		}
	}
}

// actionFor is what a rule does with a resource; "" where it has nothing to do
// with it although its conditions hold.
type actionFor func(*Rule) portfolio.Action

// look walks the rules of one kind in order.
func (j *judge) look(steps []step, v *view, action actionFor) outcome {
	var o outcome
	j.rules.names.look(v)
	for i := range steps {
		s := &steps[i]
		matched := s.match.all(v)
		if matched == no {
			continue
		}
		r := s.rule
		if !r.Until.IsZero() && !v.now.Before(r.Until) {
			continue
		}
		do := action(r)
		if do == "" {
			continue
		}
		excluded := s.excludes(v)
		if matched == unknown {
			j.unsure(&o, s, v, do, excluded)
			continue
		}
		if excluded == yes || excluded == unknown && changes(do) {
			continue
		}
		trial := tried(r)
		if !s.timely(v) {
			if !trial && do != portfolio.ActionAlert && v.registered {
				o.early.add(s)
			}
			continue
		}
		if trial {
			o.trials = append(o.trials, r)
			if o.trial == nil && changes(do) {
				o.trial, o.trialDo = r, do
			}
			continue
		}
		if j.heard != nil {
			j.heard(r, do)
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

// unsure notes a rule of which nobody knows whether it matches, where that matters.
func (j *judge) unsure(o *outcome, s *step, v *view, do portfolio.Action, excluded truth) {
	r := s.rule
	if !s.match.allTimed(v, r.Do == portfolio.ActionRenew) {
		return // it does not
	}
	switch {
	case do == portfolio.ActionAccept && o.blind == nil:
		o.blind = r
	case holds(do) && o.maybe == nil && !tried(r) && excluded != yes && !s.excludesTimed(v):
		o.maybe = r
	}
}

// holds says whether an action keeps every other one from a resource.
func holds(a portfolio.Action) bool {
	return a == portfolio.ActionHold || a == portfolio.ActionLetLapse
}

// changes says whether an action changes something at DNSimple.
func changes(a portfolio.Action) bool { return a != portfolio.ActionAlert && !holds(a) }

// settle writes the outcome into the decision: who won, the verdict, the alerts.
// It reports whether any rule won; because is the winner's reason.
func (j *judge) settle(d *portfolio.Decision, o *outcome, because func(r *Rule, do portfolio.Action) string) bool {
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
		applyRule(d, o.held, o.held.Do)
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
		applyRule(d, o.winner, o.do)
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
		applyRule(d, o.winner, o.do)
		d.Reason = because(o.winner, o.do)
	case o.trial != nil:
		d.Verdict, d.Code, d.Mode = portfolio.VerdictWouldAct, "rule", portfolio.ModeDryRun
		applyRule(d, o.trial, o.trialDo)
		d.Reason = because(o.trial, o.trialDo)
	default:
		return false
	}
	return true
}

func applyRule(d *portfolio.Decision, r *Rule, do portfolio.Action) {
	d.Rule, d.RuleAt, d.Do, d.Labels = r.Name, r.At, do, r.Labels
	d.Years, d.MaxPrice = r.Years, r.MaxPrice
	d.AskAbove, d.MaxIncrease, d.AnswerWithin, d.Silence = r.AskAbove, r.MaxIncrease, r.AnswerWithin, r.Silence
}

// day writes a day in the policy's time zone.
func (j *judge) day(t time.Time) string { return t.In(j.policy.Location).Format(time.DateOnly) }

// ahead puts a moment in relation to now: "in 12 days (2026-12-03)".
func (j *judge) ahead(t time.Time) string {
	day := j.day(t)
	switch n := j.daysAhead(t); {
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

// daysAhead is how many whole days a moment is away, less than 0 where it has passed.
func (j *judge) daysAhead(t time.Time) int { return int(t.Sub(j.now).Hours() / 24) }
