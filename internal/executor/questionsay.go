package executor

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// put is how a question is put at a moment: what is proposed, what it costs, until when it
// can be answered, what follows where nobody does, and the commands.
func (x *Executor) put(op portfolio.Operation, d portfolio.Decision, now time.Time) said {
	q := op.Asked
	level, _ := urgency(op, now)
	approve, deny := AnswersOf(op)
	silent := x.ifSilent(op, d.Resource)
	text := "it waits for an answer: " + q.Why
	if since := now.Sub(q.At); since > 0 {
		text = fmt.Sprintf("it has waited for an answer since %s: %s", x.ceilings().day(q.At), q.Why)
	}
	if q.Price != nil && x.tooDear(d, q.Price) == "" {
		text += fmt.Sprintf("; it costs %s", *q.Price)
	}
	text += fmt.Sprintf("; say: %s, or: %s; %s", approve, deny, silent)
	data := map[string]any{
		"name": op.Name, "why": q.Why, "rule_at": op.RuleAt, "if_silent": silent, "approve": approve, "deny": deny, "asked_at": q.At,
	}
	if q.Price != nil {
		data["price"] = *q.Price
	}
	if !q.ExpiresAt.IsZero() {
		data["expires_at"], data["domain_state"] = q.ExpiresAt, q.State
	}
	if !q.Until.IsZero() {
		data["answer_by"] = q.Until
	}
	return said{level: level, text: text, data: data}
}

// AnswersOf are the commands that answer what an operation asks.
func AnswersOf(op portfolio.Operation) (approve, deny string) {
	which := op.Name
	if which == "" {
		which = op.ShortID()
	}
	return "domaind approve " + which, "domaind deny " + which
}

// ifSilent says what follows where nobody answers, as a clause.
func (x *Executor) ifSilent(op portfolio.Operation, r portfolio.Resource) string {
	q := op.Asked
	follows := x.left(op, r)
	if q.Until.IsZero() {
		return "as long as nobody answers, nothing is done, and " + follows
	}
	by := q.Until.In(x.ceilings().Location).Format("2006-01-02 15:04 MST")
	if q.Silence == portfolio.SilenceAct {
		return fmt.Sprintf("where nobody answers by %s, it is done", by)
	}
	return fmt.Sprintf("where nobody answers by %s, that counts as no, and %s", by, follows)
}

// left says what becomes of a resource where nothing is done about it, as a clause.
func (x *Executor) left(op portfolio.Operation, r portfolio.Resource) string {
	switch r := r.(type) {
	case portfolio.DomainFacts:
		switch {
		case r.State == portfolio.DomainExpired:
			return fmt.Sprintf("%s, which lapsed on %s, is lost on a day that nobody tells beforehand", r.Name, x.ceilings().day(r.ExpiresAt))
		case r.AutoRenew:
			return fmt.Sprintf("DNSimple's own auto-renewal, which is on, renews %s by %s", r.Name, x.ceilings().day(r.ExpiresAt))
		}
		return fmt.Sprintf("%s is lost after %s", r.Name, x.ceilings().day(r.ExpiresAt))
	case portfolio.PushFacts:
		return "the push waits on"
	case portfolio.ChangeFacts:
		return fmt.Sprintf("contact %d becomes the registrant", r.ContactID)
	case portfolio.NameFacts:
		return "somebody else may register " + r.Name
	}
	return fmt.Sprintf("%s stays as it is", subjectOf(op))
}
