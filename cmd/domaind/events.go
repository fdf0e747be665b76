package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"domaind/internal/config"
	"domaind/internal/events"
	"domaind/internal/portfolio"
)

func newEvents(g *globals) *cobra.Command {
	var (
		asJSON, all, follow bool
		since               time.Duration
		levels              []string
	)
	cmd := &cobra.Command{
		Use: "events", Short: "Follow what a running domaind tells",
		Long: `events connects to the NATS server of the configuration (for the embedded one, as
the user "subscriber", whose seed lies under the state directory) and prints what
comes. Without --all or --since that is what happens from now on.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := g.load()
			if err != nil {
				return err
			}
			if since < 0 {
				return usageError{errors.New("--since cannot be negative: it counts back from now")}
			}
			o := events.FeedOptions{Instance: cfg.Instance, All: all, Stop: !follow, Sleep: wall{}.Sleep}
			if since > 0 {
				o.Since = wall{}.Now().Add(-since)
			}
			for _, l := range levels {
				level := portfolio.Level(l)
				switch level {
				case portfolio.LevelInfo, portfolio.LevelNotice, portfolio.LevelAlert:
					o.Levels = append(o.Levels, level)
				default:
					return usageError{fmt.Errorf("there is no level %q; write info, notice or alert", l)}
				}
			}
			return g.follow(cmd.Context(), cfg, o, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each event as it is published, one JSON object on a line")
	cmd.Flags().BoolVar(&all, "all", false, "begin with the oldest event that is kept")
	cmd.Flags().DurationVar(&since, "since", 0, "begin with the events of the last `DURATION` (12h)")
	cmd.Flags().BoolVar(&follow, "follow", true, "wait for more; --follow=false ends with the last event")
	cmd.Flags().StringSliceVar(&levels, "level", nil, "only events of this `LEVEL`: info, notice, alert; may be repeated")
	return cmd
}

func (g *globals) follow(ctx context.Context, cfg *config.Config, o events.FeedOptions, asJSON bool) error {
	nc, err := subscribe(ctx, cfg, g)
	if err != nil {
		return err
	}
	defer nc.Close()
	s := styleOf(g.io.tty)
	return events.Follow(ctx, nc, o, func(r events.Received) error {
		var err error
		switch {
		case asJSON && r.Err == nil:
			var line bytes.Buffer
			if err := json.Compact(&line, r.Raw); err != nil {
				return fmt.Errorf("print the event %s: %w", r.ID, err)
			}
			_, err = fmt.Fprintln(g.io.out, clean(line.String()))
		case asJSON:
			_, err = fmt.Fprintln(g.io.err, "skipped: "+clean(r.Err.Error()))
		case r.Err != nil:
			_, err = fmt.Fprintln(g.io.out, s.eventLine(r.Time.Local().Format(time.DateTime), "?", r.Subject+": "+r.Err.Error()))
		default:
			_, err = fmt.Fprintln(g.io.out, s.eventLine(r.Time.Local().Format(time.DateTime), r.Level, r.Text))
		}
		return err
	})
}

// subscribe connects as somebody who only listens.
func subscribe(ctx context.Context, cfg *config.Config, g *globals) (*nats.Conn, error) {
	if len(cfg.NATS.URLs) > 0 {
		return dial(ctx, cfg, g.env, g.logger())
	}
	seed := events.SeedFile(natsDir(cfg), events.Subscriber)
	nc, err := events.Dial(ctx, events.DialOptions{
		URLs: []string{"nats://" + cfg.NATS.Listen}, SeedFile: seed, Name: "domaind events", Log: g.logger(),
	})
	if err != nil {
		return nil, errors.Join(err, fmt.Errorf("does a domaind run on this machine with this configuration? The embedded server listens on %s, and %s must be readable", cfg.NATS.Listen, seed))
	}
	return nc, nil
}
