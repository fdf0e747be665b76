package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"domaind/internal/cases"
	"domaind/internal/config"
	"domaind/internal/control"
	"domaind/internal/facts"
)

func newTest(g *globals) *cobra.Command {
	var asJSON, coverage bool
	cmd := &cobra.Command{
		Use: "test [FILE]…", Short: "Hold the policy against cases: what it is expected to say", Args: cobra.ArbitraryArgs,
		Long: `test reads cases, each a domain, push, registrant change or watched name at a moment with
what the policy is expected to say of it, and tells where it says something else. Without a
FILE these are the files *.test.toml beside the configuration. It needs neither network
nor tokens nor state.

It ends with 1 where a case fails, or with --require-coverage where a rule is reached by
no case.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := g.test(cmd.Context(), args)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(g.io.out, report)
			} else {
				err = printReport(g, report)
			}
			var failed []string
			if report.Failed > 0 {
				failed = append(failed, fmt.Sprintf("%d of %s failed", report.Failed, plural(len(report.Cases), "case")))
			}
			if n := len(report.Unreached); coverage && n > 0 {
				failed = append(failed, fmt.Sprintf("%s of the policy reached by no case", manyAre(n, "rule")))
			}
			if err == nil && len(failed) > 0 {
				return errors.New(strings.Join(failed, "; "))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&coverage, "require-coverage", false, "fail where a rule is reached by no case")
	return cmd
}

func manyAre(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return fmt.Sprintf("%d %ss are", n, what)
}

// test holds the policy against the cases in files.
func (g *globals) test(ctx context.Context, files []string) (cases.Report, error) {
	g.config = mainFile(g.config)
	cfg, err := g.load()
	if err != nil {
		return cases.Report{}, err
	}
	if len(files) == 0 {
		if files, err = casesBeside(g.config); err != nil {
			return cases.Report{}, err
		}
	}
	all, err := config.LoadCases(files, cfg, g.env)
	if err != nil {
		return cases.Report{}, usageError{errors.New("the cases cannot be used\n" + err.Error())}
	}
	return cases.Run(all, cfg, func(f *facts.Facts) (control.Plan, error) {
		return control.InProcess(offlineOf(f, cfg, f.At).Handler(), g.who()).Plan(ctx, true)
	})
}

// casesBeside are the files of cases beside a configuration.
func casesBeside(path string) ([]string, error) {
	dir := filepath.Dir(path)
	pattern := filepath.Join(strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir), "*"+config.CasesSuffix)
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return nil, usageError{fmt.Errorf("there are no cases: no file *%s lies beside %s; name one", config.CasesSuffix, path)}
	}
	slices.Sort(files)
	return files, nil
}

// printReport writes what failed, and what no case reaches.
func printReport(g *globals, r cases.Report) error {
	s := styleOf(g.io.tty)
	var b strings.Builder
	for _, c := range r.Cases {
		if c.Passed {
			continue
		}
		fmt.Fprintf(&b, "%s %s: %s\n", s.paint(red, "FAIL"), clean(c.At), s.paint(bold, clean(c.Title)))
		for _, d := range c.Differences {
			fmt.Fprintf(&b, "  %s: %s\n      want %s\n      got  %s\n", clean(d.At), d.Key, s.paint(green, values(d.Want)), s.paint(red, values(d.Got)))
		}
		it := c.Item
		fmt.Fprintf(&b, "  it says: %s: %s\n", standText(&control.Stand{Verdict: it.Verdict, Code: it.Code, Do: it.Do, Rule: it.Rule, Price: it.Price}), clean(it.Reason))
	}
	fmt.Fprintf(&b, "%s passed, %d failed (policy %s)\n", plural(r.Passed, "case"), r.Failed, r.Policy)
	if len(r.Unreached) > 0 {
		fmt.Fprintf(&b, "%s reached by no case:\n", manyAre(len(r.Unreached), "rule"))
		for _, rule := range r.Unreached {
			fmt.Fprintf(&b, "  %s (%s)\n", rule.Rule, rule.At)
		}
	}
	_, err := fmt.Fprint(g.io.out, b.String())
	return err
}

// values are what was wanted or is, as a case writes it.
func values(all []string) string {
	quoted := make([]string, len(all))
	for i, v := range all {
		quoted[i] = fmt.Sprintf("%q", clean(v))
	}
	if len(all) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
