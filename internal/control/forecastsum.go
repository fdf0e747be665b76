package control

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"
)

// sum orders the items, and adds them up by month.
func (f *Forecast) sum(zone *time.Location) {
	slices.SortStableFunc(f.Items, func(a, b ForecastItem) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account))
	})
	at := make(map[string]int)
	last := monthOf(f.Until, zone)
	first := f.At.In(zone)
	for day := time.Date(first.Year(), first.Month(), 1, 12, 0, 0, 0, zone); ; day = day.AddDate(0, 1, 0) {
		month := monthOf(day, zone)
		if month > last {
			break
		}
		at[month] = len(f.Months)
		f.Months = append(f.Months, MonthForecast{Month: month})
	}
	for i := range f.Items {
		it := &f.Items[i]
		if n, ok := at[monthOf(it.At, zone)]; ok {
			f.Months[n].add(it)
		}
		f.Totals.add(it)
	}
}

func (m *MonthForecast) add(it *ForecastItem) {
	switch it.Fate {
	case FateRenew:
		m.Renewals.add(it)
	case FateAsk:
		m.Asked.add(it)
	case FateBlocked:
		m.Blocked.add(it)
	case FateVendor:
		m.Vendor.add(it)
	case FateHold:
		m.Held++
	case FateLetLapse:
		m.LetLapse++
	case FateUncovered:
		m.Uncovered++
	}
}

func (e *Expenses) add(it *ForecastItem) {
	e.Items++
	switch {
	case it.Price == nil:
		e.Unknown++
		return
	case it.PriceFrom != PricePaid:
		e.Estimated++
	}
	e.Price += *it.Price
}

// Forecast asks what will be spent until a distance from now: "12mo".
func (c *Client) Forecast(ctx context.Context, until string) (Forecast, error) {
	var f Forecast
	return f, c.get(ctx, "/v1/forecast?"+url.Values{"until": {until}}.Encode(), &f)
}
