package client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// Client calls the DNSimple API for one account. It may be used by several
// goroutines at once.
type Client struct {
	account   portfolio.Account
	accountID string   // as paths want it
	token     string   // only to keep it out of errors
	hidden    []string // what else is kept out of them, see hiding
	sdk       *dnsimple.Client
	transport *transport
	throttle  *throttle
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error

	readTimeout  time.Duration
	moneyTimeout time.Duration
}

// New makes a Client. Nothing is sent. Its errors say which option is wrong, and
// never hold the token.
func New(o Options) (*Client, error) {
	endpoint, err := o.check()
	if err != nil {
		return nil, fmt.Errorf("client of account %q (%d): %w", o.Account.Name, o.Account.ID, err)
	}
	t := newTransport(o.Token, o.Transport)
	sdk := dnsimple.NewClient(&http.Client{
		Transport: t,
		// A redirect is an answer that is looked at, never a place to go to: it
		// would carry the token and a purchase to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	sdk.BaseURL = endpoint
	sdk.SetUserAgent(o.UserAgent)
	return &Client{
		account:      o.Account,
		accountID:    strconv.FormatInt(o.Account.ID, 10),
		token:        o.Token,
		sdk:          sdk,
		transport:    t,
		throttle:     o.Limits.of(o),
		now:          o.Now,
		sleep:        o.Sleep,
		readTimeout:  o.ReadTimeout,
		moneyTimeout: o.MoneyTimeout,
	}, nil
}

// Account is the account that the Client was made for.
func (c *Client) Account() portfolio.Account { return c.account }

// Close closes idle connections. Calls under way are not disturbed. A transport
// that came with the options is left alone.
func (c *Client) Close() { c.transport.close() }

// Quota is what the server last said about its rate limit.
func (c *Client) Quota() Quota { return c.throttle.seen() }

// Remains is how many requests may still be made with the token in the hour that ends
// now: what requests per hour leaves, or what the server does, where that is less.
func (c *Client) Remains() int { return c.throttle.remains() }
