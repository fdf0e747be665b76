package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// question has an operation wait for an answer about a decision, unless one does already.
// A question that shows something else than the decision does is withdrawn, and asked anew.
func (x *Executor) question(ctx context.Context, d portfolio.Decision) (portfolio.Decision, error) {
	last, ok, err := x.lastOf(d)
	if err != nil {
		return d, err
	}
	if ok && last.State == portfolio.StateAsked {
		d.Op = last.ShortID()
		moved := x.outdated(last, d)
		if moved == "" {
			return d, nil
		}
		if _, _, err := x.step(last, moot{moment(x.now()), moved + ": it is asked anew"}); errors.Is(err, portfolio.ErrStale) {
			return d, nil // it was answered meanwhile
		} else if err != nil {
			return d, fmt.Errorf("withdraw what %s asks: %w", last, err)
		}
	}
	row, err := x.row(d)
	if err != nil {
		return d, err
	}
	now := x.now()
	row.Asked = x.ask(d, row, now)
	if !row.Asked.Until.IsZero() {
		// When silence counts must not be said by a clock that is wrong.
		answer, err := x.registries[row.AccountID].Clock(ctx)
		if err == nil {
			err = x.timely(answer)
		}
		if err != nil {
			return guarded(d, portfolio.VerdictBlocked, portfolio.CodeClock, "nobody is asked for now: "+failure(err).Said()), x.Report(row.AccountID, err)
		}
	}
	op, _, err := x.step(portfolio.Operation{}, asking{moment(now), row, x.put(row, d, now)})
	if errors.Is(err, portfolio.ErrStale) {
		return d, nil // somebody was quicker; it is decided anew at the next scan
	}
	if err != nil {
		return d, fmt.Errorf("ask about %s: %w", row, err)
	}
	d.Op = op.ShortID()
	return d, nil
}

// ask is the question about a decision.
func (x *Executor) ask(d portfolio.Decision, row portfolio.Operation, now time.Time) *portfolio.Asked {
	q := &portfolio.Asked{At: now, Price: d.Price, Why: x.whyAsked(d)}
	q.ExpiresAt, q.State = shown(d.Resource)
	q.Until, q.Silence = silenceOf(d, row.Kind, now)
	return q
}

// silenceOf is until when a question about a decision can be answered that was asked at a
// moment, and what silence counts as then: zero and "" where it never counts. It never buys
// what a rule was not allowed to have it buy.
func silenceOf(d portfolio.Decision, kind portfolio.OperationKind, askedAt time.Time) (time.Time, portfolio.Silence) {
	acts := d.Silence == portfolio.SilenceAct && (kind == portfolio.OpRenew || kind == portfolio.OpAutoRenewal)
	if d.AnswerWithin <= 0 || !acts && d.Silence != portfolio.SilenceDeny {
		return time.Time{}, ""
	}
	return askedAt.Add(d.AnswerWithin), d.Silence
}

// whyAsked says why a decision is not simply carried out, as a clause.
func (x *Executor) whyAsked(d portfolio.Decision) string {
	if dear := x.tooDear(d, d.Price); dear != "" {
		return dear
	}
	return fmt.Sprintf(`the mode of %s is "ask"`, d.Rule)
}

// otherwise says what of a decision is another than what an operation asks about, as a
// clause; "" where nothing is.
func (x *Executor) otherwise(op portfolio.Operation, d portfolio.Decision) string {
	if is := another(op, d); is != "" {
		return is
	}
	expiresAt, state := shown(d.Resource)
	return shownThen(op.Asked).Moved(expiresAt, state, d.Price)
}

// outdated is otherwise, and says as well where silence means something else by now, or
// counts at another time: who was asked has to hear that.
func (x *Executor) outdated(op portfolio.Operation, d portfolio.Decision) string {
	until, silence := silenceOf(d, op.Kind, op.Asked.At)
	if other := x.otherwise(op, d); other != "" || until.Equal(op.Asked.Until) && silence == op.Asked.Silence {
		return other
	}
	return fmt.Sprintf("what follows where nobody answers is another than when %s asked", op.Rule)
}

// another says what else than its date, its state and its price a decision wants than an
// operation is about, as a clause; "" where that is nothing.
func another(op portfolio.Operation, d portfolio.Decision) string {
	switch source := sourceOf(d.Resource); {
	case d.Rule != op.Rule:
		return fmt.Sprintf("%s wanted it when it was asked, and %s does now", op.Rule, d.Rule)
	case op.Kind == portfolio.OpRenew && max(d.Years, 1) != op.Years:
		return fmt.Sprintf("it was to be renewed for %d years when it was asked, and is for %d now", op.Years, max(d.Years, 1))
	case op.Contact != d.Contact:
		return fmt.Sprintf("contact %d was to become its registrant when it was asked, and contact %d is now", op.Contact, d.Contact)
	case op.Kind == portfolio.OpRegister && !sameTerms(op.Terms, d.Terms):
		return "it was to be registered on other terms when it was asked"
	case op.SourceID != source:
		return fmt.Sprintf("it came from account %d when it was asked, and comes from account %d now", op.SourceID, source)
	}
	return ""
}

// shownThen is what a question shows, as an approval of it would hold it.
func shownThen(q *portfolio.Asked) portfolio.Approval {
	return portfolio.Approval{ExpiresAt: q.ExpiresAt, State: q.State, MaxPrice: q.Price}
}

// unchanged is a decision that a scan need not price: it was asked, and its question is
// looked at by itself; or it was denied, and what it costs is looked at once a day.
func (x *Executor) unchanged(d portfolio.Decision) (portfolio.Decision, bool, error) {
	if d.Verdict != portfolio.VerdictAsk && d.Verdict != portfolio.VerdictAct || operationKind(d.Do) == "" {
		return d, false, nil
	}
	last, ok, err := x.lastOf(d)
	if err == nil && !ok && d.Do == portfolio.ActionRenew {
		as := d // where only DNSimple's own auto-renewal renews
		as.Do = portfolio.ActionAutoRenewal
		if last, ok, err = x.lastOf(as); ok && last.Asked != nil {
			d.Do = portfolio.ActionAutoRenewal
		}
	}
	if err != nil || !ok || last.Asked == nil {
		return d, false, err
	}
	expiresAt, state := shown(d.Resource)
	switch {
	case last.State == portfolio.StateAsked:
		d.Price, d.PriceAt = last.Asked.Price, toldAt(last.Asked)
		dear := x.tooDear(d, d.Price) != ""
		if x.outdated(last, d) != "" || d.Verdict == portfolio.VerdictAct && !dear {
			return d, false, nil
		}
		if d.Verdict == portfolio.VerdictAct {
			d = guarded(d, portfolio.VerdictAsk, codeAskAbove, d.Reason+"; "+x.tooDear(d, d.Price))
		}
		d.Op = last.ShortID()
		return d, true, nil
	case d.Approval == nil && last.Approval != nil && last.Approval.Denied && last.Approval.Moved(expiresAt, state, nil) == "" && !x.worthLooking("denied|"+last.Key):
		d.Price, d.PriceAt = last.Asked.Price, last.Asked.At
		return deniedBefore(d, last), true, nil
	}
	return d, false, nil
}

// release lets an operation go that waits for an answer: the row is how it goes on. A
// ceiling that forbids it is a [CeilingError], and the question stays.
func (x *Executor) release(asked, row portfolio.Operation, why, by string) (portfolio.Operation, error) {
	now := x.now()
	var allow func(portfolio.Spent) error
	if row.Kind.Purchase() {
		allow = func(s portfolio.Spent) error { return x.ceilings().allow(s, row.AccountID, row.Reserved, now) }
	}
	op, _, err := x.stepIf(asked, letGo{moment(now), row, why, by}, allow)
	if err != nil {
		return asked, fmt.Errorf("let %s go: %w", asked, err)
	}
	return op, nil
}
