package config

import (
	"cmp"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// windows warns of distances that a scan may miss, since none may come within them, and of
// renewals that begin when DNSimple's own may be at work.
func (l *loader) windows(root *node) {
	gap := longestGap(l.cfg.Schedule.Domains.Schedule)
	scans := l.cfg.Schedule.Domains.Text
	if missed(l.cfg.Alerts.WarnWithin, gap) {
		n := root.get("alerts").get("warn_within")
		if n == nil {
			n = cmp.Or(l.schedules.get("domains"), root)
		}
		l.warn(n, `"warn_within" is %s, and %s pass between two scans of the domains (%s): an uncovered domain may be lost before anybody hears of it`,
			l.cfg.Alerts.WarnWithin, inWords(gap), quote(scans)).hint("scan more often, or warn earlier")
	}
	for i := range l.cfg.Policy.Rules {
		r := &l.cfg.Policy.Rules[i]
		if r.On != portfolio.KindDomain || r.Do == portfolio.ActionHold || r.Do == portfolio.ActionLetLapse {
			continue
		}
		for _, w := range []struct {
			key      string
			distance rules.Distance
			lost     string
		}{
			{"expires_within", r.Match.Expires, "a domain may lapse before the rule has seen it"},
			{"lapsed_within", r.Match.Lapsed, "the rule may never see a domain that lapsed"},
		} {
			if missed(w.distance, gap) {
				l.warn(l.nodeOf(i, "match", w.key), `%s is %s, and up to %s pass between two scans of the domains (%s): %s`,
					quote(w.key), w.distance, inWords(gap), quote(scans), w.lost).hint("scan more often, in [schedule], or write a longer distance")
			}
		}
		l.besideVendor(i, r)
	}
}

// besideVendor warns of a renew rule that only begins when DNSimple's own auto-renewal may
// be at work: then domaind watches, and buys nothing.
func (l *loader) besideVendor(i int, r *rules.Rule) {
	window := l.cfg.DNSimple.AutoRenewalWindow
	off := r.Match.AutoRenew != nil && !*r.Match.AutoRenew || r.Except.AutoRenew != nil && *r.Except.AutoRenew
	if r.Do != portfolio.ActionRenew || off || !r.Match.Expires.Inside(window) {
		return
	}
	l.warn(l.nodeOf(i, "match", "expires_within"),
		`"expires_within" is %s, inside the %s before an expiration in which DNSimple's own auto-renewal may be at work: where that is on, the domain is watched, and this rule buys nothing`,
		r.Match.Expires, window).hint("write more than auto_renewal_window, or match = { auto_renew = false, … } for those alone that DNSimple does not renew")
}

// missed says whether a distance that was written certainly is shorter than a gap. It is
// not pedantic about a few hours: clocks are set forward and back.
func missed(d rules.Distance, gap time.Duration) bool {
	const hours = 3 * time.Hour
	start := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	return !d.IsZero() && d.After(start).Add(hours).Before(start.Add(gap))
}

// longestGap is the longest time between two runs of a schedule, within an hour: it may be
// longer than that, and never is shorter. 0 stands for a day and less, which no distance is
// shorter than. It is what happens in the four years from 2025 on: of leap years, there is
// one.
func longestGap(s portfolio.Schedule) time.Duration {
	if s == nil {
		return 0
	}
	const day = 24 * time.Hour
	start := time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	end := start.AddDate(4, 0, 0)
	longest := time.Duration(0)
	for at := s.Next(start); !at.IsZero() && at.Before(end); {
		// Of the runs of a day, only the first is looked at, but where there may be none
		// for longer than ever before.
		next := s.Next(at.Add(day - time.Hour))
		if next.Sub(at) > max(longest, day) {
			from := at
			if next = s.Next(at); next.Before(at.Add(time.Hour)) { // those of an hour are as one
				from = at.Add(time.Hour)
				next = s.Next(from.Add(-time.Second))
			}
			if gap := next.Sub(from); gap > max(longest, day) {
				longest = gap
			}
		}
		at = next
	}
	return longest
}

// inWords writes a time of hours and days as people say it.
func inWords(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return rules.Distance{Days: int(d / day)}.String()
	}
	return d.Round(time.Minute).String()
}
