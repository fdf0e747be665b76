//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// TestCutShort starts the daemon on a state file of which the end is missing, at many
// lengths: it says what is wrong, sends nothing, and leaves the file as it is, byte
// for byte. Only where nothing but free pages is missing it may go on.
func TestCutShort(t *testing.T) {
	t.Parallel()
	a := newAPI(t, oneDomain, nil)
	p := newPlace(t, a.URL)
	if code, out, said := p.run("run", "--once"); code != 0 {
		t.Fatalf("it ended with %d\n%s%s", code, out, said)
	}
	path := filepath.Join(p.dir, "state", "state.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lengths := []int{0, 1, 64, 4095, 4096, 8191, 8192, 12288, 16384, 20480, len(whole) / 2, len(whole) - 4096, len(whole) - 1}
	random := rand.New(rand.NewPCG(*killSeed, 2))
	more := 8
	if *killLong {
		more = 200
	}
	for range more {
		lengths = append(lengths, random.IntN(len(whole)))
	}
	refused := 0
	for _, n := range lengths {
		cut := whole[:n:n]
		if err := os.WriteFile(path, cut, 0o600); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		code, out, said := p.run("run", "--once", "--settle", "0s")
		if code == 0 {
			if rows := p.ledger(); len(rows) != 1 || rows[0].State != portfolio.StateDone {
				t.Errorf("%d of %d bytes: it goes on with another ledger: %s", n, len(whole), describe(rows))
			}
			continue
		}
		refused++
		if code != 1 || out != "" || !strings.Contains(said, "state.db") || strings.Count(said, "\n") != 1 {
			t.Errorf("%d of %d bytes: it ended with %d\n%s%s", n, len(whole), code, out, said)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%d of %d bytes: it took %s", n, len(whole), took)
		}
		if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, cut) {
			t.Errorf("%d of %d bytes: the file has changed: %d bytes, %v", n, len(whole), len(left), err)
		}
	}
	if refused < 8 { // the last pages may be free
		t.Errorf("only %d of %d were refused", refused, len(lengths))
	}
	t.Logf("%d lengths of %d bytes, %d refused", len(lengths), len(whole), refused)
	if got := a.arrived("POST"); !slices.Equal(got, []string{renewals}) {
		t.Errorf("these left: %q", got)
	}
}

// TestTwoDaemons starts a second daemon on the state of one that is in the middle of a
// renewal: it ends within two seconds with a sentence, and sends nothing.
func TestTwoDaemons(t *testing.T) {
	t.Parallel()
	front, arrived, letGo := withheld(true)
	defer letGo()
	a := newAPI(t, oneDomain, front)
	p := newPlace(t, a.URL)
	first := p.start("run")
	wait(t, arrived)
	before := len(a.arrived(""))
	for _, args := range [][]string{{"run"}, {"run", "--once"}} {
		begin := time.Now()
		code, out, said := p.run(args...)
		took := time.Since(begin)
		if code != 1 || out != "" || strings.Count(said, "\n") != 1 || !strings.Contains(said, "a domaind is probably running on") {
			t.Errorf("%q ended with %d\n%s%s", args, code, out, said)
		}
		if took > 2500*time.Millisecond { // two seconds, and what it takes to start a process here
			t.Errorf("%q took %s", args, took)
		}
	}
	if now := len(a.arrived("")); now != before {
		t.Errorf("the second one made %d requests", now-before)
	}
	letGo()
	if code, _, err := first.stop(os.Interrupt); code != 0 || err != nil {
		t.Errorf("the first one ended with %d: %v\n%s", code, err, first.err)
	}
	if got := a.arrived("POST"); !slices.Equal(got, []string{renewals}) {
		t.Errorf("these left: %q", got)
	}
}

// TestTwoDaemonsAtOnce starts several in the same moment, where no state is yet: one
// of them works, and whichever it is, nothing is bought twice.
func TestTwoDaemonsAtOnce(t *testing.T) {
	t.Parallel()
	world := oneDomain
	for i := range 5 {
		world += fmt.Sprintf("[[domain]]\naccount = \"main\"\nname = \"other-%d.com\"\nexpires = \"+9d\"\n", i)
	}
	a := newAPI(t, world, nil)
	p := newPlace(t, a.URL)
	var all []*process
	for range 4 {
		all = append(all, p.start("run", "--once"))
	}
	for _, d := range all {
		code, err := d.wait()
		if err != nil || code != 0 && code != 1 {
			t.Errorf("one ended with %d: %v\n%s", code, err, d.err)
		}
		if said := d.err.String(); code == 1 && (strings.Count(said, "\n") != 1 || !strings.Contains(said, "a domaind is probably running on")) {
			t.Errorf("one ended with\n%s", said)
		}
	}
	if code, out, said := p.run("run", "--once"); code != 0 {
		t.Errorf("the next run ended with %d\n%s%s", code, out, said)
	}
	rows := p.ledger()
	checkBooks(t, rows, a.world.Charges(), nil)
	if got := a.arrived("POST"); len(got) != 6 || len(rows) != 6 {
		t.Errorf("%d rows, and these left: %q", len(rows), got)
	}
}
