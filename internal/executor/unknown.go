package executor

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// mayHave says what may have happened where an answer was lost.
func mayHave(kind portfolio.OperationKind) string {
	if kind.Purchase() {
		return "it may have been bought"
	}
	return "it may have been done"
}

// watched is what shows whether it has.
func watched(kind portfolio.OperationKind) string {
	switch {
	case kind == portfolio.OpRenew || kind == portfolio.OpRestore:
		return "its expiration"
	case kind.Claims():
		return "whether the account has it"
	case kind == portfolio.OpChangeRegistrant:
		return "the list of registrant changes"
	}
	return "whether the domain leaves"
}

// unknown waits for evidence; what costs nothing ends without it, once it would show.
func (s *step) unknown(seen evidence) {
	lasted := s.at.Sub(s.unknownSince())
	if limit, why := shows(s.op); limit != 0 && lasted >= limit && (seen.read || seen.readable) && seen.remote == portfolio.ProgressUnknown {
		s.fail(why + "; " + seen.note)
		return
	}
	longest := time.Hour
	if lasted > patience(s.op.Kind) {
		longest = 6 * time.Hour
		s.remind(seen, int(lasted.Hours()/24))
	}
	s.wait(unknownFirst, longest)
	s.net(seen)
}

// shows is how long after it was sent what costs nothing would have shown itself, and what
// it means that it has not; 0 for what costs money, which only a person gives up.
func shows(op portfolio.Operation) (time.Duration, string) {
	switch {
	case op.Kind == portfolio.OpAdd:
		return 24 * time.Hour, "a day after it was sent it does not show: it was not added"
	case op.Kind == portfolio.OpChangeRegistrant && op.RemoteID == 0:
		return 24 * time.Hour, "a day after it was sent it does not show: it was not begun"
	case op.Kind == portfolio.OpChangeRegistrant:
		return patience(op.Kind), "DNSimple does not say what became of it"
	case op.Kind == portfolio.OpPush:
		return leaveWithin, "nobody knows whether it was begun, and thirty days after it was sent the domain is here: see at DNSimple whether it waits for the other account still"
	}
	return 0, ""
}

// remind tells weekly that nobody knows what became of something. A renewal or a restore
// has the warnings of its domain.
func (s *step) remind(seen evidence, days int) {
	if s.op.Kind == portfolio.OpRenew || s.op.Kind == portfolio.OpRestore {
		return
	}
	said := fmt.Sprintf("%s, and for %d days nobody has known", mayHave(s.op.Kind), days)
	if seen.remote == portfolio.ProgressUnderWay {
		said = fmt.Sprintf("DNSimple has been working on it for %d days (%s)", days, seen.state)
	}
	e := operationEvent(s.op, s.at, portfolio.LevelAlert, "delayed",
		fmt.Sprintf("%s; %s; look at DNSimple, then: domaind resolve %s --done, or --not-bought", said, seen.note, s.op.ShortID()))
	e.Once, e.Repeat = "unknown|"+s.op.Key, 7*24*time.Hour
	s.effects = append(s.effects, tell{e})
}

// unknownSince is when the operation became unknown, whatever a clock said that was wrong.
func (s *step) unknownSince() time.Time {
	if since := s.op.UnknownAt; !since.Before(s.op.ArmedAt) && !since.After(s.at) {
		return since
	}
	return s.op.ArmedAt
}

// leaveWithin is how long a domain of which the code was sent is expected to leave.
const leaveWithin = 30 * 24 * time.Hour

// leaving says whether a domain is expected to leave, since its code was sent, or may have
// been.
func leaving(op portfolio.Operation) bool {
	return op.Kind == portfolio.OpTransferOut && (op.State == portfolio.StateUnknown || op.State == portfolio.StateDone && !op.NextAt.IsZero())
}

// leaving looks daily whether the domain has left, and reminds where it has not.
func (s *step) leaving(seen evidence) {
	ended := func(level portfolio.Level, note string) {
		s.op.NextAt = time.Time{}
		s.to(portfolio.StateDone, note)
		s.tell(level, "leaving", note)
	}
	unknown := s.op.State == portfolio.StateUnknown
	switch {
	case seen.gone && unknown:
		s.op.Attention = false
		s.done("by evidence: " + seen.note)
		s.op.NextAt = time.Time{} // there is nothing left to look for
	case unknown && s.at.Sub(s.unknownSince()) >= leaveWithin && seen.read:
		s.end("thirty days after its code may have been sent the domain is here still; rules apply to it again", portfolio.LevelAlert, "leaving")
	case unknown:
		s.wait(unknownFirst, 24*time.Hour)
	case seen.gone:
		ended(portfolio.LevelNotice, seen.note)
	case s.at.Sub(s.op.EndedAt) >= leaveWithin && seen.read:
		ended(portfolio.LevelAlert, "thirty days after its code was sent the domain is here still; rules apply to it again")
	default:
		s.op.NextAt = s.at.Add(24 * time.Hour)
	}
}
