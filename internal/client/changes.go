package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// ListRegistrantChanges lists the account's registrant changes that a filter lets
// through, in its order. Without a state the API gives those that are new or pending
// alone.
func (c *Client) ListRegistrantChanges(ctx context.Context, filter portfolio.ChangeFilter) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error] {
	act := "list registrant changes"
	options := dnsimple.RegistrantChangeListOptions{}
	if filter.State != "" {
		options.State = new(string(filter.State))
		act = fmt.Sprintf("list %s registrant changes", c.clean(string(filter.State), maxWord))
	}
	sort, err := order(filter.Sort, portfolio.SortID)
	if err == nil && (filter.DomainID < 0 || filter.ContactID < 0) {
		err = errors.New("the ids of a domain and a contact are positive")
	}
	if err != nil {
		return refusedList[portfolio.RegistrantChange](c.refuse(c.call("%s", act), "%w", err))
	}
	if filter.DomainID > 0 {
		options.DomainId = new(strconv.FormatInt(filter.DomainID, 10))
	}
	if filter.ContactID > 0 {
		options.ContactId = new(strconv.FormatInt(filter.ContactID, 10))
	}
	return pages(ctx, c, act, func(ctx context.Context, page dnsimple.ListOptions) error {
		options := options
		page.Sort = sort
		options.ListOptions = page
		_, err := c.sdk.Registrar.ListRegistrantChange(ctx, c.accountID, &options)
		return err
	}, each(c.registrantChange).only(func(change portfolio.RegistrantChange) bool { return wanted(change, filter) }))
}

// wanted says whether a change is what was asked for. One in another state will be,
// or was, on the list of its own state; a server that passes over a filter must not
// make anyone cancel the change of another domain.
func wanted(change portfolio.RegistrantChange, filter portfolio.ChangeFilter) bool {
	return (filter.State == "" || change.State == filter.State) &&
		(filter.DomainID == 0 || change.DomainID == filter.DomainID) &&
		(filter.ContactID == 0 || change.ContactID == filter.ContactID)
}

// RegistrantChanges lists the account's registrant changes in one state, those with
// the highest ids first: finished ones are listed for ever. Without a state it is
// those that are new or pending.
func (c *Client) RegistrantChanges(ctx context.Context, state portfolio.ChangeState) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error] {
	return c.ListRegistrantChanges(ctx, portfolio.ChangeFilter{State: state, Sort: []portfolio.Order{{By: portfolio.SortID, Descending: true}}})
}

// RegistrantChange reads one registrant change.
func (c *Client) RegistrantChange(ctx context.Context, id int64) (portfolio.RegistrantChange, error) {
	call := c.call("read registrant change %d", id)
	if id <= 0 {
		return portfolio.RegistrantChange{}, c.refuse(call, "the id of a registrant change is positive")
	}
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.GetRegistrantChange(ctx, c.accountID, int(id))
		return err
	})
	if err != nil {
		return portfolio.RegistrantChange{}, err
	}
	change, err := c.changeIn(ex.body, id)
	if err != nil {
		return portfolio.RegistrantChange{}, c.malformed(call, ex, err)
	}
	return change, nil
}

// CancelRegistrantChange stops a registrant change, and gives the state that it is
// in now: cancelled, or what DNSimple says where it has only begun to cancel.
func (c *Client) CancelRegistrantChange(ctx context.Context, id int64) (portfolio.ChangeState, error) {
	call := c.call("cancel registrant change %d", id)
	if id <= 0 {
		return "", c.refuse(call, "the id of a registrant change is positive")
	}
	ex, err := c.change(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.DeleteRegistrantChange(ctx, c.accountID, int(id))
		return err
	})
	if err != nil {
		return "", err
	}
	if ex.status == http.StatusNoContent {
		return portfolio.ChangeCancelled, nil
	}
	change, err := c.changeIn(ex.body, id)
	if err != nil {
		return "", c.malformed(call, ex, err)
	}
	return change.State, nil
}

// changeIn reads the registrant change of an answer, which must be the one asked for.
func (c *Client) changeIn(body []byte, id int64) (portfolio.RegistrantChange, error) {
	said, err := data[dnsimple.RegistrantChange](body)
	if err != nil {
		return portfolio.RegistrantChange{}, err
	}
	if int64(said.Id) != id {
		return portfolio.RegistrantChange{}, fmt.Errorf("the answer is about registrant change %d", said.Id)
	}
	return c.registrantChange(said)
}

// registrantChange converts what DNSimple says of a registrant change.
func (c *Client) registrantChange(r dnsimple.RegistrantChange) (portfolio.RegistrantChange, error) {
	state := portfolio.ChangeState(r.State)
	created, err := moment(r.CreatedAt)
	switch {
	case r.Id <= 0 || r.DomainId <= 0 || r.ContactId <= 0:
		err = errors.New("no id, or no domain's, or no contact's")
	case r.AccountId != 0 && int64(r.AccountId) != c.account.ID:
		err = fmt.Errorf("it belongs to account %d", r.AccountId)
	case !state.Known():
		err = fmt.Errorf("unknown state %q", cut(strip(r.State), maxWord))
	case err == nil && created.IsZero():
		err = errors.New("it does not say when it was made")
	}
	if err != nil {
		return portfolio.RegistrantChange{}, fmt.Errorf("registrant change %d of domain %d: %w", r.Id, r.DomainId, err)
	}
	return portfolio.RegistrantChange{
		ID: int64(r.Id), AccountID: c.account.ID, DomainID: int64(r.DomainId), ContactID: int64(r.ContactId), State: state,
		ExtendedAttributes: r.ExtendedAttributes, RegistryOwnerChange: r.RegistryOwnerChange,
		IRTLockLiftedBy: c.clean(r.IrtLockLiftedBy, maxWord),
		CreatedAt:       created, UpdatedAt: about(r.UpdatedAt),
	}, nil
}
