package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// push is a domain that was offered to another account, and waits there.
type push struct {
	id      int64
	domain  *domain
	target  int64
	created time.Time
}

type pushBody struct {
	ID         int64   `json:"id"`
	DomainID   int64   `json:"domain_id"`
	ContactID  *int64  `json:"contact_id"`
	AccountID  int64   `json:"account_id"`
	CreatedAt  string  `json:"created_at"`
	UpdatedAt  string  `json:"updated_at"`
	AcceptedAt *string `json:"accepted_at"`
}

// renderPush shows what the API shows of a pending push: neither its sender nor the name.
func renderPush(p *push) pushBody {
	return pushBody{
		ID: p.id, DomainID: p.domain.id, AccountID: p.target, CreatedAt: stamp(p.created), UpdatedAt: stamp(p.created),
	}
}

func (w *world) addPush(d *domain, target, id int64, created time.Time) {
	w.pushes[id] = &push{id: id, domain: d, target: target, created: created}
}

// initiatePush offers a domain to another account, which is named by its identifier, or by its e-mail as in former times.
func initiatePush(c *call) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	var in struct {
		Identifier string `json:"new_account_identifier"`
		Email      string `json:"new_account_email"`
	}
	if bad := c.decode(&in); bad != nil {
		return *bad
	}
	field, target := "new_account_identifier", (*account)(nil)
	switch {
	case in.Identifier != "":
		target = c.w.accountBy(func(a *account) bool { return a.identifier == in.Identifier })
	case in.Email != "":
		field = "new_account_email"
		target = c.w.accountBy(func(a *account) bool { return strings.EqualFold(a.email, in.Email) })
	default:
		return invalid(field, "can't be blank")
	}
	switch {
	case target == nil:
		return invalid(field, "is not an account")
	case target.id == c.account.id:
		return invalid(field, "is the account that the domain is in")
	case d.busy != nil:
		return notNow(d.name, "pushed")
	}
	for _, p := range c.w.pushes {
		if p.domain == d {
			return refuse(http.StatusBadRequest, "There is a push of %s already", d.name)
		}
	}
	c.w.lastPush++
	c.w.addPush(d, target.id, c.w.lastPush, c.w.now)
	return data(http.StatusCreated, renderPush(c.w.pushes[c.w.lastPush]))
}

// accountBy finds the one account that is meant, or nil where none is or several are.
func (w *world) accountBy(meant func(*account) bool) *account {
	var found *account
	for _, a := range w.accounts {
		if !meant(a) {
			continue
		}
		if found != nil {
			return nil
		}
		found = a
	}
	return found
}

// listPushes shows the target account what waits for it.
func listPushes(c *call) reply {
	var all []*push
	for _, p := range c.w.pushes {
		if p.target == c.account.id {
			all = append(all, p)
		}
	}
	byID := by(func(p *push) int64 { return p.id })
	if bad := order(c, all, "id", map[string]func(a, b *push) int{"id": byID}, byID); bad != nil {
		return *bad
	}
	return page(c, all, renderPush)
}

// push finds the push in the path; the reply is nil if it waits in this account.
func (c *call) push() (*push, *reply) {
	p := c.w.pushes[c.id()]
	if p == nil || p.target != c.account.id {
		out := notFound("Domain push", c.params[":id"])
		return nil, &out
	}
	return p, nil
}

// acceptPush moves the domain. Its id stays; other pushes of it end, and so do registrant changes under way.
func acceptPush(c *call) reply {
	p, missing := c.push()
	if missing != nil {
		return *missing
	}
	var in struct {
		ContactID json.RawMessage `json:"contact_id"`
	}
	if bad := c.decode(&in); bad != nil {
		return *bad
	}
	// The documents say integer, and show a string.
	contact, bad := c.contactOf("contact_id", in.ContactID)
	if bad != nil {
		return *bad
	}
	d := p.domain
	if d.busy != nil && d.expires.IsZero() {
		return notNow(d.name, "accepted")
	}
	if !d.expires.IsZero() {
		if c.w.ownerChange(d, contact) {
			c.w.lock(d)
		}
		d.registrant = contact.spec.ID
	}
	d.account = c.account.id
	c.w.touch(d)
	c.w.withdraw(d)
	return noContent()
}

func rejectPush(c *call) reply {
	p, missing := c.push()
	if missing != nil {
		return *missing
	}
	delete(c.w.pushes, p.id)
	return noContent()
}
