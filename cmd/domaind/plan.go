package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/state"
)

func newPlan(g *globals) *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what the policy would do now, why, and at what price",
		Long: `plan reads domains up to the policy's horizon, pushes and registrant changes, and
shows what would be done about each, why, and at what price. It changes nothing,
neither at DNSimple nor here.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var plan control.Plan
			err := g.ask(cmd.Context(), true, func(c *control.Client) (err error) {
				plan, err = c.Plan(cmd.Context(), all)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(g.io.out, plan)
			} else {
				err = printPlan(g.io.out, styleOf(g.io.tty), plan)
			}
			if err == nil && len(plan.Problems) > 0 {
				// What could be read was shown; whoever calls us must not take it for all.
				return fmt.Errorf("the plan is not complete: %s", strings.Join(plan.Problems, "; "))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&all, "all", false, "also what lies beyond the horizon, as far as it was read")
	return cmd
}

// ask asks the control handler over the state of a domaind that does not run. Where
// the question needs DNSimple, the tokens are read.
func (g *globals) ask(ctx context.Context, online bool, question func(*control.Client) error) (err error) {
	cfg, err := g.load()
	if err != nil {
		return err
	}
	w := wiring{cfg: cfg, clock: wall{}, log: g.logger()}
	if online {
		if w.tokens, err = readTokens(cfg, g.env); err != nil {
			return err
		}
	} else {
		w.cfg = &config.Config{Path: cfg.Path, StateDir: cfg.StateDir, Location: cfg.Location, Policy: cfg.Policy}
	}
	later := &teardown{}
	defer func() { err = errors.Join(err, later.run(ctx)) }()
	st, err := readState(cfg, later)
	if err != nil {
		return err
	}
	w.store = untouched{st}
	a, err := wire(w, later)
	if err != nil {
		return err
	}
	return question(a.control)
}

// statePath is where the state of a configuration is kept.
func statePath(cfg *config.Config) string { return filepath.Join(cfg.StateDir, "state.db") }

// readState opens the state for reading only. Where there is none yet it is an
// empty one, which is gone afterwards.
func readState(cfg *config.Config, later *teardown) (*state.Store, error) {
	st, err := state.Open(statePath(cfg), state.Options{ReadOnly: true})
	switch {
	case errors.Is(err, state.ErrNone):
		dir, err := os.MkdirTemp("", "domaind-")
		if err != nil {
			return nil, fmt.Errorf("make an empty state: %w", err)
		}
		later.add("remove the empty state", func(context.Context) error { return os.RemoveAll(dir) })
		if st, err = state.Open(filepath.Join(dir, "state.db"), state.Options{NoSync: true}); err != nil {
			return nil, err
		}
	case errors.Is(err, state.ErrLocked):
		return nil, fmt.Errorf("%w\na domaind that runs cannot be asked yet: that comes with a later version. Stop it first, or follow it with \"domaind events\"", err)
	case err != nil:
		return nil, err
	}
	later.add("close the state", func(context.Context) error { return st.Close() })
	return st, nil
}

// untouched is a state that is only read: a plan changes nothing, here neither.
type untouched struct{ *state.Store }

func (untouched) Commit(portfolio.Change) error                      { return nil }
func (untouched) SetPause(portfolio.Pause, ...portfolio.Event) error { return nil }
func (untouched) ClearPause(int64, ...portfolio.Event) error         { return nil }

// Pauses are none: whoever asks for a plan wants to know what is so now, and a token
// that is still refused shows by itself.
func (untouched) Pauses() ([]portfolio.Pause, error) { return nil, nil }

func (untouched) RecordRun(string, time.Time) error { return nil }

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printPlan writes a plan as a table, and what it would cost.
func printPlan(w io.Writer, s style, p control.Plan) error {
	rows := make([][]cell, 0, len(p.Items))
	for _, it := range p.Items {
		expires, price := "", ""
		if it.ExpiresAt != nil {
			expires = it.ExpiresAt.Format(time.DateOnly)
		}
		if it.Price != nil {
			price = it.Price.String()
		}
		why := clean(it.Reason)
		if it.Rule != "" {
			why = it.Rule + ": " + why
		}
		for _, t := range it.Trials {
			if !strings.HasPrefix(t, it.Rule+" (") { // it is the verdict
				why += "; " + clean(t)
			}
		}
		for _, a := range it.Alerts {
			if it.On == portfolio.KindDomain && a.Rule == "" {
				why += "; " + clean(a.Text)
			}
		}
		rows = append(rows, []cell{
			{text: it.AccountName, colour: dim},
			{text: itemName(it), colour: bold},
			{text: expires},
			{text: string(it.Verdict), colour: verdictColour(it.Verdict)},
			{text: string(it.Do)},
			{text: price, right: true},
			{text: why},
		})
	}
	if len(rows) > 0 {
		if err := s.table(w, []string{"ACCOUNT", "NAME", "EXPIRES", "VERDICT", "DO", "PRICE", "WHY"}, rows); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	counts := make(map[portfolio.Verdict]int)
	for _, it := range p.Items {
		counts[it.Verdict]++
	}
	var parts []string
	for _, v := range []portfolio.Verdict{
		portfolio.VerdictAct, portfolio.VerdictWouldAct, portfolio.VerdictAsk, portfolio.VerdictWait, portfolio.VerdictBlocked,
		portfolio.VerdictUncovered, portfolio.VerdictHold, portfolio.VerdictLetLapse, portfolio.VerdictNone,
	} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], s.paint(verdictColour(v), string(v))))
		}
	}
	switch {
	case len(parts) == 0 && len(p.Problems) > 0:
		parts = []string{"nothing was read"}
	case len(parts) == 0:
		parts = []string{"nothing inside the horizon"}
	}
	if _, err := fmt.Fprintf(w, "%s; %s in all (mode %s, policy %s)\n", strings.Join(parts, ", "), p.Totals.Price, p.Mode, p.Policy); err != nil {
		return err
	}
	for _, problem := range p.Problems {
		if _, err := fmt.Fprintf(w, "%s %s\n", s.paint(red, "could not be read:"), clean(problem)); err != nil {
			return err
		}
	}
	return nil
}

func itemName(it control.Item) string {
	switch {
	case it.On == portfolio.KindPush && it.Name == "":
		return fmt.Sprintf("push %d", it.ID)
	case it.On == portfolio.KindPush:
		return fmt.Sprintf("%s (push %d)", clean(it.Name), it.ID)
	case it.On == portfolio.KindRegistrantChange:
		return fmt.Sprintf("%s (change %d)", clean(it.Name), it.ID)
	case it.Unicode != "":
		return clean(it.Unicode)
	}
	return clean(it.Name)
}
