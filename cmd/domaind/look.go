package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newDomains(g *globals) *cobra.Command {
	var asJSON bool
	var q control.DomainQuery
	cmd := &cobra.Command{
		Use: "domains", Short: "List the domains that there are at DNSimple",
		Long: `domains lists what the accounts have at DNSimple now, all accounts side by side, as it
is read: a list of any length.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			header := []string{"ACCOUNT", "NAME", "STATE", "EXPIRES", "AUTO-RENEWAL", "REGISTRANT", "ID"}
			out := &listing[control.Domain]{w: g.io.out, s: styleOf(g.io.tty), json: asJSON, header: header, row: domainRow}
			return list(cmd.Context(), g, out, func(ctx context.Context, c *control.Client) ([]string, error) {
				return c.Domains(ctx, q, out.add)
			})
		},
	}
	lookFlags(cmd, &asJSON, &q.Account)
	cmd.Flags().StringVar(&q.NameLike, "name-like", "", "only those with this `TEXT` in their names")
	cmd.Flags().StringVar(&q.Registrant, "registrant", "", "only those of this `CONTACT`: its name in the configuration, or its id")
	cmd.Flags().StringVar(&q.Sort, "sort", "", "by `FIELDS`: id, name, expiration; several with commas, :desc behind one turns it round (default name)")
	return cmd
}

func lookFlags(cmd *cobra.Command, asJSON *bool, account *string) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(account, "account", "", "only this `ACCOUNT`, by its name or id")
}

func domainRow(d control.Domain) []cell {
	expires, registrant, auto := "", "", "off"
	if d.ExpiresAt != nil {
		expires = d.ExpiresAt.Format(time.DateOnly)
	}
	if d.Registrant != 0 {
		registrant = fmt.Sprint(d.Registrant)
	}
	if d.AutoRenew {
		auto = "on"
	}
	name, colour := clean(d.Name), ""
	if d.Unicode != "" {
		name = clean(d.Unicode) + " (" + name + ")"
	}
	if d.State == portfolio.DomainExpired {
		colour = red
	}
	return []cell{
		{text: d.AccountName, colour: dim},
		{text: name, colour: bold},
		{text: string(d.State), colour: colour},
		{text: expires},
		{text: auto},
		{text: registrant, right: true},
		{text: fmt.Sprint(d.ID)},
	}
}

func newPushes(g *globals) *cobra.Command {
	var asJSON bool
	var account string
	cmd := &cobra.Command{
		Use: "pushes", Short: "List the domains that are being pushed to the accounts",
		Long: `pushes lists the pushes that wait to be accepted. A push names neither its sender nor
the domain: both are shown where one of the configured accounts is proven to own it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			header := []string{"ACCOUNT", "PUSH", "NAME", "COMES FROM", "SINCE", "DOMAIN", "WHY IT IS NOT PROVEN"}
			out := &listing[control.Push]{w: g.io.out, s: styleOf(g.io.tty), json: asJSON, header: header, row: pushRow}
			return list(cmd.Context(), g, out, func(ctx context.Context, c *control.Client) ([]string, error) {
				return c.Pushes(ctx, account, out.add)
			})
		},
	}
	lookFlags(cmd, &asJSON, &account)
	return cmd
}

func pushRow(p control.Push) []cell {
	from := "unproven"
	if p.Source != 0 {
		from = fmt.Sprintf("%s (%d)", p.SourceName, p.Source)
	}
	colour := ""
	if p.Source == 0 {
		colour = red
	}
	return []cell{
		{text: p.AccountName, colour: dim},
		{text: fmt.Sprint(p.ID), colour: bold},
		{text: clean(p.Name)},
		{text: from, colour: colour},
		{text: p.CreatedAt.Format(time.DateTime)},
		{text: fmt.Sprint(p.DomainID)},
		{text: clean(p.Unproven)},
	}
}

func newChanges(g *globals) *cobra.Command {
	var asJSON bool
	var q control.ChangeQuery
	cmd := &cobra.Command{
		Use: "changes", Short: "List changes of registrants",
		Long: `changes lists the changes of registrants that are new or pending; those in another state
are asked for with --state.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			header := []string{"ACCOUNT", "CHANGE", "NAME", "STATE", "NEW REGISTRANT", "SINCE", "DOMAIN", "OF THE OWNER"}
			out := &listing[control.RegistrantChange]{w: g.io.out, s: styleOf(g.io.tty), json: asJSON, header: header, row: changeRow}
			return list(cmd.Context(), g, out, func(ctx context.Context, c *control.Client) ([]string, error) {
				return c.Changes(ctx, q, out.add)
			})
		},
	}
	lookFlags(cmd, &asJSON, &q.Account)
	cmd.Flags().StringVar(&q.State, "state", "", "those in this `STATE`: new, pending, cancelling, cancelled, completed, or all (default new and pending)")
	cmd.Flags().StringVar(&q.Domain, "domain", "", "only those of this `DOMAIN`: its name or id")
	cmd.Flags().StringVar(&q.Contact, "contact", "", "only those to this `CONTACT`: its name in the configuration, or its id")
	return cmd
}

func changeRow(c control.RegistrantChange) []cell {
	owner := "no"
	if c.RegistryOwnerChange {
		owner = "yes"
	}
	return []cell{
		{text: c.AccountName, colour: dim},
		{text: fmt.Sprint(c.ID), colour: bold},
		{text: clean(c.Name)},
		{text: string(c.State)},
		{text: fmt.Sprint(c.Contact), right: true},
		{text: c.CreatedAt.Format(time.DateTime)},
		{text: fmt.Sprint(c.DomainID)},
		{text: owner},
	}
}

func newAvailable(g *globals) *cobra.Command {
	var asJSON bool
	var account string
	cmd := &cobra.Command{
		Use: "available NAME", Short: "Ask the registry whether a name is free",
		Long: "available asks the registry whether a name can be registered now. DNSimple allows few\nsuch questions: do not ask in a loop.",
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			var a control.Availability
			err := g.ask(cmd.Context(), need{tokens: anyTokens, within: longLook}, func(ctx context.Context, c *control.Client) (err error) {
				a, err = c.Available(ctx, args[0], account)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(g.io.out, a)
			}
			word, premium := "not free", ""
			if a.Available {
				word = "free"
			}
			if a.Premium {
				premium = ", and a premium name"
			}
			_, err = fmt.Fprintf(g.io.out, "%s is %s%s\n", bothNames(a.Name, a.Unicode), word, premium)
			return err
		},
	}
	lookFlags(cmd, &asJSON, &account)
	return cmd
}

// longLook is how long a daemon may take for what needs a few answers of DNSimple's.
const longLook = 10 * time.Minute

// bothNames is a name in both spellings, where there are two.
func bothNames(name, unicode string) string {
	if unicode == "" {
		return clean(name)
	}
	return clean(unicode) + " (" + clean(name) + ")"
}

func newPrices(g *globals) *cobra.Command {
	var asJSON bool
	var account string
	cmd := &cobra.Command{
		Use: "prices NAME", Short: "Ask what a name costs",
		Long: "prices asks DNSimple what a name costs, in US dollars: to register, to renew for a year,\nto transfer and to restore.",
		Args: aName(),
		RunE: func(cmd *cobra.Command, args []string) error {
			var p control.Prices
			err := g.ask(cmd.Context(), need{tokens: anyTokens, within: longLook}, func(ctx context.Context, c *control.Client) (err error) {
				p, err = c.Prices(ctx, args[0], account)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(g.io.out, p)
			} else {
				err = printPrices(g.io.out, styleOf(g.io.tty), p)
			}
			for _, problem := range p.Problems { // the prices are complete without them
				fmt.Fprintf(g.io.err, "not read: %s\n", clean(problem))
			}
			return err
		},
	}
	lookFlags(cmd, &asJSON, &account)
	return cmd
}

func printPrices(w io.Writer, s style, p control.Prices) error {
	dollars := func(m *portfolio.Money) string {
		if m == nil {
			return "not given"
		}
		return m.String()
	}
	header := []string{"NAME", "FOR", "PRICE"}
	premium := control.PremiumPrices{}
	if p.PremiumPrices != nil {
		premium = *p.PremiumPrices
		header = append(header, "AS A PREMIUM NAME")
	}
	var rows [][]cell
	for _, line := range []struct {
		what           string
		price, premium *portfolio.Money
	}{
		{"registration", p.Registration, premium.Registration},
		{"renewal", p.Renewal, premium.Renewal},
		{"transfer", p.Transfer, premium.Transfer},
		{"restore", p.Restore, nil},
		{"trustee", p.Trustee, nil},
	} {
		row := []cell{{text: bothNames(p.Name, p.Unicode), colour: bold}, {text: line.what}, {text: dollars(line.price), right: true}}
		if p.PremiumPrices != nil {
			text := ""
			if line.premium != nil {
				text = line.premium.String()
			}
			row = append(row, cell{text: text, right: true})
		}
		rows = append(rows, row)
	}
	return s.table(w, header, rows)
}
