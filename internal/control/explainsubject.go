package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Subject is the resource of an explanation, as it was read. What has no meaning for its
// kind is left out.
type Subject struct {
	On          portfolio.ResourceKind `json:"on"`
	Account     int64                  `json:"account"` // 0 where it is in none
	AccountName string                 `json:"account_name"`
	ID          int64                  `json:"id"`
	Name        string                 `json:"name"`
	Unicode     string                 `json:"unicode_name,omitempty"`
	Held        bool                   `json:"in_portfolio"`

	State        string     `json:"state,omitempty"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"`
	AutoRenew    *bool      `json:"auto_renew,omitempty"`
	WhoisPrivacy *bool      `json:"whois_privacy,omitempty"`
	Registrant   int64      `json:"registrant,omitempty"`
	Redemption   bool       `json:"redemption,omitempty"` // DNSimple refused its plain renewal

	DomainID   int64      `json:"domain_id,omitempty"`
	Source     int64      `json:"source,omitempty"` // the account that a push was proven to come from
	SourceName string     `json:"source_name,omitempty"`
	Unproven   string     `json:"unproven,omitempty"`
	Announced  string     `json:"announced,omitempty"` // by whom, and until when
	Contact    int64      `json:"contact,omitempty"`   // the registrant to be
	Owner      *bool      `json:"owner_change,omitempty"`
	Ours       bool       `json:"ours,omitempty"` // a change that domaind began; a name that the account has
	CreatedAt  *time.Time `json:"created_at,omitempty"`

	FreeSince *time.Time `json:"free_since,omitempty"`
	CheckedAt *time.Time `json:"checked_at,omitempty"` // when a name was looked at last
}

// subject is what was found.
type subject struct {
	Subject
	resource portfolio.Resource // nil: it is not in the portfolio, and nobody watches it
	skew     time.Duration      // by which the clock here is ahead of DNSimple's
	notes    []string
	problems []string
}

// subject finds what is to be explained in the accounts, and reads it.
func (h *handler) subject(ctx context.Context, q explainQuestion, accounts []Account, policy *rules.Policy, now time.Time) (subject, error) {
	switch {
	case q.push != 0:
		return h.pushSubject(ctx, q.push, accounts)
	case q.change != 0:
		return h.changeSubject(ctx, q.change, accounts)
	case q.on == portfolio.KindName:
		s, ok, err := h.nameSubject(ctx, q.name, accounts, policy, now)
		if err == nil && !ok {
			err = problem(http.StatusNotFound, "no rule watches %s in %s", q.name, labels(accounts))
		}
		return s, err
	}
	return h.domainSubject(ctx, q, accounts, policy, now)
}

// each asks accounts side by side for one thing, and gives what was found and what could
// not be asked.
func each[T any](accounts []Account, ask func(Account) (T, error)) (found []T, in []Account, errs []error) {
	answers, failed := make([]T, len(accounts)), make([]error, len(accounts))
	var asking sync.WaitGroup
	for i, a := range accounts {
		asking.Go(func() { answers[i], failed[i] = ask(a) })
	}
	asking.Wait()
	for i, a := range accounts {
		switch {
		case failed[i] == nil:
			found, in = append(found, answers[i]), append(in, a)
		case outcomeOf(failed[i]) != portfolio.OutcomeNotFound:
			errs = append(errs, failed[i])
		}
	}
	return found, in, errs
}

// only gives the one that was found. Of several, one in an account that is acted on counts
// for more than one in an account that only proves.
func only[T any](what string, found []T, in []Account, errs []error, asked []Account) (one T, a Account, err error) {
	if acting := slices.IndexFunc(in, func(a Account) bool { return !a.Source }); len(in) > 1 && acting >= 0 {
		var f []T
		var rest []Account
		for i, a := range in {
			if !a.Source {
				f, rest = append(f, found[i]), append(rest, a)
			}
		}
		found, in = f, rest
	}
	switch {
	case len(in) == 1:
		return found[0], in[0], nil
	case len(in) > 1:
		return one, a, problem(http.StatusConflict, "%s in more than one account: say which with --account, of %s", what, labels(in))
	case len(errs) > 0:
		return one, a, problem(http.StatusBadGateway, "%s in no account that could be read: %s", what, reasonOf(errors.Join(errs...)))
	}
	return one, a, problem(http.StatusNotFound, "%s in none of these accounts: %s", what, labels(asked))
}

func (h *handler) domainSubject(ctx context.Context, q explainQuestion, accounts []Account, policy *rules.Policy, now time.Time) (subject, error) {
	type answered struct {
		portfolio.Domain
		date time.Time
	}
	found, in, errs := each(accounts, func(a Account) (answered, error) {
		d, answer, err := a.Look.DomainNamed(ctx, q.name)
		return answered{d, answer.Date}, err
	})
	watched := func(a Account) bool { return slices.Contains(policy.Names(a.ID), q.name) }
	if len(found) == 0 && q.on == "" {
		if s, ok, err := h.nameSubject(ctx, q.name, accounts, policy, now); ok || err != nil {
			return s, err
		}
		if len(errs) == 0 {
			return subject{Subject: Subject{On: portfolio.KindDomain, Name: q.name, Unicode: unicodeName(q.name)}, notes: []string{}, problems: []string{}}, nil
		}
	}
	d, a, err := only(q.name+" is", found, in, errs, accounts)
	if err != nil {
		return subject{}, err
	}
	f, err := h.Explainer.Facts(d.Domain)
	if err != nil {
		return subject{}, err
	}
	s := subject{
		resource: f, notes: []string{}, problems: []string{},
		Subject: Subject{
			On: portfolio.KindDomain, Account: a.ID, AccountName: a.Name, ID: d.ID, Name: d.Name, Held: true, State: string(d.State),
			AutoRenew: new(d.AutoRenew), WhoisPrivacy: new(d.WhoisPrivacy), Registrant: d.RegistrantID, Redemption: f.Redemption,
			ExpiresAt: orNil(d.ExpiresAt), CreatedAt: orNil(d.CreatedAt),
		},
	}
	if d.UnicodeName != d.Name {
		s.Unicode = d.UnicodeName
	}
	if !d.date.IsZero() {
		s.skew = h.Now().Sub(d.date)
	}
	if q.on == "" && slices.ContainsFunc(accounts, watched) {
		s.notes = append(s.notes, fmt.Sprintf("a rule watches it as a name as well: see \"domaind explain name %s\"", q.name))
	}
	return s, nil
}

// nameSubject is a name that the policy watches; ok is false where it does not.
func (h *handler) nameSubject(ctx context.Context, name string, accounts []Account, policy *rules.Policy, now time.Time) (s subject, ok bool, err error) {
	watching := slices.DeleteFunc(slices.Clone(accounts), func(a Account) bool { return !slices.Contains(policy.Names(a.ID), name) })
	if len(watching) == 0 {
		return s, false, nil
	}
	if len(watching) > 1 {
		return s, true, problem(http.StatusConflict, "%s is watched in more than one account: say which with --account, of %s", name, labels(watching))
	}
	a := watching[0]
	r, err := h.Watched.Name(ctx, name, now)
	if err != nil {
		return s, true, err
	}
	s = subject{notes: []string{}, problems: []string{}, Subject: Subject{
		On: portfolio.KindName, Account: a.ID, AccountName: a.Name, Name: name, Unicode: unicodeName(name),
	}}
	for _, p := range r.Problems {
		s.problems = append(s.problems, reasonOf(p))
	}
	for _, d := range r.Decisions {
		if f, ok := d.Resource.(portfolio.NameFacts); ok && f.AccountID == a.ID {
			s.resource, s.State, s.Ours, s.Held = f, string(f.Status), f.Ours, f.Ours
			s.FreeSince, s.CheckedAt = orNil(f.FreeSince), orNil(f.CheckedAt)
		}
	}
	if s.resource == nil {
		return s, true, problem(http.StatusBadGateway, "%s could not be looked at", name)
	}
	return s, true, nil
}

func (h *handler) pushSubject(ctx context.Context, id int64, accounts []Account) (subject, error) {
	found, in, errs := each(accounts, func(a Account) (portfolio.Push, error) { return findPush(ctx, a.Look, id) })
	p, a, err := only("push "+itoa(id)+" waits", found, in, errs, accounts)
	if err != nil {
		return subject{}, err
	}
	f := h.Prover.Prove(ctx, p)
	if f.Announced, err = h.Explainer.Expected(p); err != nil {
		return subject{}, err
	}
	s := subject{resource: f, notes: []string{}, problems: []string{}, Subject: Subject{
		On: portfolio.KindPush, Account: a.ID, AccountName: a.Name, ID: p.ID, Name: f.Name, Unicode: unicodeName(f.Name), DomainID: p.DomainID,
		Source: f.SourceID, Unproven: f.Unproven, CreatedAt: orNil(p.CreatedAt),
	}}
	if f.Proven() {
		s.SourceName = h.nameOf(f.SourceID)
	}
	if f.Announced != nil {
		s.Announced = fmt.Sprintf("by %s, until %s", f.Announced.By, f.Announced.Until.UTC().Format(time.RFC3339))
	}
	return s, nil
}

// findPush finds a push among those that wait.
func findPush(ctx context.Context, l Look, id int64) (portfolio.Push, error) {
	for page, err := range l.Pushes(ctx) {
		if err != nil {
			return portfolio.Push{}, err
		}
		i := slices.IndexFunc(page.Items, func(p portfolio.Push) bool { return p.ID == id && p.AcceptedAt.IsZero() })
		if i >= 0 {
			return page.Items[i], nil
		}
	}
	return portfolio.Push{}, &portfolio.CallError{Call: "find push " + itoa(id), Outcome: portfolio.OutcomeNotFound}
}

func (h *handler) changeSubject(ctx context.Context, id int64, accounts []Account) (subject, error) {
	found, in, errs := each(accounts, func(a Account) (portfolio.RegistrantChange, error) { return a.Look.RegistrantChange(ctx, id) })
	c, a, err := only("registrant change "+itoa(id)+" is", found, in, errs, accounts)
	if err != nil {
		return subject{}, err
	}
	s := subject{notes: []string{}, problems: []string{}}
	f := portfolio.ChangeFacts{RegistrantChange: c}
	if d, _, err := a.Look.Domain(ctx, c.DomainID); err == nil {
		f.Name = d.Name
	} else if outcomeOf(err) != portfolio.OutcomeNotFound {
		s.problems = append(s.problems, reasonOf(err))
	}
	if f.Ours, err = h.Explainer.Ours(c); err != nil {
		return s, err
	}
	s.resource = f
	s.Subject = Subject{
		On: portfolio.KindRegistrantChange, Account: a.ID, AccountName: a.Name, ID: c.ID, Name: f.Name, Unicode: unicodeName(f.Name), DomainID: c.DomainID,
		State: string(c.State), Contact: c.ContactID, Owner: new(c.RegistryOwnerChange), Ours: f.Ours, CreatedAt: orNil(c.CreatedAt),
	}
	return s, nil
}
