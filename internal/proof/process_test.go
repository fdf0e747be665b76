package proof

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"

	"domaind/internal/client"
	"domaind/internal/config"
	"domaind/internal/events"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
	"domaind/internal/state"
)

// process is one life of domaind: everything that a crash takes away.
type process struct {
	mortal
	w     *world
	ctx   context.Context // ends when a shutdown begins
	store *state.Store
	x     *executor.Executor
	s     *scheduler.Scheduler
	relay *events.Relay
}

// newProcess makes a process that is not booted yet.
func newProcess(w *world) *process {
	p := &process{w: w}
	p.ctx, p.shutdown = context.WithCancel(w.ctx)
	return p
}

// boot begins a life as the daemon does: it opens and checks the state, wires
// everything, and brings the ledger into order.
func (p *process) boot() error {
	w := p.w
	var err error
	p.store, err = state.Open(w.path, state.Options{NoSync: true, Told: w.watch.hear, Now: w.now, Rand: w.rand})
	if err != nil {
		return err
	}
	if err := p.store.Check(); err != nil {
		return err
	}
	if err := w.watch.sameRows(p.store); err != nil {
		return err
	}
	book := ledger{p.store, p}
	registries := make(map[int64]executor.Registry)
	var accounts []scheduler.Account
	for _, a := range w.cfg.Accounts {
		c, err := client.New(client.Options{
			Endpoint: "https://api.dnsimple.com", Account: a.Account, Token: "token-" + a.Name, UserAgent: "domaind/proof",
			RequestsPerHour: w.cfg.DNSimple.RequestsPerHour, Now: w.now, Sleep: p.sleep, Transport: p,
		})
		if err != nil {
			return err
		}
		registries[a.ID] = c
		if !a.Source {
			accounts = append(accounts, scheduler.Account{Account: a.Account, Lister: c})
		}
	}
	limits := ceilings(w.cfg)
	p.x = executor.New(executor.Options{
		Ledger: book, Registries: registries, Policy: w.policy, Ceilings: func() executor.Ceilings { return limits },
		AutoRenewalWindow: func() rules.Distance { return w.cfg.DNSimple.AutoRenewalWindow }, Now: w.now, Urgent: client.Urgent, Fatal: fatal, Log: w.logger(),
	})
	p.s = scheduler.New(scheduler.Options{
		Accounts: accounts, Policy: w.policy, Executor: p.x, Progress: book,
		Schedules: scheduler.Schedules{
			Domains: w.cfg.Schedule.Domains.Schedule, Pushes: w.cfg.Schedule.Pushes.Schedule,
			RegistrantChanges: w.cfg.Schedule.RegistrantChanges.Schedule, Names: w.cfg.Schedule.Names.Schedule,
			Portfolio: w.cfg.Schedule.Portfolio.Schedule,
		},
		Background: client.Background,
		Now:        w.now, Sleep: p.sleep, Fatal: fatal, Log: w.logger(),
	})
	p.relay = events.NewRelay(events.RelayOptions{
		Instance: w.cfg.Instance, Outbox: book, Connect: p.connect,
		// Whoever would wait for NATS is called again at the next tick.
		Sleep: func(context.Context, time.Duration) error { p.alive(); return errAway },
	})
	if err := book.Commit(daemonEvent(w.now(), "started")); err != nil {
		return err
	}
	if err := p.x.Recover(p.ctx); err != nil {
		return err
	}
	w.watch.recovered(p.store)
	return nil
}

// errAway ends a publication that NATS does not take.
var errAway = errors.New("NATS is away")

// connect brings the relay to the broker, where it can be reached.
func (p *process) connect(context.Context) (*nats.Conn, error) {
	p.alive()
	if p.w.nats == streamAway {
		return nil, errAway
	}
	return p.w.broker.connect()
}

// tick does what is due, and says when something is due next.
func (p *process) tick() (next time.Time, err error) {
	next, err = p.s.Tick(p.ctx)
	p.alive()
	if err != nil {
		p.w.watch.heardError(err)
	}
	if p.ctx.Err() != nil { // a shutdown has begun
		return next, ledger{p.store, p}.Commit(daemonEvent(p.w.now(), "stopped"))
	}
	return next, p.publish(p.w.ctx)
}

// daemonEvent tells of the daemon itself.
func daemonEvent(at time.Time, what string) portfolio.Change {
	return portfolio.Change{Events: []portfolio.Event{{
		At: at, Level: portfolio.LevelNotice, About: portfolio.AboutDaemon, What: what, Text: "domaind " + what,
	}}}
}

// publish brings what waits in the outbox into the stream, as far as NATS takes it.
func (p *process) publish(ctx context.Context) error {
	if n, err := p.store.Backlog(); err != nil || n == 0 || p.w.clock.Now().Before(p.w.quietUntil) {
		return err
	}
	p.w.quietUntil = p.w.clock.Now().Add(p.w.publishes)
	err := p.relay.Drain(ctx)
	p.alive()
	if err != nil && !errors.Is(err, errAway) {
		return err
	}
	return nil
}

// sleep moves the clock on, for whoever lives.
func (p *process) sleep(ctx context.Context, d time.Duration) error {
	p.alive()
	return p.w.clock.Sleep(ctx, d)
}

// RoundTrip carries a request to DNSimple.
func (p *process) RoundTrip(req *http.Request) (*http.Response, error) {
	p.point("before %s %s", req.Method, req.URL.Path)
	resp, err := p.w.serve(req)
	p.point("after %s %s", req.Method, req.URL.Path)
	return resp, err
}

// end closes the state file. What the memory held is lost.
func (p *process) end() error {
	p.shutdown()
	if p.store == nil {
		return nil
	}
	return p.store.Close()
}

// fatal says after which errors a process must end, as the daemon has it.
func fatal(err error) bool { return errors.Is(err, state.ErrCommit) }

// ceilings are the limits of spending that a configuration sets.
func ceilings(cfg *config.Config) executor.Ceilings {
	limits := func(s config.Spending) executor.Limits {
		return executor.Limits{
			PerPurchase: s.MaxPerPurchase, PerDay: s.MaxPerDay, PerMonth: s.MaxPerMonth, PurchasesPerDay: s.MaxPurchasesPerDay,
			MaxIncrease: s.MaxPriceIncrease, AskAbove: s.AskAbove,
		}
	}
	c := executor.Ceilings{Global: limits(cfg.Spending), ByAccount: make(map[int64]executor.Limits), Location: cfg.Location}
	for _, a := range cfg.Accounts {
		if a.Spending != nil {
			c.ByAccount[a.ID] = limits(*a.Spending)
		}
	}
	return c
}

// seeded is randomness that is the same for the same seed.
func seeded(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// describe is an error that is a panic of the driver's making, or nil.
func describe(r any) error {
	if _, ok := r.(crash); ok || r == nil {
		return nil
	}
	return fmt.Errorf("panic: %v", r)
}
