package main

import (
	"fmt"
	"slices"
	"sync/atomic"

	"domaind/internal/config"
	"domaind/internal/executor"
	"domaind/internal/rules"
)

// live is the part of a configuration that a reload may change: the policy, what it may
// spend, the names of contacts. Whoever works asks it anew each time.
type live struct{ now atomic.Pointer[obeyed] }

// obeyed is a configuration as it is obeyed. It does not change.
type obeyed struct {
	cfg      *config.Config
	ceilings executor.Ceilings
}

func newLive(cfg *config.Config) *live {
	l := new(live)
	l.obey(cfg)
	return l
}

// obey swaps the configuration for another one, whole.
func (l *live) obey(cfg *config.Config) { l.now.Store(&obeyed{cfg, ceilings(cfg)}) }

func (l *live) config() *config.Config { return l.now.Load().cfg }

func (l *live) policy() *rules.Policy { return l.config().Policy }

func (l *live) ceilings() executor.Ceilings { return l.now.Load().ceilings }

func (l *live) window() rules.Distance { return l.config().DNSimple.AutoRenewalWindow }

func (l *live) purchasesPerDay() int { return l.config().Spending.MaxPurchasesPerDay }

// contacts are an account's names for contacts.
func (l *live) contacts(account int64) func() map[string]int64 {
	return func() map[string]int64 {
		for _, a := range l.config().Accounts {
			if a.ID == account {
				return a.Contacts
			}
		}
		return nil
	}
}

// needsRestart names the settings in which two configurations differ and that are read
// once, when a daemon begins.
func needsRestart(old, next *config.Config) []string {
	var keys []string
	differs := func(key string, is bool) {
		if is {
			keys = append(keys, key)
		}
	}
	differs("instance", old.Instance != next.Instance)
	differs("state_dir", old.StateDir != next.StateDir)
	differs("timezone", old.Location.String() != next.Location.String())
	differs("[dnsimple] endpoint", old.DNSimple.Endpoint != next.DNSimple.Endpoint)
	differs("[dnsimple] requests_per_hour", old.DNSimple.RequestsPerHour != next.DNSimple.RequestsPerHour)
	differs("the accounts, their tokens or roles", !slices.EqualFunc(old.Accounts, next.Accounts, func(a, b config.Account) bool {
		return a.Account == b.Account && a.Token == b.Token && a.Source == b.Source
	}))
	differs("[schedule]", fmt.Sprint(schedules(old)) != fmt.Sprint(schedules(next)))
	differs("[nats]", !slices.Equal(old.NATS.URLs, next.NATS.URLs) || old.NATS.Listen != next.NATS.Listen || !sameSecret(old.NATS.Credentials, next.NATS.Credentials))
	return keys
}

func schedules(c *config.Config) []string {
	s := c.Schedule
	return []string{s.Domains.Text, s.Portfolio.Text, s.Pushes.Text, s.RegistrantChanges.Text, s.Names.Text}
}

// sameSecret compares where secrets are.
func sameSecret(a, b *config.Secret) bool { return a == b || a != nil && b != nil && *a == *b }
