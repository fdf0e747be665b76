package executor

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

type (
	// asking: every guard was passed, and a person is asked before it goes on. The row
	// comes into being as it is given, and sets nothing aside.
	asking struct {
		moment
		row  portfolio.Operation
		said said
	}
	// letGo: what was asked goes on, as the row is given: somebody approved it, or the
	// policy asks no more.
	letGo struct {
		moment
		row portfolio.Operation
		why string
		by  string // "daemon", or the operator
	}
	// denied: somebody said no, or silence means that.
	denied struct {
		moment
		approval portfolio.Approval
		note     string
		by       string
	}
	// moot: nobody need answer any more.
	moot struct {
		moment
		why string
	}
	// repeated: it was looked at, and is asked still.
	repeated struct {
		moment
		next time.Time
		said *said // what is told anew; nil: nothing
	}
)

// said is how a question is put: what people and programs are told beside the row.
type said struct {
	level portfolio.Level
	text  string
	data  map[string]any
}

func (s *step) asking(e asking) {
	s.op = e.row
	s.op.History = nil
	s.op.Reserved, s.op.Probes = 0, ""
	s.op.CreatedAt = s.at
	s.op.NextAt = askedNext(s.op, s.at)
	s.to(portfolio.StateAsked, "it waits for an answer: "+s.op.Asked.Why)
	s.ask(e.said)
}

// ask tells what is asked.
func (s *step) ask(q said) {
	e := operationEvent(s.op, s.at, q.level, "asked", q.text)
	maps.Copy(e.Data, q.data)
	e.Data["repeated"] = s.op.Asked.Repeated
	s.effects = append(s.effects, tell{e})
}

func (s *step) letGo(e letGo) {
	was := s.op
	s.op = e.row
	s.op.Key, s.op.Occasion, s.op.Attempt, s.op.Questions = was.Key, was.Occasion, was.Attempt, was.Questions
	s.op.CreatedAt, s.op.History, s.op.Asked = was.CreatedAt, was.History, was.Asked
	s.op.Checks, s.op.NextAt = 0, s.at
	s.by = e.by
	note := e.why
	if s.op.Kind.Purchase() {
		note = fmt.Sprintf("%s reserved; %s", s.op.Reserved, e.why)
	}
	s.to(portfolio.StateReserved, note)
	if s.op.Approval != nil {
		s.tell(portfolio.LevelNotice, "approved", note)
	} else {
		s.tell(portfolio.LevelInfo, "reserved", note)
	}
	if s.op.Probes != "" {
		s.follow(probe{})
	}
}

func (s *step) denied(e denied) {
	s.by = e.by
	s.op.Approval = &e.approval
	s.over(e.note)
	level := portfolio.LevelNotice
	if e.approval.Kind == portfolio.ApprovalSilent {
		level = portfolio.LevelAlert // nobody has decided it
	}
	s.tell(level, "denied", e.note)
}

func (s *step) moot(e moot) {
	s.over(e.why)
	s.tell(portfolio.LevelInfo, "withdrawn", e.why)
}

// over ends a question. It is not attempted again by itself: whether there is something
// to ask, the scans say.
func (s *step) over(note string) {
	s.op.NextAt, s.op.EndedAt = time.Time{}, s.at
	s.to(portfolio.StateFailed, note)
}

func (s *step) repeated(e repeated) {
	s.op.Asked = new(*s.op.Asked)
	s.op.NextAt = e.next
	if e.said == nil {
		return
	}
	s.op.Asked.Repeated++
	s.op.Asked.RepeatedAt = s.at
	s.op.NextAt = askedNext(s.op, s.at)
	s.ask(*e.said)
}

// startedAt is when an operation began to have something to do: what waited for an answer
// before has not been in anybody's way.
func startedAt(op portfolio.Operation) time.Time {
	if i := slices.IndexFunc(op.History, goesOn); op.Asked != nil && i >= 0 {
		return op.History[i].At
	}
	return op.CreatedAt
}

func goesOn(s portfolio.Step) bool { return s.State == portfolio.StateReserved }

// askedOnly says whether an operation was a question and nothing else: nobody let it go.
func askedOnly(op portfolio.Operation) bool {
	return op.Asked != nil && !slices.ContainsFunc(op.History, goesOn)
}

// How often a question is repeated, the more often the less time is left.
const (
	askedFar    = 7 * 24 * time.Hour
	askedNear   = 3 * 24 * time.Hour // within a month
	askedSoon   = 24 * time.Hour     // within two weeks, and where there is no end in sight
	askedUrgent = 6 * time.Hour      // within three days

	nearest = 3 * 24 * time.Hour
)

// repeatAfter is how often a question is repeated where so much time is left.
func repeatAfter(left time.Duration) time.Duration {
	switch {
	case left <= nearest:
		return askedUrgent
	case left <= nearEnd:
		return askedSoon
	case left <= 30*24*time.Hour:
		return askedNear
	}
	return askedFar
}

// urgency is how loud a question is at a moment, and how often it is repeated. What has
// lapsed is lost on a day that nobody tells; what has no end in sight is loud once it has
// waited for three days.
func urgency(op portfolio.Operation, now time.Time) (level portfolio.Level, every time.Duration) {
	q := op.Asked
	level, every = portfolio.LevelNotice, askedSoon
	switch left := q.ExpiresAt.Sub(now); {
	case q.ExpiresAt.IsZero():
		if now.Sub(q.At) >= 3*24*time.Hour {
			level = portfolio.LevelAlert
		}
	case q.State == portfolio.DomainExpired:
		level = portfolio.LevelAlert
	default:
		every = repeatAfter(left)
		if left <= nearEnd {
			level = portfolio.LevelAlert
		}
	}
	if !q.Until.IsZero() {
		left := q.Until.Sub(now)
		every = min(every, repeatAfter(left))
		if q.Silence == portfolio.SilenceDeny && left <= askedSoon {
			level = portfolio.LevelAlert
		}
	}
	if op.Loud {
		level = portfolio.LevelAlert
	}
	return level, every
}

// toldAt is when a question was put last.
func toldAt(q *portfolio.Asked) time.Time {
	if q.RepeatedAt.After(q.At) {
		return q.RepeatedAt
	}
	return q.At
}

// repeatDue says whether a question is to be put again. One that was put by a clock that
// was ahead is.
func repeatDue(op portfolio.Operation, now time.Time) bool {
	_, every := urgency(op, now)
	since := now.Sub(toldAt(op.Asked))
	return since < 0 || since >= every
}

// askedNext is when a question is looked at again: when it is to be repeated, when silence
// counts, and about daily. Many that were asked in one scan are not looked at in one moment.
func askedNext(op portfolio.Operation, now time.Time) time.Time {
	h := fnv.New32a()
	_, _ = h.Write([]byte(op.Key)) // it never fails
	next := now.Add(20*time.Hour + time.Duration(h.Sum32()%(4*3600))*time.Second)
	_, every := urgency(op, now)
	until, end := op.Asked.Until, op.Asked.ExpiresAt
	for _, at := range []time.Time{toldAt(op.Asked).Add(every), until, end.Add(-nearEnd), end.Add(-nearest)} {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	return next
}

// MoreUrgent orders operations that ask: what ends first comes first, what has no end in
// sight last, and of those what has waited longest.
func MoreUrgent(a, b portfolio.Operation) int {
	return cmp.Or(end(a).Compare(end(b)), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key))
}

// end is when it is too late to answer: when the domain expires, or silence is a no.
func end(op portfolio.Operation) time.Time {
	end := op.Asked.ExpiresAt
	if q := op.Asked; q.Silence == portfolio.SilenceDeny && (end.IsZero() || q.Until.Before(end)) {
		end = q.Until
	}
	if end.IsZero() {
		return op.Asked.At.AddDate(100, 0, 0)
	}
	return end
}
