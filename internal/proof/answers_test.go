package proof

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// fate is what becomes of a command whose request meets a fault: its state right after
// that, and how many requests have left, and the same once DNSimple was well for days.
type fate struct {
	soon     portfolio.OperationState
	sent     int
	finally  portfolio.OperationState
	sentThen int
}

func (f fate) String() string {
	return fmt.Sprintf("%s, %d sent; then %s, %d sent", f.soon, f.sent, f.finally, f.sentThen)
}

// answerFaults are all faults, by what they mean for a request that changes something.
func answerFaults() map[string][]string {
	return map[string][]string{
		"never left":               {"refused", "dns", "tls"},
		"limited":                  {"429", "429-soon", "429-past", "429-far"},
		"refused":                  {"400", "401", "402", "403", "declined"},
		"not there":                {"404"},
		"answered":                 {"date-wrong", "date-missing"},
		"lost":                     {"reset-before", "timeout-before", "drop-before", "500", "502-html", "503", "307"},
		"obeyed":                   {"reset-after", "timeout-after", "drop-after", "500-effect", "502-effect", "504-effect", "307-effect", "truncated", "cut-short"},
		"obeyed, and said nothing": {"empty", "empty-and-late", "null", "id-0"},
		"in a state nobody knows":  {"state-nobody"},
		"obeyed later":             {"late"},
	}
}

// fateOf is what must become of a command of a kind that meets a fault of a class.
func fateOf(kind portfolio.OperationKind, class string) fate {
	const reserved, pending, unknown, done, failed = portfolio.StateReserved, portfolio.StatePending, portfolio.StateUnknown, portfolio.StateDone, portfolio.StateFailed
	wish := !kind.Once()
	// What DNSimple works on for a while is pending until then.
	soon := done
	if kind == portfolio.OpRegister || kind == portfolio.OpTransfer || kind == portfolio.OpChangeRegistrant {
		soon = pending
	}
	switch class {
	case "never left":
		return fate{reserved, 0, done, 1}
	case "limited":
		return fate{reserved, 1, done, 2}
	case "refused":
		return fate{failed, 1, failed, 1}
	case "not there":
		if wish {
			return fate{pending, 1, done, 2}
		}
		return fate{failed, 1, failed, 1}
	case "answered":
		return fate{soon, 1, done, 1}
	case "lost":
		if wish {
			return fate{reserved, 1, done, 2} // it is safe to repeat
		}
		if kind == portfolio.OpAdd || kind == portfolio.OpChangeRegistrant {
			return fate{unknown, 1, failed, 1} // it would show, and costs nothing
		}
		return fate{unknown, 1, unknown, 1} // it is never sent again
	}
	// The rest was obeyed, or is obeyed later.
	switch {
	case class == "obeyed later" && wish:
		return fate{reserved, 1, done, 2}
	case class == "in a state nobody knows" && kind != portfolio.OpTransferOut && kind != portfolio.OpAdd && kind != portfolio.OpDelete && kind != portfolio.OpCancelChange:
		return fate{soon, 1, done, 1} // it has the id that is to be there
	case wish:
		return fate{reserved, 1, done, 1}
	case kind == portfolio.OpTransferOut:
		return fate{unknown, 1, unknown, 1} // only the recipient of the code can say
	}
	return fate{unknown, 1, done, 1}
}

// TestFaultsOfCommands lets the request of each command meet each fault. What must not be
// repeated leaves once, whatever comes back, unless it is certain that nothing happened;
// nothing is bought twice; and what DNSimple shows later decides.
func TestFaultsOfCommands(t *testing.T) {
	known := map[string]bool{"404": true}
	for _, f := range wireFaults() {
		known[string(f)] = true
	}
	for name := range serverFaults() {
		known[name] = true
	}
	quietly := parseConfig(t, idle+ample)
	path := filepath.Join(t.TempDir(), "state.db")
	n := 0
	for class, faults := range answerFaults() {
		for _, name := range faults {
			delete(known, name)
			for _, kind := range commandKinds() {
				t.Run(fmt.Sprintf("%s/%s", kind, name), func(t *testing.T) {
					n++
					a := answering{t, kind, name, scene{cfg: quietly, portfolio: ours + `registrant_change = { takes = "9h" }` + "\n" +
						"[[name]]\nname = \"f.com\"\nregistration = { takes = \"2h\" }\n" + theirs + `transfer = { takes = "9h" }`}}
					got, story := a.fate(path)
					if want := fateOf(kind, class); got != want {
						t.Errorf("%s (%s)\nis to be: %s\nand is:   %s\n%s", name, class, want, got, story)
					}
				})
			}
		}
	}
	t.Logf("%d commands", n)
	for name := range maps.Keys(known) {
		t.Errorf("nobody says what the fault %q means", name)
	}
}

// commandKinds are what operators begin or end, and money may be spent on, or a domain lost.
func commandKinds() []portfolio.OperationKind {
	return []portfolio.OperationKind{
		portfolio.OpRegister, portfolio.OpTransfer, portfolio.OpPush, portfolio.OpChangeRegistrant, portfolio.OpTransferOut,
		portfolio.OpAdd, portfolio.OpCancelTransfer, portfolio.OpCancelChange, portfolio.OpDelete,
	}
}

// answering is one cell of the table.
type answering struct {
	t     *testing.T
	kind  portfolio.OperationKind
	fault string
	scene scene
}

// fate lives through it.
func (a answering) fate(path string) (_ fate, story string) {
	a.t.Helper()
	defer removeState(path)
	w, err := newWorld(a.t.Context(), a.scene, path, 1)
	if err != nil {
		a.t.Fatal(err)
	}
	must := func(err error) {
		a.t.Helper()
		if err != nil {
			a.t.Fatalf("%v\n%s", err, w.story())
		}
	}
	must(w.run(began.Add(time.Minute)))
	before := map[portfolio.OperationKind]portfolio.OperationKind{
		portfolio.OpCancelTransfer: portfolio.OpTransfer, portfolio.OpCancelChange: portfolio.OpChangeRegistrant,
	}
	if first, ok := before[a.kind]; ok {
		_, err := w.place(command(first))
		must(err)
	}
	must(w.run(began.Add(time.Hour)))
	c := command(a.kind)
	if a.kind == portfolio.OpCancelChange {
		c.SubjectID = w.changeOf(c.Name)
	}
	w.inject(event{Fault: a.fault, Calls: callsOf(a.kind), Count: 1, For: day})
	_, err = w.place(c)
	must(err)
	must(w.watch.err)
	op, ok := w.lastOf(a.kind, c.Name)
	if !ok {
		a.t.Fatalf("there is no row\n%s", w.story())
	}
	out := fate{soon: op.State, sent: w.watch.sent[op.Key]}
	must(w.run(began.Add(3 * day)))
	op = w.watch.rows[op.Key]
	out.finally, out.sentThen = op.State, w.watch.sent[op.Key]
	must(w.rest())
	must(w.told(op))
	if n := len(w.server.Charges()); n > 1 {
		a.t.Errorf("%d purchases were charged", n)
	}
	story = w.story()
	must(w.close())
	return out, story
}

// told says whether the end of an operation, or that nobody knows of it, was told to
// whoever asked for it; what went wrong as an alert.
func (w *world) told(op portfolio.Operation) error {
	if op.State == portfolio.StateUnknown && !op.Attention {
		return fmt.Errorf("%s is unknown, and asks nobody for help", op)
	}
	for _, e := range slices.Backward(w.watch.told) {
		if e.Data["op"] == op.ShortID() && e.What == string(op.State) {
			if op.State != portfolio.StateDone && e.Level != portfolio.LevelAlert {
				return fmt.Errorf("that %s is %s is told as %s", op, op.State, e.Level)
			}
			return nil
		}
	}
	return fmt.Errorf("nobody is told that %s is %s", op, op.State)
}
