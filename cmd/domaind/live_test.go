package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"domaind/internal/config"
)

// TestNeedsRestart: what is read once is told apart from what a reload may change.
func TestNeedsRestart(t *testing.T) {
	const before = `mode = "act"
instance = "one"
state_dir = "state"
timezone = "UTC"

[dnsimple]
endpoint = "https://api.dnsimple.com"
requests_per_hour = 100
auto_renewal_window = "14d"

[[account]]
name = "main"
id = 1010
token = { env = "TOKEN" }
contacts = { default = 1 }

[schedule]
domains = "@hourly"

[spending]
max_per_purchase = "10.00"
max_per_day = "20.00"
max_per_month = "30.00"

[nats]
url = ["tls://nats.example.com:4222"]
credentials = { file = "nats.creds" }

[[rule]]
name = "renew"
on = "domain"
match = { expires_within = "30d" }
do = "renew"
`
	path := filepath.Join(t.TempDir(), "config.toml") // others are relative to it
	load := func(text string) *config.Config {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(path, config.OSEnv())
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	for _, tt := range []struct {
		old, new string
		want     []string
	}{
		{"", "", nil},
		{`"one"`, `"two"`, []string{"instance"}},
		{`"state"`, `"elsewhere"`, []string{"state_dir"}},
		{`"UTC"`, `"Europe/Berlin"`, []string{"timezone"}},
		{"api.dnsimple", "api.sandbox.dnsimple", []string{"[dnsimple] endpoint"}},
		{"= 100", "= 200", []string{"[dnsimple] requests_per_hour"}},
		{`"main"`, `"first"`, []string{"the accounts, their tokens or roles"}},
		{"id = 1010", "id = 1011", []string{"the accounts, their tokens or roles"}},
		{`"TOKEN"`, `"OTHER"`, []string{"the accounts, their tokens or roles"}},
		{"@hourly", "@daily", []string{"[schedule]"}},
		{"nats.example", "other.example", []string{"[nats]"}},
		{`mode = "act"`, `mode = "dry-run"`, nil},
		{`"14d"`, `"7d"`, nil},
		{"default = 1", "default = 2", nil},
		{`"30.00"`, `"40.00"`, nil},
		{`"30d"`, `"45d"`, nil},
	} {
		if got := needsRestart(load(before), load(strings.Replace(before, tt.old, tt.new, 1))); !slices.Equal(got, tt.want) {
			t.Errorf("%q for %q: %v, want %v", tt.new, tt.old, got, tt.want)
		}
	}
}
