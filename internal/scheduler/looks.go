package scheduler

import (
	"fmt"
	"time"

	"golang.org/x/net/idna"

	"domaind/internal/portfolio"
)

// look is what is remembered of a name that is watched. Each moment is kept by
// itself, and the last of them says what was seen.
type look struct {
	at     time.Time // when it was looked at last, and something was seen
	failed time.Time // when that failed last
	free   time.Time // the day on which it was first seen free; zero where it is not
	ours   time.Time // when the account was last seen to have it
}

// freeFor is how long nobody may have looked so that a name which is free still counts
// as free since it was seen so first.
const freeFor = 7 * 24 * time.Hour

// believedFor is how long what was seen is believed where nobody could look since.
const believedFor = 2 * 24 * time.Hour

// last is when it was tried to look at the name.
func (l look) last() time.Time {
	if l.failed.After(l.at) {
		return l.failed
	}
	return l.at
}

// due says whether the name is to be looked at. A clock that was ahead does not make
// it wait.
func (l look) due(now time.Time) bool {
	return now.Sub(l.at).Abs() >= lookEvery && now.Sub(l.failed).Abs() >= failedFor
}

// facts is what a policy can see of the name at a moment.
func (l look) facts(account int64, name string, now time.Time) portfolio.NameFacts {
	f := portfolio.NameFacts{AccountID: account, Name: name, UnicodeName: name, Status: portfolio.NameTaken, CheckedAt: l.at}
	if written, err := idna.Display.ToUnicode(name); err == nil {
		f.UnicodeName = written
	}
	switch {
	case l.at.IsZero() || !l.failed.Before(l.at) || now.Sub(l.at).Abs() > believedFor:
		f.Status = portfolio.NameUnknown
	case !l.free.IsZero():
		f.Status, f.FreeSince = portfolio.NameFree, l.free
	default:
		f.Ours = l.ours.Equal(l.at)
	}
	return f
}

// seen is what will be remembered after a look.
func (l look) seen(f portfolio.NameFacts, now time.Time) look {
	since := l.free
	l.free = time.Time{}
	switch {
	case f.Status == portfolio.NameUnknown:
		l.free, l.failed = since, now
	case f.Status == portfolio.NameFree && !since.IsZero() && !since.After(now) && now.Sub(l.at) <= freeFor:
		l.free = since
	case f.Status == portfolio.NameFree:
		l.free = now.UTC().Truncate(24 * time.Hour)
	case f.Ours:
		l.ours = now
	}
	l.at = now
	return l
}

// The prefixes of the keys under which the moments of a look are kept.
const (
	keyLook   = "name"
	keyFailed = "name-failed"
	keyFree   = "free"
	keyOurs   = "name-ours"
)

func nameKey(prefix string, account int64, name string) string {
	return fmt.Sprintf("%s|%d|%s", prefix, account, name)
}

// lookAt is what is remembered of a name. Where what is seen is not written down, since
// only a plan is made, it is remembered here for as long.
func (s *Scheduler) lookAt(account int64, name string) (look, error) {
	var l look
	for prefix, at := range map[string]*time.Time{keyLook: &l.at, keyFailed: &l.failed, keyFree: &l.free, keyOurs: &l.ours} {
		var err error
		if *at, err = s.Progress.LastRun(nameKey(prefix, account, name)); err != nil {
			return l, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if here, ok := s.looks[nameKey(keyLook, account, name)]; ok && here.last().After(l.last()) {
		return here, nil
	}
	return l, nil
}

// keepLook remembers what was seen of a name. That it was looked at comes last: whatever
// an end of the process leaves out before, it is looked at again.
func (s *Scheduler) keepLook(account int64, name string, was, is look) error {
	for _, m := range []struct {
		prefix  string
		was, is time.Time
	}{{keyFree, was.free, is.free}, {keyOurs, was.ours, is.ours}, {keyFailed, was.failed, is.failed}, {keyLook, was.at, is.at}} {
		if m.is.Equal(m.was) {
			continue
		}
		if err := s.Progress.RecordRun(nameKey(m.prefix, account, name), m.is); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks[nameKey(keyLook, account, name)] = is
	return nil
}
