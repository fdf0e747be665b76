package rules

import (
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// Upcoming is the first moment after now at which the policy says something else of a
// resource than it does now, where nobody does anything about it meanwhile: another
// verdict, action or rule, or an alert of a rule that was silent. The decision is that of
// the moment. ok is false where no such moment comes.
//
// What time alone changes is looked at, and nothing else: a domain becomes expired when
// its expiration passes, and is never seen to be in redemption if it is not now.
func Upcoming(p *Policy, r portfolio.Resource, now time.Time) (at time.Time, d portfolio.Decision, ok bool) {
	before := Decide(p, r, now)
	for _, at := range p.moments(r, now) {
		if d := Decide(p, AsOf(r, now, at), at); differs(&before, &d) {
			return at, d, true
		}
	}
	return time.Time{}, portfolio.Decision{}, false
}

// AsOf is a resource as it will be at a later moment, where nobody does anything about it:
// a domain that is registered now has lapsed once its expiration has passed.
func AsOf(r portfolio.Resource, now, at time.Time) portfolio.Resource {
	f, ok := r.(portfolio.DomainFacts)
	if ok && f.State == portfolio.DomainRegistered && f.ExpiresAt.After(now) && !at.Before(f.ExpiresAt) {
		f.State = portfolio.DomainExpired
		return f
	}
	return r
}

// differs says whether a decision says something that the one before did not.
func differs(before, d *portfolio.Decision) bool {
	if d.Verdict != before.Verdict || d.Do != before.Do || d.Rule != before.Rule || d.RuleAt != before.RuleAt {
		return true
	}
	return slices.ContainsFunc(d.Alerts, func(a portfolio.Alert) bool {
		own := a.Rule == d.Rule && a.RuleAt == d.RuleAt // a hold tells that it ends
		return !own && !slices.ContainsFunc(before.Alerts, func(b portfolio.Alert) bool { return a.Rule == b.Rule && a.RuleAt == b.RuleAt })
	})
}

// moments are those after now at which something that the policy says of a resource may
// turn, in order. Between two of them nothing does.
func (p *Policy) moments(r portfolio.Resource, now time.Time) []time.Time {
	var all []time.Time
	add := func(at time.Time) {
		if at.After(now) {
			all = append(all, at)
		}
	}
	ends := func(at time.Time) { add(at); add(at.Add(1)) } // what holds up to a moment, and with it
	age := func(since time.Time) func(time.Duration) {
		return func(d time.Duration) {
			if !since.IsZero() && d > 0 {
				ends(since.Add(d))
			}
		}
	}
	older, domain := func(time.Duration) {}, portfolio.DomainFacts{}
	switch f := r.(type) {
	case portfolio.DomainFacts:
		domain = f
		if !f.ExpiresAt.IsZero() {
			add(f.ExpiresAt)
		}
	case portfolio.PushFacts:
		older = age(f.CreatedAt)
		if f.Announced != nil {
			add(f.Announced.Until)
		}
	case portfolio.ChangeFacts:
		older = age(f.CreatedAt)
		age(f.UpdatedAt)(finishedFor)
	}
	turn := func(d Distance) {
		if !d.IsZero() && !domain.ExpiresAt.IsZero() {
			turns(d, domain.ExpiresAt, now, ends)
		}
	}
	turn(p.WarnWithin)
	for i := range p.Rules {
		rule := &p.Rules[i]
		if rule.On != r.Kind() {
			continue
		}
		if !rule.Until.IsZero() {
			add(rule.Until)
		}
		for _, c := range []*Conditions{&rule.Match, &rule.Except} {
			turn(c.Expires)
			turn(c.Lapsed)
			older(c.Older)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// turns tells when a date may come to lie within a distance, or no longer. A month before
// and a month after are not each other's inverse at the end of months: on some days near
// by it lies within, and on the next it does not. So every day near by counts, from its
// beginning and from the time of day of the date.
func turns(d Distance, date, now time.Time, add func(time.Time)) {
	if d.even(now) && d.even(date) {
		add(d.Before(date))
		add(d.After(date))
		return
	}
	const near = 5 // days; months differ by three
	date = date.In(now.Location())
	for _, at := range []time.Time{d.Before(date), d.After(date)} {
		for n := -near; n <= near; n++ {
			on := at.AddDate(0, 0, n)
			add(on)
			add(time.Date(on.Year(), on.Month(), on.Day(), 0, 0, 0, 0, on.Location()))
		}
	}
}
