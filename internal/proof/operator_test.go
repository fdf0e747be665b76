package proof

import (
	"errors"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// The operator looks at the ledger every week, and answers what has been unknown for
// days, after a look at DNSimple's own list of charges. What was not bought is bought
// again at once, or left to the rules, by turns.
const (
	operatorEvery = 7 * day
	unknownFor    = 4 * day
)

// operate lets the operator come, now and every week until a moment.
func (w *world) operate() {
	w.later(w.clock.Now().Add(operatorEvery), w.operate)
	if w.p == nil {
		return
	}
	w.watch.relook()
	w.answers(true, 1)
	if w.p == nil {
		return
	}
	for i, key := range w.watch.keys {
		op := w.watch.rows[key]
		d, there := w.watch.domains[op.Name]
		if op.State != portfolio.StateUnknown || w.now().Sub(op.UnknownAt) < unknownFor || there && d.Busy {
			continue
		}
		how := executor.ResolveNotBought
		if w.bought(op) {
			how = executor.ResolveDone
		} else if i%2 == 0 {
			how = executor.ResolveBuyAgain
		}
		refused := new(executor.RefusedError)
		if !w.live(func() error {
			_, err := w.p.x.Resolve(w.p.ctx, key, how, "operator", "as DNSimple's charges say")
			w.p.alive()
			if errors.As(err, &refused) {
				return nil
			}
			return err
		}) {
			return
		}
	}
}

// bought says whether DNSimple charged for an operation.
func (w *world) bought(op portfolio.Operation) bool {
	for _, c := range w.server.Charges() {
		if c.Domain == op.Name && w.watch.ours(c) && !c.At.Before(op.ArmedAt) {
			return true
		}
	}
	return false
}
