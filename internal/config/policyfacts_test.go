package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// The facts of docs/policy.md, as one writes them:
//
//	on 2027-06-20: sold.example, in account labs, expires in 20 days, auto-renewal on
//	push of new.com from desk, an hour old
//	change of a.example to contact 5, new, a new owner, started here, 4 days old
//	name lost.example, free
//
// What is not said is what is usual: today, the account main, a registered domain without
// auto-renewal or WHOIS privacy.

// docDay is today, where a line names no other day.
const docDay = "2026-12-01"

// aspect is a part of the facts that any kind may have, and what it says.
type aspect struct {
	words *regexp.Regexp
	says  func(f *docFacts, m []string) error
}

// docFacts are all kinds of facts at once.
type docFacts struct {
	cfg    *Config
	now    time.Time
	domain portfolio.DomainFacts
	push   portfolio.PushFacts
	change portfolio.ChangeFacts
	name   portfolio.NameFacts
}

func (f *docFacts) account(name string) (int64, error) {
	for _, a := range f.cfg.Accounts {
		if a.Name == name {
			return a.ID, nil
		}
	}
	return 0, fmt.Errorf("there is no account %q", name)
}

// days is a number of days, as a word or in digits.
func days(words string) time.Duration {
	if words == "an hour" {
		return time.Hour
	}
	n, _ := strconv.Atoi(strings.TrimSuffix(words, " days")) // which the expression has seen to
	return time.Duration(n) * 24 * time.Hour
}

// aspects are all that facts may say, beside their subject.
func aspects() []aspect {
	number := func(text string) int64 {
		n, _ := strconv.ParseInt(text, 10, 64)
		return n
	}
	return []aspect{
		{regexp.MustCompile(`^in account (\w+)$`), func(f *docFacts, m []string) (err error) {
			f.domain.AccountID, err = f.account(m[1])
			f.push.AccountID, f.change.AccountID, f.name.AccountID = f.domain.AccountID, f.domain.AccountID, f.domain.AccountID
			return err
		}},
		{regexp.MustCompile(`^expires in (\d+ days)$`), func(f *docFacts, m []string) error {
			f.domain.ExpiresAt = f.now.Add(days(m[1]))
			return nil
		}},
		{regexp.MustCompile(`^lapsed (\d+ days) ago$`), func(f *docFacts, m []string) error {
			f.domain.State, f.domain.ExpiresAt = portfolio.DomainExpired, f.now.Add(-days(m[1]))
			return nil
		}},
		{regexp.MustCompile(`^the plain renewal is refused$`), func(f *docFacts, _ []string) error {
			f.domain.Redemption = true
			return nil
		}},
		{regexp.MustCompile(`^hosted$`), func(f *docFacts, _ []string) error {
			f.domain.State = portfolio.DomainHosted
			return nil
		}},
		{regexp.MustCompile(`^auto-renewal (on|off)$`), func(f *docFacts, m []string) error {
			f.domain.AutoRenew = m[1] == "on"
			return nil
		}},
		{regexp.MustCompile(`^privacy (on|off)$`), func(f *docFacts, m []string) error {
			f.domain.WhoisPrivacy = m[1] == "on"
			return nil
		}},
		{regexp.MustCompile(`^registrant (\d+)$`), func(f *docFacts, m []string) error {
			f.domain.RegistrantID = number(m[1])
			return nil
		}},
		{regexp.MustCompile(`^(an hour|\d+ days) old$`), func(f *docFacts, m []string) error {
			f.push.CreatedAt, f.change.CreatedAt = f.now.Add(-days(m[1])), f.now.Add(-days(m[1]))
			f.change.UpdatedAt = f.change.CreatedAt
			return nil
		}},
		{regexp.MustCompile(`^(new|pending|cancelling|cancelled|completed)$`), func(f *docFacts, m []string) error {
			f.change.State = portfolio.ChangeState(m[1])
			return nil
		}},
		{regexp.MustCompile(`^a new owner$`), func(f *docFacts, _ []string) error {
			f.change.RegistryOwnerChange = true
			return nil
		}},
		{regexp.MustCompile(`^started here$`), func(f *docFacts, _ []string) error {
			f.change.Ours = true
			return nil
		}},
		{regexp.MustCompile(`^free$`), func(f *docFacts, _ []string) error {
			f.name.Status, f.name.FreeSince = portfolio.NameFree, f.now.Add(-time.Hour)
			return nil
		}},
		{regexp.MustCompile(`^taken$`), func(f *docFacts, _ []string) error {
			f.name.Status = portfolio.NameTaken
			return nil
		}},
	}
}

// factsOf reads a line of facts.
func factsOf(cfg *Config, line string) (portfolio.Resource, time.Time, error) {
	day := docDay
	if m := regexp.MustCompile(`^on (\d{4}-\d\d-\d\d): `).FindStringSubmatch(line); m != nil {
		day, line = m[1], line[len(m[0]):]
	}
	now, err := time.ParseInLocation(time.DateTime, day+" 12:00:00", time.UTC)
	if err != nil {
		return nil, now, err
	}
	parts := strings.Split(line, ", ")
	f := docFacts{cfg: cfg, now: now}
	resource, err := f.subject(parts[0])
	if err != nil {
		return nil, now, err
	}
	for _, part := range parts[1:] {
		known := false
		for _, a := range aspects() {
			if m := a.words.FindStringSubmatch(part); m != nil {
				known = true
				if err := a.says(&f, m); err != nil {
					return nil, now, err
				}
			}
		}
		if !known {
			return nil, now, fmt.Errorf("%q says nothing that is known", part)
		}
	}
	return resource(), now, nil
}

// subject begins facts with what they are about, in the account main.
func (f *docFacts) subject(words string) (func() portfolio.Resource, error) {
	if words == "push of an unknown domain" {
		f.push = portfolio.PushFacts{Push: portfolio.Push{ID: 1, AccountID: 1010, DomainID: 2}, Unproven: "no account here owns it"}
		return func() portfolio.Resource { return f.push }, nil
	}
	m := regexp.MustCompile(`^(?:(push of|change of|name) )?([^ ]+)(?: from (\w+)| to contact (\d+))?$`).FindStringSubmatch(words)
	if m == nil {
		return nil, fmt.Errorf("%q is nothing that facts are about", words)
	}
	p, err := toPattern(m[2])
	if err != nil {
		return nil, fmt.Errorf("%q %w", m[2], err)
	}
	name := p.String()
	switch {
	case m[1] == "push of" && m[3] != "":
		f.push = portfolio.PushFacts{Push: portfolio.Push{ID: 1, AccountID: 1010, DomainID: 2}, Name: name}
		f.push.SourceID, err = f.account(m[3])
		return func() portfolio.Resource { return f.push }, err
	case m[1] == "change of" && m[4] != "":
		f.change = portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{ID: 1, AccountID: 1010, DomainID: 2}, Name: name}
		f.change.ContactID, err = strconv.ParseInt(m[4], 10, 64)
		return func() portfolio.Resource { return f.change }, err
	case m[1] == "name":
		f.name = portfolio.NameFacts{AccountID: 1010, Name: name, CheckedAt: f.now}
		return func() portfolio.Resource { return f.name }, nil
	case m[1] == "" && m[3] == "" && m[4] == "":
		f.domain.Domain = portfolio.Domain{ID: 2, AccountID: 1010, Name: name, State: portfolio.DomainRegistered}
		return func() portfolio.Resource { return f.domain }, nil
	}
	return nil, fmt.Errorf("%q leaves out from whom, or to which contact", words)
}
