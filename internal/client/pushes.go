package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// Pushes lists the pushes that wait for this account to accept them.
func (c *Client) Pushes(ctx context.Context) iter.Seq2[portfolio.Page[portfolio.Push], error] {
	return pages(ctx, c, "list pushes", func(ctx context.Context, page dnsimple.ListOptions) error {
		_, err := c.sdk.Domains.ListPushes(ctx, c.accountID, &page)
		return err
	}, each(c.push))
}

// InitiatePush offers a domain to another account, which has to accept it. It is sent
// once at most, and whatever 2xx carries an id was accepted. The push belongs to the
// other account: nothing here lists it again, so that its id is all there is.
func (c *Client) InitiatePush(ctx context.Context, domain int64, to portfolio.PushTarget) (portfolio.Push, portfolio.Answer, error) {
	call := c.call("push domain %d", domain)
	if domain <= 0 {
		return portfolio.Push{}, portfolio.Answer{}, c.refuse(call, "a domain's id is positive")
	}
	given := to.Identifier + to.Email
	switch {
	case (to.Identifier == "") == (to.Email == ""):
		return portfolio.Push{}, portfolio.Answer{}, c.refuse(call, "either the identifier or the e-mail address of the other account is needed")
	case !printable(given) || strings.Contains(given, " ") || to.Email != "" && !strings.Contains(to.Email, "@"):
		return portfolio.Push{}, portfolio.Answer{}, c.refuse(call, "%q names no account", given)
	}
	return start(ctx, c, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.InitiatePush(ctx, c.accountID, strconv.FormatInt(domain, 10), dnsimple.DomainPushAttributes{
			NewAccountIdentifier: to.Identifier, NewAccountEmail: to.Email, //nolint:staticcheck // deprecated, and still the API's other way to name an account
		})
		return err
	}, func(said fields) portfolio.Push {
		return portfolio.Push{
			ID: said.id(), AccountID: max(0, said.number("account_id")), DomainID: cmp.Or(max(0, said.number("domain_id")), domain),
			ContactID: max(0, said.number("contact_id")), CreatedAt: about(said.text("created_at")),
			UpdatedAt: about(said.text("updated_at")), AcceptedAt: about(said.text("accepted_at")),
		}
	})
}

// AcceptPush takes over the domain of a push, with a contact of this account as
// its registrant.
func (c *Client) AcceptPush(ctx context.Context, push, contact int64) error {
	call := c.call("accept push %d", push)
	if push <= 0 || contact <= 0 {
		return c.refuse(call, "the ids of a push and a contact are positive, not %d and %d", push, contact)
	}
	return c.empty(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.AcceptPush(ctx, c.accountID, push, dnsimple.DomainPushAttributes{ContactID: contact})
		return err
	})
}

// RejectPush sends a push back.
func (c *Client) RejectPush(ctx context.Context, push int64) error {
	call := c.call("reject push %d", push)
	if push <= 0 {
		return c.refuse(call, "the id of a push is positive")
	}
	return c.empty(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.RejectPush(ctx, c.accountID, push)
		return err
	})
}

// push converts what DNSimple says of a push. What rules ask of it must be there:
// a push without a date would look very old, and one without a domain like any.
func (c *Client) push(p dnsimple.DomainPush) (portfolio.Push, error) {
	created, cerr := moment(p.CreatedAt)
	accepted, aerr := moment(p.AcceptedAt)
	err := errors.Join(cerr, aerr)
	switch {
	case p.ID <= 0 || p.DomainID <= 0:
		err = errors.New("no id, or no domain's")
	case p.AccountID != 0 && p.AccountID != c.account.ID:
		err = fmt.Errorf("it is meant for account %d", p.AccountID)
	case err == nil && created.IsZero():
		err = errors.New("it does not say when it was made")
	}
	if err != nil {
		return portfolio.Push{}, fmt.Errorf("push %d of domain %d: %w", p.ID, p.DomainID, err)
	}
	return portfolio.Push{
		ID: p.ID, AccountID: c.account.ID, DomainID: p.DomainID, ContactID: max(0, p.ContactID),
		CreatedAt: created, UpdatedAt: about(p.UpdatedAt), AcceptedAt: accepted,
	}, nil
}
