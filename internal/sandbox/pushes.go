package sandbox

import (
	"encoding/json"
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

// acceptPush moves the domain. Its id stays; other pushes of it end.
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
	raw := string(in.ContactID)
	if len(raw) > 1 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	if raw == "" || raw == "null" {
		return invalid("contact_id", "can't be blank")
	}
	contact := c.w.contacts[toID(raw)]
	if contact == nil || contact.account != c.account.id {
		return invalid("contact_id", "is not a contact of the account")
	}
	d := p.domain
	d.account = c.account.id
	if !d.expires.IsZero() {
		d.registrant = contact.spec.ID
	}
	c.w.touch(d)
	for id, other := range c.w.pushes {
		if other.domain == d {
			delete(c.w.pushes, id)
		}
	}
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
