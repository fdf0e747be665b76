package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// ErrDial is in the errors of [Dial] that a connection could not be made for.
var ErrDial = errors.New("connect to NATS")

// dialTimeout bounds the connection to one server.
const dialTimeout = 5 * time.Second

// DialOptions says which NATS to connect to, and as whom.
type DialOptions struct {
	URLs      []string // "nats://host:4222", "tls://…"; the first that answers is taken
	SeedFile  string   // a file with the seed of an nkey; "" for none
	CredsFile string   // a .creds file; "" for none
	Name      string   // what the server's lists of connections say
	Log       *slog.Logger
}

// Dial connects to a NATS server outside of this process, in bounded time: five
// seconds for each URL. The connection is made again for ever when it is lost;
// what is published meanwhile fails at once instead of being buffered. Errors are
// ErrDial, and hold no password of a URL.
func Dial(ctx context.Context, o DialOptions) (*nats.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDial, context.Cause(ctx))
	}
	if len(o.URLs) == 0 {
		return nil, fmt.Errorf("%w: no URL", ErrDial)
	}
	if o.SeedFile != "" && o.CredsFile != "" {
		return nil, fmt.Errorf("%w: both a seed and a .creds file", ErrDial)
	}
	opts := append(clientOptions(o.Name),
		nats.Timeout(dialTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500*time.Millisecond),
		nats.PingInterval(20*time.Second),
		nats.ReconnectBufSize(-1))
	if o.SeedFile != "" {
		opt, err := nats.NkeyOptionFromSeed(o.SeedFile)
		if err != nil {
			return nil, fmt.Errorf("%w: read the seed %s: %w", ErrDial, o.SeedFile, err)
		}
		opts = append(opts, opt)
	}
	if o.CredsFile != "" {
		opts = append(opts, nats.UserCredentials(o.CredsFile))
	}
	if log := o.Log; log != nil {
		opts = append(opts, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.WarnContext(context.WithoutCancel(ctx), "the NATS connection reports an error", "error", err)
		}))
	}
	nc, err := nats.Connect(strings.Join(o.URLs, ","), opts...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDial, err)
	}
	if ctx.Err() != nil {
		nc.Close()
		return nil, fmt.Errorf("%w: %w", ErrDial, context.Cause(ctx))
	}
	return nc, nil
}

// clientOptions are common to all connections. The error handler stands in for the
// library's own, which writes to standard error; what it would have told comes
// with the failure of the request.
func clientOptions(name string) []nats.Option {
	return []nats.Option{
		nats.Name(name),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}
}
