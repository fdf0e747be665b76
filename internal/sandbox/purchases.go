package sandbox

import (
	"encoding/json"
	"net/http"
)

// The years that a renewal may buy, and how far ahead a name may be registered.
const (
	maxPeriod     = 9
	maxYearsAhead = 10
)

type renewalBody struct {
	ID        int64  `json:"id"`
	DomainID  int64  `json:"domain_id"`
	Period    int    `json:"period"`
	State     string `json:"state"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

type restoreBody struct {
	ID        int64  `json:"id"`
	DomainID  int64  `json:"domain_id"`
	State     string `json:"state"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// render gives an operation the form of its kind.
func (op *operation) render() any {
	created, updated := stamp(op.created), stamp(op.updated)
	switch op.kind {
	case kindRestore:
		return restoreBody{op.id, op.domain.id, op.state, created, updated}
	case kindRegistration:
		return registrationBody{
			op.id, op.domain.id, op.registrant, op.period, op.state, op.autoRenew, op.privacy, op.trustee, created, updated,
		}
	case kindTransfer:
		body := transferBody{
			op.id, op.domain.id, op.registrant, op.state, op.autoRenew, op.privacy, op.trustee, nil, created, updated,
		}
		if op.state == stateFailed || op.state == stateCancelled {
			body.StatusDescription = orNull(op.status)
		}
		return body
	default:
		return renewalBody{op.id, op.domain.id, op.period, op.state, created, updated}
	}
}

// createRenewal buys years for a registered name, or one in grace.
func createRenewal(c *call) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	var in struct {
		Period       *int            `json:"period"`
		PremiumPrice json.RawMessage `json:"premium_price"`
	}
	if bad := c.decode(&in); bad != nil {
		return *bad
	}
	if d.expires.IsZero() {
		return refuse(http.StatusBadRequest, "The domain %s is not registered", d.name)
	}
	years := d.tld.minimum
	set(&years, in.Period)
	if years < 1 || years > maxPeriod {
		return invalid("period", "must be between 1 and 9")
	}
	switch {
	case d.tld.autoRenewOnly || d.tld.noRenewals:
		return refuse(http.StatusBadRequest, "Domains under .%s cannot be renewed manually", d.tld.name)
	case d.phase != registered && d.phase != grace, d.busy != nil,
		addYears(d.expires, years).After(addYears(c.w.now, maxYearsAhead)):
		return notNow(d.name, "renewed")
	}
	if bad := c.payable(d.name, d.premium, in.PremiumPrice, d.prices.renewal); bad != nil {
		return *bad
	}
	return c.buy(&operation{
		kind: kindRenewal, domain: d, by: ByClient, period: years, outcome: d.renewal.outcome,
		items: []ChargeItem{renewalItem("Renew", d, years)},
	}, d.renewal.takes)
}

// createRestore buys a name back that is in redemption.
func createRestore(c *call) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	var in struct {
		PremiumPrice json.RawMessage `json:"premium_price"`
	}
	if bad := c.decode(&in); bad != nil {
		return *bad
	}
	switch {
	case d.expires.IsZero():
		return refuse(http.StatusBadRequest, "The domain %s is not registered", d.name)
	case d.phase != redemption, d.busy != nil:
		return notNow(d.name, "restored")
	}
	if bad := c.payable(d.name, d.premium, in.PremiumPrice, d.prices.restore); bad != nil {
		return *bad
	}
	years := d.tld.minimum
	return c.buy(&operation{
		kind: kindRestore, domain: d, by: ByClient, period: years, outcome: d.restore.outcome,
		items: []ChargeItem{
			{Description: "Restore " + d.name, ProductType: "domain-restore", Cents: int64(d.prices.restore)},
			renewalItem("Renew", d, years),
		},
	}, d.restore.takes)
}

// notNow is the recorded refusal.
func notNow(name, what string) reply {
	return reply{status: http.StatusBadRequest, body: apiError{
		Message: name + " may not be " + what + " at this time", Errors: map[string][]string{},
	}}
}

func unpaid() reply {
	return refuse(http.StatusPaymentRequired, "The account has outstanding payments")
}

// payable says why a purchase cannot be paid, or that the price of a premium name was not confirmed.
func (c *call) payable(name string, premium bool, confirmed json.RawMessage, price cents) *reply {
	var out reply
	switch {
	case c.account.billing == billingArrears:
		out = unpaid()
	case c.account.billing == billingDeclined:
		out = refuse(http.StatusBadRequest, "Your card was declined")
	case !premium:
		return nil
	default:
		var s string
		if len(confirmed) == 0 || string(confirmed) == "null" {
			out = invalid("premium_price", "is required: "+name+" is a premium domain")
			return &out
		}
		if err := json.Unmarshal(confirmed, &s); err == nil {
			if given, err := parseCents(s); err == nil && given == price {
				return nil
			}
		}
		out = invalid("premium_price", "does not match the price of "+price.String())
	}
	return &out
}

// buy starts an operation. One that is complete at once answers 201, and as recorded its body says "new" all the
// same, or "transferring"; one that takes time answers 202.
func (c *call) buy(op *operation, takes length) reply {
	c.w.begin(op, takes)
	if !op.complete {
		return data(http.StatusAccepted, op.render())
	}
	first := *op
	first.state = stateNew
	if op.kind == kindTransfer {
		first.state = stateTransferring
	}
	return data(http.StatusCreated, first.render())
}

func getRenewal(c *call) reply { return getOperation(c, kindRenewal, "Domain renewal") }

func getRestore(c *call) reply { return getOperation(c, kindRestore, "Domain restore") }

// getOperation shows a renewal or restore to the account that ordered it: who was pushed the domain since does not see it.
func getOperation(c *call, kind, what string) reply {
	d, missing := c.domain()
	if missing != nil {
		return *missing
	}
	op := c.w.operations[c.id()]
	if op == nil || op.kind != kind || op.domain != d || op.account != c.account.id {
		return notFound(what, c.params[":id"])
	}
	return data(http.StatusOK, op.render())
}
