package scheduler

import (
	"slices"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

// TestAClockThatJumps: what was missed by a jump forward is made up for once; after a jump
// back a job waits for its next moment by the new clock, not for the old one.
func TestAClockThatJumps(t *testing.T) {
	daily, err := cron.ParseStandard("CRON_TZ=Europe/Berlin 30 2 * * *")
	if err != nil {
		t.Fatal(err)
	}
	hour := time.Hour
	for name, tt := range map[string]struct {
		schedule cron.Schedule
		jump     time.Duration   // after two hours
		want     []time.Duration // when it runs, by the clock, from the start
	}{
		"none":                   {cron.Every(hour), 0, []time.Duration{0, hour, 2 * hour, 3 * hour, 4 * hour}},
		"forward":                {cron.Every(hour), 10 * hour, []time.Duration{0, hour, 2 * hour, 12*hour + time.Minute, 13*hour + time.Minute}},
		"back":                   {cron.Every(hour), -90 * time.Minute, []time.Duration{0, hour, 2 * hour, 91 * time.Minute}},
		"forward, once a day":    {daily, 72 * hour, []time.Duration{0, 74*hour + time.Minute}},
		"into a day without one": {daily, (27*24 + 11) * hour, []time.Duration{0, (27*24+13)*hour + time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			at := now
			m := &memory{}
			s := setup{memory: m, schedules: Schedules{Pushes: tt.schedule}, now: func() time.Time { return at }}.make()
			for minute := range 4*60 + 1 {
				if minute == 121 {
					at = at.Add(tt.jump)
				}
				if _, err := s.Tick(t.Context()); err != nil {
					t.Fatal(err)
				}
				at = at.Add(time.Minute)
			}
			if got := m.since(now, JobPushes); !slices.Equal(got, tt.want) {
				t.Errorf("it ran at %v, want %v", got, tt.want)
			}
		})
	}
}
