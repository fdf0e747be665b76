package scheduler

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
)

// stopWithin bounds how long Run waits for jobs under way: a call that spends money
// is waited for, and takes five minutes at most.
const stopWithin = 6 * time.Minute

// Run lets cron call the jobs until the context ends, and follows up operations
// meanwhile. It returns when everything that it started has ended. The error is
// one after which the daemon must not go on (see [Options].Fatal).
func (s *Scheduler) Run(ctx context.Context) error {
	return s.live(ctx, func(ctx context.Context, start func(*job)) error {
		// robfig/cron installs neither of these by itself; recover is in start.
		c := cron.New(cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
		for _, j := range s.jobs {
			c.Schedule(j.schedule, cron.FuncJob(func() { start(j) }))
		}
		c.Start()
		for _, j := range s.missed() {
			start(j)
		}
		<-ctx.Done()
		ended := c.Stop()
		wait, stop := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer stop()
		select {
		case <-ended.Done():
			return nil
		case <-wait.Done():
			return errors.New("stop the jobs: one of them does not end")
		}
	})
}

// Drive runs the jobs by the scheduler's own clock until the context ends: for
// clocks that are not the wall's.
func (s *Scheduler) Drive(ctx context.Context) error {
	return s.live(ctx, func(ctx context.Context, start func(*job)) error {
		// Each job has a moment of its own: "@every" counts from its own last run.
		due := make(map[*job]time.Time, len(s.jobs))
		for _, j := range s.jobs {
			due[j] = j.schedule.Next(s.Now())
		}
		for _, j := range s.missed() {
			start(j)
		}
		for ctx.Err() == nil {
			first := slices.MinFunc(s.jobs, func(a, b *job) int { return due[a].Compare(due[b]) })
			if s.Sleep(ctx, due[first].Sub(s.Now())) != nil {
				break // the context ended
			}
			// The clock may have run past more than one moment of a job, while another one
			// was busy: what was missed is made up for once.
			at := s.Now()
			if at.Before(due[first]) {
				at = due[first]
			}
			for _, j := range s.jobs {
				if !due[j].After(at) {
					due[j] = j.schedule.Next(at)
					start(j)
				}
			}
		}
		return nil //nolint:nilerr // the context's end is what ends it
	})
}

// live follows up operations while the jobs are driven, until the context ends or an
// error is fatal.
func (s *Scheduler) live(ctx context.Context, drive func(ctx context.Context, start func(*job)) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.followUps(ctx, cancel)
	}()
	err := drive(ctx, func(j *job) { s.guarded(ctx, j, cancel) })
	cancel(nil)
	if err != nil {
		return err
	}
	<-stopped
	return cause(ctx)
}

// cause is why a context was ended by [context.CancelCauseFunc]; nil where it was
// simply ended.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// missed gives the jobs that never ran, or should have run since.
func (s *Scheduler) missed() []*job {
	var missed []*job
	now := s.Now()
	for _, j := range s.jobs {
		last, err := s.Progress.LastRun(j.name)
		if err != nil || last.IsZero() || last.After(now) || !j.schedule.Next(last).After(now) {
			missed = append(missed, j)
		}
	}
	return missed
}

// Once makes one pass over every job. A job that fails does not hold the others.
// What a job could not read is an error too: nobody must take the pass for complete.
// A pass that the context cut short is none: it is made up for by the next one.
func (s *Scheduler) Once(ctx context.Context) error {
	var errs []error
	for _, j := range s.jobs {
		s.left(j.name, nil)
		err := s.start(ctx, j)
		if ctx.Err() != nil {
			if !errors.Is(err, context.Cause(ctx)) && !errors.Is(err, context.Canceled) {
				errs = append(errs, err)
			}
			break
		}
		errs = append(errs, err)
		if s.Fatal(err) {
			break
		}
		s.mu.Lock()
		for _, p := range s.unread[j.name] {
			if !slices.ContainsFunc(errs, func(e error) bool { return e != nil && e.Error() == p.Error() }) {
				errs = append(errs, p) // a paused account is left out of every job: one line says it
			}
		}
		s.mu.Unlock()
	}
	return errors.Join(errs...)
}

// left remembers what a run of a job did not read.
func (s *Scheduler) left(job string, problems []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unread[job] = problems
}

// shortestNap keeps what is due again and again from spinning.
const shortestNap = 100 * time.Millisecond

// Settle follows up what is under way until nothing is due before the deadline. An
// operation that cannot be followed up does not hold the others; the last round's
// errors are returned.
func (s *Scheduler) Settle(ctx context.Context, deadline time.Time) error {
	for {
		next, err := s.followUp(ctx)
		if ctx.Err() != nil || s.Fatal(err) || next.IsZero() || next.After(deadline) || !s.Now().Before(deadline) {
			return err
		}
		if s.Sleep(ctx, max(next.Sub(s.Now()), shortestNap)) != nil {
			return err // the context ended: what is not settled stays in the ledger
		}
	}
}

// guarded runs a job, and ends everything where its error is fatal.
func (s *Scheduler) guarded(ctx context.Context, j *job, cancel context.CancelCauseFunc) {
	if ctx.Err() != nil {
		return
	}
	err := s.start(ctx, j)
	if err == nil {
		return
	}
	if s.Fatal(err) {
		cancel(err)
		return
	}
	if ctx.Err() != nil {
		return // cut short by the end
	}
	s.Log.Error("job failed", "job", j.name, "err", err)
}

// start runs a job unless it is still running, turns a panic into an error, and
// announces a failure.
func (s *Scheduler) start(ctx context.Context, j *job) (err error) {
	if !j.running.TryLock() {
		return nil
	}
	defer j.running.Unlock()
	now := s.Now()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("job %s: panic: %v\n%s", j.name, r, debug.Stack())
		}
		if err != nil && ctx.Err() == nil {
			err = errors.Join(err, s.Progress.Commit(portfolio.Change{Events: []portfolio.Event{{
				At: now, Level: portfolio.LevelAlert, About: portfolio.AboutScan, What: "failed",
				Text: fmt.Sprintf("scan of %s: %v", j.name, firstLine(err)), Data: map[string]any{"job": j.name},
				Once: "scan-failed|" + j.name + "|" + stable(err), Repeat: 6 * time.Hour,
			}}}))
		}
	}()
	if err := j.run(ctx, now); err != nil {
		return fmt.Errorf("scan of %s: %w", j.name, err)
	}
	if ctx.Err() != nil {
		return nil // cut short: it is made up for after the restart
	}
	return s.Progress.RecordRun(j.name, now)
}

func firstLine(err error) string {
	text := err.Error()
	for i, r := range text {
		if r == '\n' {
			return text[:i]
		}
	}
	return text
}

// longestNap bounds how long the follow-ups sleep: a clock that jumps must not make
// them late by more.
const longestNap = time.Minute

// followUps looks at operations as they become due, until the context ends.
func (s *Scheduler) followUps(ctx context.Context, cancel context.CancelCauseFunc) {
	for ctx.Err() == nil {
		next, err := s.followUp(ctx)
		if err != nil {
			if s.Fatal(err) {
				cancel(err)
				return
			}
			s.Log.Error("follow-up failed", "err", err)
		}
		nap := longestNap
		// What failed is still due, and must not be tried again and again meanwhile.
		if err == nil && !next.IsZero() {
			nap = min(nap, max(next.Sub(s.Now()), time.Second))
		}
		s.nap(ctx, nap)
	}
}

// followUp is one round of the follow-ups; a panic in it is an error.
func (s *Scheduler) followUp(ctx context.Context) (next time.Time, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return s.Executor.FollowUp(ctx)
}

// nap sleeps, until the executor wants to be followed up.
func (s *Scheduler) nap(ctx context.Context, d time.Duration) {
	ctx, wake := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-s.Executor.Wake():
			wake()
		case <-ctx.Done():
		}
	}()
	_ = s.Sleep(ctx, d) // its only error is that the context ended
	wake()
	<-done
}
