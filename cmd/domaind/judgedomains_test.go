package main

import (
	"slices"
	"time"
)

// judgement is what must become of something, by the documents.
type judgement struct {
	verdict, rule, do string
	price             int64    // in cents; -1: none
	alerts            []string // rules that tell
	trials            []string // rules that are tried out
}

// stateOf is what DNSimple calls a domain at a moment.
func (d judgedDomain) stateOf(at time.Time) string {
	switch {
	case d.expires.IsZero():
		return "hosted"
	case at.Before(d.expires):
		return "registered"
	}
	return "expired"
}

// holds says which conditions about a domain are there, and hold. lapsed is what
// expires_within comes to for a domain that is lapsed.
func (p *judgedPolicy) holds(c judgedConditions, d judgedDomain, at time.Time, lapsed bool) (all []bool) {
	if c.Name != nil {
		all = append(all, like(words(c.Name), d.name))
	}
	if c.Group != nil {
		all = append(all, p.inGroup(c.Group, d.name))
	}
	if c.TLD != nil {
		all = append(all, slices.Contains(words(c.TLD), suffix(d.name)))
	}
	if c.Account != nil {
		all = append(all, slices.Contains(words(c.Account), d.account))
	}
	if c.State != nil {
		all = append(all, slices.Contains(words(c.State), d.stateOf(at)))
	}
	if c.Registrant != nil {
		all = append(all, p.contact(c.Registrant, d.registrant, d.account))
	}
	if c.AutoRenew != nil {
		all = append(all, *c.AutoRenew == d.auto)
	}
	if c.Private != nil {
		all = append(all, *c.Private == d.private)
	}
	if c.ExpiresWithin != "" {
		switch d.stateOf(at) {
		case "registered":
			all = append(all, !d.expires.After(ahead(c.ExpiresWithin, at, 1)))
		case "expired":
			all = append(all, lapsed)
		default:
			all = append(all, false)
		}
	}
	if c.LapsedWithin != "" {
		all = append(all, d.stateOf(at) == "expired" && !d.expires.Before(ahead(c.LapsedWithin, at, -1)))
	}
	return all
}

// matches says whether a rule is about a domain at a moment, whatever it then does.
func (p *judgedPolicy) matches(r judgedRule, d judgedDomain, at time.Time) bool {
	if r.On != "domain" || !r.Until.IsZero() && !at.Before(dayAfter(r.Until)) {
		return false
	}
	return !slices.Contains(p.holds(r.Match, d, at, r.Do == "renew"), false) && !slices.Contains(p.holds(r.Except, d, at, false), true)
}

func dayAfter(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
}

// keeps says whether a rule holds a domain or lets it go.
func keeps(r judgedRule) bool { return r.Do == "hold" || r.Do == "let-lapse" }

// acts says what a rule that matches does to a domain; "" where it only tells. redemption:
// its plain renewal was refused.
func acts(r judgedRule, d judgedDomain, at time.Time, redemption bool) string {
	lapsed := d.stateOf(at) == "expired"
	switch {
	case r.Do == "renew" && lapsed && r.IfLapsed == "alert":
		return ""
	case r.Do == "renew" && lapsed && redemption && r.IfLapsed != "restore":
		return ""
	case r.Do == "renew" || r.Do == "restore":
		if lapsed && redemption {
			return "restore"
		}
		return "renew"
	}
	return ""
}

// tells says whether a rule that matches raises an alert.
func tells(r judgedRule, d judgedDomain, at time.Time) bool {
	return r.Do == "alert" || r.Do == "renew" && d.stateOf(at) == "expired" && r.IfLapsed == "alert" ||
		!r.Until.IsZero() && !at.Before(r.Until.AddDate(0, 0, -7))
}

// winner finds who decides about a domain, and who would.
func (p *judgedPolicy) winner(d judgedDomain, at time.Time, redemption bool) (rule *judgedRule, do string, trials []string) {
	for i, r := range p.Rules {
		switch does := acts(r, d, at, redemption); {
		case !p.matches(r, d, at):
		case keeps(r) && (rule == nil || !keeps(*rule)):
			rule, do = &p.Rules[i], r.Do
		case does == "":
		case r.Mode == "dry-run":
			trials = append(trials, r.Name)
		case rule == nil:
			rule, do = &p.Rules[i], does
		}
	}
	return rule, do, trials
}

// decide is what the policy says of a domain, before anybody asks for its price.
func (p *judgedPolicy) decide(d judgedDomain, at time.Time, redemption bool) judgement {
	out := judgement{verdict: "none", price: -1}
	for _, r := range p.Rules {
		if p.matches(r, d, at) && tells(r, d, at) {
			out.alerts = append(out.alerts, r.Name)
		}
	}
	r, do, trials := p.winner(d, at, redemption)
	out.trials = trials
	switch {
	case r != nil && keeps(*r):
		out.verdict, out.rule, out.do = r.Do, r.Name, do
		return out
	case r != nil:
		out.verdict, out.rule, out.do = p.modeOf(*r, d.account), r.Name, do
		return out
	case len(trials) > 0:
		out.verdict, out.rule, out.do = "would-act", trials[0], "renew"
		return out
	case !d.expires.IsZero() && d.expires.Sub(at).Abs() <= 60*24*time.Hour && !p.later(d, at):
		out.verdict = "uncovered"
	}
	return out
}

// later says whether somebody will speak of a domain before it expires.
func (p *judgedPolicy) later(d judgedDomain, at time.Time) bool {
	for ; at.Before(d.expires); at = at.Add(time.Hour) {
		if r, _, _ := p.winner(d, at, false); r != nil {
			return true
		}
	}
	return false
}

// modeOf is the verdict that the strictest mode allows.
func (p *judgedPolicy) modeOf(r judgedRule, account string) string {
	modes := []string{p.Mode, p.account(account).Mode, r.Mode}
	switch {
	case slices.Contains(modes, "dry-run"):
		return "would-act"
	case slices.Contains(modes, "ask"):
		return "ask"
	}
	return "act"
}
