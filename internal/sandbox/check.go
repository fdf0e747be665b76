package sandbox

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The checks of the tables, in the order in which they are made: a table may refer to those before it only.

func (b *builder) account(s *accountSpec) error {
	if s.ID <= 0 {
		return errors.New("an account needs a positive id")
	}
	if s.Name == "" {
		s.Name = strconv.FormatInt(s.ID, 10)
	}
	if b.accounts[s.ID] != "" {
		return fmt.Errorf("two accounts have the id %d", s.ID)
	}
	if _, dup := b.byName[s.Name]; dup {
		return fmt.Errorf("two accounts have the name %q", s.Name)
	}
	if s.Email == "" {
		s.Email = fmt.Sprintf("account-%d@example.com", s.ID)
	}
	if s.Plan == "" {
		s.Plan = "teams-v1-monthly"
	}
	switch s.Billing {
	case "":
		s.Billing = billingActive
	case billingActive, billingArrears, billingDeclined:
	default:
		return fmt.Errorf("account %q: billing is %q: it is \"active\", \"arrears\" or \"declined\"", s.Name, s.Billing)
	}
	if s.Identifier == "" {
		s.Identifier = fmt.Sprintf("00000000-0000-7000-8000-%012d", s.ID)
	}
	if b.known[s.Identifier] != 0 {
		return fmt.Errorf("two accounts have the identifier %q", s.Identifier)
	}
	b.accounts[s.ID], b.byName[s.Name], b.known[s.Identifier] = s.Name, s.ID, s.ID
	for _, t := range s.Tokens {
		if err := b.addToken(&tokenSpec{Token: t, accountID: s.ID}); err != nil {
			return err
		}
	}
	b.p.accounts = append(b.p.accounts, *s)
	return nil
}

// resolve finds the account that is meant.
func (b *builder) resolve(r ref) (int64, error) {
	id := r.id
	if r.name != "" {
		id = b.byName[r.name]
	}
	if b.accounts[id] == "" {
		if r == (ref{}) {
			return 0, errors.New("the account is missing")
		}
		return 0, fmt.Errorf("there is no account %s", r)
	}
	return id, nil
}

func (b *builder) user(s *userSpec) error {
	if s.ID <= 0 || b.users[s.ID] {
		return fmt.Errorf("user id %d: a user needs a positive id of its own", s.ID)
	}
	b.users[s.ID] = true
	if s.Email == "" {
		s.Email = fmt.Sprintf("user-%d@example.com", s.ID)
	}
	for _, r := range s.Accounts {
		id, err := b.resolve(r)
		if err != nil {
			return fmt.Errorf("user %d: %w", s.ID, err)
		}
		if slices.Contains(s.accountIDs, id) {
			return fmt.Errorf("user %d: account %s twice", s.ID, r)
		}
		s.accountIDs = append(s.accountIDs, id)
	}
	for _, t := range s.Tokens {
		if err := b.addToken(&tokenSpec{Token: t, User: s.ID}); err != nil {
			return err
		}
	}
	b.p.users = append(b.p.users, *s)
	return nil
}

func (b *builder) token(s *tokenSpec) error {
	switch {
	case s.User != 0 && s.Account != (ref{}):
		return errors.New("a token is of an account or of a user, not of both")
	case s.User != 0:
		if !b.users[s.User] {
			return fmt.Errorf("there is no user %d", s.User)
		}
	default:
		id, err := b.resolve(s.Account)
		if err != nil {
			return err
		}
		s.accountID = id
	}
	for _, scope := range s.Scopes {
		if strings.Count(scope, ":") != 2 {
			return fmt.Errorf("scope %q: write it like \"domains:*:read\"", scope)
		}
	}
	if n := s.RequestsPerHour; n != nil && *n < 1 {
		return fmt.Errorf("requests_per_hour is %d: it must be 1 at least", *n)
	}
	return b.addToken(s)
}

// addToken never names the token: an error is no place for it.
func (b *builder) addToken(s *tokenSpec) error {
	if s.Token == "" || strings.TrimSpace(s.Token) != s.Token {
		return errors.New("a token is empty, or begins or ends with space")
	}
	if b.tokens[s.Token] {
		return errors.New("a token is there twice")
	}
	b.tokens[s.Token] = true
	b.p.tokens = append(b.p.tokens, *s)
	return nil
}

func (b *builder) contact(s *contactSpec) error {
	if s.ID <= 0 || b.contacts[s.ID] != 0 {
		return fmt.Errorf("contact id %d: a contact needs a positive id of its own", s.ID)
	}
	id, err := b.resolve(s.Account)
	if err != nil {
		return fmt.Errorf("contact %d: %w", s.ID, err)
	}
	s.accountID = id
	b.contacts[s.ID] = id
	b.p.contacts = append(b.p.contacts, *s)
	return nil
}

func (b *builder) domain(s *domainSpec) error {
	account, err := b.resolve(s.Account)
	if err != nil {
		return fmt.Errorf("%q: %w", s.Name, err)
	}
	s.accountID = account
	if s.ascii, s.unicode, err = labels(s.Name); err != nil {
		return err
	}
	if _, dup := b.domains[s.ascii]; dup {
		return fmt.Errorf("two domains have the name %q", s.Name)
	}
	if s.ID < 0 || s.ID > 0 && b.domainIDs[s.ID] {
		return fmt.Errorf("%q: id %d: it must be positive, and not that of another domain", s.Name, s.ID)
	}
	if s.Registrant < 0 {
		return fmt.Errorf("%q: registrant %d: a contact's id is positive", s.Name, s.Registrant)
	}
	if s.Expires != nil {
		t := tldOf(b.p.tlds, s.ascii)
		if t == nil {
			return fmt.Errorf("%q is registered under a suffix that is neither built in nor a [[tld]]", s.Name)
		}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		if p, _ := t.phaseAt(s.Expires.after(now), now); p == gone {
			return fmt.Errorf("%q expired so long ago that the registry has deleted it", s.Name)
		}
	} else if s.AutoRenew || s.Premium {
		return fmt.Errorf("%q has no expiration, so it is only hosted: auto_renew and premium have no effect", s.Name)
	}
	if err := firstOf(
		func() error { return oneOf(&s.Renewal.Outcome, "renewal.outcome", "renewed", "failed", "cancelled") },
		func() error { return oneOf(&s.Restore.Outcome, "restore.outcome", "restored", "cancelled") },
		func() error {
			if s.AutoRenewal.Before == nil {
				return nil
			}
			return soon(*s.AutoRenewal.Before)
		},
		func() error {
			return oneOf(&s.AutoRenewal.Outcome, "auto_renewal.outcome", "renewed", "failed", "switched-off")
		},
		func() error { return oneOf(&s.Change.Outcome, "registrant_change.outcome", "completed", "cancelled") },
		func() error { return oneOf(&s.TransferOut.Leaves, "transfer_out.leaves", "nothing", "hosted") },
	); err != nil {
		return fmt.Errorf("%q: %w", s.Name, err)
	}
	b.domains[s.ascii] = account
	b.hosted[s.ascii] = s.Expires == nil
	if s.ID > 0 {
		b.domainIDs[s.ID] = true
	}
	b.p.domains = append(b.p.domains, *s)
	return nil
}

// oneOf checks a value, and sets it to the first of those allowed where it is missing.
func oneOf(value *string, key string, allowed ...string) error {
	if *value == "" {
		*value = allowed[0]
	}
	if !slices.Contains(allowed, *value) {
		return fmt.Errorf("%s is %q: it is one of %s", key, *value, strings.Join(allowed, ", "))
	}
	return nil
}

// maxMany bounds how many domains one [[many]] makes.
const maxMany = 1_000_000

var counter = regexp.MustCompile(`%(?:0([1-9]))?d`)

func (b *builder) many(s *manySpec) error {
	if s.Count < 1 || s.Count > maxMany || len(b.p.domains)+s.Count > 2*maxMany {
		return fmt.Errorf("count is %d: it is 1 to %d", s.Count, maxMany)
	}
	if s.First < 0 || s.First > 1_000_000_000 {
		return fmt.Errorf("first is %d: it is 0 to 1000000000", s.First)
	}
	at := counter.FindAllStringSubmatchIndex(s.Pattern, -1)
	if len(at) != 1 || strings.Count(s.Pattern, "%") != 1 {
		return fmt.Errorf("pattern %q: it holds one number, written %%d or like %%05d", s.Pattern)
	}
	if (s.ExpiresFrom == nil) != (s.ExpiresTo == nil) {
		return errors.New("expires_from and expires_to go together; without both the domains are only hosted")
	}
	width := 0
	if at[0][2] >= 0 {
		width, _ = strconv.Atoi(s.Pattern[at[0][2]:at[0][3]])
	}
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var from, wide time.Duration
	if s.ExpiresFrom != nil {
		from = s.ExpiresFrom.after(base).Sub(base)
		if wide = s.ExpiresTo.after(base).Sub(base) - from; wide < 0 {
			return errors.New("expires_to is before expires_from")
		}
	}
	b.p.domains = slices.Grow(b.p.domains, s.Count)
	for i := range s.Count {
		d := domainSpec{
			Account: s.Account, AutoRenew: s.AutoRenew, Registrant: s.Registrant,
			Name: fmt.Sprintf("%s%0*d%s", s.Pattern[:at[0][0]], width, s.First+i, s.Pattern[at[0][1]:]),
		}
		if s.ExpiresFrom != nil {
			step := time.Duration(0)
			if s.Count > 1 {
				step = wide / time.Duration(s.Count-1) * time.Duration(i)
			}
			d.Expires = &span{clock: (from + step).Truncate(time.Second)}
		}
		if err := b.domain(&d); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) push(s *pushSpec) error {
	ascii, _, err := labels(s.Domain)
	if err != nil {
		return err
	}
	owner, ok := b.domains[ascii]
	if !ok {
		return fmt.Errorf("there is no domain %q to push", s.Domain)
	}
	if s.toID, err = b.resolve(s.To); err != nil {
		return fmt.Errorf("%q: to: %w", s.Domain, err)
	}
	if s.From != nil {
		from, err := b.resolve(*s.From)
		if err != nil {
			return fmt.Errorf("%q: from: %w", s.Domain, err)
		}
		if from != owner {
			return fmt.Errorf("%q: from %s, but the domain is in account %q", s.Domain, *s.From, b.accounts[owner])
		}
	}
	if s.toID == owner {
		return fmt.Errorf("%q is in account %q already", s.Domain, b.accounts[owner])
	}
	s.domain = ascii
	b.p.pushes = append(b.p.pushes, *s)
	return b.unique("push", s.ID)
}

func (b *builder) change(s *changeSpec) error {
	ascii, _, err := labels(s.Domain)
	if err != nil {
		return err
	}
	if _, ok := b.domains[ascii]; !ok {
		return fmt.Errorf("there is no domain %q", s.Domain)
	}
	if s.Contact <= 0 {
		return fmt.Errorf("%q: contact %d: a contact's id is positive", s.Domain, s.Contact)
	}
	if err := oneOf(&s.State, "state", changePending, changeNew, changeCancelling, changeCancelled, changeCompleted); err != nil {
		return fmt.Errorf("%q: %w", s.Domain, err)
	}
	s.domain = ascii
	b.p.changes = append(b.p.changes, *s)
	return b.unique("registrant_change", s.ID)
}

// unique checks an id that the file may leave out.
func (b *builder) unique(table string, id int64) error {
	if id < 0 || id > 0 && b.ids[table][id] {
		return fmt.Errorf("id %d: it must be positive, and there once", id)
	}
	b.ids[table][id] = true
	return nil
}
