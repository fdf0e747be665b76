package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"domaind/internal/config"
)

// The exit codes of domaind.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2 // wrong usage or configuration
	exitFound  = 3 // what was looked for is there: plan --fail-on
)

// std is where a command reads and writes.
type std struct {
	in       io.Reader
	out, err io.Writer
	// Which of them are terminals.
	tty, errTTY, inTTY bool
	// hup gives the hang-up signals from now on, until it is stopped; nil: there are none.
	hup func() (signals <-chan os.Signal, stop func())
}

// usageError is a command line or configuration that cannot be obeyed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// verdictError says that a plan has items that it was to have none of.
type verdictError struct{ error }

func (e verdictError) Unwrap() error { return e.error }

// run is the whole program but for its process: it carries out a command line and
// gives the exit code.
func run(ctx context.Context, args []string, io std) int {
	root := newRoot(io) //nolint:contextcheck // cobra hands the context to the command that runs
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, syscall.EPIPE) { // then nobody reads any more
		fmt.Fprintf(io.err, "domaind: %s\n", message(err))
	}
	var usage usageError
	var problems *config.Problems
	var found verdictError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage), errors.As(err, &problems):
		return exitUsage
	case errors.As(err, &found):
		return exitFound
	}
	return exitFailed
}

// message is an error as people read it: a configuration's problems begin on a line
// of their own.
func message(err error) string {
	if problems, ok := errors.AsType[*config.Problems](err); ok {
		return "the configuration cannot be used\n" + problems.Error()
	}
	return err.Error()
}

// globals are the flags that every command has.
type globals struct {
	config  string
	loaded  *config.Config // what it says, once it was read
	verbose bool
	alone   bool // no daemon answered: what was asked was answered in this process
	io      std
	env     config.Env
}

func newRoot(io std) *cobra.Command {
	g := &globals{io: io, env: config.OSEnv()}
	g.env.Now = wall{}.Now
	root := &cobra.Command{
		Use:   "domaind",
		Short: "An autopilot for domain portfolios at DNSimple",
		Long: `domaind watches domains, pushes and registrant changes at DNSimple, and does what
its policy says: it renews what is about to expire, restores what lapsed, accepts
pushes from sources that it can prove, and stops registrant changes that nobody
wanted, all within ceilings of spending.

Begin with "domaind demo", which needs nothing.`,
		SilenceUsage: true, SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q; see \"domaind help\"%s", args[0], suggest(cmd, args[0]))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(newHelp(root))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see \"%s --help\"", err, cmd.CommandPath())}
	})
	def, ok := os.LookupEnv("DOMAIND_CONFIG")
	if !ok || def == "" {
		def = "/etc/domaind/config.toml"
	}
	root.PersistentFlags().StringVarP(&g.config, "config", "c", def, "the configuration `FILE`; $DOMAIND_CONFIG names another default")
	root.PersistentFlags().BoolVarP(&g.verbose, "verbose", "v", false, "log what is read and written")
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"run", "Run it:", []*cobra.Command{newRun(g), newCheck(g), newSchema(g), newDemo(g), newSandbox(g), newVersion(g)}},
		{"plan", "Before it spends:", []*cobra.Command{newPlan(g), newApply(g), newExplain(g), newFacts(g), newTest(g)}},
		{"watch", "Watch it:", []*cobra.Command{
			newStatus(g), newLedger(g), newEvents(g), newDomains(g), newPushes(g), newChanges(g), newAvailable(g), newPrices(g),
		}},
		{"answer", "Answer it:", []*cobra.Command{
			newApprove(g), newDeny(g), newResolve(g), newExpectPush(g), newPause(g), newResume(g), newScan(g), newReload(g), newBackup(g),
		}},
		{"hand", "By hand, through the same guards:", []*cobra.Command{
			newRenew(g), newRestore(g), newRegister(g), newTransfer(g), newCancelTransfer(g), newTransferOut(g), newPush(g), newAccept(g),
			newReject(g), newChangeRegistrant(g), newCancelChange(g), newAdd(g), newDelete(g), newAutoRenewal(g),
		}},
	} {
		root.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, cmd := range group.commands {
			cmd.GroupID = group.id
			root.AddCommand(cmd)
		}
	}
	root.SetHelpCommandGroupID("run")
	root.SetCompletionCommandGroupID("run")
	return root
}

// newHelp is cobra's own help but for its answer to a command that there is none of.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use: "help [command]", Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 {
				return root.Args(root, rest)
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

func suggest(cmd *cobra.Command, arg string) string {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(arg); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return ""
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%q takes no arguments, and got %q; see \"%s --help\"", cmd.CommandPath(), args[0], cmd.CommandPath())}
	}
	return nil
}

// load reads the configuration, once, and tells what is suspicious in it.
func (g *globals) load() (*config.Config, error) {
	if g.loaded != nil {
		return g.loaded, nil
	}
	cfg, err := config.Load(g.config, g.env)
	if err != nil {
		return nil, err
	}
	g.loaded = cfg
	for _, w := range cfg.Warnings {
		fmt.Fprintf(g.io.err, "warning: %s\n", w)
	}
	return cfg, nil
}

// logger logs for the journal: what is worth a line, or all of it where it is asked for.
func (g *globals) logger() *slog.Logger {
	level := slog.LevelInfo
	if g.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(g.io.err, &slog.HandlerOptions{Level: level}))
}
