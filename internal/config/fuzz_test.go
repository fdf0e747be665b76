package config

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// FuzzLoad feeds arbitrary text to every kind of file. Whatever it is, there is
// either a configuration that can be used, or an error with places inside the files.
func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/broken/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(paths, examplePath) {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte(more), []byte("# names\nlisted.example\n"))
	}
	f.Add([]byte(full), []byte(more), []byte("a.example\n"))
	f.Add([]byte("'⏰"), []byte("'000000#"), []byte("'"))
	f.Add([]byte(full), []byte("[[rule]]\r\nname=\"a\"\rb"), []byte("\xff"))
	f.Add([]byte("'ꢙ"), []byte("'"), []byte{})
	f.Fuzz(func(t *testing.T, main, policy, group []byte) {
		env := files{
			"dir/config.toml": string(main), "dir/more/policy.toml": string(policy), "dir/names.txt": string(group),
		}.env(nil)
		cfg, err := Load("dir/config.toml", env)
		if err != nil {
			if cfg != nil {
				t.Fatal("both a configuration and an error")
			}
			checkProblems(t, err, env.ReadFile)
			return
		}
		if err := validate(t, "config", string(main)); err != nil {
			t.Fatalf("it loads, and its schema refuses it: %v", err)
		}
		p := cfg.Policy
		if p == nil || p.Location == nil || len(p.Hash) != 12 || len(p.Accounts) != len(cfg.Accounts) || len(cfg.Accounts) == 0 {
			t.Fatalf("a configuration that cannot be used: %+v", cfg)
		}
		if cfg.Mode != p.Mode || cfg.Mode != "act" && cfg.Mode != "ask" && cfg.Mode != "dry-run" {
			t.Fatalf("mode %q, %q", cfg.Mode, p.Mode)
		}
		if s := cfg.Spending; cfg.Mode != "dry-run" && (s.MaxPerPurchase == nil || s.MaxPerDay == nil || s.MaxPerMonth == nil) {
			t.Fatalf("it may spend without a ceiling: %+v", s)
		}
		if len(p.BeforeExpiry) == 0 || !slices.IsSortedFunc(p.BeforeExpiry, func(a, b rules.Distance) int { return b.Compare(a) }) {
			t.Fatalf("warning distances %v", p.BeforeExpiry)
		}
		names := map[string]bool{}
		for _, r := range p.Rules {
			if r.Name == "" || names[r.Name] || r.On == "" || r.Do == "" || r.At == "" {
				t.Fatalf("a rule that cannot be used: %+v", r)
			}
			names[r.Name] = true
			if r.Do == "renew" && (r.Years < 1 || r.Match.Expires.IsZero()) || r.Do == "accept" && len(r.Match.Sources) == 0 {
				t.Fatalf("a rule without its guard: %+v", r)
			}
			if r.On == portfolio.KindName {
				checkWatched(t, cfg, r)
			}
		}
	})
}

// checkWatched checks a rule on names: it watches some, all of them written in full,
// and in one account, which has the contact for a registration.
func checkWatched(t *testing.T, cfg *Config, r rules.Rule) {
	t.Helper()
	watching := 0
	for _, a := range cfg.Policy.Accounts {
		names := r.Watches(a.ID)
		if a.Source || len(names) == 0 {
			continue
		}
		if watching++; r.Do == "register" && (r.Terms == nil || r.Contact == nil && a.DefaultContact == 0 || r.Contact != nil && r.Contact.In(a.ID) == 0) {
			t.Fatalf("it registers for nobody: %+v", r)
		}
		for _, name := range cfg.Policy.Names(a.ID) {
			if p, err := toPattern(name); err != nil || p.Wild() || p.String() != name {
				t.Fatalf("it watches %q", name)
			}
		}
	}
	if watching != 1 {
		t.Fatalf("it watches in %d accounts: %+v", watching, r)
	}
}
