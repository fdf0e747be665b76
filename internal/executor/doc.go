// Package executor does what the policy decided, and remembers every step. It
// holds the guards that stand between a decision and a purchase, and the machine
// of an operation:
//
//	asked ─▶ reserved ─▶ armed ─▶ pending ─▶ done
//	  │         ▲  │       │ │       ├─▶ failed
//	  ▼         │  ▼       │ │       ▼
//	failed      │ failed   │ └──▶ unknown ─▶ done | failed   by evidence or by an operator, never by resending
//	            └──────────┘
//	             not sent, 429
//
// asked: a rule's mode is "ask", or the price is above ask_above; every guard was passed. It
// holds no money and no domain, and is in nobody's way. An approval lets it go, after a fresh
// look and under every ceiling; what it showed (expiration, state, highest price) must stand
// then and once more before the request leaves, else it is asked anew. A denial is final for
// what was shown. The question is looked at daily, repeated the more often the nearer its end,
// and withdrawn where the policy wants something else by now. Silence means what the rule says;
// it never restores, and is never counted by a clock that is wrong.
//
// reserved: the worst-case price is set aside under every ceiling. armed: written
// and fsynced before the request leaves, after a fresh read of the domain and its
// price, a second Decide on that read, and a look at the server's clock. An
// operation found armed at start-up may have been sent: a purchase becomes unknown
// and is only ever read back; a wish (accept, reject, cancel, auto-renewal), which is
// safe to repeat, is looked at and sent again where there is no evidence.
//
// [next] is the whole of the machine: a pure function of a row and an event, which
// answers with the row as it will stand and the effects that follow. The driver
// commits the row, the money that it moves, the pauses that it calls for and the
// events that it tells in one transaction, and only then carries the other effects
// out. So every point at which the process can die lies between two commits.
//
// A renewal that stays unknown for a day, or until five days before the expiration,
// has DNSimple's own auto-renewal switched on beside it: that renews what would
// lapse, and buys nothing twice. It is put back once the renewal is done.
//
// What DNSimple refuses may concern more than one domain. Then a pause stops what it
// concerns: the account (401), its purchases (402, a declined card, two purchases
// within an hour of which nobody knows what became), or one kind of operation
// (403). The refused purchase ends and its money is free. When it is time to try a
// pause, one operation is let through; a clear answer ends the pause, and what waited
// for it is done at once.
//
// A purchase that failed is attempted again at its own time, 1 h, 6 h, 24 h and then
// daily: the domain is read, and policy and guards are asked anew.
//
// [Executor.Assess] applies the guards without any effect, for a plan.
//
// Steps of one account's operations go one after the other. A call that changes
// something at DNSimple is never cut short by a shutdown: it runs to its own
// timeout, its outcome is written, and nothing new is begun.
package executor
