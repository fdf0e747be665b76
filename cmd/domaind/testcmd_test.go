package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamplePolicy holds the example against the tests that it ships with: all pass, and
// they reach every rule.
func TestExamplePolicy(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"test", "--require-coverage", "--config", filepath.Join("..", "..", "config.example.toml")}, std{
		in: strings.NewReader(""), out: &out, err: &errs,
	})
	if code != exitDone || errs.Len() > 0 || !strings.Contains(out.String(), " passed, 0 failed") {
		t.Errorf("%d\n%s%s", code, out.String(), errs.String())
	}
}
