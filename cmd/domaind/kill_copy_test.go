//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOldCopy puts an old copy of the state back while a renewal that it knows nothing
// of is under way, whose effect does not show yet: that is found out, and nothing is
// bought, after an ordinary resume neither. Only who overrules it may.
func TestOldCopy(t *testing.T) {
	t.Parallel()
	a := newAPI(t, oneDomain+"renewal = { takes = \"1h\" }\n", nil)
	p := newPlace(t, a.URL)
	mode := func(from, to string) {
		t.Helper()
		path := filepath.Join(p.dir, "config.toml")
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	pass := func(codes ...int) string {
		t.Helper()
		code, out, said := p.run("run", "--once", "--settle", "0s")
		if !slices.Contains(codes, code) {
			t.Fatalf("it ended with %d\n%s%s", code, out, said)
		}
		return out
	}
	path := filepath.Join(p.dir, "state", "state.db")

	mode(`mode = "act"`, `mode = "dry-run"`)
	pass(0)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mode(`mode = "dry-run"`, `mode = "act"`)
	pass(0)
	if got := a.arrived("POST"); !slices.Equal(got, []string{renewals}) {
		t.Fatalf("these left: %q", got)
	}

	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := pass(0); !strings.Contains(out, "The state may be an old copy") {
		t.Errorf("it does not say so:\n%s", out)
	}
	if code, out, said := p.run("resume"); code != 1 || !strings.Contains(said, "--after-restore") {
		t.Errorf("resume ended with %d\n%s%s", code, out, said)
	}
	pass(0)
	if got := a.arrived("POST"); len(got) != 1 || len(p.ledger()) != 0 {
		t.Errorf("these left: %q", got)
	}

	if code, out, said := p.run("resume", "--after-restore"); code != 0 {
		t.Errorf("resume --after-restore ended with %d\n%s%s", code, out, said)
	}
	pass(0)
	if got := a.arrived("POST"); len(got) != 2 { // DNSimple refuses it, since one is under way
		t.Errorf("these left: %q", got)
	}
}
