package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"
	"golang.org/x/net/idna"

	"domaind/internal/portfolio"
)

// Prices asks what a name costs. A price that is not in the answer is zero: it was
// not given and must not be paid.
func (c *Client) Prices(ctx context.Context, name string) (portfolio.Prices, error) {
	call, name, err := c.named("read the prices of", name)
	if err != nil {
		return portfolio.Prices{}, err
	}
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.GetDomainPrices(ctx, c.accountID, name)
		return err
	})
	if err != nil {
		return portfolio.Prices{}, err
	}
	said, err := data[dnsimple.DomainPrice](ex.body)
	if err == nil {
		err = sameName(name, said.Domain)
	}
	if err != nil {
		return portfolio.Prices{}, c.malformed(call, ex, err)
	}
	prices := portfolio.Prices{Name: name, Premium: said.Premium}
	var trustee float64
	if said.TrusteePrice != nil {
		trustee = *said.TrusteePrice
	}
	for _, p := range []struct {
		what string
		said float64
		to   *portfolio.Money
	}{
		{"registration", said.RegistrationPrice, &prices.Registration},
		{"renewal", said.RenewalPrice, &prices.Renewal},
		{"transfer", said.TransferPrice, &prices.Transfer},
		{"restore", said.RestorePrice, &prices.Restore},
		{"trustee", trustee, &prices.Trustee},
	} {
		if *p.to, err = portfolio.MoneyFromFloat(p.said); err != nil {
			return portfolio.Prices{}, c.malformed(call, ex, fmt.Errorf("%s price: %w", p.what, err))
		}
	}
	return prices, nil
}

// sameName says whether an answer is about the name that was asked for, which it
// may write as people do.
func sameName(asked, said string) error {
	if strings.EqualFold(asked, said) {
		return nil
	}
	if ascii, err := idna.Lookup.ToASCII(said); err == nil && ascii == asked {
		return nil
	}
	return fmt.Errorf("the answer is about %q", cut(strip(said), maxWord))
}
