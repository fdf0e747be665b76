package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// decide asks the policy of now about a resource as it was just read.
func (x *Executor) decide(r portfolio.Resource) portfolio.Decision {
	return rules.Decide(x.policy(), r, x.now())
}

// subject reads what an operation is about that waits for an answer. gone says why nothing
// is to be decided about it any more; the error is a call's, or the ledger's own.
func (x *Executor) subject(ctx context.Context, op portfolio.Operation) (r portfolio.Resource, gone string, err error) {
	switch op.Kind {
	case portfolio.OpRenew, portfolio.OpRestore, portfolio.OpAutoRenewal:
		return x.subjectDomain(ctx, op)
	default:
	}
	answer, err := x.registries[op.AccountID].Clock(ctx)
	if err == nil {
		err = x.timely(answer)
	}
	if err != nil {
		return nil, "", err
	}
	switch op.Kind {
	case portfolio.OpAccept, portfolio.OpReject:
		return x.subjectPush(ctx, op)
	case portfolio.OpRegister:
		return x.subjectName(ctx, op)
	default:
	}
	c, err := x.registries[op.AccountID].RegistrantChange(ctx, op.SubjectID)
	if err != nil {
		return nil, "", err
	}
	ours, err := x.Ours(c)
	return portfolio.ChangeFacts{RegistrantChange: c, Name: op.Name, Ours: ours}, "", err
}

// timely is an error where the clock here cannot be trusted: nothing is decided by it then,
// nor is silence counted.
func (x *Executor) timely(answer portfolio.Answer) error {
	if off := clockOff(x.now(), answer); off != "" {
		return &portfolio.CallError{Call: "compare the clocks", Outcome: portfolio.OutcomeUnknown, Message: off}
	}
	return nil
}

func (x *Executor) subjectDomain(ctx context.Context, op portfolio.Operation) (portfolio.Resource, string, error) {
	d, answer, err := x.registries[op.AccountID].Domain(ctx, op.DomainID)
	if err == nil {
		err = x.timely(answer)
	}
	switch {
	case err != nil:
		return nil, "", err
	case d.Name != op.Name:
		return nil, fmt.Sprintf("domain %d is called %s now", op.DomainID, d.Name), nil
	case op.Kind == portfolio.OpAutoRenewal && d.AutoRenew:
		return nil, "its auto-renewal is on already", nil
	}
	if was, is := portfolio.OccasionOf(op.Asked.ExpiresAt), portfolio.OccasionOf(d.ExpiresAt); was != is {
		return nil, fmt.Sprintf("its expiration moved from %s to %s: it was renewed meanwhile", was, is), nil
	}
	f, err := x.Facts(d)
	return f, "", err
}

func (x *Executor) subjectPush(ctx context.Context, op portfolio.Operation) (portfolio.Resource, string, error) {
	push, err := x.findPush(ctx, op)
	switch {
	case err != nil:
		return nil, "", failure(err)
	case push == nil:
		return nil, "the push is not waiting any more", nil
	}
	facts := x.Prove(ctx, *push)
	if facts.Unread {
		return nil, "", &portfolio.CallError{Call: "prove where the push comes from", Outcome: portfolio.OutcomeUnknown, Message: facts.Unproven}
	}
	return facts, "", nil
}

// subjectName asks whether a name is free still. The day since which it is stands in the
// row's occasion.
func (x *Executor) subjectName(ctx context.Context, op portfolio.Operation) (portfolio.Resource, string, error) {
	check, err := x.registries[op.AccountID].CheckDomain(ctx, op.Name)
	if err != nil {
		return nil, "", err
	}
	if !check.Available {
		return nil, op.Name + " is not free any more", nil
	}
	if _, err := hostedHere(ctx, x.registries[op.AccountID], op.Name); err != nil {
		if no, ok := errors.AsType[*RefusedError](err); ok {
			return nil, no.Reason, nil
		}
		return nil, "", err
	}
	since, err := time.Parse(time.DateOnly, strings.TrimPrefix(op.Occasion, op.Name+" "))
	if err != nil {
		return nil, "nobody can say since when it is free", nil //nolint:nilerr // a row that we did not write so
	}
	return portfolio.NameFacts{
		AccountID: op.AccountID, Name: op.Name, UnicodeName: unicodeOf(op.Name), Status: portfolio.NameFree, FreeSince: since, CheckedAt: x.now(),
	}, "", nil
}
