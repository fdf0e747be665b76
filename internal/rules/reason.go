package rules

import (
	"fmt"
	"sync/atomic"
	"time"
)

// reasons keeps the sentences that are said of domains of which no rule speaks, or
// none yet. They are most of a portfolio, and what is said of them depends on a day,
// or two, and a rule: the same sentence is needed for many, in every scan. One that
// another has displaced is written anew.
type reasons struct {
	kept [1 << 13]atomic.Pointer[reason] // some 1 MiB once all are taken
}

// reason is a sentence, and what it depends on. It does not change.
type reason struct {
	on   about
	text string
}

// about is what a sentence depends on.
type about struct {
	form form
	rule int   // its place
	day  int64 // since 1970-01-01, in the policy's time zone
	days int   // from now on
	past bool  // of less than a day: ago
}

// form tells sentences apart.
type form uint8

const (
	formLapsed form = iota
	formUncoveredLapsed
	formLater
	formFar
	formUncovered
)

// of is the sentence about something, written where it is not kept yet.
func (k *reasons) of(on about, write func() string) string {
	slot := &k.kept[on.slot()]
	if r := slot.Load(); r != nil && r.on == on {
		return r.text
	}
	text := write()
	slot.Store(&reason{on, text})
	return text
}

// slot is where a sentence is kept: days that follow each other do not collide.
func (a about) slot() uint64 {
	const odd = 0x9E3779B97F4A7C15                               // 2^64 divided by the golden ratio
	h := uint64(a.day)*8 + uint64(a.form)                        //nolint:gosec // a hash: any number will do
	h += (uint64(a.rule)*2654435761 + uint64(a.days)*40503) << 3 //nolint:gosec // the same
	return h * odd >> (64 - 13)
}

// said is a sentence of the given form about a moment in relation to now.
func (j *judge) said(f form, t time.Time, before, after string) string {
	write := func() string { return before + j.ahead(t) + after }
	day, ok := j.dayNumber(t)
	if !ok {
		return write()
	}
	on := about{form: f, day: day, days: j.daysAhead(t)}
	on.past = on.days == 0 && !t.After(j.now)
	return j.rules.reasons.of(on, write)
}

// saidLater is the sentence about a rule that will speak of a domain.
func (j *judge) saidLater(s *step, from time.Time) string {
	write := func() string {
		return fmt.Sprintf("nothing to do yet; %s speaks of it from %s on", s.rule.Name, j.day(from))
	}
	day, ok := j.dayNumber(from)
	if !ok {
		return write()
	}
	return j.rules.reasons.of(about{form: formLater, rule: s.place, day: day}, write)
}

// dayNumber counts the days since 1970-01-01, in the policy's time zone; it is false
// for moments too far away to be counted.
func (j *judge) dayNumber(t time.Time) (int64, bool) {
	const day = 86_400 // seconds
	if at := t.Unix(); at <= -spanned || at >= spanned {
		return 0, false
	}
	_, offset := t.In(j.policy.Location).Zone()
	at := t.Unix() + int64(offset)
	n := at / day
	if at%day < 0 {
		n--
	}
	return n, true
}
