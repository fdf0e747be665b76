package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// within bounds everything that a test waits for.
const within = 20 * time.Second

// noNap keeps each process from sleeping a second at its end under the race detector.
const noNap = "atexit_sleep_ms=0"

// process is a domaind of its own.
type process struct {
	cmd      *exec.Cmd
	out, err *output
	ended    chan struct{} // closed once it has ended
	failure  error         // of Wait; valid once ended is closed
}

// spawn starts domaind in a folder, with nothing in its environment but what is given.
func spawn(dir string, env []string, args ...string) (*process, error) {
	return spawnAs(dir, env, "domaind", args...)
}

// spawnAs starts another program in the same way.
func spawnAs(dir string, env []string, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...), out: newOutput(), err: newOutput(), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, append([]string{"PATH=" + os.Getenv("PATH"), "GORACE=" + noNap}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.err
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		p.failure = p.cmd.Wait()
		p.out.end()
		p.err.end()
	}()
	return p, nil
}

// spawnReady starts domaind and waits until it tells its service manager that it
// is ready.
func spawnReady(dir string, env []string, args ...string) (*process, error) {
	folder, err := os.MkdirTemp("", "notify-") // the path of a socket must be short
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	address := net.UnixAddr{Name: filepath.Join(folder, "s"), Net: "unixgram"}
	socket, err := net.ListenUnixgram("unixgram", &address)
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	p, err := spawn(dir, append(env, "NOTIFY_SOCKET="+address.Name), args...)
	if err != nil {
		return nil, err
	}
	told := make(chan error, 1)
	go func() {
		buffer := make([]byte, 256)
		n, err := socket.Read(buffer)
		if err == nil && !strings.Contains(string(buffer[:n]), "READY=1") {
			err = fmt.Errorf("it told %q", buffer[:n])
		}
		told <- err
	}()
	select {
	case err = <-told:
	case <-p.ended:
		err = errors.New("it ended")
	case <-time.After(within):
		err = errors.New("it took too long")
	}
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("domaind did not get ready: %w\n%s%s", err, p.out, p.err)
	}
	return p, nil
}

// stop sends a signal, and waits for the end. It gives the exit code, -1 where
// the signal ended it, and how long it took.
func (p *process) stop(s os.Signal) (int, time.Duration, error) {
	begin := time.Now()
	if err := p.cmd.Process.Signal(s); err != nil {
		return 0, 0, err
	}
	code, err := p.wait()
	return code, time.Since(begin), err
}

// wait waits for the end, and gives the exit code.
func (p *process) wait() (int, error) {
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(within):
		p.kill()
		return 0, fmt.Errorf("it did not end\n%s%s", p.out, p.err)
	}
}

// kill ends it as a power failure would.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
	<-p.ended
}

// output collects what a process writes, for others to wait for.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // closed and replaced when text grows; nil at the end
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until what was written pleases.
func (o *output) await(ctx context.Context, pleases func(string) bool) (string, error) {
	for {
		o.mu.Lock()
		text, grown := o.text.String(), o.grown
		o.mu.Unlock()
		if pleases(text) {
			return text, nil
		}
		if grown == nil {
			return text, io.ErrUnexpectedEOF
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return text, ctx.Err()
		}
	}
}
