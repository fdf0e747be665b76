package config

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/rules"
)

// TestLongestGap: it never is longer than what truly passes between two runs, and of plain
// schedules it is that.
func TestLongestGap(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0 */6 * * *": 0, "@daily": 0, "* * * * *": 0, "@every 36h": 36 * time.Hour, "0 6 * * 1": 7 * 24 * time.Hour,
		"0 6 1 * *": 31 * 24 * time.Hour, "0 9-17 * * 1-5": 64 * time.Hour, "0,45 9 * * 1": 7*24*time.Hour - time.Hour, "0 6 1-5 * *": 27 * 24 * time.Hour, "0 0 29 2 *": 35_064 * time.Hour,
		"30 2 1 1 *": 366 * 24 * time.Hour, "CRON_TZ=Europe/Berlin 0 0 * * *": 25 * time.Hour,
	} {
		s, err := parseCron(text, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if got := longestGap(s); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for text, runs := range map[string]int{"@every 1s": 10_000, "* * * * *": 10_000, "* * * 1 *": 200_000, "* * 29 2 *": 10_000, "*/7 8-20 * * 1-5": 10_000} {
		s, err := parseCron(text, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		longest, at := time.Duration(0), s.Next(time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC))
		for range runs {
			next := s.Next(at)
			longest = max(longest, next.Sub(at))
			at = next
		}
		if got := longestGap(s); got > longest {
			t.Errorf("%s: %s, and truly %s", text, got, longest)
		}
	}
}

// TestMissed: a distance is not called missed for an hour more or less.
func TestMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, err := parseDuration("1d")
		if err != nil {
			t.Fatal(err)
		}
		gap := rapid.IntRange(0, 60*24).Draw(t, "hours")
		days := rapid.IntRange(1, 60).Draw(t, "days")
		if got, want := missed(rules.Distance{Days: days}, time.Duration(gap)*time.Hour), time.Duration(gap-3)*time.Hour > time.Duration(days)*d; got != want {
			t.Fatalf("%dd in %dh: %v", days, gap, got)
		}
	})
}
