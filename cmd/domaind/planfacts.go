package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/facts"
)

// offline is a plan that is made of facts.
type offline struct {
	facts string // the file; "": nothing is offline
	old   string // the configuration that is compared with
	at    string // another moment than that of the facts

	read *facts.Facts // once they were
}

// flags adds the flags of a command that can work from facts.
func (o *offline) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.facts, "facts", "", "work from the `FILE` that \"domaind facts\" wrote (- is the standard input), without network, tokens or state")
	cmd.Flags().StringVar(&o.old, "diff", "", "show what changes against the configuration in `FILE`, or in config.toml of that folder; with --facts")
	cmd.Flags().StringVar(&o.at, "at", "", "with --facts: another `TIME` than that of the facts, like 2027-03-01 or 2027-03-01T12:00:00Z")
}

// check says what does not go together.
func (o *offline) check(f *planFlags) error {
	switch {
	case o.facts == "" && (o.old != "" || o.at != ""):
		return usageError{errors.New("--diff and --at need --facts FILE, which \"domaind facts\" writes")}
	case o.old != "" && (f.out != "" || f.until != ""):
		return usageError{errors.New("--diff compares two plans: it goes neither with -o nor with --until")}
	case o.at != "" && f.out != "" && f.out != "-":
		return usageError{errors.New("a plan of another moment is not one to apply: -o does not go with --at")}
	}
	return nil
}

// ask puts a question to the daemon, or to the handler in this process; or, where there are
// facts, to one that knows nothing else.
func (o *offline) ask(ctx context.Context, g *globals, question func(context.Context, *control.Client) error) error {
	if o.facts == "" {
		return g.ask(ctx, need{tokens: allTokens}, question)
	}
	g.config = mainFile(g.config)
	cfg, err := g.load()
	if err != nil {
		return err
	}
	f, err := o.of(g, cfg)
	if err != nil {
		return err
	}
	for _, note := range f.Notes() {
		fmt.Fprintf(g.io.err, "note: %s\n", clean(note))
	}
	return g.answered(ctx, g.patiently(ctx, "working on it …", func() error { return question(ctx, control.InProcess(f.Handler(), g.who())) }))
}

// of asks the policy of a configuration about the facts.
func (o *offline) of(g *globals, cfg *config.Config) (*control.Offline, error) {
	if o.read == nil {
		f, err := g.readFacts(o.facts)
		if err != nil {
			return nil, err
		}
		o.read = f
	}
	now := o.read.At
	if o.at != "" {
		var err error
		if now, err = momentOf(o.at, cfg.Location); err != nil {
			return nil, usageError{fmt.Errorf("--at: %w", err)}
		}
	}
	return offlineOf(o.read, cfg, now), nil
}

// offlineOf asks the policy of a configuration about facts, at a moment.
func offlineOf(f *facts.Facts, cfg *config.Config, now time.Time) *control.Offline {
	return control.NewOffline(control.OfflineOptions{
		Facts: f, Policy: cfg.Policy, Ceilings: ceilings(cfg), AutoRenewalWindow: cfg.DNSimple.AutoRenewalWindow, Now: now.UTC(), Instance: cfg.Instance, Version: versionOf(),
	})
}

// momentOf reads a day, which begins in a location, or a moment.
func momentOf(text string, loc *time.Location) (time.Time, error) {
	if t, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is no time; write it like 2027-03-01 or 2027-03-01T12:00:00Z", text)
	}
	return t, nil
}

// mainFile is a configuration's main file, where a folder is named.
func mainFile(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, "config.toml")
	}
	return path
}

// diff compares a plan of the facts with what the old configuration would have done, and
// prints it.
func (o *offline) diff(ctx context.Context, g *globals, f planFlags) error {
	is, err := g.load()
	if err != nil {
		return err
	}
	was, err := config.Load(mainFile(o.old), g.env)
	if err != nil {
		return err
	}
	d := diff{
		Rules: config.CompareRules(was.Policy, is.Policy), Settings: config.CompareSettings(was, is),
	}
	err = g.patiently(ctx, "comparing …", func() error {
		before, oldMonths, err := o.everything(ctx, g, was)
		if err != nil {
			return err
		}
		after, newMonths, err := o.everything(ctx, g, is)
		d.Diff = control.DiffOf(before, after, oldMonths, newMonths)
		return err
	})
	switch {
	case err != nil:
		return g.answered(ctx, err)
	case f.json:
		return printJSON(g.io.out, d)
	case f.markdown:
		return d.markdown(g.io.out)
	}
	return d.print(g.io.out, styleOf(g.io.tty))
}

// lookAhead is how far ahead the money of two policies is compared.
const lookAhead = "12mo"

// everything is all that a configuration says of the facts, and what it buys by month.
func (o *offline) everything(ctx context.Context, g *globals, cfg *config.Config) (control.Plan, map[string]control.Bought, error) {
	var plan control.Plan
	f, err := o.of(g, cfg)
	if err != nil {
		return plan, nil, err
	}
	c := control.InProcess(f.Handler(), g.who())
	if plan, err = c.Plan(ctx, true); err != nil {
		return plan, nil, err
	}
	ahead, err := c.Forecast(ctx, lookAhead)
	return plan, control.BoughtIn(ahead), err
}
