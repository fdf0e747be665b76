package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// answersEvery is how often somebody looks whether anything waits for an answer.
const answersEvery = 2 * time.Hour

// answers lets an operator answer whatever waits, now and so many times more.
func (w *world) answers(yes bool, times int) {
	if w.p == nil { // nobody answers
		w.later(w.clock.Now().Add(typeAfter), func() { w.answers(yes, times) })
		return
	}
	for _, key := range slices.Clone(w.watch.keys) {
		if w.p == nil || w.watch.rows[key].State != portfolio.StateAsked {
			continue
		}
		w.live(func() error {
			_, err := w.p.x.Answer(w.p.ctx, key, yes, "operator alice", "")
			w.p.alive()
			if _, refused := errors.AsType[*executor.RefusedError](err); refused || w.p.ctx.Err() != nil {
				err = nil // somebody is asked anew, or a shutdown has begun
			}
			return err
		})
		w.watch.relook()
	}
	if times > 1 {
		w.later(w.clock.Now().Add(answersEvery), func() { w.answers(yes, times-1) })
	}
}

// asksFirst says whether the policy has a rule ask before it does something, or the price
// of that is above what is spent unasked.
func (w *world) asksFirst(row *portfolio.Operation) bool {
	limits := []*portfolio.Money{w.cfg.Spending.AskAbove}
	mode := w.policy().Mode
	if i := slices.IndexFunc(w.policy().Rules, func(r rules.Rule) bool { return r.Name == row.Rule }); i >= 0 {
		r := &w.policy().Rules[i]
		mode = portfolio.Strictest(mode, r.Mode)
		limits = append(limits, r.AskAbove)
	}
	return mode == portfolio.ModeAsk || slices.ContainsFunc(limits, func(l *portfolio.Money) bool { return l != nil && row.Reserved > *l })
}

// approved holds what must hold of each request that leaves for a row: somebody approved
// it where somebody must, and what was approved is what is done.
func (k *watch) approved(row *portfolio.Operation) {
	a := row.Approval
	switch {
	case a == nil && row.Manual:
		k.broken("%s was typed, and no approval says so", row)
	case a == nil && k.w.asksFirst(row):
		k.broken("%s is sent for %s, and nobody was asked", row, row.Reserved)
	case a == nil:
	case a.Denied:
		k.broken("%s is sent, and %s denied it", row, a.By)
	case a.Operation != row.Kind || a.Name != row.Name && row.Asked != nil && row.Asked.Price != nil:
		k.broken("%s is sent by an approval of %s %s", row, a.Operation, a.Name)
	case row.Kind.Purchase() && (a.MaxPrice == nil || row.Reserved > *a.MaxPrice):
		k.broken("%s is sent for %s, and %v was approved", row, row.Reserved, a.MaxPrice)
	case !a.ExpiresAt.IsZero() && a.ExpiresAt.Unix() != row.ExpiresAt.Unix():
		k.broken("%s is sent for the expiration %s, and %s was approved", row, row.ExpiresAt, a.ExpiresAt)
	case a.Kind == portfolio.ApprovalSilent && row.Kind != portfolio.OpRenew && row.Kind != portfolio.OpAutoRenewal:
		k.broken("%s is sent, and nobody but silence approved it", row)
	}
}

// finally holds what must hold of each row that begins: it is not what somebody denied.
func (k *watch) finally(op portfolio.Operation) {
	if op.Manual {
		return
	}
	for _, was := range k.rows {
		a := was.Approval
		if a == nil || !a.Denied || was.AccountID != op.AccountID || was.Kind != op.Kind || was.SubjectID != op.SubjectID || was.Name != op.Name || was.Key == op.Key {
			continue
		}
		price := op.Reserved
		if op.Asked != nil && op.Asked.Price != nil {
			price = *op.Asked.Price
		}
		moved := a.MaxPrice != nil && price > *a.MaxPrice || op.Asked != nil && op.Asked.State != a.State
		if !moved && a.ExpiresAt.Unix() == op.ExpiresAt.Unix() {
			k.broken("%s begins, and %s denied just that on %s", op, a.By, a.At.Format(time.DateTime))
		}
	}
}

// since is when an operation went on, after it was asked or at once.
func since(op portfolio.Operation) time.Time {
	for _, s := range op.History {
		if s.State == portfolio.StateReserved {
			return s.At
		}
	}
	return op.CreatedAt
}

// asking makes the rules of a policy ask.
func asking(policy, more string) string { return policy + "mode = \"ask\"\n" + more }

// askedOnce says that so many rows began, and that the last of them is so in the end; where a
// process died with its request about to leave, nobody knows.
func askedOnce(attempts int, state portfolio.OperationState) func(w *world) error {
	return func(w *world) error {
		var states []string
		for _, key := range w.watch.keys {
			states = append(states, string(w.watch.rows[key].State))
		}
		last := states[len(states)-1]
		if len(states) != attempts || last != string(state) && (last != string(portfolio.StateUnknown) || !diedArmed(w)) {
			return errors.New("its attempts are " + strings.Join(states, ", "))
		}
		return nil
	}
}

// oneQuestion says that nobody was asked twice.
func oneQuestion(w *world) error {
	n := 0
	for _, op := range w.watch.rows {
		if op.Asked != nil {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("%d questions were asked", n)
	}
	return nil
}
