package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestBroken loads each configuration of testdata/broken, and compares what is
// said of it with the golden file beside it.
func TestBroken(t *testing.T) {
	t.Chdir(filepath.Join("testdata", "broken"))
	paths, err := filepath.Glob("*.toml")
	if err != nil || len(paths) < 45 {
		t.Fatalf("%d broken configurations, %v; want at least 45", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(path, ".toml"), func(t *testing.T) {
			cfg, err := Load(path, Env{Lookup: noVariables})
			if err == nil || cfg != nil {
				t.Fatalf("loaded %s: %+v", path, cfg)
			}
			checkProblems(t, err, os.ReadFile)
			got := err.Error() + "\n"
			if strings.Contains(got, "s3cr3t") {
				t.Errorf("the secret is shown:\n%s", got)
			}
			golden := strings.TrimSuffix(path, ".toml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// checkProblems checks what holds for the problems of any configuration: there are
// some, they are in order, and each has a place inside its file, or none at all.
func checkProblems(t *testing.T, err error, read func(string) ([]byte, error)) {
	t.Helper()
	problems, ok := errors.AsType[*Problems](err)
	if !ok || len(*problems) == 0 {
		t.Fatalf("%T is no list of problems: %v", err, err)
	}
	for i, p := range *problems {
		if p.Message == "" || p.File == "" {
			t.Errorf("problem %d says nothing: %+v", i, p)
		}
		if p.Line == 0 && p.Col == 0 {
			continue
		}
		text, err := read(p.File)
		if err != nil {
			t.Errorf("problem %d is in a file that is not there: %v", i, err)
			continue
		}
		lines := strings.Split(string(text), "\n")
		if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || p.Col > len([]rune(lines[p.Line-1]))+1 {
			t.Errorf("problem %d is outside of its file: %s", i, p)
		}
		if i > 0 {
			before := (*problems)[i-1]
			if before.File == p.File && (before.Line > p.Line || before.Line == p.Line && before.Col > p.Col) {
				t.Errorf("problems %d and %d are not in order:\n%s\n%s", i-1, i, before, p)
			}
		}
	}
}

// noVariables is an environment without any.
func noVariables(string) (string, bool) { return "", false }
