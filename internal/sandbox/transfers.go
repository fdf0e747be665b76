package sandbox

import (
	"net/http"
	"strings"
	"time"
)

type transferBody struct {
	ID                int64   `json:"id"`
	DomainID          int64   `json:"domain_id"`
	RegistrantID      int64   `json:"registrant_id"`
	State             string  `json:"state"`
	AutoRenew         bool    `json:"auto_renew"`
	WhoisPrivacy      bool    `json:"whois_privacy"`
	Trustee           bool    `json:"trustee"`
	StatusDescription *string `json:"status_description"`
	CreatedAt         string  `json:"created_at"`
	UpdatedAt         string  `json:"updated_at"`
}

// What is said of a transfer that came to nothing. Only the first is recorded.
const (
	statusByCustomer = "Canceled by customer"
	statusRefused    = "Rejected by the losing registrar"
	statusWrongCode  = "Invalid authorization code"
	statusLocked     = "The domain is locked"
	statusGone       = "The domain is not registered"
)

// createTransfer buys a year for a name at another registrar, and takes it over from there. A wrong code is found out by the registry,
// so that it is the transfer that fails, and not the call.
func createTransfer(c *call) reply {
	o, bad := c.booking("transferred")
	if bad != nil {
		return *bad
	}
	switch {
	case o.tld.noTransfers:
		return refuse(http.StatusBadRequest, "Transfers are not supported for .%s", strings.ToUpper(o.tld.name))
	case !o.outside.held(c.w.now):
		return refuse(http.StatusBadRequest, "The domain %s is not registered", o.ascii)
	case !o.tld.noCode && strings.TrimSpace(o.in.AuthCode) == "":
		return invalid("base", "You must provide an authorization code for the domain")
	}
	if bad := c.complete(o, o.prices.transfer); bad != nil {
		return *bad
	}
	how := o.outside.transfer
	op := &operation{
		kind: kindTransfer, period: 1, outcome: how.outcome, status: o.outside.status,
		items: append([]ChargeItem{{"Transfer " + o.ascii, "domain-transfer", int64(o.prices.transfer)}}, o.extras()...),
	}
	switch {
	case o.outside.locked:
		op.outcome, op.status = stateFailed, statusLocked
	case !o.tld.noCode && (o.outside.code == "" || o.in.AuthCode != o.outside.code):
		op.outcome, op.status = stateFailed, statusWrongCode
	case op.status == "":
		op.status = statusRefused
	}
	return c.place(o, op, how.takes)
}

func getTransfer(c *call) reply {
	op, missing := c.orderOf(kindTransfer, "Domain transfer")
	if missing != nil {
		return *missing
	}
	return data(http.StatusOK, op.render())
}

// cancelTransfer answers with the state before, as recorded. A transfer that is complete before the cancellation is, stays complete.
func cancelTransfer(c *call) reply {
	op, missing := c.orderOf(kindTransfer, "Domain transfer")
	if missing != nil {
		return *missing
	}
	if op.complete {
		return refuse(http.StatusBadRequest, "The domain transfer cannot be cancelled: it is %s", op.state)
	}
	out := data(http.StatusAccepted, op.render())
	end := func() {
		if !op.complete {
			op.outcome, op.status = stateCancelled, statusByCustomer
			c.w.finish(op)
		}
	}
	if takes := c.w.defaults.CancelTransferTakes; takes.isZero() {
		end()
	} else {
		c.w.queue.push(takes.after(c.w.now), end)
	}
	return out
}

// authorizeTransferOut unlocks a domain and mails its code. Where the portfolio says so, a registrar elsewhere then takes it over.
func authorizeTransferOut(c *call) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	switch {
	case d.expires.IsZero():
		return refuse(http.StatusBadRequest, "The domain %s is not registered", d.name)
	case d.phase != registered, d.busy != nil:
		return notNow(d.name, "transferred")
	case c.w.now.Before(d.lockedUntil):
		return refuse(http.StatusBadRequest, "The domain %s is locked against transfers until %s", d.name, date(d.lockedUntil))
	}
	if d.goes == nil || d.authorized {
		return noContent()
	}
	d.authorized = true
	w, owner := c.w, d.account
	w.queue.push(d.goes.after(w.now), func() {
		if w.domains[d.id] != d || d.account != owner || d.expires.IsZero() || d.busy != nil {
			return
		}
		d.expires = addYears(d.expires, 1)
		w.leave(d, time.Time{})
		if d.staysHosted {
			w.hostAgain(d)
		}
	})
	return noContent()
}
