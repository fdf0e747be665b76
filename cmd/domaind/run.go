package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/events"
	"domaind/internal/portfolio"
	"domaind/internal/state"
)

// drainWithin bounds how long the end waits for NATS to take what is left; what it
// does not take waits for the next start.
const drainWithin = 5 * time.Second

func newRun(g *globals) *cobra.Command {
	var once bool
	var settle time.Duration
	cmd := &cobra.Command{
		Use: "run", Short: "Run the daemon",
		Long: `run is the daemon: it scans on its schedules, does what the policy says, and
publishes what happens. SIGTERM or Ctrl-C finish the call under way and end it; a
second one ends it at once, and the ledger sorts it out at the next start.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if settle < 0 {
				return usageError{errors.New("--settle cannot be negative")}
			}
			cfg, err := g.load()
			if err != nil {
				return err
			}
			d := &service{globals: g, cfg: cfg, clock: wall{}, log: g.logger(), public: true, pass: once}
			if once {
				return d.once(cmd.Context(), settle)
			}
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "make one pass over every job, wait for what is pending, and end")
	cmd.Flags().DurationVar(&settle, "settle", 30*time.Second, "with --once: how long to wait for what is pending")
	return cmd
}

// service is a domaind that works: app, state and relay together.
type service struct {
	*globals
	cfg    *config.Config
	clock  clock
	log    *slog.Logger
	public bool             // whether operators can ask it on a socket
	pass   bool             // it is one pass, which goes on where nobody can ask it
	brief  bool             // it is one command's work: no daemon begins or ends
	tokens map[int64]string // where they were read already

	app    *app
	state  *state.Store
	bus    *bus
	relay  *events.Relay
	socket *control.Socket
	live   *live
	// reloader reads the configuration anew; nil where nobody can ask for it.
	reloader *reloader
	end      context.CancelCauseFunc // ends the work, where an operator met what is fatal
}

// start acquires everything, in the order in which it depends on each other; the
// state's lock comes first.
func (d *service) start(ctx context.Context, told func(portfolio.Event), later *teardown) (err error) {
	if d.tokens == nil {
		if d.tokens, err = readTokens(d.cfg, d.env); err != nil {
			return err
		}
	}
	d.state, err = state.Open(statePath(d.cfg), state.Options{Told: told, Now: d.clock.Now})
	if err != nil {
		return err
	}
	later.add("close the state", func(context.Context) error { return d.state.Close() })
	if err := d.state.Check(); err != nil {
		return err
	}
	about := aboutOf(d.cfg)
	if d.public {
		if err := d.listen(ctx, &about, later); err != nil {
			return err
		}
	}
	d.bus = &bus{cfg: d.cfg, env: d.env, log: d.log}
	about.Bus = d.bus.status
	later.add("stop the embedded NATS server", d.bus.stop)
	d.relay = events.NewRelay(events.RelayOptions{
		Instance: d.cfg.Instance, Outbox: d.state, Connect: d.bus.connect, Sleep: wall{}.Sleep, Log: d.log,
	})
	d.live = newLive(d.cfg)
	var reloads control.Reloader
	if d.public && !d.pass {
		d.reloader = &reloader{d: d}
		reloads = d.reloader
	}
	d.app, err = wire(wiring{
		cfg: d.cfg, tokens: d.tokens, state: d.state, clock: d.clock, log: d.log, about: about, who: d.who(), failed: d.failed,
		progress: d.progressTo(d.clock.Now), live: d.live, reloader: reloads,
	}, later)
	if err != nil {
		return err
	}
	if !d.brief {
		if err := d.state.Commit(daemonEvent(d.clock.Now(), "started",
			fmt.Sprintf("domaind %s began: mode %s, policy %s", versionOf(), d.cfg.Mode, d.cfg.Policy.Hash),
			map[string]any{"version": versionOf(), "mode": d.cfg.Mode, "policy": d.cfg.Policy.Hash})); err != nil {
			return err
		}
	}
	return d.app.executor.Recover(ctx)
}

// listen makes the socket on which operators ask.
func (d *service) listen(ctx context.Context, about *control.About, later *teardown) error {
	socket, err := control.Listen(ctx, runtimeDir(d.env), d.cfg.StateDir)
	switch {
	case err == nil:
	case d.pass:
		d.log.WarnContext(ctx, "nobody can ask how far this pass is", "err", err)
		return nil
	case errors.Is(err, control.ErrTooLong):
		return usageError{err}
	default:
		return err
	}
	later.add("remove the socket", func(context.Context) error { return socket.Close() })
	d.socket = socket
	about.Running, about.Since, about.Socket = true, d.clock.Now(), absolute(socket.Path)
	return nil
}

// failed ends the work where what an operator asked for met an error that is fatal.
func (d *service) failed(err error) {
	if fatal(err) && d.end != nil {
		d.end(err)
	}
}

// answerWithin bounds how long the end waits for what operators have asked for: a call
// that spends money is waited for, and takes five minutes at most.
const answerWithin = 6 * time.Minute

// serving answers operators while work is done. With the work ends what they asked for,
// at the same time.
func (d *service) serving(ctx context.Context, work func(context.Context) error) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	d.end = end
	if d.socket == nil {
		return work(ctx)
	}
	server := control.Serve(ctx, d.socket, d.app.handler, d.log)
	down := make(chan error, 1)
	go func() {
		<-ctx.Done()
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		down <- server.Shutdown(bound)
	}()
	err := work(ctx)
	end(nil)
	if serr := <-down; serr != nil {
		err = errors.Join(err, fmt.Errorf("end what operators asked for: %w", serr))
	}
	if cause := context.Cause(ctx); fatal(cause) && !errors.Is(err, cause) {
		err = errors.Join(err, cause)
	}
	return err
}

// relaying publishes what happens while work is done, and drains the outbox after it.
func (d *service) relaying(ctx context.Context, work func() error) error {
	if len(d.cfg.NATS.URLs) == 0 {
		// The relay would start it with its first event. Whoever subscribes need not wait
		// for that; what keeps it from starting is told by the relay.
		if _, err := d.bus.start(ctx); err != nil {
			d.log.Debug("the embedded NATS server does not start yet", "err", err)
		}
	}
	publish, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- d.relay.Run(publish) }()
	stopping := context.AfterFunc(ctx, func() {
		d.notify(daemon.SdNotifyStopping)
		if !d.brief {
			d.log.Info("ending: a call under way is finished first")
		}
	})
	defer stopping()
	err := work()
	if !fatal(err) && !d.brief {
		err = errors.Join(err, d.state.Commit(daemonEvent(d.clock.Now(), "stopped", "domaind ended", nil)))
	}
	stop()
	err = errors.Join(err, <-ended)
	if fatal(err) {
		return err // the state takes nothing more, and gives nothing more
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainWithin)
	defer cancel()
	if derr := d.relay.Drain(drain); derr != nil {
		n, berr := d.state.Backlog()
		d.log.Warn("NATS does not take the last events; they wait for the next start", "waiting", n, "err", errors.Join(derr, berr))
	}
	return err
}

// run is the daemon's life.
func (d *service) run(ctx context.Context) (err error) {
	later := &teardown{}
	defer func() { err = errors.Join(err, later.run(ctx)) }()
	told := func(e portfolio.Event) {
		level := slog.LevelDebug
		switch e.Level {
		case portfolio.LevelNotice:
			level = slog.LevelInfo
		case portfolio.LevelAlert:
			level = slog.LevelWarn
		}
		d.log.Log(context.WithoutCancel(ctx), level, "event", "is", e.About+"."+e.What, "account", e.AccountID, "text", e.Text)
	}
	if err := d.start(ctx, told, later); err != nil {
		return err
	}
	return d.relaying(ctx, func() error {
		return d.serving(ctx, func(ctx context.Context) error {
			d.notify(daemon.SdNotifyReady)
			return d.reloading(ctx, func() error { return d.app.scheduler.Run(ctx) })
		})
	})
}

// notify tells systemd, where it started us.
func (d *service) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		d.log.Warn("systemd could not be told", "state", state, "err", err)
	}
}

// once makes one pass over every job, waits for what is pending, and ends.
func (d *service) once(ctx context.Context, settle time.Duration) (err error) {
	later := &teardown{}
	defer func() { err = errors.Join(err, later.run(ctx)) }()
	s := styleOf(d.io.tty)
	told := func(e portfolio.Event) {
		if e.Level != portfolio.LevelInfo || d.verbose {
			fmt.Fprintln(d.io.out, s.eventLine(e.At.In(d.cfg.Location).Format(time.TimeOnly), e.Level, e.Text))
		}
	}
	if err := d.start(ctx, told, later); err != nil {
		return err
	}
	return d.relaying(ctx, func() error {
		err := d.serving(ctx, func(ctx context.Context) error {
			err := d.app.scheduler.Once(ctx)
			if ctx.Err() == nil && !fatal(err) {
				err = errors.Join(err, d.app.scheduler.Settle(ctx, d.clock.Now().Add(settle)))
			}
			return err
		})
		open, oerr := d.state.OpenOperations()
		asked := len(open)
		open = slices.DeleteFunc(open, func(op portfolio.Operation) bool { return op.State == portfolio.StateAsked })
		if len(open) > 0 {
			fmt.Fprintf(d.io.err, "%s not ended yet; the next run goes on with them (see \"domaind ledger\")\n", plural(len(open), "operation"))
		}
		if asked -= len(open); asked > 0 {
			fmt.Fprintf(d.io.err, "%s for an answer: domaind approve, domaind deny (see \"domaind status\")\n", waits(asked))
		}
		return errors.Join(err, oerr)
	})
}

// waits says how many operations wait.
func waits(n int) string {
	if n == 1 {
		return "1 operation waits"
	}
	return fmt.Sprintf("%d operations wait", n)
}
