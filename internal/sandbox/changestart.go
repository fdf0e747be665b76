package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// lockAfterChange is how long a gTLD is locked against transfers once its owner has changed.
const lockAfterChange = 60

// changeInput is the body of a registrant change, and of the question what one needs.
type changeInput struct {
	DomainID           json.RawMessage            `json:"domain_id"`
	ContactID          json.RawMessage            `json:"contact_id"`
	ExtendedAttributes map[string]json.RawMessage `json:"extended_attributes"`
}

// wanted reads the body, and finds the domain and the contact that it speaks of.
func (c *call) wanted() (in changeInput, d *domain, x *contact, bad *reply) {
	if bad = c.decode(&in); bad != nil {
		return in, nil, nil, bad
	}
	which, who := written(in.DomainID), written(in.ContactID)
	var out reply
	switch {
	case which == "":
		out = invalid("domain_id", "can't be blank")
		return in, nil, nil, &out
	case who == "":
		out = invalid("contact_id", "can't be blank")
		return in, nil, nil, &out
	}
	if d, bad = c.lookup(which); bad != nil {
		return in, nil, nil, bad
	}
	x = c.w.contacts[toID(who)]
	switch {
	case x == nil || x.account != c.account.id:
		out = notFound("Contact", who)
	case d.expires.IsZero():
		out = refuse(http.StatusBadRequest, "The domain %s is not registered", d.name)
	default:
		return in, d, x, nil
	}
	return in, nil, nil, &out
}

// ownerChange says whether another contact means another owner: a registry looks at the name, the organization and the e-mail. A
// registrant that is not known is another one.
func (w *world) ownerChange(d *domain, to *contact) bool {
	from := w.contacts[d.registrant]
	if from == nil {
		return true
	}
	a, b := &from.spec, &to.spec
	return a.FirstName != b.FirstName || a.LastName != b.LastName || a.Organization != b.Organization ||
		!strings.EqualFold(a.Email, b.Email)
}

type changeCheckBody struct {
	DomainID            int64       `json:"domain_id"`
	ContactID           int64       `json:"contact_id"`
	ExtendedAttributes  []attribute `json:"extended_attributes"`
	RegistryOwnerChange bool        `json:"registry_owner_change"`
}

func checkChange(c *call) reply {
	_, d, to, bad := c.wanted()
	if bad != nil {
		return *bad
	}
	return data(http.StatusOK, changeCheckBody{d.id, to.spec.ID, d.tld.rendered(), c.w.ownerChange(d, to)})
}

// createChange answers 201 where the change is complete at once, else 202.
func createChange(c *call) reply {
	in, d, to, bad := c.wanted()
	if bad != nil {
		return *bad
	}
	attributes, wrong := d.tld.checkAttributes(in.ExtendedAttributes)
	if wrong != nil {
		return *wrong
	}
	switch {
	case d.phase != registered, d.busy != nil:
		return notNow(d.name, "changed")
	case d.registrant == to.spec.ID:
		return invalid("contact_id", "is the registrant already")
	}
	for _, x := range c.w.changes {
		if x.domain == d && x.open() {
			return refuse(http.StatusBadRequest, "There is a registrant change of %s already", d.name)
		}
	}
	c.w.lastChange++
	x := &change{
		id: c.w.lastChange, account: c.account.id, domain: d, contact: to.spec.ID, state: changeNew, attributes: attributes,
		ownerChange: c.w.ownerChange(d, to), cancelTakes: c.w.defaults.CancelTakes, created: c.w.now, updated: c.w.now,
	}
	c.w.changes[x.id] = x
	if d.change.takes.isZero() && d.change.outcome == changeCompleted {
		c.w.complete(x)
		return data(http.StatusCreated, renderChange(x))
	}
	c.w.schedule(x, d.change)
	return data(http.StatusAccepted, renderChange(x))
}

// open says whether a change may still come to pass.
func (x *change) open() bool {
	return x.state == changeNew || x.state == changePending || x.state == changeCancelling
}

// schedule lets a change run through its states.
func (w *world) schedule(x *change, how terms) {
	end := how.takes.after(w.now)
	w.queue.push(w.now.Add(end.Sub(w.now)/10), func() { w.move(x, changePending, changeNew) })
	w.queue.push(end, func() {
		if x.state != changePending {
			return
		}
		if how.outcome == changeCancelled {
			w.move(x, changeCancelled, changePending)
			return
		}
		w.complete(x)
	})
}

// complete makes the contact the domain's registrant.
func (w *world) complete(x *change) {
	d := x.domain
	x.state, x.updated = changeCompleted, w.now
	d.registrant = x.contact
	if x.ownerChange {
		w.lock(d)
		if x.lockLifted.IsZero() {
			x.lockLifted = d.lockedUntil
		}
	}
	w.touch(d)
}

// lock keeps a domain that has a new owner from being transferred, where ICANN's rules hold.
func (w *world) lock(d *domain) {
	if d.tld.kind != ccTLD {
		d.lockedUntil = w.now.Truncate(time.Second).AddDate(0, 0, lockAfterChange)
	}
}
