package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// begin brings an operation into being for a decision that every guard let pass,
// and carries it as far as it goes now.
func (x *Executor) begin(ctx context.Context, d portfolio.Decision) error {
	op, err := x.secure(d)
	var over *CeilingError
	switch {
	case errors.As(err, &over): // another account's purchase took the money meanwhile
		return x.announce(guarded(d, portfolio.VerdictBlocked, over.Ceiling, over.Error()))
	case errors.Is(err, portfolio.ErrDomainBusy), errors.Is(err, portfolio.ErrStale):
		return nil // the other one goes first; this is decided anew at the next scan
	case err != nil:
		return err
	}
	return x.carry(ctx, op)
}

// secure brings a decision's operation into being as reserved: a new one, or that which
// waits for an answer about it.
func (x *Executor) secure(d portfolio.Decision) (portfolio.Operation, error) {
	row, err := x.row(d)
	if err != nil {
		return row, err
	}
	last, ok, err := x.lastOf(d)
	if err != nil {
		return row, err
	}
	if ok && last.State == portfolio.StateAsked {
		return x.release(last, row, whyReleased(d), byOf(d))
	}
	return x.reserve(row)
}

// whyReleased says why what was asked goes on without an answer.
func whyReleased(d portfolio.Decision) string {
	if d.Approval != nil {
		return d.Approval.By + " lets it go"
	}
	return "nobody need be asked any more: " + d.Reason
}

// byOf is who lets a decision go.
func byOf(d portfolio.Decision) string {
	if d.Approval != nil {
		return d.Approval.By
	}
	return "daemon"
}

// reserve brings a row into being, and sets its money aside.
func (x *Executor) reserve(row portfolio.Operation) (portfolio.Operation, error) {
	now := x.now()
	var allow func(portfolio.Spent) error
	if row.Kind.Purchase() {
		allow = func(s portfolio.Spent) error { return x.ceilings().allow(s, row.AccountID, row.Reserved, now) }
	}
	op, _, err := x.stepIf(portfolio.Operation{}, planned{moment(now), row}, allow)
	if err != nil {
		return row, fmt.Errorf("reserve %s: %w", row, err)
	}
	return op, nil
}

// row is the operation that carries a decision out.
func (x *Executor) row(d portfolio.Decision) (portfolio.Operation, error) {
	account, id, name := d.Resource.Ident()
	kind := operationKind(d.Do)
	op := portfolio.Operation{
		AccountID: account, Kind: kind, SubjectID: id, DomainID: domainOf(d.Resource), Name: name,
		Occasion: occasion(d.Resource), Attempt: 1,
		Contact: d.Contact, SourceID: sourceOf(d.Resource),
		Terms: d.Terms, Rule: d.Rule, RuleAt: d.RuleAt, Policy: d.Policy, Loud: d.Loud, Labels: d.Labels,
		By: fmt.Sprintf("rule %s (%s)", d.Rule, d.RuleAt),
	}
	if f, ok := d.Resource.(portfolio.DomainFacts); ok {
		op.ExpiresAt = f.ExpiresAt
	}
	if kind == portfolio.OpRenew {
		op.Years = max(d.Years, 1)
	}
	if d.Do == portfolio.ActionAutoRenewal {
		op.Occasion = portfolio.OccasionOf(x.now()) // once a day, where somebody switches it off
	}
	if d.Approval != nil {
		op.Approval = new(*d.Approval)
		if d.Rule == "" { // an announced push has none
			op.By = fmt.Sprintf("%s, who announced it on %s", d.Approval.By, d.Approval.At.UTC().Format(time.DateOnly))
		}
	}
	if d.Price != nil && kind.Purchase() {
		op.Reserved, op.PerYear = *d.Price, d.PerYear
	}
	if d.Approval != nil {
		op.Approval = new(*d.Approval)
		if op.Approval.Kind == portfolio.ApprovalPlan {
			op.By = op.Approval.By
		}
	}
	_, probes, err := x.stopped(account, kind)
	if err != nil {
		return op, err
	}
	op.Probes = probes
	last, ok, err := x.ledger.LastAttempt(account, kind, id, op.Occasion)
	if err != nil {
		return op, fmt.Errorf("look for earlier attempts: %w", err)
	}
	if ok {
		op.Attempt, op.Questions = last.Attempt+1, last.Questions
		if askedOnly(last) {
			op.Questions++
		}
		if last.Net != nil && last.Net.BackAt.IsZero() {
			op.Net = new(*last.Net) // what was switched on for it goes back after it
		}
	}
	if kind == portfolio.OpRestore {
		refused, ok, err := x.ledger.LastAttempt(account, portfolio.OpRenew, id, op.Occasion)
		if err != nil {
			return op, fmt.Errorf("look for the refused renewal: %w", err)
		}
		if ok && refused.Refused {
			op.Follows = refused.Key
		}
	}
	op.Key = portfolio.OperationKey(account, kind, id, op.Occasion, op.Attempt)
	return op, nil
}

// carry takes a reserved operation on: it is confirmed by a fresh look, armed,
// sent, and its outcome looked at. The account's turn must be held.
func (x *Executor) carry(ctx context.Context, op portfolio.Operation) error {
	if ended(ctx) {
		return nil // it stays reserved, and is taken up after the restart
	}
	if op.Sent > 0 && !op.Kind.Once() {
		// A wish whose answer was lost may have come true, or still be about to.
		if seen := x.seen(ctx, op); seen.happened || seen.impossible != "" || seen.gone || seen.taken {
			return x.observe(ctx, op, seen)
		}
	}
	looking, cancel := context.WithTimeout(x.urgent(ctx), confirmWithin)
	answer, err := x.lastLook(looking, op)
	cancel()
	if err != nil || ended(ctx) {
		return err
	}
	op, armed, err := x.arm(op, answer)
	if err != nil || !armed {
		return err
	}
	return x.send(ctx, op)
}

// arm writes what the fresh look said. It reports whether the request may leave. Once a
// pause is durable nothing is armed any more that it stops: the look at the pauses and
// the commit are one step beside those that begin a pause.
func (x *Executor) arm(op portfolio.Operation, answer confirmation) (portfolio.Operation, bool, error) {
	x.gate.Lock()
	defer x.gate.Unlock()
	if c, ok := answer.(cleared); ok {
		stopped, err := x.heldBy(op)
		if err == nil && op.Probes == "" {
			// What waited until a pause may be tried tries it.
			_, c.probes, err = x.stopped(op.AccountID, op.Kind)
		}
		if err != nil {
			return op, false, err
		}
		revoked, err := x.revoked(op)
		if err != nil {
			return op, false, err
		}
		answer = c
		switch {
		case stopped != nil:
			answer = x.held(op, *stopped)
		case revoked:
			answer = withdrawn{moment: moment(x.now()), why: whyRevoked}
		}
	}
	var allow func(portfolio.Spent) error
	if c, ok := answer.(cleared); ok && op.Kind.Purchase() {
		allow = func(s portfolio.Spent) error { return x.ceilings().allow(s, op.AccountID, c.total, c.at()) }
	}
	row, effects, err := x.stepIf(op, answer, allow)
	if over, ok := errors.AsType[*CeilingError](err); ok {
		row, effects, err = x.step(op, withdrawn{moment: moment(x.now()), why: over.Error()})
	}
	if errors.Is(err, portfolio.ErrUncounted) || errors.Is(err, portfolio.ErrDomainBusy) {
		row, effects, err = x.step(op, delayed{moment(x.now()), err.Error()})
	}
	if err != nil {
		return op, false, fmt.Errorf("arm %s: %w", op, err)
	}
	return row, len(effects) > 0, nil // only send
}

// callWithin bounds a call that changes something, the wait for its turn in the
// quota included: what was confirmed must not leave much later.
const callWithin = 5*time.Minute + 30*time.Second

// send carries out the armed call, writes its outcome, and looks at it. The call is
// not cut short by a shutdown: its answer is worth more than our haste.
func (x *Executor) send(ctx context.Context, op portfolio.Operation) error {
	reg := x.registries[op.AccountID]
	calling, cancel := context.WithTimeout(context.WithoutCancel(x.urgent(ctx)), callWithin)
	defer cancel()
	var purchase portfolio.Purchase
	var err error
	switch op.Kind {
	case portfolio.OpRenew:
		purchase, _, err = reg.Renew(calling, op.Name, op.Years, op.Premium)
	case portfolio.OpRestore:
		purchase, _, err = reg.Restore(calling, op.Name, op.Premium)
	case portfolio.OpAutoRenewal:
		err = reg.SetAutoRenewal(calling, op.Name, op.Terms == nil || op.Terms.On)
	case portfolio.OpAccept:
		err = reg.AcceptPush(calling, op.SubjectID, op.Contact)
	case portfolio.OpReject:
		err = reg.RejectPush(calling, op.SubjectID)
	case portfolio.OpCancelChange:
		_, err = reg.CancelRegistrantChange(calling, op.SubjectID)
	default:
		purchase.ID, err = x.sendCommand(calling, reg, op)
	}
	answer := answered{moment: moment(x.now()), remoteID: purchase.ID, err: failure(err)}
	answer.payment = tellsPayment(answer.err, op.Name)
	var lapsed *portfolio.Domain
	if op.Kind == portfolio.OpRenew && op.Lapsed && answer.err != nil && answer.err.Outcome == portfolio.OutcomeRejected {
		if d, _, err := reg.Domain(calling, op.DomainID); err == nil && d.State == portfolio.DomainExpired && tellsRedemption(answer.err, d) {
			answer.inRedemption, lapsed = true, &d
		}
	}
	if answer.others, err = x.others(op); err != nil {
		return err
	}
	op, effects, err := x.step(op, answer)
	if err != nil {
		return fmt.Errorf("write the outcome of %s: %w", op, err)
	}
	if lapsed != nil && !applied(op) {
		return x.afterRefusal(ctx, *lapsed)
	}
	if len(effects) > 0 { // only look
		return x.look(ctx, op)
	}
	return nil
}

// afterRefusal asks the policy anew once DNSimple refused the plain renewal of a
// lapsed domain: now that it is known to be in redemption, it may want the restore.
func (x *Executor) afterRefusal(ctx context.Context, d portfolio.Domain) error {
	facts, err := x.Facts(d)
	if err != nil {
		return err
	}
	decision, _, err := x.assess(ctx, rules.Decide(x.policy(), facts, x.now()), nil)
	if err != nil {
		return err
	}
	if ended(ctx) {
		return nil
	}
	if decision.Verdict == portfolio.VerdictAsk && decision.Do == portfolio.ActionRestore {
		if decision, err = x.question(ctx, decision); err != nil {
			return err
		}
	}
	if err := x.announce(decision); err != nil {
		return err
	}
	if decision.Verdict != portfolio.VerdictAct || decision.Do != portfolio.ActionRestore {
		return nil
	}
	return x.begin(ctx, decision)
}

// applied says whether an operation is an item of a plan that was applied: nothing follows
// from it that the plan has not.
func applied(op portfolio.Operation) bool {
	return op.Approval != nil && op.Approval.Kind == portfolio.ApprovalPlan
}

// Facts adds to a domain what the ledger remembers of it.
func (x *Executor) Facts(d portfolio.Domain) (portfolio.DomainFacts, error) {
	f := portfolio.DomainFacts{Domain: d}
	if d.State != portfolio.DomainExpired {
		return f, nil
	}
	// Attempts go on until one is refused; none comes after it.
	last, ok, err := x.ledger.LastAttempt(d.AccountID, portfolio.OpRenew, d.ID, portfolio.OccasionOf(d.ExpiresAt))
	if err != nil {
		return f, fmt.Errorf("look for refused renewals of %s: %w", d.Name, err)
	}
	f.Redemption = ok && last.Refused
	return f, nil
}

// tellsRedemption says whether DNSimple refused the plain renewal of a lapsed domain
// for the phase that it is in: "NAME may not be renewed at this time". Any other
// refusal (an account that is not active, a transfer under way, a price that was not
// confirmed) is no reason to buy the restore, which costs several times as much. The
// domain's own name, which may hold any word, says nothing of it.
func tellsRedemption(err *portfolio.CallError, d portfolio.Domain) bool {
	if err == nil || err.Outcome != portfolio.OutcomeRejected {
		return false
	}
	return says(err.Message, []string{d.Name, d.UnicodeName}, "may not be renewed", "redemption", "must be restored")
}

// tellsPayment says whether a refusal is about the account's payment, and not about the
// domain: a declined card comes as a 400, told by its words alone.
func tellsPayment(err *portfolio.CallError, name string) bool {
	return err != nil && err.Outcome == portfolio.OutcomeRejected &&
		says(err.Message, []string{name, unicodeOf(name)}, "declined", "credit card", "payment", "insufficient funds", "unpaid")
}

// says says whether a message holds one of some phrases, outside of the name that it is
// about, which may hold any word, in either spelling.
func says(message string, name []string, phrases ...string) bool {
	text := strings.ToLower(message)
	for _, spelling := range name {
		if spelling != "" {
			text = strings.ReplaceAll(text, strings.ToLower(spelling), "")
		}
	}
	return slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(text, phrase) })
}

// unicodeOf is a name as people write it.
func unicodeOf(name string) string {
	u, err := idna.ToUnicode(name)
	if err != nil {
		return name
	}
	return u
}

// failure is an error of a registry as the call error that it is.
func failure(err error) *portfolio.CallError {
	if err == nil {
		return nil
	}
	if call, ok := errors.AsType[*portfolio.CallError](err); ok {
		return call
	}
	// Not knowing what it was, it may have happened.
	return &portfolio.CallError{Call: "call DNSimple", Outcome: portfolio.OutcomeUnknown, Message: err.Error(), Err: err}
}

func outcome(err error) portfolio.Outcome {
	if f := failure(err); f != nil {
		return f.Outcome
	}
	return ""
}
