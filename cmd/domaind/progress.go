package main

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"domaind/internal/scheduler"
)

const (
	// quietFor is how long a reading takes until it is worth a line.
	quietFor = 2 * time.Second
	// lineEvery is how often a line follows.
	lineEvery = 10 * time.Second
)

// progress tells a person at a terminal how far a long reading is.
type progress struct {
	out io.Writer
	now func() time.Time

	mu   sync.Mutex
	last time.Time
}

// progressTo is the progress for whoever sits at a terminal; nil for nobody.
func (g *globals) progressTo(now func() time.Time) *progress {
	if !g.io.errTTY {
		return nil
	}
	return &progress{out: g.io.err, now: now}
}

// step writes a line, where it is time for one. Left tells the requests that the tokens
// that are used have left; the capacity is that of all of them.
func (p *progress) step(s scheduler.Step, left func() []int, c scheduler.Capacity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	took := now.Sub(s.Since)
	if took < quietFor || now.Sub(p.last) < lineEvery {
		return
	}
	p.last = now
	fmt.Fprintln(p.out, progressText(s, left(), c, took))
}

// progressText is how far a reading is, in a line.
func progressText(s scheduler.Step, left []int, c scheduler.Capacity, took time.Duration) string {
	pages := plural(s.Pages, "page")
	if s.Expected > s.Pages {
		pages = fmt.Sprintf("%d of about %d pages", s.Pages, s.Expected)
	}
	text := fmt.Sprintf("reading: %s, %s", pages, plural(s.Domains, "domain"))
	if len(left) > 0 { // the token that has the least is the one that is waited for
		text += fmt.Sprintf("; %s left in this hour", plural(slices.Min(left), "request"))
	}
	if s.Expected > s.Pages && s.Pages > 0 {
		pages := s.Expected - s.Pages
		togo := max(took/time.Duration(s.Pages)*time.Duration(pages), waiting(s, pages, left, c))
		text += fmt.Sprintf("; about %s to go", ago(togo))
	}
	return text
}

// waiting is about how long so many pages wait for the quota.
func waiting(s scheduler.Step, pages int, left []int, c scheduler.Capacity) time.Duration {
	share := c.RequestsPerHour
	if s.Background {
		share = c.BackgroundPerHour
	}
	if share <= 0 {
		return 0
	}
	free := share - c.All
	for _, n := range left {
		free += n
	}
	if free = max(0, free); pages <= free {
		return 0
	}
	return time.Duration(float64(pages-free) / float64(share) * float64(time.Hour))
}
