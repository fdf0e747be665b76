package main

import (
	"fmt"
	"strings"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// money shows what is spent and reserved beside the ceilings, and then those that hold each
// purchase by itself.
func (p *page) money(m control.Money) {
	all := m.Accounts
	if len(all) != 1 {
		all = append([]control.Spending{m.All}, all...)
	} else {
		one := m.All // its ceilings are those that count, unless it has narrower ones of its own
		one.Name, one.Account = all[0].Name, all[0].Account
		narrow(&one, all[0])
		all = []control.Spending{one}
	}
	rows := make([][]cell, 0, len(all))
	for _, a := range all {
		count := fmt.Sprint(a.Today.Purchases + a.Reserved.Purchases)
		if a.MaxPurchasesPerDay > 0 {
			count += fmt.Sprintf(" of %d", a.MaxPurchasesPerDay)
		}
		vendor := cell{text: "not known: " + clean(a.Vendor.Why), colour: dim}
		if a.Vendor.Known {
			vendor = cell{text: fmt.Sprintf("%s (%d)", a.Vendor.Amount, a.Vendor.Purchases)}
		}
		rows = append(rows, []cell{
			{text: spender(a), colour: bold},
			{text: a.Reserved.Amount.String(), right: true},
			{text: of(a.Today.Amount, a.MaxPerDay), right: true},
			{text: count, right: true},
			{text: of(a.ThisMonth.Amount, a.MaxPerMonth), right: true},
			vendor,
		})
	}
	p.table([]string{"MONEY", "RESERVED", "SPENT " + m.Day, "PURCHASES", "SPENT " + m.Month, "BY DNSIMPLE'S AUTO-RENEWAL"}, rows)
	for _, a := range all {
		if text := bounds(a); text != "" {
			p.line("%s: %s", spender(a), text)
		}
	}
}

// spender is whose money it is.
func spender(s control.Spending) string {
	if s.Account == 0 {
		return "all accounts"
	}
	return fmt.Sprintf("%s (%d)", clean(s.Name), s.Account)
}

// bounds are the ceilings that hold each purchase by itself; "" where there are none.
func bounds(s control.Spending) string {
	var parts []string
	if s.MaxPerPurchase != nil {
		parts = append(parts, fmt.Sprintf("no purchase above %s", *s.MaxPerPurchase))
	}
	if s.MaxPriceIncrease != nil {
		parts = append(parts, fmt.Sprintf("no year at more than %s above what was paid last", *s.MaxPriceIncrease))
	}
	if s.AskAbove != nil {
		parts = append(parts, fmt.Sprintf("above %s a person is asked first", *s.AskAbove))
	}
	return strings.Join(parts, "; ")
}

// narrow puts an account's own ceilings in place of wider ones.
func narrow(all *control.Spending, own control.Spending) {
	for _, pair := range []struct{ a, b **portfolio.Money }{
		{&all.MaxPerDay, &own.MaxPerDay},
		{&all.MaxPerMonth, &own.MaxPerMonth},
		{&all.MaxPerPurchase, &own.MaxPerPurchase},
		{&all.AskAbove, &own.AskAbove},
	} {
		if *pair.b != nil && (*pair.a == nil || **pair.b < **pair.a) {
			*pair.a = *pair.b
		}
	}
	if own.MaxPriceIncrease != nil && (all.MaxPriceIncrease == nil || *own.MaxPriceIncrease < *all.MaxPriceIncrease) {
		all.MaxPriceIncrease = own.MaxPriceIncrease
	}
	if n := own.MaxPurchasesPerDay; n > 0 && (all.MaxPurchasesPerDay == 0 || n < all.MaxPurchasesPerDay) {
		all.MaxPurchasesPerDay = n
	}
}

func of(amount portfolio.Money, limit *portfolio.Money) string {
	if limit == nil {
		return amount.String()
	}
	return fmt.Sprintf("%s of %s", amount, limit)
}
