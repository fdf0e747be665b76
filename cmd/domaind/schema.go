package main

import (
	"github.com/spf13/cobra"

	"domaind/internal/config"
)

func newSchema(g *globals) *cobra.Command {
	var policy bool
	cmd := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the configuration, for editors",
		Long: `schema prints what an editor needs to know every key of a configuration: what it is
for, what may stand there, and which keys belong together. It is a JSON Schema
(draft-07), made from the same words as check, and reads no file. Write it beside your
configuration, and name it in its first line:

  domaind schema > config.schema.json
  #:schema ./config.schema.json

Files that "policies" names have only [[rule]] and [groups]: --policy is for them.
What a schema cannot tell (what a name refers to, what stands in other files), check does.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			text := config.Schema()
			if policy {
				text = config.PolicySchema()
			}
			_, err := g.io.out.Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&policy, "policy", false, "that of a policy file")
	return cmd
}
