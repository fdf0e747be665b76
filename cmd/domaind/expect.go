package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
)

func newExpectPush(g *globals) *cobra.Command {
	var r control.ExpectRequest
	var revoked string
	var asJSON, list bool
	cmd := &cobra.Command{
		Use: "expect-push --domain-id ID", Short: "Announce a push, to be accepted when it comes",
		Long: `expect-push has a domain accepted that somebody is going to push to an account. A push
names neither its sender nor the domain, but DNSimple's id of it: ask whoever pushes it
for that. The first push of that domain to that account is accepted, in whatever mode
the policy is, unless a rule holds it; its bills come to this account then, its
registrant becomes the contact, and it may be locked against transfers for 60 days.

  --list        show what is announced
  --revoke ID   end an announcement`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			chosen := 0
			for _, name := range []string{"domain-id", "list", "revoke"} {
				if cmd.Flags().Changed(name) {
					chosen++
				}
			}
			for _, name := range []string{"account", "contact", "ttl"} {
				if cmd.Flags().Changed(name) && !cmd.Flags().Changed("domain-id") {
					return usageError{fmt.Errorf("--%s goes with --domain-id only", name)}
				}
			}
			switch {
			case chosen != 1:
				return usageError{errors.New("say one of --domain-id, --list and --revoke")}
			case list:
				return g.expectedPushes(cmd.Context(), asJSON)
			case revoked != "":
				return g.revokePush(cmd.Context(), control.RevokeRequest{ID: revoked, Reason: r.Reason}, asJSON)
			case r.DomainID <= 0:
				return usageError{errors.New("--domain-id is DNSimple's id of the domain, a positive number")}
			}
			return g.expectPush(cmd.Context(), r, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&list, "list", false, "show what is announced")
	cmd.Flags().StringVar(&revoked, "revoke", "", "end the announcement with this `ID`")
	cmd.Flags().StringVar(&r.Account, "account", "", "the `ACCOUNT` that it is pushed to: its name or id; needed where there is more than one")
	cmd.Flags().Int64Var(&r.DomainID, "domain-id", 0, "DNSimple's `ID` of the domain")
	cmd.Flags().StringVar(&r.Contact, "contact", "", "the `CONTACT` that becomes the registrant: its name in the configuration, or its id (default: contacts.default)")
	cmd.Flags().StringVar(&r.TTL, "ttl", "7d", "for how `LONG`: \"7d\", \"2w\"; 90d at most")
	cmd.Flags().StringVar(&r.Reason, "reason", "", "why, for everybody who asks: a `TEXT`")
	return cmd
}

func (g *globals) expectPush(ctx context.Context, r control.ExpectRequest, asJSON bool) error {
	var e control.Expectation
	err := g.ask(ctx, need{changes: true, tokens: anyTokens, within: soon}, func(ctx context.Context, c *control.Client) (err error) {
		e, err = c.ExpectPush(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(g.io.out, e)
	}
	_, err = fmt.Fprintf(g.io.out, "announced (%s): a push of domain %d to account %s is accepted once, with contact %d, until %s\n"+
		"to take it back: domaind expect-push --revoke %s\n",
		e.ID, e.DomainID, clean(e.AccountName), e.Contact, e.Until.In(g.loaded.Location).Format(time.DateTime), e.ID)
	return err
}

func (g *globals) expectedPushes(ctx context.Context, asJSON bool) error {
	all := []control.Expectation{}
	err := g.ask(ctx, need{tokens: noTokens, within: soon}, func(ctx context.Context, c *control.Client) (err error) {
		all, err = c.ExpectedPushes(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(g.io.out, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(g.io.out, "no push is announced")
		return err
	}
	rows := make([][]cell, 0, len(all))
	for _, e := range all {
		rows = append(rows, []cell{
			{text: e.ID, colour: bold},
			{text: clean(e.AccountName)},
			{text: strconv.FormatInt(e.DomainID, 10), right: true},
			{text: strconv.FormatInt(e.Contact, 10), right: true},
			{text: e.Until.In(g.loaded.Location).Format(time.DateTime)},
			{text: clean(e.By)},
			{text: clean(e.Reason)},
		})
	}
	return styleOf(g.io.tty).table(g.io.out, []string{"ID", "ACCOUNT", "DOMAIN ID", "CONTACT", "UNTIL", "BY", "REASON"}, rows)
}

func (g *globals) revokePush(ctx context.Context, r control.RevokeRequest, asJSON bool) error {
	var e control.Expectation
	err := g.ask(ctx, need{changes: true, state: true, tokens: anyTokens, within: soon}, func(ctx context.Context, c *control.Client) (err error) {
		e, err = c.RevokePush(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(g.io.out, e)
	}
	_, err = fmt.Fprintf(g.io.out, "revoked (%s): a push of domain %d to account %s is expected no more\n", e.ID, e.DomainID, clean(e.AccountName))
	return err
}
