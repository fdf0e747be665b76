package proof

import (
	"context"
	"sync"
	"time"
)

// began is when every world begins.
var began = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// clock is the one clock of a world: it stands still until somebody moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pass lets time go by.
func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}

// to lets time go by until a moment, if that lies ahead.
func (c *clock) to(t time.Time) { c.pass(t.Sub(c.Now())) }

// Sleep is the wait of whoever lives in the world: it moves the clock on.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.pass(d)
	return nil
}
