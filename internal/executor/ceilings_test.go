package executor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// purchases are all ways in which something is bought, in a world where 15.00 were spent
// today by the account main.
var purchases = []struct {
	name  string
	world string
	total portfolio.Money
	// decide gives what a rule wants; nil where an operator buys.
	decide func(w *world) portfolio.Decision
	typed  portfolio.OperationKind
}{
	{name: "renew", world: soon, total: 1500, decide: func(w *world) portfolio.Decision { return w.decided("a.com") }},
	{name: "renew while it is in grace", world: strings.Replace(soon, "+10d", "-5d", 1), total: 1500, decide: func(w *world) portfolio.Decision { return w.decided("a.com") }},
	{name: "restore", world: redemption, total: 9500, decide: func(w *world) portfolio.Decision {
		d := w.decided("a.com")
		account, id, name := d.Resource.Ident()
		refused := portfolio.Operation{
			AccountID: account, Kind: portfolio.OpRenew, SubjectID: id, DomainID: id, Name: name, Occasion: occasion(d.Resource), Attempt: 1,
			State: portfolio.StateFailed, Refused: true, CreatedAt: w.now(), EndedAt: w.now(),
		}
		refused.Key = portfolio.OperationKey(account, refused.Kind, id, refused.Occasion, 1)
		w.must(w.store.Commit(portfolio.Change{Operation: &refused}))
		return w.decided("a.com")
	}},
	{name: "register", world: soon, total: 1500, decide: func(w *world) portfolio.Decision {
		return rules.Decide(w.cfg.Policy, portfolio.NameFacts{
			AccountID: mainID, Name: "new.com", UnicodeName: "new.com", Status: portfolio.NameFree, FreeSince: began, CheckedAt: w.now(),
		}, w.now())
	}},
	{name: "renew by hand", world: shop, total: 1500, typed: portfolio.OpRenew},
	{name: "restore by hand", world: shop, total: 9500, typed: portfolio.OpRestore},
	{name: "register by hand", world: shop, total: 1500, typed: portfolio.OpRegister},
	{name: "transfer by hand", world: shop, total: 1500, typed: portfolio.OpTransfer},
}

// buyAll wants all of it.
const buyAll = catchNew + `
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "45d" }
do = "renew"
[[rule]]
name = "rescue"
on = "domain"
match = { lapsed_within = "80d" }
do = "restore"
`

// seed is bought before anything else.
const seed = "[[domain]]\nid = 99\naccount = \"main\"\nname = \"seed.com\"\nexpires = \"+300d\"\n"

// decided is what the policy says of a domain.
func (w *world) decided(name string) portfolio.Decision {
	w.t.Helper()
	for _, d := range w.decide() {
		if _, _, n := d.Resource.Ident(); n == name && d.Resource.Kind() == portfolio.KindDomain {
			return d
		}
	}
	w.t.Fatalf("nothing is decided about %s", name)
	return portfolio.Decision{}
}

// limitsThat are ceilings, by their keys, which 15.00 and one purchase fit under, and a
// further one of so much only where cents is not negative.
func limitsThat(total, cents portfolio.Money) map[string]Limits {
	count := 2
	if cents < 0 {
		count = 1
	}
	return map[string]Limits{
		"max_per_purchase":      {PerPurchase: money(total + cents)},
		"max_per_day":           {PerDay: money(1500 + total + cents)},
		"max_per_month":         {PerMonth: money(1500 + total + cents)},
		"max_purchases_per_day": {PurchasesPerDay: count},
	}
}

// Every ceiling, global and of the account, which is a cent too low (or one purchase), is held by a plan (or the proposal of a
// command), when money is set aside, and when a request is about to leave: to the cent, for
// whatever is bought.
func TestEveryCeilingIsHeldEverywhere(t *testing.T) {
	for _, p := range purchases {
		for ceiling := range limitsThat(0, 0) {
			for _, whose := range []int64{0, mainID} {
				for _, at := range []string{"plan", "reserve", "arm", "nowhere"} {
					t.Run(fmt.Sprintf("%s/%s of %d/%s", p.name, ceiling, whose, at), func(t *testing.T) {
						w := newWorld(t, p.world+seed, buyAll)
						defer w.stop()
						_, err := w.place(portfolio.Command{Kind: portfolio.OpRenew, AccountID: mainID, Name: "seed.com"})
						w.must(err)
						before := len(w.changes())
						cents := portfolio.Money(-1)
						if at == "nowhere" {
							cents = 0
						}
						over := w.stoppedBy(p.decide, p.typed, at, func() {
							l := limitsThat(p.total, cents)[ceiling]
							if whose == 0 {
								w.limits.Global = l
							} else {
								w.limits.ByAccount[whose] = l
							}
						})
						if at == "nowhere" {
							equal(t, "stopped by", over, "")
							equal(t, "sent", len(w.changes()), before+1)
							return
						}
						holds(t, over, ceiling)
						equal(t, "says whose", strings.Contains(over, "of account 1010"), whose != 0)
						equal(t, "sent", len(w.changes()), before)
						_, reserved := w.spent()
						equal(t, "reserved", reserved, portfolio.Tally{})
					})
				}
			}
		}
	}
}

// stoppedBy takes a purchase as far as a stage, before which the ceilings become narrow,
// and gives what stops it there; "" where nothing does.
func (w *world) stoppedBy(decide func(*world) portfolio.Decision, typed portfolio.OperationKind, at string, narrow func()) string {
	w.t.Helper()
	ctx := w.t.Context()
	if at == "plan" || at == "nowhere" {
		narrow()
	}
	var row portfolio.Operation
	if decide == nil {
		c := command(typed)
		p, err := w.x.Propose(ctx, c)
		if refused, ok := errors.AsType[*RefusedError](err); ok {
			return refused.Reason
		}
		w.must(err)
		row = p.Operation
		row.By = "operator test"
		if c.Code != "" {
			w.x.keep(row.Key, c.Code)
		}
	} else {
		assessed, err := w.x.Assess(ctx, []portfolio.Decision{decide(w)})
		w.must(err)
		d := assessed[0]
		if d.Verdict != portfolio.VerdictAct {
			return d.Code + ": " + d.Reason
		}
		row, err = w.x.row(d)
		w.must(err)
	}
	if at == "plan" {
		return "" // it was to be stopped before
	}
	if at == "reserve" {
		narrow()
	}
	op, err := w.x.reserve(row)
	if over, ok := errors.AsType[*CeilingError](err); ok {
		return over.Error()
	}
	w.must(err)
	if at == "reserve" {
		return ""
	}
	narrow()
	w.must(w.x.carry(ctx, op))
	op, _, err = w.store.Operation(op.Key)
	w.must(err)
	if op.State == portfolio.StateFailed && op.Sent == 0 {
		return op.LastNote()
	}
	return ""
}

// Money is set aside for what expires first, whatever account has it, and whatever order
// the accounts are read in.
func TestMoneyGoesToWhatExpiresFirst(t *testing.T) {
	var domains strings.Builder
	for i, account := range []string{"desk", "main", "main", "desk", "main", "desk", "desk", "main"} {
		fmt.Fprintf(&domains, "[[domain]]\naccount = \"%s\"\nname = \"%c.com\"\nexpires = \"+%dd\"\n", account, 'a'+i, 10+3*((5*i)%8))
	}
	for _, tc := range []struct {
		limit, policy string
		bought        int
	}{
		{"a day's money", strings.Replace(renewAll, `max_per_day = "10000.00"`, `max_per_day = "45.00"`, 1), 3},
		{"a month's money", strings.Replace(renewAll, `max_per_month = "10000.00"`, `max_per_month = "74.99"`, 1), 4},
		{"a day's number", strings.Replace(renewAll, `max_per_day = "10000.00"`, "max_per_day = \"10000.00\"\nmax_purchases_per_day = 5", 1), 5},
	} {
		t.Run(tc.limit, func(t *testing.T) {
			w := newWorld(t, domains.String(), tc.policy)
			plan, err := w.x.Assess(t.Context(), w.decide())
			w.must(err)
			var planned []string
			for _, d := range plan {
				if _, _, name := d.Resource.Ident(); d.Verdict == portfolio.VerdictAct {
					planned = append(planned, name)
				}
			}
			w.scan()
			var bought []string
			for _, op := range w.rows() {
				bought = append(bought, op.Name)
			}
			equal(t, "planned", strings.Join(planned, " "), strings.Join(bought, " "))
			order := func(a, b string) int { return int((5*(a[0]-'a'))%8) - int((5*(b[0]-'a'))%8) }
			equal(t, "in order", slices.IsSortedFunc(bought, order), true)
			equal(t, "bought", len(bought), tc.bought)
		})
	}
}

// What a ceiling stops is announced with the day on which the domain is lost, or with what
// is known of that once it has lapsed. A name that is not owned is not lost.
func TestBlockedSaysWhenItIsLost(t *testing.T) {
	for _, tc := range []struct {
		name, world string
		redemption  bool
		says        []string
		never       string
	}{
		{"registered", soon, false, []string{"unless something changes it is lost after 2026-12-01"}, "lapsed"},
		{
			"lapsed", strings.Replace(soon, "+10d", "-5d", 1), false,
			[]string{"it lapsed on 2026-11-16: most suffixes let it be renewed until 2026-12-15 at the latest, and some not at all", "on which day it is lost for good nobody tells"},
			"unless something",
		},
		{
			"lapsed for long", strings.Replace(soon, "+10d", "-30d", 1), false,
			[]string{"it lapsed on 2026-10-22: most suffixes take no plain renewal any more", "nobody tells"},
			"until",
		},
		{
			"in redemption", redemption, true,
			[]string{"it lapsed on 2026-10-12, and its plain renewal was refused: only a restore saves it", "nobody tells"},
			"until",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, tc.world, buyAll)
			if tc.redemption {
				w.always("POST", "/restores", 400, `{"message":"not today"}`)
				w.scan()
				w.clock.pass(2 * time.Hour)
				w.told = nil
			}
			w.limits.Global.PerDay = money(1)
			w.scan()
			blocked := w.heard("alert blocked")
			equal(t, "told", len(blocked), 1)
			equal(t, "code", fmt.Sprint(blocked[0].Data["code"]), "max_per_day")
			for _, part := range append(tc.says, "it costs ", "max_per_day is 0.01") {
				holds(t, blocked[0].Text, part)
			}
			if strings.Contains(blocked[0].Text, tc.never) {
				t.Errorf("it says %q", blocked[0].Text)
			}
		})
	}
	w := newWorld(t, soon, catchNew)
	w.limits.Global.PerDay = money(1)
	w.watch("new.com")
	blocked := w.heard("alert blocked")
	equal(t, "told", len(blocked), 1)
	holds(t, blocked[0].Text, "max_per_day is 0.01")
	if strings.Contains(blocked[0].Text, "lost") || strings.Contains(blocked[0].Text, "lapsed") {
		t.Errorf("a name that is not owned is lost: %s", blocked[0].Text)
	}
}
