package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// When a question is looked at again that could not be looked at, or of which a guard
// forbids for now what it proposes.
const (
	askedUnread  = time.Hour
	askedBlocked = 6 * time.Hour
)

// errUnread: an operation that waits for an answer could not be looked at, since DNSimple
// does not answer.
var errUnread = errors.New("DNSimple does not answer")

// askAgain looks whether what an operation asks stands, and puts the question again where
// it is time. Where nobody has answered in time it does what the rule says silence means.
func (x *Executor) askAgain(ctx context.Context, op portfolio.Operation) error {
	put := func(after time.Duration) error {
		_, _, err := x.step(op, repeated{moment: moment(x.now()), next: x.now().Add(after)})
		return err
	}
	if stopped, err := x.heldBy(op); err != nil {
		return err
	} else if stopped != nil {
		return put(askedBlocked) // nobody could say yes
	}
	seen, err := x.seeAsked(ctx, op)
	switch {
	case err != nil || ended(ctx):
		return err
	case seen.failed != nil:
		if err := put(askedUnread); err != nil {
			return err
		}
		return errUnread
	case seen.moot != "":
		_, err := x.withdrawQuestion(op, seen.moot)
		return err
	case !seen.stands:
		if err := x.announce(seen.decision); err != nil {
			return err
		}
		return put(askedBlocked)
	}
	if seen.decision.Verdict == portfolio.VerdictAct {
		if err := x.begin(ctx, seen.decision); err != nil { // nobody need be asked any more
			return err
		}
		return x.rest(op)
	}
	if x.outdated(op, seen.decision) != "" {
		if _, err := x.question(ctx, seen.decision); err != nil {
			return err
		}
		return x.rest(op)
	}
	now := x.now()
	if !op.Asked.Until.IsZero() && !now.Before(op.Asked.Until) {
		return x.silence(ctx, op, seen.decision)
	}
	again := repeated{moment: moment(now), next: askedNext(op, now)}
	if repeatDue(op, now) {
		again.said = new(x.put(op, seen.decision, now))
	}
	_, _, err = x.step(op, again)
	return err
}

// rest puts off a question that stands as it was although it was to go on, or to be asked
// anew: something was quicker. It must not be looked at again in the same moment.
func (x *Executor) rest(op portfolio.Operation) error {
	is, ok, err := x.ledger.Operation(op.Key)
	if err != nil || !ok || is.State != portfolio.StateAsked || !is.Due(x.now()) {
		return err
	}
	_, _, err = x.step(is, repeated{moment: moment(x.now()), next: x.now().Add(askedUnread)})
	return err
}

// silence does what it means that nobody has answered.
func (x *Executor) silence(ctx context.Context, op portfolio.Operation, d portfolio.Decision) error {
	a := x.answer(op, portfolio.ApprovalSilent, "silence", fmt.Sprintf("nobody answered by %s, and %s says what that means", op.Asked.Until.UTC().Format(time.RFC3339), op.Rule))
	if op.Asked.Silence != portfolio.SilenceAct {
		_, err := x.deny(op, a)
		return err
	}
	_, err := x.goOn(ctx, op, d, a)
	if no, ok := errors.AsType[*RefusedError](err); ok { // the money is missing now
		x.log.Info("silence cannot let it go", "op", op.ShortID(), "why", no.Reason)
		_, _, err = x.step(op, repeated{moment: moment(x.now()), next: x.now().Add(askedUnread)})
	}
	return err
}

// mostQuestions is how many questions of an account are looked at in one follow-up, after
// everything else: many may wait, and each takes a few reads.
const mostQuestions = 20

// inOrder is what of an account's operations is looked at now: what has begun first.
func inOrder(due []portfolio.Operation) []string {
	var keys, asked []string
	for _, op := range due {
		if op.State == portfolio.StateAsked {
			asked = append(asked, op.Key)
		} else {
			keys = append(keys, op.Key)
		}
	}
	return append(keys, asked[:min(len(asked), mostQuestions)]...)
}
