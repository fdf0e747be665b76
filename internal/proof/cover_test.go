package proof

import (
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

const (
	// quiet is how far apart two purchases of ours for the same domain must be.
	quiet = 180 * day
	// calmEnough is how long everything must have been in order before an expiration for
	// a renewal to be due: failed attempts are repeated once a day.
	calmEnough = 3 * day
	// announcedWithin is how long before the loss of a domain its announcement counts.
	announcedWithin = 60 * day
	// leaves is how long a domain is held of which the code was sent.
	leaves = 31 * day
)

// looked compares DNSimple with what it was when it was looked at last: whenever a
// domain has reached its expiration, and whenever something was charged.
func (k *watch) looked() {
	now := k.w.clock.Now()
	charges := k.w.server.Charges()
	if k.domains != nil && len(charges) == k.charges && now.Before(k.next) {
		return
	}
	k.relook()
}

// relook does the same whether there seems to be a reason or not: what was pushed, deleted
// or transferred away is not ours to renew any more.
func (k *watch) relook() {
	now := k.w.clock.Now()
	charges := k.w.server.Charges()
	domains := k.w.truths()
	for i := k.charges; i < len(charges); i++ {
		k.charged(charges[:i], charges[i])
	}
	for name, was := range k.domains {
		if was.Phase != "registered" || was.AccountID != 1010 || was.ExpiresAt.After(now) {
			continue
		}
		is := domains[name]
		if is.AccountID != 1010 && k.gaveAway(name) {
			continue
		}
		renewed := is.ExpiresAt != nil && is.ExpiresAt.After(*was.ExpiresAt)
		for _, c := range charges[k.charges:] {
			renewed = renewed && (c.Domain != name || c.At.Before(*was.ExpiresAt))
		}
		if !renewed {
			k.lapsed(was)
		}
	}
	k.domains, k.charges, k.next = domains, len(charges), now.Add(400*day)
	for _, d := range domains {
		if d.Phase == "registered" && d.ExpiresAt.Before(k.next) {
			k.next = *d.ExpiresAt
		}
	}
}

// gaveAway says whether an operator let go of a domain.
func (k *watch) gaveAway(name string) bool {
	for _, op := range k.rows {
		if op.Name == name && (op.Kind == portfolio.OpTransferOut || op.Kind == portfolio.OpPush || op.Kind == portfolio.OpDelete) {
			return true
		}
	}
	return false
}

// due is when the next domain reaches its expiration.
func (k *watch) due() time.Time { return k.next }

// ours says whether a charge is for something that domaind ordered.
func (k *watch) ours(c sandbox.Charge) bool { return c.By == sandbox.ByClient && !k.hands[c.Operation] }

// charged holds what must hold of each charge, beside those before it.
func (k *watch) charged(before []sandbox.Charge, c sandbox.Charge) {
	if !k.ours(c) {
		return
	}
	for _, b := range before {
		if b.DomainID == c.DomainID && k.ours(b) && c.At.Sub(b.At) < quiet {
			k.broken("%s was bought twice: a %s on %s, a %s on %s", c.Domain, b.Kind, b.At.Format(time.DateOnly), c.Kind, c.At.Format(time.DateOnly))
		}
	}
}

// lapsed holds what must hold of a domain that reached its expiration and was not
// renewed: its owner was told before, and there was no time in which it should have
// been renewed.
func (k *watch) lapsed(d truth) {
	if k.uncovered[d.Name] {
		return
	}
	at := *d.ExpiresAt
	announced, stopped := false, false
	for _, e := range k.told {
		if e.Level != portfolio.LevelAlert || e.at.After(at) || e.at.Before(at.Add(-announcedWithin)) {
			continue
		}
		announced = announced || e.Subject == d.Name || e.About == portfolio.AboutAccount || e.About == portfolio.AboutScan
		code, _ := e.Data["code"].(string)
		stopped = stopped || e.Subject == d.Name && strings.HasPrefix(code, "max_")
	}
	if !announced && at.Sub(began) > day {
		k.broken("%s lapsed in silence", d.Name)
		return
	}
	if d.AutoRenew || stopped || k.switchedOn(d.Name, at) {
		return // DNSimple's turn, or a ceiling's
	}
	from, to := k.calm(at.Add(-horizon), at)
	if to.Sub(from) < calmEnough || k.underWay(d.Name, from, at) {
		return
	}
	k.broken("%s lapsed, although nothing kept it from being renewed between %s and %s",
		d.Name, from.Format(time.DateTime), to.Format(time.DateTime))
}

// switchedOn says whether DNSimple's own auto-renewal of a domain was switched on as a rule
// would have it, before its end: that it then fails is DNSimple's.
func (k *watch) switchedOn(name string, at time.Time) bool {
	for _, op := range k.rows {
		if op.Name == name && op.Kind == portfolio.OpAutoRenewal && op.State == portfolio.StateDone && (op.Terms == nil || op.Terms.On) &&
			op.EndedAt.Before(at) && op.EndedAt.After(at.Add(-horizon)) {
			return true
		}
	}
	return false
}

// calm is the longest time between two moments in which everything was in order.
func (k *watch) calm(from, to time.Time) (start, end time.Time) {
	if from.Before(began) {
		from = began
	}
	cursor := from
	consider := func(a, b time.Time) {
		if b.Sub(a) > end.Sub(start) {
			start, end = a, b
		}
	}
	for _, t := range k.trouble { // in order of their beginnings
		if t.from.After(to) {
			break
		}
		if t.from.After(cursor) {
			consider(cursor, t.from)
		}
		if t.to.After(cursor) {
			cursor = t.to
		}
	}
	if to.After(cursor) {
		consider(cursor, to)
	}
	return start, end
}

// underWay says whether purchases for a domain stood in the way of others, or failed,
// in a time.
func (k *watch) underWay(name string, from, to time.Time) bool {
	for _, op := range k.rows {
		if op.Name != name || op.CreatedAt.After(to) {
			continue
		}
		if op.EndedAt.IsZero() || op.EndedAt.After(from) || op.Kind == portfolio.OpTransferOut && op.EndedAt.Add(leaves).After(from) {
			return true
		}
	}
	return false
}
