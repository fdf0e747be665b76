package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/nats-io/nats.go"

	"domaind/internal/config"
	"domaind/internal/events"
)

// bus is the NATS that events go to: the embedded server, or one elsewhere.
type bus struct {
	cfg *config.Config
	env config.Env
	log *slog.Logger

	mu     sync.Mutex
	server *events.Server // the embedded one, once it runs
}

// connect opens a connection for the relay. The embedded server is started where it
// does not run yet: one that cannot be (its port is taken, its disk is full) is tried
// again with the next connection, and stops no renewal meanwhile.
func (b *bus) connect(ctx context.Context) (*nats.Conn, error) {
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
