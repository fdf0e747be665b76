package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/events"
	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

//go:embed demo/config.toml
var demoConfig []byte

//go:embed demo/portfolio.toml
var demoPortfolio []byte

// How long "demo --once" lets the world go on: at least so long that the scans of
// the next days have their turn, at most so long that it surely ends.
const (
	demoAtLeast = 4 * 24 * time.Hour
	demoAtMost  = 10 * 24 * time.Hour
)

func newDemo(g *globals) *cobra.Command {
	var once bool
	var day time.Duration
	cmd := &cobra.Command{
		Use: "demo", Short: "Show what domaind does, on a simulated DNSimple",
		Long: `demo runs the real daemon against a simulated DNSimple with some forty domains in
three accounts, on a clock that runs fast: it prints what the policy decides for
each, and then what happens. It needs nothing, and leaves nothing behind.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("day") && once {
				day = time.Second
			}
			if day < 10*time.Millisecond || day > 24*time.Hour {
				return usageError{fmt.Errorf("--day is %s; a day must last from 10ms to 24h", day)}
			}
			return g.demo(cmd.Context(), once, day)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end once everything is settled")
	cmd.Flags().DurationVar(&day, "day", 5*time.Second, "how long a simulated day lasts (with --once: 1s)")
	return cmd
}

// demo is one showing of the demo.
type demo struct {
	service
	world *sandbox.Server
	style style
}

func (g *globals) demo(ctx context.Context, once bool, day time.Duration) (err error) {
	later := &teardown{}
	defer func() { err = errors.Join(err, later.run(ctx)) }()
	start := wall{}.Now().Truncate(time.Minute)
	// One works: jobs and follow-ups take turns. Time passes while it sleeps.
	clock := newFast(start, (24*time.Hour).Seconds()/day.Seconds(), 1)
	d := &demo{style: styleOf(g.io.tty)}
	d.globals, d.clock, d.log = g, clock, slog.New(slog.DiscardHandler)
	if g.verbose {
		d.log = g.logger()
	}
	if err := d.setUp(ctx, clock, later); err != nil {
		return fmt.Errorf("set the demo up: %w", err)
	}
	d.say("", "domaind looks after domains at DNSimple. Here it works on a simulated one: three accounts,")
	d.say("", fmt.Sprintf("a policy, and a clock on which a day lasts %s. Nothing here is real, and nothing stays behind.\n", day))
	if err := d.start(ctx, nil, later); err != nil {
		return err
	}
	plan, err := d.app.control.Plan(ctx, true)
	if err != nil {
		return err
	}
	d.say(bold, "1. What the policy decides for each domain, push and registrant change, and why\n")
	if err := printPlan(g.io.out, d.style, plan); err != nil {
		return err
	}
	d.say(bold, "\n2. What then happens: the events, as everyone gets them who subscribes\n")
	shown, err := d.showEvents(ctx, later)
	if err != nil {
		return err
	}
	err = d.relaying(ctx, func() error {
		work, stop := context.WithCancel(ctx)
		defer stop()
		if once {
			go func() {
				defer stop()
				d.settled(work, start)
			}()
		}
		return d.app.scheduler.Drive(work)
	})
	if err != nil {
		return err
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), teardownWithin)
	defer cancel()
	select {
	case <-shown:
	case <-bound.Done():
		return errors.New("the last event did not arrive")
	}
	return d.books(bound)
}

// setUp starts the simulated DNSimple, and reads the demo's configuration.
func (d *demo) setUp(ctx context.Context, clock clock, later *teardown) error {
	p, err := sandbox.ParsePortfolio(demoPortfolio, "portfolio.toml")
	if err != nil {
		return err
	}
	if d.world, err = sandbox.New(sandbox.Options{Portfolio: p, Now: clock.Now}); err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- serve(serving, l, d.world) }()
	later.add("end the simulated DNSimple", func(context.Context) error { stop(); return <-ended })
	tokens := map[string]string{"DEMO_SHOP": "demo-shop", "DEMO_LABS": "demo-labs", "DEMO_STUDIO": "demo-studio"}
	g := *d.globals
	d.globals = &g
	d.env = config.Env{
		Lookup: func(name string) (string, bool) { v, ok := tokens[name]; return v, ok },
		ReadFile: func(path string) ([]byte, error) {
			if path != "policy.toml" {
				return nil, fs.ErrNotExist
			}
			return demoConfig, nil
		},
	}
	if d.cfg, err = config.Load("policy.toml", d.env); err != nil {
		return err
	}
	d.cfg.DNSimple.Endpoint = "http://" + l.Addr().String()
	d.cfg.NATS.Listen = "" // in this process only
	if d.cfg.StateDir, err = os.MkdirTemp("", "domaind-demo-"); err != nil {
		return err
	}
	later.add("remove the demo's folder", func(context.Context) error { return os.RemoveAll(d.cfg.StateDir) })
	return nil
}

// showEvents subscribes, and prints what comes until the daemon has ended; then the
// channel is closed.
func (d *demo) showEvents(ctx context.Context, later *teardown) (<-chan struct{}, error) {
	server, err := d.bus.start(ctx)
	if err != nil {
		return nil, err
	}
	nc, err := server.Connect(events.Subscriber)
	if err != nil {
		return nil, err
	}
	later.add("end the subscription", func(context.Context) error { nc.Close(); return nil })
	follow, stop := context.WithCancel(context.WithoutCancel(ctx))
	shown := make(chan struct{})
	later.add("stop listening", func(context.Context) error { stop(); <-shown; return nil })
	ended := errors.New("the daemon ended")
	go func() {
		defer close(shown)
		day := ""
		err := events.Follow(follow, nc, events.FeedOptions{Instance: d.cfg.Instance, All: true, Sleep: wall{}.Sleep}, func(r events.Received) error {
			if d.worthShowing(r) {
				if today := r.Time.Format("Monday, 2 January"); today != day {
					day = today
					d.say(bold, day)
				}
				d.say("", d.style.eventLine(r.Time.Format("  15:04"), r.Level, r.Text))
			}
			if r.About == portfolio.AboutDaemon && r.What == "stopped" {
				return ended
			}
			return nil
		})
		if err != nil && !errors.Is(err, ended) {
			d.say(red, err.Error())
		}
	}()
	return shown, nil
}

// worthShowing leaves out the steps between, unless all is asked for.
func (d *demo) worthShowing(r events.Received) bool {
	return d.verbose || r.Level != portfolio.LevelInfo || r.About == portfolio.AboutDomain || r.What == "pending"
}

// settled waits until the next days' scans are over and nothing is under way.
func (d *demo) settled(ctx context.Context, start time.Time) {
	for ctx.Err() == nil {
		passed := d.clock.Now().Sub(start)
		open, err := d.state.OpenOperations()
		if passed > demoAtMost || passed > demoAtLeast && err == nil && !slices.ContainsFunc(open, func(op portfolio.Operation) bool { return op.State != portfolio.StateAsked }) {
			return
		}
		if (wall{}).Sleep(ctx, 20*time.Millisecond) != nil {
			return
		}
	}
}

// books compares what domaind thinks that it spent with what DNSimple charged.
func (d *demo) books(ctx context.Context) error {
	rows, err := d.app.control.Ledger(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	n, spent := spentOn(rows)
	charged, vendor := d.charged()
	d.say(bold, "\n3. The books\n")
	d.say("", fmt.Sprintf("domaind made %s for %s; DNSimple charged %s for them, and %s for auto-renewals of its own.",
		plural(n, "purchase"), spent, charged, vendor))
	if spent != charged && !open(rows) {
		return fmt.Errorf("the ledger says %s, and the charges say %s: they must agree", spent, charged)
	}
	d.say(dim, "Your own portfolio: see the README for a first policy; it begins in dry-run.")
	return nil
}

func open(rows []control.Row) bool {
	for _, r := range rows {
		if r.State.Open() {
			return true
		}
	}
	return false
}

// charged sums what the simulated DNSimple charged: for purchases of its clients,
// and for its own.
func (d *demo) charged() (client, vendor portfolio.Money) {
	for _, c := range d.world.Charges() {
		if c.By == "client" {
			client += portfolio.Money(c.Cents)
		} else {
			vendor += portfolio.Money(c.Cents)
		}
	}
	return client, vendor
}

func (d *demo) say(colour, text string) {
	fmt.Fprintln(d.io.out, d.style.paint(colour, text))
}
