package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// paid writes a purchase of a.com into the ledger that was completed a year ago.
func (w *world) paid(op portfolio.Operation) portfolio.Operation {
	w.t.Helper()
	at := w.now().AddDate(-1, 0, 0)
	op.AccountID, op.SubjectID, op.DomainID, op.Name, op.Attempt = mainID, 7, 7, "a.com", 1
	if op.Kind == "" {
		op.Kind = portfolio.OpRenew
	}
	op.Occasion, op.State = portfolio.OccasionOf(at), portfolio.StateDone
	op.SpendDay, op.CreatedAt, op.ArmedAt, op.EndedAt = at.Format(time.DateOnly), at, at, at
	op.Reserved = max(op.Reserved, 1)
	op.Key = portfolio.OperationKey(op.AccountID, op.Kind, op.SubjectID, op.Occasion, 1)
	w.must(w.store.Commit(portfolio.Change{Operation: &op}))
	return op
}

// tenPaid was bought for less than the 15.00 that a year costs now.
var tenPaid = portfolio.Operation{Years: 1, PerYear: 1000, Reserved: 1000}

// What a year cost: the charge, where it holds nothing else, and never more than the price.
func TestYearOfAPurchase(t *testing.T) {
	const renew, restore, register, transfer = portfolio.OpRenew, portfolio.OpRestore, portfolio.OpRegister, portfolio.OpTransfer
	for _, tc := range []struct {
		name            string
		kind            portfolio.OperationKind
		years           int
		perYear, charge portfolio.Money // charge 0: not known
		want            portfolio.Money
	}{
		{"the price", renew, 1, 1500, 0, 1500},
		{"the charge is the same", renew, 1, 1500, 1500, 1500},
		{"three years", renew, 3, 1500, 4500, 1500},
		{"less was charged", renew, 3, 1500, 3000, 1000},
		{"a trustee is charged as well", renew, 1, 1500, 2200, 1500},
		{"a part of a cent", renew, 3, 0, 4000, 1334},
		{"an older row", renew, 2, 0, 3000, 1500},
		{"an older row without its charge", renew, 2, 0, 0, 0},
		{"a restore", restore, 0, 1500, 9500, 1500},
		{"a restore for nothing but its renewal", restore, 0, 1500, 900, 1500},
		{"an older restore", restore, 0, 0, 9500, 0},
		{"a registration", register, 0, 1500, 1500, 1500},
		{"a registration at a discount", register, 0, 1500, 200, 200},
		{"a registration with privacy", register, 0, 1500, 2300, 1500},
		{"an older registration, of who knows how many years", register, 0, 0, 3000, 0},
		{"a transfer", transfer, 0, 1500, 1400, 1400},
		{"nothing was charged", renew, 1, 1500, -1, 1500},
	} {
		op := portfolio.Operation{Kind: tc.kind, Years: tc.years, PerYear: tc.perYear}
		if tc.charge != 0 {
			op.Charge = money(max(tc.charge, 0))
		}
		equal(t, tc.name, YearOf(op), tc.want)
	}
	for _, tc := range []struct {
		from, to portfolio.Money
		want     string
	}{{1000, 1250, "25%"}, {1000, 1251, "25.1%"}, {1_000_000, 1_250_001, "25.1%"}, {1500, 2000, "33.4%"}, {1, 3, "200%"}} {
		equal(t, "risen", risen(tc.from, tc.to), tc.want)
	}
}

// Of every limit the lowest holds, for a year of the term, against what was paid last.
func TestPriceIncrease(t *testing.T) {
	const allowed = ""
	const years3 = renewAll + "years = 3\n"
	for _, tc := range []struct {
		name            string
		policy          string
		global, account *portfolio.Percent
		before          *portfolio.Operation // nil: nothing was bought so far
		says            string               // "": it is bought
	}{
		{"nobody says anything", renewAll, nil, nil, &tenPaid, allowed},
		{"nothing was paid so far", renewAll, new(portfolio.Percent(1)), nil, nil, allowed},
		{"at the limit", renewAll, new(portfolio.Percent(50)), nil, &tenPaid, allowed},
		{"above it", renewAll, new(portfolio.Percent(49)), nil, &tenPaid, "max_price_increase is 49%, which allows 14.90"},
		{"above the account's", renewAll, new(portfolio.Percent(50)), new(portfolio.Percent(49)), &tenPaid, "max_price_increase of account 1010 is 49%"},
		{"above the global one", renewAll, new(portfolio.Percent(49)), new(portfolio.Percent(50)), &tenPaid, "max_price_increase is 49%"},
		{"above the rule's", renewAll + "max_price_increase = \"10%\"\n", new(portfolio.Percent(49)), new(portfolio.Percent(48)), &tenPaid, "max_price_increase of renew-all is 10%, which allows 11.00"},
		{"the rule's is wider", renewAll + "max_price_increase = \"60%\"\n", new(portfolio.Percent(49)), nil, &tenPaid, "max_price_increase is 49%"},
		{"three years, compared by the year", years3, new(portfolio.Percent(50)), nil, &tenPaid, allowed},
		{"three years, each too dear", years3, new(portfolio.Percent(49)), nil, &tenPaid, "a year of it costs 15.00, 50% more than the 10.00 (renew, 2025-11-21) that was paid last"},
		{"three were paid together", renewAll, new(portfolio.Percent(1)), nil, &portfolio.Operation{Years: 3, PerYear: 1500, Charge: money(4500)}, allowed},
		{"less was charged than it was priced", renewAll, new(portfolio.Percent(25)), nil, &portfolio.Operation{Years: 1, PerYear: 1500, Charge: money(1000)}, "the 10.00 (renew"},
		{"it was restored, and the fee is no part of it", renewAll, new(portfolio.Percent(25)), nil, &portfolio.Operation{Kind: portfolio.OpRestore, PerYear: 1000, Charge: money(9000)}, "the 10.00 (restore"},
		{"a registration", renewAll, new(portfolio.Percent(25)), nil, &portfolio.Operation{Kind: portfolio.OpRegister, PerYear: 500}, "200% more than the 5.00 (register, 2025-11-21)"},
		{"an older row that says nothing", renewAll, new(portfolio.Percent(1)), nil, &portfolio.Operation{Kind: portfolio.OpRestore, Charge: money(9000)}, allowed},
		{"it became cheaper", renewAll, new(portfolio.Percent(1)), nil, &portfolio.Operation{Years: 1, PerYear: 1600}, allowed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, soon, tc.policy)
			w.limits.Global.MaxIncrease = tc.global
			w.limits.ByAccount[mainID] = Limits{MaxIncrease: tc.account}
			if tc.before != nil {
				w.paid(*tc.before)
			}
			plan := w.assess()["a.com"]
			w.scan()
			if tc.says == allowed {
				equal(t, "plan", plan.Verdict, portfolio.VerdictAct)
				equal(t, "bought", len(w.changes()), 1)
				equal(t, "a year of it", w.last("a.com").PerYear, 1500)
				return
			}
			w.expect(0, 0)
			equal(t, "plan", plan.Verdict, portfolio.VerdictBlocked)
			equal(t, "code", plan.Code, codeMaxIncrease)
			holds(t, plan.Reason, tc.says)
			blocked := w.heard("alert blocked")
			equal(t, "told", len(blocked), 1)
			holds(t, blocked[0].Text, tc.says)
			holds(t, blocked[0].Text, "unless something changes it is lost after 2026-12-01")
			equal(t, "code told", fmt.Sprint(blocked[0].Data["code"]), codeMaxIncrease)
			warned := w.heard("alert expiring")
			equal(t, "warned", len(warned), 1)
			holds(t, warned[0].Text, "raise max_price_increase")
			holds(t, warned[0].Text, "domaind renew a.com")
		})
	}
}

// The renewal that a restore pays for is compared, and its fee is not.
func TestPriceIncreaseOfARestore(t *testing.T) {
	for _, tc := range []struct {
		perYear portfolio.Money
		blocked bool
	}{{1200, false}, {1199, true}} {
		w := newWorld(t, redemption, rescueAll)
		w.paid(portfolio.Operation{Years: 1, PerYear: tc.perYear})
		w.always(http.MethodPost, "/restores", 400, `{"message":"not today"}`)
		w.scan()
		equal(t, "at first", summary(w.rows()[1:]), "renew a.com failed; restore a.com failed")
		w.limits.Global.MaxIncrease = new(portfolio.Percent(25))
		w.clock.pass(2 * time.Hour)
		d := w.assess()["a.com"]
		equal(t, "do", d.Do, portfolio.ActionRestore)
		equal(t, "blocked", d.Verdict == portfolio.VerdictBlocked && d.Code == codeMaxIncrease, tc.blocked)
	}
}

// The price rises between the quote and the purchase: it is not paid.
func TestPriceRisesBeforeItIsBought(t *testing.T) {
	for _, price := range []string{"18.0", "19.0"} {
		w := newWorld(t, soon, renewAll)
		w.limits.Global.MaxIncrease = new(portfolio.Percent(20))
		w.paid(portfolio.Operation{Years: 1, PerYear: 1500})
		w.costs(price, false)
		w.scan()
		if price == "18.0" {
			equal(t, "bought", len(w.changes()), 1)
			equal(t, "a year of it", w.last("a.com").PerYear, 1800)
			continue
		}
		w.expect(0, 0)
		op := w.last("a.com")
		equal(t, "state", op.State, portfolio.StateFailed)
		holds(t, op.LastNote(), "a year of it costs 19.00, 26.7% more than the 15.00")
		w.lives(2 * day)
		w.expect(0, 0)
		equal(t, "rows", len(w.rows()), 2) // the guard stops it before there is another
		equal(t, "announced", len(w.heard("alert blocked")) > 0, true)
	}
}

// An operator is told by how much it rose, and decides.
func TestPriceIncreaseByHand(t *testing.T) {
	for _, tc := range []struct {
		limit   *portfolio.Percent
		perYear portfolio.Money
		told    string // "": nothing
	}{
		{new(portfolio.Percent(25)), 1000, "a year of it costs 15.00, 50% more than the 10.00 (renew, 2025-11-21) that was paid last: no rule would pay that, since max_price_increase is 25%"},
		{new(portfolio.Percent(50)), 1000, "50% more than the 10.00 (renew, 2025-11-21) that was paid last"},
		{nil, 1000, "50% more"},
		{new(portfolio.Percent(25)), 1500, ""},
		{new(portfolio.Percent(25)), 1600, ""},
	} {
		w := newWorld(t, shop, ample)
		w.limits.Global.MaxIncrease = tc.limit
		w.paid(portfolio.Operation{Years: 1, PerYear: tc.perYear})
		p, err := w.x.Propose(t.Context(), command(portfolio.OpRenew))
		w.must(err)
		told := strings.Join(p.Consequences, "\n")
		holds(t, told, tc.told)
		if tc.told == "" && strings.Contains(told, "more than") {
			t.Errorf("told: %s", told)
		}
		equal(t, "no rule", strings.Contains(told, "no rule would"), tc.limit != nil && tc.limit.Above(tc.perYear) < 1500)
		op, err := w.place(command(portfolio.OpRenew))
		w.must(err)
		equal(t, "state", op.State, portfolio.StateDone)
		equal(t, "a year of it", op.PerYear, 1500)
	}
}

// What is bought again shows no price first, so that the price must not have risen; the
// command by hand shows it.
func TestPriceIncreaseOfBuyingAgain(t *testing.T) {
	for _, rises := range []bool{false, true} {
		w := newWorld(t, soon, renewAll)
		w.paid(tenPaid)
		w.loses(mainID, "/renewals", false).skip(w)
		op := w.last("a.com")
		equal(t, "at first", op.State, portfolio.StateUnknown)
		if rises {
			w.limits.Global.MaxIncrease = new(portfolio.Percent(25))
		}
		again, err := w.again(op.Key)
		if !rises {
			w.must(err)
			equal(t, "a year of it", again.PerYear, 1500)
			continue
		}
		refusedWith(t, err, "say --not-bought, and then: domaind renew a.com, which shows the price")
		equal(t, "state", w.last("a.com").State, portfolio.StateUnknown)
	}
}

// Where DNSimple's own auto-renewal is all that renews, it is not switched on at a price
// that rose too much.
func TestPriceIncreaseOfAutoRenewal(t *testing.T) {
	for _, limit := range []portfolio.Percent{50, 49} {
		w := newWorld(t, soon+"[[tld]]\nname = \"com\"\nrenewal = \"15.00\"\nauto_renew_only = true\n", renewAll)
		w.limits.Global.MaxIncrease = &limit
		w.paid(tenPaid)
		d := w.assess()["a.com"]
		equal(t, "do", d.Do, portfolio.ActionAutoRenewal)
		equal(t, "blocked", d.Code == codeMaxIncrease, limit == 49)
	}
}

// Every purchase writes down what a year of it costs, as it was reserved and as it is sent.
func TestPerYearOfEveryPurchase(t *testing.T) {
	w := newWorld(t, shop, ample)
	for _, kind := range []portfolio.OperationKind{portfolio.OpRenew, portfolio.OpRestore, portfolio.OpRegister, portfolio.OpTransfer} {
		c := command(kind)
		if kind == portfolio.OpRenew {
			c.Years = 2
		}
		op, err := w.place(c)
		w.must(err)
		equal(t, string(kind), op.PerYear, 1500)
	}
	w = newWorld(t, shop, catchNew)
	w.watch("new.com")
	equal(t, "by a rule", w.row().PerYear, 1500)
	w = interrupted(t)
	equal(t, "as it is reserved", w.row().PerYear, 1500)
}
