package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// CheckDomain asks the registry whether a name is free. DNSimple limits it more
// strictly than other calls: it is for the moment before a registration or a
// transfer alone, and a 429 of it holds nothing else back.
func (c *Client) CheckDomain(ctx context.Context, name string) (portfolio.DomainCheck, error) {
	call, name, err := c.named("check", name)
	if err != nil {
		return portfolio.DomainCheck{}, err
	}
	ex, err := c.readScarce(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.CheckDomain(ctx, c.accountID, name)
		return err
	})
	if err != nil {
		return portfolio.DomainCheck{}, err
	}
	said, err := data[struct {
		Domain             string
		Available, Premium *bool
	}](ex.body)
	if err == nil {
		err = sameName(name, said.Domain)
	}
	if err == nil && (said.Available == nil || said.Premium == nil) {
		err = errors.New("the answer does not say whether it is available, or whether it is premium")
	}
	if err != nil {
		return portfolio.DomainCheck{}, c.malformed(call, ex, err)
	}
	return portfolio.DomainCheck{Name: name, Available: *said.Available, Premium: *said.Premium}, nil
}

// ResearchStatus asks what DNSimple's research knows of a name. Not every account
// has it, and it is counted by the month: a 429 of it holds nothing else back, and
// its RetryAt can be weeks ahead. A name that cannot be researched is an error of
// outcome rejected.
func (c *Client) ResearchStatus(ctx context.Context, name string) (portfolio.Research, error) {
	call, name, err := c.named("research", name)
	if err != nil {
		return portfolio.Research{}, err
	}
	ex, err := c.readScarce(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Domains.GetDomainResearchStatus(ctx, c.accountID, name)
		return err
	})
	if err != nil {
		return portfolio.Research{}, c.notResearched(ex, err)
	}
	said, err := data[dnsimple.DomainResearchStatus](ex.body)
	if err == nil {
		err = sameName(name, said.Domain)
	}
	if err == nil && said.Availability == "" {
		err = errors.New("the answer does not say whether it is available")
	}
	if err != nil {
		return portfolio.Research{}, c.malformed(call, ex, err)
	}
	return portfolio.Research{
		Name: name, RequestID: c.clean(said.RequestID, maxWord),
		Availability: portfolio.Availability(c.clean(said.Availability, maxWord)), Errors: c.complaints(said.Errors),
	}, nil
}

// notResearched reads the one refusal of the API that comes without a message, as an
// answer whose errors say why.
func (c *Client) notResearched(ex *exchange, err error) error {
	failure, ok := errors.AsType[*portfolio.CallError](err)
	if !ok || ex.status != http.StatusBadRequest || failure.Outcome != portfolio.OutcomeUnknown {
		return err
	}
	said, derr := data[dnsimple.DomainResearchStatus](ex.body)
	if complaints := c.complaints(said.Errors); derr == nil && len(complaints) > 0 {
		failure.Outcome, failure.Message = portfolio.OutcomeRejected, c.clean(strings.Join(complaints, "; "), maxText)
	}
	return failure
}

func (c *Client) complaints(said []string) []string {
	var complaints []string
	for _, s := range said[:min(len(said), maxComplaints)] {
		complaints = append(complaints, c.clean(s, maxText))
	}
	return slices.DeleteFunc(complaints, func(s string) bool { return s == "" })
}

// PremiumPrice asks what a premium name costs, for one action. A name that is not
// premium is an error of outcome rejected. DNSimple has deprecated the call: see
// [Client.Prices].
func (c *Client) PremiumPrice(ctx context.Context, name string, action portfolio.PremiumAction) (portfolio.Money, error) {
	call, name, err := c.named("read the premium price of", name)
	if err != nil {
		return 0, err
	}
	switch action {
	case portfolio.PremiumRegistration, portfolio.PremiumRenewal, portfolio.PremiumTransfer:
	default:
		return 0, c.refuse(call, "there is no premium price for %q", action)
	}
	// The SDK has dropped the call.
	path := "/v2/" + c.accountID + "/registrar/domains/" + name + "/premium_price?" + url.Values{"action": {string(action)}}.Encode()
	ex, err := c.read(ctx, call, func(ctx context.Context) error {
		resp, err := c.sdk.Request(ctx, http.MethodGet, path, nil, nil, nil)
		return closed(resp, err)
	})
	if err != nil {
		return 0, err
	}
	said, err := data[struct {
		PremiumPrice json.RawMessage `json:"premium_price"`
		Action       string
	}](ex.body)
	var price portfolio.Money
	if err == nil {
		price, err = dollars(said.PremiumPrice)
	}
	switch {
	case err != nil:
	case price <= 0:
		err = errors.New("the answer has no price")
	case said.Action != string(action):
		err = errors.New("the answer is about another action")
	default:
		return price, nil
	}
	return 0, c.malformed(call, ex, err)
}
