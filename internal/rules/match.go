package rules

import (
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// truth is the answer of a condition: a value that is not known is neither true
// nor false.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// view is a resource as conditions see it: every value that a key may ask for.
type view struct {
	now     time.Time
	account int64
	name    string // "" where it is not known
	tld     string
	state   string

	// Of domains alone. They are copied, since what a view points to would have to be
	// allocated.
	domain, registered, lapsed bool // lapsed: it is expired
	autoRenew, whois           bool
	registrant                 int64
	expires                    time.Time

	source  int64 // 0: not known
	contact int64
	owner   bool
	created time.Time

	lists       []list
	listed      []listID // those that have the name, written in full
	sieve       sieve    // the same in bits
	asked, fits uint64   // of lists that several rules ask for: those that were asked, and that have it
}

func domainView(d *portfolio.DomainFacts, now time.Time) view {
	return view{
		now: now, account: d.AccountID, name: d.Name, tld: portfolio.TLD(d.Name), state: string(d.State),
		domain: true, registered: d.State == portfolio.DomainRegistered, lapsed: d.State == portfolio.DomainExpired,
		autoRenew: d.AutoRenew, whois: d.WhoisPrivacy, registrant: d.RegistrantID, expires: d.ExpiresAt,
	}
}

func pushView(p *portfolio.PushFacts, now time.Time) view {
	return view{now: now, account: p.AccountID, name: p.Name, tld: portfolio.TLD(p.Name), source: p.SourceID, created: p.CreatedAt}
}

func changeView(c *portfolio.ChangeFacts, now time.Time) view {
	return view{
		now: now, account: c.AccountID, name: c.Name, tld: portfolio.TLD(c.Name), state: string(c.State),
		contact: c.ContactID, owner: c.RegistryOwnerChange, created: c.CreatedAt,
	}
}

func nameView(n *portfolio.NameFacts, now time.Time) view {
	return view{now: now, account: n.AccountID, name: n.Name, tld: portfolio.TLD(n.Name)}
}

// key is one of the keys of a match or an except, or several.
type key uint16

// The keys, the cheap ones first: they are asked in this order. The last two turn
// with time, see [test.allTimed].
const (
	keyAccount key = 1 << iota
	keyState
	keyAutoRenew
	keyWhois
	keyOwnerChange
	keySource
	keyOlder
	keyTLD
	keyRegistrant
	keyContact
	keyNames
	keyGroups
	keyExpires
	keyLapsed

	keysTimed = keyExpires | keyLapsed
)

// test is conditions, ready to be asked. It answers in two parts: what depends on
// the date of a domain changes as time goes on, and all else stays as it is.
type test struct {
	sieve  sieve
	keys   key // those that were written
	asked  key // those of them that the sieve does not decide
	names  listID
	of     *Conditions
	groups []listID
	// The distances, at their shortest and longest.
	expires, lapsed span
}

// all says whether every key holds that does not depend on a domain's date.
func (t *test) all(v *view) truth {
	if t.sieve.stops(&v.sieve) {
		return no
	}
	answer := yes
	for left := t.left(v); left != 0; left &= left - 1 {
		switch t.ask(left&-left, v) {
		case no:
			return no
		case unknown:
			answer = unknown
		}
	}
	return answer
}

// some says whether any key holds that does not depend on a domain's date.
func (t *test) some(v *view) truth {
	if t.keys&(keySource|keyOlder) == 0 && !t.sieve.catches(&v.sieve) {
		return no
	}
	if t.left(v) == 0 {
		return is(t.sieve.catches(&v.sieve))
	}
	answer := no
	for left := t.keys &^ keysTimed; left != 0; left &= left - 1 {
		switch t.ask(left&-left, v) {
		case yes:
			return yes
		case unknown:
			answer = unknown
		}
	}
	return answer
}

// left is the keys that must be asked where the sieve says neither yes nor no: for a
// name that is not known, it never does.
func (t *test) left(v *view) key {
	if v.name == "" {
		return t.keys &^ keysTimed
	}
	return t.asked
}

// ask is the answer of one key.
func (t *test) ask(k key, v *view) truth {
	c := t.of
	switch k {
	case keyAccount:
		return is(slices.Contains(c.Accounts, v.account))
	case keyState:
		return is(slices.Contains(c.States, v.state))
	case keyAutoRenew:
		return is(v.domain && v.autoRenew == *c.AutoRenew)
	case keyWhois:
		return is(v.domain && v.whois == *c.Whois)
	case keyOwnerChange:
		return is(v.owner == *c.OwnerChange)
	case keySource:
		if v.source == 0 {
			return unknown
		}
		return is(slices.Contains(c.Sources, v.source))
	case keyOlder:
		if v.created.IsZero() {
			return unknown
		}
		return is(v.now.Sub(v.created) > c.Older)
	case keyRegistrant:
		return is(v.domain && anyContact(c.Registrants, v.account, v.registrant))
	case keyContact:
		return is(anyContact(c.Contacts, v.account, v.contact))
	}
	if v.name == "" {
		return unknown // the other keys ask for it
	}
	switch k {
	case keyTLD:
		return is(slices.Contains(c.TLDs, v.tld))
	case keyNames:
		return is(v.on(t.names))
	default:
		return is(slices.ContainsFunc(t.groups, v.on))
	}
}

// allTimed says whether every key holds that depends on a domain's date. pastTerm
// lets expires_within hold for a lapsed domain: what a renew rule does for its
// domains once they lapsed.
func (t *test) allTimed(v *view, pastTerm bool) bool {
	return (t.keys&keyExpires == 0 || t.expiresWithin(v, pastTerm)) && (t.keys&keyLapsed == 0 || t.lapsedWithin(v))
}

// someTimed says whether any key holds that depends on a domain's date.
func (t *test) someTimed(v *view) bool {
	return t.keys&keyExpires != 0 && t.expiresWithin(v, false) || t.keys&keyLapsed != 0 && t.lapsedWithin(v)
}

// expiresWithin: registered, and the expiration is at most that far ahead.
func (t *test) expiresWithin(v *view, pastTerm bool) bool {
	if !v.domain || v.expires.IsZero() {
		return false
	}
	if v.lapsed {
		return pastTerm
	}
	return v.registered && t.expires.reaches(t.of.Expires, v.now, v.expires)
}

// lapsedWithin: lapsed, at most that long ago.
func (t *test) lapsedWithin(v *view) bool {
	return v.lapsed && !v.expires.IsZero() && t.lapsed.reachesBack(t.of.Lapsed, v.now, v.expires)
}

func anyContact(contacts []Contacts, account, id int64) bool {
	if id == 0 {
		return false
	}
	for i := range contacts {
		if contacts[i].In(account) == id {
			return true
		}
	}
	return false
}
