package scheduler

import (
	"slices"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

// TestSchedules pins what robfig/cron makes of schedules where clocks change: the
// jobs rely on it.
func TestSchedules(t *testing.T) {
	const layout = "2006-01-02 15:04 MST"
	tests := map[string]struct {
		spec, from string // from: UTC
		want       []string
	}{
		"every six hours": {"0 */6 * * *", "2026-03-28 17:59", []string{"2026-03-28 18:00 UTC", "2026-03-29 00:00 UTC", "2026-03-29 06:00 UTC"}},
		"an hour that a spring day lacks is skipped": {
			"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28 00:00",
			[]string{"2026-03-28 02:30 CET", "2026-03-30 02:30 CEST"},
		},
		"an hour that an autumn day has twice counts twice where hours are a star": {
			"CRON_TZ=Europe/Berlin 30 * * * *", "2026-10-24 23:45",
			[]string{"2026-10-25 02:30 CEST", "2026-10-25 02:30 CET", "2026-10-25 03:30 CET"},
		},
		"the wall clock is kept across the change": {
			"CRON_TZ=America/New_York 0 6 * * *", "2026-10-31 00:00",
			[]string{"2026-10-31 06:00 EDT", "2026-11-01 06:00 EST", "2026-11-02 06:00 EST"},
		},
		"every so often knows no time zone": {
			"@every 90m", "2026-03-29 00:00",
			[]string{"2026-03-29 01:30 UTC", "2026-03-29 03:00 UTC", "2026-03-29 04:30 UTC"},
		},
		"a leap day":      {"0 0 29 2 *", "2026-03-01 00:00", []string{"2028-02-29 00:00 UTC"}},
		"day and weekday": {"0 0 13 * 5", "2026-03-05 00:00", []string{"2026-03-06 00:00 UTC", "2026-03-13 00:00 UTC", "2026-03-20 00:00 UTC"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			schedule, err := cron.ParseStandard(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			if spec, ok := schedule.(*cron.SpecSchedule); ok && spec.Location == time.Local {
				spec.Location = time.UTC
			}
			at, err := time.Parse("2006-01-02 15:04", test.from)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range test.want {
				at = schedule.Next(at)
				in := at
				if spec, ok := schedule.(*cron.SpecSchedule); ok {
					in = at.In(spec.Location)
				}
				got = append(got, in.Format(layout))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}
