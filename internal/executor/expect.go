package executor

import (
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// A push that is announced beforehand is accepted when it comes, whatever the policy's
// mode, unless a rule holds it. The announcement waits in the ledger, names the domain
// by its id, which is the second source that proves the push, and is spent in the
// transaction in which a push of that domain is done.

const whyRevoked = "its announcement was revoked or replaced, or its time is over"

// announced says whether an operation was begun because a push was announced.
func announced(op portfolio.Operation) bool {
	return op.Kind == portfolio.OpAccept && op.Approval != nil && op.Approval.Kind == portfolio.ApprovalPush
}

// Expected gives the announcement of a push; nil where there is none that holds.
func (x *Executor) Expected(p portfolio.Push) (*portfolio.Approval, error) {
	all, err := x.ExpectedPushes()
	if err != nil {
		return nil, err
	}
	now := x.now()
	for _, a := range all {
		if a.AccountID == p.AccountID && a.SubjectID == p.DomainID && !a.Over(now) {
			return &a, nil
		}
	}
	return nil, nil //nolint:nilnil // nil is "nobody announced it": an answer, not a failure
}

// ExpectedPushes are the announcements that wait, the one that ends soonest first.
func (x *Executor) ExpectedPushes() ([]portfolio.Approval, error) {
	all, err := x.ledger.Approvals()
	if err != nil {
		return nil, fmt.Errorf("look for announced pushes: %w", err)
	}
	all = slices.DeleteFunc(all, func(a portfolio.Approval) bool { return a.Kind != portfolio.ApprovalPush })
	slices.SortStableFunc(all, func(a, b portfolio.Approval) int { return a.Until.Compare(b.Until) })
	return all, nil
}

// ExpectPush announces a push: of the domain SubjectID to the account AccountID, whose
// Contact becomes the registrant, until Until. It replaces an earlier announcement of the
// same. What it says of its kind and moment is filled in.
func (x *Executor) ExpectPush(a portfolio.Approval) (portfolio.Approval, error) {
	now := x.now()
	a.Kind, a.Operation, a.At = portfolio.ApprovalPush, portfolio.OpAccept, now.UTC()
	switch {
	case x.registries[a.AccountID] == nil:
		return a, refusedf("account %d is not configured", a.AccountID)
	case a.SubjectID <= 0:
		return a, refusedf("which domain? A push names it by its id alone")
	case a.Contact <= 0:
		return a, refusedf("which contact becomes the registrant?")
	case !a.Until.After(now):
		return a, refusedf("the announcement would be over before it began")
	}
	before, err := x.ExpectedPushes()
	if err != nil {
		return a, err
	}
	change := portfolio.Change{Approvals: []portfolio.Approval{a}}
	for _, b := range before {
		if b.AccountID == a.AccountID && b.SubjectID == a.SubjectID {
			change.Spent = append(change.Spent, b.ID())
			change.Events = append(change.Events, announcementEnded(b, now, a.By+" announced it anew"))
		}
	}
	change.Events = append(change.Events, announcementEvent(a, now, "announced", portfolio.LevelNotice, fmt.Sprintf(
		"%s announced that domain %d is pushed to account %d: until %s it is accepted once, with contact %d",
		a.By, a.SubjectID, a.AccountID, a.Until.UTC().Format(time.RFC3339), a.Contact)))
	x.gate.Lock() // what the earlier one let go is not armed any more
	defer x.gate.Unlock()
	if err := x.ledger.Commit(change); err != nil {
		return a, fmt.Errorf("announce a push of domain %d: %w", a.SubjectID, err)
	}
	return a, nil
}

// RevokePush ends an announcement, and gives it.
func (x *Executor) RevokePush(id, by, reason string) (portfolio.Approval, error) {
	x.gate.Lock() // nothing is armed by it meanwhile
	defer x.gate.Unlock()
	all, err := x.ExpectedPushes()
	if err != nil {
		return portfolio.Approval{}, err
	}
	i := slices.IndexFunc(all, func(a portfolio.Approval) bool { return a.ID() == id })
	if i < 0 {
		return portfolio.Approval{}, refusedf("there is no announcement %s: it was used, revoked, or is over", id)
	}
	a := all[i]
	open, err := x.ledger.OpenOperations()
	if err != nil {
		return a, fmt.Errorf("look whether the announcement %s is used: %w", id, err)
	}
	for _, op := range open {
		if announced(op) && op.Approval.ID() == id && op.State != portfolio.StateReserved {
			return a, refusedf("%s is %s by the announcement %s: it was sent already", op, op.State, id)
		}
	}
	why := by + " revoked it"
	if reason != "" {
		why += ": " + reason
	}
	now := x.now()
	change := portfolio.Change{Spent: []string{id}, Events: []portfolio.Event{announcementEnded(a, now, why)}}
	if err := x.ledger.Commit(change); err != nil {
		return a, fmt.Errorf("revoke the announcement %s: %w", id, err)
	}
	// One that is under way for it, and has not left, looks whether it still holds.
	x.signal()
	return a, nil
}

// revoked says whether an operation was let go by an announcement that is not there any
// more. The gate must be held: nobody revokes one meanwhile.
func (x *Executor) revoked(op portfolio.Operation) (bool, error) {
	if !announced(op) {
		return false, nil
	}
	all, err := x.ExpectedPushes()
	return !slices.ContainsFunc(all, func(a portfolio.Approval) bool { return a.ID() == op.Approval.ID() }), err
}

// spendAnnouncements ends, with a push that is done, what was announced of it, whoever let
// it in: another one of the same domain is another one.
func (x *Executor) spendAnnouncements(change *portfolio.Change, row portfolio.Operation, now time.Time) error {
	if row.Kind != portfolio.OpAccept || row.State != portfolio.StateDone {
		return nil
	}
	all, err := x.ExpectedPushes()
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.AccountID != row.AccountID || a.SubjectID != row.DomainID {
			continue
		}
		change.Spent = append(change.Spent, a.ID())
		if !announced(row) || row.Approval.ID() != a.ID() {
			change.Events = append(change.Events, announcementEnded(a, now, fmt.Sprintf("it came in by %s", row)))
		}
	}
	return nil
}

// Overdue forgets the announcements whose time is over, and tells of each. Nothing is
// changed before the caller commits it.
func (x *Executor) Overdue() (portfolio.Change, error) {
	var change portfolio.Change
	all, err := x.ExpectedPushes()
	if err != nil {
		return change, err
	}
	now := x.now()
	for _, a := range all {
		if a.Over(now) {
			change.Spent = append(change.Spent, a.ID())
			change.Events = append(change.Events, announcementEnded(a, now, "nothing came in time"))
		}
	}
	return change, nil
}

func announcementEnded(a portfolio.Approval, at time.Time, why string) portfolio.Event {
	return announcementEvent(a, at, "announcement-ended", portfolio.LevelNotice, fmt.Sprintf(
		"the push of domain %d to account %d that %s announced on %s is expected no more: %s",
		a.SubjectID, a.AccountID, a.By, a.At.UTC().Format(time.DateOnly), why))
}

func announcementEvent(a portfolio.Approval, at time.Time, what string, level portfolio.Level, text string) portfolio.Event {
	return portfolio.Event{
		At: at, Level: level, AccountID: a.AccountID, About: portfolio.AboutPush, What: what, Text: text,
		Data: map[string]any{
			"announcement": a.ID(), "domain_id": a.SubjectID, "contact": a.Contact, "until": a.Until, "by": a.By, "reason": a.Reason,
		},
	}
}
