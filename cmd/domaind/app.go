package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"domaind/internal/client"
	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
	"domaind/internal/state"
)

// app is domaind, wired: everything between DNSimple and the state file.
type app struct {
	executor  *executor.Executor
	scheduler *scheduler.Scheduler
	handler   http.Handler    // answers operators
	control   *control.Client // asks it in this process
}

// store is the state as the parts see it.
type store interface {
	executor.Ledger
	scheduler.Progress
}

// wiring is what an app is made of.
type wiring struct {
	cfg       *config.Config
	tokens    map[int64]string // by account id; an account without one asks DNSimple nothing
	state     *state.Store
	readOnly  bool // the state was opened for reading, and nothing is changed anywhere
	clock     clock
	log       *slog.Logger
	transport http.RoundTripper // nil: the real one
	about     control.About
	who       control.Asker
	failed    func(error)    // hears the errors of what operators ask for; nil: nobody
	limits    *client.Limits // wire makes them: accounts with one token share a limiter
	progress  *progress      // nil: nobody wants to know
	live      *live          // what a reload may change; nil: nothing is reloaded
	reloader  control.Reloader
}

// readTokens reads the token of every account. With its error come those that could
// be read.
func readTokens(cfg *config.Config, env config.Env) (map[int64]string, error) {
	tokens := make(map[int64]string, len(cfg.Accounts))
	var errs []error
	for _, a := range cfg.Accounts {
		token, err := a.Token.Read(env)
		if err != nil {
			errs = append(errs, fmt.Errorf("the token of account %s: %w", a.Name, err))
			continue
		}
		tokens[a.ID] = token
	}
	if err := errors.Join(errs...); err != nil {
		return tokens, usageError{err}
	}
	return tokens, nil
}

// wire joins the parts. The teardown of what it acquires is given to defers.
func wire(w wiring, later *teardown) (*app, error) {
	if w.live == nil {
		w.live = newLive(w.cfg)
	}
	w.limits = new(client.Limits)
	registries := make(map[int64]executor.Registry, len(w.cfg.Accounts))
	var scanned []scheduler.Account
	clients := make(map[string]*client.Client) // one of each token
	var accounts []control.Account
	for _, a := range w.cfg.Accounts {
		c, err := w.client(a)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Name, err)
		}
		later.add("close the connections of account "+a.Name, func(context.Context) error { c.Close(); return nil })
		registries[a.ID] = c
		accounts = append(accounts, control.Account{Account: a.Account, Source: a.Source, Vendor: c, Look: c, Contacts: w.live.contacts(a.ID)})
		if !a.Source {
			scanned = append(scanned, scheduler.Account{Account: a.Account, Lister: c})
			clients[w.tokens[a.ID]] = c
		}
	}
	policy := w.live.policy
	var progressed func(scheduler.Step)
	if w.progress != nil {
		progressed = func(s scheduler.Step) {
			w.progress.step(s, func() (left []int) {
				for _, c := range clients {
					left = append(left, c.Remains())
				}
				return left
			}, w.capacity())
		}
	}
	work := func(s store) (*executor.Executor, *scheduler.Scheduler) {
		x := executor.New(executor.Options{
			Ledger: s, Registries: registries, Policy: policy, Ceilings: w.live.ceilings,
			AutoRenewalWindow: w.live.window, Now: w.clock.Now, Urgent: client.Urgent, Fatal: fatal, Log: w.log,
		})
		return x, scheduler.New(scheduler.Options{
			Accounts: scanned, Policy: policy, Executor: x, Progress: s,
			Schedules: scheduler.Schedules{
				Domains: w.cfg.Schedule.Domains.Schedule, Pushes: w.cfg.Schedule.Pushes.Schedule,
				RegistrantChanges: w.cfg.Schedule.RegistrantChanges.Schedule, Names: w.cfg.Schedule.Names.Schedule,
				Portfolio: w.cfg.Schedule.Portfolio.Schedule,
			},
			Now: w.clock.Now, Sleep: w.clock.Sleep, Capacity: w.capacity(), PurchasesPerDay: w.live.purchasesPerDay, Answers: client.WithAnswers, Background: client.Background,
			Progressed: progressed, Fatal: fatal, Log: w.log,
		})
	}
	// Plans are made by a pair of their own, over a state that nothing changes.
	planner, reader := work(untouched{w.state})
	x, s := planner, reader
	if !w.readOnly {
		x, s = work(w.state)
	}
	handler := control.New(control.Options{
		Scanner: reader, Assessor: planner, Explainer: planner, Watched: reader, Surveyor: reader, Prices: w.state, Ledger: w.state, Memory: w.state,
		Archive: w.state, Backup: w.state, Machine: x, Jobs: s, Accounts: accounts, Commander: x, Applier: x, Prover: planner, Announcer: x, Policy: policy,
		Instance: w.cfg.Instance, AutoRenewalWindow: w.live.window, Now: w.clock.Now, About: w.about, Reloader: w.reloader, ReadOnly: w.readOnly,
		Failed: w.failed, Log: w.log,
	})
	return &app{executor: x, scheduler: s, handler: handler, control: control.InProcess(handler, w.who)}, nil
}

// client makes the client of an account.
func (w wiring) client(a config.Account) (*client.Client, error) {
	o := client.Options{
		Endpoint: w.cfg.DNSimple.Endpoint, Account: a.Account, Token: w.tokens[a.ID], UserAgent: userAgent(),
		RequestsPerHour: w.cfg.DNSimple.RequestsPerHour, Limits: w.limits, Now: w.clock.Now, Sleep: w.sleep(a.Name), Transport: w.transport,
	}
	if o.Token == "" {
		o.Token, o.Transport, o.Limits = "none", mute{}, nil
		o.Sleep = func(context.Context, time.Duration) error { return errMute } // another try is no better
	}
	return client.New(o)
}

// capacity is what the jobs may use in an hour and on a day.
func (w wiring) capacity() scheduler.Capacity {
	tokens := make(map[string]bool)
	for _, a := range w.cfg.Accounts {
		if token := w.tokens[a.ID]; token != "" && !a.Source {
			tokens[token] = true
		}
	}
	all := len(tokens) * w.cfg.DNSimple.RequestsPerHour
	return scheduler.Capacity{
		All: all, RequestsPerHour: portfolio.ForReads(all), BackgroundPerHour: portfolio.ForBackground(all),
	}
}

// errMute: an account's token was not read, or could not be.
var errMute = errors.New("its token was not read")

// mute is the transport of an account without a token: nothing leaves.
type mute struct{}

// RoundTrip implements [http.RoundTripper].
func (mute) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errMute}
}

// longWait is how long a client waits (for its quota, or before it asks again) until
// it is worth a word.
const longWait = 5 * time.Second

// sleep is the clock's Sleep for an account's client, which says so when it is long.
func (w wiring) sleep(account string) func(context.Context, time.Duration) error {
	return func(ctx context.Context, d time.Duration) error {
		if d >= longWait {
			w.log.InfoContext(ctx, "waiting for DNSimple", "account", account, "for", d.Round(time.Second).String())
		}
		return w.clock.Sleep(ctx, d)
	}
}

// ceilings are the limits of spending that the configuration sets.
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

// fatal says after which errors the process must end: a commit that failed leaves
// nobody who knows what the ledger holds.
func fatal(err error) bool { return errors.Is(err, state.ErrCommit) }

// daemonEvent tells of the daemon itself.
func daemonEvent(at time.Time, what, text string, data map[string]any) portfolio.Change {
	return portfolio.Change{Events: []portfolio.Event{{
		At: at, Level: portfolio.LevelNotice, About: portfolio.AboutDaemon, What: what, Text: text, Data: data,
	}}}
}

// teardown ends what was acquired, the last first, each within a bound.
type teardown struct {
	steps []struct {
		name string
		end  func(context.Context) error
	}
}

// teardownWithin bounds each step.
const teardownWithin = 10 * time.Second

func (t *teardown) add(name string, end func(context.Context) error) {
	t.steps = append(t.steps, struct {
		name string
		end  func(context.Context) error
	}{name, end})
}

// run ends everything. The errors are joined by name; the context's end is no
// reason to leave something behind.
func (t *teardown) run(ctx context.Context) error {
	var errs []error
	for _, step := range slices.Backward(t.steps) {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), teardownWithin)
		if err := step.end(bound); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", step.name, err))
		}
		cancel()
	}
	t.steps = nil
	return errors.Join(errs...)
}
