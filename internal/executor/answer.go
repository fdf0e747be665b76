package executor

import (
	"context"
	"errors"
	"fmt"

	"domaind/internal/portfolio"
)

// Answer settles what an operation asks, as an operator says, and gives its row as it
// stands then: approved it is looked at afresh, and carried as far as it goes now; denied
// it ends, and is not asked again as long as what it showed stands. What cannot be answered
// is a [RefusedError]. One whose subject has moved is asked anew.
func (x *Executor) Answer(ctx context.Context, key string, approve bool, by, reason string) (portfolio.Operation, error) {
	op, release, err := x.inItsTurn(ctx, key, approve)
	if err != nil {
		return op, err
	}
	defer release()
	if op.State != portfolio.StateAsked {
		return op, refusedf("%s is %s (%s): only what waits for an answer can be approved or denied", op, op.State, op.LastNote())
	}
	if !approve {
		return x.deny(op, x.answer(op, portfolio.ApprovalAnswer, by, reason))
	}
	return x.approve(ctx, op, x.answer(op, portfolio.ApprovalAnswer, by, reason))
}

// inItsTurn reads an operation that an operator speaks of, and has its account's turn until
// it is released: nobody else moves it on meanwhile. One of an account that is not
// configured any more can be ended, and not carried on.
func (x *Executor) inItsTurn(ctx context.Context, key string, carriesOn bool) (op portfolio.Operation, release func(), err error) {
	op, ok, err := x.ledger.Operation(key)
	switch {
	case err != nil:
		return op, nil, err
	case !ok:
		return op, nil, refusedf("there is no operation %q", key)
	}
	release = func() {}
	if turn, ok := x.turns[op.AccountID]; ok {
		if err := turn.wait(ctx); err != nil {
			return op, nil, fmt.Errorf("wait for what account %d is doing: %w", op.AccountID, err)
		}
		release = turn.Unlock
	} else if carriesOn {
		return op, nil, refusedf("%s: account %d is not configured any more", op, op.AccountID)
	}
	if op, _, err = x.ledger.Operation(key); err != nil { // it may have moved on meanwhile
		release()
		return op, nil, err
	}
	return op, release, nil
}

// answer is an approval of what an operation shows.
func (x *Executor) answer(op portfolio.Operation, kind portfolio.ApprovalKind, by, reason string) portfolio.Approval {
	return portfolio.Approval{
		Kind: kind, AccountID: op.AccountID, Operation: op.Kind, SubjectID: op.SubjectID, Name: op.Name,
		ExpiresAt: op.Asked.ExpiresAt, State: op.Asked.State, MaxPrice: op.Asked.Price, Contact: op.Contact,
		By: by, Reason: reason, At: x.now(),
	}
}

// deny ends what an operation asks: that was a no.
func (x *Executor) deny(op portfolio.Operation, a portfolio.Approval) (portfolio.Operation, error) {
	a.Denied = true
	note := a.By + " denied it"
	if a.Reason != "" {
		note += ": " + a.Reason
	}
	row, _, err := x.step(op, denied{moment: moment(a.At), approval: a, note: note, by: a.By})
	if errors.Is(err, portfolio.ErrStale) {
		return op, refusedf("%s was settled meanwhile", op)
	}
	if err != nil {
		return op, fmt.Errorf("deny %s: %w", op, err)
	}
	return row, nil
}

// approve looks afresh at what was asked, and lets it go as it was shown.
func (x *Executor) approve(ctx context.Context, op portfolio.Operation, a portfolio.Approval) (portfolio.Operation, error) {
	stopped, err := x.heldBy(op)
	if err != nil {
		return op, err
	}
	if stopped != nil {
		return op, refusedf("%s: %s: %s paused by %s: %s; the question waits", op, whose(stopped.AccountID), whatStops(*stopped), stopped.By, stopped.Reason)
	}
	reading, cancel := context.WithTimeout(x.urgent(ctx), confirmWithin)
	seen, err := x.seeAsked(reading, op)
	cancel()
	switch {
	case err != nil:
		return op, err
	case seen.failed != nil:
		return op, refusedf("%s: it is not done before it can be looked at afresh: %s; the question waits", op, seen.failed)
	case seen.moot != "":
		row, err := x.withdrawQuestion(op, seen.moot)
		if err != nil {
			return op, err
		}
		return row, refusedf("%s: nobody need answer that any more: %s", op, seen.moot)
	case !seen.stands:
		return op, refusedf("%s: %s; the question waits", op, seen.decision.Reason)
	}
	if moved := x.otherwise(op, seen.decision); moved != "" {
		d, err := x.question(ctx, seen.decision)
		if err != nil {
			return op, err
		}
		return op, refusedf("%s: %s: it is asked anew (%s)", op, moved, d.Op)
	}
	return x.goOn(ctx, op, seen.decision, a)
}

// goOn carries an operation on that was approved, as far as it goes now.
func (x *Executor) goOn(ctx context.Context, op portfolio.Operation, d portfolio.Decision, a portfolio.Approval) (portfolio.Operation, error) {
	row, err := x.row(d)
	if err != nil {
		return op, err
	}
	row.Approval = &a
	why := a.By + " approved it"
	if a.Reason != "" {
		why += ": " + a.Reason
	}
	went, err := x.release(op, row, why, a.By)
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return op, refusedf("%s: %s; the question waits", op, over)
	}
	if errors.Is(err, portfolio.ErrDomainBusy) || errors.Is(err, portfolio.ErrStale) {
		return op, refusedf("%s; the question waits", err)
	}
	if err != nil {
		return op, err
	}
	if err := x.carry(ctx, went); err != nil {
		return went, err
	}
	went, _, err = x.ledger.Operation(op.Key)
	return went, err
}

// withdrawQuestion ends a question that nobody need answer any more.
func (x *Executor) withdrawQuestion(op portfolio.Operation, why string) (portfolio.Operation, error) {
	row, _, err := x.step(op, moot{moment(x.now()), why})
	if err != nil {
		return op, fmt.Errorf("withdraw what %s asks: %w", op, err)
	}
	return row, nil
}

// seenAsked is what an operation that waits for an answer looks like now.
type seenAsked struct {
	decision portfolio.Decision // as the guards left it
	stands   bool               // the policy wants the same, and asks, or would act by now
	moot     string             // why nobody need answer any more; "" where somebody must
	failed   error              // it could not be looked at
}

// seeAsked looks afresh at what an operation asks, with the policy of now.
func (x *Executor) seeAsked(ctx context.Context, op portfolio.Operation) (seenAsked, error) {
	r, gone, err := x.subject(ctx, op)
	call, unread := errors.AsType[*portfolio.CallError](err)
	switch {
	case unread && ended(ctx):
		return seenAsked{failed: err}, nil
	case unread && call.Outcome == portfolio.OutcomeNotFound:
		return seenAsked{moot: err.Error()}, nil
	case unread:
		return seenAsked{failed: err}, x.Report(op.AccountID, err)
	case err != nil:
		return seenAsked{}, err
	case gone != "":
		return seenAsked{moot: gone}, nil
	}
	d, failed, err := x.assess(ctx, x.decide(r), nil)
	if err != nil || ended(ctx) {
		return seenAsked{failed: ctx.Err()}, err
	}
	seen := seenAsked{decision: d, failed: failed}
	same := operationKind(d.Do) == op.Kind
	switch d.Verdict {
	case portfolio.VerdictAct, portfolio.VerdictAsk:
		seen.stands = same
	case portfolio.VerdictBlocked:
		same = same || op.Kind == portfolio.OpAutoRenewal && d.Do == portfolio.ActionRenew
	case portfolio.VerdictWait:
		switch d.Code {
		case codeRecent, codeVendorTurn, codeLeaving, codeOurs, codeDone, codeDenied:
			seen.moot = d.Reason
		}
		same = same || op.Kind == portfolio.OpAutoRenewal && d.Do == portfolio.ActionRenew
	default:
		same = false
	}
	if !same && seen.moot == "" && failed == nil {
		seen.moot = fmt.Sprintf("the policy wants something else now: %s (%s)", d.Verdict, d.Reason)
	}
	return seen, nil
}
