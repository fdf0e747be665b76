//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsFolder and natsAddress tell a process of this test binary to be a NATS server.
const (
	natsFolder  = "DOMAIND_TEST_NATS_FOLDER"
	natsAddress = "DOMAIND_TEST_NATS_ADDRESS"
)

// TestServeNATS is no test: it is the NATS server of somebody else's that the tests
// below start as a process of its own, to stop and to kill it.
func TestServeNATS(t *testing.T) {
	if os.Getenv(natsFolder) == "" {
		t.Skip("only where another test starts it")
	}
	host, port, err := net.SplitHostPort(os.Getenv(natsAddress))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	ns, err := natsserver.NewServer(&natsserver.Options{
		Host: host, Port: n, JetStream: true, StoreDir: os.Getenv(natsFolder), SyncAlways: true,
		JetStreamMaxStore: 16 << 30, // else what the disk has free now, which is next to nothing below
		NoSigs:            true, NoLog: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	ns.WaitForShutdown() // until it is killed
}

// natsAt starts one, and waits until it answers.
func natsAt(t *testing.T, address, folder string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{natsFolder + "=" + folder, natsAddress + "=" + address}
	p, err := spawnAs(t.TempDir(), env, self, "-test.run=^TestServeNATS$", "-test.timeout=10m")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(within); ; {
		if nc, err := nats.Connect("nats://" + address); err == nil {
			nc.Close()
			return p
		}
		select {
		case <-p.ended:
			t.Fatalf("the NATS server ended\n%s%s", p.out, p.err)
		case <-tick.C:
		}
		if time.Now().After(end) {
			t.Fatalf("the NATS server does not answer\n%s%s", p.out, p.err)
		}
	}
}

// elsewhere makes the configuration name a NATS server.
func (p place) elsewhere(address string) {
	p.t.Helper()
	path := filepath.Join(p.dir, "config.toml")
	text, err := os.ReadFile(path)
	if err == nil {
		text = bytes.Replace(text, []byte(`listen = "127.0.0.1:0"`), fmt.Appendf(nil, `url = ["nats://%s"]`, address), 1)
		text = append([]byte("instance = \"kill\"\n"), text...)
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// drained runs passes until nothing waits for NATS any more, and gives the stream.
func (p place) drained() []told {
	p.t.Helper()
	patience := 2 * within
	if *killLong {
		patience *= 10
	}
	end := time.Now().Add(patience)
	for {
		code, out, said := p.run("run", "--once")
		if code != 0 {
			p.t.Fatalf("a pass ended with %d\n%s%s", code, out, said)
		}
		if !strings.Contains(said, "wait for the next start") {
			break
		}
		if time.Now().After(end) {
			p.t.Fatalf("NATS does not take the events:\n%s", said)
		}
	}
	for {
		code, out, said := p.run("events", "--all", "--json", "--follow=false")
		if code == 0 {
			return readEvents(p.t, out)
		}
		if time.Now().After(end) { // its connection may be cut, too
			p.t.Fatalf("the events cannot be read: %d\n%s", code, said)
		}
	}
}

// many is a world of renewals that take their time, so that events come for a while.
func many(n int) string {
	return strings.Replace(manyNames(n), "[[account]]", "[operations]\nrenewal_takes = \"1s\"\n[[account]]", 1)
}

func manyNames(n int) string {
	world := oneDomain
	for i := range n - 1 {
		world += fmt.Sprintf("[[domain]]\naccount = \"main\"\nname = \"other-%d.com\"\nexpires = \"+9d\"\n", i)
	}
	return world
}

// TestNATSKilled kills and stops the NATS server while the daemon works: every event
// comes into the stream, once and in order, and no renewal waits for it.
func TestNATSKilled(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(*killSeed, 3))
	a := newAPI(t, many(12), slow)
	p := newPlace(t, a.URL)
	address, folder := freePort(t), filepath.Join(p.dir, "nats")
	p.elsewhere(address)
	server := natsAt(t, address, folder)
	d := p.start("run")
	pause := func(longest int) {
		_ = wall{}.Sleep(t.Context(), time.Duration(1+random.IntN(longest))*time.Millisecond)
	}
	rounds := 4
	if *killLong {
		rounds = 40
	}
	for range rounds {
		pause(150)
		if random.IntN(3) == 0 {
			_ = server.cmd.Process.Signal(syscall.SIGSTOP)
			pause(300)
			_ = server.cmd.Process.Signal(syscall.SIGCONT)
			continue
		}
		server.kill()
		pause(100)
		server = natsAt(t, address, folder)
	}
	pause(200)
	if random.IntN(2) == 0 {
		d.kill()
	} else if code, _, err := d.stop(syscall.SIGTERM); code != 0 || err != nil {
		t.Errorf("it ended with %d: %v\n%s", code, err, d.err)
	}
	events := p.drained()
	rows := p.rest(within)
	events = longer(events, p.drained())
	checkEvents(t, events)
	checkTold(t, rows, events, nil)
	checkBooks(t, rows, a.world.Charges(), nil)
	if len(rows) != 12 {
		t.Errorf("%d renewals", len(rows))
	}
	t.Logf("%d events", len(events))
}

// slow is a front that takes its time with everything that costs money.
func slow(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
	if r.Method == http.MethodPost {
		_ = wall{}.Sleep(r.Context(), 20*time.Millisecond) // an answer that nobody waits for is not missed
	}
	return false
}

// TestAcknowledgementLost cuts the connection to NATS when an answer comes back, again
// and again: what was published is found, and not published a second time.
func TestAcknowledgementLost(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(*killSeed, 4))
	a := newAPI(t, many(12), slow)
	p := newPlace(t, a.URL)
	address := freePort(t)
	natsAt(t, address, filepath.Join(p.dir, "nats"))
	most := 1
	if *killLong {
		most = 40
	}
	next, cuts := 12, 0 // the first pieces are the handshake and the look for the stream
	line := newCable(t, address, func(n int, back bool) bool {
		if !back || n < next || cuts == most {
			return false
		}
		cuts++
		next = n + 10 + random.IntN(25)
		return true
	})
	p.elsewhere(line.addr())
	events := p.drained()
	rows := p.rest(within)
	events = longer(events, p.drained())
	checkEvents(t, events)
	checkTold(t, rows, events, nil)
	checkBooks(t, rows, a.world.Charges(), nil)
	if line.lost() != most {
		t.Errorf("only %d connections were cut", line.lost())
	}
	t.Logf("%d events, %d connections cut", len(events), line.lost())
}

// longer gives the longer of two readings of a stream.
func longer(a, b []told) []told {
	if len(a) > len(b) {
		return a
	}
	return b
}

// untold lets the daemon buy so many renewals while NATS takes nothing, and kills it.
func (p place) untold(a *api, renewals int) {
	p.t.Helper()
	d := p.start("run", "--verbose")
	ctx, cancel := context.WithTimeout(p.t.Context(), within)
	defer cancel()
	if said, err := d.err.await(ctx, func(s string) bool {
		return strings.Count(s, ": DNSimple charged") >= renewals && strings.Contains(s, "events cannot be published")
	}); err != nil {
		p.t.Fatalf("%v\n%s", err, said)
	}
	d.kill()
	if n := len(a.arrived("POST")); n != renewals {
		p.t.Errorf("%d renewals left while NATS took no events", n)
	}
}

// TestStreamFull has a stream that takes no more: the events wait, no renewal does, and
// with more space each comes once.
func TestStreamFull(t *testing.T) {
	t.Parallel()
	a := newAPI(t, manyNames(8), nil)
	p := newPlace(t, a.URL)
	address := freePort(t)
	natsAt(t, address, filepath.Join(p.dir, "nats"))
	p.elsewhere(address)
	stream := func(most int64) {
		t.Helper()
		nc, err := nats.Connect("nats://" + address)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: "full", Subjects: []string{"domaind.kill.>"}, MaxBytes: most, Discard: jetstream.DiscardNew, Duplicates: time.Minute,
		}); err != nil {
			t.Fatal(err)
		}
	}
	stream(8 << 10)
	p.untold(a, 8)
	stream(8 << 20)
	events := p.drained()
	checkEvents(t, events)
	checkTold(t, p.ledger(), events, nil)
}
