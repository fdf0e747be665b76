package scale

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// build makes the binary, as it is released.
func build(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "domaind")
	cmd := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-o", path, "domaind/cmd/domaind")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("build domaind: %v\n%s", err, out)
	}
	return path
}

// cost is what a process took.
type cost struct {
	wall, cpu time.Duration
	anonymous int // the most RssAnon that was seen, in KiB; bbolt's mapped file is no part of it
}

// measure runs a program to its end in a folder, and says what it cost.
func measure(tb testing.TB, dir string, env []string, program string, args ...string) cost {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}, env...)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ended, most := make(chan struct{}), make(chan int)
	go func() { most <- watchMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	c := cost{wall: time.Since(began)}
	close(ended)
	c.anonymous = <-most
	if err != nil {
		tb.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, tail(out.String()))
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return c
}

// tail is the end of a text.
func tail(s string) string { return s[max(0, len(s)-4000):] }

// watchMemory gives the most anonymous memory that a process was seen to have, in KiB; 0
// where the system does not tell.
func watchMemory(pid int, ended <-chan struct{}) int {
	most := 0
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err == nil {
			most = max(most, anonymous(string(status)))
		}
		select {
		case <-ended:
			return most
		case <-tick.C:
		}
	}
}

// anonymous reads RssAnon out of a /proc/PID/status, in KiB.
func anonymous(status string) int {
	_, after, _ := strings.Cut(status, "\nRssAnon:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(fields[0])
	return n
}
