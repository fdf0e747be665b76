package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// DomainsByExpiration lists the account's domains, the soonest expiration first.
// Domains without one may come first or last.
func (c *Client) DomainsByExpiration(ctx context.Context) iter.Seq2[portfolio.Page[portfolio.Domain], error] {
	return pages(ctx, c, "list domains", func(ctx context.Context, page dnsimple.ListOptions) error {
		page.Sort = new("expiration:asc")
		_, err := c.sdk.Domains.ListDomains(ctx, c.accountID, &dnsimple.DomainListOptions{ListOptions: page})
		return err
	}, each(c.domain))
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

// SetAutoRenewal switches DNSimple's own auto-renewal of a domain on or off.
func (c *Client) SetAutoRenewal(ctx context.Context, name string, on bool) error {
	word, send := "off", c.sdk.Registrar.DisableDomainAutoRenewal
	if on {
		word, send = "on", c.sdk.Registrar.EnableDomainAutoRenewal
	}
	call, name, err := c.named("switch auto-renewal "+word+" for", name)
	if err != nil {
		return err
	}
	return c.empty(ctx, call, func(ctx context.Context) error {
		_, err := send(ctx, c.accountID, name)
		return err
	})
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
	unicodeName := c.clean(d.UnicodeName, maxText)
	if unicodeName == "" {
		unicodeName = name
	}
	return portfolio.Domain{
		ID: d.ID, AccountID: c.account.ID, Name: name, UnicodeName: unicodeName, State: state,
		AutoRenew: d.AutoRenew, WhoisPrivacy: d.PrivateWhois, Trustee: d.Trustee, RegistrantID: d.RegistrantID,
		ExpiresAt: expires, CreatedAt: about(d.CreatedAt), UpdatedAt: about(d.UpdatedAt),
	}, nil
}

// named names a call about a name, and refuses what is no name: the SDK would put
// it into the path as it stands.
func (c *Client) named(act, name string) (call, clean string, err error) {
	clean, ok := domainName(name)
	if !ok {
		call = c.call("%s %q", act, c.clean(name, maxWord))
		return call, "", c.refuse(call, "this is no domain name in A-labels")
	}
	return c.call("%s %s", act, clean), clean, nil
}

// empty makes a call whose documented success is 204 alone. Any other 2xx is not
// taken for it: it may come from anyone.
func (c *Client) empty(ctx context.Context, call string, send sender) error {
	ex, err := c.change(ctx, call, send)
	if err != nil {
		return err
	}
	if ex.status != 204 {
		return c.malformed(call, ex, errors.New("an answer without content was expected"))
	}
	return nil
}
