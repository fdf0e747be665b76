package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

func newStatus(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Show where everything stands",
		Long: `status shows, on one screen, what the daemon that runs is doing: its accounts and what
is paused there, its jobs, the operations that have not ended, the money beside its
ceilings, and the events that wait. Where none runs, it shows what the state knows.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s control.Status
			err := g.ask(cmd.Context(), need{tokens: anyTokens, within: soon}, func(ctx context.Context, c *control.Client) (err error) {
				s, err = c.Status(ctx)
				return err
			})
			if err != nil {
				return err
			}
			g.fresh(s.Policy)
			if asJSON {
				return printJSON(g.io.out, s)
			}
			return printStatus(g.io.out, styleOf(g.io.tty), s)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// printStatus writes a status for people.
func printStatus(w io.Writer, s style, st control.Status) error {
	p := &page{w: w, s: s}
	if st.Running && st.Since != nil {
		p.line("domaind %s runs since %s (%s): mode %s, policy %s", st.Version, st.Since.Format(time.DateTime), ago(st.At.Sub(*st.Since)), st.Mode, st.Policy)
		p.line("socket %s", st.Socket)
	} else {
		p.line("%s", s.paint(yellow, "no daemon is running here; this is what its state knows"))
		p.line("domaind %s: mode %s, policy %s", st.Version, st.Mode, st.Policy)
	}
	if st.Waits != nil {
		p.line("%s", s.paint(red, clean(st.Waits.Why)))
	}
	size := sizeText(st.StateBytes)
	if st.StateBytes == 0 {
		size = "which is not there yet"
	}
	p.line("state  %s, %s", st.State, size)
	p.accounts(st)
	p.jobs(st)
	p.operations(st)
	p.money(st.Money)
	p.outbox(st)
	return p.err
}

// page is a page that is being written; its first error ends it.
type page struct {
	w   io.Writer
	s   style
	err error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *page) table(header []string, rows [][]cell) {
	p.line("")
	if p.err == nil {
		p.err = p.s.table(p.w, header, rows)
	}
}

func (p *page) accounts(st control.Status) {
	var rows [][]cell
	for _, a := range st.Accounts {
		left, paused := "not known", cell{text: "-", colour: dim}
		if a.Requests != nil {
			left = fmt.Sprintf("%d of %d", a.Requests.Left, a.Requests.Limit)
			if a.Requests.Reset != nil {
				left += " until " + a.Requests.Reset.UTC().Format("15:04")
			}
		}
		name := fmt.Sprintf("%s (%d)", clean(a.Name), a.ID)
		if a.Source {
			name += ", source"
		}
		for i, pause := range a.Pauses {
			paused = cell{text: pauseText(pause), colour: red}
			if i < len(a.Pauses)-1 {
				rows = append(rows, []cell{{text: name, colour: bold}, {text: left}, paused})
				name, left = "", ""
			}
		}
		rows = append(rows, []cell{{text: name, colour: bold}, {text: left}, paused})
	}
	p.table([]string{"ACCOUNT", "REQUESTS LEFT", "PAUSED"}, rows)
	for _, pause := range st.Pauses {
		p.line("%s", p.s.paint(red, pauseLine(pause)))
	}
}

// pauseLine is a pause on a line of its own.
func pauseLine(p control.Pause) string {
	switch {
	case p.AccountID == 0:
		return "all accounts: " + pauseText(p)
	case p.Name == "":
		return fmt.Sprintf("account %d (not configured): %s", p.AccountID, pauseText(p))
	}
	return fmt.Sprintf("%s (%d): %s", clean(p.Name), p.AccountID, pauseText(p))
}

// pauseText says what a pause stops, who began it and why, and when it is tried again.
func pauseText(p control.Pause) string {
	what := fmt.Sprintf("every %s", p.Scope)
	switch p.Scope {
	case portfolio.PauseAccount:
		what = "everything"
	case portfolio.PauseByHand:
		what = "every change"
	case portfolio.PausePurchases, portfolio.PauseBreaker, portfolio.PauseRestored:
		what = "purchases"
	}
	text := fmt.Sprintf("%s, by %s since %s: %s", what, clean(p.By), p.Since.UTC().Format(time.DateTime), clean(p.Reason))
	if !p.ProbeAt.IsZero() {
		text += "; tried again at " + p.ProbeAt.UTC().Format("15:04")
	}
	return text
}

func (p *page) jobs(st control.Status) {
	rows := make([][]cell, 0, len(st.Jobs))
	for _, j := range st.Jobs {
		last, next := cell{text: "never", colour: dim}, cell{text: "-", colour: dim}
		if j.Last != nil {
			last = cell{text: fmt.Sprintf("%s (%s ago)", j.Last.UTC().Format(time.DateTime), ago(st.At.Sub(*j.Last)))}
		}
		switch {
		case !st.Running:
			next.text = "when a daemon runs"
		case j.Next != nil:
			next = cell{text: j.Next.UTC().Format(time.DateTime)}
		}
		if j.Running {
			next = cell{text: "it runs now", colour: green}
		}
		rows = append(rows, []cell{{text: j.Name, colour: bold}, last, next})
	}
	p.table([]string{"JOB", "LAST RUN", "NEXT"}, rows)
	for _, j := range st.Jobs {
		for _, warning := range j.Warnings {
			p.line("%s", p.s.paint(yellow, clean(warning)))
		}
		for _, sweep := range j.Sweeps {
			p.line("%s", sweepText(st.At, j.Name, sweep))
		}
	}
}

// sweepText says how far the sweep of an account is, and when one was whole.
func sweepText(now time.Time, job string, s control.SweepStatus) string {
	text := fmt.Sprintf("%s of %s (%d): ", job, clean(s.Name), s.Account)
	if s.Since != nil {
		text += fmt.Sprintf("%d of %d read since %s; ", s.Seen, s.Total, s.Since.UTC().Format(time.DateTime))
	}
	if s.Whole == nil {
		return text + "never whole so far"
	}
	return text + fmt.Sprintf("whole at %s (%s ago)", s.Whole.UTC().Format(time.DateTime), ago(now.Sub(*s.Whole)))
}

func (p *page) operations(st control.Status) {
	o := st.Operations
	var rows [][]cell
	add := func(g control.Group) {
		for _, it := range g.Items {
			price, name := "", clean(it.Name)
			if it.Kind.Purchase() {
				price = it.Price.String()
			}
			state := cell{text: string(it.State), colour: stateColour(it.State)}
			if it.Attention {
				state.text += " !"
			}
			rows = append(rows, []cell{
				state,
				{text: ago(st.At.Sub(it.Since)), right: true},
				{text: it.Op, colour: dim},
				{text: string(it.Kind)},
				{text: name, colour: bold},
				{text: price, right: true},
				{text: clean(it.Note)},
			})
		}
		if more := g.Count - len(g.Items); more > 0 {
			rows = append(rows, []cell{{text: fmt.Sprintf("and %d more", more), colour: dim}, {}, {}, {}, {}, {}, {}})
		}
	}
	add(o.Unknown)
	add(o.Pending)
	add(o.Waiting)
	defer p.questions(st)
	if len(rows) == 0 {
		p.line("\nno operation is under way")
		return
	}
	p.table([]string{"UNDER WAY", "SINCE", "OP", "KIND", "NAME", "PRICE", "WHAT HAPPENED LAST"}, rows)
	p.line("%d unknown, %d pending, %d waiting", o.Unknown.Count, o.Pending.Count, o.Waiting.Count)
}

// questions are what waits for an answer, with the commands that give one.
func (p *page) questions(st control.Status) {
	asked := st.Operations.Asked
	if asked.Count == 0 {
		return
	}
	rows := make([][]cell, 0, len(asked.Items)+1)
	for _, q := range asked.Items {
		price, end := "", ""
		if q.Price != nil {
			price = q.Price.String()
		}
		if q.ExpiresAt != nil {
			end = "expires " + q.ExpiresAt.UTC().Format(time.DateOnly)
		}
		if q.AnswerBy != nil {
			end = "answer by " + q.AnswerBy.UTC().Format("2006-01-02 15:04")
		}
		rows = append(rows, []cell{
			{text: ago(st.At.Sub(q.Since)), right: true},
			{text: q.Op, colour: dim},
			{text: string(q.Kind)},
			{text: clean(q.Name), colour: bold},
			{text: price, right: true},
			{text: end},
			{text: clean(q.Approve)},
		})
	}
	if more := asked.Count - len(asked.Items); more > 0 {
		rows = append(rows, []cell{{text: fmt.Sprintf("and %d more", more), colour: dim}, {}, {}, {}, {}, {}, {text: "domaind ledger --state asked"}})
	}
	p.table([]string{"ASKED SINCE", "OP", "KIND", "NAME", "PRICE", "UNTIL", "SAY (OR deny)"}, rows)
}

func (p *page) outbox(st control.Status) {
	o := st.Outbox
	text := "every event was told"
	if o.Waiting > 0 {
		text = plural(o.Waiting, "event") + " not told yet"
		if o.Oldest != nil {
			text += fmt.Sprintf(", the oldest for %s", ago(st.At.Sub(*o.Oldest)))
		}
	}
	switch {
	case o.Bus == nil:
		if o.Waiting > 0 {
			text += "; told when a daemon runs"
		}
	case o.Bus.Connected:
		text += "; connected to " + clean(o.Bus.Where)
	case o.Bus.Error != "":
		text = p.s.paint(red, fmt.Sprintf("%s; %s does not take them: %s", text, clean(o.Bus.Where), clean(o.Bus.Error)))
	default:
		text += "; not connected yet to " + clean(o.Bus.Where)
	}
	p.line("\n%s", text)
}

// ago is a duration as people say it: its two largest units.
func ago(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	const day = 24 * time.Hour
	switch {
	case d >= 100*day:
		return fmt.Sprintf("%dd", d/day)
	case d >= day:
		return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	if d >= time.Minute && d%time.Minute == 0 {
		return strings.TrimSuffix(d.String(), "0s")
	}
	return d.String()
}

// sizeText is a size as people say it.
func sizeText(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}
