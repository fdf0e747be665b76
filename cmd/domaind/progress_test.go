package main

import (
	"bytes"
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
		p.step(scheduler.Step{Pages: i + 1, Domains: 100 * (i + 1), Expected: 23, Since: start}, left)
	}
	now = now.Add(time.Hour)
	p.step(scheduler.Step{Pages: 1, Domains: 1, Since: now.Add(-5 * time.Second)}, func() []int { return nil })
	const want = `reading: 3 of about 23 pages, 300 domains; 2150 requests left in this hour; about 13s to go
reading: 13 of about 23 pages, 1300 domains; 2150 requests left in this hour; about 9s to go
reading: 23 pages, 2300 domains; 2150 requests left in this hour
reading: 1 page, 1 domain
`
	if got := out.String(); got != want {
		t.Errorf("it wrote\n%s", got)
	}
}
