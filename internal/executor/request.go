package executor

import (
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// When an unknown operation is first read back.
const unknownFirst = 30 * time.Second

// How long an operation that does not come forward keeps its money, and its domain.
const giveUp = 24 * time.Hour

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
	s.op.Reserved, s.op.Premium, s.op.PerYear = e.total, e.premium, e.perYear
	s.op.SpendDay = e.day
	s.op.ArmedAt = s.at
	s.op.Lapsed = e.lapsed
	s.op.SourceID, s.op.Contact = e.source, e.contact
	if s.op.Kind.Claims() {
		s.op.DomainID = e.domainID
	}
	if e.name != "" {
		s.op.Name = e.name
	}
	if !e.expiresAt.IsZero() {
		s.op.ExpiresAt = e.expiresAt
	}
	s.op.NextAt = s.at
	s.to(portfolio.StateArmed, "about to be sent")
	s.tell(portfolio.LevelInfo, "armed", "about to be sent")
	if e.probes != "" {
		s.op.Probes = e.probes
		s.follow(probe{})
	}
	s.follow(send{})
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
		if !s.op.Kind.Once() && e.err.Outcome == portfolio.OutcomeNotFound && !strings.Contains(strings.ToLower(e.err.Message), "contact") {
			// Somebody else settled the push or the change, or our own call did and
			// its answer was lost: what is there now decides.
			s.op.Checks, s.op.NextAt = 0, s.at
			note := "it is no longer there: " + e.err.Said()
			s.to(portfolio.StatePending, note)
			s.tell(portfolio.LevelInfo, "pending", note)
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
	s.op.Stopped = stoppedBy(s.op.Kind, e)
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
func stoppedBy(kind portfolio.OperationKind, e answered) portfolio.PauseScope {
	err := e.err
	switch {
	case err.Outcome == portfolio.OutcomeUnauthorized:
		return portfolio.PauseAccount
	case err.Outcome == portfolio.OutcomeForbidden:
		return portfolio.PauseOf(kind)
	case err.Outcome == portfolio.OutcomePaymentRequired && kind.Purchase():
		return portfolio.PausePurchases
	case err.Outcome == portfolio.OutcomePaymentRequired:
		return portfolio.PauseOf(kind)
	case err.Outcome == portfolio.OutcomeRejected && kind.Purchase() && e.payment:
		return portfolio.PausePurchases
	}
	return ""
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
	if s.at.Sub(startedAt(s.op)) > giveUp {
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
	s.tell(portfolio.LevelInfo, "waiting", note)
}

// delayed keeps what is reserved, and tries again; not for ever, and not in silence.
func (s *step) delayed(why string) {
	s.warn("it cannot be sent for now: " + why)
	s.again(s.at.Add(distance(s.op.Checks, time.Minute, time.Hour)), why)
}

// uncertain: the request may have had its effect. A purchase is never sent again;
// a wish is looked at, and then may be.
func (s *step) uncertain(note string, others int) {
	if !s.op.Kind.Once() {
		s.warn("it may not have been obeyed, and is sent again: " + note)
		s.again(s.at.Add(distance(s.op.Checks, time.Minute, time.Hour)), "no certain answer: "+note)
		return
	}
	s.op.Attention = true
	s.op.UnknownAt = s.at
	s.op.Checks, s.op.NextAt = 0, s.at.Add(unknownFirst)
	s.to(portfolio.StateUnknown, note)
	s.tell(portfolio.LevelAlert, "unknown", mayHave(s.op.Kind)+": "+note+". It is not sent again; "+watched(s.op.Kind)+" is watched")
	if others > 0 || s.op.Probes == portfolio.PauseBreaker {
		s.follow(stop{portfolio.PauseBreaker, fmt.Sprintf("of %d purchases within an hour nobody knows what became of them", others+1)})
	}
}

func (s *step) restarted(e restarted) {
	const note = "domaind ended before the answer was known"
	s.op.Sent++ // it may have left
	if !s.op.Kind.Once() {
		s.back(s.at, note) // however long that is ago: it is looked at first
		return
	}
	s.uncertain(note, e.others)
	s.op.NextAt = s.at
}

func (s *step) withdrawn(e withdrawn) {
	s.op.Stopped = e.stopped
	if e.moved || e.over {
		s.spend()
	}
	if e.alarm {
		s.end(e.why, portfolio.LevelAlert, "failed")
	} else {
		s.fail(e.why)
	}
	if e.moved && !s.op.NextAt.IsZero() {
		s.op.NextAt = s.at // whether it is asked anew is seen at once
	}
}

// spend has an approval hold no more: whoever wants the same is asked anew.
func (s *step) spend() {
	if s.op.Approval != nil {
		s.op.Approval = new(*s.op.Approval)
		s.op.Approval.Until = s.at
	}
}

// abandon ends a row that could not be carried out for a day. Nothing was bought,
// and nothing else would tell.
func (s *step) abandon(why string) {
	s.end("given up after a day: "+why, portfolio.LevelAlert, "failed")
}
