package executor

import (
	"fmt"
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
		domainID  int64                // that an account hosts, of a name that it is to have registered
		probes    portfolio.PauseScope // the pause that it tries; "" where it tries none anew
	}
	// withdrawn: a fresh look says otherwise; nothing was sent.
	withdrawn struct {
		moment
		why     string
		alarm   bool                 // somebody should know
		over    bool                 // what let it go holds no more
		moved   bool                 // nor does what it showed: it is asked anew
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
		payment      bool // it is refused for the account's payment, and not for the domain
		others       int  // purchases of the account that became unknown lately
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
		unread bool     // the charges could not be read: it was not looked for
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
	registered bool  // as read: it has not lapsed
	clockOff   bool  // the clock here and DNSimple's disagree: nothing is changed by it
	domainID   int64 // of a name that was not ours when the operation began
	remoteID   int64 // of what was begun, where its answer was lost
	note       string
	refused    error // the call that failed, where one did
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

func (tell) effect() {}

func (send) effect() {}

func (look) effect() {}

func (renewBy) effect() {}

func (stop) effect() {}

func (probe) effect() {}

func (free) effect() {}

// Resolution is what an operator says about an operation of which nobody knows what
// became.
type Resolution string

// The resolutions. ResolveBuyAgain takes it for not bought, and buys at once.
const (
	ResolveDone      Resolution = "done"
	ResolveNotBought Resolution = "not-bought"
	ResolveBuyAgain  Resolution = "buy-again"
)

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
	case asking:
		if ok = op.State == "" && e.row.Asked != nil; ok {
			s.asking(e)
		}
	case letGo:
		if ok = op.State == portfolio.StateAsked; ok {
			s.letGo(e)
		}
	case denied:
		if ok = op.State == portfolio.StateAsked; ok {
			s.denied(e)
		}
	case moot:
		if ok = op.State == portfolio.StateAsked; ok {
			s.moot(e)
		}
	case repeated:
		if ok = op.State == portfolio.StateAsked; ok {
			s.repeated(e)
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
		case leaving(op):
			ok = true
			s.leaving(e.seen)
		case op.State == portfolio.StatePending, op.State == portfolio.StateUnknown, op.State == portfolio.StateReserved && !op.Kind.Once():
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
