package proof

import (
	"fmt"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// The schedules of scenarios in which an operator does everything, or a rule on names.
const (
	idle = `
[schedule]
domains = "@every 600h"
pushes = "@every 600h"
registrant_changes = "@every 600h"
names = "@every 600h"
`
	watching = `
[schedule]
domains = "@every 600h"
pushes = "@every 600h"
registrant_changes = "@every 600h"
names = "@every 6h"
`
)

// handled looks at registrant changes only.
const handled = `
[schedule]
domains = "@every 600h"
pushes = "@every 600h"
registrant_changes = "@every 2h"
names = "@every 600h"
`

const catch = `
[[rule]]
name = "catch"
on = "name"
match = { names = ["c.com"] }
do = "register"
`

// ours is a domain that nothing is due for, and theirs one at another registrar.
const (
	ours   = "[[domain]]\nid = 7\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+200d\"\nregistrant = 2715\n"
	theirs = "[[name]]\nname = \"t.com\"\nelsewhere = true\nexpires = \"+100d\"\nauth_code = \"" + secretCode + "\"\n"
)

// command is what an operator types, by its kind: a.com is ours, t.com somebody else's,
// and the rest are free.
func command(kind portfolio.OperationKind) portfolio.Command {
	c := portfolio.Command{Kind: kind, AccountID: 1010, Name: "a.com"}
	switch kind {
	case portfolio.OpRegister:
		c.Name, c.Contact = "f.com", 2715
	case portfolio.OpTransfer:
		c.Name, c.Contact, c.Code = "t.com", 2715, secretCode
	case portfolio.OpCancelTransfer:
		c.Name = "t.com"
	case portfolio.OpAdd:
		c.Name = "h.com"
	case portfolio.OpPush:
		c.To = studioIdentifier
	case portfolio.OpChangeRegistrant:
		c.Contact = 2716
	}
	return c
}

// typedAt is an event in which an operator types a command, again where nothing was begun.
func typedAt(at time.Duration, kind portfolio.OperationKind) event {
	return event{At: at, What: typing, Command: command(kind), Count: 4}
}

// faultOf is a plan's fault that the first request of a kind meets.
func faultOf(kind portfolio.OperationKind, name string) event {
	return event{What: faulty, Fault: name, Calls: callsOf(kind), Count: 1, For: 2 * day}
}

// commandScenarios are what operators and rules on names do.
func commandScenarios(tb testing.TB) []scenario {
	tb.Helper()
	quietly := parseConfig(tb, idle+ample)
	typed := func(name, domains string, bought int, events ...event) scenario {
		return scenario{name: name, bought: bought, single: true, plan: plan{
			scene: scene{portfolio: domains, cfg: quietly}, events: events, lasts: 7 * time.Hour, rests: 3 * time.Hour,
		}}
	}
	resting := func(s scenario, rest func(w *world) error) scenario { s.rest = rest; return s }
	lasting := func(s scenario, d time.Duration) scenario { s.plan.lasts = d; return s }
	watched := func(s scenario) scenario { s.plan.scene.cfg = parseConfig(tb, watching+ample+catch); return s }
	under := func(s scenario, rule string) scenario {
		s.plan.scene.cfg = parseConfig(tb, handled+ample+rule)
		return s
	}
	at := time.Minute
	register, transfer := typedAt(at, portfolio.OpRegister), typedAt(at, portfolio.OpTransfer)
	slow := theirs + `transfer = { takes = "7d" }`
	free := "[[name]]\nname = \"f.com\"\n"
	all := []scenario{
		resting(typed("a name is registered", "", 1, register), comes(portfolio.OpRegister, "registered in 1010")),
		resting(typed("a registration that takes an hour", free+`registration = { takes = "1h" }`, 1, register), comes(portfolio.OpRegister, "registered in 1010")),
		resting(typed("a registration that fails", free+`registration = { takes = "2m", outcome = "failed" }`, 0, register), fails(portfolio.OpRegister)),
		resting(typed("a premium name is registered", free+"premium = true\nprices = { registration = \"90.00\" }\n", 1, register), comes(portfolio.OpRegister, "registered in 1010")),
		resting(typed("a registration with the effect, unknown", "", 1, faultOf(portfolio.OpRegister, "reset-after"), register), comes(portfolio.OpRegister, "registered in 1010")),
		resting(typed("a registration without the effect, unknown", "", 0, faultOf(portfolio.OpRegister, "reset-before"), register), stays(portfolio.OpRegister)),
		resting(watched(typed("a rule registers a name that is free", "", 1)), comesTo("c.com", portfolio.OpRegister, "registered in 1010")),
		resting(lasting(watched(typed("a rule registers a name that becomes free", "[[name]]\nname = \"c.com\"\nelsewhere = true\nfree = \"+3h\"\n", 1)), 31*time.Hour),
			comesTo("c.com", portfolio.OpRegister, "registered in 1010")),
		resting(typed("a transfer", theirs+`transfer = { takes = "1h" }`, 1, transfer), comes(portfolio.OpTransfer, "registered in 1010")),
		resting(typed("a transfer that is refused", theirs+`transfer = { takes = "1h", outcome = "failed" }`, 0, transfer), fails(portfolio.OpTransfer)),
		resting(typed("a transfer with the effect, unknown", theirs, 1, faultOf(portfolio.OpTransfer, "502-effect"), transfer), comes(portfolio.OpTransfer, "registered in 1010")),
		resting(typed("a transfer whose first connection is refused", theirs, 1, faultOf(portfolio.OpTransfer, "refused"), transfer), comes(portfolio.OpTransfer, "registered in 1010")),
		resting(typed("a transfer that is cancelled", slow, 0, transfer, typedAt(2*time.Hour, portfolio.OpCancelTransfer)), cancelled(portfolio.OpTransfer, portfolio.OpCancelTransfer)),
		resting(typed("a push that is accepted", ours, 0, typedAt(at, portfolio.OpPush), event{At: 6 * time.Hour, What: accepting}), comes(portfolio.OpPush, "registered in 3030")),
		resting(typed("a push, unknown", ours, 0, faultOf(portfolio.OpPush, "timeout-after"), typedAt(at, portfolio.OpPush)), comes(portfolio.OpPush, "registered in 1010")),
		resting(typed("a change of the registrant", ours+`registrant_change = { takes = "5h" }`, 0, typedAt(at, portfolio.OpChangeRegistrant)), comes(portfolio.OpChangeRegistrant, "registered in 1010")),
		resting(typed("a change of the registrant that we cancel", ours+`registrant_change = { takes = "5d" }`, 0,
			typedAt(at, portfolio.OpChangeRegistrant), typedAt(2*time.Hour, portfolio.OpCancelChange)), cancelled(portfolio.OpChangeRegistrant, portfolio.OpCancelChange)),
		resting(under(typed("a change of the registrant beside a rule that cancels", ours+`registrant_change = { takes = "5h" }`, 0,
			typedAt(at, portfolio.OpChangeRegistrant)), stopChanges), comes(portfolio.OpChangeRegistrant, "registered in 1010")),
		resting(under(typed("a change of the registrant, unknown, beside a rule that cancels", ours+`registrant_change = { takes = "5h" }`, 0,
			faultOf(portfolio.OpChangeRegistrant, "reset-after"), typedAt(at, portfolio.OpChangeRegistrant)), stopChanges),
			comes(portfolio.OpChangeRegistrant, "registered in 1010")),
		resting(lasting(typed("a transfer out", ours+`transfer_out = { takes = "2h" }`, 0, typedAt(at, portfolio.OpTransferOut)), 2*day), left),
		resting(typed("a domain is deleted", ours, 0, typedAt(at, portfolio.OpDelete)), comes(portfolio.OpDelete, "")),
		resting(typed("a domain is added", "", 0, typedAt(at, portfolio.OpAdd)), comes(portfolio.OpAdd, "hosted in 1010")),
	}
	for i := range all {
		all[i].seldom = 2
	}
	return all
}

// where says where a name is by now, as DNSimple knows it; "" where no account has it.
func where(w *world, name string) string {
	d, ok := w.truths()[name]
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s in %d", d.Phase, d.AccountID)
}

// comes says that a command is done, and where its domain is then. Only one that was armed
// when the process died may be unknown: and never a wish.
func comes(kind portfolio.OperationKind, place string) func(*world) error {
	return comesTo(command(kind).Name, kind, place)
}

func comesTo(name string, kind portfolio.OperationKind, place string) func(*world) error {
	return func(w *world) error {
		op, ok := w.lastOf(kind, name)
		switch {
		case !ok:
			return fmt.Errorf("there is no %s of %s", kind, name)
		case op.State == portfolio.StateUnknown && kind.Once() && diedArmed(w):
			return nil
		case op.State != portfolio.StateDone:
			return fmt.Errorf("%s is %s: %s", op, op.State, op.LastNote())
		}
		if got := where(w, name); got != place {
			return fmt.Errorf("%s is done, and %s is %q, not %q", op, name, got, place)
		}
		return unsentAsksAgain(w)
	}
}

// fails says that what an operator asked for came to nothing, and that they heard of it.
func fails(kind portfolio.OperationKind) func(*world) error {
	return func(w *world) error {
		op, ok := w.lastOf(kind, command(kind).Name)
		switch {
		case ok && op.State == portfolio.StateUnknown && diedArmed(w):
			return nil
		case !ok || op.State != portfolio.StateFailed || op.Sent != 1:
			return fmt.Errorf("%s is %q, and was sent %d times", op, op.State, op.Sent)
		}
		return unsentAsksAgain(w)
	}
}

// stays says that nobody can know what became of a command.
func stays(kind portfolio.OperationKind) func(*world) error {
	return func(w *world) error {
		if op, _ := w.lastOf(kind, command(kind).Name); op.State != portfolio.StateUnknown || !op.Attention {
			return fmt.Errorf("%s is %q", op, op.State)
		}
		return nil
	}
}

// cancelled says that what was begun was cancelled in time, by us.
func cancelled(began, by portfolio.OperationKind) func(*world) error {
	return func(w *world) error {
		name := command(began).Name
		op, ok := w.lastOf(began, name)
		if !ok || op.State == portfolio.StateUnknown && diedArmed(w) {
			if !ok {
				return fmt.Errorf("there is no %s", began)
			}
			return nil
		}
		if op.State != portfolio.StateFailed || op.Sent != 1 {
			return fmt.Errorf("%s is %s, sent %d times: %s", op, op.State, op.Sent, op.LastNote())
		}
		if end, ok := w.lastOf(by, name); !ok || end.State != portfolio.StateDone {
			return fmt.Errorf("%s is %q: %s", end, end.State, end.LastNote())
		}
		return unsentAsksAgain(w)
	}
}

// left says that a domain whose code was sent has left, and that it was told.
func left(w *world) error {
	if err := comes(portfolio.OpTransferOut, "")(w); err != nil {
		return err
	}
	if op, _ := w.lastOf(portfolio.OpTransferOut, "a.com"); op.State == portfolio.StateDone && !op.NextAt.IsZero() {
		return fmt.Errorf("%s is still expected to leave", op)
	}
	return nil
}

// diedArmed says whether a process died when a request was about to leave, or had left
// without its outcome being written.
func diedArmed(w *world) bool {
	for _, op := range w.watch.rows {
		for i, step := range op.History {
			if step.State == portfolio.StateArmed && i+1 < len(op.History) && op.History[i+1].Note == endedBefore {
				return true
			}
		}
	}
	return false
}

// endedBefore is the note of a row that a restart found armed.
const endedBefore = "domaind ended before the answer was known"

// unsentAsksAgain holds that a transfer that a restart found unsent has ended, was never
// sent, and says that it must be asked for again.
func unsentAsksAgain(w *world) error {
	for _, op := range w.watch.rows {
		if op.Kind != portfolio.OpTransfer || op.Sent > 0 {
			continue
		}
		if n := w.watch.posts[op.Key]; n != 0 || op.State != portfolio.StateFailed {
			return fmt.Errorf("%s is %s and was not sent; %d requests left", op, op.State, n)
		}
		told := false
		for _, e := range w.watch.told {
			told = told || e.Data["op"] == op.ShortID() && e.Level == portfolio.LevelAlert && e.What == "failed"
		}
		if !told {
			return fmt.Errorf("%s was not sent, and nobody was asked to type it again", op)
		}
	}
	return nil
}
