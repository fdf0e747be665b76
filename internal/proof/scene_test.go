package proof

import (
	"io/fs"
	"testing"

	"domaind/internal/config"
)

// scene is how a world begins: what DNSimple holds, and what domaind is told to do.
type scene struct {
	portfolio string // the tables of domains, pushes and changes
	cfg       *config.Config
	held      *config.Config // the same with a rule that holds everything; nil: there is none
	strangers []int64        // pushes that must never be accepted
	uncovered []string
}

const worldAccounts = `
[limits]
requests_per_hour = 5000
[[account]]
id = 1010
name = "main"
tokens = ["token-main", "token-person"]
[[account]]
id = 3030
name = "studio"
tokens = ["token-studio", "token-partner"]
[[account]]
id = 9090
name = "stranger"
[[contact]]
id = 2715
account = "main"
[[contact]]
id = 2716
account = "main"
organization_name = "Other Ltd"
[[contact]]
id = 3715
account = "studio"
`

// studioIdentifier is by what others push domains to studio.
const studioIdentifier = "00000000-0000-7000-8000-000000003030"

const worldConfig = `
mode = "act"
[dnsimple]
requests_per_hour = 1000
[[account]]
name = "main"
id = 1010
token = { env = "MAIN" }
contacts = { default = 2715 }
[[account]]
name = "studio"
id = 3030
token = { env = "STUDIO" }
role = "source"
`

// parseConfig reads a configuration that is not on disk.
func parseConfig(tb testing.TB, policy string) *config.Config {
	tb.Helper()
	cfg, err := config.Load("policy.toml", config.Env{
		Lookup: func(string) (string, bool) { return "", false },
		ReadFile: func(path string) ([]byte, error) {
			if path != "policy.toml" {
				return nil, fs.ErrNotExist
			}
			return []byte(worldConfig + policy), nil
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}
