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

// TestDocumentsNameWhatThereIs: every command that a document tells people to type is
// there, with the flags that it is given.
func TestDocumentsNameWhatThereIs(t *testing.T) {
	typed := regexp.MustCompile("domaind ([a-z][a-z-]*)([^`\"|;\n]*)")
	flag := regexp.MustCompile(`(?:^|\s)--?([a-z][a-z-]*)`)
	root := newRoot(std{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
	commands := make(map[string]*cobra.Command)
	for _, cmd := range root.Commands() {
		commands[cmd.Name()] = cmd
	}
	code := regexp.MustCompile("(?m)`[^`\n]*`|^    .*$|\"domaind [^\"\n]*\"")
	seen := 0
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "docs/policy.md", "config.example.toml", "systemd/domaind.service"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range code.FindAllString(string(text), -1) {
			for _, found := range typed.FindAllStringSubmatch(strings.ReplaceAll(piece, "sudo -u domaind ", ""), -1) {
				cmd, ok := commands[found[1]]
				if !ok {
					t.Errorf("%s: there is no command %q (%s)", name, found[1], piece)
					continue
				}
				seen++
				args, _, _ := strings.Cut(found[2], " #")
				for _, f := range flag.FindAllStringSubmatch(args, -1) {
					flags := cmd.Flags()
					if f[1] == "help" {
						continue // which every command has once it runs
					}
					if flags.Lookup(f[1]) == nil && cmd.InheritedFlags().Lookup(f[1]) == nil && (len(f[1]) > 1 || flags.ShorthandLookup(f[1]) == nil && cmd.InheritedFlags().ShorthandLookup(f[1]) == nil) {
						t.Errorf("%s: domaind %s has no flag %q (%s)", name, found[1], f[1], piece)
					}
				}
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d commands were found in the documents", seen)
	}
}
