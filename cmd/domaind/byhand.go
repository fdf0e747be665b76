package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
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
		fmt.Fprintf(&b, ", expires %s", p.ExpiresAt.Format(time.DateOnly))
	}
	b.WriteByte('\n')
	if p.Contact != nil {
		what := "registrant"
		if p.Command.Kind == portfolio.OpTransferOut {
			what = "the code is mailed to"
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
	for _, a := range p.Requires {
		fmt.Fprintf(&b, "  missing: %s, %s\n", s.paint(red, clean(a.Name)), clean(a.Description))
		for _, option := range a.Options {
			fmt.Fprintf(&b, "    %s=%s  %s\n", clean(a.Name), clean(option.Value), clean(strings.TrimSpace(option.Title+" "+option.Description)))
		}
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

// consent asks whether it is to be done.
func (g *globals) consent(ctx context.Context, o hand, p control.Proposal) error {
	if o.yes {
		return nil
	}
	if !g.io.inTTY {
		return usageError{errors.New("nothing was done: say --yes, or answer at a terminal")}
	}
	question := "Do it? [y/N] "
	if p.Price != nil {
		question = fmt.Sprintf("Spend %s? [y/N] ", *p.Price)
	}
	yes, err := g.question(ctx, question, false)
	if err == nil && !yes {
		err = errors.New("nothing was done")
	}
	return err
}

// question asks a person; otherwise is the answer of one who only presses Enter.
func (g *globals) question(ctx context.Context, text string, otherwise bool) (bool, error) {
	fmt.Fprint(g.io.err, text)
	said, err := g.typed(ctx)
	switch strings.ToLower(said) {
	case "y", "yes":
		return true, err
	case "":
		return otherwise && err == nil, err
	}
	return false, err
}

// typed is the next line that a person types.
func (g *globals) typed(ctx context.Context) (string, error) {
	type line struct {
		text string
		err  error
	}
	typed := make(chan line, 1)
	go func() { // a terminal cannot be told to stop waiting: where we are interrupted, it ends with the process
		text, err := bufio.NewReader(g.io.in).ReadString('\n')
		if text != "" { // what was typed before the end is all there is
			err = nil
		}
		typed <- line{strings.TrimSpace(text), err}
	}()
	select {
	case l := <-typed:
		if l.err != nil {
			return "", errors.New("there was no answer: nothing was done")
		}
		return l.text, nil
	case <-ctx.Done():
		return "", errors.New("interrupted: nothing was done")
	}
}

// carryOut has a command carried out, watches it, and shows what became of it.
func (g *globals) carryOut(ctx context.Context, o hand, r control.PlaceRequest) error {
	row, left, err := g.placed(ctx, o.wait, r)
	if err != nil {
		return err
	}
	if o.json {
		err = printJSON(g.io.out, row)
	} else {
		err = printLedger(g.io.out, styleOf(g.io.tty), []control.Row{row})
	}
	return errors.Join(err, g.became(row, left))
}

// placed has a command carried out, and watches it. It says whether that was broken off.
func (g *globals) placed(ctx context.Context, wait time.Duration, r control.PlaceRequest) (row control.Row, left error, err error) {
	err = g.ask(ctx, need{changes: true, tokens: allTokens, follow: true}, func(ctx context.Context, c *control.Client) (err error) {
		if row, err = c.Place(ctx, r); err == nil {
			row, left = g.watch(ctx, c, row, wait)
		}
		return err
	})
	return row, left, err
}

// became is the error of what has not become what was wanted. What DNSimple has taken
// on is no error, although it may take days.
func (g *globals) became(row control.Row, left error) error {
	what, note := rowTitle(row), ""
	if len(row.History) > 0 {
		note = clean(row.History[len(row.History)-1].Note)
	}
	goesOn := "the daemon goes on with it"
	if g.alone {
		goesOn = "a daemon goes on with it once one runs"
	}
	if row.Name != "" {
		goesOn += fmt.Sprintf(" (\"domaind ledger --name %s\")", row.Name)
	}
	switch {
	case row.State == portfolio.StateDone:
		return nil
	case row.State == portfolio.StateFailed:
		return fmt.Errorf("%s failed: %s", what, note)
	case left != nil:
		return fmt.Errorf("%w: %s is %s; %s", left, what, row.State, goesOn)
	case row.State == portfolio.StatePending:
		fmt.Fprintf(g.io.err, "DNSimple works on it; %s\n", goesOn)
		return nil
	case row.State == portfolio.StateUnknown:
		return fmt.Errorf("nobody knows yet whether it happened: %s; %s, and \"domaind resolve %s\" ends it", note, goesOn, row.Op)
	}
	return fmt.Errorf("%s has not left yet: %s; %s", what, note, goesOn)
}

func rowTitle(row control.Row) string {
	if row.Name == "" {
		return fmt.Sprintf("%s %d (%s)", row.Kind, row.ID, row.Op)
	}
	return fmt.Sprintf("%s %s (%s)", row.Kind, clean(row.Name), row.Op)
}

// The distances at which an operation is looked at while somebody waits for it.
const (
	firstLook = 100 * time.Millisecond
	lastLook  = 2 * time.Second
)

// watch follows an operation until it has ended, or as long as somebody wants to wait,
// and says on stderr what happens. It says too why it ended before.
func (g *globals) watch(ctx context.Context, c *control.Client, row control.Row, wait time.Duration) (control.Row, error) {
	clock := wall{}
	until := clock.Now().Add(wait)
	for nap := firstLook; row.State.Open(); nap = min(2*nap, lastLook) {
		left := until.Sub(clock.Now())
		if left <= 0 {
			return row, nil
		}
		if clock.Sleep(ctx, min(nap, left)) != nil {
			return row, errors.New("interrupted")
		}
		next, err := c.Operation(ctx, row.Op)
		if err != nil {
			if ctx.Err() != nil {
				err = errors.New("interrupted")
			}
			return row, err
		}
		for _, step := range next.History[min(len(row.History), len(next.History)):] {
			fmt.Fprintf(g.io.err, "%s %s: %s\n", step.At.Format(time.TimeOnly), step.State, clean(step.Note))
		}
		row = next
	}
	return row, nil
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
