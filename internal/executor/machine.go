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
		why     string
		alarm   bool                 // somebody should know
		stopped portfolio.PauseScope // the pause that is to blame; "" where none is
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
		others       int // purchases of the account that became unknown lately
	}
	// restarted: the process began while the row was armed.
	restarted struct {
		moment
		others int
	}
	// observed: the domain (and the renewal or restore, where its id is known) was read.
	observed struct {
		moment
		seen   evidence
		others int
	}
	// resolved: an operator says what became of it.
	resolved struct {
		moment
		how        Resolution
		by, reason string
	}
	// retried: the time for the next attempt has come, and it was seen to, or put off.
	retried struct {
		moment
		next time.Time // zero: it was seen to
	}
	// charged: the billing charges were read.
	charged struct {
		moment
		amount portfolio.Money
		refs   []string // empty: not there yet
		final  bool     // it cannot be found any more, or ever
		vendor bool     // DNSimple's own auto-renewal was charged in its place
	}
)

// evidence is what a read back showed.
type evidence struct {
	happened   bool   // the effect is there
	impossible string // why it can no longer happen; "" where it can
	undone     bool   // a wish has no effect: it may be sent again
	gone       bool   // the push is not waiting any more: there is nothing to send again
	taken      bool   // DNSimple is carrying a wish out
	remote     portfolio.Progress
	state      string // DNSimple's word for it; "" where it was not asked or not told
	readable   bool   // DNSimple was asked about the operation itself, and answered or knows none
	read       bool   // the domain was read: without happened, it stands as it was
	autoRenew  bool   // as read
	expiresAt  time.Time
	registered bool // as read: it has not lapsed
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
	// renewBy: DNSimple's own auto-renewal of the domain is switched on or off.
	renewBy struct{ vendor bool }
	// stop: the account is paused, in the step's own transaction.
	stop struct {
		scope  portfolio.PauseScope
		reason string
	}
	// probe: the pause that the operation is let through to try is not tried again by
	// another one meanwhile; in the step's own transaction.
	probe struct{}
	// free: the pauses of the account that stop such an operation, and that may be
	// tried, have lost their reason; in the step's own transaction.
	free struct {
		breaker bool // only that of the breaker
	}
)

func (tell) effect()    {}
func (send) effect()    {}
func (look) effect()    {}
func (renewBy) effect() {}
func (stop) effect()    {}
func (probe) effect()   {}
func (free) effect()    {}

// Resolution is what an operator says about an operation of which nobody knows what
// became.
type Resolution string

// The resolutions. ResolveBuyAgain takes it for not bought, and buys at once.
const (
	ResolveDone      Resolution = "done"
	ResolveNotBought Resolution = "not-bought"
	ResolveBuyAgain  Resolution = "buy-again"
)

// How long an operation is watched before its state is called unknown although
// DNSimple reports it as finished, or cannot be asked.
const patience = 48 * time.Hour

// When an unknown operation is first read back.
const unknownFirst = 30 * time.Second

// How long an operation that does not come forward keeps its money, and its domain.
const giveUp = 24 * time.Hour

// When DNSimple's own auto-renewal is switched on for a domain of which nobody can say
// whether it was renewed: so long after that, or so near its expiration.
const (
	netAfter  = 24 * time.Hour
	netBefore = 5 * 24 * time.Hour
)

// How often it is tried to put auto-renewal back to what it was: about three weeks.
const netTries = 30

// How long DNSimple may take to carry a wish out.
const longestWish = 14 * 24 * time.Hour

// How long a wish that DNSimple has accepted may show no effect before it is sent again.
const wishPatience = time.Hour

// next is the transition function: the row as it stands and what happened, to the
// row as it will stand and what follows. It is pure: the same arguments give the
// same answer. An event that does not fit the state is an error, and changes nothing.
func next(op portfolio.Operation, e event) (portfolio.Operation, []effect, error) {
	s := step{op: op, at: e.at(), by: "daemon"}
	s.op.History = append([]portfolio.Step(nil), op.History...)
	if op.Net != nil {
		s.op.Net = new(*op.Net)
	}
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
			s.restarted(e)
		}
	case observed:
		switch {
		case netOut(op):
			ok = true
			s.putBack(e.seen)
		case op.State == portfolio.StatePending, op.State == portfolio.StateUnknown, op.State == portfolio.StateReserved && !op.Kind.Purchase():
			ok = true
			s.observed(e)
		}
	case charged:
		if ok = op.State == portfolio.StateDone && op.Kind.Purchase() && !op.NextAt.IsZero() && !netOut(op); ok {
			s.charged(e)
		}
	case resolved:
		if ok = resolvable(op, e.at()); ok {
			s.resolved(e)
		}
	case retried:
		if ok = op.State == portfolio.StateFailed; ok {
			s.op.NextAt = e.next
		}
	}
	if !ok {
		return op, nil, fmt.Errorf("%s: %T does not fit its state %q", op, e, op.State)
	}
	return s.op, s.effects, nil
}

// resolvable says whether an operator may say what became of an operation: nobody
// knows, or DNSimple has worked on it for longer than anything takes.
func resolvable(op portfolio.Operation, now time.Time) bool {
	return op.Kind.Purchase() && (op.State == portfolio.StateUnknown || op.State == portfolio.StatePending && now.Sub(op.ArmedAt) > patience)
}

// netOut says whether auto-renewal is on only because of the operation, which is done.
func netOut(op portfolio.Operation) bool {
	return op.State == portfolio.StateDone && op.Net != nil && !op.Net.Was && op.Net.BackAt.IsZero()
}

// step is one transition being made.
type step struct {
	op      portfolio.Operation
	at      time.Time
	by      string
	effects []effect
}

// to moves the row on and notes why.
func (s *step) to(state portfolio.OperationState, note string) {
	s.op.State = state
	s.op.History = append(s.op.History, portfolio.Step{At: s.at, State: state, Note: note, By: s.by})
}

func (s *step) follow(f effect) { s.effects = append(s.effects, f) }

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
	if s.op.Probes != "" {
		s.follow(probe{})
	}
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
		if s.op.Probes != "" {
			s.follow(free{})
		}
		s.follow(look{})
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
			s.follow(look{})
			return
		}
		s.refused(e)
	default:
		s.op.Sent++
		s.uncertain(e.err.Said(), e.others)
	}
}

// refused: DNSimple said no, and why may concern more than this operation.
func (s *step) refused(e answered) {
	s.op.Refused = e.inRedemption
	s.op.Stopped = stoppedBy(s.op.Kind, e.err)
	if s.op.Probes == portfolio.PauseBreaker && s.op.Stopped == "" {
		s.follow(free{breaker: true}) // a clear answer is what it was to try
	}
	s.fail("DNSimple refuses it: " + e.err.Said())
	if s.op.Stopped != "" {
		s.follow(stop{s.op.Stopped, e.err.Said()})
	}
}

// stoppedBy is the pause that a refusal calls for; "" where it concerns nothing but
// what was asked for.
func stoppedBy(kind portfolio.OperationKind, err *portfolio.CallError) portfolio.PauseScope {
	switch {
	case err.Outcome == portfolio.OutcomeUnauthorized:
		return portfolio.PauseAccount
	case err.Outcome == portfolio.OutcomeForbidden:
		return portfolio.PauseOf(kind)
	case err.Outcome == portfolio.OutcomePaymentRequired && kind.Purchase():
		return portfolio.PausePurchases
	case err.Outcome == portfolio.OutcomePaymentRequired:
		return portfolio.PauseOf(kind)
	case err.Outcome == portfolio.OutcomeRejected && kind.Purchase() && tellsPayment(err.Message):
		return portfolio.PausePurchases
	}
	return ""
}

// tellsPayment says whether a refusal is about the payment and not about the domain: a
// declined card comes as a 400, told by its words alone.
func tellsPayment(message string) bool {
	text := strings.ToLower(message)
	for _, word := range []string{"declined", "credit card", "payment", "insufficient funds", "unpaid"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
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
func (s *step) uncertain(note string, others int) {
	if !s.op.Kind.Purchase() {
		s.warn("it may not have been obeyed, and is sent again: " + note)
		s.again(s.at.Add(distance(s.op.Checks, time.Minute, time.Hour)), "no certain answer: "+note)
		return
	}
	s.op.Attention = true
	s.op.UnknownAt = s.at
	s.op.Checks, s.op.NextAt = 0, s.at.Add(unknownFirst)
	s.to(portfolio.StateUnknown, note)
	s.tell(portfolio.LevelAlert, "unknown", "it may have been bought: "+note+". It is not sent again; its expiration is watched")
	if others > 0 || s.op.Probes == portfolio.PauseBreaker {
		s.follow(stop{portfolio.PauseBreaker, fmt.Sprintf("of %d purchases within an hour nobody knows what became of them", others+1)})
	}
}

func (s *step) restarted(e restarted) {
	const note = "domaind ended before the answer was known"
	s.op.Sent++ // it may have left
	if !s.op.Kind.Purchase() {
		s.back(s.at, note) // however long that is ago: it is looked at first
		return
	}
	s.uncertain(note, e.others)
	s.op.NextAt = s.at
}

func (s *step) withdrawn(e withdrawn) {
	s.op.Stopped = e.stopped
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
	switch {
	case s.op.Sent == 0:
		s.end(note, portfolio.LevelNotice, "released")
	case s.op.Probes != "" && s.op.Probes == s.op.Stopped:
		s.end(note, portfolio.LevelInfo, "failed") // the pause was announced, and goes on
	default:
		s.end(note, portfolio.LevelAlert, "failed")
	}
}

// end ends the row; the money that it held is free again. A purchase is looked at again
// when its next attempt may be made; one in redemption has none.
func (s *step) end(note string, level portfolio.Level, what string) {
	s.op.Reserved, s.op.SpendDay = 0, ""
	s.op.NextAt, s.op.EndedAt = time.Time{}, s.at
	s.op.Attention = false
	if s.op.Kind.Purchase() && !s.op.Refused {
		s.op.NextAt = retryAfter(s.op)
	}
	s.to(portfolio.StateFailed, note)
	s.tell(level, what, note)
}

func (s *step) done(note string) {
	s.op.EndedAt, s.op.Checks, s.op.NextAt = s.at, 0, time.Time{}
	if s.op.Kind.Purchase() {
		s.op.NextAt = s.at // its charge is looked for
		s.follow(look{})
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

func (s *step) observed(e observed) {
	seen := e.seen
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
		s.uncertain(fmt.Sprintf("DNSimple's answer says nothing (%s); %s", seen.state, seen.note), e.others)
	case s.op.State == portfolio.StatePending && s.op.Kind.Purchase() && s.at.Sub(s.op.ArmedAt) > patience &&
		(seen.remote != portfolio.ProgressUnderWay || !seen.readable):
		s.uncertain("two days after it was sent there is no evidence of it; "+seen.note, e.others)
	case s.op.State == portfolio.StateReserved && seen.taken:
		s.op.Checks, s.op.ArmedAt = 0, s.at
		s.wait(2*time.Second, 15*time.Minute)
		s.to(portfolio.StatePending, "it was obeyed after all: "+seen.note)
		s.tell(portfolio.LevelInfo, "pending", seen.note)
	case s.op.State == portfolio.StatePending && !s.op.Kind.Purchase() && s.at.Sub(s.op.CreatedAt) > giveUp &&
		(!seen.taken || s.at.Sub(s.op.CreatedAt) > longestWish):
		s.abandon(seen.note) // it keeps the domain from everything else
	case s.op.State == portfolio.StatePending && !s.op.Kind.Purchase() && s.at.Sub(s.op.ArmedAt) > wishPatience && seen.undone:
		s.op.Checks = 0           // it has waited long enough
		s.uncertain(seen.note, 0) // a wish is sent until there is evidence
	case s.op.State == portfolio.StateUnknown:
		s.wait(unknownFirst, time.Hour)
		s.net(seen)
	case s.op.State == portfolio.StatePending && s.op.Kind.Purchase() && !s.op.Attention && s.at.Sub(s.op.ArmedAt) > patience:
		s.op.Attention = true
		s.wait(2*time.Second, 15*time.Minute)
		s.warn("DNSimple has been working on it for two days (" + seen.state + "); " + seen.note)
	default:
		s.wait(2*time.Second, 15*time.Minute)
	}
}

// net has DNSimple's own auto-renewal switched on where a renewal stays unknown: it
// renews what would lapse, and buys nothing twice. It is asked for until it is seen.
func (s *step) net(seen evidence) {
	since := s.op.UnknownAt
	if since.IsZero() {
		since = s.op.ArmedAt
	}
	due := s.at.Sub(since) >= netAfter || seen.expiresAt.Sub(s.at) <= netBefore
	switch {
	case s.op.Kind != portfolio.OpRenew || !seen.read || !seen.registered || s.op.Net == nil && !due:
	case s.op.Net == nil && seen.autoRenew:
		s.op.Net = &portfolio.SafetyNet{Was: true, AskedAt: s.at, OnAt: s.at}
		const note = "its auto-renewal is on: DNSimple renews it if ours did not"
		s.to(portfolio.StateUnknown, note)
		s.tell(portfolio.LevelNotice, "safety-net", note)
	case s.op.Net == nil:
		s.op.Net = &portfolio.SafetyNet{AskedAt: s.at}
		const note = "its auto-renewal is off, and is switched on: DNSimple then renews it if ours did not"
		s.to(portfolio.StateUnknown, note)
		s.tell(portfolio.LevelAlert, "safety-net", note)
		s.follow(renewBy{vendor: true})
	case s.op.Net.OnAt.IsZero() && seen.autoRenew:
		s.op.Net.OnAt = s.at
		const note = "its auto-renewal is on now"
		s.to(portfolio.StateUnknown, note)
		s.tell(portfolio.LevelNotice, "safety-net", note)
	case s.op.Net.OnAt.IsZero():
		s.follow(renewBy{vendor: true})
	}
}

// putBack has auto-renewal switched off again, where it is on because of the operation.
func (s *step) putBack(seen evidence) {
	ended := func(level portfolio.Level, note string) {
		s.op.Net.BackAt = s.at
		s.op.Checks, s.op.NextAt = 0, s.at // now its charge is looked for
		s.to(portfolio.StateDone, note)
		s.tell(level, "safety-net", note)
		s.follow(look{})
	}
	switch {
	case seen.read && !seen.autoRenew:
		ended(portfolio.LevelNotice, "its auto-renewal is off, as it was")
	case seen.gone:
		ended(portfolio.LevelNotice, "the domain is not there any more, nor its auto-renewal")
	case s.op.Checks >= netTries:
		ended(portfolio.LevelAlert, "its auto-renewal could not be switched off again: "+seen.note)
	default:
		s.wait(time.Minute, 24*time.Hour)
		if seen.read {
			s.follow(renewBy{vendor: false})
		}
	}
}

func (s *step) resolved(e resolved) {
	s.by = e.by
	s.op.Attention = false
	note := e.by + " says that it was bought"
	if e.how != ResolveDone {
		note = e.by + " says that it was not bought"
	}
	if e.reason != "" {
		note += ": " + e.reason
	}
	switch e.how {
	case ResolveDone:
		s.done(note)
	case ResolveBuyAgain:
		s.end(note+"; it is bought again", portfolio.LevelNotice, "failed")
		s.op.NextAt = time.Time{}
	default:
		s.end(note, portfolio.LevelNotice, "failed")
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
	case e.final && e.vendor && s.op.Charge == nil:
		s.op.Charge, s.op.NextAt = new(portfolio.Money), time.Time{}
		const note = "nothing was charged for it: DNSimple's own auto-renewal renewed the domain in its place"
		s.to(portfolio.StateDone, note)
		s.tell(portfolio.LevelInfo, "charged", note)
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
	switch {
	case op.Stopped != "":
		delay = probeEvery // the pause decides; it was not the domain's fault
	case op.Attempt == 1:
		delay = time.Hour
	case op.Attempt == 2:
		delay = 6 * time.Hour
	}
	return op.EndedAt.Add(delay)
}
