package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// schedule reads when each job runs.
func (l *loader) schedule(t *node) {
	l.checkKeys(t, "schedule")
	l.schedules = t
	for _, job := range []struct {
		key, text string
		into      *Cron
	}{
		{"domains", "0 */6 * * *", &l.cfg.Schedule.Domains},
		{"portfolio", "@daily", &l.cfg.Schedule.Portfolio},
		{"pushes", "@every 1m", &l.cfg.Schedule.Pushes},
		{"registrant_changes", "@every 5m", &l.cfg.Schedule.RegistrantChanges},
		{"names", "@hourly", &l.cfg.Schedule.Names},
	} {
		text := job.text
		written, n := l.str(t, job.key, job.text)
		if n != nil {
			text = written
		}
		parsed, err := parseCron(text, l.cfg.Location)
		if err != nil {
			l.fail(n, "%s is not a schedule: %s: %s", quote(job.key), quote(text), printable(shorten(err.Error()))).
				hint(`write five fields (minute, hour, day, month, weekday), like "0 */6 * * *", or "@hourly", or "@every 30m"`)
			continue
		}
		*job.into = Cron{Text: text, Schedule: parsed}
	}
}

// parseCron parses a schedule as cron.ParseStandard does, in a location unless it
// names its own. What that lets pass although it cannot be meant is an error.
func parseCron(text string, loc *time.Location) (cron.Schedule, error) {
	text = strings.TrimSpace(text)
	zoned := strings.HasPrefix(text, "TZ=") || strings.HasPrefix(text, "CRON_TZ=")
	if zoned && !strings.Contains(text, " ") { // the parser would panic
		return nil, fmt.Errorf("a time zone alone")
	}
	parsed, err := cron.ParseStandard(text)
	if err != nil {
		return nil, err
	}
	if every, ok := strings.CutPrefix(text, "@every "); ok {
		if d, err := time.ParseDuration(strings.TrimSpace(every)); err != nil || d < time.Second {
			return nil, fmt.Errorf("it must be at least 1s")
		}
	}
	if spec, ok := parsed.(*cron.SpecSchedule); ok && !zoned {
		spec.Location = loc
	}
	// Any moment will do: within five years of it, every schedule runs that ever does.
	if parsed.Next(time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("it never comes: there is no such day")
	}
	return parsed, nil
}
