package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// hand is how somebody wants a command of theirs to be carried out.
type hand struct {
	account string
	yes     bool
	wait    time.Duration
	json    bool
}

// flags gives a command the flags of everything that is done by hand.
func (o *hand) flags(cmd *cobra.Command) {
	o.quietFlags(cmd)
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask: for scripts")
}

// quietFlags are the flags of what --yes does not stand for.
func (o *hand) quietFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.account, "account", "", "the `ACCOUNT`, by its name or id; needed only where more than one could be meant")
	cmd.Flags().DurationVar(&o.wait, "wait", 2*time.Minute, "how long to watch it while DNSimple works")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
}

func (o *hand) check() error {
	if o.wait < 0 {
		return usageError{errors.New("--wait cannot be negative")}
	}
	return nil
}

// byHand proposes a command, shows what it comes to, asks, has it carried out, and
// watches it.
func (g *globals) byHand(ctx context.Context, o hand, r control.PlaceRequest) error {
	if err := o.check(); err != nil {
		return err
	}
	p, err := g.proposed(ctx, r.Command)
	if err != nil {
		return err
	}
	if err := g.consent(ctx, o, p); err != nil {
		return err
	}
	r.Command, r.Agreed = p.Command, p.Price
	if r.Command.Kind == portfolio.OpRenew || r.Command.Kind == portfolio.OpRestore {
		r.ExpiresAt = p.ExpiresAt
	}
	return g.carryOut(ctx, o, r)
}

// proposed asks what a command comes to, and shows it.
func (g *globals) proposed(ctx context.Context, c control.Command) (control.Proposal, error) {
	var p control.Proposal
	err := g.ask(ctx, need{tokens: allTokens}, func(ctx context.Context, client *control.Client) (err error) {
		p, err = client.Propose(ctx, c)
		return err
	})
	if err != nil {
		return p, err
	}
	fmt.Fprint(g.io.err, proposalText(styleOf(g.io.errTTY), p))
	if len(p.Requires) == 0 {
		return p, nil
	}
	missing := make([]string, len(p.Requires))
	for i, a := range p.Requires {
		missing[i] = a.Name
	}
	return p, usageError{fmt.Errorf("the registry wants to know more: give --attribute NAME=VALUE for each of %s", clean(strings.Join(missing, ", ")))}
}

// proposalText is a proposal as people read it.
func proposalText(s style, p control.Proposal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s (%d)", s.paint(bold, proposalTitle(p)), p.AccountName, p.Account)
	if p.ExpiresAt != nil {
		expires := "expires"
		if p.ExpiresAt.Before(p.At) {
			expires = "expired"
		}
		fmt.Fprintf(&b, ", %s %s", expires, p.ExpiresAt.Format(time.DateOnly))
	}
	b.WriteByte('\n')
	if p.Contact != nil {
		what := "registrant"
		switch p.Command.Kind {
		case portfolio.OpTransferOut:
			what = "the code is mailed to"
		case portfolio.OpChangeRegistrant:
			what = "new registrant"
		default:
		}
		fmt.Fprintf(&b, "  %s: %s\n", what, contactText(*p.Contact))
	}
	if p.Price != nil {
		premium := ""
		if p.Premium {
			premium = ", a premium name's price"
		}
		fmt.Fprintf(&b, "  it costs at most %s US dollars%s\n", s.paint(bold, p.Price.String()), premium)
	}
	for _, text := range p.Consequences {
		fmt.Fprintf(&b, "  - %s\n", clean(text))
	}
	if p.OwnerChange != nil && !*p.OwnerChange {
		b.WriteString("  - the registry does not count it as a change of the owner\n")
	}
	for _, a := range attributesIn(p) {
		b.WriteString(attributeText(s, a))
	}
	return b.String()
}

// attributesIn are all that the registry asks for; what is missing, even where the rest of
// them could not be read.
func attributesIn(p control.Proposal) []control.Attribute {
	all := slices.Clone(p.Attributes)
	for _, a := range p.Requires {
		if !slices.ContainsFunc(all, func(b control.Attribute) bool { return b.Name == a.Name }) {
			all = append(all, a)
		}
	}
	return all
}

// attributeText is what a registry wants to know, and what it is told.
func attributeText(s style, a control.Attribute) string {
	var b strings.Builder
	name, description := clean(a.Name), clean(a.Description)
	if description != "" {
		description = ", " + description
	}
	switch {
	case a.Given != "":
		fmt.Fprintf(&b, "  given: %s=%s%s\n", name, clean(a.Given), description)
		return b.String()
	case a.Required:
		fmt.Fprintf(&b, "  missing: %s%s\n", s.paint(red, name), description)
	default:
		fmt.Fprintf(&b, "  optional: %s%s\n", name, description)
	}
	for _, option := range a.Options {
		what := clean(option.Description)
		if what == "" {
			what = clean(option.Title)
		}
		fmt.Fprintf(&b, "    %s=%s  %s\n", name, clean(option.Value), what)
	}
	return b.String()
}

func contactText(c control.Contact) string {
	parts := []string{fmt.Sprintf("contact %d", c.ID)}
	for _, more := range []string{c.Label, c.Email} {
		if more != "" {
			parts = append(parts, clean(more))
		}
	}
	return strings.Join(parts, ", ")
}

// proposalTitle names what is to be done.
func proposalTitle(p control.Proposal) string {
	title := string(p.Command.Kind)
	switch p.Command.Kind {
	case portfolio.OpAccept, portfolio.OpReject:
		title += fmt.Sprintf(" push %d", p.ID)
	case portfolio.OpCancelChange, portfolio.OpCancelTransfer:
		title += fmt.Sprintf(" %d", p.ID)
	}
	if p.Name != "" {
		title += " " + clean(p.Name)
	}
	if p.Unicode != "" {
		title += " (" + clean(p.Unicode) + ")"
	}
	switch {
	case p.Command.Kind == portfolio.OpRenew:
		title += " for " + plural(max(p.Command.Years, 1), "year")
	case p.Command.Kind == portfolio.OpAutoRenewal && p.Command.On:
		title += " on"
	case p.Command.Kind == portfolio.OpAutoRenewal:
		title += " off"
	case p.Command.Kind == portfolio.OpPush:
		title += " to " + clean(p.Command.To+p.Command.Email)
	}
	return title
}

// idArgument reads the id of a push or of a registrant change.
func idArgument(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, usageError{fmt.Errorf("%q is no id: it is a number, as \"domaind pushes\" and \"domaind changes\" show it", text)}
	}
	return id, nil
}

// attributesOf reads extended attributes: NAME=VALUE.
func attributesOf(pairs []string) (map[string]string, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if _, twice := out[name]; !ok || name == "" || twice {
			return nil, usageError{fmt.Errorf("--attribute %q: write NAME=VALUE, each name once", pair)}
		}
		out[name] = value
	}
	return out, nil
}
