package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// maxYears is the longest term that registries sell.
const maxYears = 10

// Renew buys years for a domain. It is sent once at most. A premium name needs
// its price as confirmation; nil for any other.
//
// Whatever 2xx carries an id was accepted, and is returned without an error, even
// where its other fields are odd: the id is the only way to ever ask again.
func (c *Client) Renew(ctx context.Context, name string, years int, premium *portfolio.Money) (portfolio.Purchase, portfolio.Answer, error) {
	call, name, err := c.named("renew", name)
	if err != nil {
		return portfolio.Purchase{}, portfolio.Answer{}, err
	}
	if years < 1 || years > maxYears {
		return portfolio.Purchase{}, portfolio.Answer{}, c.refuse(call, "a renewal is for 1 to %d years, not %d", maxYears, years)
	}
	price, err := c.confirmed(call, premium)
	if err != nil {
		return portfolio.Purchase{}, portfolio.Answer{}, err
	}
	return c.purchase(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.RenewDomain(ctx, c.accountID, name, &dnsimple.RenewDomainInput{Period: years, PremiumPrice: price})
		return err
	})
}

// Restore buys a domain back out of redemption. For the rest it is like [Client.Renew].
func (c *Client) Restore(ctx context.Context, name string, premium *portfolio.Money) (portfolio.Purchase, portfolio.Answer, error) {
	call, name, err := c.named("restore", name)
	if err != nil {
		return portfolio.Purchase{}, portfolio.Answer{}, err
	}
	price, err := c.confirmed(call, premium)
	if err != nil {
		return portfolio.Purchase{}, portfolio.Answer{}, err
	}
	// The SDK's RestoreDomain takes a renewal's input and sends its period of 0.
	input := struct {
		PremiumPrice string `json:"premium_price,omitempty"`
	}{price}
	path := "/v2/" + c.accountID + "/registrar/domains/" + name + "/restores"
	return c.purchase(ctx, call, func(ctx context.Context) error {
		resp, err := c.sdk.Request(ctx, http.MethodPost, path, input, nil, nil)
		return closed(resp, err)
	})
}

// Renewal reads what became of a renewal.
func (c *Client) Renewal(ctx context.Context, name string, id int64) (portfolio.Purchase, error) {
	return c.bought(ctx, "renewal", name, id, func(ctx context.Context, name, id string) error {
		_, err := c.sdk.Registrar.GetDomainRenewal(ctx, c.accountID, name, id)
		return err
	})
}

// Restoration reads what became of a restore.
func (c *Client) Restoration(ctx context.Context, name string, id int64) (portfolio.Purchase, error) {
	return c.bought(ctx, "restore", name, id, func(ctx context.Context, name, id string) error {
		_, err := c.sdk.Registrar.GetDomainRestore(ctx, c.accountID, name, id)
		return err
	})
}

func (c *Client) purchase(ctx context.Context, call string, send sender) (portfolio.Purchase, portfolio.Answer, error) {
	ex, err := c.change(ctx, call, send)
	answer := c.answer(ex)
	if ex.status < 200 || ex.status > 299 {
		return portfolio.Purchase{}, answer, err
	}
	// The answer is read even where it broke off: if the id came through, it counts.
	p, perr := c.readPurchase(ex.body)
	switch {
	case perr == nil:
		return p, answer, nil
	case err != nil:
		return portfolio.Purchase{}, answer, err
	}
	return portfolio.Purchase{}, answer, c.malformed(call, ex, perr)
}

func (c *Client) bought(ctx context.Context, what, name string, id int64, ask func(ctx context.Context, name, id string) error) (portfolio.Purchase, error) {
	call, name, err := c.named(fmt.Sprintf("read %s %d of", what, id), name)
	if err != nil {
		return portfolio.Purchase{}, err
	}
	if id <= 0 {
		return portfolio.Purchase{}, c.refuse(call, "the id of a %s is positive", what)
	}
	ex, err := c.read(ctx, call, func(ctx context.Context) error { return ask(ctx, name, strconv.FormatInt(id, 10)) })
	if err != nil {
		return portfolio.Purchase{}, err
	}
	p, err := c.readPurchase(ex.body)
	if err == nil && p.ID != id {
		err = fmt.Errorf("the answer is about %s %d", what, p.ID)
	}
	if err != nil {
		return portfolio.Purchase{}, c.malformed(call, ex, err)
	}
	return p, nil
}

// confirmed writes the price of a premium name; "" for any other.
func (c *Client) confirmed(call string, premium *portfolio.Money) (string, error) {
	if premium == nil {
		return "", nil
	}
	if *premium <= 0 {
		return "", c.refuse(call, "a premium price of %s confirms nothing", *premium)
	}
	return premium.String(), nil
}

// readPurchase reads a renewal or a restore, of which only the id must make sense:
// each other field is taken if it can be.
func (c *Client) readPurchase(body []byte) (portfolio.Purchase, error) {
	said, err := data[map[string]json.RawMessage](body)
	if err != nil {
		return portfolio.Purchase{}, err
	}
	id := integer(said["id"])
	if id <= 0 {
		return portfolio.Purchase{}, errors.New("the answer has no id")
	}
	period := integer(said["period"])
	if period < 0 || period > 100 {
		period = 0
	}
	return portfolio.Purchase{
		ID: id, DomainID: max(0, integer(said["domain_id"])), Period: int(period),
		State:     portfolio.PurchaseState(c.clean(text(said["state"]), maxWord)),
		CreatedAt: about(text(said["created_at"])), UpdatedAt: about(text(said["updated_at"])),
	}, nil
}

// integer reads a whole number, which may be written as a string; 0 where it is none.
func integer(raw json.RawMessage) int64 {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// text reads a string; "" where it is none.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// closed ends a response of the SDK's Request, whose body the transport has read.
func closed(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
