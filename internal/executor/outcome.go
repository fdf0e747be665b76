package executor

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// patience is how long an operation is watched before its state is called unknown
// although DNSimple reports it as finished, or cannot be asked: longer than DNSimple
// takes for one of its kind.
func patience(kind portfolio.OperationKind) time.Duration {
	switch kind {
	case portfolio.OpTransfer:
		return 9 * 24 * time.Hour // up to seven days
	case portfolio.OpChangeRegistrant:
		return 60 * 24 * time.Hour // people have to confirm it
	}
	return 48 * time.Hour
}

// When DNSimple's own auto-renewal is switched on for a domain of which nobody can say
// whether it was renewed: so long after that, or so near its expiration.
const (
	netAfter  = 24 * time.Hour
	netBefore = 5 * 24 * time.Hour
)

// How often it is tried to put auto-renewal back to what it was: about three weeks.
const netTries = 30

// How long what DNSimple works on is looked at every quarter of an hour; then hourly.
const soonDone = 6 * time.Hour

// How long charges may not be readable until nobody looks for one any more.
const chargePatience = 90 * 24 * time.Hour

// How long DNSimple may take to carry a wish out.
const longestWish = 14 * 24 * time.Hour

// How long a wish that DNSimple has accepted may show no effect before it is sent again.
const wishPatience = time.Hour

// resolvable says whether an operator may say what became of an operation: nobody
// knows, or DNSimple has worked on it for longer than anything takes.
func resolvable(op portfolio.Operation, now time.Time) bool {
	return op.Kind.Once() && (op.State == portfolio.StateUnknown || op.State == portfolio.StatePending && now.Sub(op.ArmedAt) > patience(op.Kind))
}

// netOut says whether auto-renewal is on only because of the operation, which is done.
func netOut(op portfolio.Operation) bool {
	return op.State == portfolio.StateDone && op.Net != nil && !op.Net.Was && op.Net.BackAt.IsZero()
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
	again := s.op.Kind == portfolio.OpRenew || s.op.Kind == portfolio.OpRestore // a name is looked at by its own scan
	if again && !s.op.Refused && !s.op.Manual && s.op.DomainID != 0 {
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
	if s.op.Kind == portfolio.OpTransferOut {
		s.op.NextAt = s.at.Add(24 * time.Hour)
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
	if seen.domainID != 0 && (s.op.DomainID == 0 || s.op.DomainID == seen.domainID) {
		s.op.DomainID, s.op.ExpiresAt = seen.domainID, seen.expiresAt
	}
	if s.op.RemoteID == 0 {
		s.op.RemoteID = seen.remoteID
	}
	ended := seen.remote == portfolio.ProgressEnded
	switch {
	case seen.happened && s.op.State == portfolio.StateUnknown:
		s.op.Attention = false
		s.done("by evidence: " + seen.note)
	case seen.happened && ended:
		s.op.Attention = true
		s.done(fmt.Sprintf("DNSimple calls it %s, but %s", seen.state, seen.note))
	case seen.happened && (seen.remote == portfolio.ProgressFinished || !s.op.Kind.Once()):
		s.done(seen.note)
	case ended && seen.read: // what was not read may have moved all the same
		s.fail(fmt.Sprintf("DNSimple calls it %s; %s", seen.state, seen.note))
	case seen.impossible != "":
		s.fail(seen.impossible)
	case s.op.State == portfolio.StatePending && s.op.Kind.Once() && seen.readable && seen.remote == portfolio.ProgressUnknown:
		s.uncertain(fmt.Sprintf("DNSimple's answer says nothing (%s); %s", seen.state, seen.note), e.others)
	case s.op.State == portfolio.StatePending && s.op.Kind.Once() && s.at.Sub(s.op.ArmedAt) > patience(s.op.Kind) &&
		(seen.remote != portfolio.ProgressUnderWay || !seen.readable):
		s.uncertain(fmt.Sprintf("%d days after it was sent there is no evidence of it; %s", int(s.at.Sub(s.op.ArmedAt).Hours()/24), seen.note), e.others)
	case s.op.State == portfolio.StateReserved && seen.taken:
		s.op.Checks, s.op.ArmedAt = 0, s.at
		s.wait(2*time.Second, 15*time.Minute)
		s.to(portfolio.StatePending, "it was obeyed after all: "+seen.note)
		s.tell(portfolio.LevelInfo, "pending", seen.note)
	case s.op.State == portfolio.StatePending && !s.op.Kind.Once() && s.at.Sub(startedAt(s.op)) > giveUp &&
		(!seen.taken || s.at.Sub(startedAt(s.op)) > longestWish):
		s.abandon(seen.note) // it keeps the domain from everything else
	case s.op.State == portfolio.StatePending && !s.op.Kind.Once() && s.at.Sub(s.op.ArmedAt) > wishPatience && seen.undone:
		s.op.Checks = 0           // it has waited long enough
		s.uncertain(seen.note, 0) // a wish is sent until there is evidence
	case s.op.State == portfolio.StateUnknown && !s.op.Kind.Purchase() && seen.remoteID != 0 && seen.remote == portfolio.ProgressUnderWay:
		// Its answer was lost, and here it is.
		s.op.Attention, s.op.Checks = false, 0
		s.wait(2*time.Second, 15*time.Minute)
		s.to(portfolio.StatePending, "it was begun after all: "+seen.note)
		s.tell(portfolio.LevelInfo, "pending", seen.note)
	case s.op.State == portfolio.StateUnknown:
		s.unknown(seen)
	case s.op.State == portfolio.StatePending && s.op.Kind.Once() && !s.op.Attention && s.at.Sub(s.op.ArmedAt) > patience(s.op.Kind):
		s.op.Attention = true
		s.wait(2*time.Second, time.Hour)
		s.warn(fmt.Sprintf("DNSimple has been working on it for %d days (%s); %s", int(s.at.Sub(s.op.ArmedAt).Hours()/24), seen.state, seen.note))
	default:
		longest := 15 * time.Minute
		if s.at.Sub(s.op.ArmedAt) > soonDone {
			longest = time.Hour
		}
		s.wait(2*time.Second, longest)
	}
}

// net has DNSimple's own auto-renewal switched on where a renewal stays unknown: it
// renews what would lapse, and buys nothing twice. It is asked for until it is seen.
func (s *step) net(seen evidence) {
	since := s.unknownSince()
	due := s.at.Sub(since) >= netAfter || seen.expiresAt.Sub(s.at) <= netBefore
	switch {
	case s.op.Kind != portfolio.OpRenew || !seen.read || !seen.registered || seen.clockOff || s.op.Net == nil && !due:
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
		if seen.read && !seen.clockOff {
			s.follow(renewBy{vendor: false})
		}
	}
}

func (s *step) resolved(e resolved) {
	s.by = e.by
	s.op.Attention = false
	if e.how != ResolveDone {
		s.spend()
	}
	what := "done"
	if s.op.Kind.Purchase() {
		what = "bought"
	}
	note := e.by + " says that it was " + what
	if e.how != ResolveDone {
		note = e.by + " says that it was not " + what
	}
	if e.reason != "" {
		note += ": " + e.reason
	}
	switch e.how {
	case ResolveDone:
		s.done(note)
	case ResolveBuyAgain:
		// Its next attempt keeps its own time: should this process end now, it is made then.
		s.end(note+"; it is bought again", portfolio.LevelNotice, "failed")
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
	case e.unread && s.at.Sub(s.op.EndedAt) < chargePatience:
		s.op.NextAt = s.at.Add(distance(s.op.Checks, time.Hour, 24*time.Hour))
	case e.final && e.vendor && s.op.Charge == nil:
		s.op.Charge, s.op.NextAt = new(portfolio.Money), time.Time{}
		const note = "nothing was charged for it: DNSimple's own auto-renewal renewed the domain in its place"
		s.to(portfolio.StateDone, note)
		s.tell(portfolio.LevelInfo, "charged", note)
	case e.final:
		s.op.NextAt = time.Time{}
		const note = "its charge was not found; what was reserved stands"
		s.to(portfolio.StateDone, note)
		s.tell(portfolio.LevelInfo, "charged", note)
	default:
		s.op.NextAt = s.at.Add(distance(s.op.Checks, 5*time.Second, 24*time.Hour))
		s.op.Checks++
	}
}

// retryAfter is when attempt n+1 may be made after attempt n has failed.
func retryAfter(op portfolio.Operation) time.Time {
	delay, tries := 24*time.Hour, op.Attempt-op.Questions
	switch {
	case op.Stopped != "":
		delay = probeEvery // the pause decides; it was not the domain's fault
	case tries == 1:
		delay = time.Hour
	case tries == 2:
		delay = 6 * time.Hour
	}
	return op.EndedAt.Add(delay)
}
