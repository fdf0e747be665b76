package scale

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	account = "1010"
	token   = "token-main"
	perPage = 100

	byExpiration = "expiration" // what a domain scan sorts by first
	byID         = "id"         // what a sweep sorts by
)

// world is a simulated DNSimple with an account of some size, in a process of its own, and
// a folder with a configuration for it.
type world struct {
	tb       testing.TB
	dir      string
	binary   string
	endpoint string
	inside   int // domains before the boundary of the domain scan
	pages    int // of the whole list
}

// The domains that are inside the horizon of 60 days are not due for renewal yet, so that
// nothing but reading is measured.
const portfolio = `
[limits]
requests_per_hour = 1000000000
[[account]]
id = 1010
name = "main"
tokens = ["token-main"]
[[contact]]
id = 2715
account = "main"
[[many]]
account = "main"
count = %d
pattern = "soon-%%07d.com"
expires_from = "+46d"
expires_to = "+59d"
[[many]]
account = "main"
count = %d
pattern = "bulk-%%07d.com"
expires_from = "+200d"
expires_to = "+9y"
`

const configuration = `
mode = "dry-run"
state_dir = "state"
[dnsimple]
endpoint = %q
requests_per_hour = 100000
[[account]]
name = "main"
id = 1010
token = { file = "main.token" }
contacts = { default = 2715 }
[nats]
listen = "127.0.0.1:0"
`

// newWorld starts a simulated DNSimple with n domains, of which some are inside the
// horizon.
func newWorld(tb testing.TB, binary string, n, inside, rules int) *world {
	tb.Helper()
	w := &world{tb: tb, dir: tb.TempDir(), binary: binary, inside: inside, pages: (n + perPage - 1) / perPage}
	w.write("portfolio.toml", fmt.Sprintf(portfolio, w.inside, n-w.inside))
	w.write("main.token", token)
	cmd := exec.CommandContext(tb.Context(), binary, "sandbox", "--listen", "127.0.0.1:0", "--portfolio", "portfolio.toml")
	cmd.Dir, cmd.Stderr = w.dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill() // it has nothing to lose
		_ = cmd.Wait()
	})
	first, err := bufio.NewReader(out).ReadString('\n')
	at := strings.Index(first, "http://")
	if err != nil || at < 0 {
		tb.Fatalf("the sandbox said %q: %v", first, err)
	}
	w.endpoint = strings.TrimSpace(first[at:])
	w.write("config.toml", fmt.Sprintf(configuration, w.endpoint)+policy(rules))
	return w
}

func (w *world) write(name, text string) {
	w.tb.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.tb.Fatal(err)
	}
}

// policy is a number of rules, of the kinds that policies are made of: most of them for some names or some suffixes, none
// of which an account here has, and at last one that covers all.
func policy(rules int) string {
	var b strings.Builder
	for i := range rules - 1 {
		fmt.Fprintf(&b, "[[rule]]\nname = \"rule-%03d\"\non = \"domain\"\n", i)
		switch i % 5 {
		case 0:
			fmt.Fprintf(&b, "match = { name = \"brand%d-*.com\", expires_within = \"45d\" }\ndo = \"renew\"\n", i)
		case 1:
			fmt.Fprintf(&b, "match = { name = [\"exact%d.net\", \"exact%d.org\"], expires_within = \"30d\" }\ndo = \"renew\"\n", i, i)
		case 2:
			fmt.Fprintf(&b, "match = { name = \"*-shop%d.*\" }\ndo = \"hold\"\nreason = \"sold\"\n", i)
		case 3:
			fmt.Fprintf(&b, "match = { tld = [\"io\", \"co.uk\"], registrant = %d }\ndo = \"alert\"\nlevel = \"notice\"\n", 9000+i)
		default:
			fmt.Fprintf(&b, "match = { name = \"old%d.*\", auto_renew = true, expires_within = \"45d\" }\ndo = \"let-lapse\"\nreason = \"unused\"\n", i)
		}
	}
	b.WriteString("[[rule]]\nname = \"rest\"\non = \"domain\"\nmatch = { expires_within = \"45d\" }\ndo = \"renew\"\n")
	return b.String()
}

// counts asks the sandbox how many pages it gave of the list, by what they were sorted by first.
func (w *world) counts() map[string]int {
	w.tb.Helper()
	request, err := http.NewRequestWithContext(w.tb.Context(), http.MethodGet, w.endpoint+"/_sandbox/requests", http.NoBody)
	if err != nil {
		w.tb.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		w.tb.Fatal(err)
	}
	defer answer.Body.Close()
	var said struct {
		Counts map[string]int `json:"counts"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		w.tb.Fatal(err)
	}
	out := make(map[string]int)
	for kind, n := range said.Counts {
		if sort, ok := strings.CutPrefix(kind, "GET /v2/"+account+"/domains?sort="); ok {
			by, _, _ := strings.Cut(sort, ":")
			out[by] += n
		}
	}
	return out
}

// pass lets the daemon make one pass over all its jobs.
func (w *world) pass() cost {
	w.tb.Helper()
	return measure(w.tb, w.dir, nil, w.binary, "run", "--once", "--settle", "0s", "--config", "config.toml")
}

// bare lets the bare loop of the SDK read the whole list.
func (w *world) bare() cost {
	w.tb.Helper()
	self, err := os.Executable()
	if err != nil {
		w.tb.Fatal(err)
	}
	return measure(w.tb, w.dir, []string{bareRole + "=" + w.endpoint}, self)
}
