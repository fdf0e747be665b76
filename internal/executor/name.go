package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// codeNoName is the code of a name that is not registered through DNSimple, or not at a
// price that is known.
const codeNoName = "not-for-sale"

// assessName applies the guards that stand before the registration of a name that is
// watched.
func (x *Executor) assessName(ctx context.Context, d portfolio.Decision, f portfolio.NameFacts, budget *budget) (_ portfolio.Decision, failed, err error) {
	open, err := x.ledger.OpenOperations()
	if err != nil {
		return d, nil, fmt.Errorf("look for open operations: %w", err)
	}
	for _, op := range open {
		if op.Name == f.Name && !asksFor(op, f) {
			d.Op = op.ShortID()
			return guarded(d, portfolio.VerdictWait, codeUnderWay, fmt.Sprintf("%s is %s: %s", op, op.State, op.LastNote())), nil, nil
		}
	}
	trail := trailOf(ctx)
	trail.passed(guardUnderWay, plainly("nothing is under way for the name"))
	var terms portfolio.Terms
	if d.Terms != nil {
		terms = *d.Terms
	}
	q, err := x.priceOfName(ctx, portfolio.OpRegister, f.AccountID, f.Name, terms, false, purposeOf(d, budget))
	if err == nil && !terms.Trustee {
		err = withoutTrustee(ctx, x.registries[f.AccountID], f.Name)
	}
	if err == nil {
		err = withAttributes(ctx, x.registries[f.AccountID], f.Name, terms)
	}
	if no, ok := errors.AsType[*RefusedError](err); ok {
		return guarded(d, portfolio.VerdictBlocked, codeNoName, no.Reason), nil, nil
	}
	if err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeNoPrice, "its price could not be read: "+err.Error()), err, nil
	}
	now := x.now()
	d.Price, d.PriceAt, d.PerYear = &q.total, q.readAt, q.perYear
	trail.passed(guardForSale, plainly("DNSimple registers it, and its registry wants to know nothing more"))
	trail.passed(guardPrice, x.sawPrice(d))
	if err := withinRule(d, q); err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeMaxPrice, err.Error()), nil, nil
	}
	trail.passed(guardMaxPrice, sawMaxPrice(d))
	if q, err = withPrivacy(d, q); err != nil {
		return guarded(d, portfolio.VerdictBlocked, codeNoPrice, err.Error()), nil, nil
	}
	d.Price = &q.total
	d, stopped, err := x.answered(d, &q.total)
	if err != nil || stopped {
		return d, nil, err
	}
	trail.passed(guardAnswers, x.sawAnswers(d))
	d, err = x.assessCeilings(ctx, d, f.AccountID, q.total, now, budget)
	return d, nil, err
}

// asksFor says whether an operation is a question that stands in nobody's way: about this
// very registration, or asked in another account.
func asksFor(op portfolio.Operation, f portfolio.NameFacts) bool {
	return op.State == portfolio.StateAsked && (op.AccountID != f.AccountID || op.Kind == portfolio.OpRegister && op.Occasion == occasion(f))
}

// withAttributes refuses a name whose registry wants to know what its rule does not say.
func withAttributes(ctx context.Context, reg Asker, name string, terms portfolio.Terms) error {
	lacks, err := missing(ctx, reg, portfolio.TLD(name), terms.Attributes)
	if err == nil && len(lacks) > 0 {
		return refusedf(".%s wants %s, which its rule does not give (extended_attributes)", portfolio.TLD(name), names(lacks))
	}
	return err
}

// withoutTrustee refuses a name whose TLD requires a trustee: where no rule asks for one,
// it might be bought unasked, beyond the price. An operator is told, and decides.
func withoutTrustee(ctx context.Context, reg Asker, name string) error {
	tld, err := reg.TLDDetails(ctx, portfolio.TLD(name))
	if outcome(err) == portfolio.OutcomeNotFound {
		return nil // DNSimple says nothing of it
	}
	if err == nil && tld.TrusteeRequired {
		return refusedf("DNSimple requires a trustee under .%s, and its rule asks for none (trustee = true)", tld.TLD)
	}
	return err
}

// confirmWatched asks again whether a watched name is free, what it costs, and whether
// the policy wants it still.
func (x *Executor) confirmWatched(ctx context.Context, op portfolio.Operation) (confirmation, error) {
	answer, err := x.confirmName(ctx, op)
	c, ok := answer.(cleared)
	if err != nil || !ok {
		return answer, err
	}
	now := x.now()
	stop := func(why string) (confirmation, error) { return withdrawn{moment: moment(now), why: why}, nil }
	facts := portfolio.NameFacts{
		AccountID: op.AccountID, Name: op.Name, UnicodeName: op.Name, Status: portfolio.NameFree, FreeSince: op.CreatedAt, CheckedAt: now,
	}
	d := rules.Decide(x.policy(), facts, now)
	if !mayGo(op, d.Verdict) || operationKind(d.Do) != op.Kind || d.Rule != op.Rule || d.Contact != op.Contact || !sameTerms(d.Terms, op.Terms) {
		return stop(fmt.Sprintf("the policy wants something else now: %s (%s)", d.Verdict, d.Reason))
	}
	if err := withinRule(d, c.quote); err != nil {
		return stop(err.Error())
	}
	if c.quote, err = withPrivacy(d, c.quote); err != nil {
		return stop(err.Error())
	}
	if why, moved := x.unapproved(op, d, time.Time{}, "", &c.total); why != "" {
		return withdrawn{moment: moment(now), why: why, moved: moved}, nil
	}
	return c, nil
}

// withPrivacy is what a registration costs at the worst where its rule asks for WHOIS
// privacy as well. DNSimple does not say what that costs: all that the rule allows is set
// aside, and where it names no bound nothing is bought.
func withPrivacy(d portfolio.Decision, q quote) (quote, error) {
	if d.Terms == nil || !d.Terms.WhoisPrivacy {
		return q, nil
	}
	if d.MaxPrice == nil {
		return q, fmt.Errorf("DNSimple does not say what WHOIS privacy costs: %s needs a max_price, which is set aside then", d.Rule)
	}
	q.total = *d.MaxPrice
	return q, nil
}

// sameTerms says whether a registration asks for the same beside the name.
func sameTerms(a, b *portfolio.Terms) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.WhoisPrivacy == b.WhoisPrivacy && a.AutoRenew == b.AutoRenew && a.Trustee == b.Trustee && maps.Equal(a.Attributes, b.Attributes)
}
