package portfolio

import "time"

// Schedule says when a job comes next after a moment; zero: never again.
type Schedule interface {
	Next(after time.Time) time.Time
}

// Runs counts how often a schedule comes from its moment first on and before end: in the
// busiest hour of that, and in all. A first that is zero is none.
func Runs(s Schedule, first, end time.Time) (hour, all int) {
	var within []time.Time
	for at := first; !at.IsZero() && at.Before(end); at = s.Next(at) {
		within = append(within, at)
		for at.Sub(within[0]) >= time.Hour {
			within = within[1:]
		}
		hour, all = max(hour, len(within)), all+1
	}
	return hour, all
}

// ForReads is what ordinary reads may use of a number of requests: a tenth, rounded up, is
// left to operations under way, but never all of it.
func ForReads(limit int) int { return limit - max(0, min((limit+9)/10, limit-1)) }

// ForBackground is what reads in the background may use of a number of requests: half is
// left to all others. Whenever a scan begins, it finds two fifths of the hour's requests at
// least, 96,000 domains at 2,400; and what is left to them reads a million domains in ten
// hours, with pages that join.
func ForBackground(limit int) int { return limit - max(0, min((limit+1)/2, limit-1)) }
