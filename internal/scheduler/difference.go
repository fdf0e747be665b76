package scheduler

import (
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// domainEvent tells of a domain that a sweep saw, or did not.
func domainEvent(account int64, s portfolio.Snapshot, at time.Time, level portfolio.Level, what, text string, data map[string]any) portfolio.Event {
	data["id"] = s.ID
	if !s.ExpiresAt.IsZero() {
		data["expires_at"] = s.ExpiresAt
	}
	return portfolio.Event{
		At: at, Level: level, AccountID: account, About: portfolio.AboutDomain, What: what, Subject: s.Name,
		Text: s.Name + ": " + text, Data: data,
	}
}

// added tells of a domain that is in the account for the first time.
func (w witness) added(d portfolio.Domain, at time.Time) (portfolio.Event, error) {
	level, text := portfolio.LevelNotice, "it is in the account now, and was not before"
	ours, err := w.bought(d.ID, d.Name)
	if ours {
		level, text = portfolio.LevelInfo, "it is in the account now: domaind bought it"
	}
	return domainEvent(w.account, portfolio.SnapshotOf(d), at, level, "added", text, map[string]any{
		"state": d.State, "registrant": d.RegistrantID, "auto_renew": d.AutoRenew, "whois_privacy": d.WhoisPrivacy,
	}), err
}

// changed tells what of a domain is another than it was: as urgent as the most urgent of
// it.
func (w witness) changed(was portfolio.Snapshot, d portfolio.Domain, at time.Time) (portfolio.Event, error) {
	is := portfolio.SnapshotOf(d)
	fields, err := w.fields(was, is)
	if err != nil {
		return portfolio.Event{}, err
	}
	level := portfolio.LevelInfo
	data := make(map[string]any, len(fields))
	texts := make([]string, 0, len(fields))
	ops := []string{}
	for _, f := range fields {
		text := f.text
		if f.by != nil {
			text += " (" + f.by.String() + ")"
			ops = append(ops, f.by.ShortID())
		}
		texts = append(texts, text)
		data[f.name] = map[string]any{"old": f.old, "new": f.new}
		if f.level == portfolio.LevelAlert || level == portfolio.LevelInfo {
			level = f.level
		}
	}
	text := strings.Join(texts, "; ")
	if level == portfolio.LevelAlert {
		text += "; nothing that domaind did explains it"
	}
	return domainEvent(w.account, is, at, level, "changed", text, map[string]any{"fields": data, "ops": ops}), nil
}

// removed tells of a domain that the account does not have any more. Expected is why
// that is no surprise; "" where it is one.
func (w witness) removed(m portfolio.Missing, at time.Time, expected string) (portfolio.Event, error) {
	level := portfolio.LevelAlert
	text := "it is not in the account any more, and nothing that domaind did explains it"
	data := map[string]any{"since": m.Since, "state": m.State, "registrant": m.RegistrantID}
	op, err := w.left(m.ID)
	switch {
	case err != nil:
		return portfolio.Event{}, err
	case op != nil:
		level, text = portfolio.LevelNotice, fmt.Sprintf("it is not in the account any more, by %s", op)
		data["op"] = op.ShortID()
	case expected != "":
		level, text = portfolio.LevelNotice, "it is not in the account any more: "+expected
	}
	return domainEvent(w.account, m.Snapshot, at, level, "removed", text, data), nil
}
