package executor

import (
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// event is what can happen to an operation. Each carries its moment.
type event interface{ at() time.Time }

type moment time.Time

func (m moment) at() time.Time { return time.Time(m) }

type (
	// planned: every guard was passed; the row comes into being as it is given.
	planned struct {
		moment
		row portfolio.Operation
	}
	// cleared: a fresh read confirmed it, and the request may leave.
	cleared struct {
		moment
		quote
		day       string    // the day that its money counts to
		expiresAt time.Time // as just read
		lapsed    bool      // the domain is expired
		source    int64     // of a push, as just proven
		name      string    // of its domain
		contact   int64
	}
	// withdrawn: a fresh look says otherwise; nothing was sent.
	withdrawn struct {
		moment
		why   string
		alarm bool // somebody should know
	}
	// delayed: it could not be confirmed; nothing was sent, and it is tried again.
	delayed struct {
		moment
		why string
	}
	// answered: the call came to an end, one way or another.
	answered struct {
		moment
		remoteID int64
		err      *portfolio.CallError // nil: accepted
		// inRedemption: a plain renewal was refused, and the domain is still expired.
		inRedemption bool
	}
	// restarted: the process began while the row was armed.
	restarted struct{ moment }
	// observed: the domain (and the renewal or restore, where its id is known) was read.
	observed struct {
		moment
		seen evidence
	}
	// charged: the billing charges were read.
	charged struct {
		moment
		amount portfolio.Money
		refs   []string // empty: not there yet
		final  bool     // it cannot be found any more, or ever
	}
)

// evidence is what a read back showed.
type evidence struct {
	happened   bool   // the effect is there
	impossible string // why it can no longer happen; "" where it can
	undone     bool   // a wish has no effect: it may be sent again
	gone       bool   // the push is not waiting any more: there is nothing to send again
	remote     portfolio.Progress
	state      string // DNSimple's word for it; "" where it was not asked or not told
	readable   bool   // DNSimple was asked about the operation itself, and answered or knows none
	read       bool   // the domain was read: without happened, it stands as it was
	note       string
}

// effect is what follows from a step once it is durable.
type effect interface{ effect() }

type (
	// tell: an event, stored in the step's own transaction.
	tell struct{ portfolio.Event }
	// send: the request leaves now.
	send struct{}
	// look: the operation is read back at once.
	look struct{}
)

func (tell) effect() {}
func (send) effect() {}
func (look) effect() {}

// How long an operation is watched before its state is called unknown although
// DNSimple reports it as finished, or cannot be asked.
const patience = 48 * time.Hour

// When an unknown operation is first read back.
const unknownFirst = 30 * time.Second

// How long an operation that does not come forward keeps its money, and its domain.
const giveUp = 24 * time.Hour

// How long a wish that DNSimple has accepted may show no effect before it is sent again.
const wishPatience = time.Hour

// next is the transition function: the row as it stands and what happened, to the
// row as it will stand and what follows. It is pure: the same arguments give the
// same answer. An event that does not fit the state is an error, and changes nothing.
func next(op portfolio.Operation, e event) (portfolio.Operation, []effect, error) {
	s := step{op: op, at: e.at()}
	s.op.History = append([]portfolio.Step(nil), op.History...)
	ok := false
	switch e := e.(type) {
	case planned:
		if ok = op.State == ""; ok {
			s.planned(e)
		}
	case cleared:
		if ok = op.State == portfolio.StateReserved; ok {
			s.cleared(e)
		}
	case withdrawn:
		if ok = op.State == portfolio.StateReserved; ok {
			s.withdrawn(e)
		}
	case delayed:
		if ok = op.State == portfolio.StateReserved; ok {
			s.delayed(e.why)
		}
	case answered:
		if ok = op.State == portfolio.StateArmed; ok {
			s.answered(e)
		}
	case restarted:
		if ok = op.State == portfolio.StateArmed; ok {
			s.restarted()
		}
	case observed:
		ok = op.State == portfolio.StatePending || op.State == portfolio.StateUnknown || op.State == portfolio.StateReserved && !op.Kind.Purchase()
		if ok {
			s.observed(e.seen)
		}
	case charged:
		if ok = op.State == portfolio.StateDone && op.Kind.Purchase() && !op.NextAt.IsZero(); ok {
			s.charged(e)
		}
	}
	if !ok {
		return op, nil, fmt.Errorf("%s: %T does not fit its state %q", op, e, op.State)
	}
	return s.op, s.effects, nil
}

// step is one transition being made.
type step struct {
	op      portfolio.Operation
	at      time.Time
	effects []effect
}

// to moves the row on and notes why.
func (s *step) to(state portfolio.OperationState, note string) {
	s.op.State = state
	s.op.History = append(s.op.History, portfolio.Step{At: s.at, State: state, Note: note, By: "daemon"})
}

func (s *step) tell(level portfolio.Level, what, text string) {
	s.effects = append(s.effects, tell{operationEvent(s.op, s.at, level, what, text)})
}

// warn tells once for an operation that it does not come forward.
func (s *step) warn(text string) {
	e := operationEvent(s.op, s.at, portfolio.LevelAlert, "delayed", text)
	e.Once = "delayed|" + s.op.Key
	s.effects = append(s.effects, tell{e})
}

func (s *step) planned(e planned) {
	s.op = e.row
	s.op.History = nil
	s.op.CreatedAt, s.op.NextAt = s.at, s.at
	note := "asked for by " + s.op.By
	if s.op.Kind.Purchase() {
		note = fmt.Sprintf("%s reserved; %s", s.op.Reserved, note)
	}
	s.to(portfolio.StateReserved, note)
	s.tell(portfolio.LevelInfo, "reserved", note)
}

func (s *step) cleared(e cleared) {
	s.op.Reserved, s.op.Premium = e.total, e.premium
	s.op.SpendDay = e.day
	s.op.ArmedAt = s.at
	s.op.Lapsed = e.lapsed
	s.op.SourceID, s.op.Contact = e.source, e.contact
	if e.name != "" {
		s.op.Name = e.name
	}
	if !e.expiresAt.IsZero() {
		s.op.ExpiresAt = e.expiresAt
	}
	s.op.NextAt = s.at
	s.to(portfolio.StateArmed, "about to be sent")
	s.tell(portfolio.LevelInfo, "armed", "about to be sent")
	s.effects = append(s.effects, send{})
}

func (s *step) answered(e answered) {
	if e.err == nil {
		s.op.Sent++
		s.op.RemoteID = e.remoteID
		s.op.Checks, s.op.NextAt = 0, s.at
		s.to(portfolio.StatePending, "DNSimple accepted it")
		level := portfolio.LevelInfo
		if s.op.Loud {
			level = portfolio.LevelAlert
		}
		s.tell(level, "pending", "DNSimple accepted it")
		s.effects = append(s.effects, look{})
		return
	}
	switch e.err.Outcome {
	case portfolio.OutcomeNotSent:
		s.again(s.retryAt(e.err), "not sent: "+e.err.Said())
	case portfolio.OutcomeRateLimited:
		s.op.Sent++
		s.again(s.retryAt(e.err), "rate limited: "+e.err.Said())
	case portfolio.OutcomeUnauthorized, portfolio.OutcomePaymentRequired, portfolio.OutcomeForbidden,
		portfolio.OutcomeNotFound, portfolio.OutcomeRejected:
		s.op.Sent++
		if !s.op.Kind.Purchase() && e.err.Outcome == portfolio.OutcomeNotFound && !strings.Contains(strings.ToLower(e.err.Message), "contact") {
			// Somebody else settled the push or the change, or our own call did and
			// its answer was lost: what is there now decides.
			s.op.Checks, s.op.NextAt = 0, s.at
			s.to(portfolio.StatePending, "it is no longer there: "+e.err.Said())
			s.effects = append(s.effects, look{})
			return
		}
		s.op.Refused = e.inRedemption
		s.fail("DNSimple refuses it: " + e.err.Said())
	default:
		s.op.Sent++
		s.uncertain(e.err.Said())
	}
}

// retryAt is when a call may be made again that certainly was not obeyed: when
// DNSimple says so, at growing distance, within an hour.
func (s *step) retryAt(err *portfolio.CallError) time.Time {
	at := s.at.Add(distance(s.op.Checks, time.Minute, time.Hour))
	if err.RetryAt.After(at) {
		at = err.RetryAt
	}
	if latest := s.at.Add(time.Hour); at.After(latest) {
		at = latest
	}
	return at
}

// again takes the row back to reserved: nothing happened, or it may be repeated. It
// is not tried for ever, since its money, or its domain, is missing elsewhere.
func (s *step) again(at time.Time, note string) {
	if s.at.Sub(s.op.CreatedAt) > giveUp {
		s.abandon(note)
		return
	}
	s.back(at, note)
}

func (s *step) back(at time.Time, note string) {
	s.op.SpendDay, s.op.ArmedAt = "", time.Time{}
	s.op.Checks++
	s.op.NextAt = at
	s.to(portfolio.StateReserved, note)
}

// delayed keeps what is reserved, and tries again; not for ever, and not in silence.
func (s *step) delayed(why string) {
	s.warn("it cannot be sent for now: " + why)
	s.again(s.at.Add(distance(s.op.Checks, time.Minute, time.Hour)), why)
}

// uncertain: the request may have had its effect. A purchase is never sent again;
// a wish is looked at, and then may be.
func (s *step) uncertain(note string) {
	if !s.op.Kind.Purchase() {
		s.warn("it may not have been obeyed, and is sent again: " + note)
		s.again(s.at.Add(distance(s.op.Checks, time.Minute, time.Hour)), "no certain answer: "+note)
		return
	}
	s.op.Attention = true
	s.op.Checks, s.op.NextAt = 0, s.at.Add(unknownFirst)
	s.to(portfolio.StateUnknown, note)
	s.tell(portfolio.LevelAlert, "unknown", "it may have been bought: "+note+". It is not sent again; its expiration is watched")
}

func (s *step) restarted() {
	const note = "domaind ended before the answer was known"
	s.op.Sent++ // it may have left
	if !s.op.Kind.Purchase() {
		s.back(s.at, note) // however long that is ago: it is looked at first
		return
	}
	s.uncertain(note)
	s.op.NextAt = s.at
}

func (s *step) withdrawn(e withdrawn) {
	if e.alarm {
		s.end(e.why, portfolio.LevelAlert, "failed")
		return
	}
	s.fail(e.why)
}

// abandon ends a row that could not be carried out for a day. Nothing was bought,
// and nothing else would tell.
func (s *step) abandon(why string) {
	s.end("given up after a day: "+why, portfolio.LevelAlert, "failed")
}

// fail ends the row. Where nothing was ever sent, nobody need be alarmed.
func (s *step) fail(note string) {
	if s.op.Sent == 0 {
		s.end(note, portfolio.LevelNotice, "released")
		return
	}
	s.end(note, portfolio.LevelAlert, "failed")
}

// end ends the row; the money that it held is free again.
func (s *step) end(note string, level portfolio.Level, what string) {
	s.op.Reserved, s.op.SpendDay = 0, ""
	s.op.NextAt, s.op.EndedAt = time.Time{}, s.at
	s.op.Attention = false
	s.to(portfolio.StateFailed, note)
	s.tell(level, what, note)
}

func (s *step) done(note string) {
	s.op.EndedAt, s.op.Checks, s.op.NextAt = s.at, 0, time.Time{}
	if s.op.Kind.Purchase() {
		s.op.NextAt = s.at // its charge is looked for
		s.effects = append(s.effects, look{})
	}
	s.to(portfolio.StateDone, note)
	level := portfolio.LevelNotice
	if s.op.Loud || s.op.Attention {
		level = portfolio.LevelAlert
	}
	text := "done; " + note
	if s.op.Kind.Purchase() {
		text = fmt.Sprintf("done for %s; %s", s.op.Reserved, note)
	}
	s.tell(level, "done", text)
}

func (s *step) observed(seen evidence) {
	ended := seen.remote == portfolio.ProgressEnded
	switch {
	case seen.happened && s.op.State == portfolio.StateUnknown:
		s.op.Attention = false
		s.done("by evidence: " + seen.note)
	case seen.happened && ended:
		s.op.Attention = true
		s.done(fmt.Sprintf("DNSimple calls it %s, but %s", seen.state, seen.note))
	case seen.happened && (seen.remote == portfolio.ProgressFinished || !s.op.Kind.Purchase()):
		s.done(seen.note)
	case ended && seen.read: // what was not read may have moved all the same
		s.fail(fmt.Sprintf("DNSimple calls it %s; %s", seen.state, seen.note))
	case seen.impossible != "":
		s.fail(seen.impossible)
	case s.op.State == portfolio.StatePending && s.op.Kind.Purchase() && seen.readable && seen.remote == portfolio.ProgressUnknown:
		s.uncertain(fmt.Sprintf("DNSimple's answer says nothing (%s); %s", seen.state, seen.note))
	case s.op.State == portfolio.StatePending && s.op.Kind.Purchase() && s.at.Sub(s.op.ArmedAt) > patience &&
		(seen.remote != portfolio.ProgressUnderWay || !seen.readable):
		s.uncertain("two days after it was sent there is no evidence of it; " + seen.note)
	case s.op.State == portfolio.StatePending && !s.op.Kind.Purchase() && s.at.Sub(s.op.CreatedAt) > giveUp:
		s.abandon(seen.note) // it keeps the domain from everything else
	case s.op.State == portfolio.StatePending && !s.op.Kind.Purchase() && s.at.Sub(s.op.ArmedAt) > wishPatience && seen.undone:
		s.op.Checks = 0        // it has waited long enough
		s.uncertain(seen.note) // a wish is sent until there is evidence
	case s.op.State == portfolio.StateUnknown:
		s.wait(unknownFirst, time.Hour)
	default:
		s.wait(2*time.Second, 15*time.Minute)
	}
}

// wait sets when the row is looked at again: at growing distance.
func (s *step) wait(first, longest time.Duration) {
	s.op.NextAt = s.at.Add(distance(s.op.Checks, first, longest))
	s.op.Checks++
}

func (s *step) charged(e charged) {
	switch {
	case len(e.refs) > 0:
		charge := e.amount
		if s.op.Charge != nil {
			charge += *s.op.Charge
		}
		s.op.Charge, s.op.NextAt = &charge, time.Time{}
		s.op.ChargeRefs = append(append([]string(nil), s.op.ChargeRefs...), e.refs...)
		if s.op.Kind == portfolio.OpRestore && charge < s.op.Reserved {
			// Its fee and its renewal may be invoiced one after the other.
			s.wait(time.Hour, 24*time.Hour)
		}
		note := fmt.Sprintf("DNSimple charged %s", charge)
		s.to(portfolio.StateDone, note)
		if charge > s.op.Reserved {
			s.op.Attention = true
			s.tell(portfolio.LevelAlert, "price-differs", fmt.Sprintf("%s, more than the %s that were set aside for it", note, s.op.Reserved))
			return
		}
		s.tell(portfolio.LevelInfo, "charged", note)
	case e.final && s.op.Charge != nil:
		s.op.NextAt = time.Time{}
	case e.final:
		s.op.NextAt = time.Time{}
		s.to(portfolio.StateDone, "its charge was not found; what was reserved stands")
	default:
		s.op.NextAt = s.at.Add(distance(s.op.Checks, 5*time.Second, 24*time.Hour))
		s.op.Checks++
	}
}

// distance doubles from the first with every check, up to the longest.
func distance(checks int, first, longest time.Duration) time.Duration {
	d := first
	for range checks {
		if d *= 2; d >= longest {
			return longest
		}
	}
	return d
}

// retryAfter is when attempt n+1 may be made after attempt n has failed.
func retryAfter(op portfolio.Operation) time.Time {
	delay := 24 * time.Hour
	switch op.Attempt {
	case 1:
		delay = time.Hour
	case 2:
		delay = 6 * time.Hour
	}
	return op.EndedAt.Add(delay)
}
