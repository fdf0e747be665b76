package client

import (
	"context"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// DomainPage reads one page of the account's domains in ascending order of their ids:
// the number-th, from 1, of pages of so many entries, at most 100. It is for who reads a
// long list in pieces, with pauses, and sees to it that they join: beyond the end of the
// list a page is empty. Its errors are those of [Client.ListDomains].
func (c *Client) DomainPage(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
	call := c.call("list domains by id, page %d of %d each", number, size)
	if number < 1 || size < 1 || size > perPage {
		return portfolio.Page[portfolio.Domain]{}, c.refuse(call, "pages count from 1, and have 1 to %d entries", perPage)
	}
	options := dnsimple.DomainListOptions{ListOptions: dnsimple.ListOptions{Page: &number, PerPage: &size, Sort: new("id:asc")}}
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.ListDomains(ctx, c.accountID, &options)
		return err
	})
	if err != nil {
		return portfolio.Page[portfolio.Domain]{Number: number}, err
	}
	entries, said, err := sheet(ex.body, number, each(c.domain))
	if err != nil {
		return portfolio.Page[portfolio.Domain]{Number: number}, c.malformed(call, ex, err)
	}
	return pageFrom(c, call, ex, number, entries, said), nil
}
