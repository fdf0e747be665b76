package client

import (
	"context"
	"strconv"

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
	return start(ctx, c, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.RenewDomain(ctx, c.accountID, name, &dnsimple.RenewDomainInput{Period: years, PremiumPrice: price})
		return err
	}, c.purchased)
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
	return start(ctx, c, call, func(ctx context.Context) error {
		return c.post(ctx, name, "restores", input)
	}, c.purchased)
}

// Renewal reads what became of a renewal.
func (c *Client) Renewal(ctx context.Context, name string, id int64) (portfolio.Purchase, error) {
	return started(ctx, c, "renewal", name, id, func(ctx context.Context, name string) error {
		_, err := c.sdk.Registrar.GetDomainRenewal(ctx, c.accountID, name, strconv.FormatInt(id, 10))
		return err
	}, c.purchased)
}

// Restoration reads what became of a restore.
func (c *Client) Restoration(ctx context.Context, name string, id int64) (portfolio.Purchase, error) {
	return started(ctx, c, "restore", name, id, func(ctx context.Context, name string) error {
		_, err := c.sdk.Registrar.GetDomainRestore(ctx, c.accountID, name, strconv.FormatInt(id, 10))
		return err
	}, c.purchased)
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

// purchased converts what DNSimple says of a renewal or a restore.
func (c *Client) purchased(said fields) portfolio.Purchase {
	period := said.number("period")
	if period < 0 || period > 100 {
		period = 0
	}
	return portfolio.Purchase{
		ID: said.id(), DomainID: max(0, said.number("domain_id")), Period: int(period),
		State:     portfolio.PurchaseState(c.clean(said.text("state"), maxWord)),
		CreatedAt: about(said.text("created_at")), UpdatedAt: about(said.text("updated_at")),
	}
}
