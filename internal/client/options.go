package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// The defaults of [Options].
const (
	defaultRequestsPerHour = 2400 // what DNSimple allows a token
	defaultReadTimeout     = 30 * time.Second
	// DNSimple was seen to take 14 seconds for a renewal. A timeout here costs an
	// operation whose end nobody knows, so it is generous.
	defaultMoneyTimeout = 5 * time.Minute
	// maxRequestsPerHour bounds the memory of the throttle.
	maxRequestsPerHour = 1_000_000
)

// Options are what a [Client] is made of.
type Options struct {
	// Endpoint is where the API lives: "https://api.dnsimple.com". Plain http is
	// refused unless it goes to loopback; so are a path, a query and credentials.
	Endpoint string
	// Account is whose domains are spoken of; its ID must be positive.
	Account portfolio.Account
	// Token is the bearer token. It appears in no error.
	Token string
	// UserAgent names us, before the SDK's own: "domaind/1.2.3 (…)".
	UserAgent string
	// RequestsPerHour is never exceeded, whatever the server allows; 0: 2400.
	RequestsPerHour int
	// Limits is shared by the clients of one process, so that those with the same token
	// keep its limits together; nil: this one keeps them alone.
	Limits *Limits
	// Now is the clock of the throttle and of the rate limits. Required.
	Now func() time.Time
	// Sleep waits, or ends early with the context's error. Required.
	Sleep func(context.Context, time.Duration) error
	// Transport carries every request, where it is not nil: for tests and for
	// simulations in process. Without one the Client makes two of its own, one for
	// reads, and one that makes a new connection for each call that changes the
	// world.
	Transport http.RoundTripper
	// ReadTimeout bounds one try of a read; 0: 30 s.
	ReadTimeout time.Duration
	// MoneyTimeout bounds a call that changes the world; 0: 5 min.
	MoneyTimeout time.Duration
}

// check refuses what cannot work, fills in the defaults, and gives the endpoint
// without a slash at its end.
func (o *Options) check() (string, error) {
	if o.Account.ID <= 0 {
		return "", errors.New("the account has no id")
	}
	if o.Now == nil || o.Sleep == nil {
		return "", errors.New("Now and Sleep are required")
	}
	if o.Token == "" {
		return "", errors.New("the token is empty")
	}
	if !printable(o.Token) || strings.Contains(o.Token, " ") {
		return "", errors.New("the token holds spaces or characters that no token has")
	}
	if !printable(o.UserAgent) {
		return "", errors.New("the user agent holds characters that no header may have")
	}
	if o.RequestsPerHour < 0 || o.RequestsPerHour > maxRequestsPerHour {
		return "", fmt.Errorf("%d requests per hour: must be from 1 to %d", o.RequestsPerHour, maxRequestsPerHour)
	}
	if o.ReadTimeout < 0 || o.MoneyTimeout < 0 {
		return "", errors.New("a timeout is negative")
	}
	if o.RequestsPerHour == 0 {
		o.RequestsPerHour = defaultRequestsPerHour
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = defaultReadTimeout
	}
	if o.MoneyTimeout == 0 {
		o.MoneyTimeout = defaultMoneyTimeout
	}
	return checkEndpoint(o.Endpoint)
}

// checkEndpoint refuses every endpoint that would send the token in the clear, or
// somewhere other than it seems. Its errors do not quote what was given: people
// put credentials into URLs.
func checkEndpoint(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return "", errors.New("the endpoint is no URL; write one like \"https://api.dnsimple.com\"")
	}
	if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(endpoint, "#") {
		return "", errors.New("the endpoint must be a scheme and a host alone, like \"https://api.dnsimple.com\"")
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !loopback(u.Hostname()) {
			return "", errors.New("the endpoint must be https: plain http, which anyone on the way can read, is for loopback only")
		}
	default:
		return "", errors.New("the endpoint must begin with https://")
	}
	return u.Scheme + "://" + u.Host, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// printable says whether s is made of printable ASCII alone, so that it can stand
// in a header.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
