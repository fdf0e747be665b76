package sandbox

import (
	"fmt"
	"time"
)

// domain is a name in an account.
type domain struct {
	id            int64
	account       int64
	name, unicode string
	tld           *tld // nil where a hosted name stands under a suffix nobody sells
	registrant    int64
	expires       time.Time // zero: only hosted
	phase         phase
	autoRenew     bool
	privateWhois  bool
	trustee       bool
	premium       bool
	prices        prices
	created       time.Time
	updated       time.Time

	renewal, restore, auto, change terms
	autoBefore                     length    // how long before the expiration DNSimple renews
	autoTried                      time.Time // the expiration for which it did, and failed

	lockedUntil time.Time // against transfers, after a change of its owner
	goes        *length   // how long after it is authorized it goes to another registrar; nil: never
	authorized  bool      // to go
	staysHosted bool      // when it has gone

	busy     *operation // an operation under way
	revision int        // what was scheduled for an older one no longer holds
}

// terms say how operations on a domain go.
type terms struct {
	takes   length
	outcome string
}

// operation is something that is bought and takes time. The money is held from the beginning, and charged if it succeeds.
type operation struct {
	id       int64
	kind     string // one of the kinds below
	domain   *domain
	account  int64
	by       string
	period   int
	state    string
	outcome  string
	items    []ChargeItem
	created  time.Time
	updated  time.Time
	complete bool

	// Of a registration and a transfer: what the domain will be like.
	registrant                  int64
	autoRenew, privacy, trustee bool
	premium                     bool
	prices                      prices
	status                      string // why nothing came of a transfer
}

// The kinds and states of operations.
const (
	kindRenewal      = "renewal"
	kindRestore      = "restore"
	kindRegistration = "registration"
	kindTransfer     = "transfer"

	stateNew          = "new"
	stateRenewing     = "renewing"
	stateRenewed      = "renewed"
	stateRestoring    = "restoring"
	stateRestored     = "restored"
	stateRegistering  = "registering"
	stateRegistered   = "registered"
	stateTransferring = "transferring"
	stateTransferred  = "transferred"
	stateFailed       = "failed"
	stateCancelled    = "cancelled"
)

// running is the state between new and the end.
func (op *operation) running() string {
	return map[string]string{
		kindRenewal: stateRenewing, kindRestore: stateRestoring, kindRegistration: stateRegistering, kindTransfer: stateTransferring,
	}[op.kind]
}

// settle brings a registered domain's phase up to date, and schedules what comes next by itself.
func (w *world) settle(d *domain) {
	d.revision++
	if d.expires.IsZero() {
		return
	}
	now, next := d.tld.phaseAt(d.expires, w.now)
	if now != d.phase {
		d.phase = now
		w.touch(d)
	}
	if now == gone {
		w.remove(d)
		return
	}
	revision := d.revision
	w.queue.push(next, func() {
		if d.revision == revision {
			w.settle(d)
		}
	})
	if at := w.autoRenewalAt(d); !at.IsZero() {
		w.queue.push(at, func() {
			// What is under way settles the domain again when it ends.
			if d.revision == revision && d.busy == nil {
				w.autoRenew(d)
			}
		})
	}
}

// touch marks a domain as changed just now; whoever changes one calls it.
func (w *world) touch(d *domain) {
	d.updated = w.now
	w.lists.touch(d)
}

// remove takes a domain out of its account, and of the world.
func (w *world) remove(d *domain) {
	d.revision++
	delete(w.domains, d.id)
	delete(w.names, d.name)
	w.lists.touch(d)
	w.withdraw(d)
}

// withdraw ends the pushes and registrant changes of a domain that leaves its account.
func (w *world) withdraw(d *domain) {
	for id, p := range w.pushes {
		if p.domain == d {
			delete(w.pushes, id)
		}
	}
	for _, x := range w.changes {
		if x.domain == d && x.open() {
			x.state, x.updated = changeCancelled, w.now
		}
	}
}

// autoRenewalAt is when DNSimple renews a domain by itself, or zero: never for the present expiration.
func (w *world) autoRenewalAt(d *domain) time.Time {
	if !d.autoRenew || d.phase != registered || d.busy != nil || d.tld.noRenewals || d.autoTried.Equal(d.expires) {
		return time.Time{}
	}
	at := d.autoBefore.before(d.expires)
	if !at.After(w.now) {
		at = w.now.Add(time.Hour)
	}
	if !at.Before(d.expires) {
		return time.Time{}
	}
	return at
}

// autoRenew is DNSimple buying a renewal by itself.
func (w *world) autoRenew(d *domain) {
	d.autoTried = d.expires
	if d.auto.outcome == "switched-off" || w.accounts[d.account].billing != billingActive {
		d.autoRenew = false
		w.touch(d)
		w.settle(d)
		return
	}
	years := d.tld.minimum
	w.begin(&operation{
		kind: kindRenewal, domain: d, by: ByAutoRenewal, period: years, outcome: d.auto.outcome,
		items: []ChargeItem{renewalItem("Auto Renew", d, years)},
	}, d.auto.takes)
}

// renewalItem is what a renewal costs.
func renewalItem(verb string, d *domain, years int) ChargeItem {
	return ChargeItem{
		Description: verb + " " + d.name, ProductType: "domain-renewal", Cents: int64(d.prices.renewal) * int64(years),
	}
}

// begin starts an operation; one that takes no time is complete when begin returns.
func (w *world) begin(op *operation, takes length) {
	w.lastOp++
	op.id, op.state, op.account = w.lastOp, stateNew, op.domain.account
	op.created, op.updated = w.now, w.now
	w.operations[op.id] = op
	op.domain.busy = op
	end := takes.after(w.now)
	if takes.isZero() {
		w.finish(op)
		return
	}
	// "new" for a tenth of the time, as a queue would have it.
	w.queue.push(w.now.Add(end.Sub(w.now)/10), func() {
		if !op.complete {
			op.state, op.updated = op.running(), w.now
		}
	})
	w.queue.push(end, func() { w.finish(op) })
}

// finish completes an operation as it was foreseen, unless the name is no longer to be had. What is complete stays as it is.
func (w *world) finish(op *operation) {
	if op.complete {
		return
	}
	d := op.domain
	op.state, op.updated, op.complete = op.outcome, w.now, true
	d.busy = nil
	if d.phase == gone {
		op.state = stateCancelled
		return
	}
	switch op.state {
	case stateRenewed, stateRestored:
		d.expires = addYears(d.expires, op.period)
	case stateRegistered, stateTransferred:
		if !w.take(op) {
			return
		}
	default:
		w.settle(d)
		return
	}
	w.touch(d)
	w.charge(op)
	w.settle(d)
}

// take gives an account the name that it registers or transfers, and says whether it could be had: somebody else may have been
// faster, or the name gone.
func (w *world) take(op *operation) bool {
	d, o := op.domain, w.outside[op.domain.name]
	held := o.held(w.now)
	switch {
	case op.kind == kindRegistration && !held:
		d.expires = addYears(w.now, op.period)
	case op.kind == kindTransfer && held:
		d.expires = addYears(o.term(w.now), op.period)
		if most := addYears(w.now, maxYearsAhead); d.expires.After(most) {
			d.expires = most
		}
	default:
		op.state = stateFailed
		if op.kind == kindTransfer {
			op.status = statusGone
		}
		return false
	}
	o.ours()
	d.phase = registered
	d.registrant, d.autoRenew, d.privateWhois, d.trustee = op.registrant, op.autoRenew, op.privacy, op.trustee
	d.premium, d.prices = op.premium, op.prices
	return true
}

// charge turns the money that was held into a charge.
func (w *world) charge(op *operation) {
	w.invoices[op.account]++
	c := Charge{
		At: w.now, AccountID: op.account, DomainID: op.domain.id, Domain: op.domain.name, Kind: op.kind, By: op.by,
		Operation: op.id, Years: op.period, Items: op.items,
		Reference: fmt.Sprintf("%d-%d", op.account, w.invoices[op.account]),
	}
	for _, i := range op.items {
		c.Cents += i.Cents
	}
	w.charges = append(w.charges, c)
}
