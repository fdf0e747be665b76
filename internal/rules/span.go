package rules

import "time"

// span is how long a [Distance] is in seconds, whatever the calendar says: at its
// shortest and at its longest. Most dates are far from where a distance ends, and
// are told from it without the calendar. The zero value knows nothing.
type span struct{ shortest, longest int64 }

// The moments that a span is asked about: those of which a sum of seconds cannot
// overflow.
const spanned = 1 << 40 // in Unix seconds: some 35,000 years

// newSpan is a distance's span. The two days more on both sides are for time zones:
// none has ever put its clocks forward or back by as much.
func newSpan(d Distance) span {
	const day = 86_400 // seconds
	if d.Years < 0 || d.Months < 0 || d.Days < 0 || max(d.Years, d.Months, d.Days) > maxDays {
		return span{}
	}
	return span{
		shortest: day * int64(365*d.Years+28*d.Months+d.Days-2),
		longest:  day * int64(366*d.Years+31*d.Months+d.Days+2),
	}
}

// reaches says whether t is at most the distance d, whose span this is, after now.
func (s span) reaches(d Distance, now, t time.Time) bool {
	n, at := now.Unix(), t.Unix()
	if s.knows(n, at) {
		switch ahead := at - n; {
		case ahead <= s.shortest:
			return true
		case ahead > s.longest:
			return false
		}
	}
	return !t.After(d.After(now))
}

// reachesBack says whether t is at most the distance d, whose span this is, before now.
func (s span) reachesBack(d Distance, now, t time.Time) bool {
	n, at := now.Unix(), t.Unix()
	if s.knows(n, at) {
		switch ago := n - at; {
		case ago <= s.shortest:
			return true
		case ago > s.longest:
			return false
		}
	}
	return !t.Before(d.Before(now))
}

func (s span) knows(n, at int64) bool {
	return s.longest != 0 && n > -spanned && n < spanned && at > -spanned && at < spanned
}
