package control

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// fakeApplier notes what it is to apply.
type fakeApplier struct {
	items []executor.PlanItem
	by    string
	done  []executor.Applied
	err   error
}

func (a *fakeApplier) Apply(_ context.Context, items []executor.PlanItem, by string) ([]executor.Applied, error) {
	a.items, a.by = items, by
	return a.done, a.err
}

func TestApply(t *testing.T) {
	o := options(fakeScanner{}, none)
	op := func(kind portfolio.OperationKind, s portfolio.OperationState, reserved portfolio.Money) executor.Applied {
		return executor.Applied{Operation: portfolio.Operation{Key: string(kind), Kind: kind, State: s, Reserved: reserved, History: []portfolio.Step{{Note: "as it went"}}}}
	}
	a := &fakeApplier{done: []executor.Applied{
		op(portfolio.OpRenew, portfolio.StateDone, 1400), op(portfolio.OpRestore, portfolio.StateUnknown, 9000), op(portfolio.OpAutoRenewal, portfolio.StatePending, 0),
		op(portfolio.OpAccept, portfolio.StateFailed, 0),
		{Refused: "it moved"},
		{Refused: "it moved, too"},
	}}
	o.Applier = a
	c := InProcess(New(o), alice)
	p := goodPlan()
	got, err := c.Apply(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if a.by != "operator alice, applying a plan of 2026-03-01T12:00:00Z" || len(a.items) != 6 {
		t.Errorf("%s: %+v", a.by, a.items)
	}
	first := executor.PlanItem{
		On: portfolio.KindDomain, AccountID: 1010, ID: 1, Name: "a.com", Rule: "r", Policy: p.Policy, Do: portfolio.ActionRenew, ExpiresAt: now.AddDate(0, 0, 12),
		State: portfolio.DomainRegistered, Price: new(portfolio.Money(1500)),
	}
	if diff := cmp.Diff(first, a.items[0]); diff != "" || !a.items[5].FreeSince.Equal(now) {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[Outcome]int{OutcomeDone: 1, OutcomePending: 2, OutcomeFailed: 1, OutcomeRefused: 2}, got.Counts); diff != "" || got.Price != 10400 {
		t.Errorf("%s %s", got.Price, diff)
	}
	text, _ := json.Marshal(got.Items[0])
	want := `{"account":1010,"account_name":"main","on":"domain","id":1,"name":"a.com","do":"renew","expires_at":"2026-03-13T12:00:00Z","planned":"15.00","price":"14.00",` +
		`"outcome":"done","reason":"as it went","op":"` + a.done[0].Operation.ShortID() + `"}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
	if last := got.Items[5]; last.Outcome != OutcomeRefused || last.Reason != "it moved, too" || last.Op != "" || last.Price != nil {
		t.Errorf("%+v", last)
	}
}

func TestApplyIsRefusedWhole(t *testing.T) {
	for name, tt := range map[string]struct {
		edit   func(*Plan, *Options)
		status int
		want   string
	}{
		"another policy":   {func(p *Plan, _ *Options) { p.Policy = "ffffffffffff" }, http.StatusConflict, "the policy changed since"},
		"another instance": {func(p *Plan, _ *Options) { p.Instance = "blue" }, http.StatusConflict, "of the instance"},
		"too old":          {func(p *Plan, _ *Options) { p.At = now.Add(-8 * 24 * time.Hour) }, http.StatusConflict, "a plan holds for 7 days"},
		"edited":           {func(p *Plan, _ *Options) { *p.Items[0].Price = 1 }, http.StatusBadRequest, "was it edited?"},
		"read only":        {func(_ *Plan, o *Options) { o.ReadOnly = true }, http.StatusConflict, "reading only"},
		"a failed commit":  {func(_ *Plan, o *Options) { o.Applier = &fakeApplier{err: errBroken} }, http.StatusInternalServerError, errBroken.Error()},
	} {
		o := options(fakeScanner{}, none)
		o.Applier = &fakeApplier{}
		p := goodPlan()
		tt.edit(&p, &o)
		status, body := ask(t, o, http.MethodPost, "/v1/apply", planText(t, p))
		if status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if a, ok := o.Applier.(*fakeApplier); ok && len(a.items) > 0 && a.err == nil {
			t.Errorf("%s: it was applied", name)
		}
	}
}
