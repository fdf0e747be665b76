package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// registry is "domaind sandbox" as a process of its own.
type registry struct {
	t   *testing.T
	url string
}

// newRegistry starts one with a world.
func newRegistry(t *testing.T, world string) *registry {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "world.toml"), []byte(world), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := spawn(dir, nil, "sandbox", "--listen", "127.0.0.1:0", "--portfolio", "world.toml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	said := regexp.MustCompile(`listens on (http://\S+)\n`)
	text, err := p.out.await(ctx, said.MatchString)
	if err != nil {
		t.Fatalf("the sandbox gives no URL: %v\n%s%s", err, text, p.err)
	}
	return &registry{t: t, url: said.FindStringSubmatch(text)[1]}
}

// ask makes a request under /_sandbox.
func (r *registry) ask(method, path string, in, out any) {
	r.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequest(method, r.url+"/_sandbox"+path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Close = true // the sandbox may be gone before an idle connection is
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		r.t.Fatalf("%s %s: %s %v: %s", method, path, resp.Status, err, text)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(text, out); err != nil {
		r.t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
}

func (r *registry) inject(f sandbox.Fault) { r.t.Helper(); r.ask(http.MethodPost, "/faults", f, nil) }

// mend removes the faults, and gives how many requests they hit.
func (r *registry) mend() int {
	r.t.Helper()
	var faults []sandbox.FaultStatus
	r.ask(http.MethodGet, "/faults", nil, &faults)
	hits := 0
	for _, f := range faults {
		hits += f.Hits
	}
	r.ask(http.MethodDelete, "/faults", nil, nil)
	return hits
}

func (r *registry) charges() []sandbox.Charge {
	r.t.Helper()
	var charges []sandbox.Charge
	r.ask(http.MethodGet, "/charges", nil, &charges)
	return charges
}

func (r *registry) requests() []sandbox.Request {
	r.t.Helper()
	var journal struct{ Requests []sandbox.Request }
	r.ask(http.MethodGet, "/requests", nil, &journal)
	return journal.Requests
}

// told is an event as it stands in the stream.
type told struct {
	ID      string
	Subject string
	Type    string
	Data    struct {
		Op, State, Level, Text string
	}
}

// readEvents reads what "domaind events --all --json" printed.
func readEvents(t *testing.T, text string) []told {
	t.Helper()
	var events []told
	for line := range strings.Lines(text) {
		var e told
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		events = append(events, e)
	}
	return events
}

// checkEvents holds that each event of the outbox is in the stream once, in order,
// and that none is missing.
func checkEvents(t *testing.T, events []told) {
	t.Helper()
	if len(events) == 0 {
		t.Error("nothing was told")
	}
	uuid := ""
	for i, e := range events {
		at := strings.LastIndexByte(e.ID, '-')
		n, err := strconv.Atoi(e.ID[at+1:])
		if err != nil || n != i+1 {
			t.Errorf("place %d of the stream holds the event %s", i+1, e.ID)
			return
		}
		if uuid = cmp.Or(uuid, e.ID[:at]); uuid != e.ID[:at] {
			t.Errorf("place %d of the stream holds an event of another state: %s", i+1, e.ID)
		}
	}
}

// checkBooks holds what must be true whatever happened, once everything has come to
// rest: nothing bought twice, and the ledger agrees with the world.
func checkBooks(t *testing.T, rows []control.Row, charges []sandbox.Charge, requests []sandbox.Request) {
	t.Helper()
	type subject struct {
		account int64
		name    string
	}
	bought := map[subject]sandbox.Charge{}
	for _, c := range charges {
		s := subject{c.AccountID, c.Domain}
		if before, twice := bought[s]; twice {
			t.Errorf("%s was bought twice: %+v, %+v", c.Domain, before, c)
		}
		bought[s] = c
	}
	attempts := map[string]int{} // purchases of which a request may have left, by the path of that request
	for _, row := range rows {
		if row.State == portfolio.StateArmed || row.State == portfolio.StateAsked {
			t.Errorf("%s of %s is still %s", row.Kind, row.Name, row.State)
		}
		if !row.Kind.Purchase() {
			continue
		}
		paths := map[portfolio.OperationKind]string{portfolio.OpRenew: "renewals", portfolio.OpRestore: "restores"}
		path := fmt.Sprintf("/v2/%d/registrar/domains/%s/%s", row.Account, row.Name, paths[row.Kind])
		if row.Sent > 0 {
			attempts[path]++
		}
		s := subject{row.Account, row.Name}
		charge, there := bought[s]
		kinds := map[portfolio.OperationKind]string{portfolio.OpRenew: "renewal", portfolio.OpRestore: "restore"}
		there = there && charge.Kind == kinds[row.Kind]
		switch row.State {
		case portfolio.StateDone:
			if !there || portfolio.Money(charge.Cents) != row.Price {
				t.Errorf("%s of %s is done for %s, and was charged %v %+v", row.Kind, row.Name, row.Price, there, charge)
			}
			delete(bought, s)
		case portfolio.StateFailed:
			if row.Reserved != 0 || row.Price != 0 {
				t.Errorf("%s of %s has failed and keeps %s", row.Kind, row.Name, row.Reserved)
			}
		default:
			// Nobody knows of it for certain yet: its money must be set aside.
			if there && portfolio.Money(charge.Cents) > row.Reserved {
				t.Errorf("%s of %s is %s with %s set aside, and was charged %+v", row.Kind, row.Name, row.State, row.Reserved, charge)
			}
			if there {
				delete(bought, s)
			}
		}
	}
	for _, c := range bought {
		t.Errorf("no row of the ledger stands for the charge %+v", c)
	}
	for _, r := range requests {
		buys := strings.HasSuffix(r.Path, "/renewals") || strings.HasSuffix(r.Path, "/restores")
		if r.Method != http.MethodPost || !buys || r.Status == http.StatusTooManyRequests {
			continue // refused for the rate: it may come again
		}
		if attempts[r.Path]--; attempts[r.Path] < 0 {
			t.Errorf("more requests left than there were attempts: %s %s", r.Method, r.Path)
		}
	}
}

// checkTold holds that the ledger's ends were told, each once, and that a domain for
// which nothing was bought was spoken of.
func checkTold(t *testing.T, rows []control.Row, events []told, covered []string) {
	t.Helper()
	ends := map[string]int{} // by operation and state
	named := map[string]bool{}
	paused := false // which is told of the account, and not with each of its domains
	for _, e := range events {
		paused = paused || e.Type == "domaind.account.paused"
		if e.Data.Op != "" {
			ends[e.Data.Op+e.Type]++
		}
		if e.Data.Level != string(portfolio.LevelInfo) {
			named[e.Subject] = true
		}
	}
	for _, row := range rows {
		var want []string
		switch row.State {
		case portfolio.StateDone:
			want = []string{"domaind.operation.done"}
		case portfolio.StateUnknown:
			want = []string{"domaind.operation.unknown"}
		case portfolio.StateFailed:
			want = []string{"domaind.operation.failed", "domaind.operation.released"}
		default:
			continue
		}
		n := 0
		for _, kind := range want {
			n += ends[row.Op+kind]
		}
		if n != 1 {
			t.Errorf("%s of %s is %s, which was told %d times", row.Kind, row.Name, row.State, n)
		}
	}
	for _, name := range covered {
		if !named[name] && !paused {
			t.Errorf("%s: nothing above info was ever told of it", name)
		}
	}
}

// settled says whether nothing is under way any more that will end by itself soon.
func settled(rows []control.Row) bool {
	return !slices.ContainsFunc(rows, func(r control.Row) bool {
		return r.State == portfolio.StateArmed || r.State == portfolio.StatePending
	})
}

// rest runs passes until nothing moves any more, and gives the ledger.
func (p place) rest(patience time.Duration) []control.Row {
	p.t.Helper()
	var rows []control.Row
	before := ""
	for until := time.Now().Add(patience); ; {
		code, out, said := p.run("run", "--once", "--settle", "2s")
		if code != 0 && code != 1 { // 1: something could not be read
			p.t.Fatalf("a pass ended with %d\n%s%s", code, out, said)
		}
		rows = p.ledger()
		// What one pass ended may let the next one begin something: money is free again.
		now := describe(rows)
		if settled(rows) && now == before {
			return rows
		}
		before = now
		if time.Now().After(until) {
			p.t.Errorf("it does not come to rest:\n%s%s%s", out, said, describe(rows))
			return rows
		}
	}
}

// describe shows a ledger to whoever reads a failure.
func describe(rows []control.Row) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%s %s %s sent %d price %s\n", r.Kind, r.Name, r.State, r.Sent, r.Price)
		for _, s := range r.History {
			fmt.Fprintf(&b, "    %s %s %s\n", s.At.Format(time.StampMilli), s.State, s.Note)
		}
	}
	return b.String()
}
