package proof

import (
	"encoding/json"
	"fmt"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// rest holds what must hold once everything has come to rest. The process must live.
func (w *world) rest() error {
	k := w.watch
	k.relook()
	if k.err != nil {
		return k.err
	}
	if w.p == nil {
		return fmt.Errorf("nobody lives to be asked")
	}
	if err := w.p.store.Check(); err != nil {
		k.broken("%v", err)
	}
	k.settled()
	k.agrees(w.server.Charges())
	k.allTold()
	w.discreet()
	return k.err
}

// settled: nothing is left that should have gone on by itself, and what is reserved is
// what open rows hold.
func (k *watch) settled() {
	now := k.w.now()
	var reserved portfolio.Tally
	for _, key := range k.keys {
		op := k.rows[key]
		switch {
		case op.State == portfolio.StateArmed:
			k.broken("%s is left armed", op)
		case op.State == portfolio.StateReserved && now.Sub(since(op)) > 26*time.Hour:
			k.broken("%s is still waiting to be sent, since %s", op, op.CreatedAt.Format(time.DateTime))
		case op.State == portfolio.StatePending && op.Kind.Purchase() && !k.domains[op.Name].Busy && now.Sub(op.ArmedAt) > 50*time.Hour:
			k.broken("%s is still pending, and DNSimple has ended it", op)
		case op.State == portfolio.StateUnknown && !op.Kind.Once():
			k.broken("%s is a wish, and unknown", op)
		}
		if op.State == portfolio.StateReserved && op.Kind.Purchase() {
			reserved = reserved.Add(portfolio.Tally{Amount: op.Reserved, Purchases: 1})
		}
	}
	err := k.w.p.store.Spent(func(s portfolio.Spent) error {
		if got := s.Reserved(0); got != reserved {
			k.broken("%s are reserved by %d purchases, and the rows make it %s by %d", got.Amount, got.Purchases, reserved.Amount, reserved.Purchases)
		}
		return nil
	})
	if err != nil {
		k.broken("%v", err)
	}
}

// agrees compares the ledger with what DNSimple charged, to the cent.
func (k *watch) agrees(charges []sandbox.Charge) {
	claimed := make(map[string]portfolio.Operation)
	for _, op := range k.rows {
		for _, ref := range op.ChargeRefs {
			claimed[ref] = op
		}
	}
	amounts := make(map[string]portfolio.Money) // by the key of the row that claims them
	for _, c := range charges {
		for i, item := range c.Items {
			ref := fmt.Sprintf("%s#%d", c.Reference, i)
			op, ok := claimed[ref]
			switch {
			case ok && op.Name != c.Domain:
				k.broken("%s claims the charge %s, which is for %s", op, ref, c.Domain)
			case ok && c.By == sandbox.ByAutoRenewal:
				k.broken("%s claims the charge %s, which DNSimple's own auto-renewal made", op, ref)
			case ok:
				amounts[op.Key] += portfolio.Money(item.Cents)
			case k.ours(c):
				k.broken("the charge %s of %d cents for %s is in no row of the ledger", ref, item.Cents, c.Domain)
			}
		}
	}
	for _, key := range k.keys {
		op := k.rows[key]
		if op.State != portfolio.StateDone || !op.Kind.Purchase() {
			continue
		}
		switch {
		case op.Charge != nil && *op.Charge != amounts[key]:
			k.broken("%s is booked for %s, and %s were charged", op, *op.Charge, amounts[key])
		case op.Charge == nil && !k.othersBought(op, charges):
			k.broken("%s is done, and its charge was not found", op)
		}
	}
}

// othersBought says whether somebody else bought what an operation was to buy: then it
// is done by evidence, and has no charge.
func (k *watch) othersBought(op portfolio.Operation, charges []sandbox.Charge) bool {
	for _, c := range charges {
		if c.DomainID == op.DomainID && !k.ours(c) && c.At.After(op.CreatedAt.Add(-day)) {
			return true
		}
	}
	return false
}

// allTold: every event is in the stream, once, in order, and says what was said.
func (k *watch) allTold() {
	messages := k.w.stream.messages
	if len(messages) != len(k.told) {
		k.broken("%d events were told, and the stream holds %d messages", len(k.told), len(messages))
	}
	for i, m := range messages[:min(len(messages), len(k.told))] {
		e := k.told[i]
		var body struct {
			ID   string `json:"id"`
			Data struct {
				Text string `json:"text"`
			} `json:"data"`
		}
		if err := json.Unmarshal(m.body, &body); err != nil {
			k.broken("message %d: %v", i+1, err)
			return
		}
		if id := fmt.Sprintf("%s-%d", k.w.p.store.UUID(), e.Number); body.ID != id || m.id != id || body.Data.Text != e.Text {
			k.broken("message %d is %s (%s), and should be %s (%s)", i+1, body.ID, body.Data.Text, id, e.Text)
			return
		}
	}
}
