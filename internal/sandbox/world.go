package sandbox

import (
	"errors"
	"fmt"
	"time"
)

// world is everything that is simulated. The server's lock guards it.
type world struct {
	now   time.Time
	start time.Time
	queue queue

	nullsFirst bool
	defaults   operationsSpec
	tlds       map[string]*tld
	accounts   map[int64]*account
	users      map[int64]*user
	tokens     map[string]*token
	contacts   map[int64]*contact
	domains    map[int64]*domain
	names      map[string]*domain
	outside    map[string]*outside
	lists      sortedLists // of domains
	operations map[int64]*operation
	pushes     map[int64]*push
	changes    map[int64]*change

	charges  []Charge
	invoices map[int64]int // how many an account has had
	lastOp   int64

	lastDomain, lastPush, lastChange int64

	researchPerMonth int // of an account; 0: as often as it likes
	researched       int // in all
}

type account struct {
	id                int64
	name, email, plan string
	identifier        string
	billing           string
	created           time.Time

	noResearch    bool
	researchReset time.Time // when the month ends in which researched was counted
	researched    int
}

type user struct {
	id       int64
	email    string
	accounts []int64
	created  time.Time
}

type contact struct {
	spec    contactSpec
	account int64
	created time.Time
}

// advance carries the world forward to a moment. A moment in the past changes nothing: time never goes back.
func (w *world) advance(to time.Time) {
	for {
		e, due := w.queue.pop(to)
		if !due {
			break
		}
		if e.at.After(w.now) {
			w.now = e.at
		}
		e.fire()
	}
	if to.After(w.now) {
		w.now = to
	}
}

// newWorld brings a portfolio to life.
func newWorld(p *Portfolio, start time.Time) (*world, error) {
	w := &world{
		now: start, start: start,
		nullsFirst: p.nullsFirst, defaults: p.defaults, tlds: cloneTLDs(p.tlds),
		accounts: map[int64]*account{}, users: map[int64]*user{}, tokens: map[string]*token{},
		contacts: map[int64]*contact{}, domains: map[int64]*domain{}, names: map[string]*domain{}, outside: map[string]*outside{},
		lists:      sortedLists{},
		operations: map[int64]*operation{}, pushes: map[int64]*push{}, changes: map[int64]*change{},
		invoices: map[int64]int{}, researchPerMonth: p.researchPerMonth,
	}
	for _, s := range p.accounts {
		w.accounts[s.ID] = &account{
			id: s.ID, name: s.Name, email: s.Email, plan: s.Plan, identifier: s.Identifier, billing: s.Billing, created: w.created(s.Created),
		}
		setNot(&w.accounts[s.ID].noResearch, s.Research)
	}
	for _, s := range p.users {
		w.users[s.ID] = &user{id: s.ID, email: s.Email, accounts: s.accountIDs, created: w.created(s.Created)}
	}
	for _, s := range p.tokens {
		t := &token{account: w.accounts[s.accountID], user: w.users[s.User], scopes: s.Scopes, limit: p.limit, checks: p.checks}
		set(&t.limit, s.RequestsPerHour)
		w.tokens[s.Token] = t
	}
	for _, s := range p.contacts {
		w.contacts[s.ID] = &contact{spec: s, account: s.accountID, created: w.created(s.Created)}
	}
	var errs []error
	ids := freeIDs(p.domains, func(s domainSpec) int64 { return s.ID }, 1001)
	for i := range p.domains {
		errs = append(errs, w.addDomain(&p.domains[i], ids[i]))
		w.lastDomain = max(w.lastDomain, ids[i])
	}
	w.lastDomain = max(w.lastDomain, 1000)
	for i := range p.names {
		w.addOutside(&p.names[i])
	}
	ids = freeIDs(p.pushes, func(s pushSpec) int64 { return s.ID }, 1)
	for i, s := range p.pushes {
		w.addPush(w.names[s.domain], s.toID, ids[i], w.created(s.Created))
		w.lastPush = max(w.lastPush, ids[i])
	}
	ids = freeIDs(p.changes, func(s changeSpec) int64 { return s.ID }, 1)
	for i := range p.changes {
		w.addChange(&p.changes[i], ids[i])
		w.lastChange = max(w.lastChange, ids[i])
	}
	return w, errors.Join(errs...)
}

// created is when something was created that the portfolio may say nothing of: two years ago.
func (w *world) created(s *span) time.Time {
	if s == nil {
		return w.start.AddDate(-2, 0, 0)
	}
	return s.after(w.start)
}

// freeIDs numbers what has no id, in order, around the ids that are taken.
func freeIDs[T any](specs []T, id func(T) int64, first int64) []int64 {
	taken := make(map[int64]bool, len(specs))
	for _, s := range specs {
		taken[id(s)] = true
	}
	out := make([]int64, len(specs))
	next := first
	for i, s := range specs {
		if out[i] = id(s); out[i] != 0 {
			continue
		}
		for taken[next] {
			next++
		}
		out[i] = next
		next++
	}
	return out
}

// addDomain puts a domain of the portfolio into the world.
func (w *world) addDomain(s *domainSpec, id int64) error {
	d := &domain{
		id: id, account: s.accountID, name: s.ascii, unicode: s.unicode, tld: tldOf(w.tlds, s.ascii),
		registrant: s.Registrant, autoRenew: s.AutoRenew, privateWhois: s.PrivateWhois, trustee: s.Trustee,
		premium: s.Premium, created: w.created(s.Created),
		renewal: terms{w.defaults.RenewalTakes, s.Renewal.Outcome},
		restore: terms{w.defaults.RestoreTakes, s.Restore.Outcome},
		auto:    terms{outcome: s.AutoRenewal.Outcome},
		change:  terms{w.defaults.ChangeTakes, s.Change.Outcome},
		goes:    s.TransferOut.Takes, staysHosted: s.TransferOut.Leaves == "hosted",
	}
	d.updated = d.created
	set(&d.renewal.takes, s.Renewal.Takes)
	set(&d.restore.takes, s.Restore.Takes)
	set(&d.auto.takes, s.AutoRenewal.Takes)
	set(&d.change.takes, s.Change.Takes)
	if d.tld != nil {
		d.prices, d.autoBefore = d.tld.prices, d.tld.autoRenewal
	}
	set(&d.autoBefore, s.AutoRenewal.Before)
	s.Prices.override(&d.prices)
	w.domains[d.id], w.names[d.name] = d, d
	if s.Expires == nil {
		return nil
	}
	if d.registrant == 0 {
		d.registrant = w.firstContact(d.account)
	}
	d.expires = s.Expires.after(w.start)
	d.phase, _ = d.tld.phaseAt(d.expires, w.now)
	if d.phase == gone {
		return fmt.Errorf("%q expired so long ago that the registry has deleted it", s.Name)
	}
	w.settle(d)
	return nil
}

// firstContact is the contact of an account with the lowest id, or 0.
func (w *world) firstContact(account int64) int64 {
	var out int64
	for id, c := range w.contacts {
		if c.account == account && (out == 0 || id < out) {
			out = id
		}
	}
	return out
}
