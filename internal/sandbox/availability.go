package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

type checkBody struct {
	Domain    string `json:"domain"`
	Available bool   `json:"available"`
	Premium   bool   `json:"premium"`
	Trustee   bool   `json:"trustee"`
}

// checkDomain has a limit of its own, beside that of the token.
func checkDomain(c *call) reply {
	if out := c.token.countCheck(c.w.now); out != nil {
		return *out
	}
	name, ok := c.named()
	if !ok {
		return refuse(http.StatusBadRequest, "The domain %s is not valid", c.params[":domain"])
	}
	t, _, premium := c.w.quote(name)
	if t == nil {
		return unsupported(name)
	}
	free := !c.w.registered(name) && !t.noRegistrations
	return data(http.StatusOK, checkBody{name, free, premium, t.trustee > 0})
}

// getPremiumPrice is deprecated, and answers for premium names only.
func getPremiumPrice(c *call) reply {
	name, ok := c.named()
	if !ok {
		name = strings.ToLower(c.params[":domain"])
	}
	t, p, premium := c.w.quote(name)
	if t == nil {
		return unsupported(name)
	}
	action := c.query.Get("action")
	if action == "" {
		action = "registration"
	}
	price, known := map[string]cents{"registration": p.registration, "renewal": p.renewal, "transfer": p.transfer}[action]
	switch {
	case !known:
		return refuse(http.StatusBadRequest, "Invalid action: %s", action)
	case !premium:
		return refuse(http.StatusBadRequest, "`%s` is not a premium domain for %s", name, action)
	}
	return data(http.StatusOK, struct {
		PremiumPrice string `json:"premium_price"`
		Action       string `json:"action"`
	}{price.String(), action})
}

type researchBody struct {
	RequestID    string   `json:"request_id"`
	Domain       string   `json:"domain"`
	Availability string   `json:"availability"`
	Errors       []string `json:"errors"`
}

// research tells whether a name is free, in accounts that have it, so many times a month.
func research(c *call) reply {
	a := c.account
	if a.noResearch {
		return refuse(http.StatusForbidden, "Domain research is not available to this account")
	}
	next := time.Date(c.w.now.Year(), c.w.now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	if !a.researchReset.Equal(next) {
		a.researchReset, a.researched = next, 0
	}
	if most := c.w.researchPerMonth; most > 0 && a.researched >= most {
		return refuse(http.StatusTooManyRequests, "Monthly request cap reached").with("Retry-After", next.Format(http.TimeFormat))
	}
	a.researched++
	c.w.researched++
	which := c.query.Get("domain")
	out := researchBody{
		RequestID: identifier("research " + strconv.Itoa(c.w.researched)), Domain: which, Availability: "unknown", Errors: []string{},
	}
	name, _, err := labels(which)
	if err != nil {
		out.Errors = []string{"'" + which + "': Invalid domain name"}
		return data(http.StatusBadRequest, out)
	}
	out.Domain = name
	switch t := tldOf(c.w.tlds, name); {
	case t == nil || t.noRegistrations:
		out.Errors = []string{"TLD not supported for registration"}
	case c.w.registered(name):
		out.Availability = "unavailable"
	default:
		out.Availability = "available"
	}
	return data(http.StatusOK, out)
}
