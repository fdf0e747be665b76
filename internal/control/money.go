package control

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"domaind/internal/client"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// Vendor is DNSimple with one account's token, as far as it is asked what it bought
// by itself.
type Vendor interface {
	Quota() client.Quota
	Charges(ctx context.Context, since time.Time) iter.Seq2[portfolio.Page[portfolio.ChargeItem], error]
}

// Money is what was spent and reserved, beside the ceilings.
type Money struct {
	Day      string     `json:"day"`   // today: YYYY-MM-DD, in the policy's time zone
	Month    string     `json:"month"` // YYYY-MM
	All      Spending   `json:"all"`
	Accounts []Spending `json:"accounts"` // without those that only prove
}

// Spending is the money of one account, or of all (account 0). What is reserved
// counts to today and to this month too, beside what was spent.
type Spending struct {
	Account   int64           `json:"account"`
	Name      string          `json:"name"`
	Today     portfolio.Tally `json:"today"`
	ThisMonth portfolio.Tally `json:"this_month"`
	Reserved  portfolio.Tally `json:"reserved"`
	// The ceilings; null and 0 where there is none.
	MaxPerPurchase     *portfolio.Money `json:"max_per_purchase"`
	MaxPerDay          *portfolio.Money `json:"max_per_day"`
	MaxPerMonth        *portfolio.Money `json:"max_per_month"`
	MaxPurchasesPerDay int              `json:"max_purchases_per_day"`
	// MaxPriceIncrease is in percent, of a year of the term, against what was paid last.
	MaxPriceIncrease *portfolio.Percent `json:"max_price_increase"`
	// AskAbove forbids nothing: a person is asked first.
	AskAbove *portfolio.Money `json:"ask_above"`
	// Vendor is what DNSimple's own auto-renewal bought this month: no ceiling of ours
	// holds it.
	Vendor VendorSpending `json:"vendor"`
}

// VendorSpending is what DNSimple bought by itself.
type VendorSpending struct {
	Known bool `json:"known"`
	portfolio.Tally
	Why string `json:"why,omitempty"` // why it is not known
}

func (h *handler) money(ctx context.Context, now time.Time) (Money, error) {
	ceilings := h.Machine.Ceilings()
	here := now.In(ceilings.Location)
	m := Money{Day: here.Format(time.DateOnly), Month: here.Format("2006-01")}
	err := h.Ledger.Spent(func(spent portfolio.Spent) error {
		of := func(id int64, name string, l executor.Limits) Spending {
			return Spending{
				Account: id, Name: name, Today: spent.On(id, m.Day), ThisMonth: spent.In(id, m.Month), Reserved: spent.Reserved(id),
				MaxPerPurchase: l.PerPurchase, MaxPerDay: l.PerDay, MaxPerMonth: l.PerMonth, MaxPurchasesPerDay: l.PurchasesPerDay,
				MaxPriceIncrease: l.MaxIncrease, AskAbove: l.AskAbove,
			}
		}
		m.All = of(0, "", ceilings.Global)
		for _, a := range h.Accounts {
			if !a.Source {
				m.Accounts = append(m.Accounts, of(a.ID, a.Name, ceilings.ByAccount[a.ID]))
			}
		}
		return nil
	})
	if err != nil {
		return m, err
	}
	vendor := h.vendorSpending(ctx, time.Date(here.Year(), here.Month(), 1, 0, 0, 0, 0, here.Location()), now)
	m.All.Vendor.Known = true
	for i := range m.Accounts {
		v := vendor[m.Accounts[i].Account]
		m.Accounts[i].Vendor = v
		m.All.Vendor.Tally = m.All.Vendor.Add(v.Tally)
		if !v.Known {
			m.All.Vendor = VendorSpending{Tally: m.All.Vendor.Tally, Known: false, Why: "not known of every account"}
		}
	}
	if !m.All.Vendor.Known {
		m.All.Vendor.Tally = portfolio.Tally{}
	}
	return m, nil
}

const (
	// askVendorFor is how long somebody who wants to know where things stand waits for
	// DNSimple.
	askVendorFor = 3 * time.Second
	// vendorFor is how long its answer is good for: each costs a request of the quota.
	vendorFor = 10 * time.Minute
)

// vendorRead is what DNSimple bought by itself in a month, as it was read.
type vendorRead struct {
	VendorSpending
	at    time.Time
	month time.Time
}

// vendorSpending asks every account side by side what DNSimple bought by itself since
// the month began, shortly.
func (h *handler) vendorSpending(ctx context.Context, month, now time.Time) map[int64]VendorSpending {
	ctx, cancel := context.WithTimeout(ctx, askVendorFor)
	defer cancel()
	read := make([]VendorSpending, len(h.Accounts))
	var asking sync.WaitGroup
	for i, a := range h.Accounts {
		if a.Source {
			continue
		}
		h.mu.Lock()
		known, ok := h.vendor[a.ID]
		h.mu.Unlock()
		if ok && known.month.Equal(month) && now.Sub(known.at).Abs() < vendorFor {
			read[i] = known.VendorSpending
			continue
		}
		asking.Go(func() {
			v, forGood := boughtBy(ctx, a.Vendor, month)
			read[i] = v
			if forGood {
				h.mu.Lock()
				defer h.mu.Unlock()
				h.vendor[a.ID] = vendorRead{v, now, month}
			}
		})
	}
	asking.Wait()
	out := make(map[int64]VendorSpending, len(read))
	for i, a := range h.Accounts {
		out[a.ID] = read[i]
	}
	return out
}

// boughtBy sums the auto-renewals in an account's charges, and says whether the
// answer need not be asked for again soon.
func boughtBy(ctx context.Context, v Vendor, month time.Time) (sum VendorSpending, forGood bool) {
	if v == nil {
		return VendorSpending{Why: "its token was not read"}, true
	}
	for page, err := range v.Charges(ctx, month) {
		if err == nil && len(page.Problems) > 0 {
			err = page.Problems[0]
		}
		if err != nil {
			return VendorSpending{Why: unknown(ctx, err)}, ctx.Err() == nil
		}
		for _, item := range page.Items {
			if !item.Refunded && !item.InvoicedAt.Before(month) && strings.HasPrefix(strings.ToLower(item.Description), "auto renew") {
				sum.Tally = sum.Add(portfolio.Tally{Amount: item.Amount, Purchases: 1})
			}
		}
	}
	sum.Known = true
	return sum, true
}

// unknown says why something was not read.
func unknown(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return fmt.Sprintf("DNSimple did not answer within %s", askVendorFor)
	}
	return clip(err.Error())
}
