// Command domaind is an autopilot for domain portfolios held at DNSimple: see the
// README, and "domaind help".
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader that goes away ("| head") must not end the daemon between two purchases:
	// what is written to it fails instead.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	os.Exit(run(ctx, os.Args[1:], std{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		tty: terminal(os.Stdout), errTTY: terminal(os.Stderr), inTTY: terminal(os.Stdin), hup: hangups,
	}))
}

// hangups gives the hang-up signals from now on, until they are stopped. One that comes
// while another is seen to is not lost.
func hangups() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c, func() { signal.Stop(c) }
}
