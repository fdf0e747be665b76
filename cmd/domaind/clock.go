package main

import (
	"context"
	"sync"
	"time"
	_ "time/tzdata" // time zones where the host has none
)

// clock is where time comes from. Nothing else in domaind reads the wall clock.
type clock interface {
	Now() time.Time
	// Sleep waits for a duration of this clock, or ends early with the context's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// wall is the wall clock.
type wall struct{}

func (wall) Now() time.Time { return time.Now().UTC() }

func (wall) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fast is a clock for the demo: it stands still while anybody works, and runs fast
// while everybody sleeps. So no call takes hours of its time, however busy the
// machine is, and a quiet week passes in seconds.
type fast struct {
	speed    float64 // seconds of this clock in a real second
	sleepers int     // how many of those who work must sleep for time to pass

	mu     sync.Mutex
	now    time.Time // as of since
	since  time.Time // real; when time began to pass, zero while it stands still
	asleep int
}

func newFast(start time.Time, speed float64, workers int) *fast {
	return &fast{now: start.UTC(), speed: speed, sleepers: workers}
}

// Now implements [clock].
func (f *fast) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

func (f *fast) read() time.Time {
	if f.since.IsZero() {
		return f.now
	}
	return f.now.Add(time.Duration(float64(time.Since(f.since)) * f.speed))
}

// Sleep implements [clock].
func (f *fast) Sleep(ctx context.Context, d time.Duration) error {
	until := f.add(1).Add(d)
	defer f.add(-1)
	for {
		left := until.Sub(f.Now())
		if left <= 0 {
			return ctx.Err()
		}
		// Short naps: time may stand still meanwhile, since somebody else woke up.
		nap := min(time.Duration(float64(left)/f.speed), 20*time.Millisecond)
		if err := (wall{}).Sleep(ctx, max(nap, time.Millisecond)); err != nil {
			return err
		}
	}
}

// add counts a sleeper in or out, and lets time pass or stand still accordingly.
func (f *fast) add(n int) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.read()
	f.asleep += n
	f.since = time.Time{}
	if f.asleep >= f.sleepers {
		f.since = time.Now()
	}
	return f.now
}
