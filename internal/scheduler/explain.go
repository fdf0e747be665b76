package scheduler

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

const (
	// explains is how long before the last whole sweep an operation may have ended that
	// explains what a sweep sees now: evidence may come before the list shows it.
	explains = 2 * 24 * time.Hour
	// explainsLong is that for what others have to agree to: who takes a push, the
	// registrar that a domain is transferred to, a registrant who must confirm.
	explainsLong = 60 * 24 * time.Hour
)

// witness looks in the ledger for who did what a sweep sees.
type witness struct {
	ledger  Remembered
	account int64
	since   time.Time // when the account was seen whole last
}

// ours gives the operation of one of the kinds on a domain that left, and may have had
// its effect since the account was seen whole; nil where there is none.
func (w witness) ours(id int64, before time.Duration, kinds ...portfolio.OperationKind) (*portfolio.Operation, error) {
	for _, kind := range kinds {
		op, ok, err := w.ledger.LatestOf(w.account, kind, id)
		if err != nil {
			return nil, fmt.Errorf("look who changed domain %d: %w", id, err)
		}
		if ok && op.Sent > 0 && (op.State.Open() || op.State == portfolio.StateDone && !op.EndedAt.Before(w.since.Add(-before))) {
			return &op, nil
		}
	}
	return nil, nil
}

// left gives the operation by which a domain left the account.
func (w witness) left(id int64) (*portfolio.Operation, error) {
	return w.ours(id, explainsLong, portfolio.OpDelete, portfolio.OpTransferOut, portfolio.OpPush)
}

// bought says whether a domain was bought through domaind since the account was seen
// whole.
func (w witness) bought(id int64, name string) (bool, error) {
	last, ok, err := w.ledger.LastPurchase(id, name)
	if err != nil {
		return false, fmt.Errorf("look who bought %s: %w", name, err)
	}
	return ok && !last.At.Before(w.since.Add(-explains)), nil
}

// switched gives the operation that switched a domain's auto-renewal to what it is: one
// that was to, or a purchase of which nobody knew whether it happened.
func (w witness) switched(id int64, on bool) (*portfolio.Operation, error) {
	op, err := w.ours(id, explains, portfolio.OpAutoRenewal)
	if err != nil || op != nil && (op.Terms == nil && on || op.Terms != nil && op.Terms.On == on) {
		return op, err
	}
	for _, kind := range []portfolio.OperationKind{portfolio.OpRenew, portfolio.OpRestore} {
		op, ok, err := w.ledger.LatestOf(w.account, kind, id)
		if err != nil {
			return nil, fmt.Errorf("look who switched the auto-renewal of domain %d: %w", id, err)
		}
		if !ok || op.Net == nil || !on && op.Net.Was {
			continue
		}
		last := op.Net.AskedAt
		for _, at := range []time.Time{op.Net.OnAt, op.Net.BackAt} {
			if at.After(last) {
				last = at
			}
		}
		if !last.Before(w.since.Add(-explains)) {
			return &op, nil
		}
	}
	return nil, nil
}

// field is one thing of a domain that is another than it was.
type field struct {
	name     string // as programs read it
	text     string // as people do
	old, new any
	level    portfolio.Level
	by       *portfolio.Operation // that explains it; nil: none of ours
}

// fields are what is another than it was, and how urgent that is. Auto-renewal that is
// switched off, another registrant, a domain that is registered here no more or expires
// sooner are alerts, but where an operation of ours explains them.
func (w witness) fields(was, is portfolio.Snapshot) ([]field, error) {
	var all []field
	var failed error
	add := func(name, text string, old, now any, level portfolio.Level, by func() (*portfolio.Operation, error)) {
		if old == now || failed != nil {
			return
		}
		f := field{name: name, text: fmt.Sprintf("%s is %s, was %s", text, shown(now), shown(old)), old: old, new: now, level: level}
		if by != nil {
			if f.by, failed = by(); f.by != nil {
				f.level = portfolio.LevelInfo
			}
		}
		all = append(all, f)
	}
	kinds := func(before time.Duration, kinds ...portfolio.OperationKind) func() (*portfolio.Operation, error) {
		return func() (*portfolio.Operation, error) { return w.ours(is.ID, before, kinds...) }
	}
	renewed := kinds(explains, portfolio.OpRenew, portfolio.OpRestore)
	add("name", "its name", was.Name, is.Name, portfolio.LevelAlert, nil)
	state, byState := portfolio.LevelNotice, renewed
	switch is.State {
	case portfolio.DomainHosted:
		state, byState = portfolio.LevelAlert, kinds(explainsLong, portfolio.OpTransferOut)
	case portfolio.DomainExpired:
		byState = nil
	}
	add("state", "its state", was.State, is.State, state, byState)
	expires, byExpires := portfolio.LevelNotice, renewed
	if is.ExpiresAt.Before(was.ExpiresAt) {
		expires, byExpires = portfolio.LevelAlert, nil
	}
	add("expires_at", "its expiration", was.ExpiresAt.UTC(), is.ExpiresAt.UTC(), expires, byExpires)
	add("registrant", "its registrant", was.RegistrantID, is.RegistrantID, portfolio.LevelAlert, kinds(explainsLong, portfolio.OpChangeRegistrant))
	auto := portfolio.LevelNotice
	if !is.AutoRenew {
		auto = portfolio.LevelAlert
	}
	add("auto_renew", "DNSimple's own auto-renewal", was.AutoRenew, is.AutoRenew, auto,
		func() (*portfolio.Operation, error) { return w.switched(is.ID, is.AutoRenew) })
	add("whois_privacy", "its WHOIS privacy", was.WhoisPrivacy, is.WhoisPrivacy, portfolio.LevelNotice, nil)
	return all, failed
}

// shown is a value as people read it.
func shown(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "on"
		}
		return "off"
	case time.Time:
		if v.IsZero() {
			return "none"
		}
		return v.Format(time.DateOnly)
	case int64:
		if v == 0 {
			return "none"
		}
		return fmt.Sprintf("contact %d", v)
	}
	return fmt.Sprint(v)
}
