package proof

import (
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/state"
)

// ledger is the state file as a process sees it: each transaction is a point, before
// and after, and is shown to the watch once it is durable.
type ledger struct {
	*state.Store
	p *process
}

// transaction surrounds what changes the file.
func (l ledger) transaction(name string, do func() error) error {
	l.p.point("before %s", name)
	err := do()
	l.p.point("after %s", name)
	return err
}

func (l ledger) Commit(c portfolio.Change) error {
	name := "events"
	if c.Operation != nil {
		name = string(c.Operation.State) + " " + string(c.Operation.Kind) + " " + c.Operation.Name
	}
	return l.transaction(name, func() error {
		err := l.Store.Commit(c)
		if err == nil {
			l.p.w.watch.committed(c)
		}
		return err
	})
}

func (l ledger) RecordRun(job string, at time.Time) error {
	return l.transaction("run of "+job, func() error { return l.Store.RecordRun(job, at) })
}

func (l ledger) Delivered(upTo uint64) error {
	return l.transaction("delivered", func() error { return l.Store.Delivered(upTo) })
}

func (l ledger) SetAside(number uint64, reason string) error {
	l.p.w.watch.broken("event %d is set aside: %s", number, reason)
	return l.transaction("aside", func() error { return l.Store.SetAside(number, reason) })
}
