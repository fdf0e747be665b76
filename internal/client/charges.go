package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// charge is one charge as the API writes it. The SDK's type has amounts that
// cannot tell zero from missing.
type charge struct {
	InvoicedAt string `json:"invoiced_at"`
	Reference  string `json:"reference"`
	State      string `json:"state"`
	Items      []struct {
		Description      string          `json:"description"`
		Amount           json.RawMessage `json:"amount"`
		ProductType      string          `json:"product_type"`
		ProductReference string          `json:"product_reference"`
	} `json:"items"`
}

// Charges lists the lines of the account's billing charges from the day before
// since (in UTC) on, the oldest first; of all charges where since is zero. The
// API filters by day alone, and does not say of which time zone, so that lines
// from before since are among them. Totals count charges, not lines.
func (c *Client) Charges(ctx context.Context, since time.Time) iter.Seq2[portfolio.Page[portfolio.ChargeItem], error] {
	filter := portfolio.ChargeFilter{Sort: []portfolio.Order{{By: portfolio.SortInvoiced}}}
	if !since.IsZero() {
		filter.From = since.UTC().AddDate(0, 0, -1)
	}
	return c.ListCharges(ctx, filter)
}

// ListCharges lists the lines of the account's billing charges that a filter lets
// through, in its order. Totals count charges, not lines.
func (c *Client) ListCharges(ctx context.Context, filter portfolio.ChargeFilter) iter.Seq2[portfolio.Page[portfolio.ChargeItem], error] {
	const act = "list charges"
	sort, err := order(filter.Sort, portfolio.SortInvoiced)
	if err != nil {
		return refusedList[portfolio.ChargeItem](c.refuse(c.call(act), "%w", err))
	}
	filters := url.Values{}
	if sort != nil {
		filters.Set("sort", *sort)
	}
	if !filter.From.IsZero() {
		filters.Set("start_date", filter.From.UTC().Format(time.DateOnly))
	}
	if !filter.To.IsZero() {
		filters.Set("end_date", filter.To.UTC().Format(time.DateOnly))
	}
	return pages(ctx, c, act, func(ctx context.Context, page dnsimple.ListOptions) error {
		// The SDK's ListCharges knows no pages.
		query := maps.Clone(filters)
		query.Set("page", strconv.Itoa(*page.Page))
		query.Set("per_page", strconv.Itoa(*page.PerPage))
		path := "/v2/" + c.accountID + "/billing/charges?" + query.Encode()
		resp, err := c.sdk.Request(ctx, http.MethodGet, path, nil, nil, nil)
		return closed(resp, err)
	}, reading[portfolio.ChargeItem]{alone: c.chargeItems})
}

// chargeItems flattens a charge into its lines. A line that cannot be understood
// keeps its index, so that the others keep theirs.
func (c *Client) chargeItems(raw json.RawMessage) ([]portfolio.ChargeItem, []error) {
	var said charge
	if err := unmarshal(raw, &said); err != nil {
		return nil, []error{err}
	}
	reference := c.clean(said.Reference, maxWord)
	at, err := moment(said.InvoicedAt)
	if err == nil && (at.IsZero() || reference == "") {
		err = errors.New("no reference or no date")
	}
	if err != nil {
		return nil, []error{fmt.Errorf("charge %q: %w", reference, err)}
	}
	var items []portfolio.ChargeItem
	var problems []error
	for i, line := range said.Items {
		amount, err := dollars(line.Amount)
		if err != nil {
			problems = append(problems, fmt.Errorf("charge %q, line %d: %w", reference, i+1, err))
			continue
		}
		item := portfolio.ChargeItem{
			Reference: reference, Index: i, InvoicedAt: at, Refunded: said.State == "refunded",
			Description: c.clean(line.Description, maxText), Amount: amount, ProductType: c.clean(line.ProductType, maxWord),
		}
		if strings.HasPrefix(item.ProductType, "domain-") {
			item.ProductName, _ = domainName(line.ProductReference)
		}
		items = append(items, item)
	}
	return items, problems
}

// dollars reads an amount, which the API writes as a string; a number is as good.
// Parts of a cent are an error: nothing here would account for them.
func dollars(raw json.RawMessage) (portfolio.Money, error) {
	s := strings.Trim(string(raw), `"`)
	if whole, cents, ok := strings.Cut(s, "."); ok && len(cents) > 2 && strings.Trim(cents[2:], "0") == "" {
		s = whole + "." + cents[:2]
	}
	var m portfolio.Money
	if err := m.UnmarshalText([]byte(s)); err != nil {
		return 0, fmt.Errorf("amount: %w", err)
	}
	return m, nil
}
