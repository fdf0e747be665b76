package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// api is a simulated DNSimple behind a front that a test can have misbehave.
type api struct {
	*httptest.Server
	world *sandbox.Server
	// front answers in place of the sandbox where it returns true. It is called with
	// nothing locked.
	front func(w http.ResponseWriter, r *http.Request, world http.Handler) bool

	mu       sync.Mutex
	requests []string // method and path with its query, as they arrive at the front
}

func newAPI(t *testing.T, world string, front func(http.ResponseWriter, *http.Request, http.Handler) bool) *api {
	t.Helper()
	p, err := sandbox.ParsePortfolio([]byte(world), "world.toml")
	if err != nil {
		t.Fatal(err)
	}
	a := &api{front: front}
	if a.world, err = sandbox.New(sandbox.Options{Portfolio: p, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.requests = append(a.requests, r.Method+" "+r.URL.RequestURI())
	a.mu.Unlock()
	if a.front == nil || !a.front(w, r, a.world) {
		a.world.ServeHTTP(w, r)
	}
}

// arrived gives the requests that begin with a text.
func (a *api) arrived(prefix string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.requests), func(r string) bool { return !strings.HasPrefix(r, prefix) })
}

// place is a folder with a configuration for an API.
type place struct {
	t   *testing.T
	dir string
}

const smallPolicy = `
mode = "act"
state_dir = "state"
[dnsimple]
endpoint = %q
[[account]]
name = "main"
id = 1010
token = { file = "main.token" }
[spending]
max_per_purchase = "100.00"
max_per_day = "1000.00"
max_per_month = "1000.00"
[nats]
listen = "127.0.0.1:0"
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "30d" }
do = "renew"
`

func newPlace(t *testing.T, endpoint string) place {
	t.Helper()
	p := place{t, t.TempDir()}
	for name, text := range map[string]string{
		"config.toml": fmt.Sprintf(smallPolicy, endpoint), "main.token": "token-main",
	} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p place) env() []string {
	return []string{"DOMAIND_CONFIG=" + filepath.Join(p.dir, "config.toml"), "HOME=" + p.dir, "TMPDIR=" + p.dir}
}

// start starts domaind there.
func (p place) start(args ...string) *process {
	p.t.Helper()
	d, err := spawn(p.dir, p.env(), args...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(d.kill)
	return d
}

// run runs domaind to its end, and gives its exit code and all that it wrote.
func (p place) run(args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	d := p.start(args...)
	code, err := d.wait()
	if err != nil {
		p.t.Fatal(err)
	}
	if said := d.err.String(); strings.Contains(said, "goroutine ") || strings.Contains(said, "panic") {
		p.t.Fatalf("it panicked:\n%s", said)
	}
	return code, d.out.String(), d.err.String()
}

func (p place) ledger() []control.Row {
	p.t.Helper()
	code, out, said := p.run("ledger", "--json")
	var rows []control.Row
	if err := json.Unmarshal([]byte(out), &rows); code != 0 || err != nil {
		p.t.Fatalf("ledger ended with %d: %v\n%s%s", code, err, out, said)
	}
	return rows
}

const oneDomain = `
[[account]]
id = 1010
name = "main"
tokens = ["token-main"]
[[domain]]
id = 7
account = "main"
name = "only.com"
expires = "+3d"
`

const renewals = "POST /v2/1010/registrar/domains/only.com/renewals"

// withheld is a front that withholds the answer of a renewal: it tells that it
// arrived, and answers when it is let go, if at all.
func withheld(effect bool) (front func(http.ResponseWriter, *http.Request, http.Handler) bool, arrived <-chan struct{}, letGo func()) {
	here, release := make(chan struct{}, 16), make(chan struct{})
	letGo = sync.OnceFunc(func() { close(release) })
	return func(w http.ResponseWriter, r *http.Request, world http.Handler) bool {
		if r.Method != http.MethodPost {
			return false
		}
		// Only once the body is read the server notices that the caller is gone.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return true
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		if effect {
			world.ServeHTTP(answer, r)
		}
		here <- struct{}{}
		select {
		case <-release:
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		case <-r.Context().Done(): // the caller is gone
		}
		return true
	}, here, letGo
}

func wait(t *testing.T, what <-chan struct{}) {
	t.Helper()
	select {
	case <-what:
	case <-time.After(within):
		t.Fatal("it did not come")
	}
}

// TestKilled kills the daemon while the answer of a renewal is withheld, and starts
// it again: nothing is bought twice, and what is not certain is told.
func TestKilled(t *testing.T) {
	for _, args := range [][]string{{"run"}, {"run", "--once"}} {
		for _, effect := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, effect %v", strings.Join(args, " "), effect), func(t *testing.T) {
				t.Parallel()
				front, arrived, letGo := withheld(effect)
				defer letGo()
				a := newAPI(t, oneDomain, front)
				p := newPlace(t, a.URL)
				d := p.start(args...)
				wait(t, arrived)
				d.kill()

				for range 2 {
					code, out, said := p.run("run", "--once", "--settle", "2s")
					if code != 0 {
						t.Fatalf("the next run ended with %d\n%s%s", code, out, said)
					}
					rows := p.ledger()
					if len(rows) != 1 || rows[0].Sent != 1 {
						t.Fatalf("ledger: %+v", rows)
					}
					row := rows[0]
					if effect && (row.State != portfolio.StateDone || row.Attention || row.Price != 1500) {
						t.Errorf("the expiration moved, and the row is %+v", row)
					}
					if !effect && (row.State != portfolio.StateUnknown || !row.Attention || row.Reserved != 1500) {
						t.Errorf("the expiration stands still, and the row is %+v", row)
					}
				}
				if got := a.arrived("POST"); !slices.Equal(got, []string{renewals}) {
					t.Errorf("these left: %q", got)
				}
				if charges := a.world.Charges(); len(charges) > 1 || (len(charges) == 1) != effect {
					t.Errorf("charges: %+v", charges)
				}
			})
		}
	}
}

// TestKilledIsAnnounced looks at what the run after the kill says.
func TestKilledIsAnnounced(t *testing.T) {
	t.Parallel()
	front, arrived, letGo := withheld(false)
	defer letGo()
	a := newAPI(t, oneDomain, front)
	p := newPlace(t, a.URL)
	d := p.start("run")
	wait(t, arrived)
	d.kill()
	_, out, said := p.run("run", "--once", "--settle", "0s")
	if !strings.Contains(out, "alert   renew only.com: it may have been bought") {
		t.Errorf("no alert:\n%s", out)
	}
	if !strings.Contains(said, "1 operation not ended yet") {
		t.Errorf("stderr:\n%s", said)
	}
	if got := a.arrived("POST"); len(got) != 1 {
		t.Errorf("these left: %q", got)
	}
}

// TestTold ends the daemon in the ordinary way while the answer of a renewal is
// withheld: it waits for the answer, writes what it says, and begins nothing new.
func TestTold(t *testing.T) {
	for _, args := range [][]string{{"run"}, {"run", "--once"}} {
		for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
			t.Run(fmt.Sprintf("%s, %s", strings.Join(args, " "), signal), func(t *testing.T) {
				t.Parallel()
				front, arrived, letGo := withheld(true)
				defer letGo()
				a := newAPI(t, oneDomain+"[[domain]]\naccount = \"main\"\nname = \"next.com\"\nexpires = \"+4d\"\n", front)
				p := newPlace(t, a.URL)
				d := p.start(args...)
				wait(t, arrived)
				if err := d.cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), within)
				defer cancel()
				if _, err := d.err.await(ctx, func(s string) bool { return strings.Contains(s, "a call under way is finished first") }); err != nil {
					t.Fatalf("%v\n%s", err, d.err)
				}
				letGo()
				if code, err := d.wait(); code != 0 || err != nil {
					t.Fatalf("it ended with %d: %v\n%s%s", code, err, d.out, d.err)
				}
				if got := a.arrived("POST"); !slices.Equal(got, []string{renewals}) {
					t.Errorf("these left: %q", got)
				}
				rows := p.ledger()
				if len(rows) != 1 || rows[0].State != portfolio.StatePending && rows[0].State != portfolio.StateDone {
					t.Errorf("the answer was not written: %+v", rows)
				}
				if code, out, said := p.run("run", "--once"); code != 0 {
					t.Errorf("the next run ended with %d\n%s%s", code, out, said)
				}
				for _, row := range p.ledger() {
					if row.State != portfolio.StateDone || row.Sent != 1 || row.Attention {
						t.Errorf("in the end: %+v", row)
					}
				}
				if got := a.arrived("POST"); len(got) != 2 {
					t.Errorf("these left in all: %q", got)
				}
			})
		}
	}
}

// TestToldTwice ends the daemon at once, with a second signal.
func TestToldTwice(t *testing.T) {
	t.Parallel()
	front, arrived, letGo := withheld(true)
	defer letGo()
	a := newAPI(t, oneDomain, front)
	p := newPlace(t, a.URL)
	d := p.start("run")
	wait(t, arrived)
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	if _, err := d.err.await(ctx, func(s string) bool { return strings.Contains(s, "a call under way") }); err != nil {
		t.Fatal(err)
	}
	// The first signal may still be being dealt with when the second comes.
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for ended := false; !ended; {
		select {
		case <-again.C:
			_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		case <-d.ended:
			ended = true
		case <-ctx.Done():
			t.Fatal("a second signal does not end it")
		}
	}
	if code := d.cmd.ProcessState.ExitCode(); code != -1 {
		t.Fatalf("it ended with %d, not by the signal", code)
	}
	if code, out, said := p.run("run", "--once"); code != 0 {
		t.Fatalf("the next run ended with %d\n%s%s", code, out, said)
	}
	rows := p.ledger()
	if len(rows) != 1 || rows[0].State != portfolio.StateDone || rows[0].Sent != 1 {
		t.Errorf("ledger: %+v", rows)
	}
	if got := a.arrived("POST"); len(got) != 1 {
		t.Errorf("these left: %q", got)
	}
}
