package sandbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a distance in time as a portfolio writes it: "+12d", "-3d", "1y", "1d12h". Years and
// months are those of the calendar, a day is 24 hours of UTC.
type span struct {
	years, months, days int
	clock               time.Duration
}

// maxSpanYears bounds a span, so that the difference of two fits a time.Duration.
const maxSpanYears = 100

var errSpan = errors.New("not a distance in time: write it like \"+12d\", \"-40d\", \"1y\", \"36h\" (units: s m h d w mo y)")

// parseSpan reads an optional sign, which holds for all, and one or more numbers with their units.
func parseSpan(s string) (span, error) {
	var out span
	rest, negative := s, false
	if after, ok := strings.CutPrefix(rest, "-"); ok {
		rest, negative = after, true
	} else {
		rest = strings.TrimPrefix(rest, "+")
	}
	if rest == "" {
		return span{}, fmt.Errorf("%q is %w", s, errSpan)
	}
	for rest != "" {
		i := 0
		for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
			i++
		}
		j := i
		for j < len(rest) && rest[j] >= 'a' && rest[j] <= 'z' {
			j++
		}
		n, err := strconv.Atoi(rest[:i])
		if err != nil || !out.add(n, rest[i:j]) {
			return span{}, fmt.Errorf("%q is %w", s, errSpan)
		}
		rest = rest[j:]
	}
	if out.tooLong() {
		return span{}, fmt.Errorf("%q is longer than %d years", s, maxSpanYears)
	}
	if negative {
		out = span{-out.years, -out.months, -out.days, -out.clock}
	}
	return out, nil
}

// add adds n of a unit, and says whether there is such a unit and n is small enough to be counted.
func (s *span) add(n int, unit string) bool {
	if n > maxSpanYears*366*24*3600 {
		return false
	}
	switch unit {
	case "y":
		s.years += n
	case "mo":
		s.months += n
	case "w":
		s.days += 7 * n
	case "d":
		s.days += n
	case "h", "m", "s":
		one := map[string]time.Duration{"h": time.Hour, "m": time.Minute, "s": time.Second}[unit]
		if n > int(maxSpanYears*366*24*time.Hour/one) {
			return false
		}
		s.clock += time.Duration(n) * one
	default:
		return false
	}
	return !s.tooLong()
}

func (s *span) tooLong() bool {
	const most = maxSpanYears * 366
	return s.years > maxSpanYears || s.months > most || s.days > most ||
		s.years*366+s.months*31+s.days+int(s.clock/(24*time.Hour)) > most
}

// after is the moment that lies the span after t.
func (s span) after(t time.Time) time.Time {
	return t.AddDate(s.years, s.months, s.days).Add(s.clock)
}

// before is the moment that lies the span before t.
func (s span) before(t time.Time) time.Time {
	return t.AddDate(-s.years, -s.months, -s.days).Add(-s.clock)
}

func (s span) negative() bool {
	return s.years < 0 || s.months < 0 || s.days < 0 || s.clock < 0
}

func (s span) isZero() bool { return s == span{} }

// UnmarshalText reads a span from a portfolio.
func (s *span) UnmarshalText(text []byte) error {
	var err error
	*s, err = parseSpan(string(text))
	return err
}

// length is a span that does not point backwards: how long something takes.
type length struct{ span }

// UnmarshalText reads a length from a portfolio.
func (l *length) UnmarshalText(text []byte) error {
	s, err := parseSpan(string(text))
	if err != nil {
		return err
	}
	if s.negative() {
		return fmt.Errorf("%q: a length of time cannot be negative", text)
	}
	l.span = s
	return nil
}

// days is a length of whole days.
func days(n int) length { return length{span{days: n}} }

// addYears adds years to an expiration as registries do: the 29th of February becomes the 28th where the
// year has none.
func addYears(t time.Time, years int) time.Time {
	out := t.AddDate(years, 0, 0)
	if out.Day() != t.Day() {
		out = out.AddDate(0, 0, -out.Day())
	}
	return out
}
