package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"domaind/internal/config"
	"domaind/internal/portfolio"
)

// checking is what a person asks of the check.
type checking struct {
	strict, rules, asJSON bool
}

func newCheck(g *globals) *cobra.Command {
	var c checking
	cmd := &cobra.Command{
		Use: "check", Short: "Check the configuration",
		Long: `check reads the configuration and its policies, and says what is wrong or
suspicious, each with file, line and column. It reads no secret and needs no network.

With --rules it prints the rules in the order in which they are looked at; with
--strict it fails where anything is suspicious.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return g.check(c) },
	}
	cmd.Flags().BoolVar(&c.strict, "strict", false, "take what is suspicious for wrong")
	cmd.Flags().BoolVar(&c.rules, "rules", false, "print the rules in the order in which they are looked at")
	cmd.Flags().BoolVar(&c.asJSON, "json", false, "print JSON")
	return cmd
}

// checkReport is what check says as JSON. Where the configuration is wrong, there is
// nothing but its problems.
type checkReport struct {
	Config   string         `json:"config"`
	OK       bool           `json:"ok"`
	Mode     portfolio.Mode `json:"mode,omitempty"`
	Policy   string         `json:"policy,omitempty"` // its hash
	Accounts int            `json:"accounts"`         // that are acted on
	Sources  int            `json:"sources"`          // of pushes
	Problems []problem      `json:"problems"`         // in the order of the files and their lines
	Rules    []checkRule    `json:"rules,omitempty"`  // as they are looked at, where they were asked for
}

// problem is what is wrong, or suspicious.
type problem struct {
	Severity string `json:"severity"` // "error" or "warning"; with --strict all are errors
	File     string `json:"file"`
	Line     int    `json:"line"` // from 1 on; 0: the file as a whole
	Col      int    `json:"col"`  // in characters
	Text     string `json:"text,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

func problemsOf(severity string, all config.Problems) []problem {
	out := make([]problem, 0, len(all))
	for _, p := range all {
		out = append(out, problem{severity, p.File, p.Line, p.Col, p.LineText, p.Message, p.Hint})
	}
	return out
}

// check says whether the configuration is in order.
func (g *globals) check(c checking) error {
	cfg, err := config.Load(g.config, g.env)
	if err != nil {
		if problems, ok := errors.AsType[*config.Problems](err); ok && c.asJSON {
			return errors.Join(printJSON(g.io.out, checkReport{Config: g.config, Problems: problemsOf("error", *problems)}), err)
		}
		return err
	}
	var failed error
	severity := "warning"
	if n := len(cfg.Warnings); c.strict && n > 0 {
		severity = "error"
		failed = usageError{fmt.Errorf("%s is not in order: %s, and --strict takes what is suspicious for wrong", cfg.Path, plural(n, "warning"))}
	}
	sources := 0
	for _, a := range cfg.Accounts {
		if a.Source {
			sources++
		}
	}
	if c.asJSON {
		report := checkReport{
			Config: cfg.Path, OK: failed == nil, Mode: cfg.Mode, Policy: cfg.Policy.Hash, Accounts: len(cfg.Accounts) - sources, Sources: sources,
			Problems: problemsOf(severity, cfg.Warnings),
		}
		if c.rules {
			report.Rules = rulesAsLooked(cfg, 0)
		}
		return errors.Join(printJSON(g.io.out, report), failed)
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintf(g.io.err, "%s: %s\n", severity, w)
	}
	if c.rules {
		if err := printRules(g.io.out, styleOf(g.io.tty), cfg); err != nil {
			return err
		}
	}
	if failed != nil {
		return failed
	}
	text := fmt.Sprintf("%s is in order: mode %s, %s, %s", cfg.Path, cfg.Mode,
		plural(len(cfg.Accounts)-sources, "account"), plural(len(cfg.Policy.Rules), "rule"))
	if sources > 0 {
		text += fmt.Sprintf(", %s of pushes", plural(sources, "source"))
	}
	if n := len(cfg.Warnings); n > 0 {
		text += ", " + plural(n, "warning")
	}
	_, err = fmt.Fprintf(g.io.out, "%s; policy %s\n", text, cfg.Policy.Hash)
	return err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
