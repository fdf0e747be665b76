package client

import (
	"context"
	"time"
)

type backgroundKey struct{}

// Background marks the reads made with the context as having time: they leave three
// tenths of the request quota, of which the rest of the reads may use all but the last,
// and wait while less is left.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// leftByBackground is the part of a limit that background reads leave to all others.
func leftByBackground(limit int) int {
	return max(0, min((3*limit+9)/10, limit-1))
}

// yield waits, with a read that has time, until there is more than others may need. Its
// error is the context's, or what Sleep gave.
func (c *Client) yield(ctx context.Context, hurry bool) error {
	if marked, _ := ctx.Value(backgroundKey{}).(bool); !marked || hurry {
		return nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait := c.throttle.untilSpare()
		if wait <= 0 {
			return nil
		}
		if err := c.throttle.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// untilSpare is the time after which to ask again whether a request may leave that has
// time; 0 where it may.
func (t *throttle) untilSpare() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	wait := time.Duration(0)
	allowed := len(t.ring) - leftByBackground(len(t.ring))
	if at := t.ring[(t.next-allowed+len(t.ring))%len(t.ring)]; !at.IsZero() && !at.After(now) {
		wait = at.Add(window).Sub(now)
	}
	if !t.until.IsZero() && t.left < 1+leftByBackground(t.quota.Limit) {
		wait = max(wait, t.until.Sub(now))
	}
	return wait
}
