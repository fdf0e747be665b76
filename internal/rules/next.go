package rules

import (
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// Next is the first moment, from on, at which a rule that is not only tried out acts on a
// domain, if the domain stays as it is until then, and what [Decide] says of it then: act,
// would-act or ask. Of a registered domain it is one before the expiration, or from
// itself. It is false where there is none. Moments are in UTC, as DNSimple's are.
//
// What a policy says of a domain turns at few moments, which the distances and the ends of
// its rules give, so only these are tried.
func Next(p *Policy, f portfolio.DomainFacts, from time.Time) (time.Time, portfolio.Decision, bool) {
	from = from.UTC()
	a, ok := p.account(f.AccountID)
	if !ok || a.Source || !f.State.Known() || f.Name == "" {
		return time.Time{}, portfolio.Decision{}, false
	}
	var live few
	v := domainView(&f, from)
	j := judge{rules: p.program(), base: portfolio.Strictest(p.Mode, a.Mode)}
	if !j.concerned(&v, &f, &live) {
		return time.Time{}, portfolio.Decision{}, false
	}
	if acts(&live, &v) {
		return from, Decide(p, f, from), true
	}
	for _, at := range turnsOf(&live, &v) {
		then := v
		if then.now = at; acts(&live, &then) {
			return at, Decide(p, f, at), true
		}
	}
	return time.Time{}, portfolio.Decision{}, false
}

// concerned finds the rules that the date alone may keep from a domain, or let go: those
// that act, and what holds it. It says whether any acts at all.
func (j *judge) concerned(v *view, f *portfolio.DomainFacts, live *few) (acting bool) {
	j.rules.names.look(v)
	for i := range j.rules.domains {
		s := &j.rules.domains[i]
		if s.match.all(v) != yes {
			continue
		}
		do := lifecycle(f, s.rule)
		if do == "" || do == portfolio.ActionAlert || s.excludes(v) == yes || tried(s.rule) {
			continue
		}
		live.add(s)
		acting = acting || changes(do)
	}
	return acting
}

// acts says whether a rule acts at the view's moment.
func acts(live *few, v *view) (acting bool) {
	for s := range live.all {
		r := s.rule
		if !r.Until.IsZero() && !v.now.Before(r.Until) || !s.timely(v) {
			continue
		}
		if holds(r.Do) {
			return false
		}
		acting = true
	}
	return acting
}

// turnsOf are the moments behind the view's at which rules may begin to match, or end to,
// in order.
func turnsOf(live *few, v *view) []time.Time {
	var all []time.Time
	add := func(at time.Time) {
		if at.After(v.now) && (!v.registered || at.Before(v.expires)) {
			all = append(all, at)
		}
	}
	for s := range live.all {
		if u := s.rule.Until; !u.IsZero() {
			add(u.UTC())
		}
		for _, c := range []*Conditions{&s.rule.Match, &s.rule.Except} {
			if d := c.Expires; !d.IsZero() && v.registered {
				beside(d, d.Before(v.expires.UTC()), add)
			}
			if d := c.Lapsed; !d.IsZero() && v.lapsed {
				beside(d, d.After(v.expires.UTC()), func(at time.Time) {
					add(at)
					add(at.Add(1)) // lapsed_within holds to its end
				})
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// beside gives the moments at which a distance may turn that does so about a moment. A
// month before and a month after are not each other's inverse at the end of months: there
// it may turn, and turn back, on days beside it, at the same time or as the day begins.
func beside(d Distance, at time.Time, add func(time.Time)) {
	if d.Months == 0 && d.Years == 0 {
		add(at)
		return
	}
	const most = 4 // days
	for n := -most; n <= most; n++ {
		day := at.AddDate(0, 0, n)
		add(day)
		add(day.Truncate(24 * time.Hour))
	}
}
