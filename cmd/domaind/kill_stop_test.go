//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// freeze stops a process, and waits until each of its threads has stopped, where that
// can be seen: a signal takes its time on a busy host.
func (p *process) freeze(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(within); time.Now().Before(end); {
		<-tick.C
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", p.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(threads, func(path string) bool {
			stat, err := os.ReadFile(path)
			_, after, _ := strings.Cut(string(stat), ") ") // the state follows the name
			return err == nil && !strings.HasPrefix(after, "T")
		}) {
			return // or nothing can be seen here
		}
	}
	t.Fatal("it does not stop")
}

// TestStopped stops the daemon for a while in the middle of a renewal, as a host does
// that is suspended: for it the clock has jumped when it goes on. Meanwhile the
// answer comes, or the connection is closed without one.
func TestStopped(t *testing.T) {
	stop := time.Second
	if *killLong {
		stop = 5*time.Minute + 40*time.Second // longer than a call may take
	}
	for _, answered := range []bool{true, false} {
		t.Run(fmt.Sprintf("answered %v", answered), func(t *testing.T) {
			t.Parallel()
			front, arrived, letGo := withheld(true)
			defer letGo()
			a := newAPI(t, oneDomain, front)
			p := newPlace(t, a.URL)
			d := p.start("run")
			wait(t, arrived)
			d.freeze(t)
			if answered {
				letGo()
			} else {
				a.CloseClientConnections()
			}
			_ = wall{}.Sleep(t.Context(), stop) // it is the daemon that sleeps
			if err := d.cmd.Process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			want := "renew only.com: done"
			if !answered {
				want = "renew only.com: it may have been bought"
			}
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			if _, err := d.err.await(ctx, func(s string) bool { return strings.Contains(s, want) }); err != nil && !*killLong {
				t.Errorf("it does not tell %q: %v\n%s", want, err, d.err)
			}
			if code, _, err := d.stop(syscall.SIGTERM); code != 0 || err != nil {
				t.Errorf("it ended with %d: %v\n%s", code, err, d.err)
			}
			rows := p.ledger()
			if len(rows) != 1 || rows[0].Sent != 1 || rows[0].State != portfolio.StateDone && answered && !*killLong {
				t.Errorf("ledger: %s", describe(rows))
			}
			checkBooks(t, rows, a.world.Charges(), nil)
			if got := a.arrived("POST"); !slices.Equal(got, []string{renewals}) {
				t.Errorf("these left: %q", got)
			}
		})
	}
}

// TestStoppedBeforeSending stops the daemon while it reads the domain for the last
// time: when it goes on, what it read is old, and how old only its clock can say.
func TestStoppedBeforeSending(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 16), make(chan struct{})
	a := newAPI(t, oneDomain, func(w http.ResponseWriter, r *http.Request, world http.Handler) bool {
		if r.URL.Path != "/v2/1010/domains/7" {
			return false
		}
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return false
	})
	p := newPlace(t, a.URL)
	d := p.start("run")
	wait(t, arrived)
	d.freeze(t)
	close(release)
	_ = wall{}.Sleep(t.Context(), 300*time.Millisecond)
	if got := a.arrived("POST"); len(got) != 0 {
		t.Errorf("a stopped process sent %q", got)
	}
	d.kill() // it never goes on
	code, out, said := p.run("run", "--once")
	if code != 0 {
		t.Fatalf("the next run ended with %d\n%s%s", code, out, said)
	}
	checkBooks(t, p.ledger(), a.world.Charges(), nil)
	if got := a.arrived("POST"); !slices.Equal(got, []string{renewals}) {
		t.Errorf("these left: %q", got)
	}
}

// TestClockOff has DNSimple's clock and ours apart, by an hour or by years: nothing is
// spent until they agree, and that is told.
func TestClockOff(t *testing.T) {
	t.Parallel()
	for _, off := range []string{"-1h", "+1h", "-1y", "-50y", sandbox.DateMissing} {
		t.Run(off, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t, oneDomain)
			p := newPlace(t, r.url)
			r.inject(sandbox.Fault{Date: off})
			for range 2 {
				code, out, said := p.run("run", "--once", "--settle", "0s")
				rows := p.ledger()
				told := out + said
				for _, row := range rows {
					told += row.History[len(row.History)-1].Note
					if row.State != portfolio.StateReserved || row.Sent != 0 {
						t.Errorf("ledger: %s", describe(rows))
					}
				}
				if code > 1 || !strings.Contains(told, "nothing is changed") { // 1: the pass was not complete
					t.Fatalf("it ended with %d\n%s%s%s", code, out, said, describe(rows))
				}
			}
			for _, request := range r.requests() {
				if request.Method != http.MethodGet {
					t.Errorf("this left: %+v", request)
				}
			}
			if charges := r.charges(); len(charges) > 0 {
				t.Errorf("charges: %+v", charges)
			}
		})
	}
}
