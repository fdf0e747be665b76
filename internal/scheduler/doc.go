// Package scheduler decides when domaind looks, and does the looking: it reads
// domains in order of expiration, pushes, registrant changes and names that are
// watched, asks the policy about each, and hands the decisions to the executor.
//
//	cron tick ─▶ job ─▶ pages of facts ─▶ rules.Decide ─▶ executor
//
// A job is a function of a context and a moment. [Scheduler.Run] lets robfig/cron
// call the jobs by the wall clock; [Scheduler.Drive] is a loop over Schedule.Next
// on whatever clock it is given; [Scheduler.Once] makes one pass over every job.
// All three go through the same door: a job that still runs is not started again, a
// job that panics or fails is announced and runs again at its next tick, and a job
// that was missed while the daemon was down runs once at the start.
//
// The domain scan reads the accounts side by side, each up to the horizon, by pages that
// overlap (see reader). What was read of all of them is carried out together, in order of
// expiration; an account that takes long comes when it was read, and holds no other.
//
// Beside the jobs one loop follows up the operations that are under way.
//
// The portfolio sweep reads the whole list of each account, in the order of the ids, page
// by page, and holds each page against what the last sweep saw of those domains:
//
//	page that joins on ─▶ walk ─▶ CompareSnapshots ─▶ added, changed ─▶ one commit: events, snapshots, position
//	                                               └▶ absent ─▶ a look at each ─▶ 404 ─▶ ten minutes later ─▶ 404 ─▶ removed
//
// No two pages leave a gap (see walk), so what is absent is hardly ever there; still it is
// asked for by itself, twice. A sweep that is cut short is gone on with at the next start,
// and one whose account could not be read an hour later, by a job that people do not see.
// It tells what rules without a date say, and never does anything.
package scheduler
