package portfolio_test

import (
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// comes is a schedule of moments, in order.
type comes []time.Time

func (c comes) Next(after time.Time) time.Time {
	for _, at := range c {
		if at.After(after) {
			return at
		}
	}
	return time.Time{}
}

func TestRuns(t *testing.T) {
	midnight := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	var c comes
	for _, later := range []time.Duration{0, 59 * time.Minute, 60 * time.Minute, 61 * time.Minute, 24 * time.Hour} {
		c = append(c, midnight.Add(later))
	}
	for _, tt := range []struct {
		first, end time.Time
		hour, all  int
	}{
		{c[0], midnight.Add(24 * time.Hour), 3, 4},
		{c[0], midnight.Add(24*time.Hour + 1), 3, 5},
		{c[3], midnight.Add(24 * time.Hour), 1, 1},
		{time.Time{}, midnight, 0, 0},
		{c[1], c[1], 0, 0},
	} {
		if hour, all := portfolio.Runs(c, tt.first, tt.end); hour != tt.hour || all != tt.all {
			t.Errorf("from %s until %s: %d in an hour and %d in all, want %d and %d", tt.first, tt.end, hour, all, tt.hour, tt.all)
		}
	}
}
