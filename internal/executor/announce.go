package executor

import (
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// operationEvent tells of a step of an operation.
func operationEvent(op portfolio.Operation, at time.Time, level portfolio.Level, what, text string) portfolio.Event {
	data := map[string]any{
		"op": op.ShortID(), "kind": op.Kind, "state": op.State, "id": op.SubjectID, "attempt": op.Attempt, "by": op.By, "sent": op.Sent,
	}
	if op.Kind.Purchase() {
		data["price"], data["reserved"] = op.Price(), op.Reserved
		data["expires_at"] = op.ExpiresAt
	}
	if op.Rule != "" {
		data["rule"], data["policy"] = op.Rule, op.Policy
	}
	if len(op.Labels) > 0 {
		data["labels"] = op.Labels
	}
	return portfolio.Event{
		At: at, Level: level, AccountID: op.AccountID, About: portfolio.AboutOperation, What: what,
		Subject: op.Name, Text: fmt.Sprintf("%s %s: %s", op.Kind, subjectOf(op), text), Data: data,
	}
}

func subjectOf(op portfolio.Operation) string {
	switch {
	case op.Name != "":
		return op.Name
	case op.Kind == portfolio.OpCancelChange:
		return fmt.Sprintf("registrant change %d", op.SubjectID)
	default:
		return fmt.Sprintf("push %d", op.SubjectID)
	}
}

// verdictEvents tell what a decision means for people: once for each occasion, or
// again after a while where it stays urgent.
func (x *Executor) verdictEvents(d portfolio.Decision, now time.Time) []portfolio.Event {
	account, id, name := d.Resource.Ident()
	about := map[portfolio.ResourceKind]string{
		portfolio.KindDomain: portfolio.AboutDomain, portfolio.KindPush: portfolio.AboutPush, portfolio.KindRegistrantChange: portfolio.AboutChange,
		portfolio.KindName: portfolio.AboutName,
	}[d.Resource.Kind()]
	occasion := ""
	data := map[string]any{"id": id, "verdict": d.Verdict, "code": d.Code, "mode": d.Mode, "policy": d.Policy}
	f, isDomain := d.Resource.(portfolio.DomainFacts)
	if isDomain && !f.ExpiresAt.IsZero() {
		occasion = portfolio.OccasionOf(f.ExpiresAt)
		data["expires_at"] = f.ExpiresAt
	}
	if c, ok := d.Resource.(portfolio.ChangeFacts); ok {
		occasion = string(c.State)
	}
	if n, ok := d.Resource.(portfolio.NameFacts); ok { // all names have the id 0
		occasion = strings.Join([]string{n.Name, string(n.Status), portfolio.OccasionOf(n.FreeSince)}, " ")
	}
	if d.Rule != "" {
		data["rule"], data["rule_at"], data["do"] = d.Rule, d.RuleAt, d.Do
	}
	if d.Price != nil {
		data["price"] = *d.Price
		if !d.PriceAt.IsZero() {
			data["price_at"] = d.PriceAt
		}
	}
	if len(d.Labels) > 0 {
		data["labels"] = d.Labels
	}
	title := name
	if title == "" {
		title = fmt.Sprintf("%s %d", about, id)
	}
	var events []portfolio.Event
	add := func(level portfolio.Level, what, text, once string, repeat time.Duration) {
		events = append(events, portfolio.Event{
			At: now, Level: level, AccountID: account, About: about, What: what, Subject: name, Text: title + ": " + text, Data: data,
			Once: fmt.Sprintf("%s|%d|%d|%s|%s|%s", about, account, id, occasion, what, once), Repeat: repeat,
		})
	}
	switch d.Verdict {
	case portfolio.VerdictUncovered:
		add(portfolio.LevelAlert, "uncovered", d.Reason, d.Code, 7*24*time.Hour)
	case portfolio.VerdictBlocked:
		if (d.Code == codePaused || d.Code == portfolio.CodeUnread || d.Code == portfolio.CodeClock) && f.State != portfolio.DomainExpired {
			break // the account was announced, and need not be with each of its domains; but for one that lapsed
		}
		if d.Mode == portfolio.ModeDryRun {
			add(portfolio.LevelNotice, "would-act", fmt.Sprintf("%s would %s it, and could not: %s", d.Rule, d.Do, d.Reason), d.Rule, 0)
			break
		}
		text := d.Reason
		if isDomain {
			text += x.loss(f, now)
		}
		add(portfolio.LevelAlert, "blocked", text, d.Code, 24*time.Hour)
	case portfolio.VerdictWait:
		x.tellWait(d, now, add)
	case portfolio.VerdictWouldAct:
		add(portfolio.LevelNotice, "would-act", fmt.Sprintf("%s would %s it: %s", d.Rule, d.Do, d.Reason), d.Rule, 0)
	case portfolio.VerdictHold:
		add(portfolio.LevelInfo, "held", d.Reason, d.Rule, 0)
	case portfolio.VerdictLetLapse:
		add(portfolio.LevelInfo, "let-lapse", d.Reason, d.Rule, 0)
	}
	if e, ok := x.warning(d, now); ok && d.Verdict != portfolio.VerdictAct {
		events = append(events, e)
	}
	spoken := isDomain
	for _, a := range d.Alerts {
		switch {
		case a.Rule != "":
			once := a.Rule
			if a.Rule == d.Rule { // its hold ends: on another day that is news again
				once += " " + a.Text
			}
			add(a.Level, "alert", a.Rule+": "+a.Text, once, a.Repeat)
			continue
		case d.Code == "unproven":
			add(a.Level, "unproven", a.Text, "", a.Repeat)
		case isDomain:
			add(a.Level, "uncovered", a.Text, d.Code+string(f.State), a.Repeat)
		default:
			add(a.Level, "seen", a.Text, "", a.Repeat)
		}
		spoken = true
	}
	if !spoken {
		add(portfolio.LevelInfo, "seen", d.Reason, "", 0)
	}
	return events
}

// nearEnd is how near its expiration a domain that waits is worth an alert.
const nearEnd = 14 * 24 * time.Hour

// tellWait tells of what waits too long, or waits for somebody else.
func (x *Executor) tellWait(d portfolio.Decision, now time.Time, add func(level portfolio.Level, what, text, once string, repeat time.Duration)) {
	f, _ := d.Resource.(portfolio.DomainFacts)
	switch {
	case d.Code == codeVendorTurn:
		add(portfolio.LevelInfo, "watched", d.Reason, "", 0)
		if f.ExpiresAt.Before(now.Add(vendorLate)) {
			add(portfolio.LevelAlert, "vendor-turn-late", "DNSimple's own auto-renewal has not renewed it yet, and "+d.Reason, "", 0)
		}
	case d.Code == codeRecent && !f.ExpiresAt.IsZero() && f.ExpiresAt.Before(now.Add(nearEnd)):
		add(portfolio.LevelAlert, "blocked", d.Reason, d.Code, 24*time.Hour)
	case (d.Code == codeHeldUp || d.Code == codeUnknown && d.Do != portfolio.ActionCancel) && !f.ExpiresAt.IsZero() && f.ExpiresAt.Before(now.Add(nearEnd)):
		add(portfolio.LevelAlert, "blocked", "it waits: "+d.Reason, d.Code, 24*time.Hour)
	case (d.Code == codeUnderWay || d.Code == codeHeldUp || d.Code == codeUnknown) && d.Do == portfolio.ActionCancel, d.Code == "unread":
		add(portfolio.LevelAlert, "blocked", d.Reason, d.Code, 24*time.Hour)
	}
}
