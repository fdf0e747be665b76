package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// outside is what the registry knows of a name beside what the accounts have: who holds it elsewhere, until when, and what
// it costs. A name without one is free, at the list prices of its suffix.
type outside struct {
	name      string
	elsewhere bool      // held at another registrar, until frees
	frees     time.Time // when the registry deletes it there; zero: never
	taken     time.Time // when somebody else registers it, once it is free; zero: never
	expires   time.Time // where it is held; its holder renews it
	code      string    // the authorization code; empty: no code is the right one
	locked    bool      // against transfers
	verify    bool      // who adds it must show first that it is theirs
	premium   bool
	prices    prices

	registration, transfer terms
	status                 string // the status_description of a transfer that fails or is cancelled; empty: the usual one
}

// held says whether somebody has the name who is none of the accounts.
func (o *outside) held(now time.Time) bool {
	if o == nil {
		return false
	}
	return o.elsewhere && (o.frees.IsZero() || now.Before(o.frees)) || !o.taken.IsZero() && !now.Before(o.taken)
}

// term is the expiration of a name that is held, and renewed year by year.
func (o *outside) term(now time.Time) time.Time {
	t := o.expires
	for years := 1; !t.After(now); years++ {
		t = addYears(o.expires, years)
	}
	return t
}

// registered says whether a name is registered, or about to be, by an account or elsewhere.
func (w *world) registered(name string) bool {
	if d := w.names[name]; d != nil && (!d.expires.IsZero() || d.busy != nil) {
		return true
	}
	return w.outside[name].held(w.now)
}

// quote finds what a name costs. The suffix is nil where nobody sells it.
func (w *world) quote(name string) (t *tld, p prices, premium bool) {
	t = tldOf(w.tlds, name)
	d, o := w.names[name], w.outside[name]
	switch {
	case t == nil:
		return nil, prices{}, false
	case d != nil && !d.expires.IsZero():
		return t, d.prices, d.premium
	case o != nil:
		return t, o.prices, o.premium
	case d != nil:
		return t, d.prices, false
	default:
		return t, t.prices, false
	}
}

// leave lets a registered domain go to a holder elsewhere, and out of its account. The registry deletes it at a moment, or
// never (zero). No code is known there.
func (w *world) leave(d *domain, frees time.Time) {
	o := w.outside[d.name]
	if o == nil {
		o = &outside{name: d.name, registration: w.registrationTerms(), transfer: w.transferTerms()}
		w.outside[d.name] = o
	}
	o.elsewhere, o.frees, o.taken, o.expires, o.code = true, frees, time.Time{}, d.expires, ""
	o.premium, o.prices = d.premium, d.prices
	w.remove(d)
}

// ours notes that an account has the name now.
func (o *outside) ours() {
	if o != nil {
		o.elsewhere, o.frees, o.taken = false, time.Time{}, time.Time{}
	}
}

func (w *world) registrationTerms() terms {
	return terms{w.defaults.RegistrationTakes, stateRegistered}
}

func (w *world) transferTerms() terms { return terms{w.defaults.TransferTakes, stateTransferred} }

// addOutside puts a name of the portfolio into the world.
func (w *world) addOutside(s *nameSpec) {
	o := &outside{
		name: s.ascii, elsewhere: s.Elsewhere, code: s.AuthCode, locked: s.Locked, verify: s.VerifyOwnership,
		premium: s.Premium, expires: addYears(w.start, 1), status: s.Transfer.Status,
		registration: terms{w.defaults.RegistrationTakes, s.Registration.Outcome},
		transfer:     terms{w.defaults.TransferTakes, s.Transfer.Outcome},
	}
	if t := tldOf(w.tlds, s.ascii); t != nil {
		o.prices = t.prices
	}
	s.Prices.override(&o.prices)
	set(&o.registration.takes, s.Registration.Takes)
	set(&o.transfer.takes, s.Transfer.Takes)
	for at, given := range map[*time.Time]*span{&o.frees: s.Free, &o.taken: s.Taken, &o.expires: s.Expires} {
		if given != nil {
			*at = given.after(w.start)
		}
	}
	w.outside[o.name] = o
}

// named reads the name in the path of a call that needs no domain in the account; the id of one there will do too.
func (c *call) named() (string, bool) {
	which := c.params[":domain"]
	if d := c.w.domains[toID(which)]; d != nil && d.account == c.account.id {
		return d.name, true
	}
	ascii, _, err := labels(which)
	return ascii, err == nil
}

// unsupported is the recorded refusal of a suffix that nobody sells.
func unsupported(name string) reply {
	return refuse(http.StatusBadRequest, "TLD .%s is not supported", strings.ToUpper(name[strings.LastIndex(name, ".")+1:]))
}
