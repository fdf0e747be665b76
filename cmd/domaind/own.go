package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newAdd(g *globals) *cobra.Command {
	var o hand
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Add a name to an account, for DNSimple to host",
		Long: "add has DNSimple host a name that is registered elsewhere, or not at all. It registers\nnothing.",
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{Kind: portfolio.OpAdd, Account: o.account, Name: args[0]}})
		},
	}
	o.flags(cmd)
	return cmd
}

func newDelete(g *globals) *cobra.Command {
	var o hand
	var name string
	var yes bool
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Remove a domain from its account, for good",
		Long: `delete removes a domain with all its records. One that is registered stays registered
until it expires, out of your reach, and nothing is refunded. The domain's name has to
be typed, or given once more with --name.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			if yes {
				return usageError{errors.New("a deletion cannot be answered with --yes: give the domain's name once more with --name")}
			}
			return g.remove(cmd.Context(), o, args[0], name)
		},
	}
	o.quietFlags(cmd)
	cmd.Flags().StringVar(&name, "name", "", "for scripts: the `DOMAIN` once more")
	cmd.Flags().BoolVar(&yes, "yes", false, "refused")
	if err := cmd.Flags().MarkHidden("yes"); err != nil {
		panic(err) // it is there
	}
	return cmd
}

// remove deletes a domain, once its name was typed.
func (g *globals) remove(ctx context.Context, o hand, name, again string) error {
	p, err := g.proposed(ctx, control.Command{Kind: portfolio.OpDelete, Account: o.account, Name: name})
	if err != nil {
		return err
	}
	if again == "" {
		if !g.io.inTTY {
			return usageError{errors.New("nothing was done: give the domain's name once more with --name, or type it at a terminal")}
		}
		fmt.Fprint(g.io.err, "To delete it, type the domain's name: ")
		if again, err = g.typed(ctx); err != nil {
			return err
		}
		if again == "" {
			return errors.New("no name was typed: nothing was done")
		}
	}
	return g.carryOut(ctx, o, control.PlaceRequest{Command: p.Command, Agreed: p.Price, Confirm: again})
}

func newAutoRenewal(g *globals) *cobra.Command {
	var o hand
	cmd := &cobra.Command{
		Use: "auto-renewal NAME on|off", Short: "Switch DNSimple's own auto-renewal of a domain",
		Long: `auto-renewal switches DNSimple's own auto-renewal of a domain on or off. What DNSimple
renews by itself is charged beyond every ceiling of the configuration.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 || args[1] != "on" && args[1] != "off" {
				return usageError{fmt.Errorf("%q needs the name of a domain, and on or off; see \"%s --help\"", cmd.CommandPath(), cmd.CommandPath())}
			}
			return noEmpty(cmd, args[:1])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{
				Kind: portfolio.OpAutoRenewal, Account: o.account, Name: args[0], Terms: portfolio.Terms{On: args[1] == "on"},
			}})
		},
	}
	o.flags(cmd)
	return cmd
}
