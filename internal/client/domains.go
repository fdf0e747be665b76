package client

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// ListDomains lists the account's domains that a filter lets through, in its order.
func (c *Client) ListDomains(ctx context.Context, filter portfolio.DomainFilter) iter.Seq2[portfolio.Page[portfolio.Domain], error] {
	const act = "list domains"
	options := dnsimple.DomainListOptions{}
	sort, err := order(filter.Sort, portfolio.SortID, portfolio.SortName, portfolio.SortExpiration)
	switch {
	case err != nil:
		return refusedList[portfolio.Domain](c.refuse(c.call(act), "%w", err))
	case filter.RegistrantID < 0:
		return refusedList[portfolio.Domain](c.refuse(c.call(act), "a registrant's id is positive"))
	case filter.RegistrantID > 0:
		options.RegistrantID = new(int(filter.RegistrantID))
	}
	if filter.NameLike != "" {
		options.NameLike = &filter.NameLike
	}
	return pages(ctx, c, act, func(ctx context.Context, page dnsimple.ListOptions) error {
		options := options
		options.ListOptions = page
		options.Sort = sort
		_, err := c.sdk.Domains.ListDomains(ctx, c.accountID, &options)
		return err
	}, each(c.domain))
}

// DomainPage reads one page of the account's domains, the soonest expiration first and
// those that expire together by their ids, with so many entries on a page, a hundred at
// most. One behind the last is empty. Its errors are those of the lists.
func (c *Client) DomainPage(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
	return c.domainPage(ctx, "list domains", "expiration:asc,id:asc", number, size)
}

// DomainPageByID is [Client.DomainPage] in the order of the ids. It is for who reads a
// long list in pieces, with pauses, and sees to it that they join.
func (c *Client) DomainPageByID(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
	return c.domainPage(ctx, "list domains by id", "id:asc", number, size)
}

func (c *Client) domainPage(ctx context.Context, act, sort string, number, size int) (portfolio.Page[portfolio.Domain], error) {
	if number < 1 || size < 1 || size > perPage {
		return portfolio.Page[portfolio.Domain]{}, c.refuse(c.call("%s", act), "there is no page %d of %d entries", number, size)
	}
	page, _, err := onePageOf(ctx, c, act, number, size, func(ctx context.Context, page dnsimple.ListOptions) error {
		page.Sort = &sort
		_, err := c.sdk.Domains.ListDomains(ctx, c.accountID, &dnsimple.DomainListOptions{ListOptions: page})
		return err
	}, each(c.domain))
	return page, err
}

// Domain reads one domain of the account. One that another account owns is an
// error of outcome not-found, and so is one that nobody owns.
func (c *Client) Domain(ctx context.Context, id int64) (portfolio.Domain, portfolio.Answer, error) {
	call := c.call("read domain %d", id)
	if id <= 0 {
		return portfolio.Domain{}, portfolio.Answer{}, c.refuse(call, "a domain's id is positive")
	}
	return c.readDomain(ctx, call, strconv.FormatInt(id, 10), func(d dnsimple.Domain) error {
		if d.ID != id {
			return fmt.Errorf("the answer is about domain %d", d.ID)
		}
		return nil
	})
}

// DomainNamed reads one domain of the account by its name, in A-labels. Its errors
// are those of [Client.Domain].
func (c *Client) DomainNamed(ctx context.Context, name string) (portfolio.Domain, portfolio.Answer, error) {
	call, name, err := c.named("read", name)
	if err != nil {
		return portfolio.Domain{}, portfolio.Answer{}, err
	}
	return c.readDomain(ctx, call, name, func(d dnsimple.Domain) error {
		if got, ok := domainName(d.Name); !ok || got != name {
			return fmt.Errorf("the answer is about %q", cut(strip(d.Name), maxWord))
		}
		return nil
	})
}

// readDomain reads a domain by its id or name; wanted says whether the answer is
// about it.
func (c *Client) readDomain(ctx context.Context, call, which string, wanted func(dnsimple.Domain) error) (portfolio.Domain, portfolio.Answer, error) {
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.GetDomain(ctx, c.accountID, which)
		return err
	})
	answer := c.answer(ex)
	if err != nil {
		return portfolio.Domain{}, answer, err
	}
	d, err := data[dnsimple.Domain](ex.body)
	if err == nil {
		err = wanted(d)
	}
	if err != nil {
		return portfolio.Domain{}, answer, c.malformed(call, ex, err)
	}
	domain, err := c.domain(d)
	if err != nil {
		return portfolio.Domain{}, answer, c.malformed(call, ex, err)
	}
	return domain, answer, nil
}

// domain converts what DNSimple says of a domain, or says what is wrong with it.
func (c *Client) domain(d dnsimple.Domain) (portfolio.Domain, error) {
	fail := func(format string, args ...any) (portfolio.Domain, error) {
		return portfolio.Domain{}, fmt.Errorf("domain %d %q: %w", d.ID, cut(strip(d.Name), 253), fmt.Errorf(format, args...))
	}
	name, ok := domainName(d.Name)
	if d.ID <= 0 || !ok {
		return fail("no id or no name that can be one")
	}
	if d.AccountID != 0 && d.AccountID != c.account.ID {
		return fail("it belongs to account %d", d.AccountID)
	}
	state := portfolio.DomainState(d.State)
	if !state.Known() {
		return fail("unknown state %q", cut(strip(d.State), maxWord))
	}
	expires, err := moment(d.ExpiresAt)
	if err != nil {
		return fail("expiration: %w", err)
	}
	if expires.IsZero() && state != portfolio.DomainHosted {
		return fail("it is %s, but has no expiration", state)
	}
	unicodeName := name // mostly, and then there is nothing in it to clean
	if d.UnicodeName != name {
		unicodeName = cmp.Or(c.clean(d.UnicodeName, maxText), name)
	}
	return portfolio.Domain{
		ID: d.ID, AccountID: c.account.ID, Name: name, UnicodeName: unicodeName, State: state,
		AutoRenew: d.AutoRenew, WhoisPrivacy: d.PrivateWhois, Trustee: d.Trustee, RegistrantID: d.RegistrantID,
		ExpiresAt: expires, CreatedAt: about(d.CreatedAt), UpdatedAt: about(d.UpdatedAt),
	}, nil
}
