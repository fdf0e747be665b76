package executor

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

var (
	noon     = began
	expiring = noon.AddDate(0, 0, 20)
)

// fresh is a row as a guard lets it pass, not yet in the ledger.
func fresh(kind portfolio.OperationKind) portfolio.Operation {
	op := portfolio.Operation{
		AccountID: mainID, Kind: kind, SubjectID: 7, DomainID: 7, Name: "a.com", Occasion: "push-7", Attempt: 1,
		By: "rule r (policy.toml:1)", Rule: "r", RuleAt: "policy.toml:1",
	}
	if kind.Purchase() {
		op.Occasion, op.ExpiresAt, op.Reserved = portfolio.OccasionOf(expiring), expiring, 1500
	}
	if kind == portfolio.OpRenew {
		op.Years = 1
	}
	op.Key = portfolio.OperationKey(op.AccountID, kind, op.SubjectID, op.Occasion, op.Attempt)
	return op
}

func clearing(kind portfolio.OperationKind, at time.Time) cleared {
	if !kind.Purchase() {
		return cleared{moment: moment(at), source: studioID, name: "a.com", contact: 2715}
	}
	return cleared{moment: moment(at), quote: quote{total: 1500}, day: at.Format(time.DateOnly), expiresAt: expiring}
}

func failing(outcome portfolio.Outcome) *portfolio.CallError {
	return &portfolio.CallError{Call: "renew a.com", Outcome: outcome, Message: "because"}
}

// in brings a row of a kind into a state, by the machine's own ways where there is one.
func in(tb testing.TB, kind portfolio.OperationKind, state portfolio.OperationState) portfolio.Operation {
	tb.Helper()
	if state == portfolio.StateAsked || state == portfolio.StateUnknown && !kind.Purchase() {
		op := in(tb, kind, portfolio.StateReserved) // no way of this machine leads there
		op.State = state
		return op
	}
	if state == "" {
		return portfolio.Operation{}
	}
	ways := map[portfolio.OperationState][]event{
		portfolio.StateReserved: {},
		portfolio.StateArmed:    {clearing(kind, noon)},
		portfolio.StatePending:  {clearing(kind, noon), answered{moment: moment(noon), remoteID: 5}},
		portfolio.StateUnknown:  {clearing(kind, noon), answered{moment: moment(noon), err: failing(portfolio.OutcomeUnknown)}},
		portfolio.StateDone: {
			clearing(kind, noon),
			answered{moment: moment(noon), remoteID: 5},
			observed{moment: moment(noon), seen: evidence{happened: true, remote: portfolio.ProgressFinished}},
		},
		portfolio.StateFailed: {withdrawn{moment: moment(noon), why: "so"}},
	}
	op := portfolio.Operation{}
	for _, e := range append([]event{planned{moment(noon), fresh(kind)}}, ways[state]...) {
		var err error
		if op, _, err = next(op, e); err != nil {
			tb.Fatal(err)
		}
	}
	if op.State != state {
		tb.Fatalf("brought to %s, not to %s", op.State, state)
	}
	return op
}

// TestFits is the machine as a whole: every state and every event, of a purchase
// and of a wish. What is not in the table does not fit.
func TestFits(t *testing.T) {
	const (
		reserved, armed, pending = portfolio.StateReserved, portfolio.StateArmed, portfolio.StatePending
		unknown, done, failed    = portfolio.StateUnknown, portfolio.StateDone, portfolio.StateFailed
	)
	at := noon.Add(time.Minute)
	events := func(kind portfolio.OperationKind) map[string]event {
		m := moment(at)
		return map[string]event{
			"planned": planned{m, fresh(kind)}, "cleared": clearing(kind, at), "withdrawn": withdrawn{moment: m, why: "so"}, "delayed": delayed{m, "so"},
			"accepted": answered{moment: m, remoteID: 5}, "refused": answered{moment: m, err: failing(portfolio.OutcomeRejected)},
			"limited":  answered{moment: m, err: failing(portfolio.OutcomeRateLimited)},
			"not sent": answered{moment: m, err: failing(portfolio.OutcomeNotSent)},
			"lost":     answered{moment: m, err: failing(portfolio.OutcomeUnknown)}, "restarted": restarted{moment: m},
			"happened": observed{moment: m, seen: evidence{happened: true, remote: portfolio.ProgressFinished, readable: true}},
			"nothing":  observed{moment: m, seen: evidence{remote: portfolio.ProgressUnderWay, readable: true}},
			"bought":   resolved{moment: m, how: ResolveDone, by: "operator"}, "not bought": resolved{moment: m, how: ResolveNotBought, by: "operator"},
			"retried": retried{moment: m},
			"charged": charged{moment: m, amount: 1500, refs: []string{"1#0"}}, "no charge": charged{moment: m},
		}
	}
	type fits map[string]portfolio.OperationState
	purchase := map[portfolio.OperationState]fits{
		"":       {"planned": reserved},
		reserved: {"cleared": armed, "withdrawn": failed, "delayed": reserved},
		armed:    {"accepted": pending, "refused": failed, "limited": reserved, "not sent": reserved, "lost": unknown, "restarted": unknown},
		pending:  {"happened": done, "nothing": pending},
		unknown:  {"happened": done, "nothing": unknown, "bought": done, "not bought": failed},
		done:     {"charged": done, "no charge": done},
		failed:   {"retried": failed},
	}
	wish := map[portfolio.OperationState]fits{
		"":       {"planned": reserved},
		reserved: {"cleared": armed, "withdrawn": failed, "delayed": reserved, "happened": done, "nothing": reserved},
		armed:    {"accepted": pending, "refused": failed, "limited": reserved, "not sent": reserved, "lost": reserved, "restarted": reserved},
		pending:  {"happened": done, "nothing": pending},
		unknown:  {"happened": done, "nothing": unknown},
		failed:   {"retried": failed},
	}
	states := []portfolio.OperationState{"", portfolio.StateAsked, reserved, armed, pending, unknown, done, failed}
	for _, kind := range []portfolio.OperationKind{
		portfolio.OpRenew, portfolio.OpRestore, portfolio.OpAccept, portfolio.OpReject, portfolio.OpCancelChange, portfolio.OpAutoRenewal,
	} {
		table := wish
		if kind.Purchase() {
			table = purchase
		}
		for _, from := range states {
			for name, e := range events(kind) {
				t.Run(fmt.Sprintf("%s %s %s", kind, from, name), func(t *testing.T) {
					op := in(t, kind, from)
					before := clone(op)
					row, effects, err := next(op, e)
					want, fit := table[from][name]
					switch {
					case fit && err != nil:
						t.Fatal(err)
					case fit:
						equal(t, "state", row.State, want)
					case err == nil:
						t.Fatalf("it fits, and leads to %s", row.State)
					case !cmp.Equal(row, before) || len(effects) > 0:
						t.Errorf("it does not fit, but changes the row: %s", cmp.Diff(before, row))
					}
				})
			}
		}
	}
}

// clone is a copy that shares nothing that a machine might write to.
func clone(op portfolio.Operation) portfolio.Operation {
	op.History, op.ChargeRefs = slices.Clone(op.History), slices.Clone(op.ChargeRefs)
	return op
}

// must makes a step that fits.
func must(tb testing.TB, op portfolio.Operation, e event) (portfolio.Operation, []portfolio.Event) {
	tb.Helper()
	row, effects, err := next(op, e)
	if err != nil {
		tb.Fatal(err)
	}
	var told []portfolio.Event
	for _, f := range effects {
		if say, ok := f.(tell); ok {
			told = append(told, say.Event)
		}
	}
	return row, told
}

func TestAnswers(t *testing.T) {
	for _, tc := range []struct {
		outcome portfolio.Outcome
		state   portfolio.OperationState
		wish    portfolio.OperationState
		sent    int
	}{
		{portfolio.OutcomeNotSent, portfolio.StateReserved, portfolio.StateReserved, 0},
		{portfolio.OutcomeRateLimited, portfolio.StateReserved, portfolio.StateReserved, 1},
		{portfolio.OutcomeUnauthorized, portfolio.StateFailed, portfolio.StateFailed, 1},
		{portfolio.OutcomePaymentRequired, portfolio.StateFailed, portfolio.StateFailed, 1},
		{portfolio.OutcomeForbidden, portfolio.StateFailed, portfolio.StateFailed, 1},
		{portfolio.OutcomeNotFound, portfolio.StateFailed, portfolio.StatePending, 1}, // who settled it? it is looked at
		{portfolio.OutcomeRejected, portfolio.StateFailed, portfolio.StateFailed, 1},
		{portfolio.OutcomeUnknown, portfolio.StateUnknown, portfolio.StateReserved, 1},
		{"", portfolio.StateUnknown, portfolio.StateReserved, 1},
		{"brand-new", portfolio.StateUnknown, portfolio.StateReserved, 1},
	} {
		t.Run(string(tc.outcome), func(t *testing.T) {
			e := answered{moment: moment(noon), err: failing(tc.outcome)}
			row, _ := must(t, in(t, portfolio.OpRenew, portfolio.StateArmed), e)
			equal(t, "purchase", row.State, tc.state)
			equal(t, "sent", row.Sent, tc.sent)
			row, _ = must(t, in(t, portfolio.OpAccept, portfolio.StateArmed), e)
			equal(t, "wish", row.State, tc.wish)
		})
	}
}

func TestRateLimitIsABoundedWait(t *testing.T) {
	for _, tc := range []struct {
		name  string
		retry time.Time
		wait  time.Duration
	}{
		{"past", noon.AddDate(-1, 0, 0), time.Minute},
		{"zero", time.Time{}, time.Minute},
		{"soon", noon.Add(5 * time.Second), time.Minute},
		{"fits", noon.Add(20 * time.Minute), 20 * time.Minute},
		{"far", noon.AddDate(5, 0, 0), time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			limit := failing(portfolio.OutcomeRateLimited)
			limit.RetryAt = tc.retry
			row, _ := must(t, in(t, portfolio.OpRenew, portfolio.StateArmed), answered{moment: moment(noon), err: limit})
			equal(t, "wait", row.NextAt.Sub(noon), tc.wait)
		})
	}
}

// What cannot be confirmed keeps its money for a day, and then it is said aloud.
func TestGivingUp(t *testing.T) {
	limited := func(at time.Time) event {
		return answered{moment: moment(at), err: failing(portfolio.OutcomeRateLimited)}
	}
	unsent := func(at time.Time) event { return answered{moment: moment(at), err: failing(portfolio.OutcomeNotSent)} }
	late := func(at time.Time) event { return delayed{moment(at), "the clock is off"} }
	for _, tc := range []struct {
		name string
		kind portfolio.OperationKind
		from portfolio.OperationState
		e    func(time.Time) event
	}{
		{"delayed purchase", portfolio.OpRenew, portfolio.StateReserved, late},
		{"limited purchase", portfolio.OpRenew, portfolio.StateArmed, limited},
		{"purchase that never leaves", portfolio.OpRestore, portfolio.StateArmed, unsent},
		{"delayed wish", portfolio.OpAccept, portfolio.StateReserved, late},
	} {
		t.Run(tc.name, func(t *testing.T) {
			op := in(t, tc.kind, tc.from)
			row, _ := must(t, op, tc.e(noon.Add(giveUp)))
			equal(t, "after a day", row.State, portfolio.StateReserved)
			row, told := must(t, op, tc.e(noon.Add(giveUp+time.Second)))
			equal(t, "later", row.State, portfolio.StateFailed)
			equal(t, "reserved", row.Reserved, 0)
			if last := told[len(told)-1]; last.What != "failed" || last.Level != portfolio.LevelAlert {
				t.Errorf("giving up is not said aloud: %v", told)
			}
		})
	}
}

func TestEvidence(t *testing.T) {
	const (
		pending, unknown = portfolio.StatePending, portfolio.StateUnknown
		done, failed     = portfolio.StateDone, portfolio.StateFailed
	)
	soon, late := noon.Add(time.Hour), noon.Add(patience(portfolio.OpRenew)+time.Second)
	stands := evidence{readable: true, read: true}
	with := func(e evidence, remote portfolio.Progress) evidence { e.remote = remote; return e }
	for _, tc := range []struct {
		name  string
		state portfolio.OperationState
		at    time.Time
		seen  evidence
		want  portfolio.OperationState
	}{
		{"finished, and it moved", pending, soon, evidence{happened: true, readable: true, read: true, remote: portfolio.ProgressFinished}, done},
		{"moved, not finished", pending, soon, evidence{happened: true, readable: true, read: true, remote: portfolio.ProgressUnderWay}, pending},
		{"moved, but ended", pending, soon, evidence{happened: true, readable: true, read: true, remote: portfolio.ProgressEnded}, done},
		{"ended, and it stands", pending, soon, with(stands, portfolio.ProgressEnded), failed},
		{"ended, and it could not be read", pending, soon, evidence{readable: true, remote: portfolio.ProgressEnded}, pending},
		{"unknown: ended, and it could not be read", unknown, soon, evidence{readable: true, remote: portfolio.ProgressEnded}, unknown},
		{"unknown: ended, and it stands", unknown, soon, with(stands, portfolio.ProgressEnded), failed},
		{"finished, and it stands: soon", pending, soon, with(stands, portfolio.ProgressFinished), pending},
		{"finished, and it stands: after 48 hours", pending, late, with(stands, portfolio.ProgressFinished), unknown},
		{"under way for long", pending, late, with(stands, portfolio.ProgressUnderWay), pending},
		{"cannot be asked", pending, soon, evidence{}, pending},
		{"cannot be asked for 48 hours", pending, late, evidence{}, unknown},
		{"a state nobody knows", pending, soon, stands, unknown},
		{"unknown: it moved", unknown, soon, evidence{happened: true, read: true}, done},
		{"unknown: nothing to see", unknown, late.AddDate(1, 0, 0), evidence{read: true}, unknown},
		{"unknown: cannot be read", unknown, late.AddDate(1, 0, 0), evidence{}, unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			op := in(t, portfolio.OpRenew, tc.state)
			row, _ := must(t, op, observed{moment: moment(tc.at), seen: tc.seen})
			equal(t, "state", row.State, tc.want)
			switch tc.want {
			case done:
				equal(t, "charge is looked for", row.NextAt, tc.at)
			case failed:
				equal(t, "reserved", row.Reserved, 0)
			default:
				equal(t, "reserved", row.Reserved, op.Reserved)
				if wait := row.NextAt.Sub(tc.at); wait <= 0 || wait > time.Hour {
					t.Errorf("it is looked at again after %s", wait)
				}
			}
		})
	}
}

func TestWaitsGrow(t *testing.T) {
	op := in(t, portfolio.OpRenew, portfolio.StateUnknown)
	at, last := noon, time.Duration(0)
	for i := range 200 {
		op, _ = must(t, op, observed{moment: moment(at), seen: evidence{}})
		wait := op.NextAt.Sub(at)
		if wait < last || wait > 6*time.Hour || wait > time.Hour && at.Sub(noon) <= patience(portfolio.OpRenew) {
			t.Fatalf("wait %d is %s after %s", i, wait, last)
		}
		at, last = op.NextAt, wait
	}
	equal(t, "longest", last, 6*time.Hour)
	equal(t, "steps told of waits", len(op.History), len(in(t, portfolio.OpRenew, portfolio.StateUnknown).History))
}

func TestChargeIsLookedForAtGrowingDistance(t *testing.T) {
	op := in(t, portfolio.OpRenew, portfolio.StateDone)
	at := noon
	for range chargeTries {
		op, _ = must(t, op, charged{moment: moment(at)})
		at = op.NextAt
	}
	if days := at.Sub(noon) / day; days < 7 || days > 14 {
		t.Errorf("it is looked for over %d days", days)
	}
	op, told := must(t, op, charged{moment: moment(at), final: true})
	if !op.NextAt.IsZero() || op.Charge != nil || op.Price() != 1500 || len(told) != 1 {
		t.Errorf("not found: looked at again %s, price %s, told %v", op.NextAt, op.Price(), told)
	}
}

func TestRetryAfter(t *testing.T) {
	for attempt, want := range []time.Duration{1: time.Hour, 2: 6 * time.Hour, 3: day, 4: day, 50: day} {
		if attempt > 0 && want > 0 {
			equal(t, fmt.Sprint("attempt ", attempt), retryAfter(portfolio.Operation{Attempt: attempt, EndedAt: noon}).Sub(noon), want)
		}
	}
}

// However long the daemon was down: a wish that may have been obeyed is looked at
// before anybody says that it was not.
func TestWishFoundArmedAfterLong(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpAccept, portfolio.OpReject, portfolio.OpCancelChange} {
		row, _ := must(t, in(t, kind, portfolio.StateArmed), restarted{moment: moment(noon.AddDate(0, 0, 9))})
		equal(t, string(kind), row.State, portfolio.StateReserved)
		equal(t, "looked at", row.NextAt, noon.AddDate(0, 0, 9))
	}
}
