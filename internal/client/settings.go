package client

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// CreateDomain adds a name to the account, for DNSimple to host: it registers
// nothing. Its answer is the domain. It is sent once at most; where the outcome is
// unknown, [Client.DomainNamed] tells. DNSimple can want the ownership of the name
// proven first (406, rejected), and what its plan costs may rise.
func (c *Client) CreateDomain(ctx context.Context, name string) (portfolio.Domain, portfolio.Answer, error) {
	call, name, err := c.named("add", name)
	if err != nil {
		return portfolio.Domain{}, portfolio.Answer{}, err
	}
	ex, err := c.change(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.CreateDomain(ctx, c.accountID, dnsimple.Domain{Name: name})
		return err
	})
	answer := c.answer(ex)
	if err != nil {
		return portfolio.Domain{}, answer, err
	}
	said, err := data[dnsimple.Domain](ex.body)
	if err == nil {
		err = sameName(name, said.Name)
	}
	if err != nil {
		return portfolio.Domain{}, answer, c.malformed(call, ex, err)
	}
	domain, err := c.domain(said)
	if err != nil {
		return portfolio.Domain{}, answer, c.malformed(call, ex, err)
	}
	return domain, answer, nil
}

// DeleteDomain removes a domain from the account, for good and without a refund. A
// registered one stays registered, and nobody here can reach it any more. It goes
// by the id, which another domain of the same name would not have.
func (c *Client) DeleteDomain(ctx context.Context, id int64) (portfolio.Answer, error) {
	call := c.call("delete domain %d", id)
	if id <= 0 {
		return portfolio.Answer{}, c.refuse(call, "a domain's id is positive")
	}
	return c.emptied(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.DeleteDomain(ctx, c.accountID, strconv.FormatInt(id, 10))
		return err
	})
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

// named names a call about a name, and refuses what is no name: the SDK would put
// it into the path as it stands.
func (c *Client) named(act, name string) (call, clean string, err error) {
	return c.callAbout(act, name, domainName, "this is no domain name in A-labels")
}

// suffixed is named for a call about a top-level domain.
func (c *Client) suffixed(act, tld string) (call, clean string, err error) {
	return c.callAbout(act, tld, suffix, "this is no top-level domain in A-labels")
}

func (c *Client) callAbout(act, name string, parse func(string) (string, bool), otherwise string) (call, clean string, err error) {
	clean, ok := parse(name)
	if !ok {
		call = c.call("%s %q", act, c.clean(name, maxWord))
		return call, "", c.refuse(call, "%s", otherwise)
	}
	return c.call("%s %s", act, clean), clean, nil
}

// empty makes a call whose documented success is 204 alone. Any other 2xx is not
// taken for it: it may come from anyone.
func (c *Client) empty(ctx context.Context, call string, send sender) error {
	_, err := c.emptied(ctx, call, send)
	return err
}

// emptied is empty, with what came beside the content that there is none of.
func (c *Client) emptied(ctx context.Context, call string, send sender) (portfolio.Answer, error) {
	ex, err := c.change(ctx, call, send)
	if err == nil && ex.status != http.StatusNoContent {
		err = c.malformed(call, ex, errors.New("an answer without content was expected"))
	}
	return c.answer(ex), err
}
