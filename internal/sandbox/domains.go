package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"strings"
)

// by compares by a key.
func by[T any, K cmp.Ordered](key func(T) K) func(a, b T) int {
	return func(a, b T) int { return cmp.Compare(key(a), key(b)) }
}

type domainBody struct {
	ID           int64   `json:"id"`
	AccountID    int64   `json:"account_id"`
	RegistrantID *int64  `json:"registrant_id"`
	Name         string  `json:"name"`
	UnicodeName  string  `json:"unicode_name"`
	State        string  `json:"state"`
	AutoRenew    bool    `json:"auto_renew"`
	PrivateWhois bool    `json:"private_whois"`
	Trustee      bool    `json:"trustee"`
	ExpiresOn    *string `json:"expires_on"`
	ExpiresAt    *string `json:"expires_at"`
	CreatedAt    string  `json:"created_at"`
	UpdatedAt    string  `json:"updated_at"`
}

func renderDomain(d *domain) domainBody {
	body := domainBody{
		ID: d.id, AccountID: d.account, RegistrantID: orNull(d.registrant), Name: d.name, UnicodeName: d.unicode,
		State: d.phase.state(), AutoRenew: d.autoRenew, PrivateWhois: d.privateWhois, Trustee: d.trustee,
		CreatedAt: stamp(d.created), UpdatedAt: stamp(d.updated),
	}
	if !d.expires.IsZero() {
		body.ExpiresOn, body.ExpiresAt = new(date(d.expires)), new(stamp(d.expires))
	}
	return body
}

func listDomains(c *call) reply {
	registrant, byRegistrant := int64(0), c.query.Has("registrant_id")
	if byRegistrant {
		if registrant = toID(c.query.Get("registrant_id")); registrant == 0 {
			return refuse(http.StatusBadRequest, "Invalid registrant_id: it must be a positive integer")
		}
	}
	like := strings.ToLower(c.query.Get("name_like"))
	key := listKey{c.account.id, registrant, like, c.query.Get("sort")}
	all, kept := c.w.lists.current(key)
	if !kept {
		byID := by(func(d *domain) int64 { return d.id })
		compare, bad := comparison(c, "name", map[string]func(a, b *domain) int{
			"id":         byID,
			"name":       by(func(d *domain) string { return d.name }),
			"expiration": c.w.byExpiration,
		}, byID)
		if bad != nil {
			return *bad
		}
		w, account := c.w, c.account.id
		all = c.w.lists.sort(key, maps.Values(w.domains), compare, func(d *domain) bool {
			return w.domains[d.id] == d && d.account == account && (!byRegistrant || d.registrant == registrant) &&
				(strings.Contains(d.name, like) || strings.Contains(d.unicode, like))
		})
	}
	return page(c, all, renderDomain)
}

// byExpiration puts domains without an expiration last, or first where the portfolio says so: a database has either
// way, and no document says which. Descending turns it round.
func (w *world) byExpiration(a, b *domain) int {
	none := a.expires.IsZero()
	if none == b.expires.IsZero() {
		return a.expires.Compare(b.expires)
	}
	if none == w.nullsFirst {
		return -1
	}
	return 1
}

// domain finds the domain in the path, by its id or name; the reply is nil if it is there and in the account.
func (c *call) domain() (*domain, *reply) {
	return c.lookup(c.params[":domain"])
}

// lookup finds a domain of the account by its id or name.
func (c *call) lookup(which string) (*domain, *reply) {
	d := c.w.domains[toID(which)]
	if d == nil {
		d = c.w.names[strings.ToLower(which)]
	}
	if d == nil {
		if ascii, _, err := labels(which); err == nil {
			d = c.w.names[ascii]
		}
	}
	if d == nil || d.account != c.account.id {
		out := notFound("Domain", which)
		return nil, &out
	}
	return d, nil
}

func getDomain(c *call) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	return data(http.StatusOK, renderDomain(d))
}

func enableAutoRenewal(c *call) reply { return setAutoRenewal(c, true) }

func disableAutoRenewal(c *call) reply { return setAutoRenewal(c, false) }

// setAutoRenewal answers the same whether there was something to change or not. An auto-renewal that has begun goes on.
func setAutoRenewal(c *call, on bool) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	switch {
	case d.expires.IsZero():
		return refuse(http.StatusBadRequest, "The domain %s is not registered", d.name)
	case !on && d.tld.autoRenewOnly:
		return refuse(http.StatusBadRequest, "Auto-renewal cannot be disabled for .%s domains", strings.ToUpper(d.tld.name))
	}
	if d.autoRenew != on {
		d.autoRenew = on
		c.w.touch(d)
		c.w.settle(d)
	}
	return noContent()
}
