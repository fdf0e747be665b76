package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"domaind/internal/portfolio"
)

// maxAuthCode is more than any registry's authorization code has, in bytes.
const maxAuthCode = 1000

// Transfer buys a name's transfer from another registrar. It is sent once at most.
// Whatever 2xx carries an id was accepted, as with [Client.Renew]. The authorization
// code goes out with the request, and into nothing else: no error holds it, not even
// where DNSimple quotes it.
func (c *Client) Transfer(ctx context.Context, name string, request portfolio.TransferRequest) (portfolio.Transfer, portfolio.Answer, error) {
	c = c.hiding(request.AuthCode)
	call, name, err := c.named("transfer", name)
	if err != nil {
		return portfolio.Transfer{}, portfolio.Answer{}, err
	}
	price, err := c.confirmed(call, request.Premium)
	if err != nil {
		return portfolio.Transfer{}, portfolio.Answer{}, err
	}
	input := purchaseInput{
		RegistrantID: request.RegistrantID, AuthCode: string(request.AuthCode), WhoisPrivacy: request.WhoisPrivacy, AutoRenew: request.AutoRenew,
		Trustee: request.Trustee, ExtendedAttributes: request.ExtendedAttributes, PremiumPrice: price,
	}
	if err := errors.Join(input.check(), checkAuthCode(input.AuthCode)); err != nil {
		return portfolio.Transfer{}, portfolio.Answer{}, c.refuse(call, "%w", err)
	}
	return start(ctx, c, call, func(ctx context.Context) error {
		return c.post(ctx, name, "transfers", input)
	}, c.transfer)
}

// checkAuthCode refuses what is no code as a registry gives it: a file read with its
// line ending, above all. The error does not quote it.
func checkAuthCode(code string) error {
	if len(code) > maxAuthCode || !utf8.ValidString(code) || strings.TrimSpace(code) != code || strings.ContainsFunc(code, unicode.IsControl) {
		return errors.New("the authorization code has spaces around it, or is too long, or holds characters that no code has")
	}
	return nil
}

// TransferStatus reads what became of a transfer.
func (c *Client) TransferStatus(ctx context.Context, name string, id int64) (portfolio.Transfer, error) {
	return started(ctx, c, "transfer", name, id, func(ctx context.Context, name string) error {
		_, err := c.sdk.Registrar.GetDomainTransfer(ctx, c.accountID, name, id)
		return err
	}, c.transfer)
}

// CancelTransfer asks for the end of a transfer that is under way. What it gives is
// how the transfer stands when DNSimple has taken the wish down: usually still
// transferring.
func (c *Client) CancelTransfer(ctx context.Context, name string, id int64) (portfolio.Transfer, error) {
	call, name, err := c.named(fmt.Sprintf("cancel transfer %d of", id), name)
	if err != nil {
		return portfolio.Transfer{}, err
	}
	if id <= 0 {
		return portfolio.Transfer{}, c.refuse(call, "the id of a transfer is positive")
	}
	ex, err := c.change(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.CancelDomainTransfer(ctx, c.accountID, name, id)
		return err
	})
	if err != nil {
		return portfolio.Transfer{}, err
	}
	said, err := readFields(ex.body)
	if err == nil && said.id() != id {
		err = fmt.Errorf("the answer is about transfer %d", said.id())
	}
	if err != nil {
		return portfolio.Transfer{}, c.malformed(call, ex, err)
	}
	return c.transfer(said), nil
}

// transfer converts what DNSimple says of a transfer.
func (c *Client) transfer(said fields) portfolio.Transfer {
	return portfolio.Transfer{
		Purchase: c.purchased(said), RegistrantID: max(0, said.number("registrant_id")),
		AutoRenew: said.flag("auto_renew"), WhoisPrivacy: said.flag("whois_privacy"), Trustee: said.flag("trustee"),
		StatusDescription: c.clean(said.text("status_description"), maxText),
	}
}

// AuthorizeTransferOut unlocks a domain and has DNSimple mail its authorization code
// to the administrative contact: whoever reads that mail can take the domain away.
// Each call can mail another code, so it is sent once at most.
func (c *Client) AuthorizeTransferOut(ctx context.Context, name string) (portfolio.Answer, error) {
	call, name, err := c.named("authorize the transfer out of", name)
	if err != nil {
		return portfolio.Answer{}, err
	}
	return c.emptied(ctx, call, func(ctx context.Context) error {
		_, err := c.sdk.Registrar.TransferDomainOut(ctx, c.accountID, name)
		return err
	})
}
