package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// maxBody bounds an answer. A full page of domains has about 40 KiB.
const maxBody = 8 << 20

// usualBody is how much is read without taking more memory.
const usualBody = 48 << 10

// The ways in which an answer can be none.
var (
	// errTooLarge: it was longer than maxBody; the rest was not read.
	errTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	errNoStatus = errors.New("the answer has no status")
)

// exchange is one request and what came of it. It travels in the context of the
// request, because the SDK gives nothing back when an answer displeases it.
type exchange struct {
	change bool // it changes the world
	scarce bool // it has a rate limit of its own, beside that of all requests

	started bool // the round tripper was reached
	sent    bool // the request may have left; false only where it certainly did not
	err     error
	status  int // 0 without an answer
	header  http.Header
	body    []byte // as far as it could be read
	bodyErr error  // why body is not all of it

	outage time.Duration // how long a server that is down asks to be left alone
}

type exchangeKey struct{}

func withExchange(ctx context.Context, ex *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, ex)
}

// transport authenticates requests, sends each exactly once over the connection
// that fits its kind, and keeps the exchange.
type transport struct {
	token   string
	reads   http.RoundTripper
	changes http.RoundTripper
	own     []*http.Transport // the ones to close
}

func newTransport(token string, given http.RoundTripper) *transport {
	if given != nil {
		return &transport{token: token, reads: given, changes: given}
	}
	reads := baseTransport()
	reads.ForceAttemptHTTP2 = true
	reads.MaxIdleConnsPerHost = 4
	reads.IdleConnTimeout = 90 * time.Second
	// A reused connection can break after the request was written or before, and
	// nobody can tell which; a new one for each call can. HTTP/1.1, because only
	// there "a connection of its own" has a meaning.
	changes := baseTransport()
	changes.DisableKeepAlives = true
	changes.Protocols = new(http.Protocols)
	changes.Protocols.SetHTTP1(true)
	return &transport{token: token, reads: reads, changes: changes, own: []*http.Transport{reads, changes}}
}

func baseTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: 256 << 10,
	}
}

func (t *transport) close() {
	for _, own := range t.own {
		own.CloseIdleConnections()
	}
}

// RoundTrip sends the request and reads the whole answer into the exchange of the
// request's context. What it returns has the status and the headers alone.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	ex, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok || ex.started {
		return nil, errors.New("a request outside of a call, or a second one within it")
	}
	ex.started = true
	if err := ctx.Err(); err != nil {
		ex.err = err
		return nil, err
	}

	var dialing, connected atomic.Bool
	out := req.Clone(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { dialing.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	out.Header.Set("Authorization", "Bearer "+t.token)
	// net/http takes a request with such a header for one that may be sent twice.
	out.Header.Del("Idempotency-Key")
	out.Header.Del("X-Idempotency-Key")
	base := t.reads
	if ex.change {
		base = t.changes
		out.GetBody = nil // what cannot be read again cannot be sent again
	}

	ex.sent = true
	resp, err := base.RoundTrip(out)
	if err != nil {
		// Without a connection nothing was written. A transport that is not
		// net/http's may report nothing of the kind; then only an error of the dial
		// itself is proof.
		ex.sent = connected.Load() || !dialing.Load() && !dialFailed(err)
		ex.err = err
		return nil, err
	}
	if resp == nil || resp.StatusCode < 100 { // only a transport that is not net/http's
		ex.err = errNoStatus
		return resp, nil
	}
	ex.status, ex.header = resp.StatusCode, resp.Header
	ex.body, ex.bodyErr = readBody(resp.Body)
	// The SDK need not read it too: it would only add errors of its own.
	resp.Body = http.NoBody
	return resp, nil
}

func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// readBody reads to the end, as far as maxBody, and closes.
func readBody(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	// A page fits without being copied while it grows.
	read := bytes.NewBuffer(make([]byte, 0, usualBody))
	_, err := read.ReadFrom(io.LimitReader(body, maxBody+1))
	b := read.Bytes()
	if len(b) > maxBody {
		b, err = b[:maxBody], errTooLarge
	}
	_ = body.Close() // all that matters was read
	return b, err
}
