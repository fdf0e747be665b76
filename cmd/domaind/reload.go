package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

func newReload(g *globals) *cobra.Command {
	var accept string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "reload", Short: "Have the daemon read its configuration anew",
		Long: `reload has the daemon that runs read its files anew, as SIGHUP does: rules, groups,
spending, alerts, modes and contacts. What is wrong keeps the old ones; what is read only
when a daemon begins (accounts, tokens, schedules, where events go) is refused.

A policy that would change more of the decisions than [reload] max_changed allows, or
that leaves a domain without any rule that takes care of it, waits: reload says what
would change, and --accept with its hash lets it go.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var done control.Reload
			err := g.ask(cmd.Context(), need{changes: true, state: true, tokens: noTokens}, func(ctx context.Context, c *control.Client) (err error) {
				done, err = c.Reload(ctx, control.ReloadRequest{Accept: accept})
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(g.io.out, done)
			} else {
				_, err = fmt.Fprintln(g.io.out, reloadText(done))
			}
			if err == nil && !done.Applied {
				err = errors.New("the daemon goes on with the policy that it had")
			}
			return err
		},
	}
	cmd.Flags().StringVar(&accept, "accept", "", "the `HASH` of the policy that may change much")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// reloadText is what came of a reload, for people.
func reloadText(r control.Reload) string {
	switch {
	case !r.Applied:
		return clean(r.Why)
	case r.Was == r.Policy:
		return fmt.Sprintf("reloaded: the policy is %s, as it was; spending and contacts are as the files have them now", r.Policy)
	}
	return fmt.Sprintf("reloaded: policy %s in place of %s; %s", r.Policy, r.Was, impactText(r))
}

func impactText(r control.Reload) string {
	text := fmt.Sprintf("of %s known, %d decided otherwise", plural(r.Known, "domain"), r.Changed)
	if r.Uncovered > 0 {
		text += fmt.Sprintf(", %d of them without any rule now", r.Uncovered)
	}
	if len(r.Names) > 0 {
		text += " (" + strings.Join(r.Names, ", ")
		if r.Changed > len(r.Names) {
			text += ", …"
		}
		text += ")"
	}
	return text
}

// reloader reads the configuration anew while a daemon runs.
type reloader struct {
	d *service

	mu    sync.Mutex // one at a time
	waits atomic.Pointer[control.Reload]
}

// Waits implements [control.Reloader].
func (r *reloader) Waits() *control.Reload { return r.waits.Load() }

// Reload implements [control.Reloader].
func (r *reloader) Reload(ctx context.Context, accept, by string) (control.Reload, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.d
	old := d.live.config()
	next, err := config.Load(d.config, d.env)
	if err == nil {
		if keys := needsRestart(old, next); len(keys) > 0 {
			err = fmt.Errorf("%s changed, which is read only when a daemon begins: restart domaind", strings.Join(keys, ", "))
		}
	}
	if err != nil {
		why := message(err)
		if terr := r.tell(portfolio.LevelAlert, "reload-failed", fmt.Sprintf("%s had the configuration read anew, and it is not obeyed: %s; domaind goes on with policy %s",
			by, why, old.Policy.Hash), map[string]any{"by": by, "policy": old.Policy.Hash}); terr != nil {
			return control.Reload{}, terr
		}
		return control.Reload{}, &executor.RefusedError{Reason: why + "; the daemon goes on with policy " + old.Policy.Hash}
	}
	for _, w := range next.Warnings {
		d.log.WarnContext(ctx, "the configuration is suspicious", "warning", w.String())
	}
	impact, err := d.app.scheduler.Impact(old.Policy, next.Policy, d.clock.Now())
	if err != nil {
		return control.Reload{}, fmt.Errorf("look what the policy would change: %w", err)
	}
	done := control.Reload{
		Was: old.Policy.Hash, Policy: next.Policy.Hash, Known: impact.Known, Changed: impact.Changed, Uncovered: impact.Uncovered,
		Names: append([]string{}, impact.Names...),
	}
	switch {
	case accept != "" && accept != done.Policy:
		return done, &executor.RefusedError{Reason: fmt.Sprintf("the files make policy %s now, and %s was accepted: see what it changes with \"domaind reload\"", done.Policy, accept)}
	case accept == "" && done.Policy != done.Was:
		done.Why = tooMuch(done, impact, next.Reload.MaxChanged)
	}
	data := map[string]any{
		"by": by, "was": done.Was, "policy": done.Policy, "known": done.Known, "changed": done.Changed, "uncovered": done.Uncovered, "names": done.Names,
	}
	if done.Why != "" {
		r.waits.Store(&done)
		return done, r.tell(portfolio.LevelAlert, "reload-waits", done.Why, data)
	}
	done.Applied = true
	// What it says is stored first: a policy that nobody heard of is not obeyed.
	if err := r.tell(portfolio.LevelNotice, "reloaded", fmt.Sprintf("%s: %s", by, reloadText(done)), data); err != nil {
		return done, err
	}
	d.live.obey(next)
	r.waits.Store(nil)
	return done, nil
}

// tooMuch says why a policy waits; "" where it does not.
func tooMuch(r control.Reload, impact scheduler.Impact, most portfolio.Percent) string {
	var why string
	switch {
	case r.Uncovered > 0:
		why = fmt.Sprintf("it leaves %s without any rule that takes care of it", plural(r.Uncovered, "domain"))
	case 100*r.Changed > int(most)*r.Known:
		why = fmt.Sprintf("it changes %d%% of the decisions, more than max_changed of [reload], %s", impact.Share(), most)
	default:
		return ""
	}
	return fmt.Sprintf("policy %s waits: %s: %s; look at it with \"domaind plan --facts FILE --config NEW --diff OLD\", then: domaind reload --accept %s", r.Policy, why, impactText(r), r.Policy)
}

func (r *reloader) tell(level portfolio.Level, what, text string, data map[string]any) error {
	change := daemonEvent(r.d.clock.Now(), what, text, data)
	change.Events[0].Level = level
	if err := r.d.state.Commit(change); err != nil {
		return fmt.Errorf("tell of the reload: %w", err)
	}
	return nil
}

// reloading reads the configuration anew at each hang-up signal, while work is done.
func (d *service) reloading(ctx context.Context, work func() error) error {
	if d.io.hup == nil {
		return work()
	}
	signals, stop := d.io.hup()
	defer stop()
	ended, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ended.Done():
				return
			case <-signals:
			}
			r, err := d.reloader.Reload(ended, "", "SIGHUP")
			if d.failed(err); err != nil {
				d.log.ErrorContext(ended, "the configuration is not reloaded", "err", err)
				continue
			}
			d.log.InfoContext(ended, "reloaded by a hang-up", "is", reloadText(r))
		}
	}()
	err := work()
	cancel()
	<-done
	return err
}
