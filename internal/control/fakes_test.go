package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"testing"
	"time"

	"domaind/internal/client"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// alice asks.
var alice = Asker{User: "alice"}

// fakeLedger gives its rows, newest first.
type fakeLedger func(yield func(portfolio.Operation, error) bool)

func (l fakeLedger) Operations() iter.Seq2[portfolio.Operation, error] {
	return iter.Seq2[portfolio.Operation, error](l)
}

func (l fakeLedger) OpenOperations() (open []portfolio.Operation, err error) {
	for op, err := range l.Operations() {
		if err != nil {
			return nil, err
		}
		if op.State.Open() {
			open = append(open, op)
		}
	}
	slices.Reverse(open)
	return open, nil
}

// Spent counts 15.00 of account 1010 to the first of March, and 80.00 to the month.
func (l fakeLedger) Spent(read func(portfolio.Spent) error) error {
	tally := func(of map[int64]portfolio.Money) func(int64) portfolio.Tally {
		return func(account int64) portfolio.Tally {
			return portfolio.Tally{Amount: of[account], Purchases: int(of[account] / 1500)}
		}
	}
	at := func(want string, of map[int64]portfolio.Money) func(int64, string) portfolio.Tally {
		return func(account int64, when string) portfolio.Tally {
			if when != want {
				return portfolio.Tally{}
			}
			return tally(of)(account)
		}
	}
	return read(portfolio.Spent{
		On:       at("2026-03-01", map[int64]portfolio.Money{0: 1500, 1010: 1500}),
		In:       at("2026-03", map[int64]portfolio.Money{0: 9500, 1010: 8000, 3030: 1500}),
		Reserved: tally(map[int64]portfolio.Money{0: 3000, 3030: 3000}),
	})
}

func none(func(portfolio.Operation, error) bool) {}

func rowsOf(ops ...portfolio.Operation) fakeLedger {
	return func(yield func(portfolio.Operation, error) bool) {
		for _, op := range ops {
			if !yield(op, nil) {
				return
			}
		}
	}
}

// fakeMemory remembers pauses and events.
type fakeMemory struct {
	pauses []portfolio.Pause
	events []portfolio.Event
	err    error
}

func (m *fakeMemory) Pauses() ([]portfolio.Pause, error) { return slices.Clone(m.pauses), m.err }
func (m *fakeMemory) Backlog() (int, error)              { return len(m.events), m.err }
func (m *fakeMemory) Pending(_ uint64, limit int) ([]portfolio.Event, error) {
	return m.events[:min(limit, len(m.events))], m.err
}

// fakeMachine notes what it is told to do.
type fakeMachine struct {
	memory  *fakeMemory
	told    []string
	err     error
	resolve func(ctx context.Context, key string) (portfolio.Operation, error)
	answer  func(key string) (portfolio.Operation, error)
}

func (m *fakeMachine) Resolve(ctx context.Context, key string, how executor.Resolution, by, reason string) (portfolio.Operation, error) {
	m.told = append(m.told, "resolve "+key+" "+string(how)+" "+by+": "+reason)
	if m.resolve != nil {
		return m.resolve(ctx, key)
	}
	return portfolio.Operation{Key: key, Kind: portfolio.OpRenew, Name: "example.com", State: portfolio.StateDone}, m.err
}

func (m *fakeMachine) Answer(_ context.Context, key string, approve bool, by, reason string) (portfolio.Operation, error) {
	m.told = append(m.told, fmt.Sprintf("answer %s %t %s: %s", key, approve, by, reason))
	if m.answer != nil {
		return m.answer(key)
	}
	return portfolio.Operation{Key: key, Kind: portfolio.OpRenew, Name: "example.com", State: portfolio.StateDone}, m.err
}

func (m *fakeMachine) Pause(account int64, by, reason string) error {
	m.told = append(m.told, "pause "+itoa(account)+" "+by+": "+reason)
	if m.err == nil {
		m.memory.pauses = append(m.memory.pauses, portfolio.Pause{AccountID: account, Scope: portfolio.PauseByHand, By: by, Reason: reason, Since: now})
	}
	return m.err
}

func (m *fakeMachine) Resume(_ context.Context, account int64, afterRestore bool, by string) (lifted []portfolio.Pause, err error) {
	m.told = append(m.told, "resume "+itoa(account)+" "+by)
	m.memory.pauses = slices.DeleteFunc(m.memory.pauses, func(p portfolio.Pause) bool {
		ends := p.AccountID == account && (afterRestore || p.Scope != portfolio.PauseRestored)
		if ends {
			lifted = append(lifted, p)
		}
		return ends
	})
	return lifted, m.err
}

func (m *fakeMachine) Ceilings() executor.Ceilings {
	most, daily, monthly, narrow := portfolio.Money(10000), portfolio.Money(50000), portfolio.Money(300000), portfolio.Money(20000)
	return executor.Ceilings{
		Global:    executor.Limits{PerPurchase: &most, PerDay: &daily, PerMonth: &monthly, PurchasesPerDay: 50, MaxIncrease: new(portfolio.Percent(25))},
		ByAccount: map[int64]executor.Limits{3030: {PerMonth: &narrow, AskAbove: new(portfolio.Money(6000))}}, Location: time.UTC,
	}
}

// fakeJobs are jobs that find nothing, or what they are told to.
type fakeJobs struct {
	scan func(ctx context.Context, name string) (scheduler.Reading, error)
	jobs []scheduler.JobStatus
}

func (j *fakeJobs) Scan(ctx context.Context, name string) (scheduler.Reading, error) {
	if j.scan == nil {
		return scheduler.Reading{}, nil
	}
	return j.scan(ctx, name)
}

func (j *fakeJobs) Jobs() ([]scheduler.JobStatus, error) { return j.jobs, nil }

// fakeVendor has charges.
type fakeVendor struct {
	quota   client.Quota
	charges func(ctx context.Context) ([]portfolio.ChargeItem, error)
	asked   int
}

func (v *fakeVendor) Quota() client.Quota { return v.quota }

func (v *fakeVendor) Charges(ctx context.Context, _ time.Time) iter.Seq2[portfolio.Page[portfolio.ChargeItem], error] {
	v.asked++
	return func(yield func(portfolio.Page[portfolio.ChargeItem], error) bool) {
		if v.charges == nil {
			yield(portfolio.Page[portfolio.ChargeItem]{}, nil)
			return
		}
		items, err := v.charges(ctx)
		yield(portfolio.Page[portfolio.ChargeItem]{Items: items, Number: 1, Pages: 1}, err)
	}
}

// fakeBackup writes pieces, and then fails where it has an error.
type fakeBackup struct {
	pieces []string
	err    error
}

func (b fakeBackup) Backup(w io.Writer) (n int64, err error) {
	for _, piece := range b.pieces {
		m, err := io.WriteString(w, piece)
		if n += int64(m); err != nil {
			return n, err
		}
	}
	return n, b.err
}

// options are those of a daemon with three accounts, of which one only proves.
func options(s fakeScanner, l fakeLedger) Options {
	policy := &rules.Policy{Hash: "0123456789ab", Mode: portfolio.ModeAct, Location: time.UTC, WarnWithin: rules.Distance{Days: 60}}
	memory := new(fakeMemory)
	return Options{
		Scanner: s, Assessor: fakeAssessor{}, Ledger: l, Memory: memory, Backup: fakeBackup{pieces: []string{"state"}},
		Machine: &fakeMachine{memory: memory}, Jobs: new(fakeJobs),
		Accounts: []Account{
			{Account: portfolio.Account{ID: 1010, Name: "main"}, Vendor: new(fakeVendor)},
			{Account: portfolio.Account{ID: 3030, Name: "labs"}, Vendor: new(fakeVendor)},
			{Account: portfolio.Account{ID: 2020, Name: "desk"}, Source: true, Vendor: new(fakeVendor)},
		},
		Policy: func() *rules.Policy { return policy }, Now: func() time.Time { return now }, Instance: "main",
		About: About{
			Version: "1.2.3", Running: true, Since: now.Add(-time.Hour), Socket: "/run/domaind/domaind.sock", State: "/var/lib/domaind/state.db",
			StateBytes: func() (int64, error) { return 65536, nil },
			Bus:        func() BusStatus { return BusStatus{Where: "the embedded server", Connected: true} },
		},
	}
}

func machine(o Options) *fakeMachine {
	m, _ := o.Machine.(*fakeMachine)
	return m
}

func memory(o Options) *fakeMemory { return machine(o).memory }

var errBroken = errors.New("the state is gone")

// roundTrip gives the answer to a request.
func roundTrip(t *testing.T, rt http.RoundTripper, r *http.Request) (int, string) {
	t.Helper()
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
