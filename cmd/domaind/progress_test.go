package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"domaind/internal/scheduler"
)

// TestReadingProgress: lines come seldom, to a terminal only, and say what is known.
func TestReadingProgress(t *testing.T) {
	if g := (&globals{io: std{err: new(bytes.Buffer)}}); g.progressTo(time.Now) != nil {
		t.Error("there is no terminal")
	}
	start := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	now := start
	var out bytes.Buffer
	p := (&globals{io: std{err: &out, errTTY: true}}).progressTo(func() time.Time { return now })
	left := func() []int { return []int{2400, 2150, 2300} }
	for i := range 31 { // a page each second
		now = start.Add(time.Duration(i) * time.Second)
		p.step(scheduler.Step{Pages: i + 1, Domains: 100 * (i + 1), Expected: 23, Since: start}, left, scheduler.Capacity{})
	}
	now = now.Add(time.Hour)
	p.step(scheduler.Step{Pages: 1, Domains: 1, Since: now.Add(-5 * time.Second)}, func() []int { return nil }, scheduler.Capacity{})
	const want = `reading: 3 of about 23 pages, 300 domains; 2150 requests left in this hour; about 13s to go
reading: 13 of about 23 pages, 1300 domains; 2150 requests left in this hour; about 9s to go
reading: 23 pages, 2300 domains; 2150 requests left in this hour
reading: 1 page, 1 domain
`
	if got := out.String(); got != want {
		t.Errorf("it wrote\n%s", got)
	}
}

// TestTimeToGo: what has to wait for the quota takes longer than what was read so far
// lets one think.
func TestTimeToGo(t *testing.T) {
	c := scheduler.Capacity{All: 2000, RequestsPerHour: 1800, BackgroundPerHour: 1000}
	for name, tt := range map[string]struct {
		pages, expected, left int
		background            bool
		want                  string
	}{
		"within the quota":      {100, 1800, 1900, false, "about 34s to go"},
		"beyond it":             {100, 3600, 1900, false, "about 1h0m to go"},
		"all used up":           {1800, 2700, 200, false, "about 30m to go"},
		"a sweep within":        {100, 1000, 1900, true, "about 18s to go"},
		"a sweep beyond":        {100, 4000, 1900, true, "about 3h0m to go"},
		"slower than the quota": {1, 1801, 1900, false, "about 1h0m to go"},
	} {
		s := scheduler.Step{Pages: tt.pages, Domains: 100 * tt.pages, Expected: tt.expected, Background: tt.background}
		if got := progressText(s, []int{tt.left}, c, 2*time.Second); !strings.HasSuffix(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
