package sandbox

import (
	"net/http"
	"time"
)

// newDomain puts a hosted domain into an account.
func (w *world) newDomain(account int64, ascii, unicode string) *domain {
	w.lastDomain++
	d := &domain{
		id: w.lastDomain, account: account, name: ascii, unicode: unicode, tld: tldOf(w.tlds, ascii), created: w.now,
		renewal: terms{w.defaults.RenewalTakes, stateRenewed},
		restore: terms{w.defaults.RestoreTakes, stateRestored},
		auto:    terms{outcome: stateRenewed},
		change:  terms{w.defaults.ChangeTakes, changeCompleted},
	}
	if d.tld != nil {
		d.prices, d.autoBefore = d.tld.prices, d.tld.autoRenewal
	}
	w.domains[d.id], w.names[d.name] = d, d
	w.touch(d)
	return d
}

// hostAgain brings a domain back that has left for another registrar, and is only hosted from then on.
func (w *world) hostAgain(d *domain) {
	d.revision++
	d.authorized = false
	d.expires, d.phase, d.registrant = time.Time{}, hosted, 0
	d.autoRenew, d.privateWhois, d.trustee, d.premium = false, false, false, false
	w.domains[d.id], w.names[d.name] = d, d
	w.touch(d)
}

// createDomain adds a name that is only hosted, whoever has it at a registry.
func createDomain(c *call) reply {
	var in struct {
		Name *string `json:"name"`
	}
	if bad := c.decode(&in); bad != nil {
		return *bad
	}
	if in.Name == nil || *in.Name == "" {
		return invalid("name", "can't be blank")
	}
	ascii, unicode, err := labels(*in.Name)
	switch {
	case err != nil:
		return invalid("name", "is an invalid domain")
	case c.account.billing == billingArrears:
		return unpaid()
	case c.w.names[ascii] != nil:
		return inDNSimple(ascii)
	case c.w.outside[ascii] != nil && c.w.outside[ascii].verify:
		return refuse(http.StatusNotAcceptable, "The ownership of %s must be verified before it can be added", ascii)
	}
	return data(http.StatusCreated, renderDomain(c.w.newDomain(c.account.id, ascii, unicode)))
}

// deleteDomain takes a domain out of the account. One that is registered stays so at the registry until it has run out, and nothing
// is refunded.
func deleteDomain(c *call) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	switch {
	case d.busy != nil:
		return notNow(d.name, "deleted")
	case d.expires.IsZero():
		c.w.remove(d)
	default:
		c.w.leave(d, d.tld.end(d.expires))
	}
	return noContent()
}
