package main

import (
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdFault is "fault JSON": something goes wrong at the sandbox; "fault" alone removes
// every fault.
func cmdFault(ts *testscript.TestScript, _ bool, args []string) {
	method, want := http.MethodDelete, http.StatusNoContent
	if len(args) > 0 {
		method, want = http.MethodPost, http.StatusCreated
	}
	r, err := http.NewRequest(method, ts.Getenv("API")+"/_sandbox/faults", strings.NewReader(strings.Join(args, "")))
	ts.Check(err)
	resp, err := http.DefaultClient.Do(r)
	ts.Check(err)
	resp.Body.Close()
	if resp.StatusCode != want {
		ts.Fatalf("the sandbox says %s", resp.Status)
	}
}

// poll asks again and again until it is so.
func poll(ts *testscript.TestScript, what string, so func() bool) {
	for end := time.Now().Add(within); !so(); {
		if time.Now().After(end) {
			ts.Fatalf("it did not come to it: %s", what)
		}
		wait := time.NewTimer(20 * time.Millisecond)
		<-wait.C
	}
}

// cmdHit waits until a fault has hit a request.
func cmdHit(ts *testscript.TestScript, _ bool, _ []string) {
	poll(ts, "a fault that hits", func() bool {
		var faults []struct{ Hits int }
		get(ts, "/_sandbox/faults", &faults)
		for _, f := range faults {
			if f.Hits > 0 {
				return true
			}
		}
		return false
	})
}

// cmdUntil is "until REGEXP ARG…": domaind is run until it prints what matches.
func cmdUntil(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[0])
	poll(ts, args[0], func() bool {
		ts.Check(ts.Exec("domaind", args[1:]...))
		return want.MatchString(ts.ReadFile("stdout"))
	})
}

// cmdDead is "dead PATH": a socket that a daemon left behind when it died.
func cmdDead(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: ts.MkAbs(args[0]), Net: "unix"})
	ts.Check(err)
	l.SetUnlinkOnClose(false)
	ts.Check(l.Close())
}

// cmdCapture is "capture NAME REGEXP": the variable is what the first group of the
// expression matches in the last command's output.
func cmdCapture(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("nothing matches %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// cmdHangup is "hangup NAME": the signal that has a daemon read its configuration anew.
func cmdHangup(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(started(ts)[args[0]].cmd.Process.Signal(syscall.SIGHUP))
}

// cmdMode is "mode PATH KIND OCTAL": the kind is "file", "socket" or "link".
func cmdMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Lstat(ts.MkAbs(args[0]))
	ts.Check(err)
	perm, err := strconv.ParseUint(args[2], 8, 32)
	ts.Check(err)
	kind := map[string]fs.FileMode{"file": 0, "socket": fs.ModeSocket, "link": fs.ModeSymlink}[args[1]]
	if info.Mode() != kind|fs.FileMode(perm) {
		ts.Fatalf("%s is %s", args[0], fmt.Sprint(info.Mode()))
	}
}
