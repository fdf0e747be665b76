package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newCancelTransfer(g *globals) *cobra.Command {
	var o hand
	var id int64
	cmd := &cobra.Command{
		Use: "cancel-transfer NAME", Short: "Cancel a transfer to DNSimple that is under way",
		Long: `cancel-transfer ends a transfer to DNSimple. Its id is known where it was begun with
domaind; else it is given with --id.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("id") && id <= 0 {
				return usageError{errors.New("--id is a positive number")}
			}
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{
				Kind: portfolio.OpCancelTransfer, Account: o.account, Name: args[0], ID: id,
			}})
		},
	}
	o.flags(cmd)
	cmd.Flags().Int64Var(&id, "id", 0, "DNSimple's `ID` of the transfer, where it was not begun with domaind")
	return cmd
}

func newTransferOut(g *globals) *cobra.Command {
	var o hand
	var keep, off bool
	cmd := &cobra.Command{
		Use: "transfer-out NAME", Short: "Let another registrar take a domain",
		Long: `transfer-out unlocks a domain, and has DNSimple mail its authorization code to the
domain's contact: whoever reads that mail can take the domain away. Where DNSimple's own
auto-renewal is on, it may renew the domain before it has left: it is offered to be
switched off first.

The domain is then expected to leave: no rule buys anything for it for 30 days. You are
told when it has left, and when it is here still.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if keep && off {
				return usageError{errors.New("say --keep-auto-renewal or --no-auto-renewal, not both")}
			}
			if err := o.check(); err != nil {
				return err
			}
			return g.transferOut(cmd.Context(), o, args[0], keep, off)
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&keep, "keep-auto-renewal", false, "let DNSimple's own auto-renewal as it is")
	cmd.Flags().BoolVar(&off, "no-auto-renewal", false, "switch DNSimple's own auto-renewal off first")
	return cmd
}

func (g *globals) transferOut(ctx context.Context, o hand, name string, keep, off bool) error {
	p, err := g.proposed(ctx, control.Command{Kind: portfolio.OpTransferOut, Account: o.account, Name: name})
	if err != nil {
		return err
	}
	if off = off && p.AutoRenew; p.AutoRenew && !keep && !off {
		if !g.io.inTTY {
			return usageError{errors.New("nothing was done: its auto-renewal is on; say --no-auto-renewal or --keep-auto-renewal")}
		}
		if off, err = g.question(ctx, "Switch its auto-renewal off first? [Y/n] ", true); err != nil {
			return err
		}
	}
	if err := g.consent(ctx, o, p); err != nil {
		return err
	}
	if off {
		row, left, err := g.placed(ctx, max(o.wait, soon), control.PlaceRequest{Command: control.Command{
			Kind: portfolio.OpAutoRenewal, Account: p.Command.Account, Name: p.Command.Name,
		}})
		if err == nil && row.State != portfolio.StateDone {
			err = errors.Join(g.became(row, left), fmt.Errorf("it is %s", row.State))
		}
		if err != nil {
			return fmt.Errorf("its auto-renewal was not switched off, and no code was asked for: %w", err)
		}
		fmt.Fprintln(g.io.err, "its auto-renewal is off")
	}
	err = g.carryOut(ctx, o, control.PlaceRequest{Command: p.Command, Agreed: p.Price})
	if err != nil && off {
		err = fmt.Errorf("%w; its auto-renewal stays off: \"domaind auto-renewal %s on\" switches it on again", err, p.Command.Name)
	}
	return err
}

func newPush(g *globals) *cobra.Command {
	var o hand
	var to, email string
	cmd := &cobra.Command{
		Use: "push NAME --to ACCOUNT", Short: "Hand a domain over to another account at DNSimple",
		Long: `push offers a domain to another account, which has it once it accepts. The account is
named by its identifier, as its page at DNSimple shows it, or by its owner's e-mail
address, which DNSimple discourages.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (to == "") == (email == "") {
				return usageError{errors.New("say one of --to and --email")}
			}
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{
				Kind: portfolio.OpPush, Account: o.account, Name: args[0], Terms: portfolio.Terms{To: to, Email: email},
			}})
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&to, "to", "", "the `IDENTIFIER` of the other account")
	cmd.Flags().StringVar(&email, "email", "", "the `ADDRESS` of its owner")
	return cmd
}

func newAccept(g *globals) *cobra.Command {
	var o hand
	var contact string
	var unproven bool
	cmd := &cobra.Command{
		Use: "accept PUSH --contact CONTACT", Short: "Accept a domain that another account pushes",
		Long: `accept takes a domain over. A push names neither its sender nor the domain: it is
accepted only where one of the configured accounts is proven to own the domain, or with
--unproven, at your own risk.`,
		Args: exactlyOne("the id of a push"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := idArgument(args[0])
			if err != nil {
				return err
			}
			if contact == "" {
				return usageError{errors.New("--contact is missing: who becomes the registrant, by its name in the configuration or its id")}
			}
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{
				Kind: portfolio.OpAccept, Account: o.account, ID: id, Contact: contact, Unproven: unproven,
			}})
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&contact, "contact", "", "the `CONTACT` that becomes the registrant: its name in the configuration, or its id")
	cmd.Flags().BoolVar(&unproven, "unproven", false, "although nothing proves where it comes from")
	return cmd
}

func newReject(g *globals) *cobra.Command {
	return g.byID("reject PUSH", "Reject a domain that another account pushes", "the id of a push", portfolio.OpReject)
}

func newCancelChange(g *globals) *cobra.Command {
	return g.byID("cancel-change CHANGE", "Cancel a change of a registrant that is under way", "the id of a registrant change", portfolio.OpCancelChange)
}

// byID is a command that is about an id, and needs no more.
func (g *globals) byID(use, short, what string, kind portfolio.OperationKind) *cobra.Command {
	var o hand
	cmd := &cobra.Command{
		Use: use, Short: short, Args: exactlyOne(what),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := idArgument(args[0])
			if err != nil {
				return err
			}
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{Kind: kind, Account: o.account, ID: id}})
		},
	}
	o.flags(cmd)
	return cmd
}

func newChangeRegistrant(g *globals) *cobra.Command {
	var o hand
	var contact string
	var attributes []string
	cmd := &cobra.Command{
		Use: "change-registrant NAME --contact CONTACT", Short: "Give a domain another registrant",
		Long: `change-registrant shows first what the change requires: what the registry wants to know,
and whether it counts as a change of the owner, which can lock the domain against
transfers for 60 days.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if contact == "" {
				return usageError{errors.New("--contact is missing: who becomes the registrant, by its name in the configuration or its id")}
			}
			given, err := attributesOf(attributes)
			if err != nil {
				return err
			}
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{
				Kind: portfolio.OpChangeRegistrant, Account: o.account, Name: args[0], Contact: contact, Terms: portfolio.Terms{Attributes: given},
			}})
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&contact, "contact", "", "the `CONTACT` that becomes the registrant: its name in the configuration, or its id")
	attributeFlag(cmd, &attributes)
	return cmd
}
