package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// The limits of the embedded server.
const (
	maxStore  = 4 << 30  // bytes on disk, of all streams
	maxMemory = 64 << 20 // bytes of consumers' state
)

// ErrServer is in the errors of a server that could not be started.
var ErrServer = errors.New("the embedded NATS server")

// ServerOptions says how the embedded server runs.
type ServerOptions struct {
	// Dir is the server's own folder, made where it is missing: the JetStream store
	// and the seeds. Two servers on one folder destroy it: hold the lock on the
	// state file first.
	Dir string
	// Listen is the address for clients, "127.0.0.1:4222"; port 0 is any free one.
	// "" listens nowhere: only [Server.Connect] reaches the server.
	Listen string
	// Instance names the stream that the subscriber may read.
	Instance string
	// Log hears of what the server reports, at debug, and its warnings and errors,
	// at warn.
	Log *slog.Logger
}

// Server is a real nats-server in this process, with JetStream, two users, and
// nothing else: no monitoring, no cluster, no signals.
type Server struct {
	ns   *server.Server
	keys map[User]nkeys.KeyPair
	tcp  bool
}

// StartServer starts the server and returns when it takes connections. Its errors
// are ErrServer or ErrSeed, and say what is to be done. End it with
// [Server.Shutdown].
func StartServer(ctx context.Context, o ServerOptions) (*Server, error) {
	if !ValidInstance(o.Instance) {
		return nil, fmt.Errorf("%w: %q cannot be an instance's name", ErrServer, o.Instance)
	}
	if err := prepareFolder(o.Dir); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrServer, err)
	}
	s := &Server{keys: map[User]nkeys.KeyPair{}, tcp: o.Listen != ""}
	for _, u := range []User{Operator, Subscriber} {
		if s.keys[u], err = userKey(dir, u); err != nil {
			return nil, err
		}
	}
	opts, err := serverOptions(o, dir, s.keys)
	if err != nil {
		return nil, err
	}
	if s.ns, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrServer, err)
	}
	log := newServerLog(o.Log)
	s.ns.SetLoggerV2(log, false, false, false)

	// Start comes back by itself, also where it failed: only the log tells.
	s.ns.Start()
	fatal := log.fatal()
	if fatal == "" && !s.ns.ReadyForConnections(time.Minute) {
		fatal = "it does not become ready"
	}
	if fatal == "" && !s.ns.JetStreamEnabled() {
		fatal = "JetStream is off"
	}
	if fatal == "" && ctx.Err() == nil {
		return s, nil
	}
	stop(s.ns)
	switch {
	case fatal == "":
		return nil, fmt.Errorf("start %w: %w", ErrServer, context.Cause(ctx))
	case s.tcp && log.listening():
		return nil, fmt.Errorf("start %w: cannot listen on %s; is another server there? choose another address in [nats] listen: %s", ErrServer, o.Listen, fatal)
	}
	return nil, fmt.Errorf("start %w: folder %s: %s", ErrServer, dir, fatal)
}

func serverOptions(o ServerOptions, dir string, keys map[User]nkeys.KeyPair) (*server.Options, error) {
	opts := &server.Options{
		ServerName:         "domaind-" + o.Instance,
		NoSigs:             true,
		JetStream:          true,
		StoreDir:           dir, // the server appends "jetstream"
		SyncAlways:         true,
		JetStreamMaxMemory: maxMemory,
		JetStreamMaxStore:  maxStore,
		DontListen:         o.Listen == "",
	}
	if o.Listen != "" {
		host, port, err := net.SplitHostPort(o.Listen)
		if err != nil {
			return nil, fmt.Errorf("%w: [nats] listen = %q is no address; write \"127.0.0.1:4222\": %w", ErrServer, o.Listen, err)
		}
		p, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%w: [nats] listen = %q has no port from 0 to 65535", ErrServer, o.Listen)
		}
		opts.Host, opts.Port = host, int(p)
		if p == 0 {
			opts.Port = server.RANDOM_PORT
		}
	}
	for user, permissions := range map[User]*server.Permissions{
		// Whoever holds this seed owns the stream; nothing in the account is withheld.
		Operator:   nil,
		Subscriber: subscriberPermissions(o.Instance),
	} {
		public, err := keys[user].PublicKey()
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrSeed, user, err)
		}
		opts.Nkeys = append(opts.Nkeys, &server.NkeyUser{Nkey: public, Permissions: permissions})
	}
	return opts, nil
}

// ClientURL is where clients connect: "nats://127.0.0.1:4222", with the port that
// was chosen; "" where the server listens nowhere.
func (s *Server) ClientURL() string {
	if !s.tcp {
		return ""
	}
	return s.ns.ClientURL()
}

// Connect opens a connection within the process. It ends with the server.
func (s *Server) Connect(user User) (*nats.Conn, error) {
	key, ok := s.keys[user]
	if !ok {
		return nil, fmt.Errorf("connect to %w: no user %q", ErrServer, user)
	}
	public, err := key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("connect to %w: %w", ErrServer, err)
	}
	nc, err := nats.Connect("", append(clientOptions("domaind "+string(user)),
		nats.InProcessServer(s.ns),
		nats.Nkey(public, key.Sign),
		// Its replies are its own: nobody else may listen to them.
		nats.CustomInboxPrefix(inbox(user)),
		nats.NoReconnect())...)
	if err != nil {
		return nil, fmt.Errorf("connect to %w as %s: %w", ErrServer, user, err)
	}
	return nc, nil
}

// Shutdown ends the server: connections are closed, the store is synced and
// closed. Where the context ends first it returns its error, and the server goes
// on shutting down.
func (s *Server) Shutdown(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		stop(s.ns)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("shut down %w: %w", ErrServer, context.Cause(ctx))
	}
}

func stop(ns *server.Server) {
	ns.Shutdown()
	ns.WaitForShutdown()
}

// inbox is what a user's own reply subjects begin with.
func inbox(user User) string { return "_INBOX_" + string(user) }
