package control

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/client"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// vendor gives the fake of an account's DNSimple.
func vendor(t *testing.T, o Options, account int64) *fakeVendor {
	t.Helper()
	for _, a := range o.Accounts {
		if v, ok := a.Vendor.(*fakeVendor); ok && a.ID == account {
			return v
		}
	}
	t.Fatalf("there is no account %d", account)
	return nil
}

func charge(description string, amount portfolio.Money, days int) portfolio.ChargeItem {
	return portfolio.ChargeItem{Description: description, Amount: amount, InvoicedAt: now.AddDate(0, 0, days)}
}

// TestStatusJSON pins every byte of a status: other programs rely on it.
func TestStatusJSON(t *testing.T) {
	flagged := operation(7, "example.com", portfolio.StateUnknown, 5)
	flagged.Attention = true
	o := options(fakeScanner{}, rowsOf(operation(9, "over.com", portfolio.StateDone, 1), operation(8, "next.com", portfolio.StateReserved, 2), flagged))
	memory(o).pauses = []portfolio.Pause{
		{Scope: portfolio.PauseByHand, Reason: "moving", By: "operator alice", Since: now},
		{AccountID: 3030, Scope: portfolio.PauseAccount, Reason: "DNSimple refuses its token", By: "daemon", Since: now, ProbeAt: now.Add(time.Minute), Probes: 2},
	}
	memory(o).events = []portfolio.Event{{Number: 4, At: now.Add(-time.Minute)}, {Number: 5, At: now}}
	o.Jobs = &fakeJobs{jobs: []scheduler.JobStatus{{Name: "domains", Last: now.Add(-time.Hour), Next: now.Add(time.Hour), Running: true, Requests: 52, Warnings: []string{"too often"}}, {Name: "pushes"}}}
	vendor(t, o, 1010).quota = client.Quota{Limit: 2400, Remaining: 2203, Reset: now.Add(30 * time.Minute), Known: true}
	vendor(t, o, 1010).charges = func(context.Context) ([]portfolio.ChargeItem, error) {
		return []portfolio.ChargeItem{
			charge("Auto Renew a.com", 1400, 0), charge("auto renew b.com", 100, 0), charge("Renew c.com", 9900, 0), charge("Auto Renew d.com", 9900, -1),
			{Description: "Auto Renew e.com", Amount: 9900, InvoicedAt: now, Refunded: true},
		}, nil
	}
	vendor(t, o, 3030).charges = func(context.Context) ([]portfolio.ChargeItem, error) {
		return nil, &portfolio.CallError{Call: "list charges (account 3030)", Outcome: portfolio.OutcomeForbidden, Status: 403, Message: "Permission Denied"}
	}
	status, body := ask(t, o, http.MethodGet, "/v1/status", "")
	want := `{"at":"2026-03-01T12:00:00Z","running":true,"version":"1.2.3","since":"2026-03-01T11:00:00Z","mode":"act","policy":"0123456789ab",` +
		`"socket":"/run/domaind/domaind.sock","state":"/var/lib/domaind/state.db","state_bytes":65536,` +
		`"accounts":[{"id":1010,"name":"main","source":false,"pauses":[],"requests":{"left":2203,"limit":2400,"reset":"2026-03-01T12:30:00Z"}},` +
		`{"id":3030,"name":"labs","source":false,"pauses":[{"account":3030,"scope":"account","reason":"DNSimple refuses its token","by":"daemon",` +
		`"since":"2026-03-01T12:00:00Z","probe_at":"2026-03-01T12:01:00Z","probes":2,"account_name":"labs"}],"requests":null},` +
		`{"id":2020,"name":"desk","source":true,"pauses":[],"requests":null}],` +
		`"pauses":[{"account":0,"scope":"by-hand","reason":"moving","by":"operator alice","since":"2026-03-01T12:00:00Z","account_name":""}],` +
		`"jobs":[{"name":"domains","last":"2026-03-01T11:00:00Z","next":"2026-03-01T13:00:00Z","running":true,"requests":52,"warnings":["too often"]},{"name":"pushes","last":null,"next":null,"running":false,"requests":0,"warnings":[]}],` +
		`"operations":{"unknown":{"count":1,"items":[{"op":"` + flagged.ShortID() + `","account":1010,"kind":"renew","name":"example.com","state":"unknown","price":"15.00",` +
		`"since":"2026-03-01T11:55:00Z","attention":true,"note":"it is unknown"}]},"pending":{"count":0,"items":[]},` +
		`"waiting":{"count":1,"items":[{"op":"` + operation(8, "", "", 0).ShortID() + `","account":1010,"kind":"renew","name":"next.com","state":"reserved","price":"15.00",` +
		`"since":"2026-03-01T11:57:00Z","attention":false,"note":"it is reserved"}]},"asked":{"count":0,"items":[]}},` +
		`"money":{"day":"2026-03-01","month":"2026-03","all":{"account":0,"name":"","today":{"amount":"15.00","purchases":1},"this_month":{"amount":"95.00","purchases":6},` +
		`"reserved":{"amount":"30.00","purchases":2},"max_per_purchase":"100.00","max_per_day":"500.00","max_per_month":"3000.00","max_purchases_per_day":50,"max_price_increase":25,"ask_above":null,` +
		`"vendor":{"known":false,"amount":"0.00","purchases":0,"why":"not known of every account"}},` +
		`"accounts":[{"account":1010,"name":"main","today":{"amount":"15.00","purchases":1},"this_month":{"amount":"80.00","purchases":5},` +
		`"reserved":{"amount":"0.00","purchases":0},"max_per_purchase":null,"max_per_day":null,"max_per_month":null,"max_purchases_per_day":0,"max_price_increase":null,"ask_above":null,` +
		`"vendor":{"known":true,"amount":"15.00","purchases":2}},` +
		`{"account":3030,"name":"labs","today":{"amount":"0.00","purchases":0},"this_month":{"amount":"15.00","purchases":1},` +
		`"reserved":{"amount":"30.00","purchases":2},"max_per_purchase":null,"max_per_day":null,"max_per_month":"200.00","max_purchases_per_day":0,"max_price_increase":null,"ask_above":"60.00",` +
		`"vendor":{"known":false,"amount":"0.00","purchases":0,"why":"list charges (account 3030): 403: Permission Denied"}}]},` +
		`"outbox":{"waiting":2,"oldest":"2026-03-01T11:59:00Z","bus":{"where":"the embedded server","connected":true,"error":""}},"reload_waits":null}` + "\n"
	if diff := cmp.Diff(strings.ReplaceAll(want, ",", ",\n"), strings.ReplaceAll(body, ",", ",\n")); diff != "" || status != http.StatusOK {
		t.Errorf("%d, -want +got:\n%s", status, diff)
	}
	s, err := InProcess(New(o), alice).Status(t.Context())
	if err != nil || s.Money.Accounts[0].Vendor.Amount != 1500 || len(s.Accounts) != 3 || s.Operations.Unknown.Count != 1 {
		t.Errorf("the client reads %+v: %v", s, err)
	}
}

// TestStatusNames a few operations of many, the oldest first, since when they stand
// where they do.
func TestStatusNames(t *testing.T) {
	var ops []portfolio.Operation
	for i := range 8 {
		ops = append(ops, operation(int64(i), string(rune('a'+i))+".com", portfolio.StatePending, i))
	}
	again := operation(20, "again.com", portfolio.StatePending, 100)
	again.History = append(again.History, portfolio.Step{At: now, State: portfolio.StatePending, Note: "still"})
	armed := operation(21, "armed.com", portfolio.StateArmed, 50)
	s, err := InProcess(New(options(fakeScanner{}, rowsOf(append(ops, armed, again)...))), alice).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, it := range s.Operations.Pending.Items {
		names = append(names, it.Name)
	}
	if got := strings.Join(names, " "); got != "again.com armed.com h.com g.com f.com" || s.Operations.Pending.Count != 10 || s.Operations.Pending.Items[0].Note != "still" {
		t.Errorf("%+v", s.Operations.Pending)
	}
}

// TestVendorSpending is read shortly, not often, and never taken for nothing.
func TestVendorSpending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(fakeScanner{}, none)
		o.Now = func() time.Time { return time.Now() }
		slow := vendor(t, o, 1010)
		slow.charges = func(ctx context.Context) ([]portfolio.ChargeItem, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		c := InProcess(New(o), alice)
		begin := time.Now()
		s, err := c.Status(t.Context())
		if err != nil || s.Money.Accounts[0].Vendor.Known || !strings.Contains(s.Money.Accounts[0].Vendor.Why, "did not answer within 3s") || !s.Money.Accounts[1].Vendor.Known {
			t.Fatalf("%+v: %v", s.Money, err)
		}
		if took := time.Since(begin); took != askVendorFor {
			t.Errorf("it took %s", took)
		}
		// What was not answered is asked again; what was, is not.
		slow.charges = nil
		if s, err = c.Status(t.Context()); err != nil || !s.Money.All.Vendor.Known || slow.asked != 2 || vendor(t, o, 3030).asked != 1 {
			t.Errorf("%+v: %v; asked %d and %d times", s.Money, err, slow.asked, vendor(t, o, 3030).asked)
		}
		time.Sleep(vendorFor)
		if _, err = c.Status(t.Context()); err != nil || vendor(t, o, 3030).asked != 2 {
			t.Errorf("%v; asked %d times", err, vendor(t, o, 3030).asked)
		}
		if vendor(t, o, 2020).asked > 0 {
			t.Error("an account that only proves was asked")
		}
	})
	o := options(fakeScanner{}, none)
	vendor(t, o, 1010).charges = func(context.Context) ([]portfolio.ChargeItem, error) {
		return nil, errors.New("list charges: \x1b[31m" + strings.Repeat("x", 1000))
	}
	o.Accounts[1].Vendor = nil
	s, err := InProcess(New(o), alice).Status(t.Context())
	if err != nil || len(s.Money.Accounts[0].Vendor.Why) > 200 || strings.Contains(s.Money.Accounts[0].Vendor.Why, "\x1b") || s.Money.Accounts[1].Vendor.Why != "its token was not read" {
		t.Errorf("%+v: %v", s.Money, err)
	}
}

// TestStatusErrors: a status is whole, or an error.
func TestStatusErrors(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"pauses": func(o *Options) { memory(*o).err = errBroken },
		"size":   func(o *Options) { o.About.StateBytes = func() (int64, error) { return 0, errBroken } },
		"ledger": func(o *Options) {
			o.Ledger = fakeLedger(func(yield func(portfolio.Operation, error) bool) { yield(portfolio.Operation{}, errBroken) })
		},
	} {
		o := options(fakeScanner{}, none)
		spoil(&o)
		if status, body := ask(t, o, http.MethodGet, "/v1/status", ""); status != http.StatusInternalServerError || body != `{"error":"the state is gone"}`+"\n" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}
