package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryCommandIsTold: each command stands in the README and in "domaind help", in a
// group, and says what it does.
func TestEveryCommandIsTold(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var help strings.Builder
	if code := run(t.Context(), []string{"help"}, std{in: strings.NewReader(""), out: &help, err: io.Discard}); code != exitDone {
		t.Fatal(code)
	}
	root := newRoot(std{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
	var names []string
	for _, cmd := range root.Commands() {
		name := cmd.Name()
		names = append(names, name)
		if !regexp.MustCompile("(?m)^\\|.*`(domaind )?" + name + "[` ].*\\|").Match(readme) {
			t.Errorf("%s is in no table of the README", name)
		}
		if !regexp.MustCompile(`(?m)^  ` + name + ` +\S`).MatchString(help.String()) {
			t.Errorf("%s is not in \"domaind help\"", name)
		}
		if cmd.GroupID == "" || cmd.Short == "" || cmd.Args == nil {
			t.Errorf("%s has no group, no description, or takes any arguments", name)
		}
	}
	if len(names) != 42 {
		t.Errorf("there are %d commands: %q", len(names), names)
	}
	if strings.Contains(help.String(), "Additional Commands") {
		t.Error("a command has no group")
	}
}

// TestByHandFlags: what is done by hand has the same flags everywhere, and what only
// looks has none that agree to anything.
func TestByHandFlags(t *testing.T) {
	root := newRoot(std{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
	has := func(cmd *cobra.Command, name string) bool {
		f := cmd.Flags().Lookup(name)
		return f != nil && !f.Hidden
	}
	for _, cmd := range root.Commands() {
		hand := cmd.GroupID == "hand"
		if has(cmd, "wait") != hand || has(cmd, "yes") != (hand && cmd.Name() != "delete" || cmd.Name() == "apply") || hand && (!has(cmd, "json") || !has(cmd, "account")) {
			t.Errorf("%s has other flags", cmd.Name())
		}
		if has(cmd, "code") {
			t.Errorf("%s takes a code as an argument", cmd.Name())
		}
	}
}
