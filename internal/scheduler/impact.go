package scheduler

import (
	"math"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Impact is what another policy would change of what is decided about the domains that
// are known: those of the last scan, and beyond its horizon those of the last sweep.
type Impact struct {
	Known   int // domains
	Changed int // of which something else would be decided, or by nobody any more
	// Uncovered counts the domains that a rule takes care of, now or later, and then none
	// would.
	Uncovered int
	// Names are some of those that are changed, first those that are uncovered: at most
	// mostNamed.
	Names []string
}

// Share is how many of the known domains are changed, in percent, rounded up.
func (i Impact) Share() int {
	if i.Known == 0 {
		return 0
	}
	return (100*i.Changed + i.Known - 1) / i.Known
}

const (
	// mostNamed is how many domains an impact names.
	mostNamed = 10
	// readAtOnce is how many snapshots are read at once.
	readAtOnce = 10_000
)

// Impact compares two policies at a moment, without asking DNSimple.
func (s *Scheduler) Impact(old, next *rules.Policy, now time.Time) (Impact, error) {
	var impact Impact
	var uncovered, changed []string
	for _, a := range s.Accounts {
		err := s.knownOf(a.ID, func(d portfolio.Domain) error {
			f, err := s.Executor.Facts(d)
			if err != nil {
				return err
			}
			impact.Known++
			covered, covers := rules.Covers(old, &f, now), rules.Covers(next, &f, now)
			was, is := rules.Decide(old, f, now), rules.Decide(next, f, now)
			switch {
			case covered && !covers:
				impact.Uncovered++
				uncovered = append(uncovered, d.Name)
			case covered == covers && sameWish(was, is):
				return nil
			default:
				changed = append(changed, d.Name)
			}
			impact.Changed++
			// Some are enough; the first in the alphabet, so that they are the same each time.
			uncovered, changed = firstFew(uncovered), firstFew(changed)
			return nil
		})
		if err != nil {
			return impact, err
		}
	}
	slices.Sort(uncovered)
	slices.Sort(changed)
	impact.Names = append(uncovered, changed...)
	impact.Names = impact.Names[:min(mostNamed, len(impact.Names))]
	return impact, nil
}

// firstFew keeps the first few names in the alphabet, where there are many.
func firstFew(names []string) []string {
	if len(names) < 10*mostNamed {
		return names
	}
	slices.Sort(names)
	return slices.Compact(names)[:min(mostNamed, len(names))]
}

// sameWish says whether two decisions want the same to be done, whoever says so.
func sameWish(a, b portfolio.Decision) bool {
	return a.Verdict == b.Verdict && a.Do == b.Do && a.Mode == b.Mode && a.Years == b.Years && a.Contact == b.Contact
}

// knownOf gives the domains of an account that are known without asking.
func (s *Scheduler) knownOf(account int64, each func(portfolio.Domain) error) error {
	w, _, err := s.Progress.WatchedOf(account)
	if err != nil {
		return err
	}
	fresh := make(map[int64]bool, len(w.Domains))
	for _, d := range w.Domains {
		fresh[d.ID] = true
		if err := each(d); err != nil {
			return err
		}
	}
	for after := int64(-1); ; {
		c, err := s.Progress.CompareSnapshots(account, after, math.MaxInt64-1, nil, readAtOnce)
		if err != nil {
			return err
		}
		for _, snapshot := range c.Absent {
			after = snapshot.ID
			if fresh[snapshot.ID] {
				continue
			}
			if err := each(snapshot.Domain(account)); err != nil {
				return err
			}
		}
		if len(c.Absent) < readAtOnce {
			return nil
		}
	}
}
