package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"domaind/internal/control"
)

func newPause(g *globals) *cobra.Command {
	var asJSON bool
	var reason string
	cmd := &cobra.Command{
		Use: "pause [ACCOUNT]", Short: "Change nothing any more, until resume",
		Long: `pause has nothing bought or changed any more, in one account (its name or id) or in
all. Scans and alerts go on, and what is under way is followed to its end. It holds
until "domaind resume", over restarts too.`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			r := control.PauseRequest{Account: strings.Join(args, ""), Reason: reason}
			var p control.Paused
			err := g.ask(cmd.Context(), need{changes: true, tokens: anyTokens, within: soon}, func(ctx context.Context, c *control.Client) (err error) {
				p, err = c.Pause(ctx, r)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(g.io.out, p)
			}
			return g.printPauses("paused: ", p.Pauses)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for everybody who asks: a `TEXT`")
	return cmd
}

func newResume(g *globals) *cobra.Command {
	var asJSON, afterRestore bool
	cmd := &cobra.Command{
		Use: "resume [ACCOUNT]", Short: "Go on with what was paused",
		Long: `resume lifts the pauses of one account (its name or id), or every pause there is:
those by hand, and those after a refusal of DNSimple's; what has its reason still is
paused again. --after-restore also lets a daemon buy that found its state to be an old
copy: say so only when you know that nothing was bought since the copy was made.`,
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			r := control.ResumeRequest{Account: strings.Join(args, ""), AfterRestore: afterRestore}
			var p control.Resumed
			err := g.ask(cmd.Context(), need{changes: true, state: true, tokens: anyTokens, within: soon}, func(ctx context.Context, c *control.Client) (err error) {
				p, err = c.Resume(ctx, r)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(g.io.out, p)
			}
			if len(p.Lifted) == 0 {
				fmt.Fprintln(g.io.out, "nothing was paused there")
			}
			if err := g.printPauses("lifted: ", p.Lifted); err != nil {
				return err
			}
			return g.printPauses("still paused: ", p.Pauses)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&afterRestore, "after-restore", false, "buy again although the state is an old copy")
	return cmd
}

func (g *globals) printPauses(before string, pauses []control.Pause) error {
	for _, p := range pauses {
		if _, err := fmt.Fprintln(g.io.out, before+pauseLine(p)); err != nil {
			return err
		}
	}
	return nil
}
