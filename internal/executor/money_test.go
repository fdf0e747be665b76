package executor

import (
	"errors"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

func money(m portfolio.Money) *portfolio.Money { return new(m) }

// book is what was spent: by account (0: all) and day or month, and what is reserved.
type book struct {
	days, months map[string]portfolio.Tally // "1010 2026-11-21"
	reserved     map[int64]portfolio.Tally
}

func (b book) spent() portfolio.Spent {
	key := func(account int64, when string) string {
		return map[int64]string{0: "all ", mainID: "main ", deskID: "desk "}[account] + when
	}
	return portfolio.Spent{
		On:       func(account int64, day string) portfolio.Tally { return b.days[key(account, day)] },
		In:       func(account int64, month string) portfolio.Tally { return b.months[key(account, month)] },
		Reserved: func(account int64) portfolio.Tally { return b.reserved[account] },
	}
}

func TestCeilings(t *testing.T) {
	tally := func(amount portfolio.Money, n int) portfolio.Tally {
		return portfolio.Tally{Amount: amount, Purchases: n}
	}
	one := func(key string, amount portfolio.Money, n int) map[string]portfolio.Tally {
		return map[string]portfolio.Tally{key: tally(amount, n)}
	}
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name     string
		global   Limits
		main     Limits
		book     book
		price    portfolio.Money
		location *time.Location
		ceiling  string // "" where it is allowed
		whose    int64
	}{
		{name: "no limits", price: 1 << 40},
		{name: "purchase at the limit", global: Limits{PerPurchase: money(1500)}, price: 1500},
		{name: "purchase a cent over", global: Limits{PerPurchase: money(1500)}, price: 1501, ceiling: "max_per_purchase"},
		{
			name: "purchase over the account's", global: Limits{PerPurchase: money(9000)}, main: Limits{PerPurchase: money(1500)}, price: 1501,
			ceiling: "max_per_purchase", whose: mainID,
		},
		{name: "zero allows nothing", global: Limits{PerDay: money(0)}, price: 1, ceiling: "max_per_day"},
		{name: "day at the limit", global: Limits{PerDay: money(5000)}, book: book{days: one("all 2026-11-21", 3500, 2)}, price: 1500},
		{name: "day a cent over", global: Limits{PerDay: money(5000)}, book: book{days: one("all 2026-11-21", 3501, 2)}, price: 1500, ceiling: "max_per_day"},
		{name: "another day", global: Limits{PerDay: money(5000)}, book: book{days: one("all 2026-11-20", 5000, 9)}, price: 1500},
		{
			name: "reserved counts to today", global: Limits{PerDay: money(5000)},
			book:  book{days: one("all 2026-11-21", 2000, 2), reserved: map[int64]portfolio.Tally{0: tally(1501, 1)}},
			price: 1500, ceiling: "max_per_day",
		},
		{
			name: "reserved counts to the month", global: Limits{PerMonth: money(5000)},
			book:  book{months: one("all 2026-11", 2000, 2), reserved: map[int64]portfolio.Tally{0: tally(1501, 1)}},
			price: 1500, ceiling: "max_per_month",
		},
		{name: "month at the limit", global: Limits{PerMonth: money(5000)}, book: book{months: one("all 2026-11", 3500, 2)}, price: 1500},
		{name: "month a cent over", global: Limits{PerMonth: money(5000)}, book: book{months: one("all 2026-11", 3501, 2)}, price: 1500, ceiling: "max_per_month"},
		{name: "another month", global: Limits{PerMonth: money(5000)}, book: book{months: one("all 2026-10", 9000, 2)}, price: 1500},
		{name: "the last of the day", global: Limits{PurchasesPerDay: 3}, book: book{days: one("all 2026-11-21", 10, 2)}, price: 1},
		{name: "one more than a day takes", global: Limits{PurchasesPerDay: 3}, book: book{days: one("all 2026-11-21", 10, 3)}, price: 1, ceiling: "max_purchases_per_day"},
		{
			name: "reserved ones are counted", global: Limits{PurchasesPerDay: 3},
			book:  book{days: one("all 2026-11-21", 10, 2), reserved: map[int64]portfolio.Tally{0: tally(1, 1)}},
			price: 1, ceiling: "max_purchases_per_day",
		},
		{
			name: "account's day", global: Limits{PerDay: money(50000)}, main: Limits{PerDay: money(2000)}, book: book{days: one("main 2026-11-21", 501, 1)},
			price: 1500, ceiling: "max_per_day", whose: mainID,
		},
		{
			name: "what no day lets pass comes first", global: Limits{PerDay: money(5000)}, main: Limits{PerPurchase: money(1499)}, book: book{days: one("all 2026-11-21", 5000, 9)},
			price: 1500, ceiling: "max_per_purchase", whose: mainID,
		},
		{
			name: "account's month, with what it reserved", main: Limits{PerMonth: money(2000)},
			book:  book{months: one("main 2026-11", 1, 1), reserved: map[int64]portfolio.Tally{mainID: tally(500, 1)}},
			price: 1500, ceiling: "max_per_month", whose: mainID,
		},
		{
			name: "account's count", main: Limits{PurchasesPerDay: 1}, book: book{days: one("main 2026-11-21", 1, 1)}, price: 1,
			ceiling: "max_purchases_per_day", whose: mainID,
		},
		{
			name: "another account's money", main: Limits{PerDay: money(1500), PerMonth: money(1500), PurchasesPerDay: 1},
			book: book{
				days: one("desk 2026-11-21", 9000, 9), months: one("desk 2026-11", 9000, 9),
				reserved: map[int64]portfolio.Tally{deskID: tally(9000, 9)},
			}, price: 1500,
		},
		// At noon in London it is the 22nd in Auckland.
		{
			name: "the policy's day", location: auckland, global: Limits{PerDay: money(5000)}, book: book{days: one("all 2026-11-22", 5000, 9)}, price: 1,
			ceiling: "max_per_day",
		},
		{name: "not the policy's day", location: auckland, global: Limits{PerDay: money(5000)}, book: book{days: one("all 2026-11-21", 5000, 9)}, price: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := Ceilings{Global: tc.global, ByAccount: map[int64]Limits{mainID: tc.main}, Location: time.UTC}
			if tc.location != nil {
				c.Location = tc.location
			}
			err := c.allow(tc.book.spent(), mainID, tc.price, noon)
			if tc.ceiling == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			over, ok := errors.AsType[*CeilingError](err)
			if !ok {
				t.Fatalf("allowed: %v", err)
			}
			equal(t, "ceiling", over.Ceiling, tc.ceiling)
			equal(t, "whose", over.AccountID, tc.whose)
			equal(t, "price", over.Price, tc.price)
			holds(t, over.Error(), tc.ceiling)
		})
	}
}

func TestPolicysDay(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	c := Ceilings{Location: newYork}
	equal(t, "before midnight", c.day(time.Date(2026, 12, 1, 4, 59, 0, 0, time.UTC)), "2026-11-30")
	equal(t, "after midnight", c.day(time.Date(2026, 12, 1, 5, 0, 0, 0, time.UTC)), "2026-12-01")
}

func TestPrice(t *testing.T) {
	list := portfolio.Prices{Name: "a.com", Renewal: 1500, Restore: 8000, Trustee: 700}
	premium := portfolio.Prices{Name: "a.com", Premium: true, Renewal: 48000, Restore: 60000}
	for _, tc := range []struct {
		name    string
		kind    portfolio.OperationKind
		trustee bool
		prices  portfolio.Prices
		years   int
		total   portfolio.Money
		premium portfolio.Money // 0: nothing to confirm
		missing bool
	}{
		{name: "renewal", kind: portfolio.OpRenew, prices: list, years: 1, total: 1500},
		{name: "years", kind: portfolio.OpRenew, prices: list, years: 3, total: 4500},
		{name: "no years", kind: portfolio.OpRenew, prices: list, total: 1500},
		{name: "restore", kind: portfolio.OpRestore, prices: list, years: 1, total: 9500},
		{name: "restore under a suffix of two years", kind: portfolio.OpRestore, prices: list, years: 2, total: 11000},
		{name: "trustee", kind: portfolio.OpRenew, trustee: true, prices: list, years: 2, total: 3700},
		{name: "restore with a trustee", kind: portfolio.OpRestore, trustee: true, prices: list, years: 1, total: 10200},
		{name: "premium", kind: portfolio.OpRenew, prices: premium, years: 1, total: 48000, premium: 48000},
		{name: "premium restore", kind: portfolio.OpRestore, prices: premium, years: 1, total: 108000, premium: 60000},
		{name: "no renewal price", kind: portfolio.OpRenew, prices: portfolio.Prices{Restore: 8000}, years: 1, missing: true},
		{name: "restore without a renewal price", kind: portfolio.OpRestore, prices: portfolio.Prices{Restore: 8000}, years: 1, missing: true},
		{name: "no restore price", kind: portfolio.OpRestore, prices: portfolio.Prices{Renewal: 1500}, years: 1, missing: true},
		{name: "no trustee price", kind: portfolio.OpRenew, trustee: true, prices: portfolio.Prices{Renewal: 1500}, years: 1, missing: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			q, err := price(tc.kind, portfolio.Domain{Trustee: tc.trustee}, tc.prices, tc.years)
			if tc.missing {
				if !errors.Is(err, errNoPrice) {
					t.Fatalf("%v, for %s", err, q.total)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "total", q.total, tc.total)
			switch {
			case tc.premium == 0 && q.premium != nil:
				t.Errorf("it confirms %s for a name that is not premium", *q.premium)
			case tc.premium != 0 && (q.premium == nil || *q.premium != tc.premium):
				t.Errorf("it confirms %v", q.premium)
			}
		})
	}
}
