//go:build unix

package main

import (
	"cmp"
	"context"
	flags "flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
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

var (
	killSeed   = flags.Uint64("kill.seed", 1, "the first seed of the rounds of kills")
	killRounds = flags.Uint64("kill.rounds", 3, "how many rounds of kills are run, a seed each")
	killLong   = flags.Bool("kill.long", false, "run what takes minutes too")
)

// killed adds up what the rounds did, for whoever asks with -v.
type killed struct {
	mu     sync.Mutex
	counts map[string]int
}

func (k *killed) add(what string, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.counts[what] += n
}

// TestKilledAtRandom kills the daemon again and again, at moments and in worlds that
// a seed chooses, while the simulated DNSimple misbehaves: both are processes of
// their own. In the end nothing was bought twice, ledger and charges agree to the
// cent, and each event stands in the stream once.
func TestKilledAtRandom(t *testing.T) {
	sum := &killed{counts: map[string]int{}}
	t.Cleanup(func() {
		for _, what := range slices.Sorted(maps.Keys(sum.counts)) {
			t.Logf("%-40s %d", what, sum.counts[what])
		}
	})
	for seed := *killSeed; seed < *killSeed+*killRounds; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("again: go test ./cmd/domaind -count=1 -run TestKilledAtRandom -kill.rounds 1 -kill.seed %d", seed)
				}
			})
			newRound(t, seed, sum).run()
		})
	}
}

// round is one world, and what is done to the daemon in it.
type round struct {
	t        *testing.T
	random   *rand.Rand
	sum      *killed
	registry *registry
	cable    *cable
	place
	covered []string // domains that the policy wants renewed
}

const roundPolicy = `
mode = "act"
instance = "round"
state_dir = "state"
[dnsimple]
endpoint = "http://%s"
requests_per_hour = 100000
[[account]]
name = "main"
id = 1010
token = { file = "main.token" }
contacts = { default = 2715 }
[[account]]
name = "labs"
id = 3030
token = { file = "labs.token" }
[[account]]
name = "shop"
id = 4040
token = { file = "shop.token" }
[[account]]
name = "desk"
id = 2020
token = { file = "desk.token" }
role = "source"
[schedule]
domains = "@every 1s"
pushes = "@every 1s"
registrant_changes = "@every 1s"
[spending]
max_per_purchase = "400.00"
max_per_day = "%d.00"
max_per_month = "2000.00"
[nats]
listen = "%s"
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "30d" }
do = "renew"
[[rule]]
name = "rescue"
on = "domain"
match = { lapsed_within = "60d" }
do = "restore"
[[rule]]
name = "accept-desk"
on = "push"
match = { source = "desk", account = "main" }
do = "accept"
[[rule]]
name = "stop"
on = "registrant_change"
match = { state = ["new", "pending"] }
do = "cancel"
`

func newRound(t *testing.T, seed uint64, sum *killed) *round {
	t.Helper()
	r := &round{t: t, random: rand.New(rand.NewPCG(seed, 0)), sum: sum}
	r.registry = newRegistry(t, r.world())
	r.cable = newCable(t, strings.TrimPrefix(r.registry.url, "http://"), nil)
	r.place = place{t, t.TempDir()}
	perDay := 1000
	if r.random.IntN(3) == 0 {
		perDay = 150 // not everything fits
	}
	files := map[string]string{"config.toml": fmt.Sprintf(roundPolicy, r.cable.addr(), perDay, freePort(t))}
	for _, account := range []string{"main", "labs", "shop", "desk"} {
		files[account+".token"] = "token-" + account
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// freePort is an address on which nothing listens just now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// world draws domains of every kind that the daemon may have to do with.
func (r *round) world() string {
	var b strings.Builder
	b.WriteString(`
[limits]
requests_per_hour = 100000
[operations]
cancel_takes = "1s"
[[account]]
id = 1010
name = "main"
tokens = ["token-main"]
[[account]]
id = 2020
name = "desk"
tokens = ["token-desk"]
[[account]]
id = 3030
name = "labs"
tokens = ["token-labs"]
[[account]]
id = 4040
name = "shop"
tokens = ["token-shop"]
[[contact]]
id = 2715
account = "main"
[[domain]]
id = 900
account = "desk"
name = "pushed.com"
expires = "+200d"
[[push]]
id = 1
domain = "pushed.com"
to = "main"
[[domain]]
id = 901
account = "main"
name = "changing.com"
expires = "+300d"
[[registrant_change]]
id = 2
domain = "changing.com"
contact = 6666
state = "new"
`)
	kinds := []string{
		`expires = "+%dd"`,
		`expires = "+%dd"
renewal = { takes = "1s" }`,
		`expires = "+%dd"
renewal = { takes = "1s", outcome = "failed" }`,
		`expires = "+%dd"
renewal = { takes = "1s", outcome = "cancelled" }`,
		`expires = "-%dd"`,
		`expires = "-4%dd"
restore = { takes = "1s" }`,
		`expires = "-4%dd"
restore = { takes = "1s", outcome = "cancelled" }`,
		`expires = "+%dd"
premium = true
prices = { registration = "80.00", renewal = "80.00", transfer = "80.00", restore = "90.00" }`,
	}
	for i := range 4 + r.random.IntN(6) {
		name := fmt.Sprintf("name-%d.com", i)
		r.covered = append(r.covered, name)
		fmt.Fprintf(&b, "[[domain]]\nid = %d\naccount = %q\nname = %q\n", i+1, []string{"main", "labs", "shop"}[r.random.IntN(3)], name)
		fmt.Fprintf(&b, kinds[r.random.IntN(len(kinds))]+"\n", 1+r.random.IntN(9))
	}
	return b.String()
}

// faults draws what goes wrong: mostly with what costs money.
func (r *round) faults() {
	money := []sandbox.Fault{
		{Drop: sandbox.Before},
		{Drop: sandbox.After},
		{Delay: "200ms"},
		{Delay: "200ms", DelayAt: sandbox.Before},
		{Status: 500, Effect: true},
		{Status: 502, Body: sandbox.BodyHTML},
		{Status: 503, Body: sandbox.BodyEmpty, Effect: true},
		{Status: 504, Body: sandbox.BodyHTML, Effect: true},
		{Body: sandbox.BodyEmpty},
		{Raw: `{"data":null}`},
		{Raw: `{"data":{"id":0}}`},
		{Truncate: new(9)},
		{RateLimit: sandbox.ResetNone},
		{Redirect: "/v2/elsewhere"},
		{Redirect: "/v2/elsewhere", Effect: true},
	}
	reads := []sandbox.Fault{
		{Status: 502, Body: sandbox.BodyHTML},
		{Drop: sandbox.Before},
		{Delay: "100ms"},
		{Date: sandbox.DateMissing},
		{Date: "-10m"},
		{Truncate: new(40)},
	}
	for range 1 + r.random.IntN(4) {
		f := money[r.random.IntN(len(money))]
		f.Method, f.Path = "POST", []string{"*/renewals", "*/restores", "*/renewals"}[r.random.IntN(3)]
		f.Skip, f.Count = r.random.IntN(4), 1+r.random.IntN(3)
		r.registry.inject(f)
	}
	if r.random.IntN(2) == 0 {
		f := reads[r.random.IntN(len(reads))]
		f.Method, f.Skip, f.Count = "GET", r.random.IntN(30), 1+r.random.IntN(2)
		r.registry.inject(f)
	}
	// Whatever else happens, the answers of purchases take a while: that is when it hurts.
	r.registry.inject(sandbox.Fault{Method: "POST", Path: "*/re*s", Delay: "40ms"})
}

func (r *round) run() {
	r.faults()
	for range 4 + r.random.IntN(4) {
		r.disturb()
		for _, row := range r.ledger() {
			r.sum.add(fmt.Sprintf("rows found %s after it", row.State), 1)
		}
	}
	r.sum.add("faults that hit", r.registry.mend())
	patience := 10 * time.Second
	if *killLong {
		patience = time.Minute
		r.wait(40 * time.Second) // what is unknown is looked at after half a minute
	}
	rows := r.rest(patience)
	events := r.events()
	checkBooks(r.t, rows, r.registry.charges(), r.registry.requests())
	checkEvents(r.t, events)
	checkTold(r.t, rows, events, r.spokenOf(rows))
	if r.t.Failed() {
		r.t.Logf("the ledger:\n%s", describe(rows))
	}
	r.sum.add("rounds", 1)
	r.sum.add("events", len(events))
	for _, row := range rows {
		r.sum.add("operations in the end "+string(row.State), 1)
		if *killLong && row.State == portfolio.StateUnknown && row.Sent > 0 {
			r.sum.add("unknown to the end (without an effect)", 1)
		}
	}
	r.sum.add("charges", len(r.registry.charges()))
}

// spokenOf are the domains of which something must have been told: not those whose
// request certainly had no effect, and goes again in a minute.
func (r *round) spokenOf(rows []control.Row) []string {
	return slices.DeleteFunc(slices.Clone(r.covered), func(name string) bool {
		return slices.ContainsFunc(rows, func(row control.Row) bool { return row.Name == name && row.State == portfolio.StateReserved })
	})
}

// disturb starts the daemon and lets something happen to it at a moment that the seed
// chooses: after so many pieces on the wire, and a little later.
func (r *round) disturb() {
	d := r.start([]string{"run", "--verbose"}[:1+r.random.IntN(2)]...)
	r.until(d, r.random.IntN(70))
	switch r.random.IntN(6) {
	case 0:
		r.sum.add("stopped, continued, killed", 1)
		_ = d.cmd.Process.Signal(syscall.SIGSTOP) // it may have ended
		r.wait(time.Duration(50+r.random.IntN(400)) * time.Millisecond)
		_ = d.cmd.Process.Signal(syscall.SIGCONT)
		r.until(d, r.random.IntN(30))
		d.kill()
	case 1:
		r.sum.add("ended with SIGTERM", 1)
		if code, _, err := d.stop(syscall.SIGTERM); err != nil || code != 0 && code != 1 && code != -1 {
			r.t.Errorf("it ended with %d: %v\n%s", code, err, d.err)
		}
	default:
		r.sum.add("killed", 1)
		d.kill()
	}
	if said := d.err.String(); strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") {
		r.t.Errorf("it panicked:\n%s", said)
	}
}

// until waits for a moment that the seed chooses: until so many pieces more have
// passed on the wire, or the next POST, and a little longer; a second at most.
func (r *round) until(d *process, pieces int) {
	piecesBefore, postsBefore, _ := r.cable.passed()
	forPost, later := r.random.IntN(2) == 0, time.Duration(r.random.IntN(4000))*time.Microsecond
	if forPost {
		later *= 15 // answers of POSTs take a while
	}
	end := time.NewTimer(time.Second)
	defer end.Stop()
	for {
		passed, posts, grown := r.cable.passed()
		if forPost && posts > postsBefore || !forPost && passed-piecesBefore >= pieces {
			break
		}
		select {
		case <-grown:
			continue
		case <-d.ended:
		case <-end.C:
		}
		break
	}
	r.wait(later)
}

// wait lets processes of their own have their time: there is nothing to wait for.
func (r *round) wait(d time.Duration) {
	_ = wall{}.Sleep(r.t.Context(), cmp.Or(d, 1))
}

// events reads the whole stream, from a daemon that does nothing else any more.
func (r *round) events() []told {
	r.t.Helper()
	d, err := spawnReady(r.dir, r.env(), "run")
	if err != nil {
		r.t.Fatal(err)
	}
	defer d.kill()
	if code, _, err := d.stop(syscall.SIGTERM); code != 0 || err != nil {
		r.t.Fatalf("it ended with %d: %v\n%s", code, err, d.err)
	}
	// What that one had to tell at its end is delivered; the next one only listens.
	if d, err = spawnReady(r.dir, r.env(), "run"); err != nil {
		r.t.Fatal(err)
	}
	defer d.kill()
	ctx, cancel := context.WithTimeout(r.t.Context(), within)
	defer cancel()
	for {
		code, out, said := r.place.run("events", "--all", "--json", "--follow=false")
		if code == 0 {
			return readEvents(r.t, out)
		}
		if ctx.Err() != nil {
			r.t.Fatalf("the events cannot be read: %s", said)
		}
	}
}
