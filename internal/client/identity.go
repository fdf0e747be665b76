package client

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// Clock asks DNSimple for as little as there is, for what comes with the answer: the
// Date above all.
func (c *Client) Clock(ctx context.Context) (portfolio.Answer, error) {
	ex, err := c.whoami(ctx, c.call("ask for the time"))
	return c.answer(ex), err
}

func (c *Client) whoami(ctx context.Context, call string) (*exchange, error) {
	return c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Identity.Whoami(ctx)
		return err
	})
}

// Whoami asks whom the token speaks for.
func (c *Client) Whoami(ctx context.Context) (portfolio.Identity, error) {
	call := c.call("ask whose the token is")
	ex, err := c.whoami(ctx, call)
	if err != nil {
		return portfolio.Identity{}, err
	}
	said, err := data[dnsimple.WhoamiData](ex.body)
	if err != nil {
		return portfolio.Identity{}, c.malformed(call, ex, err)
	}
	var who portfolio.Identity
	if said.User != nil {
		who.UserID, who.Email = said.User.ID, c.clean(said.User.Email, maxText)
	}
	if said.Account != nil {
		who.AccountID, who.Email = said.Account.ID, c.clean(said.Account.Email, maxText)
	}
	if who.UserID <= 0 && who.AccountID <= 0 {
		return portfolio.Identity{}, c.malformed(call, ex, errors.New("the answer names neither a user nor an account"))
	}
	return who, nil
}

// Accounts lists the accounts that the token reaches. The API gives them without
// pages.
func (c *Client) Accounts(ctx context.Context) ([]portfolio.Identity, error) {
	return unpaged(ctx, c, c.call("list accounts"), func(ctx context.Context) error {
		_, err := c.sdk.Accounts.ListAccounts(ctx, nil)
		return err
	}, func(a dnsimple.Account) (portfolio.Identity, error) {
		if a.ID <= 0 {
			return portfolio.Identity{}, errors.New("an account has no id")
		}
		return portfolio.Identity{AccountID: a.ID, Email: c.clean(a.Email, maxText)}, nil
	})
}

// Contacts lists the account's contacts.
func (c *Client) Contacts(ctx context.Context) iter.Seq2[portfolio.Page[portfolio.Contact], error] {
	return c.ListContacts(ctx, portfolio.ContactFilter{})
}

// ListContacts lists the account's contacts in the order that a filter asks for.
func (c *Client) ListContacts(ctx context.Context, filter portfolio.ContactFilter) iter.Seq2[portfolio.Page[portfolio.Contact], error] {
	const act = "list contacts"
	sort, err := order(filter.Sort, portfolio.SortID, portfolio.SortLabel, portfolio.SortEmail)
	if err != nil {
		return refusedList[portfolio.Contact](c.refuse(c.call(act), "%w", err))
	}
	return pages(ctx, c, act, func(ctx context.Context, page dnsimple.ListOptions) error {
		page.Sort = sort
		_, err := c.sdk.Contacts.ListContacts(ctx, c.accountID, &page)
		return err
	}, each(c.contact))
}

// Contact reads one contact of the account.
func (c *Client) Contact(ctx context.Context, id int64) (portfolio.Contact, error) {
	call := c.call("read contact %d", id)
	if id <= 0 {
		return portfolio.Contact{}, c.refuse(call, "a contact's id is positive")
	}
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Contacts.GetContact(ctx, c.accountID, id)
		return err
	})
	if err != nil {
		return portfolio.Contact{}, err
	}
	said, err := data[dnsimple.Contact](ex.body)
	if err == nil && said.ID != id {
		err = fmt.Errorf("the answer is about contact %d", said.ID)
	}
	var contact portfolio.Contact
	if err == nil {
		contact, err = c.contact(said)
	}
	if err != nil {
		return portfolio.Contact{}, c.malformed(call, ex, err)
	}
	return contact, nil
}

func (c *Client) contact(p dnsimple.Contact) (portfolio.Contact, error) {
	if p.ID <= 0 {
		return portfolio.Contact{}, errors.New("the contact has no id")
	}
	if p.AccountID != 0 && p.AccountID != c.account.ID {
		return portfolio.Contact{}, fmt.Errorf("contact %d: it belongs to account %d", p.ID, p.AccountID)
	}
	return portfolio.Contact{
		ID: p.ID, AccountID: c.account.ID, Label: c.clean(p.Label, maxText), Email: c.clean(p.Email, maxText),
	}, nil
}
