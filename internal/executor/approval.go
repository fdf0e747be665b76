package executor

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

const (
	codeAskAbove = "ask-above" // its price is above what is spent unasked
	codeAsked    = "asked"     // it was asked already, and waits for an answer
	codeDenied   = "denied"    // somebody said no
)

// limit is a price above which a person is asked, and who set it.
type limit struct {
	price portfolio.Money
	whose string
}

// askAbove is the lowest price above which a person is asked first: of the rule, the
// account and all accounts; nil where none says so.
func (x *Executor) askAbove(d portfolio.Decision) *limit {
	account, _, _ := d.Resource.Ident()
	c := x.ceilings()
	var lowest *limit
	for _, l := range []struct {
		price *portfolio.Money
		whose string
	}{{d.AskAbove, " of " + d.Rule}, {c.ByAccount[account].AskAbove, fmt.Sprintf(" of account %d", account)}, {c.Global.AskAbove, ""}} {
		if l.price != nil && (lowest == nil || *l.price < lowest.price) {
			lowest = &limit{*l.price, l.whose}
		}
	}
	return lowest
}

// tooDear says why a price is not paid unasked, as a clause; "" where it is.
func (x *Executor) tooDear(d portfolio.Decision, price *portfolio.Money) string {
	if l := x.askAbove(d); l != nil && price != nil && *price > l.price {
		return fmt.Sprintf("it costs %s, and above %s (ask_above%s) somebody is asked first", *price, l.price, l.whose)
	}
	return ""
}

// shown is what of a resource is shown to whoever is asked, beside the price.
func shown(r portfolio.Resource) (expiresAt time.Time, state portfolio.DomainState) {
	if f, ok := r.(portfolio.DomainFacts); ok {
		return f.ExpiresAt, f.State
	}
	return time.Time{}, ""
}

// sourceOf is the proven source of a push; 0 of anything else.
func sourceOf(r portfolio.Resource) int64 {
	if p, ok := r.(portfolio.PushFacts); ok {
		return p.SourceID
	}
	return 0
}

// lastOf gives the last attempt at what a decision wants. That auto-renewal is switched on
// has a day for its occasion: the last of them all counts.
func (x *Executor) lastOf(d portfolio.Decision) (op portfolio.Operation, ok bool, err error) {
	account, id, _ := d.Resource.Ident()
	kind := operationKind(d.Do)
	if kind == portfolio.OpAutoRenewal {
		op, ok, err = x.ledger.LatestOf(account, kind, id)
	} else {
		op, ok, err = x.ledger.LastAttempt(account, kind, id, occasion(d.Resource))
	}
	if err != nil {
		return op, false, fmt.Errorf("look for earlier attempts: %w", err)
	}
	return op, ok, nil
}

// answered is the last of the guards beside the ceilings: what people said about a
// decision that every other one lets pass, and whether they are to be asked. The price is
// nil where it costs nothing. It says whether the decision is stopped.
func (x *Executor) answered(d portfolio.Decision, price *portfolio.Money) (portfolio.Decision, bool, error) {
	if dear := x.tooDear(d, price); d.Verdict == portfolio.VerdictAct && d.Approval == nil && dear != "" {
		d = guarded(d, portfolio.VerdictAsk, codeAskAbove, d.Reason+"; "+dear)
	}
	last, ok, err := x.lastOf(d)
	if err != nil || !ok {
		return d, false, err
	}
	expiresAt, state := shown(d.Resource)
	a := last.Approval
	holds := a != nil && !a.Over(x.now()) && a.Moved(expiresAt, state, price) == ""
	no, denied, err := x.denialOf(last, expiresAt, state, price)
	switch {
	case err != nil:
		return d, false, err
	case denied && !saidSince(d, no):
		return deniedBefore(d, no), true, nil
	case d.Verdict == portfolio.VerdictAsk && last.State == portfolio.StateAsked:
		d.Op = last.ShortID()
		return d, false, nil
	case d.Verdict == portfolio.VerdictAsk && holds && outlives(last, d) && another(last, d) == "":
		// What was answered is not asked again because DNSimple could not do it then.
		d.Approval = new(*a)
		return guarded(d, portfolio.VerdictAct, d.Code, fmt.Sprintf("%s; %s approved it on %s", d.Reason, a.By, x.ceilings().day(a.At))), false, nil
	case d.Verdict == portfolio.VerdictAct && d.Approval == nil && !askedOnly(last) && x.tooEarly(last):
		return retryLater(d, last), true, nil
	}
	return d, false, nil
}

// denialOf gives the attempt, the last of all or one before it, at which somebody said no to
// what is shown, unless somebody said yes later; ok is false where there is none.
func (x *Executor) denialOf(last portfolio.Operation, expiresAt time.Time, state portfolio.DomainState, price *portfolio.Money) (op portfolio.Operation, ok bool, err error) {
	op = last
	for attempt := last.Attempt; attempt >= 1; attempt-- {
		if attempt < last.Attempt {
			key := portfolio.OperationKey(last.AccountID, last.Kind, last.SubjectID, last.Occasion, attempt)
			if op, ok, err = x.ledger.Operation(key); err != nil {
				return op, false, fmt.Errorf("look for earlier answers: %w", err)
			}
			if !ok {
				continue
			}
		}
		switch a := op.Approval; {
		case a == nil:
		case !a.Denied && a.Kind != portfolio.ApprovalSilent:
			return op, false, nil // a person has let it go since
		case a.Denied && a.Moved(expiresAt, state, price) == "":
			return op, true, nil
		}
	}
	return op, false, nil
}

// saidSince says whether a push was announced after somebody had said no to it: the later
// word holds.
func saidSince(d portfolio.Decision, no portfolio.Operation) bool {
	return d.Approval != nil && d.Approval.Kind == portfolio.ApprovalPush && d.Approval.At.After(no.Approval.At)
}

// outlives says whether what was answered about an operation that failed holds for the next
// attempt as well: silence, as long as it means yes. What somebody applied or typed is done
// once.
func outlives(last portfolio.Operation, d portfolio.Decision) bool {
	kind := last.Approval.Kind
	return last.State == portfolio.StateFailed &&
		(kind == portfolio.ApprovalAnswer || kind == portfolio.ApprovalSilent && d.Silence == portfolio.SilenceAct)
}

// deniedBefore is a decision to which somebody said no.
func deniedBefore(d portfolio.Decision, last portfolio.Operation) portfolio.Decision {
	a := last.Approval
	why := ""
	if a.Reason != "" {
		why = ": " + a.Reason
	}
	anew := "it is not asked again"
	if !a.ExpiresAt.IsZero() {
		anew = "it is asked anew once its expiration or its state is another"
		if a.MaxPrice != nil {
			anew = fmt.Sprintf("it is asked anew once its expiration or its state is another, or it costs more than %s", *a.MaxPrice)
		}
	} else if a.MaxPrice != nil {
		anew = fmt.Sprintf("it is asked anew once it costs more than %s", *a.MaxPrice)
	}
	d.Op = last.ShortID()
	return guarded(d, portfolio.VerdictWait, codeDenied, fmt.Sprintf("%s denied it on %s%s (%s); %s",
		a.By, a.At.UTC().Format(time.DateOnly), why, last.ShortID(), anew))
}

// mayGo says whether the policy's answer, asked again, lets an operation go: it acts; or it
// asks, or only tries out, and somebody has let this one go.
func mayGo(op portfolio.Operation, v portfolio.Verdict) bool {
	return v == portfolio.VerdictAct || op.Approval != nil && (v == portfolio.VerdictAsk || v == portfolio.VerdictWouldAct)
}

// unapproved says why an operation must not go unasked, and whether what let it go has
// moved; "" where it may. What an approval showed must hold whatever the mode. The price is
// nil where it costs nothing.
func (x *Executor) unapproved(op portfolio.Operation, d portfolio.Decision, expiresAt time.Time, state portfolio.DomainState, price *portfolio.Money) (why string, moved bool) {
	a := op.Approval
	if a == nil {
		if op.Manual {
			return "", false
		}
		return x.tooDear(d, price), false
	}
	switch {
	case a.Denied:
		return a.By + " denied it", false
	case a.Over(x.now()):
		return fmt.Sprintf("%s let it go until %s, which is over", a.By, a.Until.UTC().Format(time.RFC3339)), true
	}
	if is := a.Moved(expiresAt, state, price); is != "" {
		return fmt.Sprintf("what %s approved has moved: %s", a.By, is), true
	}
	return "", false
}

// otherPush says why a push is not the one that was approved; "" where it is, or nobody had
// to approve it.
func (x *Executor) otherPush(op portfolio.Operation, d portfolio.Decision, source int64) string {
	why, _ := x.unapproved(op, d, time.Time{}, "", nil)
	switch {
	case why != "" || op.Approval == nil:
		return why
	case op.SourceID != 0 && source != op.SourceID:
		return fmt.Sprintf("it comes from account %d now, and came from account %d when it was shown", source, op.SourceID)
	case op.Kind == portfolio.OpAccept && d.Contact != op.Contact:
		return fmt.Sprintf("contact %d would become its registrant now, and contact %d was shown", d.Contact, op.Contact)
	}
	return ""
}
