package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// priced counts the requests for prices since the last time.
func (w *world) priced() map[string]int {
	n := make(map[string]int)
	for _, c := range w.calls {
		if name, ok := strings.CutSuffix(c, "/prices"); ok {
			n[name[strings.LastIndex(name, "/")+1:]]++
		}
	}
	w.calls = nil
	return n
}

// asksYearly has DNSimple ask another price for a year of every name from now on.
func (w *world) asksYearly(price string) *fault {
	return w.meets(&fault{method: http.MethodGet, part: "/prices", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		return rewritten(next(), func(body string) string {
			return strings.Replace(body, `"renewal_price":15.0`, `"renewal_price":`+price, 1)
		}), nil
	}})
}

// hundreds are domains of the account main that expire within 40 days, the first first.
func hundreds(n int, first string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[[domain]]\naccount = \"main\"\nname = \"n%03d.com\"\nexpires = \"%s\"\n", i, first)
	}
	return b.String()
}

// commits counts the changes that are written for prices alone.
type commits struct {
	Ledger
	ofPrices int
}

func (c *commits) Commit(change portfolio.Change) error {
	if len(change.Prices) > 0 {
		c.ofPrices++
	}
	return c.Ledger.Commit(change)
}

// A plan over three hundred domains asks for no price that is known already, in a process
// that did not ask for it either. What is bought is asked for anew, twice: for the verdict,
// and before it is paid. What was learnt is written once in a pass.
func TestPricesAreAskedForSparingly(t *testing.T) {
	const all = 300
	limits := strings.Replace(renewAll, `max_per_day = "10000.00"`, `max_per_day = "75.00"`, 1)
	w := newWorld(t, hundreds(all, "+20d"), limits)
	w.stop()
	counted := new(commits)
	w.wrap = func(l Ledger) Ledger { counted.Ledger = l; return counted }
	w.start()

	w.assess()
	equal(t, "never asked: names that a plan asks for", len(w.priced()), all)
	w.assess()
	equal(t, "a second plan of the process", len(w.priced()), 0)
	equal(t, "written by plans", counted.ofPrices, 0)

	w.scan()
	asked := w.priced()
	equal(t, "names that a pass asks for", len(asked), all)
	twice := 0
	for name, n := range asked {
		switch bought := len(w.of(name)) > 0; {
		case n == 2 && bought:
			twice++
		case n != 1 || bought:
			t.Errorf("%s: asked %d times, bought: %t", name, n, bought)
		}
	}
	equal(t, "bought, and asked for before", twice, 5)
	equal(t, "commits of prices", counted.ofPrices, 1)

	w.restarts()
	w.priced()
	read := w.now()
	w.clock.pass(3 * time.Hour)
	plan := w.assess()
	equal(t, "another process, hours later", len(w.priced()), 0)
	d := plan["n299.com"]
	equal(t, "its price", *d.Price, 1500)
	if age := w.now().Sub(d.PriceAt); age < 3*time.Hour || d.PriceAt.After(read) {
		t.Errorf("it is as old as %s", age)
	}
	// Once it is too old one name is asked for all of them.
	w.clock.pass(21 * time.Hour)
	w.assess()
	equal(t, "a day later", len(w.priced()), 1)
}

// What is shown may be old, and says so; what is bought costs what it costs now, however it
// is bought.
func TestNothingIsBoughtAtARememberedPrice(t *testing.T) {
	shown := func(t *testing.T, w *world, name string) {
		t.Helper()
		d := w.assess()[name]
		if d.Price == nil || *d.Price != 1500 || w.now().Sub(d.PriceAt) < time.Hour {
			t.Errorf("shown: %v of %s", d.Price, d.PriceAt)
		}
	}
	t.Run("by a rule", func(t *testing.T) {
		w := newWorld(t, soon, renewAll)
		w.assess()
		w.clock.pass(time.Hour)
		w.asksYearly("20.0")
		shown(t, w, "a.com")
		w.scan()
		equal(t, "reserved", w.row().Reserved, 2000)
		seen, ok := w.x.remembered(mainID, "a.com")
		equal(t, "the new price is remembered", ok && seen.Renewal == 2000, true)
	})
	t.Run("too dear by now", func(t *testing.T) {
		w := newWorld(t, soon, renewAll+"max_price = \"19.99\"\n")
		w.assess()
		w.clock.pass(time.Hour)
		w.asksYearly("20.0")
		shown(t, w, "a.com")
		w.scan()
		w.expect(0, 0)
		equal(t, "rows", len(w.rows()), 0)
		equal(t, "told", len(w.heard("alert blocked")), 1)
	})
	t.Run("by hand", func(t *testing.T) {
		w := newWorld(t, soon, renewAll)
		w.assess()
		w.clock.pass(time.Hour)
		w.asksYearly("20.0")
		shown(t, w, "a.com")
		p, err := w.x.Propose(t.Context(), command(portfolio.OpRenew))
		w.must(err)
		equal(t, "proposed", *p.Price, 2000)
	})
	t.Run("a name", func(t *testing.T) {
		w := newWorld(t, shop, catchNew)
		w.watch("new.com")
		equal(t, "asked for", w.priced()["new.com"], 2)
	})
	t.Run("again", func(t *testing.T) {
		w := newWorld(t, soon, renewAll)
		w.loses(mainID, "/renewals", false).skip(w)
		w.asksYearly("20.0")
		op, err := w.again(w.last("a.com").Key)
		w.must(err)
		equal(t, "reserved", op.Reserved, 2000)
	})
	t.Run("approved", func(t *testing.T) {
		d := portfolio.Decision{Verdict: portfolio.VerdictWouldAct}
		equal(t, "a rule in dry-run", purposeOf(d, nil), showing)
		d.Approval = new(portfolio.Approval)
		equal(t, "what is let go all the same", purposeOf(d, nil), buying)
		equal(t, "in a plan", purposeOf(d, newBudget()), showing)
		d.Verdict = portfolio.VerdictAct
		equal(t, "a pass", purposeOf(d, nil), buying)
	})
}

// A premium name has prices of its own, a name that was never asked for may be one, and a
// price that is too old is asked for anew.
func TestPremiumIsNotTakenForOrdinary(t *testing.T) {
	const premium = soon + "premium = true\nprices = { renewal = \"48.00\", restore = \"60.00\" }\n[[domain]]\nid = 8\naccount = \"main\"\nname = \"b.com\"\nexpires = \"+11d\"\n"
	for _, restarts := range []bool{false, true} {
		w := newWorld(t, premium, renewAll)
		w.limits.Global.PerPurchase = money(1)
		w.scan() // both are blocked, and priced
		if restarts {
			w.restarts()
			w.limits.Global.PerPurchase = money(1)
		}
		w.priced()
		for range 2 {
			plan := w.assess()
			equal(t, "premium", *plan["a.com"].Price, 4800)
			equal(t, "ordinary", *plan["b.com"].Price, 1500)
		}
		equal(t, "asked for", len(w.priced()), 0)
		w.clock.pass(pricesFor)
		w.assess()
		equal(t, "asked for when they are old", len(w.priced()), 2)
	}
}

// A rule in dry-run shows what it would pay, with the age of what it knows: portfolios in
// dry-run may be large.
func TestDryRunShowsRememberedPrices(t *testing.T) {
	w := newWorld(t, hundreds(20, "+20d"), renewAll+"mode = \"dry-run\"\n")
	w.scan()
	equal(t, "at first", len(w.priced()), 20)
	told := len(w.heard("notice would-act"))
	equal(t, "told", told, 20)
	for _, e := range w.heard("notice would-act") {
		if at, ok := e.Data["price_at"].(time.Time); !ok || at.After(e.At) {
			t.Errorf("%s has the price of %v", e.Subject, e.Data["price_at"])
		}
	}
	w.clock.pass(25 * time.Hour)
	w.scan()
	equal(t, "a day later one is asked for all", len(w.priced()), 1)
}

// What cannot be kept of prices is no reason to stop anything.
func TestPricesThatCannotBeKept(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.stop()
	w.wrap = func(l Ledger) Ledger { return forgetful{l} }
	w.start()
	w.scan()
	w.expect(1, 1500, renewsA)
	equal(t, "state", w.row().State, portfolio.StateDone)
}

// forgetful keeps no prices.
type forgetful struct{ Ledger }

func (f forgetful) Commit(c portfolio.Change) error {
	if len(c.Prices) > 0 {
		return fmt.Errorf("no prices here")
	}
	return f.Ledger.Commit(c)
}

func (forgetful) PricesSeen(int64, string) (portfolio.SeenPrices, bool, error) {
	return portfolio.SeenPrices{}, false, fmt.Errorf("no prices here")
}
