package client

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// tld is a top-level domain as the API writes it; the SDK's type leaves out idn.
type tld struct {
	TLD                    string `json:"tld"`
	AutoRenewOnly          bool   `json:"auto_renew_only"`
	RenewalEnabled         bool   `json:"renewal_enabled"`
	RegistrationEnabled    bool   `json:"registration_enabled"`
	TransferEnabled        bool   `json:"transfer_enabled"`
	MinimumRegistration    int    `json:"minimum_registration"`
	WhoisPrivacy           bool   `json:"whois_privacy"`
	IDN                    bool   `json:"idn"`
	TrusteeServiceEnabled  bool   `json:"trustee_service_enabled"`
	TrusteeServiceRequired bool   `json:"trustee_service_required"`
}

// TLD asks what DNSimple can do under a top-level domain, or under a suffix like
// "co.uk".
func (c *Client) TLD(ctx context.Context, tld string) (portfolio.TLDFacts, error) {
	details, err := c.TLDDetails(ctx, tld)
	return details.TLDFacts, err
}

// TLDDetails is [Client.TLD] with all that a registration can depend on.
func (c *Client) TLDDetails(ctx context.Context, name string) (portfolio.TLDDetails, error) {
	call, name, err := c.suffixed("read the TLD", name)
	if err != nil {
		return portfolio.TLDDetails{}, err
	}
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Tlds.GetTld(ctx, name)
		return err
	})
	if err != nil {
		return portfolio.TLDDetails{}, err
	}
	said, err := data[tld](ex.body)
	if err == nil {
		err = sameName(name, said.TLD)
	}
	if err != nil {
		return portfolio.TLDDetails{}, c.malformed(call, ex, err)
	}
	return details(name, said), nil
}

// TLDs lists the top-level domains that DNSimple can register or transfer under.
func (c *Client) TLDs(ctx context.Context, filter portfolio.TLDFilter) iter.Seq2[portfolio.Page[portfolio.TLDDetails], error] {
	const act = "list TLDs"
	sort, err := order(filter.Sort, portfolio.SortTLD)
	if err != nil {
		return refusedList[portfolio.TLDDetails](c.refuse(c.call(act), "%w", err))
	}
	return pages(ctx, c, act, func(ctx context.Context, page dnsimple.ListOptions) error {
		page.Sort = sort
		_, err := c.sdk.Tlds.ListTlds(ctx, &page)
		return err
	}, each(func(said tld) (portfolio.TLDDetails, error) {
		name, ok := suffix(said.TLD)
		if !ok {
			return portfolio.TLDDetails{}, fmt.Errorf("%q is no top-level domain", cut(strip(said.TLD), maxWord))
		}
		return details(name, said), nil
	}))
}

func details(name string, said tld) portfolio.TLDDetails {
	return portfolio.TLDDetails{
		TLDFacts: portfolio.TLDFacts{
			TLD: name, AutoRenewOnly: said.AutoRenewOnly, RenewalEnabled: said.RenewalEnabled,
			RegistrationEnabled: said.RegistrationEnabled, TransferEnabled: said.TransferEnabled,
			MinimumRegistration: max(0, said.MinimumRegistration),
		},
		WhoisPrivacy: said.WhoisPrivacy, IDN: said.IDN,
		TrusteeEnabled: said.TrusteeServiceEnabled, TrusteeRequired: said.TrusteeServiceRequired,
	}
}

// ExtendedAttributes asks what the registry of a top-level domain wants to know
// beyond the contact. The API gives them without pages.
func (c *Client) ExtendedAttributes(ctx context.Context, tld string) ([]portfolio.ExtendedAttribute, error) {
	call, tld, err := c.suffixed("read the extended attributes of", tld)
	if err != nil {
		return nil, err
	}
	return unpaged(ctx, c, call, func(ctx context.Context) error {
		_, err := c.sdk.Tlds.GetTldExtendedAttributes(ctx, tld)
		return err
	}, c.extendedAttribute)
}

// extendedAttribute converts what a registry wants to know. Names and values are
// sent back as they came, so they are taken as they are or not at all.
func (c *Client) extendedAttribute(said dnsimple.TldExtendedAttribute) (portfolio.ExtendedAttribute, error) {
	exact := func(s string) bool { return c.clean(s, maxText) == s }
	if said.Name == "" || !exact(said.Name) {
		return portfolio.ExtendedAttribute{}, errors.New("an extended attribute has no name that can be sent")
	}
	attribute := portfolio.ExtendedAttribute{Name: said.Name, Description: c.clean(said.Description, maxText), Required: said.Required}
	for _, option := range said.Options {
		if !exact(option.Value) {
			return portfolio.ExtendedAttribute{}, fmt.Errorf("the extended attribute %q has an option that cannot be sent", said.Name)
		}
		attribute.Options = append(attribute.Options, portfolio.ExtendedOption{
			Title: c.clean(option.Title, maxText), Value: option.Value, Description: c.clean(option.Description, maxText),
		})
	}
	return attribute, nil
}
