package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/events"
)

// bus is the NATS that events go to: the embedded server, or one elsewhere.
type bus struct {
	cfg *config.Config
	env config.Env
	log *slog.Logger

	mu     sync.Mutex
	server *events.Server // the embedded one, once it runs

	last sync.Mutex // guards what follows
	conn *nats.Conn // the relay's newest connection; nil before the first
	err  error      // why the newest try gave none
}

// status says whether events can leave.
func (b *bus) status() control.BusStatus {
	s := control.BusStatus{Where: "the embedded NATS server on " + b.cfg.NATS.Listen}
	if len(b.cfg.NATS.URLs) > 0 {
		hosts := make([]string, len(b.cfg.NATS.URLs))
		for i, text := range b.cfg.NATS.URLs {
			if u, err := url.Parse(text); err == nil {
				hosts[i] = u.Host // not what people may have put before it
			}
		}
		s.Where = "NATS on " + strings.Join(hosts, ", ")
	}
	b.last.Lock()
	defer b.last.Unlock()
	s.Connected = b.err == nil && b.conn != nil && b.conn.IsConnected()
	switch {
	case b.err != nil:
		s.Error = b.err.Error()
	case b.conn != nil && !s.Connected:
		s.Error = "the connection is lost"
	}
	return s
}

// connect opens a connection for the relay, and remembers what became of it.
func (b *bus) connect(ctx context.Context) (*nats.Conn, error) {
	nc, err := b.open(ctx)
	b.last.Lock()
	defer b.last.Unlock()
	b.conn, b.err = nc, err
	return nc, err
}

// open opens a connection for the relay. The embedded server is started where it
// does not run yet: one that cannot be (its port is taken, its disk is full) is tried
// again with the next connection, and stops no renewal meanwhile.
func (b *bus) open(ctx context.Context) (*nats.Conn, error) {
	if len(b.cfg.NATS.URLs) > 0 {
		return dial(ctx, b.cfg, b.env, b.log)
	}
	server, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	return server.Connect(events.Operator)
}

func (b *bus) start(ctx context.Context) (*events.Server, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.server != nil {
		return b.server, nil
	}
	server, err := events.StartServer(ctx, events.ServerOptions{
		Dir: natsDir(b.cfg), Listen: b.cfg.NATS.Listen, Instance: b.cfg.Instance, Log: b.log,
	})
	if err != nil {
		return nil, err
	}
	b.server = server
	return server, nil
}

// stop ends the embedded server, where it runs.
func (b *bus) stop(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.server == nil {
		return nil
	}
	return b.server.Shutdown(ctx)
}

// natsDir is where the embedded server keeps its store and its users' seeds.
func natsDir(cfg *config.Config) string { return filepath.Join(cfg.StateDir, "nats") }

// dial connects to the NATS servers of the configuration.
func dial(ctx context.Context, cfg *config.Config, env config.Env, log *slog.Logger) (*nats.Conn, error) {
	o := events.DialOptions{URLs: cfg.NATS.URLs, Name: "domaind " + cfg.Instance, Log: log}
	if cfg.NATS.Credentials != nil {
		path, err := cfg.NATS.Credentials.Path(env)
		if err != nil {
			return nil, fmt.Errorf("the credentials of NATS: %w", err)
		}
		o.CredsFile = path
	}
	return events.Dial(ctx, o)
}
