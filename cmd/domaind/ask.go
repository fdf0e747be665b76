package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/state"
)

// need is what a question needs where no daemon runs and it is answered here.
type need struct {
	changes bool // it changes something
	state   bool // without a state there is nothing to answer from
	tokens  tokenNeed
	follow  bool          // what is under way is followed up meanwhile
	tells   bool          // whoever asks tells a person what happens meanwhile
	within  time.Duration // how long a daemon may take to answer; 0: as long as it takes
}

// tokenNeed says which tokens are read.
type tokenNeed int

const (
	noTokens  tokenNeed = iota
	anyTokens           // those that can be read
	allTokens
)

// soon is how long a daemon may take for what needs no network.
const soon = time.Minute

// ask puts a question to the daemon that holds the state; where none runs, to the same
// handler in this process.
func (g *globals) ask(ctx context.Context, n need, question func(context.Context, *control.Client) error) error {
	cfg, err := g.load()
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		c, err := control.Dial(ctx, cfg.StateDir, g.who())
		if err == nil {
			g.alone = false
			return g.answered(ctx, g.remote(ctx, c, n, question))
		}
		if !errors.Is(err, control.ErrNoDaemon) {
			return err
		}
		g.alone = true
		err = g.here(ctx, cfg, n, question)
		switch {
		case !errors.Is(err, state.ErrLocked):
			return g.answered(ctx, err)
		case try == 2: // the first wait may have been for a daemon that was just starting
			return fmt.Errorf("%w\nwhoever holds it does not answer on a socket: a domaind that begins or ends, or another command; try again in a moment", err)
		}
	}
}

// answered is an error as the exit code wants it.
func (g *globals) answered(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && !fatal(err) {
		return errors.New("interrupted; what was under way is found out by itself")
	}
	if said, ok := errors.AsType[*control.AnswerError](err); ok && said.Status == http.StatusBadRequest {
		return usageError{err}
	}
	return err
}

// remote asks a daemon.
func (g *globals) remote(ctx context.Context, c *control.Client, n need, question func(context.Context, *control.Client) error) error {
	bound, cancel := ctx, func() {}
	if n.within > 0 {
		bound, cancel = context.WithTimeout(ctx, n.within)
	}
	defer cancel()
	err := g.patiently(ctx, n.while("waiting for the daemon's answer …"), func() error { return question(bound, c) })
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("the daemon has not answered for %s", n.within)
	}
	return err
}

// while is what a person is told meanwhile; "" where whoever asks does that.
func (n need) while(text string) string {
	if n.tells {
		return ""
	}
	return text
}

// patiently does something, and says so to a person where it takes longer than a second.
func (g *globals) patiently(ctx context.Context, text string, do func() error) error {
	if !g.io.errTTY || text == "" {
		return do()
	}
	waiting, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if (wall{}).Sleep(waiting, time.Second) == nil {
			fmt.Fprintln(g.io.err, text)
		}
	}()
	defer func() { stop(); <-done }()
	return do()
}

// here answers a question in this process.
func (g *globals) here(ctx context.Context, cfg *config.Config, n need, question func(context.Context, *control.Client) error) (err error) {
	tokens := map[int64]string{}
	if n.tokens != noTokens {
		if tokens, err = readTokens(cfg, g.env); err != nil && n.tokens == allTokens {
			return err
		}
	}
	if n.state {
		if _, err := os.Stat(statePath(cfg)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w (%s): no domaind ever ran with this configuration", state.ErrNone, absolute(statePath(cfg)))
		}
	}
	later := &teardown{}
	defer func() { err = errors.Join(err, later.run(ctx)) }()
	if n.changes {
		if err := ours(cfg.StateDir); err != nil {
			return err
		}
		d := &service{globals: g, cfg: cfg, clock: wall{}, log: g.quietLogger(), brief: true, tokens: tokens}
		if err := d.start(ctx, nil, later); err != nil {
			return err
		}
		return d.relaying(ctx, func() error {
			return d.serving(ctx, func(ctx context.Context) error {
				work := func() error { return question(ctx, d.app.control) }
				return g.patiently(ctx, n.while("no daemon runs here: working on it …"), func() error {
					if n.follow {
						return d.following(ctx, work)
					}
					return work()
				})
			})
		})
	}
	st, err := readState(cfg, later)
	if err != nil {
		return err
	}
	a, err := wire(wiring{
		cfg: cfg, tokens: tokens, state: st, readOnly: true, clock: wall{}, log: g.quietLogger(), about: aboutOf(cfg), who: g.who(),
		progress: g.progressTo(wall{}.Now),
	}, later)
	if err != nil {
		return err
	}
	return g.patiently(ctx, "no daemon runs here: working on it …", func() error { return question(ctx, a.control) })
}

// following follows up what is under way while work is done, as a daemon does.
func (d *service) following(ctx context.Context, work func() error) error {
	bound, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		for {
			err := d.app.scheduler.Settle(bound, d.clock.Now().Add(soon))
			if fatal(err) {
				d.end(err) // whoever works hears it
				ended <- err
				return
			}
			if err != nil && bound.Err() == nil {
				d.log.Warn("what is under way could not be followed up", "err", err)
			}
			if d.clock.Sleep(bound, time.Second) != nil {
				ended <- nil
				return
			}
		}
	}()
	err := work()
	stop()
	return errors.Join(err, <-ended)
}

// ours says whether the state's folder is that of the user who runs this process.
// Whatever root put into it, the daemon's own user could not open any more.
func ours(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return nil //nolint:nilerr // it will be made, or opening the state will say what is wrong
	}
	uid, known := owner(info)
	if !known || uid == os.Getuid() {
		return nil
	}
	name := control.UserNamed(uid)
	return fmt.Errorf("no daemon runs, and the state in %s belongs to the user %s: do this as that user (sudo -u %s domaind …)", dir, name, name)
}

// fresh tells a person where the daemon works by another policy than the configuration
// has now.
func (g *globals) fresh(policy string) {
	if g.loaded != nil && policy != g.loaded.Policy.Hash {
		fmt.Fprintf(g.io.err, "note: the daemon works by policy %s; %s has policy %s now, which \"domaind reload\" has it read\n", policy, g.config, g.loaded.Policy.Hash)
	}
}

// quietLogger logs what a person at a terminal should hear of.
func (g *globals) quietLogger() *slog.Logger {
	if g.verbose {
		return g.logger()
	}
	return slog.New(slog.NewTextHandler(g.io.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// who is who runs this process.
func (g *globals) who() control.Asker {
	sudo, _ := g.env.Lookup("SUDO_USER")
	return control.Asker{User: control.UserNamed(os.Getuid()), Sudo: sudo}
}

// statePath is where the state of a configuration is kept.
func statePath(cfg *config.Config) string { return filepath.Join(cfg.StateDir, "state.db") }

// absolute is a path for people, who may be elsewhere.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// runtimeDir is the folder that systemd made for sockets; "" where there is none.
func runtimeDir(env config.Env) string {
	dirs, _ := env.Lookup("RUNTIME_DIRECTORY")
	first, _, _ := strings.Cut(dirs, ":")
	return first
}

// aboutOf is what this domaind says of itself while no daemon runs.
func aboutOf(cfg *config.Config) control.About {
	return control.About{
		Version: versionOf(), Socket: absolute(filepath.Join(cfg.StateDir, control.SocketName)), State: absolute(statePath(cfg)),
		StateBytes: func() (int64, error) {
			info, err := os.Stat(statePath(cfg))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return 0, nil
			case err != nil:
				return 0, fmt.Errorf("look at the state: %w", err)
			}
			return info.Size(), nil
		},
	}
}

// readState opens the state for reading only. Where there is none yet it is an
// empty one, which is gone afterwards.
func readState(cfg *config.Config, later *teardown) (*state.Store, error) {
	st, err := state.Open(statePath(cfg), state.Options{ReadOnly: true})
	if errors.Is(err, state.ErrNone) {
		var dir string
		if dir, err = os.MkdirTemp("", "domaind-"); err != nil {
			return nil, fmt.Errorf("make an empty state: %w", err)
		}
		later.add("remove the empty state", func(context.Context) error { return os.RemoveAll(dir) })
		st, err = state.Open(filepath.Join(dir, "state.db"), state.Options{NoSync: true})
	}
	if err != nil {
		return nil, err
	}
	later.add("close the state", func(context.Context) error { return st.Close() })
	return st, nil
}

// untouched is a state that is only read: a plan changes nothing, here neither.
type untouched struct{ *state.Store }

// Commit implements the parts' ledgers.
func (untouched) Commit(portfolio.Change) error { return nil }

// RecordRun implements [scheduler.Progress].
func (untouched) RecordRun(string, time.Time) error { return nil }

// Pauses are those of the state without those for a token that was refused: whoever asks
// for a plan wants to know what is so now, and a token that is still refused shows by
// itself.
func (u untouched) Pauses() ([]portfolio.Pause, error) {
	pauses, err := u.Store.Pauses()
	kept := pauses[:0]
	for _, p := range pauses {
		if p.Scope != portfolio.PauseAccount {
			kept = append(kept, p)
		}
	}
	return kept, err
}
