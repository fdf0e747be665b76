package scheduler

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
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
	for ctx.Err() == nil {
		next, err := s.Tick(ctx)
		switch {
		case s.Fatal(err):
			return err
		case err != nil:
			s.Log.Error("a tick failed", "err", err)
		}
		s.nap(ctx, min(next.Sub(s.Now()), longestNap))
	}
	return nil
}

// Tick does what is due now, one after the other: the jobs whose moment has come, each
// once, and then the operations that want to be followed up. At the first call those
// jobs are due that were missed. It says when something is due next, which is later
// than now. Only one caller may tick at a time, and none while [Scheduler.Run] does.
func (s *Scheduler) Tick(ctx context.Context) (next time.Time, err error) {
	var errs []error
	for _, j := range s.dueJobs() {
		if ctx.Err() != nil {
			return time.Time{}, errors.Join(errs...)
		}
		_, err := s.start(ctx, j)
		if errs = append(errs, err); s.Fatal(err) {
			return time.Time{}, errors.Join(errs...)
		}
	}
	next, err = s.followUp(ctx)
	errs = append(errs, err)
	now := s.Now()
	switch {
	case err != nil || ctx.Err() != nil:
		next = now.Add(longestNap) // what failed is still due, and must not be tried again and again
	case !next.IsZero() && next.Before(now.Add(time.Second)):
		next = now.Add(time.Second)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		for _, at := range []time.Time{j.due, j.extra} {
			if !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	if !next.After(now) {
		next = now.Add(shortestNap)
	}
	return next, errors.Join(errs...)
}

// dueJobs gives the jobs whose moment has come, and sets when each of them is due
// again. Each has a moment of its own: "@every" counts from its own last run. The
// clock may have run past more than one of them, while another job was busy: what was
// missed is made up for once.
func (s *Scheduler) dueJobs() []*job {
	now := s.Now()
	var due []*job
	if !s.ticking {
		s.ticking = true
		due = s.missed()
		for _, j := range s.jobs {
			j.due = j.schedule.Next(now)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		// A clock that was put back must not make a job wait for as long.
		scheduled := !j.due.After(now) || j.due.After(j.schedule.Next(now))
		if !j.due.After(now) && !slices.Contains(due, j) || j.extraDue(now) && !slices.Contains(due, j) {
			due = append(due, j)
		}
		if scheduled {
			j.due = j.schedule.Next(now)
		}
		if slices.Contains(due, j) {
			j.extra = time.Time{}
		}
	}
	return due
}

// extraDue says whether another run was asked for, and its moment has come.
func (j *job) extraDue(now time.Time) bool { return !j.extra.IsZero() && !j.extra.After(now) }

// soon asks for another run of a job, at a moment or after it, beside its schedule.
func (s *Scheduler) soon(name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		if j.name == name && (j.extra.IsZero() || at.Before(j.extra)) {
			j.extra = at
		}
	}
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
	restored, _ := s.restored() // what cannot be read is met again by the job itself
	for _, j := range s.jobs {
		last, err := s.Progress.LastRun(j.name)
		if j.hidden {
			last = time.Time{} // nobody knows what was left
		}
		if restored != nil && j.name == JobDomains || err != nil || last.IsZero() || last.After(now) || !j.schedule.Next(last).After(now) {
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
		if j.hidden {
			continue
		}
		s.left(j.name, nil)
		_, err := s.start(ctx, j)
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
	_, err := s.start(ctx, j)
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
// announces a failure. It reports whether it ran.
func (s *Scheduler) start(ctx context.Context, j *job) (ran bool, err error) {
	if !j.running.CompareAndSwap(false, true) {
		return false, nil
	}
	defer j.running.Store(false)
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
	counted, t := s.counting(ctx, now)
	if err := j.run(counted, now); err != nil {
		return true, fmt.Errorf("scan of %s: %w", j.name, err)
	}
	if ctx.Err() != nil {
		return true, nil // cut short: it is made up for after the restart
	}
	if j.hidden {
		return true, nil
	}
	if j.name != JobPortfolio { // which tells it by itself, when the accounts came to their ends
		if err := s.completed(j.name, t, s.Now()); err != nil {
			return true, fmt.Errorf("scan of %s: %w", j.name, err)
		}
	}
	return true, s.Progress.RecordRun(j.name, now)
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

// followUps looks at operations as they become due, until the context ends, and runs
// jobs that are wanted beside their schedule.
func (s *Scheduler) followUps(ctx context.Context, cancel context.CancelCauseFunc) {
	var extras sync.WaitGroup
	defer extras.Wait()
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
		for _, j := range s.extras() {
			extras.Go(func() {
				ran, err := s.start(ctx, j)
				if !ran {
					s.soon(j.name, s.Now().Add(rerunAfter)) // it is running, and may be past what is new
				}
				if s.Fatal(err) {
					cancel(err)
				} else if err != nil && ctx.Err() == nil {
					s.Log.Error("job failed", "job", j.name, "err", err)
				}
			})
		}
		s.nap(ctx, min(nap, s.untilExtra()))
	}
}

// rerunAfter is how long a job that is wanted again while it runs is waited for.
const rerunAfter = 10 * time.Second

// extras takes the jobs of which another run is due.
func (s *Scheduler) extras() []*job {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*job
	for _, j := range s.jobs {
		if j.extraDue(now) {
			j.extra = time.Time{}
			due = append(due, j)
		}
	}
	return due
}

// untilExtra is how long it is until another run of a job is due.
func (s *Scheduler) untilExtra() time.Duration {
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	until := longestNap
	for _, j := range s.jobs {
		if !j.extra.IsZero() {
			until = min(until, max(j.extra.Sub(now), time.Second))
		}
	}
	return until
}

// followUp is one round of the follow-ups; a panic in it is an error. Where an account
// may be used again, or is to be tried, the domains are read: what waited for it need
// not wait for the next scan.
func (s *Scheduler) followUp(ctx context.Context) (next time.Time, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	next, err = s.Executor.FollowUp(ctx)
	at, werr := s.Executor.Wanted()
	if !at.IsZero() {
		s.soon(JobDomains, at)
	}
	return next, errors.Join(err, werr)
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
