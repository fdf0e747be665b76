package proof

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"time"

	"domaind/internal/config"
	"domaind/internal/rules"
	"domaind/internal/sandbox"
)

// world is what stays when a process dies, and the driver of it all.
type world struct {
	ctx    context.Context // the test's: the driver is one call deep
	cfg    *config.Config
	scene  scene
	held   bool // the policy holds everything for now
	clock  clock
	offset time.Duration // by which domaind's clock is off
	server *sandbox.Server
	stream *stream
	broker *broker
	path   string // of the state file
	rand   io.Reader
	watch  *watch

	hitting  []*hitting
	injected map[int]bool   // the sandbox's faults under way
	shifts   map[string]int // days by which the registry corrected a date, by domain id
	prices   int            // what a year costs by what DNSimple says, in cents; 0: it says what it charges
	nats     streamFault
	ackLost  int // acknowledgements that are still to be lost
	agenda   []appointment
	// publishes is how long the relay rests after each round, and quietUntil until when.
	publishes  time.Duration
	quietUntil time.Time
	logged     bytes.Buffer // where there is a code that must not be
	requests   int
	hits       int // requests that something happened to on the wire
	ticks      int
	deaths     []int // the point at which the n-th life ends
	gently     bool  // they end in good order there
	lives      int

	p *process // nil between two lives
}

// appointment is something that happens at a time.
type appointment struct {
	at time.Time
	do func()
}

// removeState removes a state file, and what stands beside it.
func removeState(path string) {
	_ = os.Remove(path)
	_ = os.Remove(path + ".armed")
}

// newWorld brings a world to life. The state file is at path, and must not be there.
func newWorld(ctx context.Context, s scene, path string, seed uint64) (*world, error) {
	w := &world{
		ctx: ctx, scene: s, cfg: s.cfg, path: path, rand: seeded(seed),
		injected: make(map[int]bool), shifts: make(map[string]int),
	}
	w.clock.now = began
	p, err := sandbox.ParsePortfolio([]byte(worldAccounts+s.portfolio), "portfolio.toml")
	if err != nil {
		return nil, err
	}
	if w.server, err = sandbox.New(sandbox.Options{Portfolio: p, Now: w.clock.Now}); err != nil {
		return nil, err
	}
	w.stream = &stream{now: w.clock.Now, seen: make(map[string]int), fault: w.natsFault, point: w.publishing}
	w.broker = &broker{stream: w.stream}
	w.watch = newWatch(w, s)
	return w, nil
}

// now is domaind's clock.
func (w *world) now() time.Time { return w.clock.Now().Add(w.offset) }

// policy is what domaind is told to do now.
func (w *world) policy() *rules.Policy {
	if w.held {
		return w.scene.held.Policy
	}
	return w.cfg.Policy
}

// natsFault is what happens to the next publication.
func (w *world) natsFault() streamFault {
	if w.nats != streamFine {
		return w.nats
	}
	if w.ackLost > 0 {
		w.ackLost--
		return streamAckLost
	}
	return streamFine
}

// publishing is a point of the process that publishes.
func (w *world) publishing(format string, args ...any) bool { return w.p.fatal(format, args...) }

// later makes an appointment.
func (w *world) later(at time.Time, do func()) {
	i, _ := slices.BinarySearchFunc(w.agenda, at, func(a appointment, t time.Time) int {
		if a.at.After(t) {
			return 1
		}
		return -1
	})
	w.agenda = slices.Insert(w.agenda, i, appointment{at, do})
}

// keep keeps the appointments that are due, and gives when the next one is.
func (w *world) keep() time.Time {
	for len(w.agenda) > 0 && !w.agenda[0].at.After(w.clock.Now()) {
		do := w.agenda[0].do
		w.agenda = w.agenda[1:]
		do()
	}
	if len(w.agenda) == 0 {
		return time.Time{}
	}
	return w.agenda[0].at
}

// restartTakes is how long a dead process stays away.
const restartTakes = 5 * time.Second

// run lets the world go on until a moment, or until something is not as it must be.
func (w *world) run(until time.Time) error {
	for w.clock.Now().Before(until) && w.watch.err == nil {
		next := w.keep()
		w.watch.looked()
		if n := w.watch.due(); next.IsZero() || n.Before(next) {
			next = n
		}
		if w.p == nil {
			w.p = newProcess(w)
			w.p.gently = w.gently
			if w.lives < len(w.deaths) {
				w.p.at = w.deaths[w.lives]
			}
			w.lives++
			if !w.live(w.p.boot) {
				continue
			}
		}
		var tick time.Time
		w.ticks++
		if !w.live(func() (err error) {
			tick, err = w.p.tick()
			return err
		}) {
			continue
		}
		if w.p.ctx.Err() != nil {
			w.watch.crashed("shutdown " + w.p.where)
			w.restart()
			continue
		}
		if tick.IsZero() {
			w.watch.broken("nothing is due any more")
		}
		if tick = tick.Add(-w.offset); next.IsZero() || tick.Before(next) {
			next = tick
		}
		if next.After(until) {
			next = until
		}
		w.clock.to(next)
	}
	return w.watch.err
}

// live lets the process do something, and says whether it lives on. Who dies is buried.
func (w *world) live(do func() error) bool {
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = describe(r)
			}
		}()
		return do()
	}()
	where, dead := w.p.died()
	if dead {
		w.watch.crashed(where)
		w.bury()
		w.clock.pass(restartTakes)
		return false
	}
	if err != nil {
		w.watch.broken("the process failed: %v", err)
		return false
	}
	return true
}

// bury takes the process away.
func (w *world) bury() {
	if err := w.p.end(); err != nil {
		w.watch.broken("close the state: %v", err)
	}
	w.discreet()
	w.p = nil
}

// restart ends the process in good order; the next one begins at the next step.
func (w *world) restart() {
	if w.p != nil {
		w.bury()
		w.clock.pass(restartTakes)
	}
}

// close ends everything.
func (w *world) close() error {
	var err error
	if w.p != nil {
		err = w.p.end()
		w.p = nil
	}
	w.broker.served.Wait()
	return err
}
