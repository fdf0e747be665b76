package config

import (
	"time"

	"github.com/robfig/cron/v3"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Config is everything that the configuration files say, with defaults filled in.
type Config struct {
	Path     string         // of the main file, as given to [Load]
	Mode     portfolio.Mode // dry-run, ask or act
	Instance string         // part of every event subject; [a-z0-9_-], at most 32
	StateDir string         // where the state is kept
	Location *time.Location // of schedules, days and months; never nil
	DNSimple DNSimple
	Accounts []Account // as written; at least one of them is not a source
	Schedule Schedule
	Spending Spending
	Alerts   Alerts
	Reload   Reload
	NATS     NATS
	Policy   *rules.Policy
	// Warnings are things that are suspicious, not wrong, in the order of
	// [Problems].
	Warnings Problems
}

// DNSimple says how the API is reached.
type DNSimple struct {
	// Endpoint is the base URL without a slash at the end; http only to a loopback
	// address.
	Endpoint string
	// RequestsPerHour is never exceeded for one token, whatever the server allows.
	RequestsPerHour int
	// AutoRenewalWindow is the distance before an expiration within which
	// DNSimple's own auto-renewal may be at work.
	AutoRenewalWindow rules.Distance
}

// Account is one [[account]].
type Account struct {
	portfolio.Account
	Token    Secret
	Contacts map[string]int64 // names for contact ids; may be nil
	Mode     portfolio.Mode   // "" where the account says nothing
	Source   bool             // never acted on: only proves where a push comes from
	Spending *Spending        // narrows Config.Spending; nil where the account says nothing
}

// Spending is the ceilings of what is bought. A nil amount and a count of 0 say
// nothing.
type Spending struct {
	MaxPerPurchase     *portfolio.Money
	MaxPerDay          *portfolio.Money
	MaxPerMonth        *portfolio.Money
	MaxPurchasesPerDay int
	// MaxPriceIncrease is by how much more than last time a year of a domain's term may
	// cost; nil: by any.
	MaxPriceIncrease *portfolio.Percent
	// AskAbove is the price above which a person is asked before a rule buys; nil: never.
	AskAbove *portfolio.Money
}

// Schedule says when each job runs.
type Schedule struct {
	Domains           Cron
	Portfolio         Cron
	Pushes            Cron
	RegistrantChanges Cron
	Names             Cron
}

// Cron is a schedule as it was written, and as it is obeyed. Five fields are those
// of Config.Location unless the text names a time zone of its own.
type Cron struct {
	Text     string
	Schedule cron.Schedule
}

// Alerts says when people are told of domains that may be lost.
type Alerts struct {
	// WarnWithin is how far ahead of its expiration a domain without a rule is
	// announced.
	WarnWithin rules.Distance
	// BeforeExpiry is how far ahead of its expiration a domain that is still not
	// renewed is announced, whatever the reason: at least one distance, from far to
	// near, none twice.
	BeforeExpiry []rules.Distance
}

// Reload says what a policy may change that is read while a daemon runs.
type Reload struct {
	// MaxChanged is the share of the decisions that it may change unasked.
	MaxChanged portfolio.Percent
}

// NATS says where events go.
type NATS struct {
	URLs   []string // nats:// or tls:// servers; empty: the embedded server
	Listen string   // host:port of the embedded server
	// Credentials is the .creds file for the servers in URLs, whose path
	// [Secret.Path] gives; nil where none is named.
	Credentials *Secret
}
