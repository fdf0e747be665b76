package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSuspicious loads each configuration of testdata/suspicious, which is right, and
// compares what is suspicious in it with the golden file beside it.
func TestSuspicious(t *testing.T) {
	t.Chdir(filepath.Join("testdata", "suspicious"))
	paths, err := filepath.Glob("*.toml")
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d suspicious configurations, %v; want at least 15", len(paths), err)
	}
	noon := func() time.Time { return time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC) }
	for _, path := range paths {
		t.Run(strings.TrimSuffix(path, ".toml"), func(t *testing.T) {
			cfg, err := Load(path, Env{Lookup: noVariables, Now: noon})
			if err != nil {
				t.Fatal(err)
			}
			if len(cfg.Warnings) == 0 {
				t.Fatal("nothing is suspicious")
			}
			checkProblems(t, &cfg.Warnings, os.ReadFile)
			got := cfg.Warnings.Error() + "\n"
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
