package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// What can happen in a plan.
type happening string

const (
	faulty     happening = "fault"     // Fault hits Calls, Count of them (0: all), for a while
	crashing   happening = "crash"     // the process dies, Count points from then on
	restarting happening = "restart"   // the process ends in good order, between two ticks
	ending     happening = "shutdown"  // … Count points from then on, whatever it is doing
	natsAway   happening = "nats-away" // for a while
	natsFull   happening = "nats-full" // for a while
	ackLosing  happening = "ack-lost"  // of the next Count publications
	jumping    happening = "clock"     // domaind's clock is off by By, for a while
	renewing   happening = "by-hand"   // a person renews Domain
	holding    happening = "hold"      // the policy is loaded anew, and holds everything for a while
	autoOn     happening = "auto-on"   // a person switches the auto-renewal of Domain on
	autoOff    happening = "auto-off"  // … and off
	correcting happening = "corrected" // the registry shows the expiration of Domain Count days later
	typing     happening = "command"   // an operator types Command, Count times at most (0: once)
	accepting  happening = "accept"    // the people of the other account accept what waits for them there
	settling   happening = "answer"    // an operator says yes to whatever waits, Count times (no, where that is below 0), every two hours
	pricing    happening = "price"     // DNSimple asks Count cents for a year of everything, for a while, and charges as before
)

// event is one thing that happens in a plan.
type event struct {
	At     time.Duration // since the beginning
	What   happening
	Fault  string
	Calls  calls
	Count  int
	For    time.Duration
	By     time.Duration
	Domain string
	// Command is what is typed.
	Command portfolio.Command
}

func (e event) String() string {
	text := fmt.Sprintf("%s %s", began.Add(e.At).Format(time.DateTime), e.What)
	for _, part := range []string{e.Fault, string(e.Calls), e.Domain} {
		if part != "" {
			text += " " + part
		}
	}
	if e.What == typing {
		text += fmt.Sprintf(" %s %s", e.Command.Kind, e.Command.Name)
	}
	if e.Count != 0 {
		text += fmt.Sprintf(" ×%d", e.Count)
	}
	if e.For != 0 {
		text += fmt.Sprintf(" for %s", e.For)
	}
	if e.By != 0 {
		text += fmt.Sprintf(" by %s", e.By)
	}
	return text
}

// plan is a world and what happens in it.
type plan struct {
	scene  scene
	events []event
	lasts  time.Duration // until everything is mended
	rests  time.Duration // after that
	// operated says that somebody looks at the ledger now and then.
	operated bool
}

func (p plan) String() string {
	lines := make([]string, 0, len(p.events))
	for _, e := range p.events {
		lines = append(lines, "  "+e.String())
	}
	return p.scene.portfolio + "\n" + strings.Join(lines, "\n")
}

// schedule makes the appointments of a plan.
func (w *world) schedule(p plan) {
	for _, e := range p.events {
		w.later(began.Add(e.At), func() { w.happen(e) })
	}
	w.later(began.Add(p.lasts), w.mend)
	if p.operated {
		w.later(began.Add(operatorEvery), w.operate)
	}
}

// happen lets an event of a plan happen.
func (w *world) happen(e event) {
	switch e.What {
	case faulty:
		w.watch.troubled(max(e.For, time.Hour))
		w.inject(e)
	case crashing:
		w.watch.troubled(time.Hour)
		if w.p != nil {
			w.p.in(e.Count, false)
		}
	case ending:
		w.watch.troubled(time.Hour)
		if w.p != nil {
			w.p.in(e.Count, true)
		}
	case restarting:
		w.watch.troubled(time.Hour)
		w.restart()
	case natsAway, natsFull:
		w.nats = streamAway
		if e.What == natsFull {
			w.nats = streamFull
		}
		w.ends(e, func() { w.nats = streamFine })
	case ackLosing:
		w.ackLost += e.Count
	case jumping:
		w.watch.troubled(e.For)
		w.offset = e.By
		w.ends(e, func() { w.offset = 0 })
	case renewing:
		if id := w.byHand("POST", "/registrar/domains/"+e.Domain+"/renewals", `{"period":1}`); id != 0 {
			w.watch.hands[id] = true
		}
	case holding:
		w.watch.troubled(e.For)
		w.held = w.scene.held != nil
		w.ends(e, func() { w.held = false })
	case autoOn:
		w.byHand("PUT", "/registrar/domains/"+e.Domain+"/auto_renewal", "")
	case autoOff:
		w.byHand("DELETE", "/registrar/domains/"+e.Domain+"/auto_renewal", "")
	case correcting:
		w.shifts[fmt.Sprint(w.watch.domains[e.Domain].ID)] = e.Count
	case typing:
		w.types(e.Command, e.Count)
	case settling:
		w.answers(e.Count > 0, max(e.Count, -e.Count))
	case planning:
		w.plans(e.For, e.Count)
	case announcing:
		w.announces(e.For)
	case accepting:
		w.accept()
	case pricing:
		w.watch.troubled(e.For)
		w.prices = e.Count
		w.ends(e, func() { w.prices = 0 })
	}
}

// ends makes an appointment for the end of an event.
func (w *world) ends(e event, do func()) { w.later(w.clock.Now().Add(e.For), do) }

// inject begins a fault.
func (w *world) inject(e event) {
	until := w.clock.Now().Add(e.For)
	if slices.Contains(wireFaults(), wireFault(e.Fault)) {
		h := &hitting{fault: wireFault(e.Fault), calls: e.Calls, left: e.Count, until: until}
		w.hitting = append(w.hitting, h)
		w.ends(e, func() { w.hitting = slices.DeleteFunc(w.hitting, func(o *hitting) bool { return o == h }) })
		return
	}
	f, ok := serverFault(e.Fault)
	if !ok {
		w.watch.broken("there is no fault %q", e.Fault)
		return
	}
	f.Method, f.Path = e.Calls.pattern()
	f.Count = e.Count
	id, err := w.server.Inject(f)
	if err != nil {
		w.watch.broken("inject %s: %v", e, err)
		return
	}
	w.injected[id] = true
	w.ends(e, func() { w.remove(id) })
}

// remove ends a fault of DNSimple's, and counts what it hit.
func (w *world) remove(id int) {
	for _, f := range w.server.Faults() {
		if f.ID == id {
			w.hits += f.Hits
		}
	}
	w.server.Remove(id)
	delete(w.injected, id)
}

// mend brings everything but the past into order.
func (w *world) mend() {
	w.hitting, w.offset, w.nats, w.ackLost, w.prices = nil, 0, streamFine, 0, 0
	w.publishes, w.held = 0, false
	for id := range w.injected {
		w.remove(id)
	}
}

// play lets a plan happen from its beginning to its rest.
func (w *world) play(p plan) error {
	w.schedule(p)
	if err := w.run(began.Add(p.lasts + p.rests)); err != nil {
		return err
	}
	return w.rest()
}
