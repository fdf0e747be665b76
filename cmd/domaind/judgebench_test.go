package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/sandbox"
)

// shifted is the wall clock, shifted.
type shifted struct{ by atomic.Int64 } // a duration

func (s *shifted) Now() time.Time { return wall{}.Now().Add(time.Duration(s.by.Load())) }

func (*shifted) Sleep(ctx context.Context, d time.Duration) error { return wall{}.Sleep(ctx, d) }

// bench is where the judge sits: domaind, in this process, on a simulated DNSimple.
type bench struct {
	dir     string
	clock   *shifted
	world   *sandbox.Server
	quotes  sync.Map // the price of a renewal, by TLD, where it is another than the world's
	domains []judgedDomain
	policy  *judgedPolicy
	globals *globals
	cfg     *config.Config
	out     bytes.Buffer // what a pass said
}

// newBench builds it, with replacements in config.toml.
func newBench(t *testing.T, start time.Time, replace ...string) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), clock: new(shifted)}
	b.clock.by.Store(int64(start.Sub(wall{}.Now())))
	others, err := os.ReadFile(filepath.Join("testdata", "judge", "world.toml"))
	if err != nil {
		t.Fatal(err)
	}
	var domains string
	b.domains, domains = judgedWorld()
	p, err := sandbox.ParsePortfolio(append(others, domains...), "world.toml")
	if err != nil {
		t.Fatal(err)
	}
	if b.world, err = sandbox.New(sandbox.Options{Portfolio: p, Now: b.clock.Now, Sleep: b.clock.Sleep}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	if err := os.CopyFS(b.dir, os.DirFS(filepath.Join("testdata", "judge"))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(b.dir, "config.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	config := strings.NewReplacer(append(replace, "$API", server.URL)...).Replace(string(text))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{"main", "labs", "shop", "desk"} {
		if err := os.WriteFile(filepath.Join(b.dir, account+".token"), []byte("token-"+account+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.load(t, file)
	return b
}

// load reads the configuration, as domaind and as the judge do.
func (b *bench) load(t *testing.T, file string) {
	t.Helper()
	env := config.OSEnv()
	env.Now = b.clock.Now
	var err error
	if b.cfg, err = config.Load(file, env); err != nil {
		t.Fatal(err)
	}
	b.cfg.NATS.Listen = "" // in this process only
	b.globals = &globals{config: file, loaded: b.cfg, env: env, io: std{in: strings.NewReader(""), out: &b.out, err: &b.out}}
	b.policy = judgePolicy(t, b.dir)
}

// look asks something that changes nothing, as a command does where no daemon runs.
func (b *bench) look(t *testing.T, question func(context.Context, *control.Client) error) {
	t.Helper()
	later := &teardown{}
	tokens, err := readTokens(b.cfg, b.globals.env)
	if err != nil {
		t.Fatal(err)
	}
	st, err := readState(b.cfg, later)
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire(wiring{
		cfg: b.cfg, tokens: tokens, state: st, readOnly: true, clock: b.clock, log: slog.New(slog.DiscardHandler), about: aboutOf(b.cfg), who: b.globals.who(),
	}, later)
	if err == nil {
		err = question(t.Context(), a.control)
	}
	if ended := later.run(t.Context()); err != nil || ended != nil {
		t.Fatal(err, ended)
	}
}

func (b *bench) service() *service {
	return &service{globals: b.globals, cfg: b.cfg, clock: b.clock, log: slog.New(slog.DiscardHandler), pass: true}
}

// pass is "run --once".
func (b *bench) pass(t *testing.T) string {
	t.Helper()
	b.out.Reset()
	if err := b.service().once(t.Context(), time.Second); err != nil {
		t.Fatalf("%v\n%s", err, &b.out)
	}
	return b.out.String()
}

// answer asks something that changes something, as a command does where no daemon runs.
func (b *bench) answer(t *testing.T, question func(context.Context, *control.Client) error) {
	t.Helper()
	later := &teardown{}
	d := b.service()
	d.pass, d.brief = false, true
	err := d.start(t.Context(), nil, later)
	if err == nil {
		err = d.relaying(t.Context(), func() error {
			return d.serving(t.Context(), func(ctx context.Context) error {
				return d.following(ctx, func() error { return question(ctx, d.app.control) })
			})
		})
	}
	if ended := later.run(t.Context()); err != nil || ended != nil {
		t.Fatal(err, ended)
	}
}

func (b *bench) plan(t *testing.T, all bool) (p control.Plan) {
	t.Helper()
	b.look(t, func(ctx context.Context, c *control.Client) (err error) {
		p, err = c.Plan(ctx, all)
		return err
	})
	if len(p.Problems) > 0 {
		t.Fatal(p.Problems)
	}
	return p
}

func (b *bench) ledger(t *testing.T) (rows []control.Row) {
	t.Helper()
	b.look(t, func(ctx context.Context, c *control.Client) (err error) {
		rows, err = c.Ledger(ctx)
		return err
	})
	return rows
}
