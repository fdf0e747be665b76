package proof

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// secretCode is the authorization code of every name that can be transferred. It is
// written down nowhere but here and at the other registrar.
const secretCode = "sesame-K7Q2-nobody-writes-this-down"

// How long who types a command waits until they type it, or look what became of it.
const (
	typeAfter  = time.Minute
	looksAfter = 2 * time.Minute
)

// types lets an operator type a command, so many times at most: once more where domaind
// died before there was a row, or where its row ended without anything having been sent.
func (w *world) types(c portfolio.Command, times int) {
	if w.p == nil { // nobody answers
		w.later(w.clock.Now().Add(typeAfter), func() { w.types(c, times) })
		return
	}
	w.live(func() error {
		_, err := w.place(c)
		w.watch.relook()
		return err
	})
	if times > 1 {
		w.later(w.clock.Now().Add(looksAfter), func() {
			if op, ok := w.lastOf(c.Kind, c.Name); !ok || op.State == portfolio.StateFailed && op.Sent == 0 {
				w.types(c, times-1)
			}
		})
	}
}

// place proposes a command and agrees to its price, as the handler of commands does. What
// is refused is no error.
func (w *world) place(c portfolio.Command) (portfolio.Operation, error) {
	switch {
	case c.Kind == portfolio.OpCancelTransfer && c.SubjectID == 0:
		op, _ := w.lastOf(portfolio.OpTransfer, c.Name)
		c.SubjectID = op.RemoteID
	case c.Kind == portfolio.OpCancelChange && c.SubjectID == 0:
		c.SubjectID = w.changeOf(c.Name)
	}
	if c.SubjectID == 0 && (c.Kind == portfolio.OpCancelTransfer || c.Kind == portfolio.OpCancelChange) {
		return portfolio.Operation{}, nil // there is nothing that one could name
	}
	p := w.p
	defer p.alive()
	var op portfolio.Operation
	proposal, err := p.x.Propose(p.ctx, c)
	if err == nil {
		op, err = p.x.Place(p.ctx, c, proposal.Price, "operator alice")
	}
	if err == nil {
		return op, nil
	}
	w.watch.heardError(err)
	if _, refused := errors.AsType[*executor.RefusedError](err); refused || p.ctx.Err() != nil {
		return op, nil
	}
	return op, err
}

// lastOf is the youngest row of a kind for a name.
func (w *world) lastOf(kind portfolio.OperationKind, name string) (portfolio.Operation, bool) {
	for _, key := range slices.Backward(w.watch.keys) {
		if op := w.watch.rows[key]; op.Kind == kind && op.Name == name {
			return op, true
		}
	}
	return portfolio.Operation{}, false
}

// changeOf is the id of the registrant change of a domain that is open; 0 where there is
// none.
func (w *world) changeOf(name string) int64 {
	var list struct {
		Data []struct {
			ID int64 `json:"id"`
		} `json:"data"`
	}
	w.as(mainPerson(), http.MethodGet, "/registrar/registrant_changes?domain_id="+strconv.FormatInt(w.truths()[name].ID, 10), "", &list)
	if len(list.Data) == 0 {
		return 0
	}
	return list.Data[0].ID
}

// accept lets the people of another account accept whatever waits for them there.
func (w *world) accept() {
	var list struct {
		Data []struct {
			ID int64 `json:"id"`
		} `json:"data"`
	}
	w.as(studioPerson(), http.MethodGet, "/pushes", "", &list)
	for _, p := range list.Data {
		w.as(studioPerson(), http.MethodPost, "/pushes/"+strconv.FormatInt(p.ID, 10), `{"contact_id":3715}`, nil)
	}
	w.watch.relook()
}
