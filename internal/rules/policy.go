package rules

import (
	"sync/atomic"
	"time"

	"domaind/internal/portfolio"
)

// Policy is the rules that are loaded, ready to decide. The package config builds
// it from TOML; it does not change afterwards.
type Policy struct {
	Hash     string // names the policy: twelve hex digits over its meaning
	Mode     portfolio.Mode
	Accounts []Account
	Location *time.Location // of days and months, never nil
	// WarnWithin is the distance within which a domain that no rule speaks of is
	// uncovered; zero: never.
	WarnWithin Distance
	// BeforeExpiry is the distances before its expiration at which a registered domain
	// that is still not renewed is announced, from far to near; none: never. See
	// [Policy.Warning].
	BeforeExpiry []Distance
	Rules        []Rule // in the order in which they are looked at

	// made holds the *program of the rules, from the first decision on. It belongs to
	// the policy so that both go together when another one is loaded.
	made atomic.Value
}

// Account is a configured account as rules see it.
type Account struct {
	portfolio.Account
	Mode   portfolio.Mode // "" where the account says nothing
	Source bool           // role "source": never acted on
	// DefaultContact is contacts.default; 0 where there is none.
	DefaultContact int64
}

// Rule is one [[rule]].
type Rule struct {
	Name   string
	At     string // its place: "config.toml:42"
	On     portfolio.ResourceKind
	Match  Conditions // every one must hold
	Except Conditions // any one that holds excludes
	Do     portfolio.Action
	Mode   portfolio.Mode // "" where the rule says nothing

	Years    int              // renew; at least 1
	MaxPrice *portfolio.Money // renew, restore, register
	IfLapsed portfolio.Action // renew: ActionRenew, ActionRestore or ActionAlert
	Contact  *Contacts        // accept, register: the registrant to be; nil: the account's default
	Terms    *portfolio.Terms // register: what else it asks for; nil: nothing
	Reason   string           // hold, let-lapse
	Until    time.Time        // hold, let-lapse: the first moment that it no longer holds; zero: for good
	Level    portfolio.Level  // alert
	Repeat   time.Duration    // alert: 0: once
	Labels   map[string]string

	// The rule's own limits of what it spends unasked, and of what it spends at all; nil:
	// only those of [spending] hold.
	AskAbove    *portfolio.Money   // renew, restore, register
	MaxIncrease *portfolio.Percent // renew, restore
	// What it asks is to be answered within this time, 0: at any time; else silence means
	// this, "": it keeps asking.
	AnswerWithin time.Duration
	Silence      portfolio.Silence
}

// Conditions are the keys of a match or an except. A nil or zero field is a key
// that was not written. A list holds where any of its items does.
type Conditions struct {
	Names       []Pattern // of rules on names: names alone
	Groups      []Group
	TLDs        []string // lower case A-labels without a leading dot
	Accounts    []int64
	States      []string // of domains or registrant changes
	AutoRenew   *bool
	Whois       *bool // whois_privacy
	Registrants []Contacts
	Sources     []int64
	Contacts    []Contacts // of registrant changes
	OwnerChange *bool
	Expires     Distance      // expires_within
	Lapsed      Distance      // lapsed_within
	Older       time.Duration // older_than
}

// Group is a named list of names and patterns.
type Group struct {
	Name     string
	Patterns []Pattern
}

// Contacts is a contact as a policy names it: by id, which is the same in every
// account, or by a name from contacts, which means another id in each.
type Contacts struct {
	Text      string          // as it was written
	ID        int64           // 0 where it was named
	ByAccount map[int64]int64 // account id → contact id, where it was named
}

// In is the contact's id in an account; 0 where the account has no such contact.
func (c Contacts) In(account int64) int64 {
	if c.ID != 0 {
		return c.ID
	}
	return c.ByAccount[account]
}
