package executor

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

// watchdog stands before the ledger, and looks after each commit that lets money go
// whether everything that the configuration says of money holds: it adds up the rows
// themselves, and knows nothing of tallies.
type watchdog struct {
	Ledger
	t *rapid.T
	w *world
}

func (d *watchdog) Commit(change portfolio.Change) error {
	if err := d.Ledger.Commit(change); err != nil {
		return err
	}
	op := change.Operation
	if op == nil || !op.Kind.Purchase() || op.State == change.Was {
		return nil
	}
	if op.State == portfolio.StateReserved || op.State == portfolio.StateArmed {
		d.ceilings(*op)
		d.increase(*op)
	}
	return nil
}

// ceilings adds up what counts to today and to this month, once money was set aside or is
// about to be spent.
func (d *watchdog) ceilings(op portfolio.Operation) {
	today := d.w.now().UTC().Format(time.DateOnly)
	for _, whose := range []int64{0, op.AccountID} {
		var day, month portfolio.Tally
		for _, row := range d.w.rows() {
			if whose != 0 && row.AccountID != whose || !row.Kind.Purchase() || row.State == portfolio.StateFailed {
				continue
			}
			costs := row.Reserved
			if row.Charge != nil {
				costs = max(costs, *row.Charge)
			}
			one := portfolio.Tally{Amount: costs, Purchases: 1}
			if row.SpendDay == "" || row.SpendDay == today {
				day = day.Add(one)
			}
			if row.SpendDay == "" || row.SpendDay[:7] == today[:7] {
				month = month.Add(one)
			}
		}
		limits := d.w.limits.Global
		if whose != 0 {
			limits = d.w.limits.ByAccount[whose]
		}
		for _, c := range []struct {
			ceiling string
			limit   *portfolio.Money
			is      portfolio.Money
		}{{"max_per_purchase", limits.PerPurchase, op.Reserved}, {"max_per_day", limits.PerDay, day.Amount}, {"max_per_month", limits.PerMonth, month.Amount}} {
			if c.limit != nil && c.is > *c.limit {
				d.t.Fatalf("%s is %s for %s, and of account %d it is %s", op, op.State, c.is, whose, c.ceiling+" "+c.limit.String())
			}
		}
		if n := limits.PurchasesPerDay; n > 0 && day.Purchases > n {
			d.t.Fatalf("%s is the purchase %d of the day, and of account %d it is max_purchases_per_day %d", op, day.Purchases, whose, n)
		}
	}
}

// increase compares a year with the last purchase in the ledger.
func (d *watchdog) increase(op portfolio.Operation) {
	if op.Manual || op.Kind != portfolio.OpRenew && op.Kind != portfolio.OpRestore {
		return
	}
	var last *portfolio.Operation
	for _, row := range d.w.rows() {
		if row.State == portfolio.StateDone && row.Kind.Purchase() && row.Name == op.Name && (last == nil || row.EndedAt.After(last.EndedAt)) {
			last = &row
		}
	}
	if last == nil {
		return
	}
	year := last.PerYear
	if last.Charge != nil && last.Kind == portfolio.OpRenew {
		year = min(year, (*last.Charge+portfolio.Money(last.Years)-1)/portfolio.Money(last.Years))
	}
	limits := []*portfolio.Percent{d.w.limits.Global.MaxIncrease, d.w.limits.ByAccount[op.AccountID].MaxIncrease}
	for _, r := range d.w.cfg.Policy.Rules {
		if r.Name == op.Rule {
			limits = append(limits, r.MaxIncrease)
		}
	}
	for _, limit := range limits {
		if limit != nil && op.PerYear*100 > year*portfolio.Money(100+*limit) {
			d.t.Fatalf("%s is %s at %s a year, after %s, and may rise by %s", op, op.State, op.PerYear, year, *limit)
		}
	}
}

// Whatever is bought, refused, lost and charged, at whatever prices and on whatever days, no
// ceiling is ever passed, and no rule pays a price that rose too much. And where nothing
// fails, a plan and the pass after it agree, in order and to the cent.
func TestMoneyProperties(t *testing.T) {
	agreed, bought, rose := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		domains, policy, past := drawSpending(rt)
		w := newWorld(t, domains, policy)
		defer w.stop()
		w.stop()
		w.wrap = func(l Ledger) Ledger { return &watchdog{l, rt, w} }
		w.start()
		for _, op := range past {
			at := began.AddDate(-1, 0, -rapid.IntRange(0, 30).Draw(rt, "ago"))
			op.Occasion, op.Attempt, op.State = portfolio.OccasionOf(at), 1, portfolio.StateDone
			op.SpendDay, op.CreatedAt, op.ArmedAt, op.EndedAt = at.Format(time.DateOnly), at, at, at
			op.Key = portfolio.OperationKey(op.AccountID, op.Kind, op.SubjectID, op.Occasion, 1)
			w.must(w.store.Commit(portfolio.Change{Operation: &op}))
		}
		prices := make(map[string]string)
		w.demands(prices)
		for range rapid.IntRange(1, 5).Draw(rt, "rounds") {
			w.limits = Ceilings{Global: drawLimits(rt, "all"), Location: time.UTC, ByAccount: map[int64]Limits{mainID: drawLimits(rt, "main"), deskID: drawLimits(rt, "desk")}}
			f := drawTrouble(rt, w)
			least := 15 // what is charged; what turns out dearer than it was asked for takes money from what comes after it
			if f != nil {
				least = 10
			}
			for _, tld := range tldsDrawn {
				prices[tld] = fmt.Sprintf("%d.%d", rapid.IntRange(least, 30).Draw(rt, "price"), rapid.IntRange(0, 9).Draw(rt, "cents"))
			}
			before := len(w.rows())
			plan, done := w.planned(rt)
			if f == nil && !slices.ContainsFunc(w.rows()[before:], func(op portfolio.Operation) bool { return op.State == portfolio.StateFailed }) {
				sameSpending(rt, plan, done, w.rows()[before:])
				agreed += len(plan)
			}
			for _, d := range plan {
				if d.Code == codeMaxIncrease {
					rose++
				}
			}
			bought += len(w.rows()) - before
			if rapid.Bool().Draw(rt, "somebody types") {
				w.typesOne(rt)
			}
			if f != nil && rapid.Bool().Draw(rt, "it is mended") {
				f.over = true
			}
			w.settle(time.Duration(rapid.IntRange(0, 30).Draw(rt, "hours")) * time.Hour)
			w.clock.pass(pricesFor + time.Duration(rapid.SampledFrom([]int{0, 0, 30, 330}).Draw(rt, "days"))*day) // what is remembered of prices is old then
			w.fault = nil
			w.demands(prices)
		}
	})
	if agreed < 100 || bought < 40 || rose < 20 {
		t.Errorf("%d decisions were compared, %d purchases made and %d prices rose too much: it proves little", agreed, bought, rose)
	}
}

// demands has DNSimple ask other prices for a year than it charges, by TLD.
func (w *world) demands(prices map[string]string) {
	w.meets(&fault{method: http.MethodGet, part: "/prices", answer: func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		name := strings.Split(req.URL.Path, "/")[5]
		return rewritten(next(), func(body string) string {
			return strings.Replace(body, `"renewal_price":15.0`, `"renewal_price":`+prices[portfolio.TLD(name)], 1)
		}), nil
	}})
}

// planned makes a plan, twice, and carries out what the policy wants then.
func (w *world) planned(t *rapid.T) (plan, done []portfolio.Decision) {
	plan, err := w.x.Assess(w.t.Context(), w.decide())
	w.must(err)
	again, err := w.x.Assess(w.t.Context(), w.decide()) // with what the first one was told of prices
	w.must(err)
	sameSpending(t, plan, again, nil)
	done, err = w.x.Execute(w.t.Context(), w.decide())
	w.must(err)
	return plan, done
}

// sameSpending compares a plan with what was made of it, and with the rows that began.
func sameSpending(t *rapid.T, plan, done []portfolio.Decision, rows []portfolio.Operation) {
	for i, p := range plan {
		d := done[i]
		if p.Verdict != d.Verdict || p.Code != d.Code || (p.Price == nil) != (d.Price == nil) || p.Price != nil && *p.Price != *d.Price || p.PerYear != d.PerYear {
			t.Fatalf("%v was planned as %s (%s, %s), and became %s (%s, %s)", p.Resource, p.Verdict, p.Code, p.Reason, d.Verdict, d.Code, d.Reason)
		}
		if rows == nil || p.Verdict != portfolio.VerdictAct {
			continue
		}
		_, _, name := p.Resource.Ident()
		if len(rows) == 0 || rows[0].Name != name || rows[0].Reserved != *p.Price {
			t.Fatalf("%s was planned for %s, and the next rows are %s", name, *p.Price, summary(rows))
		}
		rows = rows[1:]
	}
	if len(rows) > 0 {
		t.Fatalf("nobody planned %s", summary(rows))
	}
}

// typesOne has an operator buy something.
func (w *world) typesOne(t *rapid.T) {
	var owned []portfolio.Domain
	for _, id := range []int64{mainID, deskID} {
		owned = append(owned, all(w.t, w.clients[id].ListDomains(w.t.Context(), portfolio.DomainFilter{}))...)
	}
	if len(owned) == 0 {
		return
	}
	slices.SortFunc(owned, func(a, b portfolio.Domain) int { return cmp.Compare(a.Name, b.Name) })
	d := rapid.SampledFrom(owned).Draw(t, "which")
	_, err := w.place(portfolio.Command{
		Kind: rapid.SampledFrom([]portfolio.OperationKind{portfolio.OpRenew, portfolio.OpRestore}).Draw(t, "does"), AccountID: d.AccountID, Name: d.Name,
		Years: rapid.IntRange(1, 3).Draw(t, "for years"),
	})
	if _, refused := errors.AsType[*RefusedError](err); !refused {
		w.must(err)
	}
}
