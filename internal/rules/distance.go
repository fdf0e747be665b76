package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Distance is how far a date is away, in calendar units: "45d", "6w", "2mo",
// "1y". Months and years are those of the calendar, as [time.Time.AddDate] counts
// them. The zero value is no distance.
type Distance struct {
	Years, Months, Days int
}

// ErrDistance is in every error of [ParseDistance].
var ErrDistance = errors.New("not a distance")

const maxDays = 36_600 // a hundred years

// ParseDistance reads a positive whole number and one of the units d, w, mo, y.
func ParseDistance(s string) (Distance, error) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	unit := s[i:]
	if unit == "m" && i > 0 {
		return Distance{}, fmt.Errorf("%q: %w: is %q months or minutes? write %q for months, %q for days", s, ErrDistance, s, s[:i]+"mo", s[:i]+"d")
	}
	var d Distance
	switch unit {
	case "d":
		d.Days = n
	case "w":
		d.Days = 7 * n
	case "mo":
		d.Months = n
	case "y":
		d.Years = n
	default:
		return Distance{}, fmt.Errorf("%q: %w; write days, weeks, months or years, like \"45d\", \"6w\", \"2mo\", \"1y\"", s, ErrDistance)
	}
	if err != nil || n <= 0 || n > maxDays || d.days() > maxDays {
		return Distance{}, fmt.Errorf("%q: %w: it must be at least 1d and at most 100y", s, ErrDistance)
	}
	return d, nil
}

// days is the distance in days, at its longest.
func (d Distance) days() int { return d.Years*366 + d.Months*31 + d.Days }

// IsZero says whether there is no distance.
func (d Distance) IsZero() bool { return d == Distance{} }

// After is the moment that lies the distance after t.
func (d Distance) After(t time.Time) time.Time {
	if d.even(t) {
		return t.Round(0).Add(time.Duration(d.Days) * day)
	}
	return t.AddDate(d.Years, d.Months, d.Days)
}

// Before is the moment that lies the distance before t.
func (d Distance) Before(t time.Time) time.Time {
	if d.even(t) {
		return t.Round(0).Add(-time.Duration(d.Days) * day)
	}
	return t.AddDate(-d.Years, -d.Months, -d.Days)
}

const day = 24 * time.Hour

// even says that the calendar has no say: days of UTC are of one length.
func (d Distance) even(t time.Time) bool {
	return d.Years == 0 && d.Months == 0 && d.Days >= 0 && d.Days <= maxDays && t.Location() == time.UTC && t.Unix() > -spanned && t.Unix() < spanned
}

// Compare orders distances by their length in days, at its longest.
func (d Distance) Compare(e Distance) int { return d.days() - e.days() }

// String writes the distance as a policy does; one of several units is written
// with all of them, the largest first.
func (d Distance) String() string {
	var b strings.Builder
	for _, p := range []struct {
		n    int
		unit string
	}{{d.Years, "y"}, {d.Months, "mo"}, {d.Days, "d"}} {
		if p.n != 0 {
			fmt.Fprintf(&b, "%d%s", p.n, p.unit)
		}
	}
	if b.Len() == 0 {
		return "0d"
	}
	return b.String()
}
