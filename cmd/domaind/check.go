package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newCheck(g *globals) *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Check the configuration",
		Long: `check reads the configuration and its policies, and says what is wrong or
suspicious, each with file, line and column. It reads no secret and needs no network.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := g.load()
			if err != nil {
				return err
			}
			sources := 0
			for _, a := range cfg.Accounts {
				if a.Source {
					sources++
				}
			}
			text := fmt.Sprintf("%s is in order: mode %s, %s, %s", cfg.Path, cfg.Mode,
				plural(len(cfg.Accounts)-sources, "account"), plural(len(cfg.Policy.Rules), "rule"))
			if sources > 0 {
				text += fmt.Sprintf(", %s of pushes", plural(sources, "source"))
			}
			_, err = fmt.Fprintf(g.io.out, "%s; policy %s\n", text, cfg.Policy.Hash)
			return err
		},
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
