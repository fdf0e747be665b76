package facts

import (
	"errors"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func row(kind portfolio.OperationKind, subject int64, occasion string, attempt int, state portfolio.OperationState) portfolio.Operation {
	op := portfolio.Operation{
		AccountID: 1010, Kind: kind, SubjectID: subject, DomainID: subject, Name: "one.example", Occasion: occasion, Attempt: attempt, State: state,
		CreatedAt: now,
	}
	op.Key = portfolio.OperationKey(op.AccountID, kind, subject, occasion, attempt)
	return op
}

// TestWorldLedger: the facts answer as the ledger does that they were taken of.
func TestWorldLedger(t *testing.T) {
	first, second := row(portfolio.OpRenew, 1, "2027-03-20", 1, portfolio.StateFailed), row(portfolio.OpRenew, 1, "2027-03-20", 2, portfolio.StateReserved)
	before := row(portfolio.OpRenew, 1, "2026-03-20", 7, portfolio.StateDone)
	before.EndedAt = now.AddDate(-1, 0, 0)
	later := row(portfolio.OpRestore, 3, "2026-06-01", 1, portfolio.StateDone)
	later.EndedAt = now.AddDate(0, -1, 0)
	asked := row(portfolio.OpRenew, 2, "2027-03-20", 1, portfolio.StateAsked)
	unknown := row(portfolio.OpRenew, 4, "2027-03-20", 1, portfolio.StateUnknown)
	unknown.UnknownAt = now.Add(-time.Minute)
	f := full()
	f.Operations = []portfolio.Operation{second, before, later, first, asked, unknown}
	w := NewWorld(f)

	if op, ok, err := w.Operation(first.Key); !ok || err != nil || op.Key != first.Key {
		t.Errorf("%v %v %v", op, ok, err)
	}
	if _, ok, _ := w.Operation("else"); ok {
		t.Error("there is one of another key")
	}
	if op, ok, _ := w.LastAttempt(1010, portfolio.OpRenew, 1, "2027-03-20"); !ok || op.Attempt != 2 {
		t.Errorf("the last attempt is %v", op)
	}
	if op, ok, _ := w.LastAttempt(1010, portfolio.OpRenew, 1, "2026-03-20"); !ok || op.Attempt != 7 {
		t.Errorf("the last attempt of the year before is %v", op)
	}
	if _, ok, _ := w.LastAttempt(1010, portfolio.OpRenew, 1, "2025-03-20"); ok {
		t.Error("there is one of an occasion that nothing was done at")
	}
	if op, ok, _ := w.LatestOf(1010, portfolio.OpRenew, 1); !ok || op.Key != second.Key {
		t.Errorf("the latest is %v", op)
	}
	if _, ok, _ := w.LatestOf(2020, portfolio.OpRenew, 1); ok {
		t.Error("there is one of another account")
	}
	if open, _ := w.OpenOperations(); len(open) != 3 {
		t.Errorf("open: %v", open)
	}
	if op, ok, _ := w.OpenOn(1); !ok || op.Key != second.Key {
		t.Errorf("open on 1: %v", op)
	}
	if op, ok, _ := w.OpenOn(2); ok {
		t.Errorf("what waits for an answer keeps its domain: %v", op)
	}
	if p, ok, _ := w.LastPurchase(1, ""); !ok || p.Key != before.Key || !p.At.Equal(before.EndedAt) {
		t.Errorf("the last purchase by id: %v", p)
	}
	if p, ok, _ := w.LastPurchase(1, "one.example"); !ok || p.Key != later.Key {
		t.Errorf("the last purchase by id or name: %v", p)
	}
	if _, ok, _ := w.LastPurchase(0, ""); ok {
		t.Error("nothing was bought")
	}
	if n, _ := w.UnknownSince(1010, now.Add(-time.Hour)); n != 1 {
		t.Errorf("%d are unknown", n)
	}
	newest := 0
	for op, err := range w.Operations() {
		if newest++; newest == 1 && (op.Key != unknown.Key || err != nil) {
			t.Errorf("the newest is %v, %v", op, err)
		}
	}
	if err := w.Commit(portfolio.Change{}); !errors.Is(err, ErrChange) {
		t.Errorf("a change: %v", err)
	}
}

// TestWorldMoney: money counts for the day and the month of the facts, and for no other.
func TestWorldMoney(t *testing.T) {
	err := NewWorld(full()).Spent(func(s portfolio.Spent) error {
		for name, got := range map[string]portfolio.Tally{
			"today": s.On(0, "2027-03-01"), "month": s.In(0, "2027-03"), "reserved": s.Reserved(0),
		} {
			if want := map[string]portfolio.Money{"today": 100, "month": 200, "reserved": 300}[name]; got.Amount != want {
				t.Errorf("%s: %v", name, got)
			}
		}
		for _, got := range []portfolio.Tally{s.On(0, "2027-03-02"), s.In(0, "2027-04"), s.On(1010, "2027-03-01"), s.Reserved(9)} {
			if got != (portfolio.Tally{}) {
				t.Errorf("%v", got)
			}
		}
		return errors.ErrUnsupported
	})
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("the error of the reader is lost: %v", err)
	}
}

// TestRegistry: what the facts have is answered, what they have not is not found, and
// nothing is changed.
func TestRegistry(t *testing.T) {
	ctx := t.Context()
	w := NewWorld(full())
	r := w.Registry(1010)
	if d, _, err := r.Domain(ctx, 1); err != nil || d.Name != "one.example" || d.AccountID != 1010 {
		t.Errorf("%v %v", d, err)
	}
	if d, a, err := r.DomainNamed(ctx, "xn--bcher-kva.example"); err != nil || d.ID != 2 || !a.Date.Equal(now) {
		t.Errorf("%v %v %v", d, a, err)
	}
	if p, err := r.Prices(ctx, "one.example"); err != nil || p.Renewal != 2 || !p.Premium {
		t.Errorf("%v %v", p, err)
	}
	if tld, err := r.TLD(ctx, "example"); err != nil || !tld.AutoRenewOnly || tld.MinimumRegistration != 2 {
		t.Errorf("%v %v", tld, err)
	}
	if all, err := r.ExtendedAttributes(ctx, "example"); err != nil || len(all) != 1 || !all[0].Required {
		t.Errorf("%v %v", all, err)
	}
	for page, err := range r.Pushes(ctx) {
		if err != nil || len(page.Items) != 2 || page.Total != 2 {
			t.Errorf("%v %v", page, err)
		}
	}
	if c, err := r.RegistrantChange(ctx, 8); err != nil || c.ContactID != 9 {
		t.Errorf("%v %v", c, err)
	}
	other := w.Registry(2020)
	_, _, domain := other.Domain(ctx, 1)
	_, _, named := other.DomainNamed(ctx, "one.example")
	_, prices := other.Prices(ctx, "one.example")
	_, tld := r.TLD(ctx, "test")
	_, attributes := r.ExtendedAttributes(ctx, "test")
	_, change := other.RegistrantChange(ctx, 8)
	for i, err := range []error{domain, named, prices, tld, attributes, change} {
		if call, ok := errors.AsType[*portfolio.CallError](err); !ok || call.Outcome != portfolio.OutcomeNotFound {
			t.Errorf("%d: %v", i, err)
		}
	}
	_, _, renew := r.Renew(ctx, "one.example", 1, nil)
	_, _, restore := r.Restore(ctx, "one.example", nil)
	_, _, register := r.Register(ctx, "free.example", portfolio.RegistrationRequest{})
	_, _, transfer := r.Transfer(ctx, "free.example", portfolio.TransferRequest{})
	_, _, push := r.InitiatePush(ctx, 1, portfolio.PushTarget{})
	_, _, registrant := r.CreateRegistrantChange(ctx, 1, 2, nil)
	_, _, add := r.CreateDomain(ctx, "free.example")
	_, remove := r.DeleteDomain(ctx, 1)
	_, out := r.AuthorizeTransferOut(ctx, "one.example")
	_, cancel := r.CancelTransfer(ctx, "one.example", 1)
	_, settle := r.CancelRegistrantChange(ctx, 8)
	for i, err := range []error{
		renew, restore, register, transfer, push, registrant, add, remove, out, cancel, settle,
		r.SetAutoRenewal(ctx, "one.example", true), r.AcceptPush(ctx, 5, 7), r.RejectPush(ctx, 5),
	} {
		if !errors.Is(err, ErrChange) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
