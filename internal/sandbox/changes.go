package sandbox

import (
	"net/http"
	"time"
)

// The states of a registrant change.
const (
	changeNew        = "new"
	changePending    = "pending"
	changeCancelling = "cancelling"
	changeCancelled  = "cancelled"
	changeCompleted  = "completed"
)

// change is a registrant change: the domain's registrant becomes another contact.
type change struct {
	id          int64
	account     int64
	domain      *domain
	contact     int64
	state       string
	attributes  map[string]string
	ownerChange bool
	lockLifted  time.Time // zero: not known
	cancelTakes length
	created     time.Time
	updated     time.Time
}

type changeBody struct {
	ID                  int64             `json:"id"`
	AccountID           int64             `json:"account_id"`
	DomainID            int64             `json:"domain_id"`
	ContactID           int64             `json:"contact_id"`
	State               string            `json:"state"`
	ExtendedAttributes  map[string]string `json:"extended_attributes"`
	RegistryOwnerChange bool              `json:"registry_owner_change"`
	IRTLockLiftedBy     *string           `json:"irt_lock_lifted_by"`
	CreatedAt           string            `json:"created_at"`
	UpdatedAt           string            `json:"updated_at"`
}

func renderChange(x *change) changeBody {
	body := changeBody{
		ID: x.id, AccountID: x.account, DomainID: x.domain.id, ContactID: x.contact, State: x.state,
		ExtendedAttributes: x.attributes, RegistryOwnerChange: x.ownerChange,
		CreatedAt: stamp(x.created), UpdatedAt: stamp(x.updated),
	}
	if !x.lockLifted.IsZero() {
		body.IRTLockLiftedBy = new(date(x.lockLifted))
	}
	return body
}

// addChange puts a change of the portfolio into the world. Without "takes" it stays as it is until it is cancelled.
func (w *world) addChange(s *changeSpec, id int64) {
	d := w.names[s.domain]
	x := &change{
		id: id, account: d.account, domain: d, contact: s.Contact, state: s.State, attributes: s.ExtendedAttributes,
		ownerChange: true, cancelTakes: w.defaults.CancelTakes, created: w.start,
	}
	if s.Created != nil {
		x.created = s.Created.after(w.start)
	}
	x.updated = x.created
	if x.attributes == nil {
		x.attributes = map[string]string{}
	}
	set(&x.ownerChange, s.RegistryOwnerChange)
	set(&x.cancelTakes, s.CancelTakes)
	if s.IRTLockLiftedBy != nil {
		x.lockLifted = s.IRTLockLiftedBy.after(w.start)
	}
	w.changes[id] = x
	if x.state == changeCancelling {
		w.queue.push(x.cancelTakes.after(w.now), func() { w.move(x, changeCancelled, changeCancelling) })
	}
	if s.Takes == nil {
		return
	}
	w.schedule(x, terms{*s.Takes, changeCompleted})
}

// move takes a change to a state, if it is in the one before it.
func (w *world) move(x *change, to, from string) {
	if x.state == from {
		x.state, x.updated = to, w.now
	}
}

// listChanges shows what is open, unless another state is asked for.
func listChanges(c *call) reply {
	state := c.query.Get("state")
	switch state {
	case "", changeNew, changePending, changeCancelling, changeCancelled, changeCompleted:
	default:
		return refuse(http.StatusBadRequest, "Invalid state: %s", state)
	}
	var all []*change
	for _, x := range c.w.changes {
		switch {
		case x.account != c.account.id,
			state != "" && x.state != state,
			state == "" && x.state != changeNew && x.state != changePending,
			c.query.Has("domain_id") && x.domain.id != toID(c.query.Get("domain_id")),
			c.query.Has("contact_id") && x.contact != toID(c.query.Get("contact_id")):
		default:
			all = append(all, x)
		}
	}
	byID := by(func(x *change) int64 { return x.id })
	if bad := order(c, all, "id", map[string]func(a, b *change) int{"id": byID}, byID); bad != nil {
		return *bad
	}
	return page(c, all, renderChange)
}

// change finds the change in the path; the reply is nil if it is one of the account.
func (c *call) change() (*change, *reply) {
	x := c.w.changes[c.id()]
	if x == nil || x.account != c.account.id {
		out := notFound("Registrant change", c.params[":id"])
		return nil, &out
	}
	return x, nil
}

func getChange(c *call) reply {
	x, missing := c.change()
	if missing != nil {
		return *missing
	}
	return data(http.StatusOK, renderChange(x))
}

// cancelChange answers 204 where the change is cancelled at once, else 202, and it is cancelling for a while.
func cancelChange(c *call) reply {
	x, missing := c.change()
	if missing != nil {
		return *missing
	}
	if x.state != changeNew && x.state != changePending {
		return refuse(http.StatusBadRequest, "The registrant change cannot be cancelled: it is %s", x.state)
	}
	if x.cancelTakes.isZero() {
		x.state, x.updated = changeCancelled, c.w.now
		return noContent()
	}
	x.state, x.updated = changeCancelling, c.w.now
	c.w.queue.push(x.cancelTakes.after(c.w.now), func() { c.w.move(x, changeCancelled, changeCancelling) })
	return data(http.StatusAccepted, renderChange(x))
}
