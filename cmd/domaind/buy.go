package main

import (
	"errors"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// aName wants the name of a domain.
func aName() cobra.PositionalArgs { return exactlyOne("the name of a domain") }

func newRenew(g *globals) *cobra.Command {
	var o hand
	var years int
	cmd := &cobra.Command{
		Use: "renew NAME", Short: "Renew a domain",
		Long: `renew buys a renewal now, whatever the policy says: its price is shown and asked about,
and every ceiling holds. It works before the expiry and in grace; what is in redemption
needs "domaind restore".

It is done in any mode. Exit code 0: it is done, or DNSimple has taken it on; 1: it
failed, has not left, or nobody knows yet.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if years < 1 || years > 10 {
				return usageError{errors.New("--years is 1 to 10")}
			}
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{
				Kind: portfolio.OpRenew, Account: o.account, Name: args[0], Years: years,
			}})
		},
	}
	o.flags(cmd)
	cmd.Flags().IntVar(&years, "years", 1, "for how many `YEARS`")
	return cmd
}

func newRestore(g *globals) *cobra.Command {
	var o hand
	cmd := &cobra.Command{
		Use: "restore NAME", Short: "Restore a domain out of redemption",
		Long: `restore buys a lapsed domain back: its fee, and the renewal that comes with it. In grace
"domaind renew" does the same for less.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: control.Command{Kind: portfolio.OpRestore, Account: o.account, Name: args[0]}})
		},
	}
	o.flags(cmd)
	return cmd
}

// newName is what a registration and a transfer to us are asked for with.
type newName struct {
	contact                     string
	privacy, autoRenew, trustee bool
	attributes                  []string
}

func (n *newName) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&n.contact, "contact", "", "the `CONTACT` that becomes the registrant: its name in the configuration, or its id")
	cmd.Flags().BoolVar(&n.privacy, "privacy", false, "with WHOIS privacy, which may cost extra")
	cmd.Flags().BoolVar(&n.autoRenew, "auto-renew", false, "with DNSimple's own auto-renewal, which no ceiling holds")
	cmd.Flags().BoolVar(&n.trustee, "trustee", false, "with a trustee, which may cost extra")
	attributeFlag(cmd, &n.attributes)
}

func attributeFlag(cmd *cobra.Command, to *[]string) {
	cmd.Flags().StringArrayVar(to, "attribute", nil, "what a registry wants to know, as `NAME=VALUE`; may be repeated; what is missing is listed")
}

// command is what is asked for, of a kind, for a name.
func (n *newName) command(kind portfolio.OperationKind, account, name string) (control.Command, error) {
	if n.contact == "" {
		return control.Command{}, usageError{errors.New("--contact is missing: the registrant, by its name in the configuration or its id")}
	}
	attributes, err := attributesOf(n.attributes)
	return control.Command{Kind: kind, Account: account, Name: name, Contact: n.contact, Terms: portfolio.Terms{
		WhoisPrivacy: n.privacy, AutoRenew: n.autoRenew, Trustee: n.trustee, Attributes: attributes,
	}}, err
}

func newRegister(g *globals) *cobra.Command {
	var o hand
	var n newName
	cmd := &cobra.Command{
		Use: "register NAME --contact CONTACT", Short: "Register a name that is free",
		Long: `register buys a name that nobody owns, for the shortest term that its registry knows.
Whether it is free, and what it costs, is shown and asked about, and every ceiling holds.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := n.command(portfolio.OpRegister, o.account, args[0])
			if err != nil {
				return err
			}
			return g.byHand(cmd.Context(), o, control.PlaceRequest{Command: c})
		},
	}
	o.flags(cmd)
	n.flags(cmd)
	return cmd
}

func newTransfer(g *globals) *cobra.Command {
	var o hand
	var n newName
	var code codeSource
	cmd := &cobra.Command{
		Use: "transfer NAME --contact CONTACT", Short: "Transfer a name from another registrar to DNSimple",
		Long: `transfer buys the transfer of a name. Its authorization code is read from a file, from
stdin (--code-file -) or at the terminal, never from an argument; it goes to DNSimple
and is stored nowhere. A transfer takes from minutes to seven days: what DNSimple has
taken on is watched by the daemon.`,
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := n.command(portfolio.OpTransfer, o.account, args[0])
			if err == nil {
				err = o.check()
			}
			if err == nil {
				err = code.check(g.io, o.yes)
			}
			if err != nil {
				return err
			}
			r := control.PlaceRequest{Command: c}
			r.Command.WithCode = !code.none
			if !code.typed() {
				if r.Code, err = code.read(g.io); err != nil {
					return err
				}
			}
			p, err := g.proposed(cmd.Context(), r.Command)
			if err != nil {
				return err
			}
			if code.typed() {
				if r.Code, err = g.typedCode(cmd.Context(), p.Name); err != nil {
					return err
				}
			}
			if err := g.consent(cmd.Context(), o, p); err != nil {
				return err
			}
			r.Command, r.Agreed = p.Command, p.Price
			return g.carryOut(cmd.Context(), o, r)
		},
	}
	o.flags(cmd)
	n.flags(cmd)
	cmd.Flags().StringVar(&code.file, "code-file", "", "the `FILE` that holds the authorization code; - is stdin")
	cmd.Flags().BoolVar(&code.none, "without-code", false, "under the few suffixes that have no authorization code")
	return cmd
}
